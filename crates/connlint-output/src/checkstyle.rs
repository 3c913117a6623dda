//! Checkstyle's XML.

use std::collections::BTreeMap;
use std::io::{self, Write};

use connlint_diagnostics::Report;
use connlint_facts::Span;

use crate::place::Places;
use crate::remark::remarks_of;
use crate::sources::SourceCache;
use crate::wording::{headline_and_path, level_name, paragraphs};
use crate::xml::xml;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "checkstyle",
    summary: "Checkstyle XML",
    readers: "Jenkins, reviewdog and other readers of Checkstyle's XML",
    extension: "xml",
    all_figures: false,
    has_provenance: false,
    write,
};

/// The file of what is about no file: the analysed root.
const NO_FILE: &str = ".";

/// Writes the findings and notices by file.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in &report.findings {
        let mut message = vec![headline_and_path(finding)];
        message.extend(paragraphs(finding).into_iter().filter(|line| line.starts_with("help: ")));
        let level = level_name(finding.level);
        let error = error(level, finding.lint.name, Some(finding.shown_at()), &message.join("; "), &places);
        files.entry(places.path(&finding.shown_at().file)).or_default().push(error);
    }
    for remark in remarks_of(report) {
        let level = if remark.level == "note" { "info" } else { remark.level };
        let error = error(level, remark.kind, remark.span.as_ref(), &remark.text, &places);
        let file = remark.span.map_or_else(|| NO_FILE.to_owned(), |span| places.path(&span.file));
        files.entry(file).or_default().push(error);
    }
    writeln!(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    for (file, errors) in &files {
        writeln!(to, "  <file name=\"{}\">", xml(file))?;
        for error in errors {
            writeln!(to, "    {error}")?;
        }
        writeln!(to, "  </file>")?;
    }
    writeln!(to, "</checkstyle>")
}

fn error(level: &str, code: &str, span: Option<&Span>, message: &str, places: &Places<'_>) -> String {
    let at = span.and_then(|span| places.first_line(span));
    let (line, column) = at.map(|at| (at.start.line, at.start.column)).unwrap_or((1, 1));
    let message = xml(message);
    format!(
        "<error line=\"{line}\" column=\"{column}\" severity=\"{level}\" message=\"{message}\" source=\"connlint.{code}\"/>"
    )
}
