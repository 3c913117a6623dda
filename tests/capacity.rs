//! `connlint capacity`, as people and machines meet it.

use std::fs;

use connlint_tests::command::{Run, connlint};
use connlint_tests::workspace::workspace;
use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;

/// A server with two pools for one database, one for each worker of another, and a connection for each request; a worker
/// that shares the database; a migration.
const SERVICE: &str = r#"
//- Cargo.toml
[package]
name = "shop"
version = "0.1.0"
edition = "2024"
[dependencies]
actix-web = "4"
deadpool-postgres = "0.14"
redis = "0.27"
serde = "1"
sqlx = "0.8"
tokio = "1"
//- Cargo.lock
version = 4
[[package]]
name = "shop"
version = "0.1.0"
dependencies = ["actix-web", "deadpool-postgres", "redis", "serde", "sqlx", "tokio"]
[[package]]
name = "actix-web"
version = "4.9.0"
[[package]]
name = "deadpool-postgres"
version = "0.14.0"
[[package]]
name = "redis"
version = "0.27.0"
[[package]]
name = "serde"
version = "1.0.0"
[[package]]
name = "sqlx"
version = "0.8.2"
[[package]]
name = "tokio"
version = "1.40.0"
//- src/lib.rs
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

#[derive(serde::Deserialize)]
pub struct Config {
    pub database_url: String,
    pub jobs: u32,
}

pub async fn pool(url: &str, size: u32) -> PgPool {
    PgPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(5)).connect(url).await.unwrap()
}

pub async fn pay(pool: &PgPool) {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("UPDATE accounts SET balance = 0").execute(&mut *tx).await.unwrap();
    sqlx::query("INSERT INTO audit DEFAULT VALUES").execute(pool).await.unwrap();
    tx.commit().await.unwrap();
}
//- src/main.rs
use actix_web::{App, HttpServer, web};
use shop::{Config, pay, pool};
use sqlx::{Connection, PgConnection, PgPool};

#[actix_web::main]
async fn main() {
    let config: Config = load();
    let main = pool(&config.database_url, 20).await;
    let jobs = pool(&config.database_url, config.jobs).await;
    let state = web::Data::new(main);
    HttpServer::new(move || {
        let reports = PgPool::connect_lazy("postgres://app:secret@reports:5432/app").unwrap();
        App::new()
            .app_data(state.clone())
            .app_data(web::Data::new(reports))
            .route("/pay", web::post().to(charge))
            .route("/users/{id}", web::get().to(user))
    })
    .bind("0.0.0.0:80")
    .unwrap()
    .run()
    .await
    .unwrap();
    drop(jobs);
}

fn load() -> Config {
    config::load().unwrap()
}

async fn charge(pool: web::Data<PgPool>) -> &'static str {
    pay(&pool).await;
    "paid"
}

async fn user(_id: web::Path<i64>) -> &'static str {
    PgConnection::connect(&std::env::var("ARCHIVE_URL").unwrap()).await.unwrap();
    "user"
}
//- src/bin/migrate.rs
use sqlx::{Connection, PgConnection};

#[tokio::main]
async fn main() {
    let mut conn = PgConnection::connect(&std::env::var("ARCHIVE_URL").unwrap()).await.unwrap();
    sqlx::query("CREATE TABLE accounts ()").execute(&mut conn).await.unwrap();
}
"#;

const TRAFFIC: &str = "route,requests_per_second,mean_seconds,p99_seconds\n\
    POST /pay,100,0.05,0.4\n\
    GET /users/7,30,0.02,0.1\n\
    GET /nowhere,1,1,1\n";

fn run(service: &TempDir, arguments: &[&str]) -> Run {
    connlint(service.path(), &[&["capacity"], arguments].concat())
}

#[track_caller]
fn check(run: &Run, expected: &Expect) {
    assert_eq!(run.code, 0, "{}", run.stderr);
    expected.assert_eq(&run.stdout);
}

fn json(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("it is JSON")
}

#[test]
fn each_program_is_counted_by_server_and_unknown_values_are_named() {
    let service = workspace(SERVICE);
    check(
        &run(&service, &["-q"]),
        &expect![[r#"
            One process of `migrate` (serves nothing and ends)
              1: connection `sqlx::Connection::connect` at src/bin/migrate.rs:5:20
                connects to `env::var("ARCHIVE_URL")`
                by way of `migrate::main`

            One process of `shop`
              [Config::jobs]: pool `PoolOptions::connect` at src/lib.rs:13:5
                connects to `Config::database_url`
                at most [Config::jobs] each, set at src/lib.rs:13:42
                by way of `shop::main`, `shop::pool`
              20: pool `PoolOptions::connect` at src/lib.rs:13:5
                connects to `Config::database_url`
                at most 20 each, set at src/lib.rs:13:42
                by way of `shop::main`, `shop::pool`
              10 × [workers]: pool `sqlx::Pool::connect_lazy` at src/main.rs:12:23
                connects to `postgres://reports:5432`
                at most 10 each, the default of the library
                [workers] of it
                by way of `shop::main`
              [requests at once]: connection `sqlx::Connection::connect` at src/main.rs:37:5
                connects to `env::var("ARCHIVE_URL")`
                each request opens it anew
                by way of `shop::user`

            By server
              `Config::database_url`
                one process of `shop`: 20 + [Config::jobs] (at least 20)
              `env::var("ARCHIVE_URL")`
                one process of `migrate`: 1
                one process of `shop`: [requests at once] (at least 0)
              `postgres://reports:5432`
                one process of `shop`: 10 × [workers] (at least 0)

            Pools
              `sqlx::Pool<sqlx::Postgres>` at src/lib.rs:13:5
                maximum: 20
                a task holds 2 connections at once (at src/lib.rs:19:5): the smallest maximum that cannot deadlock is T × 1 + 1 for T tasks at once
                what takes a connection takes it from one of 2 pools of this type: of which is not known
                the wait for a connection: 5 s (set at src/lib.rs:13:5)
                no limit of the time of a statement: the library has no setting for it
                the age of a connection: 30 min (default of the library; `sqlx::pool::PoolOptions::max_lifetime` sets it)
              `sqlx::Pool<sqlx::Postgres>` at src/lib.rs:13:5
                maximum: [Config::jobs]
                a task holds 2 connections at once (at src/lib.rs:19:5): the smallest maximum that cannot deadlock is T × 1 + 1 for T tasks at once
                what takes a connection takes it from one of 2 pools of this type: of which is not known
                the wait for a connection: 5 s (set at src/lib.rs:13:5)
                no limit of the time of a statement: the library has no setting for it
                the age of a connection: 30 min (default of the library; `sqlx::pool::PoolOptions::max_lifetime` sets it)
              `sqlx::Pool<sqlx::Postgres>` at src/main.rs:12:23
                maximum: 10
                a task holds 2 connections at once (at src/lib.rs:19:5): the smallest maximum that cannot deadlock is T × 1 + 1 for T tasks at once
                what takes a connection takes it from one of 2 pools of this type: of which is not known
                the wait for a connection: 30 s (default of the library; `sqlx::pool::PoolOptions::acquire_timeout` sets it)
                no limit of the time of a statement: the library has no setting for it
                the age of a connection: 30 min (default of the library; `sqlx::pool::PoolOptions::max_lifetime` sets it)
        "#]],
    );
}

#[test]
fn a_fleet_is_compared_with_what_a_server_allows() {
    let service = workspace(SERVICE);
    let arguments =
        ["-q", "--replicas", "3", "--server-limit", "Config::database_url=150", "--value", "Config::jobs=5"];
    let document = json(&run(&service, &[&arguments[..], &["--format", "json"]].concat()));
    let servers = document["servers"].as_array().expect("a list");
    let shop = servers.iter().find(|server| server["name"] == "Config::database_url").expect("it is a server");
    assert_eq!(shop["by_program"][0]["connections"]["value"], 25);
    assert_eq!(shop["fleet"]["value"], 75);
    assert_eq!(shop["during_deploy"]["value"], 150);
    assert_eq!((&shop["exceeds"], &shop["exceeds_during_deploy"]), (&Value::Bool(false), &Value::Bool(false)));
    let one_less = ["-q", "--replicas", "3", "--server-limit", "149", "--value", "Config::jobs=5", "--format", "json"];
    let run = run(&service, &one_less);
    assert_eq!(run.code, 1, "what is certain exceeds the limit");
    let document: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let servers = document["servers"].as_array().expect("a list");
    let shop = servers.iter().find(|server| server["name"] == "Config::database_url").expect("it is a server");
    assert_eq!((&shop["exceeds"], &shop["exceeds_during_deploy"]), (&Value::Bool(false), &Value::Bool(true)));
}

#[test]
fn a_migration_runs_only_where_it_is_named() {
    let service = workspace(SERVICE);
    let replicas = |arguments: &[&str]| {
        let document = json(&run(&service, &[&["-q", "--format", "json"], arguments].concat()));
        let programs = document["programs"].as_array().expect("a list").clone();
        programs.into_iter().map(|program| program["replicas"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(replicas(&["--replicas", "3"]), [Value::Null, Value::from(3)]);
    assert_eq!(replicas(&["--replicas", "3", "--replicas", "migrate=1"]), [Value::from(1), Value::from(3)]);
}

#[test]
fn traffic_becomes_connections_by_littles_law() {
    let service = workspace(SERVICE);
    fs::write(service.path().join("traffic.csv"), TRAFFIC).expect("it is written");
    let arguments = ["-q", "--replicas", "2", "--traffic", "traffic.csv", "--tasks", "50", "--format", "markdown"];
    check(
        &run(&service, &arguments),
        &expect![[r###"
            ## Connections

            ### One process of `migrate` (serves nothing and ends)

            - 1: connection `sqlx::Connection::connect` at src/bin/migrate.rs:5:20
              - connects to `env::var("ARCHIVE_URL")`
              - by way of `migrate::main`

            ### One process of `shop`, 2 processes

            - \[Config::jobs\]: pool `PoolOptions::connect` at src/lib.rs:13:5
              - connects to `Config::database_url`
              - at most \[Config::jobs\] each, set at src/lib.rs:13:42
              - by way of `shop::main`, `shop::pool`
            - 20: pool `PoolOptions::connect` at src/lib.rs:13:5
              - connects to `Config::database_url`
              - at most 20 each, set at src/lib.rs:13:42
              - by way of `shop::main`, `shop::pool`
            - 10 × \[workers\]: pool `sqlx::Pool::connect_lazy` at src/main.rs:12:23
              - connects to `postgres://reports:5432`
              - at most 10 each, the default of the library
              - \[workers\] of it
              - by way of `shop::main`
            - \[requests at once\]: connection `sqlx::Connection::connect` at src/main.rs:37:5
              - connects to `env::var("ARCHIVE_URL")`
              - each request opens it anew
              - by way of `shop::user`

            ### By server

            - `Config::database_url`
              - one process of `shop`: 20 + \[Config::jobs\] (at least 20)
              - all processes: 40 and what depends on \[Config::jobs\]
              - during a deploy, old and new side by side: 80 and what depends on \[Config::jobs\]
            - `env::var("ARCHIVE_URL")`
              - one process of `migrate`: 1
              - one process of `shop`: \[requests at once\] (at least 0)
              - all processes: 0 and what depends on \[requests at once\]
              - during a deploy, old and new side by side: 0 and what depends on \[requests at once\]
            - `postgres://reports:5432`
              - one process of `shop`: 10 × \[workers\] (at least 0)
              - all processes: 0 and what depends on \[workers\]
              - during a deploy, old and new side by side: 0 and what depends on \[workers\]

            ### Pools

            - `sqlx::Pool<sqlx::Postgres>` at src/lib.rs:13:5
              - maximum: 20
              - a task holds 2 connections at once (at src/lib.rs:19:5): the smallest maximum that cannot deadlock is 50 × 1 + 1 = 51
              - what takes a connection takes it from one of 2 pools of this type: of which is not known
              - the wait for a connection: 5 s (set at src/lib.rs:13:5)
              - no limit of the time of a statement: the library has no setting for it
              - the age of a connection: 30 min (default of the library; `sqlx::pool::PoolOptions::max_lifetime` sets it)
            - `sqlx::Pool<sqlx::Postgres>` at src/lib.rs:13:5
              - maximum: \[Config::jobs\]
              - a task holds 2 connections at once (at src/lib.rs:19:5): the smallest maximum that cannot deadlock is 50 × 1 + 1 = 51
              - what takes a connection takes it from one of 2 pools of this type: of which is not known
              - the wait for a connection: 5 s (set at src/lib.rs:13:5)
              - no limit of the time of a statement: the library has no setting for it
              - the age of a connection: 30 min (default of the library; `sqlx::pool::PoolOptions::max_lifetime` sets it)
            - `sqlx::Pool<sqlx::Postgres>` at src/main.rs:12:23
              - maximum: 10
              - a task holds 2 connections at once (at src/lib.rs:19:5): the smallest maximum that cannot deadlock is 50 × 1 + 1 = 51
              - what takes a connection takes it from one of 2 pools of this type: of which is not known
              - the wait for a connection: 30 s (default of the library; `sqlx::pool::PoolOptions::acquire_timeout` sets it)
              - no limit of the time of a statement: the library has no setting for it
              - the age of a connection: 30 min (default of the library; `sqlx::pool::PoolOptions::max_lifetime` sets it)

            ### Traffic of one process, a share of 1 in 2

            - pool `sqlx::Pool<sqlx::Postgres>` at src/lib.rs:13:5: up to 5 connections held at once, 40 where each request is as slow as the slowest of 100
              - 50 requests/s take from it; its maximum is not known or not the same everywhere
              - `POST /pay` uses most of it: 100 %
            - pool `sqlx::Pool<sqlx::Postgres>` at src/main.rs:12:23: up to 5 connections held at once, 40 where each request is as slow as the slowest of 100
              - 50 requests/s take from it; saturated at 100 requests/s of this mix
              - `POST /pay` uses most of it: 100 %
            - `POST /pay`: 50 requests/s, 2.5 under way at once
            - `GET /users/7`: 15 requests/s, 0.3 under way at once, opens 15 connections/s
              - served by `GET /users/{id}`
            - `GET /nowhere`: no entry point serves it
        "###]],
    );
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let service = workspace(SERVICE);
    fs::write(service.path().join("traffic.csv"), "route\n").expect("it is written");
    let failed = run(&service, &["--traffic", "traffic.csv"]);
    assert_eq!(failed.code, 2);
    assert!(failed.stderr.contains("names no column `requests_per_second`"), "{}", failed.stderr);
    assert_eq!(run(&service, &["--value", "5"]).code, 2);
}

#[test]
fn a_number_for_something_that_does_not_exist_is_reported() {
    let service = workspace(SERVICE);
    let unused = run(&service, &["-q", "--value", "Config::nothing=5"]);
    assert!(unused.stdout.contains("nothing here is called `Config::nothing`"), "{}", unused.stdout);
}
