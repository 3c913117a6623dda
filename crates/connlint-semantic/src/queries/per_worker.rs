//! Pools that each worker of a server builds for itself.

use std::collections::VecDeque;

use connlint_catalog::{Effect, Role};

use crate::domain::{EffectSite, FunctionId};
use crate::program::Program;

/// How the factory of a server's workers gets to a function.
#[derive(Clone, Debug)]
pub struct WorkerPath {
    /// The factory: it runs once in each worker.
    pub factory: FunctionId,
    /// The calls on the way, outermost first, as indices into [`crate::CallGraph::calls`].
    pub calls: Vec<u32>,
}

impl Program {
    /// The openings of pools that the factories of workers reach, with the shortest path to each.
    pub fn pools_per_worker(&self) -> Vec<(&EffectSite, WorkerPath)> {
        let reached = self.reached_from_factories();
        if reached.is_empty() {
            return Vec::new();
        }
        let is_pool = |site: &&EffectSite| {
            site.effect == Effect::BuildPool && site.resource == Role::Pool && site.shared.is_none()
        };
        let pools = self.sites.iter().filter(is_pool).filter(|site| !self.function(site.function).test_only);
        pools.filter_map(|site| Some((site, self.worker_path(&reached, site.function)?))).collect()
    }

    /// For each function that a factory runs: the call by which, and the factory itself without one.
    fn reached_from_factories(&self) -> Vec<Option<Option<u32>>> {
        let factories = &self.settings.factories;
        if factories.is_empty() {
            return Vec::new();
        }
        let mut reached = vec![None; self.functions.len()];
        let mut queue: VecDeque<FunctionId> = VecDeque::new();
        for &factory in factories.iter().filter(|&&factory| !self.function(factory).test_only) {
            reached[factory.0 as usize] = Some(None);
            queue.push_back(factory);
        }
        while let Some(at) = queue.pop_front() {
            for &index in self.adjacency.calls_out_of(at) {
                let call = &self.calls[index as usize];
                let to = call.to.0 as usize;
                let served = self.entry_points.iter().any(|entry| entry.function == call.to);
                if call.shared.is_none() && !served && !self.function(call.to).test_only && reached[to].is_none() {
                    reached[to] = Some(Some(index));
                    queue.push_back(call.to);
                }
            }
        }
        reached
    }

    fn worker_path(&self, reached: &[Option<Option<u32>>], function: FunctionId) -> Option<WorkerPath> {
        let mut calls = Vec::new();
        let mut at = function;
        while let Some(call) = (*reached.get(at.0 as usize)?)? {
            calls.push(call);
            at = self.calls[call as usize].from;
        }
        calls.reverse();
        Some(WorkerPath { factory: at, calls })
    }
}
