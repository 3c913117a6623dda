//! Spans of proc-macro2 as byte ranges of the text.

use connlint_facts::TextRange;
use proc_macro2::{LineColumn, Span};

/// Characters between two known byte offsets of a text that is not ASCII.
const STRIDE: usize = 64;

/// Finds byte offsets for lines and columns: proc-macro2 counts characters.
pub(crate) struct Spans<'a> {
    text: &'a str,
    lines: Vec<Line>,
    /// Byte offset of every [`STRIDE`]th character; empty for ASCII, where characters are bytes.
    checkpoints: Vec<u32>,
}

/// Where a line begins.
struct Line {
    byte: u32,
    /// Characters before it; none are counted where the line is ASCII, so that columns are bytes.
    chars: Option<u32>,
}

impl<'a> Spans<'a> {
    /// The index of `text`, which must have been given to proc-macro2 with the same characters per line.
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        if text.is_ascii() {
            let lines = starts.map(|at| Line { byte: at as u32, chars: None }).collect();
            return Self { text, lines, checkpoints: Vec::new() };
        }
        let checkpoints = text.char_indices().step_by(STRIDE).map(|(at, _)| at as u32).collect();
        let mut lines: Vec<Line> = Vec::new();
        let mut chars = 0;
        for (start, line) in starts.zip(text.split('\n')) {
            let is_ascii = line.is_ascii();
            lines.push(Line { byte: start as u32, chars: (!is_ascii).then_some(chars) });
            chars += if is_ascii { line.len() } else { line.chars().count() } as u32 + 1;
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
        let Some(line) = at.line.checked_sub(1).and_then(|line| self.lines.get(line)) else { return 0 };
        let Some(before) = line.chars else {
            return (line.byte as usize + at.column).min(self.text.len()) as u32;
        };
        let chars = before as usize + at.column;
        let Some(&near) = self.checkpoints.get(chars / STRIDE) else { return self.text.len() as u32 };
        let rest = self.text.get(near as usize..).unwrap_or("");
        let more = rest.char_indices().nth(chars % STRIDE).map_or(rest.len(), |(at, _)| at);
        near + more as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Spans;

    #[test]
    fn offsets_are_bytes_whatever_the_characters() {
        let text = "\u{feff}fn a() {}\n// \u{e9}\u{1f600}\nfn b(é: Ü) { \"→→\"; x }\n\nfn last() {}";
        for text in [text, "fn a() { x }\n\nfn last() {}"] {
            let tokens: proc_macro2::TokenStream = text.parse().unwrap_or_default();
            let spans = Spans::new(text);
            for token in tokens {
                let range = spans.range(token.span());
                assert_eq!((spans.start(token.span()), spans.end(token.span())), (range.start, range.end));
                let read = text.get(range.start as usize..range.end as usize).unwrap_or("");
                let bare = |text: &str| text.split_whitespace().collect::<String>();
                assert_eq!(bare(read), bare(&token.to_string()));
            }
            proc_macro2::extra::invalidate_current_thread_spans();
        }
    }
}
