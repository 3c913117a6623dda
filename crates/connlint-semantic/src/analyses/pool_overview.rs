//! The pools of a program, and the calls that take a connection from each.

use std::collections::BTreeSet;

use connlint_facts::Span;

use crate::domain::FunctionId;
use crate::infer::bodies::{Bodies, crate_of};
use crate::names::marks::span_of;
use crate::pools::{BuiltPools, PoolLimit, PoolUses};
use crate::types::context::TypeContext;
use crate::types::display::show;

/// A pool that the program builds.
#[derive(Clone, Debug)]
pub struct PoolOverview {
    /// The expression that builds it.
    pub built_at: Span,
    /// The function that holds the expression.
    pub function: Option<FunctionId>,
    /// Its type, as people write it.
    pub ty: String,
    /// Whether the place runs more than once: a helper that several callers use, a loop over shards.
    pub repeated: bool,
    /// How many connections it opens at most, where that is known.
    pub limit: Option<PoolLimit>,
    /// The calls that take a connection from it, in order of body and position.
    pub takes: Vec<PoolTake>,
}

/// A call that takes a connection from a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolTake {
    /// The call.
    pub span: Span,
    /// How many pools of that type the process builds: it takes from one of them.
    pub candidates: usize,
}

/// All pools outside tests, in order of body and position. A query that is generic over pool and connection takes from
/// none of them here: what it runs on is the callers' business.
pub(crate) fn overview(
    tcx: &TypeContext<'_>,
    bodies: &Bodies<'_>,
    built: &BuiltPools,
    uses: &PoolUses,
) -> Vec<PoolOverview> {
    let one = |pool: crate::pools::BuiltPool<'_>| PoolOverview {
        built_at: pool.span.clone(),
        function: pool.function,
        ty: show(tcx, pool.ty),
        repeated: pool.repeated,
        limit: pool.limit.cloned(),
        takes: Vec::new(),
    };
    let mut pools: Vec<PoolOverview> = built.all().map(one).collect();
    for used in uses.list.iter().filter(|used| !used.if_pool) {
        let data = bodies.get(used.body);
        let found = built.candidates(crate_of(tcx, data), &used.ty);
        let span = span_of(tcx, data.def, data.body.ops[used.op.0 as usize].range);
        // A file that is part of several crates has each pool once.
        let candidates = found.iter().map(|&index| &pools[index].built_at).collect::<BTreeSet<&Span>>().len();
        for &index in &found {
            pools[index].takes.push(PoolTake { span: span.clone(), candidates });
        }
    }
    pools
}
