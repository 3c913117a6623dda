//! What calls do to connections.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::effects(fixture));
}

#[test]
fn a_chain_of_settings_is_one_opening_where_it_is_finished() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,reqwest,bb8,r2d2
async fn pool() { sqlx::postgres::PgPoolOptions::new().max_connections(3).connect("").await; }
fn lazy() { sqlx::postgres::PgPoolOptions::new().connect_lazy(""); }
fn client() { reqwest::Client::builder().timeout(t).build(); }
fn never_finished() { reqwest::Client::builder().timeout(t); }
async fn generic<M: bb8::ManageConnection>(m: M) { bb8::Pool::builder().max_size(3).build(m).await; }
fn sync<M: r2d2::ManageConnection>(m: M) { r2d2::Pool::builder().build(m); r2d2::Pool::new(m); }
fn main() {}
"#,
        expect![[r#"
            BuildPool Pool sqlx::pool::PoolOptions::connect `sqlx::postgres::PgPoolOptions::new().max_connections(3).connect("")`
            BuildPool Pool sqlx::pool::PoolOptions::connect_lazy `sqlx::postgres::PgPoolOptions::new().connect_lazy("")`
            BuildClient Client reqwest::ClientBuilder::build `reqwest::Client::builder().timeout(t).build()`
            BuildPool Pool bb8::Builder::build `bb8::Pool::builder().max_size(3).build(m)`
            BuildPool Pool r2d2::Builder::build `r2d2::Pool::builder().build(m)`
            BuildPool Pool r2d2::Pool::new `r2d2::Pool::new(m)`
        "#]],
    );
}

#[test]
fn a_builder_kept_in_a_variable_is_finished_later() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,reqwest
async fn pool() { let mut options = sqlx::postgres::PgPoolOptions::new(); if true { options = options.max_connections(3); } options.connect("").await; }
fn client(proxy: Option<u8>) {
let mut builder = reqwest::ClientBuilder::new();
if let Some(p) = proxy { builder = builder.proxy(p); }
let builder = builder.timeout(t);
builder.build();
}
fn field() { let s = Settings { builder: reqwest::Client::builder() }; s.builder.build(); }
struct Settings { builder: reqwest::ClientBuilder }
fn main() {}
"#,
        expect![[r#"
            BuildPool Pool sqlx::pool::PoolOptions::connect `options.connect("")` begun `sqlx::postgres::PgPoolOptions::new()`
            BuildClient Client reqwest::ClientBuilder::build `builder.build()` begun `reqwest::ClientBuilder::new()`
            BuildClient Client reqwest::ClientBuilder::build `s.builder.build()`
        "#]],
    );
}

#[test]
fn a_builder_returned_by_a_helper_is_finished_by_its_caller() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,reqwest,db
fn builder() -> reqwest::ClientBuilder { reqwest::Client::builder().timeout(t) }
fn configured(b: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, u8> { Ok(b) }
fn options() -> impl Into<u8> { 1 }
fn main() { builder().build(); configured(builder()).unwrap().build(); }
"#,
        expect![[r#"
            BuildClient Client reqwest::ClientBuilder::build `builder().build()` begun `reqwest::Client::builder()`
            BuildClient Client reqwest::ClientBuilder::build `configured(builder()).unwrap().build()`
        "#]],
    );
}

#[test]
fn shorthand_functions_build_a_client_only_where_the_library_does() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,isahc,surf,ureq,minreq
async fn asynchronous() { reqwest::get("").await; }
fn blocking() { reqwest::blocking::get(""); }
fn shared() { isahc::get(""); surf::get(""); }
fn main() {}
"#,
        expect![[r#"
            ThrowawayClient Client reqwest::get `reqwest::get("")`
            ThrowawayClient Client reqwest::blocking::get `reqwest::blocking::get("")`
        "#]],
    );
}

#[test]
fn an_opening_handed_on_as_a_function_value_opens() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,rusqlite
fn option(c: Option<reqwest::Client>) { c.unwrap_or_else(reqwest::Client::new); }
fn result() { Ok("").and_then(rusqlite::Connection::open); }
fn own(f: fn() -> reqwest::Client) { f(); }
fn main() { own(reqwest::Client::new); }
"#,
        expect![[r#"
            BuildClient Client reqwest::Client::new `reqwest::Client::new`
            OpenConnection Connection rusqlite::Connection::open `rusqlite::Connection::open`
            BuildClient Client reqwest::Client::new `reqwest::Client::new`
        "#]],
    );
}

#[test]
fn constructors_of_traits_open_by_the_type_that_they_name() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,diesel,diesel-async,mine
use diesel::Connection as _;
async fn by_trait() { use sqlx::Connection; sqlx::PgConnection::connect("1").await; <sqlx::SqliteConnection as Connection>::connect("2").await; }
fn diesel() { diesel::PgConnection::establish("3"); diesel::sqlite::SqliteConnection::establish("4"); }
async fn diesel_async() { use diesel_async::AsyncConnection; diesel_async::AsyncPgConnection::establish("5").await; }
async fn generic<C: sqlx::Connection>() { C::connect("6").await; }
fn annotated() { let c: diesel::PgConnection = diesel::Connection::establish("7").unwrap(); }
fn main() {}
"#,
        expect![[r#"
            OpenConnection Connection sqlx::PgConnection::connect `sqlx::PgConnection::connect("1")`
            OpenConnection Connection sqlx::SqliteConnection::connect `<sqlx::SqliteConnection as Connection>::connect("2")`
            OpenConnection Connection diesel::PgConnection::establish `diesel::PgConnection::establish("3")`
            OpenConnection Connection diesel::SqliteConnection::establish `diesel::sqlite::SqliteConnection::establish("4")`
            OpenConnection Connection diesel_async::AsyncPgConnection::establish `diesel_async::AsyncPgConnection::establish("5")`
            OpenConnection Connection sqlx::Connection::connect `C::connect("6")`
            OpenConnection Connection diesel::Connection::establish `diesel::Connection::establish("7")`
        "#]],
    );
}

#[test]
fn connect_options_open_with_their_own_method() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,sea-orm,mongodb,mysql,mysql_async,tokio-postgres,postgres
use sqlx::ConnectOptions;
async fn sqlx() { let o: sqlx::postgres::PgConnectOptions = "".parse().unwrap(); o.connect().await; }
async fn annotated() { sqlx::postgres::PgConnectOptions::new().host("").connect().await; }
async fn orm() { sea_orm::Database::connect(sea_orm::ConnectOptions::new("")).await; }
async fn mongo() { mongodb::Client::with_uri_str("").await; }
fn mysql() { mysql::Pool::new(""); mysql::Conn::new(""); }
async fn mysql_async() { mysql_async::Pool::new(""); mysql_async::Conn::new("").await; }
async fn config() { let mut c = tokio_postgres::Config::new(); c.host(""); c.connect(tokio_postgres::NoTls).await; }
fn main() {}
"#,
        expect![[r#"
            OpenConnection Connection sqlx::postgres::PgConnectOptions::connect `o.connect()`
            OpenConnection Connection sqlx::postgres::PgConnectOptions::connect `sqlx::postgres::PgConnectOptions::new().host("").connect()`
            BuildPool Pool sea_orm::Database::connect `sea_orm::Database::connect(sea_orm::ConnectOptions::new(""))`
            BuildClient Client mongodb::Client::with_uri_str `mongodb::Client::with_uri_str("")`
            BuildPool Pool mysql::Pool::new `mysql::Pool::new("")`
            OpenConnection Connection mysql::Conn::new `mysql::Conn::new("")`
            BuildPool Pool mysql_async::Pool::new `mysql_async::Pool::new("")`
            OpenConnection Connection mysql_async::Conn::new `mysql_async::Conn::new("")`
            OpenConnection Connection tokio_postgres::Config::connect `c.connect(tokio_postgres::NoTls)` begun `tokio_postgres::Config::new()`
        "#]],
    );
}

#[test]
fn taking_from_a_pool_is_no_opening() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,bb8,deadpool-postgres,redis
async fn run(a: sqlx::PgPool, d: deadpool_postgres::Pool, m: redis::aio::ConnectionManager) { a.acquire().await; a.begin().await; d.get().await; m.clone(); a.clone(); }
fn main() {}
"#,
        expect![""],
    );
}

#[test]
fn own_types_and_methods_of_the_same_name_open_nothing() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx
struct PgPool; struct Client;
impl PgPool { async fn connect(u: &str) {} }
impl Client { fn new() -> Self { Client } fn builder() -> Self { Client } fn build(self) {} }
async fn run() { PgPool::connect("").await; Client::new(); Client::builder().build(); }
fn main() {}
"#,
        expect![""],
    );
}

#[test]
fn redis_opens_with_the_connection_not_with_the_client() {
    check(
        r#"
//- /src/main.rs crate:app deps:redis
async fn run() {
let client = redis::Client::open("").unwrap();
client.get_multiplexed_async_connection().await;
client.get_connection();
redis::aio::ConnectionManager::new(client).await;
}
fn main() {}
"#,
        expect![[r#"
            OpenConnection MultiplexedConnection redis::Client::get_multiplexed_async_connection `client.get_multiplexed_async_connection()` begun `redis::Client::open("")`
            OpenConnection Connection redis::Client::get_connection `client.get_connection()` begun `redis::Client::open("")`
            OpenConnection MultiplexedConnection redis::aio::ConnectionManager::new `redis::aio::ConnectionManager::new(client)`
        "#]],
    );
}

#[test]
fn channels_and_sdk_clients_are_clients() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic,aws-config,aws-sdk-s3,lettre,hyper-util
async fn channel() { tonic::transport::Channel::from_static("").connect().await; tonic::transport::Endpoint::new("").unwrap().connect_lazy(); }
async fn sdk() { let c = aws_config::load_from_env().await; aws_sdk_s3::Client::new(&c); }
fn mail() { lettre::SmtpTransport::relay("").unwrap().build(); lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::relay("").unwrap().build(); }
fn hyper() { hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http(); }
fn main() {}
"#,
        expect![[r#"
            OpenConnection Client tonic::transport::Endpoint::connect `tonic::transport::Channel::from_static("").connect()`
            OpenConnection Client tonic::transport::Endpoint::connect_lazy `tonic::transport::Endpoint::new("").unwrap().connect_lazy()`
            BuildClient ClientConfig aws_config::load_from_env `aws_config::load_from_env()`
            BuildClient Client aws_sdk_s3::Client::new `aws_sdk_s3::Client::new(&c)`
            BuildPool Client lettre::transport::smtp::SmtpTransportBuilder::build `lettre::SmtpTransport::relay("").unwrap().build()`
            BuildPool Client lettre::transport::smtp::AsyncSmtpTransportBuilder::build `lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::relay("").unwrap().build()`
            BuildClient Client hyper_util::client::legacy::Builder::build_http `hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http()`
        "#]],
    );
}

#[test]
fn a_generated_client_connects() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic
pub mod pb { tonic::include_proto!("users"); }
async fn run() { pb::users_client::UsersClient::connect("").await; }
fn main() {}
"#,
        expect![[r#"
            BuildClient Client tonic::include_proto::Client::connect `pb::users_client::UsersClient::connect("")`
        "#]],
    );
}

#[test]
fn a_row_of_a_neighbouring_version_is_nearer_than_none() {
    check(
        r#"
//- /src/main.rs crate:app deps:redis@1.0.0
async fn run(client: redis::Client) { client.get_async_connection().await; }
fn main() {}
"#,
        expect![[r#"
            OpenConnection Connection redis::Client::get_async_connection `client.get_async_connection()`
        "#]],
    );
}

#[test]
fn a_fork_under_a_drivers_name_and_a_crate_that_another_re_exports_are_the_driver() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest=my-reqwest,wiki
fn fork() { reqwest::Client::new(); }
fn re_exported() { wiki::reqwest::Client::new(); }
fn a_module_of_its_own() { wiki::reqwest::Session::new(); }
fn main() {}
"#,
        expect![[r#"
            BuildClient Client reqwest::Client::new `reqwest::Client::new()`
            BuildClient Client reqwest::Client::new `wiki::reqwest::Client::new()`
        "#]],
    );
}

#[test]
fn a_step_that_can_fail_leaves_the_builder() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest
fn client() { reqwest::Client::builder().some_step()?.build(); }
fn main() {}
"#,
        expect![[r#"
            BuildClient Client reqwest::ClientBuilder::build `reqwest::Client::builder().some_step()?.build()`
        "#]],
    );
}

#[test]
fn what_only_a_debug_build_does_is_left_out() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest
fn debug() { if cfg!(debug_assertions) { reqwest::blocking::get("1"); } else { reqwest::blocking::get("2"); } }
fn statement() { #[cfg(debug_assertions)] reqwest::blocking::get("3"); #[cfg(not(debug_assertions))] reqwest::blocking::get("4"); }
fn main() {}
"#,
        expect![[r#"
            ThrowawayClient Client reqwest::blocking::get `reqwest::blocking::get("2")`
            ThrowawayClient Client reqwest::blocking::get `reqwest::blocking::get("4")`
        "#]],
    );
}

#[test]
fn a_crate_that_nobody_has_read_builds_a_client_of_the_builder_that_it_is_given() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,some-wiki@0.3.0,axum
async fn given() { some_wiki::Api::from_builder("", reqwest::ClientBuilder::new().timeout(t)).await; }
async fn exported() { some_wiki::Api::from_builder("", some_wiki::reqwest::ClientBuilder::new()).await; }
async fn lent() { some_wiki::check(&reqwest::ClientBuilder::new()); }
async fn handed_on() { own(reqwest::ClientBuilder::new()); }
fn own(builder: reqwest::ClientBuilder) {}
async fn wrapped() { let builder = Some(reqwest::ClientBuilder::new()); }
fn main() {}
"#,
        expect![[r#"
            BuildClient Client reqwest::ClientBuilder::build `some_wiki::Api::from_builder("", reqwest::ClientBuilder::new().timeout(t))`
            BuildClient Client reqwest::ClientBuilder::build `some_wiki::Api::from_builder("", some_wiki::reqwest::ClientBuilder::new())`
        "#]],
    );
}
