//! What a report of the cache is found by: all that can change it but the files of the project.

use std::fmt::Debug;
use std::path::Path;

use connlint_diagnostics::Policy;

use crate::analysed_project::Project;
use crate::config::Settings;

/// The form of what is kept; it changes with the code, and so does [`program`].
const FORMAT: u32 = 2;

/// All that a report depends on, besides the files of the project and the build of connlint.
pub(crate) struct Inputs<'a> {
    /// What is asked for.
    pub(crate) project: &'a Project,
    /// What the project's own settings say.
    pub(crate) settings: &'a Settings,
    /// Which findings are reported.
    pub(crate) policy: &'a Policy,
    /// Whether manifests of members set levels too, whether test code has entry points, and whether the calls that were
    /// resolved are counted.
    pub(crate) flags: [bool; 3],
}

/// The name of a folder of reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// The key of a run; `None` where it is not known what runs, or on what.
    pub(super) fn of(inputs: &Inputs<'_>) -> Option<Self> {
        let &Inputs { project, settings, policy, flags } = inputs;
        // The day of the run only matters where suppressions end: it is kept with the report.
        let policy = Policy { today: None, ..policy.clone() };
        let mut hasher = blake3::Hasher::new();
        let mut part = |part: &dyn Debug| {
            let text = format!("{part:?}");
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        };
        part(&FORMAT);
        part(&program()?);
        part(settings);
        part(&policy);
        part(&flags);
        part(&project.root.canonicalize().ok()?);
        part(&project.asked.canonicalize().ok()?);
        part(&project.scope);
        Some(Self(hasher.finalize().to_hex().to_string()))
    }

    /// The key of the facts of the files below a root. What else decides them is in the keys of the files.
    pub(super) fn of_facts(root: &Path) -> Option<Self> {
        let all = ("facts", FORMAT, program()?, root.canonicalize().ok()?);
        Some(Self(blake3::hash(format!("{all:?}").as_bytes()).to_hex().to_string()))
    }

    /// The key of the rows of sources in a folder that never change.
    pub(super) fn of_sources(folder: &Path) -> Option<Self> {
        let all = (FORMAT, program()?, folder.canonicalize().ok()?);
        Some(Self(blake3::hash(format!("{all:?}").as_bytes()).to_hex().to_string()))
    }

    /// The key as the name of a folder.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// This build of connlint. The catalog is part of it.
fn program() -> Option<impl Debug> {
    let path = std::env::current_exe().ok()?;
    let meta = path.metadata().ok()?;
    Some((env!("CARGO_PKG_VERSION"), path, meta.len(), meta.modified().ok()?))
}

#[cfg(test)]
impl Key {
    /// A key of that name.
    pub(super) fn for_tests(name: &str) -> Self {
        Self(name.to_owned())
    }
}
