//! One line per finding and per notice.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Level, Report};

use crate::groups::write_findings;
use crate::names::{notice_kind_name, ratings};
use crate::sources::SourceCache;
use crate::summary::{baseline_line, change_lines, config_line, counted, notice_text, result_line};
use crate::visible::visible_line;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "concise",
    summary: "One line per finding",
    readers: "people and scripts: one line per finding, `path:line:column: level[lint] headline (path of calls) [confidence and impact]`",
    extension: "txt",
    all_figures: false,
    has_provenance: false,
    write,
};

/// Writes `path:line:column: error[lint] headline (GET /users → repo::all → db::open) [confidence: …; impact: …]` for
/// each finding.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let mut each = |finding: &Diagnostic, to: &mut dyn Write| writeln!(to, "{}", line(finding, sources, options));
    write_findings(report, options.width, to, &mut each)?;
    if options.verbosity < 0 {
        return Ok(());
    }
    for notice in &report.notices {
        let text = notice_text(notice, sources);
        writeln!(to, "notice[{}] {text}", notice_kind_name(notice.kind))?;
    }
    if let Some(config) = &report.config {
        writeln!(to, "{}", config_line(config))?;
    }
    for line in change_lines(report).into_iter().chain(baseline_line(report)) {
        writeln!(to, "{line}")?;
    }
    writeln!(to, "{}", result_line(report))
}

/// The line of a finding.
fn line(diagnostic: &Diagnostic, sources: &SourceCache<'_>, options: &EmitOptions) -> String {
    let at = diagnostic.shown_at();
    let place = sources.place(&at.file, Some(at.range));
    let (level, lint) = (level_word(diagnostic.level, options.color), diagnostic.lint.name);
    let headline = visible_line(&diagnostic.headline);
    let chain = chain(diagnostic);
    let chain = if chain.is_empty() { String::new() } else { format!(" ({})", visible_line(&chain)) };
    let ratings = visible_line(&ratings(diagnostic)).into_owned();
    let more = match diagnostic.siblings.len() {
        0 => String::new(),
        more => format!(" (and {})", counted(more, "more place")),
    };
    format!("{place}: {level}[{lint}] {headline}{more}{chain} [{ratings}]")
}

fn level_word(level: Level, color: bool) -> String {
    let (word, style) = match level {
        Level::Error => ("error", "\u{1b}[1;31m"),
        _ => ("warning", "\u{1b}[1;33m"),
    };
    if color { format!("{style}{word}\u{1b}[0m") } else { word.to_owned() }
}

/// The route or entry function, then the functions through which control gets to the finding.
pub(crate) fn chain(diagnostic: &Diagnostic) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let entry = diagnostic.entry.as_ref();
    parts.extend(entry.map(|entry| entry.route.as_deref().unwrap_or(&entry.function)));
    for step in &diagnostic.trace {
        let is_entry = entry.is_some_and(|entry| entry.function == step.function);
        if !is_entry && !step.function.is_empty() && parts.last() != Some(&step.function.as_str()) {
            parts.push(&step.function);
        }
    }
    parts.join(" → ")
}
