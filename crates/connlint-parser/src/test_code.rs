//! Test code whose bodies need not be read: where they are, inferred from tokens, and what they call.
//!
//! Bodies are taken out of the text before it is parsed. Items, signatures and everything outside functions stay, so that
//! module trees and types are the same as ever.

use crate::lower::TEST_ATTRIBUTES;
use crate::prescan::{ByteRange, Prescan, Prescanner};
use crate::scan::{Scanner, Token, TokenKind};

/// A text with test functions.
#[derive(Debug)]
pub(crate) struct Tests<'t> {
    /// What lies between the braces of their bodies, in order.
    pub(crate) bodies: Vec<ByteRange>,
    /// Names that the bodies call or take by path, as often as they do.
    pub(crate) names: Vec<&'t str>,
    /// What the text shows without the bodies.
    pub(crate) prescan: Prescan,
}

/// Whether a text may hold test functions.
pub(crate) fn may_have_tests(text: &str, is_test: bool) -> bool {
    is_test || memchr::memmem::find(text.as_bytes(), b"test").is_some()
}

/// Finds the bodies of test functions behind an offset of a text, those of all functions where the file is test code, and
/// looks over the rest. `None` where a body has no end.
pub(crate) fn find_tests(text: &str, from: usize, is_test: bool, max_nesting: usize) -> Option<Tests<'_>> {
    let mut finder = Finder {
        text,
        tokens: Scanner::from(text, from),
        scanner: Prescanner::new(text, max_nesting),
        depth: 0,
        is_test,
        marked: None,
        item: None,
        head: None,
        is_declared: false,
        last: TokenKind::Punct(b';'),
        bodies: Vec::new(),
        names: Vec::new(),
    };
    finder.run()?;
    let Finder { bodies, names, scanner, .. } = finder;
    Some(Tests { bodies, names, prescan: scanner.finish() })
}

struct Finder<'t> {
    text: &'t str,
    tokens: Scanner<'t>,
    scanner: Prescanner<'t>,
    /// Open delimiters.
    depth: usize,
    is_test: bool,
    /// The depth of an attribute that makes what follows a test.
    marked: Option<usize>,
    /// The depth of the test item around.
    item: Option<usize>,
    /// The depth of a function whose body is awaited.
    head: Option<usize>,
    /// Whether the last token was the `fn` of a test.
    is_declared: bool,
    last: TokenKind,
    bodies: Vec<ByteRange>,
    names: Vec<&'t str>,
}

impl<'t> Finder<'t> {
    fn run(&mut self) -> Option<()> {
        let mut ahead = self.next();
        while let Some(token) = ahead.take() {
            let is_declared = std::mem::take(&mut self.is_declared);
            match token.kind {
                TokenKind::Punct(b'#') => ahead = self.attribute(),
                TokenKind::Ident => self.word(token, is_declared),
                TokenKind::Open(open) => self.open(token, open)?,
                TokenKind::Close(close) => self.close(close),
                TokenKind::Punct(ch) => self.punct(ch),
                TokenKind::Literal | TokenKind::Lifetime | TokenKind::LineComment | TokenKind::BlockComment => {}
            }
            self.last = token.kind;
            ahead = ahead.or_else(|| self.next());
        }
        Some(())
    }

    /// The next token that is no comment.
    fn next(&mut self) -> Option<Token> {
        loop {
            let token = self.tokens.next()?;
            self.scanner.feed(token);
            if !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment) {
                return Some(token);
            }
        }
    }

    fn text(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// An attribute behind its `#`. Where there is none, the token that is there.
    fn attribute(&mut self) -> Option<Token> {
        let mut open = self.next()?;
        let is_inner = open.kind == TokenKind::Punct(b'!');
        if is_inner {
            open = self.next()?;
        }
        if open.kind != TokenKind::Open(b'[') {
            return Some(open);
        }
        let mut depth = 1usize;
        let mut end = open.end;
        while let Some(token) = self.next() {
            match token.kind {
                TokenKind::Open(_) => depth += 1,
                TokenKind::Close(_) => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = token.start;
                break;
            }
        }
        if !is_inner && self.item.is_none() && !self.is_test && is_test_attribute(self.text(open.end, end)) {
            self.marked = Some(self.depth);
        }
        None
    }

    fn word(&mut self, token: Token, is_declared: bool) {
        if is_declared {
            self.head = Some(self.depth);
        }
        let is_wanted = self.is_test || self.item.is_some();
        if !is_wanted && self.marked != Some(self.depth) {
            return;
        }
        let word = self.text(token.start, token.end);
        if self.marked == Some(self.depth) {
            match word {
                "pub" | "unsafe" | "async" | "const" | "extern" | "default" => {}
                "mod" | "fn" | "impl" | "trait" => (self.marked, self.item) = (None, Some(self.depth)),
                _ => self.marked = None,
            }
        }
        self.is_declared = word == "fn" && (self.is_test || self.item.is_some());
    }

    fn open(&mut self, token: Token, open: u8) -> Option<()> {
        if self.marked == Some(self.depth) && open != b'(' {
            self.marked = None;
        }
        // `{` behind these is the constant of a generic argument.
        let is_constant = matches!(self.last, TokenKind::Punct(b'<' | b',' | b'='));
        if open == b'{' && self.head == Some(self.depth) && !is_constant {
            self.head = None;
            self.body(token.end)?;
            self.end_item();
            return Some(());
        }
        self.depth += 1;
        Some(())
    }

    /// A body behind its `{`, up to and with its `}`.
    fn body(&mut self, start: usize) -> Option<()> {
        let mut depth = 1usize;
        let mut is_declared = false;
        loop {
            // Hidden from the scanner, because syn is not given it.
            let token = self.tokens.next()?;
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
                self.scanner.feed(token);
                return Some(());
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

/// What follows `name(`.
fn argument<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix(name)?.trim_start().strip_prefix('(')
}

#[cfg(test)]
mod tests {
    use super::{Tests, find_tests};
    use crate::preprocess::without;

    fn elide(text: &str, is_test: bool) -> (String, Vec<&str>) {
        let Some(Tests { bodies, names, .. }) = find_tests(text, 0, is_test, 256) else {
            return (text.to_owned(), Vec::new());
        };
        (without(text, 0, &bodies, &[]).into_owned(), names)
    }

    fn without_tests(text: &str) -> String {
        elide(text, false).0
    }

    #[test]
    fn bodies_of_test_items_are_taken_out_and_others_kept() {
        let text = "fn a() { b() }\n#[cfg(test)]\nmod tests {\n    use x;\n    #[test]\n    fn c() {\n        d();\n    }\n}\nfn e() { f() }\n";
        let rest = "fn a() { b() }\n#[cfg(test)]\nmod tests {\n    use x;\n    #[test]\n    fn c() {\n\n    }\n}\nfn e() { f() }\n";
        assert_eq!(without_tests(text), rest);
        let text = "#[tokio::test(flavor = \"x\")]\npub(crate) async fn a<const N: usize>(x: [u8; { 3 }]) -> B<{ 1 }> { c() }\nfn d() { e() }";
        let rest = "#[tokio::test(flavor = \"x\")]\npub(crate) async fn a<const N: usize>(x: [u8; { 3 }]) -> B<{ 1 }> {     }\nfn d() { e() }";
        assert_eq!(without_tests(text), rest);
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
            assert_eq!(without_tests(text), text);
        }
    }

    #[test]
    fn a_file_of_tests_keeps_items_and_names() {
        let text = "mod x;\nfn a() -> fn() { b::c(d); e.f::<G>(h); let k = l::m; fn n() {} p!(q()) }\ntrait T { fn r(); fn s() { t() } }";
        let (rest, names) = elide(text, true);
        assert_eq!(names, ["c", "f", "m", "q", "t"]);
        assert!(rest.starts_with("mod x;\nfn a() -> fn() {      "), "{}", rest);
        assert!(rest.ends_with("}\ntrait T { fn r(); fn s() {     } }"), "{}", rest);
        assert_eq!(rest.chars().count(), text.chars().count());
    }

    #[test]
    fn unfinished_text_is_left_alone() {
        for text in ["#[test] fn a() { b(", "#[test", "#[test] fn", "}}} #[test] fn a", "#["] {
            assert_eq!(without_tests(text), text);
        }
    }
}
