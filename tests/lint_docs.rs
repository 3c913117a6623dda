//! The documentation of each lint: its examples are run, its page is generated.

use std::fs;
use std::path::Path;

use connlint_diagnostics::{LintMetadata, without_marks};
use connlint_tests::bless;
use connlint_tests::files::repository;
use connlint_tests::fixture::{differences_for, marks_below};
use connlint_tests::pipeline::{CATALOG, lints};

const SECTIONS: [&str; 6] =
    ["What it does", "Why is this bad?", "Example", "Use instead", "Not a defect when", "Known limits"];

/// The text of the only block of Rust in a section.
fn code(lint: &LintMetadata, section: &str) -> String {
    let text = lint.section(section).unwrap_or_else(|| panic!("{} lacks `## {section}`", lint.name));
    let (_, rest) = text.split_once("```rust\n").unwrap_or_else(|| panic!("{}: no code in {section}", lint.name));
    let (code, rest) = rest.split_once("```").unwrap_or_else(|| panic!("{}: code without end", lint.name));
    assert!(!rest.contains("```"), "{}: one block of code in {section}", lint.name);
    code.to_owned()
}

/// The settings next to it, in a block of TOML of the section.
fn settings(lint: &LintMetadata, section: &str) -> Option<&'static str> {
    let (_, rest) = lint.section(section)?.split_once("```toml\n")?;
    rest.split_once("```").map(|(settings, _)| settings)
}

/// A package of one file that may use all crates of the catalog.
fn package(root: &Path, code: &str) {
    let mut names: Vec<&str> = CATALOG.crates().map(|krate| krate.package.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let dependencies: String = names.iter().map(|name| format!("{name} = \"*\"\n")).collect();
    let manifest = format!("[package]\nname = \"example\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}");
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::write(root.join("src/main.rs"), code).unwrap();
}

#[test]
fn examples_fire_as_marked_and_remedies_are_quiet() {
    let mut wrong = Vec::new();
    for lint in lints() {
        for (section, fires) in [("Example", true), ("Use instead", false)] {
            let root = tempfile::tempdir().unwrap();
            package(root.path(), &code(lint, section));
            if let Some(settings) = settings(lint, section) {
                fs::write(root.path().join("connlint.toml"), settings).unwrap();
            }
            let marked = marks_below(root.path()).iter().any(|mark| mark.lint == lint.name);
            assert_eq!(marked, fires, "marks in `## {section}` of {}", lint.name);
            wrong.extend(
                differences_for(root.path(), lint).into_iter().map(|d| format!("{}, {section}: {d}", lint.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_documentation_is_complete() {
    for lint in lints() {
        for section in SECTIONS {
            let text = lint.section(section).unwrap_or_default();
            assert!(!text.is_empty(), "{} lacks `## {section}`", lint.name);
        }
        for list in ["Not a defect when", "Known limits"] {
            assert!(!lint.points(list).is_empty(), "{}: `## {list}` has no list", lint.name);
        }
        let first = lint.summary.chars().next().unwrap_or('.');
        assert!(!first.is_uppercase() && !lint.summary.ends_with('.'), "{}: {}", lint.name, lint.summary);
    }
}

/// The page of a lint, as it is committed.
fn page(lint: &LintMetadata) -> String {
    let mut page = format!("# {}\n\n", lint.name);
    page += &format!("> {}\n\n", lint.summary);
    page += &format!("Category *{}*, level `{}`, since {}.\n", lint.category, lint.level, lint.since);
    for (heading, text) in lint.sections() {
        if !heading.is_empty() {
            page += &format!("\n## {heading}\n");
        }
        let text = without_marks(text);
        let text: Vec<&str> = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        page += &format!("\n{}\n", text.join("\n"));
    }
    page
}

#[test]
fn the_pages_are_up_to_date() {
    let folder = repository().join("docs/lints");
    for lint in lints() {
        bless::compare(&folder.join(format!("{}.md", lint.name)), &page(lint));
    }
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().replace(".md", "");
        assert!(lints().iter().any(|lint| lint.name == name), "docs/lints/{name}.md is of no lint");
    }
}

#[test]
fn the_summary_of_the_book_lists_all_pages() {
    let entries = lints().into_iter().map(|lint| format!("  - [{0}](lints/{0}.md)\n", lint.name));
    bless::compare_part(&repository().join("docs/SUMMARY.md"), "lints", &entries.collect::<String>());
}
