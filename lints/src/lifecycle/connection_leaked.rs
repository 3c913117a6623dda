//! `connection-leaked`

use connlint_catalog::Effect;
use connlint_diagnostics::Diagnostic;
use connlint_semantic::{Program, ReachedSite};

use crate::declare_lint;
use crate::reporting::{impact, trace};

declare_lint! {
    /// ## What it does
    /// Reports recurring code that removes a connection from its pool or keeps it from being dropped: `detach()` and
    /// `leak()` of sqlx, `Object::take` of deadpool, `std::mem::forget` and `Box::leak` of a connection.
    ///
    /// ## Why is this bad?
    /// The pool either no longer counts the connection, or counts it as in use forever. In the first case each request
    /// adds a connection to the server beyond the pool's maximum; in the second, the pool is empty after as many
    /// requests as it has connections.
    ///
    /// It is off by default: none of the services that were examined does this, so the precision of the lint is not
    /// known.
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
    /// - the connection is removed and dropped in the same function: it is closed, and the pool opens another
    /// - it happens at start-up: a connection for the whole life of the service may be removed from the pool
    ///
    /// ## Known limits
    /// - a connection that is removed and passed to a function is assumed to be closed there
    pub(crate) static CONNECTION_LEAKED = {
        name: "connection-leaked",
        summary: "a connection is removed from its pool and never returned",
        category: Lifecycle,
        level: Off,
        since: "0.1.0",
        requires: [LeakPaths],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let reached = program.reached_sites(|site| matches!(site.effect, Effect::Leak | Effect::Detach));
    diagnostics.extend(reached.iter().map(|reached| finding(program, reached)));
}

fn finding(program: &Program, reached: &ReachedSite<'_>) -> Diagnostic {
    let entry = program.entry(reached.entry);
    let (api, unit) = (program.api_name(&reached.site.api), entry.kind.unit());
    let headline = format!("`{api}` removes a connection from its pool for every {unit}");
    let mut finding = Diagnostic::new(
        CONNECTION_LEAKED.metadata,
        headline,
        reached.site.span.clone(),
        "the connection never returns to the pool",
    );
    finding.trace = trace::steps(program, reached.entry, &reached.path);
    finding.notes = vec![format!(
        "the pool no longer counts this connection, or counts it as in use forever: each {unit} opens one more on the \
         server, or leaves one fewer in the pool"
    )];
    finding.help = vec!["keep the guard that the pool returned, and let it drop".to_owned()];
    finding.confidence = trace::confidence(reached.certainty).into();
    finding.impact = impact::of_site(program, reached);
    finding.entry = Some(trace::entry_ref(program, reached.entry));
    finding.other_entries = trace::others(program, &reached.further_entries);
    finding
}
