//! Calls whose result takes the place of a value that all requests share: the work of a reload.

use connlint_facts::OpId;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::call_graph::build::{CallGraphBuilder, PendingCall};
use crate::domain::Reloads;
use crate::effects::sites::PendingSite;
use crate::infer::bodies::BodyIx;

/// The calls and sites of which a value is made that takes the place of one that all requests share.
pub(crate) fn collect(builder: &CallGraphBuilder<'_, '_>, calls: &[PendingCall], sites: &[PendingSite]) -> Reloads {
    let inferred = builder.inferred();
    let of_body = |ix: BodyIx| inferred.body(ix).made_for_refresh().into_iter().map(move |op| (ix, op));
    let made: FxHashSet<(BodyIx, OpId)> = builder.bodies.par_indices().flat_map_iter(of_body).collect();
    let body_of = |site: &PendingSite| builder.functions.origin[site.site.function.0 as usize].0;
    let numbered =
        |found: Vec<bool>| (0..).zip(found).filter_map(|(number, is_one)| is_one.then_some(number)).collect();
    Reloads {
        calls: numbered(calls.iter().map(|call| made.contains(&(call.body, call.op))).collect()),
        sites: numbered(sites.iter().map(|site| made.contains(&(body_of(site), site.op))).collect()),
    }
}
