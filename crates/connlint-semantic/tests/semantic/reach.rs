//! Ways by which a handler gets to an opening in somebody else's code.

use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn a_trait_object_that_a_factory_makes() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio,async-trait
use sqlx::{Connection, PgConnection};
#[async_trait::async_trait]
trait Store: Send + Sync { async fn load(&self); }
struct Memory;
struct Postgres;
#[async_trait::async_trait]
impl Store for Memory { async fn load(&self) {} }
#[async_trait::async_trait]
impl Store for Postgres { async fn load(&self) { PgConnection::connect("").await.unwrap(); } }
fn store(kind: &str) -> Box<dyn Store> { match kind { "memory" => Box::new(Memory), _ => Box::new(Postgres) } }
async fn h1() { store("x").load().await }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect("")`
                per request-handler `GET /1`: app::h1 -> app::Postgres::load
        "#]],
    );
}

#[test]
fn a_service_locator_that_is_asked_by_type() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use axum::extract::State;
use sqlx::{Connection, PgConnection};
struct Locator { services: HashMap<TypeId, Arc<dyn Any + Send + Sync>> }
impl Locator {
    fn get<T: Any + Send + Sync>(&self) -> Arc<T> { self.services[&TypeId::of::<T>()].clone().downcast::<T>().unwrap() }
}
struct Users;
impl Users { async fn all(&self) { PgConnection::connect("").await.unwrap(); } }
async fn h1(State(locator): State<Arc<Locator>>) { locator.get::<Users>().all().await }
async fn h2(State(locator): State<Arc<Locator>>) { let users: Arc<Users> = locator.get(); users.all().await }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect("")`
                per request-handler `GET /1`: app::h1 -> app::Users::all +1
        "#]],
    );
}

#[test]
fn futures_that_are_wrapped_before_they_are_awaited() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio,futures
use std::time::Duration;
use futures::FutureExt;
use sqlx::{Connection, PgConnection};
async fn open() -> PgConnection { PgConnection::connect("").await.unwrap() }
async fn bounded<F: Future>(future: F) -> F::Output { tokio::time::timeout(Duration::from_secs(1), future).await.unwrap() }
async fn h1() { tokio::time::timeout(Duration::from_secs(1), open()).await.unwrap(); }
async fn h2() { bounded(open()).await; }
async fn h3() { open().boxed().await; }
async fn h4() { bounded(async { open().await }).await; }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect("")`
                per request-handler `GET /1`: app::h1 -> app::open +3
        "#]],
    );
}

#[test]
fn closures_of_iterators_and_streams() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,postgres,sqlx,tokio,futures
use futures::{StreamExt, stream};
use postgres::{Client, NoTls};
use sqlx::{Connection, PgConnection};
fn alive(host: &String) -> bool { Client::connect(host, NoTls).is_ok() }
async fn h1(mut hosts: Vec<String>) { hosts.retain(|host| alive(host)); }
async fn h2(hosts: Vec<String>) { hosts.iter().filter(|host| alive(host)).count(); }
async fn h3(hosts: Vec<String>) {
    stream::iter(hosts).then(|host| async move { PgConnection::connect(&host).await }).collect::<Vec<_>>().await;
}
async fn h4(hosts: Vec<String>) {
    stream::iter(hosts).map(|host| async move { PgConnection::connect(&host).await }).buffer_unordered(8).count().await;
}
struct App;
"#,
        expect![[r#"
            OpenConnection `Client::connect(host, NoTls)`
                per request-handler `GET /1`: app::h1 -> app::h1{closure} -> app::alive (in a loop) +1
            OpenConnection `PgConnection::connect(&host)`
                per request-handler `GET /3`: app::h3 -> app::h3{closure} (in a loop)
            OpenConnection `PgConnection::connect(&host)`
                per request-handler `GET /4`: app::h4 -> app::h4{closure} (in a loop)
        "#]],
    );
}

#[test]
fn handlers_that_a_macro_declares() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use sqlx::{Connection, PgConnection};
macro_rules! resources {
    ($($name:ident { $($handler:ident => $url:literal),* $(,)? })*) => {
        $(mod $name {
            use super::*;
            $(pub async fn $handler() { PgConnection::connect($url).await.unwrap(); })*
            pub fn router() -> axum::Router { axum::Router::new()$(.route($url, axum::routing::get($handler)))* }
        })*
    };
}
resources! {
    users { all => "/users", one => "/users/1" }
    groups { all => "/groups" }
}
fn own() -> axum::Router { axum::Router::new().merge(users::router()).merge(groups::router()) }
struct App;
"#,
        expect![[r#"
            OpenConnection `resources! { users { all => "/users", one => "/users/1" } groups { all => "/groups" } }`
                per request-handler `GET …/groups`: app::groups::all
            OpenConnection `resources! { users { all => "/users", one => "/users/1" } groups { all => "/groups" } }`
                per request-handler `GET …/users/1`: app::users::one
            OpenConnection `resources! { users { all => "/users", one => "/users/1" } groups { all => "/groups" } }`
                per request-handler `GET …/users`: app::users::all
        "#]],
    );
}

#[test]
fn associated_constants_and_types() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,sqlx,tokio
use sqlx::{Connection, PgConnection};
trait Source {
    const URL: &'static str;
    const OPEN: fn(&str);
    type Driver: Driver;
}
trait Driver { async fn open(url: &str); }
struct Postgres;
impl Driver for Postgres { async fn open(url: &str) { PgConnection::connect(url).await.unwrap(); } }
struct Users;
impl Source for Users { const URL: &'static str = "x"; const OPEN: fn(&str) = open; type Driver = Postgres; }
fn open(url: &str) { let _ = reqwest::Client::new(); }
async fn load<S: Source>() { S::Driver::open(S::URL).await; (S::OPEN)(S::URL) }
async fn h1() { load::<Users>().await }
async fn h2() { <Users as Source>::Driver::open(Users::URL).await }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect(url)`
                per request-handler `GET /2`: app::h2 -> app::Postgres::open +1
            BuildClient `reqwest::Client::new()`
                per request-handler `GET /1`: app::h1 -> app::load -> app::open
        "#]],
    );
}

#[test]
fn state_that_a_handler_gets_by_from_ref() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx,tokio
use axum::extract::{Extension, FromRef, State};
use sqlx::{Connection, PgConnection};
#[derive(Clone)]
struct Users { url: String }
impl Users { async fn all(&self) { PgConnection::connect(&self.url).await.unwrap(); } }
#[derive(Clone)]
struct Shared { users: Users }
impl FromRef<Shared> for Users { fn from_ref(shared: &Shared) -> Self { shared.users.clone() } }
async fn h1(State(users): State<Users>) { users.all().await }
async fn h2(Extension(users): Extension<Users>) { users.all().await }
async fn generic<S>(State(shared): State<S>) where Users: FromRef<S> { Users::from_ref(&shared).all().await }
fn own() -> axum::Router<Shared> { axum::Router::new().route("/generic", axum::routing::get(generic::<Shared>)) }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect(&self.url)`
                per request-handler `GET /1`: app::h1 -> app::Users::all +2
        "#]],
    );
}

#[test]
fn a_crate_of_another_workspace_by_path() {
    check(
        r#"
//- /elsewhere/db/src/lib.rs crate:db deps:sqlx
pub mod pool {
    use sqlx::{Connection, PgConnection};
    pub async fn open() -> PgConnection { PgConnection::connect("").await.unwrap() }
}
//- /src/main.rs crate:app deps:axum,tokio,db
async fn h1() { db::pool::open().await; }
struct App;
"#,
        expect![[r#"
            OpenConnection `PgConnection::connect("")`
                per request-handler `GET /1`: app::h1 -> db::pool::open
        "#]],
    );
}
