//! A blocking call in async code: as many slow requests as there are worker threads silence the whole service.

use std::time::{Duration, Instant};

use super::client::{Burst, ask};
use super::service::{Release, Service};
use super::upstream::Upstream;
use super::{alone, findings};

/// Worker threads of both releases, and the number of slow requests at once.
const WORKERS: usize = 2;

/// What the bank takes.
const SLOW: Duration = Duration::from_secs(4);

/// How long the health check takes while the bank is slow.
fn health_check(fixture: &str) -> Duration {
    let release = Release::build(fixture);
    let bank = Upstream::slow(SLOW);
    let service = Service::start(&release, &[("UPSTREAM", &bank.address())]);
    let rates = (1..=WORKERS).map(|id| format!("GET /rates/{id}")).collect();
    let rates = Burst::send(service.address(), rates);
    bank.wait_until_asked(1);
    // The worker that waits may be the one that watches the sockets: then the next request is not read before it is done.
    bank.wait_for_requests(WORKERS, SLOW / 8);
    let begun = Instant::now();
    assert_eq!(ask(service.address(), "GET /healthz").expect("it is answered in the end"), 200);
    let time = begun.elapsed();
    assert_eq!(rates.answers(), [200; WORKERS]);
    println!("{fixture}: GET /healthz: {} ms", time.as_millis());
    time
}

#[test]
fn blocked_workers_leave_the_health_check_without_an_answer() {
    let _alone = alone();
    let fixture = "blocking-in-async";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, fixture);
    assert!(health_check(fixture) > SLOW / 2);
}

#[test]
fn blocking_threads_of_their_own_leave_the_workers_to_the_health_check() {
    let _alone = alone();
    let fixture = "blocking-in-async-repaired";
    assert!(findings(fixture).is_empty());
    assert!(health_check(fixture) < SLOW / 2);
}
