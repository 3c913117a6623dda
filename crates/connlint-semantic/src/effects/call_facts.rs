//! What decides whether the calls run that lead to an effect: conditions, caches, origins, and where the value goes.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::dataflow::once_patterns::Kept;
use crate::dataflow::path_facts::path_facts;
use crate::domain::{Certainty, FunctionId, FunctionKind, PathFacts, Shared, Sources};
use crate::effects::missed::mark_missed;
use crate::effects::sites::PendingSite;
use crate::infer::body_cx::Inferred;

/// Fills in the path facts of calls whose callee `leads` to an effect that they are asked for, then marks what runs only
/// on a miss. That can be judged only when it is known which callees hand out what they open, and who calls them.
pub(crate) fn fill_in<'w>(
    builder: &CallGraphBuilder<'_, 'w>,
    calls: &mut [PendingCall],
    sites: &mut [PendingSite],
    leads: &[bool],
) {
    let inferred = builder.inferred();
    calls.par_iter_mut().filter(|call| leads[call.edge.to.0 as usize]).for_each(|call| {
        call.facts = Some(Box::new(of_call(inferred, call)));
    });
    let yields = yielding(calls, sites);
    calls.par_iter_mut().for_each(|call| {
        if let Some(facts) = &mut call.facts {
            facts.settle(yields.contains(&call.edge.to));
        }
    });
    let starters = starters(builder, calls);
    mark_cached(inferred, calls, &yields, &starters);
    mark_missed(builder, calls, sites);
}

fn of_call(inferred: Inferred<'_, '_>, call: &PendingCall) -> PathFacts {
    if call.edge.repeated {
        // What a loop or a closure run for each item makes leaves with it.
        return PathFacts { returned: true, ..PathFacts::default() };
    }
    let cx = inferred.body(call.body);
    let found = cx.data.call(call.op);
    let args = found.map_or(&[][..], |c| &c.args);
    let receiver = found.and_then(|c| c.recv);
    PathFacts {
        sources: Sources {
            receiver: receiver.map_or(Vec::new(), |recv| cx.all_origins(recv)),
            args: args.iter().map(|&a| cx.all_origins(a)).collect(),
        },
        origins: args.iter().map(|&a| cx.origin(a)).collect(),
        arg_keys: args.iter().map(|&a| cx.key(a, 0)).collect(),
        ..path_facts(cx, call.op, call.frame)
    }
}

fn mark_cached(
    inferred: Inferred<'_, '_>,
    calls: &mut [PendingCall],
    yields: &FxHashSet<FunctionId>,
    starters: &FxHashSet<FunctionId>,
) {
    calls.par_iter_mut().filter(|c| c.edge.shared.is_none() && !c.edge.repeated).for_each(|call| {
        let cx = inferred.body(call.body);
        let is_kept = yields.contains(&call.edge.to) && cx.is_cached(call.op, Kept::Value);
        if is_kept || (starters.contains(&call.edge.to) && cx.is_cached(call.op, Kept::Sign)) {
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

/// Functions that start a task which goes on by itself: it holds what it opens, and what they return stands for it.
fn starters(builder: &CallGraphBuilder<'_, '_>, calls: &[PendingCall]) -> FxHashSet<FunctionId> {
    let functions = builder.functions;
    let goes_on = |id: FunctionId| {
        let (ix, frame) = functions.origin[id.0 as usize];
        let cx = builder.inferred().body(ix);
        functions.list[id.0 as usize].kind == FunctionKind::Loop || (frame.is_none() && cx.has_loop(cx.data.def, 0))
    };
    let starts = calls.iter().filter(|c| c.edge.spawned && goes_on(c.edge.to));
    starts.filter_map(|c| functions.id(functions.origin[c.edge.from.0 as usize].0, None)).collect()
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
