//! Polling consumers: an endless loop that asks for the next piece of work, and pauses exactly where there was none.
//!
//! Such a loop takes work at the rate at which it comes, as one that waits for a queue does. Only what runs where there was
//! work counts by that; what asks, and what follows, runs at least once for each pause.
//!
//! A function can be the loop for its caller: it returns the piece of work, and its caller asks for the next one.

use connlint_catalog::Effect;
use connlint_facts::{ArmTest, Expect, OpId, OpKind, PatternHead, RegionId, RegionKind};

use crate::dataflow::exits::{ends, ops};
use crate::dataflow::kept_answers::POLLS;
use crate::dataflow::loop_kind::{awaits, in_arm, is_endless};
use crate::dataflow::once_patterns::Outcome;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::inside;
use crate::infer::trace_back::{Steps, trace_back};

/// A loop that asks for work and pauses where there is none.
#[derive(Debug)]
pub(crate) struct Polling {
    /// The branches that have a piece of work.
    work: Vec<RegionId>,
    /// The pause in seconds, where the code shows it.
    pub(crate) pause: Option<u64>,
}

impl Polling {
    /// Whether an operation runs only where there is work.
    pub(crate) fn works(&self, cx: BodyCx<'_, '_>, op: OpId) -> bool {
        self.work.iter().any(|&arm| inside(cx.data.body, op, arm))
    }
}

impl BodyCx<'_, '_> {
    /// How a loop polls, if it does and blocks its thread meanwhile: of one that awaits it is known that it waits.
    pub(crate) fn polling(&self, looped: RegionId) -> Option<Polling> {
        if !is_endless(*self, looped) || awaits(self.data, looped) || ends(*self, looped) {
            return None;
        }
        let arms = self.arms_of(looped);
        arms.iter().find_map(|&(idle, tests)| {
            let nothing = tests.iter().find(|test| self.has_work(test) == Some(false))?;
            let asked = self.asked(nothing.value, looped)?;
            let pause = self.pause_in(idle)?;
            let of_same =
                |test: &ArmTest| self.has_work(test) == Some(true) && self.asked(test.value, looped) == Some(asked);
            let work = arms.iter().filter(|(arm, tests)| tests.iter().any(of_same) && self.pause_in(*arm).is_none());
            let work: Vec<RegionId> = work.map(|(arm, _)| *arm).collect();
            (!work.is_empty()).then_some(Polling { work, pause })
        })
    }

    /// Whether each round of a loop begins with a call of a function that polls for it.
    pub(super) fn is_polled_for(&self, looped: RegionId) -> bool {
        let mut calls = self.data.calls_of_frame(looped);
        calls.any(|call| {
            !in_arm(self.data, call.op, looped)
                && self.any_other_callee(call.op, |callee| self.ask(POLLS, callee, 0, |there| there.polls_for_caller()))
        })
    }

    /// Whether a function asks in an endless loop, pauses where there is no work, and returns it where there is.
    fn polls_for_caller(&self) -> bool {
        let body = self.data.body;
        let regions = (0u32..).map(RegionId).zip(&body.regions);
        let mut loops = regions.filter(|(_, region)| matches!(region.kind, RegionKind::Loop(_))).map(|(id, _)| id);
        loops.any(|looped| {
            let work: Vec<RegionId> = self
                .arms_of(looped)
                .into_iter()
                .filter(|(_, tests)| tests.iter().any(|test| self.has_work(test) == Some(true)))
                .map(|(arm, _)| arm)
                .collect();
            let in_work = |op: OpId| work.iter().any(|&arm| inside(body, op, arm));
            let returns = |op: OpId| matches!(self.data.kind(op), OpKind::Return(Some(_))) && in_work(op);
            is_endless(*self, looped)
                && ops(self.data, looped).any(returns)
                && self.sleeps_in(looped).any(|sleep| !in_work(sleep))
        })
    }

    /// The branches of a loop's rounds.
    pub(super) fn arms_of(&self, looped: RegionId) -> Vec<(RegionId, &[ArmTest])> {
        let regions = (0u32..).map(RegionId).zip(&self.data.body.regions);
        let arms = regions.filter_map(|(id, region)| match &region.kind {
            RegionKind::Arm { tests } if self.data.frame_of_region(id) == Some(looped) => Some((id, &tests[..])),
            _ => None,
        });
        arms.collect()
    }

    /// The call of a round whose answer a value is.
    fn asked(&self, value: OpId, looped: RegionId) -> Option<OpId> {
        trace_back(self.data, value, Steps::CONDITION).find(|&op| {
            let asks = matches!(self.data.kind(op), OpKind::Call { .. } | OpKind::MethodCall { .. });
            let of_work = self.data.api(op).is_none();
            asks && of_work && self.data.frame(op) == Some(looped)
        })
    }

    /// Whether there is a piece of work where a test holds. A failure alone says nothing: what failed may be the opening.
    fn has_work(&self, test: &ArmTest) -> Option<bool> {
        match &test.expect {
            Expect::Matches(head) => self.holds_work(head),
            Expect::Fails(head) => self.holds_work(head).map(|work| !work),
            Expect::True | Expect::False => match self.outcome(test)? {
                Outcome::Hit => Some(true),
                Outcome::Miss => Some(false),
            },
        }
    }

    fn holds_work(&self, head: &PatternHead) -> Option<bool> {
        let (path, parts) = match head {
            PatternHead::Variant(path, parts) => (path, parts),
            PatternHead::Or(heads) => {
                let found = |work: bool| heads.iter().any(|head| self.holds_work(head) == Some(work));
                return (found(true) != found(false)).then(|| found(true));
            }
            _ => return None,
        };
        match (path.segments.last().map(|segment| self.text(segment.name))?, &parts[..]) {
            ("Some", _) => Some(true),
            ("None", _) => Some(false),
            ("Ok", [part]) => self.holds_work(part),
            _ => None,
        }
    }

    /// The pause of a branch, in seconds where the code shows it.
    fn pause_in(&self, arm: RegionId) -> Option<Option<u64>> {
        let pause = self.data.call(self.sleeps_in(arm).next()?)?;
        Some(self.seconds(pause.args.first().copied()))
    }

    /// The pauses within a region.
    fn sleeps_in(&self, region: RegionId) -> impl Iterator<Item = OpId> {
        let within = self.data.calls_in(region).iter().map(|call| call.op);
        within.filter(|&call| self.data.api(call).is_some_and(|(api, _)| api.effects.contains(&Effect::Sleep)))
    }
}
