//! Why a version could not be had.

use std::fmt;

/// Why a version could not be had, as one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VcsError(String);

impl VcsError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for VcsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VcsError {}
