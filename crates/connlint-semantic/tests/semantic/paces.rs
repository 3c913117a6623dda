//! How often something runs: arms of loops, crates for tests, cells and accessors that nobody described.

use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn a_message_arm_speaks_before_a_timers_arm() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use std::time::Duration;
async fn report() { reqwest::Client::new().get("1").send().await; }
async fn deep() { report().await }
async fn count(mut rx: tokio::sync::mpsc::Receiver<u8>) {
    let mut timer = tokio::time::interval(Duration::from_secs(600));
    loop { tokio::select! { m = rx.recv() => deep().await, _ = timer.tick() => report().await } }
}
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::count{loop} -> app::deep -> app::report
        "#]],
    );
}

#[test]
fn a_harness_that_a_service_calls_is_no_test_code() {
    check(
        r#"
//- /harness/src/lib.rs crate:harness deps:reqwest,tokio
pub async fn up() { let mut t = tokio::time::interval(std::time::Duration::from_millis(100)); loop { t.tick().await; reqwest::Client::new().get("1").send().await; } }
//- /src/main.rs crate:app deps:axum,harness
async fn h1() { harness::up().await; }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /1`: app::h1 -> harness::up -> harness::up{loop} (in a loop) +1
        "#]],
    );
}

#[test]
fn a_cell_of_an_unknown_crate_holds_what_it_is_given() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,some-cell,some-timer
use axum::extract::State;
use std::sync::Arc;
struct App { client: some_cell::OnceCell<reqwest::Client>, timer: some_timer::Timer }
impl App {
fn kept(&self) { self.client.get_or_init(|| reqwest::Client::new()); }
fn measured(&self) { self.timer.measure(|| reqwest::Client::new()); }
}
async fn h1(State(a): State<Arc<App>>) { a.kept() }
async fn h2(State(a): State<Arc<App>>) { a.measured() }
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                shared: Cache
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /2`: app::h2 -> app::App::measured -> app::App::measured{closure}
        "#]],
    );
}

#[test]
fn a_value_made_without_arguments_is_nothing_global() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,redis
#[derive(Default)]
struct Health { conn: Option<redis::Connection> }
fn made() -> Health { Health { conn: None } }
async fn h1() { let mut h = Health::default(); if h.conn.is_none() { h.conn = redis::Client::open("1").unwrap().get_connection().ok(); } }
async fn h2() { let mut h = made(); if h.conn.is_none() { h.conn = redis::Client::open("2").unwrap().get_connection().ok(); } }
struct App;
"#,
        expect![[r#"
            OpenConnection `redis::Client::open("1").unwrap().get_connection()`
                per request-handler `GET /1`: app::h1
            OpenConnection `redis::Client::open("2").unwrap().get_connection()`
                per request-handler `GET /2`: app::h2
        "#]],
    );
}

#[test]
fn what_an_endless_loop_begins_anew_takes_messages() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,some-relay,tokio
async fn answer() { reqwest::Client::new().get("1").send().await; }
async fn once() { reqwest::Client::new().get("2").send().await; }
async fn rerun(relay: some_relay::Relay) {
    loop {
        let mut events = relay.events();
        while let Ok(event) = events.recv().await { answer().await }
    }
}
async fn read(relay: some_relay::Relay) {
    let mut rows = relay.rows();
    while let Ok(row) = rows.next().await { once().await }
}
#[tokio::main]
async fn main() { read(some_relay::open()).await; rerun(some_relay::open()).await }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::rerun{loop} -> app::answer (medium)
            BuildClient `reqwest::Client::new()`
                per loop: app::read{loop} -> app::once (medium)
        "#]],
    );
}

#[test]
fn a_loop_that_asks_for_a_limited_time_or_whose_next_round_a_person_begins() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,tokio
use std::time::{Duration, Instant};
use tokio::time::sleep;
enum Status { Done(String), Failed, Pending }
async fn status() -> Status { reqwest::Client::new().get("1").send().await; Status::Pending }
async fn until_done(limit: Duration, pause: Duration) -> Option<String> {
    let start = Instant::now();
    loop {
        if start.elapsed() > limit { return None; }
        match status().await {
            Status::Done(token) => return Some(token),
            Status::Failed => return None,
            Status::Pending => sleep(pause).await,
        }
    }
}
async fn until_done_or_bails(limit: Duration, pause: Duration) -> Result<String, String> {
    let start = Instant::now();
    loop {
        if start.elapsed() > limit { bail!("too late"); }
        match status().await {
            Status::Done(token) => return Ok(token),
            Status::Failed => bail!("refused"),
            Status::Pending => sleep(pause).await,
        }
    }
}
async fn for_ever(pause: Duration) -> Option<String> {
    loop {
        match status().await {
            Status::Done(token) => return Some(token),
            Status::Failed => return None,
            Status::Pending => sleep(pause).await,
        }
    }
}
fn typed() -> String { let mut line = String::new(); std::io::stdin().read_line(&mut line); line }
fn code() -> String { typed() }
async fn login() -> String {
    let mut second = None;
    loop {
        match status().await {
            Status::Done(token) => break token,
            _ => second = Some(code()),
        }
    }
}
#[tokio::main]
async fn main() {
    until_done(Duration::from_secs(60), Duration::from_secs(1)).await;
    until_done_or_bails(Duration::from_secs(60), Duration::from_secs(1)).await;
    for_ever(Duration::from_secs(1)).await;
    login().await;
}
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per loop: app::for_ever{loop} -> app::status
        "#]],
    );
}

#[test]
fn a_pause_until_the_next_time_is_a_period_and_a_deadline_ends_a_wait() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use std::time::{Duration, Instant};
use tokio::time::sleep;
async fn daily() {
    let mut last = Instant::now();
    loop {
        reqwest::Client::new().get("1").send().await;
        let next = last + Duration::from_secs(86_400);
        let now = Instant::now();
        if next > now { sleep(next - now).await; }
        last = Instant::now();
    }
}
async fn idle(jobs: Vec<u8>) {
    loop {
        reqwest::Client::new().get("2").send().await;
        if jobs.is_empty() { sleep(Duration::from_secs(1)).await; }
    }
}
async fn until_there(limit: Duration) -> bool {
    let start = Instant::now();
    loop {
        if start.elapsed() >= limit { return false; }
        if reqwest::Client::new().get("3").send().await.is_ok() { return true; }
        sleep(Duration::from_secs(1)).await;
    }
}
async fn often() {
    let mut last = Instant::now();
    loop {
        if last.elapsed() >= Duration::from_secs(60) { last = Instant::now(); break; }
        reqwest::Client::new().get("4").send().await;
        last = Instant::now();
        sleep(Duration::from_secs(1)).await;
    }
}
#[tokio::main]
async fn main() {
    tokio::spawn(daily());
    tokio::spawn(idle(vec![]));
    tokio::spawn(often());
    until_there(Duration::from_secs(9)).await;
}
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per scheduled-job: app::daily{loop}
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::idle{loop} (medium)
            BuildClient `reqwest::Client::new()`
                not recurring
            BuildClient `reqwest::Client::new()`
                per scheduled-job: app::often{loop}
        "#]],
    );
}

#[test]
fn a_helper_that_only_asks_for_an_order_is_an_order() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use std::time::Duration;
use tokio::sync::oneshot;
fn stopped(rx: &mut oneshot::Receiver<()>) -> bool { match rx.try_recv() { Err(oneshot::error::TryRecvError::Empty) => false, _ => true } }
fn done(rx: &mut oneshot::Receiver<()>, left: &Store) -> bool { left.is_empty() || rx.try_recv().is_ok() }
struct Store(Vec<u8>);
impl Store { fn is_empty(&self) -> bool { self.0.is_empty() } }
async fn uploads(mut rx: oneshot::Receiver<()>) {
    loop {
        if stopped(&mut rx) { break; }
        for _ in 0..10 { tokio::time::sleep(Duration::from_secs(1)).await; }
        reqwest::Client::new().get("1").send().await;
    }
}
async fn drain(mut rx: oneshot::Receiver<()>, store: Store) {
    loop {
        if done(&mut rx, &store) { break; }
        for _ in 0..10 { tokio::time::sleep(Duration::from_secs(1)).await; }
        reqwest::Client::new().get("2").send().await;
    }
}
#[tokio::main]
async fn main() {
    let (tx, rx) = oneshot::channel();
    tokio::spawn(uploads(rx));
    let (tx2, rx2) = oneshot::channel();
    tokio::spawn(drain(rx2, Store(vec![])));
}
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::uploads{loop} (medium)
            BuildClient `reqwest::Client::new()`
                per loop: app::drain{loop}
        "#]],
    );
}

#[test]
fn a_list_that_the_code_writes_down_is_counted_behind_a_name_too() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
async fn resolvers() { let all = vec![("a", 1), ("b", 2)]; for one in &all { reqwest::Client::new().get("1").send().await; } }
async fn grown(more: Vec<u8>) { let mut all = vec![1, 2]; all.extend(more); for one in &all { reqwest::Client::new().get("2").send().await; } }
#[tokio::main]
async fn main() { resolvers().await; grown(vec![]).await; }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                not recurring
            BuildClient `reqwest::Client::new()`
                per loop: app::grown{loop}
        "#]],
    );
}

#[test]
fn a_period_that_a_constant_names_and_a_timer_that_each_round_winds_up() {
    let jobs = support::entry_points(
        r#"
//- /src/main.rs crate:app deps:reqwest,tokio
use std::time::Duration;
use tokio::time::{Instant, interval, sleep};
const PERIOD: Duration = Duration::from_secs(600);
struct Set;
impl Set { const OFTEN: Duration = Duration::from_secs(5); }
async fn named() { let mut tick = interval(PERIOD); loop { tick.tick().await; reqwest::Client::new(); } }
async fn of_a_type() { loop { sleep(Set::OFTEN).await; reqwest::Client::new(); } }
async fn or_default(set: Option<Duration>) { loop { sleep(set.unwrap_or(PERIOD)).await; reqwest::Client::new(); } }
async fn wound_up(set: Option<Duration>) {
    let timer = sleep(Duration::ZERO);
    tokio::pin!(timer);
    loop {
        timer.as_mut().await;
        reqwest::Client::new();
        timer.as_mut().reset(Instant::now() + set.unwrap_or(PERIOD));
    }
}
async fn never_wound_up() { let once = sleep(PERIOD); tokio::pin!(once); loop { once.as_mut().await; reqwest::Client::new(); } }
#[tokio::main]
async fn main() {
    tokio::spawn(named());
    tokio::spawn(of_a_type());
    tokio::spawn(or_default(None));
    tokio::spawn(wound_up(None));
    never_wound_up().await;
}
"#,
    );
    expect![[r#"
        scheduled-job: app::named{loop} (every 600 s)
        scheduled-job: app::never_wound_up{loop}
        scheduled-job: app::of_a_type{loop} (every 5 s)
        scheduled-job: app::or_default{loop} (every 600 s)
        scheduled-job: app::wound_up{loop} (every 600 s)
    "#]]
    .assert_eq(&jobs);
}

#[test]
fn names_of_a_prelude_and_of_a_crate_within_a_crate_lead_to_their_rows() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum@0.8.4,warp@0.3.7,hyper@0.14.32,isahc@1.7.2
use isahc::prelude::*;
fn by_curl() -> HttpClient { HttpClient::builder().build().unwrap() }
fn by_hyper() -> warp::hyper::Client<warp::hyper::client::HttpConnector> {
    warp::hyper::Client::builder().build(warp::hyper::client::HttpConnector::new())
}
async fn h1() { by_curl(); }
async fn h2() { by_hyper(); }
struct App;
"#,
        expect![[r#"
            BuildClient `HttpClient::builder().build()`
                per request-handler `GET /1`: app::h1 -> app::by_curl
            BuildClient `warp::hyper::Client::builder().build(warp::hyper::client::HttpConnector::new())`
                per request-handler `GET /2`: app::h2 -> app::by_hyper
        "#]],
    );
}
