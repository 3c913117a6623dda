//! Rows of one data file to models.

use semver::VersionReq;
use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use toml::Spanned;

use crate::batch::{BatchModel, BatchRow};
use crate::generated_schema::{GeneratedClientRow, GeneratedRow};
use crate::loaded::{Extension, Models};
use crate::model::{
    ApiModel, AttributeModel, BuilderModel, Callback, CrateModel, Effect, GeneratedClient, GeneratedModel, MacroModel,
    MadeType, Mode, OnceScope, Role, RouteArg, Runs, SettingModel, TraitModel, TypeExpr, TypeModel,
};
use crate::names::{Names, TOO_LARGE};
use crate::schema::{self, Receiver, Text, Versions};
use crate::setting_schema::SettingRow;
use crate::source::{CatalogError, Source};
use crate::type_expr::{Marks, parse_row_path, parse_signature, parse_type};

/// The words of `runs`.
const RUNS: &[(&str, Runs)] = &[
    ("request", Runs::Request),
    ("middleware", Runs::Middleware),
    ("extractor", Runs::Extractor),
    ("rpc", Runs::Rpc),
    ("resolver", Runs::Resolver),
    ("connection", Runs::Connection),
    ("message", Runs::Message),
    ("command", Runs::Command),
    ("schedule", Runs::Schedule),
    ("session", Runs::Session),
    ("startup", Runs::Startup),
    ("worker", Runs::Worker),
    ("router", Runs::Router),
    ("service", Runs::Service),
    ("once", Runs::Once(OnceScope::Process)),
    ("once_racy", Runs::Once(OnceScope::Racy)),
    ("once_per_key", Runs::Once(OnceScope::Key)),
    ("once_per_owner", Runs::Once(OnceScope::Owner)),
    ("once_per_thread", Runs::Once(OnceScope::Thread)),
    ("pool_factory", Runs::PoolFactory),
    ("pool_hook", Runs::PoolHook),
    ("spawn", Runs::Spawn),
    ("thread", Runs::Thread),
    ("blocking", Runs::Blocking),
    ("each_item", Runs::EachItem),
    ("retry", Runs::Retry),
    ("now", Runs::Now),
    ("in_transaction", Runs::InTransaction),
    ("never", Runs::Never),
];

impl Runs {
    /// The word for it in rows.
    pub fn word(self) -> &'static str {
        RUNS.iter().find(|(_, runs)| *runs == self).map_or("now", |(word, _)| word)
    }
}

/// Converts the rows of one file.
pub(crate) struct Converter<'a> {
    source: &'a Source<'a>,
    names: &'a Names,
}

impl<'a> Converter<'a> {
    pub(crate) fn new(source: &'a Source<'a>, names: &'a Names) -> Self {
        Self { source, names }
    }

    /// Appends the models of the file's rows.
    pub(crate) fn convert(&self, models: &mut Models) -> Result<(), CatalogError> {
        let file = &self.source.file;
        add_crate(&mut models.crates, self.krate(&file.krate)?);
        for row in &file.apis {
            models.apis.push(self.api(row)?);
        }
        for row in &file.types {
            self.type_row(row, models)?;
        }
        for row in &file.traits {
            self.trait_row(row, models)?;
        }
        for row in &file.modules {
            let (path, _) = self.row_path(&row.path)?;
            self.methods(&path, &[], &row.functions, row.versions.as_ref(), models)?;
        }
        for row in &file.attributes {
            models.attributes.push(self.attribute(row)?);
        }
        for row in &file.macros {
            models.macros.push(self.macro_row(row)?);
        }
        for row in &file.settings {
            models.settings.push(self.setting(row)?);
        }
        for row in &file.generated {
            models.generated.push(self.generated(row)?);
        }
        for row in &file.batches {
            models.batches.push(self.batch(row)?);
        }
        Ok(())
    }

    fn krate(&self, row: &schema::CrateRow) -> Result<CrateModel, CatalogError> {
        let mut remedies = Vec::new();
        for (role, remedy) in &row.remedies {
            remedies.push((self.role(role)?, remedy.clone()));
        }
        Ok(CrateModel {
            package: row.package.clone(),
            lib: row.lib(),
            category: row.category.clone(),
            versions: row.versions.0.clone(),
            summary: row.summary.clone(),
            title: row.title.clone().unwrap_or_else(|| row.package.clone()),
            state_access: row.state_access.clone(),
            state_setup: row.state_setup.clone(),
            offload: row.offload.clone(),
            async_form: row.async_form.clone(),
            async_note: row.async_note.clone(),
            host_connects: row.host_connects,
            sync_on_workers: row.sync_on_workers.as_ref().map(|versions| versions.0.clone()),
            sync_executors: self.paths(&row.sync_executors)?,
            bare_nested_root: row.bare_nested_root,
            timeout_unknown: row.timeout_unknown.clone(),
            serves: self.paths(&row.serves)?,
            serial: row.serial,
            partial: row.partial,
            state_getters: self.paths(&row.state_getters)?,
            runtime_tests: self.paths(&row.runtime_tests)?,
            remedies,
        })
    }

    fn role(&self, written: &Spanned<String>) -> Result<Role, CatalogError> {
        self.word(written, written.as_ref())
    }

    /// A word of one of the vocabularies (roles, effects).
    fn word<T: DeserializeOwned>(&self, at: &Spanned<String>, word: &str) -> Result<T, CatalogError> {
        let deserializer = StrDeserializer::<serde::de::value::Error>::new(word);
        T::deserialize(deserializer).map_err(|error| self.source.error(at, error.to_string()))
    }

    fn type_row(&self, row: &schema::TypeRow, models: &mut Models) -> Result<(), CatalogError> {
        let (path, generics) = self.row_path(&row.path)?;
        let mut fields = Vec::with_capacity(row.fields.len());
        for (name, ty) in &row.fields {
            fields.push((name.clone(), self.ty(ty, &generics)?));
        }
        let runs = row.runs.iter().map(|(name, word)| Ok((name.clone(), self.runs(word)?)));
        let traits = row.traits.iter().map(|text| self.ty(text, &generics)).collect::<Result<Vec<_>, _>>()?;
        let model = TypeModel {
            path: path.clone(),
            package: self.package(),
            versions: self.versions(row.versions.as_ref()),
            role: row.role.unwrap_or(Role::Other),
            deref: self.optional_type(row.deref.as_ref(), &generics)?,
            fields,
            runs: runs.collect::<Result<_, CatalogError>>()?,
            item: self.optional_type(row.item.as_ref(), &generics)?,
            output: self.optional_type(row.output.as_ref(), &generics)?,
            await_effects: row.await_effects.clone(),
            traits: self.trait_paths(&row.traits, &traits)?,
            trait_args: traits,
            chain: row.chain,
            cheap_clone: row.cheap_clone,
            pool: self.optional_type(row.pool.as_ref(), &generics)?,
            remedy: row.remedy.clone(),
            async_form: row.async_form.clone(),
            local_file: row.local_file,
            own_channel: row.own_channel,
            connects_per_command: row.connects_per_command,
            of_client: row.of_client,
            signal: row.signal,
            bounds: row.bounds,
            source: row.src.clone(),
            generics: generics.clone(),
        };
        if row.extends {
            let missing = format!("no other row describes the type `{path}`, which this one extends");
            let missing = self.source.error(&row.path, missing);
            models.extensions.push(Extension { missing, role: row.role, model });
        } else {
            models.types.push(model);
        }
        self.methods(&path, &generics, &row.methods, row.versions.as_ref(), models)
    }

    fn trait_row(&self, row: &schema::TraitRow, models: &mut Models) -> Result<(), CatalogError> {
        let (path, generics) = self.row_path(&row.path)?;
        let mut entries = Vec::with_capacity(row.entries.len());
        for (method, runs) in &row.entries {
            entries.push((method.clone(), self.runs(runs)?));
        }
        let supertraits = row.traits.iter().map(|text| self.ty(text, &generics)).collect::<Result<Vec<_>, _>>()?;
        models.traits.push(TraitModel {
            path: path.clone(),
            package: self.package(),
            versions: self.versions(row.versions.as_ref()),
            generics: generics.clone(),
            supertraits: self.trait_paths(&row.traits, &supertraits)?,
            blanket: row.blanket,
            of_streams: row.of_streams,
            of_futures: row.of_futures,
            drives: row.drives.as_ref().map(|path| Ok(self.row_path(path)?.0)).transpose()?,
            of_pools: row.of_pools,
            entries,
            not_for: self.paths(&row.not_for)?,
            entries_with: row.entries_with.iter().map(|(name, path)| (name.to_string(), path.to_string())).collect(),
            pooled: row.pooled.as_ref().map(|name| name.as_ref().clone()),
        });
        self.methods(&path, &generics, &row.methods, row.versions.as_ref(), models)
    }

    fn trait_paths(&self, written: &[Text], parsed: &[TypeExpr]) -> Result<Vec<String>, CatalogError> {
        let paths = written.iter().zip(parsed).map(|(text, parsed)| match parsed {
            TypeExpr::Path { path, .. } => {
                self.names.check_trait(path).map_err(|message| self.source.error(text, message))?;
                Ok(path.clone())
            }
            _ => Err(self.source.error(text, format!("`{}` is no trait's path", text.as_ref()))),
        });
        paths.collect()
    }

    fn methods(
        &self,
        owner: &str,
        generics: &[String],
        rows: &[Text],
        versions: Option<&Versions>,
        models: &mut Models,
    ) -> Result<(), CatalogError> {
        for row in rows {
            let parsed =
                parse_signature(row.as_ref(), generics).map_err(|error| self.source.syntax_error(row, &error))?;
            let mut names = generics.to_vec();
            names.extend(parsed.generics);
            let mut callbacks = Vec::with_capacity(parsed.marks.callbacks.len());
            for (arg, runs, is_future) in &parsed.marks.callbacks {
                let runs = self.runs_word(row, runs)?;
                callbacks.push(Callback { arg: Some(*arg), runs, is_future: *is_future, is_receiver: false });
            }
            if let Some(runs) = &parsed.marks.receiver {
                let runs = self.runs_word(row, runs)?;
                callbacks.push(Callback { arg: Some(u16::MAX), runs, is_future: false, is_receiver: true });
            }
            let effects = parsed.effects.iter().map(|word| self.word(row, word)).collect::<Result<Vec<Effect>, _>>()?;
            models.apis.push(ApiModel {
                path: format!("{owner}::{}", parsed.name),
                package: self.package(),
                versions: self.versions(versions),
                type_generics: self.count(row, generics)?,
                generics: names,
                takes_self: parsed.takes_self,
                consumes_self: parsed.consumes_self,
                params: parsed.params.iter().map(|ty| self.resolve(row, ty)).collect::<Result<_, _>>()?,
                returns: self.resolve(row, &parsed.returns)?,
                mode: if parsed.is_async { Mode::Async } else { Mode::Sync },
                io: None,
                resource: effects.iter().find_map(|effect| made_by(*effect)),
                effects,
                callbacks,
                http_method: parsed.http_method,
                route: route_of(&parsed.marks),
                driver_index: None,
                executor_arg: None,
                remedy: None,
                source: None,
                note: None,
            });
        }
        Ok(())
    }

    fn api(&self, row: &schema::ApiRow) -> Result<ApiModel, CatalogError> {
        let (path, own) = self.row_path(&row.path)?;
        let owner = path.rsplit_once("::").map_or("", |(owner, _)| owner);
        let mut generics = self.names.generics.get(owner).cloned().unwrap_or_default();
        let type_generics = self.count(&row.path, &generics)?;
        generics.extend(own);
        Ok(ApiModel {
            package: self.package(),
            versions: self.versions(row.versions.as_ref()),
            type_generics,
            takes_self: !matches!(row.receiver, Receiver::None),
            consumes_self: matches!(row.receiver, Receiver::Value),
            params: row.params.iter().map(|text| self.ty(text, &generics)).collect::<Result<_, _>>()?,
            returns: self.optional_type(row.returns.as_ref(), &generics)?.unwrap_or(TypeExpr::Unknown),
            mode: row.mode.unwrap_or(Mode::Sync),
            io: row.io,
            effects: row.effect.clone(),
            resource: row.resource.or_else(|| row.effect.iter().find_map(|effect| made_by(*effect))),
            callbacks: self.callbacks(&row.callbacks)?,
            http_method: row.http_method.clone(),
            route: row.route.as_ref().map(|route| RouteArg {
                path: route.path,
                path_is_receiver: false,
                target: route.target,
            }),
            driver_index: row.driver_index,
            executor_arg: row.executor_arg,
            remedy: row.remedy.clone(),
            source: row.src.clone(),
            note: row.note.clone(),
            path,
            generics,
        })
    }

    fn attribute(&self, row: &schema::AttributeRow) -> Result<AttributeModel, CatalogError> {
        Ok(AttributeModel {
            path: self.row_path(&row.path)?.0,
            package: self.package(),
            versions: self.versions(row.versions.as_ref()),
            on: row.on,
            runs: self.attribute_runs(row)?,
            runs_with: self.attribute_runs_with(row)?,
            one_thread_with: row.one_thread_with.clone().into_iter().collect(),
            methods_with: row.methods_with.clone(),
            http_method: row.http_method.clone(),
            method_name: row.method_name.clone(),
            route_name: row.route_name.clone(),
            prefix_name: row.prefix_name.clone(),
            documents: row.documents,
            generates: row.generates.clone(),
            delegates: row.delegates,
            field_mark: row.field_mark.clone(),
            field: self.optional_type(row.field.as_ref(), &["T".to_owned()])?,
            traits: self.derived(&row.traits)?,
            makes: row.makes.iter().map(|made| self.made(made)).collect::<Result<_, _>>()?,
            builder: row.builder.as_ref().map(builder),
        })
    }

    fn attribute_runs(&self, row: &schema::AttributeRow) -> Result<Runs, CatalogError> {
        let is_derive = !row.traits.is_empty() || !row.makes.is_empty() || row.delegates || row.builder.is_some();
        match &row.runs {
            Some(runs) => self.runs(runs),
            None if is_derive => Ok(Runs::Never),
            None => Err(self.source.error(&row.path, "missing field `runs`: only a derive goes without")),
        }
    }

    fn attribute_runs_with(&self, row: &schema::AttributeRow) -> Result<Vec<(String, Runs)>, CatalogError> {
        row.runs_with.iter().map(|(word, runs)| Ok((word.clone(), self.runs(runs)?))).collect()
    }

    fn made(&self, row: &crate::derive_schema::MadeRow) -> Result<MadeType, CatalogError> {
        Ok(MadeType { name: row.name.clone(), traits: self.derived(&row.traits)? })
    }

    /// Traits that a derive implements.
    fn derived(&self, written: &[Text]) -> Result<Vec<String>, CatalogError> {
        let parsed = written.iter().map(|text| self.ty(text, &[])).collect::<Result<Vec<_>, _>>()?;
        self.trait_paths(written, &parsed)
    }

    fn macro_row(&self, row: &schema::MacroRow) -> Result<MacroModel, CatalogError> {
        Ok(MacroModel {
            path: self.row_path(&row.path)?.0,
            package: self.package(),
            versions: self.versions(row.versions.as_ref()),
            returns: self.optional_type(row.returns.as_ref(), &[])?.unwrap_or(TypeExpr::Unknown),
            callbacks: self.callbacks(&row.callbacks)?,
            routes_by: row.routes_by.as_ref().map(|path| self.row_path(path)).transpose()?.map(|(path, _)| path),
        })
    }

    fn setting(&self, row: &SettingRow) -> Result<SettingModel, CatalogError> {
        Ok(SettingModel {
            path: self.row_path(&row.path)?.0,
            package: self.package(),
            versions: self.versions(row.versions.as_ref()),
            purpose: row.purpose.clone(),
            default: row.default.clone(),
            of: row.of.iter().map(|path| Ok(self.row_path(path)?.0)).collect::<Result<_, CatalogError>>()?,
            fixed: row.fixed,
            per_request: row.per_request,
            off: row.off,
            url: row.url.clone(),
            remedy: row.remedy.clone(),
            source: row.src.clone(),
        })
    }

    fn generated(&self, row: &GeneratedRow) -> Result<GeneratedModel, CatalogError> {
        let client = |client: &GeneratedClientRow| {
            let path = self.row_path(&client.is)?.0;
            Ok(GeneratedClient { module: client.module.clone(), name: client.name.clone(), path })
        };
        Ok(GeneratedModel {
            path: self.row_path(&row.path)?.0,
            macro_name: row.macro_name.clone(),
            modules: row.modules.clone(),
            client: row.client.as_ref().map(client).transpose()?,
            request: row.request.as_ref().map(|path| Ok(self.row_path(path)?.0)).transpose()?,
        })
    }

    fn batch(&self, row: &BatchRow) -> Result<BatchModel, CatalogError> {
        Ok(BatchModel {
            lib: self.source.file.krate.lib(),
            calls: self.paths(&row.calls)?,
            access: row.access,
            with: row.with.as_ref().map(|path| Ok(self.row_path(path)?.0)).transpose()?,
            form: row.form.clone(),
            names: self.paths(&row.names)?,
        })
    }

    fn callbacks(&self, rows: &[schema::CallbackRow]) -> Result<Vec<Callback>, CatalogError> {
        let convert = |row: &schema::CallbackRow| {
            let (arg, is_receiver) = match row.arg {
                schema::ArgIndex::One(index) => (Some(index), false),
                schema::ArgIndex::All => (None, false),
                schema::ArgIndex::Receiver => (Some(u16::MAX), true),
            };
            Ok(Callback { arg, runs: self.runs(&row.runs)?, is_future: row.future, is_receiver })
        };
        rows.iter().map(convert).collect()
    }

    fn runs(&self, written: &Spanned<String>) -> Result<Runs, CatalogError> {
        self.runs_word(written, written.as_ref())
    }

    fn runs_word(&self, written: &Spanned<String>, word: &str) -> Result<Runs, CatalogError> {
        RUNS.iter().find(|(name, _)| *name == word).map(|(_, runs)| *runs).ok_or_else(|| {
            let allowed = RUNS.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.source.error(written, format!("unknown way to run `{word}`, expected one of {allowed}"))
        })
    }

    fn row_path(&self, written: &Spanned<String>) -> Result<(String, Vec<String>), CatalogError> {
        let (path, generics) =
            parse_row_path(written.as_ref()).map_err(|error| self.source.syntax_error(written, &error))?;
        let canonical = self.names.rewrites.canonical(&path).path.into_owned();
        self.names.check_crate(&canonical).map_err(|message| self.source.error(written, message))?;
        Ok((canonical, generics))
    }

    fn paths(&self, written: &[Text]) -> Result<Vec<String>, CatalogError> {
        written.iter().map(|path| Ok(self.row_path(path)?.0)).collect()
    }

    fn ty(&self, written: &Spanned<String>, generics: &[String]) -> Result<TypeExpr, CatalogError> {
        let parsed =
            parse_type(written.as_ref(), generics).map_err(|error| self.source.syntax_error(written, &error))?;
        self.resolve(written, &parsed)
    }

    fn resolve(&self, written: &Spanned<String>, parsed: &TypeExpr) -> Result<TypeExpr, CatalogError> {
        self.names.resolve(parsed).ok_or_else(|| self.source.error(written, TOO_LARGE))
    }

    fn optional_type(&self, written: Option<&Text>, generics: &[String]) -> Result<Option<TypeExpr>, CatalogError> {
        written.map(|written| self.ty(written, generics)).transpose()
    }

    fn count(&self, at: &Spanned<String>, generics: &[String]) -> Result<u16, CatalogError> {
        u16::try_from(generics.len()).map_err(|_| self.source.error(at, "too many generic parameters"))
    }

    fn package(&self) -> String {
        self.source.file.krate.package.clone()
    }

    fn versions(&self, row: Option<&Versions>) -> VersionReq {
        row.unwrap_or(&self.source.file.krate.versions).0.clone()
    }
}

/// Adds a crate; a crate that several files describe is kept once, the later ones fill what the first leaves open.
fn add_crate(crates: &mut Vec<CrateModel>, added: CrateModel) {
    let Some(present) = crates.iter_mut().find(|krate| krate.lib == added.lib) else {
        crates.push(added);
        return;
    };
    fill(present, added);
}

/// Fills what an entry of a crate leaves open from another one.
pub(crate) fn fill(present: &mut CrateModel, other: CrateModel) {
    if present.summary.is_empty() {
        present.summary = other.summary;
    }
    present.state_access = present.state_access.take().or(other.state_access);
    present.state_setup = present.state_setup.take().or(other.state_setup);
    present.offload = present.offload.take().or(other.offload);
    present.async_form = present.async_form.take().or(other.async_form);
    present.async_note = present.async_note.take().or(other.async_note);
    present.host_connects |= other.host_connects;
    present.sync_on_workers = present.sync_on_workers.take().or(other.sync_on_workers);
    present.sync_executors.extend(other.sync_executors);
    present.bare_nested_root |= other.bare_nested_root;
    present.timeout_unknown = present.timeout_unknown.take().or(other.timeout_unknown);
    present.serves.extend(other.serves);
    present.serial |= other.serial;
    present.partial &= other.partial;
    present.state_getters.extend(other.state_getters);
    present.runtime_tests.extend(other.runtime_tests);
    for (role, remedy) in other.remedies {
        if present.remedies.iter().all(|(other, _)| *other != role) {
            present.remedies.push((role, remedy));
        }
    }
}

/// The route that the marks of a compact row name.
fn route_of(marks: &Marks) -> Option<RouteArg> {
    let route = RouteArg { path: marks.path, path_is_receiver: marks.path_is_receiver, target: marks.target };
    (route.path.is_some() || route.path_is_receiver || route.target.is_some()).then_some(route)
}

/// What an effect makes where the row does not say so.
fn made_by(effect: Effect) -> Option<Role> {
    match effect {
        Effect::OpenConnection => Some(Role::Connection),
        Effect::BuildPool => Some(Role::Pool),
        Effect::BuildClient | Effect::ThrowawayClient => Some(Role::Client),
        Effect::Acquire => Some(Role::PooledConnection),
        Effect::Begin => Some(Role::Transaction),
        _ => None,
    }
}

fn builder(row: &crate::derive_schema::BuilderRow) -> BuilderModel {
    BuilderModel {
        name: row.name.clone(),
        renamed_by: row.renamed_by.clone(),
        start: row.start.clone(),
        instead_of: row.instead_of.clone(),
        finish: row.finish.clone(),
        fallible: row.fallible,
    }
}
