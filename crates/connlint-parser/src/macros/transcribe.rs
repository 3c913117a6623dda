//! What a matched rule stands for, as tokens.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::matching::{Binding, Bindings};
use super::rules::{Leaf, Piece};

/// Writes the expansion. Tokens of the definition get `span`, those of the call keep their own. Every token written is
/// taken off `budget`; `None` where it is used up or repetitions do not agree.
pub(crate) fn transcribe(pieces: &[Piece], bindings: &Bindings, span: Span, budget: &mut usize) -> Option<TokenStream> {
    let mut tokens = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        *budget = budget.checked_sub(1)?;
        match piece {
            Piece::Leaf(leaf) => tokens.push(leaf_token(leaf, span)?),
            Piece::Group(delimiter, inner) => {
                let mut group = Group::new(*delimiter, transcribe(inner, bindings, span, budget)?);
                group.set_span(span);
                tokens.push(TokenTree::Group(group));
            }
            Piece::Crate => tokens.push(TokenTree::Ident(Ident::new("crate", span))),
            Piece::Variable(name) => {
                let is_path_head = is_colons(pieces.get(at + 1..at + 3));
                variable(name, bindings, is_path_head, span, budget, &mut tokens)?;
            }
            Piece::Repeat { inner, separator } => {
                for (round, bindings) in rounds(inner, bindings)?.into_iter().enumerate() {
                    if round > 0 {
                        for leaf in separator {
                            tokens.push(leaf_token(leaf, span)?);
                        }
                    }
                    tokens.extend(transcribe(inner, &bindings, span, budget)?);
                }
            }
        }
    }
    Some(tokens.into_iter().collect())
}

fn variable(
    name: &str,
    bindings: &Bindings,
    is_path_head: bool,
    span: Span,
    budget: &mut usize,
    into: &mut Vec<TokenTree>,
) -> Option<()> {
    match bindings.get(name) {
        Some(Binding::Tokens(tokens, kind)) => {
            let tokens: Vec<_> = tokens.clone().into_iter().collect();
            *budget = budget.checked_sub(tokens.len())?;
            match &**kind {
                // An expression is one operand, whatever is around it.
                "expr" | "expr_2021" if tokens.len() > 1 => {
                    into.push(TokenTree::Group(Group::new(Delimiter::None, tokens.into_iter().collect())));
                }
                // `$ty::new()` is a path of the type even where it is `Vec<u8>`.
                "ty" if is_path_head && tokens.len() > 1 => {
                    into.push(punct('<', Spacing::Alone, span));
                    into.extend(tokens);
                    into.push(punct('>', Spacing::Alone, span));
                }
                _ => into.extend(tokens),
            }
            Some(())
        }
        Some(Binding::Sequence(_)) => None,
        // A variable of a macro that the expansion defines.
        None => {
            into.push(punct('$', Spacing::Alone, span));
            into.push(leaf_token(&Leaf::Ident(name.into()), span)?);
            Some(())
        }
    }
}

/// The bindings of each repetition.
fn rounds(inner: &[Piece], bindings: &Bindings) -> Option<Vec<Bindings>> {
    let mut used = Vec::new();
    variables(inner, &mut used);
    let mut count = None;
    for name in &used {
        if let Some(Binding::Sequence(sequence)) = bindings.get(*name) {
            let agreed = *count.get_or_insert(sequence.len());
            if agreed != sequence.len() {
                return None;
            }
        }
    }
    used.retain(|name| bindings.contains_key(*name));
    let round = |at: usize| {
        let mut round = Bindings::new();
        for name in &used {
            let binding = match bindings.get(*name)? {
                Binding::Sequence(sequence) => sequence.get(at)?.clone(),
                single => single.clone(),
            };
            round.insert((*name).into(), binding);
        }
        Some(round)
    };
    (0..count?).map(round).collect()
}

fn variables<'p>(pieces: &'p [Piece], into: &mut Vec<&'p str>) {
    for piece in pieces {
        match piece {
            Piece::Leaf(_) | Piece::Crate => {}
            Piece::Variable(name) => into.push(name),
            Piece::Group(_, inner) | Piece::Repeat { inner, .. } => variables(inner, into),
        }
    }
}

fn is_colons(pieces: Option<&[Piece]>) -> bool {
    matches!(pieces, Some([Piece::Leaf(Leaf::Punct(':', _)), Piece::Leaf(Leaf::Punct(':', _))]))
}

fn punct(ch: char, spacing: Spacing, span: Span) -> TokenTree {
    let mut punct = Punct::new(ch, spacing);
    punct.set_span(span);
    TokenTree::Punct(punct)
}

fn leaf_token(leaf: &Leaf, span: Span) -> Option<TokenTree> {
    Some(match leaf {
        Leaf::Ident(text) => match text.strip_prefix("r#") {
            Some(raw) => TokenTree::Ident(Ident::new_raw(raw, span)),
            None => TokenTree::Ident(Ident::new(text, span)),
        },
        Leaf::Punct(ch, joint) => punct(*ch, if *joint { Spacing::Joint } else { Spacing::Alone }, span),
        Leaf::Literal(text) => {
            let mut literal: Literal = text.parse().ok()?;
            literal.set_span(span);
            TokenTree::Literal(literal)
        }
    })
}
