//! Types as written brought to [`Ty`], signatures of functions, fields of types.

use std::cell::OnceCell;
use std::sync::Arc;

use connlint_catalog::TypeExpr;
use connlint_facts::{Bound, Field, Fields, GenericArgs, Generics, ItemKind, Path, Segment, TypeRef};
use smallvec::SmallVec;

use crate::names::defs::{DefId, DefKind, FileId, ModIx, Res};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::names::resolve::Ns;
use crate::types::context::TypeContext;
use crate::types::lookup_trail::LookupStack;
use crate::types::signatures::Signature;
use crate::types::ty::{Args, Subst, TraitId, TraitRef, Ty};

/// Where a type stands: what its names mean.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'w> {
    pub(crate) file: FileId,
    pub(crate) module: ModIx,
    /// What `Self` means.
    pub(crate) self_ty: Option<Ty>,
    /// The impl or trait around, for `Self::Assoc`.
    pub(crate) owner: Option<DefId>,
    /// Generics in force, inner ones last.
    pub(crate) generics: SmallVec<[&'w Generics; 2]>,
    /// The lookups that led here.
    trail: LookupStack,
}

impl<'w> TypeContext<'w> {
    /// The scope of an item: its module (or block), the impl or trait around it, its generics.
    pub(crate) fn scope_of(&self, def: DefId) -> Scope<'w> {
        self.scope_in(def, LookupStack::default())
    }

    /// The scope of an item that a lookup led to.
    pub(crate) fn scope_in(&self, def: DefId, trail: LookupStack) -> Scope<'w> {
        let data = self.defs.def(def);
        let module = self.defs.blocks.get(&def).copied().unwrap_or(data.module);
        let mut generics: SmallVec<[&'w Generics; 2]> = SmallVec::new();
        let mut self_ty = None;
        let owner = data.parent.filter(|&p| matches!(self.defs.def(p).kind, DefKind::Impl | DefKind::Trait));
        if let Some(owner) = owner {
            generics.extend(self.defs.generics(owner));
            self_ty = Some(self.self_type(owner, &trail));
        }
        match data.kind {
            DefKind::Impl | DefKind::Trait => {
                generics.extend(self.defs.generics(def));
                let owner = Some(def);
                return Scope { file: data.file, module, self_ty: None, owner, generics, trail };
            }
            DefKind::Struct | DefKind::Enum => self_ty = Some(self.adt_type(def)),
            _ => {}
        }
        generics.extend(self.defs.generics(def));
        Scope { file: data.file, module, self_ty, owner, generics, trail }
    }

    /// The type with its own parameters as arguments.
    pub(crate) fn adt_type(&self, def: DefId) -> Ty {
        let file = self.defs.file_of(def);
        Ty::Adt(def, self.defs.type_params(def).map(|p| Ty::Param(file.name(p.name))).collect())
    }

    /// What `Self` means inside an impl or a trait.
    fn self_type(&self, owner: DefId, trail: &LookupStack) -> Ty {
        if let Some(data) = self.impl_data(owner) {
            return data.self_ty.clone();
        }
        match self.defs.item(owner).map(|i| &i.kind) {
            Some(ItemKind::Impl(i)) => {
                trail.enter(owner).map_or(Ty::Unknown, |trail| self.lower(&self.scope_in(owner, trail), &i.self_ty))
            }
            Some(ItemKind::Trait(_)) => {
                let file = self.defs.file_of(owner);
                let args = self.defs.type_params(owner).map(|p| Ty::Param(file.name(p.name))).collect();
                Ty::Bounds(Arc::from([TraitRef { head: TraitId::Def(owner), args, bindings: Vec::new() }]))
            }
            _ => Ty::Unknown,
        }
    }

    /// Brings a written type to [`Ty`].
    pub(crate) fn lower(&self, scope: &Scope<'w>, ty: &TypeRef) -> Ty {
        match ty {
            TypeRef::Path(path) => self.lower_path(scope, path),
            TypeRef::Ref { ty, .. } => Ty::Ref(Arc::new(self.lower(scope, ty))),
            TypeRef::Ptr(ty) => self.lower(scope, ty),
            TypeRef::Slice(ty) | TypeRef::Array(ty) => Ty::Slice(Arc::new(self.lower(scope, ty))),
            TypeRef::Tuple(tys) => Ty::Tuple(tys.iter().map(|t| self.lower(scope, t)).collect()),
            TypeRef::Fn { params, ret } => {
                Ty::Callable(params.iter().map(|t| self.lower(scope, t)).collect(), Arc::new(self.lower(scope, ret)))
            }
            TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => self.lower_bounds(scope, bounds),
            TypeRef::Never => Ty::Never,
            TypeRef::Infer | TypeRef::Const | TypeRef::Unknown => Ty::Unknown,
        }
    }

    /// What implements these bounds: a callable, a future, or any type with these traits.
    pub(crate) fn lower_bounds<'b>(&self, scope: &Scope<'w>, bounds: impl IntoIterator<Item = &'b Bound>) -> Ty {
        let mut traits = Vec::new();
        for bound in bounds.into_iter().filter(|b| !b.maybe) {
            let Some(head) = self.trait_id(scope, &bound.path) else { continue };
            let args = bound.path.segments.last().and_then(|s| s.args.as_deref());
            if let TraitId::External(path) = &head {
                if let Some(ty) = self.special_bound(scope, path, args) {
                    return ty;
                }
                if is_marker(path) {
                    continue;
                }
            }
            let types = args.map_or(Vec::new(), |a| a.types.iter().map(|t| self.lower(scope, t)).collect());
            if let TraitId::Def(def) = head
                && let Some(callable) = self.callable_alias(&scope.trail, def, &types)
            {
                return callable;
            }
            let file = &self.defs.files[scope.file.0 as usize];
            traits.push(TraitRef {
                head,
                args: types,
                bindings: args.map_or(Vec::new(), |a| {
                    a.bindings.iter().map(|(n, t)| (file.name(*n), self.lower(scope, t))).collect()
                }),
            });
        }
        if traits.is_empty() { Ty::Unknown } else { Ty::Bounds(traits.into()) }
    }

    /// The callable that a trait without items stands for: `trait Make: Fn() -> Client + Send {}`.
    fn callable_alias(&self, trail: &LookupStack, def: DefId, args: &[Ty]) -> Option<Ty> {
        let ItemKind::Trait(item) = &self.defs.item(def)?.kind else { return None };
        if item.supertraits.is_empty() || !self.defs.members(def).is_empty() {
            return None;
        }
        let scope = self.scope_in(def, trail.enter(def)?);
        let file = self.defs.file_of(def);
        let params = self.defs.type_params(def).map(|param| file.name(param.name));
        let map: Subst = params.zip(args.iter().cloned()).collect();
        let told = self.lower_bounds(&scope, &item.supertraits);
        matches!(told, Ty::Callable(..)).then(|| told.subst(&map))
    }

    fn special_bound(&self, scope: &Scope<'w>, path: &str, args: Option<&GenericArgs>) -> Option<Ty> {
        let is_async = path.starts_with("std::ops::AsyncFn");
        if is_async || matches!(path, "std::ops::Fn" | "std::ops::FnMut" | "std::ops::FnOnce") {
            let args = args?;
            let params = args.types.iter().map(|t| self.lower(scope, t)).collect();
            let ret = args.fn_output.as_ref().map_or(Ty::unit(), |t| self.lower(scope, t));
            let ret = if is_async { Ty::future(ret) } else { ret };
            return Some(Ty::Callable(params, Arc::new(ret)));
        }
        let binding = |name: &str| -> Ty {
            let file = &self.defs.files[scope.file.0 as usize];
            let found = args.and_then(|a| a.bindings.iter().find(|(n, _)| file.facts.text(*n) == name));
            found.map_or(Ty::Unknown, |(_, t)| self.lower(scope, t))
        };
        match path {
            "std::future::Future" => Some(Ty::future(binding("Output"))),
            "std::iter::Iterator"
            | "std::iter::IntoIterator"
            | "std::iter::DoubleEndedIterator"
            | "std::iter::ExactSizeIterator" => {
                Some(Ty::external(ExternalPath::of("std::iter::Iterator"), [binding("Item")]))
            }
            "futures::Stream" | "futures::stream::Stream" => {
                Some(Ty::external(ExternalPath::of("futures::Stream"), [binding("Item")]))
            }
            "std::ops::Deref" | "std::ops::DerefMut" => {
                let target = binding("Target");
                (!target.is_unknown()).then(|| Ty::Ref(Arc::new(target)))
            }
            "std::convert::AsRef" | "std::borrow::Borrow" | "std::convert::Into" => {
                args?.types.first().map(|t| self.lower(scope, t))
            }
            _ => None,
        }
    }

    /// The trait that a path names.
    pub(crate) fn trait_id(&self, scope: &Scope<'w>, path: &Path) -> Option<TraitId> {
        self.trait_named(scope, &self.names_of_path(scope.file, path), path.global)
    }

    fn trait_named(&self, scope: &Scope<'w>, names: &[Name], global: bool) -> Option<TraitId> {
        let resolved = self.path(scope.module, names, global, Ns::Types)?;
        if resolved.consumed < names.len() {
            return None;
        }
        match resolved.res.first()? {
            Res::Def(def) => match self.defs.def(*def).kind {
                DefKind::Trait => Some(TraitId::Def(*def)),
                _ => None,
            },
            Res::Ext(path) => Some(TraitId::External(self.canonical(path))),
            Res::Prim(_) => None,
        }
    }

    /// What a path in an expression of an item stands for.
    pub(crate) fn value_of_path(&self, at: DefId, path: &Path) -> Option<Res> {
        let scope = self.scope_of(at);
        let names = self.names_of_path(scope.file, path);
        self.path(scope.module, &names, path.global, Ns::Values)?.res.into_iter().next()
    }

    /// The variant of the workspace that a path in a pattern or an expression of an item names.
    pub(crate) fn variant_of_path(&self, at: DefId, path: &Path) -> Option<DefId> {
        let scope = self.scope_of(at);
        let names = self.names_of_path(scope.file, path);
        if let [first, name] = names[..]
            && self.defs.text(first) == "Self"
            && let Some(Ty::Adt(owner, _)) = &scope.self_ty
        {
            return self.variant(*owner, name);
        }
        let resolved = self.path(scope.module, &names, path.global, Ns::Types)?;
        if resolved.consumed < names.len() {
            return None;
        }
        let is_variant = |&def: &DefId| matches!(self.defs.def(def).kind, DefKind::Variant(_));
        resolved.res.iter().filter_map(Res::def).find(is_variant)
    }

    /// The associated constant of a type that a path names: `Self::PERIOD`.
    pub(crate) fn constant_of_type(&self, at: DefId, path: &Path) -> Option<DefId> {
        let (last, owner) = path.segments.split_last().filter(|(_, owner)| !owner.is_empty())?;
        let scope = self.scope_of(at);
        let ty = self.lower_path(&scope, &Path { segments: owner.into(), ..path.clone() });
        let name = self.defs.files[scope.file.0 as usize].name(last.name);
        let mut named = self.impls_with(&ty, name).map(|(_, def)| def);
        named.find(|&def| self.defs.def(def).kind == DefKind::Const)
    }

    fn lower_path(&self, scope: &Scope<'w>, path: &Path) -> Ty {
        let file = &self.defs.files[scope.file.0 as usize];
        if let Some(qself) = &path.qself {
            let base = self.lower(scope, &qself.ty);
            return self.lower_qualified(scope, path, base, qself.trait_segments as usize);
        }
        let Some(first) = path.segments.first() else { return Ty::Unknown };
        if !path.global {
            let text = file.facts.text(first.name);
            if text == "Self" {
                return self.lower_self_path(scope, path);
            }
            if let Some(ty) = self.param_path(scope, path, file.name(first.name)) {
                return ty;
            }
        }
        let names = self.names_of_path(scope.file, path);
        let Some(resolved) = self.path(scope.module, &names, path.global, Ns::Types) else { return Ty::Unknown };
        let Some(res) = resolved.res.first() else { return Ty::Unknown };
        let segment = &path.segments[resolved.consumed.max(1) - 1];
        let base = self.res_type(scope, res, segment);
        match names.get(resolved.consumed) {
            Some(&assoc) => self.assoc_type_on(&base, None, assoc, &scope.trail),
            None => base,
        }
    }

    /// `<T as Trait>::Name` is what that trait's implementation says, `<T>::Name` what any does.
    fn lower_qualified(&self, scope: &Scope<'w>, path: &Path, base: Ty, trait_segments: usize) -> Ty {
        let file = &self.defs.files[scope.file.0 as usize];
        let (of_trait, rest) = path.segments.split_at(trait_segments.min(path.segments.len()));
        let names: SmallVec<[Name; 6]> = of_trait.iter().map(|s| file.name(s.name)).collect();
        let mut head = if names.is_empty() { None } else { self.trait_named(scope, &names, path.global) };
        rest.iter().fold(base, |base, segment| {
            self.assoc_type_on(&base, head.take().as_ref(), file.name(segment.name), &scope.trail)
        })
    }

    fn lower_self_path(&self, scope: &Scope<'w>, path: &Path) -> Ty {
        let file = &self.defs.files[scope.file.0 as usize];
        let Some(assoc) = path.segments.get(1) else {
            return scope.self_ty.clone().unwrap_or(Ty::Unknown);
        };
        let name = file.name(assoc.name);
        if let Some(owner) = scope.owner
            && let Some(ty) = self.assoc_in_at(owner, name, &scope.trail)
        {
            return ty;
        }
        scope.self_ty.as_ref().map_or(Ty::Unknown, |ty| self.assoc_type_on(ty, None, name, &scope.trail))
    }

    fn param_path(&self, scope: &Scope<'w>, path: &Path, name: Name) -> Option<Ty> {
        let file = &self.defs.files[scope.file.0 as usize];
        let declared = scope.generics.iter().any(|g| g.params.iter().any(|p| !p.is_const && file.name(p.name) == name));
        if !declared {
            return None;
        }
        match path.segments.get(1) {
            None => Some(Ty::Param(name)),
            Some(assoc) => Some(self.param_assoc(scope, name, file.name(assoc.name))),
        }
    }

    /// `T::Item` where a bound of `T` gives it.
    fn param_assoc(&self, scope: &Scope<'w>, param: Name, assoc: Name) -> Ty {
        match self.bounds_of(scope, param) {
            Ty::Bounds(bounds) => bounds
                .iter()
                .flat_map(|b| &b.bindings)
                .find(|(name, _)| *name == assoc)
                .map_or_else(|| Ty::Assoc(Arc::new(Ty::Param(param)), assoc), |(_, ty)| ty.clone()),
            Ty::Future(output) if self.defs.text(assoc) == "Output" => (*output).clone(),
            _ => Ty::Assoc(Arc::new(Ty::Param(param)), assoc),
        }
    }

    /// What the bounds of a parameter in scope say of it.
    pub(crate) fn bounds_of(&self, scope: &Scope<'w>, param: Name) -> Ty {
        let file = &self.defs.files[scope.file.0 as usize];
        let Some(trail) = scope.trail.enter_bounds(param) else { return Ty::Unknown };
        let deeper = Scope { trail, ..scope.clone() };
        let mut bounds: Vec<&Bound> = Vec::new();
        for generics in &scope.generics {
            for p in generics.params.iter().filter(|p| file.name(p.name) == param) {
                bounds.extend(&p.bounds);
            }
            for predicate in &generics.predicates {
                let TypeRef::Path(path) = &predicate.ty else { continue };
                let names_it = path.qself.is_none() && path.segments.len() == 1;
                if names_it && file.name(path.segments[0].name) == param {
                    bounds.extend(&predicate.bounds);
                }
            }
        }
        if bounds.is_empty() { Ty::Unknown } else { self.lower_bounds(&deeper, bounds) }
    }

    fn res_type(&self, scope: &Scope<'w>, res: &Res, segment: &Segment) -> Ty {
        let args = || -> Vec<Ty> {
            segment.args.as_deref().map_or(Vec::new(), |a| a.types.iter().map(|t| self.lower(scope, t)).collect())
        };
        match res {
            Res::Prim(name) => Ty::Prim(*name),
            Res::Ext(path) => self.external_type(path, args()),
            Res::Def(def) => match self.defs.def(*def).kind {
                DefKind::Struct | DefKind::Enum | DefKind::Builder | DefKind::Made => {
                    Ty::Adt(*def, self.with_defaults(*def, args(), &scope.trail))
                }
                DefKind::Alias => self.alias_at(&scope.trail, *def, args()),
                DefKind::Trait => {
                    let bound = TraitRef { head: TraitId::Def(*def), args: args(), bindings: Vec::new() };
                    Ty::Bounds(Arc::from([bound]))
                }
                DefKind::Variant(_) => self.defs.def(*def).parent.map_or(Ty::Unknown, |e| self.adt_unknown(e)),
                _ => Ty::Unknown,
            },
        }
    }

    fn with_defaults(&self, def: DefId, mut args: Vec<Ty>, trail: &LookupStack) -> Args {
        let missing = self.defs.type_params(def).skip(args.len());
        let scope = OnceCell::new();
        args.extend(
            missing
                .map(|param| {
                    let default = param.default.as_ref()?;
                    let scope = scope.get_or_init(|| Some(self.scope_in(def, trail.enter(def)?))).as_ref()?;
                    Some(self.lower(scope, default).within_bounds())
                })
                .map(|told: Option<Ty>| told.unwrap_or(Ty::Unknown)),
        );
        args.into()
    }

    /// The type with nothing known of its arguments.
    pub(crate) fn adt_unknown(&self, def: DefId) -> Ty {
        Ty::Adt(def, self.defs.type_params(def).map(|_| Ty::Unknown).collect())
    }

    /// What an alias stands for with these arguments.
    pub(crate) fn alias_of(&self, def: DefId, args: Vec<Ty>) -> Ty {
        self.alias_at(&LookupStack::default(), def, args)
    }

    fn alias_at(&self, trail: &LookupStack, def: DefId, args: Vec<Ty>) -> Ty {
        let Some(ItemKind::TypeAlias { ty: Some(ty), .. }) = self.defs.item(def).map(|i| &i.kind) else {
            return Ty::Unknown;
        };
        let Some(trail) = trail.enter(def) else { return Ty::Unknown };
        let inner = self.scope_in(def, trail);
        let file = self.defs.file_of(def);
        let mut map: Subst = Subst::default();
        for (index, param) in self.defs.type_params(def).enumerate() {
            let arg = args.get(index).cloned();
            let arg = arg.or_else(|| param.default.as_ref().map(|d| self.lower(&inner, d)));
            map.insert(file.name(param.name), arg.unwrap_or(Ty::Unknown));
        }
        self.lower(&inner, ty).subst(&map).within_bounds()
    }

    pub(crate) fn special_ext(&self, path: ExternalPath, mut args: Vec<Ty>) -> Ty {
        match &*path {
            "std::future::Future" => Ty::future(args.pop().unwrap_or(Ty::Unknown)),
            _ => Ty::External(path, args.into()),
        }
    }

    /// A catalog's type with its parameters filled in.
    pub(crate) fn instantiate(&self, expr: &TypeExpr, args: &[Ty], self_ty: Option<&Ty>) -> Ty {
        match expr {
            TypeExpr::Param(index) => args.get(usize::from(*index)).cloned().unwrap_or(Ty::Unknown),
            TypeExpr::SelfType => self_ty.cloned().unwrap_or(Ty::Unknown),
            TypeExpr::Unknown => Ty::Unknown,
            TypeExpr::Ref(inner) => Ty::Ref(Arc::new(self.instantiate(inner, args, self_ty))),
            TypeExpr::Slice(inner) => Ty::Slice(Arc::new(self.instantiate(inner, args, self_ty))),
            TypeExpr::Tuple(tys) => Ty::Tuple(tys.iter().map(|t| self.instantiate(t, args, self_ty)).collect()),
            TypeExpr::Fn { params, ret } => Ty::Callable(
                params.iter().map(|t| self.instantiate(t, args, self_ty)).collect(),
                Arc::new(self.instantiate(ret, args, self_ty)),
            ),
            TypeExpr::Path { path, args: inner } => {
                let inner: Vec<Ty> = inner.iter().map(|t| self.instantiate(t, args, self_ty)).collect();
                if let Some(name) = self.primitive(path) {
                    return Ty::Prim(name);
                }
                if path == "slice" {
                    return Ty::Slice(Arc::new(inner.into_iter().next().unwrap_or(Ty::Unknown)));
                }
                self.special_ext(ExternalPath::of(path), inner)
            }
        }
    }

    fn primitive(&self, path: &str) -> Option<Name> {
        if crate::names::prelude::is_primitive(path) { self.defs.names.find(path) } else { None }
    }

    /// A function's signature as declared.
    pub(crate) fn signature(&self, def: DefId) -> Option<Arc<Signature>> {
        self.signatures[def.0 as usize].get_or_init(|| self.lower_signature(def).map(Arc::new)).clone()
    }

    /// Tells a return type that the declaration does not.
    pub(crate) fn set_return(&mut self, def: DefId, ret: Ty) {
        let Some(signature) = self.signature(def) else { return };
        let told = Signature { ret, ..(*signature).clone() };
        self.signatures[def.0 as usize] = std::sync::OnceLock::from(Some(Arc::new(told)));
    }

    fn lower_signature(&self, def: DefId) -> Option<Signature> {
        let item = self.defs.fn_item(def)?;
        let scope = self.scope_of(def);
        let file = self.defs.file_of(def);
        let params = item.params.iter().map(|p| self.lower_param(&scope, &p.ty)).collect();
        let ret = item.ret.as_ref().map_or(Ty::unit(), |t| self.lower(&scope, t));
        let ret = if item.is_async { Ty::future(ret) } else { ret };
        let own: Vec<Name> = self.defs.type_params(def).map(|p| file.name(p.name)).collect();
        let mut generics: Vec<Name> = Vec::new();
        if let Some(owner) = self.defs.def(def).parent {
            generics.extend(self.defs.type_params(owner).map(|p| file.name(p.name)));
        }
        generics.extend(&own);
        Some(Signature { params, ret, generics, own })
    }

    /// A parameter's type; one that is bound to be callable is shown as callable.
    fn lower_param(&self, scope: &Scope<'w>, ty: &TypeRef) -> Ty {
        let lowered = self.lower(scope, ty);
        if let Ty::Param(name) = lowered {
            let bounds = self.bounds_of(scope, name);
            if matches!(bounds, Ty::Callable(..)) {
                return bounds;
            }
        }
        lowered
    }

    /// The types of all fields of a struct, or of all variants of an enum, without those that are parameters of its own.
    pub(crate) fn field_types(&self, def: DefId) -> impl Iterator<Item = &Ty> {
        self.lowered_fields(def).iter().filter(|ty| !matches!(ty, Ty::Param(_)))
    }

    /// The types of a variant's fields.
    pub(crate) fn variant_types(&self, def: DefId) -> Vec<Ty> {
        let data = self.defs.def(def);
        let (Some(ItemKind::Enum { variants, .. }), DefKind::Variant(index), Some(owner)) =
            (self.defs.item(def).map(|i| &i.kind), data.kind, data.parent)
        else {
            return Vec::new();
        };
        let scope = self.scope_of(owner);
        match variants.get(index as usize).map(|v| &v.fields) {
            Some(Fields::Named(list) | Fields::Tuple(list)) => list.iter().map(|f| self.lower(&scope, &f.ty)).collect(),
            _ => Vec::new(),
        }
    }

    /// The type of a field of a struct or variant, with the type's own parameters.
    pub(crate) fn field_type(&self, def: DefId, name: Name) -> Option<Ty> {
        let (_, fields) = self.fields(def)?;
        let file = self.defs.file_of(def);
        let at = fields.iter().position(|f| file.name(f.name) == name)?;
        self.lowered_fields(def).get(at).cloned()
    }

    /// The types of all fields of a struct or variant, or of all variants of an enum, in the order of declaration.
    pub(crate) fn lowered_fields(&self, def: DefId) -> &[Ty] {
        self.field_types[def.0 as usize].get_or_init(|| self.lower_fields(def))
    }

    fn lower_fields(&self, def: DefId) -> Box<[Ty]> {
        if let Some((owner, fields)) = self.fields(def) {
            let scope = self.scope_of(owner);
            let declared = fields.iter().map(|field| self.lower(&scope, &field.ty));
            return declared.map(|ty| self.rewritten_field(def, &ty).unwrap_or(ty)).collect();
        }
        match self.defs.item(def).map(|item| &item.kind) {
            Some(ItemKind::Struct { .. }) => Box::default(),
            Some(ItemKind::Enum { variants, .. }) if !matches!(self.defs.def(def).kind, DefKind::Variant(_)) => {
                let scope = self.scope_of(def);
                let lists = variants.iter().filter_map(|variant| match &variant.fields {
                    Fields::Named(list) | Fields::Tuple(list) => Some(list),
                    _ => None,
                });
                lists.flatten().map(|field| self.lower(&scope, &field.ty)).collect()
            }
            _ => Box::new([Ty::Unknown]),
        }
    }

    /// The fields of a struct or variant, and the type that has the generics.
    pub(crate) fn fields(&self, def: DefId) -> Option<(DefId, &'w [Field])> {
        let data = self.defs.def(def);
        let (owner, fields) = match (&self.defs.item(def)?.kind, data.kind) {
            (ItemKind::Struct { fields, .. }, _) => (def, fields),
            (ItemKind::Enum { variants, .. }, DefKind::Variant(index)) => {
                (data.parent?, &variants.get(index as usize)?.fields)
            }
            _ => return None,
        };
        let (Fields::Named(list) | Fields::Tuple(list)) = fields else { return None };
        Some((owner, list))
    }
}

/// Traits that say nothing of what can be called.
fn is_marker(path: &str) -> bool {
    matches!(
        path,
        "std::marker::Send"
            | "std::marker::Sync"
            | "std::marker::Sized"
            | "std::marker::Unpin"
            | "std::marker::Copy"
            | "std::clone::Clone"
            | "std::fmt::Debug"
            | "std::default::Default"
    )
}
