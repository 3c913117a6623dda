//! One line per finding with its help, for coding agents: no drawing, nothing to look up elsewhere.

use std::io::{self, Write};

use connlint_diagnostics::Report;

use crate::remark::remarks_of;
use crate::sources::SourceCache;
use crate::summary::result_line;
use crate::visible::visible_line;
use crate::wording::{further_places, level_name, paragraphs, path};
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "agent",
    summary: "One line per finding with its places and its help, for coding agents",
    readers: "coding agents: one line per finding with the places of its path, its notes and its help",
    extension: "txt",
    all_figures: false,
    has_provenance: false,
    write,
};

/// Writes `path:line:column: error lint: headline (path). Path: … . help: …` for each finding.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    for diagnostic in &report.findings {
        let place = sources.place(&diagnostic.shown_at().file, Some(diagnostic.shown_at().range));
        let steps = path(diagnostic);
        let labels = further_places(diagnostic).map(|label| (&label.span, &label.text));
        let places: Vec<String> = steps
            .chain(labels)
            .map(|(span, text)| format!("{} {}", sources.place(&span.file, Some(span.range)), visible_line(text)))
            .collect();
        let mut sentences = paragraphs(diagnostic);
        if !places.is_empty() {
            sentences.insert(1, format!("see: {}", places.join("; ")));
        }
        let (level, lint) = (level_name(diagnostic.level), diagnostic.lint.name);
        writeln!(to, "{place}: {level} {lint}: {}.", sentences.join(". "))?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    for remark in remarks_of(report) {
        let place = remark.span.map(|span| sources.place(&span.file, (span.range.end > 0).then_some(span.range)));
        let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
        writeln!(to, "{place}notice {}: {}", remark.kind, remark.text)?;
    }
    writeln!(to, "{}", result_line(report))
}
