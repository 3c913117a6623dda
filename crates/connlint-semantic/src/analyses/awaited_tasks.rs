//! Tasks that are started and awaited: `tokio::spawn(async { … }).await` waits for all that the task does.

use connlint_catalog::Runs;
use connlint_facts::{OpId, OpKind};

use crate::analyses::holding::HoldAnalysis;
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::def_use::{ancestors, inside};

impl<'w> HoldAnalysis<'_, 'w> {
    /// The calls that tasks make whose handle an operation awaits.
    pub(super) fn calls_of_awaited_tasks(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId) -> Vec<OpId> {
        let OpKind::Await { future: handle } = data.kind(op) else { return Vec::new() };
        let is_task = |made: &OpId| self.values.futures.get(&(ix, *made)) == Some(&Runs::Spawn);
        let tasks = data.origins(*handle).into_iter().filter(is_task);
        let mut calls: Vec<OpId> = tasks.flat_map(|task| self.calls_of_task(ix, data, task)).collect();
        // Of a task in which another one is awaited both are found.
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    fn calls_of_task(&self, ix: BodyIx, data: &BodyData<'w>, task: OpId) -> Vec<OpId> {
        let OpKind::Async { region, .. } = data.kind(task) else { return vec![task] };
        let runs_apart = |block: &OpId| self.values.runs_apart(ix, *block);
        let is_own = |op: OpId| {
            let mut around = ancestors(data.body, data.body.ops[op.0 as usize].region);
            let nearest = around.find_map(|r| data.value_of_region.get(&r).copied().filter(runs_apart));
            inside(data.body, op, *region) && nearest == Some(task) && !runs_apart(&op)
        };
        data.types.calls.iter().map(|call| call.op).filter(|&op| is_own(op)).collect()
    }
}
