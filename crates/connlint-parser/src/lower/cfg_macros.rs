//! The syntax of `cfg_if!` and of std's `cfg_select!`: sides of which a build has one.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One side.
pub(crate) struct CfgSide {
    /// The predicate; none for `else` and `_`.
    pub(crate) predicate: Option<TokenStream>,
    /// What is between its braces, or its expression.
    pub(crate) content: TokenStream,
}

/// The sides of the macro of that name; `None` for another macro or where they have another form.
pub(crate) fn cfg_sides(name: &str, tokens: &TokenStream) -> Option<Vec<CfgSide>> {
    match name {
        "cfg_if" => cfg_if_sides(tokens),
        "cfg_select" => cfg_select_sides(tokens),
        _ => None,
    }
}

/// `if #[cfg(…)] { … } else if #[cfg(…)] { … } else { … }`.
fn cfg_if_sides(tokens: &TokenStream) -> Option<Vec<CfgSide>> {
    let mut sides = Vec::new();
    let mut predicate = None;
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let list = syn::parse2::<syn::MetaList>(group.stream()).ok()?;
                predicate = Some(list.tokens);
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                sides.push(CfgSide { predicate: predicate.take(), content: group.stream() });
            }
            TokenTree::Ident(word) if word == "if" || word == "else" => {}
            TokenTree::Punct(punct) if punct.as_char() == '#' => {}
            _ => return None,
        }
    }
    Some(sides)
}

/// `predicate => { … }` or `predicate => expression,` repeated, `_` as predicate for the rest.
fn cfg_select_sides(tokens: &TokenStream) -> Option<Vec<CfgSide>> {
    let mut sides = Vec::new();
    let mut tokens = tokens.clone().into_iter().peekable();
    while tokens.peek().is_some() {
        let mut predicate = Vec::new();
        loop {
            match tokens.next()? {
                TokenTree::Punct(punct) if punct.as_char() == '=' && tokens.next_if(|next| is(next, '>')).is_some() => {
                    break;
                }
                token => predicate.push(token),
            }
        }
        let is_rest = matches!(predicate.as_slice(), [TokenTree::Ident(word)] if word == "_");
        let predicate = (!is_rest).then(|| predicate.into_iter().collect());
        let content = match tokens.next()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => group.stream(),
            first => {
                let rest = std::iter::from_fn(|| tokens.next_if(|token| !is(token, ',')));
                std::iter::once(first).chain(rest).collect()
            }
        };
        tokens.next_if(|token| is(token, ','));
        sides.push(CfgSide { predicate, content });
    }
    Some(sides)
}

fn is(token: &TokenTree, ch: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ch)
}
