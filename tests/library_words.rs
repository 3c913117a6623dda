//! What is known of crates is data: the few names of crates that analysis spells, each with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use connlint_tests::files::{files_below, repository, shown, text};
use connlint_tests::pipeline::CATALOG;

/// Words that belong to the language, whatever the catalog has of them.
const LANGUAGE: [&str; 11] =
    ["std", "core", "alloc", "bool", "char", "str", "slice", "integer", "float", "proc_macro", "test"];

/// Literals that name a crate, and why they stay.
const ALLOWED: [(&str, &str); 6] = [
    ("futures::Stream", "the canonical path of every stream, as `std::iter::Iterator` is that of every iterator"),
    ("futures::stream::Stream", "its other path, in bounds that the catalog does not bring to canonical form"),
    ("futures::", "comparing rows with sources: a combinator's own type stands for a stream"),
    ("http", "the category that the catalog gives to HTTP libraries, not the crate of that name"),
    ("lazy_static::lazy_static", "the parser takes this macro apart as it does `thread_local!`"),
    ("anyhow::Context::", "its methods pass `Ok` values on, as those of `Result` do"),
];

/// The string literals of a source, without comments, test modules and the examples of lints.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once('"') {
            let Some(end) = closing(after) else { break };
            found.push(after[..end].to_owned());
            rest = &after[end + 1..];
        }
    }
    found
}

/// Where a literal ends, escapes left out.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// The crates that a literal names: as a whole, or before `::` at the start of a path.
fn named<'l>(literal: &'l str, crates: &BTreeSet<String>) -> BTreeSet<&'l str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let before = literal.match_indices("::").map(|(at, _)| {
        let path = &literal[..at];
        let start = path.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        if path[..start].ends_with("::") { "" } else { &path[start..] }
    });
    before.chain([literal]).filter(|word| crates.contains(*word)).collect()
}

fn crates() -> BTreeSet<String> {
    let first = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
    let rows = CATALOG.rows().map(|row| first(row.path()));
    let all = CATALOG.crates().map(|krate| krate.lib.clone()).chain(rows).chain(CATALOG.written_paths().map(first));
    all.filter(|name| !LANGUAGE.contains(&name.as_str())).collect()
}

/// The literals of the analysis that name crates, with the files that they are in.
fn naming() -> BTreeMap<String, BTreeSet<String>> {
    let crates = crates();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in ["crates/connlint-semantic/src", "lints/src"] {
        for file in files_below(&repository().join(folder), &["rs"]) {
            for literal in literals(&text(Path::new(&file))).into_iter().filter(|l| !named(l, &crates).is_empty()) {
                found.entry(literal).or_default().insert(shown(&file));
            }
        }
    }
    found
}

#[test]
fn analysis_names_no_library_but_those_listed() {
    let naming = naming();
    let unlisted: Vec<String> = naming
        .iter()
        .filter(|(literal, _)| ALLOWED.iter().all(|(allowed, _)| allowed != literal))
        .map(|(literal, files)| format!("`{literal}` in {}", files.iter().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    assert!(unlisted.is_empty(), "knowledge of libraries belongs into crates/connlint-catalog/data:\n{unlisted:#?}");
    let unused: Vec<&str> =
        ALLOWED.iter().map(|&(literal, _)| literal).filter(|literal| !naming.contains_key(*literal)).collect();
    assert!(unused.is_empty(), "no source has these any more: {unused:?}");
}

#[test]
fn names_of_libraries_are_found_in_literals() {
    let crates = BTreeSet::from(["sqlx".to_owned(), "tokio".to_owned()]);
    let source = "// \"sqlx::Pool\"\nlet a = path.starts_with(\"sqlx::\") || name == \"tokio\";\nlet b = \"a \\\" b\";\n\
                  #[cfg(test)]\nmod tests { const C: &str = \"tokio::spawn\"; }";
    assert_eq!(literals(source), ["sqlx::", "tokio", "a \\\" b"]);
    assert_eq!(named("use `tokio::spawn`", &crates), BTreeSet::from(["tokio"]));
    assert_eq!(named("tokio runs it", &crates), BTreeSet::new());
    assert_eq!(named("other::sqlx::Pool", &crates), BTreeSet::new());
}
