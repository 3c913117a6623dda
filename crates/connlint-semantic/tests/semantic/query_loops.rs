//! Loops that send a query for each item: what sizes them, and what they send.

use expect_test::{Expect, expect};

use crate::support;

/// A service with an executor, a query for one item, and handlers `h…`.
fn check(deps: &str, handlers: &str, expect: Expect) {
    let fixture = format!(
        r#"
//- /src/main.rs crate:app deps:axum,tokio,futures,{deps}
use axum::{{Json, extract::State}};
use diesel::prelude::*;
use futures::{{StreamExt, TryStreamExt}};
use sqlx::PgPool;
struct App;
async fn ids(pool: &PgPool) -> Vec<i64> {{ sqlx::query_scalar("SELECT id FROM users").fetch_all(pool).await.unwrap() }}
async fn name(id: i64, pool: &PgPool) -> String {{
    sqlx::query_scalar("SELECT name FROM users WHERE id = $1").bind(id).fetch_one(pool).await.unwrap()
}}
{handlers}
"#
    );
    expect.assert_eq(&support::query_loops(&support::with_handlers(&fixture)));
}

#[test]
fn a_database_is_in_the_process_only_if_that_of_each_arm_is() {
    check(
        "sqlx,diesel",
        r#"
enum Conn { Local(SqliteConnection), Server(PgConnection) }
fn either(id: i64, conn: &mut Conn) -> i64 {
    match conn { Conn::Local(conn) => users::table.find(id).first(conn).unwrap(), Conn::Server(conn) => users::table.find(id).first(conn).unwrap() }
}
fn local(id: i64, conn: &mut SqliteConnection) -> i64 { users::table.find(id).first(conn).unwrap() }
async fn h_either(State(pool): State<PgPool>, mut conn: Conn) { for id in ids(&pool).await { either(id, &mut conn); } }
async fn h_local(State(pool): State<PgPool>, mut conn: SqliteConnection) { for id in ids(&pool).await { local(id, &mut conn); } }
"#,
        expect![[r#"
            app::h_either: Returned("ids"): first, reads
            app::h_local: Returned("ids"): first (in process), reads
        "#]],
    );
}

#[test]
fn a_described_method_of_a_trait_for_a_builder_is_what_the_builder_runs() {
    check(
        "sqlx,diesel",
        r#"
fn set(id: i64, conn: &mut PgConnection) { diesel::sql_query("UPDATE users SET seen = now() WHERE id = $1").bind::<i64, _>(id).execute(conn).unwrap(); }
async fn h_text(State(pool): State<PgPool>, mut conn: PgConnection) { for id in ids(&pool).await { set(id, &mut conn); } }
"#,
        expect![[r#"
            app::h_text: Returned("ids"): execute (writes)
        "#]],
    );
}

#[test]
fn what_a_round_reads_in_one_batch_it_reads_too() {
    check(
        "sqlx,diesel",
        r#"
async fn add(id: i64, pool: &PgPool) { sqlx::query("INSERT INTO seen VALUES ($1)").bind(id).execute(pool).await; }
async fn h_only_writes(State(pool): State<PgPool>) { for id in ids(&pool).await { add(id, &pool).await; } }
async fn h_reads_too(State(pool): State<PgPool>, all: Vec<i64>) {
    for id in ids(&pool).await {
        add(id, &pool).await;
        sqlx::query("SELECT name FROM users WHERE id = ANY($1)").bind(&all).fetch_all(&pool).await;
    }
}
"#,
        expect![[r#"
            app::h_only_writes: Returned("ids"): execute (writes)
            app::h_reads_too: Returned("ids"): execute (writes), reads
        "#]],
    );
}
