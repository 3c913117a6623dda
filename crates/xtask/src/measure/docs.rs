//! What is written of recorded runs: the tables of `docs/precision.md`, and how precise each lint was for SARIF.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::measure::figures::{Counts, Figures, Group};
use crate::measure::{Run, Runs};
use crate::process::{TaskResult, repository};

/// The generated part of the page.
const BEGIN: &str = "<!-- Written by `cargo xtask measure --write-docs`: begin -->\n";
const END: &str = "<!-- end -->\n";

const PAGE: &str = "docs/precision.md";
const TABLE: &str = "crates/connlint-output/src/sarif/measured.rs";

/// Writes both files.
pub(super) fn write(runs: &Runs) -> TaskResult {
    let page = repository().join(PAGE);
    fs::write(&page, with_tables(&fs::read_to_string(&page)?, runs)?)?;
    Ok(fs::write(repository().join(TABLE), measured(runs))?)
}

/// The page with its tables made anew.
fn with_tables(page: &str, runs: &Runs) -> Result<String, Box<dyn std::error::Error>> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{PAGE} has no generated part"))?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", tables(runs)))
}

fn tables(runs: &Runs) -> String {
    let mut text = String::from(
        "\n| batch | version | openings found | holding found | settings and queries found | shown | right | disputable | wrong | not judged | \
         at most three of a choice |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let recorded = runs.iter().flat_map(|(batch, runs)| runs.iter().map(move |run| (batch, run)));
    for (batch, Run { version, figures }) in recorded {
        let found = |group| {
            let (hit, all) = figures.of_group(group);
            format!("{hit} of {all}")
        };
        let Figures { right, disputable, wrong, unlabelled, .. } = figures;
        let (openings, holding) = (found(Group::Openings), found(Group::Holding));
        let (settings, shown) = (found(Group::SettingsAndQueries), figures.shown());
        let by_choice = figures.by_choice.map_or_else(|| "–".to_owned(), |shares| shares.to_string());
        // A text in memory takes all that is written to it.
        let _ = writeln!(
            text,
            "| {batch} | {version} | {openings} | {holding} | {settings} | {shown} | {right} | {disputable} | {wrong} | {unlabelled} | {by_choice} |"
        );
    }
    for (what, key) in [("lint", 0), ("confidence", 1), ("impact", 2)] {
        let _ = write!(text, "\n| {what} | right | disputable | wrong |\n|---|---|---|---|\n");
        for (name, Counts { right, disputable, wrong }) in by(runs, key) {
            let _ = writeln!(text, "| {name} | {right} | {disputable} | {wrong} |");
        }
    }
    text + "\n"
}

/// The findings of the first run of each batch in which all were judged, by one part of their kind: the lint, the
/// confidence, the impact.
fn by(runs: &Runs, part: usize) -> BTreeMap<String, Counts> {
    let mut found: BTreeMap<String, Counts> = BTreeMap::new();
    for run in runs
        .values()
        .filter_map(|runs| runs.iter().find(|run| run.figures.unlabelled == 0 && !run.figures.by_kind.is_empty()))
    {
        for (kind, counts) in &run.figures.by_kind {
            let name = kind.split(", ").nth(part).unwrap_or_default();
            found.entry(name.to_owned()).or_default().add(counts);
        }
    }
    found
}

/// The source of the table that SARIF's `precision` is taken from.
fn measured(runs: &Runs) -> String {
    let mut text = String::from(
        "//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.\n\n\
         /// Lint, true findings, all findings.\npub(super) const MEASURED: &[(&str, u32, u32)] = &[\n",
    );
    for (lint, Counts { right, disputable, wrong }) in by(runs, 0) {
        let _ = writeln!(text, "    (\"{lint}\", {}, {}),", right + disputable, right + disputable + wrong);
    }
    text + "];\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_and_table_are_those_of_the_recorded_runs() {
        let text = fs::read_to_string(repository().join("measured/runs.json")).expect("it is there");
        let runs: Runs = serde_json::from_str(&text).expect("it is a record of runs");
        let lines = |text: &str| text.replace("\r\n", "\n");
        let page = lines(&fs::read_to_string(repository().join(PAGE)).expect("it is there"));
        assert!(
            page == with_tables(&page, &runs).expect("it has a generated part"),
            "run `cargo xtask measure --write-docs`"
        );
        let table = fs::read_to_string(repository().join(TABLE)).expect("it is there");
        assert!(lines(&table) == measured(&runs), "run `cargo xtask measure --write-docs`");
    }
}
