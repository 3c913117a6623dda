//! What the outside calls again and again.

use connlint_catalog::Runs;
use connlint_facts::Span;

use super::functions::{Certainty, FunctionId};
use super::path_facts::ArmPace;

/// An entry point, by index into [`crate::CallGraph::entry_points`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// What the outside calls again and again.
#[derive(Clone, Debug)]
pub struct EntryPoint {
    /// What kind.
    pub kind: EntryKind,
    /// What runs.
    pub function: FunctionId,
    /// `GET /users/{id}`, an RPC's or command's name, where it is known.
    pub route: Option<String>,
    /// Where it is registered or declared.
    pub registered_at: Span,
    /// The crate of the framework that calls it (its name in paths), if one does.
    pub framework: Option<String>,
    /// Seconds between two runs, where a ticker's period is a literal.
    pub period: Option<u64>,
    /// Whether it is a loop that goes round until something inside leaves it.
    pub(crate) endless: bool,
    /// Where the function's parameters come from, by index.
    pub(crate) request_params: Vec<ParamSource>,
    /// How sure it is that this is one.
    pub certainty: Certainty,
    /// Whether it is a loop that waits in a way that nothing is known of.
    pub(crate) waits_unknown: bool,
    /// Whether it runs in a process that one user has for himself: on a desk, or as a session of a database.
    pub(crate) single_user: bool,
    /// Whether its framework runs it on a worker of the async runtime, be it async or not.
    pub(crate) on_worker: bool,
}

/// Where a parameter of an entry point comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParamSource {
    /// A wrapper of the framework's, made from what the request says.
    Request,
    /// State that all requests share.
    State,
    /// Anything: the request, or what was set up before.
    Unknown,
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

/// How a framework shares state, for help texts.
#[derive(Clone, Debug)]
pub struct FrameworkHelp {
    /// Its name in paths.
    pub lib: String,
    /// Its name for people.
    pub title: String,
    /// How a handler gets state: `State(state): State<AppState>`.
    pub state_access: Option<String>,
    /// How state is handed to it: `.with_state(state)`.
    pub state_setup: Option<String>,
    /// How a handler runs blocking work: `web::block(move || …).await?`.
    pub offload: Option<String>,
    /// A function that runs handlers which are not async where it is called, by name.
    pub sync_executor: Option<String>,
    /// Whether code runs in a sandbox whose host makes the connections of HTTP clients.
    pub host_connects: bool,
    /// Whether its host gives a process one request at a time.
    pub serial: bool,
}

impl EntryKind {
    /// All kinds, in the order of `--help`.
    pub const ALL: [Self; 10] = [
        Self::RequestHandler,
        Self::RpcMethod,
        Self::Middleware,
        Self::Extractor,
        Self::Connection,
        Self::MessageConsumer,
        Self::ScheduledJob,
        Self::Resolver,
        Self::Command,
        Self::Loop,
    ];

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

    /// How a framework runs what is of this kind; `None` if none does.
    pub(crate) fn runs(self) -> Option<Runs> {
        Some(match self {
            Self::RequestHandler => Runs::Request,
            Self::RpcMethod => Runs::Rpc,
            Self::Middleware => Runs::Middleware,
            Self::Extractor => Runs::Extractor,
            Self::Connection => Runs::Connection,
            Self::MessageConsumer => Runs::Message,
            Self::ScheduledJob => Runs::Schedule,
            Self::Resolver => Runs::Resolver,
            Self::Command => Runs::Command,
            Self::Loop => return None,
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

/// Seconds between two runs of a job up to which each run matters as much as a request does.
pub const SHORT_PERIOD: u64 = 10;

/// Seconds between two runs of a job from which on a single opening in each run does not matter.
pub const LONG_PERIOD: u64 = 300;

/// The order in which paths are preferred: those that run most often first, and those that concern one user last.
pub(crate) fn rank(entry: &EntryPoint) -> usize {
    match (entry.kind, entry.period) {
        _ if entry.single_user => RAREST,
        (EntryKind::Loop, _) => FIRST_LOOP,
        (EntryKind::ScheduledJob, period) => rank_of_ticks(period),
        (EntryKind::Connection | EntryKind::MessageConsumer, _) if entry.framework.is_none() => 1,
        _ => 0,
    }
}

fn rank_of_ticks(period: Option<u64>) -> usize {
    match period {
        Some(seconds) if seconds > LONG_PERIOD => RAREST,
        Some(seconds) if seconds <= SHORT_PERIOD => 2,
        _ => 3,
    }
}

/// The rank of what a loop runs in an arm of its own.
pub(crate) fn rank_of_arm(arm: ArmPace) -> usize {
    match arm {
        ArmPace::Ticks(period) => rank_of_ticks(period),
        ArmPace::Idle => RAREST,
    }
}

/// The first rank of what is only known to be in a loop, or to concern one user.
pub(crate) const FIRST_LOOP: usize = 4;

/// The rank of what runs least often.
const RAREST: usize = 5;

/// Number of ranks.
pub(crate) const RANKS: usize = RAREST + 1;
