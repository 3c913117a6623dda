//! All that is known, as JSON. The types here are the format: fields are added, never renamed, within one version.

use std::io::{self, Write};

use connlint_diagnostics::{
    BaselineUsed, ChangedLevel, ConfigUsed, Diagnostic, EntryRef, LintMetadata, Report, ResolvedShare, Stats,
    SuppressedAt, SuppressedDiagnostic,
};
use connlint_facts::{Span, SuppressionForm};
use serde::Serialize;

use crate::json_change::{JsonChange, JsonIntroduced, introduced_at, json_change};
use crate::json_fix::{JsonFix, json_fix};
use crate::json_groups::{JsonGroups, json_groups};
use crate::json_parts::{JsonLocation, JsonNotice, TOOL, Tool, location, notice};
use crate::json_text::write_json;
use crate::names::lint_url;
use crate::sources::SourceCache;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "json",
    summary: "Everything, as JSON",
    readers: "programs: all that is known, versioned. See [the JSON formats](json.md)",
    extension: "json",
    all_figures: true,
    has_provenance: false,
    write,
};

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<JsonFinding<'a>>,
    suppressed: Vec<JsonSuppressed<'a>>,
    hidden_by_confidence: usize,
    hidden_by_impact: usize,
    notices: Vec<JsonNotice<'a>>,
    config: Option<JsonConfig<'a>>,
    baseline: Option<JsonBaseline<'a>>,
    change: Option<JsonChange<'a>>,
    groups: Option<JsonGroups>,
    lints: Vec<JsonLint>,
    stats: JsonStats<'a>,
}

#[derive(Serialize)]
struct JsonConfig<'a> {
    path: &'a str,
    levels: Vec<JsonChangedLevel>,
    overrides: usize,
    hidden_notices: &'a [&'static str],
    models: &'a [String],
}

#[derive(Serialize)]
struct JsonBaseline<'a> {
    path: &'a str,
    accepted: usize,
    stale: usize,
}

#[derive(Serialize)]
struct JsonChangedLevel {
    lint: &'static str,
    default: &'static str,
    level: &'static str,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    lint: &'static str,
    category: &'static str,
    level: &'static str,
    confidence: &'static str,
    confidence_reasons: &'a [String],
    impact: &'static str,
    impact_reasons: &'a [String],
    headline: &'a str,
    location: JsonLocation<'a>,
    label: &'a str,
    entry: Option<JsonEntry<'a>>,
    other_entries: usize,
    other_entry_points: Vec<JsonOtherEntry<'a>>,
    siblings: Vec<JsonLabel<'a>>,
    trace: Vec<JsonStep<'a>>,
    labels: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    help: &'a [String],
    fixes: Vec<JsonFix<'a>>,
    fingerprint: Option<String>,
    identity: &'a str,
    functions: &'a [String],
    introduced: Option<JsonIntroduced<'a>>,
}

#[derive(Serialize)]
struct JsonEntry<'a> {
    kind: &'a str,
    route: Option<&'a str>,
    function: &'a str,
}

#[derive(Serialize)]
struct JsonOtherEntry<'a> {
    #[serde(flatten)]
    entry: JsonEntry<'a>,
    location: JsonLocation<'a>,
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

/// What is known of a lint.
#[derive(Serialize)]
pub struct JsonLint {
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
struct JsonStats<'a> {
    files: usize,
    lines: u64,
    crates: usize,
    functions: usize,
    calls_resolved: usize,
    calls_total: usize,
    resolution: Vec<JsonResolution<'a>>,
    unresolved_on_recurring_paths: Vec<JsonUnresolved>,
    entry_points: usize,
}

#[derive(Serialize)]
struct JsonResolution<'a> {
    #[serde(rename = "crate")]
    krate: &'a str,
    functions: JsonShare,
    methods: JsonShare,
}

#[derive(Serialize)]
struct JsonShare {
    resolved: usize,
    total: usize,
}

#[derive(Serialize)]
struct JsonUnresolved {
    cause: &'static str,
    calls: usize,
}

/// Writes the report as one JSON document.
fn write(report: &Report, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let edge = Edge { sources };
    let document = JsonReport {
        version: FORMAT_VERSION,
        tool: TOOL,
        findings: report.findings.iter().map(|finding| edge.finding(finding)).collect(),
        suppressed: report.suppressed.iter().map(|suppressed| edge.suppressed(suppressed)).collect(),
        hidden_by_confidence: report.hidden_by_confidence,
        hidden_by_impact: report.hidden_by_impact,
        notices: report.notices.iter().map(|n| notice(sources, n)).collect(),
        config: report.config.as_ref().map(json_config),
        baseline: report.baseline.as_ref().map(json_baseline),
        change: report.change.as_ref().map(json_change),
        groups: report.grouping.map(|grouping| json_groups(report, grouping.by)),
        lints: report.lints.iter().map(|lint| json_lint(lint)).collect(),
        stats: json_stats(&report.stats),
    };
    write_json(to, &document)
}

struct Edge<'s> {
    sources: &'s SourceCache<'s>,
}

impl Edge<'_> {
    fn finding<'a>(&self, diagnostic: &'a Diagnostic) -> JsonFinding<'a> {
        let step = |step: &'a connlint_diagnostics::TraceStep| JsonStep {
            location: location(self.sources, &step.span),
            text: &step.text,
            function: &step.function,
        };
        let label = |label: &'a connlint_diagnostics::Label| JsonLabel {
            location: location(self.sources, &label.span),
            text: &label.text,
        };
        let other = |other: &'a connlint_diagnostics::OtherEntry| JsonOtherEntry {
            entry: json_entry(&other.entry),
            location: location(self.sources, &other.span),
        };
        JsonFinding {
            lint: diagnostic.lint.name,
            category: diagnostic.lint.category.name(),
            level: diagnostic.level.name(),
            confidence: diagnostic.confidence.degree.name(),
            confidence_reasons: &diagnostic.confidence.reasons,
            impact: diagnostic.impact.degree.name(),
            impact_reasons: &diagnostic.impact.reasons,
            headline: &diagnostic.headline,
            location: location(self.sources, &diagnostic.primary),
            label: &diagnostic.primary_label,
            entry: diagnostic.entry.as_ref().map(json_entry),
            other_entries: diagnostic.other_entries.len(),
            other_entry_points: diagnostic.other_entries.iter().map(other).collect(),
            siblings: diagnostic.siblings.iter().map(label).collect(),
            trace: diagnostic.trace.iter().map(step).collect(),
            labels: diagnostic.labels.iter().map(label).collect(),
            notes: &diagnostic.notes,
            help: &diagnostic.help,
            fixes: diagnostic.fixes.iter().map(|fix| json_fix(self.sources, fix)).collect(),
            fingerprint: self.fingerprint(&diagnostic.primary),
            identity: &diagnostic.identity.id,
            functions: &diagnostic.identity.functions,
            introduced: diagnostic.introduced.as_ref().map(|introduced| introduced_at(self.sources, introduced)),
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
        let location = location(self.sources, &suppressed.by.span);
        let reason = suppressed.by.reason.as_deref();
        let suppression = JsonSuppression { location, form, reason, at, index };
        JsonSuppressed { finding: self.finding(&suppressed.diagnostic), suppression }
    }

    /// The hash of the primary line that SARIF carries too.
    fn fingerprint(&self, primary: &Span) -> Option<String> {
        let text = self.sources.get(&primary.file)?;
        let line = text.line_of(text.clamp(primary.range).start);
        text.line_hash(line).map(str::to_owned)
    }
}

fn json_entry(entry: &EntryRef) -> JsonEntry<'_> {
    JsonEntry { kind: &entry.kind, route: entry.route.as_deref(), function: &entry.function }
}

fn json_config(config: &ConfigUsed) -> JsonConfig<'_> {
    let level = |changed: &ChangedLevel| JsonChangedLevel {
        lint: changed.lint,
        default: changed.from.name(),
        level: changed.to.name(),
    };
    JsonConfig {
        path: &config.path,
        levels: config.levels.iter().map(level).collect(),
        overrides: config.overrides,
        hidden_notices: &config.hidden_notices,
        models: &config.models,
    }
}

fn json_baseline(baseline: &BaselineUsed) -> JsonBaseline<'_> {
    JsonBaseline { path: &baseline.path, accepted: baseline.accepted, stale: baseline.stale }
}

/// A lint as the reports have it.
pub fn json_lint(lint: &LintMetadata) -> JsonLint {
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

fn json_stats(stats: &Stats) -> JsonStats<'_> {
    let (functions, methods) = stats.resolved();
    let all = functions + methods;
    let share = |share: ResolvedShare| JsonShare { resolved: share.resolved, total: share.total };
    let resolution = stats.resolution.iter().map(|krate| JsonResolution {
        krate: &krate.krate,
        functions: share(krate.functions),
        methods: share(krate.methods),
    });
    let unresolved = stats.unresolved_on_recurring_paths.iter();
    JsonStats {
        files: stats.files,
        lines: stats.lines,
        crates: stats.crates,
        functions: stats.functions,
        calls_resolved: all.resolved,
        calls_total: all.total,
        resolution: resolution.collect(),
        unresolved_on_recurring_paths: unresolved.map(|u| JsonUnresolved { cause: u.cause, calls: u.calls }).collect(),
        entry_points: stats.entry_points,
    }
}
