//! Streams of rows: a query that is given a pool and yields its rows one by one keeps a connection until the last one.

use connlint_catalog::Effect;
use connlint_facts::{OpId, OpKind};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::trace_back::{Steps, trace_all, trace_end};
use crate::names::defs::DefId;
use crate::types::roles::{ANY_STREAM, pool_type};
use crate::types::ty::Ty;

use super::holders::{Held, Holders};

/// Functions that return what another one made are looked into this deep.
const MAX_DEPTH: usize = 3;

/// Over which connection the rows come that a function returns as a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowSource {
    /// One that the function takes from a pool.
    Pool,
    /// What is given as this parameter, a pool or a connection: `fn rows<'a>(db: impl PgExecutor<'a>) -> impl Stream`.
    Parameter(u32),
}

impl<'w> Holders<'_, 'w> {
    /// What a stream keeps for as long as it lives: what it was made of, or the connection that its rows come over.
    pub(super) fn streamed(&self, data: &BodyData<'_>, at: OpId, took: Option<Held>) -> Option<Held> {
        if !is_stream(data.ty(at)) {
            return None;
        }
        took.or_else(|| self.begins_rows(data, at).then_some(Held::PooledConnection))
    }

    fn begins_rows(&self, data: &BodyData<'_>, at: OpId) -> bool {
        self.row_source(data, at) == Some(RowSource::Pool)
    }

    /// Where the rows of a query that a call makes, itself or by a function of the workspace, come from.
    fn row_source(&self, data: &BodyData<'_>, at: OpId) -> Option<RowSource> {
        let call = asked(data, at);
        let asks = queried(data, call).into_iter();
        let made = data.callees(call).filter_map(|def| match self.row_streams.get(&def)? {
            RowSource::Pool => Some(Err(RowSource::Pool)),
            RowSource::Parameter(param) => {
                data.call(call)?.operand(Some(*param), self.tcx.defs.takes_self(def)).map(Ok)
            }
        });
        let of_operand = |operand: OpId| {
            if pool_type(self.tcx, data.ty(operand)).is_some() {
                return Some(RowSource::Pool);
            }
            match data.kind(trace_end(data, operand, Steps::VALUE)) {
                OpKind::Param(index) => Some(RowSource::Parameter(*index)),
                _ => None,
            }
        };
        asks.map(Ok).chain(made).find_map(|found| found.map_or_else(Some, of_operand))
    }

    /// The functions of the workspace that return such a stream.
    pub(super) fn find_row_streams(&mut self, bodies: &Bodies<'w>) {
        let returned = |data: &BodyData<'_>| -> FxHashSet<OpId> {
            let of = |result| trace_all(data, result, Steps::STREAM, |op| !is_row_query(data, op));
            data.results().flat_map(of).collect()
        };
        for _ in 0..MAX_DEPTH {
            let source = |data: &BodyData<'_>, op: OpId| self.row_source(data, op).filter(|_| is_stream(data.ty(op)));
            let found = |data: &BodyData<'_>| {
                calls(data).find_map(|op| source(data, op))?;
                returned(data).into_iter().find_map(|op| source(data, op))
            };
            let found: FxHashMap<DefId, RowSource> = bodies
                .par_indices()
                .map(|ix| bodies.get(ix))
                .filter(|data| !self.row_streams.contains_key(&data.def))
                .filter_map(|data| Some((data.def, found(data)?)))
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

/// What a query is given to run on.
fn queried(data: &BodyData<'_>, call: OpId) -> Option<OpId> {
    let (api, _) = data.api(call).filter(|_| is_row_query(data, call))?;
    let called = data.call(call)?;
    called.executor(api).or(called.recv)
}
