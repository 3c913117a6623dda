//! The result of a run, ready for any output format.

use std::collections::BTreeSet;
use std::time::Duration;

use connlint_facts::{Notice, RelPath};

use crate::change::Change;
use crate::diagnostic::Diagnostic;
use crate::grouping::Grouping;
use crate::lint::{Level, LintMetadata};
use crate::suppression::SuppressedBy;

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What is reported, sorted by path, range and lint.
    pub findings: Vec<Diagnostic>,
    /// What the source asks to leave alone, in the same order.
    pub suppressed: Vec<SuppressedDiagnostic>,
    /// Number of errors over the number of findings that is to be shown.
    pub errors_left_out: usize,
    /// Number of warnings over that number.
    pub warnings_left_out: usize,
    /// Number of findings below the minimum of confidence.
    pub hidden_by_confidence: usize,
    /// Number of further findings below the minimum of impact.
    pub hidden_by_impact: usize,
    /// These findings, in the same order as those that are reported.
    pub hidden: Vec<Diagnostic>,
    /// Findings that are accepted, if there is a file of them; the caller of [`crate::apply_policy`] fills it in.
    pub baseline: Option<BaselineUsed>,
    /// How findings are shown in groups, if they are; the caller of [`crate::apply_policy`] fills it in.
    pub grouping: Option<Grouping>,
    /// The change of which only what it introduces is reported; the caller of [`crate::apply_policy`] fills it in.
    pub change: Option<Change>,
    /// What was skipped, not understood or is stale, sorted.
    pub notices: Vec<Notice>,
    /// All lints that this connlint has, those that are off too, sorted by category and name.
    pub lints: Vec<&'static LintMetadata>,
    /// The settings that a file gave; the caller of [`crate::apply_policy`] fills them in.
    pub config: Option<ConfigUsed>,
    /// Figures of the run; the caller of [`crate::apply_policy`] fills them in.
    pub stats: Stats,
    /// The compilation targets that were read; the caller of [`crate::apply_policy`] fills them in.
    pub targets: Vec<Target>,
}

/// A compilation target that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its package.
    pub package: String,
    /// The package's version.
    pub version: Option<String>,
    /// The folder of the package's manifest.
    pub folder: RelPath,
    /// Its name.
    pub name: String,
    /// Its kind as cargo names it: `lib`, `bin`, `test`.
    pub kind: &'static str,
    /// Its edition.
    pub edition: u16,
    /// Its root file.
    pub source: RelPath,
    /// Its files.
    pub files: BTreeSet<RelPath>,
}

impl Report {
    /// Number of findings of a level, with those that are not shown.
    pub fn total(&self, level: Level) -> usize {
        let left_out = match level {
            Level::Error => self.errors_left_out,
            Level::Warn => self.warnings_left_out,
            Level::Off => 0,
        };
        self.count(level) + left_out
    }

    /// Number of findings of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

/// A file of accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineUsed {
    /// The file, as the command line names it.
    pub path: String,
    /// Number of findings that are not reported because it has them.
    pub accepted: usize,
    /// Number of its entries that match no finding.
    pub stale: usize,
}

/// The settings of a file, as far as they change what is reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigUsed {
    /// The file: relative to the analysed folder, or as the command line names it.
    pub path: String,
    /// Lints to which it gives another level than their own, by name.
    pub levels: Vec<ChangedLevel>,
    /// How often it gives levels to some findings only.
    pub overrides: usize,
    /// Whether some of those levels are lower than the lint's own.
    pub overrides_lower: bool,
    /// Kinds of notices that it hides, by name.
    pub hidden_notices: Vec<&'static str>,
    /// Packages of which it has models, in its order, each once.
    pub models: Vec<String>,
}

/// A level that a file of settings changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedLevel {
    /// The lint.
    pub lint: &'static str,
    /// The lint's own level.
    pub from: Level,
    /// Its level under these settings.
    pub to: Level,
}

impl ConfigUsed {
    /// Whether it makes some lint matter less, or not at all.
    pub fn lowers(&self) -> bool {
        self.overrides_lower || self.levels.iter().any(|changed| changed.to < changed.from)
    }
}

/// A finding that a suppression in the source covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedDiagnostic {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The suppression.
    pub by: SuppressedBy,
}

/// Figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files read.
    pub files: usize,
    /// Their lines.
    pub lines: u64,
    /// Crates (compilation targets) linked.
    pub crates: usize,
    /// Functions with a body.
    pub functions: usize,
    /// How far calls were resolved, by crate; empty where it was not asked for.
    pub resolution: Vec<CrateResolution>,
    /// Unresolved calls in functions that entry points reach, by cause, the most frequent first.
    pub unresolved_on_recurring_paths: Vec<UnresolvedCount>,
    /// Entry points found.
    pub entry_points: usize,
    /// How much the run did, by what was counted, in the order in which it was done: numbers that depend on the input
    /// only.
    pub work: Vec<WorkCount>,
    /// Wall-clock time of the run; `None` where outputs must be the same at each run.
    pub elapsed: Option<Duration>,
}

/// How much of one thing a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkCount {
    /// What was counted, in the plural: `inferred bodies`.
    pub what: &'static str,
    /// How many.
    pub count: u64,
}

/// How many of some calls were resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResolvedShare {
    /// Calls whose target is known.
    pub resolved: usize,
    /// All calls.
    pub total: usize,
}

impl std::ops::Add for ResolvedShare {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { resolved: self.resolved + other.resolved, total: self.total + other.total }
    }
}

impl ResolvedShare {
    /// In percent; all of nothing is 100.
    pub fn percent(self) -> f64 {
        if self.total == 0 { 100.0 } else { 100.0 * self.resolved as f64 / self.total as f64 }
    }
}

/// How far a crate's calls were resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateResolution {
    /// The crate's name in code. Targets of one name count together.
    pub krate: String,
    /// Calls by path or of a value.
    pub functions: ResolvedShare,
    /// Method calls.
    pub methods: ResolvedShare,
}

/// How many calls one cause kept from being resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnresolvedCount {
    /// The cause's name.
    pub cause: &'static str,
    /// What it means, in a few words.
    pub summary: &'static str,
    /// Number of calls.
    pub calls: usize,
}

impl Stats {
    /// Calls of all crates: those by path or of a value, and method calls.
    pub fn resolved(&self) -> (ResolvedShare, ResolvedShare) {
        let none = (ResolvedShare::default(), ResolvedShare::default());
        self.resolution.iter().fold(none, |(f, m), krate| (f + krate.functions, m + krate.methods))
    }
}
