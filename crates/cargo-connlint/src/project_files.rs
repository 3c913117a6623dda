//! The texts of a project, on disk, of a version in git or of artifacts, and a version as the parser reads it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use connlint_facts::{RelPath, Span};
use connlint_output::Sources;
use connlint_parser::{SourceTree, TreeEntry};
use connlint_vcs::{Entry, ReadFailure, Tree};

use crate::analysed_project::Project;
use crate::artifact::Artifacts;
use crate::disk::DiskSources;

/// Largest file of a version whose text is shown, in bytes.
const MAX_SHOWN_BYTES: u64 = 64 << 20;

/// A version of a project's folder.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// Its files.
    pub(crate) tree: Arc<Tree>,
    /// The parts of the folder's path on disk, or where it would be.
    pub(crate) root: Vec<String>,
    /// Where the folder lies in its repository.
    pub(crate) place: String,
}

/// The texts of a project.
pub(crate) struct ProjectTexts {
    files: Texts,
    /// The text that was asked for last by place: places in one file follow each other.
    last: RefCell<Option<(RelPath, Arc<str>)>>,
    /// The files of which a place was asked for.
    asked: RefCell<BTreeSet<RelPath>>,
}

enum Texts {
    Disk(DiskSources),
    Version(Version),
    /// What artifacts hold, and for what they do not hold the folder.
    Recorded(Arc<Artifacts>, DiskSources),
}

impl ProjectTexts {
    /// The texts of a project.
    pub(crate) fn of(project: &Project) -> Self {
        let files = match (&project.version, &project.recorded) {
            (Some(version), _) => Texts::Version(version.clone()),
            (None, Some(recorded)) => Texts::Recorded(recorded.clone(), DiskSources::new(project)),
            (None, None) => Texts::Disk(DiskSources::new(project)),
        };
        Self { files, last: RefCell::default(), asked: RefCell::default() }
    }

    /// The folder that paths are relative to; of a version where it would be on disk.
    pub(crate) fn folder(&self) -> PathBuf {
        match &self.files {
            Texts::Disk(disk) | Texts::Recorded(_, disk) => disk.folder().to_owned(),
            Texts::Version(version) => Path::new("/").join(version.root.iter().collect::<PathBuf>()),
        }
    }

    /// Where the root lies within its repository, with `/` between the parts; empty if it is the top or in none.
    pub(crate) fn path_in_repository(&self) -> String {
        match &self.files {
            Texts::Disk(disk) | Texts::Recorded(_, disk) => disk.path_in_repository(),
            Texts::Version(version) => version.place.clone(),
        }
    }

    /// The text of a file, read once for places that follow each other.
    pub(crate) fn text_at(&self, file: &RelPath) -> Option<Arc<str>> {
        if let Some((_, text)) = self.last.borrow().as_ref().filter(|(path, _)| path == file) {
            return Some(text.clone());
        }
        self.asked.borrow_mut().insert(file.clone());
        let text = self.text(file)?;
        *self.last.borrow_mut() = Some((file.clone(), text.clone()));
        Some(text)
    }

    /// The files of which a place was asked for.
    pub(crate) fn into_asked(self) -> BTreeSet<RelPath> {
        self.asked.into_inner()
    }

    /// The line of a place, from 1; 0 if its file cannot be read.
    pub(crate) fn line_of(&self, place: &Span) -> usize {
        let Some(text) = self.text_at(&place.file) else { return 0 };
        let before = text.as_bytes().get(..(place.range.start as usize).min(text.len())).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The code of a place; `None` if its file cannot be read.
    pub(crate) fn code(&self, place: &Span) -> Option<String> {
        let text = self.text_at(&place.file)?;
        let (start, end) = (place.range.start as usize, place.range.end as usize);
        text.get(start.min(text.len())..end.min(text.len())).map(str::to_owned)
    }
}

impl Sources for ProjectTexts {
    fn text(&self, path: &RelPath) -> Option<Arc<str>> {
        match &self.files {
            Texts::Disk(disk) => disk.text(path),
            Texts::Recorded(recorded, disk) => recorded.text(path).map(Into::into).or_else(|| disk.text(path)),
            Texts::Version(version) => {
                let bytes = version.tree.read(path.as_str(), MAX_SHOWN_BYTES).ok()?;
                Some(String::from_utf8_lossy(&bytes).into())
            }
        }
    }
}

impl Version {
    /// A text file of UTF-8.
    pub(crate) fn text(&self, path: &str, max_bytes: u64) -> Option<Arc<str>> {
        let bytes = self.tree.read(path, max_bytes).ok()?;
        String::from_utf8(bytes).ok().map(Into::into)
    }
}

impl SourceTree for Version {
    fn root(&self) -> Vec<String> {
        self.root.clone()
    }

    fn entries(&self) -> Vec<(&str, TreeEntry<'_>)> {
        let entry = |entry| match entry {
            &Entry::File => TreeEntry::File,
            Entry::Link(target) => TreeEntry::Link(target),
        };
        self.tree.entries().map(|(path, found)| (path, entry(found))).collect()
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, String> {
        match self.tree.read(path, max_bytes) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ReadFailure::TooLarge) => Ok(None),
            Err(ReadFailure::Missing) => Err("its content is not in the repository".to_owned()),
        }
    }

    fn levels_above(&self) -> usize {
        self.tree.levels_above()
    }

    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        self.tree.read_above(levels, name, max_bytes)
    }
}
