//! `duplicate-pools`

use std::collections::BTreeSet;

use connlint_diagnostics::{Confidence, Diagnostic, Label, Rating};
use connlint_facts::Span;
use connlint_semantic::{DuplicatePools, Program, Values};

use crate::declare_lint;
use crate::reporting::settings::of_process;

declare_lint! {
    /// ## What it does
    /// Reports pools of one type that one process builds for the same server: a helper that builds a pool is called twice
    /// with the same address, or two places build one from the same variable of the environment or the same field of
    /// the configuration. The help names the maximum of both together.
    ///
    /// ## Why is this bad?
    /// The process opens up to twice the connections that its configuration says, and each pool is full while the other
    /// has idle connections. With several processes, the server refuses connections earlier than the arithmetic of one
    /// pool says.
    ///
    /// ## Example
    /// ```rust
    /// use sqlx::PgPool;
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// async fn pool(url: &str) -> PgPool {
    ///     PgPoolOptions::new().max_connections(20).connect(url).await.unwrap()
    /// }
    ///
    /// async fn work(pool: PgPool) {
    ///     sqlx::query("DELETE FROM jobs").execute(&pool).await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let url = std::env::var("DATABASE_URL").unwrap();
    ///     tokio::spawn(work(pool(&url).await));
    ///     let app = axum::Router::<()>::new().layer(axum::Extension(pool(&url).await)); //~ WARN duplicate-pools
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use sqlx::PgPool;
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// async fn pool(url: &str) -> PgPool {
    ///     PgPoolOptions::new().max_connections(20).connect(url).await.unwrap()
    /// }
    ///
    /// async fn work(pool: PgPool) {
    ///     sqlx::query("DELETE FROM jobs").execute(&pool).await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let url = std::env::var("DATABASE_URL").unwrap();
    ///     let pool = pool(&url).await;
    ///     tokio::spawn(work(pool.clone()));
    ///     let app = axum::Router::<()>::new().layer(axum::Extension(pool));
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - one of them has a maximum of its own (a bulkhead, which keeps one part of the service from using all
    ///   connections)
    /// - the address of one falls back to that of the other where it is not set (a replica)
    /// - it is a local file (a reader and a writer of SQLite)
    /// - the process builds only one of them: they are in different branches
    ///
    /// ## Known limits
    /// - that two variables name the same server is not known
    /// - only pools are counted to which calls lead from `main`
    /// - two values of one struct (`primary: DbConfig`, `audit: DbConfig`) count as one server, and a text in the code may be
    ///   a default that the configuration replaces: low confidence, unless the address is what a call yields for a text
    ///   (`env::var("DATABASE_URL")`)
    pub(crate) static DUPLICATE_POOLS = {
        name: "duplicate-pools",
        summary: "one process builds several pools for the same server",
        category: Configuration,
        level: Warn,
        since: "0.1.0",
        requires: [Settings, Openings, Pools, LiveRanges],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    // Several programs may build the same pools.
    let mut seen: BTreeSet<Vec<&Span>> = BTreeSet::new();
    for duplicate in program.duplicate_pools() {
        if seen.insert(duplicate.calls.clone()) {
            diagnostics.extend(finding(program, &duplicate));
        }
    }
}

fn finding(program: &Program, duplicate: &DuplicatePools<'_>) -> Option<Diagnostic> {
    let (&last, others) = duplicate.calls.split_last()?;
    let pool = duplicate.pools.last()?;
    let server = duplicate.server.as_ref().map_or_else(|| "the same server".to_owned(), |name| format!("`{name}`"));
    let count = duplicate.pools.len();
    let headline = format!("the process builds {count} pools of the same kind for {server}");
    let api = program.api_name(&pool.opening.api);
    let label = if *last == pool.opening.span {
        format!("`{api}` builds another one here")
    } else {
        "this call builds another one".to_owned()
    };
    let mut finding = Diagnostic::new(DUPLICATE_POOLS.metadata, headline, last.clone(), label);
    let first = |&span: &&Span| Label { span: span.clone(), text: "one is built from here".to_owned() };
    finding.labels.extend(others.iter().map(first));
    if *last != pool.opening.span {
        let span = pool.opening.span.clone();
        finding.labels.push(Label { span, text: format!("`{api}` builds it here") });
    }
    if let Some(maximum) = pool.maximum.term.value(&Values::new()) {
        let all = maximum.saturating_mul(count as u64);
        finding.notes.push(format!("each opens up to {maximum} connections, so that the process opens up to {all}"));
    }
    finding.help.push("build the pool once, and hand a clone of it to each part that needs it".to_owned());
    if !duplicate.is_named {
        let because = "two values of the field may differ, and a text in the code may be a default";
        finding.confidence = Rating::because(Confidence::Low, because);
    }
    finding.impact = of_process(program, pool.opening.function);
    Some(finding)
}
