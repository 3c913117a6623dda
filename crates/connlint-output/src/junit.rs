//! JUnit's XML: a failed test per finding, a skipped one per notice that something is missing.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Report};

use crate::place::Places;
use crate::remark::{Remark, remarks_of};
use crate::sources::SourceCache;
use crate::summary::result_line;
use crate::wording::{headline_and_path, level_name, paragraphs};
use crate::xml::xml;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "junit",
    summary: "JUnit XML, for test reports",
    readers: "test reports of CI systems: a failed test per finding, a skipped one per notice that something is missing",
    extension: "xml",
    all_figures: false,
    has_provenance: false,
    write,
};

/// Writes one test suite. Readers refuse one without tests, so that a clean run has one test that passes.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let (notes, skipped): (Vec<Remark>, Vec<Remark>) =
        remarks_of(report).into_iter().partition(|remark| remark.level == "note");
    let (failures, skips) = (report.findings.len(), skipped.len());
    let tests = (failures + skips).max(1);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    writeln!(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(to, "<testsuites name=\"connlint\" {counts}>")?;
    writeln!(to, "  <testsuite name=\"connlint\" {counts} skipped=\"{skips}\">")?;
    for finding in &report.findings {
        failed(finding, &places, to)?;
    }
    for remark in &skipped {
        let class = remark.span.as_ref().map(|span| places.path(&span.file)).unwrap_or_else(|| "connlint".to_owned());
        let place = remark.span.as_ref().map(|span| format!(" at {}", places.line(span))).unwrap_or_default();
        let name = xml(&format!("notice {}{place}", remark.kind));
        writeln!(to, "    <testcase name=\"{name}\" classname=\"{}\">", xml(&class))?;
        writeln!(to, "      <skipped message=\"{}\"/>\n    </testcase>", xml(&remark.text))?;
    }
    if failures + skips == 0 {
        writeln!(to, "    <testcase name=\"no findings\" classname=\"connlint\"/>")?;
    }
    writeln!(to, "    <system-out>{}", xml(&result_line(report)))?;
    for note in &notes {
        let place = note.span.as_ref().map(|span| format!("{}: ", places.line(span))).unwrap_or_default();
        writeln!(to, "{}", xml(&format!("notice {}: {place}{}", note.kind, note.text)))?;
    }
    writeln!(to, "</system-out>\n  </testsuite>\n</testsuites>")
}

fn failed(finding: &Diagnostic, places: &Places<'_>, to: &mut dyn Write) -> io::Result<()> {
    let path = xml(&places.path(&finding.shown_at().file));
    let at = places.first_line(finding.shown_at());
    let column = at.map(|at| format!(":{}", at.start.column)).unwrap_or_default();
    let name = xml(&format!("{} at {}{column}", finding.lint.name, places.line(finding.shown_at())));
    // The schema of Jenkins has no attribute for a file or a line: the class is the file, the name has the line.
    writeln!(to, "    <testcase name=\"{name}\" classname=\"{path}\">")?;
    let (kind, message) = (level_name(finding.level), xml(&headline_and_path(finding)));
    write!(to, "      <failure type=\"{kind}\" message=\"{message}\">")?;
    writeln!(to, "{}</failure>\n    </testcase>", xml(&paragraphs(finding).join("\n")))
}
