//! Which function a method call or `Type::name` means.

use std::sync::Arc;

use connlint_catalog::{ApiModel, Role, TraitModel};
use connlint_facts::ItemKind;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::names::defs::{DefId, DefKind, ModIx};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::types::callee::{BlanketIndex, Callee, Callees};
use crate::types::context::TypeContext;
use crate::types::impl_index::ImplData;
use crate::types::impls::may_be;
use crate::types::lookup_trail::LookupStack;
use crate::types::lower::Scope;
use crate::types::ty::{Subst, TraitId, TraitRef, Ty, unify};

/// How far a receiver is dereferenced.
const MAX_DEREF: usize = 8;

impl<'w> TypeContext<'w> {
    pub(crate) fn blanket_index(&self) -> BlanketIndex<'w> {
        let mut index: BlanketIndex<'w> = FxHashMap::default();
        for api in self.catalog.apis() {
            let Some((owner, name)) = api.path.rsplit_once("::") else { continue };
            if let Some(model) = self.catalog.trait_model(owner, None).filter(|t| t.blanket) {
                index.entry(name).or_default().push((model, api));
            }
        }
        index
    }

    fn member(&self, owner: DefId, name: Name) -> Option<DefId> {
        self.defs.members(owner).iter().copied().find(|&m| self.defs.def(m).name == name)
    }

    pub(super) fn fn_member(&self, owner: DefId, name: Name) -> Option<DefId> {
        self.defs.members(owner).iter().copied().find(|&m| {
            let def = self.defs.def(m);
            def.name == name && def.kind == DefKind::Fn
        })
    }

    /// The associated type of an impl or the default of a trait.
    pub(crate) fn assoc_in(&self, owner: DefId, name: Name) -> Option<Ty> {
        self.assoc_in_at(owner, name, &LookupStack::default())
    }

    /// Whether what a trait's row says is called from outside is, of an implementation: it has the associated types for it.
    pub(crate) fn is_entered(&self, data: &ImplData, model: &TraitModel) -> bool {
        model.entries_with.iter().all(|(name, path)| {
            let has = self.defs.names.find(name).and_then(|name| self.assoc_in(data.def, name));
            has.is_some_and(|ty| ty.external_path() == Some(path))
        })
    }

    /// Bounds and values may name the type that they are of (`type Row: Row<Database = Self::Row>`): where the trail cuts
    /// it nothing is known.
    pub(crate) fn assoc_in_at(&self, owner: DefId, name: Name, trail: &LookupStack) -> Option<Ty> {
        let def = self.member(owner, name)?;
        let Some(ItemKind::TypeAlias { ty, bounds, .. }) = self.defs.item(def).map(|i| &i.kind) else { return None };
        let scope = self.scope_in(def, trail.enter(def)?);
        let told = ty.as_ref().map_or_else(|| self.lower_bounds(&scope, bounds), |ty| self.lower(&scope, ty));
        Some(told.within_bounds())
    }

    /// `T::Name`, whatever the trait.
    pub(crate) fn assoc_type(&self, base: &Ty, name: Name) -> Ty {
        self.assoc_type_on(base, None, name, &LookupStack::default())
    }

    /// The associated type of a trait, or of any that has one of that name.
    pub(crate) fn assoc_type_on(&self, base: &Ty, head: Option<&TraitId>, name: Name, trail: &LookupStack) -> Ty {
        let found = match base {
            Ty::Ref(inner) => return self.assoc_type_on(inner, head, name, trail),
            Ty::Bounds(bounds) => bounds.iter().find_map(|bound| self.assoc_of_bound(bound, head, name, trail)),
            _ => self.assoc_of_impls(base, head, name, trail),
        };
        let declared = || match head? {
            TraitId::Def(def) => self.assoc_in_at(*def, name, trail),
            // Which traits of other crates an implementation is for may be given by names that do not lead there.
            TraitId::External(_) => self.assoc_of_impls(base, None, name, trail),
        };
        found.or_else(declared).unwrap_or(Ty::Unknown)
    }

    fn assoc_of_bound(&self, bound: &TraitRef, head: Option<&TraitId>, name: Name, trail: &LookupStack) -> Option<Ty> {
        if head.is_some_and(|head| *head != bound.head) {
            return None;
        }
        if let Some((_, told)) = bound.bindings.iter().find(|(n, _)| *n == name) {
            return Some(told.clone());
        }
        match bound.head {
            TraitId::Def(def) => self.assoc_in_at(def, name, trail),
            TraitId::External(_) => None,
        }
    }

    fn assoc_of_impls(&self, base: &Ty, head: Option<&TraitId>, name: Name, trail: &LookupStack) -> Option<Ty> {
        let mut impls = self.impls_with(base, name).map(|(data, _)| data);
        impls.find_map(|data| {
            if head.is_some() && data.trait_id.as_ref() != head {
                return None;
            }
            let found = self.assoc_in_at(data.def, name, trail)?;
            Some(found.subst(&self.bind_impl(data, base)))
        })
    }

    /// Fills in the associated types of a type whose base is known by now.
    pub(crate) fn project(&self, ty: &Ty) -> Ty {
        if !ty.has_assoc() {
            return ty.clone();
        }
        let all = |args: &[Ty]| -> crate::types::ty::Args { args.iter().map(|a| self.project(a)).collect() };
        match ty {
            Ty::Assoc(base, name) => match self.assoc_type(&self.project(base), *name) {
                Ty::Assoc(..) => Ty::Unknown,
                found => found,
            },
            Ty::Adt(def, args) => Ty::Adt(*def, all(args)),
            Ty::External(path, args) => Ty::External(*path, all(args)),
            Ty::Tuple(args) => Ty::Tuple(all(args)),
            Ty::Ref(inner) => Ty::Ref(Arc::new(self.project(inner))),
            Ty::Slice(inner) => Ty::Slice(Arc::new(self.project(inner))),
            Ty::Future(inner) => Ty::Future(Arc::new(self.project(inner))),
            _ => ty.clone(),
        }
    }

    /// What the generics of an impl stand for when it is used on a type.
    pub(crate) fn bind_impl(&self, data: &ImplData, ty: &Ty) -> Subst {
        let mut map: Subst = data.generics.iter().map(|&name| (name, Ty::Unknown)).collect();
        unify(&data.self_ty, ty, &mut map);
        map
    }

    /// The functions that `recv.name(…)` may run. Empty: not known.
    pub(crate) fn method(&self, scope: &Scope<'w>, recv: &Ty, name: Name) -> Callees<'w> {
        let mut ty = recv.clone();
        let mut associated: Option<Callees<'w>> = None;
        for _ in 0..MAX_DEREF {
            let found = self.method_at(scope, &ty, name);
            if found.iter().any(|callee| self.takes_self(callee)) {
                return found;
            }
            if !found.is_empty() {
                associated.get_or_insert(found);
            }
            match self.deref(&ty) {
                Some(next) if next != ty => ty = next,
                _ => break,
            }
        }
        // A function without `self` cannot answer. It does where nothing else would: a row may leave the receiver out.
        if let Some(found) = associated {
            return found;
        }
        // What every type has (`clone`, `into`) comes first, then a builder's own, then imported extensions.
        let found = self.blanket_method(scope, recv, name, true);
        if !found.is_empty() {
            return found;
        }
        let found = self.chain(recv, name);
        if let Some(chained) = found.first() {
            let described = match chained {
                Callee::Chain(_) => self.extension_of_builder(scope, recv, name),
                _ => SmallVec::new(),
            };
            return if described.is_empty() { found } else { described };
        }
        let found = self.extension(recv, name);
        if !found.is_empty() {
            return found;
        }
        self.blanket_method(scope, recv, name, false)
    }

    fn takes_self(&self, callee: &Callee<'_>) -> bool {
        match callee {
            Callee::Def { def, .. } => self.defs.fn_item(*def).is_none_or(|item| item.self_param.is_some()),
            Callee::Api { api, .. } => api.takes_self,
            Callee::Chain(_) => true,
        }
    }

    /// A method that the workspace gives to every type with some traits: also to those of crates with rows, where these
    /// have no method of that name.
    fn extension(&self, recv: &Ty, name: Name) -> Callees<'w> {
        let known = recv.peel_refs().external_path().is_some_and(|path| self.catalog.type_model(path, None).is_some());
        let found = self.blanket_member(name, recv).filter(|_| known);
        found.map(|def| Callee::Def { def, self_ty: Some(recv.peel_refs().clone()) }).into_iter().collect()
    }

    /// A builder's method that no row describes returns the builder.
    fn chain(&self, recv: &Ty, name: Name) -> Callees<'w> {
        let ty = recv.peel_refs();
        let generated = self.generated_method(ty, name);
        if !generated.is_empty() {
            return generated;
        }
        match ty.external_path().and_then(|p| self.catalog.type_model(p, None)) {
            Some(model) if model.chain => SmallVec::from_elem(Callee::Chain(ty.clone()), 1),
            _ => SmallVec::new(),
        }
    }

    /// The type that `clone` finds: a lock's guard and a lazily made static have none, so it is what these lead to.
    pub(crate) fn unguarded(&self, ty: &Ty) -> Ty {
        let mut ty = ty.peel_refs().clone();
        while let Some(path) = ty.external_path()
            && matches!(self.role(path), Some(Role::LockGuard | Role::OnceCell))
            && let Some(next) = self.deref(&ty)
        {
            ty = next.peel_refs().clone();
        }
        ty
    }

    /// What dereferencing a type yields.
    pub(crate) fn deref(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(inner) => Some((**inner).clone()),
            Ty::External(path, args) => {
                let model = self.catalog.type_model(path, None)?;
                let target = self.instantiate(model.deref.as_ref()?, args, Some(ty));
                let pooled = (model.role == Role::PooledConnection).then(|| self.pooled_by(&target)).flatten();
                Some(pooled.unwrap_or(target))
            }
            Ty::Adt(..) => {
                let Some(target) = self.defs.names.find("Target") else { return self.led_to(ty, "std::ops::Deref") };
                let deref = self
                    .impls_with(ty, target)
                    .map(|(data, _)| data)
                    .find(|data| matches!(&data.trait_id, Some(TraitId::External(p)) if &**p == "std::ops::Deref"));
                let Some(deref) = deref else { return self.led_to(ty, "std::ops::Deref") };
                Some(self.assoc_in(deref.def, target)?.subst(&self.bind_impl(deref, ty)))
            }
            _ => None,
        }
    }

    /// What a pool hands out whose manager is a type of the workspace: the associated type that the implementation of the
    /// manager's trait names.
    fn pooled_by(&self, manager: &Ty) -> Option<Ty> {
        let Ty::Adt(..) = manager else { return None };
        self.catalog.manager_traits().find_map(|row| {
            let name = self.defs.names.find(row.pooled.as_deref()?)?;
            let is_manager = |data: &&ImplData| matches!(&data.trait_id, Some(TraitId::External(p)) if **p == row.path);
            let data = self.impls_with(manager, name).map(|(data, _)| data).find(is_manager)?;
            Some(self.assoc_in(data.def, name)?.subst(&self.bind_impl(data, manager)))
        })
    }

    fn method_at(&self, scope: &Scope<'w>, ty: &Ty, name: Name) -> Callees<'w> {
        match ty {
            Ty::Adt(..) => self.adt_method(ty, name),
            Ty::External(path, _) => {
                if let Some(api) = self.ext_method(scope.module, path, name) {
                    return SmallVec::from_elem(Callee::Api { api, self_ty: Some(ty.clone()) }, 1);
                }
                let found = self.impl_methods(ty, name);
                if !found.is_empty() {
                    return found;
                }
                self.default_for_foreign(ty, name).into_iter().collect()
            }
            Ty::Slice(item) => {
                let slice = Ty::external(ExternalPath::of("slice"), [(**item).clone()]);
                let found = self.method_at(scope, &slice, name);
                if !found.is_empty() {
                    return found;
                }
                // `vec![a, b]` is an array too, as facts have it.
                let vec = Ty::external(ExternalPath::of("std::vec::Vec"), [(**item).clone()]);
                let found = self.method_at(scope, &vec, name);
                if found.is_empty() { self.impl_methods(ty, name) } else { found }
            }
            Ty::Prim(prim) => {
                let text = self.defs.text(*prim);
                if let Some(api) = numeric(text).and_then(|path| self.ext_method(scope.module, path, name)) {
                    return SmallVec::from_elem(Callee::Api { api, self_ty: Some(ty.clone()) }, 1);
                }
                let prim = Ty::external(ExternalPath::of(text), []);
                let found = self.method_at(scope, &prim, name);
                if found.is_empty() { self.impl_methods(ty, name) } else { found }
            }
            Ty::Tuple(_) => self.impl_methods(ty, name),
            Ty::Param(param) => match self.bounds_of(scope, *param) {
                bounds @ Ty::Bounds(_) => self.bounds_method(scope, &bounds, name),
                Ty::Unknown => SmallVec::new(),
                other => self.method_at(scope, &other, name),
            },
            Ty::Bounds(_) => self.bounds_method(scope, ty, name),
            _ => SmallVec::new(),
        }
    }

    pub(crate) fn ext_method(&self, module: ModIx, path: &str, name: Name) -> Option<&'w ApiModel> {
        let version = self.version_of(module, path);
        let text = self.defs.text(name);
        self.in_version(version, |v| self.catalog.method(path, text, v))
    }

    /// A method that a trait of an unread crate has, as a module's crate locks it.
    pub(crate) fn ext_trait_method(&self, module: ModIx, path: &str, name: Name) -> Option<&'w ApiModel> {
        let text = self.defs.text(name);
        self.in_version(self.version_of(module, path), |v| self.catalog.trait_method(path, text, v))
    }

    fn adt_method(&self, ty: &Ty, name: Name) -> Callees<'w> {
        let found = self.impl_methods(ty, name);
        if !found.is_empty() {
            return found;
        }
        let delegated = self.delegated_method(ty, name);
        if !delegated.is_empty() {
            return delegated;
        }
        if matches!(self.defs.text(name), "as_ref" | "as_mut")
            && let Some(field) = self.led_to(ty, "std::convert::AsRef")
        {
            return SmallVec::from_elem(Callee::Chain(Ty::Ref(Arc::new(field))), 1);
        }
        let inherited = self.traits_of_type(ty).iter().find_map(|head| self.trait_default(head, name, ty));
        let blanket = || Some(Callee::Def { def: self.blanket_member(name, ty)?, self_ty: Some(ty.clone()) });
        inherited.or_else(blanket).into_iter().collect()
    }

    /// Methods that impls of this very type define: its own before those of traits, code before test code.
    fn impl_methods(&self, ty: &Ty, name: Name) -> Callees<'w> {
        let mut own: Callees<'w> = SmallVec::new();
        let mut of_traits: Callees<'w> = SmallVec::new();
        for (data, member) in self.impls_with(ty, name) {
            let is_fn = self.defs.def(member).kind == DefKind::Fn;
            if let Some(def) = if is_fn { Some(member) } else { self.fn_member(data.def, name) } {
                let callee = Callee::Def { def, self_ty: Some(ty.clone()) };
                if data.trait_id.is_none() { own.push(callee) } else { of_traits.push(callee) }
            }
        }
        let mut found = if own.is_empty() { of_traits } else { own };
        self.prefer_code(&mut found);
        found
    }

    pub(super) fn prefer_code(&self, found: &mut Callees<'w>) {
        let is_test = |c: &Callee<'_>| matches!(c, Callee::Def { def, .. } if self.defs.def(*def).test_only);
        if found.iter().any(|c| !is_test(c)) {
            found.retain(|c| !is_test(c));
        }
    }

    /// The default method of a trait of the workspace that is implemented for a type of an unread crate.
    fn default_for_foreign(&self, ty: &Ty, name: Name) -> Option<Callee<'w>> {
        let impls = self.impls.of_type(ty)?.impls.iter().map(|&number| &self.impls.all[number as usize]);
        impls.filter(|data| may_be(&data.self_ty, ty, 0)).find_map(|data| match data.trait_id.as_ref()? {
            head @ TraitId::Def(_) => self.trait_default(head, name, ty),
            TraitId::External(_) => None,
        })
    }

    /// A method that a trait defines itself, for a type that implements it: its default body, or a catalog's row.
    fn trait_default(&self, head: &TraitId, name: Name, ty: &Ty) -> Option<Callee<'w>> {
        match head {
            TraitId::Def(def) => {
                if let Some(method) = self.fn_member(*def, name) {
                    return Some(Callee::Def { def: method, self_ty: Some(ty.clone()) });
                }
                self.with_supertraits(std::iter::once(head)).into_iter().skip(1).find_map(|head| match head {
                    TraitId::Def(def) => {
                        let method = self.fn_member(*def, name)?;
                        Some(Callee::Def { def: method, self_ty: Some(ty.clone()) })
                    }
                    TraitId::External(_) => None,
                })
            }
            TraitId::External(path) => {
                let Ty::Adt(def, _) = ty else { return None };
                let api = self.ext_trait_method(self.defs.def(*def).module, path, name)?;
                Some(Callee::Api { api, self_ty: Some(ty.clone()) })
            }
        }
    }

    /// A method of something known by its traits only: every implementation in the workspace.
    fn bounds_method(&self, scope: &Scope<'w>, ty: &Ty, name: Name) -> Callees<'w> {
        let Ty::Bounds(bounds) = ty else { return SmallVec::new() };
        let heads = self.with_supertraits(bounds.iter().map(|bound| &bound.head));
        for &head in &heads {
            let of_object = self.object_method(head, name);
            if !of_object.is_empty() {
                return of_object;
            }
            match head {
                TraitId::Def(def) => {
                    if let Some(method) = self.fn_member(*def, name) {
                        return self.dispatch(method, None);
                    }
                }
                TraitId::External(path) => {
                    let version = self.version_of(scope.module, path);
                    let text = self.defs.text(name);
                    let api = self.in_version(version, |v| {
                        self.catalog.trait_method(path, text, v).or_else(|| self.catalog.method(path, text, v))
                    });
                    if let Some(api) = api {
                        return SmallVec::from_elem(Callee::Api { api, self_ty: Some(ty.clone()) }, 1);
                    }
                    let found = self.ext_trait_impls(path, name);
                    if !found.is_empty() {
                        return found;
                    }
                }
            }
        }
        let given = self.blanket_member_of_bounds(name, &heads);
        given.map(|def| Callee::Def { def, self_ty: Some(ty.clone()) }).into_iter().collect()
    }

    /// A method that a trait object has itself: `impl dyn Trait`.
    fn object_method(&self, head: &TraitId, name: Name) -> Callees<'w> {
        let found = self.impls.by_object.get(head).and_then(|of| of.members.get(&name));
        let all = found.into_iter().flatten().map(|&(n, member)| (&self.impls.all[n as usize], member));
        let own = all.filter(|(data, member)| data.trait_id.is_none() && self.defs.def(*member).kind == DefKind::Fn);
        own.map(|(data, def)| Callee::Def { def, self_ty: Some(data.self_ty.clone()) }).collect()
    }

    /// Traits, and after them their supertraits and those of these, each once.
    fn with_supertraits<'t>(&'t self, of: impl Iterator<Item = &'t TraitId>) -> Vec<&'t TraitId> {
        let mut heads: Vec<&TraitId> = of.collect();
        let mut next = 0;
        while let Some(&head) = heads.get(next) {
            next += 1;
            let TraitId::Def(def) = head else { continue };
            let further = self.supertraits(*def).iter().filter(|further| !heads.contains(further));
            let further: Vec<&TraitId> = further.collect();
            heads.extend(further);
        }
        heads
    }

    fn ext_trait_impls(&self, path: &ExternalPath, name: Name) -> Callees<'w> {
        let head = TraitId::External(*path);
        let mut found: Callees<'w> = self
            .impls_of_trait(&head)
            .filter_map(|data| self.fn_member(data.def, name).map(|def| (data, def)))
            .map(|(data, def)| Callee::Def { def, self_ty: Some(data.self_ty.clone()) })
            .collect();
        self.prefer_code(&mut found);
        found
    }

    /// Methods of imported extension traits, whatever the receiver (`RunQueryDsl::load`, `StreamExt::next`).
    fn blanket_method(&self, scope: &Scope<'w>, recv: &Ty, name: Name, of_std: bool) -> Callees<'w> {
        let Some(candidates) = self.blanket.get(self.defs.text(name)) else { return SmallVec::new() };
        for (model, api) in candidates.iter().filter(|(_, api)| api.takes_self) {
            let is_std = model.package == "std";
            let is_in_scope = || self.ext_trait_in_scope(scope.module, model) && may_implement(self, recv, model);
            if is_std == of_std && (is_std || is_in_scope()) {
                return SmallVec::from_elem(Callee::Api { api, self_ty: Some(recv.peel_refs().clone()) }, 1);
            }
        }
        SmallVec::new()
    }

    /// A method of an imported extension trait that was written for a builder: by the builder's crate, or by one that is
    /// known to depend on it. Its row is better evidence than what is assumed of methods without one.
    fn extension_of_builder(&self, scope: &Scope<'w>, recv: &Ty, name: Name) -> Callees<'w> {
        let lib = recv.peel_refs().external_path().and_then(|path| path.split("::").next());
        let Some((lib, candidates)) = lib.zip(self.blanket.get(self.defs.text(name))) else { return SmallVec::new() };
        let is_written_for = |model: &TraitModel| {
            let by = model.path.split("::").next().unwrap_or_default();
            model.package != "std" && (by == lib || self.locked.depends_on(by, lib))
        };
        let mut candidates = candidates.iter().filter(|(model, api)| api.takes_self && is_written_for(model));
        let found = candidates.find(|(model, _)| self.ext_trait_in_scope(scope.module, model));
        found.map(|(_, api)| Callee::Api { api, self_ty: Some(recv.peel_refs().clone()) }).into_iter().collect()
    }

    /// The functions that `Type::name` may mean.
    pub(crate) fn type_member(&self, scope: &Scope<'w>, base: &Ty, name: Name) -> Callees<'w> {
        match base {
            Ty::Adt(..) => self.adt_method(base, name),
            Ty::External(path, _) => match self.ext_method(scope.module, path, name) {
                Some(api) => SmallVec::from_elem(Callee::Api { api, self_ty: Some(base.clone()) }, 1),
                None => self.impl_methods(base, name),
            },
            Ty::Ref(inner) => self.type_member(scope, inner, name),
            Ty::Param(_) | Ty::Bounds(_) | Ty::Prim(_) => self.method_at(scope, base, name),
            _ => SmallVec::new(),
        }
    }

    /// `Type::name` of an imported extension trait, whatever the type (`Command::repl(bot, answer)`).
    pub(crate) fn blanket_fn(&self, scope: &Scope<'w>, name: Name) -> Option<&'w ApiModel> {
        let candidates = self.blanket.get(self.defs.text(name))?;
        let in_scope = |model: &TraitModel| model.package == "std" || self.ext_trait_in_scope(scope.module, model);
        candidates.iter().find(|(model, _)| in_scope(model)).map(|(_, api)| *api)
    }

    /// An associated constant's type.
    pub(crate) fn assoc_const(&self, base: &Ty, name: Name) -> Option<Ty> {
        let of_const = |def: DefId| match self.defs.item(def).map(|i| &i.kind) {
            Some(ItemKind::Const { ty, .. }) => Some(self.lower(&self.scope_of(def), ty)),
            _ => None,
        };
        match base {
            Ty::Bounds(bounds) => bounds.iter().find_map(|bound| match bound.head {
                TraitId::Def(owner) => of_const(self.member(owner, name)?),
                TraitId::External(_) => None,
            }),
            _ => self.impls_with(base, name).find_map(|(_, def)| of_const(def)),
        }
    }
}

/// Whether a type may have an implementation of a trait from another crate: types of crates that do not know the trait's
/// crate have none.
fn may_implement(tcx: &TypeContext<'_>, ty: &Ty, model: &TraitModel) -> bool {
    let path = ty.peel_pointers().external_path().filter(|path| tcx.catalog.type_model(path, None).is_none());
    let lib = path.and_then(|path| path.split("::").next());
    lib.is_none_or(|lib| lib == "std" || tcx.locked.may_know(lib, &model.package))
}

/// Where the catalog has the methods of a numeric type.
fn numeric(name: &str) -> Option<&'static str> {
    match name {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            Some("integer")
        }
        "f32" | "f64" => Some("float"),
        _ => None,
    }
}
