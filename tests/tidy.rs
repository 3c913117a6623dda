//! Order in the house.

use std::path::{Path, PathBuf};

use connlint_tests::files::{files_below, repository, shown, text};

const LONGEST_FILE: usize = 600;

/// Endings of the files whose words are our own.
const SPELT: &[&str] = &["rs", "md", "toml", "json", "txt"];

/// Our own sources: those of the fixtures are material.
fn sources() -> Vec<PathBuf> {
    let root = repository();
    ["crates", "lints", "tests"].iter().flat_map(|folder| files_below(&root.join(folder), &["rs"])).collect()
}

fn lines_with(words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in sources().iter().filter(|f| !f.ends_with("tests/tidy.rs")) {
        for (at, line) in text(file).lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {}", shown(file), at + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn files_are_of_readable_length() {
    for file in sources() {
        let lines = text(&file).lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines, more than {LONGEST_FILE}", shown(&file));
    }
}

#[test]
fn no_test_is_ignored() {
    let found = lines_with(&["#[ignore"]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_to_be_done_in_comments() {
    let found = lines_with(&["TODO", "FIXME", "XXX", "HACK", "dbg!(", "unimplemented!("]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// British spelling, but for the word that names a crate, a command and a key.
#[test]
fn the_catalog_is_spelt_in_one_way() {
    let root = repository();
    let (british, mut found) = (concat!("catalog", "ue"), Vec::new());
    let mut files =
        ["crates", "lints", "tests", "fixtures", "docs"].map(|f| files_below(&root.join(f), SPELT)).concat();
    files.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name)));
    for file in files {
        for (at, line) in text(&file).lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(british)) {
            found.push(format!("{}:{}: {}", shown(&file), at + 1, line.trim()));
        }
    }
    assert!(found.is_empty(), "write \"catalog\":\n{}", found.join("\n"));
}

#[test]
fn names_of_tests_state_behaviour() {
    let mut found = Vec::new();
    for file in sources() {
        let text = text(&file);
        let functions = text.split("#[test]").skip(1).filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next());
        found.extend(functions.filter(|name| name.starts_with("test")).map(|name| format!("{}: {name}", shown(&file))));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn paths_named_in_documents_exist() {
    let root = repository();
    let mut documents = files_below(&root.join("docs"), &["md"]);
    documents.extend(["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    let mut missing = Vec::new();
    for document in documents {
        for path in named_paths(&text(&document)) {
            if !exists(&root, &path) {
                missing.push(format!("{}: `{path}`", shown(&document)));
            }
        }
        let folder = document.parent().expect("a file lies in a folder");
        for link in links(&text(&document)).into_iter().filter(|link| !folder.join(link).exists()) {
            missing.push(format!("{}: link to {link}", shown(&document)));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Words in backticks that begin with a folder of this repository.
fn named_paths(text: &str) -> Vec<String> {
    let ours = ["crates/", "lints/", "fixtures/", "tests/", "docs/", ".ci/", ".cargo/"];
    let words = text.split('`').skip(1).step_by(2).filter(|word| ours.iter().any(|folder| word.starts_with(folder)));
    words.filter(|word| !word.contains(['\n', ' '])).map(|word| word.trim_end_matches('/').to_owned()).collect()
}

/// Targets of links within the repository, without their fragments.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#') && !target.contains(' '));
    local.filter_map(|target| target.split('#').next()).filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

/// Whether a path exists; of one with a placeholder (`<name>`, `*`, `{a,b}`), the folder before it.
fn exists(root: &Path, path: &str) -> bool {
    let fixed: Vec<&str> = path.split('/').take_while(|part| !part.contains(['<', '*', '{', '…'])).collect();
    root.join(fixed.join("/")).exists()
}
