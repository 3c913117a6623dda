//! A file's text with its structure, as fixes ask for it.

use std::sync::Arc;

use connlint_facts::{Body, FileFacts, ItemKind, OpKind, RegionId, RegionKind, RelPath, TextRange};
use connlint_parser::{Limits, MacroTable, parse_file};

use super::FactsAtHand;

/// A text and what it declares.
pub(super) struct Code {
    pub(super) file: RelPath,
    pub(super) text: Arc<str>,
    facts: Arc<FileFacts>,
}

/// A statement in a block, or the block's last expression.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) range: TextRange,
    /// The block around it.
    pub(super) block: TextRange,
    /// The last expression of that block.
    pub(super) tail: Option<TextRange>,
    /// The statements of that block that come after it, and then its last expression.
    pub(super) following: Vec<TextRange>,
    /// The function's body.
    pub(super) body: TextRange,
}

impl Code {
    /// Takes the facts that are at hand, else parses the text.
    pub(super) fn of(file: &RelPath, text: Arc<str>, at_hand: &FactsAtHand) -> Self {
        match at_hand.get(file) {
            Some(facts) => Self { file: file.clone(), text, facts: Arc::clone(facts) },
            None => Self::read(file, text),
        }
    }

    pub(super) fn read(file: &RelPath, text: Arc<str>) -> Self {
        let facts = parse_file(file, &text, &MacroTable::of_file(file, &text), &Limits::default());
        Self { file: file.clone(), text, facts: Arc::new(facts) }
    }

    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The innermost statement or last expression that holds a range and begins a line of its own.
    pub(super) fn piece(&self, range: TextRange) -> Option<Piece> {
        let pieces = self.bodies().flat_map(|body| pieces(body).map(move |(id, range)| (body, id, range)));
        let around = pieces.filter(|(.., piece)| piece.contains(range) && self.begins_line(piece.start));
        let (body, id, range) = around.min_by_key(|(.., piece)| piece.end - piece.start)?;
        piece_of(body, id, range)
    }

    fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.facts.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Fn(function) => function.body.as_deref(),
            _ => None,
        })
    }

    /// Whether a body is that of a trait's method, whose signature the trait decides.
    pub(super) fn is_of_trait(&self, body: TextRange) -> bool {
        self.facts.items.iter().filter(|item| item.range.contains(body)).any(|item| match &item.kind {
            ItemKind::Impl(implementation) => implementation.trait_path.is_some(),
            ItemKind::Trait(_) => true,
            _ => false,
        })
    }

    /// Whether a place lies in a closure or async block that another place is outside of: it runs at another time.
    pub(super) fn runs_apart(&self, inner: TextRange, outer: TextRange) -> bool {
        let regions = self.bodies().flat_map(|body| &body.regions);
        let mut apart = regions.filter(|region| matches!(region.kind, RegionKind::Closure | RegionKind::Async));
        apart.any(|region| region.range.contains(inner) && !region.range.contains(outer))
    }

    /// The local variables that are bound within a range, with their names.
    pub(super) fn locals(&self, range: TextRange) -> Vec<(&str, TextRange)> {
        let locals = self.bodies().flat_map(|body| &body.locals).filter(|local| range.contains(local.range));
        locals.map(|local| (self.facts.strings.get(local.name), local.range)).collect()
    }

    /// Whether a `let` statement binds one variable, and nothing else in the function has its name.
    pub(super) fn binds_only(&self, name: &str, piece: &Piece) -> bool {
        let pattern = self.slice(piece.range).strip_prefix("let ").map(str::trim_start);
        let rest = pattern.map(|rest| rest.strip_prefix("mut ").unwrap_or(rest).trim_start());
        let rest = rest.and_then(|rest| rest.strip_prefix(name)).map(str::trim_start);
        let is_plain = rest.is_some_and(|rest| rest.starts_with(['=', ':']));
        is_plain && self.locals(piece.body).iter().filter(|(other, _)| *other == name).count() == 1
    }

    /// The variable that a `let` statement binds, if it binds one, and nothing else in the function has its name.
    pub(super) fn bound_name(&self, piece: &Piece) -> Option<&str> {
        let (name, _) = self.locals(piece.range).into_iter().find(|(name, _)| self.binds_only(name, piece))?;
        Some(name)
    }

    /// The loops around a range, the innermost first.
    pub(super) fn loops_around(&self, range: TextRange) -> Vec<TextRange> {
        let regions = self.bodies().flat_map(|body| &body.regions);
        let loops = regions.filter(|region| matches!(region.kind, RegionKind::Loop(_)) && region.range.contains(range));
        let mut found: Vec<TextRange> = loops.map(|region| region.range).collect();
        found.sort_by_key(|looped| looped.end - looped.start);
        found
    }

    /// Whether something that is assigned within one range is named in another.
    pub(super) fn assigns(&self, within: TextRange, named: TextRange) -> bool {
        let ops = self.bodies().flat_map(|body| body.ops.iter().map(move |op| (body, op)));
        ops.filter(|(_, op)| within.contains(op.range)).any(|(body, op)| match &op.kind {
            OpKind::Assign { place, .. } | OpKind::AssignOp { place, .. } => {
                let place = body.ops.get(place.0 as usize).map(|op| self.slice(op.range)).unwrap_or_default();
                let root = place.split(|c: char| !c.is_alphanumeric() && c != '_').find(|part| !part.is_empty());
                root.is_some_and(|root| !self.words(root, named).is_empty())
            }
            _ => false,
        })
    }

    /// Whether an expression is made of paths, literals and calls of functions of types: nothing of the place around it
    /// goes in.
    pub(super) fn is_independent(&self, range: TextRange) -> bool {
        let ops = self.bodies().flat_map(|body| &body.ops).filter(|op| range.contains(op.range));
        ops.into_iter().all(|op| match op.kind {
            OpKind::Literal(_) | OpKind::Call { .. } | OpKind::MethodCall { .. } | OpKind::Ref { .. } => true,
            OpKind::Path(_) => self.belongs_to_a_type(self.slice(op.range)),
            _ => false,
        })
    }

    /// Whether a path is one of a function or constant of a type, or of a constant.
    fn belongs_to_a_type(&self, path: &str) -> bool {
        let mut segments = path.rsplit("::");
        let last = segments.next().unwrap_or_default();
        let is_constant = !last.is_empty() && !last.contains(char::is_lowercase);
        let of_type = segments.next().is_some_and(|ty| ty != "Self" && ty.starts_with(char::is_uppercase));
        is_constant || of_type
    }

    /// The calls of functions within a range, each with its arguments.
    pub(super) fn calls(&self, range: TextRange) -> impl Iterator<Item = (TextRange, Vec<TextRange>)> {
        let ops = self.bodies().flat_map(|body| body.ops.iter().map(move |op| (body, op)));
        ops.filter(move |(_, op)| range.contains(op.range)).filter_map(|(body, op)| match &op.kind {
            OpKind::Call { args, .. } => {
                let ranges = args.iter().filter_map(|arg| body.ops.get(arg.0 as usize)).map(|arg| arg.range);
                Some((op.range, ranges.collect()))
            }
            _ => None,
        })
    }

    /// Whether nothing but a comment follows an offset on its line.
    pub(super) fn ends_line(&self, offset: u32) -> bool {
        let line = TextRange::new(offset, self.after_line(offset));
        let rest = self.slice(line).trim();
        rest.is_empty() || rest.starts_with("//")
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
    let is_piece = |kind: &RegionKind| matches!(kind, RegionKind::Statement { .. } | RegionKind::Tail);
    let following = beside().filter(|region| is_piece(&region.kind) && region.range.start >= range.end);
    let mut following: Vec<TextRange> = following.map(|region| region.range).collect();
    following.sort_by_key(|range| range.start);
    Some(Piece { range, block: around.range, tail, following, body: body.regions.first()?.range })
}

/// The length of what unwraps a result: `.unwrap()` or `.expect("…")`, on a line of its own or not.
pub(super) fn unwrapped(text: &str) -> Option<usize> {
    let call = text.trim_start();
    let length = match call.strip_prefix(".expect(\"") {
        Some(message) => call.len() - message.len() + message.find("\")")? + 2,
        None => call.starts_with(".unwrap()").then_some(".unwrap()".len())?,
    };
    Some(text.len() - call.len() + length)
}

/// Whether a literal goes on from line to line, which must not be moved.
pub(super) fn has_long_literal(lines: &str) -> bool {
    lines.lines().any(|line| line.matches('"').count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    #[test]
    fn only_what_panics_unwraps() {
        assert_eq!(unwrapped(".unwrap();"), Some(9));
        assert_eq!(unwrapped("\n    .expect(\"a client\")\n    .get(url)"), Some(24));
        assert_eq!(unwrapped("?;"), None);
        assert_eq!(unwrapped(".unwrap_or_default()"), None);
    }
}
