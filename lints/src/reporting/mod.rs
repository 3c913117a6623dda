//! How findings are reported, whatever the category of the lint: the call path, the wording, the confidence.
//!
//! Nothing here decides what is reported; a lint does, from what the [`Program`](connlint_semantic::Program) answers.

pub(crate) mod live_range;
pub(crate) mod trace;
