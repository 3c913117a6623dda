//! Which crates make values of a type: an implementation that only another program makes is none of this one.

use connlint_facts::{CrateId, OpId, OpKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::infer::bodies::{Bodies, BodyData};
use crate::names::defs::{DefId, DefKind};
use crate::names::derive_names::{derives_of, last};
use crate::names::marks::{crate_of_def, is_test};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Derives that make no value out of nothing.
const COPYING: [&str; 8] = ["Clone", "Copy", "Debug", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

/// The crates that make values of a type, for types that only written-out code makes.
#[derive(Debug, Default)]
pub(crate) struct Makers {
    crates: FxHashMap<DefId, FxHashSet<CrateId>>,
}

impl Makers {
    pub(crate) fn of(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let mut crates: FxHashMap<DefId, FxHashSet<CrateId>> = FxHashMap::default();
        for data in bodies.list.iter().filter(|data| !is_test(tcx, data.def)) {
            let krate = crate_of_def(tcx, data.def);
            for op in data.body.op_ids() {
                if let Some(made) = made_by(tcx, data, op) {
                    crates.entry(made).or_default().insert(krate);
                }
            }
        }
        crates.retain(|&adt, _| {
            let facts = tcx.defs.file_of(adt).facts;
            derives_of(&tcx.defs, adt).all(|path| COPYING.contains(&last(facts, path)))
        });
        Self { crates }
    }

    /// Whether a process that runs code of a crate may hold a value of a type.
    pub(crate) fn in_process(&self, tcx: &TypeContext<'_>, krate: CrateId, adt: DefId) -> bool {
        self.crates.get(&adt).is_none_or(|makers| makers.iter().any(|&maker| tcx.processes.share(krate, maker)))
    }
}

/// The type of the workspace of which an expression makes a value, or names the constructor.
fn made_by(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId) -> Option<DefId> {
    match (data.kind(op), data.ty(op)) {
        (OpKind::StructLit { .. } | OpKind::Path(_), Ty::Adt(adt, _)) => Some(*adt),
        (OpKind::Path(_), Ty::Ctor(def, _)) => match tcx.defs.def(*def).kind {
            DefKind::Variant(_) => tcx.defs.def(*def).parent,
            _ => Some(*def),
        },
        _ => None,
    }
}
