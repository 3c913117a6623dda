//! What bodies put where, of callables: into fields, into parameters of functions that they call, into collections.

use connlint_facts::{OpId, OpKind, RegionId, RegionKind};

use crate::call_graph::callable_values::CallableValues;
use crate::call_graph::function_values::takes;
use crate::call_graph::kept_callables::{Put, Slot, callable_in, field_of, is_of_collection, name_of, part_of};
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::body::{Call, function_values};
use crate::infer::def_use::{Sink, ancestors};
use crate::infer::trace_back::{Steps, trace_all, trace_back, trace_end};
use crate::names::defs::{DefId, DefKind};
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Finds what bodies put where.
pub(super) struct Finder<'a, 'w> {
    pub(super) tcx: &'a TypeContext<'w>,
    pub(super) values: CallableValues<'a, 'w>,
}

impl<'w> Finder<'_, 'w> {
    pub(super) fn puts_of(&self, ix: BodyIx, data: &BodyData<'w>, puts: &mut Vec<Put>) {
        for op in data.body.op_ids() {
            match data.kind(op) {
                OpKind::StructLit { fields, .. } => {
                    let Ty::Adt(def, _) = data.ty(op) else { continue };
                    fields.iter().for_each(|&(name, value)| {
                        self.in_field(data, (*def, name_of(self.tcx, data, name)), op, value, puts);
                    });
                }
                OpKind::Assign { place, value } => {
                    if let Some(field) = field_of(self.tcx, data, *place) {
                        self.in_field(data, field, *place, *value, puts);
                    }
                }
                OpKind::Call { callee, args } => {
                    if let Ty::Ctor(def, _) = data.ty(*callee).peel_pointers() {
                        self.construct(data, *def, op, args, puts);
                    }
                }
                _ => {}
            }
        }
        data.types.calls.iter().for_each(|call| self.arguments(ix, data, call, puts));
    }

    fn construct(&self, data: &BodyData<'w>, def: DefId, made: OpId, args: &[OpId], puts: &mut Vec<Put>) {
        let of = self.tcx.defs.def(def);
        let owner = if matches!(of.kind, DefKind::Variant(_)) { of.parent.unwrap_or(def) } else { def };
        for (index, &arg) in args.iter().enumerate() {
            if let Some(name) = self.tcx.defs.names.find(&index.to_string()) {
                self.in_field(data, (owner, name), made, arg, puts);
            }
        }
    }

    fn in_field(
        &self,
        data: &BodyData<'w>,
        (def, name): (DefId, Name),
        holder: OpId,
        value: OpId,
        puts: &mut Vec<Put>,
    ) {
        let ty = data.ty(value);
        let declared = || self.tcx.field_type(def, name).unwrap_or(Ty::Unknown);
        if self.may_hold(data, ty) || (ty.is_unknown() && callable_in(&declared()).is_some()) {
            puts.extend(
                self.put(data, Slot::Field(def, name), holder, value).map(|put| Put { declared: declared(), ..put }),
            );
        }
    }

    /// What a call passes to functions of the workspace, or puts into a collection and so into the field that it lies in.
    fn arguments(&self, ix: BodyIx, data: &BodyData<'w>, call: &Call<'w>, puts: &mut Vec<Put>) {
        let holds_one = |&(_, &arg): &(usize, &OpId)| self.may_hold(data, data.ty(arg));
        let given: Vec<(usize, OpId)> =
            call.args.iter().enumerate().filter(holds_one).map(|(index, &arg)| (index, arg)).collect();
        if given.is_empty() {
            return;
        }
        let holder = call.recv.unwrap_or(call.op);
        for &(index, arg) in &given {
            let slots = call.callees().map(|def| Slot::Param(def, index as u32));
            puts.extend(slots.filter_map(|slot| self.put(data, slot, holder, arg)));
        }
        if !is_of_collection(self.tcx, data, call) {
            return;
        }
        // What a row says to run the argument does not keep it: `retain`, `for_each`.
        let runs_it = |index| call.api().is_some_and(|(api, _)| api.callbacks.iter().any(|c| takes(c, index)));
        let field = call.recv.and_then(|recv| field_behind(self.tcx, data, recv));
        let field = field.map(|(def, name)| Slot::Field(def, name));
        for (_, arg) in given.into_iter().filter(|&(index, _)| !runs_it(index)) {
            for slot in [Some(Slot::Collection(ix, call.op)), field].into_iter().flatten() {
                let put = self.put(data, slot, holder, arg);
                puts.extend(put.map(|put| Put { declared: data.ty(holder).clone(), ..put }));
            }
        }
    }

    fn put(&self, data: &BodyData<'w>, into: Slot, holder: OpId, value: OpId) -> Option<Put> {
        let mut values = Vec::new();
        let mut from = Vec::new();
        function_values(data.ty(value), &mut values, 0);
        let is_call = |op: OpId| matches!(data.kind(op), OpKind::Call { .. } | OpKind::MethodCall { .. });
        let is_of_workspace = |op: OpId| is_call(op) && data.callees(op).next().is_some();
        let goes_on = |op: OpId| {
            !matches!(data.kind(op), OpKind::Await { .. })
                && !is_of_workspace(op)
                && field_of(self.tcx, data, op).is_none()
        };
        for op in trace_all(data, value, Steps::KEPT, goes_on) {
            match (data.ty(op), data.kind(op)) {
                (ty @ (Ty::Closure(..) | Ty::FnDef(..)), _) => values.push(ty.clone()),
                (_, OpKind::Param(index)) if data.frame(op).is_none() => from.push(Slot::Param(data.def, *index)),
                _ if is_of_workspace(op) => {
                    data.callees(op).for_each(|def| values.extend(self.values.returned(def).iter().cloned()));
                }
                _ => from.extend(field_of(self.tcx, data, op).map(|(def, name)| Slot::Field(def, name))),
            }
        }
        from.retain(|&slot| slot != into);
        if values.is_empty() && from.is_empty() {
            return None;
        }
        Some(Put { into, values, from, by: data.def, is_local: stays(data, holder), declared: Ty::Unknown })
    }

    /// Whether a value of a type may be or hold a callable.
    fn may_hold(&self, data: &BodyData<'w>, ty: &Ty) -> bool {
        let of_param =
            |name: &Name| matches!(self.tcx.bounds_of(&self.tcx.scope_of(data.def), *name), Ty::Callable(..));
        let is_one = |ty: &Ty| match ty {
            Ty::Closure(..) | Ty::FnDef(..) | Ty::Callable(..) => true,
            Ty::Param(name) => of_param(name),
            _ => false,
        };
        part_of(ty, 0, &is_one).is_some()
    }
}

/// Whether what an operation works on is made in the same function and stays there: nothing returns, stores or passes it on,
/// and no other task has it.
fn stays(data: &BodyData<'_>, holder: OpId) -> bool {
    let start = trace_end(data, holder, Steps::BUILDER);
    let is_made = matches!(data.kind(start), OpKind::Call { .. } | OpKind::StructLit { .. } | OpKind::Macro { .. });
    let ty = data.ty(start).yielded();
    if !is_made || !matches!(data.ty(start), Ty::Adt(..) | Ty::External(..)) || ty.peel_pointers() != ty {
        return false;
    }
    let is_it = |op: OpId| match (data.ty(op).yielded().peel_refs(), ty) {
        (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
        (Ty::External(a, _), Ty::External(b, _)) => a == b,
        _ => false,
    };
    let (sinks, passed) = data.flow.follow_if(data.body, start, &is_it);
    let leaves = |sink: &Sink| match sink {
        Sink::Receiver(_) => false,
        Sink::Assigned(op) => {
            !matches!(data.kind(*op), OpKind::Assign { place, .. } if matches!(data.kind(*place), OpKind::Local(_)))
        }
        Sink::Returned(_) | Sink::Argument(_) | Sink::Part(_) | Sink::Broken(_) => true,
    };
    !sinks.iter().any(leaves) && passed.iter().all(|&op| is_around(data, op, start))
}

/// Whether all closures and async blocks around an operation are around another one too.
fn is_around(data: &BodyData<'_>, op: OpId, other: OpId) -> bool {
    let region = |op: OpId| data.body.ops[op.0 as usize].region;
    let sets_apart =
        |r: &RegionId| matches!(data.body.regions[r.0 as usize].kind, RegionKind::Closure | RegionKind::Async);
    let mut inner = ancestors(data.body, region(op)).filter(sets_apart);
    inner.all(|r| ancestors(data.body, region(other)).any(|around| around == r))
}

/// The nearest field of a type of the workspace that a value comes out of.
fn field_behind(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId) -> Option<(DefId, Name)> {
    trace_back(data, op, Steps::ROOT).find_map(|op| field_of(tcx, data, op))
}
