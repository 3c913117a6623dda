//! What a path means as a value.

use std::sync::Arc;

use connlint_facts::{ItemKind, Path, StaticFlavor};
use smallvec::SmallVec;

use super::Infer;
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::names::resolve::Ns;
use crate::types::builders::Begun;
use crate::types::callee::Callee;
use crate::types::ty::{FnPath, Ty};

impl<'w> Infer<'_, 'w> {
    pub(super) fn path(&mut self, path: &'w Path) -> Ty {
        let names = self.tcx.names_of_path(self.scope.file, path);
        let turbofish = self.turbofish(path, names.len().saturating_sub(1));
        if let Some(qself) = &path.qself {
            let base = self.lower(&qself.ty);
            return self.qualified(path, &names, &base, qself.trait_segments as usize, turbofish);
        }
        let Some(&first) = names.first() else { return Ty::Unknown };
        if !path.global {
            if self.tcx.defs.text(first) == "Self" {
                return self.self_path(&names, turbofish);
            }
            if let [_, middle @ .., last] = &names[..]
                && self.is_type_param(first)
            {
                // What `S::Driver` is, the bounds of `S` say.
                let base = if middle.is_empty() { Ty::Param(first) } else { self.tcx.bounds_of(&self.scope, first) };
                return self.member(&self.projected(base, middle), *last, turbofish);
            }
        }
        let Some(resolved) = self.tcx.path(self.scope.module, &names, path.global, Ns::Values) else {
            return Ty::Unknown;
        };
        let Some(res) = resolved.res.first().cloned() else { return Ty::Unknown };
        if resolved.consumed == names.len() {
            let twins = self.twins(&resolved.res);
            return self.value(&res, path, turbofish, twins);
        }
        let base = self.base_type(&res, path, resolved.consumed);
        let rest = &names[resolved.consumed..];
        match rest {
            [middle @ .., last] => self.member(&self.projected(base, middle), *last, turbofish),
            [] => base,
        }
    }

    /// The associated types of a path, one after another.
    fn projected(&self, base: Ty, names: &[Name]) -> Ty {
        names.iter().fold(base, |ty, &assoc| self.tcx.assoc_type(&ty, assoc))
    }

    /// The functions next to the first that `cfg` chooses between, those of test builds left out.
    fn twins(&self, found: &[Res]) -> Vec<DefId> {
        let others = found.iter().skip(1).filter_map(|res| match res {
            Res::Def(def) => Some(*def),
            _ => None,
        });
        others.filter(|&d| self.tcx.defs.def(d).kind == DefKind::Fn && !self.tcx.defs.def(d).test_only).collect()
    }

    fn is_type_param(&self, name: Name) -> bool {
        self.scope.generics.iter().any(|g| g.params.iter().any(|p| !p.is_const && self.name(p.name) == name))
    }

    fn turbofish(&self, path: &Path, segment: usize) -> Vec<Ty> {
        let args = path.segments.get(segment).and_then(|s| s.args.as_deref());
        args.map_or(Vec::new(), |a| a.types.iter().map(|t| self.lower(t)).collect())
    }

    /// `<T>::name`, `<T as Trait>::name`.
    fn qualified(&self, path: &Path, names: &[Name], base: &Ty, trait_segments: usize, args: Vec<Ty>) -> Ty {
        let Some(&last) = names.last() else { return Ty::Unknown };
        if let Some(middle @ [_, ..]) = names.get(trait_segments..names.len() - 1) {
            return self.member(&self.projected(base.clone(), middle), last, args);
        }
        let found = self.member(base, last, args.clone());
        if trait_segments == 0 || !(found.is_unknown() || self.is_without_row(&found)) {
            return found;
        }
        let resolved = self.tcx.path(self.scope.module, &names[..trait_segments], path.global, Ns::Types);
        match resolved.as_ref().and_then(|r| r.res.first()) {
            Some(Res::Def(def)) => self.trait_member(*def, last, Some(base.clone()), args),
            Some(Res::Ext(ext)) => {
                let full = self.tcx.canonical(&format!("{ext}::{}", self.tcx.defs.text(last)));
                Ty::ExternalFn(full, Arc::new(FnPath { twins: Vec::new(), self_ty: Some(base.clone()), args }))
            }
            _ => found,
        }
    }

    /// Whether a function is no more than a name below a type of another crate.
    fn is_without_row(&self, function: &Ty) -> bool {
        matches!(function, Ty::ExternalFn(path, _) if self.tcx.catalog.api(path, None).is_none())
    }

    fn self_path(&self, names: &[Name], turbofish: Vec<Ty>) -> Ty {
        let Some(self_ty) = self.scope.self_ty.clone() else { return Ty::Unknown };
        match names {
            [_] => match self_ty.peel_refs() {
                Ty::Adt(def, args) => self.constructor(*def, args.to_vec()),
                _ => self_ty,
            },
            [_, name] => self.member(&self_ty, *name, turbofish),
            [_, middle @ .., last] => {
                let own = self.scope.owner.zip(middle.first()).and_then(|(o, &m)| self.tcx.assoc_in(o, m));
                let base = own.unwrap_or_else(|| self.tcx.assoc_type(&self_ty, middle[0]));
                self.member(&base, *last, turbofish)
            }
            [] => Ty::Unknown,
        }
    }

    /// `Type::name`: a variant, an associated function or constant.
    fn member(&self, base: &Ty, name: Name, args: Vec<Ty>) -> Ty {
        if let Ty::Adt(def, type_args) = base
            && let Some(variant) = self.tcx.variant(*def, name)
        {
            return self.constructor_of(variant, *def, type_args.to_vec());
        }
        let found = self.tcx.type_member(&self.scope, base, name);
        match found.first() {
            Some(Callee::Def { def, .. }) => {
                // A trait's own method stands for all of its implementations until a receiver narrows it.
                let generic = matches!(base, Ty::Param(_) | Ty::Bounds(_));
                let def = if generic { self.declared(*def) } else { *def };
                Ty::FnDef(def, Arc::new(FnPath { twins: Vec::new(), self_ty: Some(base.clone()), args }))
            }
            Some(Callee::Api { api, .. }) => Ty::ExternalFn(
                ExternalPath::of(&api.path),
                Arc::new(FnPath { twins: Vec::new(), self_ty: Some(base.clone()), args }),
            ),
            Some(Callee::Chain(ty)) => ty.clone(),
            None => self.other_member(base, name, args),
        }
    }

    fn other_member(&self, base: &Ty, name: Name, args: Vec<Ty>) -> Ty {
        let owner = match base {
            Ty::Param(param) => &self.tcx.bounds_of(&self.scope, *param),
            _ => base,
        };
        if let Some(ty) = self.tcx.assoc_const(owner, name) {
            return ty;
        }
        // What no row of a type has may be a function of a trait, whatever the type is of. Of a type without a row nothing
        // shows what it has itself.
        let known = match base {
            Ty::Adt(..) | Ty::Param(_) => true,
            Ty::External(path, _) => self.tcx.catalog.type_model(path, None).is_some(),
            _ => false,
        };
        if known && let Some(api) = self.tcx.blanket_fn(&self.scope, name) {
            let full = ExternalPath::of(&api.path);
            return Ty::ExternalFn(full, Arc::new(FnPath { twins: Vec::new(), self_ty: Some(base.clone()), args }));
        }
        if let Some(begun) = self.tcx.begun_by(base, name) {
            let path = || Arc::new(FnPath { twins: Vec::new(), self_ty: Some(base.clone()), args });
            return match begun {
                Begun::Call(def) => Ty::FnDef(def, path()),
                Begun::Value(builder) => Ty::Callable(Arc::from([]), Arc::new(builder)),
            };
        }
        match (base, self.tcx.defs.text(name)) {
            // `u64::MAX`
            (Ty::Prim(_), text) if text.starts_with(char::is_uppercase) => base.clone(),
            (Ty::Adt(..), "default") => Ty::Callable(Arc::from([]), Arc::new(base.clone())),
            (Ty::External(..), "default") if known => Ty::Callable(Arc::from([]), Arc::new(base.clone())),
            (Ty::External(path, _), text) => {
                let full = ExternalPath::child(path, text);
                Ty::ExternalFn(full, Arc::new(FnPath { twins: Vec::new(), self_ty: Some(base.clone()), args }))
            }
            _ => Ty::Unknown,
        }
    }

    /// The trait's declaration of an implementation's method.
    fn declared(&self, def: DefId) -> DefId {
        let data = self.tcx.defs.def(def);
        let owner = data.parent.and_then(|p| self.tcx.impl_data(p)).and_then(|d| d.trait_id.as_ref());
        match owner {
            Some(crate::types::ty::TraitId::Def(owner)) => {
                let members = self.tcx.defs.members(*owner);
                members.iter().copied().find(|&m| self.tcx.defs.def(m).name == data.name).unwrap_or(def)
            }
            _ => def,
        }
    }

    fn trait_member(&self, owner: DefId, name: Name, self_ty: Option<Ty>, args: Vec<Ty>) -> Ty {
        let found = self.tcx.defs.members(owner).iter().copied().find(|&m| self.tcx.defs.def(m).name == name);
        found.map_or(Ty::Unknown, |def| Ty::FnDef(def, Arc::new(FnPath { twins: Vec::new(), self_ty, args })))
    }

    fn base_type(&self, res: &Res, path: &Path, consumed: usize) -> Ty {
        if let Res::Def(def) = res
            && self.tcx.defs.def(*def).kind == DefKind::Trait
        {
            let bound = crate::types::ty::TraitRef {
                head: crate::types::ty::TraitId::Def(*def),
                args: Vec::new(),
                bindings: Vec::new(),
            };
            return Ty::Bounds(Arc::from([bound]));
        }
        // The type's own path: the segments before the associated item.
        let mut own = path.clone();
        own.segments.truncate(consumed);
        self.tcx.lower(&self.scope, &connlint_facts::TypeRef::Path(own))
    }

    fn value(&self, res: &Res, path: &Path, turbofish: Vec<Ty>, twins: Vec<DefId>) -> Ty {
        match res {
            Res::Prim(_) => Ty::Unknown,
            Res::Ext(ext) => self.ext_value(ext, path, turbofish),
            Res::Def(def) => match self.tcx.defs.def(*def).kind {
                DefKind::Fn => Ty::FnDef(*def, Arc::new(FnPath { twins, self_ty: None, args: turbofish })),
                DefKind::Const | DefKind::Static => self.constant_type(*def),
                DefKind::Struct | DefKind::Made => self.constructor(*def, turbofish),
                DefKind::Variant(_) => match self.tcx.defs.def(*def).parent {
                    Some(parent) => self.constructor_of(*def, parent, turbofish),
                    None => Ty::Unknown,
                },
                _ => Ty::Unknown,
            },
        }
    }

    fn constant_type(&self, def: DefId) -> Ty {
        match self.tcx.defs.item(def).map(|i| &i.kind) {
            Some(ItemKind::Static { ty, flavor: StaticFlavor::ThreadLocal, .. }) => {
                self.std("std::thread::LocalKey", [self.tcx.lower(&self.tcx.scope_of(def), ty)])
            }
            Some(ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. }) => {
                self.tcx.lower(&self.tcx.scope_of(def), ty)
            }
            _ => Ty::Unknown,
        }
    }

    /// `crate::Type::name` of a crate that is not read: split where a type is known, else the whole path.
    fn ext_value(&self, ext: &ExternalPath, path: &Path, turbofish: Vec<Ty>) -> Ty {
        let canonical = self.tcx.canonical(ext);
        if &*canonical == "std::option::Option::None" {
            return self.std("std::option::Option", [Ty::Unknown]);
        }
        if let Some((prefix, last)) = ext.rsplit_once("::") {
            let before = path.segments.len().checked_sub(2);
            let args = before.map_or(Vec::new(), |s| self.turbofish(path, s));
            let base = self.tcx.external_type(prefix, args);
            let is_type = base.external_path().is_some_and(|p| self.tcx.catalog.type_model(p, None).is_some());
            if (is_type || matches!(base, Ty::Future(_)))
                && let Some(name) = self.tcx.defs.names.find(last)
            {
                return self.member(&base, name, turbofish);
            }
            let known_trait = self.tcx.catalog.trait_model(&self.tcx.canonical(prefix), None).is_some();
            if !is_type && !known_trait && self.tcx.catalog.api(&canonical, None).is_none() {
                let self_ty = starts_upper(prefix).then_some(base);
                return Ty::ExternalFn(canonical, Arc::new(FnPath { twins: Vec::new(), self_ty, args: turbofish }));
            }
        }
        Ty::ExternalFn(canonical, Arc::new(FnPath { twins: Vec::new(), self_ty: None, args: turbofish }))
    }

    /// A struct's name as a value: the constructor of a tuple struct, or the unit struct itself.
    fn constructor(&self, def: DefId, args: Vec<Ty>) -> Ty {
        self.constructor_of(def, def, args)
    }

    fn constructor_of(&self, def: DefId, owner: DefId, args: Vec<Ty>) -> Ty {
        let mut args: SmallVec<[Ty; 4]> = args.into();
        args.resize(self.tcx.defs.type_params(owner).count(), Ty::Unknown);
        let has_fields = match (self.tcx.defs.item(def).map(|i| &i.kind), self.tcx.defs.def(def).kind) {
            (Some(ItemKind::Struct { fields, .. }), _) => !matches!(fields, connlint_facts::Fields::Unit),
            (Some(ItemKind::Enum { variants, .. }), DefKind::Variant(index)) => {
                variants.get(index as usize).is_some_and(|v| !matches!(v.fields, connlint_facts::Fields::Unit))
            }
            _ => false,
        };
        if has_fields { Ty::Ctor(def, args.into_vec().into()) } else { Ty::Adt(owner, args.into_vec().into()) }
    }
}

/// Whether the last segment of a path is spelt like a type, which only matters for crates that nothing is known of.
fn starts_upper(path: &str) -> bool {
    path.rsplit("::").next().and_then(|s| s.chars().next()).is_some_and(char::is_uppercase)
}
