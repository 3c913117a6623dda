//! A second connection taken while one is held: the pool stops at the number of requests that the finding names.

use super::client::Burst;
use super::database::Database;
use super::service::{Release, Service};
use super::{alone, findings};

/// The maximum of both releases' pools.
const POOL: usize = 5;

/// Up to this many requests at once are tried.
const MOST: usize = 8;

const TABLES: &str = "CREATE TABLE orders (id bigserial PRIMARY KEY, state text NOT NULL);
    CREATE TABLE audit (id bigserial PRIMARY KEY, order_id bigint NOT NULL);
    INSERT INTO orders (state) SELECT 'open' FROM generate_series(1, 8)";

/// The smallest number of requests at once of which not all are answered.
fn stops_at(fixture: &str, name: &str) -> Option<usize> {
    let release = Release::build(fixture);
    let database = Database::create(name, TABLES);
    let service = Service::start(&release, &[("DATABASE_URL", &database.url())]);
    let stops = (1..=MOST).find(|&requests| {
        let stall = database.stall("orders");
        let burst = Burst::send(service.address(), (1..=requests).map(|id| format!("POST /orders/{id}/pay")).collect());
        // All of them hold their first connection, as far as there are some, before one can ask for its second.
        database.wait_until_locked(requests.min(POOL));
        drop(stall);
        burst.answers().contains(&503)
    });
    println!("{fixture}: stops at {stops:?}");
    stops
}

/// The number in `the pool opens at most 5: 5 concurrent runs can deadlock`.
fn predicted(notes: &[String]) -> Option<usize> {
    let (_, rest) = notes.iter().find_map(|note| note.split_once(": "))?;
    rest.strip_suffix(" concurrent runs can deadlock")?.parse().ok()
}

#[test]
fn the_pool_stops_at_the_number_that_the_finding_predicts() {
    let _alone = alone();
    let fixture = "nested-acquire";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, "nested-acquire");
    let predicted = predicted(&finding.notes);
    assert!(predicted.is_some(), "{:?}", finding.notes);
    assert_eq!(stops_at(fixture, "nested"), predicted);
}

#[test]
fn with_one_connection_for_each_request_the_pool_does_not_stop() {
    let _alone = alone();
    let fixture = "nested-acquire-repaired";
    assert!(findings(fixture).is_empty());
    assert_eq!(stops_at(fixture, "one_each"), None);
}
