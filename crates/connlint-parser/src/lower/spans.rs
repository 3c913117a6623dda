//! Spans of proc-macro2 as byte ranges of the text.

use connlint_facts::TextRange;
use proc_macro2::{LineColumn, Span};

use crate::prescan::ByteRange;

/// Characters between two known byte offsets of a line that is not ASCII.
const STRIDE: usize = 64;

/// Finds byte offsets for lines and columns: proc-macro2 counts characters.
pub(crate) struct Spans<'a> {
    text: &'a str,
    lines: Vec<Line>,
    /// For each line that is not ASCII the byte offset of its first character, and of every [`STRIDE`]th behind it.
    checkpoints: Vec<u32>,
}

/// Where a line begins.
struct Line {
    byte: u32,
    /// The line's first checkpoint; none where it is ASCII, so that columns are bytes.
    checkpoint: Option<u32>,
}

impl<'a> Spans<'a> {
    /// The index of `text`, which must have been given to proc-macro2 with the same characters per line, and has about
    /// `len` lines.
    pub(crate) fn new(text: &'a str, len: usize) -> Self {
        let mut spans = Self { text, lines: Vec::with_capacity(len + 1), checkpoints: Vec::new() };
        let is_ascii = text.is_ascii();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len())) {
            // With its end, so that there is a checkpoint for a token that ends there.
            let line = if is_ascii { "" } else { text.get(start..(end + 1).min(text.len())).unwrap_or("") };
            let checkpoint = (!line.is_ascii()).then_some(spans.checkpoints.len() as u32);
            if checkpoint.is_some() {
                let known = line.char_indices().step_by(STRIDE);
                spans.checkpoints.extend(known.map(|(at, _)| (start + at) as u32));
            }
            spans.lines.push(Line { byte: start as u32, checkpoint });
            start = end + 1;
        }
        spans
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

    /// Where pieces of another text are in this one, as that one has the same characters in each line, though they may have
    /// other numbers of bytes. The pieces must be in order.
    pub(crate) fn same_places(&self, other: &str, pieces: &[ByteRange]) -> Vec<TextRange> {
        let (mut at, mut place) = (0, LineColumn { line: 1, column: 0 });
        let mut offset = |to: usize| {
            for ch in other.get(at..to).unwrap_or("").chars() {
                place = match ch {
                    '\n' => LineColumn { line: place.line + 1, column: 0 },
                    _ => LineColumn { line: place.line, column: place.column + 1 },
                };
            }
            at = to;
            self.offset(place)
        };
        pieces.iter().map(|&(start, end)| TextRange::new(offset(start), offset(end))).collect()
    }

    fn offset(&self, at: LineColumn) -> u32 {
        let Some(line) = at.line.checked_sub(1).and_then(|line| self.lines.get(line)) else { return 0 };
        let Some(checkpoint) = line.checkpoint else {
            return (line.byte as usize + at.column).min(self.text.len()) as u32;
        };
        let near = self.checkpoints.get(checkpoint as usize + at.column / STRIDE);
        // None is behind the last character of a text.
        let Some(&near) = near else { return self.text.len() as u32 };
        let rest = self.text.get(near as usize..).unwrap_or("");
        let more = rest.char_indices().nth(at.column % STRIDE).map_or(rest.len(), |(at, _)| at);
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
            let spans = Spans::new(text, 0);
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

    #[test]
    fn pieces_of_a_text_of_other_bytes_are_found_by_their_characters() {
        let text = "é\u{1f600} a\n\u{feff}→ b c\n";
        let other = "   a\n   b c\n";
        let places = Spans::new(text, 2).same_places(other, &[(3, 4), (8, 9), (10, 11)]);
        let read: Vec<&str> = places.iter().map(|place| &text[place.start as usize..place.end as usize]).collect();
        assert_eq!(read, ["a", "b", "c"]);
    }

    #[test]
    fn lines_of_any_length_have_their_own_checkpoints() {
        for len in [1, 60, 61, 62, 63, 64, 65, 126, 127, 128, 129, 300] {
            let line = format!("\"{}\"", "é".repeat(len));
            let text = format!("{line}\nab\n{line}\n{line} {line}");
            let tokens: proc_macro2::TokenStream = text.parse().unwrap_or_default();
            let spans = Spans::new(&text, 4);
            let read = tokens.into_iter().map(|token| spans.range(token.span()));
            let read = read.map(|range| text.get(range.start as usize..range.end as usize).unwrap_or(""));
            assert_eq!(read.collect::<Vec<_>>(), [&*line, "ab", &line, &line, &line]);
            proc_macro2::extra::invalidate_current_thread_spans();
        }
    }
}
