//! `nested-acquire`

use std::collections::BTreeMap;

use connlint_diagnostics::{Confidence, Diagnostic, Label, Rating, Remedy};
use connlint_facts::Span;
use connlint_semantic::{FunctionId, Held, HeldAcquire, LiveRange, PoolIdentity, PoolLimit, Program, Taking};

use crate::declare_lint;
use crate::reporting::live_range::{add_acquired, add_call_path, handle, noun};
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports a task that takes a connection from a pool while it already holds one of the same pool: `pool.get()`
    /// twice, a query on `&pool` while a transaction is open, a helper that takes its own connection while its caller
    /// holds one, a handler with two parameters that are guards of one pool. The second acquire may be any number of calls
    /// away. A connection is held until its variable goes out of scope, is moved, dropped, committed or rolled back, not
    /// until its last use. A function that is given the held connection and takes another one is one finding, with the
    /// calls that hand it on.
    ///
    /// ## Why is this bad?
    /// Each such task needs two connections at the same time. If a pool has at most *M* connections and *M* of these
    /// tasks run concurrently, each takes one and waits for a second that none of them will ever return: the tasks
    /// deadlock, and everything else that uses the pool waits with them. This happens under load only, so tests do not
    /// show it. A query on the pool also runs outside the transaction: it does not see its writes, and is not rolled
    /// back with it.
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
    /// High if both connections come from the same variable, field, static or parameter (also through getters and
    /// clones); medium if the program builds one pool of that type; low if it builds several, or if only start-up code
    /// does it.
    ///
    /// ## Not a defect when
    /// - the first connection is released before: dropped, moved, committed, out of scope
    /// - the second connection is taken in a spawned task that is not awaited, or with `try_acquire`, which never waits
    /// - the two connections come from different pools
    ///
    /// ## Known limits
    /// - a function that runs a closure while it holds a connection is seen in the workspace only
    /// - connections that are stored in collections are not followed
    pub(crate) static NESTED_ACQUIRE = {
        name: "nested-acquire",
        summary: "a second connection is taken from a pool while one is held",
        category: Holding,
        level: Error,
        since: "0.1.0",
        requires: [LiveRanges],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let mut by_cause: BTreeMap<Cause<'_>, Vec<Second<'_>>> = BTreeMap::new();
    for second in seconds(program) {
        by_cause.entry(Cause::of(&second)).or_default().push(second);
    }
    diagnostics.extend(by_cause.into_iter().filter_map(|(cause, seconds)| grouped(program, cause, &seconds)));
}

/// One for each expression, from the range whose pool is surest to be the same.
fn seconds(program: &Program) -> Vec<Second<'_>> {
    let mut best: BTreeMap<&Span, Second<'_>> = BTreeMap::new();
    for range in program.live_ranges.iter().filter(|r| !r.on_held && !program.function(r.function).test_only) {
        for acquire in &range.acquires {
            let second = Second { place: place(acquire), range, acquire, same: acquire.same, givers: Vec::new() };
            if best.get(second.place).is_none_or(|other| other.same < second.same) {
                best.insert(second.place, second);
            }
        }
    }
    join_givers(program, &mut best);
    best.into_values().collect()
}

/// The expression that the second connection is taken with, or the call below which it is.
fn place(acquire: &HeldAcquire) -> &Span {
    let is_own = acquire.path.is_empty() && acquire.taking != Taking::Parameter;
    if is_own { &acquire.site } else { &acquire.call }
}

/// A function that is given what is held could do all its work on that: the edit is there, once for all who call it.
fn join_givers<'p>(program: &'p Program, best: &mut BTreeMap<&'p Span, Second<'p>>) {
    let given = |second: &Second<'p>| Some((second.place, place(program.last_holder(second.acquire)?.1)));
    let given: Vec<(&Span, &Span)> = best.values().filter_map(given).collect();
    for (giver, taker) in given {
        if giver != taker
            && best.contains_key(taker)
            && let Some(removed) = best.remove(giver)
            && let Some(kept) = best.get_mut(taker)
        {
            kept.same = kept.same.max(removed.same);
            kept.givers.push(giver);
            kept.givers.extend(removed.givers);
        }
    }
}

/// What one edit corrects wherever it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause<'p> {
    /// Everything that is taken while one connection is held. A guess joins no finding that is sure.
    Holder { function: FunctionId, acquired: &'p Span, guessed: bool },
    /// Handlers that are given several guards of this type.
    Guard(&'p str),
}

impl<'p> Cause<'p> {
    fn of(second: &Second<'p>) -> Self {
        let guessed = second.same == PoolIdentity::Type;
        match second.acquire.taking {
            Taking::Parameter => Self::Guard(&second.acquire.api),
            Taking::Acquire | Taking::Query => {
                Self::Holder { function: second.range.function, acquired: &second.range.acquired, guessed }
            }
        }
    }
}

/// A second acquire, and the range in which it happens.
struct Second<'p> {
    place: &'p Span,
    range: &'p LiveRange,
    acquire: &'p HeldAcquire,
    /// How sure it is that both come from the same pool.
    same: PoolIdentity,
    /// Calls that hand the first one on to the function that takes the second.
    givers: Vec<&'p Span>,
}

/// One finding for all that has one cause: the surest, with the others as siblings.
fn grouped(program: &Program, cause: Cause<'_>, seconds: &[Second<'_>]) -> Option<Diagnostic> {
    // They are in order of place, and the last of equal ones is the maximum.
    let first = seconds.iter().rev().max_by_key(|second| (second.same, second.acquire.certainty))?;
    let takes_more = seconds.len() > 1 && matches!(cause, Cause::Holder { .. });
    let mut found = finding(program, first, takes_more);
    let others = seconds.iter().filter(|second| second.place != first.place);
    let text = match cause {
        Cause::Holder { .. } => "another connection is taken here",
        Cause::Guard(_) => "another connection is taken for this parameter",
    };
    let label = |second: &Second<'_>| Label { span: second.place.clone(), text: text.to_owned() };
    found.siblings = others.map(label).collect();
    let given = |&call: &&Span| Label { span: call.clone(), text: "this call hands on what it holds".to_owned() };
    found.siblings.extend(seconds.iter().flat_map(|second| &second.givers).map(given));
    found.remedies.extend(remedy(first.range, seconds));
    Some(found)
}

/// What runs on the pool in the function that holds the transaction can run on the transaction, if that is surely of the
/// same pool.
fn remedy(range: &LiveRange, seconds: &[Second<'_>]) -> Option<Remedy> {
    let is_direct = |second: &Second<'_>| {
        second.acquire.path.is_empty() && second.acquire.taking == Taking::Query && second.same == PoolIdentity::Place
    };
    let is_own = range.held == Held::Transaction && !range.borrowed;
    let name = range.name.clone().filter(|_| is_own && seconds.iter().all(is_direct))?;
    let calls = seconds.iter().map(|second| second.place.clone()).collect();
    Some(Remedy::UseHeld { name, begun: range.acquired.clone(), calls })
}

fn finding(program: &Program, found: &Second<'_>, has_siblings: bool) -> Diagnostic {
    let (place, range, second) = (found.place, found.range, found.acquire);
    let what = noun(range.held);
    let by = match second.path.first() {
        Some(&call) => format!("`{}`", program.function(program.calls[call as usize].to).name()),
        None if second.taking == Taking::Parameter => format!("`{}`", without_modules(&second.api)),
        None => format!("`{}`", program.api_name(&second.api)),
    };
    let held = handle(range);
    let headline = match second.taking {
        Taking::Parameter => {
            format!("each {by} takes a connection: this one takes a second while {held} holds one of the same pool")
        }
        Taking::Query if second.path.is_empty() => {
            format!("{by} on the pool takes a second connection while {held} holds one of the same pool")
        }
        _ => format!("{by} takes a second connection while {held} holds one of the same pool"),
    };
    let label = match second.path.is_empty() {
        _ if second.taking == Taking::Parameter => "a second connection is taken for this parameter",
        true => "a second connection is taken here",
        false => "this call takes a second connection",
    };
    let mut finding = Diagnostic::new(NESTED_ACQUIRE.metadata, headline, place.clone(), label.to_owned());
    add_acquired(&mut finding, range);
    if !second.path.is_empty() || is_asked_while_made(second) {
        finding
            .labels
            .push(Label { span: second.site.clone(), text: "the second connection is taken here".to_owned() });
    }
    add_call_path(&mut finding, program, range, (&second.path, &second.required));
    finding.notes = notes(range, second, has_siblings);
    let pass = format!(
        "pass on the {what} that is already held, or release it first (with `drop`, `commit` or a block of its own)"
    );
    finding.help.push(match second.path.first() {
        // The call may be given the held connection already: what is to change is below it.
        Some(_) => inside(range, &by),
        None if is_asked_while_made(second) => {
            format!(
                "put this parameter before {held}, or take that connection in the handler: what makes the parameter has \
                 given its own back by then"
            )
        }
        None if second.taking == Taking::Parameter => {
            format!("let the handler have one of these parameters, and pass {held} on to all that needs a connection")
        }
        None => second.remedy.clone().unwrap_or(pass),
    });
    finding.confidence = confidence(found);
    finding
}

/// Whether what makes a parameter takes a connection, and not for the parameter to keep.
fn is_asked_while_made(second: &HeldAcquire) -> bool {
    second.taking == Taking::Parameter && second.site != second.call
}

/// A type as a signature shows it: `Connection<Db>`.
fn without_modules(ty: &str) -> String {
    let mut shown = String::new();
    for part in ty.split_inclusive(['<', '>', ',', ' ']) {
        shown.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    shown
}

/// What to do where the second connection is taken below a call.
fn inside(range: &LiveRange, callee: &str) -> String {
    let (handle, end) = (handle(range), if range.held == Held::Transaction { "commit" } else { "release" });
    format!("let {callee} do its work on {handle}, not on the pool, or {end} {handle} before this call")
}

fn notes(range: &LiveRange, second: &HeldAcquire, has_siblings: bool) -> Vec<String> {
    let mut notes = vec![deadlock(range.pool_limit.as_ref(), second.at_once.max(2) as u64, has_siblings)];
    if second.taking == Taking::Query && range.held == Held::Transaction {
        notes.push(
            "the query runs on another connection, outside the transaction: a rollback does not undo it".to_owned(),
        );
    }
    notes
}

/// How many runs that each hold `needed` connections exhaust the pool while all of them wait for their last one: those
/// whose other `needed - 1` connections are all that the pool opens.
fn deadlock(limit: Option<&PoolLimit>, needed: u64, has_siblings: bool) -> String {
    // Whether siblings run at the same time is not known.
    let least = if has_siblings { "at least " } else { "" };
    let each = format!("each run needs {least}{needed} connections at the same time");
    let Some(limit) = limit else {
        return format!(
            "{each}: when as many runs as the pool has connections hold one, each waits for a connection that none of them \
             returns"
        );
    };
    let runs = match limit.maximum.div_ceil(needed - 1) {
        0 | 1 => "a single run can wait forever".to_owned(),
        runs => format!("{runs} concurrent runs can deadlock"),
    };
    format!("{each}, and the pool opens at most {}{}: {runs}", limit.maximum, of_default(limit))
}

fn of_default(limit: &PoolLimit) -> &'static str {
    if limit.set_at.is_none() { " (the library's default)" } else { "" }
}

fn confidence(second: &Second<'_>) -> Rating<Confidence> {
    let mut confidence = Rating::new(trace::confidence(second.acquire.certainty));
    match second.same {
        PoolIdentity::Place => {}
        PoolIdentity::Source => confidence.at_most(Confidence::Medium, "both pools have the same source"),
        PoolIdentity::Type => confidence.at_most(Confidence::Low, "the pools are only known to be of the same type"),
    }
    confidence
}
