//! How findings are reported, whatever the category of the lint: the call path, the wording, confidence and impact.
//!
//! Nothing here decides what is reported; a lint does, from what the [`Program`](connlint_semantic::Program) answers.

pub(crate) mod alternatives;
pub(crate) mod impact;
pub(crate) mod live_range;
pub(crate) mod settings;
pub(crate) mod trace;
