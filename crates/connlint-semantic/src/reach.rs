//! Which effect sites an entry point reaches, and by which path.

use std::collections::VecDeque;

use crate::program::{
    Certainty, EffectSite, EntryId, EntryKind, EntryPoint, FunctionId, FunctionKind, PathFacts, Program,
};
use crate::provenance::Origin;

/// An effect site as it is reached from the outside, by the shortest path.
#[derive(Clone, Debug)]
pub struct ReachedSite<'p> {
    /// The site.
    pub site: &'p EffectSite,
    /// The nearest entry point.
    pub entry: EntryId,
    /// The calls on the way, outermost first, as indices into [`Program::calls`].
    pub path: Vec<u32>,
    /// Whether it runs once for each round of a loop on the way.
    pub in_loop: bool,
    /// How many further entry points reach it.
    pub further_entries: usize,
    /// The least certain step of the path.
    pub certainty: Certainty,
    /// Whether it is tied to a target that the request names, or that may change while the service runs.
    pub depends_on_request: bool,
    /// Whether it takes the place of something that outlives the request.
    pub replaces: bool,
    /// Off request paths: whether the loop certainly opens on each round.
    pub each_round: bool,
}

/// Entry points in the order in which their paths are preferred.
pub(crate) const RANKS: usize = 4;

pub(crate) fn rank(entry: &EntryPoint) -> usize {
    match entry.kind {
        EntryKind::Loop => 3,
        EntryKind::ScheduledJob => 2,
        EntryKind::Connection | EntryKind::MessageConsumer if entry.framework.is_none() => 1,
        _ => 0,
    }
}

/// A loop this many calls away from an opening, or nearer, decides how often it runs.
const NEAR: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Visit {
    entry: EntryId,
    /// The call that led here; `None` at an entry.
    by: Option<u32>,
}

/// The shortest paths from all entry points at once.
#[derive(Debug)]
pub(crate) struct Reach {
    visits: Vec<Option<Visit>>,
}

impl Reach {
    /// Visits everything that entry points of each rank reach, better ranks first, each function once.
    pub(crate) fn of(program: &Program) -> Self {
        let mut reach = Self { visits: vec![None; program.functions.len()] };
        for wanted in 0..RANKS {
            let mut queue = VecDeque::new();
            for (index, entry) in program.entry_points.iter().enumerate() {
                if rank(entry) == wanted
                    && reach.visits[entry.function.0 as usize].is_none()
                    && program.is_live(entry.function)
                {
                    reach.visits[entry.function.0 as usize] = Some(Visit { entry: EntryId(index as u32), by: None });
                    queue.push_back(entry.function);
                }
            }
            reach.drain(program, queue);
        }
        reach
    }

    fn drain(&mut self, program: &Program, mut queue: VecDeque<FunctionId>) {
        while let Some(at) = queue.pop_front() {
            let Some(visit) = self.visits[at.0 as usize] else { continue };
            for &index in &program.outgoing[at.0 as usize] {
                let call = &program.calls[index as usize];
                let stays_out = call.shared.is_some() || program.function(call.to).test_only;
                let once = visit.by.is_none()
                    && self.starts_at_loop(program, at)
                    && program.call_facts[index as usize].once_in_loop;
                if stays_out || once || self.visits[call.to.0 as usize].is_some() {
                    continue;
                }
                self.visits[call.to.0 as usize] = Some(Visit { entry: visit.entry, by: Some(index) });
                queue.push_back(call.to);
            }
        }
    }

    fn starts_at_loop(&self, program: &Program, at: FunctionId) -> bool {
        program.function(at).kind != FunctionKind::Function
    }

    /// The path to a function: its entry point and the calls from there, outermost first.
    pub(crate) fn path(&self, program: &Program, to: FunctionId) -> Option<(EntryId, Vec<u32>)> {
        let mut calls = Vec::new();
        let mut at = to;
        loop {
            let visit = self.visits[at.0 as usize]?;
            match visit.by {
                Some(call) => {
                    calls.push(call);
                    at = program.calls[call as usize].from;
                }
                None => {
                    calls.reverse();
                    return Some((visit.entry, calls));
                }
            }
        }
    }
}

/// How a function is run, as far as the workspace tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Again and again, at the same time as others: from the nearest entry point, by these calls.
    Recurring {
        /// The entry point.
        entry: EntryId,
        /// The calls on the way, outermost first, as indices into [`Program::calls`].
        path: Vec<u32>,
    },
    /// By a loop off any request path: one run after another.
    Loop,
    /// Only by a `main` function, in its own task.
    Startup,
    /// By something outside the workspace, or by a task of its own: nothing tells how often.
    Unknown,
}

/// How each function of a program is run.
#[derive(Debug)]
pub struct Exposures<'p> {
    program: &'p Program,
    reach: Reach,
    from_main: Vec<bool>,
}

impl Exposures<'_> {
    /// How a function is run.
    pub fn of(&self, function: FunctionId) -> Exposure {
        match self.reach.path(self.program, function) {
            Some((entry, path)) if self.program.entry(entry).kind != EntryKind::Loop => {
                Exposure::Recurring { entry, path }
            }
            Some(_) => Exposure::Loop,
            None if self.from_main[function.0 as usize] => Exposure::Startup,
            None => Exposure::Unknown,
        }
    }
}

impl Program {
    /// How functions are run.
    pub fn exposures(&self) -> Exposures<'_> {
        let mut from_main = vec![false; self.functions.len()];
        let mut queue = self.mains.clone();
        while let Some(at) = queue.pop() {
            if std::mem::replace(&mut from_main[at.0 as usize], true) {
                continue;
            }
            queue.extend(self.calls_of(at).filter(|c| !c.spawned).map(|c| c.to));
        }
        Exposures { program: self, reach: Reach::of(self), from_main }
    }

    /// Entry points of the recurring kinds.
    pub fn recurring_entry_points(&self) -> impl Iterator<Item = &EntryPoint> {
        self.entry_points.iter().filter(|e| e.kind != EntryKind::Loop)
    }

    /// Every effect site that `wanted` selects and that some recurring context runs each time, with its nearest path.
    pub fn reached_sites(&self, wanted: impl Fn(&EffectSite) -> bool) -> Vec<ReachedSite<'_>> {
        let reach = Reach::of(self);
        let mut found = Vec::new();
        for (index, site) in self.sites.iter().enumerate() {
            if site.shared.is_some() || !wanted(site) || self.function(site.function).test_only {
                continue;
            }
            let Some((entry, path)) = reach.path(self, site.function) else { continue };
            if !self.recurs(entry, &path, index) {
                continue;
            }
            found.push(ReachedSite {
                site,
                entry,
                in_loop: self.in_loop(entry, &path, index),
                further_entries: self.further_entries(site.function, entry),
                certainty: self.certainty(entry, &path),
                depends_on_request: self.depends_on_request(entry, &path, index),
                replaces: self.replaces(&path, index),
                each_round: self.opens_each_round(entry, &path, index),
                path,
            });
        }
        found
    }

    /// Whether what a loop reaches runs on each of its rounds, and is gone at the round's end.
    pub(crate) fn recurs(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let point = self.entry(entry);
        let is_loop = self.function(point.function).kind != FunctionKind::Function && point.framework.is_none();
        let first = self.step(path, 0, site);
        // What a loop at start-up keeps, it opens once for each target.
        let kept = first.escapes && point.kind == EntryKind::Loop;
        !is_loop || !(first.once_in_loop || kept)
    }

    /// What is known of a step of a path: of one of its calls, or of the site at its end.
    fn step(&self, path: &[u32], index: usize, site: usize) -> &PathFacts {
        path.get(index).map_or(&self.site_facts[site], |&call| &self.call_facts[call as usize])
    }

    /// Whether a loop over items or ticks lies on the path, so that one run of the entry point opens many times. A loop
    /// that waits for messages is a recurring context of its own.
    pub(crate) fn in_loop(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        let enters = |i: usize| {
            let call = &self.calls[path[i] as usize];
            call.repeated && !self.waits[call.to.0 as usize]
        };
        // A loop far from the opening dispatches: what it runs on each round is somebody else's decision.
        let near = path.len().saturating_sub(NEAR);
        let on_path = (near..path.len()).any(|i| enters(i) && !self.step(path, i + 1, site).once_in_loop);
        on_path || self.entry(entry).kind == EntryKind::Loop
    }

    /// Whether a loop off any request path certainly opens on each round: nothing decides whether it does, and the
    /// opening is near.
    fn opens_each_round(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        self.entry(entry).kind != EntryKind::Loop || (path.len() <= 2 && !self.step(path, 0, site).conditional)
    }

    /// Whether what is opened takes the place of something that outlives the call: a new configuration, say.
    pub(crate) fn replaces(&self, path: &[u32], site: usize) -> bool {
        let mut index = path.len();
        loop {
            let step = self.step(path, index, site);
            if step.kept {
                return true;
            }
            if !step.returned || index == 0 {
                return false;
            }
            index -= 1;
        }
    }

    /// Whether what is opened is tied to a target that the request names, or that may change while the service runs.
    pub(crate) fn depends_on_request(&self, entry: EntryId, path: &[u32], site: usize) -> bool {
        self.site_facts[site].origins.iter().any(|&origin| {
            let mut origin = origin;
            for &call in path.iter().rev() {
                if self.function(self.calls[call as usize].to).kind != FunctionKind::Function {
                    continue;
                }
                origin = match origin {
                    Origin::Param(index) => {
                        let args = &self.call_facts[call as usize].origins;
                        args.get(usize::from(index)).copied().unwrap_or(Origin::Constant)
                    }
                    other => other,
                };
            }
            match origin {
                Origin::Constant | Origin::SelfState | Origin::Made => false,
                Origin::Mutable => true,
                Origin::Param(index) => {
                    self.entry(entry).request_params.get(usize::from(index)).copied().unwrap_or(true)
                }
            }
        })
    }

    pub(crate) fn certainty(&self, entry: EntryId, path: &[u32]) -> Certainty {
        let calls = path.iter().map(|&c| self.calls[c as usize].certainty);
        calls.fold(self.entry(entry).certainty, Certainty::min)
    }

    /// How many other entry points (not loops) reach a function.
    pub fn further_entries(&self, function: FunctionId, nearest: EntryId) -> usize {
        let mut seen = vec![false; self.functions.len()];
        let mut queue = vec![function];
        while let Some(at) = queue.pop() {
            if std::mem::replace(&mut seen[at.0 as usize], true) {
                continue;
            }
            let callers = self.incoming[at.0 as usize].iter().map(|&c| &self.calls[c as usize]);
            queue.extend(callers.filter(|c| c.shared.is_none()).map(|c| c.from));
        }
        let nearest = self.entry(nearest).function;
        let mut entries: Vec<FunctionId> =
            self.recurring_entry_points().map(|e| e.function).filter(|&f| f != nearest && seen[f.0 as usize]).collect();
        entries.dedup();
        entries.len()
    }
}
