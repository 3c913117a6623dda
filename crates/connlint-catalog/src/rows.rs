//! The catalog as rows, for tools that keep the data: what each row says, in one number, and how it can be proved.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};

use crate::catalog::{Catalog, split};
use crate::model::{
    self, AliasModel, ApiModel, AttributeModel, Effect, MacroModel, Runs, SettingModel, TraitModel, TypeModel, Unproved,
};
use crate::versions::applies;

/// One row of the data.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// A function, associated function or method.
    Api(&'a ApiModel),
    /// A type.
    Type(&'a TypeModel),
    /// Another name of a type.
    Alias(&'a AliasModel),
    /// A trait.
    Trait(&'a TraitModel),
    /// An attribute macro.
    Attribute(&'a AttributeModel),
    /// A function-like macro.
    Macro(&'a MacroModel),
    /// A setting.
    Setting(&'a SettingModel),
}

impl<'a> Row<'a> {
    /// `api`, `type`, …, as the data files name it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Api(_) => "api",
            Self::Type(_) => "type",
            Self::Alias(_) => "alias",
            Self::Trait(_) => "trait",
            Self::Attribute(_) => "attribute",
            Self::Macro(_) => "macro",
            Self::Setting(_) => "setting",
        }
    }

    /// Its canonical path.
    pub fn path(self) -> &'a str {
        match self {
            Self::Api(row) => &row.path,
            Self::Type(row) => &row.path,
            Self::Alias(row) => &row.path,
            Self::Trait(row) => &row.path,
            Self::Attribute(row) => &row.path,
            Self::Macro(row) => &row.path,
            Self::Setting(row) => &row.path,
        }
    }

    /// The versions that it applies to; an alias applies to all that have it.
    pub fn versions(self) -> VersionReq {
        match self {
            Self::Api(row) => row.versions.clone(),
            Self::Type(row) => row.versions.clone(),
            Self::Alias(_) => VersionReq::STAR,
            Self::Trait(row) => row.versions.clone(),
            Self::Attribute(row) => row.versions.clone(),
            Self::Macro(row) => row.versions.clone(),
            Self::Setting(row) => row.versions.clone(),
        }
    }

    /// Whether it applies to a version.
    pub fn applies_to(self, version: &Version) -> bool {
        applies(&self.versions(), Some(version))
    }

    /// The item that it belongs to in a report: the type, trait or module of a function, method or setting, else itself.
    pub fn owner(self) -> &'a str {
        match self {
            Self::Api(_) | Self::Setting(_) => split(self.path()).0,
            _ => self.path(),
        }
    }

    /// A number that changes when what the row says of the code changes, the same on every platform. What a row waits for
    /// and the flags of types, traits and crates are left out: no source can show them.
    pub fn content_hash(self) -> u64 {
        // Field by field and by name: what the models and vocabularies gain later changes no row that does without it.
        let text = match self {
            Self::Api(row) => {
                let place = (&row.path, &row.package, &row.versions, &row.generics, row.type_generics);
                let form = (row.takes_self, row.consumes_self, &row.params, &row.returns, row.mode, row.io);
                let effects: Vec<Effect> =
                    row.effects.iter().copied().filter(|effect| !effect.is_qualifier()).collect();
                let route = row.route.map(|route| RouteArg { path: route.path, target: route.target });
                let work = (&effects, row.resource, callbacks(&row.callbacks), &row.http_method, route);
                let on_receiver = row.callbacks.iter().any(|callback| callback.is_receiver);
                let more = (on_receiver, row.route.is_some_and(|route| route.path_is_receiver));
                let more = gained(more != (false, false), more);
                format!("{place:?} {form:?} {work:?} {:?} {:?}{more}", row.driver_index, row.executor_arg)
            }
            Self::Type(row) => {
                let place = (&row.path, &row.package, &row.versions, &row.generics, row.role);
                let form = (&row.deref, &row.fields, &row.item, &row.output, &row.await_effects, &row.trait_args);
                let runs = gained(!row.runs.is_empty(), &row.runs);
                format!("{place:?} {form:?} {} {}{runs}", row.chain, row.cheap_clone)
            }
            Self::Alias(row) => format!("{:?}", (&row.path, &row.generics, &row.target)),
            Self::Trait(row) => {
                let place = (&row.path, &row.package, &row.versions, &row.generics);
                let not_for = gained(!row.not_for.is_empty(), &row.not_for);
                let with = gained(!row.entries_with.is_empty(), &row.entries_with);
                let pooled = gained(row.pooled.is_some(), &row.pooled);
                format!("{place:?} {:?} {} {:?}{not_for}{with}{pooled}", row.supertraits, row.blanket, row.entries)
            }
            Self::Attribute(row) => {
                let place = (&row.path, &row.package, &row.versions, row.on, row.runs);
                let route = (row.methods_with.first(), &row.http_method, &row.route_name);
                let derived = gained(row.is_derive(), (&row.traits, &row.makes));
                let others = row.methods_with.get(1..).unwrap_or_default();
                let more = (others, &row.method_name, row.documents, &row.generates, row.delegates, &row.field_mark);
                let more = gained(more != (&[], &None, false, &None, false, &None), more);
                let field = gained(row.field.is_some(), &row.field);
                let prefix = gained(row.prefix_name.is_some(), &row.prefix_name);
                let builder = gained(row.builder.is_some(), &row.builder);
                let runs_with = gained(!row.runs_with.is_empty(), &row.runs_with);
                let one_thread = gained(!row.one_thread_with.is_empty(), &row.one_thread_with);
                format!("{place:?} {route:?}{derived}{more}{field}{prefix}{builder}{runs_with}{one_thread}")
            }
            Self::Macro(row) => {
                let place = (&row.path, &row.package, &row.versions, &row.returns, callbacks(&row.callbacks));
                format!("{place:?}{}", gained(row.routes_by.is_some(), &row.routes_by))
            }
            Self::Setting(row) => format!("{:?}", (&row.path, &row.package, &row.versions, &row.purpose, &row.default)),
        };
        stable_hash(self.kind().bytes().chain(text.bytes()))
    }
}

/// What a model has gained, where a row uses it.
fn gained(used: bool, value: impl std::fmt::Debug) -> String {
    if used { format!(" {value:?}") } else { String::new() }
}

/// A number of bytes that is the same everywhere and for ever (FNV-1a), for committed records of what was checked.
pub fn stable_hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Catalog {
    /// All rows as written, without those that are derived from traits with arguments; in the order of the files.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let types = self.types().map(Row::Type).chain(self.traits().map(Row::Trait));
        let macros = self.attributes().map(Row::Attribute).chain(self.macros().map(Row::Macro));
        let settings = self.all_settings().map(Row::Setting);
        types
            .chain(self.written_apis().map(Row::Api))
            .chain(self.aliases().map(Row::Alias))
            .chain(macros)
            .chain(settings)
    }

    /// The package whose sources prove a row.
    pub fn package_of<'a>(&'a self, row: Row<'a>) -> &'a str {
        match row {
            Row::Api(row) => &row.package,
            Row::Type(row) => &row.package,
            Row::Alias(row) => self.crate_of(&row.path).map_or("", |krate| &krate.package),
            Row::Trait(row) => &row.package,
            Row::Attribute(row) => &row.package,
            Row::Macro(row) => &row.package,
            Row::Setting(row) => &row.package,
        }
    }

    /// Why a row cannot be proved, where the data say so: of the row, of its type or of a module around.
    pub fn unproved(&self, path: &str) -> Option<&Unproved> {
        let mut path = path;
        loop {
            if let Some(mark) = self.marks().get(path) {
                return Some(mark);
            }
            path = path.rsplit_once("::")?.0;
        }
    }
}

impl Catalog {
    /// By package and item (a type, trait or module with its functions and settings): one number of all that the rows
    /// say, for a report that notices when they change.
    pub fn content_hashes(&self) -> BTreeMap<&str, BTreeMap<&str, u64>> {
        let mut found: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        for row in self.rows() {
            let hash = found.entry(self.package_of(row)).or_default().entry(row.owner()).or_default();
            // The order of the files is part of what they say.
            *hash = stable_hash(hash.to_le_bytes().into_iter().chain(row.content_hash().to_le_bytes()));
        }
        found
    }
}

/// The form of a function value and of a route as they were before the models gained more of them. Their names and fields
/// are part of the text that is hashed.
#[derive(Debug)]
#[allow(dead_code, reason = "the fields are read by `Debug`, for the text that is hashed")]
struct Callback {
    arg: Option<u16>,
    runs: Runs,
    is_future: bool,
}

#[derive(Debug)]
#[allow(dead_code, reason = "the fields are read by `Debug`, for the text that is hashed")]
struct RouteArg {
    path: Option<u16>,
    target: Option<u16>,
}

fn callbacks(rows: &[model::Callback]) -> Vec<Callback> {
    rows.iter().map(|c| Callback { arg: c.arg, runs: c.runs, is_future: c.is_future }).collect()
}
