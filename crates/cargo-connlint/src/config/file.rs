//! The shape of `connlint.toml`, and what is said where a file has another.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use connlint_catalog::CrateModels;
use connlint_diagnostics::{Category, Level, LintMetadata, nearest_name};
use connlint_output::Mistake;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::exit::Failure;
use crate::levels::LevelChange;

/// Settings of connlint for a project: `connlint.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "connlint.toml")]
pub(crate) struct ConfigFile {
    /// Levels of lints, of categories of lints, or of `all`. A lint's own entry wins over its category's, and that over
    /// `all`; the command line wins over the file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, LevelName>")]
    lints: BTreeMap<Spanned<String>, LevelName>,
    /// What crates do that connlint does not know, or should know otherwise: one entry for each crate, or the path of a
    /// file of entries below this file's folder.
    #[serde(default)]
    pub(crate) models: Vec<ModelEntry>,
}

/// How much findings of a lint matter.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LevelName {
    /// The lint is not run.
    Off,
    /// Findings are warnings.
    Warn,
    /// Findings are errors.
    Error,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Off => Self::Off,
            LevelName::Warn => Self::Warn,
            LevelName::Error => Self::Error,
        }
    }
}

/// An element of `models`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ModelEntry {
    /// The path of a file that holds entries, below this file's folder.
    File(#[schemars(with = "String")] String),
    /// What is known of one crate.
    Inline(Box<CrateModels>),
}

impl<'de> Deserialize<'de> for ModelEntry {
    /// By hand: an untagged enum would lose the places of what it reads.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = ModelEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the models of a crate, or the path of a file of them")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<ModelEntry, E> {
        Ok(ModelEntry::File(path.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ModelEntry, A::Error> {
        CrateModels::deserialize(MapAccessDeserializer::new(map)).map(|rows| ModelEntry::Inline(Box::new(rows)))
    }
}

/// A file of entries, as `models` names it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelsFile {
    models: Vec<CrateModels>,
}

impl ConfigFile {
    /// Reads the text of a settings file.
    pub(crate) fn parse(name: &str, text: &Arc<str>) -> Result<Self, Failure> {
        parse(name, text)
    }

    /// Its changes of levels: `all` first, then categories, then lints.
    pub(crate) fn level_changes(
        &self,
        name: &str,
        text: &Arc<str>,
        lints: &[&'static LintMetadata],
    ) -> Result<Vec<LevelChange>, Failure> {
        let mut changes = Vec::new();
        for (lint, level) in &self.lints {
            let wanted = lint.get_ref().as_str();
            let rank = if wanted == "all" {
                0
            } else if wanted.parse::<Category>().is_ok() {
                1
            } else if lints.iter().any(|lint| lint.name == wanted) {
                2
            } else {
                return Err(unknown_lint(name, text, lint, lints));
            };
            changes.push((rank, LevelChange { lint: wanted.to_owned(), level: (*level).into() }));
        }
        changes.sort_by_key(|(rank, _)| *rank);
        Ok(changes.into_iter().map(|(_, change)| change).collect())
    }
}

fn unknown_lint(name: &str, text: &Arc<str>, key: &Spanned<String>, lints: &[&'static LintMetadata]) -> Failure {
    let categories = Category::ALL.iter().map(|category| category.name());
    let known = lints.iter().map(|lint| lint.name).chain(categories);
    let nearest = nearest_name(&key.get_ref().replace('_', "-"), known);
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`connlint lints` lists all".to_owned(),
    };
    let message = format!("there is no lint `{}`", key.get_ref());
    let (path, text, range) = (name.to_owned(), text.clone(), Some(key.span()));
    Failure::at(Mistake { path, text, range, message, help: Some(help) })
}

/// Reads a file of models: one crate's, as the catalog's own files are, or several below `[[models]]`.
pub(crate) fn parse_models(name: &str, text: &Arc<str>) -> Result<Vec<CrateModels>, Failure> {
    let table: toml::Table = parse(name, text)?;
    if table.contains_key("models") {
        return parse::<ModelsFile>(name, text).map(|file| file.models);
    }
    parse(name, text).map(|rows| vec![rows])
}

fn parse<T: DeserializeOwned>(name: &str, text: &Arc<str>) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| mistake(name, text, error.span(), error.message().to_owned()))
}

/// A mistake in a file; where a word is not one of those that are allowed, the one that it most likely means is told.
pub(crate) fn mistake(name: &str, text: &Arc<str>, range: Option<Range<usize>>, message: String) -> Failure {
    let help = suggestion(&message);
    Failure::at(Mistake { path: name.to_owned(), text: text.clone(), range, message, help })
}

/// Messages on unknown words name the word first and then, each in backticks, what is allowed.
fn suggestion(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    let nearest = nearest_name(wrong, words)?;
    Some(format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_suggested_for_what_is_not_known_only() {
        let told = suggestion("unknown field `pth`, expected one of `path`, `role`");
        assert_eq!(told.as_deref(), Some("did you mean `path`?"));
        assert_eq!(suggestion("unknown field `colour`, expected one of `path`, `role`"), None);
        assert_eq!(suggestion("expected `,`, found `.`"), None);
    }

    #[test]
    fn more_particular_levels_come_later() {
        let text: Arc<str> = "[lints]\nclient-per-request = \"error\"\nall = \"off\"\nexhaustion = \"warn\"\n".into();
        let config = ConfigFile::parse("connlint.toml", &text).unwrap();
        let changes = config.level_changes("connlint.toml", &text, &crate::levels::lint_metadata()).unwrap();
        let names: Vec<&str> = changes.iter().map(|change| change.lint.as_str()).collect();
        assert_eq!(names, ["all", "exhaustion", "client-per-request"]);
    }
}
