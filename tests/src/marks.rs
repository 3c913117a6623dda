//! Marks in analysed code: what is expected at which line.
//!
//! ```text
//! open();       //~ ERROR some-lint
//! //~^ NOTE some-lint: text that a label, trace step or note of the finding contains
//! //~v WARN some-lint: text that the headline contains
//! open();
//! ```
//!
//! `//~` means its own line, each `^` one line further up, each `v` one further down. `ERROR` and `WARN` are met exactly
//! in both directions; a `NOTE` must be there, but findings say more than what is marked.

use std::fmt;

/// What a mark asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A finding of level `error`.
    Error,
    /// A finding of level `warn`.
    Warn,
    /// A text at a place.
    Note,
}

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The file, relative to the fixture.
    pub file: String,
    /// The line that it is about, from 1.
    pub line: usize,
    pub kind: MarkKind,
    /// The name of the lint.
    pub lint: String,
    /// What the text must contain; empty for anything.
    pub text: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            MarkKind::Error => "ERROR",
            MarkKind::Warn => "WARN",
            MarkKind::Note => "NOTE",
        };
        write!(f, "{}:{}: {kind} {}", self.file, self.line, self.lint)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}

/// The marks of a text.
///
/// # Panics
/// If a comment begins like a mark and is none.
pub fn marks(file: &str, text: &str) -> Vec<Mark> {
    let comments = text.lines().enumerate().filter_map(|(i, line)| Some((i + 1, line.split_once("//~")?.1)));
    let mark = |(line, text)| mark(file, line, text).unwrap_or_else(|| panic!("{file}:{line}: `//~{text}` is no mark"));
    comments.map(mark).collect()
}

fn mark(file: &str, line: usize, text: &str) -> Option<Mark> {
    let up = text.chars().take_while(|c| *c == '^').count();
    let down = text.chars().take_while(|c| *c == 'v').count();
    let (kind, rest) = text.get(up + down..)?.trim().split_once(' ')?;
    let kind = match kind {
        "ERROR" => MarkKind::Error,
        "WARN" => MarkKind::Warn,
        "NOTE" => MarkKind::Note,
        _ => return None,
    };
    let (lint, text) = rest.split_once(':').unwrap_or((rest, ""));
    let line = (line + down).checked_sub(up).filter(|line| *line > 0)?;
    let is_name = !lint.is_empty() && !lint.contains(' ');
    is_name.then(|| Mark { file: file.to_owned(), line, kind, lint: lint.to_owned(), text: text.trim().to_owned() })
}
