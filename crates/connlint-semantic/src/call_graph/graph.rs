//! The call graph with its entry points and effect sites: complete before anything asks for paths in it.

use std::sync::Arc;

use crate::call_graph::adjacency::Adjacency;
use crate::domain::{
    CallEdge, Condition, EffectSite, EntryId, EntryKind, EntryPoint, Function, FunctionId, FunctionKind,
    PathConditions, PathFacts, Reloads,
};

/// Functions, the calls between them, what the outside calls, and what is done to connections where.
#[derive(Debug, Default)]
pub struct CallGraph {
    /// All functions, in order of crate, file and position.
    pub functions: Arc<[Function]>,
    /// All calls between them, in order of caller and position.
    pub calls: Vec<CallEdge>,
    /// All entry points.
    pub entry_points: Vec<EntryPoint>,
    /// All effect sites.
    pub sites: Vec<EffectSite>,
    /// The `main` functions of binaries.
    pub(crate) mains: Vec<FunctionId>,
    /// Who calls whom.
    pub(crate) adjacency: Adjacency,
    /// The function whose body each function is, or is a closure or loop of.
    pub(crate) roots: Vec<FunctionId>,
    /// Functions that only programs run which serve nothing: tools, migrations, one-off jobs.
    pub(crate) one_shot: Vec<bool>,
    /// Functions that some code outside tests can run.
    pub(crate) live: Vec<bool>,
    /// For each function: whether it is a loop that waits for messages or connections.
    pub(crate) waits: Vec<bool>,
    /// What decides whether each call runs; `None` where it leads to no effect that path facts were asked for.
    pub(crate) call_facts: Vec<Option<Box<PathFacts>>>,
    /// What decides whether each site runs; `None` for effects that path facts were not asked for.
    pub(crate) site_facts: Vec<Option<Box<PathFacts>>>,
    /// The calls and sites that are part of a reload.
    pub(crate) reloads: Reloads,
    /// When calls and sites run, as far as constants decide.
    pub(crate) conditions: PathConditions,
}

impl CallGraph {
    /// The function of an id.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// The entry point of an id.
    pub fn entry(&self, id: EntryId) -> &EntryPoint {
        &self.entry_points[id.0 as usize]
    }

    /// Entry points of the recurring kinds.
    pub fn recurring_entry_points(&self) -> impl Iterator<Item = &EntryPoint> {
        self.entry_points.iter().filter(|e| e.kind != EntryKind::Loop)
    }

    /// The calls that a function makes.
    pub fn calls_of(&self, id: FunctionId) -> impl Iterator<Item = &CallEdge> {
        self.adjacency.calls_out_of(id).iter().map(|&c| &self.calls[c as usize])
    }

    /// The calls that run a function.
    pub fn callers_of(&self, id: FunctionId) -> impl Iterator<Item = &CallEdge> {
        self.adjacency.calls_into(id).iter().map(|&c| &self.calls[c as usize])
    }

    /// For each function whether calls that `follow` lets through lead to it from one of `roots`.
    pub(crate) fn reachable_from(
        &self,
        roots: impl IntoIterator<Item = FunctionId>,
        follow: impl Fn(&CallEdge) -> bool,
    ) -> Vec<bool> {
        let callee = |call: u32| Some(&self.calls[call as usize]).filter(|call| follow(call)).map(|call| call.to);
        self.adjacency.reachable_from(roots, callee)
    }

    /// For each function whether calls that `follow` lets through lead from it to one of `targets`.
    pub(crate) fn reaching(
        &self,
        targets: impl IntoIterator<Item = FunctionId>,
        follow: impl Fn(&CallEdge) -> bool,
    ) -> Vec<bool> {
        let caller = |call: u32| Some(&self.calls[call as usize]).filter(|call| follow(call)).map(|call| call.from);
        self.adjacency.reaching(targets, caller)
    }

    /// What decides whether a call runs, if that is known.
    pub(crate) fn facts_of_call(&self, call: u32) -> Option<&PathFacts> {
        self.call_facts[call as usize].as_deref()
    }

    /// What decides whether a site runs, if that is known.
    pub(crate) fn facts_of_site(&self, site: usize) -> Option<&PathFacts> {
        self.site_facts[site].as_deref()
    }

    /// What must hold where a call is made for something to run that runs under a condition in its callee.
    pub(crate) fn before_call(&self, call: u32, behind: &Condition) -> Condition {
        let edge = &self.calls[call as usize];
        let condition = &self.conditions.calls[call as usize];
        let before = match self.function(edge.to).kind {
            FunctionKind::Function => behind.in_caller(&condition.passed),
            // A loop or closure of the same body sees the same parameters.
            _ if self.root_of(edge.to) == self.root_of(edge.from) => behind.clone(),
            _ => Condition::ALWAYS,
        };
        Condition::all([condition.required.clone(), before])
    }

    /// The effect sites of a function, which are sorted by it.
    pub(crate) fn sites_of(&self, function: FunctionId) -> impl Iterator<Item = usize> {
        let first = self.sites.partition_point(|site| site.function < function);
        (first..self.sites.len()).take_while(move |&n| self.sites[n].function == function)
    }

    /// The function whose body another is, or is a closure or loop of.
    pub(crate) fn root_of(&self, id: FunctionId) -> FunctionId {
        self.roots.get(id.0 as usize).copied().unwrap_or(id)
    }

    /// Whether only programs run it that serve nothing: tools, migrations, one-off jobs.
    pub fn is_one_shot(&self, id: FunctionId) -> bool {
        self.one_shot.get(id.0 as usize).copied().unwrap_or(false)
    }

    /// Whether code outside tests can run it.
    pub fn is_live(&self, id: FunctionId) -> bool {
        self.live[id.0 as usize]
    }
}

/// For each function whether it is a loop that waits for messages or connections.
pub(crate) fn waiting(functions: usize, entry_points: &[EntryPoint]) -> Vec<bool> {
    let mut waits = vec![false; functions];
    for entry in entry_points {
        waits[entry.function.0 as usize] |= matches!(entry.kind, EntryKind::MessageConsumer | EntryKind::Connection);
    }
    waits
}
