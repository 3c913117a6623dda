//! What a project declares that its code must keep: budgets of requests, the capacity of servers.

use std::collections::BTreeMap;

use connlint_diagnostics::Pattern;
use connlint_semantic::{EntryId, EntryKind, Program, Replicas, Values};

/// What a project declares, from all files of its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Budgets of requests. Later ones override earlier ones.
    pub budgets: Vec<Budget>,
    /// What servers allow, and how many processes run; `None`: nothing is declared.
    pub capacity: Option<DeclaredCapacity>,
}

/// What one request may cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// The file that declares it.
    pub origin: String,
    /// The routes that it is for, as they were written; empty: all requests, messages, RPCs and commands.
    pub routes: Vec<String>,
    /// How many connections of one pool it may hold at the same time; `None`: not said here.
    pub connections: Option<Allowed>,
    /// How many queries it may issue; `None`: not said here.
    pub queries: Option<Allowed>,
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// At most so many.
    AtMost(u64),
    /// Any number.
    Unlimited,
}

/// What servers allow, and how many processes run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredCapacity {
    /// The file that declares it.
    pub origin: String,
    /// How many processes of each program run.
    pub replicas: Shares,
    /// How many connections each server allows.
    pub server_limits: Shares,
    /// The values of what the code does not show.
    pub values: Values,
    /// Whether old and new processes run side by side during a deploy.
    pub rolling_deploy: bool,
}

/// A number of each of several things: one for all, and those of some by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// That of each that is not named.
    pub of_all: Option<u64>,
    /// By name.
    pub named: BTreeMap<String, u64>,
}

impl Default for DeclaredCapacity {
    fn default() -> Self {
        let (replicas, server_limits, values) = (Shares::default(), Shares::default(), Values::new());
        Self { origin: String::new(), replicas, server_limits, values, rolling_deploy: true }
    }
}

impl DeclaredCapacity {
    /// How many processes of each program run.
    pub fn replicas(&self) -> Replicas {
        Replicas { of_all: self.replicas.of_all, by_program: self.replicas.named.clone() }
    }
}

impl Budget {
    fn is_for(&self, program: &Program, entry: EntryId) -> bool {
        if self.routes.is_empty() {
            return is_request(program.entry(entry).kind);
        }
        let name = name_of(program, entry);
        self.routes.iter().any(|pattern| Pattern::new(pattern).matches_route(name))
    }
}

/// What names an entry point in a budget: its route, or its function.
pub(crate) fn name_of(program: &Program, entry: EntryId) -> &str {
    let point = program.entry(entry);
    point.route.as_deref().unwrap_or(program.function(point.function).name())
}

/// Whether somebody waits for one run of it, so that the budget of all requests is meant. A job or session may take longer.
pub fn is_request(kind: EntryKind) -> bool {
    !matches!(kind, EntryKind::ScheduledJob | EntryKind::Connection | EntryKind::Loop)
}

/// What a budget allows, and the budget.
pub type AllowedBy<'d> = (u64, &'d Budget);

/// The budgets that hold for an entry point: that of its connections, and that of its queries.
pub fn budget_of<'d>(
    declared: &'d Declared,
    program: &Program,
    entry: EntryId,
) -> (Option<AllowedBy<'d>>, Option<AllowedBy<'d>>) {
    let meant = || declared.budgets.iter().rev().filter(|budget| budget.is_for(program, entry));
    let at_most = |(allowed, budget): (Allowed, &'d Budget)| match allowed {
        Allowed::AtMost(number) => Some((number, budget)),
        Allowed::Unlimited => None,
    };
    let connections = meant().find_map(|budget| Some((budget.connections?, budget)));
    let queries = meant().find_map(|budget| Some((budget.queries?, budget)));
    (connections.and_then(at_most), queries.and_then(at_most))
}

/// The entry points that code outside tests can run.
pub fn budgeted(program: &Program) -> impl Iterator<Item = EntryId> + '_ {
    let ids = (0..program.entry_points.len() as u32).map(EntryId);
    ids.filter(|&id| {
        let point = program.entry(id);
        let function = program.function(point.function);
        point.kind != EntryKind::Loop && !function.test_only && program.is_live(point.function)
    })
}
