//! A search downwards from a function, within what is known of its parameters.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::call_graph::contexts::{Context, Contexts};
use crate::call_graph::graph::CallGraph;
use crate::domain::FunctionId;

/// Functions that are looked at in one search.
pub(crate) const MAX_FUNCTIONS: usize = 200;

/// A breadth-first search. As the walk from entry points does, it visits a function once for each context: the constants
/// that the calls on the way pass decide which branches run.
pub(crate) struct Descent<'c> {
    pub(crate) contexts: &'c mut Contexts,
    visited: FxHashMap<FunctionId, Vec<Context>>,
    /// Functions to look at, with what is known there and the calls on the way.
    pub(crate) queue: VecDeque<(FunctionId, Context, Vec<u32>)>,
    visits: usize,
}

impl<'c> Descent<'c> {
    pub(crate) fn from(start: FunctionId, context: Context, contexts: &'c mut Contexts) -> Self {
        Self {
            contexts,
            visited: FxHashMap::from_iter([(start, vec![context])]),
            queue: VecDeque::from([(start, context, Vec::new())]),
            visits: 1,
        }
    }

    /// Goes along a call, unless it cannot run or its callee was visited knowing as much or less.
    pub(crate) fn follow(&mut self, graph: &CallGraph, context: Context, path: &[u32], call: u32) {
        let required = &graph.conditions.calls[call as usize].required;
        if self.visits >= MAX_FUNCTIONS || !self.contexts.allows(context, required) {
            return;
        }
        let to = graph.calls[call as usize].to;
        let behind = self.contexts.behind(graph, context, call);
        let visited = self.visited.entry(to).or_default();
        if let Some(next) = self.contexts.next_visit(visited, behind) {
            visited.push(next);
            self.visits += 1;
            self.queue.push_back((to, next, [path, &[call]].concat()));
        }
    }
}
