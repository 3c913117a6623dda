//! Which rows of the catalog some code uses: for the test that each row is met by a fixture.

use std::collections::BTreeSet;

use connlint_catalog::{ApiModel, Catalog, Row};
use connlint_facts::{ItemKind, OpKind, StaticFlavor, WorkspaceFacts};

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::body::Target;
use crate::names::attributes::attribute_row;
use crate::names::defs::{DefId, DefKind, Defs};
use crate::names::derive_names::derives_of;
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::ty::{TraitHead, Ty};

/// The rows that calls, types, attributes, implementations and fields of the code lead to: kind, path and versions.
///
/// A pass of its own, so that a run pays nothing for it.
pub fn used_rows(facts: &WorkspaceFacts, catalog: &Catalog) -> BTreeSet<String> {
    let mut resolver = TypeContext::new(Defs::collect(&facts.crates), catalog);
    let bodies = Bodies::infer(&mut resolver, true);
    let mut used = Used { resolver: &resolver, rows: BTreeSet::new() };
    for data in &bodies.list {
        used.body(data);
    }
    used.declarations();
    used.rows
}

/// How a row is named in lists: `api sqlx::Pool::connect >=0.5`.
pub fn row_key(row: Row<'_>) -> String {
    format!("{} {} {}", row.kind(), row.path(), row.versions())
}

struct Used<'a, 'w> {
    resolver: &'a TypeContext<'w>,
    rows: BTreeSet<String>,
}

impl<'w> Used<'_, 'w> {
    fn add(&mut self, row: Row<'w>) {
        self.rows.insert(row_key(row));
    }

    fn body(&mut self, data: &BodyData<'w>) {
        for call in &data.types.calls {
            match &call.target {
                Target::Known(callees) => {
                    for callee in callees {
                        if let Callee::Api { api, .. } = callee {
                            self.api(data.def, api);
                            self.setting(data.def, &api.path);
                        }
                    }
                }
                Target::Macro(model) => self.add(Row::Macro(model)),
                _ => {}
            }
        }
        for (index, op) in data.body.ops.iter().enumerate() {
            let ty = data.ty(connlint_facts::OpId(index as u32));
            self.ty(data.def, ty);
            if let (OpKind::StructLit { fields, .. }, Some(path)) = (&op.kind, ty.ext_path()) {
                let file = self.resolver.defs.file_of(data.def);
                for (name, _) in fields {
                    self.setting(data.def, &format!("{path}::{}", file.facts.text(*name)));
                }
            }
            // A builder's method that no row describes sets something all the same.
            if let OpKind::Field { base, name } | OpKind::MethodCall { recv: base, name, .. } = &op.kind
                && let Some(path) = data.ty(*base).peel_refs().ext_path()
            {
                let file = self.resolver.defs.file_of(data.def);
                self.setting(data.def, &format!("{path}::{}", file.facts.text(*name)));
            }
        }
    }

    /// A function's row; of a method that a type has from a generic trait the trait's.
    fn api(&mut self, at: DefId, api: &'w ApiModel) {
        let resolver = self.resolver;
        if resolver.catalog.is_written(api) {
            self.add(Row::Api(api));
            return;
        }
        let Some((owner, name)) = api.path.rsplit_once("::") else { return };
        let module = resolver.defs.def(at).module;
        let version = resolver.version_of(module, owner);
        let model = resolver.in_version(version, |v| resolver.catalog.type_model(owner, v));
        let name = resolver.defs.names.find(name);
        let of_trait = model.zip(name).and_then(|(model, name)| {
            model.traits.iter().find_map(|path| resolver.ext_trait_method(module, path, name))
        });
        if let Some(row) = of_trait {
            self.add(Row::Api(row));
        }
    }

    fn setting(&mut self, at: DefId, path: &str) {
        let resolver = self.resolver;
        let version = resolver.version_of(resolver.defs.def(at).module, path);
        if let Some(row) = resolver.in_version(version, |v| resolver.catalog.settings(path, v)) {
            self.add(Row::Setting(row));
        }
    }

    fn ty(&mut self, at: DefId, ty: &Ty) {
        let resolver = self.resolver;
        let module = resolver.defs.def(at).module;
        match ty {
            Ty::Ext(path, args) => {
                let version = resolver.version_of(module, path);
                if let Some(row) = resolver.in_version(version, |v| resolver.catalog.type_model(path, v)) {
                    self.add(Row::Type(row));
                }
                args.iter().for_each(|arg| self.ty(at, arg));
            }
            Ty::ExtFn(path, _) => {
                let version = resolver.version_of(module, path);
                if let Some(row) = resolver.in_version(version, |v| resolver.catalog.api(path, v)) {
                    self.api(at, row);
                }
            }
            Ty::Ref(inner) | Ty::Slice(inner) | Ty::Future(inner) => self.ty(at, inner),
            Ty::Adt(_, args) | Ty::Tuple(args) => args.iter().for_each(|arg| self.ty(at, arg)),
            Ty::Callable(params, ret) => {
                params.iter().for_each(|param| self.ty(at, param));
                self.ty(at, ret);
            }
            Ty::Bounds(bounds) => bounds.iter().for_each(|bound| self.head(at, &bound.head)),
            _ => {}
        }
    }

    fn head(&mut self, at: DefId, head: &TraitHead) {
        let TraitHead::Ext(path) = head else { return };
        let resolver = self.resolver;
        let version = resolver.version_of(resolver.defs.def(at).module, path);
        if let Some(row) = resolver.in_version(version, |v| resolver.catalog.trait_model(path, v)) {
            self.add(Row::Trait(row));
        }
    }

    /// The traits that generic parameters are bound by.
    fn bounds(&mut self, at: DefId) {
        let resolver = self.resolver;
        let Some(generics) = resolver.defs.generics(at) else { return };
        let scope = resolver.scope_of(at);
        let of_params = generics.params.iter().flat_map(|param| &param.bounds);
        let of_predicates = generics.predicates.iter().flat_map(|predicate| &predicate.bounds);
        for bound in of_params.chain(of_predicates) {
            if let Some(head) = resolver.trait_head(&scope, &bound.path) {
                self.head(at, &head);
            }
        }
    }

    /// The macro around a static: the parser takes it apart, so that no call is left.
    fn item_macro(&mut self, at: DefId) {
        let Some(ItemKind::Static { flavor, .. }) = self.resolver.defs.item(at).map(|item| &item.kind) else { return };
        let path = match flavor {
            StaticFlavor::Plain => return,
            StaticFlavor::LazyStatic => "lazy_static::lazy_static",
            StaticFlavor::ThreadLocal => "std::thread_local",
        };
        if let Some(row) = self.resolver.catalog.macro_model(path, None) {
            self.add(Row::Macro(row));
        }
    }

    /// Signatures, bounds, statics of macros, fields, headers of implementations with the methods that they define, attributes.
    fn declarations(&mut self) {
        let resolver = self.resolver;
        for id in (0..resolver.defs.defs.len() as u32).map(DefId) {
            let attributes = resolver.defs.attributes(id).iter().map(|attribute| &attribute.path);
            for path in attributes.chain(derives_of(&resolver.defs, id)) {
                if let Some(row) = attribute_row(resolver, id, path) {
                    self.add(Row::Attribute(row));
                }
            }
            self.bounds(id);
            self.item_macro(id);
            if resolver.defs.def(id).kind == DefKind::Fn
                && let Some(signature) = resolver.signature(id)
            {
                signature.params.iter().for_each(|param| self.ty(id, param));
                self.ty(id, &signature.ret);
            }
        }
        for data in &resolver.impls.all {
            self.ty(data.def, &data.self_ty);
            let Some(head) = &data.trait_head else { continue };
            self.head(data.def, head);
            let TraitHead::Ext(path) = head else { continue };
            for member in resolver.defs.members(data.def) {
                let member = resolver.defs.def(*member);
                if let Some(row) = resolver.ext_trait_method(member.module, path, member.name) {
                    self.add(Row::Api(row));
                }
            }
        }
    }
}
