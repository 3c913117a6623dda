//! Places in SARIF: relative, percent-encoded URIs and one-line regions in UTF-16 columns.

use connlint_facts::{RelPath, Span, TextRange};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_sarif::sarif::{ArtifactContent, ArtifactLocation, Location, Message, PhysicalLocation, Region, Replacement};

use crate::EmitOptions;
use crate::sources::SourceCache;

/// The base of all URIs: the root of the repository.
pub(super) const SRCROOT: &str = "%SRCROOT%";

/// What a URI's path may hold as it is (RFC 3986, unreserved and `/`).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Characters of code that a result carries at most.
const MAX_SNIPPET: usize = 400;

/// Makes SARIF locations.
pub(super) struct Locator<'a> {
    pub(super) sources: &'a SourceCache<'a>,
    pub(super) options: &'a EmitOptions,
}

impl Locator<'_> {
    /// A location with a message and, if it is to be linked, an id.
    pub(super) fn location(&self, span: &Span, message: &str, id: Option<i64>) -> Location {
        let location = Location::builder()
            .physical_location(self.physical(&span.file, Some(span.range)))
            .message(Message::builder().text(message).build());
        match id {
            Some(id) => location.id(id).build(),
            None => location.build(),
        }
    }

    /// A file and the first line of a range in it.
    pub(super) fn physical(&self, file: &RelPath, range: Option<TextRange>) -> PhysicalLocation {
        let physical = PhysicalLocation::builder().artifact_location(self.artifact(file));
        match range {
            Some(range) => physical.region(self.region(file, range)).build(),
            None => physical.build(),
        }
    }

    /// A file.
    pub(super) fn artifact(&self, file: &RelPath) -> ArtifactLocation {
        ArtifactLocation::builder().uri(self.uri(file)).uri_base_id(SRCROOT).build()
    }

    /// A piece of a file, whole, that a text replaces.
    pub(super) fn replacement(&self, span: &Span, text: &str) -> Replacement {
        let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let source = self.sources.get(&span.file);
        let position = |offset: usize| {
            source.as_ref().map_or((1, 1), |source| {
                let at = source.position(offset);
                (number(at.line), number(at.column_utf16))
            })
        };
        let bytes = source.as_ref().map_or(0..0, |source| source.clamp(span.range));
        let ((start_line, start_column), (end_line, end_column)) = (position(bytes.start), position(bytes.end));
        let region = Region::builder()
            .start_line(start_line)
            .start_column(start_column)
            .end_line(end_line)
            .end_column(end_column)
            .build();
        let content = ArtifactContent::builder().text(text).build();
        Replacement::builder().deleted_region(region).inserted_content(content).build()
    }

    /// The part of the range on its first line. GitHub annotates a pull request only where all lines of a result were
    /// changed, so no region spans lines. A file that cannot be read has its first line only.
    fn region(&self, file: &RelPath, range: TextRange) -> Region {
        let (line, start, end) = match self.sources.get(file) {
            Some(text) => {
                let bytes = text.first_line_of(range);
                let (start, end) = (text.position(bytes.start), text.position(bytes.end));
                (start.line, start.column_utf16, end.column_utf16.max(start.column_utf16))
            }
            None => (1, 1, 1),
        };
        let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        Region::builder()
            .start_line(number(line))
            .start_column(number(start))
            .end_line(number(line))
            .end_column(number(end))
            .build()
    }

    fn uri(&self, file: &RelPath) -> String {
        utf8_percent_encode(&self.options.in_repository(file), PATH).to_string()
    }

    /// The location of a result: as [`Self::physical`], with the code of the region.
    pub(super) fn primary(&self, span: &Span) -> Location {
        let mut physical = self.physical(&span.file, Some(span.range));
        if let (Some(text), Some(region)) = (self.sources.get(&span.file), physical.region.as_mut()) {
            let code: String = text.slice(text.first_line_of(span.range)).chars().take(MAX_SNIPPET).collect();
            region.snippet = Some(ArtifactContent::builder().text(code).build());
        }
        Location::builder().physical_location(physical).build()
    }

    /// The hash of the first line of a span, and the column of its start behind the line's indentation.
    pub(super) fn fingerprints(&self, span: &Span) -> Option<(String, usize)> {
        let text = self.sources.get(&span.file)?;
        let start = text.clamp(span.range).start;
        let line = text.line_of(start);
        let content = text.slice(text.line_range(line));
        let indentation = content.len() - content.trim_start().len();
        let column = start.saturating_sub(text.line_range(line).start + indentation);
        Some((text.line_hash(line)?.to_owned(), column))
    }
}
