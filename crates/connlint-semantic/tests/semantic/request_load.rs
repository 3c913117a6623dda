//! What one run of an entry point costs.

use connlint_semantic::{EntryId, Program};
use expect_test::{Expect, expect};

use crate::support::Workspace;

const HEAD: &str = r#"
//- /src/main.rs crate:app edition:2024 deps:sqlx@0.8.6,tokio,axum,reqwest
use axum::{Json, Router, extract::State, routing::get};
use sqlx::PgPool;
async fn one(pool: &PgPool) -> i64 { sqlx::query_scalar("SELECT 1").fetch_one(pool).await.unwrap() }
#[tokio::main]
async fn main() {
    let app = Router::new().route("/", get(handler)).with_state(PgPool::connect("").await.unwrap());
    axum::serve(tokio::net::TcpListener::bind("").await.unwrap(), app).await.unwrap();
}
"#;

fn shown(program: &Program) -> String {
    let entry = (0..program.entry_points.len() as u32).map(EntryId).find(|&id| program.entry(id).route.is_some());
    let load = program.request_load(entry.expect("a route"));
    let (queries, held) = (load.queries, load.held);
    let flag = |is: bool, name: &'static str| if is { name } else { "" };
    let times: Vec<u64> = load.issued.iter().map(|query| query.times).collect();
    format!(
        "queries {}{}{} as {times:?}, held {}{}\n",
        queries.least,
        flag(queries.unbounded, " unbounded"),
        flag(queries.open, " open"),
        held.least,
        flag(held.unbounded, " unbounded")
    )
}

fn check(code: &str, expect: Expect) {
    expect.assert_eq(&shown(&Workspace::new(&format!("{HEAD}{code}")).link()));
}

#[test]
fn arms_exclude_each_other_and_what_follows_a_return_is_not_issued() {
    check(
        r#"
async fn handler(State(pool): State<PgPool>) -> Json<i64> {
    let first = one(&pool).await;
    if first == 0 {
        one(&pool).await;
        one(&pool).await;
        return Json(one(&pool).await);
    }
    match first {
        1 => Json(one(&pool).await),
        2 => Json(one(&pool).await + one(&pool).await),
        _ => Json(0),
    }
}
"#,
        expect![[r#"
            queries 4 as [1, 1, 1, 1], held 1
        "#]],
    );
}

#[test]
fn loops_count_by_what_their_heads_show() {
    check(
        r#"
async fn handler(State(pool): State<PgPool>) -> Json<i64> {
    for _ in ["a", "b", "c"] {
        one(&pool).await;
    }
    for _ in 0..4 {
        one(&pool).await;
    }
    while one(&pool).await > 0 {}
    Json(0)
}
"#,
        expect![[r#"
            queries 8 open as [3, 4, 1], held 1
        "#]],
    );
}

#[test]
fn a_loop_over_data_is_unbounded_and_a_recursion_open() {
    check(
        r#"
async fn handler(State(pool): State<PgPool>, Json(ids): Json<Vec<i64>>) -> Json<i64> {
    for id in ids {
        sqlx::query("DELETE FROM a WHERE id = $1").bind(id).execute(&pool).await.unwrap();
    }
    Json(0)
}
"#,
        expect![[r#"
            queries 1 unbounded as [1], held 1
        "#]],
    );
    check(
        r#"
async fn walk(pool: &PgPool, depth: u32) {
    one(pool).await;
    if depth > 0 {
        Box::pin(walk(pool, depth - 1)).await;
    }
}
async fn handler(State(pool): State<PgPool>) -> Json<i64> {
    walk(&pool, 3).await;
    Json(0)
}
"#,
        expect![[r#"
            queries 1 open as [1], held 1
        "#]],
    );
}

#[test]
fn connections_held_by_functions_within_functions_add_up() {
    check(
        r#"
async fn inner(pool: &PgPool) {
    let _conn = pool.acquire().await.unwrap();
    one(pool).await;
}
async fn handler(State(pool): State<PgPool>) -> Json<i64> {
    let tx = pool.begin().await.unwrap();
    inner(&pool).await;
    tx.commit().await.unwrap();
    Json(0)
}
"#,
        expect![[r#"
            queries 1 as [1], held 3
        "#]],
    );
    check(
        r#"
async fn handler(State(pool): State<PgPool>) -> Json<i64> {
    drop(pool.acquire().await.unwrap());
    drop(pool.acquire().await.unwrap());
    Json(0)
}
"#,
        expect![[r#"
            queries 0 as [], held 1
        "#]],
    );
}

#[test]
fn calls_of_other_services_are_no_queries() {
    check(
        r#"
async fn handler(State(pool): State<PgPool>) -> Json<i64> {
    reqwest::Client::new().get("http://other").send().await.unwrap();
    Json(0)
}
"#,
        expect![[r#"
            queries 0 as [], held 0
        "#]],
    );
}
