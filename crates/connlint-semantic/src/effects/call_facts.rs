//! What decides whether the calls run that lead to an effect: guards, caches, origins, and what becomes of the value.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::PendingCall;
use crate::dataflow::once_patterns::OncePatterns;
use crate::dataflow::origins::Origins;
use crate::dataflow::path_facts::path_facts;
use crate::domain::{Certainty, FunctionId, PathFacts, Shared};
use crate::effects::sites::PendingSite;
use crate::infer::bodies::Bodies;
use crate::types::context::TypeContext;

/// Fills in the path facts of calls whose callee `leads` to an effect that they are asked for, then marks those whose
/// value a cache keeps. A cache can be judged only when it is known which callees hand out what they open.
pub(crate) fn fill_in<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    calls: &mut [PendingCall],
    sites: &[PendingSite],
    leads: &[bool],
) {
    calls.par_iter_mut().filter(|call| leads[call.edge.to.0 as usize]).for_each(|call| {
        call.facts = Some(Box::new(of_call(tcx, bodies, call)));
    });
    let yields = yielding(calls, sites);
    calls.par_iter_mut().for_each(|call| {
        if let Some(facts) = &mut call.facts {
            facts.settle(yields.contains(&call.edge.to));
        }
    });
    mark_cached(tcx, bodies, calls, &yields);
}

fn of_call<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>, call: &PendingCall) -> PathFacts {
    let data = bodies.get(call.body);
    if call.edge.repeated {
        // What a loop or a closure run for each item makes leaves with it.
        return PathFacts { returned: true, ..PathFacts::default() };
    }
    let provenance = Origins { tcx, bodies, data };
    let args = data.call(call.op).map_or(&[][..], |c| &c.args);
    PathFacts {
        origins: args.iter().map(|&a| provenance.origin(a)).collect(),
        ..path_facts(&OncePatterns { tcx, bodies, data }, call.op, call.frame)
    }
}

fn mark_cached<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    calls: &mut [PendingCall],
    yields: &FxHashSet<FunctionId>,
) {
    calls.par_iter_mut().filter(|c| yields.contains(&c.edge.to) && c.edge.shared.is_none()).for_each(|call| {
        let guards = OncePatterns { tcx, bodies, data: bodies.get(call.body) };
        if !call.edge.repeated && guards.is_cached(call.op) {
            call.edge.shared = Some(Shared::Cache);
        }
    });
    let cached: FxHashSet<(FunctionId, FunctionId)> =
        calls.iter().filter(|c| c.edge.shared == Some(Shared::Cache)).map(|c| (c.edge.from, c.edge.to)).collect();
    calls.par_iter_mut().filter(|c| c.edge.shared.is_none() && is_conditional(c)).for_each(|call| {
        // A cache with a switch: how often it is off, only the configuration shows.
        if cached.contains(&(call.edge.from, call.edge.to)) {
            call.edge.certainty = Certainty::Low;
        }
    });
}

fn is_conditional(call: &PendingCall) -> bool {
    call.facts.as_ref().is_some_and(|facts| facts.conditional)
}

/// Functions that hand out or keep what they open. The result of any other may be cached and the opening still recurs.
fn yielding(calls: &[PendingCall], sites: &[PendingSite]) -> FxHashSet<FunctionId> {
    let hands_on = |facts: &Option<Box<PathFacts>>| facts.as_ref().is_some_and(|f| f.returned || f.kept);
    let mut callers: FxHashMap<FunctionId, Vec<FunctionId>> = FxHashMap::default();
    for call in calls.iter().filter(|c| hands_on(&c.facts)) {
        callers.entry(call.edge.to).or_default().push(call.edge.from);
    }
    let mut queue: Vec<FunctionId> = sites.iter().filter(|s| hands_on(&s.facts)).map(|s| s.site.function).collect();
    let mut found = FxHashSet::default();
    while let Some(id) = queue.pop() {
        if found.insert(id) {
            queue.extend(callers.get(&id).into_iter().flatten());
        }
    }
    found
}
