//! How the process ends.

use std::fmt;

use connlint_output::visible;

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// No findings.
    Clean = 0,
    /// Findings.
    Findings = 1,
    /// Wrong arguments, or the run was not possible.
    Failed = 2,
    /// There was nothing to analyse.
    NothingAnalysed = 3,
}

/// Why a run was not possible, in one sentence without a full stop.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Tells it on standard error.
    pub(crate) fn report(&self) -> Exit {
        eprintln!("error: {}", visible(&self.0));
        Exit::Failed
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
