//! Where files come from: a folder on disk or texts in memory, behind one trait.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use connlint_facts::Notice;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::paths::{self, Paths};
use crate::limits::Limits;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Found {
    /// A regular file; its path once links are followed.
    File(String),
    /// A folder.
    Folder,
    /// Something that is neither: a pipe, a socket, a device.
    Special,
    /// Nothing.
    Missing,
    /// Something outside the root, by `..` or by a link.
    Outside,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReadError {
    /// It has more bytes than allowed.
    TooLarge,
    /// It could not be opened or read, or is no regular file.
    Unreadable(String),
}

/// What a walk over the root found. All lists are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Walked {
    /// Rust source files.
    pub(crate) sources: Vec<String>,
    /// Links to Rust source files inside the root: names of targets, never files of their own.
    pub(crate) links: Vec<String>,
    /// Folders that hold a `Cargo.toml`.
    pub(crate) manifests: Vec<String>,
    /// Folders that hold a `Cargo.lock`.
    pub(crate) locks: Vec<String>,
    /// What was skipped.
    pub(crate) notices: Vec<Notice>,
}

impl Walked {
    /// Takes in what another walk over a part of the same root found.
    pub(crate) fn join(&mut self, other: Self) {
        fn union<T: Ord>(all: &mut Vec<T>, more: Vec<T>) {
            all.extend(more);
            all.sort();
            all.dedup();
        }
        union(&mut self.sources, other.sources);
        union(&mut self.links, other.links);
        union(&mut self.manifests, other.manifests);
        union(&mut self.locks, other.locks);
        union(&mut self.notices, other.notices);
    }
}

/// A tree of files with one root.
pub(crate) trait FileSystem: Sync {
    /// How paths are joined below this root.
    fn paths(&self) -> Paths;
    /// Looks for sources and manifests.
    fn walk(&self, limits: &Limits) -> Walked;
    /// What `path` leads to.
    fn find(&self, path: &str) -> Found;
    /// The bytes of a regular file inside the root.
    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError>;
    /// How many folders above the root belong to the same repository.
    fn levels_above(&self) -> usize;
    /// A manifest or lock file so many folders above the root.
    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>>;
}

/// Look-ups in a [`FileSystem`], each asked of it once.
pub(crate) struct Files<'a> {
    fs: &'a dyn FileSystem,
    known: FxHashSet<&'a str>,
    asked: Mutex<FxHashMap<String, Found>>,
}

impl<'a> Files<'a> {
    /// Look-ups that know the walked sources beforehand.
    pub(crate) fn new(fs: &'a dyn FileSystem, walked: &'a Walked) -> Self {
        let known = walked.sources.iter().map(String::as_str).collect();
        Self { fs, known, asked: Mutex::default() }
    }

    /// What `path` leads to.
    pub(crate) fn find(&self, path: &str) -> Found {
        if self.known.contains(path) {
            return Found::File(path.to_owned());
        }
        if let Some(found) = self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return found.clone();
        }
        let found = self.fs.find(path);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found.clone());
        found
    }

    /// The file that `path` leads to, links followed.
    pub(crate) fn file(&self, path: &str) -> Option<String> {
        match self.find(path) {
            Found::File(real) => Some(real),
            _ => None,
        }
    }
}

/// Files in memory, for tests of this crate and of those behind it.
#[derive(Debug, Default)]
pub(crate) struct MemoryFiles {
    files: BTreeMap<String, String>,
}

impl MemoryFiles {
    /// A tree of these files; paths that leave the root are left out.
    pub(crate) fn new<'s>(sources: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let paths = Paths::default();
        let files = sources.into_iter().map(|(path, text)| (paths.join("", path), text.to_owned()));
        Self { files: files.filter(|(path, _)| !paths::is_outside(path)).collect() }
    }
}

impl FileSystem for MemoryFiles {
    fn paths(&self) -> Paths {
        Paths::default()
    }

    fn walk(&self, _limits: &Limits) -> Walked {
        let mut walked = Walked::default();
        for path in self.files.keys() {
            if path.split('/').any(|part| part.starts_with('.')) || is_below_target(&self.files, path) {
                continue;
            }
            match paths::file_name(path) {
                "Cargo.toml" => walked.manifests.push(paths::parent(path).to_owned()),
                "Cargo.lock" => walked.locks.push(paths::parent(path).to_owned()),
                name if name.ends_with(".rs") => walked.sources.push(path.clone()),
                _ => {}
            }
        }
        walked.manifests.sort();
        walked.locks.sort();
        walked
    }

    fn find(&self, path: &str) -> Found {
        if paths::is_outside(path) {
            return Found::Missing;
        }
        if self.files.contains_key(path) {
            return Found::File(path.to_owned());
        }
        if self.files.keys().any(|file| paths::is_within(file, path)) { Found::Folder } else { Found::Missing }
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
        let text = self.files.get(path).ok_or_else(|| ReadError::Unreadable("no such file".to_owned()))?;
        if text.len() as u64 > max_bytes { Err(ReadError::TooLarge) } else { Ok(text.clone().into_bytes()) }
    }

    fn levels_above(&self) -> usize {
        0
    }

    fn read_above(&self, _levels: usize, _name: &str, _max_bytes: u64) -> Option<Vec<u8>> {
        None
    }
}

/// Whether the path lies in a `target` folder next to a manifest.
fn is_below_target(files: &BTreeMap<String, String>, path: &str) -> bool {
    paths::ancestors(paths::parent(path)).any(|folder| {
        paths::file_name(folder) == "target" && files.contains_key(&paths::child(paths::parent(folder), "Cargo.toml"))
    })
}
