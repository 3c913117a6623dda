//! What runs while a connection is held, across calls: second acquires, awaits of something else, missing commits.

use std::borrow::Cow;

use connlint_catalog::{Effect, Role};
use connlint_facts::{Literal, OpId, OpKind, RegionId, RegionKind, Span, TextRange};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::analyses::callee_search::{Search, SearchIndex, api_use};
use crate::analyses::given_guards::GivenParameters;
use crate::analyses::lent::{Lends, WalkedFrame};
use crate::analyses::live_range::{LiveRange, Uncommitted};
use crate::analyses::lock_waits::LockWaits;
use crate::analyses::outside_waits::OutsideWaits;
use crate::call_graph::build::Functions;
use crate::call_graph::function_values::FunctionValues;
use crate::call_graph::graph::CallGraph;
use crate::dataflow::once_patterns::Outcome;
use crate::dataflow::outside_calls::drivers_held;
use crate::domain::{FunctionId, FunctionKind};
use crate::infer::bodies::crate_of;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body::Call;
use crate::infer::body_cx::{BodyCx, Inferred};
use crate::infer::def_use::ancestors;
use crate::infer::trace_back::{Steps, trace_end, trace_until};
use crate::live_ranges::{Dropped, Frame, FrameInput, HandleUse, Held, Holders, Slot, frames};
use crate::names::attributes::unread_attribute;
use crate::names::marks::span_of;
use crate::pools::{BuiltPools, PoolPlace, PoolUses, PooledCrates, Wiring};
use crate::types::context::TypeContext;
use crate::types::roles::pool_type;
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
    pub(crate) outside: OutsideWaits,
    pub(crate) locks: LockWaits,
    pub(crate) wiring: Wiring,
    pub(crate) given: GivenParameters,
    /// Functions that the outside calls, with values of its own.
    pub(crate) entered: FxHashSet<FunctionId>,
}

/// Where what is held comes from.
#[derive(Clone, Debug)]
pub(super) struct HoldSource {
    /// The call, or the parameter.
    pub(super) op: OpId,
    pub(super) pool: Option<PoolPlace>,
    /// The pool in the words of the function that takes the connection, if that is another one.
    pub(super) taken_from: Option<PoolPlace>,
    /// The pool's type, or for a parameter the type of what is held.
    pub(super) ty: Ty,
    pub(super) kind: HoldSourceKind,
    /// The drivers whose connection it is.
    pub(super) drivers: Vec<String>,
    /// Whether it is the guard of a lock.
    pub(super) locked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HoldSourceKind {
    Acquire,
    /// Begun on a connection or inside a transaction.
    OnHeld,
    Param,
    Unknown,
}

/// Functions that begin a transaction for another are looked into this deep.
const MAX_BEGINNERS: usize = 2;

impl<'w> HoldAnalysis<'_, 'w> {
    /// The live ranges of all functions outside tests, in order of function and position, and at how many calls how many
    /// connections were noted for them.
    pub(crate) fn ranges(&self) -> (Vec<LiveRange>, usize) {
        let input = FrameInput { tcx: self.tcx, holders: &self.holders, values: self.values };
        let walk = |ix: BodyIx| -> Vec<WalkedFrame> {
            let data = self.bodies.get(ix);
            let handle_use = |op: OpId| self.search.handle_use(ix, op, self.direct_use(data, op));
            let frames = frames(&input, ix, data, &handle_use);
            frames.into_iter().map(|frame| self.walked(ix, data, frame)).collect()
        };
        let walked: Vec<Vec<WalkedFrame>> = self.bodies.par_indices().map(walk).collect();
        let lends = Lends::collect(self, &input, &walked);
        let of_body = |ix: BodyIx| -> Vec<LiveRange> {
            let data = self.bodies.get(ix);
            let own = walked[ix.0 as usize].iter().flat_map(|walked| self.of_frame(ix, data, walked, &lends));
            own.chain(lends.callable_ranges(ix)).collect()
        };
        let by_body: Vec<Vec<LiveRange>> = self.bodies.par_indices().map(of_body).collect();
        let noted = walked.iter().flatten().flat_map(|walked| &walked.frame.calls).map(|call| call.places.len()).sum();
        (by_body.into_iter().flatten().collect(), noted)
    }

    fn direct_use(&self, data: &BodyData<'w>, op: OpId) -> Option<HandleUse> {
        data.api(op).map(|(api, _)| api_use(self.inferred().at(data), op, api))
    }

    pub(crate) fn span(&self, data: &BodyData<'w>, range: TextRange) -> Span {
        span_of(self.tcx, data.def, range)
    }

    fn walked(&self, ix: BodyIx, data: &BodyData<'w>, frame: Frame) -> WalkedFrame {
        let mut sources: Vec<OpId> = frame.places.iter().map(|p| p.source).collect();
        sources.sort_unstable();
        sources.dedup();
        let known = sources.into_iter().map(|op| (op, self.source(ix, data, op))).collect();
        WalkedFrame { frame, known }
    }

    fn of_frame(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        walked: &WalkedFrame,
        lends: &Lends<'_, '_, 'w>,
    ) -> Vec<LiveRange> {
        let frame = &walked.frame;
        let mut known = Cow::Borrowed(&walked.known);
        let mut sources: Vec<OpId> = known.keys().copied().collect();
        sources.sort_unstable();
        let mut ranges: Vec<(OpId, LiveRange)> = Vec::new();
        for &op in &sources {
            let Some(mut range) = self.range(ix, data, frame, op, &known[&op]) else { continue };
            let lender = lends.fill(ix, &known[&op], &mut range);
            if range.borrowed && self.holders.may_borrow(data.def, &known[&op].ty) {
                // Callers that lend nothing hand over the pool.
                let Some(lender) = lender else { continue };
                known.to_mut().entry(op).and_modify(|source| source.drivers = lender.drivers);
            }
            ranges.push((op, range));
        }
        for call in &frame.calls {
            self.events(ix, data, frame, call, &known, &mut ranges);
        }
        self.given_guards(ix, data, walked, &mut ranges);
        self.drops(data, frame, &mut ranges);
        ranges.into_iter().map(|(_, range)| range).collect()
    }

    pub(super) fn range(
        &self,
        ix: BodyIx,
        data: &BodyData<'w>,
        frame: &Frame,
        op: OpId,
        source: &HoldSource,
    ) -> Option<LiveRange> {
        let function = self.functions.id(ix, data.frame(source.op).or(frame_id(data, frame.region)))?;
        let places = || frame.places_of(op);
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
            lent_by: None,
            guard: self.guard(data, source).filter(|_| places().all(|p| !p.borrowed)),
            name,
            borrowed: places().any(|p| p.borrowed),
            locked: source.locked,
            pooled: source.kind == HoldSourceKind::Acquire
                || source.locked
                || (self.pooled.may_hold(self.tcx, crate_of(self.tcx, data), &source.ty)
                    && !self.is_begun_on_own(ix, data, source)),
            on_held: source.kind == HoldSourceKind::OnHeld,
            pool_limit: limit,
            acquires: Vec::new(),
            awaits: Vec::new(),
            other_awaits: Vec::new(),
            uncommitted: None,
        })
    }

    /// The type of the workspace that a parameter is given by value.
    fn guard(&self, data: &BodyData<'w>, source: &HoldSource) -> Option<String> {
        match data.ty(source.op) {
            Ty::Adt(def, _) if source.kind == HoldSourceKind::Param => Some(self.tcx.defs.path(*def)),
            _ => None,
        }
    }

    /// Follows what a place holds back to the call that made it.
    fn source(&self, ix: BodyIx, data: &BodyData<'w>, start: OpId) -> HoldSource {
        let mut source = self.made_by(ix, data, start);
        drivers_held(self.tcx, &source.ty, &mut source.drivers);
        drivers_held(self.tcx, data.ty(start), &mut source.drivers);
        source.locked = self.tcx.role_of(data.ty(start).yielded()) == Some(Role::LockGuard);
        source
    }

    fn made_by(&self, ix: BodyIx, data: &BodyData<'w>, start: OpId) -> HoldSource {
        let op = origin(data, start);
        let of = |ty: &Ty, pool, kind| {
            let (ty, drivers) = (ty.clone(), Vec::new());
            HoldSource { op, pool, taken_from: None, ty, kind, drivers, locked: false }
        };
        match data.kind(op) {
            OpKind::Param(_) | OpKind::SelfParam => return of(data.ty(op), None, HoldSourceKind::Param),
            OpKind::Call { .. } | OpKind::MethodCall { .. } => {}
            _ => return of(data.ty(start), None, HoldSourceKind::Unknown),
        }
        if let Some(used) = self.uses.at(ix, op) {
            let pool = used.pool.and_then(|p| self.inferred().pool_place(ix, p));
            let kind = if used.if_pool { HoldSourceKind::Unknown } else { HoldSourceKind::Acquire };
            return of(&used.ty, pool, kind);
        }
        if let Some((api, _)) = data.api(op) {
            let begins = api.effects.contains(&Effect::Begin);
            return of(data.ty(start), None, if begins { HoldSourceKind::OnHeld } else { HoldSourceKind::Unknown });
        }
        let acquired = self.search.acquires(ix, op).into_iter().find_map(|(number, path)| {
            let (pool, ty) = self.acquired_at(ix, number, &path)?;
            let taken_from = self.taken_from(number);
            Some(HoldSource { taken_from, ..of(&ty, pool, HoldSourceKind::Acquire) })
        });
        acquired.unwrap_or_else(|| of(data.ty(start), None, HoldSourceKind::Unknown))
    }

    pub(super) fn inferred(&self) -> Inferred<'_, 'w> {
        Inferred { tcx: self.tcx, bodies: self.bodies }
    }

    /// The pool that a use takes from, in the words of its own function.
    pub(super) fn taken_from(&self, number: u32) -> Option<PoolPlace> {
        let used = &self.uses.list[number as usize];
        used.pool.filter(|_| !used.if_pool).and_then(|pool| self.inferred().pool_place(used.body, pool))
    }

    /// The pool that a use at the end of a path takes from, in the words of the function where the path begins; `None` if
    /// the use takes none because it is handed something else.
    pub(crate) fn acquired_at(&self, holder: BodyIx, number: u32, path: &[u32]) -> Option<(Option<PoolPlace>, Ty)> {
        let used = &self.uses.list[number as usize];
        let inferred = self.inferred();
        let mut ty = used.ty.clone();
        let mut undecided = used.if_pool;
        let mut place = used.pool.and_then(|p| inferred.pool_place(used.body, p));
        for &call in path.iter().rev() {
            let (body, op) = self.search.place_of_call(call);
            let to = self.program.calls[call as usize].to;
            let is_function = self.program.function(to).kind == FunctionKind::Function;
            if undecided {
                let base = place.clone()?;
                let operand = if is_function { inferred.pool_operand(&base, body, op)? } else { continue };
                let data = self.bodies.get(body);
                match pool_type(self.tcx, data.ty(operand)) {
                    Some(found) => {
                        undecided = false;
                        ty = found;
                    }
                    None if matches!(data.ty(operand).peel_refs(), Ty::Param(_) | Ty::Bounds(_)) => {}
                    None => return None,
                }
            }
            if is_function {
                place = place.and_then(|p| inferred.pool_at_call(&p, body, op, 0));
            } else if self.functions.origin[to.0 as usize].0 == holder && !undecided {
                // A closure of the function that holds the first one: whoever runs it, these are its own words.
                break;
            } else if body != used.body {
                place = None;
            }
        }
        (!undecided).then_some((place, ty))
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
        let cx = self.inferred().at(data);
        let asks = |&step: &OpId| {
            let arg = data.call(step).and_then(|call| call.args.first());
            let denies = arg.is_some_and(|&arg| matches!(data.kind(arg), OpKind::Literal(Literal::Bool(false))));
            cx.setting_purpose(step) == Some("read_only") && !denies
        };
        cx.builder_chain(source).iter().any(asks)
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
            if let Ok(at) = ranges.binary_search_by_key(&place.source, |(source, _)| *source) {
                let (op, range) = &mut ranges[at];
                if range.held == Held::Transaction && range.uncommitted.is_none() {
                    range.uncommitted = Some(Uncommitted {
                        dropped: self.span(data, dropped.at),
                        early: dropped.early,
                        surely: dropped.surely,
                        beside_end: dropped.beside_end,
                        answered: dropped.answered,
                        writes: before(spans(&frame.writes), dropped),
                        finishes: spans(&frame.finishes),
                        fails_first: self.fails_before_each_end(data, frame, place.source),
                        // What an attribute makes of the function may end what that was given.
                        handed_on: frame.handed_on.contains(op)
                            || matches!(data.kind(*op), OpKind::Param(_))
                                && unread_attribute(self.tcx, data.def).is_some(),
                    });
                }
            }
        }
    }
}

impl<'w> HoldAnalysis<'_, 'w> {
    /// Whether a transaction is ended by rollbacks only, each of them after a failure: then no path of success ends it.
    fn fails_before_each_end(&self, data: &BodyData<'w>, frame: &Frame, source: OpId) -> bool {
        let cx = self.inferred().at(data);
        let after_failure = |op: OpId| {
            ancestors(data.body, data.body.ops[op.0 as usize].region).any(|region| {
                let RegionKind::Arm { tests } = &data.body.regions[region.0 as usize].kind else { return false };
                tests.iter().any(|test| cx.outcome(test) == Some(Outcome::Miss))
            })
        };
        let mut ends = frame.finishes.iter().filter(|&&(n, _)| frame.places[n as usize].source == source).peekable();
        ends.peek().is_some() && ends.all(|&(_, op)| !self.commits_at(data, op) && after_failure(op))
    }

    fn commits_at(&self, data: &BodyData<'w>, op: OpId) -> bool {
        let direct = self.direct_use(data, op);
        self.bodies.of(data.def).is_none_or(|ix| self.search.handle_use(ix, op, direct).commits)
    }
}

pub(super) fn sources_of(frame: &Frame, places: &[u32]) -> Vec<OpId> {
    let mut found: Vec<OpId> = places.iter().map(|&n| frame.places[n as usize].source).collect();
    found.sort_unstable();
    found.dedup();
    found
}

pub(super) fn frame_id(data: &BodyData<'_>, region: RegionId) -> Option<RegionId> {
    data.is_frame(region).then_some(region)
}

/// The call that made a value: behind `?`, `.await`, `unwrap()` and patterns.
fn origin(data: &BodyData<'_>, start: OpId) -> OpId {
    trace_until(data, start, Steps::MADE_BY, |op| match data.kind(op) {
        OpKind::MethodCall { recv, .. } => !is_of_result(data.ty(*recv)),
        _ => false,
    })
}

pub(super) fn is_of_result(ty: &Ty) -> bool {
    matches!(ty.external_path(), Some("std::result::Result" | "std::option::Option"))
        || matches!(ty, Ty::Future(inner) if is_of_result(inner))
}

/// The writes that a path which leaves early has behind it.
fn before(mut writes: Vec<Span>, dropped: &Dropped) -> Vec<Span> {
    if dropped.early {
        writes.retain(|write| write.range.start < dropped.at.start);
    }
    writes
}

/// What functions do that matters while their caller holds a connection.
pub(crate) fn search_index<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    functions: &Functions,
    program: &CallGraph,
    uses: &PoolUses,
    (outside, site_ops): (&OutsideWaits, &[OpId]),
) -> SearchIndex {
    let function = |ix: BodyIx, op: OpId| functions.id(ix, bodies.get(ix).frame(op));
    let mut index = SearchIndex::default();
    index.acquires.extend(uses.list.iter().filter_map(|u| Some((function(u.body, u.op)?, u.number, u.op))));
    index.awaits = outside.index(tcx, bodies, functions, program, site_ops);
    index.blocks = OutsideWaits::blocking(tcx, bodies, functions, program, site_ops);
    for ix in bodies.indices() {
        let data = bodies.get(ix);
        for call in &data.types.calls {
            let Some((api, _)) = call.api() else { continue };
            let mut used = api_use(BodyCx { tcx, bodies, data }, call.op, api);
            if used.finishes && begun_here(data, call) {
                // What a function begins itself, it may end: its caller's transaction stays open.
                used = HandleUse { writes: used.writes, ..HandleUse::default() };
            }
            if let Some(function) = function(ix, call.op).filter(|_| used != HandleUse::default()) {
                index.uses.push((function, used));
            }
        }
    }
    index
}

/// Whether a call works on a transaction that the same body begins.
fn begun_here(data: &BodyData<'_>, call: &Call<'_>) -> bool {
    let handle = call.recv.or(call.args.first().copied());
    let begun = handle.and_then(|handle| data.api(trace_end(data, handle, Steps::VALUE)));
    begun.is_some_and(|(api, _)| api.effects.contains(&Effect::Begin))
}
