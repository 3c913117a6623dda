//! The map as a graph for Graphviz.

use std::io::{self, Write};

use super::MapView;
use super::code::line;
use super::outline::{Node, Outline};
use crate::sources::SourceCache;
use crate::visible::visible_line;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<MapView> = Format {
    name: "dot",
    summary: "The paths as a graph for Graphviz",
    readers: "[Graphviz](https://graphviz.org): the paths as a graph",
    extension: "dot",
    all_figures: false,
    has_provenance: false,
    write,
};

fn write(view: &MapView, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let outline = Outline::of(view);
    writeln!(to, "digraph connlint {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];")?;
    for &node in &outline.nodes {
        let Some((name, at)) = node.label(view) else { continue };
        let label = format!("{}\\n{}", quoted(&name), quoted(&line(sources, at)));
        writeln!(to, "  {} [label=\"{label}\"{}];", node.id(), style(node, view))?;
    }
    for (from, into) in &outline.arrows {
        writeln!(to, "  {} -> {};", from.id(), into.id())?;
    }
    writeln!(to, "}}")
}

fn style(node: Node, view: &MapView) -> String {
    let shape = match node {
        Node::Entry(_) => ", shape=cds",
        Node::Function(_) => "",
        Node::Site(_) => ", style=rounded",
    };
    let colour = if node.is_reported(view) { ", color=firebrick, fontcolor=firebrick" } else { "" };
    format!("{shape}{colour}")
}

/// Text for a quoted string, in which only quotes and backslashes mean something.
fn quoted(text: &str) -> String {
    visible_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}
