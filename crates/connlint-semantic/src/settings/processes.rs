//! Which of the clients that a request may be made with its own process makes.
//!
//! A field is filled by every constructor of its struct, and a parameter by every call: also by one that nothing calls, such
//! as the `connect` beside the `new` that generated clients have, and by one that another program of the workspace calls.

use connlint_facts::{CrateId, Span};
use rustc_hash::FxHashMap;

use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::domain::{EntryKind, FunctionId};
use crate::infer::bodies::{BodyData, crate_of};
use crate::infer::body_cx::Inferred;
use crate::types::ty::TraitId;

use super::collect::Settings;

/// The crates that start what runs a function, by function.
struct Starters<'a, 'w> {
    graph: &'a CallGraph,
    functions: &'a Functions,
    inferred: Inferred<'a, 'w>,
    known: FxHashMap<FunctionId, Vec<CrateId>>,
}

impl Settings {
    /// Of several clients that a request may be made with, keeps those that a process makes which sends the request. Where
    /// none is known to be made, all are kept.
    pub(crate) fn keep_own_clients(&mut self, graph: &CallGraph, functions: &Functions, inferred: Inferred<'_, '_>) {
        let mut starters = Starters { graph, functions, inferred, known: FxHashMap::default() };
        let mut makers: FxHashMap<(FunctionId, Span), Vec<usize>> = FxHashMap::default();
        for (number, built) in self.built.iter().enumerate() {
            for used in built.uses.iter().filter(|used| !used.opens) {
                makers.entry((used.function, used.span.clone())).or_default().push(number);
            }
        }
        makers.retain(|_, numbers| numbers.len() > 1);
        let mut others: Vec<(usize, (FunctionId, Span))> = Vec::new();
        for (request, numbers) in makers {
            let is_own = |&number: &usize| starters.share_a_process(self.built[number].function, request.0);
            let (own, foreign): (Vec<usize>, Vec<usize>) = numbers.into_iter().partition(is_own);
            if !own.is_empty() {
                others.extend(foreign.into_iter().map(|number| (number, request.clone())));
            }
        }
        for (number, (function, span)) in others {
            self.built[number].uses.retain(|used| used.function != function || used.span != span);
        }
    }
}

impl<'a, 'w> Starters<'a, 'w> {
    /// Whether some process runs both functions. What a static is made with, nobody is seen to call.
    fn share_a_process(&mut self, maker: FunctionId, sender: FunctionId) -> bool {
        if self.inferred.tcx.defs.fn_item(self.body(maker).def).is_none() {
            return true;
        }
        let (made_by, sent_by) = (self.of(maker), self.of(sender));
        let together = |&a: &CrateId| sent_by.iter().any(|&b| self.inferred.tcx.processes.share(a, b));
        made_by.iter().any(together)
    }

    fn body(&self, function: FunctionId) -> &'a BodyData<'w> {
        let (ix, _) = self.functions.origin[function.0 as usize];
        self.inferred.bodies.get(ix)
    }

    fn implements_foreign(&self, function: FunctionId) -> bool {
        let tcx = self.inferred.tcx;
        let parent = tcx.defs.def(self.body(function).def).parent;
        let of = parent.and_then(|parent| tcx.impl_data(parent)).and_then(|data| data.trait_id.as_ref());
        matches!(of, Some(TraitId::External(path)) if !path.starts_with("std::"))
    }

    /// The crates of the `main` functions and entry points that lead to a function.
    fn of(&mut self, function: FunctionId) -> Vec<CrateId> {
        if let Some(known) = self.known.get(&function) {
            return known.clone();
        }
        let graph = self.graph;
        let leading = graph.reaching([function], |_| true);
        let entries = graph.entry_points.iter().filter(|entry| entry.kind != EntryKind::Loop);
        // An unread crate calls the implementations of its traits, as a pool does its manager's.
        let all = (0..graph.functions.len() as u32).map(FunctionId).filter(|id| leading[id.0 as usize]);
        let implements = all.filter(|&id| graph.callers_of(id).next().is_none() && self.implements_foreign(id));
        let starts = graph.mains.iter().copied().chain(entries.map(|entry| entry.function)).chain(implements);
        let krate = |start: FunctionId| crate_of(self.inferred.tcx, self.body(start));
        let mut found: Vec<CrateId> = starts.filter(|start| leading[start.0 as usize]).map(krate).collect();
        found.sort_unstable();
        found.dedup();
        self.known.insert(function, found.clone());
        found
    }
}
