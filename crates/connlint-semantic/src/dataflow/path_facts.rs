//! What matters of one expression on a path to an opening, as its own body shows it.

use connlint_facts::{OpId, RegionId, RegionKind};

use crate::domain::{Choice, PathFacts};
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::ancestors;

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
        choices: choices(cx, op),
        refreshes: cx.refreshes(op),
        returned: cx.is_returned(op),
        retried: looped.and_then(|l| cx.retry_pace(op, l)),
        arm: looped.and_then(|l| cx.arm_pace(op, l)),
        missed_keys: cx.missed_keys(op),
        single_flight: cx.single_flight(op, frame),
        bound: cx.bound(op),
        ..PathFacts::default()
    }
}

/// The arms in which an expression is, outermost first. Those of `select!` test nothing.
fn choices(cx: BodyCx<'_, '_>, op: OpId) -> Vec<Choice> {
    let body = cx.data.body;
    let Some(number) = cx.bodies.of(cx.data.def) else { return Vec::new() };
    let arm = |region: RegionId| {
        let found = &body.regions[region.0 as usize];
        let tests = matches!(&found.kind, RegionKind::Arm { tests } if !tests.is_empty());
        let of = found.parent.filter(|_| tests)?;
        Some(Choice { of: (number.0, of.0), arm: region.0 })
    };
    let mut found: Vec<Choice> = ancestors(body, body.ops[op.0 as usize].region).filter_map(arm).collect();
    found.reverse();
    found
}
