use connlint_facts::NoticeKind;

use super::*;

/// The modules of the only crate, whose manifest is given.
fn tree(files: &str) -> (Vec<String>, Vec<String>) {
    let facts = workspace(&format!("//- Cargo.toml\n[package]\nname = \"app\"\nedition = \"2021\"\n{files}"));
    assert_eq!(facts.crates.len(), 1, "{:?}", crates(&facts));
    (modules(&facts.crates[0]), notices(&facts))
}

#[test]
fn files_of_declared_modules_are_found_by_both_layouts() {
    let (modules, notices) = tree(
        "//- src/lib.rs\nmod a; mod b;\n//- src/a.rs\nmod inner;\n//- src/a/inner.rs\nmod deep;\n\
         //- src/a/inner/deep.rs\n//- src/b/mod.rs\nmod inner;\n//- src/b/inner.rs\n",
    );
    assert_eq!(
        modules,
        [
            "app = src/lib.rs",
            "app::a = src/a.rs",
            "app::b = src/b/mod.rs",
            "app::a::inner = src/a/inner.rs",
            "app::b::inner = src/b/inner.rs",
            "app::a::inner::deep = src/a/inner/deep.rs",
        ]
    );
    assert_eq!(notices, [""; 0]);
}

#[test]
fn inline_modules_add_their_name_to_the_folder() {
    let (modules, notices) = tree(
        "//- src/lib.rs\nmod out { mod x; pub mod more { mod y; } }\nmod a;\n//- src/out/x.rs\n//- src/out/more/y.rs\n\
         //- src/a.rs\nmod out { mod z; }\n//- src/a/out/z.rs\n",
    );
    assert!(modules.contains(&"app::out = src/lib.rs inline".to_owned()));
    assert!(modules.contains(&"app::out::x = src/out/x.rs".to_owned()));
    assert!(modules.contains(&"app::out::more::y = src/out/more/y.rs".to_owned()));
    assert!(modules.contains(&"app::a::out::z = src/a/out/z.rs".to_owned()));
    assert_eq!(notices, [""; 0]);
}

#[test]
fn path_attributes_are_relative_to_the_file_and_inside_inline_modules_to_their_folder() {
    let (modules, notices) = tree(
        "//- src/lib.rs\n#[path = \"other/first.rs\"] mod a; mod b;\n\
         //- src/other/first.rs\nmod near;\n//- src/other/near.rs\n\
         //- src/b.rs\n#[path = \"c_file.rs\"] mod c; mod inline { #[path = \"d_file.rs\"] mod d; }\n\
         #[path = \"folder\"] mod placed { mod e; }\n\
         //- src/c_file.rs\n//- src/b/inline/d_file.rs\n//- src/folder/e.rs\n",
    );
    assert_eq!(notices, [""; 0]);
    assert!(modules.contains(&"app::a = src/other/first.rs".to_owned()));
    assert!(modules.contains(&"app::a::near = src/other/near.rs".to_owned()));
    assert!(modules.contains(&"app::b::c = src/c_file.rs".to_owned()));
    assert!(modules.contains(&"app::b::inline::d = src/b/inline/d_file.rs".to_owned()));
    assert!(modules.contains(&"app::b::placed::e = src/folder/e.rs".to_owned()));
}

#[test]
fn both_sides_of_a_cfg_are_read() {
    let (modules, notices) = tree(
        "//- src/lib.rs\n#[cfg(unix)] #[path = \"unix.rs\"] mod imp;\n#[cfg(not(unix))] #[path = \"other.rs\"] mod imp;\n\
         #[cfg_attr(windows, path = \"win.rs\")] mod sys;\n\
         //- src/unix.rs\n//- src/other.rs\n//- src/win.rs\n//- src/sys.rs\n",
    );
    assert_eq!(
        modules,
        [
            "app = src/lib.rs",
            "app::imp = src/unix.rs",
            "app::imp = src/other.rs",
            "app::sys = src/win.rs",
            "app::sys = src/sys.rs",
        ]
    );
    assert_eq!(notices, [""; 0]);
}

#[test]
fn a_plain_path_attribute_replaces_the_default_file() {
    let (modules, _) = tree("//- src/lib.rs\n#[path = \"y.rs\"] mod x;\n//- src/x.rs\n//- src/y.rs\n");
    assert_eq!(modules, ["app = src/lib.rs", "app::x = src/y.rs"]);
}

#[test]
fn modules_in_cfg_if_are_read() {
    let (modules, notices) = tree(
        "//- src/lib.rs\ncfg_if::cfg_if! { if #[cfg(unix)] { mod a; } else { mod b; } }\n//- src/a.rs\n//- src/b.rs\n",
    );
    assert_eq!(modules, ["app = src/lib.rs", "app::a = src/a.rs", "app::b = src/b.rs"]);
    assert_eq!(notices, [""; 0]);
}

#[test]
fn a_module_without_a_file_is_told_unless_it_is_conditional() {
    let (_, notices) = tree("//- src/lib.rs\nmod gone;\n#[cfg(feature = \"x\")] mod generated;\n");
    assert_eq!(notices, ["MissingModule src/lib.rs: no file for `mod gone;`; the module was not read"]);
}

#[test]
fn what_lies_below_a_test_module_is_test_code() {
    let (modules, _) = tree(
        "//- src/lib.rs\n#[cfg(test)] mod tests;\n#[cfg(not(test))] mod live;\nmod bench;\n//- src/tests.rs\nmod helpers;\n\
         //- src/tests/helpers.rs\nmod deep { }\n//- src/live.rs\n//- src/bench.rs\n#![cfg(test)]\nmod x {}\n",
    );
    let test: Vec<_> = modules.iter().filter(|line| line.ends_with(" test")).map(String::as_str).collect();
    assert_eq!(
        test,
        [
            "app::tests = src/tests.rs test",
            "app::bench = src/bench.rs test",
            "app::tests::helpers = src/tests/helpers.rs test",
            "app::bench::x = src/bench.rs inline test",
            "app::tests::helpers::deep = src/tests/helpers.rs inline test",
        ]
    );
}

#[test]
fn included_files_belong_to_the_module_that_includes_them() {
    let (modules, notices) = tree(
        "//- src/lib.rs\nmod a { include!(\"parts/part.rs\"); }\n//- src/parts/part.rs\nfn f() {}\nmod b { fn g() {} }\nmod near;\n\
         //- src/parts/near.rs\n",
    );
    assert_eq!(
        modules,
        [
            "app = src/lib.rs",
            "app::a = src/lib.rs inline + src/parts/part.rs",
            "app::a::b = src/parts/part.rs inline",
            "app::a::near = src/parts/near.rs",
        ]
    );
    assert_eq!(notices, [""; 0]);
}

#[test]
fn inclusion_of_generated_code_is_told() {
    let (_, notices) =
        tree("//- src/lib.rs\ninclude!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));\ninclude!(env!(\"X\"));\n");
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("MissingModule src/lib.rs: `include!` of a file whose name is computed"));
}

#[test]
fn files_that_contain_themselves_end() {
    let (modules, notices) = tree(
        "//- src/lib.rs\n#[path = \"lib.rs\"] mod me;\nmod a;\n//- src/a.rs\n#[path = \"b.rs\"] mod b;\n\
         //- src/b.rs\n#[path = \"a.rs\"] mod a;\ninclude!(\"b.rs\");\n",
    );
    assert_eq!(modules, ["app = src/lib.rs", "app::a = src/a.rs", "app::a::b = src/b.rs"]);
    assert_eq!(notices.len(), 2, "{notices:?}");
}

#[test]
fn one_file_may_be_two_modules() {
    let (modules, _) = tree(
        "//- src/lib.rs\n#[path = \"x.rs\"] mod a;\n#[path = \"x.rs\"] mod b;\n//- src/x.rs\nmod y;\n//- src/y.rs\n",
    );
    assert_eq!(modules.iter().filter(|line| line.ends_with("src/x.rs")).count(), 2);
    assert_eq!(modules.iter().filter(|line| line.ends_with("src/y.rs")).count(), 2);
}

#[test]
fn modules_that_multiply_stop_at_the_limit() {
    let mut text = String::from("//- Cargo.toml\n[package]\nname = \"app\"\n");
    for level in 0..40 {
        let name = if level == 0 { "lib".to_owned() } else { format!("m{level}") };
        let next = level + 1;
        text.push_str(&format!(
            "//- src/{name}.rs\n#[path = \"m{next}.rs\"] mod a;\n#[path = \"m{next}.rs\"] mod b;\n"
        ));
    }
    let limits = Limits { max_modules: 500, ..Limits::default() };
    let facts = parse_sources(&split(&text), &limits).expect("threads start");
    assert_eq!(facts.crates[0].modules.len(), 500);
    assert!(kinds(&facts).contains(&NoticeKind::LimitReached));
}

#[test]
fn files_of_no_module_tree_are_told_once_for_each_package_and_not_analysed() {
    let (modules, notices) = tree(
        "//- src/lib.rs\nmod a;\n//- src/a.rs\n//- src/old/a.rs\nfn broken( {\n//- src/old/b.rs\n//- src/old/c.rs\n//- src/old/d.rs\n",
    );
    assert_eq!(modules.len(), 2);
    assert_eq!(
        notices,
        ["OrphanFile : 4 Rust files belong to no module tree and were not analysed: `src/old/a.rs`, `src/old/b.rs`, \
          `src/old/c.rs`, …"]
    );
}

#[test]
fn a_file_of_two_targets_is_shared() {
    let facts = workspace(
        "//- Cargo.toml\n[package]\nname = \"app\"\n//- src/lib.rs\nmod a;\n//- src/main.rs\nmod a;\nfn main() {}\n//- src/a.rs\n",
    );
    let a = |kind: usize| facts.crates[kind].files.iter().find(|file| file.path.as_str() == "src/a.rs").unwrap();
    assert!(std::sync::Arc::ptr_eq(a(0), a(1)));
    assert_eq!(facts.files, 3);
}

#[test]
fn raw_names_of_modules_lead_to_plain_files() {
    let (modules, notices) = tree("//- src/lib.rs\nmod r#type;\n//- src/type.rs\n");
    assert_eq!(modules, ["app = src/lib.rs", "app::type = src/type.rs"]);
    assert_eq!(notices, [""; 0]);
}

#[test]
fn problems_of_files_become_notices_in_order() {
    let (_, notices) = tree("//- src/lib.rs\nmod b;\nmod a;\n//- src/a.rs\nfn ( {}\n//- src/b.rs\nfn ( {}\n");
    assert!(
        notices.iter().any(|line| line.contains("src/a.rs")) && notices.iter().any(|line| line.contains("src/b.rs"))
    );
    assert!(notices.is_sorted_by_key(|line| line.split(' ').nth(1).unwrap().to_owned()));
}
