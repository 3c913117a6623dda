//! Clients behind a lock: each could send many requests at a time, and the lock lets it send one.

use connlint_catalog::{Effect, Role};
use connlint_facts::{FnItem, OpId, SelfKind};

use crate::analyses::guarded_connections::{MAX_CALLEES, Scan};
use crate::infer::bodies::BodyData;
use crate::infer::def_use::Sink;
use crate::names::defs::DefId;
use crate::names::external_path::ExternalPath;
use crate::types::ty::Ty;

impl<'w> Scan<'_, 'w> {
    /// The type of the client that an owned value is, or that one field of a type of the workspace is.
    pub(super) fn client_in(&self, ty: &Ty) -> Option<ExternalPath> {
        let of_service = |path: &str| {
            let category = self.tcx.catalog.crate_of(path).map(|krate| &*krate.category);
            matches!(category, Some("http" | "rpc" | "cloud"))
        };
        match self.owned(ty, 0, &|path, role| role == Role::Client && of_service(path))? {
            Ty::External(path, _) => Some(*path),
            _ => None,
        }
    }

    /// Whether a client is asked while its lock is held: by a method on it or the request that this begins, or by a method
    /// of the project that changes nothing, so that all could call it at a time.
    pub(super) fn is_asked(&self, data: &BodyData<'w>, locked: OpId) -> bool {
        let keeps = |op: OpId| match data.ty(op) {
            Ty::Ref(_) => true,
            ty => self.is_guard(ty),
        };
        let (sinks, _) = data.flow.follow_if(data.body, locked, &keeps);
        sinks.iter().any(|sink| match *sink {
            Sink::Receiver(op) => self.asks(data, op) || data.callees(op).any(|callee| self.asks_below(callee, 0)),
            _ => false,
        })
    }

    fn asks(&self, data: &BodyData<'w>, op: OpId) -> bool {
        let is_request = |op: &OpId| self.tcx.role_of(data.ty(*op).peel_refs()) == Some(Role::Request);
        let (_, through) = data.flow.follow_if(data.body, op, &|user| is_request(&user));
        let users = through.iter().flat_map(|&op| data.flow.users(op).iter().copied());
        let is_request_sent = |effect| matches!(effect, Effect::Query | Effect::AwaitExternal);
        let mut asking = std::iter::once(op).chain(users.filter(|_| is_request(&op)));
        asking.any(|op| self.has_effect(data, op, is_request_sent))
    }

    fn asks_below(&self, callee: DefId, depth: usize) -> bool {
        let shared = |item: &FnItem| item.self_param.as_ref().is_some_and(|own| own.kind == SelfKind::Ref);
        let is_shared = self.tcx.defs.fn_item(callee).is_some_and(shared);
        let Some(inner) = self.builder.bodies.of(callee).filter(|_| is_shared && depth < MAX_CALLEES) else {
            return false;
        };
        let data = self.builder.bodies.get(inner);
        let below = |op: OpId| data.callees(op).any(|callee| self.asks_below(callee, depth + 1));
        let waits = |op: OpId| self.has_effect(data, op, |effect| effect == Effect::AwaitExternal);
        data.types.calls.iter().any(|call| waits(call.op) || below(call.op))
    }
}
