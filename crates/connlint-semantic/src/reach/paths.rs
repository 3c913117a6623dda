//! Which functions the entry points reach, and by which paths. Which sites then recur is a query (`reached_sites`).

use std::collections::VecDeque;

use smallvec::SmallVec;

use crate::call_graph::contexts::{Context, Contexts, NOTHING};
use crate::call_graph::graph::CallGraph;
use crate::domain::{CallEdge, Certainty, Condition, EntryId, FunctionId, FunctionKind};
use crate::domain::{FIRST_LOOP, RANKS, rank, rank_of_arm};

#[derive(Clone, Copy, Debug)]
struct ReachVisit {
    /// What is known of the function's parameters on this path.
    context: Context,
    entry: EntryId,
    /// The call that led here and the visit that it is in; `None` at an entry.
    by: Option<(u32, u32)>,
    /// Whether a task was spawned on the way.
    spawned: bool,
}

/// A visited function, the number of the visit, and a call out of it.
type PendingStep = (FunctionId, u32, u32);

/// Calls that wait for their turn: those in arms of loops that count for less than their loop, and uncertain ones.
#[derive(Debug, Default)]
struct LaterCalls {
    calls: Vec<(Order, PendingStep)>,
}

impl LaterCalls {
    fn take(&mut self, wanted: Order) -> Vec<PendingStep> {
        let all = std::mem::take(&mut self.calls);
        let (now, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|&(order, _)| order == wanted);
        self.calls = later;
        now.into_iter().map(|(_, step)| step).collect()
    }
}

/// The shortest paths from all entry points at once.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    visits: Vec<SmallVec<[ReachVisit; 1]>>,
    contexts: Contexts,
    /// Functions that a `main` function runs in its own task, or in a thread that it starts.
    pub(crate) from_main: Vec<bool>,
}

impl Reach {
    /// Visits everything that entry points of each rank reach, better ranks first, each function once for each context.
    ///
    /// What is hardly certain comes after what is: a short path that may not exist must not hide one that does.
    pub(crate) fn of(graph: &CallGraph) -> Self {
        let visits = vec![SmallVec::new(); graph.functions.len()];
        let mut reach = Self { visits, contexts: Contexts::default(), from_main: run_by_main(graph) };
        let mut behind = LaterCalls::default();
        for wanted in orders() {
            let mut queue = VecDeque::new();
            for (from, number, index) in behind.take(wanted) {
                reach.follow(graph, (from, number), index, &mut queue);
            }
            for (index, entry) in graph.entry_points.iter().enumerate() {
                if order(rank(entry), entry.certainty == Certainty::Low) == wanted
                    && reach.visits[entry.function.0 as usize].is_empty()
                    && graph.is_live(entry.function)
                {
                    let entry_id = EntryId(index as u32);
                    let visit = ReachVisit { context: NOTHING, entry: entry_id, by: None, spawned: false };
                    reach.visits[entry.function.0 as usize].push(visit);
                    queue.push_back((entry.function, 0));
                }
            }
            reach.drain(graph, queue, wanted, &mut behind);
        }
        reach
    }

    fn drain(
        &mut self,
        graph: &CallGraph,
        mut queue: VecDeque<(FunctionId, u32)>,
        wanted: Order,
        behind: &mut LaterCalls,
    ) {
        while let Some((at, number)) = queue.pop_front() {
            let starts_here = self.visits[at.0 as usize][number as usize].by.is_none();
            for &index in graph.adjacency.calls_out_of(at) {
                let arm = graph.facts_of_call(index).and_then(|facts| facts.arm).filter(|_| starts_here);
                let (_, doubtful, reached) = wanted;
                let doubtful = doubtful || graph.calls[index as usize].certainty == Certainty::Low;
                let own = order(arm.map(rank_of_arm).unwrap_or_default().max(reached), doubtful);
                if own > wanted {
                    behind.calls.push((own, (at, number, index)));
                } else {
                    self.follow(graph, (at, number), index, &mut queue);
                }
            }
        }
    }

    /// Goes along a call, if it leads anywhere that was not visited.
    fn follow(
        &mut self,
        graph: &CallGraph,
        (at, number): (FunctionId, u32),
        index: u32,
        queue: &mut VecDeque<(FunctionId, u32)>,
    ) {
        let visit = self.visits[at.0 as usize][number as usize];
        let call = &graph.calls[index as usize];
        let facts = graph.facts_of_call(index);
        let stays_out = call.shared.is_some() || graph.function(call.to).test_only;
        let level = self.loops_within_entry(graph, at, visit);
        let once = level.zip(facts).is_some_and(|(level, facts)| facts.once_in.has(level));
        // What a spawned loop does for each message, it does not do for each run of what spawned it.
        let spawned = visit.spawned || call.spawned;
        let on_its_own = spawned && graph.waits[call.to.0 as usize];
        if stays_out
            || once
            || on_its_own
            || !self.contexts.allows(visit.context, &graph.conditions.calls[index as usize].required)
        {
            return;
        }
        let context = self.contexts.behind(graph, visit.context, index);
        let by = Some((index, number));
        if let Some(next) = self.enter(call.to, ReachVisit { context, by, spawned, ..visit }) {
            queue.push_back((call.to, next));
        }
    }

    /// Visits a function, unless it was visited knowing as much or less.
    fn enter(&mut self, to: FunctionId, visit: ReachVisit) -> Option<u32> {
        let visits = &mut self.visits[to.0 as usize];
        // A loop that is an entry point of its own says nothing of what runs the loop.
        let known: SmallVec<[Context; 2]> = visits.iter().filter(|v| v.by.is_some()).map(|v| v.context).collect();
        let context = self.contexts.next_visit(&known, visit.context)?;
        visits.push(ReachVisit { context, ..visit });
        Some(visits.len() as u32 - 1)
    }

    /// How many loops lie between the loop or closure that is the entry point of a visit and the visited one, where they are
    /// one within the other in one function.
    fn loops_within_entry(&self, graph: &CallGraph, mut at: FunctionId, mut visit: ReachVisit) -> Option<usize> {
        let mut level = 0;
        while let Some((call, number)) = visit.by {
            if graph.function(at).kind != FunctionKind::Loop {
                return None;
            }
            at = graph.calls[call as usize].from;
            visit = *self.visits[at.0 as usize].get(number as usize)?;
            level += 1;
        }
        (graph.function(at).kind != FunctionKind::Function).then_some(level)
    }

    /// Whether something in a function may run, as far as is known from where the function is called.
    pub(crate) fn may_run(&self, function: FunctionId, required: &Condition) -> bool {
        let visits = &self.visits[function.0 as usize];
        let contexts = visits.iter().map(|visit| visit.context).chain(visits.is_empty().then_some(NOTHING));
        contexts.into_iter().any(|context| self.contexts.allows(context, required))
    }

    /// The paths to something in a function that runs under a condition, the preferred one first: entry points and the calls
    /// from there, outermost first.
    pub(crate) fn paths<'r>(
        &'r self,
        graph: &'r CallGraph,
        to: FunctionId,
        required: &'r Condition,
    ) -> impl Iterator<Item = (EntryId, Vec<u32>)> + 'r {
        let allowed = self.visits[to.0 as usize].iter().filter(|v| self.contexts.allows(v.context, required));
        allowed.filter_map(|visit| self.back(graph, visit))
    }

    /// The preferred path.
    pub(crate) fn path(&self, graph: &CallGraph, to: FunctionId, required: &Condition) -> Option<(EntryId, Vec<u32>)> {
        self.paths(graph, to, required).next()
    }

    fn back<'r>(&'r self, graph: &CallGraph, mut visit: &'r ReachVisit) -> Option<(EntryId, Vec<u32>)> {
        let mut calls = Vec::new();
        while let Some((call, number)) = visit.by {
            calls.push(call);
            visit = self.visits[graph.calls[call as usize].from.0 as usize].get(number as usize)?;
        }
        calls.reverse();
        Some((visit.entry, calls))
    }
}

/// Where a path comes among all: whether it says no more than that a loop runs it, whether it is hardly certain, its rank.
type Order = (bool, bool, usize);

fn order(rank: usize, doubtful: bool) -> Order {
    (rank >= FIRST_LOOP, doubtful, rank)
}

fn orders() -> Vec<Order> {
    let mut all: Vec<Order> = (0..RANKS).flat_map(|rank| [order(rank, false), order(rank, true)]).collect();
    all.sort_unstable();
    all
}

fn run_by_main(graph: &CallGraph) -> Vec<bool> {
    // A thread that is started once runs once, like what started it.
    let on_thread = |call: &CallEdge| call.blocking_ok && !call.repeated;
    graph.reachable_from(graph.mains.iter().copied(), |call| !call.spawned || on_thread(call))
}
