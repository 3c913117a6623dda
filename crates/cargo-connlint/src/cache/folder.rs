//! The folder of the cache: where it is, what it holds, how large it gets.
//!
//! Each report is a file of its own, and so is each project's pack of facts. They take their names by a rename, so that
//! runs at the same time see whole files only.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::analysed_project::Project;
use crate::exit::Failure;

use super::key::Key;

/// Bytes of all files, and of those that are left where it is more.
const MAX_BYTES: u64 = 512 << 20;
const BYTES_LEFT: u64 = MAX_BYTES / 4 * 3;
/// Names a folder for the cache; empty means none.
const VARIABLE: &str = "CONNLINT_CACHE_DIR";
/// What tells programs that make backups to leave a folder out (<https://bford.info/cachedir/>).
const TAG: (&str, &str) = ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");

/// A kind of files that are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    ending: &'static str,
    /// How many are kept of one key.
    most: usize,
    /// Bytes of the largest that is kept.
    max_bytes: u64,
}

/// Reports, and rows of dependencies. Of one key there are those of branches between which one switches.
pub(super) const REPORT: Kind = Kind { ending: "report", most: 4, max_bytes: 64 << 20 };
/// Packs of facts. Each has what is worth keeping of the one before.
pub(super) const FACTS: Kind = Kind { ending: "facts", most: 1, max_bytes: 256 << 20 };

/// The folder of the cache.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

/// A file of the cache.
pub(super) struct Entry {
    path: PathBuf,
    used: SystemTime,
    bytes: u64,
}

impl Folder {
    /// The folder that the command line names.
    pub(super) fn named(path: &Path, project: &Project) -> Result<Self, Failure> {
        let refuse = |why: &str| Failure::new(format!("the cache `{}` {why}", path.display()));
        let real = real(path).ok_or_else(|| refuse("has no place"))?;
        if touches(&real, project) {
            return Err(refuse("must not lie in the analysed folder or around it: code could bring reports with it"));
        }
        Ok(Self(real))
    }

    /// The folder that the environment names, or the user's one for caches. One in the analysed folder is not used.
    pub(super) fn conventional(project: &Project) -> Option<Self> {
        let folder = match std::env::var_os(VARIABLE) {
            Some(named) => PathBuf::from(named),
            None => users_folder()?.join("connlint"),
        };
        if folder.as_os_str().is_empty() {
            return None;
        }
        real(&folder).filter(|real| !touches(real, project)).map(Self)
    }

    /// The files of a key, the last one that was used first.
    pub(super) fn entries(&self, key: &Key, kind: Kind) -> Vec<Entry> {
        let mut entries = files_of(&self.0.join(key.as_str()));
        entries.retain(|entry| entry.path.extension().is_some_and(|ending| ending == kind.ending));
        entries.truncate(kind.most);
        entries
    }

    /// Keeps a file, given in pieces, and leaves out what is too much. It does without where the disk is full or
    /// read-only.
    pub(super) fn write(&self, key: &Key, kind: Kind, pieces: &[&[u8]]) {
        let bytes: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if bytes <= kind.max_bytes && self.try_write(key, kind, pieces).is_ok() {
            self.sweep(key, kind);
        }
    }

    fn try_write(&self, key: &Key, kind: Kind, pieces: &[&[u8]]) -> std::io::Result<()> {
        let folder = self.0.join(key.as_str());
        create(&folder)?;
        let tag = self.0.join(TAG.0);
        if !tag.exists() {
            fs::write(tag, TAG.1)?;
        }
        let mut hasher = blake3::Hasher::new();
        pieces.iter().for_each(|piece| _ = hasher.update(piece));
        let hash = hasher.finalize();
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        let mut buffered = BufWriter::new(file.as_file_mut());
        buffered.write_all(hash.as_bytes())?;
        pieces.iter().try_for_each(|piece| buffered.write_all(piece))?;
        buffered.flush()?;
        drop(buffered);
        file.persist(folder.join(format!("{}.{}", hash.to_hex(), kind.ending))).map_err(|error| error.error)?;
        Ok(())
    }

    /// Takes out what was not used for longest: of the key, then of the whole.
    fn sweep(&self, key: &Key, kind: Kind) {
        let own = files_of(&self.0.join(key.as_str()));
        own.iter().skip(kind.most).for_each(Entry::remove);
        let folders: Vec<PathBuf> = list(&self.0).filter(|path| path.is_dir()).collect();
        let mut all: Vec<Entry> = folders.iter().flat_map(|folder| files_of(folder)).collect();
        sort(&mut all);
        let mut total: u64 = all.iter().map(|entry| entry.bytes).sum();
        if total <= MAX_BYTES {
            return;
        }
        while total > BYTES_LEFT
            && let Some(oldest) = all.pop()
        {
            total -= oldest.bytes;
            oldest.remove();
        }
        // Only empty ones go.
        folders.iter().for_each(|folder| _ = fs::remove_dir(folder));
    }
}

impl Entry {
    fn of(path: PathBuf) -> Option<Self> {
        let meta = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
        Some(Self { used: meta.modified().ok()?, bytes: meta.len(), path })
    }

    /// What was kept; `None` if it was not written whole.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        let most = FACTS.max_bytes + blake3::OUT_LEN as u64;
        let mut file = File::open(&self.path).ok()?.take(most);
        let mut hash = [0; blake3::OUT_LEN];
        file.read_exact(&mut hash).ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.bytes.min(most)).unwrap_or(0));
        file.read_to_end(&mut bytes).ok()?;
        (blake3::hash(&bytes) == hash).then_some(bytes)
    }

    /// Takes note that it was used now; where that fails, it goes earlier.
    pub(super) fn touch(&self) {
        let file = File::options().append(true).open(&self.path);
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The files of a folder, the last one that was used first.
fn files_of(folder: &Path) -> Vec<Entry> {
    let mut entries: Vec<Entry> = list(folder).filter_map(Entry::of).collect();
    sort(&mut entries);
    entries
}

fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.path.cmp(&b.path)));
}

fn list(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Whether a folder lies in the analysed one, or around it.
fn touches(cache: &Path, project: &Project) -> bool {
    [&project.root, &project.asked].into_iter().any(|root| {
        let Some(root) = real(root) else { return true };
        let root = if root.is_file() { root.parent().unwrap_or(&root) } else { &root };
        cache.starts_with(root) || root.starts_with(cache)
    })
}

/// A path without links, of which only the beginning need be there.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let (there, real) = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)))?;
    let rest = path.strip_prefix(there).ok()?;
    // What is not there yet may become a link: only names lead down from here.
    rest.components().all(|part| matches!(part, Component::Normal(_))).then(|| real.join(rest))
}

/// Where the system keeps caches of a user.
fn users_folder() -> Option<PathBuf> {
    let folder = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return folder("LOCALAPPDATA");
    }
    let of_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(of_home)))
}

/// Makes a folder that only its owner reads.
fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    fn project(root: &Path) -> Project {
        Project::on_disk(root.into(), Scope::default())
    }

    #[test]
    fn a_cache_in_the_analysed_folder_or_around_it_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (root, other) = (dir.path().join("root"), dir.path().join("other"));
        fs::create_dir_all(&root).unwrap();
        assert!(Folder::named(&root, &project(&root)).is_err());
        assert!(Folder::named(&root.join("a/b"), &project(&root)).is_err());
        assert!(Folder::named(&other.join("../root/a"), &project(&root)).is_err());
        assert!(Folder::named(dir.path(), &project(&root)).is_err());
        assert!(Folder::named(&other, &project(&root)).is_ok());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&root, &other).unwrap();
            assert!(Folder::named(&other.join("a"), &project(&root)).is_err());
        }
    }

    #[test]
    fn what_was_not_written_whole_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, key) = (Folder(dir.path().to_owned()), Key::for_tests("a"));
        folder.write(&key, REPORT, &[b"o", b"ne"]);
        let entries = folder.entries(&key, REPORT);
        assert_eq!(entries.iter().map(|entry| entry.read().unwrap()).collect::<Vec<_>>(), [b"one"]);
        fs::write(&entries[0].path, b"cut").unwrap();
        assert_eq!(entries[0].read(), None);
    }

    #[test]
    fn of_one_key_the_last_reports_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, key) = (Folder(dir.path().to_owned()), Key::for_tests("a"));
        for round in 0..9u8 {
            folder.write(&key, REPORT, &[&[round]]);
            // What is written next is newer than this.
            let newest = folder.entries(&key, REPORT).remove(0);
            let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(round));
            File::options().append(true).open(&newest.path).unwrap().set_modified(then).unwrap();
        }
        let kept: Vec<_> = folder.entries(&key, REPORT).iter().map(|entry| entry.read().unwrap()).collect();
        assert_eq!(kept, [[8], [7], [6], [5]]);
        assert_eq!(list(&dir.path().join("a")).count(), REPORT.most);
    }
}
