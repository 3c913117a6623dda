//! `query-in-loop`

use std::collections::BTreeMap;

use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label, Rating};
use connlint_semantic::{EntryKind, FunctionKind, ItemSource, Program, ReachedLoop, Recurrence, RepeatedQuery};

use crate::declare_lint;
use crate::reporting::{impact, trace};

declare_lint! {
    /// ## What it does
    /// Reports a query that a request handler, consumer or job sends once for each item of a collection (N+1): in a
    /// loop, in the closure of an iterator or stream, or any number of calls below it. The collection is one that grows
    /// with the data: the rows of another query, a list in the request, what a caller hands in.
    ///
    /// ## Why is this bad?
    /// Each query is a round trip. A page with a hundred rows waits for a hundred and one of them, one after the other,
    /// and holds its connection as long; the more rows there are, the slower it gets, until requests time out. The
    /// database does the same work again and again instead of once.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Json, Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// async fn authors(State(pool): State<PgPool>) -> Json<Vec<String>> {
    ///     let posts = sqlx::query_scalar::<_, i64>("SELECT author FROM posts ORDER BY id DESC LIMIT 100");
    ///     let mut names = Vec::new();
    ///     for author in posts.fetch_all(&pool).await.unwrap() {
    ///         let query = sqlx::query_scalar("SELECT name FROM users WHERE id = $1").bind(author);
    ///         names.push(query.fetch_one(&pool).await.unwrap()); //~ WARN query-in-loop
    ///     }
    ///     Json(names)
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/authors", get(authors)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Json, Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// async fn authors(State(pool): State<PgPool>) -> Json<Vec<String>> {
    ///     let posts = sqlx::query_scalar::<_, i64>("SELECT author FROM posts ORDER BY id DESC LIMIT 100");
    ///     let authors = posts.fetch_all(&pool).await.unwrap();
    ///     let query = sqlx::query_scalar("SELECT name FROM users WHERE id = ANY($1)").bind(authors);
    ///     Json(query.fetch_all(&pool).await.unwrap())
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/authors", get(authors)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the code names the items: constants, ranges with literal bounds, the variants of an enum, the service's own
    ///   configuration
    /// - each round works off a batch (`chunks`, `ANY($1)`, `UNNEST`, `insert_many`, a pipeline), asks for the next page,
    ///   or sends the query only when a buffer is full
    /// - the loop ends with the first success: a retry, a search
    /// - a job runs the loop at an interval of a second or more, and nobody waits for it: low impact, so shown on demand
    ///   only, as where the database runs inside the process (`rusqlite`), and where each round also waits for another
    ///   service. One degree less for a database in a local file
    /// - a resolver is called for rows that are parts of another object: low impact, as an object has few of them; for
    ///   rows that the root of the schema lists, one degree less where the resolver is async, as all run at the same time
    /// - the list is one that a caller hands in, a request or another service: its sender decides how long it is, and most
    ///   are short. Low impact too are rounds that only write, and, over anything but rows, what a message consumer runs,
    ///   for which nobody waits. None of this excuses a query that is the same in each round
    /// - a storage layer of the project chooses among three databases or more: low confidence
    /// - start-up runs it, or nothing that is known to recur
    /// - the driver has no form for several items at once
    ///
    /// ## Known limits
    /// - how many items there are is not known: a collection may be small for reasons that the code does not show
    /// - a query that is more than three calls below the loop is not reported: that far away, each round is a unit of work
    ///   of its own
    /// - a batch that a function of the project makes (`split_into_batches(items)`) is not recognised as one
    /// - the text of a statement is not read out of a file (`include_str!`, `query_file!`): fetching with it counts as a read
    /// - generated clients of RPC services, and drivers whose calls the catalog does not describe as queries
    ///   (Elasticsearch, Qdrant, Cassandra), are not known to send queries
    pub(crate) static QUERY_IN_LOOP = {
        name: "query-in-loop",
        summary: "a query is sent for each item of a collection",
        category: Queries,
        level: Warn,
        since: "0.1.0",
        requires: [QueryLoops],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    // That its resolvers ask by row is decided once for a schema: one finding for a crate and impact.
    let mut of_schema: BTreeMap<(&str, bool), Vec<(&str, Diagnostic)>> = BTreeMap::new();
    for reached in &program.query_loops() {
        let Some(finding) = finding(program, reached) else { continue };
        match &reached.found.source {
            ItemSource::Listed(listed) => {
                let schema = (&*program.function(reached.found.function).krate, reached.found.in_object);
                of_schema.entry(schema).or_default().push((listed, finding));
            }
            _ => diagnostics.push(finding),
        }
    }
    diagnostics.extend(of_schema.into_values().filter_map(one_for_schema));
}

/// The resolvers of a schema that each ask for something by row: the one that matters most, with the others inside.
fn one_for_schema(mut found: Vec<(&str, Diagnostic)>) -> Option<Diagnostic> {
    found.sort_by_key(|(_, finding)| std::cmp::Reverse((finding.impact.degree, finding.confidence.degree)));
    let mut found = found.into_iter();
    let (_, mut first) = found.next()?;
    let others: Vec<(&str, Diagnostic)> = found.collect();
    if !others.is_empty() {
        first.notes.push(match others.len() {
            1 => "one more resolver of this schema sends a query for each row of a list".to_owned(),
            more => format!("{more} more resolvers of this schema send a query for each row of a list"),
        });
        for (listed, other) in others {
            let text = format!("so does this resolver of `{listed}`");
            first.siblings.push(Label { span: other.primary, text });
            first.siblings.extend(other.siblings);
        }
    }
    Some(first)
}

fn finding(program: &Program, reached: &ReachedLoop<'_>) -> Option<Diagnostic> {
    let (first, others) = reached.found.queries.split_first()?;
    let entry = program.entry(reached.entry);
    let of_route = entry.route.as_ref().map(|route| format!(" on the path of `{route}`")).unwrap_or_default();
    let headline = format!(
        "{} for each item of {}{of_route}",
        sent(program, first, others.len()),
        source(program, &reached.found.source)
    );
    let mut finding = Diagnostic::new(QUERY_IN_LOOP.metadata, headline, first.span.clone(), label(program, first));
    finding.labels.push(Label { span: reached.found.over.clone(), text: over(reached).to_owned() });
    finding.trace = trace::steps(program, reached.entry, &reached.path);
    finding.trace.extend(trace::calls(program, &first.path));
    let site = &program.sites[first.site as usize];
    if site.span != first.span {
        finding.labels.push(Label { span: site.span.clone(), text: "the query is sent here".to_owned() });
    }
    finding.entry = Some(trace::entry_ref(program, reached.entry));
    finding.other_entries = trace::others(program, &reached.further_entries);
    finding.siblings =
        others.iter().map(|query| Label { span: query.span.clone(), text: label(program, query) }).collect();
    finding.notes.push(harm(program, reached));
    finding.help = help(reached);
    finding.confidence = confidence(reached, first);
    finding.impact = harm_degree(program, reached, first);
    Some(finding)
}

/// The query and how many others go with it.
fn sent(program: &Program, query: &RepeatedQuery, others: usize) -> String {
    let api = program.api_name(&program.sites[query.site as usize].api);
    match others {
        _ if query.same => format!("`{api}` sends the same query"),
        0 => format!("`{api}` sends a query"),
        1 => format!("`{api}` and another call each send a query"),
        _ => format!("`{api}` and {others} other calls each send a query"),
    }
}

fn source(program: &Program, source: &ItemSource) -> String {
    match source {
        ItemSource::Rows(api) => format!("what `{}` returns", program.api_name(api)),
        ItemSource::Answer => "an answer from outside".to_owned(),
        ItemSource::Parameter(name) if name.is_empty() => "a parameter".to_owned(),
        ItemSource::Parameter(name) => format!("the parameter `{name}`"),
        ItemSource::Returned(name) => format!("what `{name}` returns"),
        ItemSource::Part => "a list inside another item".to_owned(),
        ItemSource::Shared => "a shared collection".to_owned(),
        ItemSource::Listed(name) => format!("a list of `{name}`"),
        ItemSource::OwnField(name) if name.is_empty() => "a part of `self`".to_owned(),
        ItemSource::OwnField(name) => format!("the field `{name}`"),
    }
}

fn label(program: &Program, query: &RepeatedQuery) -> String {
    let site = &program.sites[query.site as usize];
    match &query.statement {
        Some(text) => format!("sends `{}` in each round", shortened(text)),
        None if site.span == query.span => "sends a query in each round".to_owned(),
        None => format!("sends a query in each round, with `{}`", program.api_name(&site.api)),
    }
}

fn over(reached: &ReachedLoop<'_>) -> &'static str {
    match reached.found.source {
        ItemSource::Listed(_) => "this resolver lists them",
        _ => "runs over this",
    }
}

/// How much of a statement is shown.
const SHOWN: usize = 60;

/// The start of a statement on one line.
fn shortened(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ").replace('`', "'");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let start: String = line.chars().take(SHOWN).collect();
    format!("{}…", start.trim_end())
}

fn harm(program: &Program, reached: &ReachedLoop<'_>) -> String {
    let unit = program.entry(reached.entry).kind.unit();
    let is_closure = program.function(reached.found.body).kind != FunctionKind::Loop;
    let items = if is_closure { "items" } else { "rounds" };
    format!(
        "a {unit} with n items sends n queries: how long it takes, and how long it keeps its connection, grows with the number of {items}"
    )
}

fn help(reached: &ReachedLoop<'_>) -> Vec<String> {
    let mut help: Vec<String> = Vec::new();
    if reached.found.queries.iter().any(|query| query.same) {
        help.push("send it once, before the loop: nothing in it depends on the item".to_owned());
    }
    for query in reached.found.queries.iter().filter(|query| !query.same) {
        if !help.contains(&query.batch) {
            help.push(query.batch.clone());
        }
    }
    if matches!(reached.found.source, ItemSource::Listed(_)) {
        help.push(
            "let a data loader of the framework collect the keys of all rows, and send that query once".to_owned(),
        );
    }
    help
}

fn confidence(reached: &ReachedLoop<'_>, query: &RepeatedQuery) -> Rating<Confidence> {
    let path = trace::confidence(reached.certainty.min(query.certainty));
    if query.chosen {
        return Rating::because(Confidence::Low, "a storage layer of the project chooses the database");
    }
    match reached.found.source {
        ItemSource::Rows(_) | ItemSource::Parameter(_) => path.into(),
        _ => path.min(Confidence::Medium).into(),
    }
}

fn harm_degree(program: &Program, reached: &ReachedLoop<'_>, query: &RepeatedQuery) -> Rating<Impact> {
    let mut impact = impact::of_path(program, reached.entry, &reached.path, false);
    let found = &reached.found;
    let over_rows = matches!(found.source, ItemSource::Rows(_) | ItemSource::Returned(_));
    let all_write = found.queries.iter().all(|query| query.writes);
    if let Recurrence::Tick(period) = program.recurrence(reached.entry, &reached.path, false) {
        match period {
            Some(0) => impact.lower("nobody waits for a job"),
            _ => impact.at_most(Impact::Low, "nobody waits for a job"),
        }
    }
    match found.source {
        // One line mends it, however long the list is.
        _ if query.same => {}
        ItemSource::Parameter(_) | ItemSource::Answer | ItemSource::Part | ItemSource::OwnField(_) => {
            impact.at_most(Impact::Low, "whoever hands in the list decides how long it is, and most are short");
        }
        ItemSource::Returned(_) | ItemSource::Shared if all_write && changes_something(program, reached) => {
            impact.at_most(Impact::Low, "a request that changes something is rarer than one that reads");
        }
        ItemSource::Listed(_) if found.in_object => {
            impact.at_most(Impact::Low, "the rows are parts of another object, which has few of them");
        }
        ItemSource::Listed(_) if program.function(found.function).is_async => {
            impact.lower("the resolvers of all rows run at the same time");
        }
        ItemSource::Rows(_) | ItemSource::Returned(_) | ItemSource::Listed(_) | ItemSource::Shared => {}
    }
    if all_write && !found.reads_too {
        impact.at_most(Impact::Low, "each round only writes, and what writes rows one by one seldom writes many");
    }
    let read_rows = over_rows && !all_write;
    if program.entry(reached.entry).kind == EntryKind::MessageConsumer && !query.same && !read_rows {
        impact.at_most(Impact::Low, "nobody waits for a message to be worked off");
    }
    if found.queries.iter().all(|query| query.in_process) {
        impact.at_most(Impact::Low, "the database runs inside the process, so that there is no round trip");
    } else if found.queries.iter().all(|query| query.local_file) {
        impact.lower("the database is a local file, to which there is no round trip");
    }
    if found.queries.iter().all(|query| query.records_call) {
        impact.at_most(Impact::Low, "each round waits for another service, and its writes record the answer");
    } else if found.asks_others {
        impact.at_most(Impact::Low, "each round also waits for another service, and that is what takes the time");
    }
    impact
}

/// Whether the method of a route says that its requests change something.
fn changes_something(program: &Program, reached: &ReachedLoop<'_>) -> bool {
    let method = program.entry(reached.entry).route.as_deref().and_then(|route| route.split(' ').next());
    matches!(method, Some("POST" | "PUT" | "PATCH" | "DELETE"))
}
