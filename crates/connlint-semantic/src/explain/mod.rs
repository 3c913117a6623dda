//! What the commands that explain a program need: shares of resolved calls, extents of functions, what tests name.
//!
//! Collected only when a command asks for it. It does not know effects, entry points or lints.

pub(crate) mod explain_data;
pub(crate) mod resolution_stats;
