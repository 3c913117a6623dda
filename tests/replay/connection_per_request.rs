//! The founding incident: a connection for each request fills the server.

use std::thread;
use std::time::Duration;

use super::client::Burst;
use super::database::Database;
use super::service::{Release, Service};
use super::{alone, findings};

/// Requests at once: four times what the server lets in.
const REQUESTS: usize = 400;

/// How long queries wait when all requests have been sent. Without it a fast machine has answered the first ones before
/// the last ones ask, and what happens depends on the machine.
const STALL: Duration = Duration::from_secs(3);

/// The maximum of the repaired release's pool.
const POOL: usize = 10;

/// Both releases open one connection at start-up, for their migration.
const MIGRATION: usize = 1;

const TABLES: &str = "CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL);
    INSERT INTO users (name) SELECT 'user ' || n FROM generate_series(1, 20) AS n";

/// What one release did under load.
#[derive(Debug)]
struct Outcome {
    answered: usize,
    unavailable: usize,
    connections: usize,
    refused: usize,
}

fn replay(fixture: &str, name: &str) -> Outcome {
    let release = Release::build(fixture);
    let database = Database::create(name, TABLES);
    let service = Service::start(&release, &[("DATABASE_URL", &database.url())]);
    let watch = database.watch(&release.series());
    let stall = database.stall("users");
    let burst = Burst::send(service.address(), vec!["GET /users".to_owned(); REQUESTS]);
    burst.wait_until_sent();
    thread::sleep(STALL);
    drop(stall);
    let answers = burst.answers();
    // The series is to show how the connections end.
    thread::sleep(STALL / 4);
    drop((watch, service));
    let log = database.log();
    let outcome = Outcome {
        answered: answers.iter().filter(|status| **status == 200).count(),
        unavailable: answers.iter().filter(|status| **status == 503).count(),
        connections: log.opened(),
        refused: log.refused(),
    };
    println!("{fixture}: {outcome:?}");
    outcome
}

#[test]
fn the_release_that_is_reported_fills_the_server() {
    let _alone = alone();
    let fixture = "2023-10-15-connection-per-request";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, "connection-per-request");
    let outcome = replay(fixture, "reported");
    assert!(outcome.refused > 0, "nothing was refused: {outcome:?}");
    assert_eq!(outcome.refused, outcome.unavailable, "{outcome:?}");
    assert_eq!(outcome.connections, outcome.answered + MIGRATION, "{outcome:?}");
}

#[test]
fn the_release_that_is_not_reported_answers_all_requests() {
    let _alone = alone();
    let fixture = "2023-10-15-connection-per-request-repaired";
    assert!(findings(fixture).is_empty());
    let outcome = replay(fixture, "repaired");
    assert_eq!(outcome.answered, REQUESTS, "{outcome:?}");
    assert_eq!(outcome.refused, 0, "{outcome:?}");
    assert!(outcome.connections <= POOL + MIGRATION, "{outcome:?}");
}
