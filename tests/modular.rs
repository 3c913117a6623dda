//! The invariants of the architecture that can be read off manifests and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use connlint_tests::files::{files_below, folders, repository, shown, text};

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

/// The text without comments and string literals. It is good enough for our own, formatted sources.
fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            'r' if chars.peek() == Some(&'#') || chars.peek() == Some(&'"') => raw_string(&mut chars, &mut out),
            '"' => {
                while let Some(inner) = chars.next().filter(|c| *c != '"') {
                    if inner == '\\' {
                        chars.next();
                    }
                }
            }
            '\'' => match (chars.next(), chars.peek()) {
                (Some('\\'), _) => while chars.next().is_some_and(|c| c != '\'') {},
                (Some(_), Some('\'')) => drop(chars.next()),
                (Some(other), _) => out.push(other),
                (None, _) => {}
            },
            other => out.push(other),
        }
    }
    out
}

fn raw_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let mut hashes = 0;
    while chars.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    if chars.next_if_eq(&'"').is_none() {
        out.push('r');
        return;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let mut seen = String::new();
    for c in chars.by_ref() {
        seen.push(c);
        if seen.ends_with(&end) {
            return;
        }
    }
}

/// Places outside test modules where one of the words stands.
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
