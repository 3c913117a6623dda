//! From facts to the program, stage by stage.

use std::collections::{BTreeMap, BTreeSet};

use connlint_catalog::{Catalog, Effect};
use connlint_facts::{OpId, RelPath, SuppressionFact, WorkspaceFacts};
use rustc_hash::FxHashSet;

use crate::analyses::callee_search::Search;
use crate::analyses::guarded_connections;
use crate::analyses::holding::{self, HoldAnalysis};
use crate::analyses::idle_drivers;
use crate::analyses::live_range::FanOut;
use crate::analyses::live_range::LiveRange;
use crate::call_graph::build::{CallGraphBuilder, Functions, PendingCall};
use crate::call_graph::function_values::{self, FunctionValues};
use crate::call_graph::graph::CallGraph;
use crate::domain::{AsyncForm, FrameworkHelp, FunctionId};
use crate::effects::{self, sites::PendingSite};
use crate::entry_points::routes::Routes;
use crate::entry_points::{self, collect::Collector};
use crate::explain::explain_data;
use crate::infer::bodies::{Bodies, BodyIx};
use crate::live_ranges::Holders;
use crate::names::defs::Defs;
use crate::pools::{BuiltPools, PoolUses};
use crate::program::Program;
use crate::reach::paths::Reach;
use crate::types::context::TypeContext;

/// What the user asked of linking.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// Whether test code has entry points too.
    pub include_tests: bool,
    /// Whether to count the calls that were resolved, and keep those that were not.
    pub figures: bool,
    /// Whether to keep all that explanations need: the figures, where functions begin and end, what tests name.
    pub details: bool,
    /// Whether the process ends soon after: then memory that linking took is not given back piece by piece.
    pub is_last: bool,
}

/// Links the facts of a workspace.
pub fn link(facts: WorkspaceFacts, catalog: &Catalog, options: &LinkOptions) -> Program {
    let program = link_all(&facts, catalog, options);
    if options.is_last {
        std::mem::forget(facts);
    }
    program
}

fn link_all(facts: &WorkspaceFacts, catalog: &Catalog, options: &LinkOptions) -> Program {
    let suppressions = suppressions(facts);
    let mut defs = Defs::collect(&facts.crates);
    if !options.include_tests {
        defs.forget_test_imports();
    }
    let mut tcx = TypeContext::new(defs, catalog);
    let bodies = Bodies::infer(&mut tcx, options.include_tests);
    let tcx = tcx;
    let tests =
        || if options.include_tests { FxHashSet::default() } else { entry_points::collect::named_by_tests(&tcx) };
    let (values, (mut functions, (once_fns, named_by_tests))) = rayon::join(
        || function_values::analyse(&bodies),
        || {
            let functions = Functions::collect(&tcx, &bodies);
            (functions, rayon::join(|| entry_points::collect::once_functions(&tcx), tests))
        },
    );
    let builder = CallGraphBuilder::new(&tcx, &bodies, &values, &functions, &once_fns);
    let mut calls = builder.build();
    let sites = effects::sites::collect(&builder);
    let opens = reaching(&functions, &calls, &sites, Effect::is_opening);
    let working = reaching(&functions, &calls, &sites, works_on_connections);
    let include_tests = options.include_tests;
    let ((), entry_points) = rayon::join(
        || crate::effects::call_facts::apply_guards(&tcx, &bodies, &mut calls, &sites, &opens),
        || {
            let routes = Routes::new(&tcx, &bodies);
            Collector { builder: &builder, routes, include_tests, found: Vec::new() }.run()
        },
    );
    let ((live, one_shot), (idle_drivers, guarded_connections)) = rayon::join(
        || {
            rayon::join(
                || entry_points::collect::live(&builder, &calls, &entry_points, &named_by_tests),
                || crate::entry_points::one_shot::one_shot(&builder, &calls, &entry_points, &working),
            )
        },
        || (idle_drivers::idle(&builder), guarded_connections::collect(&builder)),
    );
    let roots = functions.roots();
    let (details, resolution) = match options {
        LinkOptions { details: true, .. } => explain_data::collect(&tcx, &bodies, &functions, &calls),
        LinkOptions { figures: true, .. } => explain_data::figures(&tcx, &bodies, &functions, &calls),
        _ => Default::default(),
    };
    let frameworks = frameworks(catalog);
    let mut graph = CallGraph { entry_points, live, one_shot, roots, ..CallGraph::default() };
    graph.functions = std::mem::take(&mut functions.list);
    graph.mains = crate::call_graph::build::mains(&tcx, &bodies, &functions);
    let call_ops: Vec<(BodyIx, OpId)> = calls.iter().map(|c| (c.body, c.op)).collect();
    graph.set_calls(calls);
    let site_ops: Vec<OpId> = sites.iter().map(|s| s.op).collect();
    graph.set_sites(sites);
    graph.set_waits();
    let graph = graph;
    let ops = (&call_ops[..], &site_ops[..]);
    let (reach, (live_ranges, fan_outs)) =
        rayon::join(|| Reach::of(&graph), || holding(&tcx, &bodies, &values, &functions, &graph, ops));
    let program = Program {
        graph,
        reach,
        live_ranges,
        fan_outs,
        idle_drivers,
        guarded_connections,
        resolution,
        details,
        frameworks,
        async_forms: async_forms(catalog),
        offloads: offloads(facts, catalog),
        suppressions,
        notices: facts.notices.clone(),
    };
    if options.is_last {
        std::mem::forget((values, bodies, tcx));
    }
    program
}

fn holding<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    values: &FunctionValues,
    functions: &Functions,
    program: &CallGraph,
    (call_ops, site_ops): (&[(BodyIx, OpId)], &[OpId]),
) -> (Vec<LiveRange>, Vec<FanOut>) {
    let holders = Holders::of(tcx);
    let uses = PoolUses::collect(tcx, bodies, &holders);
    let items = holding::items(tcx, bodies, functions, program, &uses, site_ops);
    let search = Search::new(program, bodies, values, functions, call_ops, items);
    let built = BuiltPools::collect(tcx, bodies, functions, program);
    let pooled = uses.crates(tcx, bodies);
    let holding = HoldAnalysis { tcx, bodies, values, functions, program, search, holders, uses, built, pooled };
    rayon::join(|| holding.ranges(), || holding.fan_outs())
}

fn works_on_connections(effect: Effect) -> bool {
    !matches!(effect, Effect::Configure | Effect::AwaitExternal | Effect::Block | Effect::Close)
}

/// Functions from which a site of a wanted effect is reached.
fn reaching(
    functions: &Functions,
    calls: &[PendingCall],
    sites: &[PendingSite],
    wanted: fn(Effect) -> bool,
) -> FxHashSet<FunctionId> {
    let mut incoming: Vec<Vec<FunctionId>> = vec![Vec::new(); functions.list.len()];
    for call in calls {
        incoming[call.edge.to.0 as usize].push(call.edge.from);
    }
    let mut found: FxHashSet<FunctionId> = FxHashSet::default();
    let mut queue: Vec<FunctionId> = sites.iter().filter(|s| wanted(s.site.effect)).map(|s| s.site.function).collect();
    while let Some(id) = queue.pop() {
        if found.insert(id) {
            queue.extend(&incoming[id.0 as usize]);
        }
    }
    found
}

fn suppressions(facts: &WorkspaceFacts) -> Vec<(RelPath, SuppressionFact)> {
    let mut found: Vec<(RelPath, SuppressionFact)> = Vec::new();
    let mut seen: FxHashSet<&RelPath> = FxHashSet::default();
    for file in facts.crates.iter().flat_map(|c| &c.files) {
        if seen.insert(&file.path) {
            found.extend(file.suppressions.iter().map(|s| (file.path.clone(), s.clone())));
        }
    }
    found.sort_by(|a, b| (&a.0, a.1.range).cmp(&(&b.0, b.1.range)));
    found
}

fn frameworks(catalog: &Catalog) -> Vec<FrameworkHelp> {
    catalog
        .crates()
        .filter(|c| c.state_access.is_some() || c.state_setup.is_some() || c.offload.is_some() || c.host_connects)
        .map(|c| FrameworkHelp {
            lib: c.lib.clone(),
            title: c.title.clone(),
            category: c.category.clone(),
            state_access: c.state_access.clone(),
            state_setup: c.state_setup.clone(),
            offload: c.offload.clone(),
            host_connects: c.host_connects,
        })
        .collect()
}

fn async_forms(catalog: &Catalog) -> Vec<AsyncForm> {
    catalog
        .crates()
        .filter(|c| c.async_form.is_some() || c.async_note.is_some())
        .map(|c| AsyncForm { lib: c.lib.clone(), instead: c.async_form.clone(), note: c.async_note.clone() })
        .collect()
}

/// How each crate runs blocking work, as the only async runtime among its dependencies does; for a crate without one, as
/// the only runtime of the workspace does.
fn offloads(facts: &WorkspaceFacts, catalog: &Catalog) -> BTreeMap<String, String> {
    let runtime = |package: &str| {
        catalog.crates().find(|c| c.category == "runtime" && c.package == package).and_then(|c| c.offload.as_deref())
    };
    // A library and a binary of one package may have the same name.
    let mut by_crate: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for krate in &facts.crates {
        let used = krate.dependencies.iter().filter_map(|dependency| runtime(&dependency.package));
        by_crate.entry(&krate.name).or_default().extend(used);
    }
    let all: BTreeSet<&str> = by_crate.values().flatten().copied().collect();
    let only = |names: &BTreeSet<&str>| names.first().filter(|_| names.len() == 1).map(|&name| name.to_owned());
    let found = by_crate.iter().filter_map(|(name, used)| {
        let used = if used.is_empty() { &all } else { used };
        Some(((*name).to_owned(), only(used)?))
    });
    found.collect()
}
