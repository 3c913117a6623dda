//! Which loops that send a query for each item recur.

use crate::analyses::query_loops::QueryLoop;
use crate::domain::{Certainty, Condition, EntryId, EntryKind, FunctionId};
use crate::program::Program;

/// A loop that sends a query for each item, as it is reached from the outside.
#[derive(Clone, Debug)]
pub struct ReachedLoop<'p> {
    /// The loop.
    pub found: &'p QueryLoop,
    /// The nearest entry point.
    pub entry: EntryId,
    /// The calls on the way to the loop's body, outermost first, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// The further entry points that reach it, one for each function.
    pub further_entries: Vec<EntryId>,
    /// The least certain step of the path.
    pub certainty: Certainty,
}

impl Program {
    /// Loops over data that send a query for each item, on the path of what the outside calls again and again.
    pub fn query_loops(&self) -> Vec<ReachedLoop<'_>> {
        self.query_loops.iter().filter_map(|found| self.reached_loop(found)).collect()
    }

    fn reached_loop<'p>(&'p self, found: &'p QueryLoop) -> Option<ReachedLoop<'p>> {
        let (entry, mut path) = self.recurring_path(found.function)?;
        if !self.is_made_again(found.made_in.as_deref()) {
            return None;
        }
        path.extend(found.enters);
        Some(ReachedLoop {
            found,
            entry,
            further_entries: self.further_entries(found.function, entry),
            certainty: self.certainty(entry, &path),
            path,
        })
    }

    /// Whether a collection is made again and again, by where the values are made that it is part of. What belongs to the
    /// service itself is set up once: its parts are as many as the configuration names.
    pub fn is_made_again(&self, made_in: Option<&[FunctionId]>) -> bool {
        let recurs = |makers: &[FunctionId]| makers.iter().any(|&maker| self.recurring_path(maker).is_some());
        made_in.is_none_or(recurs)
    }

    /// The nearest path from what recurs to a function.
    pub(crate) fn recurring_path(&self, function: FunctionId) -> Option<(EntryId, Vec<u32>)> {
        let (entry, path) = self.reach.path(self, function, &Condition::ALWAYS)?;
        (self.entry(entry).kind != EntryKind::Loop).then_some((entry, path))
    }
}
