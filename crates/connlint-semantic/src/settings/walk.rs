//! Steps back from a value to what it comes from, through functions, fields and constants of the whole workspace.

use std::rc::Rc;

use connlint_catalog::Role;
use connlint_facts::{LocalId, OpId, OpKind, Path, RegionId, RegionKind};
use rustc_hash::FxHashSet;

use crate::infer::bodies::{Bodies, BodyData, BodyIx, crate_of};
use crate::infer::body::Target;
use crate::infer::def_use::{ancestors, in_closure};
use crate::infer::trace_back::{Steps, trace_end};
use crate::names::defs::{DefId, Res};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

use super::program_values::{Place, ProgramValues, owner_of_field};

/// Calls are entered this deep.
const MAX_FRAMES: usize = 8;

/// A value, and the calls by which the walk came into its function.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) body: BodyIx,
    pub(super) op: OpId,
    frame: Option<Rc<Frame>>,
}

#[derive(Debug)]
struct Frame {
    /// The call that was entered, where it stands.
    at: Cursor,
    depth: usize,
}

impl Cursor {
    pub(super) fn new(body: BodyIx, op: OpId) -> Self {
        Self { body, op, frame: None }
    }

    /// A value of a function that calls led into, which are given as their places, the outermost first.
    pub(super) fn behind(calls: &[(BodyIx, OpId)], body: BodyIx, op: OpId) -> Self {
        let enter = |frame: Option<Rc<Frame>>, &(body, op): &(BodyIx, OpId)| {
            let depth = frame.as_ref().map_or(0, |frame| frame.depth) + 1;
            Some(Rc::new(Frame { at: Cursor { body, op, frame }, depth }))
        };
        Self { body, op, frame: calls.iter().fold(None, enter) }
    }

    /// Another value of the same function.
    pub(super) fn at(&self, op: OpId) -> Self {
        Self { op, ..self.clone() }
    }

    /// A value of a function that a call of this one runs.
    fn entered(&self, call: OpId, body: BodyIx, op: OpId) -> Option<Self> {
        let depth = self.frame.as_ref().map_or(0, |frame| frame.depth) + 1;
        let frame = Frame { at: self.at(call), depth };
        (depth <= MAX_FRAMES).then(|| Self { body, op, frame: Some(Rc::new(frame)) })
    }

    /// Of the calls on the way, the last one distinguishes two walks into a function.
    pub(super) fn key(&self) -> Key {
        (self.body, self.op, self.frame.as_ref().map(|frame| (frame.at.body, frame.at.op)))
    }
}

pub(super) type Key = (BodyIx, OpId, Option<(BodyIx, OpId)>);

/// What a value is, one step back.
#[derive(Debug)]
pub(super) enum Step {
    /// These.
    From(Vec<Cursor>),
    /// What a function of another crate makes, or what a method of no row makes of its receiver.
    Foreign,
    /// It begins here: a literal, a constant of another crate, a struct literal.
    Start,
    /// It is not known: why.
    Opaque(&'static str),
}

/// The values that a walk has still to look at; each is looked at once.
#[derive(Debug, Default)]
pub(super) struct Worklist {
    seen: FxHashSet<Key>,
    all: Vec<Cursor>,
    next: usize,
}

/// Values that one walk looks at; where there are more, nothing is known.
const MAX_VALUES: usize = 3000;

impl Worklist {
    pub(super) fn push(&mut self, cursor: Cursor) {
        if self.all.len() < MAX_VALUES && self.seen.insert(cursor.key()) {
            self.all.push(cursor);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Cursor> {
        let cursor = self.all.get(self.next)?.clone();
        self.next += 1;
        Some(cursor)
    }

    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= MAX_VALUES
    }
}

/// Walks back.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a, 'w> {
    pub(super) tcx: &'a TypeContext<'w>,
    pub(super) bodies: &'a Bodies<'w>,
    pub(super) values: &'a ProgramValues,
}

impl Walk<'_, '_> {
    /// What a value comes from in one step.
    pub(super) fn step(&self, cursor: &Cursor) -> Step {
        let data = self.bodies.get(cursor.body);
        let here = |ops: &[OpId]| Step::From(ops.iter().map(|&op| cursor.at(op)).collect());
        match data.kind(cursor.op) {
            OpKind::Deref { base } | OpKind::Ref { base, .. } | OpKind::Element { base } => here(&[*base]),
            OpKind::Index { base, .. } | OpKind::IterItem { iter: base } => here(&[*base]),
            OpKind::Cast { value, .. } | OpKind::Try { value } | OpKind::Await { future: value } => here(&[*value]),
            OpKind::Expanded { value: Some(value), .. } => here(&[*value]),
            OpKind::Closure { tail: Some(tail), .. } | OpKind::Async { tail: Some(tail), .. } => here(&[*tail]),
            OpKind::Join(parts) if parts.is_empty() => Step::Opaque("a value of no branch"),
            OpKind::Join(parts) | OpKind::Tuple(parts) | OpKind::Array(parts) => here(parts),
            OpKind::Repeat { value, .. } => here(&[*value]),
            OpKind::Local(local) => self.local(cursor, *local),
            OpKind::Field { base, name } => self.field(cursor, *base, *name),
            OpKind::VariantField { base, variant, name } => self.variant_field(cursor, *base, variant, *name),
            OpKind::Param(index) => self.parameter(cursor, Some(*index)),
            OpKind::SelfParam => self.parameter(cursor, None),
            OpKind::Path(path) => self.path(cursor, path),
            OpKind::Call { .. } | OpKind::MethodCall { .. } => self.call(cursor),
            OpKind::StructLit { .. } | OpKind::Literal(_) => Step::Start,
            OpKind::Macro { .. } => Step::Opaque("a macro"),
            OpKind::Range { .. }
            | OpKind::Unary { .. }
            | OpKind::Binary { .. }
            | OpKind::Closure { tail: None, .. }
            | OpKind::Async { tail: None, .. }
            | OpKind::Expanded { value: None, .. }
            | OpKind::Unknown => Step::Opaque("an expression"),
            // Statements: nobody uses their value.
            OpKind::Bind { .. }
            | OpKind::Discard { .. }
            | OpKind::Assign { .. }
            | OpKind::AssignOp { .. }
            | OpKind::Return(_)
            | OpKind::Break { .. }
            | OpKind::Continue { .. }
            | OpKind::Yield(_) => Step::Opaque("a statement"),
        }
    }

    fn local(&self, cursor: &Cursor, local: LocalId) -> Step {
        match self.bodies.get(cursor.body).flow.writes(local) {
            [] => Step::Opaque("a variable"),
            written => Step::From(written.iter().map(|&op| cursor.at(op)).collect()),
        }
    }

    fn field(&self, cursor: &Cursor, base: OpId, name: connlint_facts::Sym) -> Step {
        let data = self.bodies.get(cursor.body);
        let file = self.tcx.defs.file_of(data.def);
        let name = file.name(name);
        if let Some(owner) = owner_of_field(self.tcx, data.ty(base), name) {
            return self.filled(owner, name);
        }
        // The part of a tuple, or of what another crate describes.
        Step::From(vec![cursor.at(base)])
    }

    fn variant_field(&self, cursor: &Cursor, base: OpId, variant: &Path, name: connlint_facts::Sym) -> Step {
        let data = self.bodies.get(cursor.body);
        match self.tcx.value_of_path(data.def, variant) {
            Some(Res::Def(owner)) => self.filled(owner, self.tcx.defs.file_of(data.def).name(name)),
            _ => Step::From(vec![cursor.at(base)]),
        }
    }

    /// What fills a field, in any construction of its struct.
    fn filled(&self, owner: DefId, name: crate::names::interner::Name) -> Step {
        match self.values.of_field(owner, name) {
            [] => Step::Opaque("a field that is filled elsewhere"),
            filled => Step::From(filled.iter().map(|&(body, op)| Cursor::new(body, op)).collect()),
        }
    }

    fn parameter(&self, cursor: &Cursor, index: Option<u32>) -> Step {
        let data = self.bodies.get(cursor.body);
        let region = data.body.ops[cursor.op.0 as usize].region;
        if in_closure(data.body, region) && index.is_some() {
            return self.closure_parameter(cursor, region);
        }
        if let Some(frame) = &cursor.frame {
            let argument = self.argument(frame.at.body, frame.at.op, data.def, index);
            return argument.map_or(Step::Opaque("an argument"), |op| Step::From(vec![frame.at.at(op)]));
        }
        let calls = self.values.calls_of(data.def);
        let given =
            |&(body, call): &(BodyIx, OpId)| Some(Cursor::new(body, self.argument(body, call, data.def, index)?));
        match calls.iter().map(given).collect::<Option<Vec<Cursor>>>() {
            Some(given) if !given.is_empty() => Step::From(given),
            _ => self.state(cursor).unwrap_or(Step::Opaque("a parameter")),
        }
    }

    /// A parameter that a framework fills with the state of its type.
    fn state(&self, cursor: &Cursor) -> Option<Step> {
        let given = self.shared(cursor, self.bodies.get(cursor.body).ty(cursor.op));
        (!given.is_empty()).then_some(Step::From(given))
    }

    /// What is shared under a type in a process that runs the code at hand too.
    fn shared(&self, cursor: &Cursor, ty: &Ty) -> Vec<Cursor> {
        let krate = |body: BodyIx| crate_of(self.tcx, self.bodies.get(body));
        let here = krate(cursor.body);
        let given = self.values.shared(self.tcx, ty).iter();
        let own = given.filter(|&&(body, _)| self.tcx.processes.share(krate(body), here));
        own.map(|&(body, op)| Cursor::new(body, op)).collect()
    }

    /// The parameter of a closure is what calls of it by name hand over, else what the method holds that the closure is
    /// handed to: `found.map(|it| …)`.
    fn closure_parameter(&self, cursor: &Cursor, region: RegionId) -> Step {
        let data = self.bodies.get(cursor.body);
        let of_closure = |r: &RegionId| data.body.regions[r.0 as usize].kind == RegionKind::Closure;
        let closure = ancestors(data.body, region).find(of_closure).and_then(|r| data.value_of_region.get(&r));
        let called = closure.map_or(Vec::new(), |&closure| self.given_by_name(cursor, closure));
        if !called.is_empty() {
            return Step::From(called);
        }
        let user = closure.and_then(|&closure| data.flow.users(closure).first());
        match user.map(|&user| data.kind(user)) {
            Some(OpKind::MethodCall { recv, .. }) if self.state(cursor).is_none() => Step::From(vec![cursor.at(*recv)]),
            _ => self.state(cursor).unwrap_or(Step::Opaque("a parameter of a closure")),
        }
    }

    /// What calls of a closure by its name hand over as the parameter that a value is: `build(config)`.
    fn given_by_name(&self, cursor: &Cursor, closure: OpId) -> Vec<Cursor> {
        let data = self.bodies.get(cursor.body);
        let OpKind::Param(index) = data.kind(cursor.op) else { return Vec::new() };
        let is_of_it =
            |target: &Target<'_>| matches!(*target, Target::Closure(def, op) if (def, op) == (data.def, closure));
        let calls = data.types.calls.iter().filter(|call| is_of_it(&call.target));
        calls.filter_map(|call| call.operand(Some(*index), false)).map(|op| cursor.at(op)).collect()
    }

    /// What a call hands over as a parameter of a function that it runs, or as `self`.
    fn argument(&self, body: BodyIx, call: OpId, callee: DefId, index: Option<u32>) -> Option<OpId> {
        self.bodies.get(body).call(call)?.operand(index, self.tcx.defs.takes_self(callee))
    }

    fn path(&self, cursor: &Cursor, path: &Path) -> Step {
        let data = self.bodies.get(cursor.body);
        let Some(Res::Def(def)) = self.tcx.value_of_path(data.def, path) else {
            // What is called may be a function that another one was handed: what that yields is not known.
            let file = self.tcx.defs.file_of(data.def).facts;
            let is_named = |name: &str| name.starts_with(char::is_lowercase);
            let is_function = path.segments.last().is_some_and(|segment| is_named(file.text(segment.name)));
            return match data.ty(cursor.op) {
                Ty::ExternalFn(..) if is_function => Step::Opaque("a function of another crate"),
                _ => Step::Start,
            };
        };
        match self.bodies.of(def).map(|ix| (ix, self.bodies.get(ix).body.tail)) {
            Some((body, Some(tail))) => Step::From(vec![Cursor::new(body, tail)]),
            _ => Step::Start,
        }
    }

    fn call(&self, cursor: &Cursor) -> Step {
        let data = self.bodies.get(cursor.body);
        let callees: Vec<DefId> = data.callees(cursor.op).collect();
        if !callees.is_empty() {
            let returned: Vec<Cursor> = callees.iter().flat_map(|&def| self.returned(cursor, def)).collect();
            return if returned.is_empty() { Step::Opaque("a function without a body") } else { Step::From(returned) };
        }
        match data.call(cursor.op).map(|call| (&call.target, call)) {
            // What is called may be a parameter, which is a closure of the caller.
            Some((Target::Closure(..) | Target::Value, _)) => match data.kind(cursor.op) {
                OpKind::Call { callee, .. } => Step::From(vec![cursor.at(*callee)]),
                _ => Step::Opaque("a closure"),
            },
            Some((Target::Nothing, call)) => {
                Step::From(call.recv.iter().chain(call.args.iter()).map(|&op| cursor.at(op)).collect())
            }
            Some((Target::Known(_), _)) => Step::Foreign,
            _ if self.is_default(cursor) || self.is_made_of_text(cursor) => Step::Foreign,
            Some((Target::Unresolved { .. }, call)) if call.recv.is_some() => Step::Foreign,
            Some((Target::Unresolved { .. } | Target::Macro(_), _)) | None => {
                Step::Opaque("a call that is not resolved")
            }
        }
    }

    /// Whether a call is `Default::default()`, of any type.
    pub(super) fn is_default(&self, cursor: &Cursor) -> bool {
        let data = self.bodies.get(cursor.body);
        let OpKind::Call { callee, args } = data.kind(cursor.op) else { return false };
        let OpKind::Path(path) = data.kind(*callee) else { return false };
        let file = self.tcx.defs.file_of(data.def).facts;
        args.is_empty() && path.segments.last().is_some_and(|segment| file.text(segment.name) == "default")
    }

    /// Whether a call makes a value of another crate's type of a text, which can set no more than an address can:
    /// `Endpoint::from_str(text)`.
    pub(super) fn is_made_of_text(&self, cursor: &Cursor) -> bool {
        let data = self.bodies.get(cursor.body);
        let OpKind::Call { callee, args } = data.kind(cursor.op) else { return false };
        let (OpKind::Path(path), [text]) = (data.kind(*callee), &args[..]) else { return false };
        let file = self.tcx.defs.file_of(data.def).facts;
        let name = path.segments.last().map(|segment| file.text(segment.name));
        matches!(name, Some("from_str" | "try_from" | "from"))
            && data.ty(cursor.op).yielded().external_path().is_some()
            && self.is_text(data.ty(*text))
    }

    /// Whether a value is a field that the command line fills: what its type makes of a text.
    pub(super) fn is_on_command_line(&self, cursor: &Cursor) -> bool {
        let data = self.bodies.get(cursor.body);
        let OpKind::Field { base, name } = data.kind(cursor.op) else { return false };
        let name = self.tcx.defs.file_of(data.def).name(*name);
        let owner = owner_of_field(self.tcx, data.ty(*base), name);
        owner.is_some_and(|owner| self.tcx.is_on_command_line(owner, name))
    }

    /// Whether values of a type are texts.
    pub(super) fn is_text(&self, ty: &Ty) -> bool {
        match ty.peel_pointers() {
            Ty::Prim(name) => self.tcx.defs.text(*name) == "str",
            Ty::External(path, _) => &**path == "std::string::String",
            _ => false,
        }
    }

    /// What an application shares under a type, where a call asks for it by that type: `ctx.data::<Client>()`,
    /// `request.extensions().get::<Client>()`.
    pub(super) fn shared_by_type(&self, cursor: &Cursor) -> Vec<Cursor> {
        let data = self.bodies.get(cursor.body);
        let OpKind::MethodCall { recv, .. } = data.kind(cursor.op) else { return Vec::new() };
        let hands_out = match data.api(cursor.op) {
            Some((api, _)) => {
                let holder = self.tcx.role_of(data.ty(*recv).peel_pointers());
                self.tcx.catalog.hands_out_state(&api.path) || holder == Some(Role::StateWrapper)
            }
            None => !data.body.type_arguments_of(cursor.op).is_empty() && data.callees(cursor.op).next().is_none(),
        };
        if !hands_out {
            return Vec::new();
        }
        // `let client: &Client = ctx.data()?`: the type may be said where the value goes.
        let (_, through) = data.flow.follow(data.body, cursor.op);
        let mut values = std::iter::once(cursor.op).chain(through).map(|op| data.ty(op).yielded());
        values.find_map(|ty| Some(self.shared(cursor, ty)).filter(|given| !given.is_empty())).unwrap_or_default()
    }

    /// What is stored in the place that a value is: what a map, a list, a cell or a lock has in it.
    pub(super) fn stored(&self, cursor: &Cursor) -> Vec<Cursor> {
        let data = self.bodies.get(cursor.body);
        let place = match data.kind(cursor.op) {
            OpKind::Local(local) => {
                let stored = self.values.stored_in(Place::Local(cursor.body, *local)).iter();
                return stored.map(|&(_, op)| cursor.at(op)).collect();
            }
            OpKind::Field { base, name } => {
                let name = self.tcx.defs.file_of(data.def).name(*name);
                owner_of_field(self.tcx, data.ty(*base), name).map(|owner| Place::Field(owner, name))
            }
            OpKind::Path(path) => match self.tcx.value_of_path(data.def, path) {
                Some(Res::Def(def)) => Some(Place::Static(def)),
                _ => None,
            },
            _ => None,
        };
        let stored = place.map_or(&[][..], |place| self.values.stored_in(place));
        stored.iter().map(|&(body, op)| Cursor::new(body, op)).collect()
    }

    /// What a function that is called here returns.
    pub(super) fn returned(&self, cursor: &Cursor, callee: DefId) -> Vec<Cursor> {
        let Some(body) = self.bodies.of(callee) else { return Vec::new() };
        let data = self.bodies.get(body);
        data.results().filter_map(|op| cursor.entered(cursor.op, body, op)).collect()
    }

    /// Where a function that is called with a value has it: the uses of its parameter.
    pub(super) fn inside(&self, cursor: &Cursor, call: OpId, callee: DefId, index: Option<u32>) -> Vec<Cursor> {
        let Some(body) = self.bodies.of(callee) else { return Vec::new() };
        let data = self.bodies.get(body);
        let is_it = |kind: &OpKind| match (kind, index) {
            (OpKind::Param(at), Some(index)) => *at == index,
            (OpKind::SelfParam, None) => true,
            _ => false,
        };
        let ops = data.body.ops.iter().enumerate();
        let params = ops.filter(|(_, op)| is_it(&op.kind) && !in_closure(data.body, op.region));
        params.filter_map(|(at, _)| cursor.entered(call, body, OpId(at as u32))).collect()
    }
}

/// The closure that a value is, behind references.
pub(super) fn closure_behind(data: &BodyData<'_>, op: OpId) -> OpId {
    trace_end(data, op, Steps::IDENTITY)
}
