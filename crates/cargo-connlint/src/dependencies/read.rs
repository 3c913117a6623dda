//! `--dependencies`: what the sources of dependencies tell that the catalog does not know.
//!
//! Each crate is read by itself, after those that it depends on itself, and only its rows are kept: what its public
//! functions do, which callables they run, which methods of its traits it calls. Rows of a published version never change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use connlint_catalog::{Catalog, CrateModels, ModelSource};
use connlint_facts::{DependencyKind, Notice, NoticeKind, TargetKind, WorkspaceFacts};
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
/// So many crates are read.
const MAX_CRATES: usize = 200;

/// What dependencies tell.
#[derive(Debug, Default)]
pub(crate) struct ReadDependencies {
    /// Rows by crate: a name for messages, and TOML.
    pub(crate) rows: Vec<(String, Arc<str>)>,
    /// What was not read, and which crates were.
    pub(crate) notices: Vec<Notice>,
}

impl ReadDependencies {
    /// The catalog with what was read on top.
    pub(crate) fn onto(&self, catalog: Catalog) -> Result<Catalog, connlint_catalog::CatalogError> {
        catalog.with(sources_of(&self.rows))
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
    let known: BTreeSet<&str> = catalog.crates().map(|krate| krate.package.as_str()).collect();
    let reader = Reader { connecting: catalog.connecting_packages().collect(), known, sources, kept };
    let of_program = of_program(facts).into_iter().map(Wanted::from).collect();
    let levels = reader.levels(of_program);
    let mut found = ReadDependencies::default();
    for level in levels.iter().rev() {
        let read: Vec<_> = level.par_iter().map(|(wanted, source)| reader.rows(wanted, source, &found.rows)).collect();
        for (wanted, rows) in level.keys().zip(read) {
            match rows {
                Ok(rows) => found.rows.push((format!("sources of {}", wanted.package), rows)),
                Err(why) => found.notices.push(notice(format!("the sources of `{}` {why}", wanted.package))),
            }
        }
    }
    let all: usize = levels.iter().map(BTreeMap::len).sum();
    if all > MAX_CRATES {
        found.notices.push(notice(format!("of {all} dependencies that are not known only {MAX_CRATES} were read")));
    }
    found
}

struct Reader<'a> {
    /// Packages that run on sockets or deal in connections.
    connecting: BTreeSet<&'a str>,
    /// Packages that the catalog describes.
    known: BTreeSet<&'a str>,
    sources: &'a Sources,
    kept: Option<&'a KeptModels>,
}

/// Crates to read, with their sources.
type Level = BTreeMap<Wanted, Found>;

impl Reader<'_> {
    /// The crates to read: those of the program, then those that these depend on. One that is needed on several levels is
    /// read with the last one.
    fn levels(&self, first: Vec<Wanted>) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        let mut next = first;
        while !next.is_empty() && levels.len() < MAX_LEVELS {
            let mut level = Level::new();
            let mut further = Vec::new();
            next.retain(|wanted| !self.known.contains(wanted.package.as_str()));
            for wanted in next {
                let Some(source) = self.sources.find(&wanted) else { continue };
                let Some(dependencies) = self.dependencies(&source.folder) else { continue };
                further.extend(dependencies);
                level.insert(wanted, source);
            }
            levels
                .iter_mut()
                .for_each(|earlier| earlier.retain(|_, source| level.values().all(|s| s.folder != source.folder)));
            levels.push(level);
            next = further;
        }
        levels
    }

    /// What a package depends on, by its manifest; `None` if nothing of it connects, so that it does not need to be read.
    fn dependencies(&self, folder: &Path) -> Option<Vec<Wanted>> {
        let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
        let Some(table) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
            // A checkout with several packages: their tables are read with their sources.
            return manifest.contains_key("workspace").then(Vec::new);
        };
        let wanted: Vec<Wanted> = table.iter().map(|(key, value)| wanted(key, value)).collect();
        let connects = wanted.iter().any(|wanted| self.connecting.contains(wanted.package.as_str()));
        connects.then_some(wanted)
    }

    /// The rows of a crate, by those of what it depends on.
    fn rows(&self, wanted: &Wanted, source: &Found, below: &[(String, Arc<str>)]) -> Result<Arc<str>, String> {
        let kept = self.kept.filter(|_| source.is_published);
        if let Some(rows) = kept.and_then(|kept| kept.rows(&source.folder)) {
            return Ok(rows.into());
        }
        let limits = Limits { current_pool: true, ..Limits::default() };
        let facts = parse_workspace(&source.folder, &limits).map_err(|error| format!("could not be read: {error}"))?;
        let of_below = below.iter().filter(|(_, rows)| depends_on(&facts, &wanted.package, rows)).cloned();
        let of_below: Vec<(String, Arc<str>)> = of_below.collect();
        let catalog = Catalog::builtin_with(sources_of(&of_below)).map_err(|error| format!("are no rows: {error}"))?;
        let package = &wanted.package;
        let library = library_model(&facts, &catalog, package).ok_or("hold no library of that name")?;
        let versions = wanted.version.as_ref().map(|version| format!("={version}"));
        let mut rows = Vec::new();
        write(&About { package, versions, catalog: &catalog }, &library, &mut rows)
            .map_err(|error| error.to_string())?;
        let rows: Arc<str> = String::from_utf8_lossy(&rows).into();
        let own = [(package.clone(), rows.clone())];
        Catalog::builtin_with(sources_of(&own)).map_err(|error| format!("tell what no row can say: {error}"))?;
        if let Some(kept) = kept {
            kept.keep(&source.folder, &rows);
        }
        Ok(rows)
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
