//! What a change does to the findings: which it introduces, which it fixes.

use connlint_facts::{RelPath, Span};

use crate::diagnostic::Diagnostic;
use crate::lint::{Level, LintMetadata};

/// A change whose findings are reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What the code is compared with: ``` `main` (1a2b3c4d5e)```.
    pub against: String,
    /// The commit that made the change, if it is one commit's.
    pub commit: Option<ChangeCommit>,
    /// How many findings there were before, and still are; not known of a patch alone.
    pub unchanged: Option<usize>,
    /// Findings that there were before, and are no more; empty for a patch alone.
    pub fixed: Vec<Fixed>,
}

/// A commit. All texts are its author's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeCommit {
    /// Its identifier.
    pub id: String,
    /// Its author's name.
    pub author: String,
    /// When it was made, as `2026-11-29`.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
}

/// A finding of the code before the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its lint.
    pub lint: &'static LintMetadata,
    /// Its level.
    pub level: Level,
    /// What was wrong.
    pub headline: String,
    /// By what it was known.
    pub identity: String,
    /// The file in which it was.
    pub path: RelPath,
    /// The line at which it was, from 1; of a file that cannot be read 0.
    pub line: usize,
}

/// That a change introduces a finding, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduced {
    /// A line of the change on the path or nearest to it; none if the change touches nothing of it.
    pub at: Option<Span>,
    /// What is there: ``step 3 of 4, calls `db::open` ``.
    pub what: String,
}

impl Diagnostic {
    /// Where the finding is shown: in the change that introduces it, else at its primary span.
    pub fn shown_at(&self) -> &Span {
        self.introduced.as_ref().and_then(|introduced| introduced.at.as_ref()).unwrap_or(&self.primary)
    }
}
