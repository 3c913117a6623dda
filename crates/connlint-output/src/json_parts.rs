//! What the JSON documents share.

use connlint_facts::{Notice, Span};
use serde::Serialize;

use crate::names::{VERSION, notice_kind_name};
use crate::sources::SourceCache;

/// Who wrote a document.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tool {
    name: &'static str,
    version: &'static str,
}

/// This tool.
pub const TOOL: Tool = Tool { name: "connlint", version: VERSION };

/// Lines and columns count from 1, columns in characters; the end is exclusive. Bytes count from 0. All but the path are
/// absent if the file could not be read again.
#[derive(Serialize)]
pub(crate) struct JsonLocation<'a> {
    path: &'a str,
    #[serde(flatten)]
    range: Option<JsonRange>,
    byte_start: u32,
    byte_end: u32,
}

#[derive(Serialize)]
struct JsonRange {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
pub(crate) struct JsonNotice<'a> {
    kind: &'static str,
    location: Option<JsonNoticeLocation<'a>>,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonNoticeLocation<'a> {
    path: &'a str,
    #[serde(flatten)]
    range: Option<JsonRange>,
}

pub(crate) fn location<'a>(sources: &SourceCache<'_>, span: &'a Span) -> JsonLocation<'a> {
    let (byte_start, byte_end) = (span.range.start, span.range.end);
    JsonLocation { path: span.file.as_str(), range: range(sources, span), byte_start, byte_end }
}

pub(crate) fn notice<'a>(sources: &SourceCache<'_>, notice: &'a Notice) -> JsonNotice<'a> {
    let location = notice.path.as_ref().map(|path| JsonNoticeLocation {
        path: path.as_str(),
        range: notice.range.and_then(|at| range(sources, &Span { file: path.clone(), range: at })),
    });
    JsonNotice { kind: notice_kind_name(notice.kind), location, message: &notice.message }
}

fn range(sources: &SourceCache<'_>, span: &Span) -> Option<JsonRange> {
    let text = sources.get(&span.file)?;
    let bytes = text.clamp(span.range);
    let (start, end) = (text.position(bytes.start), text.position(bytes.end));
    Some(JsonRange { line: start.line, column: start.column, end_line: end.line, end_column: end.column })
}
