//! Matching the tokens of a macro call against a rule.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Block, Expr, Ident, Item, Lifetime, Lit, Pat, Token, Type, Visibility};

use super::rules::{Leaf, Matcher};

/// What the variables of a rule stand for.
pub(crate) type Bindings = BTreeMap<Box<str>, Binding>;

/// What one variable stands for.
#[derive(Clone, Debug)]
pub(crate) enum Binding {
    /// The tokens of a fragment, and which kind of fragment it is.
    Tokens(TokenStream, Box<str>),
    /// One binding for each repetition.
    Sequence(Vec<Binding>),
}

/// Matches all of `tokens`.
pub(crate) fn match_rule(matcher: &[Matcher], tokens: TokenStream) -> Option<Bindings> {
    let matching = |input: ParseStream<'_>| {
        let mut bindings = Bindings::new();
        let matched = match_parts(matcher, input, &mut bindings);
        // The parser insists that everything is consumed; a failed match leaves tokens behind.
        if matched.is_err() { Err(input.error("no match")) } else { Ok(bindings) }
    };
    matching.parse2(tokens).ok()
}

fn match_parts(parts: &[Matcher], input: ParseStream<'_>, bindings: &mut Bindings) -> syn::Result<()> {
    for part in parts {
        match part {
            Matcher::Leaf(leaf) => match_leaf(leaf, input)?,
            Matcher::Group(delimiter, inner) => match_group(*delimiter, inner, input, bindings)?,
            Matcher::Fragment { name, kind } => {
                let tokens = fragment(kind, input)?;
                bindings.insert(name.clone(), Binding::Tokens(tokens, kind.clone()));
            }
            Matcher::Repeat { inner, separator, min, max } => {
                match_repeat(inner, separator, *min..=*max, input, bindings)?;
            }
        }
    }
    Ok(())
}

fn match_leaf(leaf: &Leaf, input: ParseStream<'_>) -> syn::Result<()> {
    let matches = match (leaf, input.fork().parse::<TokenTree>()?) {
        (Leaf::Ident(text), TokenTree::Ident(ident)) => ident == **text,
        (Leaf::Punct(text, _), TokenTree::Punct(punct)) => punct.as_char() == *text,
        (Leaf::Literal(text), TokenTree::Literal(literal)) => literal.to_string() == **text,
        _ => false,
    };
    if !matches {
        return Err(input.error("another token"));
    }
    input.parse::<TokenTree>().map(drop)
}

fn match_group(
    delimiter: Delimiter,
    inner: &[Matcher],
    input: ParseStream<'_>,
    bindings: &mut Bindings,
) -> syn::Result<()> {
    let content;
    match delimiter {
        Delimiter::Parenthesis => {
            syn::parenthesized!(content in input);
        }
        Delimiter::Brace => {
            syn::braced!(content in input);
        }
        Delimiter::Bracket => {
            syn::bracketed!(content in input);
        }
        Delimiter::None => return Err(input.error("a group without delimiters")),
    }
    match_parts(inner, &content, bindings)?;
    if content.is_empty() { Ok(()) } else { Err(content.error("more tokens")) }
}

fn match_repeat(
    inner: &[Matcher],
    separator: &[Leaf],
    times: std::ops::RangeInclusive<usize>,
    input: ParseStream<'_>,
    bindings: &mut Bindings,
) -> syn::Result<()> {
    let mut rounds: Vec<Bindings> = Vec::new();
    while rounds.len() < *times.end() && !input.is_empty() {
        let ahead = input.fork();
        if !rounds.is_empty() && separator.iter().any(|leaf| match_leaf(leaf, &ahead).is_err()) {
            break;
        }
        let mut round = Bindings::new();
        if match_parts(inner, &ahead, &mut round).is_err() || ahead.cursor() == input.cursor() {
            break;
        }
        input.advance_to(&ahead);
        rounds.push(round);
    }
    if rounds.len() < *times.start() {
        return Err(input.error("too few repetitions"));
    }
    let mut names = Vec::new();
    variables(inner, &mut names);
    for name in names {
        let sequence = rounds.iter_mut().filter_map(|round| round.remove(&name)).collect();
        bindings.insert(name, Binding::Sequence(sequence));
    }
    Ok(())
}

fn variables(parts: &[Matcher], into: &mut Vec<Box<str>>) {
    for part in parts {
        match part {
            Matcher::Leaf(_) => {}
            Matcher::Fragment { name, .. } => into.push(name.clone()),
            Matcher::Group(_, inner) | Matcher::Repeat { inner, .. } => variables(inner, into),
        }
    }
}

/// The tokens of one fragment.
fn fragment(kind: &str, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    // Most fragments need a token; only `vis` may be empty.
    if input.is_empty() && kind != "vis" {
        return Err(input.error("a fragment"));
    }
    let ahead = input.fork();
    match kind {
        "ident" => {
            ahead.call(Ident::parse_any)?;
        }
        "expr" | "expr_2021" => {
            if ahead.peek(Token![let]) {
                return Err(ahead.error("a statement"));
            }
            ahead.parse::<Expr>()?;
        }
        "ty" => {
            ahead.parse::<Type>()?;
        }
        "path" => {
            ahead.parse::<syn::TypePath>()?;
        }
        "pat" => {
            Pat::parse_multi_with_leading_vert(&ahead)?;
        }
        "pat_param" => {
            Pat::parse_single(&ahead)?;
        }
        "stmt" => skip_statement(&ahead)?,
        "block" => {
            ahead.parse::<Block>()?;
        }
        "item" => {
            ahead.parse::<Item>()?;
        }
        "literal" => {
            ahead.parse::<Option<Token![-]>>()?;
            ahead.parse::<Lit>()?;
        }
        "lifetime" => {
            ahead.parse::<Lifetime>()?;
        }
        "meta" => {
            ahead.parse::<syn::Meta>()?;
        }
        "vis" => {
            ahead.parse::<Visibility>()?;
        }
        "tt" => skip_token_tree(&ahead)?,
        _ => return Err(ahead.error("an unknown kind of fragment")),
    }
    take_until(input, &ahead)
}

/// Moves `input` on to where `ahead` is, and returns the tokens passed.
fn take_until(input: ParseStream<'_>, ahead: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while input.cursor() != ahead.cursor() {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// A statement without its `;`.
fn skip_statement(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![let]) {
        while !input.is_empty() && !input.peek(Token![;]) {
            input.parse::<TokenTree>()?;
        }
        return Ok(());
    }
    let ahead = input.fork();
    if ahead.parse::<Item>().is_ok() {
        input.advance_to(&ahead);
        return Ok(());
    }
    input.parse::<Expr>().map(drop)
}

/// One token tree: a lifetime and an operator of several characters are one.
fn skip_token_tree(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Lifetime) {
        return input.parse::<Lifetime>().map(drop);
    }
    let TokenTree::Punct(first) = input.parse::<TokenTree>()? else { return Ok(()) };
    let mut operator = String::from(first.as_char());
    let mut spacing = first.spacing();
    while spacing == Spacing::Joint && operator.len() < 3 {
        let ahead = input.fork();
        let Ok(TokenTree::Punct(next)) = ahead.parse::<TokenTree>() else { break };
        operator.push(next.as_char());
        if !OPERATORS.contains(&operator.as_str()) {
            break;
        }
        spacing = next.spacing();
        input.advance_to(&ahead);
    }
    Ok(())
}

const OPERATORS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "->", "=>", "::", "..", "...", "..=", "+=", "-=", "*=", "/=", "%=", "^=", "&=",
    "|=", "<<", ">>", "<<=", ">>=", "<-",
];
