//! Incidents of the fixtures on real servers: what connlint reports is what happens.
//!
//! `tests/replay/run.sh` starts the server and runs this.

mod blocking_in_async;
mod client;
mod client_without_timeout;
mod connection_per_request;
mod database;
mod held_across_await;
mod nested_acquire;
mod pool_without_timeout;
mod redis;
mod redis_connection_per_request;
mod service;
mod transaction_not_committed;
mod upstream;

use std::sync::{Mutex, MutexGuard, PoisonError};

use connlint_diagnostics::Diagnostic;
use connlint_parser::Limits;
use connlint_tests::files::fixtures;
use connlint_tests::pipeline::analyse;

/// Releases share a target folder, and databases the slots of one server: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What connlint reports for a fixture of `fixtures/incidents`.
fn findings(fixture: &str) -> Vec<Diagnostic> {
    analyse(&fixtures().join("incidents").join(fixture), &Limits::default()).findings
}
