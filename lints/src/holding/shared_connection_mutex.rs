//! `shared-connection-mutex`

use std::collections::BTreeSet;

use connlint_diagnostics::{Confidence, Diagnostic, Label};
use connlint_semantic::{
    Certainty, EntryId, EntryKind, EntryPoint, Exposure, GuardUse, GuardedConnection, Keeper, Program,
};

use crate::declare_lint;
use crate::reporting::live_range;
use crate::reporting::trace::{self, short};

declare_lint! {
    /// ## What it does
    /// Reports one database connection behind a `Mutex` or `RwLock` that handlers take turns with: a field, a static or a
    /// value of the framework's state whose type is a lock over a connection, or over a type of the project that owns one.
    ///
    /// ## Why is this bad?
    /// All requests wait for each other, however many cores and database connections there are: the service does one query
    /// at a time. One slow query stops every handler, the health check with them. When the connection breaks, nothing
    /// replaces it, and each request fails until a restart; a panic under a lock of the standard library poisons it for good.
    ///
    /// ## Example
    /// ```rust
    /// use std::sync::Arc;
    ///
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::{Connection, PgConnection};
    /// use tokio::sync::Mutex;
    ///
    /// struct AppState {
    ///     db: Mutex<PgConnection>, //~ WARN shared-connection-mutex
    /// }
    ///
    /// async fn visits(State(state): State<Arc<AppState>>) -> String {
    ///     let mut db = state.db.lock().await;
    ///     let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM visits").fetch_one(&mut *db).await.unwrap();
    ///     count.to_string()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let db = PgConnection::connect("postgres://localhost/app").await.unwrap();
    ///     let state = Arc::new(AppState { db: Mutex::new(db) });
    ///     let app = Router::new().route("/visits", get(visits)).with_state(state);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::PgPool;
    ///
    /// #[derive(Clone)]
    /// struct AppState {
    ///     db: PgPool,
    /// }
    ///
    /// async fn visits(State(state): State<AppState>) -> String {
    ///     let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM visits").fetch_one(&state.db).await.unwrap();
    ///     count.to_string()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let db = PgPool::connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/visits", get(visits)).with_state(AppState { db });
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Confidence
    /// High where a handler locks the very field or static, and start-up code makes the lock; medium where only the type
    /// tells which lock it is, or nothing tells who makes it.
    ///
    /// ## Not a defect when
    /// - each session, worker, tenant or thread has a connection of its own: locks that requests make, and those that come
    ///   out of a map or list, are left alone
    /// - the lock is held only to clone a handle that multiplexes
    /// - one background task alone takes it, or the commands of a desktop program
    ///
    /// ## Known limits
    /// - SQLite runs one writer at a time whatever the service does; there the lock costs the readers
    /// - sockets, channels of brokers and connections other than a database's are not looked at
    pub(crate) static SHARED_CONNECTION_MUTEX = {
        name: "shared-connection-mutex",
        summary: "one connection behind a lock serves all requests",
        category: Holding,
        level: Warn,
        since: "0.1.0",
    }
}

/// One place that takes the lock, and what runs it.
struct Turn<'p> {
    taken: &'p GuardUse,
    entry: EntryId,
    path: Vec<u32>,
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    if program.guarded_connections.is_empty() {
        return;
    }
    diagnostics.extend(program.guarded_connections.iter().filter_map(|guarded| finding(program, guarded)));
}

fn finding(program: &Program, guarded: &GuardedConnection) -> Option<Diagnostic> {
    let makers = makers(program, guarded);
    if makers == Makers::Requests {
        return None;
    }
    let turns: Vec<Turn<'_>> = guarded.uses.iter().filter_map(|taken| turn(program, taken)).collect();
    // A place that surely takes this lock tells more than one of which only the type agrees.
    let first = turns.iter().find(|turn| turn.taken.certain).or(turns.first())?;
    let (what, lock) = (short(&guarded.connection), short(&guarded.lock));
    let unit = program.entry(first.entry).kind.unit();
    let headline = match &guarded.keeper {
        Keeper::Field(owner, name) => {
            format!("every {unit} waits for one `{what}`, behind the lock in `{owner}::{name}`")
        }
        Keeper::Static(name) => format!("every {unit} waits for one `{what}`, behind the lock `{name}`"),
        Keeper::Made => format!("every {unit} waits for one `{what}`, behind the lock that is made here"),
    };
    let label = format!("one `{what}` behind a `{lock}`");
    let mut finding = Diagnostic::new(SHARED_CONNECTION_MUTEX.metadata, headline, guarded.declared.clone(), label);
    finding.labels = turns.iter().take(SHOWN).map(|turn| label_of(program, turn)).collect();
    finding.entry = Some(trace::entry_ref(program, first.entry));
    finding.trace = trace::steps(program, first.entry, &first.path);
    finding.notes = notes(program, &turns, guarded);
    let pool = "share a pool instead, and take a connection from it for each piece of work".to_owned();
    finding.help.push(guarded.remedy.clone().unwrap_or(pool));
    let path = first.path.iter().map(|&call| program.calls[call as usize].certainty).min().unwrap_or(Certainty::High);
    let exposure = Exposure::Recurring { entry: first.entry, path: Vec::new() };
    let sure = first.taken.certain && makers == Makers::Startup;
    finding.confidence =
        live_range::path_confidence(path, &exposure).min(if sure { Confidence::High } else { Confidence::Medium });
    Some(finding)
}

/// Labels beyond these would hide the finding.
const SHOWN: usize = 3;

fn label_of(program: &Program, turn: &Turn<'_>) -> Label {
    let entry = program.entry(turn.entry);
    let name = entry.route.clone().unwrap_or_else(|| program.function(entry.function).name.clone());
    Label { span: turn.taken.span.clone(), text: format!("`{name}` waits for its turn here") }
}

fn notes(program: &Program, turns: &[Turn<'_>], guarded: &GuardedConnection) -> Vec<String> {
    let entries: BTreeSet<EntryId> = turns.iter().map(|turn| turn.entry).collect();
    let places = if turns.len() == 1 { "1 place takes".to_owned() } else { format!("{} places take", turns.len()) };
    let mut notes = vec![format!(
        "{places} the lock, run by {}; while one of them works, all others stand still, and when the connection breaks \
         every one of them fails",
        if entries.len() == 1 { "1 entry point".to_owned() } else { format!("{} entry points", entries.len()) }
    )];
    let runtime = guarded.lock.starts_with("std::") || guarded.lock.starts_with("parking_lot::");
    if runtime && turns.iter().any(|turn| program.function(turn.taken.function).is_async) {
        notes.push("waiting for this lock blocks a worker thread of the async runtime".to_owned());
    }
    notes
}

/// Who makes the locks of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Makers {
    /// Start-up, or a once-form.
    Startup,
    /// Requests: each has one of its own.
    Requests,
    Unknown,
}

fn makers(program: &Program, guarded: &GuardedConnection) -> Makers {
    if matches!(guarded.keeper, Keeper::Static(_)) {
        return Makers::Startup;
    }
    let made = guarded.made_in.iter().filter(|&&id| !program.function(id).test_only && program.is_live(id));
    let exposed: Vec<Exposure> = made.map(|&id| program.exposure(id)).collect();
    let by_request = |exposure: &Exposure| matches!(exposure, Exposure::Recurring { .. } | Exposure::Loop);
    match exposed.iter().any(|exposure| !by_request(exposure)) {
        true if exposed.contains(&Exposure::Startup) => Makers::Startup,
        true => Makers::Unknown,
        false if exposed.is_empty() => Makers::Unknown,
        false => Makers::Requests,
    }
}

/// How a place that takes the lock is run, if it runs at the same time as others.
fn turn<'p>(program: &Program, taken: &'p GuardUse) -> Option<Turn<'p>> {
    if program.function(taken.function).test_only {
        return None;
    }
    match program.exposure(taken.function) {
        Exposure::Recurring { entry, path } if is_concurrent(program, program.entry(entry)) => {
            Some(Turn { taken, entry, path })
        }
        _ => None,
    }
}

/// Whether the outside runs an entry point many times at once: a task that ticks or reads messages is alone, and a
/// desktop program has one user.
fn is_concurrent(program: &Program, entry: &EntryPoint) -> bool {
    let framework = entry.framework.as_deref().and_then(|lib| program.framework(lib));
    let alone = match entry.kind {
        EntryKind::ScheduledJob | EntryKind::Loop => true,
        EntryKind::MessageConsumer => entry.framework.is_none(),
        _ => framework.is_some_and(|framework| framework.category == "desktop"),
    };
    !alone
}
