//! Logging commands of Azure Pipelines.

use std::fmt::Write as _;
use std::io::{self, Write};

use connlint_diagnostics::Report;
use connlint_facts::Span;

use crate::github::plain;
use crate::place::Places;
use crate::remark::remarks_of;
use crate::sources::SourceCache;
use crate::summary::result_line;
use crate::wording::{level_name, paragraphs};
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "azure",
    summary: "Issues of Azure Pipelines",
    readers: "Azure Pipelines: issues of the run, and the notices as warnings",
    extension: "txt",
    all_figures: false,
    has_provenance: false,
    write,
};

/// Writes `##vso[task.logissue type=error;sourcepath=…;linenumber=…;columnnumber=…;code=…;]message` for each finding.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    for finding in &report.findings {
        let text = paragraphs(finding).join("\n");
        let level = level_name(finding.level);
        writeln!(to, "{}", issue(level, finding.lint.name, Some(finding.shown_at()), &text, &places))?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    for remark in remarks_of(report) {
        let place = remark.span.as_ref();
        if remark.level == "note" {
            let place = place.map(|span| format!("{}: ", places.line(span))).unwrap_or_default();
            writeln!(to, "{}", plain(&format!("notice[{}] {place}{}", remark.kind, remark.text)))?;
        } else {
            writeln!(to, "{}", issue(remark.level, remark.kind, place, &remark.text, &places))?;
        }
    }
    writeln!(to, "{}", plain(&result_line(report)))
}

fn issue(level: &str, code: &str, span: Option<&Span>, text: &str, places: &Places<'_>) -> String {
    let mut line = format!("##vso[task.logissue type={level};");
    if let Some(span) = span {
        // Writing to a String never fails.
        let _ = write!(line, "sourcepath={};", property(&places.path(&span.file)));
        if let Some(at) = places.first_line(span) {
            let _ = write!(line, "linenumber={};columnnumber={};", at.start.line, at.start.column);
        }
    }
    format!("{line}code={};]{}", property(code), data(text))
}

/// Text behind the bracket.
fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value of a property.
fn property(text: &str) -> String {
    data(text).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_end_a_command() {
        assert_eq!(property("a;b]c%\r\nd"), "a%3Bb%5Dc%AZP25%0D%0Ad");
        assert_eq!(data("50 %\n##vso[x]"), "50 %AZP25%0A##vso[x]");
    }
}
