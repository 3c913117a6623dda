//! Implementations by what they are for: the index alone.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::defs::{DefId, DefKind, Defs};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::types::dispatch::has_own_impls;
use crate::types::ty::{TraitId, Ty};

/// An impl block with its header resolved.
#[derive(Debug)]
pub(crate) struct ImplData {
    pub(crate) def: DefId,
    pub(crate) trait_id: Option<TraitId>,
    pub(crate) self_ty: Ty,
    pub(crate) generics: Vec<Name>,
}

/// All impls of the workspace, by what they are for.
#[derive(Debug, Default)]
pub(crate) struct ImplIndex {
    pub(crate) all: Vec<ImplData>,
    pub(crate) by_adt: FxHashMap<DefId, OfType>,
    pub(crate) by_ext: FxHashMap<ExternalPath, OfType>,
    pub(crate) by_shape: FxHashMap<Shape, OfType>,
    /// What is implemented for trait objects: `impl dyn Trait`.
    pub(crate) by_object: FxHashMap<TraitId, OfType>,
    pub(crate) by_trait: FxHashMap<TraitId, Vec<u32>>,
    /// Of these, those for what is no type that can be implemented for by itself: parameters, trait objects.
    by_trait_open: FxHashMap<TraitId, Vec<u32>>,
    pub(crate) by_def: FxHashMap<DefId, u32>,
    /// The methods of `impl<T: Bound> Trait for T`, the trait's own among them.
    pub(crate) blanket: FxHashMap<Name, Vec<(DefId, DefId)>>,
    /// The supertraits of each trait that has some.
    pub(crate) supertraits: FxHashMap<DefId, Vec<TraitId>>,
}

/// A type that the language has itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Slice,
    /// Of so many parts.
    Tuple(usize),
    Prim(Name),
}

impl Shape {
    fn of(ty: &Ty) -> Option<Self> {
        match ty {
            Ty::Slice(_) => Some(Self::Slice),
            Ty::Tuple(parts) => Some(Self::Tuple(parts.len())),
            Ty::Prim(name) => Some(Self::Prim(*name)),
            _ => None,
        }
    }
}

/// The impls of one type: generated code has thousands for some.
#[derive(Debug, Default)]
pub(crate) struct OfType {
    pub(crate) impls: Vec<u32>,
    /// The traits that it implements, each once.
    pub(crate) traits: Vec<TraitId>,
    known: FxHashSet<TraitId>,
    /// The impls that have a member of that name, and the member: of each the first one, and functions that stand beside it
    /// under another `cfg`.
    pub(crate) members: FxHashMap<Name, Vec<(u32, DefId)>>,
}

impl OfType {
    pub(crate) fn add_trait(&mut self, head: &TraitId) {
        if self.known.insert(head.clone()) {
            self.traits.push(head.clone());
        }
    }

    pub(crate) fn add(&mut self, defs: &Defs<'_>, number: u32, data: &ImplData) {
        self.impls.push(number);
        if let Some(head) = &data.trait_id {
            self.add_trait(head);
        }
        for &member in defs.members(data.def) {
            let list = self.members.entry(defs.def(member).name).or_default();
            let is_function = |def: DefId| defs.def(def).kind == DefKind::Fn;
            let may_follow =
                |&(last, first): &(u32, DefId)| last != number || (is_function(first) && is_function(member));
            if list.last().is_none_or(may_follow) {
                list.push((number, member));
            }
        }
    }
}

impl ImplIndex {
    /// A trait that a derive implements: no source has the impl.
    pub(crate) fn add_derived(&mut self, adt: DefId, head: &TraitId) {
        self.by_adt.entry(adt).or_default().add_trait(head);
    }

    pub(crate) fn add(&mut self, defs: &Defs<'_>, data: ImplData) {
        let number = self.all.len() as u32;
        self.by_def.insert(data.def, number);
        match data.self_ty.peel_refs() {
            Ty::Adt(adt, _) => self.by_adt.entry(*adt).or_default().add(defs, number, &data),
            Ty::External(path, _) => self.by_ext.entry(*path).or_default().add(defs, number, &data),
            Ty::Param(_) => self.add_blanket(defs, &data),
            Ty::Bounds(bounds) => {
                if let Some(bound) = bounds.first() {
                    self.by_object.entry(bound.head.clone()).or_default().add(defs, number, &data);
                }
            }
            shaped => {
                if let Some(shape) = Shape::of(shaped) {
                    self.by_shape.entry(shape).or_default().add(defs, number, &data);
                }
            }
        }
        if let Some(head) = &data.trait_id {
            self.by_trait.entry(head.clone()).or_default().push(number);
            if !has_own_impls(data.self_ty.peel_refs()) {
                self.by_trait_open.entry(head.clone()).or_default().push(number);
            }
        }
        self.all.push(data);
    }

    pub(crate) fn add_blanket(&mut self, defs: &Defs<'_>, data: &ImplData) {
        let declared = match &data.trait_id {
            Some(TraitId::Def(of_trait)) => defs.members(*of_trait),
            Some(TraitId::External(_)) => &[],
            None => return,
        };
        for &member in defs.members(data.def).iter().chain(declared) {
            if defs.def(member).kind == DefKind::Fn {
                self.blanket.entry(defs.def(member).name).or_default().push((data.def, member));
            }
        }
    }

    /// The impls of a trait.
    pub(crate) fn of_trait<'a>(&'a self, head: &TraitId) -> impl Iterator<Item = &'a ImplData> + use<'a> {
        self.by_trait.get(head).into_iter().flatten().map(|&number| &self.all[number as usize])
    }

    /// The impls of a trait that are for a struct, an enum or a type of another crate, or for any type.
    pub(crate) fn of_trait_for<'a>(&'a self, head: &TraitId, ty: &Ty) -> Vec<&'a ImplData> {
        let own = self.of_type(ty).into_iter().flat_map(|of| &of.impls);
        let own = own.filter(|&&number| self.all[number as usize].trait_id.as_ref() == Some(head));
        let mut numbers: Vec<u32> = own.chain(self.by_trait_open.get(head).into_iter().flatten()).copied().collect();
        numbers.sort_unstable();
        numbers.into_iter().map(|number| &self.all[number as usize]).collect()
    }

    pub(crate) fn of_type(&self, ty: &Ty) -> Option<&OfType> {
        match ty {
            Ty::Adt(def, _) => self.by_adt.get(def),
            Ty::External(path, _) => self.by_ext.get(path),
            _ => self.by_shape.get(&Shape::of(ty)?),
        }
    }
}
