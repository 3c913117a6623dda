//! What runs while a connection is held, across calls: second acquires, awaits of something else, missing commits.

use connlint_catalog::{Effect, Mode, Role};
use connlint_facts::{CrateId, Literal, OpId, OpKind, RegionId, Span, TextRange};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analyses::callee_search::{Search, SearchIndex};
use crate::analyses::live_range::{HeldAcquire, HeldAwait, LiveRange, OtherAwait, Uncommitted};
use crate::call_graph::build::Functions;
use crate::call_graph::function_values::FunctionValues;
use crate::call_graph::graph::CallGraph;
use crate::dataflow::conditions::Conditions;
use crate::dataflow::origins::Origins;
use crate::dataflow::waits::{Waits, matters_to_callers, waits};
use crate::domain::{Certainty, Condition, FunctionKind, Requirement};
use crate::infer::bodies::crate_of;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::trace_back::{Steps, trace_until};
use crate::live_ranges::{Dropped, Frame, FrameInput, HandleUse, Held, HeldCall, Holders, Slot, frames};
use crate::names::marks::span_of;
use crate::pools::{BuiltPools, PoolIdentity, PoolPlace, PoolUses, PooledCrates, Pools, same_type};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What the analysis looks at.
pub(crate) struct HoldAnalysis<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) values: &'a FunctionValues,
    pub(crate) functions: &'a Functions,
    pub(crate) program: &'a CallGraph,
    pub(crate) search: Search<'a, 'w>,
    pub(crate) holders: Holders<'a, 'w>,
    pub(crate) uses: PoolUses,
    pub(crate) built: BuiltPools,
    pub(crate) pooled: PooledCrates,
}

/// Where what is held comes from.
#[derive(Clone, Debug)]
struct HoldSource {
    /// The call, or the parameter.
    op: OpId,
    pool: Option<PoolPlace>,
    /// The pool's type, or for a parameter the type of what is held.
    ty: Ty,
    kind: HoldSourceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HoldSourceKind {
    Acquire,
    /// Begun on a connection or inside a transaction.
    OnHeld,
    Param,
    Unknown,
}

/// Functions that begin a transaction for another are looked into this deep.
const MAX_BEGINNERS: usize = 2;

impl<'w> HoldAnalysis<'_, 'w> {
    /// The live ranges of all functions outside tests, in order of function and position.
    pub(crate) fn ranges(&self) -> Vec<LiveRange> {
        let input = FrameInput { tcx: self.tcx, holders: &self.holders, values: self.values };
        let of_body = |ix: BodyIx| -> Vec<LiveRange> {
            let data = self.bodies.get(ix);
            let handle_use = |op: OpId| self.search.handle_use(ix, op, self.direct_use(data, op));
            let frames = frames(&input, ix, data, &handle_use);
            frames.iter().flat_map(|frame| self.of_frame(ix, data, frame)).collect()
        };
        let by_body: Vec<Vec<LiveRange>> = self.bodies.par_indices().map(of_body).collect();
        by_body.into_iter().flatten().collect()
    }

    fn direct_use(&self, data: &BodyData<'w>, op: OpId) -> Option<HandleUse> {
        data.api(op).map(|(api, _)| crate::analyses::callee_search::api_use(self.tcx, data, op, api))
    }

    pub(crate) fn span(&self, data: &BodyData<'w>, range: TextRange) -> Span {
        span_of(self.tcx, data.def, range)
    }

    fn of_frame(&self, ix: BodyIx, data: &BodyData<'w>, frame: &Frame) -> Vec<LiveRange> {
        let mut sources: Vec<OpId> = frame.places.iter().map(|p| p.source).collect();
        sources.sort_unstable();
        sources.dedup();
        let known: FxHashMap<OpId, HoldSource> = sources.iter().map(|&op| (op, self.source(ix, data, op))).collect();
        let mut ranges: Vec<(OpId, LiveRange)> = Vec::new();
        for &op in &sources {
            if let Some(range) = self.range(ix, data, frame, op, &known[&op]) {
                ranges.push((op, range));
            }
        }
        for call in &frame.calls {
            self.events(ix, data, frame, call, &known, &mut ranges);
        }
        self.drops(data, frame, &mut ranges);
        ranges.into_iter().map(|(_, range)| range).collect()
    }

    fn range(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        frame: &Frame,
        op: OpId,
        source: &HoldSource,
    ) -> Option<LiveRange> {
        let function = self.functions.id(ix, data.frame(source.op).or(frame_id(data, frame.region)))?;
        let places = || frame.places.iter().filter(|p| p.source == op);
        let name = places().find_map(|p| match p.slot {
            Slot::Local(local) => {
                let sym = data.body.locals.get(local.0 as usize)?.name;
                Some(self.tcx.defs.file_of(data.def).facts.text(sym).to_owned())
            }
            Slot::Temp(_) => None,
        });
        let limit = match source.kind {
            HoldSourceKind::Acquire => self.built.limit(crate_of(self.tcx, data), &source.ty),
            _ => None,
        };
        Some(LiveRange {
            function,
            held: places().map(|p| p.held).max()?,
            acquired: self.span(data, data.body.ops[source.op.0 as usize].range),
            name,
            borrowed: places().any(|p| p.borrowed),
            pooled: source.kind == HoldSourceKind::Acquire
                || self.pooled.may_hold(self.tcx, crate_of(self.tcx, data), &source.ty),
            on_held: source.kind == HoldSourceKind::OnHeld,
            pool_limit: limit,
            acquires: Vec::new(),
            awaits: Vec::new(),
            other_awaits: Vec::new(),
            uncommitted: None,
        })
    }

    /// Follows what a place holds back to the call that made it.
    fn source(&self, ix: BodyIx, data: &BodyData<'w>, start: OpId) -> HoldSource {
        let op = origin(data, start);
        let ty = data.ty(start).clone();
        match data.kind(op) {
            OpKind::Param(_) | OpKind::SelfParam => {
                let ty = data.ty(op).clone();
                return HoldSource { op, pool: None, ty, kind: HoldSourceKind::Param };
            }
            OpKind::Call { .. } | OpKind::MethodCall { .. } => {}
            _ => return HoldSource { op, pool: None, ty, kind: HoldSourceKind::Unknown },
        }
        if let Some(used) = self.uses.at(ix, op) {
            let pools = self.pools();
            let pool = used.pool.and_then(|p| pools.place(ix, p));
            let kind = if used.if_pool { HoldSourceKind::Unknown } else { HoldSourceKind::Acquire };
            return HoldSource { op, pool, ty: used.ty.clone(), kind };
        }
        if let Some((api, _)) = data.api(op) {
            let kind =
                if api.effects.contains(&Effect::Begin) { HoldSourceKind::OnHeld } else { HoldSourceKind::Unknown };
            return HoldSource { op, pool: None, ty, kind };
        }
        let found = self.search.acquires(ix, op).into_iter().find_map(|(number, path)| {
            let (pool, ty) = self.acquired_at(ix, number, &path)?;
            Some(HoldSource { op, pool, ty, kind: HoldSourceKind::Acquire })
        });
        found.unwrap_or(HoldSource { op, pool: None, ty, kind: HoldSourceKind::Unknown })
    }

    fn waits(&self) -> Waits<'_, 'w> {
        Waits { tcx: self.tcx, bodies: self.bodies }
    }

    fn pools(&self) -> Pools<'_, 'w> {
        Pools { tcx: self.tcx, bodies: self.bodies }
    }

    /// The pool that a use at the end of a path takes from, in the words of the function where the path begins; `None` if
    /// the use takes none because it is handed something else.
    pub(crate) fn acquired_at(&self, holder: BodyIx, number: u32, path: &[u32]) -> Option<(Option<PoolPlace>, Ty)> {
        let used = &self.uses.list[number as usize];
        let pools = self.pools();
        let mut ty = used.ty.clone();
        let mut undecided = used.if_pool;
        let mut place = used.pool.and_then(|p| pools.place(used.body, p));
        for &call in path.iter().rev() {
            let (body, op) = self.search.place_of_call(call);
            let to = self.program.calls[call as usize].to;
            let is_function = self.program.function(to).kind == FunctionKind::Function;
            if undecided {
                let base = place.clone()?;
                let operand = if is_function { pools.operand(&base, body, op)? } else { continue };
                let data = self.bodies.get(body);
                match pools.pool_type(data.ty(operand)) {
                    Some(found) => {
                        undecided = false;
                        ty = found;
                    }
                    None if matches!(data.ty(operand).peel_refs(), Ty::Param(_) | Ty::Bounds(_)) => {}
                    None => return None,
                }
            }
            if is_function {
                place = place.and_then(|p| pools.substitute(&p, body, op, 0));
            } else if self.functions.origin[to.0 as usize].0 == holder && !undecided {
                // A closure of the function that holds the first one: whoever runs it, these are its own words.
                break;
            } else if body != used.body {
                place = None;
            }
        }
        (!undecided).then_some((place, ty))
    }

    fn events(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        frame: &Frame,
        call: &HeldCall,
        known: &FxHashMap<OpId, HoldSource>,
        ranges: &mut [(OpId, LiveRange)],
    ) {
        let conditions = Conditions { tcx: self.tcx, bodies: self.bodies, data };
        let required = conditions.required(call.op, frame_id(data, frame.region));
        if required == Condition::NEVER {
            return;
        }
        let acquires = self.acquires_at(ix, data, call.op, &required);
        let awaits = self.awaits_at(ix, data, call.op, &required);
        let other = self.other_await(ix, data, frame, call, known);
        if acquires.is_empty() && awaits.is_empty() && other.is_none() {
            return;
        }
        let krate = crate_of(self.tcx, data);
        let held: Vec<OpId> = sources_of(frame, &call.places);
        let passed: Vec<OpId> = sources_of(frame, &call.passed);
        for (op, range) in ranges.iter_mut().filter(|(op, _)| held.contains(op)) {
            let source = &known[op];
            for found in &acquires {
                let Some(same) = self.same(krate, source, found) else { continue };
                // What goes into the call is what the callee holds: the callee's own range tells it better.
                let callee_tells = passed.contains(op) && !found.event.path.is_empty();
                if callee_tells && same != PoolIdentity::Place {
                    continue;
                }
                let others = held.iter().filter(|o| {
                    known[o].kind != HoldSourceKind::OnHeld
                        && self.same(krate, &known[o], found).is_some_and(|s| s >= same)
                });
                let at_once = 1 + others.count().max(1);
                range.acquires.push(HeldAcquire { same, at_once, ..found.event.clone() });
            }
            if !passed.contains(op) {
                range.awaits.extend(awaits.iter().cloned());
                range.other_awaits.extend(other.iter().filter(|(_, into)| !into.contains(op)).map(|(o, _)| o.clone()));
            }
        }
    }

    /// Whether a transaction was begun for reading only, here or in a function that begins it for this one.
    fn is_read_only(&self, data: &BodyData<'w>, source: OpId, depth: usize) -> bool {
        let source = origin(data, source);
        let mut begun_in = data.callees(source).filter_map(|def| Some(self.bodies.get(self.bodies.of(def)?)));
        self.asks_to_read(data, source)
            || (depth < MAX_BEGINNERS
                && begun_in
                    .any(|inner| inner.types.calls.iter().any(|call| self.is_read_only(inner, call.op, depth + 1))))
    }

    fn asks_to_read(&self, data: &BodyData<'w>, source: OpId) -> bool {
        let provenance = Origins { tcx: self.tcx, bodies: self.bodies, data };
        let asks = |&step: &OpId| {
            let arg = data.call(step).and_then(|call| call.args.first());
            let denies = arg.is_some_and(|&arg| matches!(data.kind(arg), OpKind::Literal(Literal::Bool(false))));
            provenance.purpose(step) == Some("read_only") && !denies
        };
        provenance.chain(source).iter().any(asks)
    }

    fn acquires_at(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId, required: &Condition) -> Vec<FoundAcquire> {
        let call = self.span(data, call_text(data, op));
        let mut found = Vec::new();
        if let Some(used) = self.uses.at(ix, op).filter(|u| !u.if_pool && !u.never_waits) {
            let place = used.pool.and_then(|p| self.pools().place(ix, p));
            found.push(self.found((used.number, Vec::new()), call.clone(), required, place, used.ty.clone()));
        }
        for (number, path) in self.search.acquires(ix, op) {
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
        let event = HeldAcquire {
            call,
            site: self.span(data, data.body.ops[used.op.0 as usize].range),
            api: used.api.clone(),
            by_query: used.for_the_call,
            same: PoolIdentity::Type,
            certainty: self.search.certainty(&path),
            required: Requirement(Condition::all([required.clone(), self.search.required_on(&path, Some(used.op))])),
            at_once: 2,
            remedy: self.remedy(&used.api),
            path,
        };
        FoundAcquire { event, place, ty }
    }

    fn remedy(&self, api: &str) -> Option<String> {
        let krate = self.tcx.catalog.crate_of(api)?;
        krate.remedy(Role::PooledConnection).map(str::to_owned)
    }

    /// Whether a second acquire takes from the pool that the first one came from.
    fn same(&self, krate: CrateId, held: &HoldSource, second: &FoundAcquire) -> Option<PoolIdentity> {
        let agree = match held.kind {
            HoldSourceKind::Acquire => same_type(&held.ty, &second.ty),
            HoldSourceKind::Param => is_of_pool(&held.ty, &second.ty),
            HoldSourceKind::OnHeld | HoldSourceKind::Unknown => false,
        };
        if !agree {
            return None;
        }
        if held.pool.is_some() && held.pool == second.place {
            return Some(PoolIdentity::Place);
        }
        Some(if self.built.is_single(krate, &second.ty) { PoolIdentity::Source } else { PoolIdentity::Type })
    }

    fn awaits_at(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId, required: &Condition) -> Vec<HeldAwait> {
        let call = self.span(data, call_text(data, op));
        let direct = data.api(op).map(|(api, _)| api).filter(|api| waits(api) && self.waits().waits_here(data, op));
        if let Some(api) = direct {
            let awaited = || data.flow.users(op).iter().any(|&u| matches!(data.kind(u), OpKind::Await { .. }));
            if api.mode != Mode::Async || awaited() {
                let site = self.span(data, data.body.ops[op.0 as usize].range);
                let api = api.path.clone();
                let required = Requirement(required.clone());
                return vec![HeldAwait { call, path: Vec::new(), site, api, certainty: Certainty::High, required }];
            }
            return Vec::new();
        }
        let mut found = Vec::new();
        for (site, path) in self.search.awaits(ix, op) {
            let behind = self.search.required_on(&path, self.search.wait_op(site));
            let required = Requirement(Condition::all([required.clone(), behind]));
            let decided = required.0 == Condition::ALWAYS;
            let certainty = self.search.certainty(&path);
            let site = &self.program.sites[site as usize];
            let (call, site, api) = (call.clone(), site.span.clone(), site.api.clone());
            found.push(HeldAwait { call, site, api, certainty, required, path });
            // One wait is enough for a call, if no argument can rule it out.
            if decided {
                break;
            }
        }
        found
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
        if on_held || sources_of(frame, &call.places).iter().all(|op| into.contains(op)) {
            return None;
        }
        let is_block = |&at: &OpId| matches!(data.kind(at), OpKind::Async { .. });
        let any = &Condition::ALWAYS;
        let told = |&at: &OpId| {
            !self.acquires_at(ix, data, at, any).is_empty() || !self.awaits_at(ix, data, at, any).is_empty()
        };
        if made.iter().any(|at| is_block(at) || told(at)) {
            return None;
        }
        let callee = |&at: &OpId| data.callees(at).next().map(|def| self.tcx.defs.path(def));
        let api = |at: &OpId| data.api(*at).map(|(api, _)| api.path.clone());
        let what = made.iter().find_map(|at| callee(at).or_else(|| api(at)));
        Some((OtherAwait { span: self.span(data, data.body.ops[call.op.0 as usize].range), what }, into))
    }

    fn drops(&self, data: &BodyData<'w>, frame: &Frame, ranges: &mut [(OpId, LiveRange)]) {
        for dropped in &frame.dropped {
            let place = &frame.places[dropped.place as usize];
            if self.is_read_only(data, place.source, 0) {
                continue;
            }
            let spans = |of: &[(u32, OpId)]| -> Vec<Span> {
                let same = |&&(n, _): &&(u32, OpId)| frame.places[n as usize].source == place.source;
                let mut spans: Vec<Span> = of
                    .iter()
                    .filter(same)
                    .map(|&(_, op)| self.span(data, data.body.ops[op.0 as usize].range))
                    .collect();
                spans.sort();
                spans.dedup();
                spans
            };
            for (op, range) in ranges.iter_mut() {
                if place.source == *op && range.held == Held::Transaction && range.uncommitted.is_none() {
                    range.uncommitted = Some(Uncommitted {
                        dropped: self.span(data, dropped.at),
                        early: dropped.early,
                        writes: before(spans(&frame.writes), dropped),
                        finishes: spans(&frame.finishes),
                        handed_on: frame.handed_on.contains(op),
                    });
                }
            }
        }
    }
}

struct FoundAcquire {
    event: HeldAcquire,
    place: Option<PoolPlace>,
    ty: Ty,
}

fn sources_of(frame: &Frame, places: &[u32]) -> Vec<OpId> {
    let mut found: Vec<OpId> = places.iter().map(|&n| frame.places[n as usize].source).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn frame_id(data: &BodyData<'_>, region: RegionId) -> Option<RegionId> {
    data.is_frame(region).then_some(region)
}

/// The call that made a value: behind `?`, `.await`, `unwrap()` and patterns.
fn origin(data: &BodyData<'_>, start: OpId) -> OpId {
    trace_until(data, start, Steps::MADE_BY, |op| match data.kind(op) {
        OpKind::MethodCall { recv, .. } => !is_of_result(data.ty(*recv)),
        _ => false,
    })
}

fn is_of_result(ty: &Ty) -> bool {
    matches!(ty.external_path(), Some("std::result::Result" | "std::option::Option"))
        || matches!(ty, Ty::Future(inner) if is_of_result(inner))
}

/// The text of a call: a method's name and arguments rather than the chain before it, all of a path call.
fn call_text(data: &BodyData<'_>, op: OpId) -> TextRange {
    data.body.ops[op.0 as usize].range
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

/// The writes that a path which leaves early has behind it.
fn before(mut writes: Vec<Span>, dropped: &Dropped) -> Vec<Span> {
    if dropped.early {
        writes.retain(|write| write.range.start < dropped.at.start);
    }
    writes
}

/// What functions do that matters while their caller holds a connection.
pub(crate) fn items(
    tcx: &TypeContext<'_>,
    bodies: &Bodies<'_>,
    functions: &Functions,
    program: &CallGraph,
    uses: &PoolUses,
    site_ops: &[OpId],
) -> SearchIndex {
    let function = |ix: BodyIx, op: OpId| functions.id(ix, bodies.get(ix).frame(op));
    let mut items = SearchIndex::default();
    items.acquires.extend(uses.list.iter().filter_map(|u| Some((function(u.body, u.op)?, u.number, u.op))));
    for (number, (site, &op)) in program.sites.iter().zip(site_ops).enumerate() {
        let (ix, _) = functions.origin[site.function.0 as usize];
        let matters = || bodies.get(ix).api(op).is_none_or(|(api, _)| matters_to_callers(tcx.catalog, api));
        if site.effect == Effect::AwaitExternal && site.shared.is_none() && matters() {
            items.awaits.push((site.function, number as u32, op));
        }
    }
    for ix in bodies.indices() {
        let data = bodies.get(ix);
        for call in &data.types.calls {
            let Some((api, _)) = data.api(call.op) else { continue };
            let used = crate::analyses::callee_search::api_use(tcx, data, call.op, api);
            if used == HandleUse::default() {
                continue;
            }
            let Some(function) = function(ix, call.op) else { continue };
            if used.writes {
                items.writes.push(function);
            }
            if used.finishes {
                items.finishes.push(function);
            }
        }
    }
    items
}
