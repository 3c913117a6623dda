//! One comment in Markdown.

use std::io::{self, Write};

use connlint_diagnostics::Report;

use crate::markdown_text::{MAX_COMMENT, about_run, items, limited, line};
use crate::place::Places;
use crate::sources::SourceCache;
use crate::wording::errors_first;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "markdown",
    summary: "One comment in Markdown",
    readers: "a comment of a bot, or a job's summary: at most 65,536 characters, the number left out is stated",
    extension: "md",
    all_figures: false,
    has_provenance: false,
    write,
};

/// By which a bot finds its comment again.
const MARKER: &str = "<!-- connlint -->";

/// Writes the result, the findings with folded details, and the remarks.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let about = about_run(report, &places);
    let findings: Vec<String> = errors_first(report)
        .into_iter()
        .map(|finding| {
            let details = items(finding, &places).join("\n");
            let line = line(finding, &places);
            format!("- {line}\n  <details><summary>path and help</summary>\n\n{}\n\n  </details>", indented(&details))
        })
        .collect();
    let head = format!("{MARKER}\n### connlint\n\n");
    let room = MAX_COMMENT.saturating_sub(head.chars().count() + about.chars().count() + 200);
    let findings = limited(&findings, room);
    let gap = if findings.is_empty() { "" } else { "\n\n" };
    writeln!(to, "{head}{findings}{gap}{about}")
}

/// Lines as a part of an item of a list.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
