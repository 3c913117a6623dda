//! How often one process runs something: once, or in one of several ways of which it takes one.

use connlint_catalog::OnceScope;
use connlint_facts::{CrateId, Expect, OpId, RegionId, RegionKind};

use crate::domain::{CallEdge, FunctionId, Shared};
use crate::infer::bodies::{Bodies, BodyIx, crate_of};
use crate::infer::def_use::ancestors;
use crate::types::context::TypeContext;

use super::wiring::Callers;

/// Callers are followed this far up.
const MAX_CALLERS: usize = 8;
/// So many ways to one operation are compared.
const MAX_CHAINS: usize = 12;

/// Looks at callers.
#[derive(Clone, Copy)]
pub(crate) struct Runs<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) callers: Callers<'a>,
}

/// An operation, and the calls that lead to it from a function that nothing calls.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The operation, then the calls, innermost first.
    pub(crate) at: Vec<(BodyIx, OpId)>,
    /// The calls, innermost first, as indices into [`crate::CallGraph::calls`].
    pub(crate) calls: Vec<u32>,
    /// The function at which it begins.
    pub(crate) top: FunctionId,
    /// Whether something on it runs more than once.
    pub(crate) repeated: bool,
}

impl Runs<'_, '_> {
    /// Whether one process runs an operation at most once, as far as its callers show.
    pub(crate) fn once(&self, body: BodyIx, op: OpId) -> bool {
        self.chains((body, op)).is_some_and(|chains| {
            let alone = |(n, chain): (usize, &Chain)| chains[..n].iter().all(|other| self.exclude(chain, other));
            chains.iter().all(|chain| !chain.repeated) && chains.iter().enumerate().all(alone)
        })
    }

    /// Whether a process that runs one of two operations does not run the other: they are in different programs, or in
    /// arms of which one is taken.
    pub(crate) fn apart(&self, a: (BodyIx, OpId), b: (BodyIx, OpId)) -> bool {
        self.chains(a).zip(self.chains(b)).is_some_and(|(left, right)| self.all_exclude(&left, &right))
    }

    /// Whether a process takes no way of some together with one of others.
    pub(crate) fn all_exclude(&self, left: &[Chain], right: &[Chain]) -> bool {
        left.iter().all(|l| right.iter().all(|r| self.exclude(l, r)))
    }

    fn crate_of_top(&self, chain: &Chain) -> Option<CrateId> {
        chain.at.last().map(|&(body, _)| crate_of(self.tcx, self.bodies.get(body)))
    }

    /// The crate in which all of some ways begin.
    pub(crate) fn sole_crate(&self, chains: &[Chain]) -> Option<CrateId> {
        let first = self.crate_of_top(chains.first()?)?;
        chains.iter().all(|chain| self.crate_of_top(chain) == Some(first)).then_some(first)
    }

    /// Whether a way goes through an arm of a decision: no other way excludes one that does not, in the same process.
    pub(crate) fn is_decided(&self, chain: &Chain) -> bool {
        chain.at.iter().any(|&(body, op)| {
            let body = self.bodies.get(body).body;
            let mut around = ancestors(body, body.ops[op.0 as usize].region);
            around.any(|region| matches!(body.regions[region.0 as usize].kind, RegionKind::Arm { .. }))
        })
    }

    /// Whether a process takes at most one of two ways.
    pub(crate) fn exclude(&self, a: &Chain, b: &Chain) -> bool {
        let arms = a.at.iter().any(|&x| b.at.iter().any(|&y| x.0 == y.0 && self.in_other_arm(x.0, x.1, y.1)));
        arms || self.crate_of_top(a).zip(self.crate_of_top(b)).is_some_and(|(a, b)| !self.tcx.processes.share(a, b))
    }

    /// An operation without the calls that lead to it.
    pub(crate) fn start(&self, at: (BodyIx, OpId), function: FunctionId) -> Chain {
        Chain { at: vec![at], calls: Vec::new(), top: function, repeated: false }
    }

    /// The chains of calls that lead to an operation; `None` if there are too many.
    pub(crate) fn chains(&self, at: (BodyIx, OpId)) -> Option<Vec<Chain>> {
        self.chains_up_to(at, |_| false)
    }

    /// The same, where a chain also ends before a call that keeps what the chain makes for the whole process: who else
    /// gets there, gets that.
    pub(crate) fn chains_to_kept(&self, at: (BodyIx, OpId)) -> Option<Vec<Chain>> {
        let keeps = |call: &CallEdge| matches!(call.shared, Some(Shared::Once(OnceScope::Process | OnceScope::Racy)));
        self.chains_up_to(at, keeps)
    }

    fn chains_up_to(&self, (body, op): (BodyIx, OpId), ends: impl Fn(&CallEdge) -> bool) -> Option<Vec<Chain>> {
        let function = self.callers.functions.id(body, self.bodies.get(body).frame(op))?;
        let mut found = Vec::new();
        let start = self.start((body, op), function);
        let mut open = vec![start];
        while let Some(chain) = open.pop() {
            let mut calls = self.calls_into(chain.top);
            if calls.iter().any(|&call| ends(self.edge(call))) {
                calls.clear();
            }
            if calls.is_empty() {
                found.push(chain);
            } else if chain.at.len() > MAX_CALLERS || found.len() + open.len() + calls.len() > MAX_CHAINS {
                return None;
            } else {
                open.extend(calls.into_iter().filter_map(|call| self.behind(&chain, call)));
            }
        }
        Some(found)
    }

    /// A chain that goes on at a call.
    fn behind(&self, chain: &Chain, call: u32) -> Option<Chain> {
        let edge = self.edge(call);
        let kept = matches!(edge.shared, Some(Shared::Once(_) | Shared::Cache));
        let at = [&chain.at[..], &[*self.callers.call_ops.get(call as usize)?]].concat();
        let calls = [&chain.calls[..], &[call]].concat();
        Some(Chain { at, calls, top: edge.from, repeated: !kept && (chain.repeated || edge.repeated) })
    }

    /// The calls that run a function, by code that some program runs outside tests.
    fn calls_into(&self, function: FunctionId) -> Vec<u32> {
        let program = self.callers.program;
        let calls = program.adjacency.calls_into(function).iter().copied();
        calls
            .filter(|&call| !program.function(self.edge(call).from).test_only && self.edge(call).from != function)
            .collect()
    }

    fn edge(&self, call: u32) -> &CallEdge {
        &self.callers.program.calls[call as usize]
    }

    /// Whether two operations of a body are in different arms of one decision.
    fn in_other_arm(&self, body: BodyIx, a: OpId, b: OpId) -> bool {
        let body = self.bodies.get(body).body;
        let around = |op: OpId| -> Vec<RegionId> { ancestors(body, body.ops[op.0 as usize].region).collect() };
        let (of_a, of_b) = (around(a), around(b));
        let Some(at) = of_a.iter().position(|region| of_b.contains(region)) else { return false };
        let Some(other) = of_b.iter().position(|region| *region == of_a[at]) else { return false };
        let arm = |chain: &[RegionId], at: usize| {
            let region = *chain.get(at.checked_sub(1)?)?;
            match &body.regions[region.0 as usize].kind {
                RegionKind::Arm { tests } => Some(tests),
                _ => None,
            }
        };
        let (Some(left), Some(right)) = (arm(&of_a, at), arm(&of_b, other)) else { return false };
        let fails = |expect: &Expect| matches!(expect, Expect::False | Expect::Fails(_));
        // Of the arms of `select!`, which test nothing, several run in turn.
        left.iter().any(|l| right.iter().any(|r| l.value == r.value && (l.expect != r.expect || fails(&l.expect))))
    }
}
