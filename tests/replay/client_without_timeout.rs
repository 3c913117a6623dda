//! A client without a timeout: requests wait for as long as a server that never answers keeps its connections.

use std::thread;
use std::time::Duration;

use super::client::Burst;
use super::service::{Release, Service};
use super::upstream::Upstream;
use super::{alone, findings};

const REQUESTS: usize = 20;

/// How long the exchange keeps the connections, one after the other. The repaired release's timeout is two seconds.
const KEPT: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(8)];

/// The time of the quickest and of the slowest answer, all of them 503, for each time that the exchange keeps the
/// connections.
fn answers_after(fixture: &str) -> Vec<(Duration, Duration)> {
    let release = Release::build(fixture);
    let replay = |kept: Duration| {
        let exchange = Upstream::silent();
        let service = Service::start(&release, &[("UPSTREAM", &exchange.address())]);
        let quotes = Burst::send(service.address(), (1..=REQUESTS).map(|id| format!("GET /quotes/{id}")).collect());
        exchange.wait_until_asked(REQUESTS);
        thread::sleep(kept);
        // Without this, nothing would end the requests that wait.
        drop(exchange);
        let (statuses, times): (Vec<u16>, Vec<Duration>) = quotes.timed_answers().into_iter().unzip();
        assert_eq!(statuses, [503; REQUESTS]);
        let quickest = times.iter().min().copied().unwrap_or_default();
        let slowest = times.iter().max().copied().unwrap_or_default();
        println!("{fixture}: kept for {kept:?}: answered after {quickest:?} to {slowest:?}");
        (quickest, slowest)
    };
    KEPT.into_iter().map(replay).collect()
}

#[test]
fn without_a_timeout_no_request_ends_before_the_server_closes_its_connection() {
    let _alone = alone();
    let fixture = "client-without-timeout";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, fixture);
    for (kept, (quickest, _)) in KEPT.iter().zip(answers_after(fixture)) {
        assert!(quickest >= *kept, "{quickest:?}");
    }
}

#[test]
fn with_a_timeout_all_requests_end_within_it() {
    let _alone = alone();
    let fixture = "client-without-timeout-repaired";
    assert!(findings(fixture).is_empty());
    for (kept, (_, slowest)) in KEPT.iter().zip(answers_after(fixture)) {
        assert!(slowest < *kept, "{slowest:?}");
    }
}
