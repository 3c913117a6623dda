//! Durations that the code spells out: periods of tickers and pauses.

use connlint_facts::{Literal, OpId, OpKind, Sym};
use rustc_hash::FxHashMap;

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::trace_back::{Steps, trace_back};
use crate::names::defs::{DefId, Res};
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Branches within branches are looked into this deep.
const MAX_BRANCHES: usize = 4;

/// Seconds of the durations that struct literals give to fields, the least of several.
pub(crate) fn of_fields<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> FxHashMap<(DefId, Name), u64> {
    let none = FxHashMap::default();
    let durations = Durations { tcx, fields: &none, constants: Some(bodies) };
    let mut found: FxHashMap<(DefId, Name), u64> = FxHashMap::default();
    for data in &bodies.list {
        for (index, op) in data.body.ops.iter().enumerate() {
            let (OpKind::StructLit { fields, .. }, Ty::Adt(def, _)) = (&op.kind, data.ty(OpId(index as u32))) else {
                continue;
            };
            for &(sym, value) in fields {
                let is_duration = data.ty(value).external_path() == Some("std::time::Duration");
                if let Some(seconds) = is_duration.then(|| durations.of(data, Some(value))).flatten() {
                    let name = tcx.defs.file_of(data.def).name(sym);
                    let slot = found.entry((*def, name)).or_insert(seconds);
                    *slot = seconds.min(*slot);
                }
            }
        }
    }
    found
}

/// Durations that the code spells out, directly or where it fills the field that holds them.
pub(crate) struct Durations<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    /// Seconds given to fields by struct literals; the least of several.
    pub(crate) fields: &'a FxHashMap<(DefId, Name), u64>,
    /// Where constants are found, once all bodies are there.
    pub(crate) constants: Option<&'a Bodies<'w>>,
}

impl<'w> Durations<'_, 'w> {
    /// The period of a ticker: `interval(Duration::from_secs(60))`.
    pub(crate) fn of_ticker(&self, data: &BodyData<'w>, ticker: Option<OpId>) -> Option<u64> {
        let origin = data.origins(ticker?).into_iter().find(|&o| matches!(data.kind(o), OpKind::Call { .. }))?;
        match data.kind(origin) {
            OpKind::Call { args, .. } => self.of(data, args.first().copied()),
            _ => None,
        }
    }

    /// A number that the code spells out, here or in a constant.
    fn number(&self, data: &BodyData<'w>, op: OpId, depth: usize) -> Option<u64> {
        if depth > 16 {
            return None;
        }
        match data.kind(op) {
            OpKind::Literal(Literal::Int(n)) => Some(*n),
            OpKind::Path(path) => {
                let Res::Def(def) = self.tcx.value_of_path(data.def, path)? else { return None };
                let constant = self.constants.and_then(|bodies| Some(bodies.get(bodies.of(def)?)))?;
                self.number(constant, constant.body.tail?, depth + 1)
            }
            OpKind::Binary { left, right, op: connlint_facts::BinaryOp::Arithmetic } => {
                // Products such as `60 * 60` are the only arithmetic that periods are written with; a factor of a minute
                // or more is the unit of what a setting counts (`days * 86_400`).
                match (self.number(data, *left, depth + 1), self.number(data, *right, depth + 1)) {
                    (Some(left), Some(right)) => Some(left.saturating_mul(right)),
                    (Some(unit), None) | (None, Some(unit)) => (unit >= 60).then_some(unit),
                    (None, None) => None,
                }
            }
            _ => None,
        }
    }

    /// Seconds of a duration, if the code shows them.
    pub(crate) fn of(&self, data: &BodyData<'w>, value: Option<OpId>) -> Option<u64> {
        self.within(data, value?, 0)
    }

    fn within(&self, data: &BodyData<'w>, value: OpId, depth: usize) -> Option<u64> {
        trace_back(data, value, Steps::BUILDER).find_map(|op| match data.kind(op) {
            // The least of what the arms of a `match` or `if` yield.
            OpKind::Join(arms) if depth < MAX_BRANCHES => {
                let all: Option<Vec<u64>> = arms.iter().map(|&arm| self.within(data, arm, depth + 1)).collect();
                Some(all.and_then(|all| all.into_iter().min()))
            }
            OpKind::Field { base, name } => Some(self.of_field(data, *base, *name)),
            OpKind::Call { args, .. } | OpKind::MethodCall { args, .. } => Some(self.of_call(data, op, args)),
            _ => None,
        })?
    }

    fn of_field(&self, data: &BodyData<'w>, base: OpId, name: Sym) -> Option<u64> {
        let Ty::Adt(def, _) = data.ty(base).peel_pointers() else { return None };
        self.fields.get(&(*def, self.tcx.defs.file_of(data.def).name(name))).copied()
    }

    fn of_call(&self, data: &BodyData<'w>, call: OpId, args: &[OpId]) -> Option<u64> {
        let (api, _) = data.api(call)?;
        let amount = self.number(data, *args.first()?, 0)?;
        match api.path.rsplit("::").next()? {
            "from_secs" | "seconds" => Some(amount),
            "from_mins" | "minutes" => Some(amount.saturating_mul(60)),
            "from_hours" | "hours" => Some(amount.saturating_mul(3600)),
            "from_days" | "days" => Some(amount.saturating_mul(86_400)),
            "from_millis" | "milliseconds" => Some(amount / 1000),
            _ => None,
        }
    }
}
