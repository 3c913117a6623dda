//! `paste!`: names put together out of pieces.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// The tokens with each `[<a b>]` as the name that it stands for. What has another form is left alone.
pub(crate) fn pasted(tokens: TokenStream) -> TokenStream {
    let paste = |token| match token {
        TokenTree::Group(group) => name_of(&group).map_or_else(|| TokenTree::Group(inside(&group)), TokenTree::Ident),
        token => token,
    };
    tokens.into_iter().map(paste).collect()
}

fn inside(group: &Group) -> Group {
    let mut inner = Group::new(group.delimiter(), pasted(group.stream()));
    inner.set_span(group.span());
    inner
}

/// `[<a b:camel "c">]` as a name.
fn name_of(group: &Group) -> Option<Ident> {
    if group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let mut tokens = flat(group.stream()).into_iter();
    if !is_punct(&tokens.next()?, '<') || !is_punct(&tokens.next_back()?, '>') {
        return None;
    }
    let mut pieces: Vec<String> = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => pieces.push(ident.to_string().trim_start_matches("r#").to_owned()),
            TokenTree::Literal(literal) => pieces.push(literal.to_string().trim_matches(['"', '\'']).to_owned()),
            TokenTree::Punct(colon) if colon.as_char() == ':' => {
                let TokenTree::Ident(modifier) = tokens.next()? else { return None };
                let piece = pieces.last_mut()?;
                *piece = modified(piece, &modifier.to_string())?;
            }
            _ => return None,
        }
    }
    let name = pieces.concat();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|ch| ch.is_ascii_alphanumeric() || ch == '_');
    is_name.then(|| Ident::new(&name, group.span()))
}

/// The tokens without the invisible groups that expansions put around fragments.
fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let open = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => group.stream().into_iter().collect(),
        token => vec![token],
    };
    tokens.into_iter().flat_map(open).collect()
}

fn is_punct(token: &TokenTree, ch: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ch)
}

fn modified(piece: &str, modifier: &str) -> Option<String> {
    Some(match modifier {
        "lower" => piece.to_lowercase(),
        "upper" => piece.to_uppercase(),
        "snake" => snake(piece),
        "camel" => piece.split('_').map(capitalised).collect(),
        _ => return None,
    })
}

fn snake(piece: &str) -> String {
    let mut name = String::with_capacity(piece.len() + 4);
    let mut last = '_';
    for ch in piece.chars() {
        if ch.is_uppercase() && last != '_' && !last.is_uppercase() {
            name.push('_');
        }
        name.extend(ch.to_lowercase());
        last = ch;
    }
    name
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    // Of `FOO` paste makes `Foo`, of `fooBar` `FooBar`.
    let lower = word.chars().all(|ch| !ch.is_lowercase());
    let rest =
        |chars: std::str::Chars<'_>| if lower { chars.as_str().to_lowercase() } else { chars.as_str().to_owned() };
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest(chars).chars()).collect())
}

#[cfg(test)]
mod tests {
    use super::pasted;

    #[test]
    fn names_are_put_together_with_modifiers() {
        let tokens = "fn [<get_ Name:snake _by_ \"id\">]() { [<A b_c:camel D:upper>]::new([1, 2], [<x: y>]) }";
        let tokens = pasted(tokens.parse().unwrap_or_default()).to_string();
        assert_eq!(tokens, "fn get_name_by_id () { ABCD :: new ([1 , 2] , [< x : y >]) }");
    }
}
