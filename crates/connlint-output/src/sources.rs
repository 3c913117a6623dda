//! Source texts with their lines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use connlint_facts::{RelPath, Span, TextRange};

use crate::fingerprint::line_hashes;

/// Where texts come from.
pub trait Sources {
    /// The text of a file, with replacement characters where it is not UTF-8 (byte ranges refer to this text); `None` if
    /// it cannot be read.
    fn text(&self, path: &RelPath) -> Option<Arc<str>>;
}

/// A text and where its lines begin.
#[derive(Debug)]
pub(crate) struct SourceText {
    text: Arc<str>,
    line_starts: Vec<usize>,
    hashes: OnceLock<Vec<String>>,
}

/// A place in a text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The line.
    pub(crate) line: usize,
    /// The column in characters.
    pub(crate) column: usize,
    /// The column in UTF-16 code units.
    pub(crate) column_utf16: usize,
    /// The column in bytes of UTF-8.
    pub(crate) column_utf8: usize,
}

impl SourceText {
    pub(crate) fn new(text: Arc<str>) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { text, line_starts, hashes: OnceLock::new() }
    }

    /// The bytes of the range, moved to character boundaries inside the text, at least as long as zero.
    pub(crate) fn clamp(&self, range: TextRange) -> Range<usize> {
        let boundary = |offset: u32| {
            let mut offset = (offset as usize).min(self.text.len());
            while !self.text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let start = boundary(range.start);
        start..boundary(range.end).max(start)
    }

    /// The range up to the end of its first line.
    pub(crate) fn first_line_of(&self, range: TextRange) -> Range<usize> {
        let bytes = self.clamp(range);
        let end = self.line_range(self.line_of(bytes.start)).end;
        bytes.start..bytes.end.min(end).max(bytes.start)
    }

    /// The line, from 0, that holds a byte.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The bytes of a line, from 0, without its end; empty at the end of the text for a line that is not there.
    pub(crate) fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.slice(start..end);
        start..start + text.trim_end_matches('\n').trim_end_matches('\r').len()
    }

    /// A part of the text; empty if the range is not on character boundaries.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// Line and columns of a byte.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts.get(line).copied().unwrap_or_default();
        let before = self.slice(start..offset);
        // A byte order mark belongs to the file, not to the first line.
        let before = if line == 0 { before.trim_start_matches('\u{feff}') } else { before };
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
            column_utf16: before.encode_utf16().count() + 1,
            column_utf8: before.len() + 1,
        }
    }

    /// GitHub's hash of a line, from 0.
    pub(crate) fn line_hash(&self, line: usize) -> Option<&str> {
        self.hashes.get_or_init(|| line_hashes(&self.text)).get(line).map(String::as_str)
    }
}

/// The texts of one output, each read once.
pub(crate) struct SourceCache<'a> {
    sources: &'a dyn Sources,
    texts: RefCell<BTreeMap<RelPath, Option<Arc<SourceText>>>>,
}

impl<'a> SourceCache<'a> {
    pub(crate) fn new(sources: &'a dyn Sources) -> Self {
        Self { sources, texts: RefCell::default() }
    }

    /// The text of a file, `None` if it cannot be read.
    pub(crate) fn get(&self, path: &RelPath) -> Option<Arc<SourceText>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        let text = self.sources.text(path).map(|text| Arc::new(SourceText::new(text)));
        self.texts.borrow_mut().insert(path.clone(), text.clone());
        text
    }

    /// Where a span begins, `None` if its file cannot be read.
    pub(crate) fn start(&self, span: &Span) -> Option<Position> {
        let text = self.get(&span.file)?;
        Some(text.position(text.clamp(span.range).start))
    }

    /// `path:line:column` of a span's start, or the path alone; safe to print.
    pub(crate) fn place(&self, file: &RelPath, range: Option<TextRange>) -> String {
        let path = crate::visible::visible_line(file.as_str()).into_owned();
        let start = range.and_then(|range| self.start(&Span { file: file.clone(), range }));
        match start {
            Some(at) => format!("{path}:{}:{}", at.line, at.column),
            None => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_utf16_units_apart() {
        let text = SourceText::new("\u{feff}a🦀b\r\n\u{e9}x".into());
        let at = |needle: char| text.position(text.text.find(needle).unwrap());
        assert_eq!(at('b'), Position { line: 1, column: 3, column_utf16: 4, column_utf8: 6 });
        assert_eq!(at('x'), Position { line: 2, column: 2, column_utf16: 2, column_utf8: 3 });
        assert_eq!(text.slice(text.line_range(0)), "\u{feff}a🦀b");
    }

    #[test]
    fn ranges_outside_the_text_are_moved_inside() {
        let text = SourceText::new("a🦀".into());
        assert_eq!(text.clamp(TextRange::new(2, 900)), 1..5);
        assert_eq!(text.clamp(TextRange::new(900, 3)), 5..5);
        assert_eq!(text.line_range(7), 5..5);
    }
}
