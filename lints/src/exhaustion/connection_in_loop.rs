//! `connection-in-loop`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::Program;

use super::openings;
use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports a connection, pool or client that is opened once for each item, iteration, tick or spawned task of a
    /// loop, whether or not a request runs the loop. Iterator closures (`map`, `for_each`, `buffer_unordered`, …) count
    /// as loops.
    ///
    /// ## Why is this bad?
    /// The number of openings grows with the data. The loop pays for a handshake in each iteration, and if iterations
    /// run concurrently, the loop alone can exhaust the server's connections or the machine's ports.
    ///
    /// ## Example
    /// ```rust
    /// async fn check(urls: &[String]) {
    ///     for url in urls {
    ///         let client = reqwest::Client::new(); //~ WARN connection-in-loop
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
    /// - the loop reopens only after the previous connection failed (reconnect, supervisor), or ends with the first
    ///   success (retry)
    /// - a loop at start-up opens one connection for each configured target and keeps them
    /// - the number of iterations is a constant in the code
    /// - a loop that ticks less often than once in five minutes opens one connection in each round, or a timer of more
    ///   than ten seconds builds one HTTP client: low impact, so shown on demand only
    /// - the loop opens in some of its rounds only, and no request runs it: one degree of impact less
    /// - the program is not a service: it registers no handler and waits for no connection, message or tick. A loop in
    ///   such a program ends with it: low impact, unless it spawns a task or thread for each item
    ///
    /// ## Known limits
    /// - the same as those of `connection-per-request`
    pub(crate) static CONNECTION_IN_LOOP = {
        name: "connection-in-loop",
        summary: "a connection, pool or client is opened in every iteration of a loop",
        category: Exhaustion,
        level: Error,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let found = openings::in_loop(program);
    diagnostics.extend(openings::findings(CONNECTION_IN_LOOP.metadata, program, found));
}
