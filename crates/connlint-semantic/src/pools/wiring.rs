//! Where a program is put together: which fields are filled with one pool, and which with different ones.

use connlint_facts::{OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body_cx::Inferred;
use crate::names::defs::DefId;
use crate::names::marks::is_test;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

use super::place::{Base, Part, PoolPlace, is_construction};

/// The constructions of the workspace's structs outside tests.
#[derive(Debug, Default)]
pub(crate) struct Wiring {
    literals: FxHashMap<DefId, Vec<(BodyIx, OpId)>>,
}

/// What the wiring of a program needs to follow parameters to callers.
#[derive(Clone, Copy)]
pub(crate) struct Callers<'a> {
    pub(crate) functions: &'a Functions,
    pub(crate) program: &'a CallGraph,
    /// Where each call stands.
    pub(crate) call_ops: &'a [(BodyIx, OpId)],
}

/// Constructors of constructors are followed this far.
const MAX_DEPTH: usize = 4;
/// Values behind wrappers of state and pointers are looked for this deep.
const MAX_WRAPPERS: usize = 8;

impl Wiring {
    pub(crate) fn collect(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let mut literals: FxHashMap<DefId, Vec<(BodyIx, OpId)>> = FxHashMap::default();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            if is_test(tcx, data.def) {
                continue;
            }
            for (index, op) in data.body.ops.iter().enumerate() {
                let id = OpId(index as u32);
                let makes =
                    matches!(op.kind, OpKind::StructLit { .. } | OpKind::Call { .. }) && is_construction(data, id);
                if let Ty::Adt(def, _) = data.ty(id)
                    && makes
                {
                    literals.entry(*def).or_default().push((ix, id));
                }
            }
        }
        Self { literals }
    }

    /// Whether two parts of one value are the same pool in every construction of that value, or a different one in each.
    pub(crate) fn same(
        &self,
        inferred: Inferred<'_, '_>,
        callers: Callers<'_>,
        a: &PoolPlace,
        b: &PoolPlace,
    ) -> Option<bool> {
        if a.base != b.base {
            return None;
        }
        let common = a.parts.iter().zip(&b.parts).take_while(|(x, y)| x == y).count();
        let owner = Self::owner_of(inferred, &a.base, a.parts.get(..common)?, *a.parts.first()?)?;
        let (left, right) = (a.parts.get(common..)?, b.parts.get(common..)?);
        let made = self.literals.get(&owner)?;
        let verdicts = made.iter().map(|&(body, op)| {
            let part =
                |parts: &[Part]| inferred.project(PoolPlace { base: Base::Made(body, op), parts: parts.to_vec() }, 0);
            judge(inferred, callers, part(left)?, part(right)?, 0)
        });
        let verdicts: Option<Vec<bool>> = verdicts.collect();
        let mut verdicts = verdicts?.into_iter();
        let first = verdicts.next()?;
        verdicts.all(|other| other == first).then_some(first)
    }

    /// The constructions of a struct.
    pub(super) fn constructions(&self, owner: DefId) -> Option<&[(BodyIx, OpId)]> {
        self.literals.get(&owner).map(Vec::as_slice)
    }

    /// The struct that a part of a value is, of which a further part is a field.
    pub(super) fn owner_of(inferred: Inferred<'_, '_>, base: &Base, parts: &[Part], next: Part) -> Option<DefId> {
        let mut owner = Self::owner(inferred, base, parts.first().unwrap_or(&next))?;
        for part in parts {
            owner = Self::field(inferred, owner, part)?;
        }
        Some(owner)
    }

    /// The struct that a value is, behind references, pointers and wrappers of state, whose field a part is.
    fn owner(inferred: Inferred<'_, '_>, base: &Base, first: &Part) -> Option<DefId> {
        let mut ty = inferred.base_type(base)?;
        for _ in 0..MAX_WRAPPERS {
            let inner = match &ty {
                Ty::Adt(def, _) if has_field(inferred, *def, first) => return Some(*def),
                Ty::Ref(inner) => (**inner).clone(),
                Ty::External(_, args) => inferred.tcx.deref(&ty).or_else(|| args.first().cloned())?,
                _ => inferred.tcx.deref(&ty)?,
            };
            ty = inner;
        }
        None
    }

    /// The struct that a field of a struct is.
    fn field(inferred: Inferred<'_, '_>, owner: DefId, part: &Part) -> Option<DefId> {
        let Part::Field(name) = part else { return None };
        match inferred.tcx.field_type(owner, *name)?.peel_pointers() {
            Ty::Adt(def, _) => Some(*def),
            _ => None,
        }
    }
}

fn has_field(inferred: Inferred<'_, '_>, owner: DefId, part: &Part) -> bool {
    matches!(part, Part::Field(name) if inferred.tcx.field_type(owner, *name).is_some())
}

/// Whether two values are one pool, or two that are built apart; `None` where neither is certain.
fn judge(inferred: Inferred<'_, '_>, callers: Callers<'_>, a: PoolPlace, b: PoolPlace, depth: usize) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    match (&a.base, &b.base) {
        (Base::Made(x, at), Base::Made(y, other)) if a.parts.is_empty() && b.parts.is_empty() => {
            let built = |ix: BodyIx, op: OpId| builds_pool(inferred.bodies.get(ix), op);
            let apart = (x, at) != (y, other) && built(*x, *at) && built(*y, *other);
            apart.then_some(false)
        }
        (Base::Param(def, _), Base::Param(other, _)) if def == other && depth < MAX_DEPTH => {
            let function = callers.functions.of_def(inferred.bodies, *def)?;
            let program = callers.program;
            let calls = program.adjacency.calls_into(function).iter();
            let calls = calls.filter(|&&call| !program.function(program.calls[call as usize].from).test_only);
            let verdicts = calls.map(|&call| {
                let (body, op) = *callers.call_ops.get(call as usize)?;
                let part = |place: &PoolPlace| inferred.pool_at_call(place, body, op, 0);
                judge(inferred, callers, part(&a)?, part(&b)?, depth + 1)
            });
            let verdicts: Option<Vec<bool>> = verdicts.collect();
            let mut verdicts = verdicts?.into_iter();
            let first = verdicts.next()?;
            verdicts.all(|other| other == first).then_some(first)
        }
        _ => None,
    }
}

/// The call that a value was made by, through what unwraps it.
pub(super) fn builds_pool(data: &BodyData<'_>, op: OpId) -> bool {
    data.api(op).is_some_and(|(api, _)| api.effects.iter().any(|effect| effect.is_opening()))
}
