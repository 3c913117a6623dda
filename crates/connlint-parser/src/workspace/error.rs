//! Why nothing could be read at all.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a project could not be read at all. Anything less is a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkspaceError {
    /// There is nothing at that path.
    NotFound(PathBuf),
    /// It cannot be read; why.
    Unreadable(PathBuf, String),
    /// It is neither a folder nor a `.rs` file.
    NotRust(PathBuf),
    /// It lies outside of the folder above which nothing is to be read.
    AboveTop(PathBuf, PathBuf),
    /// No worker thread could be started; why.
    Threads(String),
}

impl WorkspaceError {
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path.to_owned()),
            _ => Self::Unreadable(path.to_owned(), error.to_string()),
        }
    }
}

impl fmt::Display for WorkspaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "there is no file or folder `{}`", path.display()),
            Self::Unreadable(path, reason) => write!(f, "`{}` cannot be read: {reason}", path.display()),
            Self::NotRust(path) => write!(f, "`{}` is neither a folder nor a Rust source file", path.display()),
            Self::AboveTop(path, top) => write!(f, "`{}` lies outside of `{}`", path.display(), top.display()),
            Self::Threads(reason) => write!(f, "no worker thread could be started: {reason}"),
        }
    }
}

impl std::error::Error for WorkspaceError {}
