//! From facts to the program, stage by stage.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use connlint_catalog::{Catalog, Effect};
use connlint_facts::{CrateFacts, OpId, RelPath, SuppressionFact, WorkspaceFacts};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::analyses::callee_search::Search;
use crate::analyses::given_guards::GivenParameters;
use crate::analyses::holding::HoldAnalysis;
use crate::analyses::live_range::{FanOut, LiveRange};
use crate::analyses::lock_waits::LockWaits;
use crate::analyses::outside_waits::OutsideWaits;
use crate::analyses::pool_overview::{PoolOverview, overview};
use crate::analyses::query_loops::{QueryLoop, QueryLoops};
use crate::analyses::{guarded_connections, holding, idle_drivers, query_runs};
use crate::call_graph::adjacency::Adjacency;
use crate::call_graph::build::{CallGraphBuilder, Functions, PendingCall, mains};
use crate::call_graph::function_values::{self, FunctionValues};
use crate::call_graph::graph::{CallGraph, waiting};
use crate::dataflow::durations;
use crate::dataflow::work_loops::worked_off;
use crate::domain::{Analyses, Analysis, AsyncForm, EntryKind, EntryPoint, FrameworkHelp, Work};
use crate::effects::sites::PendingSite;
use crate::effects::{call_facts, conditions, reloads, sites};
use crate::entry_points::collect::{Collector, once_functions};
use crate::entry_points::liveness::{live, named_by_tests};
use crate::entry_points::one_shot::{LoopFacts, in_tasks, one_shot, one_thread_mains, printing};
use crate::entry_points::routes::Routes;
use crate::entry_points::unread::Serving;
use crate::explain::explain_data;
use crate::infer::bodies::{Bodies, BodyIx};
use crate::infer::body_cx::Inferred;
use crate::infer::unfollowed::unfollowed;
use crate::live_ranges::{FrameInput, Holders};
use crate::names::defs::{DefId, DefKind, Defs};
use crate::names::interner::Name;
use crate::names::locked::LockedGraph;
use crate::pools::{BuiltPools, Callers, PoolUses, Wiring};
use crate::program::Program;
use crate::reach::paths::Reach;
use crate::settings;
use crate::types::context::TypeContext;

/// What the user asked of linking.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Whether test code has entry points too.
    pub include_tests: bool,
    /// Whether to count the calls that were resolved, and keep those that were not.
    pub resolution_stats: bool,
    /// Whether to keep all that explanations need: the counts, where functions begin and end, what tests name.
    pub details: bool,
    /// The analyses that the lints to be run read.
    pub analyses: Analyses,
    /// Whether the process goes on for long after the run, so that its memory is given back.
    pub gives_back: bool,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self {
            include_tests: false,
            resolution_stats: false,
            details: false,
            analyses: Analyses::all(),
            gives_back: true,
        }
    }
}

/// Links the facts of a workspace.
pub fn link(facts: &WorkspaceFacts, catalog: &Catalog, options: &LinkOptions) -> Program {
    link_and(facts, catalog, options, |_, program| program)
}

/// [`link`], and what is asked of bodies next to the program.
pub(crate) fn link_and<R>(
    facts: &WorkspaceFacts,
    catalog: &Catalog,
    options: &LinkOptions,
    ask: impl FnOnce(&StageInput<'_, '_>, Program) -> R,
) -> R {
    let tcx = resolve(facts, catalog, options);
    let (tcx, bodies) = infer(tcx, options);
    let parts = functions(&tcx, &bodies, options);
    let input = StageInput { tcx: &tcx, bodies: &bodies, values: &parts.values, functions: &parts.functions };
    let worked_off = worked_off(&tcx, &bodies);
    let builder = CallGraphBuilder::new(&tcx, &bodies, &parts.values, &parts.functions, &parts.once_fns, worked_off);
    let (mut calls, adjacency) = calls(&builder);
    let mut sites = sites::collect(&builder, options.analyses);
    let entry_points = entry_points_and_facts(&builder, &parts, &mut calls, &adjacency, &mut sites, options);
    let explained = explain(&input, &calls, options);
    let (idle_drivers, guarded_connections) = rayon::join(
        || asked(options, Analysis::IdleDrivers, || idle_drivers::idle(&builder)),
        || asked(options, Analysis::GuardedConnections, || guarded_connections::collect(&builder)),
    );
    let (graph, positions) = complete(&builder, &parts, calls, adjacency, sites, entry_points);
    let (reach, (Holding { mut live_ranges, noted, fan_outs, pools }, mut settings)) = rayon::join(
        || Reach::of(&graph),
        || {
            let settings = || settings::collect(&tcx, &bodies, &parts.functions, &parts.values, &positions.calls);
            let settings = || asked(options, Analysis::Settings, settings);
            rayon::join(|| holding(&input, &graph, &positions, options.analyses), settings)
        },
    );
    live_ranges.iter_mut().for_each(|range| drop_impossible(&reach, range));
    settings.keep_own_clients(&graph, &parts.functions, Inferred { tcx: &tcx, bodies: &bodies });
    let query_loops = asked(options, Analysis::QueryLoops, || query_loops(&input, &graph, &positions));
    let query_runs = asked(options, Analysis::QueryRuns, || {
        let places = (&positions.calls[..], &positions.sites[..]);
        query_runs::collect((&tcx, &bodies, &parts.functions), &graph, places, &query_loops)
    });
    let callers = Callers { functions: &parts.functions, program: &graph, call_ops: &positions.calls };
    let openings = openings(&tcx, &bodies, callers, options);
    let (details, resolution) = explained;
    let work = work(&tcx, &bodies, &graph, (&live_ranges, noted));
    let program = Program {
        graph,
        reach,
        live_ranges,
        fan_outs,
        pools,
        idle_drivers,
        guarded_connections,
        settings,
        openings,
        query_loops,
        query_runs,
        analyses: options.analyses,
        resolution,
        details,
        work,
        frameworks: frameworks(catalog),
        async_forms: async_forms(catalog),
        offloads: offloads(facts, catalog),
        categories: catalog.crates().map(|c| (c.lib.clone(), c.category.clone())).collect(),
        parses_command_line: parses_command_line(&facts.crates, catalog),
        one_thread_mains: one_thread_mains(&tcx, &bodies, &parts.functions),
        ambiguous_types: ambiguous_types(&tcx, catalog),
        suppressions: suppressions(facts),
        notices: facts.notices.iter().cloned().chain(unfollowed(&tcx, &bodies)).collect(),
    };
    let answer = ask(&input, program);
    if !options.gives_back {
        // Giving it back piece by piece would only take time.
        std::mem::forget((bodies, tcx));
    }
    answer
}

/// What the stages after inference are given.
#[derive(Clone, Copy)]
pub(crate) struct StageInput<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    values: &'a FunctionValues,
    pub(crate) functions: &'a Functions,
}

/// What is known of functions before calls are.
struct FunctionParts {
    values: FunctionValues,
    functions: Functions,
    /// Functions that an attribute makes run once.
    once_fns: FxHashMap<DefId, connlint_catalog::OnceScope>,
    /// Names that only tests use keep their functions from counting as live.
    named_by_tests: FxHashSet<Name>,
    /// What binds a port or serves, whether or not a handler is known.
    serving: Serving,
}

/// Where each call and each site of a graph lies in its body: what analyses of bodies need next to it.
struct Positions {
    calls: Vec<(BodyIx, OpId)>,
    sites: Vec<OpId>,
}

/// Definitions, imports, signatures and implementations.
fn resolve<'w>(facts: &'w WorkspaceFacts, catalog: &'w Catalog, options: &LinkOptions) -> TypeContext<'w> {
    let mut defs = Defs::collect(&facts.crates);
    if !options.include_tests {
        defs.forget_test_imports();
    }
    let connecting: FxHashSet<&str> = catalog.connecting_packages().collect();
    let locked = LockedGraph::of(&facts.external, |package| connecting.contains(package));
    TypeContext::new(defs, catalog, locked)
}

/// Types of expressions and targets of calls. Return types that only bodies show are settled here, for the last time.
fn infer<'w>(mut tcx: TypeContext<'w>, options: &LinkOptions) -> (TypeContext<'w>, Bodies<'w>) {
    let bodies = Bodies::infer(&mut tcx, options.include_tests);
    let durations = durations::known(&tcx, &bodies);
    (tcx, Bodies { durations, ..bodies })
}

fn functions(tcx: &TypeContext<'_>, bodies: &Bodies<'_>, options: &LinkOptions) -> FunctionParts {
    let tests = || if options.include_tests { FxHashSet::default() } else { named_by_tests(tcx) };
    let (values, (functions, (once_fns, named_by_tests))) = rayon::join(
        || function_values::analyse(tcx, bodies),
        || (Functions::collect(tcx, bodies), rayon::join(|| once_functions(tcx), tests)),
    );
    FunctionParts { values, functions, once_fns, named_by_tests, serving: Serving::of(tcx, bodies) }
}

fn calls(builder: &CallGraphBuilder<'_, '_>) -> (Vec<PendingCall>, Adjacency) {
    let calls = builder.build();
    let ends = calls.iter().map(|call| (call.edge.from, call.edge.to));
    let adjacency = Adjacency::of(builder.functions.list.len(), ends);
    (calls, adjacency)
}

/// Entry points, while what decides whether calls run is filled in: neither needs the other.
fn entry_points_and_facts(
    builder: &CallGraphBuilder<'_, '_>,
    parts: &FunctionParts,
    calls: &mut [PendingCall],
    adjacency: &Adjacency,
    sites: &mut [PendingSite],
    options: &LinkOptions,
) -> Vec<EntryPoint> {
    let (tcx, bodies) = (builder.tcx, builder.bodies);
    let direct = reaching(calls, adjacency, sites, |site| options.analyses.follow(site.site.effect));
    // What a framework runs of a function later leads to an effect with the values that the function's callers passed.
    let roots = parts.functions.roots();
    let around = direct.iter().zip(&roots).filter(|&(&leads, _)| leads).map(|(_, &root)| root);
    let leads = adjacency.reaching(around, |call| Some(calls[call as usize].edge.from));
    let leads: Vec<bool> = direct.iter().zip(leads).map(|(&direct, leads)| direct || leads).collect();
    let in_task = in_tasks(builder, calls, adjacency);
    let collector = || {
        let routes = Routes::new(tcx, bodies, &parts.values);
        let include_tests = options.include_tests;
        Collector {
            builder,
            routes,
            include_tests,
            in_task: &in_task,
            found: Vec::new(),
            documented: Vec::new(),
            called_executors: OnceCell::new(),
        }
        .run(&parts.serving)
    };
    rayon::join(|| call_facts::fill_in(builder, calls, sites, &leads), collector).1
}

type Explained = (explain_data::ExplainData, Vec<(String, crate::explain::resolution_stats::Resolution)>);

fn explain(stage: &StageInput<'_, '_>, calls: &[PendingCall], options: &LinkOptions) -> Explained {
    let StageInput { tcx, bodies, functions, .. } = *stage;
    match options {
        LinkOptions { details: true, .. } => explain_data::collect(tcx, bodies, functions, calls),
        LinkOptions { resolution_stats: true, .. } => explain_data::resolution_stats(tcx, bodies, functions, calls),
        _ => Default::default(),
    }
}

/// An analysis runs only if a lint that reads it does.
fn asked<T: Default>(options: &LinkOptions, analysis: Analysis, run: impl FnOnce() -> T) -> T {
    if options.analyses.contains(analysis) { run() } else { T::default() }
}

/// Openings: all of them, or where connections alone are opened to.
fn openings<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    callers: Callers<'_>,
    options: &LinkOptions,
) -> settings::Openings {
    let all = options.analyses.contains(Analysis::Openings);
    let any = all || options.analyses.contains(Analysis::Addresses);
    if any { settings::collect_openings(tcx, bodies, callers, all) } else { settings::Openings::default() }
}

/// The call graph, complete.
fn complete(
    builder: &CallGraphBuilder<'_, '_>,
    parts: &FunctionParts,
    calls: Vec<PendingCall>,
    adjacency: Adjacency,
    sites: Vec<PendingSite>,
    entry_points: Vec<EntryPoint>,
) -> (CallGraph, Positions) {
    let is_http = |site: &PendingSite| {
        let krate = builder.tcx.catalog.crate_of(&site.site.krate);
        krate.is_some_and(|krate| matches!(&*krate.category, "http" | "cloud"))
    };
    let works = |site: &PendingSite| works_on_connections(site.site.effect);
    let asking = sites::asking_clients(builder);
    let working_where = |wanted: &dyn Fn(&PendingSite) -> bool| {
        let of_sites = sites.iter().filter(|site| wanted(site)).map(|site| site.site.function);
        adjacency.reaching(of_sites.chain(asking.iter().copied()), |call| Some(calls[call as usize].edge.from))
    };
    let loops = LoopFacts {
        working: working_where(&works),
        stateful: working_where(&|site| works(site) && !is_http(site)),
        in_task: in_tasks(builder, &calls, &adjacency),
        prints: adjacency.reaching(printing(builder), |call| Some(calls[call as usize].edge.from)),
        of_command_line: of_command_line(&parts.functions, &builder.tcx.defs, builder.tcx.catalog),
    };
    let (live, one_shot) = rayon::join(
        || live(builder, &calls, &adjacency, &entry_points, &parts.named_by_tests),
        || one_shot(builder, &calls, &adjacency, &entry_points, &loops, &parts.serving),
    );
    let leads = reaching(&calls, &adjacency, &sites, |_| true);
    let roots = parts.functions.roots();
    let conditions = conditions::collect(builder, &calls, &sites, (&leads, &roots));
    let reloads = reloads::collect(builder, &calls, &sites);
    let positions = Positions {
        calls: calls.iter().map(|call| (call.body, call.op)).collect(),
        sites: sites.iter().map(|site| site.op).collect(),
    };
    let (calls, call_facts) = calls.into_iter().map(|call| (call.edge, call.facts)).unzip();
    let (sites, site_facts) = sites.into_iter().map(|site| (site.site, site.facts)).unzip();
    let functions = &parts.functions;
    let graph = CallGraph {
        waits: waiting(functions.list.len(), &entry_points),
        functions: functions.list.clone(),
        mains: mains(builder.tcx, builder.bodies, functions),
        roots,
        calls,
        call_facts,
        sites,
        site_facts,
        reloads,
        conditions,
        adjacency,
        entry_points,
        live,
        one_shot,
    };
    (graph, positions)
}

/// What is known of pools and of what is taken from them.
#[derive(Default)]
struct Holding {
    live_ranges: Vec<LiveRange>,
    /// The sum over all calls of the connections noted there.
    noted: usize,
    fan_outs: Vec<FanOut>,
    pools: Vec<PoolOverview>,
}

fn holding(stage: &StageInput<'_, '_>, graph: &CallGraph, positions: &Positions, analyses: Analyses) -> Holding {
    let asked = |analysis: Analysis| analyses.contains(analysis);
    if ![Analysis::LiveRanges, Analysis::FanOuts, Analysis::Pools].into_iter().any(asked) {
        return Holding::default();
    }
    let StageInput { tcx, bodies, values, functions } = *stage;
    let holders = Holders::of(tcx, bodies);
    let uses = PoolUses::collect(tcx, bodies, &holders);
    let built = BuiltPools::collect(tcx, bodies, Callers { functions, program: graph, call_ops: &positions.calls });
    let pools = if asked(Analysis::Pools) { overview(tcx, bodies, &built, &uses) } else { Vec::new() };
    let outside = OutsideWaits::collect(tcx, bodies);
    let index = holding::search_index(tcx, bodies, functions, graph, &uses, (&outside, &positions.sites));
    let search = Search::new((tcx, bodies, values, functions), graph, &positions.calls, index);
    let pooled = uses.crates(tcx, bodies);
    let wiring = Wiring::collect(tcx, bodies);
    let guards = Holders::of_guards(tcx);
    let locks = LockWaits::collect(&FrameInput { tcx, holders: &guards, values }, bodies, &search, &outside);
    let analysis = HoldAnalysis {
        tcx,
        bodies,
        values,
        functions,
        program: graph,
        search,
        holders,
        uses,
        built,
        pooled,
        outside,
        locks,
        wiring,
        given: GivenParameters::of(tcx, bodies, functions, graph),
        entered: graph.recurring_entry_points().map(|entry| entry.function).collect(),
    };
    let ((live_ranges, noted), fan_outs) = rayon::join(
        || if asked(Analysis::LiveRanges) { analysis.ranges() } else { Default::default() },
        || if asked(Analysis::FanOuts) { analysis.fan_outs() } else { Vec::new() },
    );
    Holding { live_ranges, noted, fan_outs, pools }
}

fn query_loops(stage: &StageInput<'_, '_>, graph: &CallGraph, positions: &Positions) -> Vec<QueryLoop> {
    let StageInput { tcx, bodies, functions, .. } = *stage;
    let entered = graph.recurring_entry_points().map(|entry| entry.function).collect();
    let rpcs = graph.recurring_entry_points().filter(|entry| entry.kind == EntryKind::RpcMethod);
    let rpc_methods = rpcs.map(|entry| entry.function).collect();
    let (call_ops, site_ops) = (&*positions.calls, &*positions.sites);
    QueryLoops { tcx, bodies, functions, graph, call_ops, site_ops, entered, rpc_methods }.collect()
}

fn work(
    tcx: &TypeContext<'_>,
    bodies: &Bodies<'_>,
    graph: &CallGraph,
    (live_ranges, noted): (&[LiveRange], usize),
) -> Work {
    let held = |range: &LiveRange| 1 + range.acquires.len() + range.awaits.len() + range.other_awaits.len();
    Work {
        imports: tcx.defs.mods.iter().map(|module| module.imported).sum(),
        inferences: bodies.inferred.bodies,
        inferred_ops: bodies.inferred.ops,
        functions: graph.functions.len(),
        calls: graph.calls.len(),
        sites: graph.sites.len(),
        entry_points: graph.entry_points.len(),
        held: live_ranges.iter().map(held).sum(),
        noted,
    }
}

/// Forgets what happens only under arguments that no caller passes.
fn drop_impossible(reach: &Reach, range: &mut LiveRange) {
    range.acquires.retain(|acquire| reach.may_run(range.function, &acquire.required.0));
    range.awaits.retain(|wait| reach.may_run(range.function, &wait.required.0));
}

fn works_on_connections(effect: Effect) -> bool {
    !matches!(effect, Effect::Configure | Effect::AwaitExternal | Effect::Block | Effect::Close)
}

/// For each function whether a wanted site is reached from it.
fn reaching(
    calls: &[PendingCall],
    adjacency: &Adjacency,
    sites: &[PendingSite],
    wanted: impl Fn(&PendingSite) -> bool,
) -> Vec<bool> {
    let targets = sites.iter().filter(|site| wanted(site)).map(|s| s.site.function);
    adjacency.reaching(targets, |call| Some(calls[call as usize].edge.from))
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
        .filter(|c| {
            c.state_access.is_some() || c.state_setup.is_some() || c.offload.is_some() || c.host_connects || c.serial
        })
        .map(|c| FrameworkHelp {
            lib: c.lib.clone(),
            title: c.title.clone(),
            state_access: c.state_access.clone(),
            state_setup: c.state_setup.clone(),
            offload: c.offload.clone(),
            sync_executor: c.sync_executors.first().and_then(|path| path.rsplit("::").next()).map(str::to_owned),
            host_connects: c.host_connects,
            serial: c.serial,
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

/// Names of types that more than one crate has: of those that the catalog describes, and of the workspace.
fn ambiguous_types(tcx: &TypeContext<'_>, catalog: &Catalog) -> BTreeSet<String> {
    let mut crates: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for model in catalog.types() {
        let (krate, name) = (model.path.split("::").next(), model.path.rsplit("::").next());
        crates.entry(name.unwrap_or_default()).or_default().extend(krate);
    }
    let is_type = |kind: DefKind| matches!(kind, DefKind::Struct | DefKind::Enum | DefKind::Alias);
    let own = tcx.defs.defs.iter().filter(|def| is_type(def.kind)).map(|def| tcx.defs.text(def.name));
    let own: BTreeSet<&str> = own.collect();
    let several = crates.into_iter().filter(|(name, crates)| crates.len() > 1 || own.contains(name));
    several.map(|(name, _)| name.to_owned()).collect()
}

/// Crates with a parser of command lines among their dependencies.
fn parses_command_line(crates: &[CrateFacts], catalog: &Catalog) -> BTreeSet<String> {
    let parsers: BTreeSet<&str> =
        catalog.crates().filter(|c| c.category == "command-line").map(|c| c.package.as_str()).collect();
    let uses =
        |krate: &&CrateFacts| krate.dependencies.iter().any(|dependency| parsers.contains(dependency.package.as_str()));
    crates.iter().filter(uses).map(|krate| krate.name.to_string()).collect()
}

/// For each function whether it is part of a crate with a parser of command lines among its dependencies.
fn of_command_line(functions: &Functions, defs: &Defs<'_>, catalog: &Catalog) -> Vec<bool> {
    let crates = parses_command_line(defs.crates, catalog);
    functions.list.iter().map(|function| crates.contains(&*function.krate)).collect()
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
