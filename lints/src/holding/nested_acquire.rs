//! `nested-acquire`

use std::collections::BTreeMap;

use connlint_diagnostics::{Confidence, Diagnostic, Label};
use connlint_facts::Span;
use connlint_semantic::{Exposure, Held, HeldAcquire, LiveRange, PoolLimit, Program, Same};

use crate::declare_lint;
use crate::reporting::live_range::{acquired, add_call_path, handle, noun, path_confidence};
use crate::reporting::trace::short;

declare_lint! {
    /// ## What it does
    /// Reports a connection that is taken from a pool by a task that already holds one of that pool: `pool.get()` twice, a
    /// query on `&pool` while a transaction is alive, a helper that takes a connection of its own while its caller holds
    /// one. The second acquire may lie any number of calls away. A connection is held until its variable goes out of
    /// scope, is moved, dropped, committed or rolled back, not until its last use.
    ///
    /// ## Why is this bad?
    /// Each such task needs two connections at once. With a maximum of *M* connections, *M* of these tasks that run at the
    /// same time each take one and wait for a second that none of them will ever give back: the pool locks up, and with it
    /// everything else that uses it. It happens under load only, so tests don't show it. A query on the pool also runs
    /// outside the transaction: it does not see what that wrote, and is not rolled back with it.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, extract::State, routing::post};
    /// use sqlx::PgPool;
    ///
    /// async fn pay(State(pool): State<PgPool>) {
    ///     let mut tx = pool.begin().await.unwrap();
    ///     sqlx::query("UPDATE accounts SET balance = balance - 1").execute(&mut *tx).await.unwrap();
    ///     audit(&pool).await; //~ ERROR nested-acquire
    ///     tx.commit().await.unwrap();
    /// }
    ///
    /// async fn audit(pool: &PgPool) {
    ///     sqlx::query("INSERT INTO audit DEFAULT VALUES").execute(pool).await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/pay", post(pay)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Router, extract::State, routing::post};
    /// use sqlx::{PgConnection, PgPool};
    ///
    /// async fn pay(State(pool): State<PgPool>) {
    ///     let mut tx = pool.begin().await.unwrap();
    ///     sqlx::query("UPDATE accounts SET balance = balance - 1").execute(&mut *tx).await.unwrap();
    ///     audit(&mut tx).await;
    ///     tx.commit().await.unwrap();
    /// }
    ///
    /// async fn audit(conn: &mut PgConnection) {
    ///     sqlx::query("INSERT INTO audit DEFAULT VALUES").execute(conn).await.unwrap();
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/pay", post(pay)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Confidence
    /// High where both connections come from the same place (the same field, variable, static or parameter, through
    /// getters and clones); medium where the program builds one pool of that type; low where it builds several, and where
    /// only start-up code runs it.
    ///
    /// ## Not a defect when
    /// - the first connection is given back before: dropped, moved, committed, out of scope
    /// - the second one is taken in a task that is spawned and not awaited, or with `try_acquire`, which never waits
    /// - the two come from different pools
    ///
    /// ## Known limits
    /// - a transaction that a closure gets (`conn.transaction(|conn| …)`) is seen through the type of the closure's parameter
    /// - connections kept in collections are not followed
    pub(crate) static NESTED_ACQUIRE = {
        name: "nested-acquire",
        summary: "a second connection is taken from a pool while one is held",
        category: Holding,
        level: Error,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    // One finding for each place, told by the range of which it is surest.
    let mut best: BTreeMap<&Span, (Same, &LiveRange, &HeldAcquire)> = BTreeMap::new();
    for range in program.live_ranges.iter().filter(|r| !r.on_held && !program.function(r.function).test_only) {
        for second in &range.acquires {
            let place = if second.path.is_empty() { &second.site } else { &second.call };
            let better = best.get(place).is_none_or(|(same, ..)| *same < second.same);
            if better {
                best.insert(place, (second.same, range, second));
            }
        }
    }
    let found = best.into_iter().map(|(place, (_, range, second))| finding(program, place, range, second));
    diagnostics.extend(found);
}

fn finding(program: &Program, place: &Span, range: &LiveRange, second: &HeldAcquire) -> Diagnostic {
    let what = noun(range.held);
    let by = match second.path.first() {
        Some(&call) => format!("`{}`", program.function(program.calls[call as usize].to).name),
        None => format!("`{}`", short(&second.api)),
    };
    let how = if second.by_query && second.path.is_empty() { " on the pool" } else { "" };
    let headline = format!("{by}{how} takes a second connection while {} holds one of the same pool", handle(range));
    let label =
        if second.path.is_empty() { "a second connection is taken here" } else { "this call takes a second one" };
    let mut finding = Diagnostic::new(NESTED_ACQUIRE.metadata, headline, place.clone(), label.to_owned());
    finding.labels.push(acquired(range));
    if !second.path.is_empty() {
        finding
            .labels
            .push(Label { span: second.site.clone(), text: "the second connection is taken here".to_owned() });
    }
    let exposure = add_call_path(&mut finding, program, range, &second.path);
    finding.notes = notes(range, second);
    let pass = format!("pass the {what} that is already held, or end it before (`drop`, `commit`, a block of its own)");
    finding.help.push(second.remedy.clone().unwrap_or(pass));
    finding.confidence = confidence(second, &exposure);
    finding
}

fn notes(range: &LiveRange, second: &HeldAcquire) -> Vec<String> {
    let at_once = second.at_once.max(2);
    let mut notes = vec![match &range.pool_limit {
        Some(limit) => {
            let tasks = limit.maximum.div_ceil(at_once as u64 - 1).max(1);
            format!(
                "each run holds {at_once} connections at once, and the pool opens at most {}{}: {tasks} runs at the same \
                 time stop each other for good",
                limit.maximum,
                of_default(limit)
            )
        }
        None => format!(
            "each run holds {at_once} connections at once: with a maximum of M, M / {} runs at the same time each wait for \
             one that none of them gives back",
            at_once - 1
        ),
    }];
    if second.by_query && range.held == Held::Transaction {
        notes.push(
            "the query runs on another connection: outside the transaction, which does not roll it back".to_owned(),
        );
    }
    notes
}

fn of_default(limit: &PoolLimit) -> &'static str {
    if limit.set_at.is_none() { " (the library's default)" } else { "" }
}

fn confidence(second: &HeldAcquire, exposure: &Exposure) -> Confidence {
    let same = match second.same {
        Same::Place => Confidence::High,
        Same::Source => Confidence::Medium,
        Same::Type => Confidence::Low,
    };
    same.min(path_confidence(second.certainty, exposure))
}
