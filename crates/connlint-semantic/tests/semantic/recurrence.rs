//! Which loops open again on each round, and which only when what they had is gone.

use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn an_answer_in_an_outer_place_is_no_reconnect() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio,redis
struct Receipt { id: uuid::Uuid }
async fn book() -> Option<Receipt> { reqwest::Client::new().get("1").send().await; None }
async fn answers(mut rx: tokio::sync::mpsc::Receiver<u8>) { let mut last = None; while let Some(m) = rx.recv().await { last = book().await; } }
async fn open(c: &redis::Client) -> Option<redis::aio::MultiplexedConnection> { c.get_multiplexed_async_connection().await.ok() }
async fn connections(c: redis::Client, mut rx: tokio::sync::mpsc::Receiver<u8>) {
    let mut conn = None; while let Some(m) = rx.recv().await { if failed(&conn) { conn = open(&c).await; } }
}
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::answers{loop} -> app::book
            OpenConnection `c.get_multiplexed_async_connection()`
                not recurring
        "#]],
    );
}

#[test]
fn a_success_ends_a_retry_only_if_each_way_through_it_leaves() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use std::time::Duration;
async fn first() -> Result<String, reqwest::Error> { reqwest::Client::new().get("1").send().await?.text().await }
async fn second() -> Result<String, reqwest::Error> { reqwest::Client::new().get("2").send().await?.text().await }
async fn third() -> Result<String, reqwest::Error> { reqwest::Client::new().get("3").send().await?.text().await }
async fn poll(out: tokio::sync::mpsc::Sender<String>) {
    loop { match first().await { Ok(t) => { if out.send(t).await.is_err() { break; } } Err(_) => {} } tokio::time::sleep(Duration::from_secs(2)).await; }
}
async fn until_it_works() {
    loop { match second().await { Ok(t) if t.is_empty() => break, Ok(t) => { println!("{t}"); break; } Err(_) => {} } tokio::time::sleep(Duration::from_secs(2)).await; }
}
async fn either_way() {
    loop { if let Ok(t) = third().await { if t.is_empty() { break; } else { return; } } tokio::time::sleep(Duration::from_secs(2)).await; }
}
async fn run(out: tokio::sync::mpsc::Sender<String>) { tokio::spawn(poll(out)); tokio::spawn(until_it_works()); tokio::spawn(either_way()); }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per scheduled-job: app::poll{loop} -> app::first
            BuildClient `reqwest::Client::new()`
                not recurring
            BuildClient `reqwest::Client::new()`
                not recurring
        "#]],
    );
}

#[test]
fn an_inner_loop_serves_a_connection_for_as_long_as_it_lasts() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,redis,reqwest,rusqlite,tokio,futures
use futures::StreamExt;
use std::time::Duration;
async fn messages(c: redis::Client) {
    loop { if let Ok(mut p) = c.get_async_pubsub().await { let mut m = p.on_message(); while let Some(x) = m.next().await { println!("{x:?}"); } } tokio::time::sleep(Duration::from_secs(1)).await; }
}
async fn one_request() {
    loop {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let client = reqwest::Client::new();
        loop { match client.get("2").send().await { Ok(a) if a.status().is_success() => break, _ => {} } }
    }
}
async fn other_items(ids: Vec<i64>) {
    loop {
        tokio::time::sleep(Duration::from_secs(20)).await;
        let conn = rusqlite::Connection::open("3").unwrap();
        for id in &ids { conn.execute("", [id]); }
    }
}
fn rows() -> Vec<i64> { let c = rusqlite::Connection::open("4").unwrap(); all(&c) }
async fn its_rows() {
    loop { tokio::time::sleep(Duration::from_secs(20)).await; for id in rows() { println!("{id}"); } }
}
struct App;
"#,
        expect![[r#"
            OpenConnection `c.get_async_pubsub()`
                not recurring
            BuildClient `reqwest::Client::new()`
                per scheduled-job: app::one_request{loop}
            OpenConnection `rusqlite::Connection::open("3")`
                per scheduled-job: app::other_items{loop}
            OpenConnection `rusqlite::Connection::open("4")`
                per scheduled-job: app::its_rows{loop} -> app::rows
        "#]],
    );
}

#[test]
fn a_supervised_call_goes_on_until_it_fails() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,redis,reqwest,tokio
use std::time::Duration;
async fn worker(c: &redis::Client) -> redis::RedisResult<()> { let mut k = c.get_multiplexed_async_connection().await?; loop { step(&mut k).await?; } }
async fn supervisor(c: redis::Client) { loop { worker(&c).await; tokio::time::sleep(Duration::from_secs(1)).await; } }
async fn byte(s: &mut tokio::net::TcpStream) -> Option<usize> { None }
async fn number(s: &mut tokio::net::TcpStream) -> usize { reqwest::Client::new().get("2").send().await; loop { if let Some(n) = byte(s).await { return n; } } }
async fn reader(mut s: tokio::net::TcpStream) { loop { number(&mut s).await; tokio::time::sleep(Duration::from_secs(1)).await; } }
struct App;
"#,
        expect![[r#"
            OpenConnection `c.get_multiplexed_async_connection()`
                not recurring
            BuildClient `reqwest::Client::new()`
                per scheduled-job: app::reader{loop} -> app::number
        "#]],
    );
}

#[test]
fn an_endless_loop_recurs_whatever_task_it_is_in() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio,some-bot
use futures::StreamExt;
async fn work(jobs: Jobs) { loop { match jobs.next().await { Some(j) => { reqwest::get("1").await; } None => {} } } }
async fn ends(jobs: Jobs) { loop { match jobs.next().await { Some(j) => { reqwest::get("2").await; } None => return } } }
async fn inline(jobs: Jobs) { loop { match jobs.next().await { Some(j) => { reqwest::get("3").await; } None => {} } } }
struct Jobs; impl Jobs { async fn next(&self) -> Option<u8> { None } }
async fn updates(api: some_bot::Api) { let mut all = api.stream(); while let Some(u) = all.next().await { tokio::spawn(answer(u)); } }
async fn answer(u: some_bot::Update) { let c = reqwest::Client::new(); c.get("4").send().await; }
async fn run() { tokio::spawn(work(Jobs)); tokio::spawn(ends(Jobs)); inline(Jobs).await; updates(some_bot::Api::new()).await; }
struct App;
"#,
        expect![[r#"
            ThrowawayClient `reqwest::get("1")`
                per message-consumer: app::work{loop} (medium)
            ThrowawayClient `reqwest::get("2")`
                per loop: app::ends{loop} (in some rounds)
            ThrowawayClient `reqwest::get("3")`
                per message-consumer: app::inline{loop} (medium)
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::updates{loop} -> app::answer (medium)
        "#]],
    );
}

#[test]
fn a_rare_tick_speaks_after_a_loop_over_items() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite,tokio
use rusqlite::Connection;
use std::time::Duration;
fn open() -> Connection { Connection::open("1").unwrap() }
fn hourly() { let c = Connection::open("2").unwrap(); }
async fn deliver(id: i32) { open(); }
fn round() { open(); let n = count(); for id in 0..n as i32 { tokio::spawn(deliver(id)); } for id in 0..8 { hourly(); } }
fn count() -> usize { 3 }
async fn job() { let mut t = tokio::time::interval(Duration::from_secs(600)); loop { t.tick().await; round(); } }
struct App;
"#,
        expect![[r#"
            OpenConnection `Connection::open("1")`
                per loop: app::round{loop} -> app::deliver -> app::open +1
            OpenConnection `Connection::open("2")`
                per scheduled-job: app::job{loop} -> app::round -> app::round{loop} -> app::hourly (in a loop)
        "#]],
    );
}

#[test]
fn a_certain_path_speaks_before_a_shorter_doubtful_one() {
    let pages: String = (0..40)
        .map(|n| format!("struct P{n}; impl Page for P{n} {{ async fn build(&self) {{ open(); }} }} "))
        .collect();
    let fixture = format!(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite,tokio
fn open() {{ let c = rusqlite::Connection::open("1").unwrap(); }}
trait Page {{ async fn build(&self); }}
{pages}
async fn page(of: Box<dyn Page>) {{ of.build().await; }}
async fn raw() {{ first(); }}
fn first() {{ second(); }}
fn second() {{ open(); }}
fn routes() -> axum::Router {{ axum::Router::new().route("/page", axum::routing::get(page)).route("/raw", axum::routing::get(raw)) }}
struct App;
"#
    );
    check(
        &fixture,
        expect![[r#"
            OpenConnection `rusqlite::Connection::open("1")`
                per request-handler `GET …/raw`: app::raw -> app::first -> app::second -> app::open +1
        "#]],
    );
}

#[test]
fn a_task_of_its_own_makes_no_loop_go_round() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite,tokio,reqwest
async fn pages(c: reqwest::Client, id: u8) { loop { if c.get("x").send().await.is_err() { break; } } }
async fn work(mut rx: tokio::sync::mpsc::Receiver<u8>) {
    while let Some(id) = rx.recv().await { let c = reqwest::Client::new(); tokio::spawn(pages(c, id)); }
}
async fn waited(url: String) {
    loop { let c = reqwest::Client::builder().build().unwrap(); let task = tokio::spawn(pages(c, 1)); task.await; }
}
fn start(rx: tokio::sync::mpsc::Receiver<u8>) { tokio::spawn(work(rx)); tokio::spawn(waited(String::new())); }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::work{loop}
            BuildClient `reqwest::Client::builder().build()`
                not recurring
        "#]],
    );
}

#[test]
fn nothing_is_in_an_empty_loop() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite,tokio
async fn page() { rusqlite::Connection::open("1"); }
async fn serve() { axum::serve(listener(), axum::Router::new().route("/", axum::routing::get(page))).await; }
fn main() { std::thread::spawn(|| block_on(serve())); loop {} }
struct App;
"#,
        expect![[r#"
            OpenConnection `rusqlite::Connection::open("1")`
                per request-handler `GET /`: app::page
        "#]],
    );
}

#[test]
fn a_closure_hands_out_what_it_returns() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,redis,tokio
struct Hub { client: redis::Client, conn: Option<redis::Connection> }
impl Hub {
    async fn replaced(&mut self, mut rx: tokio::sync::mpsc::Receiver<Option<u8>>) {
        while let Some(message) = rx.recv().await { if message.is_none() { self.conn = (|| self.client.get_connection().ok())(); } }
    }
    async fn used(&mut self, mut rx: tokio::sync::mpsc::Receiver<Option<u8>>) {
        while let Some(message) = rx.recv().await { (|| { self.client.get_connection().unwrap().req_command(&redis::cmd("PING")) })(); }
    }
}
struct App;
"#,
        expect![[r#"
            OpenConnection `self.client.get_connection()`
                behind: Cache
            OpenConnection `self.client.get_connection()`
                per message-consumer: app::Hub::used{loop} -> app::Hub::used{closure}
        "#]],
    );
}

#[test]
fn functions_that_only_hand_on_hide_no_loop_that_serves() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,redis,tokio
use std::time::Duration;
async fn connected(client: redis::Client) { loop { cycle(&client).await; tokio::time::sleep(Duration::from_secs(5)).await; } }
async fn cycle(client: &redis::Client) -> redis::RedisResult<()> { let conn = client.get_async_connection().await?; run(conn).await }
async fn run(conn: redis::aio::Connection) -> redis::RedisResult<()> { run_with(conn, 1).await }
async fn run_with(conn: redis::aio::Connection, _: u8) -> redis::RedisResult<()> { serve(conn).await }
async fn serve(mut conn: redis::aio::Connection) -> redis::RedisResult<()> { loop { redis::cmd("BLPOP").query_async::<_, ()>(&mut conn).await?; } }
struct App;
"#,
        expect![[r#"
            OpenConnection `client.get_async_connection()`
                not recurring
        "#]],
    );
}

#[test]
fn a_test_of_an_age_bounds_how_often_what_is_behind_it_runs() {
    let found = support::recurrences(&support::with_handlers(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use axum::extract::State;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
const PERIOD: Duration = Duration::from_secs(600);
struct Inner { read: Instant, keys: String }
struct App { last: Mutex<Instant>, inner: Mutex<Inner>, by_key: Mutex<HashMap<String, Instant>> }
impl App {
    fn within(&self) { if self.last.lock().unwrap().elapsed() > PERIOD { reqwest::Client::new(); *self.last.lock().unwrap() = Instant::now(); } }
    fn before(&self) -> String {
        let mut inner = self.inner.lock().unwrap();
        if inner.read.elapsed() < PERIOD { return inner.keys.clone(); }
        reqwest::Client::new();
        inner.read = Instant::now();
        inner.keys.clone()
    }
    fn of_key(&self, key: String) {
        if self.by_key.lock().unwrap()[&key].elapsed() < PERIOD { return; }
        reqwest::Client::new();
        self.by_key.lock().unwrap().insert(key, Instant::now());
    }
    fn deadline(&self) { if self.last.lock().unwrap().elapsed() > PERIOD { return; } reqwest::Client::new(); }
    fn of_this_run(&self) { let mut start = Instant::now(); if start.elapsed() < PERIOD { return; } reqwest::Client::new(); start = Instant::now(); }
}
async fn h1(State(app): State<Arc<App>>) { app.within() }
async fn h2(State(app): State<Arc<App>>) { app.before(); }
async fn h3(State(app): State<Arc<App>>, key: String) { app.of_key(key) }
async fn h4(State(app): State<Arc<App>>) { app.deadline() }
async fn h5(State(app): State<Arc<App>>) { app.of_this_run() }
"#,
    ));
    let expected = [
        "app::App::before Tick(Some(600))",
        "app::App::deadline Unit",
        "app::App::of_key Unit",
        "app::App::of_this_run Unit",
        "app::App::within Tick(Some(600))",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_client_with_the_credentials_of_a_user_is_none_for_all() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,octocrab,tokio
use axum::extract::{Path, State};
use octocrab::OctocrabBuilder;
struct Tokens;
impl Tokens { async fn of(&self, user: &str) -> Option<String> { None } fn own(&self) -> String { String::new() } }
async fn h_of_the_user(State(tokens): State<Tokens>, Path(user): Path<String>) {
    let token = match tokens.of(&user).await { Some(token) => token, None => return };
    of(token).await
}
async fn of(token: String) { OctocrabBuilder::new().user_access_token(token).build(); }
async fn h_of_the_service(State(tokens): State<Tokens>) {
    OctocrabBuilder::new().personal_token(tokens.own()).build();
    OctocrabBuilder::new().personal_token(std::env::var("TOKEN").unwrap()).build();
}
"#,
        expect![[r#"
            BuildClient `OctocrabBuilder::new().user_access_token(token).build()`
                per request-handler `GET /_of_the_user`: app::h_of_the_user -> app::of (target named by the request)
            BuildClient `OctocrabBuilder::new().personal_token(tokens.own()).build()`
                per request-handler `GET /_of_the_service`: app::h_of_the_service
            BuildClient `OctocrabBuilder::new().personal_token(std::env::var("TOKEN").unwrap()).build()`
                per request-handler `GET /_of_the_service`: app::h_of_the_service
        "#]],
    );
}

#[test]
fn a_half_of_a_socket_lasts_as_long_as_the_socket() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio,tokio-tungstenite,futures-util,reqwest
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio_tungstenite::connect_async;
async fn stream() -> Result<(), ()> {
    let (socket, _) = connect_async("wss://a").await.map_err(drop)?;
    let (mut write, mut read) = socket.split();
    write.send(first()).await.map_err(drop)?;
    while let Some(message) = read.next().await {
        match message { Ok(text) => { reqwest::Client::new().post("b").body(text).send().await; } Err(_) => break }
    }
    Ok(())
}
async fn ask() -> Result<(), ()> {
    let (mut socket, _) = connect_async("wss://b").await.map_err(drop)?;
    socket.next().await;
    Ok(())
}
async fn start() {
    loop {
        match stream().await { Ok(()) => tokio::time::sleep(Duration::from_secs(5)).await, Err(_) => tokio::time::sleep(Duration::from_secs(5)).await }
    }
}
async fn poll() { loop { ask().await; tokio::time::sleep(Duration::from_secs(5)).await; } }
#[tokio::main]
async fn main() { tokio::spawn(start()); poll().await; }
"#,
        expect![[r#"
            OpenConnection `connect_async("wss://a")`
                not recurring
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::stream{loop} +1
            OpenConnection `connect_async("wss://b")`
                per scheduled-job: app::poll{loop} -> app::ask
        "#]],
    );
}
