//! What matters of one expression on a path to an opening, as its own body shows it.

use connlint_facts::{OpId, RegionId, RegionKind};

use smallvec::SmallVec;

use crate::domain::{Choice, LoopSet, PathFacts};
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::ancestors;

/// The loops around an expression, from its frame on, up to the function or closure that they are in.
fn loops_around(cx: BodyCx<'_, '_>, frame: Option<RegionId>) -> SmallVec<[RegionId; 2]> {
    let regions = &cx.data.body.regions;
    let outer = |&inner: &RegionId| regions[inner.0 as usize].parent.and_then(|around| cx.data.frame_of_region(around));
    std::iter::successors(frame, outer)
        .take_while(|frame| matches!(regions[frame.0 as usize].kind, RegionKind::Loop(_)))
        .collect()
}

/// What matters of an expression that opens something, itself or through what it calls.
pub(crate) fn path_facts(cx: BodyCx<'_, '_>, op: OpId, frame: Option<RegionId>) -> PathFacts {
    let data = cx.data;
    let loops = loops_around(cx, frame);
    let looped = loops.first().copied();
    PathFacts {
        once_in: LoopSet::of(loops.iter(), |&looped| cx.ends_with_success(op, looped)),
        kept_in: LoopSet::of(loops.iter(), |&looped| cx.keeps_beyond_round(op, looped)),
        escapes: frame.is_some_and(|f| crate::dataflow::escape::escapes(cx.tcx, data, op, f)),
        conditional: cx.is_conditional(op, frame),
        kept: cx.replaces(op),
        choices: choices(cx, op),
        refreshes: cx.refreshes(op),
        returned: cx.is_returned(op),
        fails_first: cx.fails_first(op, frame),
        failure_leaves: cx.failure_leaves(op),
        retried: looped.and_then(|l| cx.retry_pace(op, l)),
        arm: looped.and_then(|l| cx.arm_pace(op, l)),
        min_age: cx.min_age(op).filter(|_| looped.is_none()),
        missed_keys: cx.missed_keys(op),
        single_flight: cx.single_flight(op, frame),
        bound: cx.bound(op),
        ..PathFacts::default()
    }
}

/// The arms in which an expression is, outermost first. Those of `select!` test nothing.
pub(crate) fn choices(cx: BodyCx<'_, '_>, op: OpId) -> Vec<Choice> {
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
