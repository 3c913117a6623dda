//! Which openings run once, or less often than the code around them.

use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn once_cells_of_all_crates_run_once() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio,once_cell,async-once-cell
use reqwest::Client;
static A: std::sync::OnceLock<Client> = std::sync::OnceLock::new();
static B: std::sync::LazyLock<Client> = std::sync::LazyLock::new(|| Client::new());
static C: once_cell::sync::Lazy<Client> = once_cell::sync::Lazy::new(Client::new);
static D: once_cell::sync::OnceCell<Client> = once_cell::sync::OnceCell::new();
static E: tokio::sync::OnceCell<Client> = tokio::sync::OnceCell::const_new();
static F: async_once_cell::OnceCell<Client> = async_once_cell::OnceCell::new();
static G: std::sync::LazyLock<Client> = std::sync::LazyLock::new(make);
fn make() -> Client { Client::builder().build().unwrap() }
async fn h1() { A.get_or_init(|| Client::new()); }
async fn h2() { B.get(""); }
async fn h3() { C.get(""); }
async fn h4() { D.get_or_try_init(|| Client::builder().build()); }
async fn h5() { E.get_or_init(|| async { Client::new() }).await; }
async fn h6() { E.get_or_try_init(|| async { Client::builder().build() }).await; }
async fn h7() { F.get_or_init(async { Client::new() }).await; }
async fn h8() { G.get(""); }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::new()`
                behind: Once(Process)
            BuildClient `Client::new`
                shared: Once(Process)
            BuildClient `Client::builder().build()`
                behind: Once(Process)
            BuildClient `Client::new()`
                behind: Once(Process)
            BuildClient `Client::builder().build()`
                behind: Once(Process)
            BuildClient `Client::new()`
                behind: Once(Process)
            BuildClient `Client::builder().build()`
                behind: Once(Process)
            BuildClient `Client::new()`
                shared: Once(Process)
        "#]],
    );
}

#[test]
fn macros_and_attributes_that_keep_a_value_run_once() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,lazy_static,cached
use reqwest::Client;
lazy_static::lazy_static! { static ref A: Client = Client::new(); }
thread_local! { static B: Client = Client::new(); }
#[cached::proc_macro::once]
fn memo() -> Client { Client::new() }
async fn h1() { A.get(""); }
async fn h2() { B.with(|client| client.get("")); }
async fn h3() { memo(); }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::new()`
                not recurring
            BuildClient `Client::new()`
                not recurring
            BuildClient `Client::new()`
                behind: Once(Racy)
        "#]],
    );
}

#[test]
fn setting_a_cell_evaluates_each_time() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use sqlx::PgPool;
static A: std::sync::OnceLock<PgPool> = std::sync::OnceLock::new();
static B: tokio::sync::OnceCell<PgPool> = tokio::sync::OnceCell::const_new();
async fn h1() { A.set(PgPool::connect("").await.unwrap()).ok(); }
async fn h2() { let _ = B.set(PgPool::connect("").await.unwrap()); }
struct App;
"#,
        expect![[r#"
            BuildPool `PgPool::connect("")`
                per request-handler `GET /1`: app::h1
            BuildPool `PgPool::connect("")`
                per request-handler `GET /2`: app::h2
        "#]],
    );
}

#[test]
fn eager_arguments_of_caches_are_evaluated_each_time() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,dashmap
use reqwest::Client;
use std::collections::HashMap;
struct App { map: std::sync::Mutex<HashMap<u8, Client>>, dash: dashmap::DashMap<u8, Client>, one: std::sync::Mutex<Option<Client>> }
async fn h1(axum::extract::State(s): axum::extract::State<std::sync::Arc<App>>) { s.map.lock().unwrap().entry(1).or_insert(Client::new()); }
async fn h2(axum::extract::State(s): axum::extract::State<std::sync::Arc<App>>) { s.dash.entry(1).or_insert(Client::new()); }
async fn h3(axum::extract::State(s): axum::extract::State<std::sync::Arc<App>>) { s.one.lock().unwrap().get_or_insert(Client::new()); }
"#,
        expect![[r#"
            BuildClient `Client::new()`
                per request-handler `GET /1`: app::h1
            BuildClient `Client::new()`
                per request-handler `GET /2`: app::h2
            BuildClient `Client::new()`
                per request-handler `GET /3`: app::h3
        "#]],
    );
}

#[test]
fn caches_of_the_state_open_on_a_miss_only() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,dashmap,moka
use reqwest::Client;
use std::collections::HashMap;
use axum::extract::State;
use std::sync::{Arc, Mutex};
struct App { map: Mutex<HashMap<u8, Client>>, dash: dashmap::DashMap<u8, Client>, one: Mutex<Option<Client>>, moka: moka::future::Cache<u8, Client> }
async fn h1(State(s): State<Arc<App>>) { s.map.lock().unwrap().entry(1).or_insert_with(|| Client::new()); }
async fn h2(State(s): State<Arc<App>>) { s.dash.entry(1).or_insert_with(Client::new); }
async fn h3(State(s): State<Arc<App>>) { s.one.lock().unwrap().get_or_insert_with(Client::new); }
async fn h4(State(s): State<Arc<App>>) { s.moka.get_with(1, async { Client::new() }).await; }
async fn h5(State(s): State<Arc<App>>) { s.moka.try_get_with(1, async { Client::builder().build() }).await; }
"#,
        expect![[r#"
            BuildClient `Client::new()`
                behind: Once(Key)
            BuildClient `Client::new`
                shared: Once(Key)
            BuildClient `Client::new`
                shared: Once(Owner)
            BuildClient `Client::new()`
                shared: Once(Key)
            BuildClient `Client::builder().build()`
                shared: Once(Key)
        "#]],
    );
}

#[test]
fn an_option_of_the_call_itself_is_no_cache() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest
use reqwest::Client;
async fn h2() { let mut one: Option<Client> = None; if one.is_none() { one = Some(Client::new()); } }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::new()`
                per request-handler `GET /2`: app::h2
        "#]],
    );
}

#[test]
fn a_field_tested_and_then_filled_is_a_cache() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use sqlx::PgPool;
use axum::extract::State;
use std::sync::Arc;
use tokio::sync::{Mutex, RwLock};
struct App { pool: Mutex<Option<PgPool>>, twice: RwLock<Option<PgPool>>, inner: Mutex<Inner> }
struct Inner { pool: Option<PgPool> }
impl Inner {
async fn is_none(&mut self) { if self.pool.is_none() { self.pool = Some(PgPool::connect("1").await.unwrap()); } }
async fn early(&mut self) -> PgPool { if let Some(p) = &self.pool { return p.clone(); } let p = PgPool::connect("2").await.unwrap(); self.pool = Some(p.clone()); p }
async fn matched(&mut self) -> PgPool { match &self.pool { Some(p) => p.clone(), None => { let p = PgPool::connect("3").await.unwrap(); self.pool.replace(p.clone()); p } } }
async fn let_else(&mut self) { let Some(p) = &self.pool else { self.pool = Some(PgPool::connect("4").await.unwrap()); return }; }
async fn insert(&mut self) { if self.pool.is_none() { self.pool.insert(PgPool::connect("5").await.unwrap()); } }
}
async fn h1(State(s): State<Arc<App>>) { let mut g = s.pool.lock().await; if g.is_none() { *g = Some(PgPool::connect("6").await.unwrap()); } }
async fn h2(State(s): State<Arc<App>>) -> PgPool {
{ if let Some(p) = s.twice.read().await.as_ref() { return p.clone(); } }
let mut w = s.twice.write().await;
if w.is_none() { *w = Some(PgPool::connect("7").await.unwrap()); }
w.clone().unwrap()
}
async fn h3(State(s): State<Arc<App>>) { let mut i = s.inner.lock().await; i.is_none().await; i.early().await; i.matched().await; i.let_else().await; i.insert().await; }
async fn h4(State(s): State<Arc<App>>) -> PgPool {
if let Some(p) = s.pool.lock().await.clone() { return p; }
let fresh = open().await;
s.pool.lock().await.replace(fresh.clone());
fresh
}
async fn open() -> PgPool { PgPool::connect("8").await.unwrap() }
"#,
        expect![[r#"
            BuildPool `PgPool::connect("1")`
                shared: Cache
            BuildPool `PgPool::connect("2")`
                shared: Cache
            BuildPool `PgPool::connect("3")`
                shared: Cache
            BuildPool `PgPool::connect("4")`
                shared: Cache
            BuildPool `PgPool::connect("5")`
                shared: Cache
            BuildPool `PgPool::connect("6")`
                shared: Cache
            BuildPool `PgPool::connect("7")`
                shared: Cache
            BuildPool `PgPool::connect("8")`
                behind: Cache
        "#]],
    );
}

#[test]
fn a_map_tested_and_then_filled_is_a_cache() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use sqlx::PgPool;
use axum::extract::State;
use std::{collections::{HashMap, hash_map::Entry}, sync::Arc};
use tokio::sync::{Mutex, RwLock};
struct App { pools: Mutex<HashMap<u8, PgPool>>, shared: RwLock<HashMap<u8, PgPool>> }
async fn h1(State(s): State<Arc<App>>) { let mut m = s.pools.lock().await; if !m.contains_key(&1) { m.insert(1, PgPool::connect("1").await.unwrap()); } }
async fn h2(State(s): State<Arc<App>>) -> PgPool {
if let Some(p) = s.shared.read().await.get(&1) { return p.clone(); }
let p = PgPool::connect("2").await.unwrap();
s.shared.write().await.insert(1, p.clone());
p
}
async fn h3(State(s): State<Arc<App>>) {
match s.pools.lock().await.entry(1) { Entry::Occupied(e) => {}, Entry::Vacant(v) => { v.insert(PgPool::connect("3").await.unwrap()); } }
}
async fn h4(State(s): State<Arc<App>>) {
let found = s.shared.read().await.get(&1).cloned();
let p = match found { Some(p) => p, None => { let p = PgPool::connect("4").await.unwrap(); s.shared.write().await.insert(1, p.clone()); p } };
}
"#,
        expect![[r#"
            BuildPool `PgPool::connect("1")`
                shared: Cache
            BuildPool `PgPool::connect("2")`
                shared: Cache
            BuildPool `PgPool::connect("3")`
                shared: Cache
            BuildPool `PgPool::connect("4")`
                shared: Cache
        "#]],
    );
}

#[test]
fn a_test_of_something_else_is_no_cache() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use sqlx::PgPool;
use axum::extract::State;
struct App { pool: Option<PgPool>, other: Option<u8> }
async fn h1(State(s): State<std::sync::Arc<App>>) { if s.other.is_none() { PgPool::connect("1").await; } }
async fn h2(State(s): State<std::sync::Arc<App>>) { let p = match &s.pool { Some(p) => p.clone(), None => PgPool::connect("2").await.unwrap() }; }
"#,
        expect![[r#"
            BuildPool `PgPool::connect("1")`
                per request-handler `GET /1`: app::h1
            BuildPool `PgPool::connect("2")`
                per request-handler `GET /2`: app::h2
        "#]],
    );
}

#[test]
fn what_a_pool_calls_to_open_its_connections_is_its_own() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,bb8,deadpool,r2d2,rusqlite,tokio-postgres
struct Manager;
impl bb8::ManageConnection for Manager {
type Connection = tokio_postgres::Client; type Error = tokio_postgres::Error;
async fn connect(&self) -> Result<Self::Connection, Self::Error> { open_one().await }
async fn is_valid(&self, c: &mut Self::Connection) -> Result<(), Self::Error> { Ok(()) }
fn has_broken(&self, c: &mut Self::Connection) -> bool { false }
}
async fn open_one() -> Result<tokio_postgres::Client, tokio_postgres::Error> { Ok(tokio_postgres::connect("1", tokio_postgres::NoTls).await?.0) }
struct Sqlite;
impl r2d2::ManageConnection for Sqlite {
type Connection = rusqlite::Connection; type Error = rusqlite::Error;
fn connect(&self) -> Result<rusqlite::Connection, rusqlite::Error> { rusqlite::Connection::open("2") }
fn is_valid(&self, c: &mut rusqlite::Connection) -> Result<(), rusqlite::Error> { Ok(()) }
fn has_broken(&self, c: &mut rusqlite::Connection) -> bool { false }
}
impl deadpool::managed::Manager for Manager {
type Type = rusqlite::Connection; type Error = rusqlite::Error;
async fn create(&self) -> Result<rusqlite::Connection, rusqlite::Error> { rusqlite::Connection::open("3") }
}
async fn h1(axum::extract::State(s): axum::extract::State<App>) { s.pool.get().await; }
struct App { pool: bb8::Pool<Manager> }
"#,
        expect![[r#"
            OpenConnection `tokio_postgres::connect("1", tokio_postgres::NoTls)`
                not recurring
            OpenConnection `rusqlite::Connection::open("2")`
                not recurring
            OpenConnection `rusqlite::Connection::open("3")`
                not recurring
        "#]],
    );
}

#[test]
fn the_same_helper_is_judged_by_the_path_that_calls_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
async fn open(url: &str) -> sqlx::PgPool { sqlx::PgPool::connect(url).await.unwrap() }
async fn start_up() { open("").await; }
async fn h1() { open("").await; }
async fn only_start_up() { sqlx::PgPool::connect("x").await; }
#[tokio::main]
async fn run() { start_up().await; only_start_up().await; }
struct App;
"#,
        expect![[r#"
            BuildPool `sqlx::PgPool::connect(url)`
                per request-handler `GET /1`: app::h1 -> app::open
            BuildPool `sqlx::PgPool::connect("x")`
                not recurring
        "#]],
    );
}

#[test]
fn a_constructor_that_only_start_up_calls_is_not_recurring() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest
use axum::extract::State;
#[derive(Clone)]
struct App { client: reqwest::Client }
impl App { fn new() -> Self { App { client: reqwest::Client::new() } } }
struct PerCall { client: reqwest::Client }
impl PerCall { fn new() -> Self { PerCall { client: reqwest::Client::builder().build().unwrap() } } }
async fn h1(State(s): State<App>) { s.client.get(""); }
async fn h2() { PerCall::new().client.get(""); }
fn serve() { let state = App::new(); }
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                not recurring
            BuildClient `reqwest::Client::builder().build()`
                per request-handler `GET /2`: app::h2 -> app::PerCall::new
        "#]],
    );
}

#[test]
fn retries_and_reconnects_open_only_after_a_failure() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use sqlx::{Connection, PgConnection};
async fn retry() -> PgConnection {
for attempt in 0..5 { if let Ok(c) = PgConnection::connect("1").await { return c; } tokio::time::sleep(std::time::Duration::from_secs(1)).await; }
panic!()
}
async fn forever() -> PgConnection {
loop { match PgConnection::connect("2").await { Ok(c) => break c, Err(_) => tokio::time::sleep(std::time::Duration::from_secs(1)).await } }
}
async fn supervise() {
loop { let mut c = PgConnection::connect("3").await.unwrap(); serve(&mut c).await; tokio::time::sleep(std::time::Duration::from_secs(1)).await; }
}
async fn serve(c: &mut PgConnection) { loop { c.ping().await.unwrap(); } }
async fn run() { retry().await; forever().await; tokio::spawn(supervise()); }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect("1")`
                not recurring
            OpenConnection `PgConnection::connect("2")`
                not recurring
            OpenConnection `PgConnection::connect("3")`
                not recurring
        "#]],
    );
}

#[test]
fn a_refresh_of_a_closed_connection_replaces_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio-postgres,tokio
use axum::extract::State;
use std::sync::Arc;
use tokio_postgres::{Client, NoTls};
struct App { client: tokio::sync::Mutex<Client> }
async fn h1(State(s): State<Arc<App>>) { let mut c = s.client.lock().await; if c.is_closed() { *c = tokio_postgres::connect("1", NoTls).await.unwrap().0; } }
"#,
        expect![[r#"
            OpenConnection `tokio_postgres::connect("1", NoTls)`
                shared: Cache
        "#]],
    );
}

#[test]
fn a_pool_by_hand_opens_when_its_list_is_empty() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite
use axum::extract::State;
use std::sync::{Arc, Mutex};
use rusqlite::Connection;
struct App { free: Mutex<Vec<Connection>> }
impl App {
fn take(&self) -> Connection { if let Some(c) = self.free.lock().unwrap().pop() { return c; } Connection::open("1").unwrap() }
fn take_or_else(&self) -> Connection { self.free.lock().unwrap().pop().unwrap_or_else(|| Connection::open("2").unwrap()) }
fn give(&self, c: Connection) { self.free.lock().unwrap().push(c) }
}
async fn h1(State(s): State<Arc<App>>) { let c = s.take(); s.give(c); let d = s.take_or_else(); s.give(d); }
"#,
        expect![[r#"
            OpenConnection `Connection::open("1")`
                shared: Cache
            OpenConnection `Connection::open("2")`
                shared: Cache
        "#]],
    );
}

#[test]
fn openings_in_loops_are_told_as_such() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite,tokio
use rusqlite::Connection;
async fn h1(items: axum::Json<Vec<u8>>) { for i in items.0 { Connection::open("1"); } }
async fn h2(items: axum::Json<Vec<u8>>) { let c = Connection::open("2").unwrap(); for i in items.0 { c.execute("", []); } }
fn import(items: Vec<u8>) { for i in items { Connection::open("3"); } }
fn constant() { for shard in [1, 2, 3] { Connection::open("4"); } }
fn kept(urls: Vec<String>) -> Vec<Connection> { let mut all = Vec::new(); for u in urls { all.push(Connection::open("5").unwrap()); } all }
fn batch() { import(vec![]); constant(); kept(vec![]); }
async fn tick() { let mut t = tokio::time::interval(std::time::Duration::from_secs(1)); loop { t.tick().await; Connection::open("6"); } }
struct App;
"#,
        expect![[r#"
            OpenConnection `Connection::open("1")`
                per request-handler `GET /1`: app::h1 -> app::h1{loop} (in a loop)
            OpenConnection `Connection::open("2")`
                per request-handler `GET /2`: app::h2
            OpenConnection `Connection::open("3")`
                per loop: app::import{loop}
            OpenConnection `Connection::open("4")`
                not recurring
            OpenConnection `Connection::open("5")`
                not recurring
            OpenConnection `Connection::open("6")`
                per scheduled-job: app::tick{loop}
        "#]],
    );
}

#[test]
fn factories_of_workers_are_no_requests() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,actix-web,sqlx
async fn serve() {
actix_web::HttpServer::new(|| { let pool = sqlx::PgPool::connect_lazy("1"); actix_web::App::new().app_data(pool) }).run().await;
}
struct App;
"#,
        expect![[r#"
            BuildPool `sqlx::PgPool::connect_lazy("1")`
                not recurring
        "#]],
    );
}

#[test]
fn a_setting_that_the_request_names_is_told() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest
use axum::extract::Path;
async fn h1(Path(proxy): Path<String>) { client(&proxy); }
async fn h2() { reqwest::Client::builder().proxy(reqwest::Proxy::all("x").unwrap()).build(); }
fn client(proxy: &str) { reqwest::Client::builder().proxy(reqwest::Proxy::all(proxy).unwrap()).build(); }
struct App;
"#,
        expect![[r#"
            BuildClient `reqwest::Client::builder().proxy(reqwest::Proxy::all("x").unwrap()).build()`
                per request-handler `GET /2`: app::h2
            BuildClient `reqwest::Client::builder().proxy(reqwest::Proxy::all(proxy).unwrap()).build()`
                per request-handler `GET /1`: app::h1 -> app::client (target named by the request)
        "#]],
    );
}

#[test]
fn a_database_that_the_request_names_is_told() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx
use axum::extract::{Path, State};
use std::sync::Arc;
struct App { url: String }
async fn h1(Path(tenant): Path<String>) { open(&tenant).await; }
async fn h2(State(s): State<Arc<App>>) { sqlx::PgPool::connect(&s.url).await; }
async fn h3() { let url = std::env::var("DB").unwrap(); sqlx::PgPool::connect(&url).await; }
async fn open(url: &str) { sqlx::PgPool::connect(url).await; }
"#,
        expect![[r#"
            BuildPool `sqlx::PgPool::connect(&s.url)`
                per request-handler `GET /2`: app::h2
            BuildPool `sqlx::PgPool::connect(&url)`
                per request-handler `GET /3`: app::h3
            BuildPool `sqlx::PgPool::connect(url)`
                per request-handler `GET /1`: app::h1 -> app::open (target named by the request)
        "#]],
    );
}

#[test]
fn helpers_that_run_a_closure_on_a_connection_open_for_their_caller() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite,tokio
use rusqlite::Connection;
fn with_db<T>(f: impl FnOnce(&Connection) -> T) -> T { let c = Connection::open("1").unwrap(); f(&c) }
async fn h1() { with_db(|c| c.execute("", [])); }
async fn h2() { tokio::task::spawn_blocking(move || with_db(|c| 1)).await; }
struct App;
"#,
        expect![[r#"
            OpenConnection `Connection::open("1")`
                per request-handler `GET /1`: app::h1 -> app::with_db +1
        "#]],
    );
}

#[test]
fn a_generic_repository_opens_through_its_bound() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,rusqlite
use rusqlite::Connection;
trait Open { fn open(&self) -> Connection; }
struct Pg;
impl Open for Pg { fn open(&self) -> Connection { Connection::open("1").unwrap() } }
struct Repo<C> { c: C }
impl<C: Open> Repo<C> { fn run(&self) { self.c.open(); } }
async fn h1(axum::extract::State(r): axum::extract::State<std::sync::Arc<Repo<Pg>>>) { r.run(); }
struct App;
"#,
        expect![[r#"
            OpenConnection `Connection::open("1")`
                per request-handler `GET /1`: app::h1 -> app::Repo::run -> app::Pg::open
        "#]],
    );
}

#[test]
fn what_a_branch_of_select_yields_is_kept_as_what_a_block_yields_is() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio,sqlx
use sqlx::{Connection, PgConnection};
struct App { conn: Option<PgConnection> }
impl App {
    async fn ready(&mut self) {
        if self.conn.is_none() { self.conn = open().await; }
    }
}
async fn open() -> Option<PgConnection> {
    let opening = PgConnection::connect("");
    tokio::select! { opened = opening => opened.ok(), _ = tokio::time::sleep(LONG) => None }
}
async fn h1(app: &mut App) { app.ready().await }
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect("")`
                behind: Cache
        "#]],
    );
}
