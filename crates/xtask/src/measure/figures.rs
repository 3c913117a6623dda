//! Compares what is reported with the labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::measure::labels::{Label, Row, Verdict};
use crate::measure::run::{Finding, Reported};

/// Any of them may answer for an opening: which one does is a matter of wording.
const OPENING: [&str; 4] = ["connection-per-request", "pool-per-request", "client-per-request", "connection-in-loop"];

/// Lints of the categories configuration and queries.
const SETTINGS_AND_QUERIES: [&str; 7] = [
    "client-without-timeout",
    "duplicate-pools",
    "pool-misconfigured",
    "pool-per-worker",
    "pool-size-unset",
    "pool-without-timeout",
    "query-in-loop",
];

/// What recall is asked of together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Openings,
    /// Connections held, and what becomes of them: the categories holding and lifecycle.
    Holding,
    SettingsAndQueries,
}

impl Group {
    fn of(lint: &str) -> Self {
        match lint {
            _ if OPENING.contains(&lint) => Self::Openings,
            _ if SETTINGS_AND_QUERIES.contains(&lint) => Self::SettingsAndQueries,
            _ => Self::Holding,
        }
    }
}
/// What they say of a line is nothing that a label of an opening judges: start-up is where settings are made.
const SETTINGS: [&str; 4] = ["client-without-timeout", "pool-without-timeout", "pool-misconfigured", "pool-size-unset"];
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
    /// What is shown and judged, by `lint, confidence, impact`; empty in records that are older than this table.
    #[serde(default)]
    pub(crate) by_kind: BTreeMap<String, Counts>,
    /// What is shown and judged, with no more than three findings of a lint on one API of one service: what a team chose
    /// once is not judged again and again. `None` in records that are older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by_choice: Option<Shares>,
}

/// Findings by what the labels say of them; of a choice that `n` findings name, each counts `3 / n` if `n` is above three.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Shares {
    pub(crate) right: f64,
    pub(crate) disputable: f64,
    pub(crate) wrong: f64,
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.right + self.disputable + self.wrong;
        let percent = |part: f64| 100.0 * part / all.max(1.0);
        write!(f, "{:.0} % right, {:.0} % wrong of {all:.0}", percent(self.right), percent(self.wrong))
    }
}

/// So many findings of one choice count.
const OF_A_CHOICE: usize = 3;

/// Findings by what the labels say of them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counts {
    pub(crate) right: usize,
    pub(crate) disputable: usize,
    pub(crate) wrong: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.disputable += other.disputable;
        self.wrong += other.wrong;
    }
}

/// What a developer reads after a run: what was missed and what nobody should see.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) missed: Vec<String>,
    pub(crate) wrong: Vec<String>,
    pub(crate) unlabelled: Vec<String>,
}

impl Figures {
    /// Defects reported and all defects, of one group of lints.
    pub(crate) fn of_group(&self, group: Group) -> (usize, usize) {
        let wanted = self.recall.iter().filter(|(lint, _)| Group::of(lint) == group);
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
        let mut choices: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in &reported.findings {
            *choices.entry(choice(finding)).or_default() += 1;
        }
        for finding in &reported.findings {
            let verdict = self.judge(repo, finding, &own, details);
            let alike = choices[&choice(finding)];
            let weight = OF_A_CHOICE.min(alike) as f64 / alike as f64;
            let shares = self.by_choice.get_or_insert_default();
            match verdict {
                Some(Verdict::Defect) => shares.right += weight,
                Some(Verdict::Disputable) => shares.disputable += weight,
                Some(Verdict::Fine) => shares.wrong += weight,
                None => {}
            }
        }
    }

    fn judge(
        &mut self,
        repo: &str,
        finding: &Finding,
        own: &[(&Label, Kind)],
        details: &mut Details,
    ) -> Option<Verdict> {
        let says = own.iter().filter(|(label, kind)| match label.verdict {
            Verdict::Fine => {
                judges(label, finding) && *kind != Kind::Repeat && is_at(finding.own.iter().take(1), label)
            }
            _ => answers(&finding.lint, label.lint.as_deref().unwrap_or_default()) && names(finding, label),
        });
        let verdict = says.map(|(label, _)| label.verdict).min();
        let text = || {
            let (file, line) = finding.own.first().map_or(("", 0), |(file, line, _)| (file.as_str(), *line));
            format!("{}: {repo} {file}:{line}: {}", finding.lint, finding.headline)
        };
        let kind = format!("{}, {}, {}", finding.lint, finding.confidence, finding.impact);
        let counts = verdict.map(|_| self.by_kind.entry(kind).or_default());
        match (verdict, counts) {
            (Some(Verdict::Defect), Some(counts)) => {
                self.right += 1;
                counts.right += 1;
            }
            (Some(Verdict::Disputable), Some(counts)) => {
                self.disputable += 1;
                counts.disputable += 1;
            }
            (Some(Verdict::Fine), Some(counts)) => {
                self.wrong += 1;
                counts.wrong += 1;
                details.wrong.push(text());
            }
            _ => {
                self.unlabelled += 1;
                details.unlabelled.push(text());
            }
        }
        verdict
    }
}

/// What one decision of a team is known by: the lint, and the API that its findings name first.
fn choice(finding: &Finding) -> (&str, &str) {
    (&finding.lint, finding.headline.split('`').nth(1).unwrap_or_default())
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

/// Whether a harmless line was judged with this lint in mind.
fn judges(label: &Label, finding: &Finding) -> bool {
    !SETTINGS.contains(&finding.lint.as_str()) || label.lint.as_deref() == Some(&finding.lint)
}

/// Whether a finding names a label's line. An opening is named by its own places, what is held also by the calls to it.
fn names(finding: &Finding, label: &Label) -> bool {
    let steps = finding.steps.iter().filter(|_| !OPENING.contains(&finding.lint.as_str()));
    is_at(finding.own.iter().chain(steps), label)
}

fn is_at<'p>(mut places: impl Iterator<Item = &'p (String, u64, u64)>, label: &Label) -> bool {
    places.any(|(file, first, last)| {
        label.places().any(|(of, line)| of == file && first.saturating_sub(NEAR) <= line && line <= last + NEAR)
    })
}
