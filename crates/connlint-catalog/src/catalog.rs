//! Look-ups in the catalog.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use semver::{Version, VersionReq};
use serde::de::DeserializeOwned;
use smallvec::SmallVec;

use crate::batch::BatchModel;
use crate::effect::Effect;
use crate::layer::{self, ModelSource};
use crate::load;
use crate::loaded::Models;
use crate::model::{
    AliasModel, ApiModel, AttributeModel, CrateModel, GeneratedModel, Io, MacroModel, Marks, Mode, SettingModel,
    TraitModel, TypeModel,
};
use crate::package_words::{Guess, PackageWords, last_word};
use crate::paths::{Rewrites, add_with_modules};
use crate::versions::applies;

pub use crate::source::CatalogError;

/// The loaded data files: parsing some 25,000 lines of TOML takes ten times as long as decoding what the build script
/// made of them.
const BUILTIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));

/// The words of `data/unknown_crates.toml`.
const PACKAGE_WORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/package_words.bin"));

/// Levels of supertraits that are followed.
const MAX_SUPERTRAITS: usize = 4;

type Rows = SmallVec<[u32; 2]>;

/// A path in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct Canonical<'a> {
    /// The canonical path.
    pub path: Cow<'a, str>,
    /// The type alias that the written path went through.
    pub alias: Option<&'a AliasModel>,
    /// How many segments of the written path the alias covered; 0 without alias.
    pub alias_len: usize,
}

/// What connlint knows of third-party crates; built once, then only read.
#[derive(Debug)]
pub struct Catalog {
    models: Models,
    rewrites: Rewrites,
    package_words: PackageWords,
    /// What constructors of packages without rows are taken for, by the last word of their type and their name.
    guesses: Vec<ApiModel>,
    known: FxHashSet<String>,
    crates: FxHashMap<String, u32>,
    types: FxHashMap<String, Rows>,
    traits: FxHashMap<String, Rows>,
    /// Owner (type, trait or module), then name.
    apis: FxHashMap<String, FxHashMap<String, Rows>>,
    attributes: FxHashMap<String, Rows>,
    macros: FxHashMap<String, Rows>,
    settings: FxHashMap<String, Rows>,
    /// Settings by the types whose defaults they state.
    settings_of: FxHashMap<String, Rows>,
    /// Functions that only what serves calls.
    serves: FxHashSet<String>,
    /// Functions that run handlers which are not async where they are called.
    sync_executors: FxHashSet<String>,
    /// Methods of requests that hand out state of the application.
    state_getters: FxHashSet<String>,
    /// Functions that fail where no async runtime runs the thread.
    runtime_tests: FxHashSet<String>,
}

impl Catalog {
    /// The catalog of all data that are compiled in.
    ///
    /// # Errors
    /// Where the compiled-in data cannot be decoded; wrong data files fail the build already.
    pub fn builtin() -> Result<Self, CatalogError> {
        let (models, rewrites) = decode_builtin()?;
        Ok(Self::index(models, rewrites).with_words(decode(PACKAGE_WORDS)?))
    }

    /// [`Catalog::builtin`] with a project's own rows on top: they come before the catalog's.
    ///
    /// # Errors
    /// The first mistake of the project's rows, with its file and place.
    pub fn builtin_with(models: Vec<ModelSource<'_>>) -> Result<Self, CatalogError> {
        if models.is_empty() {
            return Self::builtin();
        }
        let (base, rewrites) = decode_builtin()?;
        let (models, rewrites) = layer::add(base, rewrites, models)?;
        Ok(Self::index(models, rewrites).with_words(decode(PACKAGE_WORDS)?))
    }

    /// The catalog with further rows on top of it.
    ///
    /// # Errors
    /// The first mistake of these rows, with its file and place.
    pub fn with(self, models: Vec<ModelSource<'_>>) -> Result<Self, CatalogError> {
        if models.is_empty() {
            return Ok(self);
        }
        let words = self.package_words;
        let (models, rewrites) = layer::add(self.models, self.rewrites, models)?;
        Ok(Self::index(models, rewrites).with_words(words))
    }

    /// A catalog of the given files: name for messages and TOML text.
    ///
    /// # Errors
    /// The first mistake of the files, with its file and line and what is allowed there.
    pub fn from_sources(files: &[(&str, &str)]) -> Result<Self, CatalogError> {
        let (models, rewrites) = load::load(files)?;
        Ok(Self::index(models, rewrites))
    }

    fn index(models: Models, rewrites: Rewrites) -> Self {
        let mut catalog = Self {
            package_words: PackageWords::default(),
            guesses: Vec::new(),
            known: FxHashSet::default(),
            crates: FxHashMap::default(),
            types: index_rows(models.types.iter().map(|row| row.path.as_str())),
            traits: index_rows(models.traits.iter().map(|row| row.path.as_str())),
            apis: FxHashMap::default(),
            attributes: index_rows(models.attributes.iter().map(|row| row.path.as_str())),
            macros: index_rows(models.macros.iter().map(|row| row.path.as_str())),
            settings: index_rows(models.settings.iter().map(|row| row.path.as_str())),
            settings_of: settings_of(&models.settings),
            serves: models.crates.iter().flat_map(|krate| krate.serves.iter().cloned()).collect(),
            sync_executors: models.crates.iter().flat_map(|krate| krate.sync_executors.iter().cloned()).collect(),
            state_getters: models.crates.iter().flat_map(|krate| krate.state_getters.iter().cloned()).collect(),
            runtime_tests: models.crates.iter().flat_map(|krate| krate.runtime_tests.iter().cloned()).collect(),
            models,
            rewrites,
        };
        catalog.index_apis();
        catalog.index_crates();
        catalog.index_known();
        catalog
    }

    fn with_words(self, words: PackageWords) -> Self {
        let guesses = words.guesses.iter().flat_map(Guess::rows).collect();
        Self { package_words: words, guesses, ..self }
    }

    fn index_apis(&mut self) {
        for (row, api) in (0..).zip(&self.models.apis) {
            let (owner, name) = split(&api.path);
            let names = match self.apis.get_mut(owner) {
                Some(names) => names,
                None => self.apis.entry(owner.to_owned()).or_default(),
            };
            match names.get_mut(name) {
                Some(rows) => rows.push(row),
                None => {
                    names.insert(name.to_owned(), Rows::from_elem(row, 1));
                }
            }
        }
    }

    fn index_crates(&mut self) {
        for (row, krate) in (0..).zip(&self.models.crates) {
            self.crates.entry(krate.lib.clone()).or_insert(row);
        }
        // Paths of one crate may lead into several: which one is taken must not depend on other rows.
        let is_unknown = |source: &&str| !self.crates.contains_key(first_segment(source));
        let mut sources: Vec<&str> = self.rewrites.sources().filter(is_unknown).collect();
        sources.sort_unstable();
        for source in sources {
            let lib = first_segment(source);
            if !self.crates.contains_key(lib) {
                let path = self.rewrites.canonical(source).path;
                if let Some(row) = self.crates.get(first_segment(&path)).copied() {
                    self.crates.insert(lib.to_owned(), row);
                }
            }
        }
    }

    fn index_known(&mut self) {
        let known = &mut self.known;
        let models = &self.models;
        models.types.iter().for_each(|row| add_with_modules(known, &row.path));
        models.traits.iter().for_each(|row| add_with_modules(known, &row.path));
        models.apis.iter().for_each(|row| add_with_modules(known, &row.path));
        models.attributes.iter().for_each(|row| add_with_modules(known, &row.path));
        models.macros.iter().for_each(|row| add_with_modules(known, &row.path));
        self.rewrites.sources().for_each(|source| add_with_modules(known, source));
    }

    /// Brings an external path as written, imports already resolved, to canonical form: the longest prefix that is a
    /// re-export, another public path or an alias is replaced, until none is left.
    ///
    /// `sqlx::PgPool::connect` becomes `sqlx::Pool::connect`, with the alias `sqlx::PgPool` that covered 2 segments.
    pub fn canonical<'a>(&'a self, path: &'a str) -> Canonical<'a> {
        let found = self.rewrites.canonical(path);
        let alias = found.alias.and_then(|(index, covered)| Some((self.models.aliases.get(index)?, covered)));
        Canonical {
            path: found.path,
            alias: alias.map(|(alias, _)| alias),
            alias_len: alias.map_or(0, |(_, covered)| covered),
        }
    }

    /// Whether a path, as written or canonical, is something: a type, function, trait, attribute, macro or alias, or a
    /// module that contains one.
    pub fn knows(&self, path: &str) -> bool {
        self.known.contains(path) || self.known.contains(self.rewrites.canonical(path).path.as_ref())
    }

    /// A type by canonical path; without version the newest row.
    pub fn type_model(&self, canonical: &str, version: Option<&Version>) -> Option<&TypeModel> {
        first(&self.models.types, self.types.get(canonical)?, version, |row| &row.versions)
    }

    /// A function, method or associated function by canonical path.
    pub fn api(&self, canonical: &str, version: Option<&Version>) -> Option<&ApiModel> {
        let (owner, name) = split(canonical);
        self.owned(owner, name, version)
    }

    /// A method or associated function of a type: its own row, else one of its traits in their order.
    pub fn method(&self, type_path: &str, name: &str, version: Option<&Version>) -> Option<&ApiModel> {
        self.owned(type_path, name, version).or_else(|| {
            let model = self.type_model(type_path, version)?;
            model
                .traits
                .iter()
                .find_map(|path| self.trait_method(path, name, self.within(&model.package, path, version)))
        })
    }

    /// Whether some method of a type must be awaited. Waiting for a lock without such methods blocks the thread.
    pub fn has_async_methods(&self, type_path: &str) -> bool {
        self.own_methods(type_path).any(|api| api.mode == Mode::Async)
    }

    /// Whether some method of a type has an effect: what ticks, or accepts connections.
    pub fn has_method_with(&self, type_path: &str, effect: Effect) -> bool {
        self.methods_with(type_path, effect).next().is_some()
    }

    /// The methods of a type that have an effect.
    pub fn methods_with(&self, type_path: &str, effect: Effect) -> impl Iterator<Item = &ApiModel> {
        self.own_methods(type_path).filter(move |api| api.effects.contains(&effect))
    }

    /// Whether a value of a type hands out what it was given last, so that giving it a value replaces what all others get.
    pub fn is_replaceable(&self, type_path: &str) -> bool {
        self.own_methods(type_path).any(|api| api.effects.contains(&Effect::Snapshot))
    }

    /// The functions that make a value of a type without its server: such a pool connects when it is asked for one.
    pub fn lazy_constructors(&self, type_path: &str) -> impl Iterator<Item = &ApiModel> {
        let makes = |api: &&ApiModel| api.effects.contains(&Effect::BuildPool) && !api.takes_self;
        self.own_methods(type_path).filter(makes).filter(|api| api.mode == Mode::Sync && api.io == Some(Io::Lazy))
    }

    fn own_methods(&self, type_path: &str) -> impl Iterator<Item = &ApiModel> {
        let rows = self.apis.get(type_path).into_iter().flat_map(|names| names.values().flatten());
        rows.filter_map(|&row| self.models.apis.get(row as usize))
    }

    /// A trait by canonical path.
    pub fn trait_model(&self, canonical: &str, version: Option<&Version>) -> Option<&TraitModel> {
        first(&self.models.traits, self.traits.get(canonical)?, version, |row| &row.versions)
    }

    /// The traits of the managers of pools.
    pub fn manager_traits(&self) -> impl Iterator<Item = &TraitModel> {
        self.models.traits.iter().filter(|row| row.pooled.is_some())
    }

    /// A method of a trait or of its supertraits.
    pub fn trait_method(&self, trait_path: &str, name: &str, version: Option<&Version>) -> Option<&ApiModel> {
        self.trait_method_within(trait_path, name, version, 0)
    }

    fn trait_method_within(
        &self,
        trait_path: &str,
        name: &str,
        version: Option<&Version>,
        depth: usize,
    ) -> Option<&ApiModel> {
        self.owned(trait_path, name, version).or_else(|| {
            let model = self.trait_model(trait_path, version).filter(|_| depth < MAX_SUPERTRAITS)?;
            model.supertraits.iter().find_map(|path| {
                let version = self.within(&model.package, path, version);
                self.trait_method_within(path, name, version, depth + 1)
            })
        })
    }

    /// A package's version, where it is the version of a path too: that of another package is not known here.
    fn within<'v>(&self, package: &str, path: &str, version: Option<&'v Version>) -> Option<&'v Version> {
        version.filter(|_| self.crate_of(path).is_some_and(|krate| krate.package == package))
    }

    /// An attribute macro by canonical path.
    pub fn attribute(&self, canonical: &str, version: Option<&Version>) -> Option<&AttributeModel> {
        first(&self.models.attributes, self.attributes.get(canonical)?, version, |row| &row.versions)
    }

    /// Whether a method of a request hands out state of the application.
    pub fn hands_out_state(&self, canonical: &str) -> bool {
        self.state_getters.contains(canonical)
    }

    /// Whether a function fails where no async runtime runs the thread.
    pub fn tests_runtime(&self, canonical: &str) -> bool {
        self.runtime_tests.contains(canonical)
    }

    /// Whether only what serves calls a function: it binds a port or answers requests.
    pub fn serves(&self, canonical: &str) -> bool {
        self.serves.contains(canonical)
    }

    /// Whether a function runs handlers which are not async where it is called.
    pub fn is_sync_executor(&self, canonical: &str) -> bool {
        self.sync_executors.contains(canonical)
    }

    /// Whether it describes a crate, by its name in paths.
    pub fn has_crate(&self, lib: &str) -> bool {
        self.crates.contains_key(lib)
    }

    /// Whether it describes a crate, by its name in paths, as a whole: what no row describes there is of no account.
    pub fn describes_crate(&self, lib: &str) -> bool {
        let row = self.crates.get(lib).and_then(|&row| self.models.crates.get(usize::try_from(row).ok()?));
        row.is_some_and(|krate| !krate.partial)
    }

    /// A function-like macro by canonical path, without `!`.
    pub fn macro_model(&self, canonical: &str, version: Option<&Version>) -> Option<&MacroModel> {
        first(&self.models.macros, self.macros.get(canonical)?, version, |row| &row.versions)
    }

    /// A setting by the canonical path of the method or field that sets it.
    pub fn settings(&self, canonical: &str, version: Option<&Version>) -> Option<&SettingModel> {
        first(&self.models.settings, self.settings.get(canonical)?, version, |row| &row.versions)
    }

    /// The settings that state a default of a type of pools, clients or connections in a version of their package, in the
    /// order of the files.
    pub fn settings_of<'a>(
        &'a self,
        canonical: &str,
        version: Option<&'a Version>,
    ) -> impl Iterator<Item = &'a SettingModel> {
        let rows = self.settings_of.get(canonical).into_iter().flatten();
        let found = rows.filter_map(|&row| self.models.settings.get(usize::try_from(row).ok()?));
        found.filter(move |row| applies(&row.versions, version))
    }

    /// The crate that a path lies in, by its first segment.
    pub fn crate_of(&self, path: &str) -> Option<&CrateModel> {
        let row = *self.crates.get(first_segment(path))?;
        self.models.crates.get(usize::try_from(row).ok()?)
    }

    /// Words by which a package that no data file describes is judged; none in a catalog of given files.
    pub fn package_words(&self) -> &PackageWords {
        &self.package_words
    }

    /// What an associated function is taken for that no row describes, by its name and the last word of its type's.
    pub fn guess(&self, type_path: &str, function: &str) -> Option<&ApiModel> {
        let (_, name) = split(type_path);
        let word = last_word(name);
        let owner = |path| str::strip_suffix(path, function)?.strip_suffix("::");
        self.guesses.iter().find(|row| owner(&row.path) == Some(word))
    }

    /// Packages that run on sockets or deal in connections: what depends on none of them holds none.
    pub fn connecting_packages(&self) -> impl Iterator<Item = &str> {
        let is_plain = |category: &str| matches!(category, "command-line" | "desktop" | "once" | "std");
        let described = self.models.crates.iter().filter(move |krate| !is_plain(&krate.category));
        described.map(|krate| krate.package.as_str()).chain(self.package_words.runtimes.iter().map(String::as_str))
    }

    /// Whether a type of a package without rows is named as clients are.
    pub fn is_named_client(&self, type_path: &str) -> bool {
        let word = last_word(split(type_path).1);
        let mut clients = self.guesses.iter().filter(|row| row.effects.contains(&Effect::BuildClient));
        clients.any(|row| split(&row.path).0 == word)
    }

    /// All crates, in the order of the files.
    pub fn crates(&self) -> impl Iterator<Item = &CrateModel> {
        self.models.crates.iter()
    }

    /// All type aliases, in the order of the files.
    pub fn aliases(&self) -> impl Iterator<Item = &AliasModel> {
        self.models.aliases.iter()
    }

    /// All functions and methods, in the order of the files.
    pub fn apis(&self) -> impl Iterator<Item = &ApiModel> {
        self.models.apis.iter()
    }

    /// The functions and methods that are rows of the files.
    pub(crate) fn written_apis(&self) -> impl Iterator<Item = &ApiModel> {
        self.models.apis.iter().take(self.models.written_apis)
    }

    /// Whether a function is a row as written; a type's methods of generic traits are derived from the traits' rows.
    pub fn is_written(&self, api: &ApiModel) -> bool {
        let written = self.models.apis.get(..self.models.written_apis).unwrap_or_default();
        written.as_ptr_range().contains(&std::ptr::from_ref(api))
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.models.marks
    }

    /// All types, in the order of the files.
    pub fn types(&self) -> impl Iterator<Item = &TypeModel> {
        self.models.types.iter()
    }

    /// All traits, in the order of the files.
    pub fn traits(&self) -> impl Iterator<Item = &TraitModel> {
        self.models.traits.iter()
    }

    /// All attribute macros, in the order of the files.
    pub fn attributes(&self) -> impl Iterator<Item = &AttributeModel> {
        self.models.attributes.iter()
    }

    /// All function-like macros, in the order of the files.
    pub fn macros(&self) -> impl Iterator<Item = &MacroModel> {
        self.models.macros.iter()
    }

    /// All settings, in the order of the files.
    pub fn all_settings(&self) -> impl Iterator<Item = &SettingModel> {
        self.models.settings.iter()
    }

    /// All batch forms, in the order of the files.
    pub fn batches(&self) -> impl Iterator<Item = &BatchModel> {
        self.models.batches.iter()
    }

    /// All kinds of generated modules, in the order of the files.
    pub fn generated(&self) -> impl Iterator<Item = &GeneratedModel> {
        self.models.generated.iter()
    }

    /// The other paths of the data that lead to a canonical one, sorted.
    pub fn other_paths(&self, canonical: &str) -> Vec<String> {
        self.rewrites.others(canonical)
    }

    /// All paths of the data that lead to another, in no order.
    pub fn written_paths(&self) -> impl Iterator<Item = &str> {
        self.rewrites.sources()
    }

    fn owned(&self, owner: &str, name: &str, version: Option<&Version>) -> Option<&ApiModel> {
        first(&self.models.apis, self.apis.get(owner)?.get(name)?, version, |row| &row.versions)
    }
}

fn decode_builtin() -> Result<(Models, Rewrites), CatalogError> {
    decode(BUILTIN)
}

fn decode<T: DeserializeOwned>(compiled_in: &[u8]) -> Result<T, CatalogError> {
    postcard::from_bytes(compiled_in).map_err(|error| CatalogError {
        file: "catalog.bin".to_owned(),
        line: 0,
        range: None,
        message: error.to_string(),
    })
}

fn index_rows<'a>(paths: impl Iterator<Item = &'a str>) -> FxHashMap<String, Rows> {
    let mut index: FxHashMap<String, Rows> = FxHashMap::default();
    for (row, path) in (0..).zip(paths) {
        match index.get_mut(path) {
            Some(rows) => rows.push(row),
            None => {
                index.insert(path.to_owned(), Rows::from_elem(row, 1));
            }
        }
    }
    index
}

/// Rows of settings by the types whose defaults they state.
fn settings_of(settings: &[SettingModel]) -> FxHashMap<String, Rows> {
    let mut index: FxHashMap<String, Rows> = FxHashMap::default();
    for (row, setting) in (0..).zip(settings) {
        for path in &setting.of {
            index.entry(path.clone()).or_default().push(row);
        }
    }
    index
}

/// The first row that applies to the version.
fn first<'a, T>(
    models: &'a [T],
    rows: &Rows,
    version: Option<&Version>,
    versions: impl Fn(&T) -> &VersionReq,
) -> Option<&'a T> {
    let rows = rows.iter().filter_map(|row| models.get(usize::try_from(*row).ok()?));
    rows.into_iter().find(|row| applies(versions(row), version))
}

/// The part of a path before its last segment, which one of a single segment has not, and that segment. Colons come in twos, and one character is found without the tables
/// that a search for a text begins with.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let Some((owner, name)) = path.rsplit_once(':') else { return ("", path) };
    (owner.strip_suffix(':').unwrap_or(owner), name)
}

/// The first segment of a path, found like the last one.
pub(crate) fn first_segment(path: &str) -> &str {
    path.split(':').next().unwrap_or(path)
}
