//! The index: what the next commit would hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use gix::ObjectId;
use gix::index::entry::{Flags, Mode};

use crate::error::VcsError;
use crate::repository::Repository;
use crate::tree::{Checkout, Entry, Object, Reader, Stored, Tree, is_name};

impl Tree {
    /// The files of the index below a folder, as [`Tree::of_commit`].
    ///
    /// # Errors
    ///
    /// If there is no index, or conflicts are left in it.
    pub fn of_index(repository: &Arc<Repository>, folder: &str) -> Result<Self, VcsError> {
        let listed = repository.with(list)?;
        let folders: Vec<String> = above(folder);
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut files_above: Vec<BTreeMap<String, Object>> = vec![BTreeMap::new(); folders.len()];
        let (mut inside, mut links_and_modules) = (BTreeMap::new(), Vec::new());
        for (path, mode, id) in listed {
            let object = Object { repository: repository.clone(), id };
            match path.strip_prefix(&start) {
                Some(below) if matches!(mode, Mode::FILE | Mode::FILE_EXECUTABLE) => {
                    inside.insert(below.to_owned(), Stored { entry: Entry::File, object });
                }
                Some(below) => links_and_modules.push((below.to_owned(), mode, object)),
                None => add_above(&folders, &mut files_above, path, mode, object),
            }
        }
        let mut tree = Self::of_entries(inside, files_above);
        add_others(repository, links_and_modules, &start, &mut tree)?;
        Ok(tree)
    }
}

/// The folders above a folder, the nearest first: of `a/b` they are `a` and the empty one.
fn above(folder: &str) -> Vec<String> {
    let mut folders = Vec::new();
    let mut here = folder;
    while !here.is_empty() {
        here = here.rsplit_once('/').map_or("", |(above, _)| above);
        folders.push(here.to_owned());
    }
    folders
}

fn add_above(folders: &[String], files: &mut [BTreeMap<String, Object>], path: String, mode: Mode, object: Object) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let level = folders.iter().position(|above| above == folder).and_then(|level| files.get_mut(level));
    if let Some(level) = level.filter(|_| matches!(mode, Mode::FILE | Mode::FILE_EXECUTABLE)) {
        level.insert(name.to_owned(), object);
    }
}

/// Links, submodules, and whole folders of a sparse index.
fn add_others(
    repository: &Arc<Repository>,
    others: Vec<(String, Mode, Object)>,
    start: &str,
    tree: &mut Tree,
) -> Result<(), VcsError> {
    let (mut reader, at) = (Reader::default(), Checkout::of(repository, start.trim_end_matches('/')));
    for (path, mode, object) in others {
        match mode {
            Mode::SYMLINK => {
                if let Some(target) = object.content(4096).ok().and_then(|text| String::from_utf8(text).ok()) {
                    tree.entries.insert(path, Stored { entry: Entry::Link(target), object });
                }
            }
            Mode::DIR => reader.collect(&at, object.id, path.trim_end_matches('/'), 0, tree)?,
            _ => reader.submodule(&at, object.id, path, 0, tree)?,
        }
    }
    Ok(())
}

/// The entries of the index. What was only announced (`git add --intent-to-add`) has no content yet.
fn list(repo: &gix::Repository) -> Result<Vec<(String, Mode, ObjectId)>, VcsError> {
    let index = repo.index_or_empty().map_err(|error| VcsError::new(format!("the index cannot be read: {error}")))?;
    let mut listed = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        let path = entry.path(&index);
        if entry.stage_raw() != 0 {
            return Err(VcsError::new(format!("`{path}` has conflicts in the index: resolve them first")));
        }
        let Ok(path) = std::str::from_utf8(path) else { continue };
        if !entry.flags.contains(Flags::INTENT_TO_ADD) && path.trim_end_matches('/').split('/').all(is_name) {
            listed.push((path.to_owned(), entry.mode, entry.id));
        }
    }
    Ok(listed)
}
