//! Which exits of a loop are orders to stop: a loop that ends only on them has no end of its own.
//!
//! Such an order is what another task, or whoever runs the program, says: a cancellation, a flag, a signal, a channel on
//! which nothing else is sent or which is closed, one from which nobody takes any more what the loop sends. An exit counts
//! as one if any test on the way to it, within the loop, looks at an order.

use connlint_catalog::{Effect, Role};
use connlint_facts::{ArmTest, Expect, LoopKind, OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::exits::goes_on;
use crate::dataflow::loop_kind::role;
use crate::dataflow::once_patterns::Outcome;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, inside_region};
use crate::infer::trace_back::{Steps, trace_back};
use crate::types::roles::is_own_channel;
use crate::types::ty::Ty;

/// Helpers that look at a flag are looked into this deep.
const MAX_DEPTH: usize = 2;

impl BodyCx<'_, '_> {
    /// Whether what leaves a loop does so only because the loop was ordered to stop.
    pub(crate) fn is_ordered_exit(&self, exit: OpId, looped: RegionId) -> bool {
        let body = self.data.body;
        let mut around = ancestors(body, body.ops[exit.0 as usize].region).take_while(|&region| region != looped);
        around.any(|region| match &body.regions[region.0 as usize].kind {
            RegionKind::Arm { tests } if tests.is_empty() => self.awaits_order(region),
            RegionKind::Arm { tests } => tests.iter().any(|test| self.is_order(test)),
            _ => false,
        })
    }

    /// `while !stop.load(…)`: nothing but a flag ends it.
    pub(crate) fn runs_until_flagged(&self, looped: RegionId) -> bool {
        let regions = &self.data.body.regions;
        regions[looped.0 as usize].kind == RegionKind::Loop(LoopKind::While)
            && regions.iter().any(|region| match &region.kind {
                RegionKind::Arm { tests } if region.parent == Some(looped) => {
                    !tests.is_empty() && tests.iter().all(|test| self.reads_flag(test.value, 0))
                }
                _ => false,
            })
    }

    /// Whether a call that takes a message never leads to another round: each way on from what it yields leaves the loop,
    /// or the loop's head asks that nothing came.
    pub(crate) fn only_leaves(&self, take: OpId, looped: RegionId) -> bool {
        let (mut ends, mut goes_round) = (false, false);
        for (number, region) in (0u32..).zip(&self.data.body.regions) {
            let (arm, RegionKind::Arm { tests }) = (RegionId(number), &region.kind) else { continue };
            if !inside_region(self.data.body, arm, looped) {
                continue;
            }
            let missed = |t: &ArmTest| self.outcome(t) == Some(Outcome::Miss);
            let test = tests.iter().find(|t| self.leads_to(t.value, take));
            match test {
                Some(test) if missed(test) => ends |= region.parent == Some(looped),
                None if !tests.is_empty() || !self.awaited(arm).is_some_and(|f| self.leads_to(f, take)) => {}
                _ if goes_on(self.data, arm, looped) => goes_round = true,
                _ => ends = true,
            }
        }
        ends && !goes_round
    }

    fn leads_to(&self, value: OpId, call: OpId) -> bool {
        trace_back(self.data, value, Steps::CONDITION).any(|op| op == call)
    }

    /// The future that an arm of `select!` awaits.
    pub(crate) fn awaited(&self, arm: RegionId) -> Option<OpId> {
        match self.data.kind(self.data.body.regions[arm.0 as usize].first) {
            OpKind::Await { future } => Some(*future),
            _ => None,
        }
    }

    /// Whether an arm of `select!` runs once an order has come.
    fn awaits_order(&self, arm: RegionId) -> bool {
        let Some(future) = self.awaited(arm) else { return false };
        let on_way = || trace_back(self.data, future, Steps::BUILDER);
        if on_way().any(|op| self.hears_order(op)) {
            return true;
        }
        // `_ = &mut stopped` awaits the channel itself.
        let takes = is_own_channel(self.tcx, self.data.ty(future).peel_refs())
            || on_way().any(|op| self.takes_message(op) || self.sole_callee(op).is_some_and(Self::awaits_any_order));
        takes && self.is_bare(self.data.body.regions[arm.0 as usize].first)
    }

    /// Whether a function awaits an order somewhere: `shutdown_signal()`.
    fn awaits_any_order(self) -> bool {
        self.data.types.calls.iter().any(|call| self.hears_order(call.op))
    }

    /// Whether nobody looks at what an `.await` yields, or there is nothing to look at.
    fn is_bare(&self, awaited: OpId) -> bool {
        let unit = Ty::Tuple([].into());
        let users = self.data.flow.users(awaited);
        *self.data.ty(awaited).yielded() == unit
            || users.iter().all(|&user| matches!(self.data.kind(user), OpKind::Discard { .. }))
    }

    /// Whether a test holds only once an order has come: a flag is set, a channel is closed or has something without a
    /// content.
    fn is_order(&self, test: &ArmTest) -> bool {
        if self.reads_flag(test.value, 0) || self.sends_in_vain(test) {
            return true;
        }
        let Some(take) = trace_back(self.data, test.value, Steps::CONDITION).find(|&op| self.takes_message(op)) else {
            return false;
        };
        let Some((api, _)) = self.data.api(take) else { return false };
        let waits = api.effects.iter().any(|effect| matches!(effect, Effect::AwaitExternal | Effect::Block));
        let asks_only = matches!(test.expect, Expect::True | Expect::False);
        match self.outcome(test) {
            // What does not wait, or not for long, may only have come too early.
            Some(Outcome::Miss) => waits && !self.waits_for_a_while(test.value),
            Some(Outcome::Hit) => asks_only || self.is_without_content(take),
            None => false,
        }
    }

    /// Whether a test holds where nobody takes any more what is sent within the program: whoever read it has gone.
    fn sends_in_vain(&self, test: &ArmTest) -> bool {
        self.outcome(test) == Some(Outcome::Miss)
            && trace_back(self.data, test.value, Steps::CONDITION).any(|op| match self.data.kind(op) {
                OpKind::MethodCall { recv, args, .. } => {
                    let channel = self.data.ty(*recv).peel_pointers();
                    !args.is_empty()
                        && is_own_channel(self.tcx, channel)
                        && role(self.tcx, channel) != Some(Role::Source)
                }
                _ => false,
            })
    }

    /// Whether a value is what a flag says: that of another task, or a `bool` behind a lock.
    fn reads_flag(&self, value: OpId, depth: usize) -> bool {
        let in_helper = |inner: Self| {
            let tail = inner.data.body.tail.filter(|_| depth < MAX_DEPTH);
            tail.is_some_and(|tail| inner.reads_flag(tail, depth + 1))
        };
        trace_back(self.data, value, Steps::CONDITION).any(|op| {
            let helper = || self.sole_callee(op).is_some_and(|inner| in_helper(inner) || inner.answers_if_ordered());
            self.hears_order(op) || self.reads_locked_bool(op) || helper()
        })
    }

    /// Whether a function says by a `bool` if an order has come, and asks nothing else:
    /// `match stopped.try_recv() { Err(Empty) => true, _ => false }`.
    fn answers_if_ordered(self) -> bool {
        let calls = &self.data.types.calls;
        let is_order = |op: OpId| self.hears_order(op) || self.takes_message(op) && self.is_without_content(op);
        let asks_nothing = |op: OpId| self.data.api(op).is_some_and(|(api, _)| api.effects.is_empty());
        let returns = self.tcx.signature(self.data.def);
        returns.is_some_and(|signature| self.tcx.is_bool(&signature.ret))
            && calls.iter().any(|call| is_order(call.op))
            && calls.iter().all(|call| is_order(call.op) || asks_nothing(call.op))
    }

    /// Whether what a call takes is only that it came.
    fn is_without_content(&self, take: OpId) -> bool {
        *self.data.ty(take).yielded() == Ty::Tuple([].into())
    }

    fn reads_locked_bool(&self, op: OpId) -> bool {
        let OpKind::Deref { base } = self.data.kind(op) else { return false };
        self.tcx.role_of(self.data.ty(*base)) == Some(Role::LockGuard) && self.is_bool(op)
    }

    /// Whether a call reads or awaits a flag, or a signal of the operating system.
    pub(crate) fn hears_order(&self, op: OpId) -> bool {
        let is_order = |effect: &Effect| matches!(effect, Effect::Flag | Effect::Signal);
        self.data.api(op).is_some_and(|(api, _)| api.effects.iter().any(is_order))
    }

    fn takes_message(&self, op: OpId) -> bool {
        self.data.api(op).is_some_and(|(api, self_ty)| {
            let of_source = self_ty.is_some_and(|ty| role(self.tcx, ty) == Some(Role::Source));
            of_source && api.effects.contains(&Effect::Receive)
        })
    }
}
