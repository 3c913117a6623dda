//! `connection-per-request`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::Program;

use super::openings::{self, Made, made_by};
use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports a physical connection that is opened on the path of code that the outside runs again and again: a request
    /// handler, an RPC method, a resolver, an extractor, middleware, a message consumer, a bot command, the task of an
    /// accept loop. The path may lead through any number of functions, traits, closures and crates of the workspace.
    ///
    /// ## Why is this bad?
    /// A pool bounds how many connections a service holds; an opening per request bounds nothing. Under load the server
    /// refuses further connections, and everything that shares it fails, not just the guilty handler. Each opening also
    /// pays for a TCP and TLS handshake and for authentication.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, routing::get};
    /// use sqlx::{Connection, PgConnection};
    ///
    /// async fn users() -> String {
    ///     let mut conn = open().await;
    ///     sqlx::query_scalar("SELECT name FROM users").fetch_one(&mut conn).await.unwrap()
    /// }
    ///
    /// async fn open() -> PgConnection {
    ///     PgConnection::connect("postgres://localhost/app").await.unwrap() //~ ERROR connection-per-request
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let app = Router::new().route("/users", get(users));
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// async fn users(State(pool): State<PgPool>) -> String {
    ///     sqlx::query_scalar("SELECT name FROM users").fetch_one(&pool).await.unwrap()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/users", get(users)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - only start-up code, a command-line tool, a migration or test code calls the opening
    /// - the value is kept: in a static, a once-cell, a cache that is filled on a miss, a field set at start-up
    /// - a pool calls it to open its own connections
    /// - it reconnects after the last connection failed, or is a bounded retry at start-up
    ///
    /// ## Known limits
    /// - openings behind code that only a procedural macro or a build script generates are not seen
    /// - calls on values whose type the sources do not tell are followed only where the method has a unique name
    /// - drivers that the catalog does not know are not seen
    pub(crate) static CONNECTION_PER_REQUEST = {
        name: "connection-per-request",
        summary: "a connection is opened for every request",
        category: Exhaustion,
        level: Error,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let found = openings::per_request(program, |site| made_by(site) == Made::Connection);
    diagnostics.extend(found.map(|reached| openings::finding(CONNECTION_PER_REQUEST.metadata, program, &reached)));
}
