//! Builders that derive and attribute macros generate: what begins them, and what finishing them yields.
//!
//! A derive's builder of `Client` is a type of its own next to `Client`, whose setters return it and whose `build` yields
//! the client. An attribute makes the same of a function: calling it begins, another method runs it. The rows of the
//! derives and attributes name these methods.

use connlint_catalog::{AttributeTarget, BuilderModel};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::names::attributes::attribute_row;
use crate::names::defs::{DefId, DefKind};
use crate::names::derive_names::last;
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::types::callee::{Callee, Callees};
use crate::types::context::TypeContext;
use crate::types::ty::{Args, Ty};

/// The builder that calling a function with `#[builder]` begins. Its argument is what finishing it yields.
pub(crate) const CALL_BUILDER: &str = "derive::Builder";

/// The generated builders of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Builders<'w> {
    /// Those that derives generate, by what they build.
    pub(super) of_types: FxHashMap<DefId, &'w BuilderModel>,
    /// Those that attributes make of the calls of functions.
    of_functions: FxHashMap<DefId, &'w BuilderModel>,
    /// Names of associated functions that begin builders.
    starts: FxHashSet<Name>,
    /// Names of methods that finish builders of calls.
    finish_calls: FxHashSet<Name>,
}

/// How a builder begins.
pub(crate) enum Begun {
    /// By a call of this function, from which an attribute makes one.
    Call(DefId),
    /// As a value of the type that a derive generates.
    Value(Ty),
}

impl<'w> TypeContext<'w> {
    /// The builders that attributes make of functions, and the words for all. Those of types are added by their derives.
    pub(super) fn builders(&self) -> Builders<'w> {
        let rows = self.catalog.attributes().filter_map(|row| Some((row, row.builder.as_ref()?)));
        let (mut found, mut marks) = (Builders::default(), FxHashSet::default());
        for (row, builder) in rows {
            found.starts.extend(builder.start.as_deref().and_then(|name| self.defs.names.find(name)));
            if row.on != AttributeTarget::Type {
                found.finish_calls.extend(builder.finish.iter().filter_map(|name| self.defs.names.find(name)));
                marks.extend(row.path.rsplit("::").next());
                marks.extend(row.methods_with.iter().map(String::as_str));
            }
        }
        let functions = (0..self.defs.defs.len() as u32).map(DefId);
        let functions = functions.filter(|&def| self.defs.def(def).kind == DefKind::Fn);
        found.of_functions = functions.filter_map(|def| Some((def, self.builder_of_calls(def, &marks)?))).collect();
        found
    }

    /// The builder that an attribute of a function makes of its calls: by itself, or because of one around the `impl`.
    fn builder_of_calls(&self, def: DefId, marks: &FxHashSet<&str>) -> Option<&'w BuilderModel> {
        let facts = self.defs.file_of(def).facts;
        let mark = self.defs.attributes(def).iter().find(|a| marks.contains(last(facts, &a.path)))?;
        let own = attribute_row(self, def, &mark.path).filter(|row| row.on == AttributeTarget::Fn);
        let owner = self.defs.def(def).parent.into_iter();
        let around = owner.flat_map(|owner| self.defs.attributes(owner).iter().map(move |a| (owner, a)));
        let name = last(facts, &mark.path);
        let rows = around.filter_map(|(owner, a)| attribute_row(self, owner, &a.path));
        let around = rows.filter(|row| row.methods_with.iter().any(|with| with == name));
        own.into_iter().chain(around).find_map(|row| row.builder.as_ref())
    }

    /// What an associated function of a type begins that no source declares.
    pub(crate) fn begun_by(&self, ty: &Ty, function: Name) -> Option<Begun> {
        let Ty::Adt(def, args) = ty else { return None };
        let builders = &self.generated.builders;
        if !builders.starts.contains(&function) {
            return None;
        }
        let begins = |builder: &BuilderModel| builder.start.as_deref() == Some(self.defs.text(function));
        if let Some(in_place) = self.function_begun(ty, &begins) {
            return Some(Begun::Call(in_place));
        }
        builders.of_types.get(def).filter(|builder| begins(builder))?;
        Some(Begun::Value(Ty::Adt(*self.defs.builders.get(def)?, args.clone())))
    }

    /// The function whose place the one that begins a builder takes: `new` for `Type::builder()`.
    fn function_begun(&self, ty: &Ty, begins: &impl Fn(&BuilderModel) -> bool) -> Option<DefId> {
        let builders = &self.generated.builders.of_functions;
        let replaced = |def: DefId| {
            let builder = builders.get(&def).filter(|builder| begins(builder))?;
            (builder.instead_of.as_deref() == Some(self.defs.text(self.defs.def(def).name))).then_some(def)
        };
        let names: FxHashSet<&str> = builders.values().filter_map(|builder| builder.instead_of.as_deref()).collect();
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        let named = names.into_iter().filter_map(|name| self.defs.names.find(name));
        named.flat_map(|name| self.impls_with(ty, name)).find_map(|(_, member)| replaced(member))
    }

    /// The methods of a generated builder: setters return it, the others yield what it builds.
    pub(crate) fn generated_method(&self, ty: &Ty, name: Name) -> Callees<'w> {
        let chain = |ty: Ty| SmallVec::from_elem(Callee::Chain(ty), 1);
        match ty.peel_refs() {
            Ty::Adt(def, args) if self.defs.def(*def).kind == DefKind::Builder => {
                let Some((owner, builder)) = self.built_by(*def) else { return SmallVec::new() };
                let finishes = builder.finish.iter().any(|method| method == self.defs.text(name));
                chain(if finishes { self.finished(owner, builder, args) } else { ty.peel_refs().clone() })
            }
            Ty::External(path, args) if &**path == CALL_BUILDER => match args.first() {
                Some(built) if self.generated.builders.finish_calls.contains(&name) => chain(built.clone()),
                _ => chain(ty.peel_refs().clone()),
            },
            _ => SmallVec::new(),
        }
    }

    /// What a generated type builds, and its row. None where the derive turned out to be another of that name.
    fn built_by(&self, builder: DefId) -> Option<(DefId, &'w BuilderModel)> {
        let owner = self.defs.def(builder).parent?;
        Some((owner, *self.generated.builders.of_types.get(&owner)?))
    }

    fn finished(&self, owner: DefId, builder: &BuilderModel, args: &Args) -> Ty {
        let params = self.defs.type_params(owner).count();
        let args = (0..params).map(|i| args.get(i).cloned().unwrap_or(Ty::Unknown)).collect();
        let built = Ty::Adt(owner, args);
        match builder.fallible {
            true => Ty::external(ExternalPath::of("std::result::Result"), [built, Ty::Unknown]),
            false => built,
        }
    }

    /// Whether an attribute makes a builder of a function's calls.
    pub(crate) fn builds_calls(&self, def: DefId) -> bool {
        self.generated.builders.of_functions.contains_key(&def)
    }
}
