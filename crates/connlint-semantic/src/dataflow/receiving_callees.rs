//! Functions that receive for their caller: `while let Some(message) = consumer.read().await`, where `read` awaits a queue
//! that lies in `self` and returns what it yields.
//!
//! A reply is none: who sends first, or waits on a channel that was made for the answer, receives for itself.

use connlint_catalog::{Effect, Role};
use connlint_facts::{OpId, OpKind, RegionId};

use crate::dataflow::kept_answers::RECEIVES;
use crate::dataflow::loop_kind::{LoopDriver, in_arm, role};
use crate::infer::bodies::BodyData;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::in_closure;
use crate::infer::trace_back::{Root, Steps, root, trace_all};
use crate::types::roles::is_own_channel;

/// What a function receives for its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    pub(crate) driver: LoopDriver,
    /// Whether the program itself sends it.
    pub(crate) own_channel: bool,
}

impl BodyCx<'_, '_> {
    /// What drives a loop each round of which begins with a call that receives for it.
    pub(crate) fn received_by_callee(&self, looped: RegionId) -> Option<Received> {
        let data = self.data;
        let mut calls = data.calls_of_frame(looped);
        calls.find_map(|call| {
            let first = || !in_arm(data, call.op, looped) && !self.waits_before(call.op, Some(looped));
            self.sole_callee(call.op).filter(|_| first()).and_then(|callee| callee.receives_for_caller(0))
        })
    }

    /// What a function waits for first, if that lies in what it was given and is what it returns. Most functions receive
    /// nothing: that much is kept.
    fn receives_for_caller(&self, depth: usize) -> Option<Received> {
        let receives = self.ask(RECEIVES, self.data.def, depth, |there| there.found_to_receive(depth).is_some());
        if receives { self.found_to_receive(depth) } else { None }
    }

    fn found_to_receive(&self, depth: usize) -> Option<Received> {
        let data = self.data;
        let returned = returned(data);
        let region = |op: OpId| data.body.ops[op.0 as usize].region;
        let given = |op: OpId| matches!(root(data, op), Root::SelfParam | Root::Param(_));
        data.types.calls.iter().find_map(|call| {
            let source = call.recv.or(call.args.first().copied()).filter(|&source| given(source))?;
            if !returned.contains(&call.op)
                || in_closure(data.body, region(call.op))
                || self.waits_before(call.op, None)
            {
                return None;
            }
            match self.sole_callee(call.op) {
                Some(callee) => callee.receives_for_caller(depth + 1),
                None => self.takes_from(call.op, source),
            }
        })
    }

    /// What a call takes from a source, if it waits for it.
    fn takes_from(&self, call: OpId, source: OpId) -> Option<Received> {
        let (api, self_ty) = self.data.api(call)?;
        let has = |effect: Effect| api.effects.contains(&effect);
        let waits = has(Effect::AwaitExternal) || has(Effect::Block);
        if !waits || role(self.tcx, self_ty?) != Some(Role::Source) {
            return None;
        }
        let driver = match () {
            () if has(Effect::Accept) => LoopDriver::Accepts,
            () if has(Effect::Receive) => LoopDriver::Receives,
            () => return None,
        };
        Some(Received { driver, own_channel: is_own_channel(self.tcx, self.data.ty(source).peel_pointers()) })
    }

    /// Whether anything but a lock is awaited before an operation, in a loop's round or in a function.
    fn waits_before(&self, op: OpId, frame: Option<RegionId>) -> bool {
        let data = self.data;
        let first = frame.map_or(0, |frame| data.body.regions[frame.0 as usize].first.0);
        let is_on_way = |at: OpId| match frame {
            Some(_) => data.frame(at) == frame,
            None => !in_closure(data.body, data.body.ops[at.0 as usize].region),
        };
        (first..op.0).map(OpId).any(|at| {
            matches!(data.kind(at), OpKind::Await { .. })
                && is_on_way(at)
                && self.tcx.role_of(data.ty(at).yielded()) != Some(Role::LockGuard)
        })
    }
}

/// Everything that what a function returns is made of.
fn returned(data: &BodyData<'_>) -> Vec<OpId> {
    let returns = data.body.ops.iter().filter_map(|op| match op.kind {
        OpKind::Return(value) => value,
        _ => None,
    });
    let values = data.body.tail.into_iter().chain(returns);
    values.flat_map(|value| trace_all(data, value, Steps::ALL_SOURCES, |_| true)).collect()
}
