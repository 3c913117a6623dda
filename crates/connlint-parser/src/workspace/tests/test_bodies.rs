use connlint_facts::{FileFacts, ItemKind};

use super::*;

/// The operations of each function of a file whose bodies of tests are left out, and the names that those call.
fn read(text: &str, path: &str) -> (Vec<(String, usize)>, Vec<String>) {
    let limits = Limits { test_bodies: false, ..Limits::default() };
    let facts = parse_sources(&split(text), &limits).expect("threads start");
    let mut files = facts.crates.iter().flat_map(|krate| &krate.files);
    let file: &FileFacts = files.find(|file| file.path.as_str() == path).expect("the file");
    let of_item = |item: &connlint_facts::Item| match &item.kind {
        ItemKind::Fn(f) => Some((file.text(item.name).to_owned(), f.body.as_ref().map_or(0, |body| body.ops.len()))),
        _ => None,
    };
    let names = file.test_names.iter().map(|&name| file.text(name).to_owned()).collect();
    (file.items.iter().filter_map(of_item).collect(), names)
}

const APP: &str = "//- Cargo.toml\n[package]\nname = \"app\"\n//- src/lib.rs\n#[cfg(test)] mod tests; mod both; fn a() { b(); }\n\
     #[test] fn c() { d(); a(); }\n//- src/tests.rs\nmod more; #[path = \"both.rs\"] mod both; fn e() { f(); }\n\
     //- src/tests/more.rs\nfn g() { h(); }\n//- src/both.rs\nfn i() { j(); }\n\
     //- tests/it.rs\nmod common; fn k() { l(); }\n//- tests/common.rs\nfn m() { n(); }\n";

#[test]
fn bodies_beside_code_are_taken_out_and_what_they_call_is_kept() {
    let (functions, names) = read(APP, "src/lib.rs");
    assert_eq!(functions[1], ("c".to_owned(), 0));
    assert!(functions[0].1 > 0, "{functions:?}");
    assert_eq!(names, ["d", "a"]);
}

#[test]
fn files_that_only_tests_declare_lose_all_bodies() {
    for (path, names) in
        [("src/tests.rs", ["f"]), ("src/tests/more.rs", ["h"]), ("tests/it.rs", ["l"]), ("tests/common.rs", ["n"])]
    {
        let (functions, found) = read(APP, path);
        assert!(functions.iter().all(|(_, operations)| *operations == 0), "{path}: {functions:?}");
        assert_eq!(found, names, "{path}");
    }
}

#[test]
fn a_file_that_code_declares_too_is_read_whole() {
    let (functions, names) = read(APP, "src/both.rs");
    assert!(functions[0].1 > 0, "{functions:?}");
    assert_eq!(names, [""; 0]);
}
