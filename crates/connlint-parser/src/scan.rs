//! A lexer for text that need not be Rust: where comments, literals and delimiters stand.

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

/// Iterates over the tokens of a text. Literals and comments without an end reach to the end of the text.
pub(crate) struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, bytes: text.as_bytes(), at }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|&byte| test(byte)) {
            self.at += 1;
        }
    }

    fn line_comment(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
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
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.at += 2,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
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
        while self.at < self.bytes.len() {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(quote) = memchr::memchr(b'"', rest) else { break };
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
            (b'r', _) => 1,
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

    fn number(&mut self) {
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        }
    }

    /// What begins with `'`.
    fn tick(&mut self) -> TokenKind {
        self.at += 1;
        if self.peek(0) == b'\\' {
            self.quoted(b'\'');
            return TokenKind::Literal;
        }
        let first = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if self.peek(first) == b'\'' {
            self.at += first + 1;
            return TokenKind::Literal;
        }
        self.skip_while(is_ident);
        TokenKind::Lifetime
    }
}

fn is_ident(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_while(|byte| byte.is_ascii_whitespace());
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let kind = match first {
            b'/' if self.peek(1) == b'/' => {
                self.line_comment();
                TokenKind::LineComment
            }
            b'/' if self.peek(1) == b'*' => {
                self.block_comment();
                TokenKind::BlockComment
            }
            b'b' | b'r' | b'c' if self.prefixed_literal() => TokenKind::Literal,
            b'0'..=b'9' => {
                self.number();
                TokenKind::Literal
            }
            byte if is_ident(byte) => {
                // `r#name`
                if byte == b'r' && self.peek(1) == b'#' && is_ident(self.peek(2)) {
                    self.at += 2;
                }
                self.skip_while(is_ident);
                TokenKind::Ident
            }
            b'"' => {
                self.at += 1;
                self.quoted(b'"');
                TokenKind::Literal
            }
            b'\'' => self.tick(),
            b'(' | b'[' | b'{' => {
                self.at += 1;
                TokenKind::Open(first)
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                TokenKind::Close(first)
            }
            byte => {
                self.at += 1;
                TokenKind::Punct(byte)
            }
        };
        self.at = self.at.min(self.bytes.len());
        Some(Token { kind, start, end: self.at })
    }
}
