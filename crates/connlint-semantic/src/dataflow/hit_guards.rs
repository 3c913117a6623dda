//! What runs only on a miss: a place that outlives the run is looked at, and what is found there makes an end of it.
//!
//! Whatever is stored there, an answer too, the next look-up finds it, unless its key is another one each time. So what
//! matters is where the key comes from: that is determined here, and judged where the callers are known.

use connlint_facts::{LocalId, OpId, OpKind, RegionId, RegionKind, Sym};

use crate::dataflow::once_patterns::Outcome;
use crate::domain::Origin;
use crate::infer::body::Call;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, in_closure};
use crate::infer::trace_back::{Root, Steps, root, trace_back, trace_end};
use crate::types::roles::is_plain_data;

/// Parts of a key within parts.
const MAX_DEPTH: usize = 40;

/// What a place belongs to, near enough to show whether two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CachePlace {
    Local(LocalId),
    SelfField(Option<Sym>),
    Param(u32, Option<Sym>),
    Static(Sym),
}

impl CachePlace {
    /// Whether one may be the other: a method of `self` looks at a field that it does not name.
    fn may_be(self, other: Self) -> bool {
        let of_self = |place: Self, other: Self| place == Self::SelfField(None) && matches!(other, Self::SelfField(_));
        self == other || of_self(self, other) || of_self(other, self)
    }
}

impl BodyCx<'_, '_> {
    /// Where the keys come from by which a look-up is made, if an expression runs only where that finds nothing and what
    /// it would find is stored there. Without a key, a place holds one thing.
    pub(crate) fn missed_keys(&self, op: OpId) -> Option<Vec<Origin>> {
        let looked_up = self.miss_test(op).or_else(|| self.hit_before(op))?;
        let keys = self.keys(looked_up);
        // A field of what this run alone was given is looked at by no later one.
        let meets_later_runs = match self.cache_place(looked_up) {
            // What is made here of plain data is gone at the end, whatever it was made from.
            Some(CachePlace::Local(local)) if self.is_made_here(local) => false,
            _ => !keys.is_empty() || self.is_shared(looked_up),
        };
        (meets_later_runs && self.is_filled(op, looked_up)).then_some(keys)
    }

    fn is_made_here(&self, local: LocalId) -> bool {
        let [value] = self.data.flow.writes(local) else { return false };
        let made = trace_end(self.data, *value, Steps::VALUE);
        matches!(self.data.kind(made), OpKind::Call { .. }) && is_plain_data(self.tcx, self.data.ty(made))
    }

    /// The value whose test has failed where an expression runs: `None => fetch(key)`.
    fn miss_test(&self, op: OpId) -> Option<OpId> {
        let body = self.data.body;
        ancestors(body, body.ops[op.0 as usize].region).find_map(|region| {
            let RegionKind::Arm { tests } = &body.regions[region.0 as usize].kind else { return None };
            let missed = tests.iter().find(|t| self.outcome(t) == Some(Outcome::Miss) && self.outlives(t.value));
            missed.map(|test| test.value)
        })
    }

    /// The value that was found where the function was left before an expression: `if let Some(x) = map.get(key) { … }`.
    fn hit_before(&self, op: OpId) -> Option<OpId> {
        let body = self.data.body;
        let around: Vec<RegionId> = ancestors(body, body.ops[op.0 as usize].region).collect();
        (0..body.regions.len()).map(|index| RegionId(index as u32)).find_map(|region| {
            let RegionKind::Arm { tests } = &body.regions[region.0 as usize].kind else { return None };
            if !self.leaves_before(region, op, &around) {
                return None;
            }
            let hit = tests.iter().find(|t| self.outcome(t) == Some(Outcome::Hit) && self.outlives(t.value));
            hit.map(|test| test.value)
        })
    }

    /// The seconds that have to pass between two runs of an expression, whoever asks for it: it stands behind a test of the
    /// age of what outlives the run, and that begins anew on the way. `Some(None)` where the code does not show them.
    pub(crate) fn min_age(&self, op: OpId) -> Option<Option<u64>> {
        let body = self.data.body;
        let around: Vec<RegionId> = ancestors(body, body.ops[op.0 as usize].region).collect();
        (0u32..).map(RegionId).zip(&body.regions).find_map(|(id, region)| {
            let RegionKind::Arm { tests } = &region.kind else { return None };
            let decides = around.contains(&id) || self.leaves_before(id, op, &around);
            tests.iter().filter(|_| decides).find_map(|test| {
                let (instant, period) = self.age_test(test.value)?;
                (self.is_one_for_all(instant) && self.is_filled(op, instant)).then_some(period)
            })
        })
    }

    /// Whether a place is the same for all runs: no key leads there.
    fn is_one_for_all(&self, place: OpId) -> bool {
        let mut way = trace_back(self.data, place, Steps::SOLE_ROOT);
        let is_item = |op: OpId| matches!(self.data.kind(op), OpKind::Index { .. } | OpKind::Element { .. });
        self.keys(place).is_empty() && self.is_shared(place) && !way.any(is_item)
    }

    /// Whether a branch before an expression leaves the function, and all that run the expression pass it by.
    fn leaves_before(&self, arm: RegionId, op: OpId, around: &[RegionId]) -> bool {
        let before = self.data.body.regions[arm.0 as usize].end <= op && !around.contains(&arm);
        before && self.shares_block(arm, around) && self.leaves(arm)
    }

    /// Whether the place of a look-up is filled on the way: here, or by what is called.
    fn is_filled(&self, op: OpId, looked_up: OpId) -> bool {
        let Some(place) = self.cache_place(looked_up) else { return false };
        let same = |at: OpId| self.cache_place(at).is_some_and(|other| other.may_be(place));
        let of_self = matches!(place, CachePlace::SelfField(_));
        let fills = |at: OpId| match self.data.kind(at) {
            OpKind::Assign { place: target, .. } => {
                !matches!(self.data.kind(*target), OpKind::Local(_)) && same(*target)
            }
            OpKind::MethodCall { recv, name, .. } => self.keeps(at, *name) && same(*recv),
            _ => false,
        };
        let called = self.data.callees(op).any(|def| match place {
            CachePlace::Static(_) => self.fills_static(def),
            _ => of_self && self.is_given_self(op) && self.fills_self(def),
        });
        called || (looked_up.0..self.data.body.ops.len() as u32).map(OpId).any(fills)
    }

    /// Whether a call is one on `self`, or on a part of it: what it fills is then filled here.
    fn is_given_self(&self, op: OpId) -> bool {
        let first = |call: &Call<'_>| call.recv.or_else(|| call.args.first().copied());
        let operand = self.data.call(op).and_then(first);
        operand.is_some_and(|operand| root(self.data, operand) == Root::SelfParam)
    }

    /// The arguments of the calls that look a value up.
    fn keys(&self, looked_up: OpId) -> Vec<Origin> {
        let by_self = matches!(self.cache_place(looked_up), Some(CachePlace::SelfField(_)));
        let arguments = trace_back(self.data, looked_up, Steps::SOLE_ROOT).flat_map(|op| match self.data.kind(op) {
            OpKind::MethodCall { args, .. } => &args[..],
            OpKind::Call { args, .. } => args.get(1..).unwrap_or_default(),
            _ => &[],
        });
        let values = arguments.filter(|&&arg| !matches!(self.data.kind(arg), OpKind::Closure { .. }));
        values
            .map(|&arg| match self.key(arg, 0) {
                // Where the same value keeps the place and the key, it finds its own again.
                Origin::SelfState if by_self => Origin::Constant,
                origin => origin,
            })
            .collect()
    }

    /// Where the keys come from by which a function decides whether it runs a callable parameter: each call of it stands
    /// behind a look-up that failed.
    pub(crate) fn keys_of_fetcher(&self, param: usize) -> Option<Vec<Origin>> {
        let is_param = |at: OpId| *self.data.kind(at) == OpKind::Param(param as u32) && self.data.frame(at).is_none();
        let runs = |op: &OpId| match self.data.kind(*op) {
            OpKind::Call { callee, .. } => is_param(trace_end(self.data, *callee, Steps::IDENTITY)),
            _ => false,
        };
        let calls: Vec<OpId> = self.data.body.op_ids().filter(runs).collect();
        let keys: Option<Vec<Vec<Origin>>> = calls.iter().map(|&call| self.missed_keys(call)).collect();
        keys.filter(|_| !calls.is_empty()).map(|keys| keys.concat())
    }

    /// Where a key comes from. What is made out of several things is as much the program's own as the least of them; what a
    /// call without arguments makes is another one each time, for all that is known.
    pub(crate) fn key(&self, value: OpId, depth: usize) -> Origin {
        if depth > MAX_DEPTH {
            return Origin::Computed;
        }
        let one = |at: OpId| self.key(at, depth + 1);
        let all = |parts: &[OpId]| parts.iter().map(|&part| one(part)).fold(Origin::Constant, least_own);
        match self.data.kind(value) {
            OpKind::Literal(_) | OpKind::Path(_) => Origin::Constant,
            OpKind::SelfParam => Origin::SelfState,
            OpKind::Param(index) if !in_closure(self.data.body, self.data.body.ops[value.0 as usize].region) => {
                Origin::Param(*index as u16)
            }
            OpKind::Local(local) => match self.data.flow.writes(*local) {
                [value] => one(*value),
                _ => Origin::Computed,
            },
            OpKind::MethodCall { recv, args, .. } => match self.origin(value) {
                Origin::Mutable => Origin::Mutable,
                _ => least_own(one(*recv), all(args)),
            },
            OpKind::Call { args, .. } if !args.is_empty() => all(args),
            OpKind::Field { base, .. }
            | OpKind::VariantField { base, .. }
            | OpKind::Element { base }
            | OpKind::Deref { base }
            | OpKind::Ref { base, .. } => one(*base),
            OpKind::Await { future } => one(*future),
            OpKind::Try { value } | OpKind::Cast { value, .. } => one(*value),
            OpKind::Expanded { value: Some(value), .. } => one(*value),
            OpKind::Tuple(parts) | OpKind::Array(parts) => all(parts),
            OpKind::StructLit { fields, .. } => fields.iter().map(|&(_, at)| one(at)).fold(Origin::Constant, least_own),
            OpKind::Macro { args, .. } => args.iter().map(|arg| one(arg.value)).fold(Origin::Constant, least_own),
            OpKind::Param(_)
            | OpKind::Call { .. }
            | OpKind::Index { .. }
            | OpKind::Unary { .. }
            | OpKind::Binary { .. }
            | OpKind::Repeat { .. }
            | OpKind::Range { .. }
            | OpKind::IterItem { .. }
            | OpKind::Join(_)
            | OpKind::Closure { .. }
            | OpKind::Async { .. }
            | OpKind::Expanded { value: None, .. }
            | OpKind::Unknown => Origin::Computed,
            // Statements: nobody uses their value.
            OpKind::Bind { .. }
            | OpKind::Discard { .. }
            | OpKind::Assign { .. }
            | OpKind::AssignOp { .. }
            | OpKind::Return(_)
            | OpKind::Break { .. }
            | OpKind::Continue { .. }
            | OpKind::Yield(_) => Origin::Computed,
        }
    }
}

/// Of two parts of a key, the one that says more of where a new key may come from. Two parameters are too many to follow.
fn least_own(a: Origin, b: Origin) -> Origin {
    match (a, b) {
        (Origin::Computed, _) | (_, Origin::Computed) => Origin::Computed,
        (Origin::Param(a), Origin::Param(b)) if a != b => Origin::Computed,
        (Origin::Param(index), _) | (_, Origin::Param(index)) => Origin::Param(index),
        (Origin::SelfState, _) | (_, Origin::SelfState) => Origin::SelfState,
        (Origin::Mutable, _) | (_, Origin::Mutable) => Origin::Mutable,
        _ => Origin::Constant,
    }
}
