//! Loops that open again right after a failure: nothing between two attempts waits, and nothing counts them.

use connlint_catalog::{Effect, Role};
use connlint_facts::{LoopKind, OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::loop_kind::is_while_true;
use crate::dataflow::once_patterns::Outcome;
use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, inside};
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// Helpers are looked into this deep for a pause.
const MAX_DEPTH: usize = 3;

impl BodyCx<'_, '_> {
    /// Whether a loop tries an opening again as soon as it failed: the failure is looked at in the loop, does not leave
    /// it, and nothing on its way round waits.
    pub(crate) fn retries_at_once(&self, op: OpId, looped: RegionId) -> bool {
        let body = self.data.body;
        let (_, through) = self.data.flow.follow(body, op);
        let arms = || {
            body.regions.iter().enumerate().filter_map(|(index, region)| match &region.kind {
                RegionKind::Arm { tests } if inside_region(body, RegionId(index as u32), looped) => {
                    let of_opening = tests.iter().filter(|t| through.contains(&t.value));
                    of_opening.filter_map(|t| self.outcome(t)).next().map(|outcome| (RegionId(index as u32), outcome))
                }
                _ => None,
            })
        };
        let successes: Vec<RegionId> = arms().filter(|(_, o)| *o == Outcome::Hit).map(|(region, _)| region).collect();
        let failures: Vec<RegionId> = arms().filter(|(_, o)| *o == Outcome::Miss).map(|(region, _)| region).collect();
        let endless = match body.regions[looped.0 as usize].kind {
            RegionKind::Loop(LoopKind::Loop) => true,
            RegionKind::Loop(LoopKind::While) => {
                is_while_true(self.data, looped)
                    || failures.iter().any(|r| body.regions[r.0 as usize].parent == Some(looped))
            }
            _ => false,
        };
        if !endless || (successes.is_empty() && failures.is_empty()) {
            return false;
        }
        let round = &body.regions[looped.0 as usize];
        // `let Ok(c) = connect() else { continue }`: what follows it, only a success reaches.
        let goes_round = |r: RegionId| {
            let arm = &body.regions[r.0 as usize];
            let mut ops = arm.first.0..arm.end.0;
            ops.any(|i| matches!(self.data.kind(OpId(i)), OpKind::Continue { .. })).then_some(arm.end.0)
        };
        let own = failures.iter().filter(|&&r| !successes.iter().any(|&s| inside_region(body, r, s)));
        let end = own.filter_map(|&r| goes_round(r)).min().unwrap_or(round.end.0);
        let on_failure = |&at: &OpId| !successes.iter().any(|&r| inside(body, at, r));
        let mut ops = (round.first.0..end).map(OpId).filter(on_failure);
        !ops.any(|at| self.leaves_by(at, &through) || self.pauses(at))
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
            Target::Unresolved { .. } => {
                self.data.flow.users(at).iter().any(|&u| matches!(self.data.kind(u), OpKind::Await { .. }))
            }
            _ => {
                let mut callees = self.data.callees(at);
                waits(*self, at) || callees.any(|def| self.pauses_within(def, 0))
            }
        }
    }

    fn pauses_within(&self, def: DefId, depth: usize) -> bool {
        let Some(ix) = self.bodies.of(def).filter(|_| depth < MAX_DEPTH) else { return false };
        let data = self.bodies.get(ix);
        data.types.calls.iter().any(|call| {
            waits(self.at(data), call.op) || data.callees(call.op).any(|d| d != def && self.pauses_within(d, depth + 1))
        })
    }
}

/// Whether a row waits for time, a message or a tick.
fn waits(cx: BodyCx<'_, '_>, op: OpId) -> bool {
    let Some((api, self_ty)) = cx.data.api(op) else { return false };
    let role = self_ty.and_then(|ty| cx.tcx.role_of(ty));
    api.effects.contains(&Effect::Sleep)
        || role == Some(Role::Source)
        || (api.effects.contains(&Effect::AwaitExternal) && !api.effects.iter().any(|e| e.is_opening()))
}

fn inside_region(body: &connlint_facts::Body, region: RegionId, outer: RegionId) -> bool {
    ancestors(body, region).any(|r| r == outer)
}
