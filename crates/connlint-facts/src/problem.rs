//! What could not be read, and what the author asked to be left alone.

use serde::{Deserialize, Serialize};

use crate::text::{RelPath, TextRange};

/// Something in one file that could not be read in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// What kind.
    pub kind: NoticeKind,
    /// Where, if it is not the whole file.
    pub range: Option<TextRange>,
    /// One sentence: what happened and what is therefore missing.
    pub message: String,
}

/// Something that the user must know to judge how complete a run is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// What kind.
    pub kind: NoticeKind,
    /// The file or folder, if it is about one.
    pub path: Option<RelPath>,
    /// Where in it.
    pub range: Option<TextRange>,
    /// One sentence: what happened and what is therefore missing.
    pub message: String,
}

/// Kinds of notices, stable names for machine-readable output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoticeKind {
    /// A file that could not be opened or read.
    UnreadableFile,
    /// A file that is not UTF-8; it was read with replacement characters or skipped.
    InvalidUtf8,
    /// A file over the size limit.
    FileTooLarge,
    /// Code nested deeper than the limit.
    NestedTooDeep,
    /// An item or a file that the parser could not parse.
    ParseError,
    /// A macro call whose arguments have no form that the parser knows.
    OpaqueMacro,
    /// A macro of the workspace that was not expanded (recursion or size limit, or no rule matched).
    MacroNotExpanded,
    /// `mod x;` without a file.
    MissingModule,
    /// A file that belongs to no module tree.
    OrphanFile,
    /// A manifest that could not be read or understood.
    BadManifest,
    /// A member, dependency or target that a manifest names and that is not there.
    MissingMember,
    /// A link or path that leaves the root.
    OutsideRoot,
    /// A panic inside connlint while it worked on one file or lint.
    InternalError,
    /// Some budget was used up.
    LimitReached,
    /// Calls of a kind that could not be resolved.
    UnresolvedCalls,
    /// A connection crate that the catalog does not know.
    UnknownCrate,
    /// A suppression that names an unknown lint or matches nothing.
    StaleSuppression,
    /// A model of the project's configuration for a crate that nothing depends on.
    StaleModel,
    /// A project without entry points: nothing in it is known to run again and again.
    NoEntryPoints,
    /// Findings over the number that was asked for.
    FindingsLeftOut,
}

impl NoticeKind {
    /// Whether it says that code was not analysed, or that nothing could be found in it.
    pub fn is_unread(self) -> bool {
        match self {
            Self::UnreadableFile
            | Self::InvalidUtf8
            | Self::FileTooLarge
            | Self::NestedTooDeep
            | Self::ParseError
            | Self::MacroNotExpanded
            | Self::MissingModule
            | Self::BadManifest
            | Self::MissingMember
            | Self::OutsideRoot
            | Self::InternalError
            | Self::LimitReached
            | Self::NoEntryPoints => true,
            Self::OpaqueMacro
            | Self::OrphanFile
            | Self::UnresolvedCalls
            | Self::UnknownCrate
            | Self::StaleSuppression
            | Self::StaleModel
            | Self::FindingsLeftOut => false,
        }
    }
}

/// A suppression found in the source: a comment `// connlint: allow(lint) reason` or an attribute
/// `#[cfg_attr(any(), connlint::allow(lint, reason = "…"))]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionFact {
    /// Its form.
    pub form: SuppressionForm,
    /// The lints that it names, as written.
    pub lints: Vec<String>,
    /// The reason given.
    pub reason: Option<String>,
    /// The comment or attribute.
    pub range: TextRange,
    /// The code that it covers: the line, the statement or the item.
    pub covers: TextRange,
}

/// The form of a suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SuppressionForm {
    /// A comment at the end of a line of code, or on a line of its own above the code.
    Comment,
    /// An attribute.
    Attribute,
}
