//! What happens at one call while something is held: a second acquire, a wait for something outside.

use connlint_catalog::{CrateModel, Role};
use connlint_facts::{CrateId, OpId, OpKind, Span};
use rustc_hash::FxHashMap;

use crate::analyses::holding::{HoldAnalysis, HoldSource, HoldSourceKind, frame_id, sources_of};
use crate::analyses::live_range::{HeldAcquire, HeldAwait, LiveRange, OtherAwait, Taking};
use crate::analyses::outside_waits::FoundWait;
use crate::dataflow::outside_calls::{connection_in, is_of_database};
use crate::dataflow::waits::sleeps_or_leaves;
use crate::domain::{Condition, FunctionKind, Requirement};
use crate::infer::bodies::{BodyData, BodyIx, call_range, crate_of};
use crate::live_ranges::{Frame, HeldCall};
use crate::pools::{Callers, PoolIdentity, PoolPlace, same_type};
use crate::types::ty::Ty;

/// An acquire that a call reaches, with the pool that it takes from.
pub(super) struct FoundAcquire {
    pub(super) event: HeldAcquire,
    place: Option<PoolPlace>,
    /// The pool in the words of the function that takes the connection.
    taken_from: Option<PoolPlace>,
    ty: Ty,
}

/// What a call waits for, itself or by what it reaches.
pub(super) struct FoundWaits {
    direct: Option<FoundWait>,
    /// By number, each with the calls on the way.
    below: Vec<(u32, Vec<u32>)>,
}

/// The connections held at a call that are of the pool that an acquire takes from.
struct SamePool {
    by_holder: FxHashMap<OpId, PoolIdentity>,
    /// How sure it is for each connection that the pool gave out, sorted.
    owned: Vec<PoolIdentity>,
}

impl SamePool {
    /// How many connections of the pool are needed at once, counting those that are as surely of it.
    fn at_once(&self, same: PoolIdentity) -> usize {
        let others = self.owned.len() - self.owned.partition_point(|other| *other < same);
        1 + others.max(1)
    }
}

/// What happens at one call.
pub(super) struct CallEvents {
    acquires: Vec<FoundAcquire>,
    waits: FoundWaits,
    /// When the call runs, as far as constants decide.
    required: Condition,
}

impl CallEvents {
    pub(super) fn never_happen(&self) -> bool {
        self.required == Condition::NEVER
    }

    pub(super) fn into_acquires(self) -> Vec<FoundAcquire> {
        self.acquires
    }

    pub(super) fn is_empty(&self) -> bool {
        self.acquires.is_empty() && self.waits.direct.is_none() && self.waits.below.is_empty()
    }
}

impl<'w> HoldAnalysis<'_, 'w> {
    pub(super) fn at_call(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId, required: Condition) -> CallEvents {
        let direct = self.direct_wait(ix, data, op);
        let waits = FoundWaits { direct, below: self.search.awaits(ix, op) };
        let acquires = self.acquires_at(ix, data, op, self.search.acquires(ix, op), &required);
        CallEvents { acquires, waits, required }
    }

    /// What a call waits for itself; not a lock that is never held for longer than a few instructions.
    fn direct_wait(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId) -> Option<FoundWait> {
        self.outside.at(self.tcx, self.bodies, ix, op).filter(|_| !self.locks.is_brief(self.tcx, data, op))
    }

    /// What happens at a call that an awaited task makes.
    fn at_call_of_task(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId, required: Condition) -> CallEvents {
        let direct = self.direct_wait(ix, data, op);
        let waits = FoundWaits { direct, below: self.search.awaits_of_task(ix, op) };
        let acquires = self.acquires_at(ix, data, op, self.search.acquires_of_task(ix, op), &required);
        CallEvents { acquires, waits, required }
    }

    /// Adds to the ranges, which are sorted by source, what happens at a call.
    pub(super) fn events(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        frame: &Frame,
        call: &HeldCall,
        known: &FxHashMap<OpId, HoldSource>,
        ranges: &mut [(OpId, LiveRange)],
    ) {
        let runs_if = |op: OpId| self.inferred().at(data).run_condition(op, frame_id(data, frame.region));
        let required = runs_if(call.op);
        if required == Condition::NEVER {
            return;
        }
        for op in self.calls_of_awaited_tasks(ix, data, call.op) {
            let events = self.at_call_of_task(ix, data, op, runs_if(op));
            if !events.is_empty() && !events.never_happen() {
                self.note(data, frame, (op, call), (&events, None), known, ranges);
            }
        }
        let events = self.at_call(ix, data, call.op, required);
        let other = self.other_await(ix, data, frame, call, known);
        if !events.is_empty() || other.is_some() {
            self.note(data, frame, (call.op, call), (&events, other), known, ranges);
        }
    }

    /// Notes what happens at an operation, the call itself or one of a task that it awaits, with each connection that is
    /// held at the call.
    fn note(
        &self,
        data: &BodyData<'w>,
        frame: &Frame,
        (op, call): (OpId, &HeldCall),
        (events, other): (&CallEvents, Option<(OtherAwait, Vec<OpId>)>),
        known: &FxHashMap<OpId, HoldSource>,
        ranges: &mut [(OpId, LiveRange)],
    ) {
        let krate = crate_of(self.tcx, data);
        let here = self.span(data, data.body.ops[call.op.0 as usize].range);
        let held = sources_of(frame, &call.places);
        let passed: Vec<OpId> = sources_of(frame, &call.passed);
        let pools: Vec<SamePool> = events.acquires.iter().map(|a| self.same_pool(krate, a, &held, known)).collect();
        for holder in &held {
            let Ok(at) = ranges.binary_search_by_key(holder, |(source, _)| *source) else { continue };
            let range = &mut ranges[at].1;
            for (found, pool) in events.acquires.iter().zip(&pools) {
                let Some(&same) = pool.by_holder.get(holder) else { continue };
                // What goes into the call is what the callee holds: the callee's own range describes it better.
                let is_callees = passed.contains(holder) && !found.event.path.is_empty();
                if is_callees && (same != PoolIdentity::Place || self.runs_closure(&found.event.path)) {
                    continue;
                }
                let event =
                    HeldAcquire { same, at_once: pool.at_once(same), handed_on: is_callees, ..found.event.clone() };
                range.acquires.push(if op == call.op { event } else { HeldAcquire { call: here.clone(), ..event } });
            }
            if !passed.contains(holder) {
                let used_after = || frame.is_used_after(data, *holder, call.op);
                range.awaits.extend(self.waits_of(data, call.op, events, &known[holder], &used_after));
                let others = other.iter().filter(|(_, into)| !into.contains(holder));
                range.other_awaits.extend(others.map(|(other, _)| other.clone()));
            }
        }
    }

    fn runs_closure(&self, path: &[u32]) -> bool {
        let first = path.first().map(|&call| self.program.calls[call as usize].to);
        first.is_some_and(|to| self.program.function(to).kind == FunctionKind::Closure)
    }

    /// Which of the connections held at a call are of the pool that an acquire takes from.
    fn same_pool(
        &self,
        krate: CrateId,
        found: &FoundAcquire,
        held: &[OpId],
        known: &FxHashMap<OpId, HoldSource>,
    ) -> SamePool {
        let same = |&op: &OpId| Some((op, self.same(krate, &known[&op], found)?));
        let by_holder: FxHashMap<OpId, PoolIdentity> = held.iter().filter_map(same).collect();
        let owned = by_holder.iter().filter(|(op, _)| known[*op].kind != HoldSourceKind::OnHeld);
        let mut owned: Vec<PoolIdentity> = owned.map(|(_, &same)| same).collect();
        owned.sort_unstable();
        SamePool { by_holder, owned }
    }

    /// Adds to a range what happens at a call of a closure that runs while somebody else holds the connection.
    pub(super) fn lent_events(
        &self,
        data: &BodyData<'w>,
        (op, is_given): (OpId, bool),
        events: &CallEvents,
        source: &HoldSource,
        range: &mut LiveRange,
    ) {
        let krate = crate_of(self.tcx, data);
        for found in &events.acquires {
            let same = self.same(krate, source, found);
            let callee_tells = is_given && !found.event.path.is_empty();
            if let Some(same) = same.filter(|&same| !callee_tells || same == PoolIdentity::Place) {
                range.acquires.push(HeldAcquire { same, at_once: 2, ..found.event.clone() });
            }
        }
        if !is_given {
            // The lender uses it again as it likes.
            range.awaits.extend(self.waits_of(data, op, events, source, &|| false));
        }
    }

    /// The waits at a call that are no work on what is held: one, if no argument can rule it out. `used_after` says
    /// whether what is held is used again.
    fn waits_of(
        &self,
        data: &BodyData<'w>,
        op: OpId,
        events: &CallEvents,
        source: &HoldSource,
        used_after: &dyn Fn() -> bool,
    ) -> Vec<HeldAwait> {
        let call = self.span(data, data.body.ops[op.0 as usize].range);
        if let Some(FoundWait { api, site, certainty, drivers }) = events.waits.direct.clone()
            && is_outside(&drivers, &source.drivers)
            && !(source.locked && self.is_between_tasks(&api))
        {
            let required = Requirement(events.required.clone());
            let of_database = is_of_database(self.tcx.catalog, &drivers);
            let (path, used_after) = (Vec::new(), used_after());
            return vec![HeldAwait { call, path, site, of_database, used_after, api, certainty, required }];
        }
        let mut found = Vec::new();
        for (number, path) in &events.waits.below {
            if !is_outside(&self.outside.drivers(self.tcx, self.program, *number), &source.drivers) {
                continue;
            }
            let Some(wait) = self.outside.get(self.tcx, self.bodies, self.program, *number) else { continue };
            let end = self.outside.op(self.program, *number).or_else(|| self.search.wait_op(*number));
            let behind = self.search.required_on(path, end);
            let required = Requirement(Condition::all([events.required.clone(), behind]));
            let decided = required.0 == Condition::ALWAYS;
            let FoundWait { api, site, certainty, drivers } = wait;
            let certainty = certainty.min(self.search.certainty(path));
            let of_database = is_of_database(self.tcx.catalog, &drivers);
            let (call, path) = (call.clone(), path.clone());
            let used_after = used_after();
            found.push(HeldAwait { call, path, site, of_database, used_after, api, certainty, required });
            if decided {
                break;
            }
        }
        found
    }

    /// A lock or a channel: who holds a lock meanwhile most often means to.
    fn is_between_tasks(&self, api: &str) -> bool {
        let catalog = self.tcx.catalog;
        let of_runtime = catalog.crate_of(api).is_none_or(CrateModel::is_of_runtime);
        of_runtime && !catalog.api(api, None).is_some_and(sleeps_or_leaves)
    }

    fn acquires_at(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        op: OpId,
        below: Vec<(u32, Vec<u32>)>,
        required: &Condition,
    ) -> Vec<FoundAcquire> {
        let call = self.span(data, data.body.ops[op.0 as usize].range);
        let mut found = Vec::new();
        if let Some(used) = self.uses.at(ix, op).filter(|u| !u.if_pool && !u.never_waits) {
            let place = used.pool.and_then(|p| self.inferred().pool_place(ix, p));
            found.push(self.found((used.number, Vec::new()), call.clone(), required, place, used.ty.clone()));
        }
        for (number, path) in below {
            if self.uses.list[number as usize].never_waits {
                continue;
            }
            if let Some((place, ty)) = self.acquired_at(ix, number, &path) {
                found.push(self.found((number, path), call.clone(), required, place, ty));
            }
        }
        found
    }

    fn found(
        &self,
        (number, path): (u32, Vec<u32>),
        call: Span,
        required: &Condition,
        place: Option<PoolPlace>,
        ty: Ty,
    ) -> FoundAcquire {
        let used = &self.uses.list[number as usize];
        let data = self.bodies.get(used.body);
        // Below a call, the place is where the chain takes the connection, not where it begins.
        let site = if path.is_empty() { data.body.ops[used.op.0 as usize].range } else { call_range(data, used.op) };
        let event = HeldAcquire {
            call,
            site: self.span(data, site),
            api: used.api.clone(),
            taking: if used.for_the_call { Taking::Query } else { Taking::Acquire },
            same: PoolIdentity::Type,
            certainty: self.search.certainty(&path),
            required: Requirement(Condition::all([required.clone(), self.search.required_on(&path, Some(used.op))])),
            at_once: 2,
            handed_on: false,
            remedy: self.remedy(&used.api),
            path,
        };
        FoundAcquire { event, place, taken_from: self.taken_from(number), ty }
    }

    fn remedy(&self, api: &str) -> Option<String> {
        let krate = self.tcx.catalog.crate_of(api)?;
        krate.remedy(Role::PooledConnection).map(str::to_owned)
    }

    fn callers(&self) -> Callers<'_> {
        Callers { functions: self.functions, program: self.program, call_ops: self.search.call_ops() }
    }

    /// Whether a second acquire takes from the pool that the first one came from.
    pub(super) fn same(&self, krate: CrateId, held: &HoldSource, second: &FoundAcquire) -> Option<PoolIdentity> {
        let agree = match held.kind {
            HoldSourceKind::Acquire => same_type(&held.ty, &second.ty),
            HoldSourceKind::Param => {
                // A guard of the project is of the pool that the connection in it is of.
                let inside = connection_in(self.tcx, &held.ty, 0);
                let connection = inside.as_ref().unwrap_or(&held.ty);
                is_of_pool(connection, &second.ty) || self.names_pool(connection, &second.ty)
            }
            HoldSourceKind::OnHeld | HoldSourceKind::Unknown => false,
        };
        if !agree {
            return None;
        }
        if let (Some(first), Some(second)) = (&held.pool, &second.place) {
            let wired = || self.wiring.same(self.inferred(), self.callers(), first, second);
            match if first == second { Some(true) } else { wired() } {
                Some(true) => return Some(PoolIdentity::Place),
                Some(false) => return None,
                None => {}
            }
        }
        // One pool of the second's type is no news of a first whose type is not known.
        if !held.ty.is_unknown() && self.built.is_single(krate, &second.ty) {
            return Some(PoolIdentity::Source);
        }
        match self.same_origin(held, second) {
            Some(true) => Some(PoolIdentity::Source),
            Some(false) => None,
            None => Some(PoolIdentity::Type),
        }
    }

    /// Whether a guard is named after a pool of the workspace: `Connection<Db>`, where `Db` leads to the pool.
    fn names_pool(&self, guard: &Ty, pool: &Ty) -> bool {
        let leads = |named: &Ty| matches!(self.tcx.deref(named), Some(to) if same_type(to.peel_refs(), pool));
        let named = guard.peel_refs().args().iter().filter(|arg| matches!(arg, Ty::Adt(..)));
        named.into_iter().any(|named| same_type(named, pool) || leads(named))
    }

    /// Whether all that the two pools can be is one pool, or pools built apart.
    fn same_origin(&self, held: &HoldSource, second: &FoundAcquire) -> Option<bool> {
        let of_held = [held.taken_from.as_ref(), held.pool.as_ref()];
        let of_second = [second.taken_from.as_ref(), second.place.as_ref()];
        let pairs = of_held.into_iter().flatten().flat_map(|a| of_second.iter().flatten().map(move |&b| (a, b)));
        let mut verdicts = pairs.filter_map(|(a, b)| self.wiring.same_origin(self.inferred(), self.callers(), a, b));
        verdicts.next()
    }

    /// What an `.await` waits for that not all held handles go into, if it is neither a second acquire nor one of
    /// [`LiveRange::awaits`], and no block whose own awaits are looked at; with the handles that do.
    fn other_await(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        frame: &Frame,
        call: &HeldCall,
        known: &FxHashMap<OpId, HoldSource>,
    ) -> Option<(OtherAwait, Vec<OpId>)> {
        let OpKind::Await { future } = data.kind(call.op) else { return None };
        let made = data.origins(*future);
        let makers = made.iter().filter_map(|op| frame.calls.binary_search_by_key(op, |call| call.op).ok());
        let mut into = sources_of(frame, &call.passed);
        into.extend(makers.flat_map(|maker| sources_of(frame, &frame.calls[maker].passed)));
        // Work on what was begun on a held connection is work on that connection.
        let on_held = into.iter().any(|op| known[op].kind == HoldSourceKind::OnHeld);
        let places = sources_of(frame, &call.places);
        if on_held || places.iter().all(|op| into.contains(op)) {
            return None;
        }
        let is_block = |&at: &OpId| matches!(data.kind(at), OpKind::Async { .. });
        let told = |&at: &OpId| {
            let events = self.at_call(ix, data, at, Condition::ALWAYS);
            let waits = || places.iter().any(|op| !self.waits_of(data, at, &events, &known[op], &|| false).is_empty());
            !events.acquires.is_empty() || waits()
        };
        if made.iter().any(|at| is_block(at) || told(at)) {
            return None;
        }
        let callee = |&at: &OpId| data.callees(at).next().map(|def| self.tcx.defs.path(def));
        let api = |at: &OpId| data.api(*at).map(|(api, _)| api.path.clone());
        let what = made.iter().find_map(|at| callee(at).or_else(|| api(at)));
        Some((OtherAwait { span: self.span(data, data.body.ops[call.op.0 as usize].range), what }, into))
    }
}

/// Whether work on connections of some drivers is no work on what is held. Who does none of a driver's, waits for others.
fn is_outside(work: &[String], held: &[String]) -> bool {
    work.is_empty() || (!held.is_empty() && !work.iter().any(|driver| held.contains(driver)))
}

/// Whether what a parameter refers to can come from a pool of that type: both are of one crate, or the pool manages
/// connections of the other's crate.
fn is_of_pool(held: &Ty, pool: &Ty) -> bool {
    let held = held.peel_refs();
    let krate = |ty: &Ty| ty.external_path().and_then(|p| p.split("::").next().map(str::to_owned));
    let Some(of) = krate(held) else { return false };
    if krate(pool).as_ref() == Some(&of) {
        return held.args().iter().zip(pool.args()).all(|(a, b)| same_type(a, b));
    }
    fn mentions(ty: &Ty, krate: &str, depth: u32) -> bool {
        depth < 5
            && (ty.external_path().is_some_and(|p| p.split("::").next() == Some(krate))
                || ty.args().iter().any(|a| mentions(a, krate, depth + 1)))
    }
    mentions(pool, &of, 0)
}
