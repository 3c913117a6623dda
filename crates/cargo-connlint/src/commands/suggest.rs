//! `connlint models suggest`: models for dependencies whose sources are at hand, as TOML for `connlint.toml`.
//!
//! The sources are read as the project's own are; nothing is fetched. What is proposed is what they show: a public
//! function that opens, acquires, begins or queries, directly or through helpers, and a type that holds a connection.

use std::io;
use std::path::{Path, PathBuf};

use connlint_catalog::{Catalog, Mode, Role};
use connlint_facts::{SelfKind, WorkspaceFacts};
use connlint_semantic::{WrapperFn, WrapperType, Wrappers, wrappers};
use serde::Serialize;

use crate::analysed_project::Project;
use crate::args::SuggestArgs;
use crate::commands::reading::facts;
use crate::config::Settings;
use crate::dependencies;
use crate::exit::{Exit, Failure};
use crate::project::RootArgs;
use crate::sink;

/// A dependency to look at.
struct Wanted {
    package: String,
    version: Option<String>,
}

pub(crate) fn run(args: &SuggestArgs) -> Result<Exit, Failure> {
    let root = Project::of_path(&RootArgs::default(), Some(&args.path))?;
    let catalog = Settings::load(&args.config, &root)?.catalog()?;
    let project = facts(&root.root)?;
    let mut found = Vec::new();
    let mut absent = Vec::new();
    for wanted in wanted(args, &project, &catalog)? {
        match sources_of(args, &wanted) {
            Some(folder) => {
                let proposed = wrappers(&facts(&folder)?, &catalog, &wanted.package);
                found.push((wanted, folder, proposed));
            }
            None => absent.push(wanted.package),
        }
    }
    sink::to_stdout(|out| {
        for (wanted, folder, proposed) in &found {
            write(wanted, folder, proposed, out)?;
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

/// The packages that are named, else those that the catalog does not know and that seem to open connections.
fn wanted(args: &SuggestArgs, facts: &WorkspaceFacts, catalog: &Catalog) -> Result<Vec<Wanted>, Failure> {
    if args.package.is_empty() {
        let unknown = dependencies::unknown(facts, catalog).into_iter();
        return Ok(unknown.map(|krate| Wanted { package: krate.package, version: krate.version }).collect());
    }
    let named = args.package.iter().map(|name| {
        let mut dependencies = facts.crates.iter().flat_map(|krate| &krate.dependencies);
        let used = dependencies.find(|dependency| dependency.package == *name);
        let Some(used) = used else { return Err(Failure::new(format!("nothing here depends on `{name}`"))) };
        Ok(Wanted { package: name.clone(), version: used.version.clone() })
    });
    named.collect()
}

/// The folder with a package's sources: as `cargo vendor` and as Cargo's registry name it.
fn sources_of(args: &SuggestArgs, wanted: &Wanted) -> Option<PathBuf> {
    let vendor = [args.path.join("vendor")];
    let registries = registries();
    let folders = args.sources.iter().chain(&vendor).chain(&registries);
    let versioned = wanted.version.as_ref().map(|version| format!("{}-{version}", wanted.package));
    let names: Vec<&str> = versioned.iter().map(String::as_str).chain([wanted.package.as_str()]).collect();
    let mut candidates = folders.flat_map(|folder| names.iter().map(|name| folder.join(name)));
    candidates.find(|candidate| candidate.join("Cargo.toml").is_file())
}

/// Where cargo keeps the unpacked sources of registries: `$CARGO_HOME/registry/src/*`, sorted.
fn registries() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let Some(home) = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))) else { return Vec::new() };
    let entries = std::fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn write(wanted: &Wanted, folder: &Path, proposed: &Wrappers, out: &mut dyn io::Write) -> io::Result<()> {
    let Wrappers { types, functions } = proposed;
    if types.is_empty() && functions.is_empty() {
        return writeln!(out, "# {}: nothing public in {} opens connections.", wanted.package, folder.display());
    }
    writeln!(out, "# Proposed from {}. Read it before you keep it.", folder.display())?;
    writeln!(out, "[[models]]")?;
    let versions = wanted.version.as_ref().map(|version| format!(", versions = {}", text(&format!(">={version}"))));
    writeln!(out, "crate = {{ package = {}{} }}\n", text(&wanted.package), versions.unwrap_or_default())?;
    for ty in types {
        write_type(ty, out)?;
    }
    for function in functions {
        write_function(function, out)?;
    }
    Ok(())
}

fn write_type(ty: &WrapperType, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "[[models.type]] # holds a `{}`", ty.holds)?;
    writeln!(out, "path = {}\nrole = {}", text(&ty.path), word(ty.role))?;
    if let Some(deref) = &ty.deref {
        writeln!(out, "deref = {}", text(deref))?;
    }
    writeln!(out, "src = {}\n", text(&ty.span.file.to_string()))
}

fn write_function(function: &WrapperFn, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "[[models.api]] # through `{}`", function.through)?;
    writeln!(out, "path = {}", text(&function.path))?;
    match function.receiver {
        Some(SelfKind::Value) => writeln!(out, "self = \"value\"")?,
        Some(_) => writeln!(out, "self = \"ref\"")?,
        None => {}
    }
    let params: Vec<String> = function.params.iter().map(|param| text(param)).collect();
    writeln!(out, "params = [{}]\nreturns = {}", params.join(", "), text(&function.returns))?;
    if function.mode != Mode::Sync {
        writeln!(out, "mode = {}", word(function.mode))?;
    }
    let effects: Vec<String> = function.effects.iter().map(word).collect();
    writeln!(out, "effect = [{}]", effects.join(", "))?;
    if let Some(role) = function.resource.filter(|role| *role != Role::Other) {
        writeln!(out, "resource = {}", word(role))?;
    }
    if !function.callbacks.is_empty() {
        let callbacks: Vec<String> =
            function.callbacks.iter().map(|arg| format!("{{ arg = {arg}, runs = \"now\" }}")).collect();
        writeln!(out, "callbacks = [{}]", callbacks.join(", "))?;
    }
    writeln!(out, "src = {}\n", text(&function.span.file.to_string()))
}

/// A string as TOML writes it.
fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// A word of the data's vocabulary, as TOML writes it.
fn word(value: impl Serialize) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}
