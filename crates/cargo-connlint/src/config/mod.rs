//! `connlint.toml`: settings that a project keeps with its code.
//!
//! The file may come with untrusted code. It is data: nothing in it is run, what it names lies below its own folder,
//! sizes are bounded, and every output shows that it was used. `--no-config` leaves it alone.

mod file;
mod find;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use connlint_catalog::{Catalog, CatalogError, ModelSource};
use connlint_diagnostics::{ChangedLevel, ConfigUsed, LintMetadata};

use crate::exit::Failure;
use crate::levels::{LevelChange, levels, lint_metadata};

pub(crate) use file::{ConfigFile, mistake};

/// Which settings to use.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ConfigArgs {
    /// Use the settings of this file instead of the project's `connlint.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no settings file: for untrusted code
    #[arg(long, visible_alias = "isolated")]
    no_config: bool,
}

/// The settings of a run.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Changes of levels, the more general first.
    pub(crate) levels: Vec<LevelChange>,
    /// What is told of them.
    pub(crate) used: Option<ConfigUsed>,
    models: Vec<Models>,
}

/// Rows of one crate, with the file that they stand in.
#[derive(Debug)]
struct Models {
    name: Arc<str>,
    text: Arc<str>,
    rows: connlint_catalog::CrateModels,
}

impl Settings {
    /// The settings of a project: those of the file that the arguments name, else of the nearest `connlint.toml`.
    pub(crate) fn load(args: &ConfigArgs, asked: &Path, root: &Path) -> Result<Self, Failure> {
        let found = match &args.config {
            _ if args.no_config => None,
            Some(path) => Some(find::Found::named(path)?),
            None => find::Found::nearest(asked, root)?,
        };
        found.map_or_else(|| Ok(Self::default()), |found| Self::read(&found))
    }

    fn read(found: &find::Found) -> Result<Self, Failure> {
        let config = ConfigFile::parse(&found.name, &found.text)?;
        let lints = lint_metadata();
        let levels = config.level_changes(&found.name, &found.text, &lints)?;
        let mut models = Vec::new();
        let mut budget = find::Budget::default();
        for entry in config.models {
            match entry {
                file::ModelEntry::Inline(rows) => {
                    models.push(Models { name: found.name.clone(), text: found.text.clone(), rows: *rows });
                }
                file::ModelEntry::File(path) => {
                    let (name, text) = found.beside(&path, &mut budget)?;
                    let rows = file::parse_models(&name, &text)?;
                    models.extend(rows.into_iter().map(|rows| Models { name: name.clone(), text: text.clone(), rows }));
                }
            }
        }
        let used = Some(used(found, &levels, &models, &lints)?);
        Ok(Self { levels, used, models })
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

/// What to tell of settings.
fn used(
    found: &find::Found,
    changes: &[LevelChange],
    models: &[Models],
    lints: &[&'static LintMetadata],
) -> Result<ConfigUsed, Failure> {
    let changed = levels(changes, lints)?;
    let changed = lints.iter().filter_map(|lint| {
        let to = *changed.get(lint.name)?;
        (to != lint.level).then_some(ChangedLevel { lint: lint.name, from: lint.level, to })
    });
    let mut levels: Vec<ChangedLevel> = changed.collect();
    levels.sort_by_key(|changed| changed.lint);
    let mut packages: Vec<String> = Vec::new();
    for models in models {
        if packages.iter().all(|package| package != models.rows.package()) {
            packages.push(models.rows.package().to_owned());
        }
    }
    Ok(ConfigUsed { path: found.name.to_string(), levels, models: packages })
}

fn catalog_failure(error: CatalogError, texts: &[(Arc<str>, Arc<str>)]) -> Failure {
    let text = texts.iter().find(|(name, _)| **name == *error.file).map(|(_, text)| text);
    match (text, &error.range) {
        (Some(text), Some(_)) => mistake(&error.file, text, error.range, error.message),
        _ => Failure::new(error.to_string()),
    }
}
