//! What can be read of a file that is not Rust as a whole.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Item};

use crate::old_editions::{with_named_params, with_raw_names};

/// A file's or module's items, as far as they parse.
#[derive(Default)]
pub(crate) struct Recovered {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
    /// What does not parse: its first and last token, and why.
    pub(crate) lost: Vec<Lost>,
}

/// An item that does not parse.
pub(crate) struct Lost {
    pub(crate) first: Span,
    pub(crate) last: Span,
    pub(crate) error: syn::Error,
}

/// Words that begin items.
pub(crate) const ITEM_WORDS: [&str; 17] = [
    "pub",
    "fn",
    "struct",
    "enum",
    "union",
    "impl",
    "trait",
    "mod",
    "use",
    "type",
    "const",
    "static",
    "unsafe",
    "extern",
    "async",
    "macro_rules",
    "macro",
];

/// Deepest nesting of modules and implementations that are recovered inside.
const MAX_DEPTH: usize = 32;

/// Reads the items of a file one by one.
pub(crate) fn recover_items(tokens: TokenStream) -> Recovered {
    let mut recovered = Recovered::default();
    let parsed = (|input: ParseStream<'_>| {
        recovered.attrs = input.call(Attribute::parse_inner).unwrap_or_default();
        each(input, &mut recovered.lost, 0, &mut recovered.items);
        Ok(())
    })
    .parse2(tokens);
    // The parser above consumes everything.
    drop(parsed);
    recovered
}

/// An item that may be parsed alone, and repaired inside.
trait Repair: Parse {
    fn repair(tokens: Vec<TokenTree>, lost: &mut Vec<Lost>, depth: usize) -> syn::Result<Self>;
}

impl Repair for Item {
    fn repair(tokens: Vec<TokenTree>, lost: &mut Vec<Lost>, depth: usize) -> syn::Result<Self> {
        let whole: TokenStream = tokens.iter().cloned().collect();
        let error = match syn::parse2::<Self>(whole) {
            Ok(item) => return Ok(item),
            Err(error) => error,
        };
        let tokens = with_raw_names(without_impl_visibility(tokens));
        if let Ok(item) = syn::parse2::<Self>(tokens.iter().cloned().collect()) {
            return Ok(item);
        }
        if depth < MAX_DEPTH { container(tokens, lost, depth).ok_or(error) } else { Err(error) }
    }
}

impl Repair for syn::ImplItem {
    fn repair(tokens: Vec<TokenTree>, _: &mut Vec<Lost>, _: usize) -> syn::Result<Self> {
        syn::parse2(with_raw_names(tokens).into_iter().collect())
    }
}

impl Repair for syn::TraitItem {
    fn repair(tokens: Vec<TokenTree>, _: &mut Vec<Lost>, _: usize) -> syn::Result<Self> {
        syn::parse2(with_named_params(with_raw_names(tokens)).into_iter().collect())
    }
}

/// Parses items until the end; those that fail are cut out and repaired if they can be.
fn each<T: Repair>(input: ParseStream<'_>, lost: &mut Vec<Lost>, depth: usize, into: &mut Vec<T>) {
    while !input.is_empty() {
        let ahead = input.fork();
        if let Ok(item) = ahead.parse::<T>() {
            input.advance_to(&ahead);
            into.push(item);
            continue;
        }
        let chunk = take_chunk(input);
        let (Some(first), Some(last)) = (chunk.first().map(TokenTree::span), chunk.last().map(TokenTree::span)) else {
            break;
        };
        match T::repair(chunk, lost, depth) {
            Ok(item) => into.push(item),
            Err(error) => lost.push(Lost { first, last, error }),
        }
    }
}

/// The tokens of what looks like one item: up to its `;` or `{ … }`, or to where another one begins in its column.
fn take_chunk(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut chunk: Vec<TokenTree> = Vec::new();
    let mut lead = None;
    while let Some((token, _)) = input.cursor().token_tree() {
        let word = match &token {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        };
        let begins = word.as_deref().is_some_and(|word| ITEM_WORDS.contains(&word));
        let begins_attribute = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if (begins || begins_attribute)
            && lead.is_some()
            && chunk.first().is_some_and(|first| {
                let (first, this) = (first.span().start(), token.span().start());
                first.column == this.column && first.line < this.line
            })
        {
            break;
        }
        if begins && (lead.is_none() || lead.as_deref() == Some("pub")) {
            lead = word;
        }
        // Never fails: there is a token.
        if input.parse::<TokenTree>().is_err() {
            break;
        }
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => {
                let to_semicolon = matches!(lead.as_deref(), Some("use" | "static" | "type" | "const"));
                group.delimiter() == Delimiter::Brace && !to_semicolon
            }
            _ => false,
        };
        chunk.push(token);
        if ends {
            break;
        }
    }
    chunk
}

/// `pub impl Foo {}` of easy_ext, without the `pub`.
fn without_impl_visibility(tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let is = |at: usize, word: &str| matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if *ident == word);
    let Some(at) = (0..tokens.len()).find(|&at| is(at, "pub")) else { return tokens };
    let is_group = matches!(tokens.get(at + 1), Some(TokenTree::Group(_)));
    let next = at + 1 + usize::from(is_group);
    if !is(next, "impl") {
        return tokens;
    }
    let mut tokens = tokens;
    tokens.drain(at..next);
    tokens
}

/// A module, implementation or trait whose inner items are parsed one by one.
fn container(mut tokens: Vec<TokenTree>, lost: &mut Vec<Lost>, depth: usize) -> Option<Item> {
    let Some(TokenTree::Group(body)) = tokens.pop() else { return None };
    if body.delimiter() != Delimiter::Brace {
        return None;
    }
    let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
    empty.set_span(body.span());
    tokens.push(TokenTree::Group(empty));
    let mut item = syn::parse2::<Item>(tokens.into_iter().collect()).ok()?;
    let filled = |input: ParseStream<'_>| {
        match &mut item {
            Item::Mod(item) => {
                item.attrs.extend(input.call(Attribute::parse_inner).unwrap_or_default());
                if let Some((_, items)) = &mut item.content {
                    each(input, lost, depth + 1, items);
                }
            }
            Item::Impl(item) => each(input, lost, depth + 1, &mut item.items),
            Item::Trait(item) => each(input, lost, depth + 1, &mut item.items),
            _ => return Err(input.error("no container")),
        }
        Ok(())
    };
    filled.parse2(body.stream()).ok()?;
    Some(item)
}
