//! Connections that no pool has given out, though the program has pools of their driver: a type keeps one for itself, or a
//! function opens one and lends it.

use connlint_catalog::Role;
use connlint_facts::{OpId, OpKind};

use crate::analyses::holding::{HoldAnalysis, HoldSource, HoldSourceKind, is_of_result};
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::def_use::in_closure;
use crate::infer::trace_back::{Steps, trace_until};
use crate::types::ty::Ty;

/// Callers of callers are looked at this deep.
const MAX_DEPTH: usize = 3;

impl<'w> HoldAnalysis<'_, 'w> {
    /// Whether a transaction is begun on such a connection.
    pub(super) fn is_begun_on_own(&self, ix: BodyIx, data: &BodyData<'w>, source: &HoldSource) -> bool {
        let begun_on = data.call(source.op).and_then(|call| call.recv);
        source.kind == HoldSourceKind::OnHeld && begun_on.is_some_and(|on| self.is_own_connection(ix, data, on, 0))
    }

    /// What a pool gives out is behind a guard, so that only a reference to a connection may be one to a pool's.
    fn is_own_connection(&self, ix: BodyIx, data: &BodyData<'w>, on: OpId, depth: usize) -> bool {
        let end = trace_until(data, on, Steps::CHAIN, |op| match data.kind(op) {
            OpKind::MethodCall { recv, .. } => !is_of_result(data.ty(*recv)),
            _ => false,
        });
        let is_connection = |op: OpId| self.tcx.role_of(data.ty(op)) == Some(Role::Connection);
        match data.kind(end) {
            OpKind::Field { base, .. } => {
                let owner = data.ty(*base).peel_refs();
                let is_lent = self.holders.owned(owner).is_some() || self.pooled.lends(owner);
                is_connection(end) && matches!(owner, Ty::Adt(..)) && !is_lent
            }
            OpKind::Param(_) if is_connection(end) => true,
            OpKind::Param(index) if !in_closure(data.body, data.body.ops[end.0 as usize].region) => {
                depth < MAX_DEPTH && self.all_lend_own(ix, *index, depth)
            }
            OpKind::Call { .. } | OpKind::MethodCall { .. } => {
                data.api(end).is_some_and(|(api, _)| api.effects.iter().any(|effect| effect.is_opening()))
            }
            _ => false,
        }
    }

    /// Whether all who call a function hand it such a connection.
    fn all_lend_own(&self, ix: BodyIx, param: u32, depth: usize) -> bool {
        let Some(function) = self.functions.id(ix, None) else { return false };
        let takes_self = self.tcx.defs.takes_self(self.bodies.get(ix).def);
        let calls = self.program.adjacency.calls_into(function).iter();
        let mut shipped =
            calls.filter(|&&call| !self.program.function(self.program.calls[call as usize].from).test_only).peekable();
        let lends_own = |&call: &u32| {
            let (caller, op) = self.search.place_of_call(call);
            let data = self.bodies.get(caller);
            let given = data.call(op).and_then(|call| call.operand(Some(param), takes_self));
            given.is_some_and(|given| self.is_own_connection(caller, data, given, depth + 1))
        };
        shipped.peek().is_some() && shipped.all(lends_own)
    }
}
