//! Inference of all bodies of the workspace.

use connlint_facts::{Body, OpId, OpKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::dataflow::loop_kind::Durations;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::names::defs::{DefId, DefKind};
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

impl<'w> Bodies<'w> {
    /// Infers every body outside tests, theirs too if they are wanted, in parallel.
    pub(crate) fn infer(tcx: &mut TypeContext<'w>, include_tests: bool) -> Self {
        let with_body: Vec<(DefId, &'w Body)> = (0..tcx.defs.defs.len())
            .map(|i| DefId(i as u32))
            .filter(|&d| matches!(tcx.defs.def(d).kind, DefKind::Fn | DefKind::Const | DefKind::Static))
            .filter(|&d| include_tests || !crate::names::marks::is_test(tcx, d))
            .filter_map(|d| tcx.defs.body(d).map(|b| (d, b)))
            .collect();
        let mut list: Vec<BodyData<'w>> =
            with_body.par_iter().map(|&(def, body)| BodyData::new(tcx, def, body)).collect();
        crate::infer::infer_returns::infer_return_types(tcx, &mut list);
        let of_def = list.iter().enumerate().map(|(i, b)| (b.def, BodyIx(i as u32))).collect();
        let mut bodies = Self { list, of_def, durations: FxHashMap::default() };
        bodies.durations = bodies.field_durations(tcx);
        bodies
    }

    fn field_durations(&self, tcx: &TypeContext<'w>) -> FxHashMap<(DefId, Name), u64> {
        let none = FxHashMap::default();
        let durations = Durations { tcx, fields: &none, constants: Some(self) };
        let mut found: FxHashMap<(DefId, Name), u64> = FxHashMap::default();
        for data in &self.list {
            for (index, op) in data.body.ops.iter().enumerate() {
                let (OpKind::StructLit { fields, .. }, Ty::Adt(def, _)) = (&op.kind, data.ty(OpId(index as u32)))
                else {
                    continue;
                };
                for &(sym, value) in fields {
                    let is_duration = data.ty(value).external_path() == Some("std::time::Duration");
                    if let Some(seconds) = is_duration.then(|| durations.of(data, Some(value))).flatten() {
                        let name = tcx.defs.file_of(data.def).name(sym);
                        let slot = found.entry((*def, name)).or_insert(seconds);
                        *slot = seconds.min(*slot);
                    }
                }
            }
        }
        found
    }
}
