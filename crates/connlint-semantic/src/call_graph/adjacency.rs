//! Who calls whom, by number: one index for every walk over calls.

use crate::domain::FunctionId;

/// The calls out of and into each function, as indices into the list of calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adjacency {
    outgoing: Vec<Vec<u32>>,
    incoming: Vec<Vec<u32>>,
}

impl Adjacency {
    /// Indexes calls, given as caller and callee in the order of the list of calls.
    pub(crate) fn of(functions: usize, ends: impl Iterator<Item = (FunctionId, FunctionId)>) -> Self {
        let mut adjacency = Self { outgoing: vec![Vec::new(); functions], incoming: vec![Vec::new(); functions] };
        for (index, (from, to)) in ends.enumerate() {
            adjacency.outgoing[from.0 as usize].push(index as u32);
            adjacency.incoming[to.0 as usize].push(index as u32);
        }
        adjacency
    }

    /// The calls that a function makes.
    pub(crate) fn calls_out_of(&self, id: FunctionId) -> &[u32] {
        self.outgoing.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The calls that run a function.
    pub(crate) fn calls_into(&self, id: FunctionId) -> &[u32] {
        self.incoming.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// For each function whether a walk from `roots` gets there; `follow` gives the callee of a call, or cuts it off.
    pub(crate) fn reachable_from(
        &self,
        roots: impl IntoIterator<Item = FunctionId>,
        follow: impl Fn(u32) -> Option<FunctionId>,
    ) -> Vec<bool> {
        walk(&self.outgoing, roots, follow)
    }

    /// For each function whether a walk from it gets to one of `targets`; `follow` gives the caller of a call, or cuts it
    /// off.
    pub(crate) fn reaching(
        &self,
        targets: impl IntoIterator<Item = FunctionId>,
        follow: impl Fn(u32) -> Option<FunctionId>,
    ) -> Vec<bool> {
        walk(&self.incoming, targets, follow)
    }
}

fn walk(
    calls: &[Vec<u32>],
    start: impl IntoIterator<Item = FunctionId>,
    follow: impl Fn(u32) -> Option<FunctionId>,
) -> Vec<bool> {
    let mut seen = vec![false; calls.len()];
    let mut queue: Vec<FunctionId> = start.into_iter().collect();
    while let Some(at) = queue.pop() {
        if !std::mem::replace(&mut seen[at.0 as usize], true) {
            queue.extend(calls[at.0 as usize].iter().filter_map(|&call| follow(call)));
        }
    }
    seen
}
