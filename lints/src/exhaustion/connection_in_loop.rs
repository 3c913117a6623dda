//! `connection-in-loop`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::Program;

use super::openings;
use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports a connection, pool or client that is opened once for each item, iteration, tick or spawned task of a
    /// loop, on the path of a request or off it. Iterator closures (`map`, `for_each`, `buffer_unordered`, …) are loops.
    ///
    /// ## Why is this bad?
    /// The number of openings grows with the data. The loop pays for a handshake on each round, and where rounds run
    /// concurrently it exhausts the server's connections or the machine's ports by itself.
    ///
    /// ## Example
    /// ```rust
    /// async fn check(urls: &[String]) {
    ///     for url in urls {
    ///         let client = reqwest::Client::new(); //~ ERROR connection-in-loop
    ///         client.get(url).send().await.unwrap();
    ///     }
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let urls: Vec<String> = std::env::args().skip(1).collect();
    ///     check(&urls).await;
    ///     let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.unwrap();
    ///     while let Ok((socket, _)) = listener.accept().await {
    ///         drop(socket);
    ///     }
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// async fn check(urls: &[String]) {
    ///     let client = reqwest::Client::new();
    ///     for url in urls {
    ///         client.get(url).send().await.unwrap();
    ///     }
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let urls: Vec<String> = std::env::args().skip(1).collect();
    ///     check(&urls).await;
    ///     let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.unwrap();
    ///     while let Ok((socket, _)) = listener.accept().await {
    ///         drop(socket);
    ///     }
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the loop opens again only after the last connection failed (reconnect, supervisor), or ends with the first
    ///   success (retry)
    /// - a loop at start-up opens one connection for each configured target and keeps them
    /// - the loop's count is written in the code
    /// - the loop ticks rarely (once a minute or less often): reported with low confidence, so shown on request only; with
    ///   medium confidence where only the configuration tells the period
    /// - a loop off any request path opens on some rounds only, or several calls away: reported with low confidence
    /// - the program serves nothing: it registers no handler and waits for no connection, message or tick. A tool's loop
    ///   ends with the tool: reported with low confidence
    ///
    /// ## Known limits
    /// - the same as those of `connection-per-request`
    pub(crate) static CONNECTION_IN_LOOP = {
        name: "connection-in-loop",
        summary: "a connection, pool or client is opened on every round of a loop",
        category: Exhaustion,
        level: Error,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let found = openings::in_loop(program);
    diagnostics.extend(found.map(|reached| openings::finding(CONNECTION_IN_LOOP.metadata, program, &reached)));
}
