//! Which pieces of a text cannot be read as tokens, because a bracket or quote has no partner.

use proc_macro2::TokenStream;

use crate::prescan::ByteRange;
use crate::recover::ITEM_WORDS;
use crate::scan::{Scanner, TokenKind};

/// Most pieces that are joined to find the end of a literal or comment that holds lines like items.
const MAX_JOINED: usize = 12;

/// What of a text must be left out so that the rest can be read.
#[derive(Default)]
pub(crate) struct Unreadable {
    /// Closing brackets that nothing opened, in items that can be read without them.
    pub(crate) strays: Vec<ByteRange>,
    /// Items, cut where lines begin them.
    pub(crate) items: Vec<ByteRange>,
}

impl Unreadable {
    fn ranges(&self) -> Vec<ByteRange> {
        let mut all = [self.strays.as_slice(), &self.items].concat();
        all.sort_unstable();
        all
    }
}

/// The pieces of a text that cannot be read as tokens (a brace or quote is missing, or there is one too many).
pub(crate) fn unreadable_pieces(text: &str) -> Unreadable {
    let mut bad = Unreadable::default();
    cut(text, 0, text.len(), 0, 0, &mut bad);
    bad
}

fn cut(text: &str, start: usize, end: usize, indent: usize, depth: usize, bad: &mut Unreadable) {
    let mut starts = item_lines(text, start, end, indent);
    if starts.first() != Some(&start) {
        starts.insert(0, start);
    }
    starts.push(end);
    let mut at = 0;
    while at + 1 < starts.len() {
        let piece = |to: usize| text.get(starts[at]..starts[to]).unwrap_or("");
        let last = (at + MAX_JOINED).min(starts.len() - 1);
        match (at + 1..=last).find(|&to| lexes(piece(to))) {
            Some(to) => at = to,
            None => {
                inside(text, starts[at], starts[at + 1], depth, bad);
                at += 1;
            }
        }
    }
}

/// An unreadable piece: of a module, implementation or trait only the inner items that are unreadable are bad.
fn inside(text: &str, start: usize, end: usize, depth: usize, bad: &mut Unreadable) {
    let piece = text.get(start..end).unwrap_or("");
    let header = piece.lines().next().unwrap_or("");
    let is_container =
        header.split_whitespace().any(|word| matches!(word, "mod" | "impl" | "trait")) || header.starts_with("impl<");
    let body = header.len() + 1;
    let close = piece.rfind("\n}").map(|at| at + 1);
    if let Some(close) = close
        && is_container
        && header.trim_end().ends_with('{')
        && depth < 4
        && body < close
    {
        let inner = piece.get(body..close).unwrap_or("");
        let indent =
            inner.lines().find(|line| !line.trim().is_empty()).map_or(0, |line| line.len() - line.trim_start().len());
        let mut within = Unreadable::default();
        cut(text, start + body, start + close, indent, depth + 1, &mut within);
        if indent > 0 && lexes(&blank(piece, start, &within.ranges())) {
            bad.strays.extend(within.strays);
            bad.items.extend(within.items);
            return;
        }
    }
    let strays = strays(piece, start);
    if !strays.is_empty() && lexes(&blank(piece, start, &strays)) {
        bad.strays.extend(strays);
    } else {
        bad.items.push((start, end));
    }
}

/// The closing brackets of a piece, which begins at `offset`, that nothing in it opens.
fn strays(piece: &str, offset: usize) -> Vec<ByteRange> {
    let mut depth = 0usize;
    let mut strays = Vec::new();
    for token in Scanner::from(piece, 0) {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) if depth == 0 => strays.push((offset + token.start, offset + token.end)),
            TokenKind::Close(_) => depth -= 1,
            _ => {}
        }
    }
    strays
}

fn lexes(text: &str) -> bool {
    text.parse::<TokenStream>().is_ok()
}

/// Where lines begin with that indentation and a word that begins items, or an attribute.
fn item_lines(text: &str, start: usize, end: usize, indent: usize) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = start;
    let mut in_attributes = false;
    for line in text.get(start..end).unwrap_or("").split_inclusive('\n') {
        let body = line.trim_start_matches([' ', '\t']);
        if line.len() - body.len() == indent && !body.trim().is_empty() {
            let word = body.split(|ch: char| !ch.is_alphanumeric() && ch != '_').next().unwrap_or("");
            let is_attribute = body.starts_with("#[") || body.starts_with("///");
            if (ITEM_WORDS.contains(&word) || is_attribute) && !in_attributes {
                starts.push(at);
            }
            in_attributes = is_attribute;
        }
        at += line.len();
    }
    starts
}

/// `text`, which begins at `offset`, with ranges replaced by spaces: characters and lines stay where they are.
pub(crate) fn blank(text: &str, offset: usize, ranges: &[(usize, usize)]) -> String {
    let mut blanked = String::with_capacity(text.len());
    let mut at = 0;
    for &(start, end) in ranges {
        let (start, end) = (start.saturating_sub(offset).max(at), end.saturating_sub(offset));
        let (Some(kept), Some(gone)) = (text.get(at..start), text.get(start..end)) else { continue };
        blanked.push_str(kept);
        blanked.extend(gone.chars().map(|ch| if ch == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    blanked.push_str(text.get(at..).unwrap_or(""));
    blanked
}
