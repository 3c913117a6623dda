//! All that is known, as JSON. The types here are the format: fields are added, never renamed, within one version.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, LintMetadata, Report, Stats, SuppressedAt, SuppressedDiagnostic};
use connlint_facts::{Notice, Span, SuppressionForm};
use serde::Serialize;

use crate::names::{VERSION, lint_url, notice_kind_name};
use crate::sources::SourceCache;

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<JsonFinding<'a>>,
    suppressed: Vec<JsonSuppressed<'a>>,
    hidden_by_confidence: usize,
    notices: Vec<JsonNotice<'a>>,
    lints: Vec<JsonLint>,
    stats: JsonStats,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    lint: &'static str,
    category: &'static str,
    level: &'static str,
    confidence: &'static str,
    headline: &'a str,
    location: JsonLocation<'a>,
    label: &'a str,
    entry: Option<JsonEntry<'a>>,
    other_entries: usize,
    trace: Vec<JsonStep<'a>>,
    labels: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    help: &'a [String],
    fingerprint: Option<String>,
}

/// Lines and columns count from 1, columns in characters; the end is exclusive. Bytes count from 0. All but the path are
/// absent if the file could not be read again.
#[derive(Serialize)]
struct JsonLocation<'a> {
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
struct JsonEntry<'a> {
    kind: &'a str,
    route: Option<&'a str>,
    function: &'a str,
}

#[derive(Serialize)]
struct JsonStep<'a> {
    location: JsonLocation<'a>,
    text: &'a str,
    function: &'a str,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    location: JsonLocation<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonSuppressed<'a> {
    finding: JsonFinding<'a>,
    suppression: JsonSuppression<'a>,
}

#[derive(Serialize)]
struct JsonSuppression<'a> {
    location: JsonLocation<'a>,
    form: &'static str,
    reason: Option<&'a str>,
    /// `primary`, `trace` or `labels`.
    at: &'static str,
    /// The index in `trace` or `labels`.
    index: Option<usize>,
}

#[derive(Serialize)]
struct JsonNotice<'a> {
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

#[derive(Serialize)]
struct JsonLint {
    name: &'static str,
    summary: &'static str,
    category: &'static str,
    level: &'static str,
    since: &'static str,
    not_a_defect_when: Vec<String>,
    known_limits: Vec<String>,
    url: String,
}

#[derive(Serialize)]
struct JsonStats {
    files: usize,
    lines: u64,
    crates: usize,
    functions: usize,
    calls_resolved: usize,
    calls_total: usize,
    entry_points: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_seconds: Option<f64>,
}

/// Writes the report as one JSON document.
pub(crate) fn write(report: &Report, sources: &SourceCache<'_>, to: &mut dyn Write) -> io::Result<()> {
    let edge = Edge { sources };
    let document = JsonReport {
        version: FORMAT_VERSION,
        tool: Tool { name: "connlint", version: VERSION },
        findings: report.findings.iter().map(|finding| edge.finding(finding)).collect(),
        suppressed: report.suppressed.iter().map(|suppressed| edge.suppressed(suppressed)).collect(),
        hidden_by_confidence: report.hidden_by_confidence,
        notices: report.notices.iter().map(|notice| edge.notice(notice)).collect(),
        lints: report.lints.iter().map(|lint| json_lint(lint)).collect(),
        stats: json_stats(&report.stats),
    };
    serde_json::to_writer_pretty(&mut *to, &document).map_err(io::Error::from)?;
    writeln!(to)
}

struct Edge<'s> {
    sources: &'s SourceCache<'s>,
}

impl Edge<'_> {
    fn finding<'a>(&self, diagnostic: &'a Diagnostic) -> JsonFinding<'a> {
        let step = |step: &'a connlint_diagnostics::TraceStep| JsonStep {
            location: self.location(&step.span),
            text: &step.text,
            function: &step.function,
        };
        let label = |label: &'a connlint_diagnostics::Label| JsonLabel {
            location: self.location(&label.span),
            text: &label.text,
        };
        JsonFinding {
            lint: diagnostic.lint.name,
            category: diagnostic.lint.category.name(),
            level: diagnostic.level.name(),
            confidence: diagnostic.confidence.name(),
            headline: &diagnostic.headline,
            location: self.location(&diagnostic.primary),
            label: &diagnostic.primary_label,
            entry: diagnostic.entry.as_ref().map(|entry| JsonEntry {
                kind: &entry.kind,
                route: entry.route.as_deref(),
                function: &entry.function,
            }),
            other_entries: diagnostic.other_entries,
            trace: diagnostic.trace.iter().map(step).collect(),
            labels: diagnostic.labels.iter().map(label).collect(),
            notes: &diagnostic.notes,
            help: &diagnostic.help,
            fingerprint: self.fingerprint(&diagnostic.primary),
        }
    }

    fn suppressed<'a>(&self, suppressed: &'a SuppressedDiagnostic) -> JsonSuppressed<'a> {
        let (at, index) = match suppressed.by.at {
            SuppressedAt::Primary => ("primary", None),
            SuppressedAt::Step(step) => ("trace", Some(step)),
            SuppressedAt::Label(label) => ("labels", Some(label)),
        };
        let form = match suppressed.by.form {
            SuppressionForm::Comment => "comment",
            SuppressionForm::Attribute => "attribute",
        };
        let location = self.location(&suppressed.by.span);
        let reason = suppressed.by.reason.as_deref();
        let suppression = JsonSuppression { location, form, reason, at, index };
        JsonSuppressed { finding: self.finding(&suppressed.diagnostic), suppression }
    }

    fn notice<'a>(&self, notice: &'a Notice) -> JsonNotice<'a> {
        let location = notice.path.as_ref().map(|path| JsonNoticeLocation {
            path: path.as_str(),
            range: notice.range.and_then(|range| self.range(&Span { file: path.clone(), range })),
        });
        JsonNotice { kind: notice_kind_name(notice.kind), location, message: &notice.message }
    }

    fn location<'a>(&self, span: &'a Span) -> JsonLocation<'a> {
        let (byte_start, byte_end) = (span.range.start, span.range.end);
        JsonLocation { path: span.file.as_str(), range: self.range(span), byte_start, byte_end }
    }

    fn range(&self, span: &Span) -> Option<JsonRange> {
        let text = self.sources.get(&span.file)?;
        let bytes = text.clamp(span.range);
        let (start, end) = (text.position(bytes.start), text.position(bytes.end));
        Some(JsonRange { line: start.line, column: start.column, end_line: end.line, end_column: end.column })
    }

    /// The hash of the primary line that SARIF carries too.
    fn fingerprint(&self, primary: &Span) -> Option<String> {
        let text = self.sources.get(&primary.file)?;
        let line = text.line_of(text.clamp(primary.range).start);
        text.line_hash(line).map(str::to_owned)
    }
}

fn json_lint(lint: &LintMetadata) -> JsonLint {
    JsonLint {
        name: lint.name,
        summary: lint.summary,
        category: lint.category.name(),
        level: lint.level.name(),
        since: lint.since,
        not_a_defect_when: lint.points("Not a defect when"),
        known_limits: lint.points("Known limits"),
        url: lint_url(lint.name),
    }
}

fn json_stats(stats: &Stats) -> JsonStats {
    JsonStats {
        files: stats.files,
        lines: stats.lines,
        crates: stats.crates,
        functions: stats.functions,
        calls_resolved: stats.calls_resolved,
        calls_total: stats.calls_total,
        entry_points: stats.entry_points,
        elapsed_seconds: stats.elapsed.map(|elapsed| elapsed.as_secs_f64()),
    }
}
