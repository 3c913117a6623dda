//! Levels of some findings, as settings files give them, and which files they mean in a project that was read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use connlint_diagnostics::{ConfigUsed, Level, LevelOverride, LintMetadata, Pattern};
use connlint_facts::WorkspaceFacts;

use super::file::{OverrideEntry, is_of_workspace, levels_of_member};
use super::find;
use crate::analysed_project::Project;
use crate::exit::Failure;
use crate::levels::{levels, lint_metadata};

/// Levels of the findings that all given conditions hold for.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    /// The file that gives them.
    pub(crate) origin: Arc<str>,
    /// Patterns of files or folders.
    pub(crate) paths: Vec<String>,
    /// Patterns of packages.
    pub(crate) crates: Vec<String>,
    /// Patterns of routes.
    pub(crate) routes: Vec<String>,
    /// The levels, by lint.
    pub(crate) levels: BTreeMap<String, Level>,
}

impl Override {
    pub(super) fn read(
        entry: OverrideEntry,
        found: &find::Found,
        lints: &[&'static LintMetadata],
    ) -> Result<Self, Failure> {
        let changes = entry.level_changes(&found.name, &found.text, lints)?;
        let OverrideEntry { paths, crates, routes, .. } = entry;
        Ok(Self { origin: found.name.clone(), paths, crates, routes, levels: levels(&changes, lints)? })
    }

    /// Whether some level is lower than the lint's own.
    pub(super) fn lowers(&self, lints: &[&'static LintMetadata]) -> bool {
        lints.iter().any(|lint| self.levels.get(lint.name).is_some_and(|level| *level < lint.level))
    }

    /// The same with the files of its crates.
    pub(crate) fn resolved(&self, facts: &WorkspaceFacts) -> LevelOverride {
        let crates: Vec<Pattern> = self.crates.iter().map(|text| Pattern::new(text)).collect();
        let is_meant = |package: &str| crates.iter().any(|pattern| pattern.matches(package));
        let files = || -> BTreeSet<_> {
            let meant = facts.crates.iter().filter(|krate| is_meant(&krate.package));
            meant.flat_map(|krate| &krate.files).map(|file| file.path.clone()).collect()
        };
        LevelOverride {
            paths: self.paths.iter().map(|text| Pattern::new(text.trim_end_matches('/'))).collect(),
            files: (!crates.is_empty()).then(files),
            routes: self.routes.iter().map(|text| Pattern::new(text)).collect(),
            levels: self.levels.clone(),
        }
    }
}

/// What to say of settings together with those of members.
pub(crate) fn with_overrides_of_members(used: Option<ConfigUsed>, members: &[Override]) -> Option<ConfigUsed> {
    if members.is_empty() {
        return used;
    }
    let lints = lint_metadata();
    let mut all = used.unwrap_or_default();
    let names = members.iter().map(|member| &*member.origin);
    let names: Vec<&str> = std::iter::once(all.path.as_str()).filter(|path| !path.is_empty()).chain(names).collect();
    all.path = names.join(" and ");
    all.overrides += members.len();
    all.overrides_lower |= members.iter().any(|member| member.lowers(&lints));
    Some(all)
}

/// The levels that members set for their own findings: `[package.metadata.connlint]`.
pub(crate) fn of_members(
    facts: &WorkspaceFacts,
    project: &Project,
    lints: &[&'static LintMetadata],
) -> Result<Vec<Override>, Failure> {
    let members: BTreeMap<&str, &str> =
        facts.crates.iter().map(|krate| (krate.root.as_str(), krate.package.as_str())).collect();
    let mut found = Vec::new();
    for (folder, package) in members {
        let Some(manifest) = find::manifest(project, folder) else { continue };
        if folder.is_empty() && !is_of_workspace(&manifest.text) {
            // Its settings are those of the project.
            continue;
        }
        let changes = levels_of_member(&manifest.name, &manifest.text, lints)?;
        if !changes.is_empty() {
            found.push(Override {
                origin: manifest.name,
                paths: Vec::new(),
                crates: vec![package.to_owned()],
                routes: Vec::new(),
                levels: levels(&changes, lints)?,
            });
        }
    }
    Ok(found)
}
