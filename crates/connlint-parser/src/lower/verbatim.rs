//! Items that syn accepts without giving them a form: declarations without a body outside of traits and `extern` blocks, as
//! the arguments of macros have them, and global paths in `use` groups.

use connlint_facts::{ItemId, ItemKind, NoticeKind, StaticFlavor};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token, Type, Visibility};

use super::context::Cx;
use super::items::Head;

const INCOMPLETE: &str = "this form of item is unstable or incomplete and was not read as a whole";

impl Cx<'_> {
    /// An item that syn gives as its tokens.
    pub(crate) fn verbatim_item(&mut self, tokens: &TokenStream) -> Vec<ItemId> {
        if let Ok(item) = syn::parse2::<syn::ItemUse>(without_inner_globals(tokens.clone())) {
            return self.item(&syn::Item::Use(item));
        }
        let is_reported = self.check_place(tokens);
        if let Ok(item) = syn::parse2::<syn::ForeignItem>(tokens.clone())
            && let Some(id) = self.foreign_item(&item)
        {
            return vec![id];
        }
        match syn::parse2::<syn::TraitItem>(tokens.clone()) {
            Ok(syn::TraitItem::Verbatim(_)) | Err(_) => {}
            Ok(item) => return self.declared_item(&item),
        }
        if let Some(id) = self.untyped_static(tokens) {
            return vec![id];
        }
        let range = self.tokens_range(tokens);
        vec![if is_reported { self.lost_quietly(range) } else { self.lost_item(range, INCOMPLETE) }]
    }

    /// Reports an incomplete item that no macro could complete, and returns whether it is one.
    fn check_place(&mut self, tokens: &TokenStream) -> bool {
        let first = tokens.clone().into_iter().next();
        let has_attribute = matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        let is_alone = !has_attribute && !self.is_macro_argument && !self.expander.is_inside();
        if is_alone {
            self.problem(NoticeKind::ParseError, self.tokens_range(tokens), INCOMPLETE);
        }
        is_alone
    }

    /// `static NAME = value;`, whose type a macro adds.
    fn untyped_static(&mut self, tokens: &TokenStream) -> Option<ItemId> {
        let parse = |input: ParseStream<'_>| {
            let attrs = input.call(syn::Attribute::parse_outer)?;
            let vis: Visibility = input.parse()?;
            let word: Token![static] = input.parse()?;
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let value: Expr = input.parse()?;
            let semi: Token![;] = input.parse()?;
            Ok((attrs, vis, word, name, value, semi))
        };
        let (attrs, vis, word, name, value, semi) = parse.parse2(tokens.clone()).ok()?;
        let inferred = Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token: Token![_](name.span()) });
        let head = Head { attrs: &attrs, vis: Some(&vis), name: Some(&name), ends: (word.span, semi.spans[0]) };
        Some(self.make_item(&head, |cx| ItemKind::Static {
            ty: Box::new(cx.ty(&inferred)),
            body: Some(Box::new(cx.const_body(&value))),
            flavor: StaticFlavor::Plain,
        }))
    }
}

/// `use {a::B, c};` for `use {::a::B, c};`: the first name of a path in an import names a crate all the same.
fn without_inner_globals(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    let is = |token: &TokenTree, ch: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ch);
    let mut tokens = tokens.into_iter().peekable();
    // Whether the next token begins a path.
    let mut begins = false;
    while let Some(token) = tokens.next() {
        if begins && is(&token, ':') && tokens.next_if(|next| is(next, ':')).is_some() {
            begins = false;
            continue;
        }
        begins = is(&token, ',');
        kept.push(match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let comma = TokenTree::from(proc_macro2::Punct::new(',', proc_macro2::Spacing::Alone));
                let led = std::iter::once(comma).chain(group.stream()).collect();
                let inner = without_inner_globals(led).into_iter().skip(1).collect();
                let mut group_without = Group::new(Delimiter::Brace, inner);
                group_without.set_span(group.span());
                TokenTree::Group(group_without)
            }
            token => token,
        });
    }
    kept.into_iter().collect()
}
