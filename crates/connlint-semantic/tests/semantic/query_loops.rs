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
fn what_a_call_yields_that_runs_a_callable_or_future_is_what_that_yields() {
    check(
        "sqlx,diesel",
        r#"
fn of_table(conn: &mut PgConnection) -> Vec<i64> { tokio::task::block_in_place(move || { users::table.load::<i64>(conn).unwrap() }) }
struct Db(PgPool);
impl Db {
    async fn with<F, Fut, T>(&self, run: F) -> T where F: FnOnce(&PgPool) -> Fut, Fut: Future<Output = T> { run(&self.0).await }
}
async fn h_in_place(State(pool): State<PgPool>) {
    let mut conn: PgConnection = todo!();
    for id in of_table(&mut conn) { name(id, &pool).await; }
}
async fn h_timeout(State(pool): State<PgPool>) {
    for id in tokio::time::timeout(LIMIT, ids(&pool)).await.unwrap() { name(id, &pool).await; }
}
async fn h_task(State(pool): State<PgPool>) {
    for id in tokio::spawn(async move { ids(&pool).await }).await.unwrap() { name(id, &pool).await; }
}
async fn h_collected(State(pool): State<PgPool>) {
    let rows: Vec<i64> = sqlx::query_scalar("SELECT id FROM users").fetch(&pool).try_collect().await.unwrap();
    for id in rows { name(id, &pool).await; }
}
async fn h_joined(State(pool): State<PgPool>) {
    for name in futures::future::join_all(ids(&pool).await.into_iter().map(|id| name(id, &pool))).await { log(name, &pool).await; }
}
async fn listed(search: &other::Search) -> Vec<i64> { search.list().try_collect().await.unwrap() }
async fn h_not_followed(State(pool): State<PgPool>, State(search): State<other::Search>) {
    for id in listed(&search).await { name(id, &pool).await; }
}
async fn log(name: String, pool: &PgPool) { sqlx::query("SELECT $1").bind(name).fetch_one(pool).await; }
async fn h_callback(State(pool): State<PgPool>) {
    let db = Db(pool.clone());
    for id in db.with(|pool| sqlx::query_scalar::<_, i64>("SELECT id FROM users").fetch_all(pool)).await { name(id, &pool).await; }
}
"#,
        expect![[r#"
            app::h_callback: Rows("sqlx::query::QueryScalar::fetch_all"): fetch_one, reads
            app::h_collected: Rows("sqlx::query::QueryScalar::fetch"): fetch_one, reads
            app::h_in_place: Returned("of_table"): fetch_one, reads
            app::h_joined: Returned("ids"): fetch_one, reads
            app::h_joined: Returned("ids"): fetch_one, reads
            app::h_not_followed: Returned("listed"): fetch_one, reads
            app::h_task: Returned("ids"): fetch_one, reads
            app::h_timeout: Returned("ids"): fetch_one, reads
        "#]],
    );
}

#[test]
fn what_an_item_is_mapped_to_and_what_a_service_answers_is_not_read_from_the_database() {
    check(
        "sqlx,diesel,reqwest",
        r#"
async fn h_mapped(State(pool): State<PgPool>) {
    for id in [1, 2].map(|_| ids(&pool)) { name(1, &pool).await; }
}
async fn h_named(State(pool): State<PgPool>) {
    for id in tokio::task::spawn_blocking(|| vec![1, 2]).await.unwrap() { name(id, &pool).await; }
}
async fn h_answer(State(pool): State<PgPool>) {
    let answer = tokio::time::timeout(LIMIT, reqwest::get("http://a")).await.unwrap();
    for id in answer.json::<Vec<i64>>().await.unwrap() { name(id, &pool).await; }
}
async fn h_received(State(pool): State<PgPool>, mut rx: tokio::sync::mpsc::Receiver<Vec<i64>>) {
    for id in tokio::time::timeout(LIMIT, rx.recv()).await.unwrap().unwrap() { name(id, &pool).await; }
}
async fn h_optional(State(pool): State<PgPool>) {
    let rows = Some(ids(&pool).await);
    for id in rows.map(|rows| rows).unwrap() { name(id, &pool).await; }
}
"#,
        expect![[r#"
            app::h_answer: Answer: fetch_one, reads
            app::h_optional: Returned("ids"): fetch_one, reads
            app::h_received: Answer: fetch_one, reads
        "#]],
    );
}

#[test]
fn a_query_that_the_constants_on_the_way_rule_out_is_not_sent() {
    check(
        "sqlx,diesel",
        r#"
async fn detail(id: i64, known: Option<&Known>, pool: &PgPool) -> String {
    if let Some(known) = known { known.name(id) } else { name(id, pool).await }
}
struct Known;
impl Known { fn name(&self, id: i64) -> String { todo!() } }
async fn h_ruled_out(State(pool): State<PgPool>) { for id in ids(&pool).await { detail(id, Some(&Known), &pool).await; } }
async fn h_sent(State(pool): State<PgPool>) { for id in ids(&pool).await { detail(id, None, &pool).await; } }
async fn h_not_known(State(pool): State<PgPool>) {
    let known = find();
    for id in ids(&pool).await { detail(id, known, &pool).await; }
}
fn find() -> Option<&'static Known> { todo!() }
"#,
        expect![[r#"
            app::h_not_known: Returned("ids"): fetch_one, reads
            app::h_sent: Returned("ids"): fetch_one, reads
        "#]],
    );
}

#[test]
fn the_part_that_is_sought_of_a_parameter_is_sought_in_what_callers_hand_in() {
    check(
        "sqlx,diesel",
        r#"
struct Post { user: i64, ids: Vec<i64> }
async fn post(pool: &PgPool, input: Post) { for id in input.ids { name(id, pool).await; } }
async fn patch(pool: &PgPool, input: Post) { for id in input.ids { name(id, pool).await; } }
async fn put(pool: &PgPool, input: Post) { for id in input.ids { name(id, pool).await; } }
async fn get(pool: &PgPool, input: Post) { for id in part(input) { name(id, pool).await; } }
fn part(post: Post) -> Vec<i64> { post.ids }
async fn h_post(State(pool): State<PgPool>, Json(body): Json<Vec<i64>>) { post(&pool, Post { user: 1, ids: body }).await; }
async fn h_patch(State(pool): State<PgPool>) { patch(&pool, Post { user: 1, ids: vec![1, 2] }).await; }
async fn h_put(State(pool): State<PgPool>) { let ids = ids(&pool).await; put(&pool, Post { user: 1, ids }).await; }
async fn h_get(State(pool): State<PgPool>) { let ids = ids(&pool).await; get(&pool, Post { ids, ..none() }).await; }
fn none() -> Post { Post { user: 0, ids: Vec::new() } }
"#,
        expect![[r#"
            app::get: Returned("ids"): fetch_one, reads
            app::post: Parameter("ids"): fetch_one, reads
            app::put: Returned("ids"): fetch_one, reads
        "#]],
    );
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

#[test]
fn a_query_that_nothing_of_the_round_goes_into_is_the_same_in_each() {
    check(
        "sqlx,diesel",
        r#"
async fn h_same(State(pool): State<PgPool>, height: i64) {
    let schema = "app";
    for id in ids(&pool).await {
        sqlx::query(&format!("SELECT hash FROM {schema}.blocks WHERE height = $1")).bind(height - 1).fetch_all(&pool).await;
        sqlx::query("INSERT INTO transactions VALUES ($1)").bind(id).execute(&pool).await;
    }
}
async fn h_of_item(State(pool): State<PgPool>) {
    for id in ids(&pool).await { let before = id - 1; sqlx::query("SELECT hash FROM blocks WHERE height = $1").bind(before).fetch_all(&pool).await; }
}
async fn h_counted(State(pool): State<PgPool>) {
    let mut height = 0;
    for id in ids(&pool).await { height += 1; sqlx::query("SELECT hash FROM blocks WHERE height = $1").bind(height).fetch_all(&pool).await; }
}
async fn h_written(State(pool): State<PgPool>) {
    for id in ids(&pool).await {
        sqlx::query("SELECT hash FROM app.blocks").fetch_all(&pool).await;
        sqlx::query("INSERT INTO blocks VALUES ($1)").bind(id).execute(&pool).await;
    }
}
async fn h_taken(State(pool): State<PgPool>) {
    for id in ids(&pool).await { sqlx::query("SELECT id FROM jobs LIMIT 1 FOR UPDATE SKIP LOCKED").fetch_one(&pool).await; }
}
async fn h_worked_out(State(pool): State<PgPool>) {
    for id in ids(&pool).await { sqlx::query("SELECT hash FROM blocks WHERE at < $1").bind(now()).fetch_all(&pool).await; }
}
async fn h_changed(State(pool): State<PgPool>, cursor: &mut Cursor) {
    for id in ids(&pool).await { sqlx::query("SELECT hash FROM blocks WHERE at > $1").bind(cursor.at).fetch_all(&pool).await; advance(cursor); }
}
struct Cursor { at: i64 }
fn advance(cursor: &mut Cursor) { cursor.at += 1; }
fn now() -> i64 { todo!() }
"#,
        expect![[r#"
            app::h_changed: Returned("ids"): fetch_all, reads
            app::h_counted: Returned("ids"): fetch_all, reads
            app::h_of_item: Returned("ids"): fetch_all, reads
            app::h_same: Returned("ids"): fetch_all (same), execute (writes), reads
            app::h_taken: Returned("ids"): fetch_one, reads
            app::h_worked_out: Returned("ids"): fetch_all, reads
            app::h_written: Returned("ids"): execute (writes), fetch_all, reads
        "#]],
    );
}

#[test]
fn the_rows_of_a_stream_whose_type_is_not_known_are_items() {
    check(
        "sqlx,diesel",
        r#"
struct Db(PgPool);
impl Db {
    async fn with<F, Fut, T>(&self, run: F) -> T where F: FnOnce(&PgPool) -> other::Wrapped<Fut>, Fut: Future<Output = T> { run(&self.0).await }
}
async fn h_rows(State(pool): State<PgPool>) {
    let db = Db(pool.clone());
    let mut rows = db.with(|pool| sqlx::query_scalar("SELECT id FROM users").fetch(pool).wrapped()).await;
    while let Some(id) = rows.next().await { name(id, &pool).await; }
}
async fn h_messages(State(pool): State<PgPool>, mut messages: other::Messages) {
    while let Some(id) = messages.next().await { name(id, &pool).await; }
}
"#,
        expect![[r#"
            app::h_rows: Rows("sqlx::query::QueryScalar::fetch"): fetch_one, reads
        "#]],
    );
}

#[test]
fn what_is_built_lazily_is_sent_where_it_is_awaited() {
    check(
        "mongodb@3.0.0,deadpool-postgres",
        r#"
async fn h_awaited(State(db): State<mongodb::Database>) {
    let ids: Vec<String> = db.collection::<String>("a").find(filter()).await.unwrap().try_collect().await.unwrap();
    for id in ids { db.collection::<String>("b").find_one(of(id)).sort(order()).await; }
}
async fn h_joined(State(db): State<mongodb::Database>) {
    let all = db.collection::<String>("b");
    let ids: Vec<String> = db.collection::<String>("a").find(filter()).await.unwrap().try_collect().await.unwrap();
    let built: Vec<_> = ids.into_iter().map(|id| all.find_one(of(id))).collect();
    keep(built);
}
async fn h_pooled(State(pool): State<deadpool_postgres::Pool>) {
    let client = pool.get().await.unwrap();
    for row in client.query("SELECT id FROM a", &[]).await.unwrap() {
        client.query_one("SELECT x FROM b WHERE id = $1", &[&key(row)]).await;
    }
}
"#,
        expect![[r#"
            app::h_awaited: Rows("mongodb::Collection::find"): find_one, reads
            app::h_pooled: Rows("deadpool_postgres::GenericClient::query"): query_one, reads
        "#]],
    );
}

#[test]
fn what_prepares_a_statement_reads_nothing() {
    check(
        "sqlx,diesel,deadpool_postgres,tokio_postgres",
        r#"
async fn run(pool: &deadpool_postgres::Pool, text: &str, id: i64) {
    let client = pool.get().await.unwrap();
    let statement = client.prepare_cached(text).await.unwrap();
    client.execute(&statement, &[&id]).await.unwrap();
}
async fn ask(pool: &deadpool_postgres::Pool, text: &str, id: i64) {
    let client = pool.get().await.unwrap();
    let statement = client.prepare_cached(text).await.unwrap();
    client.query_one(&statement, &[&id]).await.unwrap();
}
async fn h_writes(State((pool, db)): State<(PgPool, deadpool_postgres::Pool)>) {
    for id in ids(&pool).await { run(&db, UPDATE, id).await; }
}
async fn h_reads(State((pool, db)): State<(PgPool, deadpool_postgres::Pool)>) {
    for id in ids(&pool).await { ask(&db, SELECT, id).await; }
}
"#,
        expect![[r#"
            app::h_reads: Returned("ids"): query_one, reads
            app::h_writes: Returned("ids"): execute (writes)
        "#]],
    );
}
