//! `held-across-any-await`

use connlint_diagnostics::{Confidence, Diagnostic, Label};
use connlint_semantic::{Exposure, Held, LiveRange, OtherAwait, Program};

use crate::declare_lint;
use crate::reporting::live_range::{acquired, add_call_path, handle, noun};
use crate::reporting::trace::short;

declare_lint! {
    /// ## What it does
    /// Reports a connection of a pool, or a transaction, that is held across any await that the handle does not go into:
    /// the broad rule behind `held-across-await`, which reports only what is known to leave the process or to wait for
    /// others. What that lint and `nested-acquire` report is left to them.
    ///
    /// ## Why is this bad?
    /// An await that is no work of the database keeps the connection from everybody else for as long as it takes. Most take
    /// a moment. This rule is for services that want to know of each: by it, a connection is taken just before the work on
    /// it and given back just after.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, extract::State, routing::post};
    /// use sqlx::PgPool;
    ///
    /// async fn score(name: &str) -> i32 {
    ///     tokio::task::yield_now().await;
    ///     name.len() as i32
    /// }
    ///
    /// async fn rank(State(pool): State<PgPool>) {
    ///     let mut tx = pool.begin().await.unwrap();
    ///     let score = score("alice").await; //~ WARN held-across-any-await
    ///     sqlx::query("UPDATE users SET score = $1").bind(score).execute(&mut *tx).await.unwrap();
    ///     tx.commit().await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/rank", post(rank)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Router, extract::State, routing::post};
    /// use sqlx::PgPool;
    ///
    /// async fn score(name: &str) -> i32 {
    ///     tokio::task::yield_now().await;
    ///     name.len() as i32
    /// }
    ///
    /// async fn rank(State(pool): State<PgPool>) {
    ///     let score = score("alice").await;
    ///     let mut tx = pool.begin().await.unwrap();
    ///     sqlx::query("UPDATE users SET score = $1").bind(score).execute(&mut *tx).await.unwrap();
    ///     tx.commit().await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/rank", post(rank)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Why is it off by default?
    /// Nothing tells how long such an await takes, and most are over at once. What is known to be slow, `held-across-await`
    /// reports.
    ///
    /// ## Confidence
    /// Medium on the path of a request, a message or a job, low elsewhere.
    ///
    /// ## Not a defect when
    /// - the handle goes into what is awaited, also inside a struct, a closure or a reference
    /// - start-up code or a command-line tool does it
    ///
    /// ## Known limits
    /// - a handle that was put into a value which several assignments may have replaced is not seen to go into its methods
    pub(crate) static HELD_ACROSS_ANY_AWAIT = {
        name: "held-across-any-await",
        summary: "a connection is held across an await that it does not go into",
        category: Holding,
        level: Off,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    // What is begun on a held connection is held across the same awaits as that.
    let ranges = program.live_ranges.iter().filter(|r| r.held != Held::Connection && r.pooled && !r.on_held);
    let ranges = ranges.filter(|r| !program.function(r.function).test_only);
    diagnostics.extend(ranges.filter_map(|range| finding(program, range)));
}

fn finding(program: &Program, range: &LiveRange) -> Option<Diagnostic> {
    let (first, rest) = range.other_awaits.split_first()?;
    let headline = format!("{} is held across {}", handle(range), told(first));
    let label = format!("the {} does not go in here", noun(range.held));
    let mut finding = Diagnostic::new(HELD_ACROSS_ANY_AWAIT.metadata, headline, first.span.clone(), label);
    finding.labels.push(acquired(range));
    let further = rest.iter().map(|a| Label { span: a.span.clone(), text: "and again here".to_owned() });
    finding.labels.extend(further);
    let exposure = add_call_path(&mut finding, program, range, &[]);
    finding.notes.push("the pool lacks this connection for as long as that takes".to_owned());
    finding.help.push(format!("await it before {} is taken, or after it is given back", handle(range)));
    finding.confidence = match exposure {
        Exposure::Recurring { .. } => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some(finding)
}

fn told(awaited: &OtherAwait) -> String {
    awaited.what.as_deref().map_or("an await".to_owned(), |what| format!("`{}`", short(what)))
}
