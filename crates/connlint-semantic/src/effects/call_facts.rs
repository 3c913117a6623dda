//! What matters of the expressions on a path to an opening: guards, caches, origins, what becomes of what is opened.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::PendingCall;
use crate::dataflow::enum_arms::EnumArms;
use crate::dataflow::once_patterns::OncePatterns;
use crate::dataflow::origins::Origins;
use crate::dataflow::path_facts::path_facts;
use crate::domain::{Certainty, FunctionId, PathFacts, Shared};
use crate::effects::sites::PendingSite;
use crate::infer::bodies::Bodies;
use crate::types::context::TypeContext;

/// Looks at the guards of calls that lead to an opening.
pub(crate) fn apply_guards<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    calls: &mut [PendingCall],
    sites: &[PendingSite],
    opens: &FxHashSet<FunctionId>,
) {
    calls.par_iter_mut().filter(|c| c.edge.repeated).for_each(|call| {
        // What a loop or a closure run for each item makes leaves with it.
        call.facts.returned = true;
        if opens.contains(&call.edge.to) {
            let variants = EnumArms { tcx, data: bodies.get(call.body) };
            call.facts.required_variants = variants.required_variants(call.op, call.frame);
        }
    });
    calls.par_iter_mut().filter(|c| opens.contains(&c.edge.to) && !c.edge.repeated).for_each(|call| {
        let data = bodies.get(call.body);
        let guards = OncePatterns { tcx, bodies, data };
        call.facts = path_facts(&guards, call.op, call.frame).into();
        let provenance = Origins { tcx, bodies, data };
        let args = data.call(call.op).map_or(&[][..], |c| &c.args);
        call.facts.origins = args.iter().map(|&a| provenance.origin(a)).collect();
        call.facts.passed_variants = EnumArms { tcx, data }.passed_variants(call.op);
    });
    let yields = yielding(calls, sites);
    calls.par_iter_mut().filter(|c| yields.contains(&c.edge.to) && c.edge.shared.is_none()).for_each(|call| {
        let guards = OncePatterns { tcx, bodies, data: bodies.get(call.body) };
        if !call.edge.repeated && guards.is_cached(call.op) {
            call.edge.shared = Some(Shared::Cache);
        }
    });
    let cached: FxHashSet<(FunctionId, FunctionId)> =
        calls.iter().filter(|c| c.edge.shared == Some(Shared::Cache)).map(|c| (c.edge.from, c.edge.to)).collect();
    calls.par_iter_mut().filter(|c| c.edge.shared.is_none() && c.facts.conditional).for_each(|call| {
        // A cache with a switch: how often it is off, only the configuration tells.
        if cached.contains(&(call.edge.from, call.edge.to)) {
            call.edge.certainty = Certainty::Low;
        }
    });
}

/// Functions that hand out or keep what they open. The result of any other may be cached and the opening still recurs.
fn yielding(calls: &[PendingCall], sites: &[PendingSite]) -> FxHashSet<FunctionId> {
    let hands_on = |facts: &PathFacts| facts.returned || facts.kept;
    let mut callers: FxHashMap<FunctionId, Vec<FunctionId>> = FxHashMap::default();
    for call in calls.iter().filter(|c| hands_on(&c.facts)) {
        callers.entry(call.edge.to).or_default().push(call.edge.from);
    }
    let openings = sites.iter().filter(|s| s.site.effect.is_opening() && hands_on(&s.facts));
    let mut queue: Vec<FunctionId> = openings.map(|s| s.site.function).collect();
    let mut found = FxHashSet::default();
    while let Some(id) = queue.pop() {
        if found.insert(id) {
            queue.extend(callers.get(&id).into_iter().flatten());
        }
    }
    found
}
