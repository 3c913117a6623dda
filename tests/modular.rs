//! The invariants of the architecture that can be read off manifests and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use connlint_tests::files::{files_below, folders, repository, shown, text};
use connlint_tests::imports::Imports;
use connlint_tests::source::bare;

/// A package of the workspace.
struct Package {
    name: String,
    folder: PathBuf,
    dependencies: BTreeSet<String>,
    dev_dependencies: BTreeSet<String>,
}

fn package(folder: &Path) -> Option<Package> {
    let manifest: toml::Table = fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
    let names = |table: &str| manifest.get(table).and_then(|t| t.as_table()).map(|t| t.keys().cloned().collect());
    Some(Package {
        name: manifest.get("package")?.get("name")?.as_str()?.to_owned(),
        folder: folder.to_path_buf(),
        dependencies: names("dependencies").unwrap_or_default(),
        dev_dependencies: names("dev-dependencies").unwrap_or_default(),
    })
}

fn packages() -> BTreeMap<String, Package> {
    let root = repository();
    let mut all = folders(&root.join("crates"));
    all.extend([root.join("lints"), root.join("tests")]);
    all.iter().filter_map(|folder| package(folder)).map(|p| (p.name.clone(), p)).collect()
}

/// The crates that analyse: neither the command, nor the build tool, nor these tests.
fn analysing() -> Vec<Package> {
    let outside = ["cargo-connlint", "connlint-tests", "xtask"];
    packages().into_values().filter(|p| !outside.contains(&p.name.as_str())).collect()
}

/// Sources of a package's library and binaries without its test modules, with comments and string literals left out.
fn code(package: &Package) -> Vec<(PathBuf, String)> {
    let is_test = |file: &PathBuf| file.iter().any(|part| part == "tests" || part == "tests.rs");
    let src = package.folder.join("src");
    let files =
        files_below(&src, &["rs"]).into_iter().filter(|f| !f.strip_prefix(&src).is_ok_and(|f| is_test(&f.into())));
    files.map(|file| (file.clone(), bare(&text(&file)))).collect()
}

/// Places outside test modules where one of the words appears.
fn uses(package: &Package, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, code) in code(package) {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        found.extend(words.iter().filter(|w| code.contains(**w)).map(|w| format!("{} names `{w}`", shown(&file))));
    }
    found
}

#[test]
fn syntax_trees_are_known_to_the_parser_only() {
    for package in packages().values().filter(|p| p.name != "connlint-parser") {
        for name in ["syn", "proc-macro2", "quote"] {
            assert!(!package.dependencies.contains(name), "{} depends on {name}", package.name);
            assert!(!package.dev_dependencies.contains(name), "{} depends on {name}", package.name);
        }
    }
}

#[test]
fn only_the_command_and_the_tests_know_the_lints() {
    for package in packages().values() {
        let knows =
            package.dependencies.contains("connlint-lints") || package.dev_dependencies.contains("connlint-lints");
        let may = ["cargo-connlint", "connlint-tests"].contains(&package.name.as_str());
        assert!(!knows || may, "{} depends on connlint-lints", package.name);
    }
}

#[test]
fn each_lint_is_in_the_folder_of_its_category() {
    for lint in connlint_lints::ALL {
        let (category, name) = (lint.metadata.category.name(), lint.metadata.name.replace('-', "_"));
        let file = repository().join(format!("lints/src/{category}/{name}.rs"));
        assert!(file.exists(), "{} does not exist", shown(&file));
    }
}

#[test]
fn the_pipeline_has_one_direction() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("connlint-facts", &[][..]),
        ("connlint-parser", &["connlint-facts"]),
        ("connlint-catalog", &[]),
        ("connlint-vcs", &[]),
        ("connlint-semantic", &["connlint-catalog", "connlint-facts"]),
        ("connlint-diagnostics", &["connlint-facts"]),
        ("connlint-output", &["connlint-diagnostics", "connlint-facts"]),
        ("connlint-lints", &["connlint-catalog", "connlint-diagnostics", "connlint-facts", "connlint-semantic"]),
    ]);
    for package in analysing() {
        let may = allowed.get(package.name.as_str()).unwrap_or_else(|| panic!("{} has no place", package.name));
        let ours = package.dependencies.iter().filter(|d| d.starts_with("connlint-"));
        for dependency in ours {
            assert!(may.contains(&dependency.as_str()), "{} depends on {dependency}", package.name);
        }
    }
}

#[test]
fn analysis_starts_no_process_and_opens_no_socket() {
    let found: Vec<String> =
        analysing().iter().flat_map(|p| uses(p, &["std::process", "std::net", "UnixStream"])).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_parser_and_the_command_touch_the_file_system() {
    let others = analysing().into_iter().filter(|p| p.name != "connlint-parser");
    let found: Vec<String> =
        others.flat_map(|p| uses(&p, &["std::fs", "fs::read", "File::open", "std::env"])).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_command_prints_and_exits() {
    let words = ["println!", "eprintln!", "print!(", "stdout()", "stderr()", "process::exit"];
    let found: Vec<String> = analysing().iter().flat_map(|p| uses(p, &words)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn vocabulary_is_serialised_by_facts_and_formats_only() {
    for name in ["connlint-diagnostics", "connlint-semantic", "connlint-lints"] {
        let package = &packages()[name];
        assert!(!package.dependencies.contains("serde"), "{name} depends on serde");
    }
}

#[test]
fn unsafe_code_is_forbidden_everywhere() {
    for package in packages().values() {
        let manifest = text(&package.folder.join("Cargo.toml"));
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert!(inherits || manifest.contains("unsafe_code = \"forbid\""), "{} does not forbid it", package.name);
    }
}

#[test]
fn no_circle_of_imports_joins_files_of_different_folders() {
    let mut found = Vec::new();
    for package in packages().into_values() {
        let imports = Imports::of_package(&package.folder.join("src"));
        let circles = imports.circles_of_folders();
        found.extend(circles.iter().map(|(a, b)| format!("{}: {a} and {b} import each other", package.name)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn imports_are_read_off_uses_and_paths() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use c::deep::Deep; pub use b::*;"),
        ("a.rs", "use crate::{b::{self, Named as Other}, Deep};\nfn f() { b::run(); }"),
        ("b.rs", "pub struct Named;\npub struct Globbed;\nfn g() { let _ = crate::c::deep::run(); }"),
        ("c/mod.rs", "pub mod deep; pub mod flat;"),
        ("c/deep.rs", "use super::flat::x;\n// use crate::a::f;\nconst TEXT: &str = \"crate::a::f\";\n"),
        ("c/flat.rs", "use std::fmt;\npub fn x() {}\n#[cfg(test)]\nmod tests { use crate::a::f; }"),
        ("d.rs", "use crate::Globbed;\nfn h(_: super::Deep) {}"),
    ];
    let imports = Imports::of_files(files.map(|(file, text)| (file.to_owned(), text.to_owned())).into_iter());
    let of = |file: &str| imports.of[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("lib.rs"), [""; 0]);
    assert_eq!(of("a.rs"), ["b.rs", "c/deep.rs"]);
    assert_eq!(of("b.rs"), ["c/deep.rs"]);
    assert_eq!(of("c/deep.rs"), ["c/flat.rs"]);
    assert_eq!(of("c/flat.rs"), [""; 0]);
    assert_eq!(of("d.rs"), ["b.rs", "c/deep.rs"]);
    assert_eq!(imports.circles_of_folders(), []);
}

#[test]
fn circles_between_folders_are_found() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::x::X;\npub struct A;"),
        ("b/mod.rs", "pub mod x; pub mod y;"),
        ("b/x.rs", "use super::y::Y;\npub struct X;"),
        ("b/y.rs", "use super::x::X;\nuse crate::a::A;\npub struct Y;"),
    ];
    let imports = Imports::of_files(files.map(|(file, text)| (file.to_owned(), text.to_owned())).into_iter());
    assert_eq!(imports.circles_of_folders(), [("a.rs", "b/x.rs"), ("a.rs", "b/y.rs")]);
}

/// The layers of connlint-semantic, from the ground up, each with the layers that it may import. What a layer does not
/// know is in the head of its `mod.rs`; docs/architecture.md has the map.
const LAYERS: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("domain", &["names"]),
    ("types", &["names"]),
    ("infer", &["names", "types"]),
    ("dataflow", &["domain", "infer", "names", "types"]),
    ("call_graph", &["domain", "infer", "names", "types"]),
    ("entry_points", &["call_graph", "dataflow", "domain", "infer", "names", "types"]),
    ("effects", &["call_graph", "dataflow", "domain", "infer", "names", "types"]),
    ("live_ranges", &["call_graph", "dataflow", "domain", "infer", "names", "types"]),
    ("explain", &["call_graph", "domain", "infer", "names", "types"]),
    ("reach", &["call_graph", "domain"]),
    ("pools", &["call_graph", "dataflow", "domain", "infer", "live_ranges", "names", "types"]),
    ("analyses", &["call_graph", "dataflow", "domain", "effects", "infer", "live_ranges", "names", "pools", "types"]),
    ("settings", &["call_graph", "dataflow", "domain", "infer", "names", "pools", "types"]),
    ("program", &["analyses", "call_graph", "domain", "explain", "reach", "settings"]),
    ("queries", &["analyses", "call_graph", "domain", "explain", "pools", "program", "reach", "settings"]),
    ("catalog_check", &["infer", "names", "types"]),
    ("inspect", &["infer", "names", "types"]),
    (
        "link",
        &[
            "analyses",
            "call_graph",
            "dataflow",
            "domain",
            "effects",
            "entry_points",
            "explain",
            "infer",
            "live_ranges",
            "names",
            "pools",
            "program",
            "reach",
            "settings",
            "types",
        ],
    ),
    ("library_models", &["call_graph", "domain", "infer", "link", "names", "program", "types"]),
];

/// The first segments of all `crate::…` paths of a source, those in groups (`crate::{a, b}`) too.
fn imported_layers(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split('}').next().unwrap_or_default();
                found.extend(group.split(',').map(|one| word(one.trim())));
            }
            None => {
                found.insert(word(rest));
            }
        }
    }
    found.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

#[test]
fn layers_of_semantic_import_only_what_lies_below_them() {
    let package = &packages()["connlint-semantic"];
    let src = package.folder.join("src");
    let mut wrong = Vec::new();
    for (file, code) in code(package) {
        let inner = file.strip_prefix(&src).expect("a source lies below src");
        let layer = inner.iter().next().expect("a file has a name").to_string_lossy().replace(".rs", "");
        if layer == "lib" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{} belongs to no layer", shown(&file)));
            continue;
        };
        let imports = imported_layers(&code).into_iter().filter(|to| *to != layer && !allowed.contains(&to.as_str()));
        wrong.extend(imports.map(|to| format!("{} imports `{to}`, which does not lie below `{layer}`", shown(&file))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_layers_points_downwards_only() {
    for (at, (layer, allowed)) in LAYERS.iter().enumerate() {
        let below: Vec<&str> = LAYERS[..at].iter().map(|(name, _)| *name).collect();
        for to in *allowed {
            assert!(below.contains(to), "`{layer}` may import `{to}`, which is not below it");
        }
    }
}

#[test]
fn each_layer_of_semantic_says_what_it_knows() {
    let src = packages()["connlint-semantic"].folder.join("src");
    for folder in folders(&src) {
        let head = text(&folder.join("mod.rs"));
        assert!(head.starts_with("//! "), "{} has no head", shown(&folder));
        let says = head.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("not know"));
        assert!(says, "{}/mod.rs does not say what the layer does not know", shown(&folder));
    }
}
