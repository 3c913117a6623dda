//! A pool without a limit to the wait: requests that touch nothing of what is locked wait for as long as the lock lasts.

use std::thread;
use std::time::Duration;

use super::client::Burst;
use super::database::Database;
use super::service::{Release, Service};
use super::{alone, findings};

/// The maximum of both releases' pools.
const POOL: usize = 5;

/// Requests at once that want a connection while all are taken.
const REQUESTS: usize = 20;

/// How long the table is locked, one after the other. The repaired release waits for a connection for one second.
const LOCKED: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(6)];

const TABLES: &str = "CREATE TABLE stock (id bigserial PRIMARY KEY, pieces bigint NOT NULL);
    CREATE TABLE prices (id bigserial PRIMARY KEY, cents bigint NOT NULL);
    INSERT INTO stock (pieces) SELECT n FROM generate_series(1, 20) AS n;
    INSERT INTO prices (cents) SELECT n FROM generate_series(1, 20) AS n";

/// The answers to requests for prices while the table of the stock is locked, and the time of the quickest and of the
/// slowest, for each time that it is locked.
fn prices_meanwhile(fixture: &str, name: &str) -> Vec<(Vec<u16>, Duration, Duration)> {
    let release = Release::build(fixture);
    let database = Database::create(name, TABLES);
    let service = Service::start(&release, &[("DATABASE_URL", &database.url())]);
    let replay = |locked: Duration| {
        let lock = database.stall("stock");
        let stock = Burst::send(service.address(), (1..=POOL).map(|id| format!("GET /stock/{id}")).collect());
        database.wait_until_locked(POOL);
        let prices = Burst::send(service.address(), (1..=REQUESTS).map(|id| format!("GET /prices/{id}")).collect());
        prices.wait_until_sent();
        thread::sleep(locked);
        drop(lock);
        let (statuses, times): (Vec<u16>, Vec<Duration>) = prices.timed_answers().into_iter().unzip();
        assert_eq!(stock.answers(), [200; POOL]);
        let quickest = times.iter().min().copied().unwrap_or_default();
        let slowest = times.iter().max().copied().unwrap_or_default();
        println!("{fixture}: locked {locked:?}: {statuses:?} after {quickest:?} to {slowest:?}");
        (statuses, quickest, slowest)
    };
    LOCKED.into_iter().map(replay).collect()
}

#[test]
fn without_a_limit_requests_wait_for_as_long_as_the_lock_lasts() {
    let _alone = alone();
    let fixture = "pool-without-timeout";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, fixture);
    for (locked, (statuses, quickest, _)) in LOCKED.iter().zip(prices_meanwhile(fixture, "patient")) {
        assert_eq!(statuses, [200; REQUESTS]);
        assert!(quickest >= *locked, "{quickest:?}");
    }
}

#[test]
fn with_a_limit_requests_are_answered_within_it() {
    let _alone = alone();
    let fixture = "pool-without-timeout-repaired";
    assert!(findings(fixture).is_empty());
    for (locked, (statuses, _, slowest)) in LOCKED.iter().zip(prices_meanwhile(fixture, "limited")) {
        assert_eq!(statuses, [503; REQUESTS]);
        assert!(slowest < *locked, "{slowest:?}");
    }
}
