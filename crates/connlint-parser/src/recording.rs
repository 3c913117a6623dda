//! What a run was told of a folder, to read the same project where the folder is not, or only parts of it at a time.
//!
//! A recording holds the answers of a [`FileSystem`]: lists of files, where paths lead, what files hold. It names the
//! root nowhere, so that it is the same wherever the folder lies. Recordings of the members of a workspace are joined: of
//! what one of them saw and another did not, the sight counts. The workspace is then put together by the code that reads
//! folders, out of the same answers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use connlint_facts::RelPath;
use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::witnessed::{Answered, Witnessed};
use crate::workspace::files::{FileSystem, Found, ReadError, Walked};
use crate::workspace::paths::{self, Paths};

/// What was read of a project, or of members of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    walked: Walked,
    found: BTreeMap<String, Found>,
    read: BTreeMap<String, Result<Content, ReadError>>,
    /// Files that are there, by the number of folders above the root, and by name.
    above: BTreeMap<(usize, String), Content>,
}

/// What a file holds. Text is decoded several times as fast as a list of bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

impl Content {
    fn of(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A file that two recordings hold with different contents: they are not of the same state of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict(pub String);

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is another file in each", self.0)
    }
}

impl std::error::Error for Conflict {}

impl Recording {
    /// What `run` is told of some files.
    pub(crate) fn of(files: &dyn FileSystem, run: impl FnOnce(&dyn FileSystem)) -> Self {
        let recording = Mutex::new(Self::default());
        let note = |answer: Answered<'_>| recording.lock().unwrap_or_else(PoisonError::into_inner).note(answer);
        run(&Witnessed { files, note: &note });
        recording.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&mut self, answer: Answered<'_>) {
        match answer {
            Answered::Walk(walked) => self.walked = walked.clone(),
            // How far up there is anything to be read is all that it decides: that must not depend on the place.
            Answered::LevelsAbove(_) => {}
            // What is not noted is missing.
            Answered::Find(_, Found::Missing) => {}
            Answered::Find(path, found) => _ = self.found.insert(path.to_owned(), found.clone()),
            Answered::Read(path, _, read) => {
                _ = self.read.entry(path.to_owned()).or_insert_with(|| read.clone().map(Content::of));
            }
            Answered::ReadAbove(levels, name, _, Some(bytes)) => {
                _ = self.above.insert((levels, name.to_owned()), Content::of(bytes.to_owned()));
            }
            Answered::ReadAbove(_, _, _, None) => {}
        }
    }

    /// Takes in what another run was told of the same project.
    ///
    /// # Errors
    ///
    /// Where a file is not the same in both.
    pub fn join(&mut self, other: Self) -> Result<(), Conflict> {
        self.walked.join(other.walked);
        for (path, found) in other.found {
            let known = self.found.entry(path).or_insert(Found::Missing);
            *known = nearer(std::mem::replace(known, Found::Missing), found);
        }
        for (path, read) in other.read {
            match self.read.entry(path) {
                Entry::Vacant(free) => _ = free.insert(read),
                Entry::Occupied(known) if known.get().is_ok() && read.is_ok() && *known.get() != read => {
                    return Err(Conflict(known.key().clone()));
                }
                Entry::Occupied(mut known) if known.get().is_err() => _ = known.insert(read),
                Entry::Occupied(_) => {}
            }
        }
        for ((levels, name), content) in other.above {
            let path = format!("{}{name}", "../".repeat(levels));
            if *self.above.entry((levels, name)).or_insert_with(|| content.clone()) != content {
                return Err(Conflict(path));
            }
        }
        Ok(())
    }

    /// The text of a file; of bytes that are none, with replacement characters.
    pub fn text(&self, path: &RelPath) -> Option<String> {
        let content = self.read.get(path.as_str())?.as_ref().ok()?;
        Some(String::from_utf8_lossy(content.bytes()).into_owned())
    }

    /// The same files, in a folder whose path has these parts.
    pub(crate) fn at(&self, root: Vec<String>) -> Recorded<'_> {
        Recorded { recording: self, root }
    }
}

/// Of two answers the one that saw more.
fn nearer(a: Found, b: Found) -> Found {
    let rank = |found: &Found| match found {
        Found::File(_) => 4,
        Found::Folder => 3,
        Found::Special => 2,
        Found::Outside => 1,
        Found::Missing => 0,
    };
    if rank(&b) > rank(&a) { b } else { a }
}

/// A recording as a file system.
pub(crate) struct Recorded<'a> {
    recording: &'a Recording,
    root: Vec<String>,
}

impl FileSystem for Recorded<'_> {
    fn paths(&self) -> Paths {
        Paths::new(self.root.clone())
    }

    fn walk(&self, _: &Limits) -> Walked {
        self.recording.walked.clone()
    }

    fn find(&self, path: &str) -> Found {
        let found = self.recording.found.get(path).cloned().unwrap_or(Found::Missing);
        let is_read = || self.recording.read.get(path).is_some_and(Result::is_ok);
        if found == Found::Missing && is_read() { Found::File(path.to_owned()) } else { found }
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
        match self.recording.read.get(path) {
            Some(Ok(content)) if content.bytes().len() as u64 > max_bytes => Err(ReadError::TooLarge),
            Some(read) => read.clone().map(|content| content.bytes().to_owned()),
            None => Err(ReadError::Unreadable("no artifact holds it".to_owned())),
        }
    }

    fn levels_above(&self) -> usize {
        self.recording.above.keys().map(|(levels, _)| *levels).max().unwrap_or(0)
    }

    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        let content = self.recording.above.get(&(levels, name.to_owned()))?;
        (content.bytes().len() as u64 <= max_bytes).then(|| content.bytes().to_owned())
    }
}

/// The files of some packages, and those that belong to none, as a file system: what a sandbox would hold.
pub(crate) struct Members<'a> {
    files: &'a dyn FileSystem,
    walked: Walked,
    /// Folders of all packages, with whether they are among those.
    packages: BTreeMap<String, bool>,
}

impl<'a> Members<'a> {
    pub(crate) fn new(files: &'a dyn FileSystem, walked: Walked, packages: BTreeMap<String, bool>) -> Self {
        let mut members = Self { files, walked: Walked::default(), packages };
        members.walked = members.of_these(walked);
        members
    }

    fn of_these(&self, walked: Walked) -> Walked {
        let Walked { mut sources, mut links, mut manifests, mut locks, mut notices } = walked;
        for files in [&mut sources, &mut links] {
            files.retain(|path| self.has(paths::parent(path)));
        }
        for folders in [&mut manifests, &mut locks] {
            folders.retain(|folder| self.has(folder));
        }
        notices.retain(|notice| notice.path.as_ref().is_none_or(|path| self.has(paths::parent(path.as_str()))));
        Walked { sources, links, manifests, locks, notices }
    }

    /// Whether a folder belongs to one of these packages or to none.
    fn has(&self, folder: &str) -> bool {
        paths::ancestors(folder).find_map(|around| self.packages.get(around)).copied().unwrap_or(true)
    }
}

impl FileSystem for Members<'_> {
    fn paths(&self) -> Paths {
        self.files.paths()
    }

    fn walk(&self, _: &Limits) -> Walked {
        self.walked.clone()
    }

    /// Other packages are not there; single files of them are, where a declaration leads to them.
    fn find(&self, path: &str) -> Found {
        if paths::file_name(path) == "Cargo.toml" && !self.has(paths::parent(path)) {
            return Found::Missing;
        }
        self.files.find(path)
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
        self.files.read(path, max_bytes)
    }

    fn levels_above(&self) -> usize {
        self.files.levels_above()
    }

    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        self.files.read_above(levels, name, max_bytes)
    }
}
