//! A project's own models on top of the catalog.
//!
//! Its rows come before the catalog's: a row takes the place of the catalog's row of the same path for the versions
//! that it is about. They come from untrusted projects, so every expansion is bounded.

use rustc_hash::{FxHashMap, FxHashSet};
use semver::VersionReq;
use toml::Spanned;

use crate::convert::{Converter, fill};
use crate::load::{extend_types, instantiate_traits, too_many_methods};
use crate::loaded::Models;
use crate::model::CrateModel;
use crate::names::{Layer, Names, collect_names};
use crate::paths::Rewrites;
use crate::schema::{CrateModels, Text, Versions};
use crate::source::{CatalogError, Source};
use crate::versions::common;

/// What a project declares of one crate, with the file that declares it.
#[derive(Debug)]
pub struct ModelSource<'a> {
    /// The file's name, for messages.
    pub name: &'a str,
    /// The file's text, which the rows' places refer to.
    pub text: &'a str,
    /// The rows.
    pub models: CrateModels,
}

impl CrateModels {
    /// The package that the rows are about.
    pub fn package(&self) -> &str {
        &self.krate.package
    }

    /// Its name in paths.
    pub fn lib(&self) -> String {
        self.krate.lib()
    }
}

/// Lays rows on top of loaded ones.
pub(crate) fn add(
    base: Models,
    rewrites: Rewrites,
    added: Vec<ModelSource<'_>>,
) -> Result<(Models, Rewrites), CatalogError> {
    let sources: Vec<Source<'_>> =
        added.into_iter().map(|added| Source::new(added.name, added.text, added.models)).collect();
    let mut names = names_of(&base, rewrites, &sources);
    collect_names(&sources, &mut names)?;
    check_duplicates(&sources, &names)?;
    let mut models = Models::default();
    for source in &sources {
        Converter::new(source, &names).convert(&mut models)?;
    }
    let touched: FxHashSet<String> = models.types.iter().map(|model| model.path.clone()).collect();
    let extended = models.extensions.iter().map(|extension| extension.model.path.clone());
    let touched: FxHashSet<String> = extended.chain(touched).collect();
    merge(&mut models, base);
    models.aliases = names.aliases;
    extend_types(&mut models)?;
    instantiate_traits(&mut models, |path| touched.contains(path)).ok_or_else(too_many_methods)?;
    Ok((models, names.rewrites))
}

fn names_of(base: &Models, rewrites: Rewrites, sources: &[Source<'_>]) -> Names {
    let own: Vec<String> = sources.iter().map(|source| source.file.krate.lib()).collect();
    let mut libs: FxHashSet<String> = base.crates.iter().map(|krate| krate.lib.clone()).collect();
    libs.extend(rewrites.sources().map(|path| path.split("::").next().unwrap_or(path).to_owned()));
    libs.extend(own.iter().cloned());
    let types = base.types.iter().map(|model| (&model.path, &model.generics));
    let traits = base.traits.iter().map(|model| (&model.path, &model.generics));
    let mut generics: FxHashMap<String, Vec<String>> = FxHashMap::default();
    for (path, parameters) in types.chain(traits) {
        generics.entry(path.clone()).or_insert_with(|| parameters.clone());
    }
    let layer = Some(Layer { libs, own, ..Layer::default() });
    Names { rewrites, aliases: base.aliases.clone(), generics, layer }
}

/// Puts the rows of the catalog behind the new ones, so that of several rows of a path the new one is found first.
fn merge(models: &mut Models, base: Models) {
    for krate in base.crates {
        add_crate(&mut models.crates, krate);
    }
    models.marks = base.marks;
    models.written_apis = models.apis.len() + base.written_apis;
    models.types.extend(base.types);
    models.traits.extend(base.traits);
    models.apis.extend(base.apis);
    models.attributes.extend(base.attributes);
    models.macros.extend(base.macros);
    models.settings.extend(base.settings);
    models.generated.extend(base.generated);
    models.batches.extend(base.batches);
}

/// A crate that both describe: what the new entry leaves open is the catalog's.
fn add_crate(crates: &mut Vec<CrateModel>, base: CrateModel) {
    let same = |krate: &&mut CrateModel| krate.lib == base.lib && krate.package == base.package;
    let Some(present) = crates.iter_mut().find(same) else {
        crates.push(base);
        return;
    };
    if present.title == present.package {
        present.title.clone_from(&base.title);
    }
    present.category.clone_from(&base.category);
    fill(present, base);
}

/// Two new rows of one path that apply to the same version contradict each other.
fn check_duplicates(sources: &[Source<'_>], names: &Names) -> Result<(), CatalogError> {
    let mut seen: FxHashMap<(&str, String), Vec<&VersionReq>> = FxHashMap::default();
    for source in sources {
        for (kind, path, versions) in rows(source) {
            let versions = versions.map_or(&source.file.krate.versions.0, |versions| &versions.0);
            let bare = path.get_ref().split('<').next().unwrap_or_default().trim();
            let canonical = names.rewrites.canonical(bare).path.into_owned();
            let earlier = seen.entry((kind, canonical)).or_default();
            if let Some(version) = earlier.iter().find_map(|other| common(other, versions)) {
                let message = format!("another {kind} row of `{bare}` applies to version {version} too");
                return Err(source.error(path, message));
            }
            earlier.push(versions);
        }
    }
    Ok(())
}

type Row<'s> = (&'static str, &'s Spanned<String>, Option<&'s Versions>);

/// The rows that must be one for each path and version.
fn rows<'s>(source: &'s Source<'_>) -> impl Iterator<Item = Row<'s>> {
    let file = &source.file;
    let row = |kind, path: &'s Text, versions: &'s Option<Versions>| (kind, &**path, versions.as_ref());
    let types = file.types.iter().filter(|row| !row.extends);
    let types = types.map(move |r| row("type", &r.path, &r.versions));
    let traits = file.traits.iter().map(move |r| row("trait", &r.path, &r.versions));
    let apis = file.apis.iter().map(move |r| row("api", &r.path, &r.versions));
    let attributes = file.attributes.iter().map(move |r| row("attribute", &r.path, &r.versions));
    let macros = file.macros.iter().map(move |r| row("macro", &r.path, &r.versions));
    let settings = file.settings.iter().map(move |r| row("setting", &r.path, &r.versions));
    types.chain(traits).chain(apis).chain(attributes).chain(macros).chain(settings)
}
