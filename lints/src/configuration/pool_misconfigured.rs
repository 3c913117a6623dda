//! `pool-misconfigured`

use connlint_diagnostics::{Diagnostic, Label};
use connlint_semantic::{Built, Effective, Program, Resource, Setting, SettingValue};

use crate::declare_lint;
use crate::reporting::settings::{duration, of_process};

declare_lint! {
    /// ## What it does
    /// Reports settings of a pool that contradict each other or that no pool can work with:
    ///
    /// - a minimum above the maximum
    /// - a maximum of 0
    /// - a timeout without the runtime that would measure it, so that building the pool fails
    /// - an in-memory database of SQLite behind several connections, each of which has a database of its own
    /// - an idle timeout below a second next to a minimum of connections, which are then opened again all the time
    ///
    /// ## Why is this bad?
    /// Some of these fail at start-up, on a machine where nobody looks. The others work in tests with one connection,
    /// and fail under load: tables are missing in every second request, or connections are opened several times a second.
    ///
    /// ## Example
    /// ```rust
    /// use sqlx::sqlite::SqlitePoolOptions;
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let options = SqlitePoolOptions::new().max_connections(16);
    ///     let pool = options.connect("sqlite::memory:").await.unwrap(); //~ WARN pool-misconfigured
    ///     sqlx::query("CREATE TABLE visits (at TEXT)").execute(&pool).await.unwrap();
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, axum::Router::<()>::new()).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use sqlx::sqlite::SqlitePoolOptions;
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let options = SqlitePoolOptions::new().max_connections(1);
    ///     let pool = options.connect("sqlite::memory:").await.unwrap();
    ///     sqlx::query("CREATE TABLE visits (at TEXT)").execute(&pool).await.unwrap();
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, axum::Router::<()>::new()).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the in-memory database is shared by name: `file:name?mode=memory&cache=shared`
    /// - a value comes from the configuration, the environment or an argument: it is not known
    ///
    /// ## Known limits
    /// - only values that the code shows are compared
    pub(crate) static POOL_MISCONFIGURED = {
        name: "pool-misconfigured",
        summary: "settings of this pool contradict each other",
        category: Configuration,
        level: Warn,
        since: "0.1.0",
        requires: [Settings],
    }
}

/// What is wrong, and where.
struct Contradiction {
    headline: String,
    notes: Vec<String>,
    labels: Vec<Label>,
    help: String,
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    for built in program.built() {
        let checks = [minimum_above_maximum, no_connection, no_runtime, memory_of_each, restless];
        let found = checks.iter().filter_map(|check| check(built));
        diagnostics.extend(found.map(|contradiction| finding(program, built, contradiction)));
    }
}

fn finding(program: &Program, built: &Built, contradiction: Contradiction) -> Diagnostic {
    let api = program.api_name(&built.api);
    let label = format!("`{api}` builds it here");
    let Contradiction { headline, notes, labels, help } = contradiction;
    let mut finding = Diagnostic::new(POOL_MISCONFIGURED.metadata, headline, built.span.clone(), label);
    finding.labels = labels;
    finding.notes = notes;
    finding.help.push(help);
    finding.impact = of_process(program, built.function);
    finding
}

/// The number that the code sets, with the setting.
fn set_count<'b>(built: &'b Built, purpose: &str) -> Option<(u64, &'b Setting)> {
    let setting = built.setting(purpose)?;
    match setting.effective {
        Effective::Set(SettingValue::Count(count), _) => Some((count, setting)),
        _ => None,
    }
}

fn place(setting: &Setting, text: String) -> Vec<Label> {
    match &setting.effective {
        Effective::Set(_, span) => vec![Label { span: span.clone(), text }],
        _ => Vec::new(),
    }
}

fn minimum_above_maximum(built: &Built) -> Option<Contradiction> {
    let (minimum, setting) = set_count(built, "min_size")?;
    let maximum = built.setting("max_size")?.effective.count()?;
    (minimum > maximum && maximum > 0).then(|| Contradiction {
        headline: format!("the pool keeps at least {minimum} connections, but may have no more than {maximum}"),
        notes: Vec::new(),
        labels: place(setting, format!("a minimum of {minimum}")),
        help: format!("set the minimum to {maximum} or less"),
    })
}

fn no_connection(built: &Built) -> Option<Contradiction> {
    let (maximum, setting) = set_count(built, "max_size")?;
    (maximum == 0 && built.resource == Resource::Pool).then(|| Contradiction {
        headline: "the pool may have no connection at all".to_owned(),
        notes: vec!["each task that wants a connection waits until its time is up, or for ever".to_owned()],
        labels: place(setting, "a maximum of 0".to_owned()),
        help: "set a maximum of at least 1".to_owned(),
    })
}

/// Only where the library has the setting does it need one.
fn no_runtime(built: &Built) -> Option<Contradiction> {
    let runtime = built.setting("runtime")?;
    if !matches!(runtime.effective, Effective::Default(_)) {
        return None;
    }
    let timeouts = ["acquire_timeout", "create_timeout", "recycle_timeout"];
    let set = timeouts.iter().filter_map(|purpose| built.setting(purpose)).find(|s| s.effective.is_set())?;
    Some(Contradiction {
        headline: "the pool has a timeout but no runtime to measure it".to_owned(),
        notes: vec!["building the pool fails with an error, at start-up".to_owned()],
        labels: place(set, "this timeout needs a runtime".to_owned()),
        help: runtime.remedy.clone().unwrap_or_else(|| "name the runtime where the pool is built".to_owned()),
    })
}

fn memory_of_each(built: &Built) -> Option<Contradiction> {
    let is_memory = |address: &String| address.contains(":memory:") && !address.contains("cache=shared");
    built.addresses.iter().find(|address| is_memory(address))?;
    let setting = built.setting("max_size")?;
    let maximum = setting.effective.count()?;
    (maximum > 1).then(|| Contradiction {
        headline: format!("each of the {maximum} connections of this pool has an in-memory database of its own"),
        notes: vec![
            "what one connection writes, the others do not have: tables are missing in some requests".to_owned(),
        ],
        labels: place(setting, format!("a maximum of {maximum}")),
        help: "set the maximum to 1 and keep the connection (no idle timeout, no lifetime), or share the database by \
               name: `file:name?mode=memory&cache=shared`"
            .to_owned(),
    })
}

fn restless(built: &Built) -> Option<Contradiction> {
    let (minimum, _) = set_count(built, "min_size").filter(|(minimum, _)| *minimum > 0)?;
    let setting = built.setting("idle_timeout")?;
    let millis = setting.effective.millis().filter(|millis| *millis < 1000)?;
    Some(Contradiction {
        headline: format!("the pool closes idle connections after {}, and keeps {minimum} of them", duration(millis)),
        notes: vec!["connections are closed and opened again several times a second, even without load".to_owned()],
        labels: place(setting, "this idle timeout".to_owned()),
        help: "set the idle timeout to minutes".to_owned(),
    })
}
