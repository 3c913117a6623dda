//! Measures connlint on services that nobody had seen: recall and precision on labelled batches, and what changed.
//!
//! A batch is `measured/<batch>.jsonl`: data only, labelled before its first run. `measured/runs.json` keeps the figures of
//! its recorded runs for ever; the first one is the only one on unseen code.

mod docs;
mod figures;
mod labels;
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::process::{TaskResult, release_binary, repository, target};
use figures::{Details, Figures, Group};
use labels::Row;

/// What the task is asked.
pub(crate) struct Options<'a> {
    /// A folder of bare mirrors, `OWNER+NAME/repo`; none to measure nothing.
    pub(crate) mirrors: Option<&'a Path>,
    /// The binary; built if it is not given.
    pub(crate) connlint: Option<&'a Path>,
    /// Only these batches; none for all.
    pub(crate) batches: &'a [String],
    /// Whether to keep the figures.
    pub(crate) record: Option<&'a str>,
    /// Whether to write the tables of the docs anew.
    pub(crate) write_docs: bool,
    /// Whether to list what was missed, wrong or not judged.
    pub(crate) verbose: bool,
}

/// A recorded run.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Run {
    /// The version measured: a commit or a release.
    version: String,
    #[serde(flatten)]
    figures: Figures,
}

/// All recorded runs by batch, the first one first.
type Runs = BTreeMap<String, Vec<Run>>;

pub(crate) fn run(options: &Options<'_>) -> TaskResult {
    let record = repository().join("measured/runs.json");
    let mut runs: Runs = fs::read_to_string(&record).map_or(Ok(Runs::new()), |text| serde_json::from_str(&text))?;
    match options.mirrors {
        Some(mirrors) => measure_all(options, mirrors, &mut runs)?,
        None if options.write_docs => {}
        None => return Err("`--mirrors` names the repositories to measure on".into()),
    }
    if options.record.is_some() {
        fs::write(record, serde_json::to_string_pretty(&runs)? + "\n")?;
    }
    if options.write_docs { docs::write(&runs) } else { Ok(()) }
}

fn measure_all(options: &Options<'_>, mirrors: &Path, runs: &mut Runs) -> TaskResult {
    let connlint = options.connlint.map_or_else(release_binary, |path| Ok(path.to_path_buf()))?;
    for (name, path) in batches(&repository().join("measured"), options.batches)? {
        let (figures, details) = measure(&connlint, mirrors, &labels::read(&path)?);
        let recorded = runs.entry(name.clone()).or_default();
        print(&name, &figures, recorded.last().map(|run| &run.figures));
        if options.verbose {
            list("missed", &details.missed);
            list("wrong", &details.wrong);
            list("not judged", &details.unlabelled);
        }
        if let Some(version) = options.record {
            recorded.push(Run { version: version.to_owned(), figures });
        }
    }
    Ok(())
}

fn batches(folder: &Path, wanted: &[String]) -> Result<Vec<(String, PathBuf)>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "jsonl") && (wanted.is_empty() || wanted.contains(&name)) {
            found.push((name, path));
        }
    }
    found.sort();
    if found.is_empty() { Err("there is no such batch in `measured`".into()) } else { Ok(found) }
}

fn measure(connlint: &Path, mirrors: &Path, rows: &[Row]) -> (Figures, Details) {
    let (mut figures, mut details) = (Figures::default(), Details::default());
    let work = target().join("measure");
    for row in rows {
        let Row::Service(service) = row else { continue };
        let reported = run::run(connlint, mirrors, &work, service);
        if let Some(failure) = &reported.failure {
            eprintln!("{}: not measured: {failure}", service.repo);
        }
        figures.add(&service.repo, rows, &reported, &mut details);
    }
    (figures, details)
}

fn print(name: &str, figures: &Figures, before: Option<&Figures>) {
    let share = |(hit, all): (usize, usize)| format!("{hit} of {all}");
    let of = |group| share(figures.of_group(group));
    println!(
        "{name}: openings {}, holding {}, settings and queries {}",
        of(Group::Openings),
        of(Group::Holding),
        of(Group::SettingsAndQueries)
    );
    for (lint, &recall) in &figures.recall {
        println!("  {lint:<28} {}", share(recall));
    }
    let Figures { right, disputable, wrong, unlabelled, failed, .. } = figures;
    println!(
        "  shown {}: right {right}, disputable {disputable}, wrong {wrong}, not judged {unlabelled}; {failed} services failed",
        figures.shown()
    );
    if let Some(shares) = figures.by_choice {
        println!("  of these, at most three of a choice: {shares}");
    }
    if let Some(before) = before {
        figures.found.difference(&before.found).for_each(|place| println!("  + {place}"));
        before.found.difference(&figures.found).for_each(|place| println!("  - {place}"));
    }
}

fn list(heading: &str, lines: &[String]) {
    lines.iter().for_each(|line| println!("  {heading}: {line}"));
}
