//! Callables that are kept in fields and collections, and where they are taken out again.

use connlint_catalog::{Role, Runs};
use connlint_facts::{OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::call_graph::build::CallGraphBuilder;
use crate::call_graph::function_values::FunctionValues;
use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::def_use::Sink;
use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Accessors that call one another are followed this far.
const MAX_DEPTH: usize = 3;

impl<'w> CallGraphBuilder<'_, 'w> {
    /// Whether a callable was taken out of a collection that this function did not fill itself, here or by an accessor.
    pub(super) fn is_looked_up(&self, data: &BodyData<'w>, callee: OpId, depth: usize) -> bool {
        let mut op = callee;
        for _ in 0..10 {
            op = match data.kind(op) {
                OpKind::MethodCall { recv, .. } => {
                    if data.api(op).is_some_and(|(api, _)| is_collection(self.tcx, &api.path))
                        || self.looks_up(data, op, depth)
                    {
                        return true;
                    }
                    *recv
                }
                OpKind::Call { .. } => return self.looks_up(data, op, depth),
                OpKind::IterItem { .. } | OpKind::Index { .. } => return true,
                OpKind::Ref { base, .. }
                | OpKind::Deref { base }
                | OpKind::VariantField { base, .. }
                | OpKind::Field { base, .. } => *base,
                OpKind::Try { value } => *value,
                OpKind::Local(local) => match data.flow.writes(*local) {
                    [value, ..] => *value,
                    [] => return false,
                },
                _ => return false,
            };
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

    /// What is kept in the field that a callable comes from.
    pub(super) fn held_by(&self, data: &BodyData<'w>, callee: OpId) -> &[Ty] {
        let of_field = |base: OpId, name: connlint_facts::Sym| {
            let Ty::Adt(def, _) = data.ty(base).peel_pointers() else { return None };
            let name = self.tcx.defs.file_of(data.def).name(name);
            self.stored.get(&(*def, name)).map(Vec::as_slice)
        };
        let mut op = callee;
        for _ in 0..10 {
            op = match data.kind(op) {
                OpKind::Field { base, name } => return of_field(*base, *name).unwrap_or(&[]),
                // `let Wrapper(f) = *self`, or a variant that is matched: its own field, else what an `Option` holds.
                OpKind::VariantField { base, name, .. } => match of_field(*base, *name) {
                    Some(held) => return held,
                    None => *base,
                },
                OpKind::Ref { base, .. } | OpKind::Deref { base } => *base,
                OpKind::MethodCall { recv, .. } => *recv,
                OpKind::Local(local) => match data.flow.writes(*local) {
                    [value, ..] => *value,
                    [] => return &[],
                },
                OpKind::IterItem { iter } => *iter,
                _ => return &[],
            };
        }
        &[]
    }
}

/// Function values that calls put into collections, themselves or through a function that is given them for that.
pub(super) fn registered<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>, values: &FunctionValues) -> Vec<Ty> {
    let mut keeping = Keeping { tcx, bodies, known: FxHashMap::default() };
    let mut found: Vec<Ty> = Vec::new();
    for taken in values.taken.iter().filter(|t| t.runs == Runs::Now) {
        let data = bodies.get(taken.body);
        let index = data.call(taken.call).and_then(|call| call.args.iter().position(|&arg| arg == taken.arg));
        let kept = index.is_some_and(|index| keeping.keeps(data, taken.call, index, 0));
        if kept && !found.contains(&taken.value) {
            found.push(taken.value.clone());
        }
    }
    found
}

/// Which parameters of the workspace's functions end up in collections.
struct Keeping<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    bodies: &'a Bodies<'w>,
    known: FxHashMap<(DefId, usize), bool>,
}

impl<'w> Keeping<'_, 'w> {
    fn keeps(&mut self, data: &BodyData<'w>, call: OpId, index: usize, depth: usize) -> bool {
        if let Some((api, _)) = data.api(call) {
            return is_collection(self.tcx, &api.path);
        }
        let callees: Vec<DefId> = data.callees(call).collect();
        depth < MAX_DEPTH && callees.into_iter().any(|def| self.param(def, index, depth))
    }

    fn param(&mut self, def: DefId, index: usize, depth: usize) -> bool {
        if let Some(&known) = self.known.get(&(def, index)) {
            return known;
        }
        self.known.insert((def, index), false);
        let bodies = self.bodies;
        let Some(data) = bodies.of(def).map(|ix| bodies.get(ix)) else { return false };
        let is_it = |op: OpId| *data.kind(op) == OpKind::Param(index as u32) && data.frame(op).is_none();
        let Some(start) = (0..data.body.ops.len() as u32).map(OpId).find(|&op| is_it(op)) else { return false };
        let (sinks, passed) = data.flow.follow(data.body, start);
        let kept = sinks.iter().any(|sink| {
            let Sink::Argument(call) = *sink else { return false };
            let args = data.call(call).map_or(&[][..], |call| &call.args);
            args.iter().position(|arg| passed.contains(arg)).is_some_and(|at| self.keeps(data, call, at, depth + 1))
        });
        self.known.insert((def, index), kept);
        kept
    }
}

fn is_collection(tcx: &TypeContext<'_>, api: &str) -> bool {
    let owner = api.rsplit_once("::").map_or("", |(owner, _)| owner);
    ["std::collections::", "std::vec::Vec::", "slice::"].iter().any(|c| api.starts_with(c))
        || tcx.role(owner) == Some(Role::Map)
}
