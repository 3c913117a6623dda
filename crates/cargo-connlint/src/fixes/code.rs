//! A file's text with its structure, as fixes ask for it.

use std::sync::Arc;

use connlint_facts::{Body, FileFacts, ItemKind, RegionId, RegionKind, RelPath, TextRange};
use connlint_parser::{Limits, MacroTable, parse_file};

/// A text and what it declares.
pub(super) struct Code {
    pub(super) file: RelPath,
    pub(super) text: Arc<str>,
    facts: FileFacts,
}

/// A statement in a block, or the block's last expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) range: TextRange,
    /// The block around it.
    pub(super) block: TextRange,
    /// The last expression of that block.
    pub(super) tail: Option<TextRange>,
    /// Where the last statement of that block ends.
    pub(super) last_statement: Option<u32>,
    /// The function's body.
    pub(super) body: TextRange,
}

impl Code {
    pub(super) fn read(file: &RelPath, text: Arc<str>) -> Self {
        let facts = parse_file(file, &text, &MacroTable::of_file(file, &text), &Limits::default());
        Self { file: file.clone(), text, facts }
    }

    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The innermost statement or last expression that holds a range and begins a line of its own.
    pub(super) fn piece(&self, range: TextRange) -> Option<Piece> {
        let bodies = self.facts.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Fn(function) => function.body.as_deref(),
            _ => None,
        });
        let pieces = bodies.flat_map(|body| pieces(body).map(move |(id, range)| (body, id, range)));
        let around = pieces.filter(|(.., piece)| piece.contains(range) && self.begins_line(piece.start));
        let (body, id, range) = around.min_by_key(|(.., piece)| piece.end - piece.start)?;
        piece_of(body, id, range)
    }

    /// Whether only white space precedes an offset on its line.
    pub(super) fn begins_line(&self, offset: u32) -> bool {
        self.text.get(self.line_start(offset)..offset as usize).is_some_and(|before| before.trim().is_empty())
    }

    fn line_start(&self, offset: u32) -> usize {
        self.text.get(..offset as usize).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// The white space before the code on the line of an offset.
    pub(super) fn indent(&self, offset: u32) -> &str {
        let line = self.text.get(self.line_start(offset)..).unwrap_or_default();
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    /// How often a word occurs in a range, in code or elsewhere.
    pub(super) fn words(&self, word: &str, range: TextRange) -> Vec<usize> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let text = self.slice(range);
        let found = text.match_indices(word).filter(|(at, _)| {
            let before = text.get(..*at).and_then(|before| before.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        });
        found.map(|(at, _)| at + range.start as usize).collect()
    }

    /// The whole text.
    pub(super) fn all(&self) -> TextRange {
        TextRange::new(0, u32::try_from(self.text.len()).unwrap_or(u32::MAX))
    }

    /// Where the line of an offset ends, its line ending included.
    pub(super) fn after_line(&self, offset: u32) -> u32 {
        let rest = self.text.get(offset as usize..).unwrap_or_default();
        let end = rest.find('\n').map_or(self.text.len(), |newline| offset as usize + newline + 1);
        u32::try_from(end).unwrap_or(u32::MAX)
    }

    /// Where the line of an offset begins.
    pub(super) fn before_line(&self, offset: u32) -> u32 {
        u32::try_from(self.line_start(offset)).unwrap_or(u32::MAX)
    }
}

fn pieces(body: &Body) -> impl Iterator<Item = (RegionId, TextRange)> {
    let regions = body.regions.iter().enumerate();
    regions.filter_map(|(index, region)| {
        let is_piece = matches!(region.kind, RegionKind::Statement { .. } | RegionKind::Tail);
        is_piece.then(|| (RegionId(u32::try_from(index).unwrap_or(u32::MAX)), region.range))
    })
}

fn piece_of(body: &Body, id: RegionId, range: TextRange) -> Option<Piece> {
    let parent = body.regions.get(id.0 as usize)?.parent?;
    let around = body.regions.get(parent.0 as usize)?;
    let beside = || body.regions.iter().filter(|region| region.parent == Some(parent));
    let tail = beside().find(|region| region.kind == RegionKind::Tail).map(|region| region.range);
    let statements = beside().filter(|region| matches!(region.kind, RegionKind::Statement { .. }));
    let last_statement = statements.map(|region| region.range.end).max();
    Some(Piece { range, block: around.range, tail, last_statement, body: body.regions.first()?.range })
}
