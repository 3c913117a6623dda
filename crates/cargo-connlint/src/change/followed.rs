//! A finding that is looked for in other versions.

use connlint_diagnostics::compare;

use super::lines::ChangedLines;
use crate::pipeline::Analysed;
use crate::project_files::ProjectTexts;

/// A finding of one version, to be known again in others.
pub(crate) struct FollowedFinding {
    analysed: Analysed,
    index: usize,
}

impl FollowedFinding {
    /// The finding with this index of a version.
    pub(crate) fn new(analysed: Analysed, index: usize) -> Self {
        Self { analysed, index }
    }

    /// Whether another version has it.
    pub(crate) fn is_in(&self, other: &Analysed) -> bool {
        self.index_in(other).is_some()
    }

    /// Its index among the findings that another version reports.
    pub(crate) fn index_in(&self, other: &Analysed) -> Option<usize> {
        let (older, newer) = (ProjectTexts::of(&other.project), ProjectTexts::of(&self.analysed.project));
        let changed = ChangedLines::between((&older, &other.outline), (&newer, &self.analysed.outline));
        let comparison = compare(&other.report, &self.analysed.report, &|file| changed.former(file));
        comparison.reported_before(self.index)
    }
}
