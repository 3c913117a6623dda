//! Every fixture, with every lint: the marks are met exactly.
//!
//! `FIXTURE=text` runs only those whose path contains the text.

use connlint_diagnostics::Category;
use connlint_parser::Limits;
use connlint_tests::files::{fixtures, shown};
use connlint_tests::fixture::{all, compare, differences, marks_below};
use connlint_tests::marks::{Mark, MarkKind};
use connlint_tests::pipeline::{analyse, lints};
use rayon::prelude::*;

fn chosen() -> Vec<std::path::PathBuf> {
    let wanted = std::env::var("FIXTURE").unwrap_or_default();
    all().into_iter().filter(|path| shown(path).contains(&wanted)).collect()
}

fn tell(differences: &[String]) {
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn marks_are_met_exactly() {
    let differences: Vec<String> = chosen().par_iter().flat_map(|fixture| differences(fixture)).collect();
    tell(&differences);
}

#[test]
fn one_run_over_all_fixtures_finds_what_a_run_over_each_finds() {
    let names: Vec<&str> = lints().iter().map(|lint| lint.name).collect();
    let of_lints = |file: &str| file.split('/').next().is_some_and(|folder| names.contains(&folder));
    let mut report = analyse(&fixtures(), &Limits::default());
    report.findings.retain(|finding| of_lints(finding.primary.file.as_str()));
    // What a fixture declares holds for a run over that fixture alone.
    let declared = |mark: &Mark| lints().iter().any(|lint| lint.name == mark.lint && lint.category == Category::Limits);
    let marks = marks_below(&fixtures()).into_iter().filter(|mark| of_lints(&mark.file) && !declared(mark)).collect();
    tell(&compare(&fixtures(), &report, marks));
}

#[test]
fn each_lint_has_fixtures_that_fire_and_fixtures_that_are_quiet() {
    let paths: Vec<String> = all().iter().map(|path| shown(path)).collect();
    for lint in lints() {
        for kind in ["fires", "quiet"] {
            let prefix = format!("fixtures/{}/{kind}-", lint.name);
            assert!(paths.iter().any(|path| path.starts_with(&prefix)), "no {prefix}…");
        }
    }
}

#[test]
fn names_of_fixtures_say_whether_they_fire() {
    for fixture in all() {
        let name = fixture.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let lint = fixture.parent().and_then(|p| p.file_name()).unwrap_or_default().to_string_lossy().into_owned();
        let marks = marks_below(&fixture);
        let fires = marks.iter().any(|mark| mark.kind != MarkKind::Note && mark.lint == lint);
        if name.starts_with("fires-") {
            assert!(fires, "{} has no mark of {lint}", shown(&fixture));
        } else {
            assert!(name.starts_with("quiet-"), "{} begins with neither fires- nor quiet-", shown(&fixture));
            assert!(marks.is_empty(), "{} is to be quiet and has marks", shown(&fixture));
        }
    }
}
