//! `shared-connection-mutex`

use std::collections::BTreeSet;

use connlint_diagnostics::{Confidence, Diagnostic, Label};
use connlint_semantic::{
    Certainty, EntryId, EntryKind, Exposure, GuardUse, GuardedConnection, GuardedKind, LockOwner, ProcessKind, Program,
};

use crate::declare_lint;
use crate::reporting::impact;
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports a single database connection behind a `Mutex` or `RwLock` that handlers share: a field, a static or a
    /// value of the framework's state whose type is a lock around a connection, or around a type of the project that
    /// owns one.
    ///
    /// ## Why is this bad?
    /// Requests are serialised, however many cores and database connections there are: the service runs one query at a
    /// time. One slow query stops every handler that uses the connection. When the connection breaks, nothing replaces
    /// it, and each request fails until a restart; a panic while a lock of the standard library is held poisons it
    /// permanently.
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
    /// High if a handler locks this field or static and start-up code creates the lock; medium if the lock is
    /// identified by its type only, or if it is not known which code creates it.
    ///
    /// ## Not a defect when
    /// - each session, worker, tenant or thread has its own connection: locks that requests create, and locks that come
    ///   out of a map or list, are not reported
    /// - the lock is held only to clone a multiplexed handle or a pool
    /// - only one background task takes the lock, or only the commands of a desktop program do
    ///
    /// ## Known limits
    /// - SQLite allows one writer at a time in any case; there the lock only slows down readers
    /// - only connections to databases are reported, not sockets or channels of message brokers
    pub(crate) static SHARED_CONNECTION_MUTEX = {
        name: "shared-connection-mutex",
        summary: "all requests share one connection behind a lock",
        category: Holding,
        level: Warn,
        since: "0.1.0",
        requires: [GuardedConnections],
    }
}

/// A concurrent use of the lock, and the entry point that runs it.
struct ConcurrentUse<'p> {
    guard: &'p GuardUse,
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
    let creator = creator(program, guarded);
    if creator == Creator::Requests {
        return None;
    }
    let uses: Vec<ConcurrentUse<'_>> = guarded.uses.iter().filter_map(|guard| concurrent_use(program, guard)).collect();
    // A use that is known to take this very lock is better evidence than one that matches by type only.
    let first = uses.iter().find(|taken| taken.guard.certain).or(uses.first())?;
    let (what, lock) = (program.api_name(&guarded.connection), program.api_name(&guarded.lock));
    let unit = program.entry(first.entry).kind.unit();
    let headline = match &guarded.keeper {
        LockOwner::Field(owner, name) => {
            format!("every {unit} waits for the same `{what}`, behind the lock in `{owner}::{name}`")
        }
        LockOwner::Static(name) => format!("every {unit} waits for the same `{what}`, behind the lock `{name}`"),
        LockOwner::Unowned => format!("every {unit} waits for the same `{what}`, behind the lock that is created here"),
    };
    let label = format!("one `{what}` behind a `{lock}`");
    let mut finding = Diagnostic::new(SHARED_CONNECTION_MUTEX.metadata, headline, guarded.declared.clone(), label);
    finding.labels = uses.iter().take(SHOWN).map(|taken| label_of(program, taken)).collect();
    finding.entry = Some(trace::entry_ref(program, first.entry));
    finding.trace = trace::steps(program, first.entry, &first.path);
    finding.notes = notes(program, &uses, guarded);
    let help = match guarded.kind {
        GuardedKind::Pool => "take the pool out of the lock: a pool is made to be shared, `Clone` or behind an `Arc`",
        GuardedKind::Client => {
            "take the client out of the lock, or clone it there and let the lock go before the request"
        }
        GuardedKind::Connection => "share a pool instead, and take a connection from it for each unit of work",
    };
    let remedy = guarded.remedy.clone().filter(|_| guarded.kind != GuardedKind::Client);
    finding.help.push(remedy.unwrap_or_else(|| help.to_owned()));
    let path = first.path.iter().map(|&call| program.calls[call as usize].certainty).min().unwrap_or(Certainty::High);
    finding.confidence = trace::confidence(path).into();
    if !(first.guard.certain && creator == Creator::Startup) {
        finding.confidence.at_most(Confidence::Medium, "the lock is matched by its type");
    }
    finding.impact = impact::of_path(program, first.entry, &first.path, false);
    Some(finding)
}

/// How many uses get a label: more would hide the declaration.
const SHOWN: usize = 3;

fn label_of(program: &Program, taken: &ConcurrentUse<'_>) -> Label {
    let entry = program.entry(taken.entry);
    let name = entry.route.clone().unwrap_or_else(|| program.function(entry.function).name().to_owned());
    Label { span: taken.guard.span.clone(), text: format!("`{name}` waits for the lock here") }
}

fn notes(program: &Program, uses: &[ConcurrentUse<'_>], guarded: &GuardedConnection) -> Vec<String> {
    let entries: BTreeSet<EntryId> = uses.iter().map(|taken| taken.entry).collect();
    let places = if uses.len() == 1 {
        "the lock is taken in 1 place".to_owned()
    } else {
        format!("the lock is taken in {} places", uses.len())
    };
    let run_by =
        if entries.len() == 1 { "1 entry point".to_owned() } else { format!("{} entry points", entries.len()) };
    let harm = match guarded.kind {
        GuardedKind::Pool => "one task at a time can use the pool, however many connections it has",
        GuardedKind::Client => "one request at a time is sent, though the client could send all of them at once",
        GuardedKind::Connection => {
            "one task at a time can use the connection, and when it breaks, everything that uses it fails"
        }
    };
    let mut notes = vec![format!("{places}, run by {run_by}: {harm}")];
    if guarded.blocks_thread && uses.iter().any(|taken| program.function(taken.guard.function).is_async) {
        notes.push("waiting for this lock blocks a worker thread of the async runtime".to_owned());
    }
    notes
}

/// Which code creates the locks of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Creator {
    /// Start-up code, or a static.
    Startup,
    /// Requests: each has its own.
    Requests,
    Unknown,
}

fn creator(program: &Program, guarded: &GuardedConnection) -> Creator {
    if matches!(guarded.keeper, LockOwner::Static(_)) {
        return Creator::Startup;
    }
    let made = guarded.made_in.iter().filter(|&&id| !program.function(id).test_only && program.is_live(id));
    let exposed: Vec<Exposure> = made.map(|&id| program.exposure(id)).collect();
    let by_request = |exposure: &Exposure| matches!(exposure, Exposure::Recurring { .. } | Exposure::Loop);
    match exposed.iter().any(|exposure| !by_request(exposure)) {
        true if exposed.contains(&Exposure::Startup) => Creator::Startup,
        true => Creator::Unknown,
        false if exposed.is_empty() => Creator::Unknown,
        false => Creator::Requests,
    }
}

/// A use of the lock, if it can run concurrently with others.
fn concurrent_use<'p>(program: &Program, guard: &'p GuardUse) -> Option<ConcurrentUse<'p>> {
    if program.function(guard.function).test_only {
        return None;
    }
    match program.exposure(guard.function) {
        Exposure::Recurring { entry, path } if is_concurrent(program, entry, &path) => {
            Some(ConcurrentUse { guard, entry, path })
        }
        _ => None,
    }
}

/// Whether an entry point can run several times at once: not where the host gives a process one request at a time. A task
/// that ticks or reads messages runs alone, unless it starts a task for each message; a desktop program and a process of a
/// database session have a single user.
fn is_concurrent(program: &Program, entry: EntryId, path: &[u32]) -> bool {
    let point = program.entry(entry);
    let starts_tasks = path.iter().any(|&call| program.calls[call as usize].spawned);
    let alone = match point.kind {
        EntryKind::ScheduledJob | EntryKind::Loop => true,
        EntryKind::MessageConsumer => point.framework.is_none() && !starts_tasks,
        _ => matches!(program.process_kind(entry), ProcessKind::Desktop | ProcessKind::Session),
    };
    let serial = point.framework.as_deref().and_then(|lib| program.framework(lib)).is_some_and(|found| found.serial);
    !alone && !serial
}
