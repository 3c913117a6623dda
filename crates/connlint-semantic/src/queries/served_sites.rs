//! What each entry point does to connections, whether a lint objects or not.

use std::collections::VecDeque;

use crate::domain::{Certainty, EffectSite, EntryId, FunctionId, Shared};
use crate::program::Program;

/// An effect site as one entry point reaches it, by the shortest path.
#[derive(Clone, Debug)]
pub struct ServedSite<'p> {
    /// The site.
    pub site: &'p EffectSite,
    /// The calls on the way, outermost first, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// Whether one run of the entry point runs it many times.
    pub in_loop: bool,
    /// Whether it runs in a task or thread of its own.
    pub spawned: bool,
    /// What keeps it from running each time, if every path has such a thing.
    pub shared: Option<Shared>,
    /// The least certain step of the path.
    pub certainty: Certainty,
}

/// The shortest paths from one function, those behind something that runs less often after all others.
pub(super) struct Forward {
    /// The call that led to each function, and what was passed on the way; the start has no call.
    visits: Vec<Option<(Option<u32>, Option<Shared>)>>,
}

impl Forward {
    pub(super) fn from(program: &Program, start: FunctionId) -> Self {
        let mut forward = Self { visits: vec![None; program.functions.len()] };
        let mut behind = Vec::new();
        forward.visits[start.0 as usize] = Some((None, None));
        forward.drain(program, VecDeque::from([start]), &mut behind);
        while !behind.is_empty() {
            let mut queue = VecDeque::new();
            for index in std::mem::take(&mut behind) {
                let call: &crate::domain::CallEdge = &program.calls[index as usize];
                let shared = forward.visits[call.from.0 as usize].and_then(|(_, shared)| shared).or(call.shared);
                let slot = &mut forward.visits[call.to.0 as usize];
                if slot.is_none() {
                    *slot = Some((Some(index), shared));
                    queue.push_back(call.to);
                }
            }
            forward.drain(program, queue, &mut behind);
        }
        forward
    }

    fn drain(&mut self, program: &Program, mut queue: VecDeque<FunctionId>, behind: &mut Vec<u32>) {
        while let Some(at) = queue.pop_front() {
            let shared = self.visits[at.0 as usize].and_then(|(_, shared)| shared);
            for &index in program.adjacency.calls_out_of(at) {
                let call = &program.calls[index as usize];
                if program.function(call.to).test_only || self.visits[call.to.0 as usize].is_some() {
                    continue;
                }
                if call.shared.is_some() {
                    behind.push(index);
                    continue;
                }
                self.visits[call.to.0 as usize] = Some((Some(index), shared));
                queue.push_back(call.to);
            }
        }
    }

    pub(super) fn path(&self, program: &Program, to: FunctionId) -> Option<(Vec<u32>, Option<Shared>)> {
        let (_, shared) = self.visits[to.0 as usize]?;
        let mut path = Vec::new();
        let mut at = to;
        while let Some((Some(index), _)) = self.visits[at.0 as usize] {
            path.push(index);
            at = program.calls[index as usize].from;
        }
        path.reverse();
        Some((path, shared))
    }
}

impl Program {
    /// Every effect site that an entry point reaches and `wanted` selects, in the order of [`crate::CallGraph::sites`].
    pub fn sites_of_entry(&self, entry: EntryId, wanted: impl Fn(&EffectSite) -> bool) -> Vec<ServedSite<'_>> {
        let forward = Forward::from(self, self.entry(entry).function);
        let mut found = Vec::new();
        for (index, site) in self.sites.iter().enumerate().filter(|(_, site)| wanted(site)) {
            let Some((path, shared)) = forward.path(self, site.function) else { continue };
            let calls = || path.iter().map(|&c| &self.calls[c as usize]);
            found.push(ServedSite {
                site,
                in_loop: self.in_loop(entry, &path, index),
                spawned: calls().any(|c| c.spawned),
                shared: shared.or(site.shared).or((!self.recurs(entry, &path, index)).then_some(Shared::Reconnect)),
                certainty: calls().map(|c| c.certainty).fold(self.entry(entry).certainty, Certainty::min),
                path,
            });
        }
        found
    }
}
