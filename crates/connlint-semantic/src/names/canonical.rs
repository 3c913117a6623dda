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
        let found = self.catalog.canonical(path);
        let is_result = path.rsplit("::").next().is_some_and(|last| last.ends_with("Result"));
        Canonical {
            path: ExternalPath::of(&found.path),
            alias: found.alias.filter(|_| found.alias_len == path.split("::").count()),
            is_other_result: is_result && self.catalog.type_model(&found.path, None).is_none(),
        }
    }
}
