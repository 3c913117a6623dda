//! The semantic layer on workspaces in a string.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a fixture that is written wrong fails its test"
)]

mod calls;
mod conditions;
mod dependencies;
mod effects;
mod entry_points;
mod generated;
mod given_away;
mod held;
mod implied_calls;
mod kept_callables;
mod live_ranges;
mod lookups;
mod loops;
mod misses;
mod names;
mod paces;
mod published;
mod query_loops;
mod reach;
mod receivers;
mod recurrence;
mod request_load;
mod resolution;
mod row_streams;
mod runtimes;
mod settings;
mod sharing;
mod standard_library;
mod support;
mod traces;
mod types;
