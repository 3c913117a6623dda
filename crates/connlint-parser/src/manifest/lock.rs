//! `Cargo.lock`: which version of a package a dependency is.

use semver::{Version, VersionReq};
use toml::{Table, Value};

use super::fields::{str_in, strings_in};

/// The packages of a lock file.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// Sorted by name.
    packages: Vec<LockedPackage>,
}

/// What the lock file shows of a package that is not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LockedOrigin {
    /// The registry or repository, as written; none for a folder.
    pub(crate) source: Option<String>,
    /// The names of the packages that it depends on, sorted.
    pub(crate) dependencies: Vec<String>,
}

#[derive(Debug)]
struct LockedPackage {
    name: String,
    version: String,
    /// None for a local package.
    source: Option<String>,
    /// `name`, `name version` or `name version (source)`, sorted by name.
    dependencies: Vec<String>,
}

impl Lock {
    /// Reads a lock file; `None` where it is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let entries = table.get("package").and_then(Value::as_array).into_iter().flatten();
        let mut packages: Vec<_> = entries.filter_map(|entry| LockedPackage::read(entry.as_table()?)).collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Self { packages })
    }

    /// The version of `package` that `dependent` uses, of several the one that `requirement` admits.
    pub(crate) fn version(&self, dependent: &str, package: &str, requirement: Option<&str>) -> Option<String> {
        let named: Vec<&str> = self.named(package).iter().map(|locked| locked.version.as_str()).collect();
        let listed = self.listed(dependent, package);
        let listed: Vec<&str> = named.iter().copied().filter(|version| listed.contains(version)).collect();
        let candidates = if listed.is_empty() { named } else { listed };
        choose(&candidates, requirement)
    }

    /// Where a locked package comes from, and the names of the packages that it depends on, sorted.
    pub(crate) fn origin(&self, package: &str, version: &str) -> LockedOrigin {
        let Some(locked) = self.named(package).iter().find(|locked| locked.version == version) else {
            return LockedOrigin::default();
        };
        let names = locked.dependencies.iter().map(|entry| entry_name(entry));
        let mut dependencies: Vec<String> = names.map(str::to_owned).collect();
        dependencies.dedup();
        LockedOrigin { source: locked.source.clone(), dependencies }
    }

    fn named(&self, name: &str) -> &[LockedPackage] {
        let start = self.packages.partition_point(|package| package.name.as_str() < name);
        let end = self.packages.partition_point(|package| package.name.as_str() <= name);
        self.packages.get(start..end).unwrap_or_default()
    }

    /// The versions that the lock file lists for `package` among the dependencies of the local package `dependent`.
    fn listed(&self, dependent: &str, package: &str) -> Vec<&str> {
        let local = self.named(dependent).iter().filter(|locked| locked.source.is_none());
        let entries = local.flat_map(|locked| {
            let start = locked.dependencies.partition_point(|entry| entry_name(entry) < package);
            let entries = locked.dependencies.get(start..).unwrap_or_default();
            entries.iter().take_while(|entry| entry_name(entry) == package)
        });
        entries.filter_map(|entry| entry.split(' ').nth(1)).collect()
    }
}

fn entry_name(entry: &str) -> &str {
    entry.split(' ').next().unwrap_or(entry)
}

impl LockedPackage {
    fn read(table: &Table) -> Option<Self> {
        let mut dependencies = strings_in(table, "dependencies");
        dependencies.sort_by(|a, b| entry_name(a).cmp(entry_name(b)));
        Some(Self {
            name: str_in(table, "name")?.to_owned(),
            version: str_in(table, "version")?.to_owned(),
            source: str_in(table, "source").map(str::to_owned),
            dependencies,
        })
    }
}

/// The highest version that the requirement admits; without a requirement (a git or path dependency) the highest.
fn choose(candidates: &[&str], requirement: Option<&str>) -> Option<String> {
    let requirement = requirement.and_then(|text| VersionReq::parse(text).ok());
    let versions = candidates.iter().filter_map(|text| Some((Version::parse(text).ok()?, *text)));
    let admitted = versions.filter(|(version, _)| requirement.as_ref().is_none_or(|req| req.matches(version)));
    admitted.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, text)| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
        version = 4
        [[package]]
        name = "app"
        version = "0.1.0"
        dependencies = ["redis 0.25.1", "serde"]
        [[package]]
        name = "redis"
        version = "0.25.1"
        source = "registry+https://github.com/rust-lang/crates.io-index"
        [[package]]
        name = "redis"
        version = "0.27.0"
        source = "registry+https://github.com/rust-lang/crates.io-index"
        [[package]]
        name = "serde"
        version = "1.0.200"
        source = "registry+https://github.com/rust-lang/crates.io-index"
    "#;

    #[test]
    fn of_several_versions_the_admitted_one_is_chosen() {
        let lock = Lock::parse(LOCK).unwrap();
        assert_eq!(lock.version("other", "redis", Some("0.25")).as_deref(), Some("0.25.1"));
        assert_eq!(lock.version("other", "redis", Some("0.27")).as_deref(), Some("0.27.0"));
        assert_eq!(lock.version("other", "redis", Some("0.99")), None);
        assert_eq!(lock.version("other", "absent", Some("1")), None);
    }

    #[test]
    fn the_dependents_own_list_decides_where_the_requirement_admits_several() {
        let lock = Lock::parse(LOCK).unwrap();
        assert_eq!(lock.version("app", "redis", Some("*")).as_deref(), Some("0.25.1"));
        assert_eq!(lock.version("other", "redis", None).as_deref(), Some("0.27.0"));
        assert_eq!(lock.version("app", "serde", Some("1")).as_deref(), Some("1.0.200"));
    }

    #[test]
    fn where_a_package_comes_from_and_what_it_depends_on_is_told() {
        let lock = Lock::parse(LOCK).unwrap();
        let app = LockedOrigin { source: None, dependencies: vec!["redis".to_owned(), "serde".to_owned()] };
        assert_eq!(lock.origin("app", "0.1.0"), app);
        let redis = lock.origin("redis", "0.25.1");
        assert!(redis.source.is_some_and(|source| source.ends_with("crates.io-index")));
        assert_eq!(lock.origin("redis", "9.9.9"), LockedOrigin::default());
    }

    #[test]
    fn text_that_is_no_lock_file_is_none() {
        assert!(Lock::parse("<<<<<<< HEAD").is_none());
    }
}
