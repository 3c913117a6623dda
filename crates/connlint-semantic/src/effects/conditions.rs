//! When the calls and sites run that lead to connections, as far as constants decide.

use rayon::prelude::*;

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::domain::{CallCondition, Condition, DecisiveSlots, FunctionId, Passed, PathConditions, Slot};
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
        decisive: DecisiveSlots::default(),
    };
    found.decisive = decisive(&found, calls, sites, roots);
    let PathConditions { calls: conditions, decisive, .. } = &mut found;
    conditions.iter_mut().zip(calls).for_each(|(condition, call)| forget_idle(condition, call, decisive));
    found
}

/// Forgets what a call passes where nothing depends on it: of most calls all.
fn forget_idle(condition: &mut CallCondition, call: &PendingCall, decisive: &DecisiveSlots) {
    let passed = &mut condition.passed;
    passed.retain(|(slot, _)| decisive.of_param(call.edge.to, slot.param).next().is_some());
    passed.shrink_to_fit();
}

fn decisive(
    found: &PathConditions,
    calls: &[PendingCall],
    sites: &[PendingSite],
    roots: &[FunctionId],
) -> DecisiveSlots {
    let mut slots = DecisiveSlots::default();
    let root = |function: FunctionId| roots[function.0 as usize];
    for (call, condition) in calls.iter().zip(&found.calls) {
        condition.required.each_slot(&mut |slot| _ = slots.insert(root(call.edge.from), slot));
    }
    for (site, condition) in sites.iter().zip(&found.sites) {
        condition.each_slot(&mut |slot| _ = slots.insert(root(site.site.function), slot));
    }
    // A slot that is handed on to a decisive one is decisive itself.
    let mut changed = !slots.is_empty();
    while changed {
        changed = false;
        for (call, condition) in calls.iter().zip(&found.calls) {
            let from = root(call.edge.from);
            for (slot, passed) in &condition.passed {
                for own in decided_by(*slot, passed, call.edge.to, &slots) {
                    changed |= slots.insert(from, own);
                }
            }
        }
    }
    slots
}

/// The slots of the caller on which decisive ones of a callee depend, by what it passes in one of them.
fn decided_by(slot: Slot, passed: &Passed, callee: FunctionId, decisive: &DecisiveSlots) -> Vec<Slot> {
    let is_decisive = || decisive.contains(callee, slot);
    match passed {
        Passed::Constant(_) => Vec::new(),
        // With the whole of a parameter its parts are handed on.
        Passed::Slot(own) if slot.part.is_none() && own.part.is_none() => {
            decisive.of_param(callee, slot.param).map(|of| Slot { param: own.param, ..of }).collect()
        }
        Passed::Slot(own) => is_decisive().then_some(*own).into_iter().collect(),
        Passed::Flag(either) if is_decisive() => {
            let mut found = Vec::new();
            either.iter().for_each(|side| side.each_slot(&mut |own| found.push(own)));
            found
        }
        Passed::Flag(_) => Vec::new(),
    }
}
