//! Which crates that are not read can know each other: `Cargo.lock` lists what each depends on.

use connlint_facts::ExternalPackage;
use rustc_hash::{FxHashMap, FxHashSet};

/// What packages depend on, by the name that their library has in paths.
#[derive(Debug, Default)]
pub(crate) struct LockedGraph {
    dependencies: FxHashMap<String, FxHashSet<String>>,
    /// Published crates that depend on nothing that connects, by themselves.
    offline: FxHashSet<String>,
}

impl LockedGraph {
    /// `connects`: whether a package is one that runs on sockets or deals in connections.
    pub(crate) fn of(external: &[ExternalPackage], connects: impl Fn(&str) -> bool) -> Self {
        let is_online = |package: &&ExternalPackage| {
            let listed = &package.dependencies;
            package.version.is_none() || !package.is_published() || listed.iter().any(|name| connects(name))
        };
        let mut online: FxHashSet<&str> = external.iter().filter(is_online).map(|package| &*package.package).collect();
        // A facade is what it consists of: `rpc` of `rpc-core` and `rpc-client`.
        let facade = |package: &&ExternalPackage| {
            let mut parts = package.dependencies.iter().filter_map(|name| name.strip_prefix(&*package.package));
            parts.any(|part| part.starts_with(['-', '_']) && online.contains(&*format!("{}{part}", package.package)))
        };
        let facades: Vec<&str> = external.iter().filter(facade).map(|package| &*package.package).collect();
        online.extend(facades);
        let offline = external.iter().map(|package| &*package.package).filter(|name| !online.contains(name));
        let offline = offline.map(|name| name.replace('-', "_")).collect();
        let mut dependencies: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
        // Of several versions of a package any may be meant.
        for package in external.iter().filter(|package| package.version.is_some()) {
            let lib = package.package.replace('-', "_");
            dependencies.entry(lib).or_default().extend(package.dependencies.iter().map(|name| name.replace('-', "_")));
        }
        Self { dependencies, offline }
    }

    /// Whether `Cargo.lock` lists one of some packages among the dependencies of a crate.
    pub(crate) fn depends_on_one(&self, lib: &str, packages: &[String]) -> bool {
        packages.iter().any(|package| self.depends_on(lib, package))
    }

    /// Whether `Cargo.lock` lists a package, by its name or its library's, among the dependencies of a crate.
    pub(crate) fn depends_on(&self, lib: &str, package: &str) -> bool {
        self.dependencies.get(lib).is_some_and(|listed| listed.contains(&*package.replace('-', "_")))
    }

    /// Whether a crate, by its name in paths, is a published one that by itself depends on nothing that connects.
    pub(crate) fn is_offline(&self, lib: &str) -> bool {
        self.offline.contains(lib)
    }

    /// Whether one of two crates, by the name of package or library, may implement a trait of the other, or for a type of
    /// the other: only a crate that depends on the other one can. What the lock file does not list may.
    pub(crate) fn may_know(&self, a: &str, b: &str) -> bool {
        let (a, b) = (&*a.replace('-', "_"), &*b.replace('-', "_"));
        let names = |from: &str, to: &str| self.dependencies.get(from).map(|names| names.contains(to));
        a == b || names(a, b).unwrap_or(true) || names(b, a).unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: Option<&str>, dependencies: &[&str]) -> ExternalPackage {
        ExternalPackage {
            package: name.to_owned(),
            version: version.map(str::to_owned),
            source: None,
            folder: None,
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn only_what_is_locked_without_an_edge_is_apart() {
        let graph = LockedGraph::of(
            &[
                package("some-cache", Some("1.0.0"), &["tokio"]),
                package("sea-orm", Some("1.1.0"), &["sqlx"]),
                package("sqlx", Some("0.8.0"), &[]),
                package("unlocked", None, &[]),
            ],
            |package| package == "sqlx",
        );
        assert!(!graph.may_know("some_cache", "sea_orm"));
        assert!(graph.may_know("sqlx", "sea_orm"));
        assert!(graph.may_know("unlocked", "sea_orm"));
        assert!(graph.may_know("sea_orm", "sea_orm"));
    }

    #[test]
    fn only_what_is_published_and_depends_on_nothing_that_connects_is_offline() {
        let published = |name: &str, dependencies: &[&str]| ExternalPackage {
            source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
            ..package(name, Some("1.0.0"), dependencies)
        };
        let packages = [
            published("some-id", &["serde"]),
            published("some-client", &["serde", "reqwest"]),
            package("own-types", Some("1.0.0"), &["serde"]),
        ];
        let graph = LockedGraph::of(&packages, |package| package == "reqwest");
        let offline = ["some_id", "some_client", "own_types", "not_listed"].map(|lib| graph.is_offline(lib));
        assert_eq!(offline, [true, false, false, false]);
    }

    #[test]
    fn a_facade_is_what_it_consists_of() {
        let version = Some("1.0.0");
        let published = |name, dependencies| ExternalPackage {
            source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
            ..package(name, version, dependencies)
        };
        let graph = LockedGraph::of(
            &[
                published("some-rpc", &["some-rpc-core", "some-rpc-client"]),
                published("some-rpc-core", &[]),
                published("some-rpc-client", &["sockets"]),
                published("uses-rpc", &["some-rpc"]),
            ],
            |package| package == "sockets",
        );
        assert!(!graph.is_offline("some_rpc"));
        assert!(graph.is_offline("some_rpc_core"));
        assert!(graph.is_offline("uses_rpc"), "of others, only what they depend on themselves counts");
    }
}
