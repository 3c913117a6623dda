//! Values that code spells out for settings: durations, numbers, texts, "none".

use connlint_facts::{BinaryOp, Literal, OpId, OpKind, RegionKind};

use crate::infer::bodies::BodyIx;
use crate::infer::duration_unit;

use super::built::SettingValue;
use super::walk::{Cursor, Step, Walk};

/// Expressions within expressions are looked into this deep.
const MAX_DEPTH: usize = 24;

impl Walk<'_, '_> {
    /// What a value is, if the code shows it.
    pub(super) fn value(&self, cursor: &Cursor) -> SettingValue {
        self.value_at(cursor, 0).unwrap_or(SettingValue::Unknown)
    }

    fn value_at(&self, cursor: &Cursor, depth: usize) -> Option<SettingValue> {
        if depth > MAX_DEPTH {
            return None;
        }
        let data = self.bodies.get(cursor.body);
        match data.kind(cursor.op) {
            OpKind::Literal(Literal::Int(number)) => return Some(SettingValue::Count(*number)),
            OpKind::Literal(Literal::Str(text)) => {
                let file = self.tcx.defs.file_of(data.def).facts;
                return Some(SettingValue::Text(file.text(*text).to_owned()));
            }
            OpKind::Binary { op: BinaryOp::Arithmetic, left, right } => {
                return self.product(&cursor.at(*left), &cursor.at(*right), depth);
            }
            OpKind::Join(parts) => return self.of_branches(cursor, parts, depth),
            OpKind::Path(_) if self.is_none(cursor.body, cursor.op) => return Some(SettingValue::Off),
            // A field may be filled in many places: what one of them says is not what holds here.
            OpKind::Field { .. } | OpKind::VariantField { .. } | OpKind::Tuple(_) | OpKind::Array(_) => return None,
            _ => {}
        }
        match self.step(cursor) {
            Step::From(found) => self.same(&found, depth),
            Step::Foreign => self.foreign(cursor, depth),
            Step::Start | Step::Opaque(_) => None,
        }
    }

    /// What all of some values are.
    fn same(&self, found: &[Cursor], depth: usize) -> Option<SettingValue> {
        let mut values = found.iter().map(|one| self.value_at(one, depth + 1));
        let first = values.next()??;
        values.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// The longest of the durations, or largest of the numbers, that the branches yield; those that only tests take do not
    /// count.
    fn of_branches(&self, cursor: &Cursor, parts: &[OpId], depth: usize) -> Option<SettingValue> {
        let parts = parts.iter().filter(|&&part| !self.is_for_tests(cursor.body, part));
        let values: Vec<SettingValue> =
            parts.map(|&part| self.value_at(&cursor.at(part), depth + 1)).collect::<Option<_>>()?;
        let mut values = values.into_iter();
        let first = values.next()?;
        values.try_fold(first, |known, next| match (known, next) {
            (SettingValue::Millis(a), SettingValue::Millis(b)) => Some(SettingValue::Millis(a.max(b))),
            (SettingValue::Count(a), SettingValue::Count(b)) => Some(SettingValue::Count(a.max(b))),
            (a, b) => (a == b).then_some(a),
        })
    }

    /// Whether a value is that of the branch behind `if cfg!(test)`.
    fn is_for_tests(&self, body: BodyIx, value: OpId) -> bool {
        let data = self.bodies.get(body);
        let mut region = Some(data.body.ops[value.0 as usize].region);
        while let Some(at) = region {
            let region_data = &data.body.regions[at.0 as usize];
            if let RegionKind::Arm { tests } = &region_data.kind {
                return tests.iter().any(|test| {
                    let expected = test.expect == connlint_facts::Expect::True;
                    expected && self.is_test_flag(body, test.value)
                });
            }
            region = region_data.parent;
        }
        false
    }

    fn is_test_flag(&self, body: BodyIx, op: OpId) -> bool {
        let data = self.bodies.get(body);
        let file = self.tcx.defs.file_of(data.def).facts;
        let text = |sym| file.text(sym);
        match data.kind(op) {
            OpKind::Macro { path, args, .. } => {
                let is_cfg = path.segments.last().is_some_and(|segment| text(segment.name) == "cfg");
                let is_test = |op: OpId| match data.kind(op) {
                    OpKind::Path(path) => path.segments.last().is_some_and(|segment| text(segment.name) == "test"),
                    _ => false,
                };
                is_cfg && args.iter().any(|arg| is_test(arg.value))
            }
            _ => false,
        }
    }

    fn is_none(&self, body: BodyIx, op: OpId) -> bool {
        let data = self.bodies.get(body);
        let OpKind::Path(path) = data.kind(op) else { return false };
        let file = self.tcx.defs.file_of(data.def).facts;
        let named = path.segments.last().is_some_and(|segment| file.text(segment.name) == "None");
        named && data.ty(op).external_path() == Some("std::option::Option")
    }

    fn product(&self, left: &Cursor, right: &Cursor, depth: usize) -> Option<SettingValue> {
        match (self.value_at(left, depth + 1)?, self.value_at(right, depth + 1)?) {
            (SettingValue::Count(a), SettingValue::Count(b)) => Some(SettingValue::Count(a.saturating_mul(b))),
            (SettingValue::Millis(a), SettingValue::Count(b)) | (SettingValue::Count(a), SettingValue::Millis(b)) => {
                Some(SettingValue::Millis(a.saturating_mul(b)))
            }
            _ => None,
        }
    }

    /// What a function of another crate makes: durations of numbers, and what keeps the value that it is given.
    fn foreign(&self, cursor: &Cursor, depth: usize) -> Option<SettingValue> {
        let data = self.bodies.get(cursor.body);
        let call = data.call(cursor.op)?;
        let (api, _) = data.api(cursor.op)?;
        let first = call.args.first().map(|&arg| cursor.at(arg));
        if let Some(per_unit) = duration_unit(&api.path) {
            let SettingValue::Count(amount) = self.value_at(&first?, depth + 1)? else { return None };
            return Some(SettingValue::Millis(amount.saturating_mul(per_unit)));
        }
        let keeps = api.path.starts_with("std::") && call.args.is_empty();
        let of = if keeps { call.recv.map(|recv| cursor.at(recv)) } else { None };
        self.value_at(&of?, depth + 1)
    }
}
