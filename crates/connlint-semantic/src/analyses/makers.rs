//! Where values of a type are made.

use connlint_facts::{OpId, OpKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::Functions;
use crate::domain::FunctionId;
use crate::infer::bodies::Bodies;
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// The functions that make values of some types of the workspace, by type.
pub(crate) fn makers(
    bodies: &Bodies<'_>,
    functions: &Functions,
    of: &FxHashSet<DefId>,
) -> FxHashMap<DefId, Vec<FunctionId>> {
    let mut made: FxHashMap<DefId, Vec<FunctionId>> = FxHashMap::default();
    if of.is_empty() {
        return made;
    }
    for ix in bodies.indices() {
        let data = bodies.get(ix);
        for (index, op) in data.body.ops.iter().enumerate() {
            let at = OpId(index as u32);
            if matches!(op.kind, OpKind::StructLit { .. })
                && let Ty::Adt(def, _) = data.ty(at)
                && of.contains(def)
                && let Some(function) = functions.id(ix, data.frame(at))
            {
                made.entry(*def).or_default().push(function);
            }
        }
    }
    made
}
