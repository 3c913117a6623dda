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
    pub(crate) fn infer(resolver: &mut TypeContext<'w>, include_tests: bool) -> Self {
        let with_body: Vec<(DefId, &'w Body)> = (0..resolver.defs.defs.len())
            .map(|i| DefId(i as u32))
            .filter(|&d| matches!(resolver.defs.def(d).kind, DefKind::Fn | DefKind::Const | DefKind::Static))
            .filter(|&d| include_tests || !crate::names::marks::is_test(resolver, d))
            .filter_map(|d| resolver.defs.body(d).map(|b| (d, b)))
            .collect();
        let mut list: Vec<BodyData<'w>> =
            with_body.par_iter().map(|&(def, body)| BodyData::new(resolver, def, body)).collect();
        crate::infer::infer_returns::settle(resolver, &mut list);
        let of_def = list.iter().enumerate().map(|(i, b)| (b.def, BodyIx(i as u32))).collect();
        let mut bodies = Self { list, of_def, durations: FxHashMap::default() };
        bodies.durations = bodies.field_durations(resolver);
        bodies
    }

    fn field_durations(&self, resolver: &TypeContext<'w>) -> FxHashMap<(DefId, Name), u64> {
        let none = FxHashMap::default();
        let durations = Durations { resolver, fields: &none, constants: Some(self) };
        let mut found: FxHashMap<(DefId, Name), u64> = FxHashMap::default();
        for data in &self.list {
            for (index, op) in data.body.ops.iter().enumerate() {
                let (OpKind::StructLit { fields, .. }, Ty::Adt(def, _)) = (&op.kind, data.ty(OpId(index as u32)))
                else {
                    continue;
                };
                for &(sym, value) in fields {
                    let is_duration = data.ty(value).ext_path() == Some("std::time::Duration");
                    if let Some(seconds) = is_duration.then(|| durations.of(data, Some(value))).flatten() {
                        let name = resolver.defs.file_of(data.def).name(sym);
                        let slot = found.entry((*def, name)).or_insert(seconds);
                        *slot = seconds.min(*slot);
                    }
                }
            }
        }
        found
    }
}
