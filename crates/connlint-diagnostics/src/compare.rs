//! Findings of two versions of the code, matched.
//!
//! A finding is known if it has the same identity as one before. What is left is matched by less: the code in its
//! function (another path leads to it), the path (the code is written differently), the code in its file (the function has
//! another name). So neither moving nor renaming nor rewording makes something new of a finding.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::RelPath;

use crate::diagnostic::Diagnostic;
use crate::report::Report;

/// What became of the findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// For each reported finding of the newer version whether it was reported before.
    pub was: Vec<Was>,
    /// For each of them the finding that it was, by index.
    before: Vec<Option<usize>>,
    /// The findings that were reported before, by index, and are not there any more.
    pub fixed: Vec<usize>,
}

impl Comparison {
    /// Which finding that was reported before a finding of the newer version is.
    pub fn reported_before(&self, newer: usize) -> Option<usize> {
        self.before.get(newer).copied().flatten()
    }
}

/// What a finding was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Was {
    /// It was not reported.
    Absent,
    /// It was reported, without some of what it has now.
    Reported {
        /// Further places with the same cause that are new, by index.
        siblings: Vec<usize>,
        /// Entry points that are new: 0 is that of the path that is shown, then follow the others.
        entries: Vec<usize>,
    },
}

/// Matches findings. `former` says what a file of the newer version was called in the older one.
pub fn compare(older: &Report, newer: &Report, former: &dyn Fn(&RelPath) -> RelPath) -> Comparison {
    let (before, now) = (all(older), all(newer));
    let mut matching = Matching::default();
    let same = |key: &dyn Fn(&Diagnostic) -> u64| {
        let keys = |all: &[&Diagnostic]| all.iter().map(|diagnostic| key(diagnostic)).collect::<Vec<_>>();
        (keys(&before), keys(&now))
    };
    let site = |d: &Diagnostic| d.identity.sites.first().copied().unwrap_or_default();
    for (older, newer) in [same(&|d| d.identity.exact), same(&site), same(&|d| d.identity.path)] {
        matching.add(&older, &newer);
    }
    let older_code: Vec<_> = before.iter().map(|d| (d.identity.code, d.primary.file.clone())).collect();
    let newer_code: Vec<_> = now.iter().map(|d| (d.identity.code, former(&d.primary.file))).collect();
    matching.add(&older_code, &newer_code);
    matching.add_groups(&before, &now);
    let reported_as = |index| matching.older_of(index).filter(|found| *found < older.findings.len());
    let indices: Vec<Option<usize>> = (0..newer.findings.len()).map(reported_as).collect();
    let was = indices.iter().zip(&now).map(|(found, now)| match found {
        Some(found) => reported(&before, *found, now),
        None => Was::Absent,
    });
    let was = was.collect();
    let fixed = (0..older.findings.len()).filter(|index| !matching.is_matched(*index));
    Comparison { was, before: indices, fixed: fixed.collect() }
}

/// All findings: first those that are reported, then the suppressed and the hidden ones.
fn all(report: &Report) -> Vec<&Diagnostic> {
    let suppressed = report.suppressed.iter().map(|suppressed| &suppressed.diagnostic);
    report.findings.iter().chain(suppressed).chain(&report.hidden).collect()
}

/// What is new in a finding that was reported before.
fn reported(before: &[&Diagnostic], found: usize, now: &Diagnostic) -> Was {
    let known: BTreeSet<u64> = before.iter().flat_map(|d| &d.identity.sites).copied().collect();
    let known_entries = before.get(found).map(|d| d.identity.entries.as_slice()).unwrap_or_default();
    let sites = now.identity.sites.iter().skip(1).enumerate();
    let entries = now.identity.entries.iter().enumerate();
    Was::Reported {
        siblings: sites.filter(|(_, site)| !known.contains(site)).map(|(index, _)| index).collect(),
        entries: entries.filter(|(_, entry)| !known_entries.contains(entry)).map(|(index, _)| index).collect(),
    }
}

/// Which findings belong together, by index.
#[derive(Default)]
struct Matching {
    older_of_newer: BTreeMap<usize, usize>,
    matched_older: BTreeSet<usize>,
}

impl Matching {
    fn older_of(&self, newer: usize) -> Option<usize> {
        self.older_of_newer.get(&newer).copied()
    }

    fn is_matched(&self, older: usize) -> bool {
        self.matched_older.contains(&older)
    }

    /// Matches what is left and has the same key, in order.
    fn add<K: Ord>(&mut self, older: &[K], newer: &[K]) {
        let mut left: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
        for (index, key) in older.iter().enumerate().rev() {
            if !self.is_matched(index) {
                left.entry(key).or_default().push(index);
            }
        }
        for (index, key) in newer.iter().enumerate() {
            if self.older_of(index).is_some() {
                continue;
            }
            if let Some(found) = left.get_mut(key).and_then(Vec::pop) {
                self.older_of_newer.insert(index, found);
                self.matched_older.insert(found);
            }
        }
    }

    /// Matches a finding with one that has it as a further place with the same cause, or had.
    fn add_groups(&mut self, older: &[&Diagnostic], newer: &[&Diagnostic]) {
        let further = |d: &Diagnostic| d.identity.sites.iter().skip(1).copied().collect::<Vec<u64>>();
        for (index, diagnostic) in newer.iter().enumerate() {
            let site = diagnostic.identity.sites.first();
            let found = older.iter().position(|d| site.is_some_and(|site| further(d).contains(site)));
            if let Some(found) = found.filter(|_| self.older_of(index).is_none()) {
                self.older_of_newer.insert(index, found);
                self.matched_older.insert(found);
            }
        }
        for (index, diagnostic) in older.iter().enumerate() {
            let site = diagnostic.identity.sites.first();
            if newer.iter().any(|d| site.is_some_and(|site| further(d).contains(site))) {
                self.matched_older.insert(index);
            }
        }
    }
}
