//! What the sources of a crate show, as rows of a catalog in TOML.

use std::io;

use connlint_catalog::{Catalog, Mode, Role, Runs};
use connlint_facts::SelfKind;
use connlint_semantic::{FunctionModel, LibraryModel, TraitEntries, TypeModel};
use serde::Serialize;

/// The crate that rows are about.
pub(crate) struct About<'a> {
    /// The package.
    pub(crate) package: &'a str,
    /// The versions, as a requirement.
    pub(crate) versions: Option<String>,
    /// What knows the crates that it calls.
    pub(crate) catalog: &'a Catalog,
}

/// Writes `[[models]]` of a library. Of what they do not describe, nothing is known.
pub(crate) fn write(about: &About<'_>, library: &LibraryModel, out: &mut dyn io::Write) -> io::Result<()> {
    let LibraryModel { lib, types, functions, traits, reexports } = library;
    writeln!(out, "[[models]]\n[models.crate]\npackage = {}", text(about.package))?;
    if *lib != about.package.replace('-', "_") {
        writeln!(out, "lib = {}", text(lib))?;
    }
    if let Some(versions) = &about.versions {
        writeln!(out, "versions = {}", text(versions))?;
    }
    if let Some(category) = category(functions, about.catalog) {
        writeln!(out, "category = {}", text(category))?;
    }
    writeln!(out, "partial = true")?;
    let known = reexports.iter().filter(|(_, to)| is_known(to, about.catalog));
    let known: Vec<String> =
        known.map(|(from, to)| format!("  {{ from = {}, to = {} }},\n", text(from), text(to))).collect();
    if !known.is_empty() {
        writeln!(out, "reexports = [\n{}]", known.concat())?;
    }
    writeln!(out)?;
    types.iter().try_for_each(|ty| write_type(ty, out))?;
    traits.iter().try_for_each(|of| write_trait(of, out))?;
    functions.iter().try_for_each(|function| write_function(function, out))
}

/// The category of the crates by which a library does most of what it does.
fn category<'c>(functions: &[FunctionModel], catalog: &'c Catalog) -> Option<&'c str> {
    let through = functions.iter().filter_map(|function| function.through.as_deref());
    let mut categories: Vec<&str> =
        through.filter_map(|api| catalog.crate_of(api)).map(|krate| krate.category.as_str()).collect();
    categories.sort_unstable();
    let counted = categories.chunk_by(|a, b| a == b);
    counted.max_by_key(|same| same.len()).and_then(|same| same.first().copied())
}

/// Whether a path leads to a crate that the catalog describes.
fn is_known(path: &str, catalog: &Catalog) -> bool {
    path.split("::").next().is_some_and(|lib| catalog.has_crate(lib))
}

fn write_type(ty: &TypeModel, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "[[models.type]] # holds a `{}`", ty.holds)?;
    writeln!(out, "path = {}\nrole = {}", text(&ty.path), word(ty.role))?;
    if let Some(deref) = &ty.deref {
        writeln!(out, "deref = {}", text(deref))?;
    }
    writeln!(out, "src = {}\n", text(&ty.span.file.to_string()))
}

fn write_trait(of: &TraitEntries, out: &mut dyn io::Write) -> io::Result<()> {
    let entries = of.entries.iter().map(|(name, runs)| format!("{} = {}", text(name), text(runs.word())));
    let entries: Vec<String> = entries.collect();
    writeln!(out, "[[models.trait]]\npath = {}\nentries = {{ {} }}", text(&of.path), entries.join(", "))?;
    writeln!(out, "src = {}\n", text(&of.span.file.to_string()))
}

fn write_function(function: &FunctionModel, out: &mut dyn io::Write) -> io::Result<()> {
    match &function.through {
        Some(through) => writeln!(out, "[[models.api]] # through `{through}`")?,
        None => writeln!(out, "[[models.api]]")?,
    }
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
    if !function.effects.is_empty() {
        let effects: Vec<String> = function.effects.iter().map(word).collect();
        writeln!(out, "effect = [{}]", effects.join(", "))?;
    }
    if let Some(role) = function.resource.filter(|role| *role != Role::Other) {
        writeln!(out, "resource = {}", word(role))?;
    }
    if !function.callbacks.is_empty() {
        let callback = |(arg, runs): &(usize, Runs)| format!("{{ arg = {arg}, runs = {} }}", text(runs.word()));
        let callbacks: Vec<String> = function.callbacks.iter().map(callback).collect();
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
