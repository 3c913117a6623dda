//! What must not change a finding does not: on fixtures that a seed chooses.

use std::path::Path;

use connlint_diagnostics::{Diagnostic, Report};
use connlint_output::FORMATS;
use connlint_parser::{Limits, parse_sources};
use connlint_tests::edits::{
    SUFFIX, reformatted, spaced, with_renamed_file, with_renamed_function, with_renamed_local,
};
use connlint_tests::files::{files_below, shown, text};
use connlint_tests::fixture::all;
use connlint_tests::pipeline::{Texts, analyse_and_count, emitted_with};
use connlint_tests::shapes::Files;
use fastrand::Rng;
use rayon::prelude::*;

/// How many fixtures each property is tried on. `PROPERTIES=n` tries every n-th instead.
const FIXTURES: usize = 48;

/// The sources, manifests and lock files of a folder.
fn project(root: &Path) -> Files {
    let relative = |file: &Path| file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    files_below(root, &["rs", "toml", "lock"]).iter().map(|file| (relative(file), text(file))).collect()
}

fn chosen(seed: u64, is_meant: impl Fn(&Files) -> bool) -> Vec<(String, Files)> {
    let mut folders = all();
    folders.retain(|folder| is_meant(&project(folder)));
    match std::env::var("PROPERTIES").ok().and_then(|step| step.parse().ok()) {
        Some(step) => folders = folders.into_iter().step_by(step).collect(),
        None => {
            Rng::with_seed(seed).shuffle(&mut folders);
            folders.truncate(FIXTURES);
        }
    }
    folders.iter().map(|folder| (shown(folder), project(folder))).collect()
}

fn report(project: &Files, threads: Option<usize>) -> Report {
    let facts = parse_sources(project, &Limits { threads, ..Limits::default() }).unwrap();
    let settings = project.iter().find(|(path, _)| path == "connlint.toml").map_or("", |(_, text)| text);
    analyse_and_count(facts, &cargo_connlint::declared_limits(settings).unwrap()).0
}

/// A finding without the places that it names.
fn words(finding: &Diagnostic) -> String {
    let labels = finding.labels.iter().chain(&finding.siblings).map(|label| &label.text);
    let steps = finding.trace.iter().map(|step| format!("{} in {}", step.text, step.function));
    let rest: Vec<String> = labels.chain(&finding.notes).chain(&finding.help).cloned().chain(steps).collect();
    let (lint, level) = (finding.lint.name, finding.level);
    let ratings = format!("{:?} {:?}", finding.confidence, finding.impact);
    format!("{lint} {level:?} {ratings} {} {} {rest:#?}", finding.headline, finding.primary_label)
}

fn findings(project: &Files) -> Vec<String> {
    let mut all: Vec<String> = report(project, None).findings.iter().map(words).collect();
    all.sort();
    all
}

/// What an edit makes of a project leaves the findings as they are, but for names that it gave.
fn changes_nothing(seed: u64, edit: impl Fn(&Files, &mut Rng) -> Option<Files> + Sync) {
    changes_nothing_of(chosen(seed, |_| true), seed, edit);
}

fn changes_nothing_of(
    fixtures: Vec<(String, Files)>,
    seed: u64,
    edit: impl Fn(&Files, &mut Rng) -> Option<Files> + Sync,
) {
    let tried = fixtures.par_iter().enumerate().filter(|(number, (name, project))| {
        let mut random = Rng::with_seed(seed + *number as u64);
        let Some(edited) = edit(project, &mut random) else { return false };
        let found: Vec<String> = findings(&edited).iter().map(|words| words.replace(SUFFIX, "")).collect();
        let expected = findings(project);
        if found != expected {
            let changed: Vec<_> = edited.iter().filter(|file| !project.contains(file)).collect();
            panic!("{name}: {expected:#?}\nbecomes {found:#?}\nin {changed:#?}");
        }
        true
    });
    let tried = tried.count();
    println!("tried on {tried} of {} fixtures", fixtures.len());
    assert!(tried * 8 > fixtures.len(), "tried on {tried} of {} fixtures only", fixtures.len());
}

fn each_source(project: &Files, mut edit: impl FnMut(&str) -> Option<String>) -> Option<Files> {
    let edited = project.iter().map(|(path, text)| {
        let text = if path.ends_with(".rs") { edit(text)? } else { text.clone() };
        Some((path.clone(), text))
    });
    edited.collect()
}

#[test]
fn blank_lines_and_comments_change_no_finding() {
    changes_nothing(1, |project, random| each_source(project, |text| Some(spaced(text, random))));
}

#[test]
fn another_format_changes_no_finding() {
    changes_nothing(2, |project, _| each_source(project, reformatted));
}

#[test]
fn another_name_of_a_variable_changes_no_finding() {
    changes_nothing(3, with_renamed_local);
}

#[test]
fn another_name_of_a_function_changes_no_finding() {
    changes_nothing(4, with_renamed_function);
}

#[test]
fn another_name_of_a_file_changes_no_finding() {
    let has_modules = |project: &Files| project.iter().any(|(_, text)| declares_file(text));
    changes_nothing_of(chosen(5, has_modules), 5, with_renamed_file);
}

/// Whether a source has a module in a file of its own.
fn declares_file(text: &str) -> bool {
    text.lines().any(|line| line.contains("mod ") && line.ends_with(';') && !line.starts_with("//"))
}

#[test]
fn an_unrelated_crate_beside_changes_no_finding() {
    changes_nothing(6, |project, _| {
        let manifest = "[package]\nname = \"unrelated\"\nedition = \"2024\"\n[workspace]\n";
        let source = "pub trait Repo { fn load(&self); }\npub struct S;\nimpl Repo for S { fn load(&self) {} }\n\
                      pub fn connect() -> S { S }\nfn main() { connect().load() }\n";
        let beside = [("zz-beside/Cargo.toml", manifest), ("zz-beside/src/main.rs", source)];
        let beside = beside.map(|(path, text)| (path.to_owned(), text.to_owned()));
        Some(project.iter().cloned().chain(beside).collect())
    });
}

#[test]
fn the_order_of_files_and_the_number_of_threads_change_no_byte() {
    let bytes = |project: &Files, threads: usize| -> Vec<Vec<u8>> {
        let report = report(project, Some(threads));
        FORMATS.iter().map(|format| emitted_with(&report, &Texts(project), format, 0)).collect()
    };
    for (number, (name, project)) in chosen(7, |_| true).iter().enumerate() {
        let mut shuffled = project.clone();
        Rng::with_seed(number as u64).shuffle(&mut shuffled);
        assert!(bytes(project, 1) == bytes(&shuffled, 1 + number % 4), "{name} differs");
    }
}
