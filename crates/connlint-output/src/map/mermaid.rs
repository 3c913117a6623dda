//! The map as a flowchart for Mermaid, which GitHub and GitLab draw in Markdown.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::MapView;
use super::code::line;
use super::outline::{Node, Outline};
use crate::sources::SourceCache;
use crate::visible::visible_line;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<MapView> = Format {
    name: "mermaid",
    summary: "The paths as a flowchart for Mermaid",
    readers: "[Mermaid](https://mermaid.js.org): the paths as a flowchart, for Markdown on GitHub and GitLab",
    extension: "mmd",
    all_figures: false,
    has_provenance: false,
    write,
};

fn write(view: &MapView, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let outline = Outline::of(view);
    writeln!(to, "flowchart LR")?;
    for &node in &outline.nodes {
        let Some((name, at)) = node.label(view) else { continue };
        let label = format!("{}<br>{}", entities(&name), entities(&line(sources, at)));
        let (open, close) = match node {
            Node::Entry(_) => ("([", "])"),
            Node::Function(_) => ("[", "]"),
            Node::Site(_) => ("(", ")"),
        };
        let class = if node.is_reported(view) { ":::reported" } else { "" };
        writeln!(to, "  {}{open}\"{label}\"{close}{class}", node.id())?;
    }
    for (from, into) in &outline.arrows {
        writeln!(to, "  {} --> {}", from.id(), into.id())?;
    }
    writeln!(to, "  classDef reported stroke:firebrick,color:firebrick")
}

/// Text for a label. Mermaid reads Markdown and markup in labels, so all but plain characters are numeric entities.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible_line(text).chars() {
        // Writing to a String never fails.
        let _ = match c {
            c if c.is_alphanumeric() || " /.:-,()".contains(c) => out.write_char(c),
            c => write!(out, "#{};", u32::from(c)),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_close_labels_or_write_markup() {
        assert_eq!(entities("GET /a{id}\"]<b>#;`"), "GET /a#123;id#125;#34;#93;#60;b#62;#35;#59;#96;");
    }
}
