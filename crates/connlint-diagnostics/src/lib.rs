//! Findings, and the policy that turns them into a report.
//!
//! A lint makes [`Diagnostic`]s. [`apply_policy`] decides once, before any output format, which of them are reported: levels,
//! suppressions in the source, confidence, impact, order. This crate knows no lint and prints nothing.

mod bounds;
mod change;
mod compare;
mod diagnostic;
mod fix;
mod grouping;
mod identity;
mod lint;
mod outline;
mod overrides;
mod policy;
mod rating;
mod report;
mod suppression;

pub use bounds::bound_notices;
pub use change::{Change, ChangeCommit, Fixed, Introduced};
pub use compare::{Comparison, Was, compare};
pub use diagnostic::{Diagnostic, EntryRef, Label, OtherEntry, TraceStep};
pub use fix::{Applicability, Fix, FixEdit, Remedy};
pub use grouping::{Group, GroupBy, Grouping};
pub use identity::{Identity, IdentityParts, ReadCode, identify};
pub use lint::{Category, Confidence, Impact, Level, LintMetadata, ParseNameError, without_marks};
pub use outline::{Enclosing, Outline};
pub use overrides::{LevelOverride, Pattern};
pub use policy::{Policy, apply_policy, nearest_name};
pub use rating::Rating;
pub use report::{
    BaselineUsed, ChangedLevel, ConfigUsed, CrateResolution, Report, ResolvedShare, Stats, SuppressedDiagnostic,
    Target, UnresolvedCount, WorkCount,
};
pub use suppression::{SuppressedAt, SuppressedBy};
