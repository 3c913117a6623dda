//! How loops and branches are left.

use connlint_facts::{ArmTest, Expect, OpId, OpKind, PatternHead, RegionId, RegionKind};

use crate::dataflow::once_patterns::Outcome;
use crate::infer::bodies::BodyData;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, inside, inside_region};
use crate::infer::trace_back::{Steps, trace_back};
use crate::types::ty::Ty;

/// Branches within branches are looked into this deep.
const MAX_DEPTH: usize = 6;

/// Whether a loop can be left other than by failing or by being ordered to stop.
pub(crate) fn ends(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    let returns = |op: OpId| matches!(cx.data.kind(op), OpKind::Return(_)) && in_same_function(cx.data, op, looped);
    let leaves = |op: OpId| breaks_by(cx.data, op, looped) || returns(op);
    let mut modes: Vec<(OpId, bool)> = Vec::new();
    for exit in ops(cx.data, looped).filter(|&op| leaves(op) && !fails(cx, op) && !cx.is_ordered_exit(op, looped)) {
        match mode(cx.data, exit, looped) {
            None => return true,
            // It is left in both modes.
            Some((test, is)) if modes.contains(&(test, !is)) => return true,
            Some(mode) => modes.push(mode),
        }
    }
    false
}

/// The test by which an exit is decided before a loop begins, and whether it holds there: `if once { return }`. In the other
/// mode, the loop goes on.
fn mode(data: &BodyData<'_>, exit: OpId, looped: RegionId) -> Option<(OpId, bool)> {
    let mut around = ancestors(data.body, data.body.ops[exit.0 as usize].region).take_while(|&region| region != looped);
    around.find_map(|region| match &data.body.regions[region.0 as usize].kind {
        RegionKind::Arm { tests } => {
            let test = tests.iter().find(|test| is_fixed(data, test.value, looped))?;
            Some((test.value, !matches!(test.expect, Expect::False | Expect::Fails(_))))
        }
        _ => None,
    })
}

/// Whether a value is read from variables that nothing in a loop changes.
fn is_fixed(data: &BodyData<'_>, value: OpId, looped: RegionId) -> bool {
    let place: Vec<OpId> = trace_back(data, value, Steps::PLACE).collect();
    let mutable = |op: &OpId| match data.kind(*op) {
        OpKind::Local(local) => data.body.locals[local.0 as usize].mutable,
        OpKind::SelfParam => true,
        _ => false,
    };
    let made_before = |&end: &OpId| !inside(data.body, end, looped);
    !place.iter().any(mutable) && place.last().is_some_and(made_before)
}

/// Whether a loop is left by a `break` that is no failure, no order to stop, and not that nothing more came.
pub(crate) fn breaks_with_answer(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    ops(cx.data, looped).any(|op| {
        breaks_by(cx.data, op, looped)
            && !cx.is_ordered_exit(op, looped)
            && !fails(cx, op)
            && !comes_to_end(cx, op, looped)
    })
}

/// `return Err(…)`, `break Err(…)`
fn fails(cx: BodyCx<'_, '_>, exit: OpId) -> bool {
    let (OpKind::Break { value: Some(value), .. } | OpKind::Return(Some(value))) = cx.data.kind(exit) else {
        return false;
    };
    let OpKind::Call { callee, .. } = cx.data.kind(*value) else { return false };
    matches!(cx.data.kind(*callee), OpKind::Path(path) if path.segments.last().is_some_and(|s| cx.text(s.name) == "Err"))
}

/// Whether the branch that an exit is in was taken because something failed or has nothing more to give.
fn comes_to_end(cx: BodyCx<'_, '_>, exit: OpId, looped: RegionId) -> bool {
    let mut around = ancestors(cx.data.body, cx.data.body.ops[exit.0 as usize].region).take_while(|&r| r != looped);
    let innermost = around.find_map(|region| match &cx.data.body.regions[region.0 as usize].kind {
        RegionKind::Arm { tests } if !tests.is_empty() => Some(tests),
        _ => None,
    });
    let of_patterns = |tests: &[ArmTest]| {
        let of_pattern = |t: &ArmTest| matches!(t.expect, Expect::Matches(_) | Expect::Fails(_));
        tests.iter().any(|t| of_pattern(t) && cx.outcome(t) == Some(Outcome::Miss))
    };
    innermost.is_some_and(|tests| of_patterns(tests))
}

fn breaks_by(data: &BodyData<'_>, op: OpId, looped: RegionId) -> bool {
    match data.kind(op) {
        OpKind::Break { target, .. } => target.is_none_or(|t| t == looped),
        _ => false,
    }
}

/// Whether a `break` leaves a loop: it is one of that loop, or of one around it.
pub(crate) fn breaks_out_of(data: &BodyData<'_>, at: OpId, looped: RegionId) -> bool {
    match data.kind(at) {
        OpKind::Break { target: Some(target), .. } => {
            inside(data.body, at, looped) && (*target == looped || !inside_region(data.body, *target, looped))
        }
        OpKind::Break { target: None, .. } => data.frame(at) == Some(looped),
        _ => false,
    }
}

/// Whether no closure or async block of a loop is around an operation: what it returns from is then the function.
fn in_same_function(data: &BodyData<'_>, op: OpId, looped: RegionId) -> bool {
    let mut around = ancestors(data.body, data.body.ops[op.0 as usize].region).take_while(|&r| r != looped);
    around.all(|r| !matches!(data.body.regions[r.0 as usize].kind, RegionKind::Closure | RegionKind::Async))
}

/// Whether a loop returns what it worked out: then it lasts until that is known, not until something fails.
pub(crate) fn ends_with_answer(cx: BodyCx<'_, '_>, looped: RegionId) -> bool {
    let data = cx.data;
    // A `return` leaves every loop around it.
    let own = ops(data, looped).filter(|&op| in_same_function(data, op, looped));
    let returned = own.filter_map(|op| match data.kind(op) {
        OpKind::Return(Some(value)) => Some((op, *value)),
        _ => None,
    });
    let is_answer = |ty: &Ty| !matches!(ty, Ty::Unknown | Ty::Never) && *ty != Ty::Tuple([].into());
    returned.into_iter().any(|(exit, value)| match data.kind(value) {
        OpKind::Call { args, .. } => {
            let wraps_unit = |&arg: &OpId| *data.ty(arg) == Ty::Tuple([].into());
            // Of `Err(…)` it is not known what success would yield.
            !matches!(data.ty(value).yielded(), Ty::Unknown | Ty::Never) && !args.iter().any(wraps_unit)
        }
        // What is not known is what the function is declared to return.
        _ if *data.ty(value).yielded() == Ty::Unknown && in_no_closure(data, exit) => {
            let signature = cx.tcx.signature(data.def);
            signature.is_some_and(|signature| is_answer(signature.ret.yielded()))
        }
        _ => is_answer(data.ty(value).yielded()) && *data.ty(value) != Ty::Tuple([].into()),
    })
}

/// Whether an operation is in no closure or async block: what it returns from is then the function.
fn in_no_closure(data: &BodyData<'_>, op: OpId) -> bool {
    let mut around = ancestors(data.body, data.body.ops[op.0 as usize].region);
    around.all(|r| !matches!(data.body.regions[r.0 as usize].kind, RegionKind::Closure | RegionKind::Async))
}

/// Whether some way through a branch of a loop leads to its next round.
pub(crate) fn goes_on(data: &BodyData<'_>, region: RegionId, looped: RegionId) -> bool {
    !always_leaves(data, region, looped, 0)
}

fn always_leaves(data: &BodyData<'_>, region: RegionId, looped: RegionId, depth: usize) -> bool {
    let body = data.body;
    let is_direct = |at: RegionId| {
        ancestors(body, at).take_while(|&r| r != region).all(|r| {
            use RegionKind::{Arm, Async, Closure, Loop};
            !matches!(body.regions[r.0 as usize].kind, Arm { .. } | Async | Closure | Loop(_))
        })
    };
    let by_itself =
        ops(data, region).any(|op| leaves_by(data, op, looped) && is_direct(body.ops[op.0 as usize].region));
    if by_itself || depth > MAX_DEPTH {
        return by_itself;
    }
    let own_arms = body.regions.iter().enumerate().filter(|(_, inner)| {
        let is_arm = matches!(inner.kind, RegionKind::Arm { .. });
        is_arm
            && inner.parent.is_some_and(|parent| {
                (parent == region || inside_region(data.body, parent, region)) && is_direct(parent)
            })
    });
    let own_arms: Vec<RegionId> = own_arms.map(|(index, _)| RegionId(index as u32)).collect();
    let mut starts: Vec<OpId> = own_arms.iter().filter_map(|&arm| tested(data, arm)).collect();
    starts.dedup();
    starts.into_iter().any(|value| {
        let arms: Vec<RegionId> = branches_on(data, &own_arms, value);
        covers_all(data, &arms) && arms.iter().all(|&arm| always_leaves(data, arm, looped, depth + 1))
    })
}

/// The value that a branch tests first.
fn tested(data: &BodyData<'_>, arm: RegionId) -> Option<OpId> {
    match &data.body.regions[arm.0 as usize].kind {
        RegionKind::Arm { tests } => tests.first().map(|test| test.value),
        _ => None,
    }
}

/// The branches of the `match` or `if` on a value, with an `else` that has no test of its own.
fn branches_on(data: &BodyData<'_>, arms: &[RegionId], value: OpId) -> Vec<RegionId> {
    let mut found: Vec<RegionId> = Vec::new();
    for &arm in arms {
        let follows = found
            .last()
            .is_some_and(|&last| data.body.regions[last.0 as usize].end == data.body.regions[arm.0 as usize].first);
        if tested(data, arm) == Some(value) || (tested(data, arm).is_none() && follows) {
            found.push(arm);
        }
    }
    found
}

/// Whether one of the branches is always taken: those of a `match`, or of an `if` with an `else`.
fn covers_all(data: &BodyData<'_>, arms: &[RegionId]) -> bool {
    let tests = |arm: &RegionId| match &data.body.regions[arm.0 as usize].kind {
        RegionKind::Arm { tests } => &tests[..],
        _ => &[],
    };
    let first: Vec<Option<&Expect>> = arms.iter().map(|arm| tests(arm).first().map(|t| &t.expect)).collect();
    let otherwise = |e: &Option<&Expect>| {
        matches!(e, None | Some(Expect::False | Expect::Fails(_) | Expect::Matches(PatternHead::Any)))
    };
    let is_match = first.iter().all(|e| matches!(e, Some(Expect::Matches(_))));
    first.len() > 1 && (first.iter().any(otherwise) || is_match)
}

fn leaves_by(data: &BodyData<'_>, op: OpId, looped: RegionId) -> bool {
    match data.kind(op) {
        OpKind::Return(_) | OpKind::Macro { diverges: true, .. } => data.frame(op) == Some(looped),
        OpKind::Break { target, .. } => target.is_none_or(|t| t == looped || !inside(data.body, op, t)),
        _ => false,
    }
}

/// The operations of a region.
pub(crate) fn ops(data: &BodyData<'_>, region: RegionId) -> impl Iterator<Item = OpId> + use<> {
    let region = &data.body.regions[region.0 as usize];
    (region.first.0..region.end.0).map(OpId)
}
