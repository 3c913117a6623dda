//! `capacity` as Markdown, for a wiki page, a runbook or a comment.

use std::io::{self, Write};

use super::CapacityView;
use super::sections::sections;
use crate::markdown_text::markdown;
use crate::sources::SourceCache;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<CapacityView> = Format {
    name: "markdown",
    summary: "Headings and lists in Markdown",
    readers: "a page of a wiki or runbook, a comment",
    extension: "md",
    all_figures: false,
    has_provenance: false,
    write,
};

fn write(view: &CapacityView, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "## Connections")?;
    for section in sections(view, sources) {
        writeln!(to, "\n### {}\n", markdown(&section.heading))?;
        for item in &section.items {
            writeln!(to, "- {}", markdown(&item.text))?;
            for detail in &item.details {
                writeln!(to, "  - {}", markdown(detail))?;
            }
        }
    }
    Ok(())
}
