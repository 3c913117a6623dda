//! What `routes`, `why` and `config-of` show, ready for any format. The command fills these in; nothing here knows how
//! it was found.

use connlint_facts::{Notice, Span};

/// What one of the commands shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// What `routes` shows.
    Routes(RoutesView),
    /// What `why` shows.
    Why(WhyView),
    /// What `config-of` shows.
    ConfigOf(ConfigView),
    /// What `routes --budget` shows.
    Budget(BudgetView),
}

/// A function, closure or loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionView {
    /// `crate::module::Type::method`; closures and loops have the path of the function around them.
    pub path: String,
    /// The last two segments.
    pub name: String,
    /// `function`, `closure` or `loop`.
    pub kind: &'static str,
    /// Its crate.
    pub krate: String,
    /// Its name, or its first line.
    pub span: Span,
}

/// An entry point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    /// `request-handler` and so on.
    pub kind: &'static str,
    /// The route, command or RPC, where it is known.
    pub route: Option<String>,
    /// What runs.
    pub function: FunctionView,
    /// Where it is registered or declared.
    pub registered_at: Span,
    /// The framework's crate.
    pub framework: Option<String>,
    /// Seconds between two runs, of a job whose period is a literal.
    pub period_seconds: Option<u64>,
    /// `low`, `medium` or `high`.
    pub certainty: &'static str,
    /// What one run of it serves: `request`.
    pub unit: &'static str,
}

/// A call on a path, or the effect at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepView {
    /// The call.
    pub span: Span,
    /// What happens there: ``calls `repo::all` ``.
    pub text: String,
    /// The function that holds it.
    pub function: String,
    /// What runs less often than the code around it.
    pub shared: Option<SharedView>,
    /// Whether it runs in a task or thread of its own.
    pub spawned: bool,
    /// Whether each run of the caller may run it many times.
    pub repeated: bool,
    /// `low`, `medium` or `high`.
    pub certainty: &'static str,
}

/// Why something runs less often than the code around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedView {
    /// `once-per-process` and so on.
    pub kind: &'static str,
    /// In a sentence: `once for the process`.
    pub text: &'static str,
    /// The API that does it, where it is one of the catalog's.
    pub by: Option<String>,
    /// Its call.
    pub span: Option<Span>,
}

/// What a call does to connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectView {
    /// `open-connection` and so on.
    pub effect: &'static str,
    /// `connection` and so on.
    pub resource: &'static str,
    /// In a sentence: `opens a connection`.
    pub text: &'static str,
    /// Canonical path of the API.
    pub api: String,
    /// The expression.
    pub span: Span,
    /// The function that holds it.
    pub function: String,
    /// What keeps it from running each time.
    pub shared: Option<SharedView>,
}

/// An effect as one entry point reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedView {
    /// The effect.
    pub effect: EffectView,
    /// Whether one run of the entry point runs it many times.
    pub in_loop: bool,
    /// Whether it runs in a task or thread of its own.
    pub spawned: bool,
    /// The least certain step of the path.
    pub certainty: &'static str,
    /// The path, outermost first.
    pub steps: Vec<StepView>,
}

/// An entry point with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteView {
    /// The entry point.
    pub entry: EntryView,
    /// Its effects, by what they do and where.
    pub effects: Vec<ServedView>,
}

/// What `routes` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutesView {
    /// The entry points that were asked for.
    pub routes: Vec<RouteView>,
    /// How many there are in all.
    pub total: usize,
    /// How many loops over items there are besides, if they were not asked for.
    pub loops: usize,
    /// What was skipped or not understood.
    pub notices: Vec<Notice>,
}

/// A call that was not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnresolvedView {
    /// The method, or the path as written; empty for a called value.
    pub name: String,
    /// Whether it is a method call.
    pub is_method: bool,
    /// The call.
    pub span: Span,
    /// `unknown-result` and so on.
    pub cause: &'static str,
    /// The cause in a sentence.
    pub text: &'static str,
    /// The receiver's type where it is known, or the call that yielded nothing known.
    pub because: Option<String>,
    /// The function that this may be a call of.
    pub may_call: Option<String>,
}

/// A path from an entry point to the place asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathView {
    /// Where it begins.
    pub entry: EntryView,
    /// The calls, outermost first.
    pub steps: Vec<StepView>,
    /// What one run of the place serves: `request`, `iteration`.
    pub per: &'static str,
    /// The least certain step.
    pub certainty: &'static str,
    /// Names and sentences of what else matters.
    pub remarks: Vec<(&'static str, &'static str)>,
}

/// A function that nothing in the workspace calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncalledView {
    /// The function.
    pub function: FunctionView,
    /// `initialiser`, `pool-factory`, `start-up`, `tests`, `trait-method` or `nothing`.
    pub kind: &'static str,
    /// What is known instead of a caller.
    pub text: String,
    /// Places in tests that name it: some of them.
    pub tests: Vec<Span>,
}

/// How often a place runs, or why it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Each time that an entry point runs.
    Recurring,
    /// Entry points lead to it, but something makes it run less often.
    Shared,
    /// Only from a `main`.
    StartUp,
    /// Only from the initialiser of a static or constant.
    Initialiser,
    /// Only from tests.
    Tests,
    /// Only from functions that nothing in the workspace calls.
    Uncalled,
    /// From nothing at all.
    Unreachable,
}

impl Status {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recurring => "recurring",
            Self::Shared => "shared",
            Self::StartUp => "start-up",
            Self::Initialiser => "initialiser",
            Self::Tests => "tests",
            Self::Uncalled => "uncalled",
            Self::Unreachable => "unreachable",
        }
    }
}

/// One function at the place asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyFunctionView {
    /// The function.
    pub function: FunctionView,
    /// How often the place runs.
    pub status: Status,
    /// The same in a sentence.
    pub summary: String,
    /// Effects at the place.
    pub effects: Vec<EffectView>,
    /// Calls at the place that were followed.
    pub calls: Vec<StepView>,
    /// Calls at the place that were not resolved.
    pub unresolved: Vec<UnresolvedView>,
    /// Paths on which it runs each time.
    pub paths: Vec<PathView>,
    /// How many of them are not shown.
    pub paths_left_out: usize,
    /// Paths on which something makes it run less often.
    pub shared_paths: Vec<PathView>,
    /// How many of them are not shown.
    pub shared_paths_left_out: usize,
    /// The calls from a `main`.
    pub startup: Option<Vec<StepView>>,
    /// Where the search upwards ends without a `main` or entry point.
    pub uncalled: Vec<UncalledView>,
    /// How many of them are not shown.
    pub uncalled_left_out: usize,
    /// Unresolved calls that may be the missing link.
    pub may_be_called_at: Vec<UnresolvedView>,
}

/// What `why` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyView {
    /// The file, relative to the root.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, if one was asked for.
    pub column: Option<u32>,
    /// The crates that have the file.
    pub crates: Vec<String>,
    /// Why there is no function at the place: a name and a sentence.
    pub nowhere: Option<(&'static str, String)>,
    /// The functions at the place.
    pub functions: Vec<WhyFunctionView>,
    /// What was skipped or not understood.
    pub notices: Vec<Notice>,
}

/// A setting of something that is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingView {
    /// `acquire_timeout`, `max_size`, ….
    pub purpose: String,
    /// What it comes to: `30 s`, `none`, `not known`.
    pub value: String,
    /// `set`, `default` or `unknown`.
    pub origin: &'static str,
    /// The same in words: where the value comes from.
    pub text: String,
    /// Where the code sets it.
    pub set_at: Option<Span>,
    /// The method or field that sets it.
    pub setter: Option<String>,
}

/// A pool or client that is built, with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltView {
    /// `pool`, `client` or `connection`.
    pub resource: &'static str,
    /// Canonical path of the API that builds it.
    pub api: String,
    /// The expression.
    pub span: Span,
    /// Its settings.
    pub settings: Vec<SettingView>,
    /// How many requests were traced to it.
    pub requests: usize,
    /// How many of them have a limit of their own.
    pub limited_requests: usize,
}

/// What `config-of` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigView {
    /// The file, relative to the root.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// What is built there.
    pub built: Vec<BuiltView>,
    /// What was skipped or not understood.
    pub notices: Vec<Notice>,
}

/// What one run of an entry point costs of something, as far as the code shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostView {
    /// So much.
    pub least: u64,
    /// As much as there is data.
    pub unbounded: bool,
    /// Perhaps more: a loop whose rounds the code does not show counts once.
    pub open: bool,
    /// What the project allows; `None`: nothing is declared, or any number.
    pub budget: Option<u64>,
}

impl CostView {
    /// Whether it is more than the project allows.
    pub fn is_exceeded(&self) -> bool {
        self.budget.is_some_and(|budget| self.unbounded || self.least > budget)
    }
}

/// A query that a run issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedView {
    /// The third-party function.
    pub api: String,
    /// The function that holds it.
    pub function: String,
    /// The expression.
    pub span: Span,
    /// How often it is issued.
    pub times: u64,
    /// Whether it is issued for each item of a collection.
    pub each_item: bool,
}

/// An entry point with what one run of it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadView {
    /// The entry point.
    pub entry: EntryView,
    /// Whether the budget of all requests is for it.
    pub is_request: bool,
    /// Connections of one pool that it holds at once.
    pub connections: CostView,
    /// Queries that it issues.
    pub queries: CostView,
    /// Where it takes these connections, in order.
    pub taken_at: Vec<Span>,
    /// These queries, in order.
    pub issued: Vec<IssuedView>,
}

impl LoadView {
    /// What names it in a budget of its own.
    pub fn pattern(&self) -> &str {
        self.entry.route.as_deref().unwrap_or(&self.entry.function.name)
    }
}

/// What `routes --budget` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetView {
    /// The entry points that were asked for.
    pub routes: Vec<LoadView>,
    /// What was skipped or not understood.
    pub notices: Vec<Notice>,
}
