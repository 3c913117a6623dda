//! Places as readers of a repository want them: paths from its root, lines and columns from 1.

use connlint_facts::{RelPath, Span};

use crate::EmitOptions;
use crate::sources::{Position, SourceCache, SourceText};
use crate::visible::visible_line;

/// From the first to behind the last character of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Where it begins.
    pub(crate) start: Position,
    /// Where it ends, exclusive.
    pub(crate) end: Position,
}

/// Finds places.
pub(crate) struct Places<'a> {
    pub(crate) sources: &'a SourceCache<'a>,
    pub(crate) options: &'a EmitOptions,
}

impl Places<'_> {
    /// The path from the root of the repository, safe to print.
    pub(crate) fn path(&self, file: &RelPath) -> String {
        visible_line(&self.options.in_repository(file)).into_owned()
    }

    /// The whole range; `None` if the file cannot be read.
    pub(crate) fn region(&self, span: &Span) -> Option<Region> {
        let text = self.sources.get(&span.file)?;
        Some(region(&text, text.clamp(span.range)))
    }

    /// The part of the range on its first line: what is drawn at one line of a change.
    pub(crate) fn first_line(&self, span: &Span) -> Option<Region> {
        let text = self.sources.get(&span.file)?;
        Some(region(&text, text.first_line_of(span.range)))
    }

    /// `path:line`, or the path alone.
    pub(crate) fn line(&self, span: &Span) -> String {
        let path = self.path(&span.file);
        self.first_line(span).map(|at| format!("{path}:{}", at.start.line)).unwrap_or(path)
    }
}

fn region(text: &SourceText, bytes: std::ops::Range<usize>) -> Region {
    Region { start: text.position(bytes.start), end: text.position(bytes.end) }
}
