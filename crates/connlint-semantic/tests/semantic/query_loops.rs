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
