//! Parts of findings in a form that can be kept and read back.

use connlint_diagnostics::{
    Applicability, Confidence, EntryRef, Impact, Level, OtherEntry, Remedy, SuppressedAt, SuppressedBy,
};
use connlint_facts::{Span, SuppressionForm};
use serde::{Deserialize, Serialize};

/// A place and its remark.
pub(crate) type StoredLabel = (Span, String);
/// A place, what happens there, and the function in which it lies.
pub(crate) type StoredStep = (Span, String, String);
/// Kind, route and function of an entry point.
pub(crate) type StoredEntry = (String, Option<String>, String);
/// An entry point and its place.
pub(crate) type StoredOther = (StoredEntry, Span);

pub(crate) fn stored_entry(entry: EntryRef) -> StoredEntry {
    let EntryRef { kind, route, function } = entry;
    (kind, route, function)
}

pub(crate) fn entry((kind, route, function): StoredEntry) -> EntryRef {
    EntryRef { kind, route, function }
}

pub(crate) fn stored_other(other: OtherEntry) -> StoredOther {
    let OtherEntry { entry, span } = other;
    (stored_entry(entry), span)
}

pub(crate) fn other((stored, span): StoredOther) -> OtherEntry {
    OtherEntry { entry: entry(stored), span }
}

pub(crate) fn level(name: &str) -> Option<Level> {
    Level::ALL.iter().copied().find(|level| level.name() == name)
}

pub(crate) fn confidence(name: &str) -> Option<Confidence> {
    Confidence::ALL.iter().copied().find(|confidence| confidence.name() == name)
}

pub(crate) fn impact(name: &str) -> Option<Impact> {
    Impact::ALL.iter().copied().find(|impact| impact.name() == name)
}

/// A suppression that covers a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredSuppression {
    span: Span,
    form: SuppressionForm,
    reason: Option<String>,
    at: StoredPlace,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum StoredPlace {
    Primary,
    Step(usize),
    Label(usize),
}

impl StoredSuppression {
    pub(crate) fn of(by: &SuppressedBy) -> Self {
        let SuppressedBy { span, form, reason, at } = by.clone();
        let at = match at {
            SuppressedAt::Primary => StoredPlace::Primary,
            SuppressedAt::Step(step) => StoredPlace::Step(step),
            SuppressedAt::Label(label) => StoredPlace::Label(label),
        };
        Self { span, form, reason, at }
    }

    pub(crate) fn restored(self) -> SuppressedBy {
        let Self { span, form, reason, at } = self;
        let at = match at {
            StoredPlace::Primary => SuppressedAt::Primary,
            StoredPlace::Step(step) => SuppressedAt::Step(step),
            StoredPlace::Label(label) => SuppressedAt::Label(label),
        };
        SuppressedBy { span, form, reason, at }
    }
}

/// A pool that could give out what is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPool {
    pool: String,
    made_by: String,
    taken_by: String,
    opened: String,
    given: String,
    closed_by: Vec<String>,
    calls: Vec<Span>,
}

/// What a fix needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum StoredRemedy {
    ShareStatic { api: String, ty: String, fallible: bool },
    OpenBeforeLoop { is_client: bool },
    UseAtHand { code: String, fallible: bool },
    SharePool(StoredPool),
    SetLimit { setter: String, api: String, advice: String, builds: bool },
    GrowPause { looped: Span, millis: u64 },
    Release { name: String, acquired: Span, waits: Vec<Span>, is_certain: bool },
    UseHeld { name: String, begun: Span, calls: Vec<Span> },
    Commit { name: String },
    RunDriver { bound: Option<Span>, advice: String },
}

impl StoredRemedy {
    pub(crate) fn of(remedy: Remedy) -> Self {
        match remedy {
            Remedy::ShareStatic { api, ty, fallible } => Self::ShareStatic { api, ty, fallible },
            Remedy::OpenBeforeLoop { is_client } => Self::OpenBeforeLoop { is_client },
            Remedy::UseAtHand { code, fallible } => Self::UseAtHand { code, fallible },
            Remedy::SharePool { pool, made_by, taken_by, opened, given, closed_by, calls } => {
                Self::SharePool(StoredPool { pool, made_by, taken_by, opened, given, closed_by, calls })
            }
            Remedy::SetLimit { setter, api, advice, builds } => Self::SetLimit { setter, api, advice, builds },
            Remedy::GrowPause { looped, millis } => Self::GrowPause { looped, millis },
            Remedy::Release { name, acquired, waits, applicability } => {
                Self::Release { name, acquired, waits, is_certain: applicability == Applicability::Certain }
            }
            Remedy::UseHeld { name, begun, calls } => Self::UseHeld { name, begun, calls },
            Remedy::Commit { name } => Self::Commit { name },
            Remedy::RunDriver { bound, advice } => Self::RunDriver { bound, advice },
        }
    }

    pub(crate) fn restored(self) -> Remedy {
        match self {
            Self::ShareStatic { api, ty, fallible } => Remedy::ShareStatic { api, ty, fallible },
            Self::OpenBeforeLoop { is_client } => Remedy::OpenBeforeLoop { is_client },
            Self::UseAtHand { code, fallible } => Remedy::UseAtHand { code, fallible },
            Self::SharePool(StoredPool { pool, made_by, taken_by, opened, given, closed_by, calls }) => {
                Remedy::SharePool { pool, made_by, taken_by, opened, given, closed_by, calls }
            }
            Self::SetLimit { setter, api, advice, builds } => Remedy::SetLimit { setter, api, advice, builds },
            Self::GrowPause { looped, millis } => Remedy::GrowPause { looped, millis },
            Self::Release { name, acquired, waits, is_certain } => {
                let applicability = if is_certain { Applicability::Certain } else { Applicability::Likely };
                Remedy::Release { name, acquired, waits, applicability }
            }
            Self::UseHeld { name, begun, calls } => Remedy::UseHeld { name, begun, calls },
            Self::Commit { name } => Remedy::Commit { name },
            Self::RunDriver { bound, advice } => Remedy::RunDriver { bound, advice },
        }
    }
}
