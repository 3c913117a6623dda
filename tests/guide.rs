//! The guide: its code is a fixture, and the book lists its pages.

use std::fs;
use std::path::PathBuf;

use connlint_tests::bless::{blessing, compare};
use connlint_tests::files::{files_below, fixtures, repository, shown, text};
use connlint_tests::fixture::differences;

fn pages() -> Vec<PathBuf> {
    files_below(&repository().join("docs/guide"), &["md"])
}

/// The name of a page as part of a Rust name.
fn module(page: &std::path::Path) -> String {
    page.file_stem().expect("a page has a name").to_string_lossy().replace('-', "_")
}

/// The Rust blocks of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("\n```rust\n").skip(1).map(|rest| rest.split_once("```").expect("a block ends").0).collect()
}

/// The sources of `fixtures/guide`: a module for each block, and the library that names them.
fn sources() -> Vec<(String, String)> {
    let mut library = String::from("//! Written by `cargo xtask bless` from the Rust blocks of docs/guide.\n\n");
    let mut files = Vec::new();
    for page in pages() {
        for (at, block) in blocks(&text(&page)).into_iter().enumerate() {
            let name = format!("{}_{}", module(&page), at + 1);
            library += &format!("pub mod {name};\n");
            files.push((format!("{name}.rs"), block.to_owned()));
        }
    }
    files.push(("lib.rs".to_owned(), library));
    files
}

#[test]
fn the_rust_blocks_are_the_fixture_that_is_type_checked() {
    let folder = fixtures().join("guide/src");
    let expected = sources();
    for (name, code) in &expected {
        compare(&folder.join(name), code);
    }
    for file in files_below(&folder, &["rs"]) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = expected.iter().any(|(expected, _)| *expected == name);
        match known {
            false if blessing() => fs::remove_file(&file).unwrap(),
            _ => assert!(known, "{} is of no block: `cargo xtask bless` removes it", shown(&file)),
        }
    }
}

#[test]
fn connlint_reports_what_the_rust_blocks_mark_and_nothing_else() {
    let differences = differences(&fixtures().join("guide"));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_summary_of_the_book_lists_all_pages() {
    let summary = text(&repository().join("docs/SUMMARY.md"));
    for page in pages() {
        let link = format!("(guide/{})", page.file_name().unwrap_or_default().to_string_lossy());
        assert!(summary.contains(&link), "{} is not in docs/SUMMARY.md", shown(&page));
    }
}
