//! The call graph with its entry points and effect sites: complete before anything asks for paths in it.

use crate::call_graph::build::PendingCall;
use crate::domain::{CallEdge, CallFacts, EffectSite, EntryId, EntryKind, EntryPoint, Function, FunctionId, PathFacts};
use crate::effects::sites::PendingSite;

/// Functions, the calls between them, what the outside calls, and what is done to connections where.
#[derive(Debug, Default)]
pub struct CallGraph {
    /// All functions, in order of crate, file and position.
    pub functions: Vec<Function>,
    /// All calls between them, in order of caller and position.
    pub calls: Vec<CallEdge>,
    /// All entry points.
    pub entry_points: Vec<EntryPoint>,
    /// All effect sites.
    pub sites: Vec<EffectSite>,
    /// The `main` functions of binaries.
    pub(crate) mains: Vec<FunctionId>,
    /// Outgoing calls of each function, as indices into `calls`.
    pub(crate) outgoing: Vec<Vec<u32>>,
    /// Incoming calls of each function, as indices into `calls`.
    pub(crate) incoming: Vec<Vec<u32>>,
    /// The function whose body each function is, or is a closure or loop of.
    pub(crate) roots: Vec<FunctionId>,
    /// Functions that only programs run which serve nothing: tools, migrations, one-off jobs.
    pub(crate) one_shot: Vec<bool>,
    /// Functions that some code outside tests can run.
    pub(crate) live: Vec<bool>,
    /// For each function: whether it is a loop that waits for messages or connections.
    pub(crate) waits: Vec<bool>,
    /// What else is known of each call on a path to an opening.
    pub(crate) call_facts: Vec<CallFacts>,
    /// What else is known of each site.
    pub(crate) site_facts: Vec<PathFacts>,
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

    /// The calls that a function makes.
    pub fn calls_of(&self, id: FunctionId) -> impl Iterator<Item = &CallEdge> {
        self.outgoing[id.0 as usize].iter().map(|&c| &self.calls[c as usize])
    }

    /// The calls that run a function.
    pub fn callers_of(&self, id: FunctionId) -> impl Iterator<Item = &CallEdge> {
        self.incoming[id.0 as usize].iter().map(|&c| &self.calls[c as usize])
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

    pub(crate) fn set_calls(&mut self, calls: Vec<PendingCall>) {
        self.outgoing = vec![Vec::new(); self.functions.len()];
        self.incoming = vec![Vec::new(); self.functions.len()];
        self.calls.reserve_exact(calls.len());
        self.call_facts.reserve_exact(calls.len());
        for (index, call) in calls.into_iter().enumerate() {
            self.outgoing[call.edge.from.0 as usize].push(index as u32);
            self.incoming[call.edge.to.0 as usize].push(index as u32);
            self.calls.push(call.edge);
            self.call_facts.push(call.facts);
        }
    }

    pub(crate) fn set_waits(&mut self) {
        self.waits = vec![false; self.functions.len()];
        for entry in &self.entry_points {
            let waits = matches!(entry.kind, EntryKind::MessageConsumer | EntryKind::Connection);
            self.waits[entry.function.0 as usize] |= waits;
        }
    }

    pub(crate) fn set_sites(&mut self, sites: Vec<PendingSite>) {
        for site in sites {
            self.sites.push(site.site);
            self.site_facts.push(site.facts);
        }
    }
}
