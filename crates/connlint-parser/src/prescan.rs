//! Token scan before parsing: items nested too deeply, and comments.

use crate::nesting::{MAX_CHAIN, MeterInput, NestingMeter};
use crate::scan::{Scanner, Token, TokenKind};

/// A half-open range of bytes in a text.
pub(crate) type ByteRange = (usize, usize);

/// Result of the scan.
#[derive(Debug, Default)]
pub(crate) struct Prescan {
    /// The innermost items that nest deeper than allowed, in order.
    pub(crate) deep: Vec<ByteRange>,
    /// Line comments to blank: all but documentation in the arguments of macros, which macros can match on.
    pub(crate) comments: Vec<ByteRange>,
}

/// Scans the tokens of a text from an offset on.
pub(crate) fn prescan(text: &str, from: usize, max_nesting: usize) -> Prescan {
    let mut scanner = Prescanner::new(text, max_nesting);
    for token in Scanner::from(text, from) {
        scanner.feed(token);
    }
    scanner.finish()
}

/// The item that is open at one level of modules, implementations and traits.
#[derive(Default)]
struct OpenItem {
    start: Option<usize>,
    /// Whether it is a module, an implementation or a trait, whose inner items stand for themselves.
    is_container: bool,
    /// Whether a word has shown what it is.
    is_told: bool,
    too_deep: bool,
    /// Set behind its closing brace: where it ends if nothing goes on with it.
    ended: Option<usize>,
}

/// Builds a [`Prescan`] from tokens.
pub(crate) struct Prescanner<'t> {
    text: &'t [u8],
    max_nesting: usize,
    meter: NestingMeter,
    prescan: Prescan,
    /// Open delimiters.
    depth: usize,
    /// The delimiter depth of each open container around, and the item open in it.
    around: Vec<(usize, OpenItem)>,
    /// The depth of the innermost container.
    level: usize,
    /// The item open in it.
    item: OpenItem,
    /// The kinds of the last two tokens, the last one first.
    last: [TokenKind; 2],
    /// The delimiter depth around the outermost macro call.
    in_macro: Option<usize>,
}

impl<'t> Prescanner<'t> {
    pub(crate) fn new(text: &'t str, max_nesting: usize) -> Self {
        Self {
            text: text.as_bytes(),
            max_nesting,
            meter: NestingMeter::new(),
            prescan: Prescan::default(),
            depth: 0,
            around: Vec::new(),
            level: 0,
            item: OpenItem::default(),
            last: [TokenKind::Punct(b';'); 2],
            in_macro: None,
        }
    }

    /// Takes in the next token.
    pub(crate) fn feed(&mut self, token: Token) {
        match token.kind {
            TokenKind::LineComment => self.comment(token),
            TokenKind::BlockComment => {}
            _ => self.code(token),
        }
    }

    fn comment(&mut self, token: Token) {
        let is_doc = match self.text.get(token.start + 2..token.end) {
            Some([b'!', ..]) => true,
            Some([b'/', rest @ ..]) => rest.first() != Some(&b'/'),
            _ => false,
        };
        if !is_doc || self.in_macro.is_none() {
            self.prescan.comments.push((token.start, token.end));
        }
    }

    fn code(&mut self, token: Token) {
        let is_item_level = self.level == self.depth;
        let word = match token.kind {
            TokenKind::Ident => self.text.get(token.start..token.end).unwrap_or_default(),
            _ => &[],
        };
        if is_item_level {
            self.settle(token, word);
        }
        match token.kind {
            TokenKind::Open(open) => self.open(open, is_item_level),
            TokenKind::Close(close) => self.close(close, token, is_item_level),
            TokenKind::Ident => self.meter.feed(MeterInput::Ident(word)),
            TokenKind::Lifetime => self.meter.feed(MeterInput::Lifetime),
            TokenKind::Punct(ch) => self.meter.feed(MeterInput::Punct(ch)),
            _ => self.meter.feed(MeterInput::Operand),
        }
        if self.meter.deepest as usize > self.max_nesting || self.meter.longest_chain > MAX_CHAIN {
            (self.meter.deepest, self.meter.longest_chain) = (0, 0);
            self.item.too_deep = true;
        }
        if is_item_level && token.kind == TokenKind::Punct(b';') {
            self.finish_item(token.end);
        }
        self.last = [token.kind, self.last[0]];
    }

    fn open(&mut self, open: u8, is_item_level: bool) {
        let bang = TokenKind::Punct(b'!');
        // `name!(` and `macro_rules! name {`
        if self.last[0] == bang || self.last == [TokenKind::Ident, bang] {
            self.in_macro.get_or_insert(self.depth);
        }
        self.meter.feed(MeterInput::Open(open == b'{'));
        self.depth += 1;
        if is_item_level && open == b'{' && self.item.is_container && self.depth < self.max_nesting {
            self.around.push((self.level, std::mem::take(&mut self.item)));
            self.level = self.depth;
        }
    }

    fn close(&mut self, close: u8, token: Token, is_item_level: bool) {
        if is_item_level && let Some((level, item)) = self.around.pop() {
            self.finish_item(token.start);
            (self.level, self.item) = (level, item);
        }
        self.depth = self.depth.saturating_sub(1);
        self.in_macro.take_if(|around| *around >= self.depth);
        self.meter.close(close == b'}');
        if self.level == self.depth && close == b'}' {
            self.item.ended = Some(token.end);
        }
    }

    /// Decides with the next token whether the item behind its brace has ended, and notes what begins.
    fn settle(&mut self, token: Token, word: &[u8]) {
        if let Some(end) = self.item.ended.take() {
            let goes_on = matches!(token.kind, TokenKind::Punct(ch) if ch != b'#');
            if !goes_on {
                self.close_item(end);
            }
        }
        if matches!(token.kind, TokenKind::Close(_)) {
            return;
        }
        self.item.start.get_or_insert(token.start);
        if token.kind == TokenKind::Ident && !self.item.is_told {
            self.item.is_container = matches!(word, b"mod" | b"impl" | b"trait");
            self.item.is_told = !matches!(word, b"pub" | b"unsafe" | b"default" | b"const" | b"auto");
        }
    }

    fn finish_item(&mut self, end: usize) {
        let end = self.item.ended.take().unwrap_or(end).max(end);
        self.close_item(end);
    }

    fn close_item(&mut self, end: usize) {
        let item = std::mem::take(&mut self.item);
        if item.too_deep {
            self.prescan.deep.push((item.start.unwrap_or(0), end));
        }
    }

    /// What the tokens showed.
    pub(crate) fn finish(mut self) -> Prescan {
        let open = std::iter::once(self.item).chain(self.around.into_iter().map(|(_, item)| item));
        let end = self.text.len();
        self.prescan.deep.extend(open.filter(|item| item.too_deep).map(|item| (item.start.unwrap_or(0), end)));
        self.prescan.deep.sort_by_key(|(start, _)| *start);
        self.prescan
    }
}
