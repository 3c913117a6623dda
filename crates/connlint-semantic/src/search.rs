//! What a call runs below itself while its caller waits: the acquires and waits that it reaches, by the shortest path.

use std::collections::VecDeque;

use connlint_catalog::{ApiModel, Effect};
use connlint_facts::OpId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::bodies::{BodyData, BodyIx};
use crate::live_ranges::{HandleUse, Statement, statement};
use crate::program::{Certainty, FunctionId, FunctionKind, Program};
use crate::resolve::Resolver;

/// Calls are followed this deep, and this many functions are looked at: what lies further is somebody else's decision.
const MAX_DEPTH: usize = 10;
const MAX_FUNCTIONS: usize = 400;

/// An index of what functions do, for questions about one call.
pub(crate) struct Search<'a> {
    program: &'a Program,
    /// Where each call stands.
    call_ops: &'a [(BodyIx, OpId)],
    /// Calls by where they stand.
    at: FxHashMap<(BodyIx, OpId), Vec<u32>>,
    acquires: Reaching,
    awaits: Reaching,
    writes: Vec<bool>,
    finishes: Vec<bool>,
}

/// What functions have of something, and which functions reach any.
#[derive(Default)]
pub(crate) struct Reaching {
    of: FxHashMap<FunctionId, Vec<u32>>,
    reaches: Vec<bool>,
}

/// What the index is built from: things by number with the function that holds them.
#[derive(Default)]
pub(crate) struct Items {
    /// Pool uses.
    pub(crate) acquires: Vec<(FunctionId, u32)>,
    /// Sites that wait for something outside.
    pub(crate) awaits: Vec<(FunctionId, u32)>,
    /// Functions that write.
    pub(crate) writes: Vec<FunctionId>,
    /// Functions that commit or roll back.
    pub(crate) finishes: Vec<FunctionId>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(program: &'a Program, call_ops: &'a [(BodyIx, OpId)], items: Items) -> Self {
        let mut at: FxHashMap<(BodyIx, OpId), Vec<u32>> = FxHashMap::default();
        for (index, &place) in call_ops.iter().enumerate() {
            at.entry(place).or_default().push(index as u32);
        }
        Self {
            program,
            call_ops,
            at,
            acquires: Reaching::of(program, &items.acquires),
            awaits: Reaching::of(program, &items.awaits),
            writes: reaching(program, &items.writes),
            finishes: reaching(program, &items.finishes),
        }
    }

    /// The pool uses that a call reaches, each with the calls on the way.
    pub(crate) fn acquires(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.below(body, op, &self.acquires)
    }

    /// The sites of waiting that a call reaches.
    pub(crate) fn awaits(&self, body: BodyIx, op: OpId) -> Vec<(u32, Vec<u32>)> {
        self.below(body, op, &self.awaits)
    }

    /// Where a call stands.
    pub(crate) fn place_of_call(&self, call: u32) -> (BodyIx, OpId) {
        self.call_ops[call as usize]
    }

    pub(crate) fn certainty(&self, path: &[u32]) -> Certainty {
        path.iter().map(|&c| self.program.calls[c as usize].certainty).min().unwrap_or(Certainty::High)
    }

    /// How an operation uses the handles that go into it: by its row, or by what the functions that it runs do.
    pub(crate) fn handle_use(&self, body: BodyIx, op: OpId, direct: Option<HandleUse>) -> HandleUse {
        let mut found = direct.unwrap_or_default();
        for &call in self.at.get(&(body, op)).into_iter().flatten() {
            let to = self.program.calls[call as usize].to;
            if self.program.function(to).kind != FunctionKind::Loop {
                found.writes |= self.writes[to.0 as usize];
                found.finishes |= self.finishes[to.0 as usize];
            }
        }
        found
    }

    fn below(&self, body: BodyIx, op: OpId, what: &Reaching) -> Vec<(u32, Vec<u32>)> {
        let Some(calls) = self.at.get(&(body, op)) else { return Vec::new() };
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut queue: VecDeque<Vec<u32>> = VecDeque::new();
        for &call in calls {
            // Loops of the same body are walked where they stand.
            let is_loop = self.program.function(self.program.calls[call as usize].to).kind == FunctionKind::Loop;
            if !is_loop && self.follows(call, what) && seen.insert(self.program.calls[call as usize].to) {
                queue.push_back(vec![call]);
            }
        }
        let mut found = Vec::new();
        while let Some(path) = queue.pop_front() {
            let Some(&last) = path.last() else { continue };
            let at = self.program.calls[last as usize].to;
            found.extend(what.of.get(&at).into_iter().flatten().map(|&item| (item, path.clone())));
            if path.len() >= MAX_DEPTH {
                continue;
            }
            for &call in &self.program.outgoing[at.0 as usize] {
                let to = self.program.calls[call as usize].to;
                if seen.len() < MAX_FUNCTIONS && self.follows(call, what) && seen.insert(to) {
                    let mut longer = path.clone();
                    longer.push(call);
                    queue.push_back(longer);
                }
            }
        }
        found
    }

    /// What runs in a task of its own does not run while the caller waits.
    fn follows(&self, call: u32, what: &Reaching) -> bool {
        let edge = &self.program.calls[call as usize];
        what.reaches[edge.to.0 as usize]
            && !edge.spawned
            && edge.shared.is_none()
            && edge.certainty > Certainty::Low
            && !self.program.function(edge.to).test_only
    }
}

impl Reaching {
    fn of(program: &Program, items: &[(FunctionId, u32)]) -> Self {
        let mut of: FxHashMap<FunctionId, Vec<u32>> = FxHashMap::default();
        for &(function, item) in items {
            of.entry(function).or_default().push(item);
        }
        let functions: Vec<FunctionId> = items.iter().map(|&(f, _)| f).collect();
        Self { of, reaches: reaching(program, &functions) }
    }
}

/// The functions that reach any of some functions without leaving the task.
fn reaching(program: &Program, targets: &[FunctionId]) -> Vec<bool> {
    let mut found = vec![false; program.functions.len()];
    let mut queue: Vec<FunctionId> = targets.to_vec();
    while let Some(at) = queue.pop() {
        if std::mem::replace(&mut found[at.0 as usize], true) {
            continue;
        }
        let callers = program.incoming[at.0 as usize].iter().map(|&c| &program.calls[c as usize]);
        queue.extend(callers.filter(|c| !c.spawned && c.shared.is_none()).map(|c| c.from));
    }
    found
}

/// What a row of the catalogue does with the handle that it works on.
pub(crate) fn api_use(resolver: &Resolver<'_>, data: &BodyData<'_>, op: OpId, api: &ApiModel) -> HandleUse {
    let finishes = api.effects.iter().any(|e| matches!(e, Effect::Commit | Effect::Rollback));
    let queries = api.effects.iter().any(|e| matches!(e, Effect::Query | Effect::Write));
    if !queries || finishes {
        return HandleUse { writes: false, finishes };
    }
    let writes = match statement(resolver, data, op) {
        Some(known) => known == Statement::Writes,
        None => api.effects.contains(&Effect::Write),
    };
    HandleUse { writes, finishes }
}
