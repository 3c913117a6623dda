//! The format for people: every finding drawn with its code.

use std::io::{self, Write};

use connlint_diagnostics::{Level, Report, SuppressedAt, SuppressedDiagnostic};
use miette::ReportHandler;

use crate::draw::ChainHandler;
use crate::finding::Finding;
use crate::groups::write_findings;
use crate::prose;
use crate::sources::SourceCache;
use crate::summary::{figures, remarks, timed_result_line, work_line, write_notices};
use crate::visible::visible_line;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "full",
    summary: "For people, with code",
    readers: "people: each finding drawn with its code, from the route down to the opening expression, across files",
    extension: "txt",
    all_figures: false,
    has_provenance: false,
    write,
};

/// Writes the findings, the notices and a summary.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let handler = ChainHandler::new(options.color, options.color && options.links, options.width);
    write_findings(report, options.width, to, &mut |diagnostic, to| {
        let finding = Finding::new(diagnostic, sources);
        writeln!(to, "{}\n", Drawn { handler: &handler, finding: &finding })
    })?;
    if options.verbosity < 0 {
        return Ok(());
    }
    if options.verbosity > 1 {
        for suppressed in &report.suppressed {
            writeln!(to, "{}", suppressed_line(suppressed, sources))?;
        }
    }
    write_notices(report, sources, options, to)?;
    if !report.notices.is_empty() {
        writeln!(to)?;
    }
    write_summary(report, options, to)
}

fn write_summary(report: &Report, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let line = prose::line(&timed_result_line(report), options.width);
    if options.color {
        let style = match (report.total(Level::Error), report.total(Level::Warn)) {
            (0, 0) => "\u{1b}[1;32m",
            (0, _) => "\u{1b}[1;33m",
            _ => "\u{1b}[1;31m",
        };
        writeln!(to, "{style}{line}\u{1b}[0m")?;
    } else {
        writeln!(to, "{line}")?;
    }
    if options.verbosity > 0 {
        for figure in figures(report) {
            writeln!(to, "{}", prose::line(&figure, options.width))?;
        }
    }
    if options.verbosity > 1
        && let Some(work) = work_line(report)
    {
        writeln!(to, "{}", prose::line(&work, options.width))?;
    }
    for remark in remarks(report) {
        writeln!(to, "{}", prose::line(&remark, options.width))?;
    }
    Ok(())
}

/// Which finding was suppressed, where, and why.
fn suppressed_line(suppressed: &SuppressedDiagnostic, sources: &SourceCache<'_>) -> String {
    let (diagnostic, by) = (&suppressed.diagnostic, &suppressed.by);
    let place = sources.place(&diagnostic.primary.file, Some(diagnostic.primary.range));
    let at = match by.at {
        SuppressedAt::Primary => String::new(),
        SuppressedAt::Step(step) => format!(", on step {}", step + 1),
        SuppressedAt::Label(label) => format!(", on label {}", label + 1),
    };
    let by_place = sources.place(&by.span.file, Some(by.span.range));
    let reason = by.reason.as_deref().map(|reason| format!(": {}", visible_line(reason))).unwrap_or_default();
    let headline = visible_line(&diagnostic.headline);
    format!("suppressed[{}]: {place}: {headline} (by {by_place}{at}{reason})", diagnostic.lint.name)
}

/// A finding as the handler draws it: in miette, that is what `debug` of a handler is for.
struct Drawn<'a> {
    handler: &'a ChainHandler,
    finding: &'a Finding,
}

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.handler.debug(self.finding, f)
    }
}
