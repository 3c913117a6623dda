//! Which types hold a connection: their values keep it for as long as they live.

use connlint_catalog::{Effect, Mode, Role, TypeExpr};
use connlint_facts::{Fields, ItemKind, OpId, OpKind};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::dataflow::outside_calls::{drivers_of, is_of_database};
use crate::infer::bodies::{Bodies, BodyData};
use crate::names::defs::{DefId, DefKind};
use crate::names::external_path::ExternalPath;
use crate::names::marks::is_test;
use crate::types::context::TypeContext;
use crate::types::impl_index::ImplData;
use crate::types::roles::is_own_channel;
use crate::types::ty::{Subst, TraitId, TraitRef, Ty};

use super::row_streams::RowSource;

/// What a value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// A connection of its own, taken from no pool.
    Connection,
    /// A connection taken from a pool.
    PooledConnection,
    /// A transaction, and the connection that it runs on.
    Transaction,
}

/// The types of the workspace that hold a connection, and the test for any type.
#[derive(Debug)]
pub(crate) struct Holders<'a, 'w> {
    pub(super) tcx: &'a TypeContext<'w>,
    /// Structs and enums that own one, directly or through other fields.
    pub(super) adts: FxHashMap<DefId, Held>,
    /// Structs that own a connection and give it back when they are dropped: guards of a pool written by hand.
    returned_on_drop: FxHashSet<DefId>,
    /// Structs whose fields may hold one by what their parameters stand for: those fields.
    generic: FxHashMap<DefId, Vec<Ty>>,
    /// Functions of the workspace that return a stream of rows.
    pub(super) row_streams: FxHashMap<DefId, RowSource>,
    /// Traits of drivers that connections of pools and transactions implement.
    lent_as: FxHashSet<TraitId>,
    /// Whether the guard of any lock is held, whatever it guards.
    any_guard: bool,
}

/// Types are looked into this deep.
const MAX_DEPTH: u32 = 6;

impl<'a, 'w> Holders<'a, 'w> {
    pub(crate) fn of(tcx: &'a TypeContext<'w>, bodies: &Bodies<'w>) -> Self {
        let drop = TraitId::External(ExternalPath::of("std::ops::Drop"));
        let returned_on_drop = tcx
            .impls_of_trait(&drop)
            .filter_map(|data| match &data.self_ty {
                Ty::Adt(def, _) => Some(*def),
                _ => None,
            })
            .collect();
        let generic = generic_structs(tcx);
        let (adts, row_streams) = (FxHashMap::default(), FxHashMap::default());
        let mut holders =
            Self { tcx, adts, returned_on_drop, generic, row_streams, lent_as: lent_as(tcx), any_guard: false };
        holders.grow();
        let guards = holders.guards_by_construction(bodies);
        if !guards.is_empty() {
            holders.adts.extend(guards);
            holders.grow();
        }
        holders.settle();
        holders.find_row_streams(bodies);
        holders
    }

    /// The guards of all locks instead, to see how long locks are held.
    pub(crate) fn of_guards(tcx: &'a TypeContext<'w>) -> Self {
        let (adts, returned_on_drop, generic, row_streams, lent_as) = Default::default();
        Self { tcx, adts, returned_on_drop, generic, row_streams, lent_as, any_guard: true }
    }

    /// A wrapper of a wrapper is found one round later.
    fn grow(&mut self) {
        for _ in 0..MAX_DEPTH {
            let found: Vec<(DefId, Held)> = (0..self.tcx.defs.defs.len())
                .into_par_iter()
                .map(|index| DefId(index as u32))
                .filter(|def| !self.adts.contains_key(def))
                .filter_map(|def| Some((def, self.of_fields(def)?)))
                .collect();
            if found.is_empty() {
                break;
            }
            self.adts.extend(found);
        }
    }

    /// What a type was found to hold before all of its parts were known may be more than it surely holds.
    fn settle(&mut self) {
        for _ in 0..MAX_DEPTH {
            let known: Vec<(DefId, Held)> = self.adts.iter().map(|(&def, &held)| (def, held)).collect();
            let found = known.into_iter().filter_map(|(def, held)| Some((def, held, self.of_fields(def)?)));
            let changed: Vec<(DefId, Held)> =
                found.filter(|(_, held, now)| held != now).map(|(def, _, now)| (def, now)).collect();
            if changed.is_empty() {
                return;
            }
            self.adts.extend(changed);
        }
    }

    fn of_fields(&self, def: DefId) -> Option<Held> {
        let kind = self.tcx.defs.def(def).kind;
        if !matches!(kind, DefKind::Struct | DefKind::Enum) {
            return None;
        }
        match &self.tcx.defs.item(def)?.kind {
            ItemKind::Struct { fields, .. } => match self.of_struct(self.tcx.lowered_fields(def))? {
                Held::Connection if self.gives_back(def, fields) => Some(Held::PooledConnection),
                held => Some(held),
            },
            // A wrapper of either a connection or a transaction is no more than a connection.
            ItemKind::Enum { .. } => {
                let variants = self.tcx.defs.members(def).iter();
                let variants =
                    variants.filter(|&&member| matches!(self.tcx.defs.def(member).kind, DefKind::Variant(_)));
                variants.filter_map(|&variant| self.of_struct(self.tcx.lowered_fields(variant))).min()
            }
            _ => None,
        }
    }

    /// What a field may hold is shown only by a struct that holds nothing else: a worker with a client and an
    /// `Option<Transaction>` is no transaction.
    fn of_struct(&self, types: &[Ty]) -> Option<Held> {
        let (may, surely): (Vec<&Ty>, Vec<&Ty>) = types.iter().partition(|ty| is_option(ty));
        let of = |types: Vec<&Ty>| types.into_iter().filter_map(|ty| self.owned_by_field(ty)).max();
        of(surely).or_else(|| of(may))
    }

    /// A struct that keeps a connection behind a lock is shared state, and one behind an `Arc` is shared too.
    fn owned_by_field(&self, ty: &Ty) -> Option<Held> {
        match ty {
            Ty::External(_, args) if is_guard_in_arc(self.tcx, ty) => self.owned_in(args.first()?, 0),
            shared if is_shared(self.tcx, shared) => None,
            Ty::External(_, args) if is_option(ty) => self.owned_by_field(args.first()?),
            Ty::External(path, args) if self.tcx.role(path) == Some(Role::LockGuard) => self.owned_in(args.first()?, 0),
            _ => self.owned_in(ty, 0),
        }
    }

    /// A guard has a way back to its pool: next to the connection a shared part, and a destructor that uses it.
    fn gives_back(&self, def: DefId, fields: &Fields) -> bool {
        let (Fields::Named(list) | Fields::Tuple(list)) = fields else { return false };
        let scope = self.tcx.scope_of(def);
        let leads_back = |ty: &Ty| match ty {
            Ty::Ref(_) => true,
            Ty::External(path, _) if matches!(&**path, "std::sync::Arc" | "std::sync::Weak") => true,
            Ty::External(path, _) => {
                matches!(self.tcx.role(path), Some(Role::Lock | Role::LockGuard)) || is_own_channel(self.tcx, ty)
            }
            _ => false,
        };
        self.returned_on_drop.contains(&def) && list.iter().any(|f| leads_back(&self.tcx.lower(&scope, &f.ty)))
    }

    /// Whether a struct of the workspace is the guard of a pool written by hand.
    pub(crate) fn is_own_guard(&self, def: DefId) -> bool {
        self.returned_on_drop.contains(&def) && self.adts.get(&def) == Some(&Held::PooledConnection)
    }

    /// What an owned value of a type holds. References, futures and shared state hold nothing themselves.
    pub(crate) fn owned(&self, ty: &Ty) -> Option<Held> {
        self.owned_in(ty, 0).filter(|&held| held != Held::Connection)
    }

    pub(super) fn owned_in(&self, ty: &Ty, depth: u32) -> Option<Held> {
        if depth > MAX_DEPTH {
            return None;
        }
        match ty {
            Ty::Adt(def, args) => self.of_instance(*def, args, depth),
            Ty::Tuple(parts) => parts.iter().filter_map(|p| self.owned_in(p, depth + 1)).max(),
            Ty::External(path, args) => match self.tcx.role(path) {
                Some(Role::PooledConnection) => Some(Held::PooledConnection),
                Some(Role::Transaction) => Some(Held::Transaction),
                Some(Role::Connection) => Some(Held::Connection),
                Some(Role::Pointer | Role::Lock) => match args.first() {
                    Some(Ty::Bounds(traits)) if &**path == "std::boxed::Box" => self.behind_object(traits, depth + 1),
                    inner => inner.and_then(|a| self.owned_in(a, depth + 1)),
                },
                Some(Role::LockGuard) if self.any_guard => Some(Held::PooledConnection),
                Some(Role::LockGuard) => self.guarded(args.first()?),
                Some(Role::Carrier) => args.iter().filter_map(|a| self.owned_in(a, depth + 1)).max(),
                _ if &**path == "std::option::Option" || &**path == "std::result::Result" => {
                    args.first().and_then(|a| self.owned_in(a, depth + 1))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whoever has the guard of a lock over one connection keeps all others from it, as if it were a pool of one.
    fn guarded(&self, inner: &Ty) -> Option<Held> {
        let is_connection = match inner {
            Ty::Adt(def, _) => self.adts.get(def) == Some(&Held::Connection),
            _ => self.tcx.role_of(inner) == Some(Role::Connection),
        };
        let mut drivers = Vec::new();
        if is_connection {
            drivers_of(self.tcx, inner, &mut drivers);
        }
        is_of_database(self.tcx.catalog, &drivers).then_some(Held::PooledConnection)
    }

    /// What an instance of a struct or enum holds: by its declaration, or by what its parameters stand for.
    fn of_instance(&self, def: DefId, args: &[Ty], depth: u32) -> Option<Held> {
        self.adts.get(&def).copied().or_else(|| self.by_arguments(def, args, depth))
    }

    fn by_arguments(&self, def: DefId, args: &[Ty], depth: u32) -> Option<Held> {
        let fields = self.generic.get(&def).filter(|_| depth < MAX_DEPTH)?;
        let file = self.tcx.defs.file_of(def);
        let params = self.tcx.defs.type_params(def).map(|param| file.name(param.name));
        let map: Subst = params.zip(args.iter().cloned()).collect();
        let told = fields.iter().map(|field| field.subst(&map));
        told.filter_map(|field| if is_shared(self.tcx, &field) { None } else { self.owned_in(&field, depth + 1) }).max()
    }

    /// What is behind a trait object: all implementations that are no tests hold as much. A wrapper around another
    /// implementation holds what that one does, and has no say.
    fn behind_object(&self, traits: &[TraitRef], depth: u32) -> Option<Held> {
        let of_project = |one: &&TraitRef| matches!(one.head, TraitId::Def(_));
        let head = &traits.iter().find(of_project)?.head;
        let impls = self.tcx.impls_of_trait(head).filter(|data| !is_test(self.tcx, data.def));
        let held = impls.map(|data| (data, self.owned_in(&data.self_ty, depth)));
        let held: Option<Vec<Held>> =
            held.filter(|(data, held)| held.is_some() || !self.wraps(data, head)).map(|(_, held)| held).collect();
        held?.into_iter().min()
    }

    /// Whether an implementation of a trait is for what has another one in it: `impl<R: Repo> Repo for Traced<R>`, or for
    /// `struct Logged { inner: Box<dyn Repo> }`.
    fn wraps(&self, data: &ImplData, head: &TraitId) -> bool {
        let scope = self.tcx.scope_of(data.def);
        let is_bounded = |ty: &Ty| match ty.peel_pointers() {
            Ty::Param(param) => names_trait(&self.tcx.bounds_of(&scope, *param), head),
            other => names_trait(other, head),
        };
        match &data.self_ty {
            Ty::Adt(def, args) => args.iter().chain(self.tcx.field_types(*def)).any(is_bounded),
            Ty::External(_, args) => args.iter().any(is_bounded),
            other => is_bounded(other),
        }
    }

    /// What an operation yields holds: by its type, or, where that is not known, by what the catalog says of the call or
    /// by what went into it.
    pub(crate) fn yielded(&self, data: &BodyData<'_>, at: OpId, took: Option<Held>) -> Option<Held> {
        let ty = data.ty(at);
        if let Some(held) = self.owned(ty).or_else(|| self.streamed(data, at, took)) {
            return Some(held).filter(|_| !self.makes_empty_variant(data, at));
        }
        if let Ty::Future(output) = ty
            && took.is_some()
        {
            // What an async function was given, it gives back: `lock.acquire(conn).await`. A transaction is no part of a
            // connection: it was begun there.
            return self.owned(output.yielded()).filter(|&held| took >= Some(held));
        }
        if !ty.is_unknown() {
            return None;
        }
        if took.is_some() && matches!(data.kind(at), OpKind::Try { value } if data.ty(*value).is_unknown()) {
            return Some(Held::PooledConnection);
        }
        let call = match data.kind(at) {
            OpKind::Await { future } => *future,
            _ => at,
        };
        let (api, _) = data.api(call)?;
        let is_async = api.mode == Mode::Async;
        let awaited = call != at;
        if is_async != awaited || api.returns != TypeExpr::Unknown {
            return None;
        }
        if api.effects.contains(&Effect::Begin) {
            Some(Held::Transaction)
        } else {
            api.effects.contains(&Effect::Acquire).then_some(Held::PooledConnection)
        }
    }

    /// What a reference proves to be held by the caller: `&mut Transaction`, `&mut PgConnection`, `&Wrapper`.
    pub(crate) fn borrowed(&self, ty: &Ty) -> Option<Held> {
        let Ty::Ref(inner) = ty else { return None };
        match inner.peel_refs() {
            Ty::Adt(def, args) => self.of_instance(*def, args, 0),
            target @ Ty::External(path, _) => match self.tcx.role(path) {
                Some(Role::Pointer) if &**path == "std::boxed::Box" => self.owned_in(target, 0),
                Some(Role::PooledConnection | Role::Transaction | Role::Connection) => self.owned_in(target, 0),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a reference may be to what a caller holds, as far as its type says: `&impl ConnectionTrait`, `&C` with
    /// `C: ConnectionTrait`. Only the callers know whether it is to a connection, or to the pool.
    pub(crate) fn may_borrow(&self, within: DefId, ty: &Ty) -> bool {
        let Ty::Ref(inner) = ty else { return false };
        let executes = |ty: &Ty| matches!(ty, Ty::Bounds(of) if of.iter().any(|one| self.lent_as.contains(&one.head)));
        match inner.peel_refs() {
            Ty::Param(param) => executes(&self.tcx.bounds_of(&self.tcx.scope_of(within), *param)),
            other => executes(other),
        }
    }
}

/// The traits of its own crate that a connection of a pool or a transaction implements.
fn lent_as(tcx: &TypeContext<'_>) -> FxHashSet<TraitId> {
    let held = tcx.catalog.types().filter(|row| matches!(row.role, Role::PooledConnection | Role::Transaction));
    let krate = |path: &str| path.split("::").next().map(str::to_owned);
    let own = held.flat_map(|row| row.traits.iter().filter(|path| krate(path) == krate(&row.path)));
    own.map(|path| TraitId::External(ExternalPath::of(path))).collect()
}

/// The structs with a field of which only their parameters show what it holds.
fn generic_structs(tcx: &TypeContext<'_>) -> FxHashMap<DefId, Vec<Ty>> {
    let structs = (0..tcx.defs.defs.len() as u32).map(DefId).filter(|&def| tcx.defs.def(def).kind == DefKind::Struct);
    let generic = structs.filter(|&def| tcx.defs.type_params(def).next().is_some());
    let fields = generic.filter_map(|def| match &tcx.defs.item(def)?.kind {
        ItemKind::Struct { fields: Fields::Named(list) | Fields::Tuple(list), .. } => {
            let scope = tcx.scope_of(def);
            let types = list.iter().map(|field| tcx.lower(&scope, &field.ty));
            Some((def, types.filter(names_parameter).collect::<Vec<Ty>>()))
        }
        _ => None,
    });
    fields.filter(|(_, types)| !types.is_empty()).collect()
}

pub(super) fn names_parameter(ty: &Ty) -> bool {
    match ty {
        Ty::Param(_) => true,
        Ty::Adt(_, args) | Ty::External(_, args) | Ty::Tuple(args) => args.iter().any(names_parameter),
        _ => false,
    }
}

/// Whether a field shares what it holds: behind an `Arc`, or behind a lock.
pub(super) fn is_shared(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    matches!(ty, Ty::External(path, _) if tcx.role(path) == Some(Role::Lock) || &**path == "std::sync::Arc")
}

/// Whether a field is a guard with several handles: what a pool lent is no state that all share.
fn is_guard_in_arc(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    let Ty::External(path, args) = ty else { return false };
    let lent = |ty: &Ty| matches!(tcx.role_of(ty), Some(Role::PooledConnection | Role::Transaction));
    matches!(&**path, "std::sync::Arc" | "std::rc::Rc") && args.first().is_some_and(lent)
}

fn is_option(ty: &Ty) -> bool {
    ty.external_path() == Some("std::option::Option")
}

/// Whether a type is any that implements a trait.
fn names_trait(ty: &Ty, head: &TraitId) -> bool {
    matches!(ty, Ty::Bounds(traits) if traits.iter().any(|one| one.head == *head))
}
