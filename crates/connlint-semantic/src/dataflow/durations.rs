//! Durations that the code spells out: periods of tickers and pauses.

use connlint_catalog::Effect;
use connlint_facts::{ArmTest, BinaryOp, Literal, LocalId, OpId, OpKind, RegionId, RegionKind, Sym};
use rustc_hash::FxHashMap;

use crate::dataflow::exits::ops;
use crate::dataflow::loop_kind::in_arm;
use crate::domain::Pause;
use crate::infer::bodies::{Bodies, BodyData, KnownDurations};
use crate::infer::body_cx::{BodyCx, Inferred};
use crate::infer::def_use::{ancestors, in_closure, inside};
use crate::infer::duration_unit;
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Branches within branches are looked into this deep.
const MAX_BRANCHES: usize = 4;

/// Seconds of the durations that code gives to fields and parameters.
pub(crate) fn known<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> KnownDurations {
    KnownDurations { of_fields: of_fields(tcx, bodies), of_params: of_params(tcx, bodies) }
}

fn is_duration(data: &BodyData<'_>, value: OpId) -> bool {
    data.ty(value).peel_refs().external_path() == Some("std::time::Duration")
}

fn of_params<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> FxHashMap<(DefId, u32), Option<u64>> {
    let mut found: FxHashMap<(DefId, u32), Option<u64>> = FxHashMap::default();
    for data in bodies.list.iter().filter(|data| !tcx.defs.def(data.def).test_only) {
        for call in &data.types.calls {
            for def in call.callees() {
                let given = call.parameters(tcx.defs.takes_self(def));
                for (index, arg) in given.filter(|&(_, arg)| is_duration(data, arg)) {
                    let Some(index) = index else { continue };
                    let seconds = Inferred { tcx, bodies }.at(data).seconds(Some(arg));
                    let slot = found.entry((def, index)).or_insert(seconds);
                    *slot = slot.zip(seconds).map(|(a, b)| a.min(b));
                }
            }
        }
    }
    found
}

fn of_fields<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> FxHashMap<(DefId, Name), u64> {
    let mut found: FxHashMap<(DefId, Name), u64> = FxHashMap::default();
    for data in &bodies.list {
        for (index, op) in data.body.ops.iter().enumerate() {
            let (OpKind::StructLit { fields, .. }, Ty::Adt(def, _)) = (&op.kind, data.ty(OpId(index as u32))) else {
                continue;
            };
            for &(sym, value) in fields {
                let seconds = || Inferred { tcx, bodies }.at(data).seconds(Some(value));
                if let Some(seconds) = is_duration(data, value).then(seconds).flatten() {
                    let name = tcx.defs.file_of(data.def).name(sym);
                    let slot = found.entry((*def, name)).or_insert(seconds);
                    *slot = seconds.min(*slot);
                }
            }
        }
    }
    found
}

impl BodyCx<'_, '_> {
    /// The period of a ticker: `interval(Duration::from_secs(60))`.
    pub(crate) fn ticker_period(&self, ticker: Option<OpId>) -> Option<u64> {
        let origin =
            self.data.origins(ticker?).into_iter().find(|&o| matches!(self.data.kind(o), OpKind::Call { .. }))?;
        match self.data.kind(origin) {
            OpKind::Call { args, .. } => {
                // The start comes before the period: `interval_at(start, period)`.
                let period = args.iter().find(|&&arg| is_duration(self.data, arg)).or(args.last());
                self.seconds(period.copied())
            }
            _ => None,
        }
    }

    /// The period of a timer that each round of a loop awaits and winds up again: `timer.as_mut().await`, and
    /// `timer.as_mut().reset(Instant::now() + PERIOD)`. `Some(None)` where the code does not show it.
    pub(super) fn rewound_timer(&self, looped: RegionId) -> Option<Option<u64>> {
        let timer_of = |value: OpId| {
            trace_back(self.data, value, Steps::BUILDER)
                .find(|&op| self.data.api(op).is_some_and(|(api, _)| api.effects.contains(&Effect::Sleep)))
                .filter(|&timer| !inside(self.data.body, timer, looped))
        };
        let timer = ops(self.data, looped).find_map(|op| match self.data.kind(op) {
            OpKind::Await { future } if !in_arm(self.data, op, looped) => timer_of(*future),
            _ => None,
        })?;
        let is_deadline =
            |&arg: &OpId| self.data.ty(arg).external_path().is_some_and(|path| path.ends_with("time::Instant"));
        let rewinds = ops(self.data, looped).filter_map(|op| match self.data.kind(op) {
            OpKind::MethodCall { recv, args, .. } if timer_of(*recv) == Some(timer) => {
                args.iter().find(|a| is_deadline(a))
            }
            _ => None,
        });
        let periods: Vec<Option<u64>> = rewinds.map(|&deadline| self.seconds(Some(deadline))).collect();
        Some(periods.into_iter().min().flatten())
    }

    /// A number that the code spells out, here or in a constant.
    pub(super) fn number(&self, op: OpId, depth: usize) -> Option<u64> {
        if depth > 16 {
            return None;
        }
        match self.data.kind(op) {
            OpKind::Literal(Literal::Int(n)) => Some(*n),
            OpKind::Path(path) => {
                let (there, value) = self.constant(path)?;
                there.number(value, depth + 1)
            }
            OpKind::Local(local) => match self.data.flow.writes(*local) {
                [value] if !self.data.body.locals[local.0 as usize].mutable => self.number(*value, depth + 1),
                _ => None,
            },
            // Unless something sets it: `.unwrap_or(30)`.
            OpKind::MethodCall { args, .. } => self.number(*args.first().filter(|_| self.is_default(op))?, depth + 1),
            OpKind::Binary { left, right, op: BinaryOp::Arithmetic } => {
                // Products such as `60 * 60` are the only arithmetic that periods are written with; a factor of a minute
                // or more is the unit of what a setting counts (`days * 86_400`).
                match (self.number(*left, depth + 1), self.number(*right, depth + 1)) {
                    (Some(left), Some(right)) => Some(left.saturating_mul(right)),
                    (Some(unit), None) | (None, Some(unit)) => (unit >= 60).then_some(unit),
                    (None, None) => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a call yields its argument where nothing else is set.
    fn is_default(&self, call: OpId) -> bool {
        let defaults = ["std::option::Option::unwrap_or", "std::result::Result::unwrap_or"];
        self.data.api(call).is_some_and(|(api, _)| defaults.contains(&&*api.path))
    }

    /// Milliseconds of a duration that is the same each time: the code spells it out, and nothing changes it.
    pub(crate) fn constant_millis(&self, value: OpId) -> Option<u64> {
        let mut made = None;
        for op in trace_back(self.data, value, Steps::BUILDER) {
            match self.data.kind(op) {
                OpKind::Local(local) if self.data.body.locals[local.0 as usize].mutable => return None,
                OpKind::Call { args, .. } => made = made.or(args.first().map(|&amount| (op, amount))),
                OpKind::Path(path) if made.is_none() => {
                    let (there, value) = self.constant(path)?;
                    return there.constant_millis(value);
                }
                _ => {}
            }
        }
        let (call, amount) = made?;
        let unit = duration_unit(&self.data.api(call)?.0.path)?;
        self.is_spelt_out(amount).then(|| self.number(amount, 0)).flatten().map(|n| n.saturating_mul(unit))
    }

    /// Whether a number is a literal, a constant, or made of such.
    fn is_spelt_out(&self, number: OpId) -> bool {
        match self.data.kind(number) {
            OpKind::Literal(_) | OpKind::Path(_) => true,
            OpKind::Binary { left, right, .. } => self.is_spelt_out(*left) && self.is_spelt_out(*right),
            _ => false,
        }
    }

    /// How long a pause is that is given its length.
    pub(crate) fn pause(&self, call: OpId) -> Pause {
        let Some(&length) = self.data.call(call).and_then(|call| call.args.first()) else { return Pause::Unknown };
        let whole_seconds = || self.seconds(Some(length)).filter(|&seconds| seconds > 0);
        let millis =
            self.constant_millis(length).or_else(|| whole_seconds().map(|seconds| seconds.saturating_mul(1000)));
        millis.map_or(Pause::Unknown, Pause::Millis)
    }

    /// Seconds of a duration, if the code shows them.
    pub(crate) fn seconds(&self, value: Option<OpId>) -> Option<u64> {
        self.duration(value?, 0)
    }

    fn duration(&self, value: OpId, depth: usize) -> Option<u64> {
        trace_back(self.data, value, Steps::BUILDER).find_map(|op| match self.data.kind(op) {
            // The least of what the arms of a `match` or `if` yield.
            OpKind::Join(arms) if depth < MAX_BRANCHES => {
                let all: Option<Vec<u64>> = arms.iter().map(|&arm| self.duration(arm, depth + 1)).collect();
                Some(all.and_then(|all| all.into_iter().min()))
            }
            OpKind::Field { base, name } => Some(self.duration_of_field(*base, *name)),
            OpKind::Path(path) if depth < MAX_BRANCHES => {
                Some(self.constant(path).and_then(|(there, value)| there.duration(value, depth + 1)))
            }
            // Unless something sets it: `.unwrap_or(PERIOD)`.
            OpKind::MethodCall { args, .. } if depth < MAX_BRANCHES && self.is_default(op) => {
                Some(args.first().and_then(|&default| self.duration(default, depth + 1)))
            }
            OpKind::Param(index) if !in_closure(self.data.body, self.data.body.ops[op.0 as usize].region) => {
                Some(self.bodies.durations.of_params.get(&(self.data.def, *index)).copied().flatten())
            }
            // Of what is left until the next time, the longest: `last + PERIOD - now`.
            OpKind::Binary { op: BinaryOp::Arithmetic, left, right } if depth < MAX_BRANCHES => {
                Some(self.duration(*left, depth + 1).or_else(|| self.duration(*right, depth + 1)))
            }
            OpKind::MethodCall { recv, args, .. } if depth < MAX_BRANCHES && is_duration(self.data, *recv) => {
                Some(self.duration_of_call(op, args).or_else(|| self.duration(*recv, depth + 1)))
            }
            OpKind::Call { args, .. } | OpKind::MethodCall { args, .. } => Some(self.duration_of_call(op, args)),
            _ => None,
        })?
    }

    /// Whether a pause is left out only where its time has passed already: `if next > now { sleep(next - now) }`.
    pub(super) fn pauses_until_due(&self, pause: OpId, looped: RegionId) -> bool {
        let Some(&length) = self.data.call(pause).and_then(|call| call.args.first()) else { return false };
        let terms = |value: OpId| match self.data.kind(trace_end(self.data, value, Steps::VALUE)) {
            OpKind::Binary { op: BinaryOp::Arithmetic | BinaryOp::Compare, left, right } => vec![*left, *right],
            _ => vec![value],
        };
        let local = |op: &OpId| match self.data.kind(*op) {
            OpKind::Local(local) => Some(*local),
            _ => None,
        };
        let of_pause: Vec<LocalId> = terms(length).iter().filter_map(local).collect();
        let asks_time_left = |test: &ArmTest| terms(test.value).iter().filter_map(local).any(|l| of_pause.contains(&l));
        let region = self.data.body.ops[pause.0 as usize].region;
        ancestors(self.data.body, region).take_while(|&region| region != looped).all(|region| {
            match &self.data.body.regions[region.0 as usize].kind {
                RegionKind::Arm { tests } => tests.iter().all(asks_time_left),
                _ => true,
            }
        })
    }

    fn duration_of_field(&self, base: OpId, name: Sym) -> Option<u64> {
        let Ty::Adt(def, _) = self.data.ty(base).peel_pointers() else { return None };
        self.bodies.durations.of_fields.get(&(*def, self.tcx.defs.file_of(self.data.def).name(name))).copied()
    }

    fn duration_of_call(&self, call: OpId, args: &[OpId]) -> Option<u64> {
        let (api, _) = self.data.api(call)?;
        let amount = self.number(*args.first()?, 0)?;
        let unit = duration_unit(&api.path)?;
        Some(amount.saturating_mul(unit) / 1000)
    }
}
