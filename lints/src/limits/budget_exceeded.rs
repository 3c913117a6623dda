//! `budget-exceeded`

use connlint_diagnostics::{Diagnostic, Impact, Label, OtherEntry, Rating};
use connlint_facts::{Notice, NoticeKind, Span};
use connlint_semantic::{
    CallEdge, Certainty, EntryId, FunctionKind, IssuedQuery, Program, RequestLoad, TakenConnection,
};

use crate::declared::{Budget, Declared, budget_of, budgeted, name_of};
use crate::reporting::trace;
use crate::{Checked, declare_lint};

declare_lint! {
    /// ## What it does
    /// Reports a request, message, RPC or command whose code holds more connections of one pool at the same time, or
    /// issues more queries, than the budget in `connlint.toml` allows. Nothing is reported without a budget:
    /// `connlint routes --budget` shows the figures of the code as it is, to start from.
    ///
    /// ## Why is this bad?
    /// The team that wrote the budget sized its pools and promised its response times by it. A route that holds two
    /// connections halves the number of requests that a pool serves; one that issues a query more in each release gets
    /// slower without anyone deciding it.
    ///
    /// ## Example
    /// With this in `connlint.toml`:
    /// ```toml
    /// [budget]
    /// queries = 1
    /// ```
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// async fn overview(State(pool): State<PgPool>) -> String {
    ///     let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&pool).await.unwrap();
    ///     let query = sqlx::query_scalar("SELECT count(*) FROM orders");
    ///     let orders: i64 = query.fetch_one(&pool).await.unwrap(); //~ ERROR budget-exceeded
    ///     format!("{users} users, {orders} orders")
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/overview", get(overview)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```toml
    /// [budget]
    /// queries = 1
    /// ```
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// async fn overview(State(pool): State<PgPool>) -> String {
    ///     let query = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders)";
    ///     let (users, orders): (i64, i64) = sqlx::query_as(query).fetch_one(&pool).await.unwrap();
    ///     format!("{users} users, {orders} orders")
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/overview", get(overview)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## How it counts
    /// - queries on the way through the code that issues most: of the arms of an `if` or `match` the larger, and nothing
    ///   behind a `return`
    /// - the queries of spawned tasks too; those behind a cache or a once-cell not
    /// - a loop over an array so often as it has elements; one over data without bound; any other once, so that the figure
    ///   is a lower one
    /// - connections of one pool that one task holds at once, as [`nested-acquire`](nested-acquire.md) finds them; without
    ///   bound where tasks that are joined each take one
    ///
    /// ## Not a defect when
    /// - the route may cost more than others: give it a budget of its own in `[[budget.routes]]`
    /// - the entry point is a job on a schedule or a session, for which only budgets that name it hold
    ///
    /// ## Known limits
    /// - what middleware and extractors do is theirs, not added to the routes behind them
    /// - an argument that decides what a function queries is not taken into account: the larger way counts
    /// - which arm a function took decides nothing in its caller: two arms that go together never may both count
    /// - one call of a driver counts as one query, whatever the statement or script does
    pub(crate) static BUDGET_EXCEEDED = {
        name: "budget-exceeded",
        summary: "a request costs more connections or queries than its budget allows",
        category: Limits,
        level: Error,
        since: "0.1.0",
        requires: [LiveRanges, FanOuts, QueryLoops, QueryRuns],
        compares_with: declared,
    }
}

/// Places that are marked besides the one that breaks a budget.
const MAX_LABELS: usize = 9;

fn applies(declared: &Declared) -> bool {
    !declared.budgets.is_empty()
}

fn check(program: &Program, declared: &Declared, checked: &mut Checked) {
    let mut found: Vec<Diagnostic> = Vec::new();
    for entry in budgeted(program) {
        let (connections, queries) = budget_of(declared, program, entry);
        if connections.is_none() && queries.is_none() {
            continue;
        }
        let load = program.request_load(entry);
        let broken = [
            connections.and_then(|(limit, budget)| held_finding(program, entry, &load, limit, budget)),
            queries.and_then(|(limit, budget)| query_finding(program, entry, &load, limit, budget)),
        ];
        broken.into_iter().flatten().for_each(|finding| add(&mut found, finding));
    }
    checked.diagnostics.extend(found);
    checked.notices.extend(unused(program, declared));
}

/// Adds a finding; one that other entry points have at the same place joins theirs.
fn add(found: &mut Vec<Diagnostic>, finding: Diagnostic) {
    let same =
        |other: &&mut Diagnostic| other.primary == finding.primary && other.primary_label == finding.primary_label;
    let Some(first) = found.iter_mut().find(same) else {
        found.push(finding);
        return;
    };
    if let (Some(entry), Some(step)) = (finding.entry, finding.trace.first()) {
        let other = OtherEntry { entry, span: step.span.clone() };
        if first.entry.as_ref() != Some(&other.entry) && !first.other_entries.contains(&other) {
            first.other_entries.push(other);
        }
    }
}

/// Patterns that no entry point matches: what they were meant for is not checked.
fn unused(program: &Program, declared: &Declared) -> Vec<Notice> {
    let names: Vec<&str> = budgeted(program).map(|entry| name_of(program, entry)).collect();
    let patterns = declared.budgets.iter().flat_map(|budget| budget.routes.iter().map(move |route| (budget, route)));
    let matches = |pattern: &str| {
        let pattern = connlint_diagnostics::Pattern::new(pattern);
        names.iter().any(|name| pattern.matches_route(name))
    };
    let unmatched = patterns.filter(|(_, route)| !matches(route)).map(|(budget, route)| Notice {
        kind: NoticeKind::UncheckedLimit,
        path: None,
        range: None,
        message: format!(
            "`{}` has a budget for `{route}`, which no entry point matches: `connlint routes` lists them",
            budget.origin
        ),
    });
    unmatched.collect()
}

/// What breaks a budget.
struct Broken<'p> {
    entry: EntryId,
    budget: &'p Budget,
    headline: String,
    primary: Span,
    label: String,
    path: &'p [u32],
    certainty: Certainty,
}

fn finding(program: &Program, broken: Broken<'_>) -> Diagnostic {
    let mut finding = Diagnostic::new(BUDGET_EXCEEDED.metadata, broken.headline, broken.primary, broken.label);
    finding.trace = trace::steps(program, broken.entry, broken.path);
    finding.entry = Some(trace::entry_ref(program, broken.entry));
    finding.confidence = trace::confidence(broken.certainty).into();
    finding.impact = Rating::because(Impact::High, "the project declares this limit");
    finding.notes.push(declared_by(broken.budget));
    finding
}

fn declared_by(budget: &Budget) -> String {
    match budget.routes.as_slice() {
        [] => format!("the budget is `[budget]` of `{}`, for all requests", budget.origin),
        routes => {
            format!("the budget is that of `{}` in `[[budget.routes]]` of `{}`", routes.join("`, `"), budget.origin)
        }
    }
}

fn who(program: &Program, entry: EntryId) -> String {
    let unit = program.entry(entry).kind.unit();
    let article = if unit.starts_with(['R', 'a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {unit} of `{}`", name_of(program, entry))
}

fn counted(number: u64, what: &str, plural: &str) -> String {
    format!("{number} {}", if number == 1 { what } else { plural })
}

fn query_finding<'p>(
    program: &'p Program,
    entry: EntryId,
    load: &RequestLoad<'p>,
    limit: u64,
    budget: &Budget,
) -> Option<Diagnostic> {
    let count = load.queries;
    if count.least <= limit && !count.unbounded {
        return None;
    }
    if count.unbounded
        && let Some(query) = load.issued.iter().find(|query| query.each_item_of.is_some())
    {
        return Some(unbounded_queries(program, entry, load, query, (limit, budget)));
    }
    let at = one_too_many(&load.issued, limit)?;
    let query = &load.issued[at];
    let least = if count.open { "at least " } else { "" };
    let headline = format!(
        "{} issues {least}{}: its budget is {limit}",
        who(program, entry),
        counted(count.least, "query", "queries")
    );
    let label = match at {
        0 => "this query is over the budget".to_owned(),
        at => format!("query {} of {least}{}, over the budget", at + 1, count.least),
    };
    let shown = &load.issued[..=at];
    let certainty = shown.iter().map(|query| certainty(program, entry, query)).fold(Certainty::High, Certainty::min);
    let primary = query.site.span.clone();
    let mut finding =
        finding(program, Broken { entry, budget, headline, primary, label, path: &query.path, certainty });
    label_queries(program, load, at, &mut finding);
    if count.open {
        finding.notes.push("a loop whose rounds the code does not show counts once".to_owned());
    }
    finding.help.push(
        "load what belongs together with one statement, leave out what the answer does not need, or give the route a \
         budget of its own in `[[budget.routes]]`"
            .to_owned(),
    );
    Some(finding)
}

/// The query with which a run issues more than a limit.
fn one_too_many(issued: &[IssuedQuery<'_>], limit: u64) -> Option<usize> {
    let mut sum = 0_u64;
    let over = issued.iter().position(|query| {
        sum = sum.saturating_add(query.times);
        sum > limit
    });
    over.or(issued.len().checked_sub(1))
}

fn certainty(program: &Program, entry: EntryId, query: &IssuedQuery<'_>) -> Certainty {
    program.certainty(entry, &query.path)
}

/// Marks the other queries of a run: each where the way to it leaves the path that is shown.
fn label_queries(program: &Program, load: &RequestLoad<'_>, broken: usize, finding: &mut Diagnostic) {
    let shown = &load.issued[broken];
    let others = load.issued.iter().enumerate().filter(|(at, _)| *at != broken);
    let mut left_out = load.queries.least.saturating_sub(shown.times);
    for (at, query) in others.take(MAX_LABELS) {
        left_out = left_out.saturating_sub(query.times);
        let times = if query.times > 1 { format!(", {} times", query.times) } else { String::new() };
        let (span, below) = match parting(program, &shown.path, &query.path) {
            Some(call) => (call.span.clone(), format!(", below this call of `{}`", program.function(call.to).name())),
            None => (query.site.span.clone(), String::new()),
        };
        finding.labels.push(Label { span, text: format!("query {}{times}{below}", at + 1) });
    }
    if left_out > 0 {
        finding.notes.push(format!("{} not marked", counted(left_out, "further query is", "further queries are")));
    }
}

/// The first call of a function by which one path leaves another; `None` if both end in the same function.
fn parting<'p>(program: &'p Program, shown: &[u32], path: &[u32]) -> Option<&'p CallEdge> {
    let common = shown.iter().zip(path).take_while(|(a, b)| a == b).count();
    let further = path.get(common..)?.iter().map(|&call| &program.calls[call as usize]);
    further.into_iter().find(|call| program.function(call.to).kind == FunctionKind::Function)
}

fn unbounded_queries<'p>(
    program: &'p Program,
    entry: EntryId,
    load: &RequestLoad<'p>,
    query: &IssuedQuery<'p>,
    (limit, budget): (u64, &Budget),
) -> Diagnostic {
    let headline =
        format!("{} issues a query for each item of a collection: its budget is {limit}", who(program, entry));
    let label = "issued once for each item, as many as there are".to_owned();
    let certainty = certainty(program, entry, query);
    let primary = query.site.span.clone();
    let mut finding =
        finding(program, Broken { entry, budget, headline, primary, label, path: &query.path, certainty });
    let loops = program.query_loops();
    let looped = loops.iter().find(|reached| reached.found.enters == query.each_item_of);
    if let Some(reached) = looped {
        let text = "the number of items grows with the data".to_owned();
        finding.labels.push(Label { span: reached.found.over.clone(), text });
    }
    finding.notes.push(format!("with one item it issues {}", counted(load.queries.least, "query", "queries")));
    let batch = looped.and_then(|reached| reached.found.queries.first()).map(|query| query.batch.clone());
    finding.help.push(batch.unwrap_or_else(|| "send one query for all items, before the loop".to_owned()));
    finding
}

fn held_finding(
    program: &Program,
    entry: EntryId,
    load: &RequestLoad<'_>,
    limit: u64,
    budget: &Budget,
) -> Option<Diagnostic> {
    let held = load.held;
    if held.least <= limit && !held.unbounded {
        return None;
    }
    let last = load.takes.len().checked_sub(1)?;
    let at = usize::try_from(limit).unwrap_or(last).min(last);
    let take = &load.takes[at];
    let (headline, label) = match held.unbounded {
        true => (
            format!(
                "{} takes a connection in each of its tasks, without bound: its budget is {limit}",
                who(program, entry)
            ),
            "each of the tasks takes one here".to_owned(),
        ),
        false => (
            format!(
                "{} holds {} of one pool at once: its budget is {limit}",
                who(program, entry),
                counted(held.least, "connection", "connections")
            ),
            match at {
                0 => "this connection is over the budget".to_owned(),
                at => format!("connection {} of {} is taken here", at + 1, held.least),
            },
        ),
    };
    let certainty = program.certainty(entry, &take.path);
    let broken = Broken { entry, budget, headline, primary: take.span.clone(), label, path: &take.path, certainty };
    let mut finding = finding(program, broken);
    label_takes(&load.takes, at, &mut finding);
    finding.help.push(match held.unbounded {
        true => "limit the tasks that run at once (`buffer_unordered(n)`, a semaphore), or let one query do their work"
            .to_owned(),
        false => {
            "pass on the connection that is held, or release it first (with `drop`, `commit` or a block of its own)"
                .to_owned()
        }
    });
    Some(finding)
}

fn label_takes(takes: &[TakenConnection], broken: usize, finding: &mut Diagnostic) {
    for (at, take) in takes.iter().enumerate().filter(|(at, _)| *at != broken).take(MAX_LABELS) {
        let text = match at < broken {
            true => format!("connection {} is taken here, and held meanwhile", at + 1),
            false => format!("connection {} is taken here", at + 1),
        };
        finding.labels.push(Label { span: take.span.clone(), text });
    }
}
