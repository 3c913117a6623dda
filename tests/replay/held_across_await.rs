//! A connection held while a slow service is asked: routes that never ask it wait as long as it takes.

use std::time::Duration;

use super::client::Burst;
use super::database::Database;
use super::service::{Release, Service};
use super::upstream::Upstream;
use super::{alone, findings};

/// The maximum of both releases' pools, and the number of shipments at once.
const POOL: usize = 5;

/// Requests at once of the route that does not ask the carrier.
const REQUESTS: usize = 100;

/// What the carrier takes.
const SLOW: Duration = Duration::from_secs(4);

const TABLES: &str = "CREATE TABLE orders (id bigserial PRIMARY KEY, state text NOT NULL, tracking text);
    INSERT INTO orders (state) SELECT 'paid' FROM generate_series(1, 5)";

/// The time in which 99 of 100 requests of the other route are answered.
fn others_p99(fixture: &str, name: &str) -> Duration {
    let release = Release::build(fixture);
    let database = Database::create(name, TABLES);
    let carrier = Upstream::slow(SLOW);
    let service = Service::start(&release, &[("DATABASE_URL", &database.url()), ("UPSTREAM", &carrier.address())]);
    let shipments = (1..=POOL).map(|id| format!("POST /orders/{id}/ship")).collect();
    let shipments = Burst::send(service.address(), shipments);
    carrier.wait_until_asked(POOL);
    let mut shown = Burst::send(service.address(), vec!["GET /orders/1".to_owned(); REQUESTS]).timed_answers();
    assert!(shown.iter().all(|(status, _)| *status == 200), "{shown:?}");
    assert_eq!(shipments.answers(), [200; POOL]);
    assert_eq!(database.value("SELECT count(*) FROM orders WHERE tracking = 'A1234'"), POOL.to_string());
    shown.sort_by_key(|(_, time)| *time);
    let p99 = shown[REQUESTS - 2].1;
    println!("{fixture}: p99 of GET /orders/{{id}}: {} ms", p99.as_millis());
    p99
}

#[test]
fn who_holds_while_it_waits_makes_everyone_wait() {
    let _alone = alone();
    let fixture = "held-across-await";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, fixture);
    assert!(others_p99(fixture, "held") > SLOW / 2);
}

#[test]
fn who_waits_first_and_takes_then_makes_nobody_wait() {
    let _alone = alone();
    let fixture = "held-across-await-repaired";
    assert!(findings(fixture).is_empty());
    assert!(others_p99(fixture, "not_held") < SLOW / 2);
}
