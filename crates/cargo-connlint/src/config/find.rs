//! Where settings lie, and reading them within bounds.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use connlint_facts::RelPath;

use crate::analysed_project::Project;
use crate::artifact::Artifacts;
use crate::exit::Failure;
use crate::paths::relative;
use crate::project_files::Version;
use crate::text_file::read_text;

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
    folder: Folder,
}

/// Where a settings file lies.
#[derive(Debug)]
enum Folder {
    /// A folder on disk, links followed.
    Disk(PathBuf),
    /// The analysed folder of a version.
    Version(Version),
    /// A folder of a version above the analysed one: what lies below it is not at hand.
    AboveVersion,
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
    /// A text without a folder: it can name no other file.
    pub(crate) fn of_text(name: &str, text: &Arc<str>) -> Self {
        Self { name: name.into(), text: text.clone(), folder: Folder::AboveVersion }
    }

    /// The file that the command line names.
    pub(crate) fn named(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = read_text(path, &name, MAX_BYTES)?;
        let folder = path.canonicalize().ok().and_then(|real| real.parent().map(Path::to_owned));
        Ok(Self { name: name.into(), text, folder: Folder::Disk(folder.unwrap_or_default()) })
    }

    /// The nearest `connlint.toml`: in the folder that is asked for or above it, no further up than the repository's top;
    /// without a repository no further up than the analysed root.
    pub(crate) fn nearest(project: &Project) -> Result<Option<Self>, Failure> {
        match &project.version {
            Some(version) => Self::nearest_in_version(version),
            None => Self::nearest_on_disk(&project.asked, &project.root),
        }
    }

    fn nearest_in_version(version: &Version) -> Result<Option<Self>, Failure> {
        let tree = &version.tree;
        let bytes = |levels| match levels {
            0 => tree.entry(FILE_NAME).map(|_| tree.read(FILE_NAME, MAX_BYTES).ok()),
            _ => tree.read_above(levels, FILE_NAME, MAX_BYTES).map(Some),
        };
        let found = (0..=tree.levels_above()).find_map(|levels| Some((levels, bytes(levels)?)));
        let Some((levels, bytes)) = found else { return Ok(None) };
        let name = format!("{}{FILE_NAME}", "../".repeat(levels));
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| Failure::new(format!("`{name}` of the version cannot be read")))?;
        let folder = if levels == 0 { Folder::Version(version.clone()) } else { Folder::AboveVersion };
        Ok(Some(Self { text: text.into(), name: name.into(), folder }))
    }

    fn nearest_on_disk(asked: &Path, root: &Path) -> Result<Option<Self>, Failure> {
        // Whatever reads a missing path reports it.
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
        let text = read_text(&path, &name, MAX_BYTES)?;
        Ok(Some(Self { text, name: name.into(), folder: Folder::Disk((*found).to_owned()) }))
    }

    /// A file that the settings name: its name for people, and its text. It must lie below their folder.
    pub(crate) fn next_to(&self, path: &str, budget: &mut Budget) -> Result<(Arc<str>, Arc<str>), Failure> {
        let refuse = |why: &str| Failure::new(format!("{}: the models `{path}` {why}", self.name));
        let parts = Path::new(path).components();
        if path.is_empty() || !parts.clone().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(refuse("must be a path below the folder of this file"));
        }
        budget.files = budget.files.checked_sub(1).ok_or_else(|| refuse("are one file too many"))?;
        let base = self.name.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
        let name = if base.is_empty() { path.to_owned() } else { format!("{base}/{path}") };
        let text = match &self.folder {
            Folder::Disk(folder) => {
                let real = inside(folder, path).map_err(|why| refuse(&why))?;
                read_text(&real, &name, MAX_BYTES)?
            }
            Folder::Version(version) => {
                let text = version.text(path.trim_start_matches("./"), MAX_BYTES);
                text.ok_or_else(|| refuse("cannot be read in this version"))?
            }
            Folder::AboveVersion => return Err(refuse("lie above the analysed folder, where a version is not read")),
        };
        budget.bytes = budget.bytes.checked_sub(text.len()).ok_or_else(|| refuse("make the models too large"))?;
        Ok((name.into(), text))
    }
}

/// The manifest of a folder below the root, if it may hold settings of connlint. One that cannot be read or is no TOML
/// holds none: the parser reports it.
pub(super) fn manifest(project: &Project, folder: &str) -> Option<Found> {
    let found = match (&project.version, &project.recorded) {
        (Some(version), _) => manifest_in_version(version, folder)?,
        (None, Some(recorded)) => manifest_of_artifacts(recorded, &project.root, folder)?,
        (None, None) => manifest_on_disk(&project.root, folder)?,
    };
    let may_hold = found.text.contains("connlint") && found.text.contains("metadata");
    let is_toml = may_hold && found.text.parse::<toml::Table>().is_ok();
    is_toml.then_some(found)
}

fn manifest_of_artifacts(recorded: &Artifacts, root: &Path, folder: &str) -> Option<Found> {
    let name = if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
    let text = recorded.text(&RelPath::new(name.as_str())).filter(|text| text.len() as u64 <= MAX_BYTES)?;
    Some(Found { name: name.into(), text: text.into(), folder: Folder::Disk(root.join(folder)) })
}

fn manifest_in_version(version: &Version, folder: &str) -> Option<Found> {
    let name = if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
    let text = version.text(&name, MAX_BYTES)?;
    // Models that the manifest names lie below the root of the project.
    Some(Found { name: name.into(), text, folder: Folder::Version(version.clone()) })
}

fn manifest_on_disk(root: &Path, folder: &str) -> Option<Found> {
    let root = root.canonicalize().ok().filter(|root| root.is_dir())?;
    let folder = root.join(folder).canonicalize().ok().filter(|folder| folder.starts_with(&root))?;
    let name = relative(&folder, &root).map(|below| if below.is_empty() { below } else { below + "/" })? + "Cargo.toml";
    let text = read_text(&folder.join("Cargo.toml"), &name, MAX_BYTES).ok()?;
    Some(Found { name: name.into(), text, folder: Folder::Disk(folder) })
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

/// A file below a folder, links followed; why it is refused otherwise.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let real = folder.join(path).canonicalize().map_err(|error| format!("cannot be read: {error}"))?;
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    if !real.starts_with(folder) {
        return Err("lead out of the folder of this file".to_owned());
    }
    Ok(real)
}
