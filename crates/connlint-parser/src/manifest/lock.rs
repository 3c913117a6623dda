//! `Cargo.lock`: which version of a package a dependency is.

use semver::{Version, VersionReq};
use toml::{Table, Value};

use super::table::{str_in, strings_in};

/// The packages of a lock file.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// Sorted by name.
    packages: Vec<LockedPackage>,
}

#[derive(Debug)]
struct LockedPackage {
    name: String,
    version: String,
    is_local: bool,
    /// `name`, `name version` or `name version (source)`.
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

    /// The names of the packages that a locked package depends on, sorted.
    pub(crate) fn dependencies(&self, package: &str, version: &str) -> Vec<String> {
        let locked = self.named(package).iter().find(|locked| locked.version == version);
        let names = locked.into_iter().flat_map(|locked| &locked.dependencies);
        let mut names: Vec<String> = names.filter_map(|entry| entry.split(' ').next()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    fn named(&self, name: &str) -> &[LockedPackage] {
        let start = self.packages.partition_point(|package| package.name.as_str() < name);
        let end = self.packages.partition_point(|package| package.name.as_str() <= name);
        self.packages.get(start..end).unwrap_or_default()
    }

    /// The versions that the lock file lists for `package` among the dependencies of the local package `dependent`.
    fn listed(&self, dependent: &str, package: &str) -> Vec<&str> {
        let local = self.named(dependent).iter().filter(|locked| locked.is_local);
        let entries = local.flat_map(|locked| &locked.dependencies).map(|entry| entry.split(' '));
        entries.filter_map(|mut parts| if parts.next() == Some(package) { parts.next() } else { None }).collect()
    }
}

impl LockedPackage {
    fn read(table: &Table) -> Option<Self> {
        Some(Self {
            name: str_in(table, "name")?.to_owned(),
            version: str_in(table, "version")?.to_owned(),
            is_local: !table.contains_key("source"),
            dependencies: strings_in(table, "dependencies"),
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
    fn what_a_package_depends_on_is_told_by_name() {
        let lock = Lock::parse(LOCK).unwrap();
        assert_eq!(lock.dependencies("app", "0.1.0"), ["redis", "serde"]);
        assert!(lock.dependencies("redis", "0.25.1").is_empty());
    }

    #[test]
    fn text_that_is_no_lock_file_is_none() {
        assert!(Lock::parse("<<<<<<< HEAD").is_none());
    }
}
