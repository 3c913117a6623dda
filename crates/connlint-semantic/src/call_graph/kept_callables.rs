//! Where callables are kept: fields, parameters, collections. What one of these was ever given, a call of what is taken out
//! of it may run.

use connlint_catalog::Role;
use connlint_facts::{OpId, OpKind, Sym};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::callable_puts::Finder;
use crate::call_graph::callable_values::CallableValues;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body::Call;
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::names::marks::crate_of_def;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What a callable is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    /// A field of a type of the workspace, by its name.
    Field(DefId, Name),
    /// A parameter of a function, by its index without `self`.
    Param(DefId, u32),
    /// A collection, by the call that puts something into it.
    Collection(BodyIx, OpId),
}

/// Callables that are put somewhere: function values, and what other places hold.
pub(super) struct Put {
    pub(super) into: Slot,
    pub(super) values: Vec<Ty>,
    pub(super) from: Vec<Slot>,
    /// The function that does it.
    pub(super) by: DefId,
    /// Whether what then holds them stays in that function.
    pub(super) is_local: bool,
    /// The type of what the place holds.
    pub(super) declared: Ty,
}

/// Bodies that share what is known of what functions return.
const SHARING: usize = 2048;

/// Places that fill one another are followed this far.
const MAX_ROUNDS: usize = 8;

/// A place that holds more is not followed any further.
const MAX_VALUES: usize = 256;

/// Types nested deeper than this hold no callable.
const MAX_DEPTH: u32 = 4;

/// How far a type is dereferenced to find a field.
const MAX_DEREF: usize = 8;

/// A callable in a place.
#[derive(Clone, Debug)]
struct Held {
    value: Ty,
    /// The function that names it.
    by: DefId,
    /// Whether nothing holds it once some function around it has returned.
    is_local: bool,
}

/// What every place of the workspace holds.
#[derive(Debug, Default)]
pub(super) struct KeptCallables {
    held: FxHashMap<Slot, Vec<Ty>>,
    /// The places in the order in which they are filled, with the type of their callables.
    places: Vec<(Slot, Ty)>,
}

impl KeptCallables {
    pub(super) fn collect<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>) -> Self {
        let all: Vec<BodyIx> = bodies.indices().collect();
        let of_part = |part: &[BodyIx]| {
            let finder = Finder { tcx, values: CallableValues::new(bodies) };
            let mut puts = Vec::new();
            part.iter().for_each(|&ix| finder.puts_of(ix, bodies.get(ix), &mut puts));
            puts
        };
        let puts: Vec<Put> = all.par_chunks(SHARING).map(of_part).flatten_iter().collect();
        let mut filling = Filling::default();
        for put in &puts {
            filling.add(put.into, put.values.iter().map(|value| put.held(value)));
        }
        filling.pass_on(&puts);
        let mut kept = Self { held: filling.finish(tcx), places: Vec::new() };
        kept.places(puts);
        kept
    }

    fn places(&mut self, puts: Vec<Put>) {
        let mut seen = FxHashSet::default();
        for put in puts {
            let holds = self.held.get(&put.into).is_some_and(|held| !held.is_empty());
            if holds && !matches!(put.into, Slot::Param(..)) && seen.insert(put.into) {
                self.places.push((put.into, put.declared));
            }
        }
    }

    /// What a place holds.
    pub(super) fn held(&self, slot: Slot) -> &[Ty] {
        self.held.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// What fields and collections hold, with the type of their callables.
    pub(super) fn places_held(&self) -> impl Iterator<Item = (Slot, &Ty, &[Ty])> {
        self.places.iter().map(|(slot, declared)| (*slot, declared, self.held(*slot)))
    }
}

impl Put {
    fn held(&self, value: &Ty) -> Held {
        Held { value: value.clone(), by: self.by, is_local: self.is_local }
    }
}

/// Places while they are filled.
#[derive(Default)]
struct Filling {
    held: FxHashMap<Slot, Vec<Held>>,
}

impl Filling {
    fn add(&mut self, slot: Slot, values: impl Iterator<Item = Held>) -> bool {
        let held = self.held.entry(slot).or_default();
        let mut changed = false;
        for value in values {
            let has_room = held.len() < MAX_VALUES;
            match held.iter_mut().find(|known| known.value == value.value) {
                Some(known) if known.is_local && !value.is_local => known.is_local = false,
                None if has_room => held.push(value),
                _ => continue,
            }
            changed = true;
        }
        changed
    }

    /// Fills places with what those hold that they are filled from.
    fn pass_on(&mut self, puts: &[Put]) {
        let filled: Vec<&Put> = puts.iter().filter(|put| !put.from.is_empty()).collect();
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for put in &filled {
                for from in &put.from {
                    let Some(values) = self.held.get(from).filter(|values| !values.is_empty()).cloned() else {
                        continue;
                    };
                    let passed =
                        values.into_iter().map(|held| Held { is_local: held.is_local || put.is_local, ..held });
                    changed |= self.add(put.into, passed);
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// What places hold for others than those who put it there. `Fetch::with(|| …).run()` in several functions runs in each
    /// its own closure, and the call that is given it shows that.
    fn finish(self, tcx: &TypeContext<'_>) -> FxHashMap<Slot, Vec<Ty>> {
        let of_slot = |(slot, held): (Slot, Vec<Held>)| {
            let local: Vec<DefId> = held.iter().filter(|held| held.is_local).map(|held| held.by).collect();
            let shares = |a, b| tcx.processes.share(crate_of_def(tcx, a), crate_of_def(tcx, b));
            let is_own = |held: &Held| held.is_local && local.iter().any(|&by| by != held.by && shares(by, held.by));
            let values = held.iter().filter(|held| !is_own(held)).map(|held| held.value.clone());
            (slot, values.collect())
        };
        self.held.into_iter().map(of_slot).collect()
    }
}

pub(super) fn name_of(tcx: &TypeContext<'_>, data: &BodyData<'_>, name: Sym) -> Name {
    tcx.defs.file_of(data.def).name(name)
}

/// The field of a type of the workspace that an operation reads.
pub(super) fn field_of(tcx: &TypeContext<'_>, data: &BodyData<'_>, op: OpId) -> Option<(DefId, Name)> {
    let (OpKind::Field { base, name } | OpKind::VariantField { base, name, .. }) = data.kind(op) else { return None };
    let mut ty = data.ty(*base).peel_pointers().clone();
    // A guard of a lock leads to what is locked.
    for _ in 0..MAX_DEREF {
        match ty {
            Ty::External(..) => ty = tcx.deref(&ty)?.peel_pointers().clone(),
            _ => break,
        }
    }
    match ty {
        Ty::Adt(def, _) => Some((def, name_of(tcx, data, *name))),
        _ => None,
    }
}

/// Whether a call works on a collection: one of the standard library, a map, or whatever has callables as a type argument.
pub(super) fn is_of_collection(tcx: &TypeContext<'_>, data: &BodyData<'_>, call: &Call<'_>) -> bool {
    let by_row = call.api().is_some_and(|(api, _)| {
        let owner = api.path.rsplit_once("::").map_or("", |(owner, _)| owner);
        ["std::collections::", "std::vec::Vec::", "slice::"].iter().any(|c| api.path.starts_with(c))
            || tcx.role(owner) == Some(Role::Map)
    });
    by_row || call.recv.is_some_and(|recv| holds_others(tcx, data.ty(recv)))
}

/// Whether a type of another crate keeps callables for others: neither a pointer, a lock or an outcome, which are what they
/// hold.
fn holds_others(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    let Ty::External(path, _) = ty.peel_pointers() else { return false };
    let is_transparent = matches!(tcx.role(path), Some(Role::Pointer | Role::Lock | Role::LockGuard | Role::OnceCell))
        || ["std::cell::", "std::option::", "std::result::", "std::task::"]
            .iter()
            .any(|prefix| path.starts_with(prefix));
    !is_transparent && callable_in(ty).is_some()
}

/// The type of the callables that a type holds.
pub(super) fn callable_in(ty: &Ty) -> Option<&Ty> {
    part_of(ty, 0, &|ty| matches!(ty, Ty::Callable(..)))
}

/// The first part of a type, or the type itself, that is one of those wanted.
pub(super) fn part_of<'t>(ty: &'t Ty, depth: u32, is_one: &impl Fn(&Ty) -> bool) -> Option<&'t Ty> {
    match ty {
        _ if is_one(ty) => Some(ty),
        _ if depth > MAX_DEPTH => None,
        Ty::Ref(inner) | Ty::Slice(inner) => part_of(inner, depth + 1, is_one),
        Ty::External(_, args) | Ty::Tuple(args) => args.iter().find_map(|arg| part_of(arg, depth + 1, is_one)),
        _ => None,
    }
}
