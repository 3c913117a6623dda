//! What the manifest of a package says of the code that may be written in it.

use std::collections::BTreeSet;

use connlint_diagnostics::Target;
use connlint_facts::RelPath;
use connlint_output::Sources;
use toml::{Table, Value};

/// The manifest of the package that a file belongs to.
#[derive(Clone, Debug, Default)]
pub(super) struct Package {
    /// The least version of Rust, where one is declared.
    rust_version: Option<(u32, u32)>,
    /// The names of its dependencies, as code writes them.
    dependencies: BTreeSet<String>,
}

impl Package {
    /// The package of a file; one without dependencies if none is known.
    pub(super) fn of(file: &RelPath, targets: &[Target], sources: &dyn Sources) -> Self {
        let folder = targets.iter().find(|target| target.files.contains(file)).map(|target| target.folder.as_str());
        let manifest = |folder: &str| {
            let path = if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
            sources.text(&RelPath::new(path)).and_then(|text| text.parse::<Table>().ok())
        };
        let own = folder.and_then(manifest).unwrap_or_default();
        let inherited = || manifest("").and_then(|root| table(&root, "workspace").cloned());
        Self::read(&own, inherited)
    }

    fn read(manifest: &Table, workspace: impl FnOnce() -> Option<Table>) -> Self {
        let declared = table(manifest, "package").and_then(|package| package.get("rust-version"));
        let rust_version = match declared {
            Some(Value::String(version)) => parsed(version),
            Some(_) => workspace().as_ref().and_then(|workspace| {
                table(workspace, "package")?.get("rust-version").and_then(Value::as_str).and_then(parsed)
            }),
            None => None,
        };
        let of_platforms =
            table(manifest, "target").into_iter().flat_map(|all| all.values().filter_map(Value::as_table));
        let tables = std::iter::once(manifest).chain(of_platforms).filter_map(|part| table(part, "dependencies"));
        let dependencies = tables.flat_map(|table| table.keys()).map(|name| name.replace('-', "_")).collect();
        Self { rust_version, dependencies }
    }

    /// Whether code of the package may name a crate.
    pub(super) fn depends_on(&self, krate: &str) -> bool {
        self.dependencies.contains(krate)
    }

    /// Whether the package does not promise to build with a Rust older than this.
    pub(super) fn may_use_rust(&self, version: (u32, u32)) -> bool {
        self.rust_version.is_none_or(|least| least >= version)
    }
}

fn table<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    table.get(key)?.as_table()
}

fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next().flatten().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(manifest: &str, workspace: &str) -> Package {
        Package::read(&manifest.parse().unwrap(), || workspace.parse().ok())
    }

    #[test]
    fn rust_version_is_the_packages_or_the_workspaces() {
        let own = read("package.rust-version = \"1.79\"", "");
        assert!(!own.may_use_rust((1, 80)) && own.may_use_rust((1, 70)));
        let inherited = read("package.rust-version.workspace = true", "package.rust-version = \"1.80.1\"");
        assert!(inherited.may_use_rust((1, 80)) && !inherited.may_use_rust((1, 81)));
        assert!(read("", "").may_use_rust((1, 80)));
    }

    #[test]
    fn dependencies_of_platforms_count() {
        let package = read("dependencies.a-b = \"1\"\n[target.'cfg(unix)'.dependencies]\nc = \"1\"", "");
        assert!(package.depends_on("a_b") && package.depends_on("c") && !package.depends_on("d"));
    }
}
