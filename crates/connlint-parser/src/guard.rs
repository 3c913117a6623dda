//! How deep syn would recurse, told from tokens before it does.
//!
//! syn and the lowering descend once for each delimiter, generic argument list, prefix operator, closure, assignment,
//! `use` step and `else`. The meter counts all of them without recursion of its own. It may count too many where the
//! tokens are ambiguous (`a < b`), never too few.

use proc_macro2::{Spacing, TokenStream, TokenTree};

use crate::scan::{Scanner, TokenKind};

/// Longest chain of operators and method calls in one expression. They are walked without recursion here, but syn drops
/// its trees recursively.
const MAX_CHAIN: usize = 6_000;

/// What the meter is fed.
#[derive(Clone, Copy)]
enum Feed<'t> {
    /// An opening delimiter, and whether it is a brace.
    Open(bool),
    Ident(&'t str),
    Operand,
    Lifetime,
    Punct(u8),
}

/// The counters of one delimiter level, all of the expression or item that is open there.
#[derive(Clone, Default)]
struct Level {
    /// Closures, assignments, jumps and the like: each one nests what follows in the same expression.
    nested: usize,
    /// `if`, `match` and the like before their block.
    heads: usize,
    /// Prefix operators without an operand yet.
    run: usize,
    /// `::` without a break.
    steps: usize,
    /// Operators and calls.
    chain: usize,
    /// For each open `<` the deepest matched nesting inside.
    angles: Vec<usize>,
    /// Whether the last token ended an operand.
    operand: bool,
    /// Whether the last token was a closing brace.
    closed: bool,
    /// Whether the last token was `else`.
    after_else: bool,
    /// The last punctuation character, if the last token was one.
    last: u8,
}

impl Level {
    fn weight(&self) -> usize {
        self.nested + self.heads + self.run + self.steps + self.angles.len() / 4
    }
}

/// Counts nesting.
struct Meter {
    levels: Vec<Level>,
    current: Level,
    /// Nesting of the levels around the current one.
    around: usize,
    deepest: usize,
    longest_chain: usize,
}

impl Meter {
    fn new() -> Self {
        Self { levels: Vec::new(), current: Level::default(), around: 0, deepest: 0, longest_chain: 0 }
    }

    fn depth(&self) -> usize {
        self.around + self.current.weight()
    }

    fn feed(&mut self, token: Feed<'_>) {
        if self.current.closed {
            self.behind_brace(token);
        }
        match token {
            Feed::Open(is_brace) => {
                self.current.chain += 1;
                self.longest_chain = self.longest_chain.max(self.current.chain);
                if is_brace {
                    // The block of an `if` or `match` is no deeper than its head.
                    self.current.heads = self.current.heads.saturating_sub(1);
                }
                let weight = 1 + self.current.weight();
                self.around += weight;
                self.levels.push(std::mem::take(&mut self.current));
            }
            Feed::Ident(word) => self.word(word),
            Feed::Operand => self.operand(),
            Feed::Lifetime => self.current.operand = false,
            Feed::Punct(ch) => self.punct(ch),
        }
        if !matches!(token, Feed::Punct(_)) {
            self.current.last = 0;
        }
        self.deepest = self.deepest.max(self.depth());
        self.longest_chain = self.longest_chain.max(self.current.chain);
    }

    /// Leaves a level.
    fn close(&mut self, is_brace: bool) {
        if let Some(level) = self.levels.pop() {
            self.current = level;
            self.around -= (1 + self.current.weight()).min(self.around);
        } else {
            self.current = Level::default();
        }
        self.operand();
        self.current.closed = is_brace;
    }

    /// Behind `}` a new statement or item begins, unless an operator or `else` goes on with the old one.
    fn behind_brace(&mut self, token: Feed<'_>) {
        self.current.closed = false;
        let goes_on = match token {
            Feed::Punct(ch) => ch != b'#' && ch != b';' && ch != b',',
            Feed::Ident(word) => word == "else" || word == "as",
            _ => false,
        };
        if !goes_on {
            self.current = Level::default();
        }
    }

    fn operand(&mut self) {
        let level = &mut self.current;
        level.operand = true;
        level.run = 0;
        level.after_else = false;
    }

    fn word(&mut self, word: &str) {
        let level = &mut self.current;
        let after_else = std::mem::take(&mut level.after_else);
        match word {
            "return" | "break" | "yield" | "box" | "do" => level.nested += 1,
            "match" | "while" | "for" => level.heads += 1,
            "if" if !after_else => level.heads += 1,
            "as" => level.chain += 1,
            "else" => {
                level.nested += 1;
                level.after_else = true;
            }
            "mut" | "const" | "dyn" | "impl" | "ref" | "move" | "async" | "static" | "unsafe" | "in" | "let"
            | "raw" | "where" | "loop" | "if" => {}
            _ => {
                self.operand();
                return;
            }
        }
        level.operand = false;
    }

    fn punct(&mut self, ch: u8) {
        let level = &mut self.current;
        let (last, operand) = (std::mem::replace(&mut level.last, ch), level.operand);
        if ch != b':' {
            level.steps = 0;
        }
        level.operand = false;
        match ch {
            b';' | b',' => {
                // A comma may stand between generic arguments.
                let angles = if ch == b',' { std::mem::take(&mut level.angles) } else { Vec::new() };
                let nested = if angles.is_empty() { 0 } else { level.nested + level.heads };
                *level = Level { angles, nested, ..Level::default() };
            }
            b':' => {
                if last == b':' {
                    level.steps += 1;
                }
            }
            b'<' => {
                level.angles.push(0);
                level.chain += 1;
            }
            b'>' if last == b'-' => level.nested += 1,
            b'>' if last == b'=' => *level = Level::default(),
            b'>' => {
                if let Some(inside) = level.angles.pop() {
                    let matched = inside + 1;
                    self.deepest = self.deepest.max(self.around + matched);
                    if let Some(outer) = self.current.angles.last_mut() {
                        *outer = (*outer).max(matched);
                    }
                }
                self.current.operand = true;
            }
            b'?' => {
                level.operand = operand;
                level.chain += 1;
            }
            b'.' => {
                level.chain += 1;
                if last == b'.' && !operand {
                    level.nested += 1;
                }
            }
            b'|' if !operand && last != b'|' => level.nested += 1,
            b'@' => level.nested += 1,
            b'=' if last != b'=' && last != b'<' && last != b'>' && last != b'!' => level.nested += 1,
            // `==` was counted as an assignment at its first character.
            b'=' if last == b'=' => level.nested = level.nested.saturating_sub(1),
            b'!' | b'-' | b'*' | b'&' if !operand => level.run += 1,
            _ => level.chain += 1,
        }
    }
}

/// The nesting of a token stream.
pub(crate) fn tokens_nesting(tokens: &TokenStream) -> usize {
    let mut meter = Meter::new();
    let mut stack = vec![(tokens.clone().into_iter(), false)];
    while let Some((tokens, is_brace)) = stack.last_mut() {
        let is_brace = *is_brace;
        match tokens.next() {
            None => {
                stack.pop();
                meter.close(is_brace);
            }
            Some(TokenTree::Group(group)) => {
                let is_brace = group.delimiter() == proc_macro2::Delimiter::Brace;
                meter.feed(Feed::Open(is_brace));
                stack.push((group.stream().into_iter(), is_brace));
            }
            Some(TokenTree::Ident(ident)) => meter.feed(Feed::Ident(&ident.to_string())),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '\'' && punct.spacing() == Spacing::Joint => {}
            Some(TokenTree::Punct(punct)) => meter.feed(Feed::Punct(punct.as_char() as u8)),
            Some(TokenTree::Literal(_)) => meter.feed(Feed::Operand),
        }
    }
    if meter.longest_chain > MAX_CHAIN { usize::MAX / 4 } else { meter.deepest }
}

/// An item that syn must not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooDeep {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The item that is open at one level of modules, implementations and traits.
struct OpenItem {
    start: Option<usize>,
    /// Whether it is a module, an implementation or a trait, whose inner items stand for themselves.
    is_container: bool,
    /// Whether a word has told what it is.
    is_told: bool,
    too_deep: bool,
    /// Set behind its closing brace: where it ends if nothing goes on with it.
    ended: Option<usize>,
}

impl OpenItem {
    fn new() -> Self {
        Self { start: None, is_container: false, is_told: false, too_deep: false, ended: None }
    }
}

/// What a text tells before it is parsed.
pub(crate) struct Survey {
    /// The innermost items that nest deeper than allowed.
    pub(crate) deep: Vec<TooDeep>,
    /// Where `///` and `//!` have the character that makes them documentation, outside macro calls.
    pub(crate) docs: Vec<usize>,
}

/// Finds documentation comments. Those in the arguments of macros are tokens that a macro may ask for.
#[derive(Default)]
struct Docs {
    found: Vec<usize>,
    /// The kinds of the last two tokens, the last one first.
    last: [Option<TokenKind>; 2],
    depth: usize,
    /// The delimiter depth around the outermost macro call.
    in_macro: Option<usize>,
}

impl Docs {
    fn comment(&mut self, text: &str, start: usize) {
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let is_doc =
            matches!(rest, [b'/', b'/', b'!', ..]) || matches!(rest, [b'/', b'/', b'/', next, ..] if *next != b'/');
        if is_doc && self.in_macro.is_none() {
            self.found.push(start + 2);
        }
    }

    fn feed(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Open(_) => {
                let bang = Some(TokenKind::Punct(b'!'));
                // `name!(` and `macro_rules! name {`
                if self.last[0] == bang || (self.last[0] == Some(TokenKind::Ident) && self.last[1] == bang) {
                    self.in_macro.get_or_insert(self.depth);
                }
                self.depth += 1;
            }
            TokenKind::Close(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.in_macro.take_if(|around| *around >= self.depth);
            }
            _ => {}
        }
        self.last = [Some(kind), self.last[0]];
    }
}

/// The innermost items of a text that nest deeper than `max_nesting`.
pub(crate) fn too_deep(text: &str, max_nesting: usize) -> Vec<TooDeep> {
    survey(text, max_nesting).deep
}

/// Looks over a text without parsing it.
pub(crate) fn survey(text: &str, max_nesting: usize) -> Survey {
    let mut docs = Docs::default();
    let mut meter = Meter::new();
    let mut found = Vec::new();
    // The delimiter depth of each open container, and the item open in it.
    let mut containers = vec![(0usize, OpenItem::new())];
    let mut depth = 0usize;
    for token in Scanner::new(text) {
        if matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment) {
            docs.comment(text, token.start);
            continue;
        }
        docs.feed(token.kind);
        let word = text.get(token.start..token.end).unwrap_or("");
        settle(&mut containers, depth, token.kind, word, token.start, &mut found);
        let is_item_level = containers.last().is_some_and(|(at, _)| *at == depth);
        match token.kind {
            TokenKind::Open(open) => {
                meter.feed(Feed::Open(open == b'{'));
                depth += 1;
                let opens = is_item_level && open == b'{' && depth < max_nesting;
                if opens && containers.last().is_some_and(|(_, item)| item.is_container) {
                    containers.push((depth, OpenItem::new()));
                }
            }
            TokenKind::Close(close) => {
                if containers.len() > 1 && is_item_level {
                    finish(&mut containers, token.start, &mut found);
                    containers.pop();
                }
                depth = depth.saturating_sub(1);
                meter.close(close == b'}');
                if let Some((at, item)) = containers.last_mut()
                    && *at == depth
                    && close == b'}'
                {
                    item.ended = Some(token.end);
                }
            }
            TokenKind::Ident => meter.feed(Feed::Ident(word)),
            TokenKind::Lifetime => meter.feed(Feed::Lifetime),
            TokenKind::Punct(ch) => meter.feed(Feed::Punct(ch)),
            _ => meter.feed(Feed::Operand),
        }
        if meter.deepest > max_nesting || meter.longest_chain > MAX_CHAIN {
            (meter.deepest, meter.longest_chain) = (0, 0);
            if let Some((_, item)) = containers.last_mut() {
                item.too_deep = true;
            }
        }
        if is_item_level && token.kind == TokenKind::Punct(b';') {
            finish(&mut containers, token.end, &mut found);
        }
    }
    while containers.pop_if(|_| true).is_some_and(|(_, item)| {
        if item.too_deep {
            found.push(TooDeep { start: item.start.unwrap_or(0), end: text.len() });
        }
        true
    }) {}
    found.sort_by_key(|item| item.start);
    Survey { deep: found, docs: docs.found }
}

/// Decides with the next token whether the item behind its brace has ended, and notes what begins.
fn settle(
    containers: &mut [(usize, OpenItem)],
    depth: usize,
    kind: TokenKind,
    word: &str,
    start: usize,
    found: &mut Vec<TooDeep>,
) {
    let Some((at, item)) = containers.last_mut() else { return };
    if *at != depth {
        return;
    }
    if let Some(end) = item.ended.take() {
        let goes_on = matches!(kind, TokenKind::Punct(ch) if ch != b'#');
        if !goes_on {
            close_item(item, end, found);
        }
    }
    if matches!(kind, TokenKind::Close(_)) {
        return;
    }
    item.start.get_or_insert(start);
    if kind == TokenKind::Ident && !item.is_told {
        item.is_container = matches!(word, "mod" | "impl" | "trait");
        item.is_told = !matches!(word, "pub" | "unsafe" | "default" | "const" | "auto");
    }
}

fn finish(containers: &mut [(usize, OpenItem)], end: usize, found: &mut Vec<TooDeep>) {
    if let Some((_, item)) = containers.last_mut() {
        let end = item.ended.take().unwrap_or(end).max(end);
        close_item(item, end, found);
    }
}

fn close_item(item: &mut OpenItem, end: usize, found: &mut Vec<TooDeep>) {
    if item.too_deep {
        found.push(TooDeep { start: item.start.unwrap_or(0), end });
    }
    *item = OpenItem::new();
}
