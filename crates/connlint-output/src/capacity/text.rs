//! `capacity` for a terminal.

use std::io::{self, Write};

use super::CapacityView;
use super::sections::{remark, sections};
use crate::sources::SourceCache;
use crate::visible::visible_line;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<CapacityView> = Format {
    name: "text",
    summary: "For people",
    readers: "people, at a terminal",
    extension: "txt",
    all_figures: false,
    has_provenance: false,
    write,
};

fn write(view: &CapacityView, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    for (index, section) in sections(view, sources).iter().enumerate() {
        if index > 0 {
            writeln!(to)?;
        }
        writeln!(to, "{}", visible_line(&section.heading))?;
        for item in &section.items {
            writeln!(to, "  {}", visible_line(&item.text))?;
            for detail in &item.details {
                writeln!(to, "    {}", visible_line(detail))?;
            }
        }
    }
    match remark(view.notices.len()).filter(|_| options.verbosity >= 0) {
        Some(text) => writeln!(to, "\n{text}"),
        None => Ok(()),
    }
}
