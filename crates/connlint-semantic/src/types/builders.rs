//! Builders that derive and attribute macros generate: what their types are called, and what finishing them yields.
//!
//! `#[derive(Builder)] struct Client` declares a type `ClientBuilder` beside `Client`, whose setters return it and whose
//! `build` yields the client. bon's `#[builder]` makes the same of a function: calling it begins, `call` runs it.

use connlint_facts::Path;
use smallvec::SmallVec;

use crate::names::defs::{DefId, DefKind, Res};
use crate::names::derive_names::{derived_builder, last};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::names::resolve::Ns;
use crate::types::callee::{Callee, Callees};
use crate::types::context::TypeContext;
use crate::types::ty::{Args, Ty};

/// The crate whose `build` may fail.
const FALLIBLE: &str = "derive_builder";

/// The crate whose `#[builder]` makes a builder of a function: by itself, or inside an `impl` marked `#[bon]`.
const OF_FUNCTIONS: &str = "bon::";

/// The builder that calling a function with `#[builder]` begins. Its argument is what finishing it yields.
pub(crate) const CALL_BUILDER: &str = "derive::Builder";

impl<'w> TypeContext<'w> {
    /// The builder that `Type::builder()` begins, where a derive generates it.
    pub(crate) fn builder_of(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Adt(def, args) = ty else { return None };
        let &builder = self.defs.builders.get(def)?;
        Some(Ty::Adt(builder, args.clone()))
    }

    /// The methods that a derive generates for a builder: setters return it, `build` what it builds.
    pub(crate) fn generated_method(&self, ty: &Ty, name: Name) -> Callees<'w> {
        let finishes = matches!(self.defs.text(name), "build" | "try_build" | "call");
        let chain = |ty: Ty| SmallVec::from_elem(Callee::Chain(ty), 1);
        match ty.peel_refs() {
            Ty::Adt(def, args) if self.defs.def(*def).kind == DefKind::Builder => match self.built(*def, args) {
                Some(built) if finishes => chain(built),
                _ => chain(ty.peel_refs().clone()),
            },
            Ty::External(path, args) if &**path == CALL_BUILDER => match args.first() {
                Some(built) if finishes => chain(built.clone()),
                _ => chain(ty.peel_refs().clone()),
            },
            _ => SmallVec::new(),
        }
    }

    fn built(&self, builder: DefId, args: &Args) -> Option<Ty> {
        let owner = self.defs.def(builder).parent?;
        let params = self.defs.type_params(owner).count();
        let args = (0..params).map(|i| args.get(i).cloned().unwrap_or(Ty::Unknown)).collect();
        let built = Ty::Adt(owner, args);
        let path = derived_builder(self.defs.file_of(owner).facts, self.defs.attributes(owner))?;
        let fallible = self.ext_macro(owner, path).is_some_and(|p| p.starts_with(FALLIBLE));
        Some(if fallible { Ty::external(ExternalPath::of("std::result::Result"), [built, Ty::Unknown]) } else { built })
    }

    /// The path of the unread crate's macro that a path names where a definition stands.
    fn ext_macro(&self, def: DefId, path: &Path) -> Option<ExternalPath> {
        let data = self.defs.def(def);
        let names = self.names_of_path(data.file, path);
        let resolved = self.path(data.module, &names, path.global, Ns::Macros)?;
        resolved.res.into_iter().find_map(|res| match res {
            Res::Ext(path) => Some(path),
            _ => None,
        })
    }

    /// Whether an attribute makes a builder of a function.
    pub(crate) fn builds_calls(&self, def: DefId) -> bool {
        let facts = self.defs.file_of(def).facts;
        let marked = self.defs.attributes(def).iter().find(|a| last(facts, &a.path) == "builder");
        let Some(marked) = marked else { return false };
        let owner = self.defs.def(def).parent;
        let around = owner.into_iter().flat_map(|o| self.defs.attributes(o)).map(|a| &a.path);
        std::iter::once(&marked.path)
            .chain(around)
            .any(|path| self.ext_macro(def, path).is_some_and(|p| p.starts_with(OF_FUNCTIONS)))
    }

    /// `Type::builder()` where bon makes it of `Type::new`.
    pub(crate) fn builder_of_new(&self, ty: &Ty) -> Option<DefId> {
        let new = self.defs.names.find("new")?;
        let mut found = self.impls_with(ty, new).map(|(_, m)| m).filter(|&m| self.defs.def(m).kind == DefKind::Fn);
        found.find(|&m| self.builds_calls(m))
    }
}
