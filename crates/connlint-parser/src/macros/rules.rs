//! `macro_rules!` definitions as plain data.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One rule: what it matches and what it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) matcher: Vec<Matcher>,
    pub(crate) body: Vec<Piece>,
}

/// One token that is no group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    Ident(Box<str>),
    Punct(char, bool),
    Literal(Box<str>),
}

/// A part of a matcher.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    Leaf(Leaf),
    Group(Delimiter, Vec<Matcher>),
    /// `$name:kind`
    Fragment {
        name: Box<str>,
        kind: Box<str>,
    },
    /// `$( … ) separator op`
    Repeat {
        inner: Vec<Matcher>,
        separator: Vec<Leaf>,
        min: usize,
        max: usize,
    },
}

/// A part of what a rule stands for.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Leaf(Leaf),
    Group(Delimiter, Vec<Piece>),
    /// `$name`
    Variable(Box<str>),
    /// `$crate`
    Crate,
    /// `$( … ) separator op`
    Repeat {
        inner: Vec<Piece>,
        separator: Vec<Leaf>,
    },
}

/// The rules of a definition: `matcher => body;` repeated. `None` where it has another form or an unstable one.
pub(crate) fn parse_rules(tokens: TokenStream) -> Option<Vec<Rule>> {
    let mut rules = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let TokenTree::Group(matcher) = token else { return None };
        for expected in ['=', '>'] {
            if !matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == expected) {
                return None;
            }
        }
        let Some(TokenTree::Group(body)) = tokens.next() else { return None };
        rules.push(Rule { matcher: parse_matcher(matcher.stream(), 0)?, body: parse_body(body.stream(), 0)? });
        match tokens.next() {
            Some(TokenTree::Punct(semi)) if semi.as_char() == ';' => {}
            None => break,
            Some(_) => return None,
        }
    }
    Some(rules)
}

/// Deepest nesting of a definition that is read.
const MAX_DEPTH: usize = 128;

fn parse_matcher(tokens: TokenStream, depth: usize) -> Option<Vec<Matcher>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut parts = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let part = match token {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match tokens.next()? {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                    let (separator, op) = repetition(&mut tokens)?;
                    let (min, max) = match op {
                        '*' => (0, usize::MAX),
                        '+' => (1, usize::MAX),
                        _ => (0, 1),
                    };
                    Matcher::Repeat { inner: parse_matcher(group.stream(), depth + 1)?, separator, min, max }
                }
                TokenTree::Ident(name) => {
                    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ':');
                    tokens.next_if(is_colon)?;
                    let TokenTree::Ident(kind) = tokens.next()? else { return None };
                    Matcher::Fragment { name: unraw(&name).into(), kind: kind.to_string().into() }
                }
                _ => return None,
            },
            TokenTree::Group(group) => Matcher::Group(group.delimiter(), parse_matcher(group.stream(), depth + 1)?),
            token => Matcher::Leaf(leaf(&token)?),
        };
        parts.push(part);
    }
    Some(parts)
}

fn parse_body(tokens: TokenStream, depth: usize) -> Option<Vec<Piece>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut pieces = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let piece = match token {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match tokens.next() {
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                    let (separator, _) = repetition(&mut tokens)?;
                    Piece::Repeat { inner: parse_body(group.stream(), depth + 1)?, separator }
                }
                Some(TokenTree::Ident(name)) if name == "crate" => Piece::Crate,
                Some(TokenTree::Ident(name)) => Piece::Variable(unraw(&name).into()),
                // `${count(…)}` and `$$` are unstable.
                _ => return None,
            },
            TokenTree::Group(group) => Piece::Group(group.delimiter(), parse_body(group.stream(), depth + 1)?),
            token => Piece::Leaf(leaf(&token)?),
        };
        pieces.push(piece);
    }
    Some(pieces)
}

/// The separator and operator behind `$( … )`.
fn repetition(tokens: &mut impl Iterator<Item = TokenTree>) -> Option<(Vec<Leaf>, char)> {
    let mut separator = Vec::new();
    let mut pending = tokens.next()?;
    loop {
        if let TokenTree::Punct(punct) = &pending
            && matches!(punct.as_char(), '*' | '+' | '?')
            && separator.len() < 3
        {
            return Some((separator, punct.as_char()));
        }
        if separator.len() == 2 {
            return None;
        }
        separator.push(leaf(&pending)?);
        pending = tokens.next()?;
    }
}

fn leaf(token: &TokenTree) -> Option<Leaf> {
    match token {
        TokenTree::Ident(ident) => Some(Leaf::Ident(ident.to_string().into())),
        TokenTree::Punct(punct) => Some(Leaf::Punct(punct.as_char(), punct.spacing() == proc_macro2::Spacing::Joint)),
        TokenTree::Literal(literal) => Some(Leaf::Literal(literal.to_string().into())),
        TokenTree::Group(_) => None,
    }
}

fn unraw(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
