//! What `cargo check --message-format=json` writes: editors read it through rust-analyzer, and rustfix does too.
//!
//! The types follow rustc's and cargo's documentation of these messages. A finding is one diagnostic with all places of
//! its path as labelled spans, which rust-analyzer shows as related information; its fixes are children with suggested
//! replacements.

use std::io::{self, Write};

use connlint_diagnostics::{Applicability, Diagnostic, Fix, Level, Report, Target};
use connlint_facts::{RelPath, Span};
use miette::ReportHandler;
use serde::Serialize;

use crate::draw::ChainHandler;
use crate::finding::{Finding, others};
use crate::names::{lint_url, ratings};
use crate::remark::{Remark, remarks_of};
use crate::sources::SourceCache;
use crate::visible::visible;
use crate::wording::level_name;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "cargo",
    summary: "The messages of `cargo check --message-format=json`, for editors",
    readers: "[editors](editors.md), through rust-analyzer: the messages of `cargo check --message-format=json`",
    extension: "json",
    all_figures: false,
    has_provenance: false,
    write,
};

#[derive(Serialize)]
struct CompilerMessage<'a> {
    reason: &'static str,
    package_id: String,
    manifest_path: String,
    target: JsonTarget<'a>,
    message: Message,
}

#[derive(Serialize)]
struct Artifact<'a> {
    reason: &'static str,
    package_id: String,
    manifest_path: String,
    target: JsonTarget<'a>,
    profile: Profile,
    features: [&'static str; 0],
    filenames: [&'static str; 0],
    executable: Option<&'static str>,
    fresh: bool,
}

/// cargo's `dev` profile: readers want one, and none is used.
#[derive(Serialize)]
struct Profile {
    opt_level: &'static str,
    debuginfo: u8,
    debug_assertions: bool,
    overflow_checks: bool,
    test: bool,
}

#[derive(Serialize)]
struct JsonTarget<'a> {
    kind: [&'a str; 1],
    crate_types: [&'a str; 1],
    name: &'a str,
    src_path: String,
    edition: String,
    doc: bool,
    doctest: bool,
    test: bool,
}

#[derive(Serialize)]
struct Finished {
    reason: &'static str,
    success: bool,
}

/// rustc's diagnostic.
#[derive(Default, Serialize)]
struct Message {
    #[serde(rename = "$message_type")]
    message_type: &'static str,
    message: String,
    code: Option<Code>,
    level: &'static str,
    spans: Vec<JsonSpan>,
    children: Vec<Message>,
    rendered: Option<String>,
}

#[derive(Serialize)]
struct Code {
    code: String,
    explanation: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct JsonSpan {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    text: Vec<Line>,
    label: Option<String>,
    suggested_replacement: Option<String>,
    suggestion_applicability: Option<&'static str>,
    expansion: Option<()>,
}

#[derive(Serialize)]
struct Line {
    text: String,
    highlight_start: usize,
    highlight_end: usize,
}

fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let edge = Edge { report, sources, options };
    let mut line = |value: &dyn erased::Json| -> io::Result<()> {
        value.write(to)?;
        writeln!(to)
    };
    for finding in &report.findings {
        line(&edge.compiler_message(&finding.primary.file, edge.finding(finding)))?;
    }
    if options.verbosity >= 0 {
        for remark in remarks_of(report) {
            let file = remark.span.as_ref().map(|span| span.file.clone()).unwrap_or_default();
            line(&edge.compiler_message(&file, edge.remark(&remark)))?;
        }
    }
    // A package without a message is distinguished from one that was not checked.
    for target in &report.targets {
        line(&edge.artifact(target))?;
    }
    let success = report.total(Level::Error) == 0 && !options.failed_before;
    line(&Finished { reason: "build-finished", success })
}

/// Values that are written as one line of JSON.
mod erased {
    use std::io::{self, Write};

    pub(super) trait Json {
        fn write(&self, to: &mut dyn Write) -> io::Result<()>;
    }

    impl<T: serde::Serialize> Json for T {
        fn write(&self, to: &mut dyn Write) -> io::Result<()> {
            serde_json::to_writer(to, self).map_err(io::Error::from)
        }
    }
}

struct Edge<'a> {
    report: &'a Report,
    sources: &'a SourceCache<'a>,
    options: &'a EmitOptions,
}

impl<'a> Edge<'a> {
    fn compiler_message(&self, file: &RelPath, message: Message) -> CompilerMessage<'a> {
        let holds = |target: &&Target| target.files.contains(file);
        let target = self.report.targets.iter().find(holds).or_else(|| self.report.targets.first());
        CompilerMessage {
            reason: "compiler-message",
            package_id: target.map_or_else(|| self.no_package(), |target| self.package_id(target)),
            manifest_path: target.map_or_else(|| self.absolute("Cargo.toml"), |target| self.manifest_path(target)),
            target: self.target(target),
            message,
        }
    }

    fn artifact(&self, target: &'a Target) -> Artifact<'a> {
        Artifact {
            reason: "compiler-artifact",
            package_id: self.package_id(target),
            manifest_path: self.manifest_path(target),
            target: self.target(Some(target)),
            profile: Profile {
                opt_level: "0",
                debuginfo: 0,
                debug_assertions: true,
                overflow_checks: true,
                test: false,
            },
            features: [],
            filenames: [],
            executable: None,
            fresh: false,
        }
    }

    fn target(&self, target: Option<&'a Target>) -> JsonTarget<'a> {
        let kind = target.map_or("lib", |target| target.kind);
        JsonTarget {
            kind: [kind],
            crate_types: [if kind == "lib" { "lib" } else { "bin" }],
            name: target.map_or("none", |target| &target.name),
            src_path: self.absolute(target.map_or("lib.rs", |target| target.source.as_str())),
            edition: target.map_or(2021, |target| target.edition).to_string(),
            doc: true,
            doctest: kind == "lib",
            test: true,
        }
    }

    /// Cargo's package id specification: the folder's name is left out where it is the package's.
    fn package_id(&self, target: &Target) -> String {
        let folder = self.absolute(target.folder.as_str());
        let name = folder.rsplit('/').next().unwrap_or_default();
        let version = target.version.as_deref().unwrap_or("0.0.0");
        let at = if name == target.package { String::new() } else { format!("{}@", target.package) };
        format!("path+file://{folder}#{at}{version}")
    }

    fn no_package(&self) -> String {
        format!("path+file://{}#none@0.0.0", self.absolute(""))
    }

    fn manifest_path(&self, target: &Target) -> String {
        let folder = target.folder.as_str();
        self.absolute(&if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") })
    }

    fn absolute(&self, path: &str) -> String {
        let root = self.options.root.trim_end_matches('/');
        match (root.is_empty(), path.is_empty()) {
            (true, _) => path.to_owned(),
            (false, true) => root.to_owned(),
            (false, false) => format!("{root}/{path}"),
        }
    }

    fn finding(&self, finding: &Diagnostic) -> Message {
        let mut spans = vec![JsonSpan { is_primary: true, ..self.span(&finding.primary, &finding.primary_label) }];
        let steps = finding.trace.iter().filter(|step| step.span != finding.primary);
        spans.extend(steps.enumerate().map(|(i, step)| self.span(&step.span, &format!("{}. {}", i + 1, step.text))));
        let labels = finding.labels.iter().chain(&finding.siblings);
        spans.extend(labels.map(|label| self.span(&label.span, &label.text)));
        let mut children: Vec<Message> = finding.notes.iter().map(|note| child("note", note)).collect();
        children.extend(others(finding).map(|others| child("note", &others)));
        children.push(child("note", &ratings(finding)));
        children.extend(finding.help.iter().map(|help| child("help", help)));
        children.extend(finding.fixes.iter().map(|fix| self.fix(fix, &finding.primary)));
        children.push(child("help", &format!("for further information visit {}", lint_url(finding.lint.name))));
        let handler = ChainHandler::new(false, false, self.options.width);
        let drawn = Finding::new(finding, self.sources);
        Message {
            code: Some(Code { code: format!("connlint::{}", finding.lint.name), explanation: None }),
            spans,
            children,
            rendered: Some(format!("{}\n", Drawn(&handler, &drawn))),
            ..child(level_name(finding.level), &finding.headline)
        }
    }

    fn remark(&self, remark: &Remark) -> Message {
        let place = remark.span.as_ref().map(|span| JsonSpan { is_primary: true, ..self.span(span, "") });
        Message {
            code: Some(Code { code: format!("connlint::{}", remark.kind), explanation: None }),
            spans: place.into_iter().collect(),
            rendered: Some(format!("{}: {}\n", remark.level, remark.text)),
            ..child(remark.level, &remark.text)
        }
    }

    /// A fix of what is found at `place`.
    fn fix(&self, fix: &Fix, place: &Span) -> Message {
        let applicability = match fix.applicability {
            Applicability::Certain => "MachineApplicable",
            Applicability::Likely => "MaybeIncorrect",
        };
        let edit = |edit: &connlint_diagnostics::FixEdit| JsonSpan {
            is_primary: true,
            suggested_replacement: Some(edit.text.clone()),
            suggestion_applicability: Some(applicability),
            label: None,
            ..self.span(&edit.span, "")
        };
        // rust-analyzer offers a fix at the spans of its message, and an edit may lie elsewhere than the finding.
        let anchor = JsonSpan { is_primary: true, ..self.span(place, "") };
        let spans = fix.edits.iter().map(edit).chain([anchor]).collect();
        Message { spans, ..child("help", &fix.message) }
    }

    fn span(&self, span: &Span, label: &str) -> JsonSpan {
        let file_name = self.absolute(span.file.as_str());
        let label = (!label.is_empty()).then(|| visible(label).into_owned());
        let Some(text) = self.sources.get(&span.file) else {
            let (line_start, line_end, column_start, column_end) = (1, 1, 1, 1);
            return JsonSpan {
                file_name,
                line_start,
                line_end,
                column_start,
                column_end,
                label,
                ..JsonSpan::default()
            };
        };
        let range = text.clamp(span.range);
        let (start, end) = (text.position(range.start), text.position(range.end));
        let lines = (start.line..=end.line).map(|line| {
            let range = text.line_range(line - 1);
            let content = text.slice(range.clone()).to_owned();
            let last = content.chars().count() + 1;
            Line {
                highlight_start: if line == start.line { start.column } else { 1 },
                highlight_end: if line == end.line { end.column } else { last },
                text: content,
            }
        });
        JsonSpan {
            file_name,
            byte_start: range.start,
            byte_end: range.end,
            line_start: start.line,
            line_end: end.line,
            column_start: start.column,
            column_end: end.column,
            text: lines.collect(),
            label,
            ..JsonSpan::default()
        }
    }
}

fn child(level: &'static str, message: &str) -> Message {
    Message { message_type: "diagnostic", message: visible(message).into_owned(), level, ..Message::default() }
}

struct Drawn<'a>(&'a ChainHandler, &'a Finding);

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.debug(self.1, f)
    }
}
