//! Links of the book and the README: the pages, and the headings in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use connlint_tests::files::{files_below, repository, shown, text};

fn pages() -> Vec<PathBuf> {
    files_below(&repository().join("docs"), &["md"])
}

/// Lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

/// Targets of links to pages and headings of this repository.
fn targets(text: &str) -> Vec<String> {
    let of_line = |line: &str| -> Vec<String> {
        let found = line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned);
        found.filter(|target| !target.contains("://") && !target.contains(' ')).collect()
    };
    prose(text).flat_map(of_line).collect()
}

/// The anchors of the headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for heading in prose(text).filter(|line| line.starts_with('#')) {
        let title = heading.trim_start_matches('#').trim();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
        let again = (1..).map(|n| format!("{anchor}-{n}"));
        let free = [anchor.clone()].into_iter().chain(again).find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

/// What is wrong with a link of a page.
fn broken(page: &Path, target: &str) -> Option<&'static str> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !file.exists() {
        return Some("there is no such file");
    }
    let is_page = file.extension().is_some_and(|extension| extension == "md");
    (is_page && !anchor.is_empty() && !anchors(&text(&file)).contains(anchor)).then_some("there is no such heading")
}

#[test]
fn links_lead_to_pages_and_headings_that_exist() {
    let mut all = pages();
    all.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| repository().join(name)));
    let mut found = Vec::new();
    for page in all {
        let targets = targets(&text(&page));
        found
            .extend(targets.iter().filter_map(|t| broken(&page, t).map(|why| format!("{}: {t}: {why}", shown(&page)))));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn links_of_the_book_stay_in_the_book() {
    let book = repository().join("docs").canonicalize().expect("the book exists");
    let mut found = Vec::new();
    for page in pages() {
        let folder = page.parent().expect("a page lies in a folder");
        let outside = |target: &String| {
            let file = folder.join(target.split('#').next().unwrap_or_default());
            file.canonicalize().is_ok_and(|file| !file.starts_with(&book))
        };
        found.extend(targets(&text(&page)).into_iter().filter(outside).map(|t| format!("{}: {t}", shown(&page))));
    }
    assert!(found.is_empty(), "mdBook has no such page:\n{}", found.join("\n"));
}

#[test]
fn summary_lists_each_page_once() {
    let summary = repository().join("docs/SUMMARY.md");
    let listed = targets(&text(&summary));
    for page in pages().into_iter().filter(|page| *page != summary) {
        let path = shown(&page).replace("docs/", "");
        let times = listed.iter().filter(|target| **target == path).count();
        assert_eq!(times, 1, "docs/SUMMARY.md lists {path} {times} times");
    }
}

#[test]
fn anchors_are_those_of_github_and_mdbook() {
    let page = "# What's `connlint map`?\n## A_b, (c)\n```sh\n# no heading\n```\n## A_b c\n";
    let found: Vec<String> = anchors(page).into_iter().collect();
    assert_eq!(found, ["a_b-c", "a_b-c-1", "whats-connlint-map"]);
}
