//! What calls do to connections, and where.

use connlint_catalog::{Effect, OnceScope, Role};
use connlint_facts::Span;

use super::functions::FunctionId;

/// Why an opening runs less often than the code around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shared {
    /// A once-form of the catalog.
    Once(OnceScope),
    /// A cache written by hand: tested, opened on a miss, stored.
    Cache,
    /// A look-up whose hit ends the run: what it would find is stored, an answer perhaps.
    Miss,
    /// A pool calls it to open its own connections.
    PoolFactory,
    /// A loop that opens again only after the last connection failed.
    Reconnect,
}

/// A place in the code that does something to connections.
#[derive(Clone, Debug)]
pub struct EffectSite {
    /// The function that holds it.
    pub function: FunctionId,
    /// What it does.
    pub effect: Effect,
    /// What it makes or works on.
    pub resource: Role,
    /// Canonical path of the API.
    pub api: String,
    /// Its crate's name in paths.
    pub krate: String,
    /// Whether what it does is a guess, by its name or by what it is given: no row describes its crate.
    pub guessed: bool,
    /// The expression.
    pub span: Span,
    /// What keeps it from running each time that the function runs.
    pub shared: Option<Shared>,
    /// Where the builder begins that this expression finishes, if that is elsewhere.
    pub started_at: Vec<Span>,
    /// The catalog's advice.
    pub remedy: Option<String>,
    /// What to write in async code instead, where that is another form than the crate's.
    pub async_form: Option<String>,
    /// Openings that this one is given: a configuration that a client is built from.
    pub made_from: Vec<Span>,
    /// Whether it opens a local file rather than a server's connection.
    pub local_file: bool,
    /// Whether it builds a pool of what a manager of the workspace makes, and that opens nothing known.
    pub own_items: bool,
    /// Whether what it is given names the item of the loop around it: its address, say.
    pub names_item: bool,
    /// What is in scope and could be used in its place.
    pub at_hand: Option<AtHand>,
    /// A pool that could be asked in its place, where nothing of the kind is in scope.
    pub pool_instead: Option<PoolInstead>,
    /// How long it pauses, if it does nothing else.
    pub pause: Option<Pause>,
    /// Whether it keeps its thread waiting for input, output or time.
    pub blocking: bool,
    /// Whether it connects before it yields.
    pub eager: bool,
    /// Whether it is in async code, and so runs where that is polled.
    pub in_async: bool,
}

/// Code that could stand where something is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtHand {
    /// The code: `state.pool.acquire().await`, `client.clone()`.
    pub code: String,
    /// Whether it yields a `Result`.
    pub fallible: bool,
}

/// A pool that could give out what is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolInstead {
    /// Its type, as code: `sqlx::Pool<sqlx::Postgres>`.
    pub ty: String,
    /// The function of the type that makes it of what the opening is given, in a `Result`, without connecting.
    pub made_by: String,
    /// Its method that gives a connection out, in a `Result`.
    pub taken_by: String,
    /// The type of what is opened, canonical.
    pub opened: String,
    /// The type of what the pool gives out, as code.
    pub given: String,
    /// Methods that end what is opened: who calls one gives nothing back.
    pub closed_by: Vec<String>,
}

/// How long a pause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// At least as many milliseconds.
    Millis(u64),
    /// The code does not show it: the configuration decides, or what time is left.
    Unknown,
}

/// Whether a category of crates is one of clients for services other than a database, cache or broker.
pub(crate) fn is_of_services(category: &str) -> bool {
    matches!(category, "bot" | "cloud" | "http" | "mail" | "rpc")
}

/// What to use instead of a blocking crate in async code, for help texts.
#[derive(Clone, Debug)]
pub struct AsyncForm {
    /// The crate's name in paths.
    pub lib: String,
    /// What to write in async code.
    pub instead: Option<String>,
    /// What its calls do there beyond blocking the thread: some panic.
    pub note: Option<String>,
}

impl Shared {
    /// Whether who gets there waits all the same, and holds meanwhile what it holds.
    pub(crate) fn still_waits(self) -> bool {
        self == Self::Miss
    }

    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once(OnceScope::Process) => "once-per-process",
            Self::Once(OnceScope::Racy) => "once-per-process-racy",
            Self::Once(OnceScope::Key) => "once-per-key",
            Self::Once(OnceScope::Owner) => "once-per-owner",
            Self::Once(OnceScope::Thread) => "once-per-thread",
            Self::Cache => "cache",
            Self::Miss => "miss",
            Self::PoolFactory => "pool-factory",
            Self::Reconnect => "reconnect",
        }
    }
}
