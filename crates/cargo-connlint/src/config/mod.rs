//! `connlint.toml`: settings that a project keeps with its code.
//!
//! The file may come with untrusted code. It is data: nothing in it is run, what it names lies below its own folder,
//! sizes are bounded, and every output shows that it was used. `--no-config` leaves it alone.

mod file;
mod find;
mod limits;
mod overrides;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use connlint_catalog::{Catalog, CatalogError, CrateModels, ModelSource};
use connlint_diagnostics::{ChangedLevel, ConfigUsed, LintMetadata};
use connlint_facts::NoticeKind;
use connlint_lints::Declared;
use connlint_output::notice_kind_name;

use crate::analysed_project::Project;
use crate::exit::Failure;
use crate::levels::{LevelChange, levels, lint_metadata};

pub(crate) use file::{ConfigFile, levels_of_member, mistake, parse_models};
pub use limits::declared_limits;
pub(crate) use limits::write as write_limits;
pub(crate) use overrides::{Override, of_members, with_overrides_of_members};

/// Which settings to use.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ConfigArgs {
    /// Use the settings of this file instead of the project's `connlint.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no settings file: for untrusted code
    #[arg(long, visible_alias = "isolated")]
    no_config: bool,
    /// Also read the sources of dependencies that connlint does not know, where they are at hand: in `vendor`, a folder
    /// that a manifest names, cargo's registry and git checkouts. Nothing is fetched
    #[arg(long)]
    dependencies: bool,
}

impl ConfigArgs {
    /// Whether manifests may set anything: not if another file, or none, is asked for.
    pub(crate) fn reads_manifests(&self) -> bool {
        self.config.is_none() && !self.no_config
    }
}

/// The settings of a run.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The files that were read, the more general first.
    pub(crate) layers: Vec<Layer>,
    /// Levels of some findings, later ones first.
    pub(crate) overrides: Vec<Override>,
    /// Whether a suppression without a reason suppresses nothing, and the file that sets it.
    pub(crate) require_reason: Option<(bool, Arc<str>)>,
    /// Limits that the project declares.
    pub(crate) declared: Declared,
    /// Whether the sources of dependencies are read, and what sets it.
    pub(crate) dependencies: Option<(bool, Arc<str>)>,
    /// Kinds of notices that are set, and by which file; the last one counts.
    pub(crate) notices: Vec<(NoticeKind, bool, Arc<str>)>,
    models: Vec<Models>,
}

/// One file of settings.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Its name for people.
    pub(crate) name: Arc<str>,
    /// Its changes of levels, the more general first.
    pub(crate) levels: Vec<LevelChange>,
}

/// Rows of one crate, with the file that declares them.
#[derive(Debug)]
struct Models {
    name: Arc<str>,
    text: Arc<str>,
    rows: CrateModels,
}

impl Settings {
    /// The settings of a project: those of the file that the arguments name, else those of the root's manifest and of the
    /// nearest `connlint.toml`, which wins.
    pub(crate) fn load(args: &ConfigArgs, project: &Project) -> Result<Self, Failure> {
        let mut settings = Self::of_files(args, project)?;
        if args.dependencies {
            settings.dependencies = Some((true, "--dependencies".into()));
        }
        Ok(settings)
    }

    fn of_files(args: &ConfigArgs, project: &Project) -> Result<Self, Failure> {
        let mut settings = Self::default();
        if args.no_config {
            return Ok(settings);
        }
        if let Some(path) = &args.config {
            let found = find::Found::named(path)?;
            settings.add(&found, ConfigFile::parse(&found.name, &found.text)?)?;
            return Ok(settings);
        }
        if let Some(manifest) = find::manifest(project, "")
            && let Some(config) = ConfigFile::of_manifest(&manifest.name, &manifest.text)?
        {
            settings.add(&manifest, config)?;
        }
        if let Some(found) = find::Found::nearest(project)? {
            settings.add(&found, ConfigFile::parse(&found.name, &found.text)?)?;
        }
        Ok(settings)
    }

    /// The settings of one text, which can name no other file.
    pub(crate) fn of_text(name: &str, text: &Arc<str>, config: ConfigFile) -> Result<Self, Failure> {
        let mut settings = Self::default();
        settings.add(&find::Found::of_text(name, text), config)?;
        Ok(settings)
    }

    /// Adds the rows of a file of models.
    pub(crate) fn add_models(&mut self, name: &str, text: &Arc<str>, rows: Vec<CrateModels>) {
        let of_file = |rows| Models { name: name.into(), text: text.clone(), rows };
        self.models.extend(rows.into_iter().map(of_file));
    }

    /// Adds what a file sets over what was set before.
    fn add(&mut self, found: &find::Found, config: ConfigFile) -> Result<(), Failure> {
        let lints = lint_metadata();
        let levels = config.level_changes(&found.name, &found.text, &lints)?;
        self.layers.push(Layer { name: found.name.clone(), levels });
        if let Some(read) = config.dependencies {
            self.dependencies = Some((read, found.name.clone()));
        }
        let notices = config.notices(&found.name, &found.text)?.into_iter();
        self.notices.extend(notices.map(|(kind, shown)| (kind, shown, found.name.clone())));
        if let Some(required) = config.suppressions.require_reason {
            self.require_reason = Some((required, found.name.clone()));
        }
        limits::declare(&mut self.declared, &found.name, config.budget, config.capacity);
        for entry in config.overrides {
            self.overrides.push(Override::read(entry, found, &lints)?);
        }
        let mut budget = find::Budget::default();
        for entry in config.models {
            match entry {
                file::ModelEntry::Inline(rows) => {
                    self.models.push(Models { name: found.name.clone(), text: found.text.clone(), rows: *rows });
                }
                file::ModelEntry::File(path) => {
                    let (name, text) = found.next_to(&path, &mut budget)?;
                    self.add_models(&name, &text, file::parse_models(&name, &text)?);
                }
            }
        }
        Ok(())
    }

    /// Whether the sources of dependencies are read.
    pub(crate) fn reads_dependencies(&self) -> bool {
        self.dependencies.as_ref().is_some_and(|(read, _)| *read)
    }

    /// Changes of levels of all files, those that win last.
    pub(crate) fn levels(&self) -> impl Iterator<Item = &LevelChange> {
        self.layers.iter().flat_map(|layer| &layer.levels)
    }

    /// The kinds of notices that are not shown.
    pub(crate) fn hidden_notices(&self) -> BTreeSet<NoticeKind> {
        let last: BTreeMap<NoticeKind, bool> = self.notices.iter().map(|(kind, shown, _)| (*kind, *shown)).collect();
        last.into_iter().filter(|(_, shown)| !shown).map(|(kind, _)| kind).collect()
    }

    /// What to say of the settings in outputs; `None` if no file was read.
    pub(crate) fn used(&self) -> Result<Option<ConfigUsed>, Failure> {
        if self.layers.is_empty() {
            return Ok(None);
        }
        let lints = lint_metadata();
        let names: Vec<&str> = self.layers.iter().map(|layer| &*layer.name).collect();
        let hidden = self.hidden_notices();
        Ok(Some(ConfigUsed {
            path: names.join(" and "),
            levels: changed_levels(self, &lints)?,
            overrides: self.overrides.len(),
            overrides_lower: self.overrides.iter().any(|some| some.lowers(&lints)),
            hidden_notices: hidden.into_iter().map(notice_kind_name).collect(),
            models: self.modelled().into_iter().map(|(package, _)| package).collect(),
        }))
    }

    /// The catalog with the project's own models.
    pub(crate) fn catalog(self) -> Result<Catalog, Failure> {
        let texts: Vec<(Arc<str>, Arc<str>)> =
            self.models.iter().map(|models| (models.name.clone(), models.text.clone())).collect();
        let sources = self.models.into_iter().zip(&texts);
        let sources = sources.map(|(models, (name, text))| ModelSource { name, text, models: models.rows }).collect();
        Catalog::builtin_with(sources).map_err(|error| catalog_failure(error, &texts))
    }

    /// The packages that the models describe, each once, with the file that does.
    pub(crate) fn modelled(&self) -> Vec<(String, String)> {
        let mut packages: Vec<(String, String)> = Vec::new();
        for models in &self.models {
            if packages.iter().all(|(package, _)| package != models.rows.package()) {
                packages.push((models.rows.package().to_owned(), models.name.to_string()));
            }
        }
        packages
    }
}

/// The lints whose level the files change.
fn changed_levels(settings: &Settings, lints: &[&'static LintMetadata]) -> Result<Vec<ChangedLevel>, Failure> {
    let changes: Vec<LevelChange> = settings.levels().cloned().collect();
    let changed = levels(&changes, lints)?;
    let changed = lints.iter().filter_map(|lint| {
        let to = *changed.get(lint.name)?;
        (to != lint.level).then_some(ChangedLevel { lint: lint.name, from: lint.level, to })
    });
    let mut levels: Vec<ChangedLevel> = changed.collect();
    levels.sort_by_key(|changed| changed.lint);
    Ok(levels)
}

fn catalog_failure(error: CatalogError, texts: &[(Arc<str>, Arc<str>)]) -> Failure {
    let text = texts.iter().find(|(name, _)| **name == *error.file).map(|(_, text)| text);
    match (text, &error.range) {
        (Some(text), Some(_)) => mistake(&error.file, text, error.range, error.message),
        _ => Failure::new(error.to_string()),
    }
}
