//! Streams of rows: a query that is given a pool and yields its rows one by one keeps a connection until the last one.

use connlint_catalog::Effect;
use connlint_facts::{OpId, OpKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::trace_back::{Steps, trace_all};
use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::roles::{ANY_STREAM, pool_type};
use crate::types::ty::Ty;

use super::holders::{Held, Holders};

/// Functions that return what another one made are looked into this deep.
const MAX_DEPTH: usize = 3;

impl<'w> Holders<'_, 'w> {
    /// What a stream keeps for as long as it lives: what it was made of, or the connection that its rows come over.
    pub(super) fn streamed(&self, data: &BodyData<'_>, at: OpId, took: Option<Held>) -> Option<Held> {
        if !is_stream(data.ty(at)) {
            return None;
        }
        took.or_else(|| self.begins_rows(data, at).then_some(Held::PooledConnection))
    }

    fn begins_rows(&self, data: &BodyData<'_>, at: OpId) -> bool {
        queries_pool(self.tcx, data, at) || made_by(data, at).any(|def| self.row_streams.contains(&def))
    }

    /// The functions of the workspace that return such a stream.
    pub(super) fn find_row_streams(&mut self, bodies: &Bodies<'w>) {
        let returned = |data: &BodyData<'_>| -> FxHashSet<OpId> {
            let of = |result| trace_all(data, result, Steps::STREAM, |op| !is_row_query(data, op));
            data.results().flat_map(of).collect()
        };
        for _ in 0..MAX_DEPTH {
            let is_new = |data: &BodyData<'_>| !self.row_streams.contains(&data.def);
            let yields = |data: &BodyData<'_>| {
                returned(data).into_iter().any(|op| is_stream(data.ty(op)) && self.begins_rows(data, op))
            };
            let may = |data: &BodyData<'_>| calls(data).any(|op| is_stream(data.ty(op)) && self.begins_rows(data, op));
            let found: Vec<DefId> = bodies
                .par_indices()
                .map(|ix| bodies.get(ix))
                .filter(|data| is_new(data) && may(data) && yields(data))
                .map(|data| data.def)
                .collect();
            if found.is_empty() {
                return;
            }
            self.row_streams.extend(found);
        }
    }
}

/// Whether a value is a stream, perhaps pinned or boxed, or the answer that has one.
pub(super) fn is_stream(ty: &Ty) -> bool {
    let is_answer = |ty: &Ty| !matches!(ty, Ty::Future(_));
    is_answer(ty) && ty.yielded().peel_pointers().external_path() == Some(ANY_STREAM)
}

fn calls<'d>(data: &'d BodyData<'_>) -> impl Iterator<Item = OpId> + 'd {
    (0u32..).map(OpId).zip(&data.body.ops).filter_map(|(at, op)| {
        matches!(op.kind, OpKind::Call { .. } | OpKind::MethodCall { .. } | OpKind::Await { .. }).then_some(at)
    })
}

/// The call whose answer an operation is.
fn asked(data: &BodyData<'_>, at: OpId) -> OpId {
    match data.kind(at) {
        OpKind::Await { future } => *future,
        _ => at,
    }
}

fn is_row_query(data: &BodyData<'_>, at: OpId) -> bool {
    data.api(at).is_some_and(|(api, _)| api.effects.contains(&Effect::Query))
}

/// Whether a call is a query that is given a pool.
fn queries_pool(tcx: &TypeContext<'_>, data: &BodyData<'_>, at: OpId) -> bool {
    let call = asked(data, at);
    let Some((api, _)) = data.api(call).filter(|_| is_row_query(data, call)) else { return false };
    let Some(called) = data.call(call) else { return false };
    called.executor(api).or(called.recv).is_some_and(|operand| pool_type(tcx, data.ty(operand)).is_some())
}

fn made_by<'d>(data: &'d BodyData<'_>, at: OpId) -> impl Iterator<Item = DefId> + 'd {
    data.callees(asked(data, at))
}
