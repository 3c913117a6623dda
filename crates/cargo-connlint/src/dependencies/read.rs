//! `--dependencies`: what the sources of dependencies show that the catalog does not know.
//!
//! Each crate is read by itself, after those that it depends on itself, and only its rows are kept: what its public
//! functions do, which callables they run, which methods of its traits it calls. Rows of a published version never change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use connlint_catalog::{Catalog, CatalogError, CrateModels, ModelSource};
use connlint_facts::{DependencyKind, ExternalPackage, Notice, NoticeKind, TargetKind, WorkspaceFacts};
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::library_model;
use rayon::prelude::*;

use super::rows::{About, write};
use super::sources::{Found, Sources, Wanted};
use super::unknown::of_program;
use crate::cache::KeptModels;
use crate::config::parse_models;

/// Dependencies of dependencies are read so far.
const MAX_LEVELS: usize = 3;
/// Rows of a crate: a name for messages, and TOML.
type Rows = (String, Arc<str>);

/// What the sources of dependencies show.
#[derive(Debug, Default)]
pub(crate) struct ReadDependencies {
    /// The rows of the program's own dependencies.
    rows: Vec<Rows>,
    /// What was not read, and why.
    pub(crate) notices: Vec<Notice>,
}

impl ReadDependencies {
    /// The catalog with what was read on top.
    pub(crate) fn onto(&self, catalog: Catalog) -> Result<Catalog, CatalogError> {
        catalog.with(sources_of(&self.rows))
    }

    /// Leaves out the crates that describe the same path in two ways: which of the two is meant is not known.
    fn without_contradictions(mut self) -> Self {
        while let Err(error) = Catalog::builtin_with(sources_of(&self.rows)) {
            let before = self.rows.len();
            self.rows.retain(|(name, _)| **name != *error.file);
            self.notices.push(notice(format!("{} were left out: {}", error.file, error.message)));
            if self.rows.len() == before {
                self.rows.clear();
            }
        }
        self
    }
}

/// Reads the dependencies of a project that the catalog does not know and that deal in connections or run on sockets,
/// where their sources are at hand.
pub(crate) fn read(
    facts: &WorkspaceFacts,
    catalog: &Catalog,
    sources: &Sources,
    kept: Option<&KeptModels>,
) -> ReadDependencies {
    let reader = Reader { connecting: catalog.connecting_packages().collect(), catalog, sources, kept };
    let levels = reader.levels(of_program(facts));
    let mut found = ReadDependencies::default();
    let mut all: Vec<Rows> = Vec::new();
    for level in levels.iter().rev() {
        let read: Vec<_> = level.par_iter().map(|package| reader.rows(package, &all)).collect();
        for (package, rows) in level.iter().zip(read) {
            let rows = rows.map(|rows| (format!("sources of {} {}", package.name, package.version), rows));
            match rows {
                Ok(rows) if package.of_program => {
                    found.rows.push(rows.clone());
                    all.push(rows);
                }
                Ok(rows) => all.push(rows),
                Err(why) => found.notices.push(notice(format!("the sources of `{}` {why}", package.name))),
            }
        }
    }
    found.without_contradictions()
}

/// A package to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    source: Found,
    /// Whether the program depends on it, rather than one of its dependencies only.
    of_program: bool,
}

struct Reader<'a> {
    /// Packages that run on sockets or deal in connections.
    connecting: BTreeSet<&'a str>,
    catalog: &'a Catalog,
    sources: &'a Sources,
    kept: Option<&'a KeptModels>,
}

impl Reader<'_> {
    /// The packages to read: those of the program, then those that these depend on. One that is needed on several levels
    /// is read with the last one.
    fn levels(&self, of_program: Vec<&ExternalPackage>) -> Vec<Vec<Package>> {
        let mut levels: Vec<BTreeMap<PathBuf, Package>> = Vec::new();
        let connects = |external: &&ExternalPackage| {
            let listed = &external.dependencies;
            listed.is_empty() || listed.iter().any(|name| self.connecting.contains(name.as_str()))
        };
        let mut next: Vec<Wanted> = of_program.into_iter().filter(connects).map(Wanted::from).collect();
        while !next.is_empty() && levels.len() < MAX_LEVELS {
            let mut level = BTreeMap::new();
            let mut further = Vec::new();
            next.retain(|wanted| !self.catalog.has_crate(&wanted.package.replace('-', "_")));
            for wanted in next {
                let Some(source) = self.sources.find(&wanted) else { continue };
                let Some(manifest) = Manifest::read(&source.folder) else { continue };
                if !manifest.dependencies.iter().any(|wanted| self.connecting.contains(wanted.package.as_str())) {
                    continue;
                }
                further.extend(manifest.dependencies);
                let earlier =
                    levels.iter_mut().find_map(|level: &mut BTreeMap<_, Package>| level.remove(&source.folder));
                let of_program = levels.is_empty() || earlier.is_some_and(|earlier| earlier.of_program);
                let version = wanted.version.or(manifest.version).unwrap_or_default();
                let package = Package { name: wanted.package, version, source: source.clone(), of_program };
                level.insert(source.folder, package);
            }
            levels.push(level);
            next = further;
        }
        levels.into_iter().map(|level| level.into_values().collect()).collect()
    }

    /// The rows of a package, by those of what it depends on.
    fn rows(&self, package: &Package, below: &[Rows]) -> Result<Arc<str>, String> {
        let folder = &package.source.folder;
        let kept = self.kept.filter(|_| package.source.is_published);
        if let Some(rows) = kept.and_then(|kept| kept.rows(folder)) {
            return Ok(rows.into());
        }
        let limits = Limits { current_pool: true, ..Limits::default() };
        let facts = parse_workspace(folder, &limits).map_err(|error| format!("could not be read: {error}"))?;
        let of_below = below.iter().filter(|(_, rows)| depends_on(&facts, &package.name, rows)).cloned();
        let of_below = ReadDependencies { rows: of_below.collect(), ..Default::default() }.without_contradictions();
        let catalog = Catalog::builtin_with(sources_of(&of_below.rows)).map_err(|error| error.to_string())?;
        let library = library_model(&facts, &catalog, &package.name).ok_or("hold no library of that name")?;
        let versions = Some(&package.version).filter(|version| !version.is_empty());
        let versions = versions.map(|version| format!("={version}"));
        let mut rows = Vec::new();
        write(&About { package: &package.name, versions, catalog: &catalog }, &library, &mut rows)
            .map_err(|error| error.to_string())?;
        let rows: Arc<str> = String::from_utf8_lossy(&rows).into();
        let own = [(package.name.clone(), rows.clone())];
        Catalog::builtin_with(sources_of(&own)).map_err(|error| format!("tell what no row can say: {error}"))?;
        if let Some(kept) = kept {
            kept.keep(folder, &rows);
        }
        Ok(rows)
    }
}

/// What a manifest says that matters here.
struct Manifest {
    version: Option<String>,
    /// What it depends on, optional ones too.
    dependencies: Vec<Wanted>,
}

impl Manifest {
    /// That of a package. That of a repository with several packages has all that they inherit.
    fn read(folder: &Path) -> Option<Self> {
        let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
        let workspace = manifest.get("workspace");
        let inherited = workspace.and_then(|workspace| workspace.get("dependencies"));
        let tables = [manifest.get("dependencies"), inherited];
        let entries = tables.into_iter().flatten().filter_map(toml::Value::as_table).flatten();
        let version = manifest.get("package").and_then(|package| package.get("version"));
        Some(Self {
            version: version.and_then(toml::Value::as_str).map(str::to_owned),
            dependencies: entries.map(|(key, value)| wanted(key, value)).collect(),
        })
    }
}

/// Whether a library depends on the crate that rows are about.
fn depends_on(facts: &WorkspaceFacts, package: &str, rows: &Arc<str>) -> bool {
    let about: Vec<String> = models(rows).iter().map(|models| models.package().to_owned()).collect();
    let libraries = facts.crates.iter().filter(|krate| krate.kind == TargetKind::Lib && krate.package == package);
    let mut dependencies = libraries.flat_map(|krate| &krate.dependencies);
    dependencies.any(|dependency| dependency.kind == DependencyKind::Normal && about.contains(&dependency.package))
}

fn models(rows: &Arc<str>) -> Vec<CrateModels> {
    parse_models("rows", rows).unwrap_or_default()
}

fn sources_of(rows: &[(String, Arc<str>)]) -> Vec<ModelSource<'_>> {
    let sources = rows.iter().flat_map(|(name, text)| models(text).into_iter().map(move |models| (name, text, models)));
    sources.map(|(name, text, models)| ModelSource { name, text, models }).collect()
}

/// An entry of a dependency table.
fn wanted(key: &str, value: &toml::Value) -> Wanted {
    let field = |name: &str| value.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    Wanted {
        package: field("package").unwrap_or_else(|| key.to_owned()),
        version: None,
        requirement: value.as_str().map(str::to_owned).or_else(|| field("version")),
        source: None,
        folder: None,
    }
}

fn notice(message: String) -> Notice {
    Notice { kind: NoticeKind::UnknownCrate, path: None, range: None, message }
}
