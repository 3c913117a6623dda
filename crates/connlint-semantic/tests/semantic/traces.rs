//! What values are followed back to.

use connlint_semantic::PoolIdentity;
use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn what_a_text_takes_in_is_not_what_the_statement_runs_on() {
    let uncommitted = support::uncommitted(&support::with_handlers(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx
use axum::extract::State;
use sqlx::PgPool;
async fn h1(State(pool): State<PgPool>) {
    let mut reads = pool.begin().await.unwrap();
    let id = sqlx::query!("SELECT id FROM items").fetch_one(&mut *reads).await.unwrap().id;
    let mut writes = pool.begin().await.unwrap();
    sqlx::query!("UPDATE items SET x = 1 WHERE id = $1", id).execute(&mut *writes).await.unwrap();
}
"#,
    ));
    assert_eq!(uncommitted, [("writes".to_owned(), vec![7])]);
}

#[test]
fn a_match_with_one_value_is_that_value() {
    let same = support::second_acquires(&support::with_handlers(
        r#"
//- /src/main.rs crate:app deps:axum,sqlx
use axum::extract::State;
use sqlx::PgPool;
struct App { pool: Option<PgPool>, other: Option<PgPool> }
async fn h1(State(app): State<&'static App>) {
    let pool = match &app.pool { Some(pool) => pool, None => return };
    let held = pool.acquire().await.unwrap();
    sqlx::query("SELECT 1").execute(app.pool.as_ref().unwrap()).await.unwrap();
    drop(held);
}
async fn h2(State(app): State<&'static App>) {
    let pool = match &app.pool { Some(pool) => pool, None => app.other.as_ref().unwrap() };
    let held = pool.acquire().await.unwrap();
    sqlx::query("SELECT 1").execute(app.pool.as_ref().unwrap()).await.unwrap();
    drop(held);
}
"#,
    ));
    assert_eq!(same, [(7, PoolIdentity::Place), (13, PoolIdentity::Type)]);
}

#[test]
fn a_timeout_yields_its_future_and_not_its_limit() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio,tokio-postgres
use std::time::Duration;
use tokio_postgres::{Client, NoTls};
const LIMIT: Duration = Duration::from_secs(5);
struct Session { client: Client, seen: Vec<u8> }
impl Session {
    async fn handshake(self) -> Option<Session> { Some(self) }
    fn register(&mut self, client: Client) { self.seen.push(1) }
}
async fn serve(session: Session, client: Client) {
    let mut session = match tokio::time::timeout(LIMIT, session.handshake()).await { Ok(Some(s)) => s, _ => return };
    session.register(client);
}
async fn session() -> Session { todo!() }
async fn h1() { let client = tokio_postgres::connect("1", NoTls).await.unwrap().0; serve(session().await, client).await }
"#,
        expect![[r#"
            OpenConnection `tokio_postgres::connect("1", NoTls)`
                per request-handler `GET /1`: app::h1
        "#]],
    );
}

#[test]
fn a_test_that_waits_is_a_test() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio,tokio-postgres
use axum::extract::State;
use std::sync::Arc;
use tokio_postgres::{Client, NoTls};
struct App { slot: tokio::sync::Mutex<Option<Client>> }
impl App { async fn is_none(&self) -> bool { self.slot.lock().await.is_none() } }
async fn h1(State(s): State<Arc<App>>) {
    let missing = s.is_none().await;
    if missing { let client = tokio_postgres::connect("1", NoTls).await.unwrap().0; s.slot.lock().await.replace(client); }
}
"#,
        expect![[r#"
            OpenConnection `tokio_postgres::connect("1", NoTls)`
                shared: Cache
        "#]],
    );
}
