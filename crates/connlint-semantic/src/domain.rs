//! What the program is made of: functions, calls, entry points, effect sites.

use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use connlint_catalog::{Effect, OnceScope, Role, Runs};
use connlint_facts::{Span, TextRange};

use crate::defs::DefId;

/// A function, closure or loop body that can be entered, by index into [`Program::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// An entry point, by index into [`Program::entry_points`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// A function, closure or loop body of the analysed code.
#[derive(Clone, Debug)]
pub struct Function {
    /// `crate::module::Type::method`; closures and loops have the path of the function around them.
    pub path: String,
    /// The last two segments, for people.
    pub name: String,
    /// What it is.
    pub kind: FunctionKind,
    /// Its name, or the closure's or loop's first line.
    pub span: Span,
    /// Whether it exists for tests only.
    pub test_only: bool,
    /// Whether it is async: awaiting happens in it.
    pub is_async: bool,
    /// The crate that it belongs to.
    pub krate: String,
}

/// What a [`Function`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKind {
    /// A function, method, or the initialiser of a constant or static.
    Function,
    /// A closure.
    Closure,
    /// The body of a loop.
    Loop,
}

/// A call from one function to another.
#[derive(Clone, Debug)]
pub struct CallEdge {
    /// The caller.
    pub from: FunctionId,
    /// What it runs.
    pub to: FunctionId,
    /// The call expression; of a method call its name and arguments.
    pub span: Span,
    /// The whole expression, in the same file: a method call begins where its receiver does.
    pub whole: TextRange,
    /// What keeps the call from running each time that the caller runs.
    pub shared: Option<Shared>,
    /// Whether it runs in a task or thread of its own.
    pub spawned: bool,
    /// Whether it runs where blocking is allowed.
    pub blocking_ok: bool,
    /// Whether it stands in async code, and so runs where that is polled.
    pub in_async: bool,
    /// Whether it is known on which thread it runs: false for what is handed to code that is not known.
    pub placed: bool,
    /// Whether each run of the caller may run it many times.
    pub repeated: bool,
    /// How sure the target is.
    pub certainty: Certainty,
}

/// How sure something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// One of several readings.
    Low,
    /// Resolved by a unique name or out of many implementations.
    Medium,
    /// Resolved.
    High,
}

/// Why an opening runs less often than the code around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shared {
    /// A once-form of the catalog.
    Once(OnceScope),
    /// A cache written by hand: tested, opened on a miss, stored.
    Cache,
    /// A pool calls it to open its own connections.
    PoolFactory,
    /// A loop that opens again only after the last connection failed.
    Reconnect,
}

/// What the outside calls again and again.
#[derive(Clone, Debug)]
pub struct EntryPoint {
    /// What kind.
    pub kind: EntryKind,
    /// What runs.
    pub function: FunctionId,
    /// `GET /users/{id}`, an RPC's or command's name, where it can be told.
    pub route: Option<String>,
    /// Where it is registered or declared.
    pub registered_at: Span,
    /// The crate of the framework that calls it (its name in paths), if one does.
    pub framework: Option<String>,
    /// Seconds between two runs, where a ticker's period is a literal.
    pub period: Option<u64>,
    /// The function's parameters that carry what the request says, rather than shared state; by index.
    pub(crate) request_params: Vec<bool>,
    /// How sure it is that this is one.
    pub certainty: Certainty,
}

/// Kinds of entry points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// An HTTP handler.
    RequestHandler,
    /// A method of an RPC service.
    RpcMethod,
    /// Middleware.
    Middleware,
    /// An extractor or guard.
    Extractor,
    /// Runs for each accepted connection or session.
    Connection,
    /// Runs for each message, event or job.
    MessageConsumer,
    /// Runs on a schedule.
    ScheduledJob,
    /// A GraphQL resolver.
    Resolver,
    /// A bot's or desktop program's command.
    Command,
    /// A loop over items, off any of the others.
    Loop,
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
    /// The expression.
    pub span: Span,
    /// What keeps it from running each time that the function runs.
    pub shared: Option<Shared>,
    /// Where the builder begins that this expression finishes, if that is elsewhere.
    pub started_at: Vec<Span>,
    /// The catalog's advice.
    pub remedy: Option<String>,
    /// Whether it keeps its thread waiting for input, output or time.
    pub blocking: bool,
    /// Whether it stands in async code, and so runs where that is polled.
    pub in_async: bool,
}

/// What matters of an expression on a path to an opening.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathFacts {
    /// It runs once for the whole loop around it: a retry, a reconnect.
    pub(crate) once_in_loop: bool,
    /// What it makes leaves the loop or closure around it.
    pub(crate) escapes: bool,
    /// It runs only on some rounds of its loop, or some runs of its function.
    pub(crate) conditional: bool,
    /// What it makes takes the place of something that outlives the call.
    pub(crate) kept: bool,
    /// What it makes is what its function returns.
    pub(crate) returned: bool,
    /// It opens a connection before it yields, so that it fails when the other side is down.
    pub(crate) connects: bool,
    /// The loop around it tries it again as soon as it failed.
    pub(crate) retried_at_once: bool,
    /// It runs only if nothing else runs it just now: behind a flag that is taken with one atomic step.
    pub(crate) single_flight: bool,
    /// Where arguments come from (of a call), or what ties the opening to one target (of a site).
    pub(crate) origins: Vec<Origin>,
    /// Of a site: where the credentials come from that the connection is bound to once it is open.
    pub(crate) credentials: Vec<Origin>,
    /// The variants that parameters of its function must be for it to run; several of one are alternatives.
    pub(crate) needs: Vec<Known>,
    /// What a call hands to parameters of which the variant matters.
    pub(crate) gives: Vec<(u16, Given)>,
}

/// [`PathFacts`] of a call. Most calls lead to no opening, and nothing is told of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallFacts(Option<Box<PathFacts>>);

/// How a framework shares state, for help texts.
#[derive(Clone, Debug)]
pub struct FrameworkHelp {
    /// Its name in paths.
    pub lib: String,
    /// Its name for people.
    pub title: String,
    /// `framework`, `bot`, `desktop`, ….
    pub category: String,
    /// How a handler gets state: `State(state): State<AppState>`.
    pub state_access: Option<String>,
    /// How state is handed to it: `.with_state(state)`.
    pub state_setup: Option<String>,
    /// How a handler runs blocking work: `web::block(move || …).await?`.
    pub offload: Option<String>,
    /// Whether code runs in a sandbox whose host makes the connections of HTTP clients.
    pub(crate) host_connects: bool,
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
    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once(OnceScope::Process) => "once-per-process",
            Self::Once(OnceScope::Racy) => "once-per-process-racy",
            Self::Once(OnceScope::Key) => "once-per-key",
            Self::Once(OnceScope::Owner) => "once-per-owner",
            Self::Once(OnceScope::Thread) => "once-per-thread",
            Self::Cache => "cache",
            Self::PoolFactory => "pool-factory",
            Self::Reconnect => "reconnect",
        }
    }
}

impl Certainty {
    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl EntryKind {
    /// The kind of what a framework runs this way; `None` if it does not run it again and again.
    pub fn of(runs: Runs) -> Option<Self> {
        Some(match runs {
            Runs::Request => Self::RequestHandler,
            Runs::Rpc => Self::RpcMethod,
            Runs::Middleware => Self::Middleware,
            Runs::Extractor => Self::Extractor,
            Runs::Connection | Runs::Session => Self::Connection,
            Runs::Message => Self::MessageConsumer,
            Runs::Schedule => Self::ScheduledJob,
            Runs::Resolver => Self::Resolver,
            Runs::Command => Self::Command,
            _ => return None,
        })
    }

    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestHandler => "request-handler",
            Self::RpcMethod => "rpc-method",
            Self::Middleware => "middleware",
            Self::Extractor => "extractor",
            Self::Connection => "connection",
            Self::MessageConsumer => "message-consumer",
            Self::ScheduledJob => "scheduled-job",
            Self::Resolver => "resolver",
            Self::Command => "command",
            Self::Loop => "loop",
        }
    }

    /// What one run of it serves, for sentences: "for every …".
    pub fn unit(self) -> &'static str {
        match self {
            Self::RequestHandler | Self::Middleware | Self::Extractor => "request",
            Self::RpcMethod => "RPC",
            Self::Connection => "connection",
            Self::MessageConsumer => "message",
            Self::ScheduledJob => "tick",
            Self::Resolver => "resolved field",
            Self::Command => "command",
            Self::Loop => "iteration",
        }
    }
}

impl From<PathFacts> for CallFacts {
    fn from(facts: PathFacts) -> Self {
        Self(Some(Box::new(facts)))
    }
}

impl Deref for CallFacts {
    type Target = PathFacts;

    fn deref(&self) -> &PathFacts {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for CallFacts {
    fn deref_mut(&mut self) -> &mut PathFacts {
        self.0.get_or_insert_default()
    }
}

static NOTHING: LazyLock<PathFacts> = LazyLock::new(PathFacts::default);

/// Where a value comes from, as far as one function tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A literal, constant or static.
    Constant,
    /// A parameter of the function, by index without `self`.
    Param(u16),
    /// Part of `self`.
    SelfState,
    /// Read through a lock: it may change while the service runs.
    Mutable,
    /// Made here, from anything.
    Made,
}

/// A variant that a parameter must be, or is.
pub(crate) type Known = (u16, DefId);

/// What a call hands to one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// A value of this variant.
    Variant(DefId),
    /// A parameter of the caller, handed on.
    Param(u16),
}

/// The number that `self` has among the parameters.
pub(crate) const SELF: u16 = u16::MAX;

pub(crate) fn rank(entry: &EntryPoint) -> usize {
    match entry.kind {
        EntryKind::Loop => 3,
        EntryKind::ScheduledJob => 2,
        EntryKind::Connection | EntryKind::MessageConsumer if entry.framework.is_none() => 1,
        _ => 0,
    }
}

/// Entry points in the order in which their paths are preferred.
pub(crate) const RANKS: usize = 4;
