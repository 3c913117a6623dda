//! A lexer for text that need not be Rust: where comments, literals and delimiters are.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Ident,
    Lifetime,
    Literal,
    Punct(u8),
    Open(u8),
    Close(u8),
    /// `// …` up to the end of the line; doc comments too.
    LineComment,
    BlockComment,
}

/// One token with its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a token is by its first byte, where that decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Punct,
    Space,
    Ident,
    /// A letter that a literal may begin with: `b"…"`, `r"…"`, `c"…"`.
    Prefix,
    Digit,
    Quote,
    Tick,
    Slash,
    Open,
    Close,
}

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Punct; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => Class::Space,
            b'b' | b'c' | b'r' => Class::Prefix,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => Class::Ident,
            b'0'..=b'9' => Class::Digit,
            b'"' => Class::Quote,
            b'\'' => Class::Tick,
            b'/' => Class::Slash,
            b'(' | b'[' | b'{' => Class::Open,
            b')' | b']' | b'}' => Class::Close,
            _ => Class::Punct,
        };
        byte += 1;
    }
    classes
}

fn class(byte: u8) -> Class {
    CLASSES[byte as usize]
}

fn is_ident(byte: u8) -> bool {
    matches!(class(byte), Class::Ident | Class::Prefix | Class::Digit)
}

/// Iterates over the tokens of a text. Literals and comments without an end reach to the end of the text.
pub(crate) struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self::from(text, if text.starts_with('\u{feff}') { 3 } else { 0 })
    }

    /// The tokens behind an offset.
    pub(crate) fn from(text: &'t str, at: usize) -> Self {
        Self { bytes: text.as_bytes(), at }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'t [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        let rest = self.rest();
        self.at += rest.iter().position(|&byte| !test(byte)).unwrap_or(rest.len());
    }

    fn line_comment(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
    }

    /// A string or character behind its opening quote.
    fn quoted(&mut self, quote: u8) {
        while let Some(found) = memchr::memchr2(quote, b'\\', self.rest()) {
            self.at += found;
            if self.peek(0) == quote {
                self.at += 1;
                return;
            }
            self.at += 2;
        }
        self.at = self.bytes.len();
    }

    /// A raw string behind its `r`; `false` if there is none.
    fn raw_string(&mut self, prefix: usize) -> bool {
        let mut hashes = 0;
        while self.peek(prefix + hashes) == b'#' {
            hashes += 1;
        }
        if self.peek(prefix + hashes) != b'"' {
            return false;
        }
        self.at += prefix + hashes + 1;
        while let Some(quote) = memchr::memchr(b'"', self.rest()) {
            self.at += quote + 1;
            if (0..hashes).all(|at| self.peek(at) == b'#') {
                self.at += hashes;
                return true;
            }
        }
        self.at = self.bytes.len();
        true
    }

    /// Literals that begin with a letter: `b"…"`, `r#"…"#`, `c"…"`, `b'x'`.
    fn prefixed_literal(&mut self) -> bool {
        let prefix = match (self.peek(0), self.peek(1)) {
            (b'b' | b'c', b'r') => 2,
            (b'r', b'"' | b'#') => 1,
            (b'b', b'\'') => {
                self.at += 2;
                self.quoted(b'\'');
                return true;
            }
            (b'b' | b'c', b'"') => {
                self.at += 2;
                self.quoted(b'"');
                return true;
            }
            _ => return false,
        };
        self.raw_string(prefix)
    }

    fn word(&mut self) -> TokenKind {
        // `r#name`
        if self.peek(0) == b'r' && self.peek(1) == b'#' && is_ident(self.peek(2)) {
            self.at += 2;
        }
        self.at += 1;
        self.skip_while(is_ident);
        TokenKind::Ident
    }

    fn number(&mut self) -> TokenKind {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        self.skip_while(is_part);
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(is_part);
        }
        TokenKind::Literal
    }

    /// What begins with `'`.
    fn tick(&mut self) -> TokenKind {
        self.at += 1;
        let first = match self.peek(0) {
            b'\\' => {
                self.quoted(b'\'');
                return TokenKind::Literal;
            }
            ..0xc0 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
        };
        if self.peek(first) == b'\'' {
            self.at += first + 1;
            return TokenKind::Literal;
        }
        self.skip_while(is_ident);
        TokenKind::Lifetime
    }

    fn slash(&mut self) -> TokenKind {
        match self.peek(1) {
            b'/' => {
                self.line_comment();
                TokenKind::LineComment
            }
            b'*' => {
                self.block_comment();
                TokenKind::BlockComment
            }
            _ => self.single(TokenKind::Punct(b'/')),
        }
    }

    fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        self.skip_while(|byte| class(byte) == Class::Space);
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let kind = match class(first) {
            Class::Ident => self.word(),
            Class::Prefix if self.prefixed_literal() => TokenKind::Literal,
            Class::Prefix => self.word(),
            Class::Digit => self.number(),
            Class::Open => self.single(TokenKind::Open(first)),
            Class::Close => self.single(TokenKind::Close(first)),
            Class::Quote => {
                self.at += 1;
                self.quoted(b'"');
                TokenKind::Literal
            }
            Class::Tick => self.tick(),
            Class::Slash => self.slash(),
            Class::Punct | Class::Space => self.single(TokenKind::Punct(first)),
        };
        self.at = self.at.min(self.bytes.len());
        Some(Token { kind, start, end: self.at })
    }
}
