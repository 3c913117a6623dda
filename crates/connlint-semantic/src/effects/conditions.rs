//! When the calls and sites run that lead to connections, as far as constants decide.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::domain::{CallCondition, Condition, FunctionId, Passed, PathConditions, Slot};
use crate::effects::sites::PendingSite;

/// Looks at all calls whose callee `leads` to a site, and at all sites.
pub(crate) fn collect(
    builder: &CallGraphBuilder<'_, '_>,
    calls: &[PendingCall],
    sites: &[PendingSite],
    (leads, roots): (&[bool], &[FunctionId]),
) -> PathConditions {
    let of_call = |call: &PendingCall| {
        if !leads[call.edge.to.0 as usize] {
            return CallCondition::default();
        }
        let cx = builder.inferred().body(call.body);
        let passed = if call.edge.repeated { Vec::new() } else { cx.passed_values(call.op) };
        let callee = builder.bodies.get(builder.functions.origin[call.edge.to.0 as usize].0).def;
        let required = [cx.run_condition(call.op, call.frame), cx.dispatch_condition(call.op, callee)];
        CallCondition { required: Condition::all(required), passed }
    };
    let of_site = |site: &PendingSite| {
        let cx = builder.inferred().body(builder.functions.origin[site.site.function.0 as usize].0);
        cx.run_condition(site.op, cx.data.frame(site.op))
    };
    let mut found = PathConditions {
        calls: calls.par_iter().map(of_call).collect(),
        sites: sites.par_iter().map(of_site).collect(),
        decisive: FxHashSet::default(),
    };
    found.decisive = decisive(&found, calls, sites, roots);
    found
}

fn decisive(
    found: &PathConditions,
    calls: &[PendingCall],
    sites: &[PendingSite],
    roots: &[FunctionId],
) -> FxHashSet<(FunctionId, Slot)> {
    let mut set = FxHashSet::default();
    let root = |function: FunctionId| roots[function.0 as usize];
    for (call, condition) in calls.iter().zip(&found.calls) {
        condition.required.each_slot(&mut |slot| set.extend([(root(call.edge.from), slot)]));
    }
    for (site, condition) in sites.iter().zip(&found.sites) {
        condition.each_slot(&mut |slot| set.extend([(root(site.site.function), slot)]));
    }
    if set.is_empty() {
        return set;
    }
    // A slot that is handed on to a decisive one is decisive itself.
    loop {
        let before = set.len();
        for (call, condition) in calls.iter().zip(&found.calls) {
            let from = root(call.edge.from);
            for (slot, passed) in &condition.passed {
                match passed {
                    Passed::Constant(_) => {}
                    Passed::Slot(own) => {
                        let wanted = |of: &(FunctionId, Slot)| of.0 == call.edge.to && of.1.param == slot.param;
                        if set.contains(&(call.edge.to, *slot)) {
                            set.insert((from, *own));
                        }
                        if slot.part.is_none() && own.part.is_none() {
                            let parts: Vec<Slot> = set.iter().filter(|of| wanted(of)).map(|of| of.1).collect();
                            set.extend(parts.into_iter().map(|of| (from, Slot { param: own.param, ..of })));
                        }
                    }
                    Passed::Flag(either) => {
                        if set.contains(&(call.edge.to, *slot)) {
                            either.iter().for_each(|side| side.each_slot(&mut |own| set.extend([(from, own)])));
                        }
                    }
                }
            }
        }
        if set.len() == before {
            return set;
        }
    }
}
