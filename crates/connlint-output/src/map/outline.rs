//! The map as nodes and arrows, for formats that draw it: entry points, the functions on the way, the effects.

use std::collections::BTreeSet;

use connlint_facts::Span;

use super::{MapReached, MapView};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// An entry point, by index.
    Entry(usize),
    /// A function, by index.
    Function(usize),
    /// An effect, by index.
    Site(usize),
}

/// Nodes and arrows, each once, in order.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) nodes: BTreeSet<Node>,
    pub(super) arrows: BTreeSet<(Node, Node)>,
}

impl Outline {
    /// The paths of all entry points to all effects. The function of an entry point is drawn as the entry point.
    pub(super) fn of(view: &MapView) -> Self {
        let mut outline = Self::default();
        for (index, entry) in view.entry_points.iter().enumerate() {
            let start = Node::Entry(index);
            outline.nodes.insert(start);
            entry.reached.iter().for_each(|reached| outline.add_path(view, start, reached));
        }
        outline
    }

    fn add_path(&mut self, view: &MapView, start: Node, reached: &MapReached) {
        let calls = reached.path.iter().filter_map(|&call| view.calls.get(call)).map(|call| Node::Function(call.to));
        let mut from = start;
        for to in calls.chain([Node::Site(reached.site)]) {
            self.nodes.insert(to);
            self.arrows.insert((from, to));
            from = to;
        }
    }
}

impl Node {
    /// `e0`, `f0`, `s0`.
    pub(super) fn id(self) -> String {
        match self {
            Self::Entry(index) => format!("e{index}"),
            Self::Function(index) => format!("f{index}"),
            Self::Site(index) => format!("s{index}"),
        }
    }

    /// What it is called, and where it is.
    pub(super) fn label(self, view: &MapView) -> Option<(String, &Span)> {
        Some(match self {
            Self::Entry(index) => {
                let entry = &view.entry_points.get(index)?.entry;
                let name = entry.route.as_ref().unwrap_or(&entry.function.path);
                (format!("{} ({})", name, entry.kind), &entry.function.span)
            }
            Self::Function(index) => {
                let function = view.functions.get(index)?;
                let kind = if function.kind == "function" { String::new() } else { format!("{} in ", function.kind) };
                (format!("{kind}{}", function.path), &function.span)
            }
            Self::Site(index) => {
                let effect = &view.sites.get(index)?.effect;
                (format!("{}: {}", effect.text, effect.api), &effect.span)
            }
        })
    }

    /// Whether a lint reports something here.
    pub(super) fn is_reported(self, view: &MapView) -> bool {
        match self {
            Self::Entry(index) => view.entry_points.get(index).is_some_and(|entry| !entry.findings.is_empty()),
            Self::Function(_) => false,
            Self::Site(index) => view.sites.get(index).is_some_and(|site| !site.findings.is_empty()),
        }
    }
}
