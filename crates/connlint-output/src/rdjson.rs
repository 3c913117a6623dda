//! Reviewdog's diagnostic format, rdjson.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Level, Report};
use connlint_facts::Span;
use serde::Serialize;

use crate::json_text::write_json;
use crate::names::{REPOSITORY, lint_url};
use crate::place::{Places, Region};
use crate::remark::{Remark, remarks_of};
use crate::sources::{Position, SourceCache};
use crate::suggestion::suggestions;
use crate::visible::visible_line;
use crate::wording::{further_places, paragraphs, path};
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "rdjson",
    summary: "Reviewdog's JSON",
    readers: "[reviewdog](https://github.com/reviewdog/reviewdog), `-f=rdjson`: with the places of the path as related locations",
    extension: "json",
    all_figures: false,
    has_provenance: false,
    write,
};

#[derive(Serialize)]
struct Result {
    source: Source,
    severity: &'static str,
    diagnostics: Vec<Item>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Item {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggested>,
}

#[derive(Serialize)]
struct Suggested {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: Location,
}

/// A path that is empty is one of no file. Reviewdog wants the location itself always.
#[derive(Default, Serialize)]
struct Location {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: At,
    end: At,
}

/// Columns count bytes of UTF-8.
#[derive(Serialize)]
struct At {
    line: usize,
    column: usize,
}

/// Writes one document; notices are of the severity `INFO`.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let findings = report.findings.iter().map(|finding| item(finding, &places));
    let remarks = remarks_of(report).into_iter().map(|remark| remark_item(remark, &places));
    let severity = if report.count(Level::Error) > 0 { "ERROR" } else { "WARNING" };
    let source = Source { name: "connlint", url: REPOSITORY };
    let result = Result { source, severity, diagnostics: findings.chain(remarks).collect() };
    write_json(to, &result)
}

fn item(finding: &Diagnostic, places: &Places<'_>) -> Item {
    let steps = path(finding);
    let labels = further_places(finding).map(|label| (&label.span, &label.text));
    let related = |(span, text): (&Span, &String)| Related {
        message: visible_line(text).into_owned(),
        location: location(span, places),
    };
    Item {
        message: paragraphs(finding).join("\n"),
        location: location(finding.shown_at(), places),
        severity: if finding.level == Level::Error { "ERROR" } else { "WARNING" },
        code: Code { value: finding.lint.name, url: Some(lint_url(finding.lint.name)) },
        related_locations: steps.chain(labels).map(related).collect(),
        suggestions: suggested(finding, places),
    }
}

/// The fixes in the file of the finding: a suggestion names no file.
fn suggested(finding: &Diagnostic, places: &Places<'_>) -> Vec<Suggested> {
    let here = suggestions(finding, places).into_iter().filter(|found| *found.file == finding.shown_at().file);
    here.map(|found| Suggested { range: range(&found.region), text: found.text }).collect()
}

fn remark_item(remark: Remark, places: &Places<'_>) -> Item {
    Item {
        message: remark.text,
        location: remark.span.map(|span| location(&span, places)).unwrap_or_default(),
        severity: "INFO",
        code: Code { value: remark.kind, url: None },
        related_locations: Vec::new(),
        suggestions: Vec::new(),
    }
}

fn location(span: &Span, places: &Places<'_>) -> Location {
    let range = places.region(span).map(|region| range(&region));
    Location { path: places.path(&span.file), range }
}

fn range(region: &Region) -> Range {
    let at = |position: Position| At { line: position.line, column: position.column_utf8 };
    Range { start: at(region.start), end: at(region.end) }
}
