//! Runtimes of one thread: what blocks it keeps each other task of the program waiting.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::FunctionId;
use crate::program::Program;
use crate::queries::blocked_workers::{is_loop, stays_in};

/// What runs on the only thread of a runtime.
#[derive(Debug, Default)]
pub(super) struct OneThread {
    run: FxHashSet<FunctionId>,
    /// Loops beside which others run.
    beside_others: FxHashSet<FunctionId>,
    /// What `main` runs itself in a program that handles no requests and begins no other task.
    alone: FxHashSet<FunctionId>,
}

/// Where something runs: in `main`, in a task beside it, or both.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    main: bool,
    task: bool,
}

impl OneThread {
    pub(super) fn of(program: &Program) -> Self {
        let mut all = Self::default();
        for &main in &program.one_thread_mains {
            let run = run_by(program, main);
            let loops = program.entry_points.iter().filter(|entry| is_loop(program, entry)).map(|entry| entry.function);
            let loops: Vec<FunctionId> = loops.filter(|id| run.contains_key(id)).collect();
            let in_tasks: FxHashSet<FunctionId> = loops.iter().copied().filter(|id| run[id].task).collect();
            let has_others = |id: &FunctionId| in_tasks.len() > usize::from(in_tasks.contains(id));
            all.beside_others.extend(loops.iter().copied().filter(has_others));
            all.run.extend(run.into_keys());
        }
        let krate = |id: FunctionId| &program.function(id).krate;
        let handlers = program.entry_points.iter().filter(|entry| entry.framework.is_some());
        let serving: FxHashSet<_> = handlers.map(|entry| krate(entry.function)).collect();
        for &main in program.mains.iter().filter(|&&main| !serving.contains(krate(main))) {
            let run = run_by(program, main);
            if run.values().all(|places| !places.task) {
                all.alone.extend(run.into_keys());
            }
        }
        all
    }

    /// Whether `main` runs a function itself, on the thread that it was begun on, and its program has no other task.
    pub(super) fn is_alone(&self, function: FunctionId) -> bool {
        self.alone.contains(&function)
    }

    /// Whether a loop runs on a thread on which tasks with loops of their own run too.
    pub(super) fn keeps_others_waiting(&self, looped: FunctionId) -> bool {
        self.beside_others.contains(&looped)
    }

    /// Whether a function runs on the only thread of a runtime.
    pub(super) fn runs(&self, function: FunctionId) -> bool {
        self.run.contains(&function)
    }
}

/// What a `main` runs on its own thread.
fn run_by(program: &Program, main: FunctionId) -> FxHashMap<FunctionId, Places> {
    let mut run: FxHashMap<FunctionId, Places> = FxHashMap::default();
    let mut queue = vec![(main, false)];
    while let Some((at, in_task)) = queue.pop() {
        let seen = run.entry(at).or_default();
        let known = if in_task { &mut seen.task } else { &mut seen.main };
        if std::mem::replace(known, true) {
            continue;
        }
        let calls = program.calls_of(at).filter(|call| stays_in(program, call) && !call.blocking_ok);
        queue.extend(calls.map(|call| (call.to, in_task || call.spawned)));
    }
    run
}
