//! What matters of one expression on a path to an opening, as its own body shows it.

use connlint_facts::{OpId, RegionId, RegionKind};

use crate::dataflow::once_patterns::OncePatterns;
use crate::dataflow::origins::Origins;
use crate::domain::PathFacts;

/// What matters of an expression that opens something, itself or through what it calls.
pub(crate) fn path_facts(guards: &OncePatterns<'_, '_>, op: OpId, frame: Option<RegionId>) -> PathFacts {
    let data = guards.data;
    let provenance = Origins { tcx: guards.tcx, bodies: guards.bodies, data };
    let looped = frame.filter(|f| matches!(data.body.regions[f.0 as usize].kind, RegionKind::Loop(_)));
    PathFacts {
        once_in_loop: looped.is_some_and(|l| guards.ends_with_success(op, l)),
        kept_beyond_round: looped.is_some_and(|l| guards.keeps_beyond_round(op, l)),
        escapes: frame.is_some_and(|f| crate::dataflow::escape::escapes(guards.tcx, data, op, f)),
        conditional: provenance.is_conditional(op, frame),
        kept: provenance.replaces(op, &|place| guards.is_shared(place)),
        returned: provenance.is_returned(op),
        retried_at_once: looped.is_some_and(|l| guards.retries_at_once(op, l)),
        arm: looped.and_then(|l| guards.arm_pace(op, l)),
        missed_keys: guards.missed_keys(op),
        single_flight: guards.single_flight(op, frame),
        ..PathFacts::default()
    }
}
