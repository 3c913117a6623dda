//! The call graph: functions, closures and loop bodies, and the calls between them.

use std::sync::Arc;

use connlint_catalog::{OnceScope, Runs};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind, TextRange};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::function_values::{FunctionValues, PassedCallable};
use crate::call_graph::instances::Instances;
use crate::call_graph::kept_callables::KeptCallables;
use crate::call_graph::makers::Makers;
use crate::domain::{CallEdge, Certainty, Function, FunctionId, FunctionKind, PathFacts, Shared};
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::bodies::{call_range, crate_of};
use crate::infer::body::{Call, Target};
use crate::infer::body_cx::Inferred;
use crate::infer::def_use::ancestors;
use crate::names::defs::{DefId, DefKind};
use crate::names::interner::Name;
use crate::names::marks::{is_main, is_test, span_of};
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::roles::may_hold;
use crate::types::ty::{TraitId, Ty};

/// The functions of the program, by body and region.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    /// The call graph has it too, once it is complete.
    pub(crate) list: Arc<[Function]>,
    /// The body and the closure or loop of each.
    pub(crate) origin: Vec<(BodyIx, Option<RegionId>)>,
    ids: FxHashMap<(BodyIx, Option<RegionId>), FunctionId>,
}

impl Functions {
    pub(crate) fn collect(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let mut functions = Self::default();
        for ix in bodies.indices() {
            functions.origin.push((ix, None));
            functions.origin.extend(bodies.get(ix).frames().map(|frame| (ix, Some(frame))));
        }
        let numbered = functions.origin.iter().enumerate();
        functions.ids = numbered.map(|(number, &place)| (place, FunctionId(number as u32))).collect();
        let paths: Vec<Arc<str>> = bodies.par_indices().map(|ix| tcx.defs.path(bodies.get(ix).def).into()).collect();
        let krates: Vec<Arc<str>> = tcx.defs.crates.iter().map(|krate| krate.name.as_str().into()).collect();
        let function = |&(ix, frame): &(BodyIx, Option<RegionId>)| {
            let data = bodies.get(ix);
            let names = (Arc::clone(&paths[ix.0 as usize]), Arc::clone(&krates[crate_of(tcx, data).0 as usize]));
            function(tcx, data, frame, names)
        };
        functions.list = functions.origin.par_iter().map(function).collect();
        functions
    }

    pub(crate) fn id(&self, ix: BodyIx, frame: Option<RegionId>) -> Option<FunctionId> {
        self.ids.get(&(ix, frame)).copied()
    }

    /// For each function, the one whose body it is, or is a closure or loop of.
    pub(crate) fn roots(&self) -> Vec<FunctionId> {
        let all = self.origin.iter().enumerate();
        all.map(|(i, &(ix, _))| self.id(ix, None).unwrap_or(FunctionId(i as u32))).collect()
    }

    pub(crate) fn of_def(&self, bodies: &Bodies<'_>, def: DefId) -> Option<FunctionId> {
        self.id(bodies.of(def)?, None)
    }

    /// The function of a closure, by the definition around it and its operation.
    pub(crate) fn of_closure(&self, bodies: &Bodies<'_>, def: DefId, op: OpId) -> Option<FunctionId> {
        let ix = bodies.of(def)?;
        match bodies.get(ix).kind(op) {
            OpKind::Closure { region, .. } => self.id(ix, Some(*region)),
            _ => None,
        }
    }
}

fn function(
    tcx: &TypeContext<'_>,
    data: &BodyData<'_>,
    frame: Option<RegionId>,
    (path, krate): (Arc<str>, Arc<str>),
) -> Function {
    let range = match (frame, tcx.defs.item(data.def)) {
        (Some(frame), _) => data.body.regions[frame.0 as usize].range,
        (None, Some(item)) => item.name_range,
        (None, None) => TextRange::default(),
    };
    let kind = match frame.map(|f| &data.body.regions[f.0 as usize].kind) {
        None => FunctionKind::Function,
        Some(RegionKind::Closure) => FunctionKind::Closure,
        Some(_) => FunctionKind::Loop,
    };
    Function {
        path,
        kind,
        span: span_of(tcx, data.def, range),
        test_only: is_test(tcx, data.def),
        is_async: is_async(tcx, data, frame),
        krate,
    }
}

fn is_async(tcx: &TypeContext<'_>, data: &BodyData<'_>, frame: Option<RegionId>) -> bool {
    match frame {
        None => tcx.defs.fn_item(data.def).is_some_and(|f| f.is_async),
        Some(frame) => {
            let awaits = |r: RegionId| matches!(data.body.regions[r.0 as usize].kind, RegionKind::Async);
            ancestors(data.body, frame).skip(1).any(awaits)
        }
    }
}

/// A call with where it is, before its path facts are filled in.
#[derive(Clone, Debug)]
pub(crate) struct PendingCall {
    pub(crate) edge: CallEdge,
    pub(crate) body: BodyIx,
    pub(crate) op: OpId,
    pub(crate) frame: Option<RegionId>,
    /// What decides whether it runs, if the callee reaches an effect that path facts are asked for: filled by
    /// [`crate::effects::call_facts`].
    pub(crate) facts: Option<Box<PathFacts>>,
}

/// How the regions between an expression and its function change how it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallContext {
    pub(crate) shared: Option<Shared>,
    pub(crate) spawned: bool,
    pub(crate) blocking_ok: bool,
}

impl CallContext {
    fn apply(&mut self, runs: Runs) {
        match runs {
            Runs::Once(scope) => self.shared = self.shared.or(Some(Shared::Once(scope))),
            Runs::PoolFactory | Runs::PoolHook => self.shared = self.shared.or(Some(Shared::PoolFactory)),
            Runs::Spawn => self.spawned = true,
            Runs::Thread => {
                self.spawned = true;
                self.blocking_ok = true;
            }
            Runs::Blocking => self.blocking_ok = true,
            _ => {}
        }
    }
}

/// Builds the calls of all bodies.
pub(crate) struct CallGraphBuilder<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) values: &'a FunctionValues,
    pub(crate) functions: &'a Functions,
    /// Functions that an attribute makes run once.
    pub(crate) once_fns: &'a FxHashMap<DefId, OnceScope>,
    /// Function values kept in fields, parameters and collections.
    pub(super) kept: KeptCallables,
    /// Closures that are given to what is known to run them, there and then or in its own way.
    pub(super) run_by_row: FxHashSet<(DefId, OpId)>,
    /// Values that a loop calls for each piece of its work, by function.
    pub(super) worked_off: FxHashSet<(DefId, OpId)>,
    /// Function values of constants and statics, by the constant's name: of traits, any implementation's may be meant.
    pub(super) constants: FxHashMap<Name, Vec<Ty>>,
    /// Closures that run once for each item of something.
    pub(crate) each_item: FxHashSet<(DefId, OpId)>,
    /// Methods of the workspace by name, for receivers of unknown type.
    by_name: FxHashMap<Name, Vec<DefId>>,
    /// What the type parameters of generic functions stand for.
    instances: Instances,
    /// Which crates make values of the types of the workspace.
    makers: Makers,
}

impl<'a, 'w> CallGraphBuilder<'a, 'w> {
    pub(crate) fn new(
        tcx: &'a TypeContext<'w>,
        bodies: &'a Bodies<'w>,
        values: &'a FunctionValues,
        functions: &'a Functions,
        once_fns: &'a FxHashMap<DefId, OnceScope>,
        worked_off: FxHashSet<(DefId, OpId)>,
    ) -> Self {
        let mut by_name: FxHashMap<Name, Vec<DefId>> = FxHashMap::default();
        for data in &bodies.list {
            let takes_self = tcx.defs.takes_self(data.def);
            let def = tcx.defs.def(data.def);
            if takes_self && !def.test_only {
                by_name.entry(def.name).or_default().push(data.def);
            }
        }
        let mut constants: FxHashMap<Name, Vec<Ty>> = FxHashMap::default();
        for data in bodies.list.iter().filter(|data| tcx.defs.fn_item(data.def).is_none()) {
            let value = data.body.tail.map(|tail| data.ty(tail));
            if let Some(value @ (Ty::FnDef(..) | Ty::Closure(..))) = value {
                constants.entry(tcx.defs.def(data.def).name).or_default().push(value.clone());
            }
        }
        let each_item = crate::call_graph::function_values::each_item_closures(values);
        let kept = KeptCallables::collect(tcx, bodies);
        let run_by_row = run_by_row(values);
        let instances = Instances::collect(tcx, bodies);
        let makers = Makers::of(tcx, bodies);
        Self {
            tcx,
            bodies,
            values,
            functions,
            once_fns,
            kept,
            run_by_row,
            worked_off,
            constants,
            each_item,
            by_name,
            instances,
            makers,
        }
    }

    pub(crate) fn inferred(&self) -> Inferred<'a, 'w> {
        Inferred { tcx: self.tcx, bodies: self.bodies }
    }

    /// The calls of all bodies, in order of caller and position.
    pub(crate) fn build(&self) -> Vec<PendingCall> {
        let mut taken: FxHashMap<BodyIx, Vec<&PassedCallable>> = FxHashMap::default();
        for one in &self.values.taken {
            taken.entry(one.body).or_default().push(one);
        }
        let of_body = |ix: BodyIx| {
            let mut calls = Vec::new();
            self.calls_of(ix, &mut calls);
            self.driven(ix, &mut calls);
            self.frames_of(ix, &mut calls);
            taken.get(&ix).into_iter().flatten().for_each(|one| self.taken(one, &mut calls));
            calls.sort_by_key(|c| (c.edge.from, c.op, c.edge.to, c.edge.shared));
            calls.dedup_by_key(|c| (c.edge.from, c.op, c.edge.to));
            calls
        };
        let by_body: Vec<Vec<PendingCall>> = self.bodies.par_indices().map(of_body).collect();
        // Functions are numbered body by body, so that what is in order in each body is in order.
        let mut calls = Vec::with_capacity(by_body.iter().map(Vec::len).sum());
        calls.extend(by_body.into_iter().flatten());
        calls
    }

    /// How the regions around an operation, up to its function, change how it runs.
    pub(crate) fn around(&self, ix: BodyIx, op: OpId) -> CallContext {
        let data = self.bodies.get(ix);
        let mut around = CallContext::default();
        if let Some(&runs) = self.values.futures.get(&(ix, op)) {
            around.apply(runs);
        }
        let frame = data.frame(op);
        for region in ancestors(data.body, data.body.ops[op.0 as usize].region) {
            if Some(region) == frame {
                break;
            }
            if let Some(value) = data.value_of_region.get(&region)
                && let Some(&runs) = self.values.futures.get(&(ix, *value))
            {
                around.apply(runs);
            }
        }
        around
    }

    pub(super) fn edge(
        &self,
        ix: BodyIx,
        op: OpId,
        to: FunctionId,
        calls: &mut Vec<PendingCall>,
        edit: impl Fn(&mut CallEdge),
    ) {
        let data = self.bodies.get(ix);
        let frame = data.frame(op);
        let Some(from) = self.functions.id(ix, frame) else { return };
        let around = self.around(ix, op);
        let mut edge = CallEdge {
            from,
            to,
            span: span_of(self.tcx, data.def, call_range(data, op)),
            whole: data.body.ops[op.0 as usize].range,
            shared: around.shared,
            spawned: around.spawned,
            blocking_ok: around.blocking_ok,
            in_async: crate::infer::bodies::in_async(self.tcx, data, data.body.ops[op.0 as usize].region),
            thread_known: true,
            repeated: false,
            certainty: Certainty::High,
        };
        edit(&mut edge);
        calls.push(PendingCall { edge, body: ix, op, frame, facts: None });
    }

    fn calls_of(&self, ix: BodyIx, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        for call in &data.types.calls {
            self.called_back(ix, call, calls);
            self.implied_calls(ix, call, calls);
            match &call.target {
                Target::Known(callees) => {
                    let meant = self.instances_meant(data, call);
                    let is_meant = |def: DefId| meant.as_ref().is_none_or(|meant| meant.contains(&def));
                    let guess = guess(meant.as_ref().map_or(callees.len(), |meant| meant.len()));
                    // An implementation that calls its own method through a trait object calls another one's.
                    let wraps =
                        callees.len() > 1 && call.recv.is_some_and(|r| !matches!(data.kind(r), OpKind::SelfParam));
                    let several = callees.len() > 1;
                    let is_here = |def: DefId| !several || self.made_in_process(data, def);
                    let callees = call.callees().filter(|&def| is_meant(def) && is_here(def));
                    for def in callees.filter(|&def| !(wraps && def == data.def)) {
                        let Some(to) = self.functions.of_def(self.bodies, def) else { continue };
                        let once = self.once_fns.get(&def).filter(|_| !self.keeps_answers(def));
                        let shared = once.map(|&scope| Shared::Once(scope));
                        self.edge(ix, call.op, to, calls, |edge| {
                            edge.shared = edge.shared.or(shared);
                            edge.certainty = guess;
                        });
                    }
                }
                Target::Closure(def, op) => {
                    if let Some(to) = self.functions.of_closure(self.bodies, *def, *op) {
                        self.edge(ix, call.op, to, calls, |_| {});
                    }
                }
                Target::Value => self.stored_call(ix, call.op, calls),
                Target::Unresolved { .. } if calls_a_value(data, call.op) => self.stored_call(ix, call.op, calls),
                Target::Unresolved { typed: false } => self.guessed_call(ix, call.op, calls),
                _ => {}
            }
        }
    }

    /// Whether a function whose results are kept by its arguments yields what holds nothing: an answer.
    pub(crate) fn keeps_answers(&self, def: DefId) -> bool {
        let yields_answer = || self.tcx.signature(def).is_some_and(|of| !may_hold(self.tcx, of.ret.yielded()));
        self.once_fns.get(&def) == Some(&OnceScope::Key) && yields_answer()
    }

    /// Of a call on a type parameter: the implementations of the types that the function is used with, where every use of
    /// it says with which.
    fn instances_meant(&self, data: &BodyData<'w>, call: &Call<'w>) -> Option<Vec<DefId>> {
        let Target::Known(callees) = &call.target else { return None };
        let by_path = match data.kind(call.op) {
            OpKind::Call { callee, .. } => match data.ty(*callee) {
                Ty::FnDef(_, path) => path.self_ty.as_ref(),
                _ => None,
            },
            _ => None,
        };
        let on = by_path.or_else(|| call.recv.map(|recv| data.ty(recv)))?;
        let Ty::Param(param) = on.peel_pointers() else { return None };
        let types = self.instances.of(data.def, *param).filter(|_| callees.len() > 1)?;
        let is_one = |ty: &Ty| {
            types.iter().any(|one| match (one, ty.peel_refs()) {
                (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
                (Ty::External(a, _), Ty::External(b, _)) => a == b,
                (_, ty) => !matches!(ty, Ty::Adt(..) | Ty::External(..)),
            })
        };
        let meant = callees.iter().filter_map(|callee| match callee {
            Callee::Def { def, self_ty } if self_ty.as_ref().is_none_or(is_one) => Some(*def),
            _ => None,
        });
        Some(meant.collect()).filter(|meant: &Vec<DefId>| !meant.is_empty())
    }

    /// Whether a program that runs the caller also makes a value of the type whose implementation a method is part of.
    fn made_in_process(&self, data: &BodyData<'w>, method: DefId) -> bool {
        let owner = self.tcx.defs.def(method).parent.and_then(|parent| self.tcx.impl_data(parent));
        let Some(Ty::Adt(adt, _)) = owner.map(|owner| owner.self_ty.peel_refs()) else { return true };
        self.makers.in_process(self.tcx, crate_of(self.tcx, data), *adt)
    }

    /// A method on a receiver of unknown type: followed only where one function of the workspace has that name.
    fn guessed_call(&self, ix: BodyIx, op: OpId, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        let OpKind::MethodCall { name, args, .. } = data.kind(op) else { return };
        let name = self.tcx.defs.file_of(data.def).name(*name);
        let Some([def]) = self.by_name.get(&name).map(|d| &**d) else { return };
        let fits = self.tcx.defs.fn_item(*def).is_some_and(|f| f.params.len() == args.len());
        if !fits || self.tcx.blanket.contains_key(self.tcx.defs.text(name)) {
            return;
        }
        // A method of a trait can only be called where the trait is in scope: then the name alone is a weaker guess.
        let module = self.tcx.defs.def(data.def).module;
        let in_scope = self.trait_of(*def).is_some_and(|of| self.tcx.trait_in_scope(module, of));
        let certainty = if in_scope { Certainty::Medium } else { Certainty::Low };
        if let Some(to) = self.functions.of_def(self.bodies, *def) {
            self.edge(ix, op, to, calls, |edge| edge.certainty = certainty);
        }
    }

    /// The trait of the workspace that a method implements, or is the default of.
    fn trait_of(&self, method: DefId) -> Option<DefId> {
        let parent = self.tcx.defs.def(method).parent?;
        match self.tcx.impl_data(parent).map(|data| &data.trait_id) {
            Some(Some(TraitId::Def(of))) => Some(*of),
            Some(_) => None,
            None => (self.tcx.defs.def(parent).kind == DefKind::Trait).then_some(parent),
        }
    }

    /// Loops are entered where they are; so are closures that nothing is known to take or call.
    fn frames_of(&self, ix: BodyIx, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        for frame in data.frames() {
            let Some(to) = self.functions.id(ix, Some(frame)) else { continue };
            let region = &data.body.regions[frame.0 as usize];
            if region.kind == RegionKind::Closure {
                let Some(&op) = data.value_of_region.get(&frame) else { continue };
                if !self.values.used.contains(&(data.def, op)) && !self.is_called(data, op) {
                    self.edge(ix, op, to, calls, |edge| edge.thread_known = false);
                }
            } else {
                self.enter_loop(ix, frame, to, calls);
            }
        }
    }

    fn is_called(&self, data: &BodyData<'w>, closure: OpId) -> bool {
        data.types
            .calls
            .iter()
            .any(|c| matches!(c.target, Target::Closure(def, op) if def == data.def && op == closure))
    }

    fn enter_loop(&self, ix: BodyIx, frame: RegionId, to: FunctionId, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        let region = &data.body.regions[frame.0 as usize];
        let Some(parent) = region.parent else { return };
        // Nothing is in the body of `loop {}`, so that no operation stands for it.
        if region.first == region.end {
            return;
        }
        let outer = data.frame_of_region(parent);
        let Some(from) = self.functions.id(ix, outer) else { return };
        let mut around = CallContext::default();
        for r in ancestors(data.body, parent).take_while(|&r| Some(r) != outer) {
            if let Some(&runs) = data.value_of_region.get(&r).and_then(|v| self.values.futures.get(&(ix, *v))) {
                around.apply(runs);
            }
        }
        let op = region.first;
        let edge = CallEdge {
            from,
            to,
            span: span_of(self.tcx, data.def, region.range),
            whole: region.range,
            shared: around.shared,
            spawned: around.spawned,
            blocking_ok: around.blocking_ok,
            in_async: crate::infer::bodies::in_async(self.tcx, data, parent),
            thread_known: true,
            repeated: true,
            certainty: Certainty::High,
        };
        calls.push(PendingCall { edge, body: ix, op, frame: outer, facts: None });
    }

    fn taken(&self, taken: &PassedCallable, calls: &mut Vec<PendingCall>) {
        if crate::domain::EntryKind::of(taken.runs).is_some() {
            return;
        }
        let (shared, spawned, blocking, repeated) = match taken.runs {
            Runs::Router | Runs::Service | Runs::Never => return,
            Runs::Once(scope) => (Some(Shared::Once(scope)), false, false, false),
            Runs::PoolFactory | Runs::PoolHook => (Some(Shared::PoolFactory), false, true, false),
            Runs::Spawn => (None, true, false, false),
            Runs::Thread => (None, true, true, false),
            Runs::Blocking => (None, false, true, false),
            Runs::EachItem => (None, false, false, true),
            _ => (None, false, false, false),
        };
        self.targets(&taken.value, &mut |to| {
            self.edge(taken.body, taken.call, to, calls, |edge| {
                edge.shared = edge.shared.or(shared);
                edge.spawned |= spawned;
                edge.blocking_ok |= blocking;
                edge.thread_known = taken.thread_known;
                edge.repeated = repeated;
            });
        });
    }

    /// The functions that a function value stands for.
    pub(crate) fn targets(&self, value: &Ty, visit: &mut impl FnMut(FunctionId)) {
        match value {
            Ty::Closure(def, op) => self.functions.of_closure(self.bodies, *def, *op).into_iter().for_each(visit),
            Ty::FnDef(def, path) => {
                for callee in self.tcx.dispatch(*def, path.self_ty.as_ref()) {
                    if let crate::types::callee::Callee::Def { def, .. } = callee {
                        self.functions.of_def(self.bodies, def).into_iter().for_each(&mut *visit);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Closures that some call is known to run in its way.
fn run_by_row(values: &FunctionValues) -> FxHashSet<(DefId, OpId)> {
    let known = values.taken.iter().filter(|taken| taken.thread_known);
    known
        .filter_map(|taken| match taken.value {
            Ty::Closure(def, op) => Some((def, op)),
            _ => None,
        })
        .collect()
}

/// Whether a call names no function, but calls what an expression yields.
fn calls_a_value(data: &BodyData<'_>, call: OpId) -> bool {
    matches!(data.kind(call), OpKind::Call { callee, .. } if !matches!(data.kind(*callee), OpKind::Path(_)))
}

/// More implementations than this make the target of a call a guess.
const MANY: usize = 4;

/// More than this make it one of too many.
const TOO_MANY: usize = 24;

fn guess(implementations: usize) -> Certainty {
    if implementations > TOO_MANY {
        Certainty::Low
    } else if implementations > MANY {
        Certainty::Medium
    } else {
        Certainty::High
    }
}

/// The main functions of binaries.
pub(crate) fn mains(tcx: &TypeContext<'_>, bodies: &Bodies<'_>, functions: &Functions) -> Vec<FunctionId> {
    let mains = bodies.indices().filter(|&ix| is_main(tcx, bodies.get(ix).def));
    mains.filter_map(|ix| functions.id(ix, None)).collect()
}
