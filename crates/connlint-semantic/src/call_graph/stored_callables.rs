//! Calls of callables that are kept somewhere: in a field, in a collection, in a parameter of the function that made the
//! closure around the call.

use connlint_facts::{CrateId, OpId, OpKind, RegionKind};

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::call_graph::kept_callables::{Slot, callable_in, field_of, is_of_collection};
use crate::domain::Certainty;
use crate::infer::bodies::{BodyData, BodyIx, crate_of};
use crate::infer::body::function_values;
use crate::infer::def_use::ancestors;
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::marks::crate_of_def;
use crate::types::impls::may_be;
use crate::types::ty::Ty;

/// Accessors that call one another are followed this far.
const MAX_DEPTH: usize = 3;

/// Signatures that more values have distinguish none of them.
const MAX_ALIKE: usize = 24;

impl<'w> CallGraphBuilder<'_, 'w> {
    /// `(self.callback)(…)`: everything that was ever put where the callable comes from; else what a collection was given,
    /// else what has its signature.
    pub(super) fn stored_call(&self, ix: BodyIx, op: OpId, calls: &mut Vec<PendingCall>) {
        let data = self.bodies.get(ix);
        let OpKind::Call { callee, .. } = data.kind(op) else { return };
        let constant = match data.kind(*callee) {
            OpKind::Path(path) => path.segments.last().and_then(|segment| {
                self.constants.get(&self.tcx.defs.file_of(data.def).name(segment.name)).map(Vec::as_slice)
            }),
            _ => None,
        };
        let held = constant.unwrap_or_else(|| self.held_by(data, *callee, 0));
        for held in held {
            self.targets(held, &mut |to| self.edge(ix, op, to, calls, |_| {}));
        }
        if !held.is_empty() {
            return;
        }
        let mut guessed = Vec::new();
        if self.is_looked_up(data, *callee, 0) {
            guessed = self.registered(data, op, *callee);
        }
        if guessed.is_empty() {
            guessed = self.alike(data, op, *callee);
        }
        for value in guessed {
            self.targets(value, &mut |to| self.edge(ix, op, to, calls, |edge| edge.certainty = Certainty::Medium));
        }
    }

    /// What is kept in the field or parameter that a callable comes from.
    fn held_by(&self, data: &BodyData<'w>, callee: OpId, depth: usize) -> &[Ty] {
        for op in trace_back(data, callee, Steps::ROOT) {
            if let Some((def, name)) = field_of(self.tcx, data, op) {
                let held = self.kept.held(Slot::Field(def, name));
                // A pattern may take apart what holds the callable: an `Option`, a variant.
                if !held.is_empty() || matches!(data.kind(op), OpKind::Field { .. }) {
                    return held;
                }
            }
            match data.kind(op) {
                OpKind::Call { .. } | OpKind::MethodCall { .. } if depth < MAX_DEPTH => {
                    let held = data.callees(op).filter_map(|def| self.bodies.of(def)).find_map(|ix| {
                        let accessor = self.bodies.get(ix);
                        Some(self.held_by(accessor, accessor.body.tail?, depth + 1)).filter(|held| !held.is_empty())
                    });
                    if let Some(held) = held {
                        return held;
                    }
                }
                OpKind::Param(_) if depth < MAX_DEPTH && data.frame(op).is_some() => {
                    return lender(data, op).map_or(&[], |lender| self.held_by(data, lender, depth + 1));
                }
                // What a function is given, it runs itself: how, the call that gives it shows. A loop runs it as its work.
                OpKind::Param(index)
                    if depth == 0
                        && data.frame(op).is_none()
                        && (self.is_in_kept(data, callee) || self.worked_off.contains(&(data.def, callee))) =>
                {
                    return self.kept.held(Slot::Param(data.def, *index));
                }
                _ => {}
            }
        }
        &[]
    }

    /// Whether an operation is part of a closure that is kept for later: stored, returned, registered.
    fn is_in_kept(&self, data: &BodyData<'w>, op: OpId) -> bool {
        let around = ancestors(data.body, data.body.ops[op.0 as usize].region);
        let closures = around.filter(|region| data.body.regions[region.0 as usize].kind == RegionKind::Closure);
        closures.filter_map(|region| data.value_of_region.get(&region)).any(|&closure| self.is_kept(data, closure))
    }

    fn is_kept(&self, data: &BodyData<'w>, closure: OpId) -> bool {
        if self.run_by_row.contains(&(data.def, closure)) {
            return false;
        }
        let value = Ty::Closure(data.def, closure);
        let is_it = |op: &OpId| {
            let mut inside = Vec::new();
            function_values(data.ty(*op), &mut inside, 0);
            inside.contains(&value)
        };
        let (_, passed) = data.flow.follow(data.body, closure);
        passed
            .into_iter()
            .filter(is_it)
            .any(|op| data.body.tail == Some(op) || data.flow.users(op).iter().any(|&user| self.keeps(data, op, user)))
    }

    /// Whether a user of a value keeps it.
    fn keeps(&self, data: &BodyData<'w>, value: OpId, user: OpId) -> bool {
        match data.kind(user) {
            OpKind::StructLit { .. } | OpKind::Tuple(_) | OpKind::Array(_) | OpKind::Return(_) => true,
            OpKind::Closure { tail, .. } => *tail == Some(value),
            OpKind::Assign { place, value: assigned } => {
                *assigned == value && !matches!(data.kind(*place), OpKind::Local(_))
            }
            OpKind::Call { callee, .. } if *callee == value => false,
            OpKind::Call { callee, .. } if matches!(data.ty(*callee).peel_pointers(), Ty::Ctor(..)) => true,
            OpKind::Call { .. } | OpKind::MethodCall { .. } => data.call(user).is_some_and(|call| {
                call.args.contains(&value)
                    && (data.callees(user).next().is_some() || is_of_collection(self.tcx, data, call))
            }),
            _ => false,
        }
    }

    /// Whether a callable was taken out of a collection that this function did not fill itself, here or by an accessor.
    fn is_looked_up(&self, data: &BodyData<'w>, callee: OpId, depth: usize) -> bool {
        for op in trace_back(data, callee, Steps::ROOT) {
            match data.kind(op) {
                OpKind::IterItem { .. } | OpKind::Index { .. } => return true,
                OpKind::MethodCall { .. } => {
                    let call = data.call(op);
                    if call.is_some_and(|call| is_of_collection(self.tcx, data, call)) || self.looks_up(data, op, depth)
                    {
                        return true;
                    }
                }
                OpKind::Call { .. } => return self.looks_up(data, op, depth),
                OpKind::Param(_) if depth < MAX_DEPTH => {
                    return lender(data, op).is_some_and(|lender| self.is_looked_up(data, lender, depth + 1));
                }
                _ => {}
            }
        }
        false
    }

    /// Whether a function of the workspace yields what it finds in a collection.
    fn looks_up(&self, data: &BodyData<'w>, call: OpId, depth: usize) -> bool {
        depth < MAX_DEPTH
            && data.callees(call).filter_map(|def| self.bodies.of(def)).any(|ix| {
                let callee = self.bodies.get(ix);
                callee.body.tail.is_some_and(|tail| self.is_looked_up(callee, tail, depth + 1))
            })
    }

    /// `registry.get(name)?(…)`: everything of that form that some collection of callables was given.
    fn registered(&self, data: &BodyData<'w>, op: OpId, callee: OpId) -> Vec<&Ty> {
        let called = self.callable(data, callee);
        let places = self.kept.places_held().filter(|(slot, ..)| matches!(slot, Slot::Collection(..)));
        let alike = places.filter(|(_, holder, _)| match (callable_in(holder), &called) {
            (Some(held), Some(called)) => may_be_called_as(held, called),
            _ => true,
        });
        self.of_process(data, op, alike.flat_map(|(.., values)| values))
    }

    /// Everything that is kept somewhere as a callable of the same signature, where that signature names a type that is no
    /// plain data: one of the workspace or of a framework.
    fn alike(&self, data: &BodyData<'w>, op: OpId, callee: OpId) -> Vec<&Ty> {
        // What a function is given, those that call it know.
        let root = trace_end(data, callee, Steps::ROOT);
        if matches!(data.kind(root), OpKind::Param(_)) && data.frame(root).is_none() {
            return Vec::new();
        }
        let Some(Ty::Callable(params, _)) = self.callable(data, callee) else { return Vec::new() };
        if !params.iter().any(|param| self.is_distinctive(param)) {
            return Vec::new();
        }
        let places = self.kept.places_held().filter(|(_, holder, _)| match callable_in(holder) {
            Some(Ty::Callable(held, _)) => has_types(held, &params),
            _ => false,
        });
        let found = self.of_process(data, op, places.flat_map(|(.., values)| values));
        if found.len() > MAX_ALIKE { Vec::new() } else { found }
    }

    /// The type of what is called, behind pointers and guards; of what is not known, as the call has its arguments.
    fn callable(&self, data: &BodyData<'w>, callee: OpId) -> Option<Ty> {
        let ty = data.ty(callee);
        let bound;
        let ty = match ty.peel_pointers() {
            Ty::Param(name) => {
                bound = self.tcx.bounds_of(&self.tcx.scope_of(data.def), *name);
                &bound
            }
            _ => ty,
        };
        if let Some(found) = callable_in(ty) {
            return Some(found.clone());
        }
        let args = data.flow.users(callee).iter().find_map(|&user| match data.kind(user) {
            OpKind::Call { callee: called, args } if *called == callee => Some(args),
            _ => None,
        })?;
        Some(Ty::Callable(args.iter().map(|&arg| data.ty(arg).clone()).collect(), std::sync::Arc::new(Ty::Unknown)))
    }

    /// Whether a type in a signature shows which callables are meant.
    fn is_distinctive(&self, ty: &Ty) -> bool {
        match ty.peel_pointers() {
            Ty::Adt(..) => true,
            Ty::External(path, _) => self
                .tcx
                .catalog
                .crate_of(path)
                .is_some_and(|krate| matches!(&*krate.category, "framework" | "http" | "rpc")),
            _ => false,
        }
    }

    /// Of function values those that take as many arguments as a call has and run in its process, each once.
    fn of_process<'v>(&self, data: &BodyData<'w>, op: OpId, values: impl Iterator<Item = &'v Ty>) -> Vec<&'v Ty> {
        let arity = data.call(op).map_or(0, |call| call.args.len());
        let krate = crate_of(self.tcx, data);
        let mut found: Vec<&Ty> = Vec::new();
        for value in values {
            if self.arity(value) == Some(arity) && self.is_in_process(value, krate) && !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }

    /// Whether a function value is made in a crate that runs together with another one.
    fn is_in_process(&self, value: &Ty, krate: CrateId) -> bool {
        let (Ty::FnDef(def, _) | Ty::Closure(def, _)) = value else { return false };
        self.tcx.processes.share(krate, crate_of_def(self.tcx, *def))
    }

    fn arity(&self, value: &Ty) -> Option<usize> {
        match value {
            Ty::FnDef(def, _) => self.tcx.defs.fn_item(*def).map(|f| f.params.len()),
            Ty::Closure(def, op) => match self.bodies.get(self.bodies.of(*def)?).kind(*op) {
                OpKind::Closure { head, .. } => Some(head.params.len()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What lends its contents to the closure that an operation is a parameter of: `found` of `found.map(|make| make())`.
fn lender(data: &BodyData<'_>, param: OpId) -> Option<OpId> {
    let region = data.frame(param).filter(|r| data.body.regions[r.0 as usize].kind == RegionKind::Closure)?;
    let closure = *data.value_of_region.get(&region)?;
    let call = data.flow.users(closure).iter().find_map(|&user| data.call(user))?;
    let is_of_std = || call.api().is_some_and(|(api, _)| api.path.starts_with("std::"));
    call.recv.filter(|&recv| recv != closure && is_of_std())
}

/// Whether what is kept as one type of callable can be called as another; what is not known can.
fn may_be_called_as(held: &Ty, called: &Ty) -> bool {
    match (held, called) {
        (Ty::Callable(held, yields), Ty::Callable(params, ret)) => {
            held.len() == params.len()
                && held.iter().zip(params.iter()).all(|(a, b)| may_be(a, b, 0))
                && may_be(yields, ret, 0)
        }
        _ => true,
    }
}

/// Whether parameters have the types of others, and are known to.
fn has_types(held: &[Ty], params: &[Ty]) -> bool {
    let is_same = |(a, b): (&Ty, &Ty)| match (a.peel_refs(), b.peel_refs()) {
        (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
        (Ty::External(a, _), Ty::External(b, _)) => a == b,
        (a, b) => a == b,
    };
    held.len() == params.len() && held.iter().zip(params).all(is_same)
}
