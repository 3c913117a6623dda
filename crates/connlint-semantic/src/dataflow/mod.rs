//! Data flow within a body: where values come from, what becomes of them, what runs once and what runs again.
//!
//! Other bodies are reached through [`crate::infer::bodies::Bodies`] only. It does not know functions, entry points or
//! effect sites: its answers are about operations.

pub(crate) mod arms;
pub(crate) mod awaited;
pub(crate) mod bounds;
pub(crate) mod conditions;
pub(crate) mod dispatch;
pub(crate) mod durations;
pub(crate) mod enum_arms;
pub(crate) mod escape;
pub(crate) mod exits;
pub(crate) mod hit_guards;
pub(crate) mod loop_kind;
pub(crate) mod once_patterns;
pub(crate) mod origins;
pub(crate) mod outside_calls;
mod own_streams;
pub(crate) mod path_facts;
pub(crate) mod polling;
mod questions;
pub(crate) mod receiving_callees;
pub(crate) mod reopening_loops;
pub(crate) mod retry_loops;
pub(crate) mod rounds;
pub(crate) mod stop_signals;
pub(crate) mod storing;
pub(crate) mod stream_drivers;
pub(crate) mod waits;
pub(crate) mod work_loops;
