//! Which thread code runs on: a worker of an async runtime, which must not be blocked, or one where blocking is allowed.
//!
//! Async code runs where it is polled: on a worker, unless a thread of its own, or one for blocking work, drives it with
//! `block_on`. Other code runs on its caller's thread, except for closures that are handed to `spawn_blocking` and its
//! like. A closure that goes to code that is not known runs on a thread that is not known.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::call_graph::contexts::{Context, Contexts, NOTHING};
use crate::call_graph::descent::Descent;
use crate::domain::{CallEdge, Certainty, Condition, EffectSite, EntryId, EntryKind, EntryPoint, FunctionId};
use crate::domain::{FunctionKind, RANKS, rank};
use crate::program::Program;
use crate::queries::one_thread::OneThread;

/// A call of async code that keeps a worker of its runtime waiting, as it is reached from the outside.
#[derive(Clone, Debug)]
pub struct BlockedWorker<'p> {
    /// The blocking call.
    pub site: &'p EffectSite,
    /// Where the call of async code leads to further blocking calls: the next ones, up to a few.
    pub also: Vec<&'p EffectSite>,
    /// The nearest entry point.
    pub entry: EntryId,
    /// The calls on the way, outermost first, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// The last call on the way that async code makes, by index into `path`; `None`: it makes the blocking call itself.
    pub crossing: Option<usize>,
    /// The least certain step of the path.
    pub certainty: Certainty,
    /// Whether a request reaches it only to replace what all requests share: a reload.
    pub reloads: bool,
    /// Whether it runs on the only thread of a runtime.
    pub on_only_thread: bool,
}

/// How many further blocking calls below a call are looked for, and in how many functions behind the first.
const ALSO: usize = 8;
const ALSO_IN: usize = 40;

/// The thread that a function's own code runs on; its async code apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thread {
    /// Not known.
    Unknown,
    /// A worker of an async runtime.
    Worker,
    /// One where blocking is allowed.
    Blocking,
}

const THREADS: [Thread; 3] = [Thread::Unknown, Thread::Worker, Thread::Blocking];

impl Thread {
    /// The thread of an expression in a function that runs on this one.
    fn of(self, in_async: bool) -> Self {
        match self {
            Self::Unknown if in_async => Self::Worker,
            thread => thread,
        }
    }

    /// The thread of what a call runs, made by a function that runs on this one.
    fn after(self, call: &CallEdge) -> Self {
        match self.of(call.in_async) {
            _ if call.blocking_ok => Self::Blocking,
            _ if call.spawned => Self::Worker,
            Self::Worker if !call.thread_known => Self::Unknown,
            thread => thread,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct ThreadVisit {
    /// What is known of the function's parameters on this path.
    context: Context,
    entry: EntryId,
    /// The call that led here, with the thread and the number of the visit that made it; `None` at an entry.
    by: Option<(u32, Thread, u32)>,
}

/// The visits of a function, by thread.
type Visits = [SmallVec<[ThreadVisit; 1]>; THREADS.len()];

/// The shortest paths from entry points to each function on each thread, one for each context.
#[derive(Debug)]
struct ThreadReach<'p> {
    program: &'p Program,
    one_thread: OneThread,
    contexts: Contexts,
    visits: Vec<Visits>,
    /// Calls that are part of a reload, with the visits that make them: they are followed last, so that what leads on
    /// without a reload is found on that way.
    reloading: VecDeque<(u32, Visited)>,
}

/// A path to a function, with what is known there of its parameters.
struct ThreadPath {
    entry: EntryId,
    calls: Vec<u32>,
    context: Context,
}

/// A function on a thread, and the number of the visit.
type Visited = (FunctionId, Thread, u32);

impl<'p> ThreadReach<'p> {
    fn of(program: &'p Program) -> Self {
        let visits = vec![Visits::default(); program.functions.len()];
        let (contexts, reloading) = (Contexts::default(), VecDeque::new());
        let mut threads = Self { program, one_thread: OneThread::of(program), contexts, visits, reloading };
        let entered = Self::from_roots(program);
        for wanted in 0..RANKS {
            let mut queue = VecDeque::new();
            for (index, entry) in program.entry_points.iter().enumerate() {
                // In a program that serves nothing, a loop keeps nobody waiting but itself, unless others run on its thread.
                let alone = is_loop(program, entry)
                    && program.is_one_shot(entry.function)
                    && !threads.one_thread.keeps_others_waiting(entry.function);
                let off_workers = entry.kind == EntryKind::Loop && !in_background(program, entry, &entered);
                // A loop of `main` that waits for something unknown, with no handler or task beside it, keeps nobody waiting.
                let unknown = entry.waits_unknown && threads.one_thread.is_alone(entry.function);
                let skipped = off_workers || alone || unknown || !program.is_live(entry.function);
                if rank(entry) != wanted || skipped {
                    continue;
                }
                for thread in THREADS {
                    let starts = match is_loop(program, entry) {
                        true => entered[entry.function.0 as usize][thread as usize],
                        false => thread == Thread::Unknown,
                    };
                    if starts {
                        let visit = ThreadVisit { context: NOTHING, entry: EntryId(index as u32), by: None };
                        threads.enter(entry.function, thread, visit, &mut queue);
                    }
                }
            }
            threads.drain(queue);
        }
        while let Some((call, from)) = threads.reloading.pop_front() {
            let mut queue = VecDeque::new();
            threads.take(call, from, &mut queue);
            threads.drain(queue);
        }
        threads
    }

    /// On which threads each function runs, whatever runs it: what loops need to know.
    fn from_roots(program: &Program) -> Vec<[bool; THREADS.len()]> {
        let mut entered = vec![[false; THREADS.len()]; program.functions.len()];
        let mut queue = Vec::new();
        let framework = program.entry_points.iter().filter(|e| !is_loop(program, e)).map(|e| e.function);
        let all = (0..program.functions.len() as u32).map(FunctionId);
        let roots = all.filter(|&id| program.is_live(id) && program.callers_of(id).all(|c| c.from == id));
        queue.extend(framework.chain(roots).map(|id| (id, Thread::Unknown)));
        while let Some((at, thread)) = queue.pop() {
            if std::mem::replace(&mut entered[at.0 as usize][thread as usize], true) {
                continue;
            }
            let calls = program.calls_of(at).filter(|call| stays_in(program, call));
            queue.extend(calls.map(|call| (call.to, thread.after(call))));
        }
        entered
    }

    /// Visits a function, unless it was visited on that thread knowing as much or less.
    fn enter(&mut self, at: FunctionId, thread: Thread, visit: ThreadVisit, queue: &mut VecDeque<Visited>) {
        let visits = &mut self.visits[at.0 as usize][thread as usize];
        let known: SmallVec<[Context; 2]> = visits.iter().map(|visit| visit.context).collect();
        if let Some(context) = self.contexts.next_visit(&known, visit.context) {
            visits.push(ThreadVisit { context, ..visit });
            queue.push_back((at, thread, visits.len() as u32 - 1));
        }
    }

    fn drain(&mut self, mut queue: VecDeque<Visited>) {
        while let Some(from) = queue.pop_front() {
            let (at, thread, number) = from;
            let entry = self.visits[at.0 as usize][thread as usize][number as usize].entry;
            for &call in self.program.adjacency.calls_out_of(at) {
                if self.program.reloads_on(entry, &[call], None) {
                    self.reloading.push_back((call, from));
                } else {
                    self.take(call, from, &mut queue);
                }
            }
        }
    }

    /// Goes by a call to what it runs, if it may run it.
    fn take(&mut self, index: u32, (at, thread, number): Visited, queue: &mut VecDeque<Visited>) {
        let visit = self.visits[at.0 as usize][thread as usize][number as usize];
        let call = &self.program.calls[index as usize];
        let required = &self.program.conditions.calls[index as usize].required;
        if stays_in(self.program, call) && self.contexts.allows(visit.context, required) {
            let context = self.contexts.behind(self.program, visit.context, index);
            let next = ThreadVisit { context, entry: visit.entry, by: Some((index, thread, number)) };
            self.enter(call.to, thread.after(call), next, queue);
        }
    }

    /// The paths to what async code of a function does under a condition, where that code runs on a worker, the shortest
    /// first.
    fn to_async_code(&self, function: FunctionId, required: &Condition) -> Vec<ThreadPath> {
        let on_worker = THREADS.into_iter().filter(|thread| thread.of(true) == Thread::Worker);
        let visits = on_worker.flat_map(|thread| &self.visits[function.0 as usize][thread as usize]);
        let allowed = visits.filter(|visit| self.contexts.allows(visit.context, required));
        let mut paths: Vec<ThreadPath> = allowed.map(|&visit| self.path(visit)).collect();
        paths.sort_by_key(|path| path.calls.len());
        paths
    }

    /// The path of a visit: its entry point and the calls from there, outermost first.
    fn path(&self, visit: ThreadVisit) -> ThreadPath {
        let mut calls = Vec::new();
        let mut by = visit.by;
        while let Some((call, thread, number)) = by {
            calls.push(call);
            let from = self.program.calls[call as usize].from;
            by = self.visits[from.0 as usize][thread as usize][number as usize].by;
        }
        calls.reverse();
        ThreadPath { entry: visit.entry, calls, context: visit.context }
    }

    /// The shortest way from what a call runs to a blocking call, where no step leaves the worker, and the blocking calls
    /// that come next: what the calls pass decides which branches run.
    fn below(&mut self, blocking: &Blocking, call: u32, context: Context) -> Option<Below> {
        let program = self.program;
        let behind = self.contexts.behind(program, context, call);
        let mut walk = Descent::from(program.calls[call as usize].to, behind, &mut self.contexts);
        let mut found: Option<Below> = None;
        let mut left = ALSO_IN;
        while let Some((at, context, path)) = walk.queue.pop_front().filter(|_| left > 0) {
            let sites = program.sites_of(at).map(|site| site as u32).filter(|site| blocking.sync_sites.contains(site));
            let allowed = |&site: &u32| walk.contexts.allows(context, &program.conditions.sites[site as usize]);
            for site in sites.filter(allowed) {
                match &mut found {
                    None => found = Some(Below { path: path.clone(), site, also: Vec::new() }),
                    Some(below) if below.also.len() < ALSO => below.also.push(site),
                    Some(_) => return found,
                }
            }
            left -= usize::from(found.is_some());
            for &next in program.adjacency.calls_out_of(at) {
                let edge = &program.calls[next as usize];
                if !edge.in_async && stays_on_worker(program, edge) && blocking.below[edge.to.0 as usize] {
                    walk.follow(program, context, &path, next);
                }
            }
        }
        found
    }
}

/// What a call of async code leads to.
struct Below {
    /// The calls on the way to the nearest blocking call, outermost first.
    path: Vec<u32>,
    /// That call, as an index into [`crate::CallGraph::sites`].
    site: u32,
    /// The next ones.
    also: Vec<u32>,
}

pub(super) fn stays_in(program: &Program, call: &CallEdge) -> bool {
    call.shared.is_none() && !program.function(call.to).test_only
}

pub(super) fn is_loop(program: &Program, entry: &EntryPoint) -> bool {
    entry.framework.is_none() && program.function(entry.function).kind != FunctionKind::Function
}

/// Whether a loop runs in a task of its own on a worker, which it then takes from all other tasks. Start-up has nobody to
/// keep waiting.
fn in_background(program: &Program, entry: &EntryPoint, entered: &[[bool; THREADS.len()]]) -> bool {
    let at = entry.function.0 as usize;
    entered[at][Thread::Worker as usize] && !program.reach.from_main[at]
}

/// Whether a call leaves its callee on the worker that makes it.
fn stays_on_worker(program: &Program, call: &CallEdge) -> bool {
    stays_in(program, call) && Thread::Worker.after(call) == Thread::Worker
}

/// The blocking calls of a program.
struct Blocking {
    /// All, as indices into [`crate::CallGraph::sites`].
    sites: Vec<u32>,
    /// Those that code makes which is not async.
    sync_sites: FxHashSet<u32>,
    /// For each function whether its own code leads to one of these on the thread that runs it.
    below: Vec<bool>,
}

impl Blocking {
    fn of(program: &Program) -> Self {
        let sites = program.blocking_sites();
        let site = |index: u32| &program.sites[index as usize];
        let sync_sites: FxHashSet<u32> = sites.iter().copied().filter(|&index| !site(index).in_async).collect();
        let targets = sync_sites.iter().map(|&index| site(index).function);
        let below = program.reaching(targets, |call| !call.in_async && stays_on_worker(program, call));
        Self { sites, sync_sites, below }
    }
}

impl Program {
    /// Every call that async code makes on a worker of its runtime, on the path of some recurring context, and that
    /// blocks: itself, or in what it calls. With the nearest path to it, and on to the blocking call.
    pub fn blocked_workers(&self) -> Vec<BlockedWorker<'_>> {
        let mut threads = ThreadReach::of(self);
        let blocking = Blocking::of(self);
        let mut found: Vec<BlockedWorker<'_>> = Vec::new();
        let polled = self.sync_handlers_on_workers();
        let on_worker = |in_async: bool, function: FunctionId| in_async || polled.contains(&function);
        for &index in &blocking.sites {
            let site = &self.sites[index as usize];
            if !on_worker(site.in_async, site.function) {
                continue;
            }
            let mut paths = threads.to_async_code(site.function, &self.conditions.sites[index as usize]);
            // A way that serves requests says more than one that serves a reload, however long it is.
            paths.sort_by_key(|path| self.reloads_on(path.entry, &path.calls, Some(index)));
            if let Some(ThreadPath { entry, calls: path, .. }) = paths.into_iter().next() {
                let certainty = self.certainty(entry, &path);
                let reloads = self.reloads_on(entry, &path, Some(index));
                let on_only_thread = threads.one_thread.runs(site.function);
                found.push(BlockedWorker {
                    site,
                    also: Vec::new(),
                    entry,
                    path,
                    crossing: None,
                    certainty,
                    reloads,
                    on_only_thread,
                });
            }
        }
        for (index, call) in self.calls.iter().enumerate() {
            let crosses = on_worker(call.in_async, call.from);
            if crosses && blocking.below[call.to.0 as usize] && stays_on_worker(self, call) {
                found.extend(self.blocked_below(&mut threads, &blocking, index as u32));
            }
        }
        found
    }

    /// The nearest path to a call of async code from which a way leads on to a blocking call.
    fn blocked_below<'p>(
        &'p self,
        threads: &mut ThreadReach<'p>,
        blocking: &Blocking,
        call: u32,
    ) -> Option<BlockedWorker<'p>> {
        let required = &self.conditions.calls[call as usize].required;
        let from = self.calls[call as usize].from;
        let mut paths = threads.to_async_code(from, required);
        paths.sort_by_key(|path| self.reloads_on(path.entry, &path.calls, None));
        paths.into_iter().find_map(|ThreadPath { entry, calls, context }| {
            let below = threads.below(blocking, call, context)?;
            let crossing = Some(calls.len());
            let path = [calls, vec![call], below.path].concat();
            let site_at = |site: u32| &self.sites[site as usize];
            Some(BlockedWorker {
                site: site_at(below.site),
                also: below.also.into_iter().map(site_at).collect(),
                entry,
                certainty: self.certainty(entry, &path),
                reloads: self.reloads_on(entry, &path, Some(below.site)),
                path,
                crossing,
                on_only_thread: threads.one_thread.runs(from),
            })
        })
    }

    /// Whether a step of a path, or the site at its end, is part of a reload that a request asks for.
    fn reloads_on(&self, entry: EntryId, path: &[u32], site: Option<u32>) -> bool {
        let reloads = path.iter().any(|call| self.reloads.calls.contains(call))
            || site.is_some_and(|site| self.reloads.sites.contains(&site));
        reloads && self.entry(entry).framework.is_some()
    }

    /// Handlers that are not async and that their framework runs on workers all the same.
    fn sync_handlers_on_workers(&self) -> FxHashSet<FunctionId> {
        self.entry_points.iter().filter(|entry| entry.on_worker).map(|entry| entry.function).collect()
    }

    /// Blocking calls, one effect of each.
    fn blocking_sites(&self) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        for (index, site) in self.sites.iter().enumerate() {
            let again = found.last().is_some_and(|&last| self.sites[last as usize].span == site.span);
            if site.blocking && site.shared.is_none() && !self.function(site.function).test_only && !again {
                found.push(index as u32);
            }
        }
        found
    }
}
