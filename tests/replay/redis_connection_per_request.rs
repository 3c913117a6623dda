//! A connection to Redis for each request fills the server, as with a database.

use std::thread;
use std::time::Duration;

use super::client::Burst;
use super::redis::Redis;
use super::service::{Release, Service};
use super::{alone, findings};

/// `maxclients`, one of which is the test.
const CLIENTS: usize = 50;

/// Requests at once: four times what the server lets in.
const REQUESTS: usize = 200;

/// Another client, who comes while the commands wait.
const NEWCOMER: usize = 1;

/// How long commands that write wait when all requests have been sent: the server is busy for a moment.
const STALL: Duration = Duration::from_secs(3);

/// What one release did under load.
#[derive(Debug)]
struct Outcome {
    answered: usize,
    unavailable: usize,
    connections: usize,
    refused: usize,
    /// The server's answer to another client of it, meanwhile.
    newcomer: String,
}

/// `None` where no Redis server is installed.
fn replay(fixture: &str) -> Option<Outcome> {
    let Some(mut redis) = Redis::start(CLIENTS) else {
        println!("SKIPPED: {fixture}: no Redis server is installed (Debian's package `redis-server`)");
        return None;
    };
    let release = Release::build(fixture);
    // The test's own connection is among them.
    let before = redis.statistic("total_connections_received");
    let service = Service::start(&release, &[("REDIS_URL", &redis.url())]);
    redis.pause(STALL * 10);
    let burst = Burst::send(service.address(), vec!["POST /visits/home".to_owned(); REQUESTS]);
    burst.wait_until_sent();
    thread::sleep(STALL);
    let newcomer = redis.newcomer().expect("the server says something");
    redis.resume();
    let answers = burst.answers();
    let outcome = Outcome {
        answered: answers.iter().filter(|status| **status == 200).count(),
        unavailable: answers.iter().filter(|status| **status == 503).count(),
        connections: redis.statistic("total_connections_received") - before,
        refused: redis.statistic("rejected_connections"),
        newcomer,
    };
    println!("{fixture}: {outcome:?}");
    Some(outcome)
}

#[test]
fn a_connection_for_each_request_fills_the_redis_server() {
    let _alone = alone();
    let fixture = "redis-connection-per-request";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, "connection-per-request");
    let Some(outcome) = replay(fixture) else { return };
    assert!(outcome.unavailable > 0, "nothing was refused: {outcome:?}");
    assert_eq!(outcome.newcomer, "-ERR max number of clients reached");
    assert_eq!(outcome.refused, outcome.unavailable + NEWCOMER, "{outcome:?}");
    assert_eq!(outcome.connections, outcome.answered, "{outcome:?}");
}

#[test]
fn one_connection_to_redis_serves_all_requests() {
    let _alone = alone();
    let fixture = "redis-connection-per-request-repaired";
    assert!(findings(fixture).is_empty());
    let Some(outcome) = replay(fixture) else { return };
    assert_eq!(outcome.answered, REQUESTS, "{outcome:?}");
    assert_eq!(outcome.refused, 0, "{outcome:?}");
    assert_eq!(outcome.newcomer, "+PONG");
    assert_eq!(outcome.connections, 1 + NEWCOMER, "{outcome:?}");
}
