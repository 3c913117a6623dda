//! Findings, and the policy that turns them into a report.
//!
//! A lint makes [`Diagnostic`]s. [`apply`] settles once, before any output format, which of them are told: levels,
//! suppressions in the source, confidence, impact, order. This crate knows no lint and prints nothing.

mod diagnostic;
mod fix;
mod lint;
mod overrides;
mod policy;
mod rating;
mod report;
mod suppression;

pub use diagnostic::{Diagnostic, EntryRef, Label, OtherEntry, TraceStep};
pub use fix::{Applicability, Fix, FixEdit};
pub use lint::{Category, Confidence, Impact, Level, LintMetadata, ParseNameError, without_marks};
pub use overrides::{LevelOverride, Pattern};
pub use policy::{Policy, apply, nearest_name};
pub use rating::Rating;
pub use report::{
    ChangedLevel, ConfigUsed, CrateResolution, Report, ResolvedShare, Stats, SuppressedDiagnostic, Target,
    UnresolvedCount,
};
pub use suppression::{SuppressedAt, SuppressedBy};
