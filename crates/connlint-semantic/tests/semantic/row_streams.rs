//! Streams of rows keep the connection that a pool gave out for them.

use expect_test::{Expect, expect};

use crate::support;

fn check(code: &str, expect: Expect) {
    let head = r#"
//- /src/main.rs crate:app edition:2024 deps:sqlx@0.8.6,sea-orm@1.1.0,tokio,reqwest,futures
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{PgPool, postgres::PgRow};
struct App { pool: PgPool, http: reqwest::Client }
"#;
    expect.assert_eq(&support::held_meanwhile(&format!("{head}{code}")));
}

#[test]
fn a_stream_of_rows_holds_a_connection_until_its_last_row() {
    check(
        r#"
async fn bound(app: App) {
    let mut rows = sqlx::query("select 1").fetch(&app.pool);
    while let Some(row) = rows.try_next().await.unwrap() { app.http.get("").send().await; }
    app.http.get("after").send().await;
}
async fn adapted(app: App) {
    let mut rows = sqlx::query("select 1").fetch(&app.pool).enumerate().boxed();
    while let Some((at, row)) = rows.next().await { sqlx::query("delete").execute(&app.pool).await; }
}
async fn pinned(app: App) {
    let mut rows = Box::pin(sqlx::query("select 1").fetch(&app.pool).map(|row| row.unwrap()));
    loop { match rows.next().await { Some(row) => { app.http.get("").send().await; } None => break } }
}
async fn left(app: App) {
    let mut rows = sqlx::query("select 1").fetch(&app.pool);
    let Some(row) = rows.next().await else { app.http.get("empty").send().await; return };
    drop(rows);
    app.http.get("after").send().await;
}
async fn awaited(db: &sea_orm::DatabaseConnection, http: reqwest::Client, find: sea_orm::Select<User>) {
    let mut rows = find.stream(db).await.unwrap();
    while let Some(row) = rows.try_next().await.unwrap() { http.get("").send().await; }
}
"#,
        expect![[r#"
            app::bound holds PooledConnection of `sqlx::query("select 1").fetch(&app.pool)`: waits for reqwest::RequestBuilder::send at `app.http.get("").send()`
            app::adapted holds PooledConnection of `sqlx::query("select 1").fetch(&app.pool)`: acquires Place at `sqlx::query("delete").execute(&app.pool)`
            app::pinned holds PooledConnection of `sqlx::query("select 1").fetch(&app.pool)`: waits for reqwest::RequestBuilder::send at `app.http.get("").send()`
            app::awaited holds PooledConnection of `find.stream(db)`: waits for reqwest::RequestBuilder::send at `http.get("").send()`
        "#]],
    );
}

#[test]
fn closures_that_run_for_each_row_run_while_it_is_held() {
    check(
        r#"
async fn each(app: App) {
    sqlx::query("select 1").fetch(&app.pool).for_each(|row| async { app.http.get("").send().await; }).await;
}
async fn inside(app: App) {
    sqlx::query("select 1").fetch(&app.pool).try_for_each_concurrent(4, |row| async {
        sqlx::query("delete").execute(&app.pool).await; Ok(())
    }).await;
}
"#,
        expect![[r#"
            app::each holds PooledConnection of `sqlx::query("select 1").fetch(&app.pool)`: waits for reqwest::RequestBuilder::send at `app.http.get("").send()`
            app::inside holds PooledConnection of `sqlx::query("select 1").fetch(&app.pool)`: acquires Place at `sqlx::query("delete").execute(&app.pool)`
        "#]],
    );
}

#[test]
fn functions_of_the_workspace_that_return_one() {
    check(
        r#"
impl App {
    fn rows(&self) -> impl Stream<Item = Result<PgRow, sqlx::Error>> { sqlx::query("select 1").fetch(&self.pool) }
    fn boxed(&self) -> BoxStream<'_, PgRow> { self.rows().map(|row| row.unwrap()).boxed() }
    async fn read(&self) -> impl Stream<Item = PgRow> {
        let rows = sqlx::query("select 1").fetch_all(&self.pool).await.unwrap();
        futures::stream::iter(rows)
    }
}
async fn of_another(app: App) {
    let mut rows = app.boxed();
    while let Some(row) = rows.next().await { app.http.get("").send().await; }
}
async fn of_memory(app: App) {
    let mut rows = app.read().await;
    while let Some(row) = rows.next().await { app.http.get("").send().await; }
}
"#,
        expect![[r#"
            app::of_another holds PooledConnection of `app.boxed()`: waits for reqwest::RequestBuilder::send at `app.http.get("").send()`
        "#]],
    );
}

#[test]
fn what_is_read_before_and_what_runs_on_the_held_connection() {
    check(
        r#"
async fn collected(app: App) {
    let rows: Vec<PgRow> = sqlx::query("select 1").fetch(&app.pool).try_collect().await.unwrap();
    for row in rows { app.http.get("").send().await; }
}
async fn fetched(app: App) {
    for row in sqlx::query("select 1").fetch_all(&app.pool).await.unwrap() { app.http.get("").send().await; }
}
async fn listed(app: App) {
    let mut urls = futures::stream::iter(vec!["a"]);
    while let Some(url) = urls.next().await { app.http.get(url).send().await; }
}
fn handed_on(app: &App) -> impl Stream<Item = Result<PgRow, sqlx::Error>> { sqlx::query("select 1").fetch(&app.pool) }
"#,
        expect![[""]],
    );
}

#[test]
fn rows_come_over_what_a_function_is_given() {
    check(
        r#"
fn rows<'a>(db: impl sqlx::PgExecutor<'a> + 'a) -> impl Stream<Item = PgRow> + 'a {
    sqlx::query("select 1").fetch(db).filter_map(|row| async move { row.ok() }).boxed()
}
fn handed_on<'a, E: sqlx::PgExecutor<'a> + 'a>(limit: u32, db: E) -> impl Stream<Item = PgRow> + 'a {
    rows(db).take(limit as usize).boxed()
}
async fn of_a_pool(app: App) {
    let mut rows = rows(&app.pool);
    while let Some(row) = rows.next().await { app.http.get("").send().await; }
}
async fn twice(app: App) {
    let mut rows = handed_on(1, &app.pool);
    while let Some(row) = rows.next().await { app.http.get("").send().await; }
}
async fn of_a_connection(mut connection: sqlx::PgConnection, http: reqwest::Client) {
    let mut rows = rows(&mut connection);
    while let Some(row) = rows.next().await { http.get("").send().await; }
}
"#,
        expect![[r#"
            app::of_a_pool holds PooledConnection of `rows(&app.pool)`: waits for reqwest::RequestBuilder::send at `app.http.get("").send()`
            app::twice holds PooledConnection of `handed_on(1, &app.pool)`: waits for reqwest::RequestBuilder::send at `app.http.get("").send()`
        "#]],
    );
}
