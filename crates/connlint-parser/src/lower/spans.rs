//! Spans of proc-macro2 as byte ranges of the text.

use connlint_facts::TextRange;
use proc_macro2::{LineColumn, Span};

/// Characters between two known byte offsets of a text that is not ASCII.
const STRIDE: usize = 64;

/// Finds byte offsets for lines and columns: proc-macro2 counts characters.
pub(crate) struct Spans<'a> {
    text: &'a str,
    /// Character offsets at which lines start.
    lines: Vec<u32>,
    /// Byte offset of every [`STRIDE`]th character; empty for ASCII, where characters are bytes.
    checkpoints: Vec<u32>,
}

impl<'a> Spans<'a> {
    /// The index of `text`, which must have been given to proc-macro2 with the same characters per line.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut lines = vec![0];
        if text.is_ascii() {
            lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
            return Self { text, lines, checkpoints: Vec::new() };
        }
        let mut checkpoints = Vec::new();
        for (count, (at, ch)) in text.char_indices().enumerate() {
            if count % STRIDE == 0 {
                checkpoints.push(at as u32);
            }
            if ch == '\n' {
                lines.push(count as u32 + 1);
            }
        }
        Self { text, lines, checkpoints }
    }

    /// The bytes of a span.
    pub(crate) fn range(&self, span: Span) -> TextRange {
        TextRange::new(self.offset(span.start()), self.offset(span.end()))
    }

    /// The first byte of a span.
    pub(crate) fn start(&self, span: Span) -> u32 {
        self.offset(span.start())
    }

    /// The byte behind a span.
    pub(crate) fn end(&self, span: Span) -> u32 {
        self.offset(span.end())
    }

    /// The line, counted from 1, of a byte offset.
    pub(crate) fn line(&self, offset: u32) -> usize {
        let before = self.text.as_bytes().get(..offset as usize).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    fn offset(&self, at: LineColumn) -> u32 {
        let line = at.line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let chars = line as usize + at.column;
        if self.checkpoints.is_empty() {
            return chars.min(self.text.len()) as u32;
        }
        let Some(&near) = self.checkpoints.get(chars / STRIDE) else { return self.text.len() as u32 };
        let rest = self.text.get(near as usize..).unwrap_or("");
        let more = rest.char_indices().nth(chars % STRIDE).map_or(rest.len(), |(at, _)| at);
        near + more as u32
    }
}
