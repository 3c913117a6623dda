//! `connlint why` and `connlint routes`, as users and machines meet them.

use std::collections::BTreeSet;
use std::fs;

use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::files::repository;
use connlint_tests::workspace::{line_of, workspace};
use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;

/// A service of two crates with one place for each answer.
const SERVICE: &str = r#"
//- Cargo.toml
[workspace]
members = ["db", "server"]
//- db/Cargo.toml
[package]
name = "db"
version = "0.1.0"
edition = "2024"
[dependencies]
deadpool = "0.12"
sqlx = "0.8"
//- db/src/lib.rs
use sqlx::{Connection, PgConnection};

pub async fn open() -> PgConnection {
    PgConnection::connect("postgres://localhost").await.unwrap() // open
}

pub async fn migrate() -> PgConnection {
    PgConnection::connect("postgres://localhost").await.unwrap() // start-up
}

pub async fn probe() -> PgConnection {
    PgConnection::connect("postgres://localhost").await.unwrap() // nobody
}

pub async fn seed() -> PgConnection {
    PgConnection::connect("postgres://localhost").await.unwrap() // for tests
}

pub struct Manager;

impl deadpool::managed::Manager for Manager {
    type Type = PgConnection;
    type Error = sqlx::Error;
    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect("postgres://localhost").await // factory
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds() {
        super::seed(); // a test
    }
}
//- db/src/left.rs
fn orphan() {}
//- server/Cargo.toml
[package]
name = "server"
version = "0.1.0"
edition = "2024"
[dependencies]
axum = "0.8"
db = { path = "../db" }
plugins = "1"
reqwest = "0.12"
tokio = "1"
//- server/src/main.rs
use axum::{Router, routing::{get, post}};
use tokio::sync::OnceCell;

static CLIENT: OnceCell<reqwest::Client> = OnceCell::const_new();

#[tokio::main]
async fn main() {
    db::migrate().await;
    let app = Router::new().route("/users", get(users)).route("/users", post(add)).route("/near", get(near));
    plugins::load().extend();
    serve(app).await;
}

async fn serve(app: Router) {
    let listener = tokio::net::TcpListener::bind("localhost").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}

async fn users() {
    load().await;
}

async fn add() {
    for _ in 0..3 {
        load().await;
    }
}

async fn load() {
    db::open().await;
}

async fn near() {
    CLIENT.get_or_init(|| async { reqwest::Client::new() }).await; // once
}

pub struct Plugin;

impl Plugin {
    pub fn extend(&self) {
        reqwest::Client::new(); // missing link
    }

    pub fn extend_all(self, others: &[Plugin]) {
        others.iter().for_each(|_| ());
    }
}

pub struct Other;

impl Other {
    pub fn extend(&self) {}
}
"#;

fn ask(service: &TempDir, arguments: &[&str]) -> Run {
    let run = connlint(service.path(), arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.stdout, run.stderr);
    run
}

/// What `why` says of the line with a mark.
fn check(path: &str, mark: &str, expect: Expect) {
    let service = workspace(SERVICE);
    expect.assert_eq(&ask(&service, &["why", "-q", &line_of(service.path(), path, mark)]).stdout);
}

#[test]
fn all_paths_through_two_crates_are_told() {
    check(
        "db/src/lib.rs",
        "// open",
        expect![[r#"
            db/src/lib.rs:4: in `db::open`
              opens a connection: `sqlx::PgConnection::connect`
            runs for every request or iteration: 2 entry points

            1. GET /users (request handler `server::users`, axum)
               server/src/main.rs:19:10  enters here
               server/src/main.rs:20:5   calls `server::load`
               server/src/main.rs:30:5   calls `db::open`
               db/src/lib.rs:4:5         opens a connection

            2. POST /users (request handler `server::add`, axum)
               server/src/main.rs:23:10  enters here
               server/src/main.rs:24:5   enters a loop
               server/src/main.rs:25:9   calls `server::load`
               server/src/main.rs:30:5   calls `db::open`
               db/src/lib.rs:4:5         opens a connection
               note: it runs once for each round of a loop on the way
        "#]],
    );
}

#[test]
fn start_up_is_no_entry_point() {
    check(
        "db/src/lib.rs",
        "// start-up",
        expect![[r#"
            db/src/lib.rs:8: in `db::migrate`
              opens a connection: `sqlx::PgConnection::connect`
            runs at start-up only: no entry point leads here, `main` does

            from `server::main`, at start-up:
               server/src/main.rs:8:5  calls `db::migrate`
        "#]],
    );
}

#[test]
fn functions_that_nothing_calls_are_told() {
    check(
        "db/src/lib.rs",
        "// nobody",
        expect![[r#"
        db/src/lib.rs:12: in `db::probe`
          opens a connection: `sqlx::PgConnection::connect`
        no entry point and no `main` leads here

        no caller was found of:
           `db::probe` at db/src/lib.rs:11:14: nothing in the workspace calls it
    "#]],
    );
}

#[test]
fn functions_that_only_tests_call_are_told() {
    check(
        "db/src/lib.rs",
        "// for tests",
        expect![[r#"
        db/src/lib.rs:16: in `db::seed`
          opens a connection: `sqlx::PgConnection::connect`
        is called by tests only

        no caller was found of:
           `db::seed` at db/src/lib.rs:15:14: only tests name it (db/src/lib.rs:33:9)
    "#]],
    );
}

#[test]
fn factories_of_pools_are_told() {
    check(
        "db/src/lib.rs",
        "// factory",
        expect![[r#"
            db/src/lib.rs:25: in `Manager::create`
              opens a connection: `sqlx::PgConnection::connect`
            does not run each time: a pool calls it to open its own connections

            no caller was found of:
               `db::Manager::create` at db/src/lib.rs:24:14: it implements `deadpool::managed::Manager`: a pool calls it to open its own connections
        "#]],
    );
}

#[test]
fn once_forms_are_named() {
    check(
        "server/src/main.rs",
        "// once",
        expect![[r#"
        server/src/main.rs:34: in a closure in `server::near`
          builds a client: `reqwest::Client::new`
        does not run each time, but once for the process: 1 entry point

        1. GET /near (request handler `server::near`, axum)
           server/src/main.rs:33:10  enters here
           server/src/main.rs:34:12  runs a closure, once for the process by `tokio::sync::OnceCell::get_or_init` at server/src/main.rs:34:5
           server/src/main.rs:34:35  builds a client
    "#]],
    );
}

#[test]
fn calls_that_may_be_the_missing_link_are_told() {
    check(
        "server/src/main.rs",
        "// missing link",
        expect![[r#"
        server/src/main.rs:41: in `Plugin::extend`
          builds a client: `reqwest::Client::new`
        no entry point and no `main` leads here

        no caller was found of:
           `server::Plugin::extend` at server/src/main.rs:40:12: nothing in the workspace calls it

        calls that were not resolved and may be the missing ones:
           server/src/main.rs:10:21: `.extend()`: the receiver is the result of a call of which no result is known (`plugins::load`)
    "#]],
    );
}

#[test]
fn unresolved_calls_on_the_line_are_told() {
    check(
        "server/src/main.rs",
        "plugins::load",
        expect![[r#"
            server/src/main.rs:10: in `server::main`
              `.extend()` was not resolved: the receiver is the result of a call of which no result is known (`plugins::load`)
            runs at start-up only: no entry point leads here, `main` does

            it is in `main` itself
        "#]],
    );
}

#[test]
fn code_of_tests_is_told() {
    check(
        "db/src/lib.rs",
        "// a test",
        expect![[r#"
        db/src/lib.rs:33: it is in `db::tests::seeds`, which is test code: `--include-tests` takes it in
    "#]],
    );
}

#[test]
fn lines_without_a_body_are_told() {
    check(
        "db/src/lib.rs",
        "use sqlx",
        expect![[r#"
        db/src/lib.rs:1: no function's body is here: it is a declaration, an import or a comment
    "#]],
    );
}

#[test]
fn files_of_no_crate_are_told() {
    check(
        "db/src/left.rs",
        "orphan",
        expect![[r#"
        db/src/left.rs:1: the file belongs to no module tree of any crate here, so it was not analysed
    "#]],
    );
}

#[test]
fn lines_without_effects_tell_their_function() {
    check(
        "server/src/main.rs",
        "bind(\"localhost\")",
        expect![[r#"
            server/src/main.rs:15: in `server::serve`
            runs at start-up only: no entry point leads here, `main` does

            from `server::main`, at start-up:
               server/src/main.rs:11:5  calls `server::serve`
        "#]],
    );
}

#[test]
fn routes_tell_what_each_entry_point_does() {
    let service = workspace(SERVICE);
    expect![[r#"
        GET /near  request handler `server::near`, axum, server/src/main.rs:33:10
            builds a client  reqwest::Client::new  server/src/main.rs:34:35  once for the process

        GET /users  request handler `server::users`, axum, server/src/main.rs:19:10
            opens a connection  sqlx::PgConnection::connect  db/src/lib.rs:4:5  every request

        POST /users  request handler `server::add`, axum, server/src/main.rs:23:10
            opens a connection  sqlx::PgConnection::connect  db/src/lib.rs:4:5  every iteration

        3 entry points: 2 open something each time, 0 acquire, 0 query
        1 notice: `connlint check -v` shows what was not understood
    "#]]
    .assert_eq(&ask(&service, &["routes"]).stdout);
}

#[test]
fn routes_are_chosen_by_kind_route_and_effect() {
    let service = workspace(SERVICE);
    let told = |arguments: &[&str]| {
        let run = ask(&service, &[&["routes"], arguments].concat());
        run.stdout.lines().last().unwrap_or_default().to_owned()
    };
    expect!["1 notice: `connlint check -v` shows what was not understood"].assert_eq(&told(&["--route", "/USERS"]));
    expect!["1 notice: `connlint check -v` shows what was not understood"]
        .assert_eq(&told(&["--kind", "scheduled-job"]));
    expect!["1 notice: `connlint check -v` shows what was not understood"]
        .assert_eq(&told(&["--effect", "open", "--route", "get"]));
    expect!["1 notice: `connlint check -v` shows what was not understood"].assert_eq(&told(&["--kind", "loop"]));
}

#[test]
fn limits_of_paths_say_what_is_left_out() {
    let service = workspace(SERVICE);
    let place = line_of(service.path(), "db/src/lib.rs", "// open");
    let one = ask(&service, &["why", &place, "--limit", "1"]).stdout;
    assert!(one.contains("… and 1 more"), "{one}");
    assert!(one.contains("2 entry points"), "{one}");
    let json: Value = serde_json::from_str(&ask(&service, &["why", &place, "--limit", "1", "--format", "json"]).stdout)
        .expect("one JSON value");
    assert_eq!(json["functions"][0]["paths_left_out"], 1);
    let all = ask(&service, &["why", &place, "--limit", "0"]).stdout;
    assert!(!all.contains("… and"), "{all}");
}

#[test]
fn every_field_of_the_documents_is_documented() {
    let service = workspace(SERVICE);
    let docs = fs::read_to_string(repository().join("docs/json.md")).expect("the docs are there");
    let mut keys = BTreeSet::new();
    for (path, mark) in [
        ("db/src/lib.rs", "// open"),
        ("db/src/lib.rs", "// for tests"),
        ("server/src/main.rs", "// once"),
        ("server/src/main.rs", "// missing link"),
        ("server/src/main.rs", "plugins::load"),
        ("db/src/left.rs", "orphan"),
    ] {
        keys_of(&document(&service, &["why", &line_of(service.path(), path, mark)]), &mut keys);
    }
    keys_of(&document(&service, &["routes"]), &mut keys);
    let budget = ask(&service, &["routes", "--budget", "--format", "json"]).stdout;
    keys_of(&serde_json::from_str(&budget).unwrap(), &mut keys);
    keys_of(&serde_json::from_str(&connlint(service.path(), &["--format", "json"]).stdout).unwrap(), &mut keys);
    let missing: Vec<&String> = keys.iter().filter(|key| !docs.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/json.md does not tell of {missing:?}");
}

fn document(service: &TempDir, arguments: &[&str]) -> Value {
    let run = ask(service, &[arguments, &["--format", "json"]].concat());
    let value: Value = serde_json::from_str(&run.stdout).expect("one JSON value");
    assert_eq!((&value["version"], &value["document"]), (&Value::from(1), &Value::from(arguments[0])));
    value
}

/// All names of fields.
fn keys_of(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            keys.insert(key.clone());
            keys_of(value, keys);
        }),
        Value::Array(values) => values.iter().for_each(|value| keys_of(value, keys)),
        _ => {}
    }
}

#[test]
fn documents_do_not_depend_on_the_number_of_threads() {
    let service = workspace(SERVICE);
    let place = line_of(service.path(), "db/src/lib.rs", "// open");
    for arguments in [&["routes"][..], &["why", &place]] {
        let run = |threads| ask(&service, &[arguments, &["--format", "json", "--threads", threads]].concat()).stdout;
        assert_eq!(run("1"), run("4"));
    }
}

#[test]
fn figures_are_told_by_crate_where_they_are_asked_for() {
    let service = workspace(SERVICE);
    let plain = connlint(service.path(), &[]).stdout;
    assert!(!plain.contains("calls resolved"), "{plain}");
    let verbose = connlint(service.path(), &["-v"]).stdout;
    let figures: Vec<&str> = verbose.lines().skip_while(|line| !line.contains("calls resolved")).collect();
    expect![[r#"
        32 of 33 (97.0 %) calls resolved: functions 20 of 20 (100.0 %), methods 12 of 13 (92.3 %)
          db      functions 5 of 5 (100.0 %), methods 4 of 4 (100.0 %)
          server  functions 15 of 15 (100.0 %), methods 8 of 9 (88.9 %)
        0 unresolved calls on recurring paths
        run `connlint explain connection-per-request` for details"#]]
    .assert_eq(&figures.join("\n"));
    let json: Value = serde_json::from_str(&connlint(service.path(), &["--format", "json"]).stdout).unwrap();
    assert_eq!(json["stats"]["resolution"][0]["crate"], "db");
}

#[test]
fn places_that_are_not_there_end_with_2() {
    let service = workspace(SERVICE);
    for place in
        ["db/src/lib.rs", "db/src/lib.rs:0", "db/src/lib.rs:9999", "db/src/lib.rs:1:500", "db/src/no.rs:1", ":3"]
    {
        let run = connlint(service.path(), &["why", place]);
        assert_eq!(run.code, 2, "{place}: {}{}", run.stdout, run.stderr);
        assert!(!run.stderr.is_empty() && run.stdout.is_empty(), "{place}: {}", run.stdout);
    }
}

#[test]
fn files_are_found_from_the_current_folder_and_from_the_root() {
    let service = workspace(SERVICE);
    let line = line_of(service.path(), "db/src/lib.rs", "// open");
    let from_root = ask(&service, &["why", &line]).stdout;
    let inner = service.path().join("db");
    let place = line.strip_prefix("db/").expect("it is in db");
    let from_inside = finish(command("connlint").args(["why", place, ".."]).current_dir(inner));
    assert_eq!(from_inside.stdout, from_root, "{}", from_inside.stderr);
}

#[test]
fn a_file_of_two_crates_is_told_once() {
    let service = workspace(
        r#"
//- Cargo.toml
[package]
name = "twice"
version = "0.1.0"
edition = "2024"
[dependencies]
axum = "0.8"
reqwest = "0.12"
//- src/main.rs
mod web;
fn main() { web::app(); }
//- src/bin/other.rs
#[path = "../web.rs"]
mod web;
fn main() { web::app(); }
//- src/web.rs
pub fn app() -> axum::Router { axum::Router::new().route("/", axum::routing::get(index)) }
async fn index() {
    reqwest::Client::new(); // built
}
"#,
    );
    let why = ask(&service, &["why", "-q", &line_of(service.path(), "src/web.rs", "// built")]).stdout;
    assert_eq!(why.matches("request handler").count(), 1, "{why}");
    let routes = ask(&service, &["routes", "-q"]).stdout;
    assert_eq!(routes.matches("request handler").count(), 1, "{routes}");
}

#[test]
fn one_column_asks_for_one_expression() {
    let service = workspace(SERVICE);
    let line = line_of(service.path(), "server/src/main.rs", "// once");
    let inside = ask(&service, &["why", &format!("{line}:36")]).stdout;
    assert!(inside.contains("reqwest::Client::new"), "{inside}");
}

#[test]
fn nothing_to_analyse_ends_with_3() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(connlint(empty.path(), &["routes"]).code, 3);
}

#[test]
fn control_characters_in_routes_are_made_visible() {
    let hostile = SERVICE.replace("\"/near\"", "\"/\u{1b}[31mnear\u{202e}\"");
    let service = workspace(&hostile);
    let routes = ask(&service, &["routes"]).stdout;
    assert!(!routes.contains('\u{1b}') && !routes.contains('\u{202e}'), "{routes:?}");
    assert!(routes.contains("\\u{1b}[31mnear"), "{routes}");
    let forced = ask(&service, &["routes", "--color", "always"]).stdout;
    assert!(forced.contains("\u{1b}[1m"), "{forced:?}");
}

#[test]
fn both_commands_are_in_the_help() {
    let run = connlint(&repository(), &["--help"]);
    for command in ["why", "routes"] {
        assert!(run.stdout.contains(command), "{}", run.stdout);
        assert_eq!(connlint(&repository(), &[command, "--help"]).code, 0);
    }
}
