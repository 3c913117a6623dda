//! Paths of other crates in canonical form, each asked of the catalog once.

use std::sync::PoisonError;

use crate::names::external_path::ExternalPath;
use crate::names::resolve::{Canonical, Resolver};

impl<'w> Resolver<'w> {
    /// The canonical form of an external path.
    pub(crate) fn canonical(&self, path: &str) -> ExternalPath {
        self.look_up(ExternalPath::of(path)).path
    }

    pub(crate) fn look_up(&self, path: ExternalPath) -> Canonical<'w> {
        if let Some(&found) = self.canonical.read().unwrap_or_else(PoisonError::into_inner).get(&path) {
            return found;
        }
        let found = self.canonical_of(path.text());
        self.canonical.write().unwrap_or_else(PoisonError::into_inner).insert(path, found);
        found
    }

    fn canonical_of(&self, path: &'static str) -> Canonical<'w> {
        let found = self.catalog.canonical(self.re_exported(path).unwrap_or(path));
        let is_result = path.rsplit("::").next().is_some_and(|last| last.ends_with("Result"));
        Canonical {
            path: ExternalPath::of(&found.path),
            alias: found.alias.filter(|_| found.alias_len == path.split("::").count()),
            is_other_result: is_result && self.catalog.type_model(&found.path, None).is_none(),
        }
    }

    /// The module that `wiki::reqwest::header` is, where nothing is known of `wiki`.
    pub(crate) fn behind_facade(&self, path: &str) -> Option<ExternalPath> {
        let (first, mut rest) = path.split_once("::")?;
        if self.catalog.has_crate(first) {
            return None;
        }
        loop {
            if self.catalog.has_crate(rest.split("::").next()?) {
                return Some(ExternalPath::of(rest));
            }
            (_, rest) = rest.split_once("::")?;
        }
    }

    /// What `wiki::reqwest::Client` names, where nothing is known of `wiki`: a crate that another one re-exports under its
    /// own name. Only a path that a row describes is taken for one, because a module may be called like a crate.
    fn re_exported(&self, path: &'static str) -> Option<&'static str> {
        let (first, mut rest) = path.split_once("::")?;
        if self.catalog.crate_of(first).is_some() {
            return None;
        }
        loop {
            let described = || {
                let found = self.catalog.canonical(rest);
                self.catalog.type_model(&found.path, None).is_some() || self.catalog.api(&found.path, None).is_some()
            };
            if self.catalog.crate_of(rest).is_some() && described() {
                return Some(rest);
            }
            (_, rest) = rest.split_once("::")?;
        }
    }
}
