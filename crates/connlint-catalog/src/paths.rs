//! One item, one path: rewriting of the paths that code writes to canonical ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize, Serializer};

/// A path in canonical form, with the type alias that it went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewritten<'a> {
    /// The canonical path.
    pub(crate) path: Cow<'a, str>,
    /// Index of the alias and how many segments of the written path it covered.
    pub(crate) alias: Option<(usize, usize)>,
}

/// Prefixes that have another canonical name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rewrites {
    #[serde(serialize_with = "sorted")]
    prefixes: FxHashMap<String, Target>,
    longest: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Target {
    path: String,
    alias: Option<usize>,
}

/// A chain of re-exports is shorter than this in every crate known; more is a cycle.
const MAX_STEPS: usize = 12;

impl Rewrites {
    /// Adds a rewriting of `from` and all below it; the first one given for a path wins. Whether it changed anything or
    /// said the same.
    pub(crate) fn add(&mut self, from: &str, to: &str, alias: Option<usize>) -> bool {
        if from == to {
            return true;
        }
        self.longest = self.longest.max(segments(from));
        let target = Target { path: to.to_owned(), alias };
        match self.prefixes.entry(from.to_owned()) {
            std::collections::hash_map::Entry::Occupied(present) => *present.get() == target,
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(target);
                true
            }
        }
    }

    /// Takes a rewriting away.
    pub(crate) fn remove(&mut self, from: &str) {
        self.prefixes.remove(from);
    }

    /// All paths that are rewritten.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.prefixes.keys().map(String::as_str)
    }

    /// Other paths that lead to a canonical one, sorted.
    pub(crate) fn others(&self, path: &str) -> Vec<String> {
        let replaced =
            self.prefixes.iter().filter(|(_, target)| target.alias.is_none()).filter_map(|(from, target)| {
                let rest = path.strip_prefix(target.path.as_str())?;
                (rest.is_empty() || rest.starts_with("::")).then(|| format!("{from}{rest}"))
            });
        let mut found: Vec<String> = replaced.collect();
        found.sort();
        found
    }

    /// Brings `path` to canonical form: the longest prefix that has another name is replaced, until none has.
    pub(crate) fn canonical<'a>(&self, path: &'a str) -> Rewritten<'a> {
        let mut path = Cow::Borrowed(path);
        let mut alias = None;
        // Segments of the written path that the prefix looked at covers, while that is known.
        let mut shift: isize = 0;
        for _ in 0..MAX_STEPS {
            let Some((end, target)) = self.longest_prefix(&path) else { break };
            let covered = path.get(..end).map_or(0, segments);
            if alias.is_none()
                && let Some(index) = target.alias
            {
                let written = isize::try_from(covered).unwrap_or(0) + shift;
                alias = Some((index, usize::try_from(written).unwrap_or(0)));
            }
            shift += isize::try_from(covered).unwrap_or(0) - isize::try_from(segments(&target.path)).unwrap_or(0);
            let rest = path.get(end..).unwrap_or_default();
            path = Cow::Owned([target.path.as_str(), rest].concat());
        }
        Rewritten { path, alias }
    }

    /// Whether rewriting `path` comes to an end.
    pub(crate) fn terminates(&self, path: &str) -> bool {
        let end = self.canonical(path).path;
        self.longest_prefix(&end).is_none()
    }

    /// The longest prefix, whole segments, that has another name: its end and what it becomes.
    fn longest_prefix(&self, path: &str) -> Option<(usize, &Target)> {
        let mut found = None;
        let ends = path.match_indices("::").map(|(end, _)| end).chain([path.len()]);
        for end in ends.take(self.longest) {
            if let Some(target) = path.get(..end).and_then(|prefix| self.prefixes.get(prefix)) {
                found = Some((end, target));
            }
        }
        found
    }
}

/// The encoded catalog does not depend on the order of a hash table.
fn sorted<S: Serializer>(prefixes: &FxHashMap<String, Target>, serializer: S) -> Result<S::Ok, S::Error> {
    prefixes.iter().collect::<BTreeMap<_, _>>().serialize(serializer)
}

/// The number of segments of a path.
pub(crate) fn segments(path: &str) -> usize {
    path.split("::").count()
}

/// Adds `path` and the modules that contain it to `known`.
pub(crate) fn add_with_modules(known: &mut FxHashSet<String>, path: &str) {
    let mut path = path;
    while !known.contains(path) {
        known.insert(path.to_owned());
        match path.rsplit_once("::") {
            Some((module, _)) => path = module,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrites() -> Rewrites {
        let mut rewrites = Rewrites::default();
        rewrites.add("core", "std", None);
        rewrites.add("axum::Extension", "axum::extract::Extension", None);
        rewrites.add("sqlx::PgPool", "sqlx::Pool", Some(3));
        rewrites.add("sqlx::postgres::PgPool", "sqlx::PgPool", None);
        rewrites
    }

    #[test]
    fn whole_segments_are_replaced_and_others_left_alone() {
        let rewrites = rewrites();
        assert_eq!(rewrites.canonical("core::option::Option").path, "std::option::Option");
        assert_eq!(rewrites.canonical("core_foundation::x").path, "core_foundation::x");
        assert_eq!(rewrites.canonical("axum::Extension").path, "axum::extract::Extension");
    }

    #[test]
    fn the_alias_and_the_written_segments_it_covers_are_told() {
        let rewrites = rewrites();
        let found = rewrites.canonical("sqlx::PgPool::connect");
        assert_eq!((found.path.as_ref(), found.alias), ("sqlx::Pool::connect", Some((3, 2))));
        let found = rewrites.canonical("sqlx::postgres::PgPool::connect");
        assert_eq!((found.path.as_ref(), found.alias), ("sqlx::Pool::connect", Some((3, 3))));
    }

    #[test]
    fn a_cycle_ends_and_is_noticed() {
        let mut rewrites = Rewrites::default();
        rewrites.add("a", "b", None);
        rewrites.add("b", "a", None);
        assert!(!rewrites.terminates("a::x"));
    }
}
