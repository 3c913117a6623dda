//! Openings that a loop tries again too soon after each failure.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::domain::{EffectSite, FunctionId, PathFacts, RetryPace};
use crate::program::Program;

/// An opening that a loop tries again without a pause, or after a short one that is always the same.
#[derive(Clone, Debug)]
pub struct HotRetry<'p> {
    /// The loop.
    pub function: FunctionId,
    /// The opening.
    pub site: &'p EffectSite,
    /// The calls from the loop to it, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// How soon the next attempt follows.
    pub pace: RetryPace,
}

impl Program {
    /// Openings of code outside tests that a loop tries again too soon, in order of function and position. A short fixed
    /// pause is too soon only on a recurring path, where many runs of the loop wait for the same server.
    pub fn hot_retries(&self) -> Vec<HotRetry<'_>> {
        let runs = |id: FunctionId, pace: RetryPace| {
            let hot = !matches!(pace, RetryPace::Fixed { .. })
                || self.recurring_path(id).is_some_and(|(_, path)| !path.is_empty());
            !self.function(id).test_only && self.is_live(id) && hot
        };
        let mut found = Vec::new();
        for (site, facts) in self.sites.iter().zip(&self.site_facts) {
            let pace = facts.as_ref().filter(|facts| facts.connects).and_then(|facts| facts.retried);
            if let Some(pace) = pace.filter(|&pace| runs(site.function, pace)) {
                found.push(HotRetry { function: site.function, site, path: Vec::new(), pace });
            }
        }
        for (index, (call, facts)) in self.calls.iter().zip(&self.call_facts).enumerate() {
            let pace = facts.as_ref().and_then(|facts| facts.retried);
            if let Some(pace) = pace.filter(|&pace| runs(call.from, pace)) {
                let opening = self.opening_that_fails(index as u32);
                found.extend(opening.map(|(site, path)| HotRetry { function: call.from, site, path, pace }));
            }
        }
        found
    }

    /// The nearest opening that a call hands out, or with which it fails before it has waited, and the calls on the way.
    fn opening_that_fails(&self, call: u32) -> Option<(&EffectSite, Vec<u32>)> {
        let fails = |facts: &PathFacts| facts.failure_leaves && (facts.returned || facts.fails_first);
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut queue = VecDeque::from([vec![call]]);
        while let Some(path) = queue.pop_front() {
            let at = self.calls[*path.last()? as usize].to;
            if !seen.insert(at) {
                continue;
            }
            let own =
                self.sites_of(at).find(|&n| self.facts_of_site(n).is_some_and(|facts| facts.connects && fails(facts)));
            if let Some(number) = own {
                return Some((&self.sites[number], path));
            }
            let returns = |call: u32| self.facts_of_call(call).is_some_and(fails);
            for &next in self.adjacency.calls_out_of(at).iter().filter(|&&call| returns(call)) {
                queue.push_back([&path[..], &[next]].concat());
            }
        }
        None
    }
}
