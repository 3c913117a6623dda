//! Workflow commands of GitHub Actions: annotations of the lines of a change.

use std::fmt::Write as _;
use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Level, Report};

use crate::place::Places;
use crate::remark::{Remark, remarks_of};
use crate::sources::SourceCache;
use crate::summary::{counted, result_line};
use crate::wording::{one_line, paragraphs};
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "github",
    summary: "Annotations of GitHub Actions",
    readers: "GitHub Actions: annotations, the first 10 of each level as GitHub shows no more, and all others in the log",
    extension: "txt",
    all_figures: false,
    has_provenance: false,
    write,
};

/// GitHub shows no more annotations of one level of one step.
const SHOWN: usize = 10;

/// Writes the annotations, then what cannot be annotated as a group of the log.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let (mut annotated, mut rest) = (Vec::new(), Vec::new());
    for level in [Level::Error, Level::Warn] {
        let of_level = report.findings.iter().filter(|finding| finding.level == level);
        for (index, finding) in of_level.enumerate() {
            if index < SHOWN { annotated.push(finding) } else { rest.push(one_line(finding, sources)) }
        }
    }
    for finding in annotated {
        writeln!(to, "{}", annotation(finding, &places))?;
    }
    group(&format!("{} not annotated: GitHub shows {SHOWN} of a level", counted(rest.len(), "finding")), &rest, to)?;
    if options.verbosity < 0 {
        return Ok(());
    }
    let remarks = remarks_of(report);
    let incomplete: Vec<&Remark> = remarks.iter().filter(|remark| remark.level != "note").collect();
    if let Some(first) = incomplete.first() {
        let more = incomplete.len() - 1;
        let more = if more == 0 { String::new() } else { format!("\nand {} in the log", counted(more, "more notice")) };
        writeln!(to, "::notice title=connlint {}::{}", property(first.kind), data(&format!("{}{more}", first.text)))?;
    }
    let lines: Vec<String> = remarks.iter().map(|remark| remark_line(remark, sources)).collect();
    group(&counted(lines.len(), "notice"), &lines, to)?;
    writeln!(to, "{}", plain(&result_line(report)))
}

/// `::error title=…,file=…,line=…,endLine=…,col=…,endColumn=…::message`.
fn annotation(finding: &Diagnostic, places: &Places<'_>) -> String {
    let command = if finding.level == Level::Error { "error" } else { "warning" };
    let file = property(&places.path(&finding.shown_at().file));
    let mut line = format!("::{command} title={},file={file}", property(&format!("connlint: {}", finding.lint.name)));
    if let Some(at) = places.first_line(finding.shown_at()) {
        // Columns are allowed only on one line, and the first line of an expression is one.
        let (start, end) = (at.start.column, at.end.column.max(at.start.column + 1));
        let number = at.start.line;
        // Writing to a String never fails.
        let _ = write!(line, ",line={number},endLine={number},col={start},endColumn={end}");
    }
    format!("{line}::{}", data(&paragraphs(finding).join("\n")))
}

/// A folded part of the log; nothing if it has no lines.
fn group(title: &str, lines: &[String], to: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(to, "::group::connlint: {}", data(title))?;
    for line in lines {
        writeln!(to, "{}", plain(line))?;
    }
    writeln!(to, "::endgroup::")
}

fn remark_line(remark: &Remark, sources: &SourceCache<'_>) -> String {
    let span = remark.span.as_ref();
    let place = span.map(|span| sources.place(&span.file, (span.range.end > 0).then_some(span.range)));
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    format!("notice[{}] {place}{}", remark.kind, remark.text)
}

/// Text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log that is no command: GitHub obeys `::` at the start of a line, and `##[` anywhere in it.
pub(crate) fn plain(line: &str) -> String {
    let line = line.replace("##[", "## [").replace("##vso[", "##vso [");
    if line.trim_start().starts_with("::") { format!("- {}", line.trim_start()) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_end_a_command_or_begin_one() {
        assert_eq!(property("a,b:c%\r\nd"), "a%2Cb%3Ac%25%0D%0Ad");
        assert_eq!(data("50 %: a, b\n::error::x"), "50 %25: a, b%0A::error::x");
        assert_eq!(plain("  ::add-mask::x"), "- ::add-mask::x");
        assert_eq!(plain("a ##[add-mask]x ##vso[task.complete]"), "a ## [add-mask]x ##vso [task.complete]");
    }
}
