//! Items of the editions 2015 and 2018 in the words of today: names that have become keywords since, and parameters of
//! trait methods without a name.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// The tokens with names that are keywords today as raw identifiers.
pub(crate) fn with_raw_names(tokens: impl IntoIterator<Item = TokenTree>) -> Vec<TokenTree> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_name = |at: usize, word: &Ident| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        is_name(word, before, tokens.get(at + 1))
    };
    let raw = |(at, token): (usize, &TokenTree)| match token {
        TokenTree::Ident(word) if is_name(at, word) => Ident::new_raw(&word.to_string(), word.span()).into(),
        TokenTree::Group(group) => with_stream(group, with_raw_names(group.stream())),
        token => token.clone(),
    };
    tokens.iter().enumerate().map(raw).collect()
}

/// Whether a word that is a keyword today is a name in this place.
fn is_name(word: &Ident, before: Option<&TokenTree>, behind: Option<&TokenTree>) -> bool {
    let is_brace = matches!(behind, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace);
    let is_word = matches!(behind, Some(TokenTree::Ident(_)));
    let is_punct = |token: Option<&TokenTree>, any: &[char]| matches!(token, Some(TokenTree::Punct(punct)) if any.contains(&punct.as_char()));
    let declares = matches!(before, Some(TokenTree::Ident(before)) if before == "mod" || before == "fn");
    if word == "async" {
        declares || !(is_brace || is_word || is_punct(behind, &['|']))
    } else if word == "await" {
        !is_punct(before, &['.'])
    } else if word == "dyn" {
        declares || behind.is_none() || is_punct(behind, &['=', ';', ',', '.', '+', '-', '*', '/'])
    } else if word == "try" {
        declares || !is_brace
    } else {
        false
    }
}

/// An item of a trait with `_: T` for each parameter that is a type alone.
pub(crate) fn with_named_params(tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut is_fn = false;
    let mut is_done = false;
    let named = |token: TokenTree| match token {
        TokenTree::Group(group) if is_fn && !is_done && group.delimiter() == Delimiter::Parenthesis => {
            is_done = true;
            with_stream(&group, params(group.stream()))
        }
        token => {
            is_fn |= matches!(&token, TokenTree::Ident(word) if word == "fn");
            token
        }
    };
    tokens.into_iter().map(named).collect()
}

fn params(list: TokenStream) -> Vec<TokenTree> {
    let mut named = Vec::new();
    let mut param: Vec<TokenTree> = Vec::new();
    let mut angles = 0usize;
    let mut last = ' ';
    for token in list {
        let punct = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match punct {
            '<' => angles += 1,
            '>' if last != '-' => angles = angles.saturating_sub(1),
            _ => {}
        }
        last = punct;
        if punct == ',' && angles == 0 {
            named.extend(name(std::mem::take(&mut param)));
            named.push(token);
        } else {
            param.push(token);
        }
    }
    named.extend(name(param));
    named
}

fn name(param: Vec<TokenTree>) -> Vec<TokenTree> {
    let is_colon = |at: usize| matches!(param.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let has_name = (0..param.len()).any(|at| is_colon(at) && !is_colon(at + 1) && !(at > 0 && is_colon(at - 1)));
    let is_receiver = param.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "self"));
    if param.is_empty() || has_name || is_receiver {
        return param;
    }
    let span = param.first().map_or_else(Span::call_site, TokenTree::span);
    let mut colon = Punct::new(':', Spacing::Alone);
    colon.set_span(span);
    let front: [TokenTree; 2] = [Ident::new("_", span).into(), colon.into()];
    front.into_iter().chain(param).collect()
}

fn with_stream(group: &Group, tokens: Vec<TokenTree>) -> TokenTree {
    let mut with = Group::new(group.delimiter(), tokens.into_iter().collect());
    with.set_span(group.span());
    with.into()
}
