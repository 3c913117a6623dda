//! Which programs serve something, and which do their work and end: tools, migrations, one-off jobs.

use connlint_facts::{CrateFacts, CrateId, OpId, OpKind, Path, RegionKind, TargetKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::call_graph::adjacency::Adjacency;
use crate::call_graph::build::{CallGraphBuilder, Functions, PendingCall};
use crate::dataflow::exits::ends;
use crate::dataflow::loop_kind::{LoopDriver, pace, serves_what_comes, waits_for_own};
use crate::domain::{EntryKind, EntryPoint, FunctionId, FunctionKind};
use crate::entry_points::dispatch::Dispatch;
use crate::entry_points::liveness::called_by_others;
use crate::entry_points::unread::Serving;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::names::attributes::makes_one_thread;
use crate::names::defs::DefId;
use crate::names::marks::crate_of_def;
use crate::names::marks::is_main;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// For each function how it bears on whether a loop serves something.
pub(crate) struct LoopFacts {
    /// It works on connections.
    pub(crate) working: Vec<bool>,
    /// It works on connections other than those of HTTP clients.
    pub(crate) stateful: Vec<bool>,
    /// It runs in a task or thread of its own.
    pub(crate) in_task: Vec<bool>,
    /// It is part of a program that parses a command line.
    pub(crate) of_command_line: Vec<bool>,
    /// Whether what it runs writes to standard output, where who gave the command reads it.
    pub(crate) prints: Vec<bool>,
}

/// Marks the functions that only programs run which serve nothing, or only in runs that serve nothing.
pub(crate) fn one_shot(
    builder: &CallGraphBuilder<'_, '_>,
    calls: &[PendingCall],
    adjacency: &Adjacency,
    entries: &[EntryPoint],
    loops: &LoopFacts,
    serving: &Serving,
) -> Vec<bool> {
    let functions = &builder.functions.list;
    let called = called_by_others(functions.len(), calls);
    let reachable = |from: Vec<FunctionId>| adjacency.reachable_from(from, |call| Some(calls[call as usize].edge.to));
    let mut programs = ServingPrograms::of(builder, entries, loops);
    programs.bodies.extend(&serving.bodies);
    let def_of = |id: usize| builder.bodies.get(builder.functions.origin[id].0).def;
    let serves: Vec<bool> = (0..functions.len()).map(|function| programs.serves(builder, function)).collect();
    let serving_functions = (0u32..).zip(&serves).filter(|(_, serves)| **serves).map(|(id, _)| FunctionId(id));
    let leads = adjacency.reaching(serving_functions, |call| Some(calls[call as usize].edge.from));
    let dispatch = Dispatch { builder, calls, adjacency, serves: &serves, leads: &leads };
    let mut mains = Vec::new();
    let (mut passed, mut served) = (Vec::new(), Vec::new());
    let offered = offered(builder.tcx.defs.crates);
    for (index, function) in functions.iter().enumerate().filter(|(_, f)| f.kind == FunctionKind::Function) {
        let def = def_of(index);
        let krate = crate_of_def(builder.tcx, def);
        let of_binary = builder.tcx.defs.krate(def).kind == TargetKind::Bin;
        let id = FunctionId(index as u32);
        if is_main(builder.tcx, def) && of_binary {
            mains.push(id);
            if leads[index] {
                let run = dispatch.serving_run(id);
                passed.extend(run.passed);
                served.extend(run.whole);
            }
        } else if !called[index] && !function.test_only && offered[krate.0 as usize] {
            served.push(id);
        }
    }
    served.extend(entries.iter().filter(|e| e.framework.is_some()).map(|e| e.function));
    let mut served = reachable(served);
    passed.into_iter().for_each(|function| served[function.0 as usize] = true);
    reachable(mains).into_iter().zip(served).map(|(of_program, served)| of_program && !served).collect()
}

/// The crates whose items anyone may call: libraries, but for one that only the binaries of its own package use. That is
/// how a program is split so that its parts can be tested.
fn offered(crates: &[CrateFacts]) -> Vec<bool> {
    let mut offered: Vec<bool> = crates.iter().map(|krate| krate.kind != TargetKind::Bin).collect();
    for (number, library) in crates.iter().enumerate().filter(|(_, krate)| krate.kind == TargetKind::Lib) {
        let uses = |user: &&CrateFacts| user.dependencies.iter().any(|d| d.krate == Some(CrateId(number as u32)));
        let mut users = crates.iter().filter(|krate| !krate.kind.is_test()).filter(uses).peekable();
        let has_users = users.peek().is_some();
        offered[number] = !has_users || users.any(|user| user.kind != TargetKind::Bin || user.root != library.root);
    }
    offered
}

/// What a program does that serves something.
struct ServingPrograms {
    /// Bodies that name a handler, or a type whose methods are handlers, or register one.
    bodies: FxHashSet<BodyIx>,
    /// Loops that wait for the outside.
    waiting: FxHashSet<FunctionId>,
}

impl ServingPrograms {
    fn of(builder: &CallGraphBuilder<'_, '_>, entries: &[EntryPoint], loops: &LoopFacts) -> Self {
        let mut handlers: FxHashSet<DefId> = FxHashSet::default();
        let mut services: FxHashSet<DefId> = FxHashSet::default();
        for entry in entries.iter().filter(|e| e.framework.is_some()) {
            let (ix, frame) = builder.functions.origin[entry.function.0 as usize];
            let def = builder.bodies.get(ix).def;
            if frame.is_none() {
                handlers.insert(def);
            }
            services.extend(builder.tcx.owner_type(def));
        }
        let names = |ix: &BodyIx| {
            let data = builder.bodies.get(*ix);
            !handlers.contains(&data.def) && names_any(data, &handlers, &services)
        };
        let mut bodies: FxHashSet<BodyIx> = builder.bodies.par_indices().filter(names).collect();
        let registers = builder.values.taken.iter().filter(|t| EntryKind::of(t.runs).is_some());
        bodies.extend(registers.map(|t| t.body));
        let waiting =
            entries.iter().filter(|e| e.framework.is_none() && waits(builder, e, loops)).map(|e| e.function).collect();
        Self { bodies, waiting }
    }

    fn serves(&self, builder: &CallGraphBuilder<'_, '_>, function: usize) -> bool {
        self.waiting.contains(&FunctionId(function as u32))
            || self.bodies.contains(&builder.functions.origin[function].0)
    }
}

fn names_any(data: &BodyData<'_>, handlers: &FxHashSet<DefId>, services: &FxHashSet<DefId>) -> bool {
    data.body.op_ids().any(|op| match data.ty(op) {
        Ty::FnDef(def, _) => handlers.contains(def),
        Ty::Adt(def, _) => services.contains(def),
        _ => false,
    })
}

/// Whether a loop waits for the outside, and for as long as the program runs. One that ticks and works on nothing reports
/// on work elsewhere; one that ends waits for something to be ready, unless a task is given to it: then it is ordered to stop.
/// One that only asks a server again and again shows the answers to who gave the command.
fn waits(builder: &CallGraphBuilder<'_, '_>, entry: &EntryPoint, loops: &LoopFacts) -> bool {
    let number = entry.function.0 as usize;
    let (ix, Some(frame)) = builder.functions.origin[entry.function.0 as usize] else { return false };
    let data = builder.bodies.get(ix);
    let cx = builder.inferred().at(data);
    if !matches!(data.body.regions[frame.0 as usize].kind, RegionKind::Loop(_)) {
        let Some(&closure) = data.value_of_region.get(&frame) else { return false };
        return match cx.for_each_driver(closure) {
            Some(LoopDriver::Accepts) => true,
            Some(LoopDriver::Receives) => !cx.works_off_own(closure),
            Some(LoopDriver::Waits | LoopDriver::Ticks(_)) => loops.working[number] && loops.in_task[number],
            _ => false,
        };
    }
    match pace(cx, frame) {
        LoopDriver::Accepts => true,
        // What the program sends itself ends with its work, unless it goes on until somebody stops it.
        LoopDriver::Receives => !waits_for_own(cx, frame) || cx.runs_until_flagged(frame) && loops.working[number],
        LoopDriver::Ticks(_) | LoopDriver::Waits if loops.in_task[number] => loops.working[number],
        driver @ (LoopDriver::Ticks(_) | LoopDriver::Waits) => {
            let shows = loops.of_command_line[number] && loops.prints[number] && !loops.stateful[number];
            let lasts = if driver == LoopDriver::Waits { serves_what_comes(cx, frame) } else { !ends(cx, frame) };
            loops.working[number] && lasts && !shows
        }
        LoopDriver::Items | LoopDriver::Counted => false,
    }
}

/// The functions that print: `println!`, `stdout()`. Logs are none.
pub(crate) fn printing(builder: &CallGraphBuilder<'_, '_>) -> Vec<FunctionId> {
    let of_body = |ix: BodyIx| {
        let data = builder.bodies.get(ix);
        let facts = builder.tcx.defs.file_of(data.def).facts;
        let last = |path: &Path| path.segments.last().map_or("", |segment| facts.text(segment.name));
        let prints = |op: &OpId| match data.kind(*op) {
            OpKind::Macro { path, .. } => matches!(last(path), "println" | "print"),
            OpKind::Call { callee, .. } => match data.kind(*callee) {
                OpKind::Path(path) => last(path) == "stdout",
                _ => false,
            },
            _ => false,
        };
        let ops = data.body.op_ids().filter(prints);
        ops.filter_map(|op| builder.functions.id(ix, data.frame(op))).collect::<Vec<FunctionId>>()
    };
    builder.bodies.par_indices().flat_map_iter(of_body).collect()
}

/// For each function whether it runs in a task or thread of its own, or is called by one that does.
pub(crate) fn in_tasks(builder: &CallGraphBuilder<'_, '_>, calls: &[PendingCall], adjacency: &Adjacency) -> Vec<bool> {
    let is_test = |id: FunctionId| builder.functions.list[id.0 as usize].test_only;
    let spawned = calls.iter().filter(|c| c.edge.spawned && !is_test(c.edge.from)).map(|c| c.edge.to);
    adjacency.reachable_from(spawned, |call| Some(calls[call as usize].edge.to))
}

/// The `main` functions whose runtime has one thread.
pub(crate) fn one_thread_mains(tcx: &TypeContext<'_>, bodies: &Bodies<'_>, functions: &Functions) -> Vec<FunctionId> {
    let all = (0u32..).zip(functions.list.iter()).filter(|(_, function)| function.kind == FunctionKind::Function);
    let mains = all.filter(|(id, _)| {
        let def = bodies.get(functions.origin[*id as usize].0).def;
        is_main(tcx, def) && makes_one_thread(tcx, def)
    });
    mains.map(|(id, _)| FunctionId(id)).collect()
}
