//! `blocking-in-async`

use std::collections::BTreeMap;

use connlint_catalog::Effect;
use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label};
use connlint_facts::Span;
use connlint_semantic::{BlockedWorker, EffectSite, EntryKind, FunctionId, Pause, Program};

use crate::declare_lint;
use crate::reporting::{impact, trace};

declare_lint! {
    /// ## What it does
    /// Reports a blocking call in async code that a request handler or other recurring code runs: a query through a
    /// blocking driver (Diesel, `postgres`, `rusqlite`, `mysql`, `redis` without `async`), `r2d2`'s `get()`,
    /// `reqwest::blocking`, `ureq`, `std::thread::sleep`, `recv()` of a channel that is not async. Calls are followed
    /// through helpers, traits and closures. Each async function has one finding; further blocking calls in it are
    /// labels. A handler that is no `async fn` counts as async code where its framework runs it on a worker (Rocket
    /// 0.5).
    ///
    /// ## Why is this bad?
    /// An async runtime has about one worker thread for each CPU core, and a blocking call occupies one of them until
    /// it returns. When as many requests wait for the database as there are workers, nothing else runs: no other
    /// request, no timer, no health check, and not the task that would return a connection to the pool.
    ///
    /// ## Example
    /// ```rust
    /// use actix_web::{App, HttpResponse, HttpServer, get, web};
    /// use r2d2_sqlite::SqliteConnectionManager;
    ///
    /// type Pool = r2d2::Pool<SqliteConnectionManager>;
    ///
    /// #[get("/users")]
    /// async fn users(pool: web::Data<Pool>) -> HttpResponse {
    ///     let conn = pool.get().unwrap(); //~ WARN blocking-in-async
    ///     let count: i64 = conn.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    ///     HttpResponse::Ok().body(count.to_string())
    /// }
    ///
    /// #[actix_web::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let pool = web::Data::new(r2d2::Pool::new(SqliteConnectionManager::file("app.db")).unwrap());
    ///     HttpServer::new(move || App::new().app_data(pool.clone()).service(users)).bind("127.0.0.1:8080")?.run().await
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use actix_web::{App, HttpResponse, HttpServer, get, web};
    /// use r2d2_sqlite::SqliteConnectionManager;
    ///
    /// type Pool = r2d2::Pool<SqliteConnectionManager>;
    ///
    /// #[get("/users")]
    /// async fn users(pool: web::Data<Pool>) -> HttpResponse {
    ///     let counted = web::block(move || {
    ///         let conn = pool.get().unwrap();
    ///         conn.query_row("SELECT count(*) FROM users", [], |row| row.get::<_, i64>(0))
    ///     });
    ///     HttpResponse::Ok().body(counted.await.unwrap().unwrap().to_string())
    /// }
    ///
    /// #[actix_web::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let pool = web::Data::new(r2d2::Pool::new(SqliteConnectionManager::file("app.db")).unwrap());
    ///     HttpServer::new(move || App::new().app_data(pool.clone()).service(users)).bind("127.0.0.1:8080")?.run().await
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the call is in a closure that runs where blocking is allowed: `spawn_blocking`, `block_in_place`,
    ///   `web::block`, `interact`, `conn.run`, the project's own wrapper around one of them, a thread
    /// - the handler is not an async function, and its framework runs it on a thread of its own
    /// - it happens once: at start-up, or when a static or a once-cell is initialised
    ///
    /// ## Known limits
    /// - a closure that is passed to unknown code is assumed to run where blocking is allowed
    /// - file I/O, and waiting for locks of the standard library, are not reported
    pub(crate) static BLOCKING_IN_ASYNC = {
        name: "blocking-in-async",
        summary: "a blocking call occupies a worker thread of the async runtime",
        category: Holding,
        level: Warn,
        since: "0.1.0",
    }
}

/// A shorter blocking sleep is a spin, in milliseconds.
const SHORT_PAUSE: u64 = 10;

/// How many further blocking calls of one function get a label.
const SHOWN: usize = 6;

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let mut by_cause: BTreeMap<(&str, String), Vec<BlockedWorker<'_>>> = BTreeMap::new();
    // The lints on openings report code that builds a pool or a client; of one that connects at once, it waits besides.
    let blocked = program.blocked_workers().into_iter().filter(|b| !builds(b.site));
    for blocked in blocked {
        by_cause.entry(cause(program, &blocked)).or_default().push(blocked);
    }
    for (_, mut blocked) in by_cause {
        blocked.sort_by_key(|b| (std::cmp::Reverse(b.certainty), span(program, b).file, span(program, b).range));
        blocked.dedup_by(|b, a| span(program, a) == span(program, b));
        if let Some((first, further)) = blocked.split_first() {
            diagnostics.push(finding(program, first, further));
        }
    }
}

/// What one edit changes: the async function, or, where it calls what waits for anything but a connection, that wait.
/// Resolvers that are not async have one cause where the program could execute its schema in sync.
fn cause<'p>(program: &'p Program, blocked: &BlockedWorker<'p>) -> (&'p str, String) {
    let site = blocked.site;
    let entry = program.entry(blocked.entry);
    let framework = entry.framework.as_deref().and_then(|lib| program.framework(lib));
    let executes = framework.is_some_and(|framework| framework.sync_executor.is_some());
    if entry.kind == EntryKind::Resolver && executes && !in_async(program, blocked) {
        return (&program.function(caller(program, blocked)).krate, String::new());
    }
    if blocked.crossing.is_some() && site.effect == Effect::Block {
        return (site.span.file.as_str(), format!("{:?}", site.span.range));
    }
    let function = program.function(caller(program, blocked));
    (function.span.file.as_str(), function.path.to_string())
}

fn builds(site: &EffectSite) -> bool {
    matches!(site.effect, Effect::BuildPool | Effect::BuildClient) && !site.eager
}

/// The async function that makes the call.
fn caller(program: &Program, blocked: &BlockedWorker<'_>) -> FunctionId {
    match crossing(program, blocked) {
        Some(call) => call.from,
        None => blocked.site.function,
    }
}

fn crossing<'p>(program: &'p Program, blocked: &BlockedWorker<'p>) -> Option<&'p connlint_semantic::CallEdge> {
    blocked.crossing.map(|index| &program.calls[blocked.path[index] as usize])
}

/// The expression in async code: the blocking call itself, or the call that leads to it.
fn span(program: &Program, blocked: &BlockedWorker<'_>) -> Span {
    match crossing(program, blocked) {
        Some(call) => Span { file: call.span.file.clone(), range: call.whole },
        None => blocked.site.span.clone(),
    }
}

fn finding(program: &Program, blocked: &BlockedWorker<'_>, further: &[BlockedWorker<'_>]) -> Diagnostic {
    let entry = program.entry(blocked.entry);
    let api = program.api_name(&blocked.site.api);
    let unit = entry.kind.unit();
    let of_route = entry.route.as_ref().map(|route| format!(" of `{route}`")).unwrap_or_default();
    let headline = match crossing(program, blocked) {
        Some(call) => {
            let callee = program.function(call.to).name();
            format!("`{callee}` blocks an async worker with `{api}` for every {unit}{of_route}")
        }
        None => format!("`{api}` blocks an async worker for every {unit}{of_route}"),
    };
    let label = match blocked.crossing {
        Some(_) => "this call runs on a worker thread of the async runtime",
        None => wait_label(blocked.site),
    };
    let mut finding = Diagnostic::new(BLOCKING_IN_ASYNC.metadata, headline, span(program, blocked), label.to_owned());
    let before = blocked.crossing.unwrap_or(blocked.path.len());
    finding.trace = trace::steps(program, blocked.entry, &blocked.path[..before]);
    finding.labels = labels(program, blocked, further);
    finding.siblings = siblings(program, blocked, further, &finding.labels);
    finding.notes = notes(program, blocked, further);
    finding.help = help(program, blocked);
    finding.confidence = trace::confidence(blocked.certainty).into();
    finding.impact = match blocked.on_only_thread {
        true => impact::beside_others(program, blocked.entry, &blocked.path),
        false => impact::of_path(program, blocked.entry, &blocked.path, false),
    };
    weigh_pauses(&mut finding, std::iter::once(blocked).chain(further));
    if program.is_loop_of_start_up(blocked.entry) {
        finding.impact.at_most(Impact::Low, "only start-up runs the loop, where nothing else waits for the worker");
    }
    let only_acquires = std::iter::once(blocked).chain(further).all(|b| b.site.effect == Effect::Acquire);
    if only_acquires && program.entry(blocked.entry).kind == EntryKind::Loop {
        finding.impact.lower("it waits only while the pool has no free connection");
    }
    if std::iter::once(blocked).chain(further).all(|b| b.reloads) {
        finding.impact.at_most(Impact::Low, "it is part of a reload, which replaces what all requests share");
    }
    finding.entry = Some(trace::entry_ref(program, blocked.entry));
    let further = program.further_entries(caller(program, blocked), blocked.entry);
    finding.other_entries = trace::others(program, &further);
    finding
}

/// Pauses of which the longest is short hold nobody up, and one whose length only the configuration shows may be short.
fn weigh_pauses<'p>(finding: &mut Diagnostic, blocked: impl Iterator<Item = &'p BlockedWorker<'p>>) {
    let pauses: Option<Vec<Pause>> = blocked.map(|blocked| blocked.site.pause).collect();
    let Some(pauses) = pauses else { return };
    let is_long = |pause: &Pause| matches!(pause, Pause::Millis(millis) if *millis >= SHORT_PAUSE);
    if pauses.iter().any(is_long) {
        return;
    }
    if pauses.contains(&Pause::Unknown) {
        finding.confidence.at_most(Confidence::Medium, "how long it sleeps, the code does not show");
    } else {
        finding.impact.at_most(Impact::Low, format!("it sleeps for less than {SHORT_PAUSE} ms"));
    }
}

/// The label that says what the thread waits for.
fn wait_label(site: &EffectSite) -> &'static str {
    match site.effect {
        Effect::Acquire => "the worker waits here for a free connection",
        Effect::Block => "the worker waits here until the call returns",
        effect if effect.is_opening() => "the worker waits here for a connection to open",
        _ => "the worker waits here for the response",
    }
}

/// The calls below the one in async code, then further blocking calls in the same function.
fn labels(program: &Program, blocked: &BlockedWorker<'_>, further: &[BlockedWorker<'_>]) -> Vec<Label> {
    let mut labels = Vec::new();
    if let Some(crossing) = blocked.crossing {
        for &index in &blocked.path[crossing + 1..] {
            let call = &program.calls[index as usize];
            labels.push(Label { span: call.span.clone(), text: format!("which {}", trace::runs(program, call)) });
        }
        labels.push(Label { span: blocked.site.span.clone(), text: wait_label(blocked.site).to_owned() });
    }
    labels.extend(further.iter().take(SHOWN).map(|b| also_blocks(program, b)));
    labels
}

fn also_blocks(program: &Program, blocked: &BlockedWorker<'_>) -> Label {
    let text = format!("this also blocks, in `{}`", program.api_name(&blocked.site.api));
    Label { span: span(program, blocked), text }
}

/// The further blocking calls of the function that have no label, then those that the same calls lead to.
fn siblings(
    program: &Program,
    blocked: &BlockedWorker<'_>,
    further: &[BlockedWorker<'_>],
    labels: &[Label],
) -> Vec<Label> {
    let mut siblings: Vec<Label> = further.iter().skip(SHOWN).map(|b| also_blocks(program, b)).collect();
    // What a further call leads to is a place of its own, where that call is only the way to it.
    let led_to = further.iter().filter(|b| b.crossing.is_some()).map(|b| &b.site);
    for site in led_to.chain(std::iter::once(blocked).chain(further).flat_map(|b| &b.also)) {
        if !siblings.iter().chain(labels).any(|label| label.span == site.span) {
            let text = format!("`{}` blocks here on the same way", program.api_name(&site.api));
            siblings.push(Label { span: site.span.clone(), text });
        }
    }
    siblings
}

fn notes(program: &Program, blocked: &BlockedWorker<'_>, further: &[BlockedWorker<'_>]) -> Vec<String> {
    let unit = program.entry(blocked.entry).kind.unit();
    let mut notes = vec![match blocked.on_only_thread {
        true => "the runtime of this program has one thread: until the call returns, no other task runs, and no timer"
            .to_owned(),
        false => format!(
            "the runtime has about one worker for each CPU core: when that many of these calls wait at the same time, \
             the service runs no other {unit}, timer or health check"
        ),
    }];
    if blocked.site.effect == Effect::Acquire {
        notes.push(
            "when the pool is empty, the tasks that would return a connection may need the workers that are blocked here"
                .to_owned(),
        );
    }
    notes.extend(sync_handler(program, blocked));
    notes.extend(program.async_form(&blocked.site.krate).and_then(|form| form.note.clone()));
    if further.len() > SHOWN {
        notes.push(format!("{} further calls also block", further.len() - SHOWN));
    }
    notes
}

/// Why a function that is not async keeps a worker waiting.
fn sync_handler(program: &Program, blocked: &BlockedWorker<'_>) -> Option<String> {
    if in_async(program, blocked) {
        return None;
    }
    let framework = program.framework(program.entry(blocked.entry).framework.as_deref()?)?;
    let title = &framework.title;
    let instead = match &framework.sync_executor {
        Some(name) => format!(", or execute the schema with `{name}` where blocking is allowed"),
        None => String::new(),
    };
    Some(format!(
        "{title} runs this handler on an async worker although it is no `async fn`; make it one to await the work \
         below{instead}"
    ))
}

/// Whether what blocks, or the call that leads there, is in async code.
fn in_async(program: &Program, blocked: &BlockedWorker<'_>) -> bool {
    crossing(program, blocked).map_or(blocked.site.in_async, |call| call.in_async)
}

fn help(program: &Program, blocked: &BlockedWorker<'_>) -> Vec<String> {
    let form = blocked.site.remedy.clone().filter(|_| blocked.site.effect == Effect::Block);
    let form = form.or_else(|| blocked.site.async_form.clone());
    let form = form.or_else(|| program.async_form(&blocked.site.krate).and_then(|form| form.instead.clone()));
    if blocked.site.effect == Effect::Block {
        let await_it = || "await the async form of this call, or run it where blocking is allowed".to_owned();
        return vec![form.unwrap_or_else(await_it)];
    }
    let entry = program.entry(blocked.entry);
    let framework = entry.framework.as_deref().and_then(|lib| program.framework(lib));
    let offload = framework.and_then(|f| f.offload.as_deref());
    let offload = offload.or_else(|| program.runtime_offload(caller(program, blocked)));
    let how = offload.map(|offload| format!(": `{offload}`")).unwrap_or_default();
    let advice = "take the connection and do all work on it in one closure that runs where blocking is allowed";
    let mut help = vec![format!("{advice}{how}")];
    help.extend(form.map(|form| format!("or replace the blocking driver: {form}")));
    help
}
