//! `held-across-any-await`

use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label};
use connlint_semantic::{Exposure, Held, LiveRange, OtherAwait, Program, Requirement};

use crate::declare_lint;
use crate::reporting::live_range::{acquired, add_call_path, handle, noun};

declare_lint! {
    /// ## What it does
    /// Reports a pooled connection or a transaction that is held across any await that does not use it. This is the
    /// broad form of `held-across-await`, which reports only awaits that are known to leave the process or to wait for
    /// other tasks. Awaits that `held-across-await` or `nested-acquire` reports are not reported again.
    ///
    /// ## Why is this bad?
    /// While the task awaits something other than the database, no other task can use the connection. Most such awaits
    /// are short. This lint is for services that want a strict rule: take a connection just before the work on it, and
    /// return it just after.
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
    /// The code does not show how long such an await takes, and most are short. `held-across-await` reports those that
    /// are known to be slow.
    ///
    /// ## Confidence
    /// Medium on the path of a request, a message or a job, low elsewhere.
    ///
    /// ## Not a defect when
    /// - the awaited value uses the handle, directly or inside a struct, a closure or a reference
    /// - start-up code or a command-line tool does it
    ///
    /// ## Known limits
    /// - if a variable that contains the handle is assigned several times, its methods are not known to use the handle
    pub(crate) static HELD_ACROSS_ANY_AWAIT = {
        name: "held-across-any-await",
        summary: "a connection is held across an await that does not use it",
        category: Holding,
        level: Off,
        since: "0.1.0",
        requires: [LiveRanges],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    // A transaction on a held connection is held across the same awaits as the connection.
    let ranges = program.live_ranges.iter().filter(|r| r.held != Held::Connection && r.pooled && !r.on_held);
    let ranges = ranges.filter(|r| !program.function(r.function).test_only);
    diagnostics.extend(ranges.filter_map(|range| finding(program, range)));
}

fn finding(program: &Program, range: &LiveRange) -> Option<Diagnostic> {
    let (first, rest) = range.other_awaits.split_first()?;
    let headline = format!("{} is held across {}", handle(range), awaited(program, first));
    let label = format!("this await does not use the {}", noun(range.held));
    let mut finding = Diagnostic::new(HELD_ACROSS_ANY_AWAIT.metadata, headline, first.span.clone(), label);
    finding.labels.push(acquired(range));
    let further =
        rest.iter().map(|a| Label { span: a.span.clone(), text: "this await does not use it either".to_owned() });
    finding.labels.extend(further);
    let exposure = add_call_path(&mut finding, program, range, (&[], &Requirement::default()));
    finding.notes.push("no other task can use this connection until the await completes".to_owned());
    finding.help.push(format!("await it before {} is taken, or after it is returned to the pool", handle(range)));
    finding.confidence = Confidence::Medium.into();
    if !matches!(exposure, Exposure::Recurring { .. }) {
        finding.impact.at_most(Impact::Low, "nobody is known to wait for the connection");
    }
    Some(finding)
}

fn awaited(program: &Program, other: &OtherAwait) -> String {
    other.what.as_deref().map_or("an await".to_owned(), |what| format!("`{}`", program.api_name(what)))
}
