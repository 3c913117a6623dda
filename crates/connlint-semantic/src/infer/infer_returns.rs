//! Return types that only bodies show: those whose declared type is in no source, such as a macro's generated type.

use connlint_facts::{OpId, OpKind, RegionKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::infer::bodies::{BodyData, InferenceCounts};
use crate::infer::body::{Target, refine};
use crate::infer::def_use::ancestors;
use crate::names::defs::{DefId, DefKind};
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::ty::{TraitId, Ty};

/// Functions that return what such functions return are settled in as many rounds.
const MAX_ROUNDS: usize = 3;

/// Records the return types that bodies reveal, and infers again the bodies that depend on them.
pub(crate) fn infer_return_types<'w>(
    tcx: &mut TypeContext<'w>,
    list: &mut [BodyData<'w>],
    inferred: &mut InferenceCounts,
) {
    let mut look_at: Vec<usize> = (0..list.len()).collect();
    for _ in 0..MAX_ROUNDS {
        let fuller: Vec<(DefId, Ty)> = look_at.par_iter().filter_map(|&i| inferred_return(tcx, &list[i])).collect();
        if fuller.is_empty() {
            return;
        }
        let changed: FxHashSet<DefId> = fuller.iter().map(|(def, _)| *def).collect();
        for (def, ret) in fuller {
            tcx.set_return(def, ret);
        }
        look_at = (0..list.len()).into_par_iter().filter(|&i| depends_on(&list[i], &changed)).collect();
        let again: Vec<BodyData<'w>> =
            look_at.par_iter().map(|&i| BodyData::new(tcx, list[i].def, list[i].body)).collect();
        inferred.count(&again);
        for (&index, data) in look_at.iter().zip(again) {
            list[index] = data;
        }
    }
}

/// A function's return type, if its body shows more of it than its declaration.
fn inferred_return(tcx: &TypeContext<'_>, data: &BodyData<'_>) -> Option<(DefId, Ty)> {
    if tcx.defs.def(data.def).kind != DefKind::Fn {
        return None;
    }
    tcx.defs.fn_item(data.def)?.ret.as_ref()?;
    let declared = &tcx.signature(data.def)?.ret;
    if !declared.has_unknown() && !has_opaque(declared) {
        return None;
    }
    let is_async = tcx.defs.fn_item(data.def).is_some_and(|f| f.is_async);
    let found = returned(data);
    let found = if is_async { Ty::future(found) } else { found };
    let fuller = refine(declared, &found);
    let fuller = if has_opaque(&fuller) { seen_through(tcx, &fuller, &found) } else { fuller };
    (fuller != *declared).then_some((data.def, fuller))
}

/// Whether part of a type is known by its traits only: of a function with a body that is `impl Trait`, one type in fact.
fn has_opaque(ty: &Ty) -> bool {
    match ty {
        Ty::Bounds(_) => true,
        Ty::Future(inner) => has_opaque(inner),
        Ty::External(path, args) => is_outcome(path) && args.iter().any(has_opaque),
        _ => false,
    }
}

/// A type with its opaque parts replaced by the types of which more is known: those of the workspace and those that a row
/// describes. What is made of an iterator, a stream or a future keeps its bound, which gives the items.
fn seen_through(tcx: &TypeContext<'_>, opaque: &Ty, found: &Ty) -> Ty {
    match (opaque, found) {
        (Ty::Bounds(_), Ty::External(path, _)) if tcx.role(path).is_some() => found.clone(),
        (Ty::Bounds(bounds), Ty::Adt(..)) if bounds.iter().all(|bound| !yields_items(&bound.head)) => found.clone(),
        (Ty::Future(a), Ty::Future(b)) => Ty::future(seen_through(tcx, a, b)),
        (Ty::External(a, xs), Ty::External(b, ys)) if a == b && is_outcome(a) && xs.len() == ys.len() => {
            Ty::External(*a, xs.iter().zip(ys.iter()).map(|(x, y)| seen_through(tcx, x, y)).collect())
        }
        _ => opaque.clone(),
    }
}

fn is_outcome(path: &str) -> bool {
    matches!(path, "std::option::Option" | "std::result::Result")
}

fn yields_items(head: &TraitId) -> bool {
    let TraitId::External(path) = head else { return false };
    matches!(path.rsplit("::").next(), Some("Iterator" | "IntoIterator" | "Stream" | "Future" | "IntoFuture"))
}

/// The type of what a body returns: its tail, or what it returns early.
fn returned(data: &BodyData<'_>) -> Ty {
    let early = data.body.ops.iter().filter_map(|op| match op.kind {
        OpKind::Return(Some(value)) => {
            let own = !ancestors(data.body, op.region)
                .any(|r| matches!(data.body.regions[r.0 as usize].kind, RegionKind::Closure | RegionKind::Async));
            own.then_some(value)
        }
        _ => None,
    });
    let values = data.body.tail.into_iter().chain(early);
    values.map(|v| data.ty(v)).fold(Ty::Unknown, |best, ty| match ty {
        Ty::Never => best,
        _ if best.is_unknown() => ty.clone(),
        _ => refine(&best, ty),
    })
}

/// Whether a body calls or names one of some functions.
fn depends_on(data: &BodyData<'_>, changed: &FxHashSet<DefId>) -> bool {
    let calls = data.types.calls.iter().any(|call| match &call.target {
        Target::Known(callees) => callees.iter().any(|c| matches!(c, Callee::Def { def, .. } if changed.contains(def))),
        _ => false,
    });
    let named = |i: usize| matches!(data.ty(OpId(i as u32)), Ty::FnDef(def, _) if changed.contains(def));
    calls || (0..data.body.ops.len()).any(named)
}
