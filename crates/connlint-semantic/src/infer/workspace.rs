//! Inference of all bodies of the workspace.

use connlint_facts::Body;
use rayon::prelude::*;

use crate::infer::bodies::{Bodies, BodyData, BodyIx, InferenceCounts, KnownDurations};
use crate::names::defs::{DefId, DefKind};
use crate::types::context::TypeContext;

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
        let mut inferred = InferenceCounts::default();
        inferred.count(&list);
        crate::infer::infer_returns::infer_return_types(tcx, &mut list, &mut inferred);
        let of_def = list.iter().enumerate().map(|(i, b)| (b.def, BodyIx(i as u32))).collect();
        Self { list, of_def, durations: KnownDurations::default(), inferred }
    }
}
