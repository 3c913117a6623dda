//! Changes of source texts, and writing them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use connlint_facts::RelPath;

use crate::exit::Failure;
use crate::sink;

/// A piece of a text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Where in the text, in bytes.
    pub(crate) range: Range<usize>,
    /// What takes its place.
    pub(crate) text: String,
}

/// A text with its edits applied; `None` if two of them overlap or one lies outside of it.
pub(crate) fn applied(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
    sorted.dedup();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        out.push_str(text.get(at..edit.range.start)?);
        out.push_str(&edit.text);
        text.get(edit.range.clone())?;
        at = edit.range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Writes texts of files below a folder. A file that links lead out of the folder is refused.
pub(crate) fn write_files(folder: &Path, files: &BTreeMap<RelPath, String>) -> Result<(), Failure> {
    let paths = files.keys().map(|file| inside(folder, file)).collect::<Result<Vec<PathBuf>, Failure>>()?;
    for (path, text) in paths.iter().zip(files.values()) {
        let permissions = path.metadata().map(|meta| meta.permissions());
        sink::to_file(path, |out| out.write_all(text.as_bytes()))?;
        if let Ok(permissions) = permissions {
            let kept = std::fs::set_permissions(path, permissions);
            kept.map_err(|error| Failure::new(format!("`{}` lost its permissions: {error}", path.display())))?;
        }
    }
    Ok(())
}

fn inside(folder: &Path, file: &RelPath) -> Result<PathBuf, Failure> {
    let path = Path::new(file.as_str());
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    let real = folder.join(path).canonicalize().ok().filter(|real| is_below && real.starts_with(folder));
    real.ok_or_else(|| Failure::new(format!("`{file}` lies outside of the project: it is not changed")))
}

/// The line ending that a text uses.
pub(crate) fn line_ending(text: &str) -> &'static str {
    match text.find('\n').and_then(|at| text.get(..at)) {
        Some(line) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(range: Range<usize>, text: &str) -> Edit {
        Edit { range, text: text.to_owned() }
    }

    #[test]
    fn edits_are_applied_in_any_order_and_once() {
        let edits = [edit(4..5, "E"), edit(0..1, "A"), edit(0..1, "A"), edit(2..2, "+")];
        assert_eq!(applied("abcde", &edits).as_deref(), Some("Ab+cdE"));
    }

    #[test]
    fn edits_that_overlap_or_lie_outside_are_refused() {
        assert_eq!(applied("abcde", &[edit(0..3, ""), edit(2..4, "")]), None);
        assert_eq!(applied("abc", &[edit(2..9, "")]), None);
        assert_eq!(applied("aéb", &[edit(2..3, "")]), None, "within a character");
    }

    #[test]
    fn line_ending_is_that_of_the_text() {
        assert_eq!((line_ending("a\r\nb\n"), line_ending("a\nb\r\n"), line_ending("a")), ("\r\n", "\n", "\n"));
    }
}
