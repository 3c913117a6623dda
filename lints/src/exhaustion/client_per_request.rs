//! `client-per-request`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::Program;

use super::openings::{self, Opened, opened};
use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports a client that owns connections (an HTTP client, a gRPC channel, an AWS SDK client, an SMTP transport, …)
    /// when it is built on the path of a request handler or other recurring code. Shorthands that build a client for
    /// one call, such as `reqwest::get`, are reported too.
    ///
    /// ## Why is this bad?
    /// Such a client contains a connection pool, and a new client reuses no connection. Each request pays for the DNS
    /// lookup and the TCP and TLS handshakes, loads the root certificates again, and leaves sockets in TIME_WAIT until
    /// the machine runs out of ports.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, routing::get};
    ///
    /// async fn quote() -> String {
    ///     let client = reqwest::Client::new(); //~ ERROR client-per-request
    ///     client.get("https://example.org/quote").send().await.unwrap().text().await.unwrap()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let app = Router::new().route("/quote", get(quote));
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    ///
    /// async fn quote(State(client): State<reqwest::Client>) -> String {
    ///     client.get("https://example.org/quote").send().await.unwrap().text().await.unwrap()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let app = Router::new().route("/quote", get(quote)).with_state(reqwest::Client::new());
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the client is built at start-up, in a static or a once-cell, or is stored in a field of a value that is
    /// - the client is configured with a proxy, certificate or host that comes from the request, or from configuration
    ///   that can change while the service runs (it is read through a lock): low impact, so shown on demand only
    /// - the client replaces a stored one, for example when an administrator saves new settings: also low impact
    ///
    /// ## Known limits
    /// - the same as those of `connection-per-request`
    pub(crate) static CLIENT_PER_REQUEST = {
        name: "client-per-request",
        summary: "a client that owns a connection pool is built for every request",
        category: Exhaustion,
        level: Error,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let found = openings::per_request(program, |site| opened(site) == Opened::Client);
    diagnostics.extend(openings::findings(CLIENT_PER_REQUEST.metadata, program, found));
}
