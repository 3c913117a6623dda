//! Openings that a loop tries again immediately after each failure.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::domain::{EffectSite, FunctionId};
use crate::program::Program;

/// An opening that a loop tries again without a pause.
#[derive(Clone, Debug)]
pub struct HotRetry<'p> {
    /// The loop.
    pub function: FunctionId,
    /// The opening.
    pub site: &'p EffectSite,
    /// The calls from the loop to it, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
}

impl Program {
    /// Openings of code outside tests that a loop tries again without a pause, in order of function and position.
    pub fn hot_retries(&self) -> Vec<HotRetry<'_>> {
        let runs = |id: FunctionId| !self.function(id).test_only && self.is_live(id);
        let mut found = Vec::new();
        for (site, facts) in self.sites.iter().zip(&self.site_facts) {
            let hot = facts.as_ref().is_some_and(|facts| facts.retried_at_once && facts.connects);
            if hot && runs(site.function) {
                found.push(HotRetry { function: site.function, site, path: Vec::new() });
            }
        }
        for (index, (call, facts)) in self.calls.iter().zip(&self.call_facts).enumerate() {
            if facts.as_ref().is_some_and(|facts| facts.retried_at_once) && runs(call.from) {
                let opening = self.opening_handed_out(index as u32);
                found.extend(opening.map(|(site, path)| HotRetry { function: call.from, site, path }));
            }
        }
        found
    }

    /// The nearest opening that a call hands out, and the calls on the way.
    fn opening_handed_out(&self, call: u32) -> Option<(&EffectSite, Vec<u32>)> {
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut queue = VecDeque::from([vec![call]]);
        while let Some(path) = queue.pop_front() {
            let at = self.calls[*path.last()? as usize].to;
            if !seen.insert(at) {
                continue;
            }
            let own = self
                .sites_of(at)
                .find(|&n| self.facts_of_site(n).is_some_and(|facts| facts.connects && facts.returned));
            if let Some(number) = own {
                return Some((&self.sites[number], path));
            }
            let returns = |call: u32| self.facts_of_call(call).is_some_and(|facts| facts.returned);
            for &next in self.adjacency.calls_out_of(at).iter().filter(|&&call| returns(call)) {
                queue.push_back([&path[..], &[next]].concat());
            }
        }
        None
    }
}
