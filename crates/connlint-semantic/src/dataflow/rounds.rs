//! Whether an expression runs in every round of its loop, and in every run of its function, as far as the shape of the body
//! shows.

use connlint_facts::{BinaryOp, LocalId, OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::exits::goes_on;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, inside};
use crate::infer::trace_back::{Steps, trace_back};

impl BodyCx<'_, '_> {
    /// Whether an expression runs only on some rounds of its loop, or some runs of its closure.
    pub(crate) fn is_conditional(&self, op: OpId, frame: Option<RegionId>) -> bool {
        let body = self.data.body;
        ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| Some(r) != frame).any(|r| {
            let region = &body.regions[r.0 as usize];
            let of_loop = region.parent == frame && frame.is_some();
            matches!(&region.kind, RegionKind::Arm { tests } if !tests.is_empty()) && !of_loop
        })
    }

    /// Whether an expression may run again in a later round. It does not where the loop ends with its success or always
    /// after it, where it runs once a buffer is full, or where its branch resets what it tested: a first round, a value
    /// that is made once.
    pub(crate) fn runs_in_later_rounds(&self, op: OpId, looped: RegionId) -> bool {
        let body = self.data.body;
        let is_arm = |r: &RegionId| matches!(body.regions[r.0 as usize].kind, RegionKind::Arm { .. });
        let around = ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| r != looped);
        let mut arms = around.filter(is_arm);
        !self.ends_with_success(op, looped)
            && arms.all(|arm| goes_on(self.data, arm, looped) && !self.is_rare(arm, looped))
    }

    /// Whether a branch runs in few rounds: when a buffer is full, or until it has set what it tests.
    fn is_rare(&self, arm: RegionId, looped: RegionId) -> bool {
        let RegionKind::Arm { tests } = &self.data.body.regions[arm.0 as usize].kind else { return false };
        tests.iter().any(|test| self.measures_buffer(test.value, looped) || self.is_reset(test.value, arm, looped))
    }

    /// `batch.len() >= 500`, `count % 100 == 0`: what is tested grows from round to round.
    fn measures_buffer(&self, test: OpId, looped: RegionId) -> bool {
        let OpKind::Binary { op: BinaryOp::Compare | BinaryOp::Eq, left, right } = self.data.kind(test) else {
            return false;
        };
        [*left, *right].into_iter().any(|side| match self.data.kind(side) {
            OpKind::MethodCall { recv, name, .. } if self.text(*name) == "len" => {
                self.outer_local(*recv, looped).is_some()
            }
            OpKind::Binary { op: BinaryOp::Arithmetic, left, .. } => self.outer_local(*left, looped).is_some(),
            _ => false,
        })
    }

    /// `if id.is_none() { …; id = Some(…) }`, `if first { …; first = false }`.
    fn is_reset(&self, test: OpId, arm: RegionId, looped: RegionId) -> bool {
        let tested = trace_back(self.data, test, Steps::CONDITION).find_map(|op| self.outer_local(op, looped));
        let assigned = |local: LocalId| {
            self.data.body.ops.iter().enumerate().any(|(index, op)| match op.kind {
                OpKind::Assign { place, .. } => {
                    *self.data.kind(place) == OpKind::Local(local) && inside(self.data.body, OpId(index as u32), arm)
                }
                _ => false,
            })
        };
        tested.is_some_and(assigned)
    }

    /// A `mut` local from outside of a loop, itself or behind a reference.
    fn outer_local(&self, op: OpId, looped: RegionId) -> Option<LocalId> {
        match self.data.kind(op) {
            OpKind::Ref { base, .. } | OpKind::Deref { base } => self.outer_local(*base, looped),
            OpKind::Local(local) => {
                let declared = &self.data.body.locals[local.0 as usize];
                let within = ancestors(self.data.body, declared.scope).any(|r| r == looped);
                (declared.mutable && !within).then_some(*local)
            }
            _ => None,
        }
    }
}
