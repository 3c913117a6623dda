//! What a call runs below itself while its caller waits: the acquires and waits that it reaches, by the shortest path.

use std::collections::VecDeque;

use connlint_catalog::{ApiModel, Effect};
use connlint_facts::{OpId, OpKind, RegionKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::Functions;
use crate::call_graph::function_values::FunctionValues;
use crate::call_graph::graph::CallGraph;
use crate::domain::{Certainty, FunctionId, FunctionKind};
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::def_use::{ancestors, inside};
use crate::live_ranges::{HandleUse, Statement, statement};
use crate::types::context::TypeContext;

/// Calls are followed this deep, and this many functions are looked at: what lies further is somebody else's decision.
const MAX_DEPTH: usize = 10;
const MAX_FUNCTIONS: usize = 400;

/// An index of what functions do, for questions about one call.
pub(crate) struct Search<'a, 'w> {
    program: &'a CallGraph,
    bodies: &'a Bodies<'w>,
    values: &'a FunctionValues,
    functions: &'a Functions,
    /// Where each call stands.
    call_ops: &'a [(BodyIx, OpId)],
    /// Calls by where they stand.
    at: FxHashMap<(BodyIx, OpId), Vec<u32>>,
    acquires: Reaching,
    awaits: Reaching,
    writes: Vec<bool>,
    finishes: Vec<bool>,
}

/// What functions have of something, and which functions reach any.
#[derive(Default)]
pub(crate) struct Reaching {
    of: FxHashMap<FunctionId, Vec<(u32, OpId)>>,
    reaches: Vec<bool>,
}

/// A way down from a call.
struct SearchPath {
    /// The calls on it, as indices into [`CallGraph::calls`].
    path: Vec<u32>,
    /// Whether a future that the last callee only builds is polled by its caller.
    polled: bool,
}

/// What the index is built from: things by number with the function that holds them.
#[derive(Default)]
pub(crate) struct SearchIndex {
    /// Pool uses, and where each stands in its body.
    pub(crate) acquires: Vec<(FunctionId, u32, OpId)>,
    /// Sites that wait for something outside, and where each stands in its body.
    pub(crate) awaits: Vec<(FunctionId, u32, OpId)>,
    /// Functions that write.
    pub(crate) writes: Vec<FunctionId>,
    /// Functions that commit or roll back.
    pub(crate) finishes: Vec<FunctionId>,
}

impl<'a, 'w> Search<'a, 'w> {
    pub(crate) fn new(
        program: &'a CallGraph,
        bodies: &'a Bodies<'w>,
        values: &'a FunctionValues,
        functions: &'a Functions,
        call_ops: &'a [(BodyIx, OpId)],
        items: SearchIndex,
    ) -> Self {
        let mut at: FxHashMap<(BodyIx, OpId), Vec<u32>> = FxHashMap::default();
        for (index, &place) in call_ops.iter().enumerate() {
            at.entry(place).or_default().push(index as u32);
        }
        Self {
            program,
            bodies,
            values,
            functions,
            call_ops,
            at,
            acquires: Reaching::of(program, &items.acquires),
            awaits: Reaching::of(program, &items.awaits),
            writes: reaching(program, &items.writes),
            finishes: reaching(program, &items.finishes),
        }
    }

    /// The pool uses that a call reaches, each with the calls on the way.
    pub(crate) fn acquires(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, &self.acquires, false)
    }

    /// The same for a call that a task of its own makes.
    pub(crate) fn acquires_of_task(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, &self.acquires, true)
    }

    /// The sites of waiting that a call reaches.
    pub(crate) fn awaits(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, &self.awaits, false)
    }

    /// Where a call stands.
    pub(crate) fn place_of_call(&self, call: u32) -> (BodyIx, OpId) {
        self.call_ops[call as usize]
    }

    pub(crate) fn certainty(&self, path: &[u32]) -> Certainty {
        path.iter().map(|&c| self.program.calls[c as usize].certainty).min().unwrap_or(Certainty::High)
    }

    /// How an operation uses the handles that go into it: by its row, or by what the functions that it runs do.
    pub(crate) fn handle_use(&self, body: BodyIx, op: OpId, direct: Option<HandleUse>) -> HandleUse {
        let mut found = direct.unwrap_or_default();
        for &call in self.at.get(&(body, op)).into_iter().flatten() {
            let to = self.program.calls[call as usize].to;
            if self.program.function(to).kind != FunctionKind::Loop {
                found.writes |= self.writes[to.0 as usize];
                found.finishes |= self.finishes[to.0 as usize];
            }
        }
        found
    }

    fn reachable_below(&self, body: BodyIx, op: OpId, what: &Reaching, of_task: bool) -> Vec<(u32, Vec<u32>)> {
        let Some(calls) = self.at.get(&(body, op)) else { return Vec::new() };
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut queue: VecDeque<SearchPath> = VecDeque::new();
        for &call in calls {
            // Loops of the same body are walked where they stand.
            let to = self.program.calls[call as usize].to;
            let kind = self.program.function(to).kind;
            let follows = self.follows(call, what) || (of_task && self.follows_task(call, what));
            if kind != FunctionKind::Loop && follows && seen.insert(to) {
                let polled = match kind {
                    _ if of_task => true,
                    FunctionKind::Function => self.is_polled_at_once(body, op),
                    _ => self.is_polled(body, op),
                };
                queue.push_back(SearchPath { path: vec![call], polled });
            }
        }
        let mut found = Vec::new();
        while let Some(way) = queue.pop_front() {
            let Some(&last) = way.path.last() else { continue };
            let at = self.program.calls[last as usize].to;
            let runs = |op: OpId| !self.is_deferred(at, op, way.polled);
            let items = what.of.get(&at).into_iter().flatten().filter(|&&(_, op)| runs(op));
            found.extend(items.map(|&(item, _)| (item, way.path.clone())));
            if way.path.len() >= MAX_DEPTH {
                continue;
            }
            for &call in self.program.adjacency.calls_out_of(at) {
                let (home, op) = self.call_ops[call as usize];
                if seen.len() >= MAX_FUNCTIONS || !self.follows(call, what) || !runs(op) {
                    continue;
                }
                let to = self.program.calls[call as usize].to;
                let target = self.program.function(to);
                let polled = match target.kind {
                    FunctionKind::Loop => way.polled,
                    _ => self.is_polled(home, op),
                };
                // An async function that is only called builds its future.
                let builds = target.is_async && target.kind == FunctionKind::Function;
                if (polled || way.polled || !builds) && seen.insert(to) {
                    let path = [&way.path[..], &[call]].concat();
                    queue.push_back(SearchPath { path, polled });
                }
            }
        }
        found
    }

    /// Whether an operation stands in an async block that runs in a task of its own, or that its function only builds: then
    /// it runs where the future is polled.
    fn is_deferred(&self, function: FunctionId, op: OpId, polled: bool) -> bool {
        let (ix, frame) = self.functions.origin[function.0 as usize];
        let data = self.bodies.get(ix);
        let region = data.body.ops[op.0 as usize].region;
        let around = ancestors(data.body, region).take_while(|&r| Some(r) != frame);
        let mut blocks = around
            .filter(|r| data.body.regions[r.0 as usize].kind == RegionKind::Async)
            .filter_map(|r| data.value_of_region.get(&r).copied());
        let is_run =
            |block: OpId| polled || self.values.futures.contains_key(&(ix, block)) || self.is_polled(ix, block);
        blocks.any(|block| self.values.runs_apart(ix, block) || !is_run(block))
    }

    /// Whether the function that makes a future polls it somewhere.
    fn is_polled(&self, ix: BodyIx, op: OpId) -> bool {
        let data = self.bodies.get(ix);
        let (_, through) = data.flow.follow(data.body, op);
        through.iter().any(|&at| matches!(data.kind(at), OpKind::Await { .. }) && !self.stands_apart(ix, at, op))
    }

    /// Whether an operation stands in an async block that runs in a task of its own, and another one outside of it.
    fn stands_apart(&self, ix: BodyIx, op: OpId, other: OpId) -> bool {
        let data = self.bodies.get(ix);
        let around = ancestors(data.body, data.body.ops[op.0 as usize].region);
        around
            .take_while(|&region| !inside(data.body, other, region))
            .any(|region| data.value_of_region.get(&region).is_some_and(|&block| self.values.runs_apart(ix, block)))
    }

    /// Whether the expression that makes a future polls it, itself or through what it is handed to.
    fn is_polled_at_once(&self, ix: BodyIx, op: OpId) -> bool {
        let data = self.bodies.get(ix);
        let mut seen = vec![op];
        let mut next = 0;
        while next < seen.len() && seen.len() < 64 {
            for &user in data.flow.users(seen[next]) {
                match data.kind(user) {
                    OpKind::Await { .. } => return true,
                    OpKind::Bind { .. } | OpKind::Assign { .. } | OpKind::Return(_) => {}
                    _ if !seen.contains(&user) => seen.push(user),
                    _ => {}
                }
            }
            next += 1;
        }
        false
    }

    /// What runs in a task of its own does not run while the caller waits.
    fn follows(&self, call: u32, what: &Reaching) -> bool {
        let edge = &self.program.calls[call as usize];
        !edge.spawned && self.follows_task(call, what)
    }

    fn follows_task(&self, call: u32, what: &Reaching) -> bool {
        let edge = &self.program.calls[call as usize];
        what.reaches[edge.to.0 as usize]
            && edge.shared.is_none()
            && edge.certainty > Certainty::Low
            && !self.program.function(edge.to).test_only
    }
}

impl Reaching {
    fn of(program: &CallGraph, items: &[(FunctionId, u32, OpId)]) -> Self {
        let mut of: FxHashMap<FunctionId, Vec<(u32, OpId)>> = FxHashMap::default();
        for &(function, item, op) in items {
            of.entry(function).or_default().push((item, op));
        }
        let functions: Vec<FunctionId> = items.iter().map(|&(f, ..)| f).collect();
        Self { of, reaches: reaching(program, &functions) }
    }
}

/// The functions that reach any of some functions without leaving the task.
fn reaching(program: &CallGraph, targets: &[FunctionId]) -> Vec<bool> {
    let mut found = vec![false; program.functions.len()];
    let mut queue: Vec<FunctionId> = targets.to_vec();
    while let Some(at) = queue.pop() {
        if std::mem::replace(&mut found[at.0 as usize], true) {
            continue;
        }
        let callers = program.adjacency.calls_into(at).iter().map(|&c| &program.calls[c as usize]);
        queue.extend(callers.filter(|c| !c.spawned && c.shared.is_none()).map(|c| c.from));
    }
    found
}

/// What a row of the catalog does with the handle that it works on.
pub(crate) fn api_use(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId, api: &ApiModel) -> HandleUse {
    let finishes = api.effects.iter().any(|e| matches!(e, Effect::Commit | Effect::Rollback));
    let queries = api.effects.iter().any(|e| matches!(e, Effect::Query | Effect::Write));
    if !queries || finishes {
        return HandleUse { writes: false, finishes };
    }
    let writes = match statement(tcx, data, op) {
        Some(known) => known == Statement::Writes,
        None => api.effects.contains(&Effect::Write),
    };
    HandleUse { writes, finishes }
}
