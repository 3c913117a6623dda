//! The shape of `connlint.toml`, and what is said where a file has another.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use connlint_catalog::CrateModels;
use connlint_diagnostics::{Category, Level, LintMetadata, nearest_name};
use connlint_facts::NoticeKind;
use connlint_output::{Mistake, notice_kind_name};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::limits::{BudgetTable, CapacityTable};
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
    /// Levels of the findings of some files, crates or routes. A later entry wins over an earlier one, and all of them
    /// over `lints`.
    #[serde(default)]
    pub(crate) overrides: Vec<OverrideEntry>,
    /// Which kinds of notices are shown: all, unless they are off here. `--strict` counts those that are off too.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Switch>")]
    notices: BTreeMap<Spanned<String>, Switch>,
    /// What is asked of suppressions in the source.
    #[serde(default)]
    pub(crate) suppressions: SuppressionSettings,
    /// What one request may cost: the lint `budget-exceeded` reports what costs more.
    #[serde(default)]
    pub(crate) budget: Option<BudgetTable>,
    /// What servers allow, and how many processes run: the lint `capacity-exceeded` reports what does not fit, and
    /// `connlint capacity` reckons with it.
    #[serde(default)]
    pub(crate) capacity: Option<CapacityTable>,
    /// Whether the sources of dependencies that connlint does not know are read too, as with `--dependencies`.
    #[serde(default)]
    pub(crate) dependencies: Option<bool>,
    /// What crates do that connlint does not know, or should know otherwise: one entry for each crate, or the path of a
    /// file of entries below this file's folder.
    #[serde(default)]
    pub(crate) models: Vec<ModelEntry>,
}

/// Levels of some findings. Those are meant for which all of `paths`, `crates` and `routes` that are given hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverrideEntry {
    /// Patterns of files or folders, relative to the analysed root: `crates/legacy`, `**/migrations/*.rs`.
    #[serde(default)]
    pub(crate) paths: Vec<String>,
    /// Patterns of packages: `legacy-*`.
    #[serde(default)]
    pub(crate) crates: Vec<String>,
    /// Patterns of routes, with or without the method: `/health`, `GET /admin/**`. A finding that several routes reach
    /// is meant if all of them match.
    #[serde(default)]
    pub(crate) routes: Vec<String>,
    /// The levels, as in `[lints]`.
    #[schemars(with = "BTreeMap<String, LevelName>")]
    lints: BTreeMap<Spanned<String>, LevelName>,
}

/// What is asked of suppressions in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressionSettings {
    /// Whether a suppression without a reason suppresses nothing.
    #[serde(default, rename = "require-reason")]
    pub(crate) require_reason: Option<bool>,
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Switch {
    /// It is not shown.
    Off,
    /// It is shown.
    On,
}

/// `[package.metadata.connlint]` of a member: the levels of its findings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberConfig {
    lints: BTreeMap<Spanned<String>, LevelName>,
}

/// `Cargo.toml`, as far as it is about connlint.
#[derive(Deserialize)]
struct ManifestConfig<P> {
    workspace: Option<MetadataOf<ConfigFile>>,
    package: Option<MetadataOf<P>>,
}

#[derive(Deserialize)]
struct MetadataOf<T> {
    metadata: Option<ToolMetadata<T>>,
}

#[derive(Deserialize)]
struct ToolMetadata<T> {
    connlint: Option<T>,
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

    /// The settings of a manifest: those of its workspace; without one, those of its package.
    pub(crate) fn of_manifest(name: &str, text: &Arc<str>) -> Result<Option<Self>, Failure> {
        if is_of_workspace(text) {
            let manifest: ManifestConfig<IgnoredAny> = parse(name, text)?;
            return Ok(manifest.workspace.and_then(|of| of.metadata).and_then(|metadata| metadata.connlint));
        }
        let manifest: ManifestConfig<Self> = parse(name, text)?;
        Ok(manifest.package.and_then(|of| of.metadata).and_then(|metadata| metadata.connlint))
    }

    /// Its changes of levels: `all` first, then categories, then lints.
    pub(crate) fn level_changes(
        &self,
        name: &str,
        text: &Arc<str>,
        lints: &[&'static LintMetadata],
    ) -> Result<Vec<LevelChange>, Failure> {
        level_changes(&self.lints, name, text, lints)
    }

    /// The kinds of notices that it sets, and whether they are shown.
    pub(crate) fn notices(&self, name: &str, text: &Arc<str>) -> Result<Vec<(NoticeKind, bool)>, Failure> {
        let mut found = Vec::new();
        for (key, switch) in &self.notices {
            let wanted = key.get_ref().as_str();
            let Some(kind) = NoticeKind::ALL.iter().copied().find(|kind| notice_kind_name(*kind) == wanted) else {
                let message = format!("there is no kind of notice `{wanted}`");
                let names = NoticeKind::ALL.iter().map(|kind| notice_kind_name(*kind));
                let help = nearest_name(wanted, names).map(|nearest| format!("did you mean `{nearest}`?"));
                return Err(unknown(name, text, key, message, help));
            };
            found.push((kind, *switch == Switch::On));
        }
        Ok(found)
    }
}

impl OverrideEntry {
    /// Its changes of levels, as those of the file.
    pub(crate) fn level_changes(
        &self,
        name: &str,
        text: &Arc<str>,
        lints: &[&'static LintMetadata],
    ) -> Result<Vec<LevelChange>, Failure> {
        level_changes(&self.lints, name, text, lints)
    }
}

/// Whether a manifest is that of a workspace.
pub(super) fn is_of_workspace(text: &str) -> bool {
    text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("workspace"))
}

/// The levels that the manifest of a workspace's member sets for its own findings.
pub(crate) fn levels_of_member(
    name: &str,
    text: &Arc<str>,
    lints: &[&'static LintMetadata],
) -> Result<Vec<LevelChange>, Failure> {
    let manifest: ManifestConfig<MemberConfig> = parse(name, text)?;
    let own = manifest.package.and_then(|of| of.metadata).and_then(|metadata| metadata.connlint);
    own.map_or(Ok(Vec::new()), |own| level_changes(&own.lints, name, text, lints))
}

fn level_changes(
    levels: &BTreeMap<Spanned<String>, LevelName>,
    name: &str,
    text: &Arc<str>,
    lints: &[&'static LintMetadata],
) -> Result<Vec<LevelChange>, Failure> {
    let mut changes = Vec::new();
    for (lint, level) in levels {
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

fn unknown_lint(name: &str, text: &Arc<str>, key: &Spanned<String>, lints: &[&'static LintMetadata]) -> Failure {
    let categories = Category::ALL.iter().map(|category| category.name());
    let known = lints.iter().map(|lint| lint.name).chain(categories);
    let wanted = key.get_ref().replace('_', "-");
    let help = match nearest_name(&wanted, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`connlint lints` lists all".to_owned(),
    };
    unknown(name, text, key, format!("there is no lint `{}`", key.get_ref()), Some(help))
}

/// A key that means nothing, with what may help.
fn unknown(name: &str, text: &Arc<str>, key: &Spanned<String>, message: String, help: Option<String>) -> Failure {
    let (path, text, range) = (name.to_owned(), text.clone(), Some(key.span()));
    Failure::at(Mistake { path, text, range, message, help })
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

/// A mistake in a file; where a word is not one of those that are allowed, with the one that it most likely means.
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
        let suggested = suggestion("unknown field `pth`, expected one of `path`, `role`");
        assert_eq!(suggested.as_deref(), Some("did you mean `path`?"));
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
