//! Artifacts: what `connlint facts` reads of a project or of members of it, for `connlint link` to report on.
//!
//! An artifact holds what was read, texts among it, and the facts of its files. The texts are there for what a report
//! shows of them, and for files that have to be lowered again beside other members, whose macros they call. Artifacts are
//! believed as object files are: they come from the command line and from nowhere else.

use std::fmt;
use std::path::{Path, PathBuf};

use connlint_facts::{RelPath, WorkspaceFacts, sealed, unsealed};
use connlint_parser::{FactsKey, Limits, Progress, Recording, WorkspaceError, parse_recording};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::exit::Failure;
use crate::file_facts::FileFacts;
use crate::paths::normal_parts;
use crate::sink;

/// The build whose facts are of one kind.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One file of `connlint facts`.
#[derive(Serialize, Deserialize)]
struct Artifact {
    version: String,
    recording: Recording,
    /// By key, in order.
    facts: Vec<([u8; 32], ByteBuf)>,
}

/// Writes an artifact. The same files give the same bytes, wherever they lie.
pub(crate) fn write(path: &Path, recording: Recording, facts: FileFacts) -> Result<(), Failure> {
    let facts = facts.into_made().into_iter().map(|(key, bytes)| (key.0, ByteBuf::from(bytes))).collect();
    let artifact = Artifact { version: VERSION.to_owned(), recording, facts };
    let bytes = sealed(&artifact).map_err(|error| Failure::new(error.to_string()))?;
    sink::to_file(path, |out| out.write_all(&bytes))
}

/// The artifacts of a project, joined.
#[derive(Default)]
pub(crate) struct Artifacts {
    recording: Recording,
    facts: FileFacts,
}

impl fmt::Debug for Artifacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifacts").finish_non_exhaustive()
    }
}

impl Artifacts {
    /// Reads and joins artifacts. Their order does not matter.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut joined = Self::default();
        for path in paths {
            let fail = |why: String| Failure::new(format!("`{}`: {why}", path.display()));
            let bytes = std::fs::read(path).map_err(|error| fail(format!("it cannot be read: {error}")))?;
            let Artifact { version, recording, facts } = unsealed(&bytes).map_err(|error| fail(error.to_string()))?;
            if version != VERSION {
                return Err(fail(format!("it is of connlint {version}, and this is {VERSION}")));
            }
            facts.iter().for_each(|(key, bytes)| joined.facts.add(FactsKey(*key), bytes));
            joined.recording.join(recording).map_err(|conflict| {
                fail(format!("it is of another state of the project than the artifacts before it: {conflict}"))
            })?;
        }
        Ok(joined)
    }

    /// The facts of the project, as one that lies in `root`.
    pub(crate) fn parse(
        &self,
        root: &Path,
        limits: &Limits,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<WorkspaceFacts, WorkspaceError> {
        parse_recording(&self.recording, normal_parts(root), limits, progress, &self.facts)
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &RelPath) -> Option<String> {
        self.recording.text(path)
    }
}
