//! Places in files as users write them.

use std::path::PathBuf;

/// A place in a file, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The file as written.
    pub(crate) file: PathBuf,
    /// The line.
    pub(crate) line: u32,
    /// The column in characters.
    pub(crate) column: Option<u32>,
}

/// Reads `FILE:LINE[:COLUMN]`; a file's name may hold colons.
pub(crate) fn parse_position(text: &str) -> Result<Position, String> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
    let hint = || "expected FILE:LINE, as in `src/db.rs:21`".to_owned();
    let text = text.trim_end_matches(':');
    let (rest, last) = text.rsplit_once(':').ok_or_else(hint)?;
    let last = number(last).ok_or_else(hint)?;
    let (file, line, column) = match rest.rsplit_once(':').map(|(file, line)| (file, number(line))) {
        Some((file, Some(line))) => (file, line, Some(last)),
        _ => (rest, last, None),
    };
    if file.is_empty() {
        return Err(hint());
    }
    Ok(Position { file: PathBuf::from(file), line, column })
}
