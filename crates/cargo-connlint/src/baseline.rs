//! `--baseline`: findings that are accepted, in a file that is committed.
//!
//! One entry per line, sorted: the identity, the lint, and for people the path of calls. Neither lines nor names of files
//! are in it, so that two branches that move code change nothing in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use connlint_diagnostics::{BaselineUsed, Diagnostic, Report};
use connlint_facts::{Notice, NoticeKind};
use connlint_output::visible;

use crate::exit::Failure;
use crate::sink;
use crate::text_file::read_text;

/// Largest file of accepted findings, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// The first lines of every baseline.
const HEAD: &str = "# Findings that connlint accepts, one per line: identity, lint, path of calls.\n\
                    # `connlint --baseline FILE --write-baseline` writes it, `--prune-baseline` removes stale lines.\n";

/// Options for accepted findings.
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// Report only findings that this file does not accept
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to the baseline, and exit with 0
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    /// Remove entries that match no finding from the baseline
    #[arg(long, requires = "baseline", conflicts_with = "write_baseline")]
    prune_baseline: bool,
}

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    id: String,
    lint: String,
    /// The whole line.
    line: String,
    /// Its number, from 1.
    number: usize,
}

/// What the run looked at: only there can an entry be stale.
#[derive(Clone, Copy)]
pub(crate) struct Looked<'a> {
    /// Whether all packages were looked at.
    pub(crate) everywhere: bool,
    /// Whether the lint of this name was on.
    pub(crate) lint_is_on: &'a dyn Fn(&str) -> bool,
}

impl BaselineArgs {
    /// Takes the accepted findings out of the report; stale entries become notices, or are removed from the file.
    pub(crate) fn apply(&self, report: &mut Report, looked: Looked<'_>) -> Result<(), Failure> {
        let Some(path) = &self.baseline else { return Ok(()) };
        let name = path.display().to_string();
        let missing = self.write_baseline && !path.exists();
        let entries = if missing { Vec::new() } else { read(path, &name)? };
        let (stale, live): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| is_stale(entry, report, looked));
        if self.write_baseline {
            // An entry of a finding of this run is written anew.
            let kept = live.iter().filter(|entry| !report.findings.iter().any(|finding| entry.accepts(finding)));
            let kept = kept.map(|entry| entry.line.clone());
            write(path, report.findings.iter().map(line_of).chain(kept).collect())?;
        } else if self.prune_baseline && !stale.is_empty() {
            write(path, live.iter().map(|entry| entry.line.clone()).collect())?;
        }
        let accepts = |finding: &Diagnostic| self.write_baseline || live.iter().any(|entry| entry.accepts(finding));
        let before = report.findings.len();
        report.findings.retain(|finding| !accepts(finding));
        let accepted = before - report.findings.len();
        let reported = if self.write_baseline || self.prune_baseline { Vec::new() } else { stale };
        report.notices.extend(reported.iter().map(|entry| notice(&name, entry)));
        report.baseline = Some(BaselineUsed { path: name, accepted, stale: reported.len() });
        Ok(())
    }
}

impl Entry {
    fn accepts(&self, finding: &Diagnostic) -> bool {
        self.id == finding.identity.id && self.lint == finding.lint.name
    }
}

/// Whether no finding of a run that looked for it has the entry's identity. Hidden findings are there too; a suppressed
/// one needs no entry.
fn is_stale(entry: &Entry, report: &Report, looked: Looked<'_>) -> bool {
    // Hidden findings are numbered on their own.
    let unnumbered = |id: &str| id.split_once('-').map_or(id.to_owned(), |(id, _)| id.to_owned());
    let is_hidden = || report.hidden.iter().any(|d| unnumbered(&d.identity.id) == unnumbered(&entry.id));
    let may_be = looked.everywhere && (looked.lint_is_on)(&entry.lint);
    may_be && !report.findings.iter().any(|finding| entry.accepts(finding)) && !is_hidden()
}

fn notice(name: &str, entry: &Entry) -> Notice {
    let Entry { id, lint, number, .. } = entry;
    let message = format!(
        "line {number} of the baseline `{name}` ({id} {lint}) matches no finding: `--prune-baseline` removes it"
    );
    Notice { kind: NoticeKind::StaleBaseline, path: None, range: None, message }
}

/// The line of a finding: its identity, its lint, and the path of calls without files and modules.
fn line_of(finding: &Diagnostic) -> String {
    let route = finding.entry.as_ref().and_then(|entry| entry.route.clone());
    let path: Vec<String> = route.into_iter().chain(finding.identity.functions.iter().cloned()).collect();
    let path = visible(&path.join(" → ")).replace('\n', " ");
    format!("{} {} {path}", finding.identity.id, finding.lint.name).trim_end().to_owned()
}

fn read(path: &Path, name: &str) -> Result<Vec<Entry>, Failure> {
    if !path.exists() {
        return Err(Failure::new(format!("there is no baseline `{name}`; `--write-baseline` writes one")));
    }
    parse(&read_text(path, name, MAX_BYTES)?).map_err(|(line, why)| Failure::new(format!("{name}:{line}: {why}")))
}

/// Whether a text is a baseline.
pub(crate) fn check_text(text: &str) -> Result<(), Failure> {
    parse(text).map(drop).map_err(|(line, why)| Failure::new(format!("{line}: {why}")))
}

/// The entries; or the number of a line that is none, and why. An entry that occurs twice, as after a merge, counts once.
fn parse(text: &str) -> Result<Vec<Entry>, (usize, String)> {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let (id, lint) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_id = |c: char| c.is_ascii_hexdigit() || c == '-';
        if id.len() < 16 || !id.chars().all(is_id) || lint.is_empty() {
            let why = if line.starts_with(['<', '=', '>']) { "a conflict of a merge is left" } else { "not an entry" };
            return Err((index + 1, why.to_owned()));
        }
        let entry = Entry { id: id.to_owned(), lint: lint.to_owned(), line: line.to_owned(), number: index + 1 };
        entries.entry(id).or_insert(entry);
    }
    Ok(entries.into_values().collect())
}

fn write(path: &Path, mut lines: Vec<String>) -> Result<(), Failure> {
    lines.sort();
    lines.dedup();
    sink::to_file(path, |out| {
        out.write_all(HEAD.as_bytes())?;
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_once_and_in_any_order() {
        let text = "# c\n\n00000000000000ff lint-b x → y\n00000000000000aa-2 lint-a\r\n00000000000000ff lint-b\n";
        let entries = parse(text).unwrap();
        let read: Vec<_> = entries.iter().map(|e| (e.id.as_str(), e.lint.as_str(), e.number)).collect();
        assert_eq!(read, [("00000000000000aa-2", "lint-a", 4), ("00000000000000ff", "lint-b", 3)]);
    }

    #[test]
    fn other_lines_are_refused_with_their_number() {
        assert_eq!(parse("# c\n<<<<<<< HEAD\n").unwrap_err(), (2, "a conflict of a merge is left".to_owned()));
        assert_eq!(parse("src/lib.rs:3 lint\n").unwrap_err(), (1, "not an entry".to_owned()));
        assert_eq!(parse("00000000000000ff\n").unwrap_err(), (1, "not an entry".to_owned()));
    }
}
