//! What `capacity` shows, ready for any format.

mod json;
mod markdown;
mod sections;
mod text;

use connlint_facts::{Notice, Span};

use crate::format::Format;
use crate::views::SettingView;

/// The formats of `capacity`, the default first.
pub static CAPACITY_FORMATS: &[&Format<CapacityView>] = &[&text::FORMAT, &json::FORMAT, &markdown::FORMAT];

/// What `capacity` shows.
#[derive(Clone, Debug, Default)]
pub struct CapacityView {
    /// The programs, by name.
    pub programs: Vec<ProgramView>,
    /// The servers that they connect to.
    pub servers: Vec<ServerView>,
    /// The pools, by place.
    pub pools: Vec<PoolView>,
    /// What the traffic comes to, if some was given.
    pub traffic: Option<TrafficView>,
    /// How many tasks run at once, where that was given.
    pub tasks: Option<u64>,
    /// Assumptions that name nothing that is counted here.
    pub unused_values: Vec<String>,
    /// What was skipped or not understood.
    pub notices: Vec<Notice>,
}

/// A program with what one process of it opens.
#[derive(Clone, Debug, Default)]
pub struct ProgramView {
    /// The name of the binary.
    pub name: String,
    /// Whether it serves nothing and ends.
    pub one_shot: bool,
    /// How many processes of it run, where that was given.
    pub replicas: Option<u64>,
    /// What it opens.
    pub openers: Vec<OpenerView>,
}

/// Something that a process builds or opens.
#[derive(Clone, Debug)]
pub struct OpenerView {
    /// `pool`, `client` or `connection`.
    pub resource: &'static str,
    /// The API that builds it.
    pub api: String,
    /// The expression.
    pub span: Span,
    /// The path of the function that holds it.
    pub function: String,
    /// The functions by which the program gets there, outermost first.
    pub by: Vec<String>,
    /// The server; `None` if it is not known.
    pub server: Option<String>,
    /// What the address is made of.
    pub address: Vec<String>,
    /// Whether it is a local file.
    pub local_file: bool,
    /// Its connections: a number, or a product with names.
    pub connections: AmountView,
    /// How many connections one of it has at most.
    pub maximum: AmountView,
    /// Why it is not known, in a few words.
    pub maximum_unknown: Option<&'static str>,
    /// Where the maximum is set.
    pub maximum_set_at: Option<Span>,
    /// How many of it there are.
    pub times: AmountView,
    /// How many ways lead there; `by` is the first.
    pub ways: usize,
    /// Whether each request opens it.
    pub per_request: bool,
    /// Whether it is counted: a process has only one of some.
    pub counted: bool,
}

/// A number of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AmountView {
    /// It, as a formula where parts of it have only a name.
    pub text: String,
    /// It, if all of it is known or assumed.
    pub value: Option<u64>,
    /// What is certain at least.
    pub at_least: u64,
    /// The names of what is not known.
    pub unknown: Vec<String>,
}

/// A server with the connections to it.
#[derive(Clone, Debug, Default)]
pub struct ServerView {
    /// Its name; `None`: the address is not known.
    pub name: Option<String>,
    /// What one process of each program opens.
    pub by_program: Vec<(String, AmountView)>,
    /// What all processes open.
    pub fleet: Option<AmountView>,
    /// The same with the old and the new version side by side.
    pub during_deploy: Option<AmountView>,
    /// How many the server allows.
    pub limit: Option<u64>,
    /// Whether what is certain exceeds the limit: usually, during a deploy.
    pub exceeds: (bool, bool),
}

/// A pool with what an incident call asks first.
#[derive(Clone, Debug)]
pub struct PoolView {
    /// Its type, as people write it, or the API that builds it.
    pub ty: String,
    /// The expression that builds it.
    pub span: Span,
    /// How many connections it has at most.
    pub maximum: AmountView,
    /// How many of them one task holds at once; 0: nothing is known to take from it.
    pub held_at_once: usize,
    /// Of how many pools of its type, of one of which the code is known to take; 1: of this one.
    pub one_of: usize,
    /// Where a task takes the last of them, if it holds several.
    pub nested_at: Option<Span>,
    /// The smallest maximum that cannot deadlock, for the number of tasks that was given.
    pub least_maximum: Option<u64>,
    /// Its limits: what for, whether there is certainly none, and the setting, if the library has one.
    pub limits: Vec<LimitView>,
}

/// A time limit of a pool.
#[derive(Clone, Debug)]
pub struct LimitView {
    /// What is limited: `wait for a connection`.
    pub of: &'static str,
    /// Whether there is certainly none.
    pub missing: bool,
    /// The setting; `None` if the library has none.
    pub setting: Option<SettingView>,
}

/// What the traffic comes to.
#[derive(Clone, Debug, Default)]
pub struct TrafficView {
    /// The routes that some entry point serves.
    pub routes: Vec<RouteLoadView>,
    /// Those that none serves.
    pub unmatched: Vec<String>,
    /// The pools.
    pub pools: Vec<PoolLoadView>,
    /// By how many processes the traffic was divided.
    pub replicas: u64,
}

/// What the traffic of one route comes to, in one process.
#[derive(Clone, Debug)]
pub struct RouteLoadView {
    /// The route, as it was given.
    pub route: String,
    /// The route of the entry point that serves it.
    pub served_by: String,
    /// Requests per second.
    pub rate: f64,
    /// Requests that are under way at once, on average.
    pub in_flight: f64,
    /// Connections that it opens per second, beyond those of pools.
    pub opened_per_second: f64,
    /// Whether some are opened in a loop, so that there are more.
    pub opens_in_loop: bool,
    /// The connections that one request holds at once, by index into [`CapacityView::pools`].
    pub pools: Vec<(usize, usize)>,
}

/// What the traffic comes to for a pool, in one process.
#[derive(Clone, Debug)]
pub struct PoolLoadView {
    /// The pool, by index into [`CapacityView::pools`].
    pub pool: usize,
    /// Requests per second that take from it.
    pub rate: f64,
    /// Connections held at once, on average, at most.
    pub held: f64,
    /// The same where each request takes as long as the slowest of a hundred.
    pub held_at_p99: f64,
    /// Requests per second at which all its connections are held.
    pub saturates_at: Option<f64>,
    /// The route that uses most of it.
    pub most_used_by: String,
    /// Its share, of 1.
    pub most_used_share: f64,
}
