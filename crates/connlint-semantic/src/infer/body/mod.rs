//! Type inference over one body: the type of every operation and what every call runs.
//!
//! One forward pass over the operations. A closure's body is passed over until its closure is handed to a call, whose
//! signature then determines the closure's parameters.

mod calls;
mod conversions;
mod paths;
mod places;

use std::borrow::Cow;
use std::sync::Arc;

use connlint_catalog::ApiModel;
use connlint_facts::{BinaryOp, Body, ClosureHead, Literal, Op, OpId, OpKind, RegionId, RegionKind, TypeRef};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::infer::op_types::OpTypes;
use crate::names::cfg::off_in;
use crate::names::defs::{DefId, FileEntry};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::names::marks::crate_of_def;
use crate::types::callee::{Callee, Callees};
use crate::types::context::TypeContext;
use crate::types::lower::Scope;
use crate::types::ty::Ty;

/// What inference found in one body.
#[derive(Debug, Default)]
pub(crate) struct BodyTypes<'w> {
    pub(crate) ops: OpTypes,
    /// Calls in the order in which they were resolved; sorted by operation at the end.
    pub(crate) calls: Vec<Call<'w>>,
}

/// One call, method call or macro call.
#[derive(Clone, Debug)]
pub(crate) struct Call<'w> {
    pub(crate) op: OpId,
    pub(crate) target: Target<'w>,
    pub(crate) recv: Option<OpId>,
    pub(crate) args: Cow<'w, [OpId]>,
}

impl<'w> Call<'w> {
    /// The row of the catalog that it runs, and the type that the row was found on.
    pub(crate) fn api(&self) -> Option<(&'w ApiModel, Option<&Ty>)> {
        self.known().iter().find_map(|callee| match callee {
            Callee::Api { api, self_ty } => Some((*api, self_ty.as_ref())),
            _ => None,
        })
    }

    /// The workspace functions that it may run.
    pub(crate) fn callees(&self) -> impl Iterator<Item = DefId> + '_ {
        self.known().iter().filter_map(|callee| match callee {
            Callee::Def { def, .. } => Some(*def),
            _ => None,
        })
    }

    fn known(&self) -> &[Callee<'w>] {
        match &self.target {
            Target::Known(callees) => callees,
            _ => &[],
        }
    }

    /// What the call hands over as a parameter of what it runs, `None` for `self`.
    ///
    /// Operands and parameters come in the same order, however the call is written: the receiver of `x.into()` is the first
    /// parameter of `From::from`, the first argument of `Type::method(x)` is `self`.
    pub(crate) fn operand(&self, param: Option<u32>, takes_self: bool) -> Option<OpId> {
        let at = match param {
            Some(index) => index as usize + usize::from(takes_self),
            None if takes_self => 0,
            None => return None,
        };
        self.operands().nth(at)
    }

    /// The operands with the parameters that they are handed over as: [`Call::operand`] from the other side.
    pub(crate) fn parameters(&self, takes_self: bool) -> impl Iterator<Item = (Option<u32>, OpId)> {
        let param = move |at: u32| if takes_self { at.checked_sub(1) } else { Some(at) };
        (0..).map(param).zip(self.operands())
    }

    /// The argument that a row of the catalog says a query runs on.
    pub(crate) fn executor(&self, api: &ApiModel) -> Option<OpId> {
        self.args.get(usize::from(api.executor_arg?)).copied()
    }

    fn operands(&self) -> impl Iterator<Item = OpId> {
        self.recv.into_iter().chain(self.args.iter().copied())
    }
}

/// What a call runs.
#[derive(Clone, Debug)]
pub(crate) enum Target<'w> {
    /// Functions of the workspace or a row of the catalog.
    Known(Callees<'w>),
    /// A closure, by the body that holds it and its operation.
    Closure(DefId, OpId),
    /// A value that can be called and whose origin is not known here: a parameter, a field.
    Value,
    /// A macro of the catalog.
    Macro(&'w connlint_catalog::MacroModel),
    /// A constructor or another expression that runs no code of its own.
    Nothing,
    /// Not resolved: the receiver's type is not known, or its type is known and no method of it fits.
    Unresolved {
        /// Whether the receiver's (or path's) type is known.
        typed: bool,
    },
}

/// Infers one body.
pub(crate) fn infer<'w>(tcx: &TypeContext<'w>, def: DefId, body: &'w Body) -> BodyTypes<'w> {
    let mut pass = Infer::new(tcx, def, body);
    pass.run();
    let mut calls = std::mem::take(&mut pass.calls);
    calls.sort_by_key(|c| c.op);
    leave_out(&off(tcx, def, body), &mut pass.ops, &mut calls);
    // Room was made for macros too, most of which are no calls.
    calls.shrink_to_fit();
    BodyTypes { ops: OpTypes::of(pass.ops), calls }
}

/// The parts of a body that are compiled for no program.
fn off(tcx: &TypeContext<'_>, def: DefId, body: &Body) -> Vec<(OpId, OpId)> {
    if body.conditional.is_empty() {
        return Vec::new();
    }
    let krate = crate_of_def(tcx, def);
    let test = (!tcx.defs.def(def).test_only).then_some(false);
    off_in(tcx.defs.file_of(def).facts, &tcx.defs.crates[krate.0 as usize], body, test)
}

/// Leaves out parts of the body: no call is made there, and nothing is known of the values.
fn leave_out(parts: &[(OpId, OpId)], ops: &mut [Ty], calls: &mut Vec<Call<'_>>) {
    if parts.is_empty() {
        return;
    }
    calls.retain(|call| !parts.iter().any(|&(first, end)| first <= call.op && call.op < end));
    for &(first, end) in parts {
        let range = first.0 as usize..end.0 as usize;
        ops.get_mut(range).into_iter().flatten().for_each(|ty| *ty = Ty::Unknown);
    }
}

struct Infer<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    def: DefId,
    body: &'w Body,
    scope: Scope<'w>,
    file: &'a FileEntry<'w>,
    ops: Vec<Ty>,
    locals: Vec<Ty>,
    params: Vec<Ty>,
    calls: Vec<Call<'w>>,
    closures: Closures,
}

#[derive(Default)]
struct Closures {
    /// Closure regions by their first operation, outer ones first.
    at: FxHashMap<u32, Vec<RegionId>>,
    /// The innermost closure region that holds each region, itself included.
    owner: Vec<Option<RegionId>>,
    /// The closure of each closure region.
    of_region: FxHashMap<RegionId, OpId>,
    /// Parameter types, once they are inferred.
    params: FxHashMap<OpId, Vec<Ty>>,
    /// What calling it yields.
    returns: FxHashMap<OpId, Ty>,
    visited: FxHashSet<OpId>,
}

impl Closures {
    fn of(body: &Body) -> Self {
        let mut closures = Self::default();
        for (index, region) in body.regions.iter().enumerate() {
            let id = RegionId(index as u32);
            let outer = region.parent.and_then(|RegionId(p)| closures.owner.get(p as usize).copied().flatten());
            let is_closure = region.kind == RegionKind::Closure;
            closures.owner.push(if is_closure { Some(id) } else { outer });
            if is_closure {
                closures.at.entry(region.first.0).or_default().push(id);
            }
        }
        for (index, op) in body.ops.iter().enumerate() {
            if let OpKind::Closure { region, .. } = &op.kind {
                closures.of_region.insert(*region, OpId(index as u32));
            }
        }
        closures
    }

    fn around(&self, body: &Body, region: RegionId) -> Option<RegionId> {
        body.regions[region.0 as usize].parent.and_then(|RegionId(p)| self.owner[p as usize])
    }
}

impl<'a, 'w> Infer<'a, 'w> {
    fn new(tcx: &'a TypeContext<'w>, def: DefId, body: &'w Body) -> Self {
        let scope = tcx.scope_of(def);
        let file = &tcx.defs.files[scope.file.0 as usize];
        let is_call =
            |op: &&Op| matches!(op.kind, OpKind::Call { .. } | OpKind::MethodCall { .. } | OpKind::Macro { .. });
        let params =
            tcx.defs.fn_item(def).map_or(Vec::new(), |f| f.params.iter().map(|p| tcx.lower(&scope, &p.ty)).collect());
        Self {
            tcx,
            def,
            body,
            scope,
            file,
            ops: vec![Ty::Unknown; body.ops.len()],
            locals: vec![Ty::Unknown; body.locals.len()],
            params,
            calls: Vec::with_capacity(body.ops.iter().filter(is_call).count()),
            closures: Closures::of(body),
        }
    }

    fn run(&mut self) {
        self.visit(None, 0, self.body.ops.len() as u32);
        // Closures that nothing took, such as one that the function returns.
        let mut left: Vec<OpId> = self.closures.of_region.values().copied().collect();
        left.sort_unstable();
        for closure in left {
            self.visit_closure(closure, &[]);
        }
        self.expect_returned();
    }

    /// What a function returns shows the target of a conversion or default at its end.
    fn expect_returned(&mut self) {
        let Some(signature) = self.tcx.signature(self.def) else { return };
        let ret = match &signature.ret {
            Ty::Future(output) => (**output).clone(),
            ret => ret.clone(),
        };
        if matches!(ret, Ty::Adt(..)) {
            self.body.tail.iter().for_each(|&tail| self.expect(tail, &ret));
        }
    }

    /// Visits operations that belong to one closure (or to none), passing over the closures inside.
    fn visit(&mut self, owner: Option<RegionId>, first: u32, end: u32) {
        let mut index = first;
        while index < end {
            if let Some(skip) = self.closure_to_skip(owner, index) {
                index = skip;
                continue;
            }
            let op = &self.body.ops[index as usize];
            let ty = self.op(OpId(index), op);
            self.ops[index as usize] = ty.within_bounds();
            index += 1;
        }
    }

    fn closure_to_skip(&self, owner: Option<RegionId>, index: u32) -> Option<u32> {
        self.closures.at.get(&index)?.iter().find_map(|&region| {
            let end = self.body.regions[region.0 as usize].end.0;
            (self.closures.around(self.body, region) == owner && Some(region) != owner && end > index).then_some(end)
        })
    }

    /// Visits a closure's body, now that as much is known of its parameters as will be.
    fn visit_closure(&mut self, op: OpId, expected: &[Ty]) -> Ty {
        if let Some(ty) = self.closures.returns.get(&op) {
            return ty.clone();
        }
        if !self.closures.visited.insert(op) {
            return Ty::Unknown;
        }
        let OpKind::Closure { region, head, tail } = &self.body.ops[op.0 as usize].kind else {
            return Ty::Unknown;
        };
        let ClosureHead { params, ret, is_async, .. } = &**head;
        let params = params
            .iter()
            .enumerate()
            .map(|(index, written)| {
                let written = written.as_ref().map_or(Ty::Unknown, |t| self.lower(t));
                let expected = expected.get(index).cloned().unwrap_or(Ty::Unknown);
                if written.is_unknown() || written.has_unknown() && !expected.is_unknown() { expected } else { written }
            })
            .collect();
        self.closures.params.insert(op, params);
        let data = &self.body.regions[region.0 as usize];
        self.visit(Some(*region), data.first.0, data.end.0);
        let mut yields = tail.map_or_else(Ty::unit, |t| self.ty(t).clone());
        if let Some(written) = ret {
            let written = self.lower(written);
            if !written.is_unknown() {
                yields = written;
            }
        }
        let yields = if *is_async { Ty::future(yields) } else { yields };
        self.closures.returns.insert(op, yields.clone());
        yields
    }

    /// Visits the closure that a value is, if it is one that nobody visited.
    fn force(&mut self, op: OpId) {
        if let Ty::Closure(def, closure) = self.ty(op).clone()
            && def == self.def
        {
            self.visit_closure(closure, &[]);
        }
    }

    fn lower(&self, ty: &TypeRef) -> Ty {
        self.tcx.lower(&self.scope, ty)
    }

    fn ty(&self, op: OpId) -> &Ty {
        self.ops.get(op.0 as usize).unwrap_or(&Ty::Unknown)
    }

    fn name(&self, sym: connlint_facts::Sym) -> Name {
        self.file.name(sym)
    }

    fn std(&self, path: &str, args: impl Into<crate::types::ty::Args>) -> Ty {
        Ty::external(ExternalPath::of(path), args)
    }

    fn op(&mut self, id: OpId, op: &'w Op) -> Ty {
        match &op.kind {
            OpKind::Param(index) => self.param(op.region, *index),
            OpKind::SelfParam => self.self_param(),
            OpKind::Local(local) => self.locals.get(local.0 as usize).cloned().unwrap_or(Ty::Unknown),
            OpKind::Path(path) => self.path(path),
            OpKind::Literal(literal) => self.literal(literal),
            OpKind::Field { base, name } => self.field(&self.ty(*base).clone(), self.name(*name)),
            OpKind::VariantField { base, variant, name } => self.variant_field(*base, variant, self.name(*name)),
            OpKind::Element { base } => self.element(self.ty(*base)),
            OpKind::Index { base, .. } => self.element(&self.ty(*base).clone()),
            OpKind::Deref { base } => {
                let ty = self.ty(*base).clone();
                self.tcx.deref(&ty).unwrap_or(ty)
            }
            OpKind::Ref { base, .. } => {
                let inner = self.ty(*base).clone();
                if inner.is_unknown() { inner } else { Ty::Ref(Arc::new(inner)) }
            }
            OpKind::Unary { operand, .. } => self.ty(*operand).clone(),
            OpKind::Binary { op: BinaryOp::Arithmetic | BinaryOp::Bitwise, left, .. } => {
                self.ty(*left).peel_refs().clone()
            }
            OpKind::Binary { .. } => self.tcx.defs.names.find("bool").map_or(Ty::Unknown, Ty::Prim),
            OpKind::Call { callee, args } => self.call(id, *callee, args),
            OpKind::MethodCall { recv, name, args, .. } => {
                self.method_call(id, *recv, *name, self.body.type_arguments_of(id), args)
            }
            OpKind::StructLit { frame, fields } => self.struct_lit(&frame.path, fields, frame.base),
            OpKind::Tuple(parts) => {
                parts.iter().for_each(|&p| self.force(p));
                Ty::Tuple(parts.iter().map(|&p| self.ty(p).clone()).collect())
            }
            OpKind::Array(parts) => {
                parts.iter().for_each(|&p| self.force(p));
                Ty::Slice(Arc::new(self.join(parts)))
            }
            OpKind::Repeat { value, .. } => Ty::Slice(Arc::new(self.ty(*value).clone())),
            OpKind::Range { start, .. } => {
                let item = start.map_or(Ty::Unknown, |s| self.ty(s).clone());
                self.std("std::ops::Range", [item])
            }
            OpKind::Cast { value, ty } => {
                let written = self.lower(ty);
                as_written(written, self.ty(*value).clone())
            }
            OpKind::Await { future } => self.awaited(&self.ty(*future).clone()),
            OpKind::Try { value } => match self.adapted(*value) {
                Some(outcome) => self.unwrapped(&outcome),
                None => self.unwrapped(self.ty(*value)),
            },
            OpKind::Closure { .. } => Ty::Closure(self.def, id),
            OpKind::Async { tail, .. } => Ty::future(tail.map_or_else(Ty::unit, |t| self.ty(t).clone())),
            OpKind::Join(parts) => self.join(parts),
            OpKind::IterItem { iter } => self.iterated(&self.ty(*iter).clone()),
            OpKind::Bind { local, value } => self.bind(*local, *value),
            OpKind::Assign { place, value } => self.assign(*place, *value),
            OpKind::Return(value) => {
                value.iter().for_each(|&v| self.force(v));
                Ty::Never
            }
            OpKind::Break { .. } | OpKind::Continue { .. } => Ty::Never,
            OpKind::Macro { path, args, diverges } => self.macro_call(id, path, args, *diverges),
            OpKind::Expanded { value, .. } => value.map_or(Ty::Unknown, |v| self.ty(v).clone()),
            OpKind::Discard { .. } | OpKind::AssignOp { .. } => Ty::unit(),
            OpKind::Yield(_) | OpKind::Unknown => Ty::Unknown,
        }
    }

    fn param(&self, region: RegionId, index: u32) -> Ty {
        let owner = self.closures.owner.get(region.0 as usize).copied().flatten();
        let known = match owner.and_then(|r| self.closures.of_region.get(&r)) {
            Some(closure) => self.closures.params.get(closure),
            None => Some(&self.params),
        };
        known.and_then(|p| p.get(index as usize)).cloned().unwrap_or(Ty::Unknown)
    }

    fn self_param(&self) -> Ty {
        let declared = self.tcx.defs.fn_item(self.def).and_then(|f| f.self_param.as_ref());
        if let Some(ty) = declared.and_then(|s| s.ty.as_ref()) {
            return self.lower(ty);
        }
        let ty = self.scope.self_ty.clone().unwrap_or(Ty::Unknown);
        match declared.map(|s| s.kind) {
            Some(connlint_facts::SelfKind::Value) | None => ty,
            _ => Ty::Ref(Arc::new(ty)),
        }
    }

    fn literal(&self, literal: &Literal) -> Ty {
        let name = match literal {
            Literal::Str(_) => "str",
            Literal::Bool(_) => "bool",
            Literal::Char(_) => "char",
            Literal::Int(_) => "i32",
            Literal::Float(_) => "f64",
            Literal::Other => return Ty::Unknown,
        };
        match self.tcx.defs.names.find(name) {
            Some(prim) if name == "str" => Ty::Ref(Arc::new(Ty::Prim(prim))),
            Some(prim) => Ty::Prim(prim),
            None => Ty::Unknown,
        }
    }

    /// The first type of several that says anything, made fuller by the others.
    fn join(&self, parts: &[OpId]) -> Ty {
        let mut best = Ty::Unknown;
        for &part in parts {
            let ty = self.ty(part);
            if matches!(ty, Ty::Never) {
                continue;
            }
            if best.is_unknown() || (best.has_unknown() && !ty.has_unknown()) {
                best = ty.clone();
            }
        }
        best
    }

    fn bind(&mut self, local: connlint_facts::LocalId, value: Option<OpId>) -> Ty {
        if let Some(value) = value {
            self.force(value);
        }
        let index = local.0 as usize;
        let written = self.body.locals.get(index).and_then(|l| l.ty.as_ref()).map_or(Ty::Unknown, |t| self.lower(t));
        let found = value.map_or(Ty::Unknown, |v| self.ty(v).clone());
        if !written.is_unknown() {
            value.iter().for_each(|&v| self.expect(v, &written));
        }
        let ty = as_written(written, found);
        if let Some(slot) = self.locals.get_mut(index) {
            *slot = ty;
        }
        Ty::unit()
    }

    fn assign(&mut self, place: OpId, value: OpId) -> Ty {
        self.force(value);
        let found = self.ty(value).clone();
        if let OpKind::Local(local) = &self.body.ops[place.0 as usize].kind
            && let Some(slot) = self.locals.get_mut(local.0 as usize)
            && (slot.is_unknown() || (slot.has_unknown() && !found.has_unknown()))
        {
            *slot = found;
        }
        Ty::unit()
    }
}

/// The type of a value that is given one: the written one, with what is found where that leaves something open.
fn as_written(written: Ty, found: Ty) -> Ty {
    if written.is_unknown() || keeps_identity(&written, &found) {
        // `handler as Handler` stays that function.
        found
    } else if written.has_unknown() && !found.is_unknown() {
        refine(&written, &found)
    } else {
        written
    }
}

/// Whether a value of a written type stays the function that it is: by itself, or in a pointer to a callable
/// (`let h: Arc<dyn Fn()> = Arc::new(run)`).
fn keeps_identity(written: &Ty, found: &Ty) -> bool {
    matches!(found.peel_pointers(), Ty::Closure(..) | Ty::FnDef(..))
        && (matches!(found, Ty::Closure(..) | Ty::FnDef(..)) || matches!(written.peel_pointers(), Ty::Callable(..)))
}

/// The function values inside a type: itself, or what boxes, options and collections hold.
pub(crate) fn function_values(ty: &Ty, found: &mut Vec<Ty>, depth: u32) {
    match ty {
        Ty::Closure(..) | Ty::FnDef(..) | Ty::ExternalFn(..) => found.push(ty.clone()),
        _ if depth > 4 => {}
        Ty::Ref(inner) | Ty::Slice(inner) => function_values(inner, found, depth + 1),
        Ty::External(_, args) | Ty::Tuple(args) => args.iter().for_each(|a| function_values(a, found, depth + 1)),
        _ => {}
    }
}

/// A written type with its `_` filled in.
pub(crate) fn refine(written: &Ty, found: &Ty) -> Ty {
    match (written, found) {
        (Ty::Unknown, _) => found.clone(),
        (Ty::External(a, xs), Ty::External(b, ys)) if a == b && xs.len() == ys.len() => {
            Ty::External(*a, xs.iter().zip(ys.iter()).map(|(x, y)| refine(x, y)).collect())
        }
        (Ty::Adt(a, xs), Ty::Adt(b, ys)) if a == b && xs.len() == ys.len() => {
            Ty::Adt(*a, xs.iter().zip(ys.iter()).map(|(x, y)| refine(x, y)).collect())
        }
        (Ty::Ref(x), Ty::Ref(y)) => Ty::Ref(Arc::new(refine(x, y))),
        (Ty::Future(x), Ty::Future(y)) => Ty::future(refine(x, y)),
        (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => {
            Ty::Tuple(xs.iter().zip(ys.iter()).map(|(x, y)| refine(x, y)).collect())
        }
        _ => written.clone(),
    }
}
