//! One manifest as data. Fields of the wrong type are as good as absent: cargo would refuse them, an analysis need not.

use std::collections::BTreeMap;

use connlint_facts::TextRange;
use toml::{Table, Value};

use super::dependencies::{DependencyEntry, PathPatch};
use super::fields::{str_in, strings_in, table_in};
use super::targets::TargetTables;

/// A `Cargo.toml`.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// The folder that it is in.
    pub(crate) folder: String,
    /// `[package]`.
    pub(crate) package: Option<PackageTable>,
    /// `[workspace]`.
    pub(crate) workspace: Option<WorkspaceTable>,
    /// Dependencies of all tables, in order of kind, condition and name.
    pub(crate) dependencies: Vec<DependencyEntry>,
    /// `[patch]` and `[replace]` entries that lead to a folder.
    pub(crate) patches: Vec<PathPatch>,
    /// `[features]`.
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// `[package]` with what else describes targets.
#[derive(Debug)]
pub(crate) struct PackageTable {
    /// `name`.
    pub(crate) name: String,
    /// `version`.
    pub(crate) version: Field,
    /// `edition`.
    pub(crate) edition: Field,
    /// `workspace`: where its workspace's root is.
    pub(crate) workspace: Option<String>,
    /// Everything about targets.
    pub(crate) targets: TargetTables,
}

/// A field that may be inherited from the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Not there.
    Absent,
    /// `field.workspace = true`.
    Inherited,
    /// A value.
    Given(String),
}

/// `[workspace]`.
#[derive(Debug, Default)]
pub(crate) struct WorkspaceTable {
    /// `members`, globs as written.
    pub(crate) members: Vec<String>,
    /// `exclude`, as written.
    pub(crate) exclude: Vec<String>,
    /// `[workspace.package] version`.
    pub(crate) version: Option<String>,
    /// `[workspace.package] edition`.
    pub(crate) edition: Option<String>,
    /// `[workspace.dependencies]` by name.
    pub(crate) dependencies: BTreeMap<String, DependencyEntry>,
}

/// Why a manifest is of no use.
#[derive(Debug)]
pub(crate) struct ManifestError {
    /// What is wrong.
    pub(crate) message: String,
    /// Where.
    pub(crate) range: Option<TextRange>,
}

impl Manifest {
    /// Reads the manifest of a folder.
    pub(crate) fn parse(folder: &str, text: &str) -> Result<Self, ManifestError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table: Table = text.parse().map_err(|error: toml::de::Error| ManifestError {
            message: error.message().lines().collect::<Vec<_>>().join(" "),
            range: error
                .span()
                .and_then(|span| Some(TextRange::new(u32::try_from(span.start).ok()?, u32::try_from(span.end).ok()?))),
        })?;
        let package = match table_in(&table, &["package"]).or_else(|| table_in(&table, &["project"])) {
            Some(package) => Some(PackageTable::read(package, &table)?),
            None => None,
        };
        let workspace = table_in(&table, &["workspace"]).map(WorkspaceTable::read);
        if package.is_none() && workspace.is_none() {
            let message = "it has neither a `[package]` nor a `[workspace]` table".to_owned();
            return Err(ManifestError { message, range: None });
        }
        let dependencies = DependencyEntry::read_all(&table);
        let (patches, features) = (PathPatch::read_all(&table), features(&table));
        Ok(Self { folder: folder.to_owned(), package, workspace, dependencies, patches, features })
    }
}

/// `[features]`: what each turns on.
fn features(manifest: &Table) -> BTreeMap<String, Vec<String>> {
    let Some(table) = table_in(manifest, &["features"]) else { return BTreeMap::new() };
    table.keys().map(|feature| (feature.clone(), strings_in(table, feature))).collect()
}

impl PackageTable {
    fn read(package: &Table, manifest: &Table) -> Result<Self, ManifestError> {
        let Some(name) = str_in(package, "name").filter(|name| is_package_name(name)) else {
            return Err(ManifestError { message: "its `package.name` is missing or no name".to_owned(), range: None });
        };
        Ok(Self {
            name: name.to_owned(),
            version: Field::read(package, "version"),
            edition: Field::read(package, "edition"),
            workspace: str_in(package, "workspace").map(str::to_owned),
            targets: TargetTables::read(package, manifest),
        })
    }
}

/// Letters of any script, digits, `-` and `_`; a template's `{{name}}` is none.
fn is_package_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

impl Field {
    fn read(table: &Table, key: &str) -> Self {
        match table.get(key) {
            Some(Value::String(text)) => Self::Given(text.clone()),
            Some(Value::Table(inner)) if inner.get("workspace").and_then(Value::as_bool) == Some(true) => {
                Self::Inherited
            }
            _ => Self::Absent,
        }
    }
}

impl WorkspaceTable {
    fn read(table: &Table) -> Self {
        let package = table_in(table, &["package"]);
        let field = |key| package.and_then(|package| str_in(package, key)).map(str::to_owned);
        let dependencies = table_in(table, &["dependencies"]).into_iter().flatten();
        Self {
            members: strings_in(table, "members"),
            exclude: strings_in(table, "exclude"),
            version: field("version"),
            edition: field("edition"),
            dependencies: dependencies
                .map(|(name, value)| {
                    (name.clone(), DependencyEntry::read(name, value, connlint_facts::DependencyKind::Normal))
                })
                .collect(),
        }
    }
}
