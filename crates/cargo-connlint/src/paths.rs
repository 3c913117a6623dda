//! Paths of files as settings, scopes and outputs compare them.

use std::path::{Component, Path, PathBuf};

use crate::exit::Failure;

/// A path without links.
pub(crate) fn real(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))
}

/// The parts of a path on disk without links, as far as it is there.
pub(crate) fn normal_parts(path: &Path) -> Vec<String> {
    let real = path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    real.components().filter_map(name).collect()
}

/// A path below a folder, both without links, with `/` between its parts; empty for the folder itself.
pub(crate) fn relative(path: &Path, folder: &Path) -> Option<String> {
    let parts = path.strip_prefix(folder).ok()?.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    Some(parts.collect::<Vec<_>>().join("/"))
}
