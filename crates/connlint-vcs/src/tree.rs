//! The files of a version: of a commit's tree, or of the index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use gix::ObjectId;
use gix::object::tree::EntryKind;

use crate::commit::Commit;
use crate::error::VcsError;
use crate::repository::Repository;

/// Files and folders of one version.
const MAX_ENTRIES: usize = 2_000_000;
/// Folders of one version.
const MAX_FOLDERS: usize = 200_000;
/// Lists of folders that are kept: a tree that names itself many times is read once.
const KEPT_LISTS: usize = 256;
/// Folders in each other.
const MAX_DEPTH: usize = 256;
/// Submodules in each other.
const MAX_SUBMODULES: usize = 4;
/// Longest target of a link, in bytes.
const MAX_LINK: u64 = 4096;

/// The files of a version below a folder.
pub struct Tree {
    pub(crate) entries: BTreeMap<String, Stored>,
    /// The files of the folders above, the nearest folder first.
    above: Vec<BTreeMap<String, Object>>,
    /// Submodules whose commit is not here.
    absent: BTreeSet<String>,
}

/// What is at a path of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File,
    /// A link, and what it says.
    Link(String),
}

/// Why a file was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFailure {
    /// It has more bytes than allowed.
    TooLarge,
    /// It is not in the version, or its content is not here.
    Missing,
}

/// An object of a repository: the version's own, or a submodule's.
#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) repository: Arc<Repository>,
    pub(crate) id: ObjectId,
}

#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) entry: Entry,
    pub(crate) object: Object,
}

impl Tree {
    /// The files of a commit below a folder, `""` or `services/api`. A folder that the commit does not have is empty.
    ///
    /// # Errors
    ///
    /// If objects are missing or the commit has too many entries.
    pub fn of_commit(repository: &Arc<Repository>, commit: &Commit, folder: &str) -> Result<Self, VcsError> {
        let mut reader = Reader::default();
        let root = reader.tree_of(repository, commit.id).ok_or_else(|| repository.missing(&commit.short_id()))?;
        let mut tree = Self { entries: BTreeMap::new(), above: Vec::new(), absent: BTreeSet::new() };
        let mut here = Some(root);
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            let Some(id) = here else { break };
            let listed = reader.list(repository, id).map_err(|what| repository.missing(&what))?;
            here = listed.iter().find(|item| item.name == part && item.kind == EntryKind::Tree).map(|item| item.id);
            tree.above.insert(0, files_of(repository, &listed));
        }
        if let Some(id) = here {
            reader.collect(&Checkout::of(repository, folder), id, "", 0, &mut tree)?;
        }
        Ok(tree)
    }

    /// A version without files.
    pub fn empty() -> Self {
        Self::of_entries(BTreeMap::new(), Vec::new())
    }

    /// A version of files that are known, and of those above them.
    pub(crate) fn of_entries(entries: BTreeMap<String, Stored>, above: Vec<BTreeMap<String, Object>>) -> Self {
        Self { entries, above, absent: BTreeSet::new() }
    }

    /// All files and links by path, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, stored)| (path.as_str(), &stored.entry))
    }

    /// What is at a path.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path).map(|stored| &stored.entry)
    }

    /// The folders of submodules whose commit is not here, so that their files are not part of this version.
    pub fn absent_submodules(&self) -> impl Iterator<Item = &str> {
        self.absent.iter().map(String::as_str)
    }

    /// How many folders above belong to the version.
    pub fn levels_above(&self) -> usize {
        self.above.len()
    }

    /// The content of a file.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it is too large.
    pub fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, ReadFailure> {
        let stored = self.entries.get(path).filter(|stored| stored.entry == Entry::File);
        stored.ok_or(ReadFailure::Missing)?.object.content(max_bytes)
    }

    /// The content of a file so many folders above.
    pub fn read_above(&self, levels: usize, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        self.above.get(levels.checked_sub(1)?)?.get(name)?.content(max_bytes).ok()
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Object {
    /// The content of a blob. Its size is looked at before it is unpacked.
    pub(crate) fn content(&self, max_bytes: u64) -> Result<Vec<u8>, ReadFailure> {
        self.repository.with(|repo| {
            let header = repo.find_header(self.id).map_err(|_| ReadFailure::Missing)?;
            if header.size() > max_bytes {
                return Err(ReadFailure::TooLarge);
            }
            let blob = repo.find_object(self.id).ok().and_then(|object| object.try_into_blob().ok());
            blob.map(|mut blob| blob.take_data()).ok_or(ReadFailure::Missing)
        })
    }
}

/// A repository, and where its work tree lies with regard to a version's paths.
pub(crate) struct Checkout {
    pub(crate) repository: Arc<Repository>,
    /// What the repository's paths have before those of the version, `services/api/`.
    above: String,
    /// How many bytes the version's paths have before those of the repository, which is a submodule's.
    inside: usize,
}

impl Checkout {
    /// The outermost repository, for a version of one of its folders.
    pub(crate) fn of(repository: &Arc<Repository>, folder: &str) -> Self {
        let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Self { repository: repository.clone(), above, inside: 0 }
    }

    /// A folder of the work tree.
    fn folder(&self, path: &str) -> Option<PathBuf> {
        Some(self.repository.top()?.join(format!("{}{}", self.above, path.get(self.inside..)?)))
    }
}

/// An entry of one tree object.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

fn files_of(repository: &Arc<Repository>, items: &[Item]) -> BTreeMap<String, Object> {
    let files = items.iter().filter(|item| is_file(item.kind));
    files.map(|item| (item.name.clone(), Object { repository: repository.clone(), id: item.id })).collect()
}

fn is_file(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable)
}

/// Reads trees within a budget: a small object may name itself many times.
#[derive(Default)]
pub(crate) struct Reader {
    entries: usize,
    folders: usize,
    submodules: usize,
    lists: HashMap<ObjectId, Rc<Vec<Item>>>,
}

impl Reader {
    /// The tree of a commit.
    pub(crate) fn tree_of(&self, repository: &Arc<Repository>, commit: ObjectId) -> Option<ObjectId> {
        repository.with(|repo| {
            let commit = repo.find_object(commit).ok()?.try_into_commit().ok()?;
            commit.tree_id().ok().map(|id| id.detach())
        })
    }

    /// The entries of a tree object; what is missing if it is not here. Names that no file can have are left out.
    pub(crate) fn list(&mut self, repository: &Arc<Repository>, id: ObjectId) -> Result<Rc<Vec<Item>>, String> {
        self.folders += 1;
        if let Some(known) = self.lists.get(&id) {
            self.entries += known.len();
            return Ok(known.clone());
        }
        let items = repository.with(|repo| {
            let tree = repo.find_object(id).ok()?.try_into_tree().ok()?;
            let items = tree.iter().map(|entry| {
                let entry = entry.ok()?;
                let name = std::str::from_utf8(entry.filename()).ok().filter(|name| is_name(name));
                Some(name.map(|name| Item { name: name.to_owned(), kind: entry.kind(), id: entry.object_id() }))
            });
            items.collect::<Option<Vec<_>>>()
        });
        let items: Vec<Item> = items.ok_or_else(|| id.to_string())?.into_iter().flatten().collect();
        self.entries += items.len();
        if self.lists.len() >= KEPT_LISTS {
            self.lists.clear();
        }
        let items = Rc::new(items);
        self.lists.insert(id, items.clone());
        Ok(items)
    }

    /// Adds all files below a tree object.
    pub(crate) fn collect(
        &mut self,
        at: &Checkout,
        id: ObjectId,
        folder: &str,
        depth: usize,
        tree: &mut Tree,
    ) -> Result<(), VcsError> {
        let repository = &at.repository;
        let items = self.list(repository, id).map_err(|what| repository.missing(&what))?;
        if self.entries > MAX_ENTRIES || self.folders > MAX_FOLDERS || depth > MAX_DEPTH {
            return Err(VcsError::new("the version has too many files or folders"));
        }
        for item in items.iter() {
            let path = if folder.is_empty() { item.name.clone() } else { format!("{folder}/{}", item.name) };
            match item.kind {
                EntryKind::Tree => self.collect(at, item.id, &path, depth + 1, tree)?,
                EntryKind::Commit => self.submodule(at, item.id, path, depth, tree)?,
                EntryKind::Link => {
                    let object = Object { repository: repository.clone(), id: item.id };
                    if let Some(target) = object.content(MAX_LINK).ok().and_then(|text| String::from_utf8(text).ok()) {
                        tree.entries.insert(path, Stored { entry: Entry::Link(target), object });
                    }
                }
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    let object = Object { repository: repository.clone(), id: item.id };
                    tree.entries.insert(path, Stored { entry: Entry::File, object });
                }
            }
        }
        Ok(())
    }

    /// The files of a submodule at the commit that the version names, if that is here.
    pub(crate) fn submodule(
        &mut self,
        outer: &Checkout,
        commit: ObjectId,
        path: String,
        depth: usize,
        tree: &mut Tree,
    ) -> Result<(), VcsError> {
        self.submodules += 1;
        let found = (self.submodules <= MAX_SUBMODULES).then(|| {
            let inner = Repository::of_submodule(&outer.folder(&path)?)?;
            let root = self.tree_of(&inner, commit)?;
            Some((Checkout { repository: inner, above: String::new(), inside: path.len() + 1 }, root))
        });
        match found.flatten() {
            Some((inner, root)) => self.collect(&inner, root, &path, depth + 1, tree),
            None => {
                tree.absent.insert(path);
                Ok(())
            }
        }
    }
}

/// Whether a name can be that of a file in a work tree.
pub(crate) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | ".." | ".git") && !name.contains(['/', '\\', '\0'])
}
