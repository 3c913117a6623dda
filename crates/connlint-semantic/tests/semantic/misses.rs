//! Openings behind a look-up: what is found before makes an end of the run, if its key is the program's own.

use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn an_answer_is_kept_under_a_key_of_the_programs_own() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio,uuid
use axum::extract::Path;
use std::{collections::HashMap, sync::{LazyLock, Mutex}};
static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Default::default);
async fn one() -> String { reqwest::Client::new().get("1").send().await.unwrap().text().await.unwrap() }
async fn two() -> String { reqwest::Client::new().get("2").send().await.unwrap().text().await.unwrap() }
async fn three() -> String { reqwest::Client::new().get("3").send().await.unwrap().text().await.unwrap() }
async fn own(role: &str) -> String { if let Some(k) = KNOWN.lock().unwrap().get(role) { return k.clone(); } let t = one().await; KNOWN.lock().unwrap().insert(role.to_owned(), t.clone()); t }
async fn named(role: &str) -> String { if let Some(k) = KNOWN.lock().unwrap().get(role) { return k.clone(); } let t = two().await; KNOWN.lock().unwrap().insert(role.to_owned(), t.clone()); t }
async fn fresh(role: &str) -> String { if let Some(k) = KNOWN.lock().unwrap().get(role) { return k.clone(); } let t = three().await; KNOWN.lock().unwrap().insert(role.to_owned(), t.clone()); t }
async fn h1() -> String { own("reader").await }
async fn h2(Path(id): Path<String>) -> String { named(&id).await }
async fn h3() -> String { fresh(&uuid::Uuid::new_v4().to_string()).await }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                behind: Miss
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /2`: app::h2 -> app::named -> app::two
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /3`: app::h3 -> app::fresh -> app::three
        "#]],
    );
}

#[test]
fn a_look_up_that_nothing_fills_guards_nothing() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use std::{collections::HashMap, sync::{LazyLock, Mutex}};
static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Default::default);
async fn one() -> String { reqwest::Client::new().get("1").send().await.unwrap().text().await.unwrap() }
async fn h1() -> String { if let Some(k) = KNOWN.lock().unwrap().get("k") { return k.clone(); } one().await }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /1`: app::h1 -> app::one
        "#]],
    );
}

#[test]
fn a_fetcher_runs_where_its_cache_found_nothing() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use axum::extract::State;
use std::{collections::HashMap, sync::Arc};
struct App { known: tokio::sync::Mutex<HashMap<String, String>> }
impl App {
async fn cached(&self, key: &str, fetch: impl AsyncFnOnce() -> String) -> String { let mut k = self.known.lock().await; if let Some(t) = k.get(key) { return t.clone(); } let t = fetch().await; k.insert(key.to_owned(), t.clone()); t }
async fn always(&self, key: &str, fetch: impl AsyncFnOnce() -> String) -> String { let mut k = self.known.lock().await; let t = fetch().await; k.insert(key.to_owned(), t.clone()); t }
}
async fn one() -> String { reqwest::Client::new().get("1").send().await.unwrap().text().await.unwrap() }
async fn two() -> String { reqwest::Client::new().get("2").send().await.unwrap().text().await.unwrap() }
async fn h1(State(a): State<Arc<App>>) -> String { a.cached("k", one).await }
async fn h2(State(a): State<Arc<App>>) -> String { a.always("k", two).await }
struct Other;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                behind: Miss
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /2`: app::h2 -> app::two
        "#]],
    );
}

#[test]
fn a_task_that_goes_on_is_found_by_what_stands_for_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use axum::extract::{Path, State};
use std::{collections::{HashMap, hash_map::Entry}, sync::{Arc, Mutex}};
struct Handle(tokio::sync::oneshot::Sender<()>);
impl Handle { fn new() -> Self { let (a, b) = tokio::sync::oneshot::channel(); tokio::spawn(watch(b)); Self(a) } fn brief() -> Self { let (a, b) = tokio::sync::oneshot::channel(); tokio::spawn(once(b)); Self(a) } }
async fn watch(b: tokio::sync::oneshot::Receiver<()>) { let c = reqwest::Client::new(); loop { c.get("1").send().await; } }
async fn once(b: tokio::sync::oneshot::Receiver<()>) { let c = reqwest::Client::new(); c.get("2").send().await; }
struct App { all: Mutex<HashMap<u64, Handle>> }
impl App {
fn vacant(&self, id: u64) { match self.all.lock().unwrap().entry(id) { Entry::Vacant(e) => { e.insert(Handle::new()); } Entry::Occupied(_) => {} } }
fn brief(&self, id: u64) { match self.all.lock().unwrap().entry(id) { Entry::Vacant(e) => { e.insert(Handle::brief()); } Entry::Occupied(_) => {} } }
}
async fn h1(State(a): State<Arc<App>>, Path(id): Path<u64>) { a.vacant(id) }
async fn h2(State(a): State<Arc<App>>, Path(id): Path<u64>) { a.brief(id) }
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                behind: Cache
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /2`: app::h2 -> app::App::brief -> app::Handle::brief -> app::once
        "#]],
    );
}

#[test]
fn both_halves_of_a_condition_ask_whether_it_is_dead() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio-postgres,tokio
use axum::extract::State;
use std::sync::Arc;
use tokio_postgres::{Client, NoTls};
struct App { client: tokio::sync::Mutex<Client> }
async fn both(c: &mut Client) { if c.is_closed() || c.check_connection().await.is_err() { *c = tokio_postgres::connect("1", NoTls).await.unwrap().0; } }
async fn one(c: &mut Client, now: bool) { if c.is_closed() || now { *c = tokio_postgres::connect("2", NoTls).await.unwrap().0; } }
async fn h1(State(s): State<Arc<App>>) { let mut c = s.client.lock().await; both(&mut c).await; }
async fn h2(State(s): State<Arc<App>>) { let mut c = s.client.lock().await; one(&mut c, true).await; }
"#,
        expect![[r#"
            OpenConnection `tokio_postgres::connect("1", NoTls)`
                shared: Cache
            OpenConnection `tokio_postgres::connect("2", NoTls)`
                per request-handler `GET /2`: app::h2 -> app::one
        "#]],
    );
}

#[test]
fn what_a_cell_is_given_by_a_closure_is_kept() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest
static CLIENT: std::sync::OnceLock<reqwest::Client> = std::sync::OnceLock::new();
fn client() -> Result<&'static reqwest::Client, reqwest::Error> { if let Some(c) = CLIENT.get() { return Ok(c); } let c = reqwest::Client::builder().build()?; Ok(CLIENT.get_or_init(|| c)) }
fn twice() -> Result<&'static reqwest::Client, reqwest::Error> { let c = reqwest::Client::builder().build()?; Ok(CLIENT.get_or_init(|| c)) }
async fn h1() { client(); }
async fn h2() { twice(); }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::builder().build()`
                shared: Cache
            BuildClient `reqwest::Client::builder().build()`
                per request-handler `GET /2`: app::h2 -> app::twice
        "#]],
    );
}

#[test]
fn what_a_run_makes_of_plain_data_is_no_cache() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,redis
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
fn open() -> redis::Connection { redis::Client::open("x").unwrap().get_connection().unwrap() }
struct Form { fields: HashMap<String, String> }
impl Form {
    fn of(text: String) -> Self { Form { fields: HashMap::from([(text.clone(), text)]) } }
}
struct Kept { fields: Arc<Mutex<HashMap<String, String>>> }
impl Kept {
    fn of(fields: Arc<Mutex<HashMap<String, String>>>) -> Self { Kept { fields } }
}
async fn h1(text: String) {
    let mut form = Form::of(text);
    if form.fields.contains_key("done") { return; }
    open();
    form.fields.insert("done".to_owned(), String::new());
}
async fn h2(axum::extract::State(shared): axum::extract::State<Arc<Mutex<HashMap<String, String>>>>) {
    let kept = Kept::of(shared);
    if kept.fields.lock().unwrap().contains_key("done") { return; }
    redis::Client::open("y").unwrap().get_connection().unwrap();
    kept.fields.lock().unwrap().insert("done".to_owned(), String::new());
}
struct App;
"#,
        expect![[r#"
            OpenConnection `redis::Client::open("x").unwrap().get_connection()`
                per request-handler `GET /1`: app::h1 -> app::open
            OpenConnection `redis::Client::open("y").unwrap().get_connection()`
                shared: Miss
        "#]],
    );
}
