//! The incident of the fixtures on a real database: what connlint reports is what happens.
//!
//! `tests/replay/run.sh` starts the server and runs this.

mod client;
mod database;
mod service;

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use connlint_parser::Limits;
use connlint_tests::files::fixtures;
use connlint_tests::pipeline::analyse;

use crate::replay::client::Burst;
use crate::replay::database::Database;
use crate::replay::service::{Release, Service};

/// Requests at once: four times what the server lets in.
const REQUESTS: usize = 400;

/// How long queries wait when all requests have been sent. Without it a fast machine has answered the first ones before
/// the last ones ask, and what happens depends on the machine.
const STALL: Duration = Duration::from_secs(3);

/// The maximum of the repaired release's pool.
const POOL: usize = 10;

/// Both releases open one connection at start-up, for their migration.
const MIGRATION: usize = 1;

/// What one release did under load.
#[derive(Debug)]
struct Outcome {
    answered: usize,
    unavailable: usize,
    connections: usize,
    refused: usize,
}

fn replay(fixture: &str, name: &str) -> Outcome {
    // Releases share a target folder and the server's connections.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let release = Release::build(fixture);
    let database = Database::create(name);
    let service = Service::start(&release, &database.url());
    let stall = database.stall();
    let burst = Burst::send(service.address(), "/users", REQUESTS);
    burst.wait_until_sent();
    thread::sleep(STALL);
    drop(stall);
    let answers = burst.answers();
    drop(service);
    let lost: Vec<_> = answers.iter().filter(|answer| !matches!(answer, Ok(200 | 503))).collect();
    assert!(lost.is_empty(), "{} requests got neither users nor 503: {:?}", lost.len(), lost.first());
    let log = database.log();
    let outcome = Outcome {
        answered: answers.iter().filter(|answer| matches!(answer, Ok(200))).count(),
        unavailable: answers.iter().filter(|answer| matches!(answer, Ok(503))).count(),
        connections: log.opened(),
        refused: log.refused(),
    };
    println!("{name}: {outcome:?}");
    outcome
}

fn lints_of(fixture: &str) -> Vec<&'static str> {
    let report = analyse(&fixtures().join("incidents").join(fixture), &Limits::default());
    report.findings.iter().map(|finding| finding.lint.name).collect()
}

#[test]
fn the_release_that_is_reported_fills_the_server() {
    let fixture = "2023-10-15-connection-per-request";
    assert_eq!(lints_of(fixture), ["connection-per-request"]);
    let outcome = replay(fixture, "reported");
    assert_eq!(outcome.answered + outcome.unavailable, REQUESTS);
    assert!(outcome.refused > 0, "nothing was refused: {outcome:?}");
    assert_eq!(outcome.connections, outcome.answered + MIGRATION, "{outcome:?}");
    assert_eq!(outcome.refused, outcome.unavailable, "{outcome:?}");
}

#[test]
fn the_release_that_is_not_reported_answers_all_requests() {
    let fixture = "2023-10-15-connection-per-request-repaired";
    assert!(lints_of(fixture).is_empty());
    let outcome = replay(fixture, "repaired");
    assert_eq!(outcome.answered, REQUESTS, "{outcome:?}");
    assert_eq!(outcome.refused, 0, "{outcome:?}");
    assert!(outcome.connections <= POOL + MIGRATION, "{outcome:?}");
}
