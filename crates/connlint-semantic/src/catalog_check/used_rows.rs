//! Which rows of the catalog some code uses: for the test that each row is met by a fixture.

use std::collections::BTreeSet;

use connlint_catalog::{ApiModel, Catalog, Row};
use connlint_facts::{ItemKind, OpKind, StaticFlavor, WorkspaceFacts};

use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::body::Target;
use crate::names::attributes::attribute_row;
use crate::names::defs::{DefId, DefKind, Defs};
use crate::names::derive_names::derives_of;
use crate::names::locked::LockedGraph;
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::ty::{TraitId, Ty};

/// The rows that calls, types, attributes, implementations and fields of the code lead to: kind, path and versions.
///
/// A pass of its own, so that a run pays nothing for it.
pub fn used_rows(facts: &WorkspaceFacts, catalog: &Catalog) -> BTreeSet<String> {
    let mut tcx = TypeContext::new(Defs::collect(&facts.crates), catalog, LockedGraph::default());
    let bodies = Bodies::infer(&mut tcx, true);
    let mut used = Used { tcx: &tcx, rows: BTreeSet::new() };
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
    tcx: &'a TypeContext<'w>,
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
            if let (OpKind::StructLit { fields, .. }, Some(path)) = (&op.kind, ty.external_path()) {
                let file = self.tcx.defs.file_of(data.def);
                for (name, _) in fields {
                    self.setting(data.def, &format!("{path}::{}", file.facts.text(*name)));
                }
            }
            // A builder's method that no row describes sets something all the same.
            if let OpKind::Field { base, name } | OpKind::MethodCall { recv: base, name, .. } = &op.kind
                && let Some(path) = data.ty(*base).peel_refs().external_path()
            {
                let file = self.tcx.defs.file_of(data.def);
                self.setting(data.def, &format!("{path}::{}", file.facts.text(*name)));
            }
        }
    }

    /// A function's row; of a method that a type has from a generic trait the trait's.
    fn api(&mut self, at: DefId, api: &'w ApiModel) {
        let tcx = self.tcx;
        if tcx.catalog.is_written(api) {
            self.add(Row::Api(api));
            return;
        }
        let Some((owner, name)) = api.path.rsplit_once("::") else { return };
        let module = tcx.defs.def(at).module;
        let version = tcx.version_of(module, owner);
        let model = tcx.in_version(version, |v| tcx.catalog.type_model(owner, v));
        let name = tcx.defs.names.find(name);
        let of_trait = model
            .zip(name)
            .and_then(|(model, name)| model.traits.iter().find_map(|path| tcx.ext_trait_method(module, path, name)));
        if let Some(row) = of_trait {
            self.add(Row::Api(row));
        }
    }

    fn setting(&mut self, at: DefId, path: &str) {
        let tcx = self.tcx;
        let version = tcx.version_of(tcx.defs.def(at).module, path);
        if let Some(row) = tcx.in_version(version, |v| tcx.catalog.settings(path, v)) {
            self.add(Row::Setting(row));
        }
    }

    fn ty(&mut self, at: DefId, ty: &Ty) {
        let tcx = self.tcx;
        let module = tcx.defs.def(at).module;
        match ty {
            Ty::External(path, args) => {
                let version = tcx.version_of(module, path);
                if let Some(row) = tcx.in_version(version, |v| tcx.catalog.type_model(path, v)) {
                    self.add(Row::Type(row));
                }
                args.iter().for_each(|arg| self.ty(at, arg));
            }
            Ty::ExternalFn(path, _) => {
                let version = tcx.version_of(module, path);
                if let Some(row) = tcx.in_version(version, |v| tcx.catalog.api(path, v)) {
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

    fn head(&mut self, at: DefId, head: &TraitId) {
        let TraitId::External(path) = head else { return };
        let tcx = self.tcx;
        let version = tcx.version_of(tcx.defs.def(at).module, path);
        if let Some(row) = tcx.in_version(version, |v| tcx.catalog.trait_model(path, v)) {
            self.add(Row::Trait(row));
        }
    }

    /// The traits that generic parameters are bound by.
    fn bounds(&mut self, at: DefId) {
        let tcx = self.tcx;
        let Some(generics) = tcx.defs.generics(at) else { return };
        let scope = tcx.scope_of(at);
        let of_params = generics.params.iter().flat_map(|param| &param.bounds);
        let of_predicates = generics.predicates.iter().flat_map(|predicate| &predicate.bounds);
        for bound in of_params.chain(of_predicates) {
            if let Some(head) = tcx.trait_id(&scope, &bound.path) {
                self.head(at, &head);
            }
        }
    }

    /// The macro around a static: the parser takes it apart, so that no call is left.
    fn item_macro(&mut self, at: DefId) {
        let Some(ItemKind::Static { flavor, .. }) = self.tcx.defs.item(at).map(|item| &item.kind) else { return };
        let path = match flavor {
            StaticFlavor::Plain => return,
            StaticFlavor::LazyStatic => "lazy_static::lazy_static",
            StaticFlavor::ThreadLocal => "std::thread_local",
        };
        if let Some(row) = self.tcx.catalog.macro_model(path, None) {
            self.add(Row::Macro(row));
        }
    }

    /// Signatures, bounds, statics of macros, fields, headers of implementations with the methods that they define, attributes.
    fn declarations(&mut self) {
        let tcx = self.tcx;
        for id in (0..tcx.defs.defs.len() as u32).map(DefId) {
            let attributes = tcx.defs.attributes(id).iter().map(|attribute| &attribute.path);
            for path in attributes.chain(derives_of(&tcx.defs, id)) {
                if let Some(row) = attribute_row(tcx, id, path) {
                    self.add(Row::Attribute(row));
                }
            }
            self.bounds(id);
            self.item_macro(id);
            if tcx.defs.def(id).kind == DefKind::Fn
                && let Some(signature) = tcx.signature(id)
            {
                signature.params.iter().for_each(|param| self.ty(id, param));
                self.ty(id, &signature.ret);
            }
        }
        for data in &tcx.impls.all {
            self.ty(data.def, &data.self_ty);
            let Some(head) = &data.trait_id else { continue };
            self.head(data.def, head);
            let TraitId::External(path) = head else { continue };
            for member in tcx.defs.members(data.def) {
                let member = tcx.defs.def(*member);
                if let Some(row) = tcx.ext_trait_method(member.module, path, member.name) {
                    self.add(Row::Api(row));
                }
            }
        }
    }
}
