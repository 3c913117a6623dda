//! `pool-per-request`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::Program;

use super::openings::{self, Opened, opened};
use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports a connection pool that is built on the path of a request handler or other recurring code.
    ///
    /// ## Why is this bad?
    /// A pool that lives only as long as one request is never reused. It opens several connections where one would do,
    /// starts its own tasks or threads, and the server has to accept up to *requests × pool size* connections.
    ///
    /// ## Example
    /// ```rust
    /// use actix_web::{App, HttpResponse, HttpServer, get};
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// #[get("/users")]
    /// async fn users() -> HttpResponse {
    ///     let pool = PgPoolOptions::new().max_connections(5).connect("postgres://localhost/app").await.unwrap(); //~ ERROR pool-per-request
    ///     let name: String = sqlx::query_scalar("SELECT name FROM users").fetch_one(&pool).await.unwrap();
    ///     HttpResponse::Ok().body(name)
    /// }
    ///
    /// #[actix_web::main]
    /// async fn main() -> std::io::Result<()> {
    ///     HttpServer::new(|| App::new().service(users)).bind("127.0.0.1:8080")?.run().await
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use actix_web::{App, HttpResponse, HttpServer, get, web};
    /// use sqlx::PgPool;
    ///
    /// #[get("/users")]
    /// async fn users(pool: web::Data<PgPool>) -> HttpResponse {
    ///     let name: String = sqlx::query_scalar("SELECT name FROM users").fetch_one(pool.get_ref()).await.unwrap();
    ///     HttpResponse::Ok().body(name)
    /// }
    ///
    /// #[actix_web::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let pool = web::Data::new(PgPool::connect("postgres://localhost/app").await.unwrap());
    ///     HttpServer::new(move || App::new().app_data(pool.clone()).service(users)).bind("127.0.0.1:8080")?.run().await
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the pool is built at start-up, in a static or a once-cell, or stored in a map with one pool for each tenant
    ///
    /// ## Known limits
    /// - the same as those of `connection-per-request`
    pub(crate) static POOL_PER_REQUEST = {
        name: "pool-per-request",
        summary: "a connection pool is built for every request",
        category: Exhaustion,
        level: Error,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let found = openings::per_request(program, |site| opened(site) == Opened::Pool);
    diagnostics.extend(openings::findings(POOL_PER_REQUEST.metadata, program, found));
}
