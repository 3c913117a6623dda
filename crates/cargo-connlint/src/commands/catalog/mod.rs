//! `connlint catalog`: what is known of third-party crates, and what a project uses that is not known.

mod json;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::ColorChoice;
use connlint_catalog::{Catalog, CrateModel};
use connlint_diagnostics::nearest_name;
use connlint_facts::WorkspaceFacts;
use semver::Version;
use serde::Serialize;

use crate::analysed_project::Project;
use crate::catalog_args::{CatalogArgs, CatalogFormat};
use crate::commands::reading::facts;
use crate::config::Settings;
use crate::dependencies::{self, UnknownCrate};
use crate::exit::{Exit, Failure};
use crate::project::RootArgs;
use crate::sink;
use crate::terminal::Terminal;

/// What is shown.
struct Listing<'a> {
    catalog: &'a Catalog,
    /// The crates, by name; those of the catalog's `std` are left out unless one is asked for.
    crates: Vec<Known<'a>>,
    /// The one crate that is asked for.
    detailed: bool,
    /// Only rows of this version.
    version: Option<Version>,
    project: Option<ProjectListing>,
}

/// A crate of the catalog.
struct Known<'a> {
    model: &'a CrateModel,
    /// How many rows are about it.
    rows: usize,
    /// Versions that the project uses, and whether rows are about them.
    used: Vec<(String, bool)>,
}

/// A project whose dependencies were looked at.
struct ProjectListing {
    path: String,
    unknown: Vec<UnknownCrate>,
}

pub(crate) fn run(args: &CatalogArgs) -> Result<Exit, Failure> {
    let path = project_path(args);
    let project = Project::of_path(&RootArgs::default(), path.as_deref())?;
    let settings = Settings::load(&args.config, &project)?;
    let catalog = settings.catalog()?;
    let read = path.as_ref().map(|_| facts(&project.root)).transpose()?;
    let listing = listing(args, &catalog, path.zip(read))?;
    match args.format {
        CatalogFormat::Text => {
            let width = Terminal::of_stdout(ColorChoice::Never).width;
            sink::text_to_stdout(width, |out| text::write(&listing, out))?;
        }
        CatalogFormat::Json => sink::to_stdout(|out| json::write(&listing, out))?,
    }
    Ok(Exit::Clean)
}

/// The project that is asked for, else the current folder if it is one.
fn project_path(args: &CatalogArgs) -> Option<PathBuf> {
    args.path().or_else(|| Path::new("Cargo.toml").is_file().then(|| PathBuf::from(".")))
}

fn listing<'a>(
    args: &CatalogArgs,
    catalog: &'a Catalog,
    project: Option<(PathBuf, WorkspaceFacts)>,
) -> Result<Listing<'a>, Failure> {
    let used = project.as_ref().map(|(_, facts)| used_versions(facts)).unwrap_or_default();
    let mut crates: Vec<&CrateModel> = match args.krate() {
        Some(name) => named(catalog, name)?,
        None => catalog.crates().filter(|krate| krate.category != "std").collect(),
    };
    crates.sort_by(|a, b| (&a.package, &a.lib).cmp(&(&b.package, &b.lib)));
    let rows = row_counts(catalog);
    let known = |model: &'a CrateModel| Known {
        model,
        rows: rows.get(model.package.as_str()).copied().unwrap_or_default(),
        used: used.get(&model.package).map(|versions| covered_versions(catalog, model, versions)).unwrap_or_default(),
    };
    let project = project.map(|(path, facts)| ProjectListing {
        path: path.display().to_string(),
        unknown: dependencies::unknown(&facts, catalog),
    });
    Ok(Listing {
        catalog,
        crates: crates.into_iter().map(known).collect(),
        detailed: args.krate().is_some(),
        version: args.version.clone(),
        project,
    })
}

/// The crates of a package's or library's name.
fn named<'a>(catalog: &'a Catalog, name: &str) -> Result<Vec<&'a CrateModel>, Failure> {
    let plain = |name: &str| name.replace('-', "_");
    let wanted = plain(name);
    let found: Vec<&CrateModel> =
        catalog.crates().filter(|krate| plain(&krate.package) == wanted || krate.lib == wanted).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let near = nearest_name(name, catalog.crates().map(|krate| krate.package.as_str()));
    Err(Failure::new(match near {
        Some(near) => format!("the catalog has no crate `{name}`; did you mean `{near}`?"),
        None => format!("the catalog has no crate `{name}`: `connlint catalog` lists all"),
    }))
}

/// The versions of each package that crates of the project depend on.
fn used_versions(facts: &WorkspaceFacts) -> BTreeMap<String, BTreeSet<String>> {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let dependencies = facts.crates.iter().flat_map(|krate| &krate.dependencies);
    for dependency in dependencies.filter(|dependency| dependency.krate.is_none()) {
        let version = dependency.version.clone().unwrap_or_default();
        used.entry(dependency.package.clone()).or_default().insert(version);
    }
    used
}

fn covered_versions(catalog: &Catalog, model: &CrateModel, versions: &BTreeSet<String>) -> Vec<(String, bool)> {
    let mut sorted: Vec<(Option<Version>, String)> =
        versions.iter().map(|text| (Version::parse(text).ok(), text.clone())).collect();
    sorted.sort();
    let covered = |version: &Option<Version>| {
        let mut rows = catalog.rows().filter(|row| catalog.package_of(*row) == model.package);
        version.as_ref().is_none_or(|version| rows.any(|row| row.applies_to(version)))
    };
    sorted.into_iter().map(|(version, text)| (text, covered(&version))).collect()
}

fn row_counts(catalog: &Catalog) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for row in catalog.rows() {
        *counts.entry(catalog.package_of(row)).or_default() += 1;
    }
    counts
}

/// A word of the data's vocabulary, as the data write it.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
