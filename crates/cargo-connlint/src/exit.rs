//! How the process ends.

use std::fmt;

use connlint_output::{Mistake, draw_mistake, visible};

use crate::terminal::{Terminal, tell};

/// Columns of what is drawn for no terminal.
const DRAWN_WIDTH: usize = 100;

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
    /// There was nothing to analyse; where the user is strict, not all was.
    NothingAnalysed = 3,
}

/// Why a run was not possible.
#[derive(Debug)]
pub(crate) struct Failure(Reason);

#[derive(Debug)]
enum Reason {
    /// One sentence without a full stop.
    Told(String),
    /// A mistake in a file that the user wrote.
    Mistake(Box<Mistake>),
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Reason::Told(message.into()))
    }

    /// A mistake in a file, which is drawn.
    pub(crate) fn at(mistake: Mistake) -> Self {
        Self(Reason::Mistake(Box::new(mistake)))
    }

    /// Tells it on standard error.
    pub(crate) fn report(&self) -> Exit {
        match &self.0 {
            Reason::Told(message) => tell(&format!("error: {}", visible(message))),
            Reason::Mistake(mistake) => {
                let terminal = Terminal::of_stderr();
                eprintln!("{}", draw_mistake(mistake, terminal.color, terminal.width));
            }
        }
        Exit::Failed
    }
}

impl Failure {
    /// The reason as people see it, without colours.
    pub(crate) fn drawn(&self) -> String {
        match &self.0 {
            Reason::Told(message) => visible(message).into_owned(),
            Reason::Mistake(mistake) => draw_mistake(mistake, false, DRAWN_WIDTH),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Told(message) => f.write_str(message),
            Reason::Mistake(mistake) => write!(f, "{}: {}", mistake.path, mistake.message),
        }
    }
}
