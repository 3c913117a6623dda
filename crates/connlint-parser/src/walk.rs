//! A folder on disk: walking it, looking things up in it, reading regular files.
//!
//! The walk never follows a link to a folder, so loops of links are harmless: what such a link leads to inside the root
//! is walked in its own place. `mod` declarations and manifests may go through links as long as they end inside the
//! root.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use connlint_facts::{Notice, NoticeKind, RelPath};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::{DirEntry, WalkDir};

use crate::limits::Limits;
use crate::workspace::Unsaved;
use crate::workspace::files::{FileSystem, Found, ReadError, Walked};
use crate::workspace::paths::{self, Paths};

/// Largest `.gitignore` that is read, in bytes.
pub(crate) const MAX_GITIGNORE_BYTES: u64 = 1 << 20;
/// How many folders above the root are looked at for the repository that it belongs to.
const MAX_LEVELS_ABOVE: usize = 16;

/// A folder on disk, or one file in it.
#[derive(Debug)]
pub(crate) struct DiskFiles {
    /// The root, links followed.
    root: PathBuf,
    /// The name of the one file that is analysed.
    only: Option<String>,
    /// A text that takes the place of a file.
    unsaved: Option<Unsaved>,
}

impl DiskFiles {
    /// All of a folder, given without links in its path.
    pub(crate) fn folder(root: PathBuf) -> Self {
        Self { root, only: None, unsaved: None }
    }

    /// One file of a folder, and the modules that it declares.
    pub(crate) fn single(root: PathBuf, name: String) -> Self {
        Self { root, only: Some(name), unsaved: None }
    }

    /// The same files, with the text of one of them given.
    pub(crate) fn with_unsaved(self, unsaved: Unsaved) -> Self {
        Self { unsaved: Some(unsaved), ..self }
    }

    /// When a file was changed last.
    pub(crate) fn modified(&self, path: &str) -> Option<SystemTime> {
        fs::symlink_metadata(self.root.join(path)).ok()?.modified().ok()
    }

    fn is_unsaved(&self, path: &str) -> bool {
        self.unsaved.as_ref().is_some_and(|unsaved| unsaved.path.as_str() == path)
    }

    fn relative(&self, path: &Path) -> Option<String> {
        let parts = path.strip_prefix(&self.root).ok()?.components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }
}

impl FileSystem for DiskFiles {
    fn paths(&self) -> Paths {
        let parts = self.root.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        Paths::new(parts.collect())
    }

    fn walk(&self, limits: &Limits) -> Walked {
        let mut walked = match &self.only {
            Some(name) => Walked { sources: vec![name.clone()], ..Walked::default() },
            None => Walk::new(self).run(limits),
        };
        let unsaved = self.unsaved.iter().map(|unsaved| unsaved.path.as_str().to_owned());
        let new: Vec<String> = unsaved.filter(|path| !walked.sources.contains(path)).collect();
        if !new.is_empty() {
            walked.sources.extend(new);
            walked.sources.sort();
        }
        walked
    }

    fn find(&self, path: &str) -> Found {
        if self.is_unsaved(path) {
            return Found::File(path.to_owned());
        }
        let Ok(real) = self.root.join(path).canonicalize() else { return Found::Missing };
        if !real.starts_with(&self.root) {
            return Found::Outside;
        }
        match (real.metadata(), self.relative(&real)) {
            (Ok(meta), Some(name)) if meta.is_file() => Found::File(name),
            (Ok(meta), Some(_)) if meta.is_dir() => Found::Folder,
            (Ok(_), Some(_)) => Found::Special,
            _ => Found::Missing,
        }
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
        match &self.unsaved {
            Some(unsaved) if self.is_unsaved(path) && unsaved.text.len() as u64 > max_bytes => Err(ReadError::TooLarge),
            Some(unsaved) if self.is_unsaved(path) => Ok(unsaved.text.as_bytes().to_vec()),
            _ => read_regular(&self.root.join(path), max_bytes),
        }
    }

    fn levels_above(&self) -> usize {
        let above = self.root.ancestors().take(MAX_LEVELS_ABOVE + 1);
        let Some(repository) = above.clone().position(|folder| folder.join(".git").exists()) else {
            return above.count().saturating_sub(1);
        };
        repository
    }

    fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        read_regular(&self.root.ancestors().nth(levels)?.join(name), max_bytes).ok()
    }
}

/// Reads a regular file; a pipe or device is never opened, since that may block.
pub(crate) fn read_regular(path: &Path, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let unreadable = |error: std::io::Error| ReadError::Unreadable(error.to_string());
    let meta = fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(ReadError::Unreadable("not a regular file".to_owned()));
    }
    if meta.len() > max_bytes {
        return Err(ReadError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    File::open(path).map_err(unreadable)?.take(max_bytes + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max_bytes { Err(ReadError::TooLarge) } else { Ok(bytes) }
}

/// One walk: the rules of the `.gitignore` files on the way down, and what was found.
struct Walk<'a> {
    files: &'a DiskFiles,
    /// The rules that hold here, outermost first, with the depth of the folder that they are in.
    rules: Vec<(usize, Gitignore)>,
    walked: Walked,
}

impl<'a> Walk<'a> {
    fn new(files: &'a DiskFiles) -> Self {
        let mut rules = Vec::new();
        if files.root.ancestors().take(MAX_LEVELS_ABOVE + 1).any(|folder| folder.join(".git").exists()) {
            let above: Vec<&Path> = files.root.ancestors().skip(1).take(files.levels_above()).collect();
            rules.extend(above.into_iter().rev().filter_map(read_gitignore).map(|rules| (0, rules)));
        }
        rules.extend(read_gitignore(&files.root).map(|rules| (0, rules)));
        Self { files, rules, walked: Walked::default() }
    }

    fn run(mut self, limits: &Limits) -> Walked {
        let mut entries = WalkDir::new(&self.files.root).min_depth(1).sort_by_file_name().into_iter();
        let mut seen = 0;
        while let Some(entry) = entries.next() {
            seen += 1;
            if seen > limits.max_walk_entries {
                let message = format!("the folder has more than {} entries; the rest was not read", seen - 1);
                self.notice(NoticeKind::LimitReached, None, message);
                break;
            }
            match entry {
                Ok(entry) if !self.enter(&entry) && entry.file_type().is_dir() => entries.skip_current_dir(),
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().and_then(|path| self.files.relative(path));
                    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.notice(NoticeKind::UnreadableFile, path, format!("could not be read: {reason}"));
                }
            }
        }
        self.walked.sources.sort();
        self.walked.links.sort();
        self.walked.manifests.sort();
        self.walked.locks.sort();
        self.walked
    }

    /// Takes note of an entry; whether a folder is to be walked.
    fn enter(&mut self, entry: &DirEntry) -> bool {
        self.rules.retain(|(depth, _)| *depth < entry.depth());
        let (path, kind) = (entry.path(), entry.file_type());
        if entry.file_name().as_encoded_bytes().starts_with(b".") || self.is_ignored(path, kind.is_dir()) {
            return false;
        }
        if kind.is_dir() {
            return self.enter_folder(entry);
        }
        let is_source = path.extension() == Some(OsStr::new("rs"));
        let is_read = is_source || ["Cargo.toml", "Cargo.lock"].map(OsStr::new).contains(&entry.file_name());
        let Some(name) = self.files.relative(path) else {
            if is_source {
                let message = format!("the name of `{}` is not UTF-8; the file was skipped", path.display());
                self.notice(NoticeKind::UnreadableFile, None, message);
            }
            return false;
        };
        if kind.is_symlink() {
            self.enter_link(name, is_source);
        } else if kind.is_file() {
            self.enter_file(name, is_source);
        } else if is_read {
            let message = "not a regular file; it was skipped".to_owned();
            self.notice(NoticeKind::UnreadableFile, Some(name), message);
        }
        false
    }

    fn enter_folder(&mut self, entry: &DirEntry) -> bool {
        let path = entry.path();
        if is_build_output(path) || path.join(".cargo-checksum.json").exists() {
            return false;
        }
        self.rules.extend(read_gitignore(path).map(|rules| (entry.depth(), rules)));
        true
    }

    fn enter_file(&mut self, name: String, is_source: bool) {
        match paths::file_name(&name) {
            "Cargo.toml" => self.walked.manifests.push(paths::parent(&name).to_owned()),
            "Cargo.lock" => self.walked.locks.push(paths::parent(&name).to_owned()),
            _ if is_source => self.walked.sources.push(name),
            _ => {}
        }
    }

    fn enter_link(&mut self, name: String, is_source: bool) {
        let is_manifest = matches!(paths::file_name(&name), "Cargo.toml" | "Cargo.lock");
        match self.files.find(&name) {
            Found::File(_) if is_source => self.walked.links.push(name),
            Found::File(_) if is_manifest => self.enter_file(name, false),
            Found::Outside if is_source || is_manifest || self.files.root.join(&name).is_dir() => {
                let message = "a link that leaves the analysed folder; it was not followed".to_owned();
                self.notice(NoticeKind::OutsideRoot, Some(name), message);
            }
            Found::Special if is_source || is_manifest => {
                let message = "a link to something that is not a regular file; it was skipped".to_owned();
                self.notice(NoticeKind::UnreadableFile, Some(name), message);
            }
            _ => {}
        }
    }

    fn is_ignored(&self, path: &Path, is_dir: bool) -> bool {
        let verdicts = self.rules.iter().rev().map(|(_, rules)| rules.matched(path, is_dir));
        verdicts.into_iter().find(|verdict| !verdict.is_none()).is_some_and(|verdict| verdict.is_ignore())
    }

    fn notice(&mut self, kind: NoticeKind, path: Option<String>, message: String) {
        self.walked.notices.push(Notice { kind, path: path.map(RelPath::new), range: None, message });
    }
}

/// Whether a folder is what cargo builds into. A module folder `src/target` is not.
fn is_build_output(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").exists()
        || (folder.file_name() == Some(OsStr::new("target")) && folder.with_file_name("Cargo.toml").exists())
}

fn read_gitignore(folder: &Path) -> Option<Gitignore> {
    let bytes = read_regular(&folder.join(".gitignore"), MAX_GITIGNORE_BYTES).ok()?;
    let mut builder = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(&bytes).lines() {
        // A pattern that git would not understand either ignores nothing.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}
