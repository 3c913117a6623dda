//! What is analysed: where it lies, which part of it is reported, and which text or version takes the place of files.

use std::path::PathBuf;
use std::sync::Arc;

use connlint_parser::Unsaved;

use crate::artifact::Artifacts;
use crate::project_files::Version;
use crate::scope::Scope;

/// A project as the arguments say.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The folder or file to read.
    pub(crate) root: PathBuf,
    /// The path that was asked for: settings are looked for from there.
    pub(crate) asked: PathBuf,
    /// Of which part findings are reported.
    pub(crate) scope: Scope,
    /// A text of standard input.
    pub(crate) input: Option<Input>,
    /// The version whose files are read instead of those on disk.
    pub(crate) version: Option<Version>,
    /// Artifacts whose files are read instead of those on disk.
    pub(crate) recorded: Option<Arc<Artifacts>>,
}

/// A text of standard input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The text and its place below the root.
    pub(crate) unsaved: Unsaved,
    /// Whether it is all that is analysed.
    pub(crate) alone: bool,
}

impl Project {
    /// A folder or file on disk.
    pub(crate) fn on_disk(root: PathBuf, scope: Scope) -> Self {
        Self { asked: root.clone(), root, scope, input: None, version: None, recorded: None }
    }

    /// Whether it is what lies on disk, and nothing else.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.input.is_none() && self.version.is_none() && self.recorded.is_none()
    }

    /// The same part of another version.
    pub(crate) fn at(&self, version: Option<Version>) -> Self {
        Self { version, input: None, ..self.clone() }
    }
}
