//! When an expression runs, as far as constants decide: the arms around it, the branches before it that leave, and what
//! the caller passes. `load(false)` never runs what follows `if !refresh { return }`.

use connlint_facts::{
    ArmTest, BinaryOp, Expect, Literal, OpId, OpKind, Path, PatternHead, Region, RegionId, RegionKind, UnaryOp,
};

use crate::domain::{Condition, Constant, Part, Passed, SELF, Slot};
use crate::infer::bodies::ExitBranch;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, in_closure, inside};
use crate::infer::trace_back::{Steps, trace_until};
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::interner::Name;
use crate::types::ty::Ty;

/// Steps between a test and the value that it asks, and between a constant and its literal.
const MAX_DEPTH: usize = 12;

/// Methods of `Option` and `Result` that yield the same variant.
const KEEP: [&str; 11] =
    ["as_ref", "as_mut", "as_deref", "as_deref_mut", "as_slice", "cloned", "copied", "clone", "inspect", "map", "take"];
/// Methods of `Option` that may yield `None` where there was something.
const MAY_EMPTY: [&str; 4] = ["filter", "and_then", "and", "zip"];
/// Methods that run their argument only where there is something.
const RUN_IF_SOME: [&str; 7] = ["map", "and_then", "filter", "inspect", "is_some_and", "is_none_or", "is_ok_and"];
/// Methods that run their argument only where there is nothing.
const RUN_IF_NONE: [&str; 6] =
    ["unwrap_or_else", "or_else", "ok_or_else", "get_or_insert_with", "map_err", "inspect_err"];

impl<'w> BodyCx<'_, 'w> {
    /// What must hold for an operation to run once its frame does.
    pub(crate) fn run_condition(&self, op: OpId, frame: Option<RegionId>) -> Condition {
        let body = self.data.body;
        let around: Vec<RegionId> =
            ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| Some(r) != frame).collect();
        let arms = around.iter().map(|&region| self.in_arm(region));
        Condition::all(arms.chain(self.after_exits(op)).chain([self.as_argument(op)]))
    }

    fn in_arm(&self, region: RegionId) -> Condition {
        match &self.data.body.regions[region.0 as usize].kind {
            RegionKind::Arm { tests } => match &tests[..] {
                [ArmTest { value, expect: Expect::Matches(PatternHead::Any) }] => {
                    let decided = self.arms_before(region, *value).filter(|tests| tests.len() == 1);
                    Condition::all(decided.flatten().map(|test| self.fails(test)))
                }
                tests => Condition::all(tests.iter().map(|test| self.test(test))),
            },
            _ => Condition::ALWAYS,
        }
    }

    /// The tests of each arm of a `match` that is tried before one of its arms: the pattern's, then those of its guard.
    fn arms_before(&self, arm: RegionId, value: OpId) -> impl Iterator<Item = &'w [ArmTest]> {
        let regions = &self.data.body.regions;
        let parent = regions[arm.0 as usize].parent;
        regions[..arm.0 as usize].iter().filter(move |r| r.parent == parent).filter_map(move |r| match &r.kind {
            RegionKind::Arm { tests } => {
                Some(&tests[..]).filter(|tests| tests.first().is_some_and(|t| t.value == value))
            }
            _ => None,
        })
    }

    /// Branches before an operation that always leave: they were not taken.
    fn after_exits(&self, op: OpId) -> impl Iterator<Item = Condition> {
        let body = self.data.body;
        let before = self.exits().iter().take_while(move |exit| body.regions[exit.arm.0 as usize].first <= op);
        before.filter_map(move |exit| {
            let leaves = || exit.left.as_ref().is_none_or(|left| left.iter().any(|&left| inside(body, op, left)));
            let is_behind = body.regions[exit.arm.0 as usize].end <= op;
            (is_behind && leaves() && self.comes_before(exit.arm, op)).then(|| self.not_in_arm(exit.arm))
        })
    }

    /// The branches that leave and tell something where they are not taken, in order.
    fn exits(&self) -> &[ExitBranch] {
        self.data.exits.get_or_init(|| {
            let is_arm = |region: &Region| matches!(&region.kind, RegionKind::Arm { tests } if !tests.is_empty());
            let arms = (0u32..).zip(&self.data.body.regions).filter(|(_, region)| is_arm(region));
            let exits = arms.filter_map(|(number, _)| {
                let arm = RegionId(number);
                let left = self.left_by(arm)?;
                (self.not_in_arm(arm) != Condition::ALWAYS).then_some(ExitBranch { arm, left })
            });
            exits.collect()
        })
    }

    fn not_in_arm(&self, arm: RegionId) -> Condition {
        let RegionKind::Arm { tests } = &self.data.body.regions[arm.0 as usize].kind else { return Condition::ALWAYS };
        match &tests[..] {
            [ArmTest { value, expect: Expect::Matches(PatternHead::Any) }] => {
                let taken = self.arms_before(arm, *value);
                Condition::any(taken.map(|tests| Condition::all(tests.iter().map(|test| self.test(test)))))
            }
            tests => Condition::any(tests.iter().map(|test| self.fails(test))),
        }
    }

    /// Whether a branch is in a block around an operation, so that each way to the operation passes its test.
    fn comes_before(&self, arm: RegionId, op: OpId) -> bool {
        let body = self.data.body;
        for region in ancestors(body, arm).skip(1) {
            if inside(body, op, region) {
                return true;
            }
            let plain = matches!(
                body.regions[region.0 as usize].kind,
                RegionKind::Block { .. } | RegionKind::Statement { .. } | RegionKind::Tail
            );
            if !plain {
                return false;
            }
        }
        false
    }

    /// What a branch leaves on each way through it, see [`ExitBranch::left`]; `None` if it may go on.
    fn left_by(&self, arm: RegionId) -> Option<Option<Vec<RegionId>>> {
        let body = self.data.body;
        let region = &body.regions[arm.0 as usize];
        let plain = |r: RegionId| {
            let kind = &body.regions[r.0 as usize].kind;
            matches!(kind, RegionKind::Block { .. } | RegionKind::Statement { .. } | RegionKind::Tail)
        };
        let mut left = Vec::new();
        for at in (region.first.0..region.end.0).map(OpId) {
            let target = match self.data.kind(at) {
                OpKind::Return(_) | OpKind::Macro { diverges: true, .. } => None,
                OpKind::Break { target, .. } | OpKind::Continue { target } => *target,
                _ => continue,
            };
            if ancestors(body, body.ops[at.0 as usize].region).take_while(|&r| r != arm).all(plain) {
                match target {
                    Some(target) => left.push(target),
                    None => return Some(None),
                }
            }
        }
        (!left.is_empty()).then_some(Some(left))
    }

    /// A closure given to a method of an `Option` or to `bool::then` runs only if there is something, or nothing.
    fn as_argument(&self, op: OpId) -> Condition {
        let OpKind::MethodCall { recv, name, args, .. } = self.data.kind(op) else { return Condition::ALWAYS };
        if args.is_empty() {
            return Condition::ALWAYS;
        }
        let name = self.text(*name);
        match self.pair(*recv) {
            Some([full, _]) if RUN_IF_SOME.contains(&name) => self.is(*recv, &[full], true, 0),
            Some([_, empty]) if RUN_IF_NONE.contains(&name) => self.is(*recv, &[empty], true, 0),
            None if name == "then" && self.is_bool(*recv) => self.is(*recv, &[Constant::Bool(true)], true, 0),
            _ => Condition::ALWAYS,
        }
    }

    fn test(&self, test: &ArmTest) -> Condition {
        match &test.expect {
            Expect::True => self.is(test.value, &[Constant::Bool(true)], true, 0),
            Expect::False => self.is(test.value, &[Constant::Bool(false)], true, 0),
            Expect::Matches(head) => self.matches(test.value, head),
            Expect::Fails(head) => self.differs(test.value, head),
        }
    }

    fn fails(&self, test: &ArmTest) -> Condition {
        match &test.expect {
            Expect::True => self.is(test.value, &[Constant::Bool(false)], true, 0),
            Expect::False => self.is(test.value, &[Constant::Bool(true)], true, 0),
            Expect::Matches(head) => self.differs(test.value, head),
            Expect::Fails(head) => self.matches(test.value, head),
        }
    }

    fn matches(&self, value: OpId, head: &PatternHead) -> Condition {
        match (head, self.data.kind(self.bound_value(value))) {
            (PatternHead::Tuple(heads), OpKind::Tuple(parts)) if heads.len() == parts.len() => {
                Condition::all(parts.iter().zip(heads).map(|(&part, head)| self.matches(part, head)))
            }
            _ => match self.covering(head) {
                Some(among) => self.is(value, &among, true, 0),
                None => Condition::ALWAYS,
            },
        }
    }

    fn differs(&self, value: OpId, head: &PatternHead) -> Condition {
        match self.covered(head) {
            among if among.is_empty() => Condition::ALWAYS,
            among => self.is(value, &among, false, 0),
        }
    }

    /// Constants one of which a value is that a pattern matches.
    fn covering(&self, head: &PatternHead) -> Option<Vec<Constant>> {
        match head {
            PatternHead::Or(heads) => heads.iter().try_fold(Vec::new(), |mut all, head| {
                all.extend(self.covering(head)?);
                Some(all)
            }),
            _ => self.of_head(head).map(|constant| vec![constant]),
        }
    }

    /// Constants that a pattern matches whatever they hold.
    fn covered(&self, head: &PatternHead) -> Vec<Constant> {
        match head {
            PatternHead::Or(heads) => heads.iter().flat_map(|head| self.covered(head)).collect(),
            PatternHead::Variant(_, parts) if !parts.iter().all(is_irrefutable) => Vec::new(),
            _ => self.of_head(head).into_iter().collect(),
        }
    }

    fn of_head(&self, head: &PatternHead) -> Option<Constant> {
        match head {
            PatternHead::Variant(path, _) => self.of_path(path, 0),
            PatternHead::Literal(literal) => self.of_literal(literal.as_ref()?),
            _ => None,
        }
    }

    /// When a value is (or, without `is`, is not) one of some constants.
    fn is(&self, value: OpId, among: &[Constant], is: bool, depth: usize) -> Condition {
        if depth > MAX_DEPTH {
            return Condition::ALWAYS;
        }
        let op = self.bound_value(value);
        if let Some(constant) = self.constant_at(op, depth) {
            return if constant.may_be(among, is) { Condition::ALWAYS } else { Condition::NEVER };
        }
        if let Some(slot) = self.slot(op) {
            return Condition::Slot { slot, among: among.to_vec(), is };
        }
        match (self.data.kind(op), among) {
            (OpKind::MethodCall { .. }, _) => self.method_is(op, among, is, depth + 1),
            (OpKind::Unary { op: UnaryOp::Not, operand }, &[Constant::Bool(flag)]) => {
                self.is(*operand, &[Constant::Bool(!flag)], is, depth + 1)
            }
            (OpKind::Binary { op, left, right }, &[Constant::Bool(flag)]) => {
                self.binary_is(*op, [*left, *right], flag == is, depth + 1)
            }
            _ => Condition::ALWAYS,
        }
    }

    fn binary_is(&self, op: BinaryOp, [left, right]: [OpId; 2], flag: bool, depth: usize) -> Condition {
        let sides = || [left, right].map(|side| self.is(side, &[Constant::Bool(flag)], true, depth));
        match op {
            BinaryOp::And if flag => Condition::all(sides()),
            BinaryOp::And => Condition::any(sides()),
            BinaryOp::Or if flag => Condition::any(sides()),
            BinaryOp::Or => Condition::all(sides()),
            BinaryOp::Eq | BinaryOp::Ne => self.equals(left, right, flag == (op == BinaryOp::Eq), depth),
            _ => Condition::ALWAYS,
        }
    }

    fn equals(&self, left: OpId, right: OpId, equal: bool, depth: usize) -> Condition {
        let constant = |op: OpId| self.constant_at(self.bound_value(op), depth).filter(|_| equal || self.is_whole(op));
        match (constant(left), constant(right)) {
            (_, Some(right)) => self.is(left, &[right], equal, depth),
            (Some(left), _) => self.is(right, &[left], equal, depth),
            _ => Condition::ALWAYS,
        }
    }

    /// Whether a constant holds nothing: two of one variant that hold something may differ.
    fn is_whole(&self, value: OpId) -> bool {
        !matches!(self.data.kind(self.bound_value(value)), OpKind::Call { .. } | OpKind::StructLit { .. })
    }

    /// The same of what a method shows of its receiver, an `Option` or `Result`.
    fn method_is(&self, op: OpId, among: &[Constant], is: bool, depth: usize) -> Condition {
        let OpKind::MethodCall { recv, name, args, .. } = self.data.kind(op) else { return Condition::ALWAYS };
        let name = self.text(*name);
        let Some([full, empty]) = self.pair(*recv) else { return Condition::ALWAYS };
        let wants = |constant: Constant| constant.may_be(among, is);
        match (name, among) {
            (name, _) if KEEP.contains(&name) => self.is(*recv, among, is, depth),
            (name, _) if MAY_EMPTY.contains(&name) => match wants(empty) {
                true => Condition::ALWAYS,
                false => self.is(*recv, &[full], true, depth),
            },
            ("is_some" | "is_ok", &[Constant::Bool(flag)]) => self.is(*recv, &[full], flag == is, depth),
            ("is_none" | "is_err", &[Constant::Bool(flag)]) => self.is(*recv, &[empty], flag == is, depth),
            ("is_some_and" | "is_ok_and", &[Constant::Bool(flag)]) if flag == is => {
                self.is(*recv, &[full], true, depth)
            }
            ("unwrap_or", _) => {
                let otherwise = args.first().map_or(Condition::ALWAYS, |&arg| self.is(arg, among, is, depth));
                Condition::any([
                    self.is(*recv, &[full], true, depth),
                    Condition::all([self.is(*recv, &[empty], true, depth), otherwise]),
                ])
            }
            ("unwrap_or_default", &[Constant::Bool(flag)]) if flag == is => self.is(*recv, &[full], true, depth),
            _ => Condition::ALWAYS,
        }
    }

    /// What a call passes in the slots of its callee.
    pub(crate) fn passed_values(&self, op: OpId) -> Vec<(Slot, Passed)> {
        let Some(call) = self.data.call(op) else { return Vec::new() };
        let takes_self = match self.data.callees(op).next() {
            Some(callee) => self.tcx.defs.takes_self(callee),
            None => call.recv.is_some(),
        };
        let mut found = Vec::new();
        for (param, arg) in call.parameters(takes_self) {
            let param = param.map_or(SELF, |index| index as u16);
            found.extend(self.passes(arg).map(|passed| (Slot { param, part: None }, passed)));
            found.extend(self.passed_type(arg).map(|ty| (Slot { param, part: Some(Part::Type) }, ty)));
            for (field, value) in self.fields(arg) {
                found.extend(self.passes(value).map(|passed| (Slot { param, part: Some(Part::Field(field)) }, passed)));
            }
        }
        found
    }

    fn passes(&self, arg: OpId) -> Option<Passed> {
        let op = self.bound_value(arg);
        if let Some(constant) = self.constant_at(op, 0) {
            return Some(Passed::Constant(constant));
        }
        if let Some(slot) = self.slot(self.kept(op)) {
            return Some(Passed::Slot(slot));
        }
        let flag = |flag: bool| self.is(op, &[Constant::Bool(flag)], true, 0);
        match (self.is_bool(op), [flag(true), flag(false)]) {
            (true, either) if either.iter().any(|side| *side != Condition::ALWAYS) => {
                Some(Passed::Flag(Box::new(either)))
            }
            _ => None,
        }
    }

    /// The fields of a struct that is built here.
    fn fields(&self, arg: OpId) -> Vec<(Name, OpId)> {
        match self.data.kind(self.bound_value(arg)) {
            OpKind::StructLit { fields, .. } => {
                let file = self.tcx.defs.file_of(self.data.def);
                fields.iter().map(|&(name, value)| (file.name(name), value)).collect()
            }
            OpKind::Call { callee, args } if matches!(self.data.ty(*callee), Ty::Ctor(..)) => {
                let name = |index: usize| self.tcx.defs.names.find(&index.to_string());
                args.iter().enumerate().filter_map(|(index, &arg)| Some((name(index)?, arg))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The slot that an origin is.
    pub(super) fn slot(&self, op: OpId) -> Option<Slot> {
        let own = !in_closure(self.data.body, self.data.body.ops[op.0 as usize].region);
        match self.data.kind(op) {
            OpKind::Param(index) if own => Some(Slot { param: *index as u16, part: None }),
            OpKind::SelfParam => Some(Slot { param: SELF, part: None }),
            OpKind::Field { base, name } => self.field(*base, *name),
            OpKind::VariantField { base, variant, name } if self.variant(variant).is_none() => {
                matches!(self.data.ty(*base).peel_refs(), Ty::Adt(..)).then(|| self.field(*base, *name))?
            }
            _ => None,
        }
    }

    fn field(&self, base: OpId, name: connlint_facts::Sym) -> Option<Slot> {
        let whole = self.slot(self.bound_value(base)).filter(|slot| slot.part.is_none())?;
        let file = self.tcx.defs.file_of(self.data.def);
        Some(Slot { part: Some(Part::Field(file.name(name))), ..whole })
    }

    /// What a value is behind methods of an `Option` that keep the variant.
    fn kept(&self, value: OpId) -> OpId {
        let mut op = value;
        for _ in 0..MAX_DEPTH {
            match self.data.kind(op) {
                OpKind::MethodCall { recv, name, .. }
                    if KEEP.contains(&self.text(*name)) && self.pair(*recv).is_some() =>
                {
                    op = self.bound_value(*recv);
                }
                _ => break,
            }
        }
        op
    }

    /// What a value is behind references and locals that nothing changes.
    fn bound_value(&self, value: OpId) -> OpId {
        let is_changed = |op: OpId| matches!(self.data.kind(op), OpKind::Local(local) if self.is_changed(*local));
        let mut op = value;
        for _ in 0..MAX_DEPTH {
            op = trace_until(self.data, op, Steps::IDENTITY, is_changed);
            let OpKind::Field { base, name } = self.data.kind(op) else { return op };
            let name = self.tcx.defs.file_of(self.data.def).name(*name);
            match self.fields(*base).into_iter().find(|&(field, _)| field == name) {
                Some((_, value)) => op = value,
                None => return op,
            }
        }
        op
    }

    /// Whether a variable may become something else than what was bound to it.
    fn is_changed(&self, local: connlint_facts::LocalId) -> bool {
        let mutable = self.data.body.locals.get(local.0 as usize).is_none_or(|local| local.mutable);
        mutable
            && self.data.flow.reads(local).iter().any(|&read| {
                self.data.flow.users(read).iter().any(|&user| match self.data.kind(user) {
                    OpKind::Ref { mutable, .. } => *mutable,
                    OpKind::Assign { place, .. } | OpKind::AssignOp { place, .. } => *place == read,
                    OpKind::Field { .. } => true,
                    OpKind::MethodCall { recv, name, .. } if *recv == read => {
                        let name = self.text(*name);
                        name == "take" || !(KEEP.contains(&name) || name.starts_with("is_"))
                    }
                    _ => false,
                })
            })
    }

    fn constant_at(&self, op: OpId, depth: usize) -> Option<Constant> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.data.kind(op) {
            OpKind::Literal(literal) => self.of_literal(literal),
            OpKind::Path(path) => self.of_path(path, depth),
            OpKind::StructLit { frame, .. } => self.variant(&frame.path).map(Constant::Variant),
            OpKind::Call { callee, .. } => match self.data.kind(*callee) {
                OpKind::Path(path) => self.of_constructor(path),
                _ => None,
            },
            OpKind::MethodCall { recv, name, .. } if KEEP.contains(&self.text(*name)) && self.pair(*recv).is_some() => {
                self.constant_at(self.bound_value(*recv), depth + 1)
            }
            _ => None,
        }
    }

    fn of_literal(&self, literal: &Literal) -> Option<Constant> {
        match literal {
            Literal::Bool(flag) => Some(Constant::Bool(*flag)),
            Literal::Int(number) => Some(Constant::Int(*number)),
            Literal::Char(ch) => Some(Constant::Char(*ch)),
            Literal::Str(text) => Some(Constant::Text(self.tcx.defs.file_of(self.data.def).name(*text))),
            Literal::Float(_) | Literal::Other => None,
        }
    }

    fn of_path(&self, path: &Path, depth: usize) -> Option<Constant> {
        self.of_constructor(path).or_else(|| self.of_const(path, depth + 1))
    }

    /// The variant that a path names, of the standard library or the workspace.
    fn of_constructor(&self, path: &Path) -> Option<Constant> {
        if let Some(variant) = self.variant(path) {
            return Some(Constant::Variant(variant));
        }
        let last = self.text(path.segments.last()?.name);
        let constant = match last {
            "Some" => Constant::Some,
            "None" => Constant::None,
            "Ok" => Constant::Ok,
            "Err" => Constant::Err,
            _ => return None,
        };
        let own = matches!(self.tcx.value_of_path(self.data.def, path), Some(Res::Def(_)));
        (!own).then_some(constant)
    }

    /// The value of a constant of the workspace.
    fn of_const(&self, path: &Path, depth: usize) -> Option<Constant> {
        let Some(Res::Def(def)) = self.tcx.value_of_path(self.data.def, path) else { return None };
        let is_const = self.tcx.defs.def(def).kind == DefKind::Const && !self.has_twin(def);
        let data = self.bodies.get(self.bodies.of(def).filter(|_| is_const)?);
        let there = self.at(data);
        there.constant_at(there.bound_value(data.body.tail?), depth)
    }

    /// Whether another constant has the same name under another `cfg`.
    fn has_twin(&self, def: DefId) -> bool {
        let data = self.tcx.defs.def(def);
        let entry = self.tcx.in_module(data.module, data.name, crate::names::resolve::Ns::Values);
        entry.iter().filter(|res| res.def().is_some()).count() > 1
    }

    /// The variants of an `Option` or `Result`, the one that holds first.
    fn pair(&self, value: OpId) -> Option<[Constant; 2]> {
        match self.data.ty(value).peel_refs().external_path()? {
            "std::option::Option" => Some([Constant::Some, Constant::None]),
            "std::result::Result" => Some([Constant::Ok, Constant::Err]),
            _ => None,
        }
    }

    pub(crate) fn is_bool(&self, value: OpId) -> bool {
        self.tcx.is_bool(self.data.ty(value))
    }
}

fn is_irrefutable(head: &PatternHead) -> bool {
    match head {
        PatternHead::Any => true,
        PatternHead::Tuple(heads) => heads.iter().all(is_irrefutable),
        _ => false,
    }
}
