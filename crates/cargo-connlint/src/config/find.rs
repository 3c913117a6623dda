//! Where settings lie, and reading them within bounds.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::exit::Failure;
use crate::paths::relative;

/// The name of the settings file.
const FILE_NAME: &str = "connlint.toml";
/// How many folders above the analysed one are looked at for the repository's top.
const MAX_LEVELS_ABOVE: usize = 32;
/// Largest file of settings or models, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Files of models of one project, and their bytes in all.
const MAX_FILES: usize = 64;
const MAX_TOTAL_BYTES: usize = 4 << 20;

/// A settings file that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its name for people: relative to the analysed folder, or as the command line gave it.
    pub(crate) name: Arc<str>,
    /// Its text.
    pub(crate) text: Arc<str>,
    /// Its folder, links followed.
    folder: PathBuf,
}

/// What may still be read of files that a settings file names.
#[derive(Debug)]
pub(crate) struct Budget {
    files: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { files: MAX_FILES, bytes: MAX_TOTAL_BYTES }
    }
}

impl Found {
    /// The file that the command line names.
    pub(crate) fn named(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = read(path, &name)?;
        let folder = path.canonicalize().ok().and_then(|real| real.parent().map(Path::to_owned));
        Ok(Self { name: name.into(), text, folder: folder.unwrap_or_default() })
    }

    /// The nearest `connlint.toml`: in the folder that is asked for or above it, no further up than the repository's top;
    /// without a repository no further up than the analysed root.
    pub(crate) fn nearest(asked: &Path, root: &Path) -> Result<Option<Self>, Failure> {
        // A path that is not there is told of later, by what reads it.
        let (Ok(real), Ok(root)) = (asked.canonicalize(), root.canonicalize()) else { return Ok(None) };
        let root = if root.is_file() { root.parent().unwrap_or(&root) } else { &root };
        let folder = if real.is_file() { real.parent().unwrap_or(&real) } else { &real };
        let above: Vec<&Path> = folder.ancestors().take(MAX_LEVELS_ABOVE).collect();
        let position = |is: &dyn Fn(&Path) -> bool| above.iter().position(|folder| is(folder));
        let top = position(&|folder| folder.join(".git").exists()).or_else(|| position(&|folder| folder == root));
        let top = top.unwrap_or(0);
        let near = above.iter().take(top + 1).enumerate();
        let Some((_, found)) = near.into_iter().find(|(_, folder)| folder.join(FILE_NAME).symlink_metadata().is_ok())
        else {
            return Ok(None);
        };
        let name = name_from(root, found);
        let path = found.join(FILE_NAME);
        let inside = above.get(top).zip(path.canonicalize().ok()).is_some_and(|(top, real)| real.starts_with(top));
        if !inside {
            return Err(Failure::new(format!("`{name}` leads out of the project")));
        }
        Ok(Some(Self { text: read(&path, &name)?, name: name.into(), folder: (*found).to_owned() }))
    }

    /// A file that the settings name: its name for people, and its text. It must lie below their folder.
    pub(crate) fn beside(&self, path: &str, budget: &mut Budget) -> Result<(Arc<str>, Arc<str>), Failure> {
        let refuse = |why: &str| Failure::new(format!("{}: the models `{path}` {why}", self.name));
        let parts = Path::new(path).components();
        if path.is_empty() || !parts.clone().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(refuse("must be a path below the folder of this file"));
        }
        let full = self.folder.join(path);
        let real = full.canonicalize().map_err(|error| refuse(&format!("cannot be read: {error}")))?;
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        if !real.starts_with(folder) {
            return Err(refuse("lead out of the folder of this file"));
        }
        budget.files = budget.files.checked_sub(1).ok_or_else(|| refuse("are one file too many"))?;
        let base = self.name.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
        let name = if base.is_empty() { path.to_owned() } else { format!("{base}/{path}") };
        let text = read(&real, &name)?;
        budget.bytes = budget.bytes.checked_sub(text.len()).ok_or_else(|| refuse("make the models too large"))?;
        Ok((name.into(), text))
    }
}

/// The manifest of a folder below the root, if it may hold settings of connlint. One that cannot be read or is no TOML
/// holds none: the parser reports it.
pub(super) fn manifest(root: &Path, folder: &str) -> Option<Found> {
    let root = root.canonicalize().ok().filter(|root| root.is_dir())?;
    let folder = root.join(folder).canonicalize().ok().filter(|folder| folder.starts_with(&root))?;
    let name = relative(&folder, &root).map(|below| if below.is_empty() { below } else { below + "/" })? + "Cargo.toml";
    let text = read(&folder.join("Cargo.toml"), &name).ok()?;
    let may_hold = text.contains("connlint") && text.contains("metadata");
    let is_toml = may_hold && text.parse::<toml::Table>().is_ok();
    is_toml.then(|| Found { name: name.into(), text, folder })
}

/// How the settings file of a folder is named from the analysed root, which lies below or above the folder.
fn name_from(root: &Path, folder: &Path) -> String {
    match relative(folder, root) {
        Some(below) if below.is_empty() => FILE_NAME.to_owned(),
        Some(below) => format!("{below}/{FILE_NAME}"),
        None => {
            let levels = root.ancestors().position(|above| above == folder).unwrap_or_default();
            format!("{}{FILE_NAME}", "../".repeat(levels))
        }
    }
}

/// Reads a regular file of UTF-8; a pipe or device is never opened, since that may block.
fn read(path: &Path, name: &str) -> Result<Arc<str>, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| Failure::new(format!("`{name}` cannot be read: {why}"));
    let meta = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !meta.is_file() {
        return Err(unreadable(&"it is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(&format!("it has more than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| unreadable(&"it is not UTF-8"))
}
