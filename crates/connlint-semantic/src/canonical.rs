//! Paths of other crates in canonical form, each asked of the catalogue once.

use std::sync::PoisonError;

use connlint_catalog::AliasModel;

use crate::ext_path::ExtPath;
use crate::resolve::Resolver;
use crate::ty::Ty;

/// What the catalogue makes of a path as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Canonical<'w> {
    path: ExtPath,
    /// The type alias that the whole path is.
    alias: Option<&'w AliasModel>,
    /// Whether it is called like a `Result`, and the catalogue has no such type.
    is_other_result: bool,
}

impl<'w> Resolver<'w> {
    /// The canonical form of an external path.
    pub(crate) fn canonical(&self, path: &str) -> ExtPath {
        self.look_up(ExtPath::of(path)).path
    }

    fn look_up(&self, path: ExtPath) -> Canonical<'w> {
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
            path: ExtPath::of(&found.path),
            alias: found.alias.filter(|_| found.alias_len == path.split("::").count()),
            is_other_result: is_result && self.catalog.type_model(&found.path, None).is_none(),
        }
    }

    /// A type of a crate that is not read.
    pub(crate) fn ext_type(&self, path: &str, mut args: Vec<Ty>) -> Ty {
        let Canonical { path, alias, is_other_result } = self.look_up(ExtPath::of(path));
        if let Some(alias) = alias {
            args.resize(alias.generics.len().max(args.len()), Ty::Unknown);
            return self.instantiate(&alias.target, &args, None);
        }
        if is_other_result && !args.is_empty() {
            // `somecrate::Result<T>` (`KafkaResult<T>`, …) is std's with the crate's own error in every crate seen.
            args.resize(2.max(args.len()), Ty::Unknown);
            args.truncate(2);
            return Ty::ext(ExtPath::of("std::result::Result"), args);
        }
        self.special_ext(path, args)
    }
}
