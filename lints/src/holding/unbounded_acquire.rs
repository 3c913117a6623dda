//! `unbounded-acquire`

use connlint_diagnostics::{Confidence, Diagnostic, Label};
use connlint_semantic::{Certainty, Exposure, FanOut, Program, Started};

use crate::declare_lint;
use crate::reporting::trace::{self, short};

declare_lint! {
    /// ## What it does
    /// Reports tasks that a handler starts all at once, one for each item of some data, where each takes a connection of
    /// its own: `join_all` over a query for each item, `spawn` in a loop, `for_each_concurrent(None, …)`. The acquire may lie
    /// any number of calls below.
    ///
    /// ## Why is this bad?
    /// One request with a thousand items asks the pool for a thousand connections at once. It takes all of them, makes
    /// every other request wait until its own thousand queries are through, and its last tasks run into the pool's acquire
    /// timeout: the request fails in the middle. The caller decides how many items there are.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Json, Router, extract::State, routing::post};
    /// use futures::future::join_all;
    /// use sqlx::PgPool;
    ///
    /// async fn touch(State(pool): State<PgPool>, Json(ids): Json<Vec<i64>>) {
    ///     join_all(ids.iter().map(|id| seen(&pool, *id))).await; //~ WARN unbounded-acquire
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
    /// ## Why is it off by default?
    /// How many items there are, only the data tell. Of 42 findings on 76 services, 19 were defects without a doubt (ids of a
    /// request's body, rows of a batch), in 12 the number was small for reasons that the code does not show (domains of a
    /// configuration, ten hits of a search), and 11 were wrong, most of which were mended since.
    ///
    /// ## Confidence
    /// Medium on the path of a request, a message or a job: how many items there are, the code does not tell. Low elsewhere.
    ///
    /// ## Not a defect when
    /// - the number is bounded: `buffer_unordered(8)`, `chunks(8)`, `take(8)`, a semaphore, a list that the code spells out,
    ///   a part of the service's own state
    /// - the loop itself awaits something before it starts the next task
    /// - start-up code does it
    ///
    /// ## Known limits
    /// - bounds that the data obeys for other reasons (a page of twenty rows) are not known
    pub(crate) static UNBOUNDED_ACQUIRE = {
        name: "unbounded-acquire",
        summary: "tasks without number each take a connection at once",
        category: Holding,
        level: Off,
        since: "0.1.0",
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
    if exposure == Exposure::Startup {
        return None;
    }
    let (what, label) = match fan_out.started {
        Started::Spawned => ("spawned", "a task for each item is started here, and none waits for another"),
        Started::Joined => ("joined", "a future for each item runs here, all at the same time"),
    };
    let api = short(&fan_out.api);
    let headline = format!("one task for each item is {what}, and each takes a connection (`{api}`)");
    let mut finding = Diagnostic::new(UNBOUNDED_ACQUIRE.metadata, headline, fan_out.span.clone(), label.to_owned());
    finding.labels.push(Label { span: fan_out.site.clone(), text: "each of them takes a connection here".to_owned() });
    if let Exposure::Recurring { entry, path } = &exposure {
        finding.trace = trace::steps(program, *entry, path);
        finding.entry = Some(trace::entry_ref(program, *entry));
    }
    finding.trace.extend(fan_out.path.iter().map(|&call| trace::step(program, call)));
    finding.notes.push(match &fan_out.pool_limit {
        Some(limit) => format!(
            "the pool opens at most {}: with more items than that, every other request waits until these are through, and \
             the last of them may run into the acquire timeout",
            limit.maximum
        ),
        None => "with more items than the pool has connections, every other request waits until these are through, and the \
                 last of them may run into the acquire timeout"
            .to_owned(),
    });
    finding.help.push(
        "ask for all items in one statement (`WHERE id = ANY($1)`, `IN (…)`), or bound how many run at once: \
         `stream::iter(futures).buffer_unordered(8)`, a `Semaphore`"
            .to_owned(),
    );
    finding.confidence = match exposure {
        // Of several implementations that a path may go through, some take no connection.
        Exposure::Recurring { .. } if fan_out.certainty == Certainty::High => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some(finding)
}
