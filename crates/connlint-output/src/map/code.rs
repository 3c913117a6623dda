//! Excerpts of the code that a map points at.

use connlint_facts::{RelPath, Span};
use serde::Serialize;

use crate::sources::{SourceCache, SourceText};

/// Longer parts of lines are cut.
const LONGEST: usize = 200;

/// A place with its code. Lines and columns count from 1, columns in characters; without a line, the file could not be
/// read again.
#[derive(Serialize)]
pub(super) struct JsonPlace<'a> {
    path: &'a str,
    #[serde(flatten)]
    at: Option<JsonExcerpt>,
}

#[derive(Serialize)]
struct JsonExcerpt {
    line: usize,
    column: usize,
    /// Lines before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    /// The line: before the expression, the expression, behind it.
    code: [String; 3],
    /// Lines after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
}

/// The place with so many lines around its first.
pub(super) fn place<'a>(sources: &SourceCache<'_>, span: &'a Span, around: usize) -> JsonPlace<'a> {
    let at = sources.get(&span.file).map(|text| excerpt(&text, span, around));
    JsonPlace { path: span.file.as_str(), at }
}

fn excerpt(text: &SourceText, span: &Span, around: usize) -> JsonExcerpt {
    let marked = text.first_line_of(span.range);
    let line = text.line_of(marked.start);
    let whole = text.line_range(line);
    let at = text.position(marked.start);
    let lines = |from: usize, to: usize| (from..to).map(|n| cut(text.slice(text.line_range(n)))).collect::<Vec<_>>();
    // Lines that are not there lie at the end of the text, and are empty.
    let mut after = lines(line + 1, line + 1 + around);
    while after.last().is_some_and(|line| line.trim().is_empty()) {
        after.pop();
    }
    JsonExcerpt {
        line: at.line,
        column: at.column,
        before: lines(line.saturating_sub(around), line),
        code: [
            cut(text.slice(whole.start..marked.start)),
            cut(text.slice(marked.start..marked.end.min(whole.end))),
            cut(text.slice(marked.end.min(whole.end)..whole.end)),
        ],
        after,
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}

/// `path:line`, safe to print.
pub(super) fn line(sources: &SourceCache<'_>, span: &Span) -> String {
    let path: &RelPath = &span.file;
    let path = crate::visible::visible_line(path.as_str()).into_owned();
    match sources.start(span) {
        Some(at) => format!("{path}:{}", at.line),
        None => path,
    }
}
