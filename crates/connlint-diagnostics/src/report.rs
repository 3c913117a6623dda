//! The result of a run, ready for any output format.

use std::time::Duration;

use connlint_facts::Notice;

use crate::diagnostic::Diagnostic;
use crate::lint::{Level, LintMetadata};
use crate::suppression::SuppressedBy;

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What is told, sorted by path, range and lint.
    pub findings: Vec<Diagnostic>,
    /// What the source asks to leave alone, in the same order.
    pub suppressed: Vec<SuppressedDiagnostic>,
    /// Number of findings below the minimum of confidence.
    pub hidden_by_confidence: usize,
    /// What was skipped, not understood or is stale, sorted.
    pub notices: Vec<Notice>,
    /// All lints that this connlint has, those that are off too, sorted by category and name.
    pub lints: Vec<&'static LintMetadata>,
    /// Figures of the run; the caller of [`crate::apply`] fills them in.
    pub stats: Stats,
}

impl Report {
    /// Number of findings of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
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
    /// Calls whose target is known.
    pub calls_resolved: usize,
    /// All calls.
    pub calls_total: usize,
    /// Entry points found.
    pub entry_points: usize,
    /// Wall-clock time of the run; `None` where outputs must be the same at each run.
    pub elapsed: Option<Duration>,
}
