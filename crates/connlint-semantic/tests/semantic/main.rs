//! The semantic layer on workspaces in a string.

mod calls;
mod effects;
mod entry_points;
mod names;
mod sharing;
mod support;
mod types;
