//! Which loops do again and again what their function was given: `while let Some(m) = queue.recv().await { handle(m).await }`.

use connlint_facts::{OpId, OpKind, RegionId, RegionKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::dataflow::exits::ends;
use crate::dataflow::loop_kind::{LoopDriver, pace};
use crate::infer::bodies::Bodies;
use crate::infer::body_cx::{BodyCx, Inferred};
use crate::infer::def_use::ancestors;
use crate::names::defs::DefId;
use crate::types::context::TypeContext;

/// What is called in such loops, by function: values that are no function by name. A loop that ends when what it calls
/// succeeds tries again, and what it calls is its caller's.
pub(crate) fn worked_off<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> FxHashSet<(DefId, OpId)> {
    let cx = Inferred { tcx, bodies };
    let of_body = |ix| cx.body(ix).worked_off();
    bodies.par_indices().flat_map_iter(of_body).collect()
}

impl BodyCx<'_, '_> {
    fn worked_off(self) -> Vec<(DefId, OpId)> {
        let data = self.data;
        let ops = data.body.op_ids();
        let called = ops.filter_map(|op| match data.kind(op) {
            OpKind::Call { callee, .. } if !matches!(data.kind(*callee), OpKind::Path(_)) => Some(*callee),
            _ => None,
        });
        called.filter(|&callee| self.is_worked_off(callee)).map(|callee| (data.def, callee)).collect()
    }

    fn is_worked_off(self, callee: OpId) -> bool {
        let body = self.data.body;
        let kind = |region: RegionId| &body.regions[region.0 as usize].kind;
        let around = ancestors(body, body.ops[callee.0 as usize].region);
        let in_function = around.take_while(|&region| *kind(region) != RegionKind::Closure);
        let mut loops = in_function.filter(|&region| matches!(kind(region), RegionKind::Loop(_)));
        loops.any(|looped| match pace(self, looped) {
            LoopDriver::Accepts | LoopDriver::Receives => true,
            LoopDriver::Ticks(_) | LoopDriver::Waits => !ends(self, looped),
            LoopDriver::Items | LoopDriver::Counted => false,
        })
    }
}
