//! Which calls wait for something outside the process or for another task, and which only look like it; which block no
//! worker of a runtime.

use connlint_catalog::{ApiModel, Catalog, CrateModel, Effect, Io, Role};
use connlint_facts::{OpId, OpKind, RegionKind};

use crate::dataflow::once_patterns::Outcome;
use crate::infer::bodies::BodyData;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::ancestors;
use crate::infer::trace_back::{Steps, trace_all, trace_back, trace_end};
use crate::types::roles::ANY_STREAM;

/// Getters of streams are looked into this deep.
const MAX_DEPTH: usize = 4;

/// Whether a row waits for something that is no work of the database: outside the process, or of another task.
pub(crate) fn waits(api: &ApiModel) -> bool {
    let has = |effect: Effect| api.effects.contains(&effect);
    let of_database = has(Effect::Acquire) || has(Effect::Begin) || has(Effect::Commit);
    !of_database && (has(Effect::AwaitExternal) || (has(Effect::Block) && !has(Effect::Query)))
}

/// Whether a wait matters to a caller further up. Locks and channels inside a helper are its own affair, and most often
/// short; a sleep or a call that leaves the process is not.
pub(crate) fn matters_to_callers(catalog: &Catalog, api: &ApiModel) -> bool {
    let of_runtime = catalog.crate_of(&api.path).is_some_and(CrateModel::is_of_runtime);
    !of_runtime
        || sleeps_or_leaves(api)
        || api.effects.iter().any(|effect| matches!(effect, Effect::Tick | Effect::Relay))
}

/// Whether a function hands out what it receives: for that, its caller has waited.
pub(crate) fn hands_out_received(data: &BodyData<'_>, op: OpId, api: &ApiModel) -> bool {
    let is_part = |result: OpId| trace_all(data, result, Steps::ALL_SOURCES, |_| true).contains(&op);
    api.effects.contains(&Effect::Receive) && data.results().any(is_part)
}

/// Whether a blocking row waits for something outside the process: not for a lock, a channel or time.
pub(crate) fn leaves_the_process(catalog: &Catalog, api: &ApiModel) -> bool {
    let of_runtime = catalog.crate_of(&api.path).is_none_or(CrateModel::is_of_runtime);
    !of_runtime || api.effects.contains(&Effect::AwaitExternal)
}

/// Whether a row of the runtime sleeps, or waits for another process rather than for another task.
pub(crate) fn sleeps_or_leaves(api: &ApiModel) -> bool {
    let leaves = api.effects.contains(&Effect::AwaitExternal) && api.io == Some(Io::Eager);
    leaves || api.effects.contains(&Effect::Sleep)
}

impl BodyCx<'_, '_> {
    /// Whether an expression runs only where no async runtime runs the thread: `Err(_) => runtime.block_on(…)` behind
    /// `Handle::try_current()`.
    pub(crate) fn is_off_runtime(&self, op: OpId) -> bool {
        let tests_runtime = |value: OpId| {
            let mut asked = trace_back(self.data, value, Steps::CONDITION);
            asked.any(|op| self.data.api(op).is_some_and(|(api, _)| self.tcx.catalog.tests_runtime(&api.path)))
        };
        let body = self.data.body;
        ancestors(body, body.ops[op.0 as usize].region).any(|region| match &body.regions[region.0 as usize].kind {
            RegionKind::Arm { tests } => {
                tests.iter().any(|test| self.outcome(test) == Some(Outcome::Miss) && tests_runtime(test.value))
            }
            _ => false,
        })
    }

    /// Whether a call whose row waits does so here: not for rows of a query or for items that are in memory, and not for
    /// a lock that nobody else has.
    pub(crate) fn waits_here(&self, op: OpId) -> bool {
        let Some(call) = self.data.call(op) else { return true };
        let Some((api, self_ty)) = self.data.api(op) else { return true };
        if api.effects.contains(&Effect::Relay) {
            let mut operands = call.recv.iter().chain(&call.args[..]);
            return operands.any(|&operand| self.stream_waits(operand, 0));
        }
        let operand = call.recv.or(call.args.first().copied());
        let owner = api.path.rsplit_once("::").map_or("", |(owner, _)| owner);
        let of_stream = self.tcx.catalog.trait_model(owner, None).is_some_and(|model| model.of_streams);
        let generic = self_ty.is_none_or(|ty| ty.external_path().is_none_or(|path| path == ANY_STREAM));
        match operand {
            Some(stream) if api.path.starts_with(ANY_STREAM) || (of_stream && generic) => self.stream_waits(stream, 0),
            Some(lock) if self.tcx.role_of(self.data.ty(lock).peel_refs()) == Some(Role::Lock) => {
                !self.is_own_lock(lock)
            }
            _ => true,
        }
    }

    /// Whether a lock is a variable of this function, by value: nobody else can hold it.
    fn is_own_lock(&self, lock: OpId) -> bool {
        let made = trace_end(self.data, lock, Steps::VALUE);
        // Whoever hands out a lock by value keeps none of it.
        matches!(self.data.kind(made), OpKind::Call { .. } | OpKind::MethodCall { .. })
            && self.tcx.role_of(self.data.ty(made).yielded()) == Some(Role::Lock)
    }

    /// Whether the items of a stream come from outside: its source is a call of a driver or client that is no query. What
    /// nothing is known of is not taken to wait.
    fn stream_waits(&self, stream: OpId, depth: usize) -> bool {
        for op in trace_back(self.data, stream, Steps::STREAM) {
            if self.tcx.role_of(self.data.ty(op).peel_refs()) == Some(Role::Source) {
                return true;
            }
            match self.data.kind(op) {
                // A part of an answer is in memory, unless its type says that it is a source.
                OpKind::Field { .. } => return false,
                OpKind::Call { .. } | OpKind::MethodCall { .. } => {
                    if let Some(waits) = self.call_waits(op, depth) {
                        return waits;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Whether what a call yields waits; none if that depends on the stream that it works on.
    fn call_waits(&self, op: OpId, depth: usize) -> Option<bool> {
        if depth < MAX_DEPTH
            && let Some(inner) = self.sole_callee(op)
            && let Some(tail) = inner.data.body.tail
        {
            return Some(inner.stream_waits(tail, depth + 1));
        }
        let Some((api, _)) = self.data.api(op) else { return Some(false) };
        if api.effects.iter().any(|effect| effect.is_work()) {
            return Some(false);
        }
        match self.tcx.catalog.crate_of(&api.path).map_or("", |krate| &krate.category) {
            "std" | "runtime" | "database" | "pool" | "" => None,
            _ => Some(true),
        }
    }
}
