//! Where a pool comes from, in the words of one function, and whether two places are the same pool.

use connlint_facts::{LocalId, OpId, OpKind, Sym};

use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::body_cx::Inferred;
use crate::infer::def_use::in_closure;
use crate::infer::trace_back::{Steps, trace_back};
use crate::names::defs::{DefId, Res};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::types::ty::Ty;

/// Where a value is rooted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Base {
    /// A parameter of a function, by index without `self`.
    Param(DefId, u32),
    /// `self` of a function.
    SelfOf(DefId),
    /// A static or constant of the workspace.
    Static(DefId),
    /// A static of another crate, or a function without arguments that hands out something global.
    Global(ExternalPath),
    /// A variable with several values, or a parameter of a closure.
    Local(BodyIx, LocalId),
    /// What an operation makes.
    Made(BodyIx, OpId),
}

/// One step from a value to what it hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// A field.
    Field(Name),
    /// What a method makes of it that is no plain getter: the same method of the same value hands out the same.
    Method(DefId),
}

/// A value as a path of parts from its root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolPlace {
    pub(crate) base: Base,
    pub(crate) parts: Vec<Part>,
}

/// How sure it is that two pools are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolIdentity {
    /// Only their types agree, and the program builds several of that type.
    Type,
    /// The program builds one pool of that type.
    Source,
    /// They are the same place.
    Place,
}

const MAX_DEPTH: usize = 6;

impl<'w> Inferred<'_, 'w> {
    /// Where a value of a body comes from.
    pub(crate) fn pool_place(&self, body: BodyIx, op: OpId) -> Option<PoolPlace> {
        self.place_in(body, op, 0)
    }

    fn place_in(&self, body: BodyIx, start: OpId, depth: usize) -> Option<PoolPlace> {
        if depth > MAX_DEPTH {
            return None;
        }
        let data = self.bodies.get(body);
        let field = |name: Sym| Part::Field(self.tcx.defs.file_of(data.def).name(name));
        let mut parts: Vec<Part> = Vec::new();
        let mut end = start;
        for op in trace_back(data, start, Steps::SOLE_ROOT) {
            end = op;
            match data.kind(op) {
                OpKind::Field { name, .. } => parts.push(field(*name)),
                // `State(state)`, `Some(pool)`: the wrapper is no step of its own.
                OpKind::VariantField { base, name, .. } if matches!(data.ty(*base).peel_refs(), Ty::Adt(..)) => {
                    parts.push(field(*name));
                }
                OpKind::MethodCall { .. } | OpKind::Call { .. } => match self.through_call(body, op, depth) {
                    Step::Same => {}
                    Step::By(method) => parts.push(Part::Method(method)),
                    Step::At(mut place) => {
                        parts.reverse();
                        place.parts.extend(parts);
                        return self.project(place, depth);
                    }
                },
                // One of several pools, or what code of which nothing is known makes, is a place of its own.
                OpKind::Index { .. } | OpKind::Element { .. } | OpKind::IterItem { .. } | OpKind::Macro { .. } => break,
                _ => {}
            }
        }
        self.project(finish(self.base(body, end)?, parts), depth)
    }

    /// What the operation is where a walk back ends.
    fn base(&self, body: BodyIx, end: OpId) -> Option<Base> {
        let data = self.bodies.get(body);
        Some(match data.kind(end) {
            OpKind::Local(local) => Base::Local(body, *local),
            OpKind::SelfParam => Base::SelfOf(data.def),
            OpKind::Param(index) if !in_closure(data.body, data.body.ops[end.0 as usize].region) => {
                Base::Param(data.def, *index)
            }
            OpKind::Path(_) => self.global(data, end)?,
            _ => Base::Made(body, end),
        })
    }

    fn global(&self, data: &BodyData<'w>, op: OpId) -> Option<Base> {
        match data.ty(op) {
            Ty::FnDef(def, _) => Some(Base::Static(*def)),
            Ty::ExternalFn(path, _) => Some(Base::Global(*path)),
            _ => {
                let OpKind::Path(path) = data.kind(op) else { return None };
                match self.tcx.value_of_path(data.def, path)? {
                    Res::Def(def) => Some(Base::Static(def)),
                    Res::Ext(path) => Some(Base::Global(path)),
                    _ => None,
                }
            }
        }
    }

    /// A call on the way: getters are looked into, what the standard library and wrappers do to a pool keeps it the same.
    fn through_call(&self, body: BodyIx, op: OpId, depth: usize) -> Step {
        let data = self.bodies.get(body);
        let made = Step::At(PoolPlace { base: Base::Made(body, op), parts: Vec::new() });
        let Some(call) = data.call(op) else { return made };
        let callees: Vec<DefId> = data.callees(op).collect();
        if let [callee] = callees[..] {
            let inner = self.handed_out(callee, depth).and_then(|place| self.pool_at_call(&place, body, op, depth));
            return match (inner, call.recv) {
                (Some(place), _) => Step::At(place),
                (None, Some(_)) => Step::By(callee),
                (None, None) => made,
            };
        }
        if !callees.is_empty() || data.api(op).is_some_and(|(api, _)| api.effects.iter().any(|e| e.is_opening())) {
            return made;
        }
        match call.recv.or(call.args.first().copied()) {
            Some(_) => Step::Same,
            None => match data.kind(op) {
                OpKind::Call { callee, .. } => {
                    self.global(data, *callee).map_or(made, |base| Step::At(PoolPlace { base, parts: Vec::new() }))
                }
                _ => made,
            },
        }
    }

    /// What a getter hands out, in its own words.
    fn handed_out(&self, callee: DefId, depth: usize) -> Option<PoolPlace> {
        let body = self.bodies.of(callee)?;
        let tail = self.bodies.get(body).body.tail?;
        let place = self.place_in(body, tail, depth + 1)?;
        match place.base {
            Base::Made(..) | Base::Local(..) => None,
            _ => Some(place),
        }
    }

    /// A place in the words of the caller of its function.
    pub(crate) fn pool_at_call(&self, place: &PoolPlace, body: BodyIx, call: OpId, depth: usize) -> Option<PoolPlace> {
        match place.base {
            Base::Static(_) | Base::Global(_) => return Some(place.clone()),
            // What the callee makes itself has no name here.
            Base::Local(..) | Base::Made(..) => return None,
            Base::Param(..) | Base::SelfOf(_) => {}
        }
        let operand = self.pool_operand(place, body, call)?;
        let mut found = self.place_in(body, operand, depth + 1)?;
        found.parts.extend(place.parts.iter().copied());
        self.project(found, depth + 1)
    }

    /// What a call hands to the callee as the parameter that a place is rooted in.
    pub(crate) fn pool_operand(&self, place: &PoolPlace, body: BodyIx, call: OpId) -> Option<OpId> {
        let data = self.bodies.get(body);
        let (callee, index) = match place.base {
            Base::Param(def, index) => (def, Some(index)),
            Base::SelfOf(def) => (def, None),
            _ => return None,
        };
        let at = data.call(call)?;
        if !data.callees(call).any(|def| def == callee) {
            return None;
        }
        at.operand(index, self.tcx.defs.takes_self(callee))
    }

    /// A place with fields of what is made on the way looked up where that is made: `Repo { pool: pool.clone() }`,
    /// `Repo::new(pool.clone())`.
    pub(super) fn project(&self, mut place: PoolPlace, depth: usize) -> Option<PoolPlace> {
        for _ in 0..MAX_DEPTH {
            let Base::Made(body, op) = place.base else { break };
            let Some(value) = self.part_value(body, op, &place.parts, depth) else { break };
            place = value;
        }
        Some(place)
    }

    /// What lies behind some parts of what an operation makes. A function that makes it is asked for all of them: what it
    /// makes on the way has no name elsewhere.
    fn part_value(&self, body: BodyIx, op: OpId, parts: &[Part], depth: usize) -> Option<PoolPlace> {
        let data = self.bodies.get(body);
        let (&Part::Field(field), rest) = parts.split_first()? else { return None };
        let value = match data.kind(op) {
            OpKind::StructLit { fields, .. } => {
                let file = self.tcx.defs.file_of(data.def);
                fields.iter().find(|(sym, _)| file.name(*sym) == field)?.1
            }
            OpKind::Call { callee, args } if matches!(data.ty(*callee), Ty::Ctor(..)) => {
                let index: usize = self.tcx.defs.text(field).parse().ok()?;
                *args.get(index)?
            }
            OpKind::Call { .. } | OpKind::MethodCall { .. } => {
                let callees: Vec<DefId> = data.callees(op).collect();
                let [callee] = callees[..] else { return None };
                let inner = self.bodies.of(callee)?;
                let made = self.made_in(inner)?;
                let place = self.part_value(inner, made, parts, depth + 1).filter(|_| depth < MAX_DEPTH)?;
                return self.pool_at_call(&place, body, op, depth + 1);
            }
            _ => return None,
        };
        let mut place = self.place_in(body, value, depth + 1)?;
        place.parts.extend(rest);
        self.project(place, depth + 1)
    }

    /// The struct literal that a constructor returns, through `Ok(…)`.
    fn made_in(&self, body: BodyIx) -> Option<OpId> {
        let data = self.bodies.get(body);
        let end = trace_back(data, data.body.tail?, Steps::WRAPPED).find(|&op| match data.kind(op) {
            OpKind::StructLit { .. } => true,
            OpKind::Call { .. } => is_construction(data, op) || data.callees(op).next().is_some(),
            _ => false,
        })?;
        is_construction(data, end).then_some(end)
    }

    /// Whether an operation is a call.
    pub(super) fn is_call(&self, body: BodyIx, op: OpId) -> bool {
        matches!(self.bodies.get(body).kind(op), OpKind::Call { .. } | OpKind::MethodCall { .. })
    }

    /// The type of what a place is rooted in.
    pub(super) fn base_type(&self, base: &Base) -> Option<Ty> {
        match base {
            Base::Param(def, index) => {
                let param = |kind: &OpKind| *kind == OpKind::Param(*index);
                self.root_type(*def, param)
            }
            Base::SelfOf(def) => self.root_type(*def, |kind| matches!(kind, OpKind::SelfParam)),
            Base::Made(body, op) => Some(self.bodies.get(*body).ty(*op).clone()),
            Base::Local(body, local) => {
                let data = self.bodies.get(*body);
                data.flow.reads(*local).first().map(|&read| data.ty(read).clone())
            }
            Base::Static(_) | Base::Global(_) => None,
        }
    }

    fn root_type(&self, def: DefId, wanted: impl Fn(&OpKind) -> bool) -> Option<Ty> {
        let data = self.bodies.get(self.bodies.of(def)?);
        let at = data
            .body
            .ops
            .iter()
            .enumerate()
            .position(|(index, op)| wanted(&op.kind) && data.frame(OpId(index as u32)).is_none())?;
        Some(data.ty(OpId(at as u32)).clone())
    }
}

enum Step {
    /// It hands out what it is given.
    Same,
    /// What a method makes of it.
    By(DefId),
    /// Here the way ends.
    At(PoolPlace),
}

/// Whether an operation makes a struct of the workspace: a literal, or the constructor of a tuple struct.
pub(super) fn is_construction(data: &BodyData<'_>, op: OpId) -> bool {
    match data.kind(op) {
        OpKind::StructLit { .. } => true,
        OpKind::Call { callee, .. } => {
            matches!((data.ty(*callee), data.ty(op)), (Ty::Ctor(of, _), Ty::Adt(def, _)) if of == def)
        }
        _ => false,
    }
}

fn finish(base: Base, mut parts: Vec<Part>) -> PoolPlace {
    parts.reverse();
    PoolPlace { base, parts }
}

/// Whether two pool types can be the same: what one of them does not show agrees with anything.
pub(crate) fn same_type(a: &Ty, b: &Ty) -> bool {
    match (a, b) {
        (Ty::Unknown | Ty::Param(_), _) | (_, Ty::Unknown | Ty::Param(_)) => true,
        (Ty::External(p, xs), Ty::External(q, ys)) => p == q && xs.iter().zip(ys.iter()).all(|(x, y)| same_type(x, y)),
        (Ty::Ref(x), Ty::Ref(y)) => same_type(x, y),
        _ => a == b,
    }
}
