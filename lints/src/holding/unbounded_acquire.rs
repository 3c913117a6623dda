//! `unbounded-acquire`

use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label};
use connlint_semantic::{Certainty, Exposure, FanOut, Program, Started};

use crate::declare_lint;
use crate::reporting::impact;
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports a handler that starts one concurrent task for each item of a collection, without a limit, if each task
    /// takes its own connection: `join_all` over a query for each item, `spawn` in a loop,
    /// `for_each_concurrent(None, …)`. The acquire may be any number of calls below.
    ///
    /// ## Why is this bad?
    /// A request with a thousand items asks the pool for a thousand connections at once. It takes all connections of
    /// the pool, every other request waits until the thousand queries are done, and the last tasks run into the pool's
    /// acquire timeout: the request fails half-way. The caller decides how many items there are.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Json, Router, extract::State, routing::post};
    /// use futures::future::join_all;
    /// use sqlx::PgPool;
    ///
    /// async fn touch(State(pool): State<PgPool>, Json(ids): Json<Vec<i64>>) {
    ///     //~v WARN unbounded-acquire
    ///     join_all(ids.iter().map(|id| seen(&pool, *id))).await;
    /// }
    ///
    /// async fn seen(pool: &PgPool, id: i64) {
    ///     sqlx::query("UPDATE users SET seen = now() WHERE id = $1").bind(id).execute(pool).await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/touch", post(touch)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Json, Router, extract::State, routing::post};
    /// use sqlx::PgPool;
    ///
    /// async fn touch(State(pool): State<PgPool>, Json(ids): Json<Vec<i64>>) {
    ///     let update = sqlx::query("UPDATE users SET seen = now() WHERE id = ANY($1)");
    ///     update.bind(ids).execute(&pool).await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/touch", post(touch)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Confidence
    /// Medium on the path of a request, a message or a job, because the code does not show how many items there are.
    /// Low elsewhere.
    ///
    /// ## Not a defect when
    /// - the number is bounded: `buffer_unordered(8)`, `chunks(8)`, `take(8)`, a semaphore, a list of constants in the
    ///   code, a part of the service's own state
    /// - the loop awaits something before it starts the next task
    /// - start-up code does it
    ///
    /// ## Known limits
    /// - bounds on the data that the code does not show (a page of twenty rows, domains in a configuration) are not known
    pub(crate) static UNBOUNDED_ACQUIRE = {
        name: "unbounded-acquire",
        summary: "an unbounded number of concurrent tasks each take a connection",
        category: Holding,
        level: Warn,
        since: "0.1.0",
        requires: [FanOuts],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    if program.fan_outs.is_empty() {
        return;
    }
    diagnostics.extend(program.fan_outs.iter().filter_map(|fan_out| finding(program, fan_out)));
}

fn finding(program: &Program, fan_out: &FanOut) -> Option<Diagnostic> {
    let exposure = program.exposure(fan_out.function);
    if exposure == Exposure::Startup || !program.is_made_again(fan_out.made_in.as_deref()) {
        return None;
    }
    let (what, label) = match fan_out.started {
        Started::Spawned => ("spawned", "a task is spawned here for each item, without a limit"),
        Started::Joined => ("joined", "the futures of all items run here concurrently, without a limit"),
    };
    let api = program.api_name(&fan_out.api);
    let headline = format!("one task for each item is {what}, and each takes a connection (`{api}`)");
    let mut finding = Diagnostic::new(UNBOUNDED_ACQUIRE.metadata, headline, fan_out.span.clone(), label.to_owned());
    finding.labels.push(Label { span: fan_out.over.clone(), text: "there is one for each item of this".to_owned() });
    finding.labels.push(Label { span: fan_out.site.clone(), text: "each task takes a connection here".to_owned() });
    if let Exposure::Recurring { entry, path } = &exposure {
        finding.trace = trace::steps(program, *entry, path);
        finding.entry = Some(trace::entry_ref(program, *entry));
    }
    finding.trace.extend(trace::calls(program, &fan_out.path));
    finding.notes.push(match &fan_out.pool_limit {
        Some(limit) => format!(
            "the pool opens at most {}: with more items than that, every other request waits until these tasks are done, \
             and the last of them may run into the acquire timeout",
            limit.maximum
        ),
        None => "with more items than the pool has connections, every other request waits until these tasks are done, and \
                 the last of them may run into the acquire timeout"
            .to_owned(),
    });
    finding.help.push(
        "query all items in one statement (`WHERE id = ANY($1)`, `IN (…)`), or limit how many tasks run at once: \
         `stream::iter(futures).buffer_unordered(8)`, a `Semaphore`"
            .to_owned(),
    );
    // A less certain path may go through several implementations, some of which take no connection.
    finding.confidence = if fan_out.certainty == Certainty::High { Confidence::Medium } else { Confidence::Low }.into();
    finding.impact = impact::of_exposure(program, &exposure);
    if !matches!(exposure, Exposure::Recurring { .. }) {
        finding.impact.at_most(Impact::Low, "nobody is known to wait for the pool meanwhile");
    }
    Some(finding)
}
