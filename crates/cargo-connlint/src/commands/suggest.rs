//! `connlint models suggest`: models for dependencies whose sources are at hand, as TOML for `connlint.toml`.
//!
//! The sources are read as the project's own are; nothing is fetched. What is proposed is what they show: a public
//! function that opens, acquires, begins or queries, directly or through helpers, or that runs what it is given, a type
//! that holds a connection, a trait whose methods are called again and again.

use std::path::PathBuf;

use connlint_catalog::Catalog;
use connlint_facts::WorkspaceFacts;
use connlint_semantic::library_model;

use crate::analysed_project::Project;
use crate::args::SuggestArgs;
use crate::commands::reading::facts;
use crate::config::Settings;
use crate::dependencies::{self, About, Sources, Wanted};
use crate::exit::{Exit, Failure};
use crate::project::RootArgs;
use crate::sink;

pub(crate) fn run(args: &SuggestArgs) -> Result<Exit, Failure> {
    let root = Project::of_path(&RootArgs::default(), Some(&args.path))?;
    let catalog = Settings::load(&args.config, &root)?.catalog()?;
    let project = facts(&root.root)?;
    let sources = Sources::of(&root.root, &args.sources);
    let mut found: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut absent = Vec::new();
    for wanted in wanted(args, &project, &catalog)? {
        match sources.find(&wanted) {
            Some(source) => {
                let rows = proposal(&wanted, &facts(&source.folder)?, &catalog)?;
                found.push((source.folder, rows));
            }
            None => absent.push(wanted.package),
        }
    }
    sink::to_stdout(|out| {
        for (folder, rows) in &found {
            writeln!(out, "# Proposed from {}. Read it before you keep it.", folder.display())?;
            out.write_all(rows)?;
        }
        if found.is_empty() && absent.is_empty() {
            writeln!(out, "# No dependency is unknown that seems to open connections.")?;
        }
        for package in &absent {
            writeln!(
                out,
                "# {package}: no sources in `vendor`, in cargo's registry folder or in a folder given by `--sources`."
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Clean)
}

fn proposal(wanted: &Wanted, facts: &WorkspaceFacts, catalog: &Catalog) -> Result<Vec<u8>, Failure> {
    let package = &wanted.package;
    let library = library_model(facts, catalog, package).unwrap_or_default();
    if library.is_empty() {
        return Ok(format!("# {package}: nothing public opens connections or runs what it is given.\n").into_bytes());
    }
    let versions = wanted.version.as_ref().map(|version| format!(">={version}"));
    let mut rows = Vec::new();
    let written = dependencies::write(&About { package, versions, catalog }, &library, &mut rows);
    written.map_err(|error| Failure::new(error.to_string()))?;
    Ok(rows)
}

/// The packages that are named, else those that the catalog does not know and that seem to open connections.
fn wanted(args: &SuggestArgs, facts: &WorkspaceFacts, catalog: &Catalog) -> Result<Vec<Wanted>, Failure> {
    let of = |package: &str, version: Option<&String>| {
        let known = |external: &&connlint_facts::ExternalPackage| {
            external.package == package && external.version.as_ref() == version
        };
        facts.external.iter().find(known).map(Wanted::from)
    };
    if args.package.is_empty() {
        let unknown = dependencies::unknown(facts, catalog);
        return Ok(unknown.iter().filter_map(|krate| of(&krate.package, krate.version.as_ref())).collect());
    }
    let named = args.package.iter().map(|name| {
        let mut external = facts.external.iter().filter(|external| external.package == *name);
        let found = external.next().map(Wanted::from);
        found.ok_or_else(|| Failure::new(format!("nothing here depends on `{name}`")))
    });
    named.collect()
}
