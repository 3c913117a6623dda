//! Test code whose bodies need not be read: where they stand, told from tokens, and what they call.
//!
//! Bodies are taken out of the text before it is parsed. Items, signatures and everything outside functions stay, so that
//! module trees and types are the same as ever.

use std::iter::Peekable;

use crate::lower::TEST_ATTRIBUTES;
use crate::scan::{Scanner, Token, TokenKind};

/// A text without the bodies of its test functions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elided<'t> {
    /// The text; what is left stands at its line and column.
    pub(crate) text: String,
    /// Names that the bodies call or take by path, as often as they do.
    pub(crate) names: Vec<&'t str>,
}

/// Takes the bodies of test functions out of a text, of all functions where the file is test code; `None` where there
/// are none.
pub(crate) fn elide(text: &str, is_test: bool) -> Option<Elided<'_>> {
    if !is_test && memchr::memmem::find(text.as_bytes(), b"test").is_none() {
        return None;
    }
    let is_code = |token: &Token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
    let mut finder = Finder {
        text,
        tokens: Scanner::new(text).filter(is_code).peekable(),
        depth: 0,
        is_test,
        marked: None,
        item: None,
        head: None,
        last: TokenKind::Punct(b';'),
        bodies: Vec::new(),
        names: Vec::new(),
    };
    finder.run();
    let Finder { bodies, names, .. } = finder;
    (!bodies.is_empty()).then(|| Elided { text: without(text, &bodies), names })
}

/// The text without what lies in the ranges but line ends, and room before what follows on the last line.
fn without(text: &str, ranges: &[(usize, usize)]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for &(start, end) in ranges {
        let (Some(kept), Some(gone)) = (text.get(at..start), text.get(start..end)) else { continue };
        rest.push_str(kept);
        let lines = memchr::memchr_iter(b'\n', gone.as_bytes()).count();
        rest.extend(std::iter::repeat_n('\n', lines));
        let last = gone.rfind('\n').map_or(gone, |newline| gone.get(newline + 1..).unwrap_or(""));
        rest.extend(last.chars().map(|_| ' '));
        at = end;
    }
    rest.push_str(text.get(at..).unwrap_or(""));
    rest
}

struct Finder<'t, I: Iterator<Item = Token>> {
    text: &'t str,
    tokens: Peekable<I>,
    /// Open delimiters.
    depth: usize,
    is_test: bool,
    /// The depth of an attribute that makes what follows a test.
    marked: Option<usize>,
    /// The depth of the test item around.
    item: Option<usize>,
    /// The depth of a function whose body is awaited.
    head: Option<usize>,
    last: TokenKind,
    bodies: Vec<(usize, usize)>,
    names: Vec<&'t str>,
}

impl<'t, I: Iterator<Item = Token>> Finder<'t, I> {
    fn run(&mut self) {
        while let Some(token) = self.tokens.next() {
            match token.kind {
                TokenKind::Punct(b'#') => self.attribute(),
                TokenKind::Ident => self.word(token),
                TokenKind::Open(open) => self.open(token, open),
                TokenKind::Close(close) => self.close(close),
                TokenKind::Punct(ch) => self.punct(ch),
                TokenKind::Literal | TokenKind::Lifetime | TokenKind::LineComment | TokenKind::BlockComment => {}
            }
            self.last = token.kind;
        }
    }

    fn text(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// An attribute behind its `#`.
    fn attribute(&mut self) {
        let is_inner = self.tokens.next_if(|token| token.kind == TokenKind::Punct(b'!')).is_some();
        let Some(open) = self.tokens.next_if(|token| token.kind == TokenKind::Open(b'[')) else { return };
        let mut depth = 1usize;
        let close = self.tokens.find(|token| {
            match token.kind {
                TokenKind::Open(_) => depth += 1,
                TokenKind::Close(_) => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let end = close.map_or(open.end, |close| close.start);
        if !is_inner && self.item.is_none() && !self.is_test && is_test_attribute(self.text(open.end, end)) {
            self.marked = Some(self.depth);
        }
    }

    fn word(&mut self, token: Token) {
        let word = self.text(token.start, token.end);
        if self.marked == Some(self.depth) {
            match word {
                "pub" | "unsafe" | "async" | "const" | "extern" | "default" => {}
                "mod" | "fn" | "impl" | "trait" => (self.marked, self.item) = (None, Some(self.depth)),
                _ => self.marked = None,
            }
        }
        let is_named = |next: &Token| next.kind == TokenKind::Ident;
        if word == "fn" && (self.is_test || self.item.is_some()) && self.tokens.peek().is_some_and(is_named) {
            self.head = Some(self.depth);
        }
    }

    fn open(&mut self, token: Token, open: u8) {
        if self.marked == Some(self.depth) && open != b'(' {
            self.marked = None;
        }
        // `{` behind these is the constant of a generic argument.
        let is_constant = matches!(self.last, TokenKind::Punct(b'<' | b',' | b'='));
        if open == b'{' && self.head == Some(self.depth) && !is_constant {
            self.head = None;
            self.body(token.end);
            self.end_item();
            return;
        }
        self.depth += 1;
    }

    /// A body behind its `{`, up to and with its `}`.
    fn body(&mut self, start: usize) {
        let mut depth = 1usize;
        let mut is_declared = false;
        while let Some(token) = self.tokens.next() {
            match token.kind {
                TokenKind::Open(_) => depth += 1,
                TokenKind::Close(_) => depth -= 1,
                TokenKind::Ident => {
                    let word = self.text(token.start, token.end);
                    if !std::mem::replace(&mut is_declared, word == "fn") && self.is_mention(token) {
                        self.names.push(word.strip_prefix("r#").unwrap_or(word));
                    }
                }
                _ => {}
            }
            if depth == 0 {
                self.bodies.push((start, token.start));
                return;
            }
        }
    }

    /// Whether a name is called, or is the end of a path.
    fn is_mention(&self, name: Token) -> bool {
        let behind = self.text(name.end, self.text.len()).trim_start();
        let before = self.text(0, name.start).trim_end();
        behind.starts_with('(') || behind.starts_with("::<") || (before.ends_with("::") && !behind.starts_with("::"))
    }

    fn close(&mut self, close: u8) {
        self.depth = self.depth.saturating_sub(1);
        let is_left = |at: &mut usize| *at > self.depth;
        self.marked.take_if(is_left);
        self.head.take_if(is_left);
        self.item.take_if(is_left);
        if close == b'}' {
            self.end_item();
        }
    }

    /// Behind a `}`, or a `;`.
    fn end_item(&mut self) {
        self.item.take_if(|at| *at == self.depth);
    }

    fn punct(&mut self, ch: u8) {
        self.marked.take_if(|at| *at == self.depth);
        if ch == b';' {
            self.head.take_if(|at| *at == self.depth);
            self.end_item();
        }
    }
}

/// Whether an attribute surely makes its item test code; it may miss rarer forms of saying so.
fn is_test_attribute(attribute: &str) -> bool {
    let mut words = attribute.trim_start();
    if let Some(predicate) = argument(words, "cfg") {
        words = predicate.trim_start();
        words = argument(words, "all").map_or(words, str::trim_start);
        return words.strip_prefix("test").is_some_and(|rest| rest.trim_start().starts_with([')', ',']));
    }
    let path = words.split(['(', '=', '[', '{']).next().unwrap_or("").trim_end();
    TEST_ATTRIBUTES.contains(&path.rsplit("::").next().unwrap_or(path).trim_start())
}

/// What stands behind `name(`.
fn argument<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix(name)?.trim_start().strip_prefix('(')
}

#[cfg(test)]
mod tests {
    use super::elide;

    fn without(text: &str) -> String {
        elide(text, false).map_or_else(|| text.to_owned(), |elided| elided.text)
    }

    #[test]
    fn bodies_of_test_items_are_taken_out_and_others_kept() {
        let text = "fn a() { b() }\n#[cfg(test)]\nmod tests {\n    use x;\n    #[test]\n    fn c() {\n        d();\n    }\n}\nfn e() { f() }\n";
        let rest = "fn a() { b() }\n#[cfg(test)]\nmod tests {\n    use x;\n    #[test]\n    fn c() {\n\n    }\n}\nfn e() { f() }\n";
        assert_eq!(without(text), rest);
        let text = "#[tokio::test(flavor = \"x\")]\npub(crate) async fn a<const N: usize>(x: [u8; { 3 }]) -> B<{ 1 }> { c() }\nfn d() { e() }";
        let rest = "#[tokio::test(flavor = \"x\")]\npub(crate) async fn a<const N: usize>(x: [u8; { 3 }]) -> B<{ 1 }> {     }\nfn d() { e() }";
        assert_eq!(without(text), rest);
    }

    #[test]
    fn what_is_no_test_stays() {
        for text in [
            "#[cfg(not(test))] fn a() { b() }",
            "#[cfg(any(test, feature = \"x\"))] mod a { fn b() { c() } }",
            "#[cfg(test)] use a; fn b() { c() }",
            "#[cfg(test)] mod tests; fn b() { c() }",
            "struct A { #[cfg(test)] a: B, c: D } impl A { fn e() { f() } }",
            "#[attest] fn a() { b() }",
            "#[cfg(testing)] fn a() { b() }",
            "fn a() { match b { #[cfg(test)] C => d(), E => { fn f() { g() } } } }",
            "#[cfg(test)] const A: fn(B) = c; fn d() { e() }",
        ] {
            assert_eq!(without(text), text);
        }
    }

    #[test]
    fn a_file_of_tests_keeps_items_and_names() {
        let text = "mod x;\nfn a() -> fn() { b::c(d); e.f::<G>(h); let k = l::m; fn n() {} p!(q()) }\ntrait T { fn r(); fn s() { t() } }";
        let elided = elide(text, true).expect("bodies");
        assert_eq!(elided.names, ["c", "f", "m", "q", "t"]);
        assert!(elided.text.starts_with("mod x;\nfn a() -> fn() {      "), "{}", elided.text);
        assert!(elided.text.ends_with("}\ntrait T { fn r(); fn s() {     } }"), "{}", elided.text);
        assert_eq!(elided.text.chars().count(), text.chars().count());
    }

    #[test]
    fn unfinished_text_is_left_alone() {
        for text in ["#[test] fn a() { b(", "#[test", "#[test] fn", "}}} #[test] fn a", "#["] {
            assert_eq!(without(text), text);
        }
    }
}
