//! Which thread code runs on: a worker of an async runtime, which must not be blocked, or one where blocking is allowed.
//!
//! Async code runs where it is polled: on a worker, unless a thread of its own, or one for blocking work, drives it with
//! `block_on`. Other code runs on its caller's thread, except for closures that are handed to `spawn_blocking` and its
//! like. A closure that goes to code that is not known runs on a thread that is not known.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::domain::{CallEdge, Certainty, EffectSite, EntryId, EntryKind, EntryPoint, FunctionId, FunctionKind};
use crate::domain::{RANKS, rank};
use crate::program::Program;

/// A call of async code that keeps a worker of its runtime waiting, as it is reached from the outside.
#[derive(Clone, Debug)]
pub struct BlockedWorker<'p> {
    /// The blocking call.
    pub site: &'p EffectSite,
    /// The nearest entry point.
    pub entry: EntryId,
    /// The calls on the way, outermost first, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// The last call on the way that async code makes, by index into `path`; `None`: it makes the blocking call itself.
    pub crossing: Option<usize>,
    /// The least certain step of the path.
    pub certainty: Certainty,
}

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
    entry: EntryId,
    /// The call that led here and the thread that made it; `None` at an entry.
    by: Option<(u32, Thread)>,
}

/// The shortest paths from entry points to each function on each thread.
#[derive(Debug)]
struct ThreadReach<'p> {
    program: &'p Program,
    visits: Vec<[Option<ThreadVisit>; THREADS.len()]>,
}

impl<'p> ThreadReach<'p> {
    fn of(program: &'p Program) -> Self {
        let mut threads = Self { program, visits: vec![[None; THREADS.len()]; program.functions.len()] };
        let entered = Self::from_roots(program);
        for wanted in 0..RANKS {
            let mut queue = VecDeque::new();
            for (index, entry) in program.entry_points.iter().enumerate() {
                // In a program that serves nothing, a loop keeps nobody waiting but itself.
                let alone = is_loop(program, entry) && program.is_one_shot(entry.function);
                let off_workers = entry.kind == EntryKind::Loop && !in_background(program, entry, &entered);
                let skipped = off_workers || alone || !program.is_live(entry.function);
                if rank(entry) != wanted || skipped {
                    continue;
                }
                for thread in THREADS {
                    let starts = match is_loop(program, entry) {
                        true => entered[entry.function.0 as usize][thread as usize],
                        false => thread == Thread::Unknown,
                    };
                    if starts {
                        let visit = ThreadVisit { entry: EntryId(index as u32), by: None };
                        threads.enter(entry.function, thread, visit, &mut queue);
                    }
                }
            }
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

    fn enter(
        &mut self,
        at: FunctionId,
        thread: Thread,
        visit: ThreadVisit,
        queue: &mut VecDeque<(FunctionId, Thread)>,
    ) {
        let slot = &mut self.visits[at.0 as usize][thread as usize];
        if slot.is_none() {
            *slot = Some(visit);
            queue.push_back((at, thread));
        }
    }

    fn drain(&mut self, mut queue: VecDeque<(FunctionId, Thread)>) {
        while let Some((at, thread)) = queue.pop_front() {
            let Some(visit) = self.visits[at.0 as usize][thread as usize] else { continue };
            for &index in self.program.adjacency.calls_out_of(at) {
                let call = &self.program.calls[index as usize];
                if stays_in(self.program, call) {
                    let next = ThreadVisit { entry: visit.entry, by: Some((index, thread)) };
                    self.enter(call.to, thread.after(call), next, &mut queue);
                }
            }
        }
    }

    /// The shortest path to the async code of a function, where that runs on a worker.
    fn to_async_code(&self, function: FunctionId) -> Option<(EntryId, Vec<u32>)> {
        let on_worker = THREADS.into_iter().filter(|thread| thread.of(true) == Thread::Worker);
        on_worker.filter_map(|thread| self.path(function, thread)).min_by_key(|(_, path)| path.len())
    }

    /// The path to a function on a thread: its entry point and the calls from there, outermost first.
    fn path(&self, to: FunctionId, thread: Thread) -> Option<(EntryId, Vec<u32>)> {
        let (mut at, mut thread) = (to, thread);
        let mut calls = Vec::new();
        loop {
            let visit = self.visits[at.0 as usize][thread as usize]?;
            match visit.by {
                Some((call, from)) => {
                    calls.push(call);
                    (at, thread) = (self.program.calls[call as usize].from, from);
                }
                None => {
                    calls.reverse();
                    return Some((visit.entry, calls));
                }
            }
        }
    }
}

fn stays_in(program: &Program, call: &CallEdge) -> bool {
    call.shared.is_none() && !program.function(call.to).test_only
}

fn is_loop(program: &Program, entry: &EntryPoint) -> bool {
    entry.framework.is_none() && program.function(entry.function).kind != FunctionKind::Function
}

/// Whether a loop runs in a task of its own on a worker, which it then takes from all other tasks. Start-up has nobody to
/// keep waiting.
fn in_background(program: &Program, entry: &EntryPoint, entered: &[[bool; THREADS.len()]]) -> bool {
    let at = entry.function.0 as usize;
    entered[at][Thread::Worker as usize] && !program.reach.from_main[at]
}

/// For each function: the way from its own code, where that runs on a worker, to the nearest blocking call.
#[derive(Clone, Copy, Debug)]
enum NextStep {
    /// It makes the blocking call itself (an index into [`crate::CallGraph::sites`]).
    Site(u32),
    /// It makes this call on the way (an index into [`crate::CallGraph::calls`]).
    Call(u32),
}

/// Whether a call leaves its callee on the worker that makes it.
fn stays_on_worker(program: &Program, call: &CallEdge) -> bool {
    stays_in(program, call) && Thread::Worker.after(call) == Thread::Worker
}

fn ways(program: &Program, sites: &[u32]) -> Vec<Option<NextStep>> {
    let mut ways = vec![None; program.functions.len()];
    let mut queue = VecDeque::new();
    for &index in sites {
        let site = &program.sites[index as usize];
        let way = &mut ways[site.function.0 as usize];
        if !site.in_async && way.is_none() {
            *way = Some(NextStep::Site(index));
            queue.push_back(site.function);
        }
    }
    while let Some(at) = queue.pop_front() {
        for &index in program.adjacency.calls_into(at) {
            let call = &program.calls[index as usize];
            let way = &mut ways[call.from.0 as usize];
            if !call.in_async && way.is_none() && stays_on_worker(program, call) {
                *way = Some(NextStep::Call(index));
                queue.push_back(call.from);
            }
        }
    }
    ways
}

impl Program {
    /// Every call that async code makes on a worker of its runtime, on the path of some recurring context, and that
    /// blocks: itself, or in what it calls. With the nearest path to it, and on to the blocking call.
    pub fn blocked_workers(&self) -> Vec<BlockedWorker<'_>> {
        let threads = ThreadReach::of(self);
        let sites = self.blocking_sites();
        let mut found: Vec<BlockedWorker<'_>> = Vec::new();
        let polled = self.sync_handlers_on_workers();
        let on_worker = |in_async: bool, function: FunctionId| in_async || polled.contains(&function);
        for site in sites.iter().map(|&index| &self.sites[index as usize]).filter(|s| on_worker(s.in_async, s.function))
        {
            if let Some((entry, path)) = threads.to_async_code(site.function) {
                let certainty = self.certainty(entry, &path);
                found.push(BlockedWorker { site, entry, path, crossing: None, certainty });
            }
        }
        let ways = ways(self, &sites);
        for (index, call) in self.calls.iter().enumerate() {
            let crosses = on_worker(call.in_async, call.from);
            if !crosses || ways[call.to.0 as usize].is_none() || !stays_on_worker(self, call) {
                continue;
            }
            let Some((entry, mut path)) = threads.to_async_code(call.from) else { continue };
            let crossing = Some(path.len());
            path.push(index as u32);
            let Some(site) = self.follow(&ways, call.to, &mut path) else { continue };
            let certainty = self.certainty(entry, &path);
            found.push(BlockedWorker { site, entry, path, crossing, certainty });
        }
        found
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

    /// Goes on along a way to its blocking call.
    fn follow(&self, ways: &[Option<NextStep>], from: FunctionId, path: &mut Vec<u32>) -> Option<&EffectSite> {
        let mut at = from;
        loop {
            match ways[at.0 as usize]? {
                NextStep::Site(index) => return Some(&self.sites[index as usize]),
                NextStep::Call(index) => {
                    path.push(index);
                    at = self.calls[index as usize].to;
                }
            }
        }
    }
}
