//! How many queries one run of a function issues, on the way through it that issues most.
//!
//! A forward pass over each body, callees first: arms of a branch exclude each other, what leaves early issues nothing
//! more, and a loop over data issues without bound. The sum over the longest way of a structured program is known from
//! the analysis of worst-case execution times, where it is called the tree-based method.

use connlint_catalog::Effect;
use connlint_facts::{OpId, OpKind, RegionId, RegionKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::analyses::collections::sends_query;
use crate::analyses::query_loops::QueryLoop;
use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::dataflow::loop_kind::{Rounds, literal_rounds};
use crate::domain::{CallEdge, FunctionId, FunctionKind, Shared, is_of_services};
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::def_use::{arms_at_head, children};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Calls within calls are followed this deep; what is deeper counts as a number that is not known.
const MAX_DEPTH: usize = 256;

/// A number of queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryCount {
    /// Those that the code shows; of a loop, those of one round unless the number of rounds is written.
    pub least: u64,
    /// A loop over data issues one or more for each item.
    pub unbounded: bool,
    /// A loop or a recursion may issue more, how many the code does not show.
    pub open: bool,
}

impl QueryCount {
    fn plus(self, other: Self) -> Self {
        Self {
            least: self.least.saturating_add(other.least),
            unbounded: self.unbounded || other.unbounded,
            open: self.open || other.open,
        }
    }

    fn rank(self) -> (bool, u64, bool) {
        (self.unbounded, self.least, self.open)
    }

    fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// The queries of one run of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryRun {
    pub(crate) count: QueryCount,
    /// What issues them, in order.
    pub(crate) steps: Vec<QueryStep>,
}

/// What issues queries on a way through a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryStep {
    /// A query, as an index into [`crate::CallGraph::sites`].
    Site(u32),
    /// A call below which there are some, as an index into [`crate::CallGraph::calls`].
    Call { call: u32, rounds: u64 },
    /// The same for each item of a collection that grows with the data.
    EachItem { call: u32 },
}

/// What the analysis looks at.
pub(crate) struct QueryRuns<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    bodies: &'a Bodies<'w>,
    functions: &'a Functions,
    graph: &'a CallGraph,
    call_ops: &'a [(BodyIx, OpId)],
    site_ops: &'a [OpId],
    /// The calls that enter a loop over data which sends queries.
    data_sized: FxHashSet<u32>,
    /// For each function whether queries are issued below it.
    leads: Vec<bool>,
    active: FxHashSet<FunctionId>,
    runs: FxHashMap<FunctionId, QueryRun>,
}

/// The queries of each function that the outside calls, and of those below it.
pub(crate) fn collect<'w>(
    (tcx, bodies, functions): (&TypeContext<'w>, &Bodies<'w>, &Functions),
    graph: &CallGraph,
    (call_ops, site_ops): (&[(BodyIx, OpId)], &[OpId]),
    loops: &[QueryLoop],
) -> FxHashMap<FunctionId, QueryRun> {
    let data_sized = loops.iter().filter_map(|found| found.enters).collect();
    let (leads, active, runs) = (Vec::new(), FxHashSet::default(), FxHashMap::default());
    let mut all = QueryRuns { tcx, bodies, functions, graph, call_ops, site_ops, data_sized, leads, active, runs };
    let issuing = (0..graph.sites.len()).filter(|&site| all.issues(site)).map(|site| graph.sites[site].function);
    all.leads = graph.reaching(issuing.collect::<Vec<_>>(), is_counted);
    for entry in &graph.entry_points {
        all.visit(entry.function, 0);
    }
    all.runs
}

/// Whether a call counts for its caller: what runs once for all, or out of a cache, does not. A miss may come each time.
fn is_counted(call: &CallEdge) -> bool {
    matches!(call.shared, None | Some(Shared::Miss))
}

impl<'w> QueryRuns<'_, 'w> {
    fn issues(&self, site: usize) -> bool {
        let found = &self.graph.sites[site];
        let is_each_time = matches!(found.shared, None | Some(Shared::Miss));
        let krate = self.tcx.catalog.crate_of(&found.krate);
        let of_service = krate.is_some_and(|krate| is_of_services(&krate.category));
        found.effect == Effect::Query && is_each_time && !of_service && {
            let data = self.bodies.get(self.functions.origin[found.function.0 as usize].0);
            let op = self.site_ops[site];
            data.api(op).is_some_and(|(api, _)| sends_query(data, op, api))
        }
    }

    fn follows(&self, call: &CallEdge) -> bool {
        let to = call.to.0 as usize;
        is_counted(call) && self.leads[to] && !self.graph.function(call.to).test_only && !self.graph.waits[to]
    }

    fn visit(&mut self, function: FunctionId, depth: usize) {
        if depth > MAX_DEPTH || !self.leads[function.0 as usize] || self.runs.contains_key(&function) {
            return;
        }
        if !self.active.insert(function) {
            return;
        }
        let graph = self.graph;
        for call in graph.calls_of(function) {
            if self.follows(call) {
                self.visit(call.to, depth + 1);
            }
        }
        let run = self.run(function);
        self.active.remove(&function);
        self.runs.insert(function, run);
    }

    fn run(&self, function: FunctionId) -> QueryRun {
        let (ix, frame) = self.functions.origin[function.0 as usize];
        let data = self.bodies.get(ix);
        let mut walk = Walk::of(data, frame);
        for &call in self.graph.adjacency.calls_out_of(function) {
            let edge = &self.graph.calls[call as usize];
            if self.follows(edge) {
                let part = self.part(call, edge);
                let looped = self.functions.origin[edge.to.0 as usize].1;
                match looped.filter(|_| self.graph.function(edge.to).kind == FunctionKind::Loop) {
                    Some(region) => walk.add_loop(region, part),
                    None => walk.add(self.call_ops[call as usize].1, part, self.is_alternative(edge)),
                }
            }
        }
        for site in self.graph.sites_of(function).filter(|&site| self.issues(site)) {
            let count = QueryCount { least: 1, ..QueryCount::default() };
            walk.add(self.site_ops[site], Part { count, step: QueryStep::Site(site as u32) }, false);
        }
        walk.run()
    }

    /// Of several functions that one call may run, it runs one.
    fn is_alternative(&self, call: &CallEdge) -> bool {
        self.graph.function(call.to).kind == FunctionKind::Function
    }

    /// What a call adds.
    fn part(&self, call: u32, edge: &CallEdge) -> Part {
        let below = self.runs.get(&edge.to).map(|run| run.count);
        // A function that is not done yet calls itself on this way.
        let below = below.unwrap_or(QueryCount { open: true, ..QueryCount::default() });
        if self.data_sized.contains(&call) && below.least > 0 {
            return Part { count: QueryCount { unbounded: true, ..below }, step: QueryStep::EachItem { call } };
        }
        let rounds = match edge.repeated {
            true => self.rounds(edge.to),
            false => Rounds::Exactly(1),
        };
        let more = matches!(rounds, Rounds::AtLeast(_)) && below.least > 0;
        let rounds = rounds.least();
        let count = QueryCount { least: below.least.saturating_mul(rounds), open: below.open || more, ..below };
        Part { count, step: QueryStep::Call { call, rounds } }
    }

    fn rounds(&self, looped: FunctionId) -> Rounds {
        let (ix, region) = self.functions.origin[looped.0 as usize];
        region.map_or(Rounds::AtLeast(1), |region| literal_rounds(self.bodies.get(ix), region))
    }
}

/// Something that issues queries.
#[derive(Clone, Copy, Debug)]
struct Part {
    count: QueryCount,
    step: QueryStep,
}

/// A way through a frame up to some point.
#[derive(Clone, Debug, Default)]
struct Way(QueryRun);

impl Way {
    fn pass(&mut self, part: Part) {
        if !part.count.is_none() {
            self.0.count = self.0.count.plus(part.count);
            self.0.steps.push(part.step);
        }
    }
}

/// The way that issues more; the first of equal ones.
fn larger(a: Option<Way>, b: Option<Way>) -> Option<Way> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0.count.rank() > a.0.count.rank() { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The pass over one function, closure or loop body.
struct Walk<'a, 'w> {
    data: &'a BodyData<'w>,
    frame: RegionId,
    children: Vec<Vec<RegionId>>,
    /// What operations add; of alternatives the one that adds most.
    parts: FxHashMap<OpId, Vec<Part>>,
    loops: FxHashMap<RegionId, Part>,
    /// What leaves the blocks around early.
    blocks: Vec<(RegionId, Option<Way>)>,
    /// The largest way that ended the frame.
    ended: Option<Way>,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn of(data: &'a BodyData<'w>, frame: Option<RegionId>) -> Self {
        let (children, frame) = (children(data.body), frame.unwrap_or(RegionId(0)));
        let (parts, loops) = (FxHashMap::default(), FxHashMap::default());
        Self { data, frame, children, parts, loops, blocks: Vec::new(), ended: None }
    }

    fn add_loop(&mut self, region: RegionId, part: Part) {
        self.loops.insert(region, part);
    }

    fn add(&mut self, op: OpId, part: Part, is_alternative: bool) {
        let parts = self.parts.entry(op).or_default();
        let is_call = |other: &&mut Part| matches!(other.step, QueryStep::Call { .. });
        match parts.iter_mut().find(is_call).filter(|_| is_alternative) {
            Some(other) if other.count.rank() >= part.count.rank() => {}
            Some(other) => *other = part,
            None => parts.push(part),
        }
    }

    fn run(mut self) -> QueryRun {
        let frame = self.frame;
        let end = self.region(frame, Some(Way::default()));
        larger(end, self.ended.take()).map(|way| way.0).unwrap_or_default()
    }

    fn region(&mut self, id: RegionId, mut way: Option<Way>) -> Option<Way> {
        let region = &self.data.body.regions[id.0 as usize];
        let children = self.children[id.0 as usize].clone();
        let (mut child, mut at) = (0, region.first.0);
        loop {
            let first = |child: &RegionId| self.data.body.regions[child.0 as usize].first.0;
            if children.get(child).is_some_and(|child| first(child) == at) {
                let arms = arms_at_head(self.data.body, &children[child..]);
                way = match arms {
                    0 => self.child(children[child], way),
                    arms => self.branch(&children[child..child + arms], way),
                };
                child += arms.max(1);
                at = self.data.body.regions[children[child - 1].0 as usize].end.0;
            } else if at >= region.end.0 {
                return way;
            } else {
                way = way.and_then(|way| self.op(OpId(at), way));
                at += 1;
            }
        }
    }

    fn branch(&mut self, arms: &[RegionId], way: Option<Way>) -> Option<Way> {
        let before = way?;
        // An `if` without `else` may be passed by.
        let mut after = (arms.len() == 1).then(|| before.clone());
        for &arm in arms {
            let left = self.region(arm, Some(before.clone()));
            after = larger(after, left);
        }
        after
    }

    fn child(&mut self, id: RegionId, way: Option<Way>) -> Option<Way> {
        match self.data.body.regions[id.0 as usize].kind {
            RegionKind::Closure => way,
            RegionKind::Loop(_) => {
                let mut way = way?;
                if let Some(&part) = self.loops.get(&id) {
                    way.pass(part);
                }
                Some(way)
            }
            RegionKind::Block { breakable: true } => {
                self.blocks.push((id, None));
                let end = self.region(id, way);
                larger(end, self.blocks.pop().and_then(|(_, left)| left))
            }
            _ => self.region(id, way),
        }
    }

    fn op(&mut self, at: OpId, mut way: Way) -> Option<Way> {
        for part in self.parts.get(&at).into_iter().flatten() {
            way.pass(*part);
        }
        match self.data.kind(at) {
            OpKind::Return(_) => self.end(None, way),
            OpKind::Break { target, .. } | OpKind::Continue { target } => self.end(*target, way),
            OpKind::Macro { diverges: true, .. } => None,
            OpKind::Call { .. } | OpKind::MethodCall { .. } if *self.data.ty(at) == Ty::Never => None,
            _ => Some(way),
        }
    }

    /// A way leaves a block, or this frame: the round of a loop ends by `break` and `continue`.
    fn end(&mut self, target: Option<RegionId>, way: Way) -> Option<Way> {
        let block = target.and_then(|target| self.blocks.iter_mut().find(|(block, _)| *block == target));
        let slot = block.map_or(&mut self.ended, |(_, left)| left);
        *slot = larger(slot.take(), Some(way));
        None
    }
}
