//! `connection-leaked`

use connlint_catalog::Effect;
use connlint_diagnostics::Diagnostic;
use connlint_semantic::{Program, ReachedSite};

use crate::declare_lint;
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports a connection that recurring code takes out of its pool's care, or out of Rust's: `detach()` and `leak()`
    /// of sqlx, `Object::take` of deadpool, `std::mem::forget` and `Box::leak` of a connection.
    ///
    /// ## Why is this bad?
    /// The pool gives the slot away again, or waits for a connection that never comes back. In the first case each
    /// request adds a connection to the server beyond the pool's maximum, in the second the pool is empty after as many
    /// requests as it has connections.
    ///
    /// It is off by default: in the services that were read no code does this, so that its precision is not known.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// async fn listen(State(pool): State<PgPool>) -> &'static str {
    ///     let conn = pool.acquire().await.unwrap().leak(); //~ WARN connection-leaked
    ///     drop(conn);
    ///     "listening"
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/listen", get(listen)).with_state(pool);
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
    /// async fn listen(State(pool): State<PgPool>) -> &'static str {
    ///     let conn = pool.acquire().await.unwrap();
    ///     drop(conn);
    ///     "listening"
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/listen", get(listen)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - a connection is taken out and dropped in the same function: it is closed, and the pool opens another
    /// - it happens at start-up: a connection for the whole life of the service may be taken out of the pool
    ///
    /// ## Known limits
    /// - a connection that is taken out and handed to a function is taken to be closed there
    pub(crate) static CONNECTION_LEAKED = {
        name: "connection-leaked",
        summary: "a connection is taken out of its pool and never given back",
        category: Lifecycle,
        level: Off,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let reached = program.reached_sites(|site| matches!(site.effect, Effect::Leak | Effect::Detach));
    diagnostics.extend(reached.iter().map(|reached| finding(program, reached)));
}

fn finding(program: &Program, reached: &ReachedSite<'_>) -> Diagnostic {
    let entry = program.entry(reached.entry);
    let (api, unit) = (trace::short(&reached.site.api), entry.kind.unit());
    let headline = format!("`{api}` takes a connection away from its pool for every {unit}");
    let mut finding = Diagnostic::new(
        CONNECTION_LEAKED.metadata,
        headline,
        reached.site.span.clone(),
        "it never comes back from here",
    );
    finding.trace = trace::steps(program, reached.entry, &reached.path);
    finding.notes = vec![format!(
        "the pool counts this connection no more, or counts it as taken for ever: each {unit} adds one to the server, or \
         leaves the pool one less"
    )];
    finding.help = vec!["keep the guard that the pool hands out and let it drop".to_owned()];
    finding.confidence = trace::confidence(reached.certainty);
    finding.entry = Some(trace::entry_ref(program, reached.entry));
    finding.other_entries = reached.further_entries;
    finding
}
