//! Loops that open again too soon after a failure: nothing between two attempts waits, or for a short time that is the
//! same on all instances, and nothing counts the attempts.

use connlint_catalog::{ApiModel, Effect, Io, Role};
use connlint_facts::{ArmTest, LoopKind, OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::kept_answers::{FAILS_FIRST, OPENS, PAUSES};
use crate::dataflow::loop_kind::is_endless;
use crate::dataflow::once_patterns::Outcome;
use crate::domain::RetryPace;
use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{Sink, ancestors, inside, inside_region};
use crate::infer::trace_back::{Steps, trace_back};
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// A fixed pause of this many milliseconds spreads the attempts enough.
const LONG_MILLIS: u64 = 1000;

/// The branches of a loop that test an opening, or what was made of it.
struct Tested {
    successes: Vec<RegionId>,
    failures: Vec<RegionId>,
    through: Vec<OpId>,
}

impl BodyCx<'_, '_> {
    /// How soon a loop tries an opening again after a failure, if that is too soon: the failure is looked at in the loop
    /// and does not leave it. Each way from a failure to the next attempt counts by itself, be it the opening that failed
    /// or what was done with the connection first; the fastest way decides.
    pub(crate) fn retry_pace(&self, op: OpId, looped: RegionId) -> Option<RetryPace> {
        let tested = self.tested(op, looped);
        let Tested { successes, failures, .. } = &tested;
        if !self.goes_on_failing(looped, failures) || (successes.is_empty() && failures.is_empty()) {
            return None;
        }
        let body = self.data.body;
        let within_success = |r: RegionId| successes.iter().any(|&s| s != r && inside_region(body, r, s));
        let later = failures.iter().filter(|&&r| within_success(r));
        let later = later.filter_map(|&r| self.pace_after_check(r, looped, &tested));
        self.pace_after_opening(looped, &tested, within_success).into_iter().chain(later).min()
    }

    fn tested(&self, op: OpId, looped: RegionId) -> Tested {
        let body = self.data.body;
        let (_, through) = self.data.flow.follow(body, op);
        let (mut successes, mut failures) = (Vec::new(), Vec::new());
        for (index, region) in body.regions.iter().enumerate() {
            let RegionKind::Arm { tests } = &region.kind else { continue };
            let id = RegionId(index as u32);
            let mut of_opening = tests.iter().filter(|t| through.contains(&t.value));
            match of_opening.find_map(|t| self.outcome(t)).filter(|_| inside_region(body, id, looped)) {
                Some(Outcome::Hit) => successes.push(id),
                Some(Outcome::Miss) => failures.push(id),
                None => {}
            }
        }
        Tested { successes, failures, through }
    }

    fn goes_on_failing(&self, looped: RegionId, failures: &[RegionId]) -> bool {
        match self.data.body.regions[looped.0 as usize].kind {
            RegionKind::Loop(LoopKind::Loop | LoopKind::While) => {
                is_endless(*self, looped)
                    || failures.iter().any(|r| self.data.body.regions[r.0 as usize].parent == Some(looped))
            }
            _ => false,
        }
    }

    /// The way round after the opening itself has failed.
    fn pace_after_opening(
        &self,
        looped: RegionId,
        tested: &Tested,
        within_success: impl Fn(RegionId) -> bool,
    ) -> Option<RetryPace> {
        let body = self.data.body;
        let round = &body.regions[looped.0 as usize];
        // `let Ok(c) = connect() else { continue }`: what follows it, only a success reaches.
        let own = tested.failures.iter().filter(|&&r| !within_success(r));
        let end = own.filter_map(|&r| self.goes_round(r)).min().unwrap_or(round.end.0);
        let on_failure = |at: &OpId| !tested.successes.iter().any(|&r| inside(body, *at, r));
        self.pace((round.first.0..end).map(OpId).filter(on_failure), &tested.through)
    }

    /// The way round after the connection was there and the first thing done with it has failed. The check itself is no
    /// pause, unless it waits for a message: that is what the connection is for.
    fn pace_after_check(&self, failure: RegionId, looped: RegionId, tested: &Tested) -> Option<RetryPace> {
        let body = self.data.body;
        let end = self.goes_round(failure)?;
        let checked = tests_of(body, failure).iter().find(|t| tested.through.contains(&t.value))?;
        let check: Vec<OpId> = trace_back(self.data, checked.value, Steps::CHAIN).collect();
        let is_message = |&op: &OpId| {
            self.data.api(op).and_then(|(_, ty)| self.tcx.role_of(ty?.peel_pointers())) == Some(Role::Source)
        };
        // What a failing check alone leads through: no branch that another outcome takes.
        let on_way = |at: &OpId| {
            let mut arms = ancestors(body, body.ops[at.0 as usize].region).take_while(|&r| r != looped);
            arms.all(|arm| tests_of(body, arm).is_empty() || inside_region(body, failure, arm))
        };
        let round = &body.regions[looped.0 as usize];
        let ops = (round.first.0..end).map(OpId).filter(on_way).filter(|at| !check.contains(at));
        let pace = if check.iter().any(is_message) { None } else { self.pace(ops, &[]) };
        pace.map(|pace| if pace == RetryPace::AtOnce { RetryPace::AtOnceAfterUse } else { pace })
    }

    /// The end of a branch that goes straight to the next round.
    fn goes_round(&self, region: RegionId) -> Option<u32> {
        let arm = &self.data.body.regions[region.0 as usize];
        let mut ops = arm.first.0..arm.end.0;
        ops.any(|i| matches!(self.data.kind(OpId(i)), OpKind::Continue { .. })).then_some(arm.end.0)
    }

    /// How soon a way leads to the next attempt, if it does and that is too soon.
    fn pace(&self, ops: impl Iterator<Item = OpId>, through: &[OpId]) -> Option<RetryPace> {
        let mut millis = 0;
        for at in ops {
            if self.leaves_by(at, through) {
                return None;
            }
            match self.sleeps_for(at) {
                Some(pause) => millis += pause,
                None if through.first() == Some(&at) && self.fails_at_once(at) => {}
                None if self.pauses(at) => return None,
                None => {}
            }
        }
        match millis {
            0 => Some(RetryPace::AtOnce),
            _ => (millis < LONG_MILLIS).then_some(RetryPace::Fixed { millis }),
        }
    }

    /// The milliseconds of a sleep that takes the same time in each round.
    fn sleeps_for(&self, at: OpId) -> Option<u64> {
        self.data.api(at).filter(|(api, _)| api.effects.contains(&Effect::Sleep))?;
        self.constant_millis(*self.data.call(at)?.args.first()?)
    }

    /// Whether an operation on the way of a failure ends the loop: so do a count of attempts, `?` and `unwrap()`.
    fn leaves_by(&self, at: OpId, through: &[OpId]) -> bool {
        match self.data.kind(at) {
            OpKind::Return(_) | OpKind::Break { .. } => true,
            OpKind::Try { value } => through.contains(value),
            OpKind::MethodCall { recv, .. } if through.contains(recv) => self.data.api(at).is_some_and(|(api, _)| {
                matches!(&*api.path, "std::result::Result::unwrap" | "std::result::Result::expect")
            }),
            _ => *self.data.ty(at) == Ty::Never && !matches!(self.data.kind(at), OpKind::Continue { .. }),
        }
    }

    /// Whether a call waits for time or for somebody else. What is not known may.
    fn pauses(&self, at: OpId) -> bool {
        let Some(call) = self.data.call(at) else { return false };
        match &call.target {
            Target::Unresolved { .. } => self.data.is_awaited_at_once(at),
            _ => {
                let mut callees = self.data.callees(at);
                waits(*self, at) || callees.any(|def| self.pauses_within(def, 0))
            }
        }
    }

    /// Whether an opening in a function that is called may fail, and leave it, before anything there has waited: whatever
    /// waits comes after the connection is there.
    fn fails_at_once(&self, call: OpId) -> bool {
        self.data.callees(call).any(|def| self.fails_first_in(def, 0))
    }

    fn fails_first_in(&self, def: DefId, depth: usize) -> bool {
        self.ask(FAILS_FIRST, def, depth, |there| there.fails_first_here(depth))
    }

    fn fails_first_here(self, depth: usize) -> bool {
        for at in self.data.body.op_ids() {
            if let OpKind::Try { value } = self.data.kind(at) {
                let mut made = trace_back(self.data, *value, Steps::CHAIN);
                if made.any(|op| self.opens_at(op, depth)) {
                    return true;
                }
            }
            if waits(self, at) || self.any_other_callee(at, |callee| self.pauses_within(callee, depth + 1)) {
                return self.any_other_callee(at, |callee| self.fails_first_in(callee, depth + 1)) && self.is_tried(at);
            }
        }
        false
    }

    /// Whether a failure of a call leaves the function: `?`.
    fn is_tried(&self, call: OpId) -> bool {
        self.any_tried(&self.while_it_may_fail(call).1)
    }

    fn any_tried(&self, values: &[OpId]) -> bool {
        let tries = |&user: &OpId| matches!(self.data.kind(user), OpKind::Try { .. });
        values.iter().any(|&op| self.data.flow.users(op).iter().any(tries))
    }

    /// Whether a failure of a call may be one of the function: it leaves with `?`, is what the function returns, or is told
    /// from a success by a branch.
    pub(crate) fn failure_leaves(&self, call: OpId) -> bool {
        let (sinks, through) = self.while_it_may_fail(call);
        let tested = |test: &ArmTest| through.contains(&test.value);
        let regions = (0..self.data.body.regions.len() as u32).map(RegionId);
        self.any_tried(&through)
            || sinks.iter().any(|sink| matches!(*sink, Sink::Returned(_)))
            || regions.into_iter().any(|region| tests_of(self.data.body, region).iter().any(tested))
    }

    /// Where an outcome goes while it is one. Behind `expect` there is no failure any more: it ends the thread.
    fn while_it_may_fail(&self, call: OpId) -> (Vec<Sink>, Vec<OpId>) {
        let may_fail = |op: OpId| self.data.ty(op).is_unknown() || self.data.ty(op).is_outcome();
        let still_fails = |user: OpId| {
            let recv = self.data.call(user).and_then(|call| call.recv);
            may_fail(user) && recv.is_none_or(may_fail)
        };
        let (mut sinks, mut through) = self.data.flow.follow_if(self.data.body, call, &still_fails);
        sinks.retain(|sink| !matches!(*sink, Sink::Returned(at) if !may_fail(at)));
        through.retain(|&op| may_fail(op));
        (sinks, through)
    }

    /// Whether a call connects at once, itself or below.
    fn opens_at(&self, call: OpId, depth: usize) -> bool {
        let own = self.data.api(call).is_some_and(|(api, _)| api.effects.iter().any(|&effect| connects(api, effect)));
        own || self.any_other_callee(call, |callee| self.opens_within(callee, depth + 1))
    }

    fn opens_within(&self, def: DefId, depth: usize) -> bool {
        self.ask(OPENS, def, depth, |there| there.data.types.calls.iter().any(|call| there.opens_at(call.op, depth)))
    }

    /// Whether an expression is the first of its function that may fail for what somebody else does, and its failure leaves
    /// the function: nothing before it waits.
    pub(crate) fn fails_first(&self, op: OpId, frame: Option<RegionId>) -> bool {
        let calls = self.data.types.calls.iter().map(|call| call.op).filter(|&call| call < op);
        frame.is_none() && self.is_tried(op) && !calls.into_iter().any(|call| self.pauses(call))
    }

    fn pauses_within(&self, def: DefId, depth: usize) -> bool {
        self.ask(PAUSES, def, depth, |there| {
            let below = |call: OpId| there.any_other_callee(call, |callee| there.pauses_within(callee, depth + 1));
            there.data.types.calls.iter().any(|call| waits(there, call.op) || below(call.op))
        })
    }
}

/// Whether an opening makes its connection before it yields, and fails at once where it can't. Pools open on first use, or
/// try again themselves until their time is up.
pub(crate) fn connects(api: &ApiModel, effect: Effect) -> bool {
    effect == Effect::OpenConnection && !matches!(api.io, Some(Io::Lazy | Io::Background))
}

/// Whether a row waits for time, a message or a tick.
fn waits(cx: BodyCx<'_, '_>, op: OpId) -> bool {
    let Some((api, self_ty)) = cx.data.api(op) else { return false };
    let role = self_ty.and_then(|ty| cx.tcx.role_of(ty));
    api.effects.contains(&Effect::Sleep)
        || role == Some(Role::Source)
        || (api.effects.contains(&Effect::AwaitExternal) && !api.effects.iter().any(|e| e.is_opening()))
}

fn tests_of(body: &connlint_facts::Body, region: RegionId) -> &[ArmTest] {
    match &body.regions[region.0 as usize].kind {
        RegionKind::Arm { tests } => tests,
        _ => &[],
    }
}
