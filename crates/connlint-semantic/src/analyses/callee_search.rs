//! What a call runs below itself while its caller waits: the acquires and waits that it reaches, by the shortest path.

use std::collections::VecDeque;

use connlint_catalog::{ApiModel, Effect};
use connlint_facts::{OpId, OpKind, RegionKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::Functions;
use crate::call_graph::contexts::{Context, Contexts, NOTHING};
use crate::call_graph::function_values::FunctionValues;
use crate::call_graph::graph::CallGraph;
use crate::domain::{Certainty, Condition, FunctionId, FunctionKind, Shared};
use crate::infer::bodies::{Bodies, BodyIx};
use crate::infer::body_cx::{BodyCx, Inferred};
use crate::infer::def_use::{Sink, ancestors, inside};
use crate::live_ranges::{HandleUse, Statement};
use crate::types::context::TypeContext;

/// Calls are followed this deep, and this many functions are looked at: what lies further is somebody else's decision.
const MAX_DEPTH: usize = 10;
const MAX_FUNCTIONS: usize = 400;

/// An index of what functions do, for questions about one call.
pub(crate) struct Search<'a, 'w> {
    program: &'a CallGraph,
    tcx: &'a TypeContext<'w>,
    bodies: &'a Bodies<'w>,
    values: &'a FunctionValues,
    functions: &'a Functions,
    /// Where each call stands.
    pub(crate) call_ops: &'a [(BodyIx, OpId)],
    /// The calls, in order of where they are.
    by_place: Vec<u32>,
    acquires: Reaching,
    awaits: Reaching,
    blocks: Reaching,
    /// What each function does with handles, itself or in what it calls.
    uses: Vec<HandleUse>,
}

/// What the search looks at in bodies.
type SearchInput<'a, 'w> = (&'a TypeContext<'w>, &'a Bodies<'w>, &'a FunctionValues, &'a Functions);

/// What functions have of something, and which functions reach any.
#[derive(Default)]
pub(crate) struct Reaching {
    of: FxHashMap<FunctionId, Vec<(u32, OpId)>>,
    reaches: Vec<bool>,
}

/// What a walk looks for.
#[derive(Clone, Copy)]
struct Sought<'r> {
    /// Wherever it runs.
    anywhere: &'r Reaching,
    /// Only in blocking tasks: where an async function blocks its worker, another question is asked.
    in_blocking_tasks: Option<&'r Reaching>,
    /// Whether the first call is made by a task of its own.
    of_task: bool,
}

impl<'r> Sought<'r> {
    fn anywhere(what: &'r Reaching) -> Self {
        Self { anywhere: what, in_blocking_tasks: None, of_task: false }
    }

    /// Whether a function reaches any of it: a blocking task may begin below as well.
    fn reaches(self, function: FunctionId) -> bool {
        let at = function.0 as usize;
        self.anywhere.reaches[at] || self.in_blocking_tasks.is_some_and(|blocks| blocks.reaches[at])
    }

    fn of(self, function: FunctionId, in_task: bool) -> impl Iterator<Item = (u32, OpId)> + 'r {
        let blocks = self.in_blocking_tasks.filter(|_| in_task);
        let lists = [Some(self.anywhere), blocks].into_iter().flatten();
        lists.filter_map(move |list| list.of.get(&function)).flatten().copied()
    }
}

/// A way down from a call.
struct SearchPath {
    /// The calls on it, as indices into [`CallGraph::calls`].
    path: Vec<u32>,
    /// What is known of the last callee's parameters.
    context: Context,
    /// Whether a future that the last callee only builds is polled by its caller.
    polled: bool,
    /// Whether it runs in a blocking task that the caller awaits.
    in_task: bool,
}

/// What the index is built from: things by number with the function that holds them.
#[derive(Default)]
pub(crate) struct SearchIndex {
    /// Pool uses, and where each is in its body.
    pub(crate) acquires: Vec<(FunctionId, u32, OpId)>,
    /// Sites that wait for something outside, and where each is in its body.
    pub(crate) awaits: Vec<(FunctionId, u32, OpId)>,
    /// Sites that keep their thread waiting, and where each is in its body.
    pub(crate) blocks: Vec<(FunctionId, u32, OpId)>,
    /// What functions do with handles by rows of the catalog.
    pub(crate) uses: Vec<(FunctionId, HandleUse)>,
}

impl<'a, 'w> Search<'a, 'w> {
    pub(crate) fn new(
        (tcx, bodies, values, functions): SearchInput<'a, 'w>,
        program: &'a CallGraph,
        call_ops: &'a [(BodyIx, OpId)],
        index: SearchIndex,
    ) -> Self {
        let mut by_place: Vec<u32> = (0..call_ops.len() as u32).collect();
        // Stable, so calls of one place keep their order.
        by_place.sort_by_key(|&call| call_ops[call as usize]);
        Self {
            program,
            tcx,
            bodies,
            values,
            functions,
            call_ops,
            by_place,
            acquires: Reaching::of(program, &index.acquires),
            awaits: Reaching::of(program, &index.awaits),
            blocks: Reaching::of(program, &index.blocks),
            uses: uses_below(program, &index.uses),
        }
    }

    /// The pool uses that a call reaches, each with the calls on the way.
    pub(crate) fn acquires(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, Sought::anywhere(&self.acquires))
    }

    /// The same for a call that a task of its own makes.
    pub(crate) fn acquires_of_task(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, Sought { of_task: true, ..Sought::anywhere(&self.acquires) })
    }

    /// The sites of waiting that a call reaches.
    pub(crate) fn awaits(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, self.waiting())
    }

    /// The same for a call that a task of its own makes.
    pub(crate) fn awaits_of_task(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.reachable_below(body, op, Sought { of_task: true, ..self.waiting() })
    }

    /// Whether a call runs something that keeps its thread waiting.
    pub(crate) fn may_block(&self, body: BodyIx, op: OpId) -> bool {
        self.calls_at(body, op).iter().any(|&call| self.follows(call, Sought::anywhere(&self.blocks)))
    }

    fn waiting(&self) -> Sought<'_> {
        Sought { in_blocking_tasks: Some(&self.blocks), ..Sought::anywhere(&self.awaits) }
    }

    /// The calls that an operation makes.
    fn calls_at(&self, body: BodyIx, op: OpId) -> &[u32] {
        let (place, ops) = ((body, op), self.call_ops);
        let first = self.by_place.partition_point(|&call| ops[call as usize] < place);
        let from = self.by_place.get(first..).unwrap_or_default();
        from.split_at(from.partition_point(|&call| ops[call as usize] == place)).0
    }

    /// Where each call of the program stands.
    pub(crate) fn call_ops(&self) -> &'a [(BodyIx, OpId)] {
        self.call_ops
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
        for &call in self.calls_at(body, op) {
            let to = self.program.calls[call as usize].to;
            if self.program.function(to).kind != FunctionKind::Loop {
                found = found.or(self.uses[to.0 as usize]);
            }
        }
        found
    }

    fn reachable_below(&self, body: BodyIx, op: OpId, what: Sought<'_>) -> Vec<(u32, Vec<u32>)> {
        let mut walk = Walk::default();
        for &call in self.calls_at(body, op) {
            // Loops of the same body are walked where they are.
            let kind = self.program.function(self.program.calls[call as usize].to).kind;
            let follows = self.follows(call, what) || (what.of_task && self.follows_task(call, what));
            if kind != FunctionKind::Loop && follows {
                let polled = match kind {
                    _ if what.of_task => true,
                    FunctionKind::Function => self.is_polled_at_once(body, op),
                    _ => self.is_polled(body, op),
                };
                let in_task = self.awaits_blocking_task(call);
                let start = SearchPath { path: Vec::new(), context: NOTHING, polled, in_task };
                walk.enter(self.program, &start, call);
            }
        }
        let mut found: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        while let Some(way) = walk.queue.pop_front() {
            let Some(&last) = way.path.last() else { continue };
            let at = self.program.calls[last as usize].to;
            let runs = |op: OpId| !self.is_deferred(at, op, way.polled);
            for (item, op) in what.of(at, way.in_task).filter(|&(_, op)| runs(op)) {
                if walk.contexts.allows(way.context, &self.condition(at, op)) && seen.insert(item) {
                    found.push((item, way.path.clone()));
                }
            }
            if way.path.len() < MAX_DEPTH {
                self.step(&mut walk, &way, at, what);
            }
        }
        found
    }

    /// Goes on to what a function calls.
    fn step(&self, walk: &mut Walk, way: &SearchPath, at: FunctionId, what: Sought<'_>) {
        for &call in self.program.adjacency.calls_out_of(at) {
            let (home, op) = self.call_ops[call as usize];
            let condition = &self.program.conditions.calls[call as usize].required;
            let runs = || walk.contexts.allows(way.context, condition) && !self.is_deferred(at, op, way.polled);
            if walk.count >= MAX_FUNCTIONS || !self.follows(call, what) || !runs() {
                continue;
            }
            let target = self.program.function(self.program.calls[call as usize].to);
            let polled = match target.kind {
                FunctionKind::Loop => way.polled,
                _ => self.is_polled(home, op) || (way.polled && self.is_handed_on(at, op)),
            };
            // An async function that is only called builds its future.
            let builds = target.is_async && target.kind == FunctionKind::Function;
            if polled || way.polled || !builds {
                let in_task = way.in_task || self.awaits_blocking_task(call);
                let to = SearchPath { path: way.path.clone(), context: way.context, polled, in_task };
                walk.enter(self.program, &to, call);
            }
        }
    }

    /// What must hold in the function that makes the first call of a path for the path's end to run.
    pub(crate) fn required_on(&self, path: &[u32], end: Option<OpId>) -> Condition {
        let (Some(&last), Some(end)) = (path.last(), end) else { return Condition::ALWAYS };
        let condition = self.condition(self.program.calls[last as usize].to, end);
        path.iter().rev().fold(condition, |behind, &call| self.program.before_call(call, &behind))
    }

    /// Where a site of waiting is in its body.
    pub(crate) fn wait_op(&self, site: u32) -> Option<OpId> {
        let function = self.program.sites[site as usize].function;
        let mut of_function =
            [&self.awaits, &self.blocks].into_iter().filter_map(|list| list.of.get(&function)).flatten();
        of_function.find(|&&(number, _)| number == site).map(|&(_, op)| op)
    }

    /// When something in a function runs, as far as constants decide.
    fn condition(&self, function: FunctionId, op: OpId) -> Condition {
        let (ix, frame) = self.functions.origin[function.0 as usize];
        Inferred { tcx: self.tcx, bodies: self.bodies }.body(ix).run_condition(op, frame)
    }

    /// Whether an operation is in an async block that runs in a task of its own, or that its function only builds: then
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

    /// Whether a function yields a future that it makes: whoever polls what it yields polls that.
    fn is_handed_on(&self, function: FunctionId, op: OpId) -> bool {
        let (ix, frame) = self.functions.origin[function.0 as usize];
        let data = self.bodies.get(ix);
        let (sinks, through) = data.flow.follow(data.body, op);
        let is_tail =
            || frame.and_then(|frame| data.value_of_region.get(&frame)).is_some_and(|of| through.contains(of));
        sinks.iter().any(|sink| matches!(*sink, Sink::Returned(at) if data.frame(at) == frame)) || is_tail()
    }

    /// Whether an operation is in an async block that runs in a task of its own, and another one outside of it.
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
    fn follows(&self, call: u32, what: Sought<'_>) -> bool {
        let edge = &self.program.calls[call as usize];
        !edge.spawned && self.follows_task(call, what)
    }

    /// Whether a call starts a blocking task that the same expression awaits.
    fn awaits_blocking_task(&self, call: u32) -> bool {
        let (home, op) = self.call_ops[call as usize];
        self.program.calls[call as usize].blocking_ok && self.is_polled_at_once(home, op)
    }

    fn follows_task(&self, call: u32, what: Sought<'_>) -> bool {
        let edge = &self.program.calls[call as usize];
        what.reaches(edge.to)
            && edge.shared.is_none_or(Shared::still_waits)
            && edge.certainty > Certainty::Low
            && !self.program.function(edge.to).test_only
    }
}

/// A walk down from one call, each function once for each context.
#[derive(Default)]
struct Walk {
    contexts: Contexts,
    seen: FxHashMap<(FunctionId, bool), Vec<Context>>,
    count: usize,
    queue: VecDeque<SearchPath>,
}

impl Walk {
    /// Goes into the callee of a call that stands at the end of a path, and runs as the path says.
    fn enter(&mut self, program: &CallGraph, to: &SearchPath, call: u32) {
        let context = self.contexts.behind(program, to.context, call);
        let seen = self.seen.entry((program.calls[call as usize].to, to.in_task)).or_default();
        let Some(context) = self.contexts.next_visit(seen, context) else { return };
        seen.push(context);
        self.count += 1;
        let path = [&to.path[..], &[call]].concat();
        self.queue.push_back(SearchPath { path, context, polled: to.polled, in_task: to.in_task });
    }
}

impl Reaching {
    fn of(program: &CallGraph, items: &[(FunctionId, u32, OpId)]) -> Self {
        let mut of: FxHashMap<FunctionId, Vec<(u32, OpId)>> = FxHashMap::default();
        for &(function, item, op) in items {
            of.entry(function).or_default().push((item, op));
        }
        let reaches = reaching(program, items.iter().map(|&(f, ..)| f));
        Self { of, reaches }
    }
}

/// The functions that reach any of some functions without leaving the task.
fn reaching(program: &CallGraph, targets: impl Iterator<Item = FunctionId>) -> Vec<bool> {
    program.reaching(targets, |call| !call.spawned && call.shared.is_none_or(Shared::still_waits))
}

/// For each function what it does with handles, itself or in what it calls without leaving the task.
fn uses_below(program: &CallGraph, uses: &[(FunctionId, HandleUse)]) -> Vec<HandleUse> {
    let reaching_any =
        |does: fn(&HandleUse) -> bool| reaching(program, uses.iter().filter(|(_, used)| does(used)).map(|&(f, _)| f));
    let (writes, finishes) = (reaching_any(|used| used.writes), reaching_any(|used| used.finishes));
    let commits = reaching_any(|used| used.commits);
    let of_function = |f: usize| HandleUse { writes: writes[f], finishes: finishes[f], commits: commits[f] };
    (0..program.functions.len()).map(of_function).collect()
}

/// What a row of the catalog does with the handle that it works on.
pub(crate) fn api_use(cx: BodyCx<'_, '_>, op: OpId, api: &ApiModel) -> HandleUse {
    let finishes = api.effects.iter().any(|e| matches!(e, Effect::Commit | Effect::Rollback));
    let queries = api.effects.iter().any(|e| matches!(e, Effect::Query | Effect::Write));
    let commits = api.effects.contains(&Effect::Commit);
    if !queries || finishes {
        return HandleUse { writes: false, finishes, commits };
    }
    let writes = match cx.statement(op) {
        Some(known) => known == Statement::Writes,
        None => api.effects.contains(&Effect::Write),
    };
    HandleUse { writes, finishes, commits }
}
