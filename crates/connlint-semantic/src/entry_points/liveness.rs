//! Which functions something outside tests can run.

use connlint_facts::OpKind;
use rustc_hash::FxHashSet;

use crate::call_graph::adjacency::Adjacency;
use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::domain::{EntryKind, EntryPoint, FunctionId, FunctionKind};
use crate::entry_points::named::Named;
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::names::marks::{is_main, is_test};
use crate::types::context::TypeContext;
use crate::types::ty::TraitId;

/// Names that test code calls. Test bodies are not inferred, so a name is all that is known of what they call.
pub(crate) fn named_by_tests(tcx: &TypeContext<'_>) -> FxHashSet<Name> {
    let mut names: FxHashSet<Name> = FxHashSet::default();
    for file in &tcx.defs.files {
        names.extend(file.facts.test_names.iter().map(|&name| file.name(name)));
    }
    for index in 0..tcx.defs.defs.len() {
        let def = DefId(index as u32);
        let Some(body) = tcx.defs.body(def).filter(|_| is_test(tcx, def)) else {
            continue;
        };
        let file = tcx.defs.file_of(def);
        for op in &body.ops {
            match &op.kind {
                OpKind::Path(path) => names.extend(path.segments.last().map(|s| file.name(s.name))),
                OpKind::MethodCall { name, .. } => {
                    names.insert(file.name(*name));
                }
                _ => {}
            }
        }
    }
    names
}

/// Marks the functions that something outside tests can run: from `main`, from entry points, and from functions that
/// nothing in the workspace calls, but that others can name or something here names.
pub(crate) fn live(
    builder: &CallGraphBuilder<'_, '_>,
    calls: &[PendingCall],
    adjacency: &Adjacency,
    entries: &[EntryPoint],
    named_by_tests: &FxHashSet<Name>,
) -> Vec<bool> {
    let functions = &builder.functions.list;
    let called = called_by_others(functions.len(), calls);
    let named = Named::of(builder);
    let is_root = |&(index, function): &(usize, &crate::domain::Function)| {
        let (ix, _) = builder.functions.origin[index];
        let def = builder.bodies.get(ix).def;
        // What only tests call is test support, `cfg(test)` or not.
        let for_tests = named_by_tests.contains(&builder.tcx.defs.def(def).name) && !is_of_library(builder.tcx, def);
        let uncalled = !called[index] && function.kind == FunctionKind::Function && !for_tests;
        !function.test_only && (is_main(builder.tcx, def) || uncalled && named.may_run(builder.tcx, def))
    };
    let roots = functions.iter().enumerate().filter(is_root).map(|(index, _)| FunctionId(index as u32));
    // A loop runs only if the function does that it is in.
    let is_loop = |entry: &&EntryPoint| functions[entry.function.0 as usize].kind == FunctionKind::Loop;
    let entries = entries.iter().filter(|e| e.kind != EntryKind::Loop && !is_loop(e)).map(|e| e.function);
    adjacency.reachable_from(roots.chain(entries), |call| {
        let to = calls[call as usize].edge.to;
        (!functions[to.0 as usize].test_only).then_some(to)
    })
}

/// Whether another crate calls a function: it implements that crate's trait.
fn is_of_library(tcx: &TypeContext<'_>, def: DefId) -> bool {
    let implemented = tcx.defs.def(def).parent.and_then(|owner| tcx.impl_data(owner));
    matches!(implemented.map(|data| &data.trait_id), Some(Some(TraitId::External(_))))
}

/// For each function whether another one calls it.
pub(crate) fn called_by_others(functions: usize, calls: &[PendingCall]) -> Vec<bool> {
    let mut called = vec![false; functions];
    for call in calls.iter().filter(|call| call.edge.from != call.edge.to) {
        called[call.edge.to.0 as usize] = true;
    }
    called
}
