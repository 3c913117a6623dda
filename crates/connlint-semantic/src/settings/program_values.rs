//! Where the fields, variables and statics of the workspace are filled, and where its functions are called.

use connlint_catalog::Role;
use connlint_facts::{LocalId, OpId, OpKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::dataflow::storing::stores;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::defs::{DefId, Res};
use crate::names::interner::Name;
use crate::names::marks::is_test;
use crate::types::context::TypeContext;
use crate::types::roles::is_known_to_hold;
use crate::types::ty::Ty;

/// Pointers and wrappers of state are looked behind this deep.
const MAX_WRAPPERS: usize = 8;

/// What others are put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A field of a struct of the workspace.
    Field(DefId, Name),
    /// A variable of a body.
    Local(BodyIx, LocalId),
    /// A static of the workspace.
    Static(DefId),
}

/// Places outside tests that fill fields or call functions.
#[derive(Debug, Default)]
pub(super) struct ProgramValues {
    fields: FxHashMap<(DefId, Name), Vec<(BodyIx, OpId)>>,
    calls: FxHashMap<DefId, Vec<(BodyIx, OpId)>>,
    /// What is put into fields, variables and statics: `clients.insert(name, client)`, `*CLIENT.lock() = Some(client)`.
    put: FxHashMap<Place, Vec<(BodyIx, OpId)>>,
    /// The structs that are handed to a router or into a wrapper of state.
    states: FxHashSet<DefId>,
    /// What is handed to a router or into a wrapper of state, by the path of its type.
    shared: FxHashMap<String, Vec<(BodyIx, OpId)>>,
}

impl ProgramValues {
    pub(super) fn collect(tcx: &TypeContext<'_>, bodies: &Bodies<'_>) -> Self {
        let mut values = Self::default();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            if !is_test(tcx, data.def) {
                values.add_calls(tcx, data, ix);
                values.add_fields(tcx, data, ix);
            }
        }
        values.add_parts(tcx);
        values
    }

    /// A part of the state is state under its own type: a framework hands out `State<Client>` of a state that has one.
    fn add_parts(&mut self, tcx: &TypeContext<'_>) {
        for (&(owner, name), filled) in &self.fields {
            let ty = self.states.contains(&owner).then(|| tcx.field_type(owner, name)).flatten();
            if let Some(path) = ty.as_ref().and_then(|ty| shared_type(tcx, ty)) {
                self.shared.entry(path.to_owned()).or_default().extend_from_slice(filled);
            }
        }
        // Fields come in no order of their own.
        self.shared.values_mut().for_each(|given| given.sort_unstable());
    }

    fn add_calls(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx) {
        for call in &data.types.calls {
            self.add_shared(tcx, data, ix, call.op);
            self.add_stored(tcx, data, ix, call.op);
            for callee in call.callees() {
                self.calls.entry(callee).or_default().push((ix, call.op));
            }
            // `Wrapper(value)` fills the fields of a tuple struct or variant.
            if let OpKind::Call { callee, args } = data.kind(call.op)
                && let Ty::Ctor(def, _) = data.ty(*callee)
            {
                for (index, &arg) in args.iter().enumerate() {
                    if let Some(name) = tcx.defs.names.find(&index.to_string()) {
                        self.fields.entry((*def, name)).or_default().push((ix, arg));
                    }
                }
            }
        }
    }

    /// `router.with_state(client)`, `web::Data::new(client)`, `Extension(client)`, `extensions.insert(client)`.
    fn add_shared(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx, call: OpId) {
        let made = tcx.role_of(data.ty(call).peel_refs());
        let is_shared = matches!(made, Some(Role::Router | Role::StateWrapper));
        if !is_shared && !is_step_of_framework(tcx, data, call) && !is_put_by_type(tcx, data, call) {
            return;
        }
        let args = data.call(call).map_or(&[][..], |call| &call.args);
        for &arg in args {
            // `warp::any().map(move || client.clone())`: what it yields, handlers get.
            let shared = match data.kind(trace_end(data, arg, Steps::IDENTITY)) {
                OpKind::Closure { head, tail: Some(tail), .. } if head.params.is_empty() => *tail,
                _ => arg,
            };
            if let Some(path) = shared_type(tcx, data.ty(shared)) {
                self.shared.entry(path.to_owned()).or_default().push((ix, shared));
            }
            if let Ty::Adt(def, _) = data.ty(shared).peel_pointers() {
                self.states.insert(*def);
            }
        }
    }

    /// `clients.insert(name, client)`: a method that stores its argument fills what it is called on.
    fn add_stored(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx, call: OpId) {
        let OpKind::MethodCall { recv, name, args, .. } = data.kind(call) else { return };
        let Some(&stored) = args.last().filter(|_| stores(tcx.defs.file_of(data.def).facts.text(*name))) else {
            return;
        };
        self.put_into(tcx, data, ix, *recv, stored);
    }

    /// Notes what is put into a place, for all that the way to it leads through: a guard, the field or static behind it.
    fn put_into(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx, place: OpId, value: OpId) {
        if !is_known_to_hold(tcx, data.ty(value)) {
            return;
        }
        let file = tcx.defs.file_of(data.def);
        for op in trace_back(data, place, Steps::TYPE) {
            match data.kind(op) {
                OpKind::Local(local) => self.put.entry(Place::Local(ix, *local)).or_default().push((ix, value)),
                OpKind::Field { base, name } => {
                    let name = file.name(*name);
                    if let Some(owner) = owner_of_field(tcx, data.ty(*base), name) {
                        self.put.entry(Place::Field(owner, name)).or_default().push((ix, value));
                        return;
                    }
                }
                OpKind::Path(path) => {
                    if let Some(Res::Def(def)) = tcx.value_of_path(data.def, path) {
                        self.put.entry(Place::Static(def)).or_default().push((ix, value));
                    }
                }
                _ => {}
            }
        }
    }

    fn add_fields(&mut self, tcx: &TypeContext<'_>, data: &BodyData<'_>, ix: BodyIx) {
        let file = tcx.defs.file_of(data.def);
        for (index, op) in data.body.ops.iter().enumerate() {
            match &op.kind {
                OpKind::StructLit { fields, .. } => {
                    if let Ty::Adt(def, _) = data.ty(OpId(index as u32)) {
                        for &(sym, value) in fields {
                            self.fields.entry((*def, file.name(sym))).or_default().push((ix, value));
                        }
                    }
                }
                OpKind::Assign { place, value } if matches!(data.kind(*place), OpKind::Deref { .. }) => {
                    self.put_into(tcx, data, ix, *place, *value);
                }
                OpKind::Assign { place, value } => {
                    if let OpKind::Field { base, name } = data.kind(*place)
                        && let Some(owner) = owner_of_field(tcx, data.ty(*base), file.name(*name))
                    {
                        self.fields.entry((owner, file.name(*name))).or_default().push((ix, *value));
                    }
                }
                _ => {}
            }
        }
    }

    /// The values that a field is filled with.
    pub(super) fn of_field(&self, owner: DefId, name: Name) -> &[(BodyIx, OpId)] {
        self.fields.get(&(owner, name)).map_or(&[], Vec::as_slice)
    }

    /// The values that are put into a place, besides those that are written to it.
    pub(super) fn stored_in(&self, place: Place) -> &[(BodyIx, OpId)] {
        self.put.get(&place).map_or(&[], Vec::as_slice)
    }

    /// What handlers may be given as state of a type: clients and pools of other crates.
    pub(super) fn shared(&self, tcx: &TypeContext<'_>, ty: &Ty) -> &[(BodyIx, OpId)] {
        let path = shared_type(tcx, ty);
        path.and_then(|path| self.shared.get(path)).map_or(&[], Vec::as_slice)
    }

    /// The calls that may run a function.
    pub(super) fn calls_of(&self, def: DefId) -> &[(BodyIx, OpId)] {
        self.calls.get(&def).map_or(&[], Vec::as_slice)
    }
}

/// `Schema::build(…).data(client)`: a step of what a framework is set up with.
fn is_step_of_framework(tcx: &TypeContext<'_>, data: &BodyData<'_>, call: OpId) -> bool {
    let Some(path) = data.ty(call).peel_refs().external_path() else { return false };
    let is_chain = tcx.catalog.type_model(path, None).is_some_and(|model| model.chain);
    let recv = data.call(call).and_then(|call| call.recv);
    is_chain
        && recv.is_some_and(|recv| data.ty(recv).peel_refs().external_path() == Some(path))
        && tcx.catalog.crate_of(path).is_some_and(|krate| krate.category == "framework")
}

/// `extensions.insert(client)`: what a value of unread code is given alone, it has under the type of what it is given.
fn is_put_by_type(tcx: &TypeContext<'_>, data: &BodyData<'_>, call: OpId) -> bool {
    let OpKind::MethodCall { recv, name, args, .. } = data.kind(call) else { return false };
    let unread =
        matches!(data.ty(*recv).peel_refs(), Ty::External(path, _) if tcx.catalog.type_model(path, None).is_none());
    unread && args.len() == 1 && stores(tcx.defs.file_of(data.def).facts.text(*name))
}

/// The client or pool of another crate that a value is, behind pointers and wrappers of state.
fn shared_type<'t>(tcx: &TypeContext<'_>, ty: &'t Ty) -> Option<&'t str> {
    let mut ty = ty;
    for _ in 0..MAX_WRAPPERS {
        let Ty::External(path, args) = ty.peel_pointers() else { return None };
        match tcx.role(path) {
            Some(Role::StateWrapper) => ty = args.first()?,
            Some(Role::Client | Role::Pool | Role::MultiplexedConnection) => return Some(path),
            // What could not be reached at start-up is shared as none: `.data(connect().await.ok())`.
            _ if &**path == "std::option::Option" => ty = args.first()?,
            _ => return None,
        }
    }
    None
}

/// What a method is looked up on last: the value in pointers, cells, guards of locks and wrappers of state.
pub(super) fn behind_wrappers(tcx: &TypeContext<'_>, ty: &Ty) -> Ty {
    let mut ty = ty.peel_pointers().clone();
    for _ in 0..MAX_WRAPPERS {
        let wraps = ty
            .external_path()
            .and_then(|path| tcx.role(path))
            .is_some_and(|role| matches!(role, Role::OnceCell | Role::StateWrapper | Role::LockGuard | Role::Pointer));
        match tcx.deref(&ty).filter(|_| wraps) {
            Some(inner) => ty = inner.peel_pointers().clone(),
            None => break,
        }
    }
    ty
}

/// The struct of the workspace that has a field, behind references, pointers and wrappers of state.
pub(super) fn owner_of_field(tcx: &TypeContext<'_>, ty: &Ty, name: Name) -> Option<DefId> {
    let mut ty = ty.clone();
    for _ in 0..MAX_WRAPPERS {
        match &ty {
            Ty::Adt(def, _) if tcx.field_type(*def, name).is_some() => return Some(*def),
            Ty::Ref(inner) => ty = (**inner).clone(),
            _ => ty = tcx.deref(&ty)?,
        }
    }
    None
}
