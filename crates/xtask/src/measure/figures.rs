//! Compares what is reported with the labels.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::measure::labels::{Label, Row, Verdict};
use crate::measure::run::{Finding, Reported};

/// Any of them may answer for an opening: which one does is a matter of wording.
const OPENING: [&str; 4] = ["connection-per-request", "pool-per-request", "client-per-request", "connection-in-loop"];
/// A place counts if it is this many lines from a label's.
const NEAR: u64 = 2;

/// The figures of one run over one batch.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Figures {
    /// Labelled defects reported, of all, by lint.
    pub(crate) recall: BTreeMap<String, (usize, usize)>,
    /// What is shown, by what the labels say of it; `unlabelled` findings have not been judged yet.
    pub(crate) right: usize,
    pub(crate) disputable: usize,
    pub(crate) wrong: usize,
    pub(crate) unlabelled: usize,
    /// Services that could not be measured: their defects count as missed.
    pub(crate) failed: usize,
    /// The labelled defects that were reported, as `owner/name file:line`.
    pub(crate) found: BTreeSet<String>,
}

/// What a developer reads after a run: what was missed and what nobody should see.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) missed: Vec<String>,
    pub(crate) wrong: Vec<String>,
    pub(crate) unlabelled: Vec<String>,
}

impl Figures {
    /// Defects reported and all defects, of openings or of the others.
    pub(crate) fn of_openings(&self, openings: bool) -> (usize, usize) {
        let wanted = self.recall.iter().filter(|(lint, _)| OPENING.contains(&lint.as_str()) == openings);
        wanted.fold((0, 0), |(hit, all), (_, &(more, of))| (hit + more, all + of))
    }

    pub(crate) fn shown(&self) -> usize {
        self.right + self.disputable + self.wrong + self.unlabelled
    }

    /// Adds a service.
    pub(crate) fn add(&mut self, repo: &str, rows: &[Row], reported: &Reported, details: &mut Details) {
        let own: Vec<(&Label, Kind)> = rows.iter().filter_map(|row| label_of(row, repo)).collect();
        self.failed += usize::from(reported.failure.is_some());
        for (label, _) in own.iter().filter(|(label, kind)| *kind == Kind::Label && label.verdict == Verdict::Defect) {
            let lint = label.lint.as_deref().unwrap_or_default();
            let hit = reported.findings.iter().any(|finding| answers(&finding.lint, lint) && names(finding, label));
            let (found, all) = self.recall.entry(lint.to_owned()).or_default();
            *all += 1;
            *found += usize::from(hit);
            let place = format!("{repo} {}:{}", label.file, label.line);
            if hit {
                self.found.insert(place);
            } else {
                details.missed.push(format!("{lint}: {place}"));
            }
        }
        for finding in &reported.findings {
            self.judge(repo, finding, &own, details);
        }
    }

    fn judge(&mut self, repo: &str, finding: &Finding, own: &[(&Label, Kind)], details: &mut Details) {
        let says = own.iter().filter(|(label, kind)| match label.verdict {
            Verdict::Fine => *kind != Kind::Repeat && is_at(&finding.places[..1], label),
            _ => answers(&finding.lint, label.lint.as_deref().unwrap_or_default()) && names(finding, label),
        });
        let verdict = says.map(|(label, _)| label.verdict).min();
        let (file, line, _) = &finding.places[0];
        let text = || format!("{}: {repo} {file}:{line}: {}", finding.lint, finding.headline);
        match verdict {
            Some(Verdict::Defect) => self.right += 1,
            Some(Verdict::Disputable) => self.disputable += 1,
            Some(Verdict::Fine) => {
                self.wrong += 1;
                details.wrong.push(text());
            }
            None => {
                self.unlabelled += 1;
                details.unlabelled.push(text());
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Label,
    Repeat,
    Finding,
}

fn label_of<'r>(row: &'r Row, repo: &str) -> Option<(&'r Label, Kind)> {
    let (label, kind) = match row {
        Row::Service(_) => return None,
        Row::Label(label) => (label, Kind::Label),
        Row::Repeat(label) => (label, Kind::Repeat),
        Row::Finding(label) => (label, Kind::Finding),
    };
    (label.repo == repo).then_some((label, kind))
}

fn answers(reported: &str, wanted: &str) -> bool {
    reported == wanted || (OPENING.contains(&reported) && OPENING.contains(&wanted))
}

/// Whether a finding names a label's line. An opening is named by its own place; what is held has several ends.
fn names(finding: &Finding, label: &Label) -> bool {
    let places = if OPENING.contains(&finding.lint.as_str()) { &finding.places[..1] } else { &finding.places[..] };
    is_at(places, label)
}

fn is_at(places: &[(String, u64, u64)], label: &Label) -> bool {
    places.iter().any(|(file, first, last)| {
        label.places().any(|(of, line)| of == file && first.saturating_sub(NEAR) <= line && line <= last + NEAR)
    })
}
