//! What the lowering of one file shares: its facts so far, names, problems.

use std::fmt::Write as _;
use std::sync::Arc;

use connlint_facts::{
    Body, CfgMark, FileFacts, Item, ItemId, ItemKind, LocalId, NoticeKind, Path, Problem, Sym, TextRange, ThinVec,
    Visibility,
};
use proc_macro2::{Ident, Span};
use rustc_hash::FxHashSet;

use super::spans::Spans;
use crate::Limits;
use crate::macros::{Expander, MacroTable};

/// The allocations of a finished body, for the next one: bodies themselves are kept without spare capacity.
#[derive(Default)]
pub(crate) struct Spare {
    pub(crate) body: Body,
    pub(crate) bindings: Vec<(Sym, LocalId)>,
    pub(crate) depths: Vec<usize>,
}

/// The state of one file's lowering.
pub(crate) struct Cx<'a> {
    pub(crate) facts: FileFacts,
    pub(crate) spans: Spans<'a>,
    pub(crate) expander: Expander<'a>,
    /// What the modules and implementations around the current item say of test code.
    pub(crate) inherited: CfgMark,
    /// Whether the items at hand are arguments of a macro, which may make more of them than Rust allows.
    pub(crate) is_macro_argument: bool,
    /// Allocations for bodies to come.
    pub(crate) spare: Vec<Spare>,
    /// The paths of operations.
    paths: FxHashSet<Arc<Path>>,
    reported: FxHashSet<(NoticeKind, String)>,
    buffer: String,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(facts: FileFacts, text: &'a str, macros: &'a MacroTable, limits: &'a Limits) -> Self {
        let expander = Expander::new(macros, &facts.path, limits);
        let spans = Spans::new(text, facts.lines as usize);
        Self {
            facts,
            spans,
            expander,
            inherited: CfgMark::default(),
            is_macro_argument: false,
            spare: Vec::new(),
            paths: FxHashSet::default(),
            reported: FxHashSet::default(),
            buffer: String::new(),
        }
    }

    /// Interns text.
    pub(crate) fn intern(&mut self, text: &str) -> Sym {
        self.facts.strings.intern(text)
    }

    /// Interns an identifier without its `r#`.
    pub(crate) fn ident(&mut self, ident: &Ident) -> Sym {
        self.buffer.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.buffer, "{ident}");
        let text = self.buffer.strip_prefix("r#").unwrap_or(&self.buffer);
        self.facts.strings.intern(text)
    }

    /// The one copy of a path of operations.
    pub(crate) fn share(&mut self, path: Path) -> Arc<Path> {
        if let Some(known) = self.paths.get(&path) {
            return Arc::clone(known);
        }
        let path = Arc::new(path);
        self.paths.insert(Arc::clone(&path));
        path
    }

    /// [`Self::ident`], and where it is.
    pub(crate) fn named(&mut self, ident: &Ident) -> (Sym, TextRange) {
        let name = self.ident(ident);
        let start = self.spans.start(ident.span());
        // Outside of expansions an identifier is its text, and asking for its end would cost as much as for its start.
        if start == 0 || self.expander.is_inside() {
            return (name, self.range(ident.span()));
        }
        (name, TextRange::new(start, start + self.buffer.len() as u32))
    }

    /// The bytes of a span.
    pub(crate) fn range(&self, span: Span) -> TextRange {
        self.spans.range(span)
    }

    /// From the first byte of one span to the last of another.
    pub(crate) fn between(&self, first: Span, last: Span) -> TextRange {
        if self.expander.is_inside() {
            // Tokens of a definition stand where the call stands, around those of its arguments.
            return self.range(first).cover(self.range(last));
        }
        TextRange::new(self.spans.start(first), self.spans.end(last))
    }

    /// From the first byte of a range to the last of a span.
    pub(crate) fn upto(&self, first: TextRange, last: Span) -> TextRange {
        if self.expander.is_inside() {
            return first.cover(self.range(last));
        }
        TextRange::new(first.start, self.spans.end(last))
    }

    /// Records a problem.
    pub(crate) fn problem(&mut self, kind: NoticeKind, range: TextRange, message: impl Into<String>) {
        self.facts.problems.push(Problem { kind, range: Some(range), message: message.into() });
    }

    /// Records a problem once for each `name` in the file.
    pub(crate) fn problem_once(&mut self, kind: NoticeKind, name: &str, range: TextRange, message: impl Into<String>) {
        if self.reported.insert((kind, name.to_owned())) {
            self.problem(kind, range, message);
        }
    }

    /// Reserves an item's place in the file's list, so that it comes before the items inside it.
    pub(crate) fn reserve_item(&mut self) -> ItemId {
        let id = ItemId(self.facts.items.len() as u32);
        let name = self.intern("");
        self.facts.items.push(Item {
            name,
            range: TextRange::default(),
            name_range: TextRange::default(),
            visibility: Visibility::Private,
            attributes: ThinVec::new(),
            cfg: self.inherited,
            kind: ItemKind::Lost,
        });
        id
    }

    /// Fills a reserved place.
    pub(crate) fn fill_item(&mut self, id: ItemId, item: Item) {
        if let Some(slot) = self.facts.items.get_mut(id.0 as usize) {
            *slot = item;
        }
    }
}
