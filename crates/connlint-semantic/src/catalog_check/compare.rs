//! Types of rows against types of sources.

use std::borrow::Cow;
use std::sync::Arc;

use connlint_catalog::TypeExpr;
use rustc_hash::FxHashMap;

use super::Sources;
use super::paths::Walk;
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::resolve::Ns;
use crate::types::display::show;
use crate::types::ty::{TraitId, TraitRef, Ty};

/// Traits whose implementation makes a value something to wait for.
const FUTURES: [&str; 2] = ["std::future::Future", "std::future::IntoFuture"];

/// Levels of types that are compared.
const MAX_DEPTH: u32 = 8;

impl Sources<'_> {
    /// A row's type in terms of the sources: its paths lead to definitions where there are any.
    ///
    /// # Errors
    /// A path of a crate at hand that has nothing there.
    pub(super) fn row_type(&self, expr: &TypeExpr) -> Result<Ty, String> {
        Ok(match expr {
            TypeExpr::Param(_) | TypeExpr::SelfType | TypeExpr::Unknown => Ty::Unknown,
            TypeExpr::Ref(inner) => Ty::Ref(Arc::new(self.row_type(inner)?)),
            TypeExpr::Slice(inner) => Ty::Slice(Arc::new(self.row_type(inner)?)),
            TypeExpr::Tuple(parts) => Ty::Tuple(self.row_types(parts)?.into()),
            TypeExpr::Fn { params, ret } => Ty::Callable(self.row_types(params)?.into(), Arc::new(self.row_type(ret)?)),
            TypeExpr::Path { path, args } => self.row_path(expr, path, self.row_types(args)?)?,
        })
    }

    fn row_types(&self, all: &[TypeExpr]) -> Result<Vec<Ty>, String> {
        all.iter().map(|ty| self.row_type(ty)).collect()
    }

    fn row_path(&self, expr: &TypeExpr, path: &str, args: Vec<Ty>) -> Result<Ty, String> {
        let tcx = self.tcx();
        let is_known = matches!(path, "std::future::Future" | "std::iter::Iterator" | "futures::Stream");
        if is_known || !path.contains("::") || path.starts_with("std::") {
            return Ok(match tcx.instantiate(expr, &[], None) {
                Ty::External(path, _) => Ty::External(path, args.into()),
                Ty::Future(_) => Ty::future(args.into_iter().next().unwrap_or(Ty::Unknown)),
                other => other,
            });
        }
        match self.walk(path, Ns::Types) {
            Walk::Found(found, 0) => Ok(self.defined(&found, args)),
            Walk::Found(..) => Err(format!("`{path}` is no type")),
            Walk::Unread(path) => Ok(tcx.external_type(&path, args)),
            Walk::Missing(what) => Err(format!("of `{path}`: {what}")),
        }
    }

    /// Types that exist apart in the sources and are one in the data.
    pub(super) fn collect_stand_ins(&self) -> FxHashMap<DefId, Ty> {
        let tcx = self.tcx();
        let mut found = FxHashMap::default();
        for written in tcx.catalog.written_paths() {
            let Walk::Found(defs, 0) = self.walk_once(written, Ns::Types) else { continue };
            let Some(def) = defs.first().and_then(Res::def) else { continue };
            let canonical = tcx.catalog.canonical(written);
            let is_type = matches!(tcx.defs.def(def).kind, DefKind::Struct | DefKind::Enum);
            if !is_type || canonical.alias.is_some() {
                continue;
            }
            let stands_for = match self.walk(&canonical.path, Ns::Types) {
                Walk::Found(others, 0) if others.first() != Some(&Res::Def(def)) => self.defined(&others, Vec::new()),
                Walk::Unread(path) => tcx.external_type(&path, Vec::new()),
                _ => continue,
            };
            found.insert(def, stands_for);
        }
        found
    }

    fn defined(&self, found: &[Res], args: Vec<Ty>) -> Ty {
        let tcx = self.tcx();
        let Some(Res::Def(def)) = found.first() else { return Ty::Unknown };
        match tcx.defs.def(*def).kind {
            DefKind::Alias => tcx.alias_of(*def, args),
            DefKind::Trait => Ty::Bounds(Arc::from([TraitRef { head: TraitId::Def(*def), args, bindings: vec![] }])),
            DefKind::Struct | DefKind::Enum if found.len() == 1 => Ty::Adt(*def, args.into()),
            // Several definitions, one for each `cfg`.
            _ => Ty::Unknown,
        }
    }

    /// Whether a row's type can be the source's: what either leaves open agrees with everything.
    pub(super) fn agree(&self, row: &Ty, source: &Ty) -> bool {
        self.agree_at(row, source, 0)
    }

    fn agree_at(&self, row: &Ty, source: &Ty, depth: u32) -> bool {
        let is_open = |ty: &Ty| matches!(ty, Ty::Unknown | Ty::Param(_) | Ty::Assoc(..) | Ty::Bounds(_) | Ty::Never);
        let (row, source) = (self.of_std(row.peel_refs()), self.of_std(source.peel_refs()));
        let (row, source) = (row.peel_refs(), source.peel_refs());
        if depth > MAX_DEPTH || is_open(row) || is_open(source) {
            return true;
        }
        let all = |rows: &[Ty], sources: &[Ty]| rows.iter().zip(sources).all(|(r, s)| self.agree_at(r, s, depth + 1));
        let direct = match (row, source) {
            (Ty::Adt(a, rows), Ty::Adt(b, sources)) => a == b && all(rows, sources),
            (Ty::External(a, rows), Ty::External(b, sources)) => a == b && all(rows, sources),
            (Ty::Tuple(rows), Ty::Tuple(sources)) => rows.len() == sources.len() && all(rows, sources),
            (Ty::Future(row), Ty::Future(source)) | (Ty::Slice(row), Ty::Slice(source)) => {
                self.agree_at(row, source, depth + 1)
            }
            (Ty::Callable(..), Ty::Callable(..)) => true,
            (Ty::Prim(a), Ty::Prim(b)) => a == b,
            _ => false,
        };
        let stands_for = match source {
            Ty::Adt(def, _) => self.stand_ins.get(def),
            _ => None,
        };
        direct
            || self.agree_through(row, source, depth)
            || stands_for.is_some_and(|other| self.agree_at(row, other, depth + 1))
    }

    /// A type of the standard library as its definition, where that library is among the sources.
    fn of_std<'t>(&self, ty: &'t Ty) -> Cow<'t, Ty> {
        let Ty::External(path, args) = ty else { return Cow::Borrowed(ty) };
        match path.starts_with("std::").then(|| self.walk(path, Ns::Types)) {
            Some(Walk::Found(found, 0)) => Cow::Owned(self.defined(&found, args.to_vec())),
            _ => Cow::Borrowed(ty),
        }
    }

    /// Owning pointers, and types that implement what the row names.
    fn agree_through(&self, row: &Ty, source: &Ty, depth: u32) -> bool {
        let (bare_row, bare_source) = (row.peel_pointers(), source.peel_pointers());
        if (bare_row, bare_source) != (row, source) {
            return self.agree_at(bare_row, bare_source, depth + 1);
        }
        match row {
            Ty::Future(output) => self.output_of(source).is_some_and(|found| self.agree_at(output, &found, depth + 1)),
            Ty::External(path, _) if path.starts_with("std::iter::") || path.starts_with("futures::") => {
                self.implements(source, path)
            }
            _ => false,
        }
    }

    pub(super) fn implements(&self, ty: &Ty, path: &str) -> bool {
        let last = path.rsplit("::").next().unwrap_or(path);
        self.tcx().impls_of_type(ty).any(|data| {
            data.trait_id.as_ref().is_some_and(|head| match head {
                TraitId::External(found) => found.rsplit("::").next() == Some(last),
                TraitId::Def(def) => self.tcx().defs.text(self.tcx().defs.def(*def).name) == last,
            })
        })
    }

    /// What awaiting a value yields, if it can be awaited; an open type may be.
    pub(super) fn output_of(&self, ty: &Ty) -> Option<Ty> {
        let tcx = self.tcx();
        match ty.peel_pointers() {
            Ty::Future(output) => Some((**output).clone()),
            Ty::Unknown | Ty::Assoc(..) | Ty::Param(_) => Some(Ty::Unknown),
            Ty::Bounds(bounds) => {
                let is_future = |bound: &TraitRef| match &bound.head {
                    TraitId::Def(def) => tcx.defs.text(tcx.defs.def(*def).name).ends_with("Future"),
                    TraitId::External(path) => path.ends_with("Future"),
                };
                bounds.iter().any(is_future).then_some(Ty::Unknown)
            }
            found @ (Ty::Adt(..) | Ty::External(..)) => {
                if found.external_path().is_some_and(|path| path.ends_with("Future")) {
                    return Some(Ty::Unknown);
                }
                let awaited = tcx.impls_of_type(found).find(|data| match &data.trait_id {
                    Some(TraitId::External(path)) => FUTURES.contains(&&**path) || path.ends_with("::Future"),
                    Some(TraitId::Def(def)) => tcx.defs.text(tcx.defs.def(*def).name).ends_with("Future"),
                    None => false,
                })?;
                let name = tcx.defs.names.find("Output").or_else(|| tcx.defs.names.find("Item"))?;
                let output = tcx.assoc_in(awaited.def, name);
                Some(output.map_or(Ty::Unknown, |ty| ty.subst(&tcx.bind_impl(awaited, found))))
            }
            _ => None,
        }
    }

    /// A type as people write it.
    pub(super) fn show(&self, ty: &Ty) -> String {
        show(self.tcx(), ty)
    }

    /// The type that a definition declares, its parameters as arguments.
    pub(super) fn type_of(&self, def: DefId) -> Ty {
        let tcx = self.tcx();
        match tcx.defs.def(def).kind {
            DefKind::Alias => tcx.alias_of(def, Vec::new()),
            _ => tcx.adt_type(def),
        }
    }
}
