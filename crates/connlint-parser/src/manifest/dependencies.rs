//! Dependency tables as written.

use connlint_facts::DependencyKind;
use toml::{Table, Value};

use super::fields::{str_in, strings_in, table_in};

/// One entry of a dependency table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DependencyEntry {
    /// Its key.
    pub(crate) key: String,
    /// Which table it is in.
    pub(crate) kind: DependencyKind,
    /// `workspace = true`.
    pub(crate) inherited: bool,
    /// `package`, where it is renamed.
    pub(crate) package: Option<String>,
    /// `version`.
    pub(crate) requirement: Option<String>,
    /// `path`, as written.
    pub(crate) path: Option<String>,
    /// `features`.
    pub(crate) features: Vec<String>,
    /// `default-features`.
    pub(crate) defaults: Option<bool>,
}

const TABLES: [(&str, &str, DependencyKind); 3] = [
    ("dependencies", "dependencies", DependencyKind::Normal),
    ("dev-dependencies", "dev_dependencies", DependencyKind::Dev),
    ("build-dependencies", "build_dependencies", DependencyKind::Build),
];

impl DependencyEntry {
    /// The entries of all dependency tables of a manifest, those of `[target.…]` too.
    pub(crate) fn read_all(manifest: &Table) -> Vec<Self> {
        let conditional = table_in(manifest, &["target"]).into_iter().flatten();
        let conditional = conditional.filter_map(|(_, value)| value.as_table());
        let owners: Vec<&Table> = std::iter::once(manifest).chain(conditional).collect();
        let mut entries = Vec::new();
        for (name, old_name, kind) in TABLES {
            for owner in &owners {
                for spelling in [Some(name), (old_name != name).then_some(old_name)].into_iter().flatten() {
                    let table = table_in(owner, &[spelling]).into_iter().flatten();
                    entries.extend(table.map(|(key, value)| Self::read(key, value, kind)));
                }
            }
        }
        entries
    }

    /// One entry.
    pub(crate) fn read(key: &str, value: &Value, kind: DependencyKind) -> Self {
        let empty = Table::new();
        let table = value.as_table().unwrap_or(&empty);
        Self {
            key: key.to_owned(),
            kind,
            inherited: table.get("workspace").and_then(Value::as_bool) == Some(true),
            package: str_in(table, "package").map(str::to_owned),
            requirement: value.as_str().or_else(|| str_in(table, "version")).map(str::to_owned),
            path: str_in(table, "path").map(str::to_owned),
            features: strings_in(table, "features"),
            defaults: ["default-features", "default_features"].iter().find_map(|key| table.get(*key)?.as_bool()),
        }
    }

    /// The package's published name.
    pub(crate) fn package_name(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.key)
    }
}

/// A package that `[patch]` or `[replace]` takes from a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathPatch {
    /// The package's name.
    pub(crate) package: String,
    /// The folder, as written.
    pub(crate) path: String,
}

impl PathPatch {
    /// All such entries of a manifest.
    pub(crate) fn read_all(manifest: &Table) -> Vec<Self> {
        let patches = table_in(manifest, &["patch"]).into_iter().flatten();
        let patches = patches.filter_map(|(_, source)| source.as_table()).flatten();
        let replaced = table_in(manifest, &["replace"]).into_iter().flatten();
        patches.chain(replaced).filter_map(|(key, value)| Self::read(key, value)).collect()
    }

    /// `[replace]` writes its keys as package identifiers: `foo:1.2.0`, `url#foo@1.2.0`.
    fn read(key: &str, value: &Value) -> Option<Self> {
        let table = value.as_table()?;
        let name = str_in(table, "package").unwrap_or(key);
        let name = name.rsplit(['#', '/']).next().unwrap_or(name);
        let name = name.split([':', '@']).next().unwrap_or(name);
        Some(Self { package: name.to_owned(), path: str_in(table, "path")?.to_owned() })
    }
}
