//! All bodies of the workspace, inferred, with what later stages look up in them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use connlint_catalog::{ApiModel, Runs};
use connlint_facts::{Body, OpId, OpKind, RegionId, RegionKind, TextRange};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::infer::body::{BodyTypes, Call, infer};
use crate::infer::def_use::{DefUse, ancestors, in_closure};
use crate::infer::trace_back::{Steps, trace_all};
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// A body by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BodyIx(pub(crate) u32);

/// One body with everything known of it.
#[derive(Debug)]
pub(crate) struct BodyData<'w> {
    pub(crate) def: DefId,
    pub(crate) body: &'w Body,
    pub(crate) types: BodyTypes<'w>,
    pub(crate) flow: DefUse,
    /// The closure or async block of each such region.
    pub(crate) value_of_region: FxHashMap<RegionId, OpId>,
    pub(crate) answers: Answers,
    /// Branches that leave what they are in, of which it tells something that they were not taken: asked of each operation
    /// behind them.
    pub(crate) exits: OnceLock<Box<[ExitBranch]>>,
}

/// A branch that leaves on each way through it.
#[derive(Debug)]
pub(crate) struct ExitBranch {
    pub(crate) arm: RegionId,
    /// The loops and blocks that it may leave; `None`: all, as the function ends or the program does.
    pub(crate) left: Option<Vec<RegionId>>,
}

/// Answers to questions that are asked of a body again and again. What a question is about, the layers above know, which
/// number them; its answer depends on the body and the number alone, so that it may be asked twice at the same time.
///
/// Two bits for each question: whether its answer is known, and the answer.
#[derive(Debug, Default)]
pub(crate) struct Answers(AtomicU64);

impl Answers {
    pub(crate) const QUESTIONS: usize = u64::BITS as usize / 2;

    pub(crate) fn get(&self, question: usize, ask: impl FnOnce() -> bool) -> bool {
        let (known, yes) = match question {
            ..Self::QUESTIONS => (1 << (2 * question), 2 << (2 * question)),
            _ => return ask(),
        };
        let answers = self.0.load(Ordering::Relaxed);
        if answers & known != 0 {
            return answers & yes != 0;
        }
        let answer = ask();
        self.0.fetch_or(if answer { known | yes } else { known }, Ordering::Relaxed);
        answer
    }
}

impl<'w> BodyData<'w> {
    pub(crate) fn new(tcx: &TypeContext<'w>, def: DefId, body: &'w Body) -> Self {
        let types = infer(tcx, def, body);
        let mut value_of_region = FxHashMap::default();
        for (index, op) in body.ops.iter().enumerate() {
            if let OpKind::Closure { region, .. } | OpKind::Async { region, .. } = &op.kind {
                value_of_region.insert(*region, OpId(index as u32));
            }
        }
        Self {
            def,
            body,
            types,
            flow: DefUse::of(body),
            value_of_region,
            answers: Answers::default(),
            exits: OnceLock::new(),
        }
    }

    pub(crate) fn call(&self, op: OpId) -> Option<&Call<'w>> {
        // They are sorted by operation.
        let behind = self.types.calls.partition_point(|call| call.op <= op);
        self.types.calls.get(behind.checked_sub(1)?).filter(|call| call.op == op)
    }

    /// The calls in a region, those of closures and loops in it too.
    pub(crate) fn calls_in(&self, region: RegionId) -> &[Call<'w>] {
        let Some(region) = self.body.regions.get(region.0 as usize) else { return &[] };
        let before = |end: OpId| self.types.calls.partition_point(|call| call.op < end);
        self.types.calls.get(before(region.first)..before(region.end)).unwrap_or_default()
    }

    /// The calls of a closure or loop itself.
    pub(crate) fn calls_of_frame(&self, frame: RegionId) -> impl Iterator<Item = &Call<'w>> {
        self.calls_in(frame).iter().filter(move |call| self.frame(call.op) == Some(frame))
    }

    pub(crate) fn ty(&self, op: OpId) -> &Ty {
        self.types.ops.get(op)
    }

    pub(crate) fn kind(&self, op: OpId) -> &'w OpKind {
        &self.body.ops[op.0 as usize].kind
    }

    /// The row of the catalog that a call runs.
    pub(crate) fn api(&self, op: OpId) -> Option<(&'w ApiModel, Option<&Ty>)> {
        self.call(op)?.api()
    }

    /// The workspace functions that a call may run.
    pub(crate) fn callees(&self, op: OpId) -> impl Iterator<Item = DefId> + '_ {
        self.call(op).into_iter().flat_map(Call::callees)
    }

    /// Whether a future is awaited where it is made; `is_awaited` of the data flow follows it further.
    pub(crate) fn is_awaited_at_once(&self, made: OpId) -> bool {
        self.flow.users(made).iter().any(|&user| matches!(self.kind(user), OpKind::Await { .. }))
    }

    /// The innermost closure or loop around an operation.
    pub(crate) fn frame(&self, op: OpId) -> Option<RegionId> {
        self.frame_of_region(self.body.ops[op.0 as usize].region)
    }

    pub(crate) fn frame_of_region(&self, region: RegionId) -> Option<RegionId> {
        ancestors(self.body, region).find(|&r| self.is_frame(r))
    }

    /// Closures and loops are functions of their own in the call graph.
    pub(crate) fn is_frame(&self, region: RegionId) -> bool {
        matches!(self.body.regions[region.0 as usize].kind, RegionKind::Closure | RegionKind::Loop(_))
    }

    /// What the `for` of a region goes over.
    pub(crate) fn iterated(&self, looped: RegionId) -> Option<OpId> {
        let region = self.body.regions.get(looped.0 as usize)?;
        (region.first.0..region.end.0).map(OpId).find_map(|op| match *self.kind(op) {
            OpKind::IterItem { iter } if self.frame(op) == Some(looped) => Some(iter),
            _ => None,
        })
    }

    pub(crate) fn frames(&self) -> impl Iterator<Item = RegionId> + '_ {
        (0..self.body.regions.len()).map(|i| RegionId(i as u32)).filter(|&r| self.is_frame(r))
    }

    /// What a function yields: the value of its tail, and what it returns early.
    pub(crate) fn results(&self) -> impl Iterator<Item = OpId> + '_ {
        let returned = self.body.ops.iter().filter_map(|op| match op.kind {
            OpKind::Return(Some(value)) if !in_closure(self.body, op.region) => Some(value),
            _ => None,
        });
        self.body.tail.into_iter().chain(returned)
    }

    /// What makes a future or callable: the closures, async blocks and calls that a value may be.
    pub(crate) fn origins(&self, op: OpId) -> Vec<OpId> {
        let is_call = |op: OpId| matches!(self.kind(op), OpKind::Call { .. } | OpKind::MethodCall { .. });
        let goes_on = |op: OpId| {
            !(matches!(self.kind(op), OpKind::Await { .. }) || (is_call(op) && self.callees(op).next().is_some()))
        };
        let mut found = trace_all(self, op, Steps::CALLABLE, goes_on);
        found.retain(|&op| is_call(op) || matches!(self.kind(op), OpKind::Closure { .. } | OpKind::Async { .. }));
        found
    }
}

/// All bodies, and which definition has which.
#[derive(Debug)]
pub(crate) struct Bodies<'w> {
    pub(crate) list: Vec<BodyData<'w>>,
    pub(crate) of_def: FxHashMap<DefId, BodyIx>,
    /// For the periods of tickers.
    pub(crate) durations: KnownDurations,
    /// What inference went through.
    pub(crate) inferred: InferenceCounts,
}

/// Seconds of the durations that code spells out where it hands them on.
#[derive(Debug, Default)]
pub(crate) struct KnownDurations {
    /// What struct literals give to a field, the least of several.
    pub(crate) of_fields: FxHashMap<(DefId, Name), u64>,
    /// What all calls of a function give to a parameter, the least of several; none where one of them is not known.
    pub(crate) of_params: FxHashMap<(DefId, u32), Option<u64>>,
}

/// How many bodies were inferred, and how many operations they have; each as often as it was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InferenceCounts {
    pub(crate) bodies: usize,
    pub(crate) ops: usize,
}

impl InferenceCounts {
    pub(crate) fn count(&mut self, list: &[BodyData<'_>]) {
        self.bodies += list.len();
        self.ops += list.iter().map(|data| data.body.ops.len()).sum::<usize>();
    }
}

impl<'w> Bodies<'w> {
    pub(crate) fn get(&self, ix: BodyIx) -> &BodyData<'w> {
        &self.list[ix.0 as usize]
    }

    pub(crate) fn of(&self, def: DefId) -> Option<BodyIx> {
        self.of_def.get(&def).copied()
    }

    pub(crate) fn par_indices(&self) -> impl IndexedParallelIterator<Item = BodyIx> + use<> {
        (0..self.list.len() as u32).into_par_iter().map(BodyIx)
    }

    pub(crate) fn indices(&self) -> impl Iterator<Item = BodyIx> + use<> {
        (0..self.list.len() as u32).map(BodyIx)
    }
}

/// Runs that decide over others where a value is used in several ways.
pub(crate) fn weight(runs: Runs) -> u8 {
    match runs {
        Runs::Request
        | Runs::Rpc
        | Runs::Resolver
        | Runs::Command
        | Runs::Message
        | Runs::Connection
        | Runs::Session
        | Runs::Middleware
        | Runs::Extractor
        | Runs::Schedule => 9,
        Runs::Once(_) => 8,
        Runs::PoolFactory | Runs::PoolHook => 7,
        Runs::Spawn | Runs::Thread => 6,
        Runs::Blocking => 5,
        Runs::EachItem => 4,
        Runs::Retry | Runs::InTransaction => 3,
        Runs::Startup | Runs::Worker => 2,
        Runs::Now => 1,
        Runs::Router | Runs::Service | Runs::Never => 0,
    }
}

/// The crate that a body belongs to.
pub(crate) fn crate_of(tcx: &TypeContext<'_>, data: &BodyData<'_>) -> connlint_facts::CrateId {
    crate::names::marks::crate_of_def(tcx, data.def)
}

/// Whether what is in a region of a body is async code: of an async function, closure or block.
pub(crate) fn in_async(tcx: &TypeContext<'_>, data: &BodyData<'_>, region: RegionId) -> bool {
    for at in ancestors(data.body, region) {
        match data.body.regions[at.0 as usize].kind {
            RegionKind::Async => return true,
            RegionKind::Closure => {
                let closure = data.value_of_region.get(&at).map(|&op| data.kind(op));
                return matches!(closure, Some(OpKind::Closure { head, .. }) if head.is_async);
            }
            _ => {}
        }
    }
    tcx.defs.fn_item(data.def).is_some_and(|f| f.is_async)
}

/// The text that stands for a call: the method's name and arguments rather than the whole chain before it.
pub(crate) fn call_range(data: &BodyData<'_>, op: OpId) -> TextRange {
    let whole = data.body.ops[op.0 as usize].range;
    match data.kind(op) {
        OpKind::MethodCall { name_start: start @ 1.., .. } => TextRange::new(*start, whole.end),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn an_answer_is_kept_and_of_its_question_alone() {
        let answers = Answers::default();
        let last = Answers::QUESTIONS - 1;
        assert!(answers.get(0, || true) && !answers.get(1, || false) && answers.get(last, || true));
        assert!(answers.get(0, || false) && !answers.get(1, || true) && answers.get(last, || false));
        assert!(!answers.get(2, || false));
        // What no room is for is asked each time.
        assert!(answers.get(Answers::QUESTIONS, || true) && !answers.get(Answers::QUESTIONS, || false));
    }
}
