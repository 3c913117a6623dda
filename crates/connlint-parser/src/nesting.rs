//! How deeply syn would recurse, estimated from tokens before it does.
//!
//! syn and the lowering descend once for each delimiter, generic argument list, prefix operator, closure, assignment,
//! `use` step and `else`. The meter counts all of them without recursion of its own. It may count too many where the
//! tokens are ambiguous (`a < b`), never too few.

use proc_macro2::{Spacing, TokenStream, TokenTree};

/// Longest chain of operators and method calls in one expression. They are walked without recursion here, but syn drops
/// its trees recursively.
pub(crate) const MAX_CHAIN: u32 = 6_000;

/// So many `else` of one chain count as one level.
const ELSES_A_LEVEL: u32 = 8;

/// Input of the meter: a token, reduced to what matters for nesting.
#[derive(Clone, Copy)]
pub(crate) enum MeterInput<'t> {
    /// An opening delimiter, and whether it is a brace.
    Open(bool),
    Ident(&'t [u8]),
    Operand,
    Lifetime,
    Punct(u8),
}

/// What a word does to nesting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// `return` and the like.
    Jump,
    /// What comes before a block.
    Head,
    If,
    Else,
    As,
    /// A keyword in front of an operand.
    Prefix,
    /// Any other word.
    Name,
}

impl Word {
    /// Lengths first, since this is asked of every word of a project.
    fn of(word: &[u8]) -> Self {
        match word.len() {
            2 => match word {
                b"if" => Self::If,
                b"as" => Self::As,
                b"do" => Self::Jump,
                b"in" => Self::Prefix,
                _ => Self::Name,
            },
            3 => match word {
                b"for" => Self::Head,
                b"box" => Self::Jump,
                b"mut" | b"dyn" | b"ref" | b"let" | b"raw" => Self::Prefix,
                _ => Self::Name,
            },
            4 => match word {
                b"else" => Self::Else,
                b"impl" | b"move" | b"loop" => Self::Prefix,
                _ => Self::Name,
            },
            5 => match word {
                b"match" | b"while" => Self::Head,
                b"break" | b"yield" => Self::Jump,
                b"const" | b"async" | b"where" => Self::Prefix,
                _ => Self::Name,
            },
            6 => match word {
                b"return" => Self::Jump,
                b"static" | b"unsafe" => Self::Prefix,
                _ => Self::Name,
            },
            _ => Self::Name,
        }
    }
}

/// The counters of one delimiter level, all of the expression or item that is open there.
#[derive(Clone, Default)]
struct Level {
    /// Closures, assignments, jumps and the like: each one nests what follows in the same expression.
    nested: u32,
    /// `if`, `match` and the like before their block.
    heads: u32,
    /// Prefix operators without an operand yet.
    run: u32,
    /// `else`: syn reads a chain of them in a loop, so that each costs the lowering little.
    elses: u32,
    /// `::` without a break.
    steps: u32,
    /// Operators and calls.
    chain: u32,
    /// For each open `<` the deepest matched nesting inside.
    angles: Vec<u32>,
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
    fn weight(&self) -> u32 {
        self.nested + self.heads + self.run + self.steps + self.elses / ELSES_A_LEVEL + self.angles.len() as u32 / 4
    }

    /// As at the beginning; the room for angles stays.
    fn reset(&mut self) {
        let mut angles = std::mem::take(&mut self.angles);
        angles.clear();
        *self = Self { angles, ..Self::default() };
    }
}

/// Counts nesting.
pub(crate) struct NestingMeter {
    levels: Vec<Level>,
    current: Level,
    /// Nesting of the levels around the current one.
    around: u32,
    pub(crate) deepest: u32,
    pub(crate) longest_chain: u32,
}

impl NestingMeter {
    pub(crate) fn new() -> Self {
        Self { levels: Vec::new(), current: Level::default(), around: 0, deepest: 0, longest_chain: 0 }
    }

    fn depth(&self) -> u32 {
        self.around + self.current.weight()
    }

    pub(crate) fn feed(&mut self, token: MeterInput<'_>) {
        if self.current.closed {
            self.behind_brace(token);
        }
        let is_plain = match token {
            MeterInput::Operand => true,
            MeterInput::Ident(word) => Word::of(word) == Word::Name,
            _ => false,
        };
        // The most frequent tokens make nothing deeper.
        if is_plain && self.deepest > 0 {
            self.operand();
            self.current.last = 0;
            return;
        }
        match token {
            MeterInput::Open(is_brace) => {
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
            MeterInput::Ident(word) => self.word(word),
            MeterInput::Operand => self.operand(),
            MeterInput::Lifetime => self.current.operand = false,
            MeterInput::Punct(ch) => self.punct(ch),
        }
        if !matches!(token, MeterInput::Punct(_)) {
            self.current.last = 0;
        }
        self.deepest = self.deepest.max(self.depth());
        self.longest_chain = self.longest_chain.max(self.current.chain);
    }

    /// Leaves a level.
    pub(crate) fn close(&mut self, is_brace: bool) {
        if let Some(level) = self.levels.pop() {
            self.current = level;
            self.around -= (1 + self.current.weight()).min(self.around);
        } else {
            self.current.reset();
        }
        self.operand();
        self.current.closed = is_brace;
    }

    /// Behind `}` a new statement or item begins, unless an operator or `else` goes on with the old one.
    fn behind_brace(&mut self, token: MeterInput<'_>) {
        self.current.closed = false;
        let goes_on = match token {
            MeterInput::Punct(ch) => ch != b'#' && ch != b';' && ch != b',',
            MeterInput::Ident(word) => matches!(Word::of(word), Word::Else | Word::As),
            _ => false,
        };
        if !goes_on {
            self.current.reset();
        }
    }

    fn operand(&mut self) {
        let level = &mut self.current;
        level.operand = true;
        level.run = 0;
        level.after_else = false;
    }

    fn word(&mut self, word: &[u8]) {
        let level = &mut self.current;
        let after_else = std::mem::take(&mut level.after_else);
        match Word::of(word) {
            Word::Jump => level.nested += 1,
            Word::Head => level.heads += 1,
            Word::If if !after_else => level.heads += 1,
            Word::As => level.chain += 1,
            Word::Else => {
                level.elses += 1;
                level.after_else = true;
            }
            Word::If | Word::Prefix => {}
            Word::Name => {
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
                // A comma may be between generic arguments.
                let nested = if level.angles.is_empty() { 0 } else { level.nested + level.heads };
                if ch == b',' {
                    let angles = std::mem::take(&mut level.angles);
                    *level = Level { angles, nested, ..Level::default() };
                } else {
                    level.reset();
                }
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
            b'>' if last == b'=' => level.reset(),
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
                if last != b'.' {
                    // What is in front of `..` decides whether it is a prefix.
                    level.operand = operand;
                } else if !operand {
                    level.nested += 1;
                }
            }
            b'|' if !operand && last != b'|' => level.nested += 1,
            b'@' => level.nested += 1,
            b'=' if !matches!(last, b'=' | b'<' | b'>' | b'!' | b'.') => level.nested += 1,
            // `==` was counted as an assignment at its first character.
            b'=' if last == b'=' => level.nested = level.nested.saturating_sub(1),
            b'!' | b'-' | b'*' | b'&' if !operand => level.run += 1,
            _ => level.chain += 1,
        }
    }
}

/// The nesting of a token stream.
pub(crate) fn tokens_nesting(tokens: &TokenStream) -> usize {
    let mut meter = NestingMeter::new();
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
                meter.feed(MeterInput::Open(is_brace));
                stack.push((group.stream().into_iter(), is_brace));
            }
            Some(TokenTree::Ident(ident)) => meter.feed(MeterInput::Ident(ident.to_string().as_bytes())),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '\'' && punct.spacing() == Spacing::Joint => {}
            Some(TokenTree::Punct(punct)) => meter.feed(MeterInput::Punct(punct.as_char() as u8)),
            Some(TokenTree::Literal(_)) => meter.feed(MeterInput::Operand),
        }
    }
    if meter.longest_chain > MAX_CHAIN { usize::MAX / 4 } else { meter.deepest as usize }
}
