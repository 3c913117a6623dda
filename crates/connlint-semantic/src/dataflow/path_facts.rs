//! What matters of one expression on a path to an opening, as its own body shows it.

use connlint_facts::{OpId, RegionId, RegionKind};

use crate::domain::PathFacts;
use crate::infer::body_cx::BodyCx;

/// What matters of an expression that opens something, itself or through what it calls.
pub(crate) fn path_facts(cx: BodyCx<'_, '_>, op: OpId, frame: Option<RegionId>) -> PathFacts {
    let data = cx.data;
    let looped = frame.filter(|f| matches!(data.body.regions[f.0 as usize].kind, RegionKind::Loop(_)));
    PathFacts {
        once_in_loop: looped.is_some_and(|l| cx.ends_with_success(op, l)),
        kept_beyond_round: looped.is_some_and(|l| cx.keeps_beyond_round(op, l)),
        escapes: frame.is_some_and(|f| crate::dataflow::escape::escapes(cx.tcx, data, op, f)),
        conditional: cx.is_conditional(op, frame),
        kept: cx.replaces(op),
        returned: cx.is_returned(op),
        retried_at_once: looped.is_some_and(|l| cx.retries_at_once(op, l)),
        arm: looped.and_then(|l| cx.arm_pace(op, l)),
        missed_keys: cx.missed_keys(op),
        single_flight: cx.single_flight(op, frame),
        ..PathFacts::default()
    }
}
