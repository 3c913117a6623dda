//! The syntax of macro arguments.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Block, Expr, Ident, Lit, Pat, Token, Type, TypePath, token};

/// One argument: `value`, `name = value`, `name: value`, `%value`, `"key" => value`.
pub(crate) struct MacroArg {
    pub(crate) name: Option<String>,
    pub(crate) value: ArgValue,
}

/// What an argument holds.
pub(crate) enum ArgValue {
    Expr(Expr),
    /// A type where no expression can be read: `Vec<u8>` of `query_as!`.
    Type(TypePath),
    /// `{ a = 1, b = 2 }`, the fields of a `tracing` event.
    Nested(Vec<MacroArg>),
}

/// Arguments separated by commas, semicolons or `=>`, until the end.
pub(crate) fn parse_args(input: ParseStream<'_>) -> syn::Result<Vec<MacroArg>> {
    let mut args = Vec::new();
    while !input.is_empty() {
        if !eat_separator(input)? {
            args.push(input.call(parse_arg)?);
            if !input.is_empty() && !eat_separator(input)? {
                return Err(input.error("expected a separator"));
            }
        }
    }
    Ok(args)
}

fn eat_separator(input: ParseStream<'_>) -> syn::Result<bool> {
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    } else if input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
    } else if input.peek(Token![=>]) {
        input.parse::<Token![=>]>()?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]) || input.peek(Token![=>])
}

fn parse_arg(input: ParseStream<'_>) -> syn::Result<MacroArg> {
    if input.peek(Token![let]) {
        return Err(input.error("a statement"));
    }
    let name = arg_name(input);
    if input.peek(Token![#]) && !input.peek2(token::Bracket) {
        // `#%value`, `#"tag"` of slog.
        input.parse::<Token![#]>()?;
    }
    if input.peek(Token![@]) {
        // `@"…"`, the inline snapshot of insta's assertions.
        input.parse::<Token![@]>()?;
    } else if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
    }
    let ahead = input.fork();
    if let Ok(expr) = ahead.parse::<Expr>()
        && at_end(&ahead)
    {
        input.advance_to(&ahead);
        return Ok(MacroArg { name, value: ArgValue::Expr(expr) });
    }
    let ahead = input.fork();
    if let Ok(Type::Path(ty)) = ahead.parse::<Type>()
        && at_end(&ahead)
    {
        input.advance_to(&ahead);
        return Ok(MacroArg { name, value: ArgValue::Type(ty) });
    }
    if input.peek(token::Brace) {
        let content;
        syn::braced!(content in input);
        return Ok(MacroArg { name, value: ArgValue::Nested(parse_args(&content)?) });
    }
    Err(input.error("expected an argument"))
}

/// `name =`, `a.b =`, `name:`, `"name" =`, taken from the input if they are there.
fn arg_name(input: ParseStream<'_>) -> Option<String> {
    let ahead = input.fork();
    let name = if ahead.peek(Lit) {
        match ahead.parse::<Lit>().ok()? {
            Lit::Str(text) => text.value(),
            _ => return None,
        }
    } else {
        let mut name = ahead.call(Ident::parse_any).ok()?.unraw().to_string();
        while ahead.peek(Token![.]) && ahead.peek2(Ident::peek_any) {
            ahead.parse::<Token![.]>().ok()?;
            name.push('.');
            name.push_str(&ahead.call(Ident::parse_any).ok()?.to_string());
        }
        name
    };
    if ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]) {
        ahead.parse::<Token![=]>().ok()?;
    } else if ahead.peek(Token![:]) && !ahead.peek(Token![::]) {
        ahead.parse::<Token![:]>().ok()?;
    } else {
        return None;
    }
    input.advance_to(&ahead);
    Some(name)
}

/// `value, Pattern if guard`.
pub(crate) fn parse_matches(input: ParseStream<'_>) -> syn::Result<(Expr, Pat, Option<Expr>)> {
    let expr = input.parse()?;
    input.parse::<Token![,]>()?;
    let pat = Pat::parse_multi(input)?;
    let guard = if input.peek(Token![if]) {
        input.parse::<Token![if]>()?;
        Some(input.parse()?)
    } else {
        None
    };
    input.parse::<Option<Token![,]>>()?;
    // `assert_matches!(value, Pattern, "message")`
    input.parse::<TokenStream>()?;
    Ok((expr, pat, guard))
}

/// `value; len` or `a, b`.
pub(crate) enum VecArgs {
    Repeat(Box<(Expr, Expr)>),
    List(Punctuated<Expr, Token![,]>),
}

impl Parse for VecArgs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        if let Ok(value) = ahead.parse::<Expr>()
            && ahead.peek(Token![;])
        {
            ahead.parse::<Token![;]>()?;
            let len = ahead.parse()?;
            input.advance_to(&ahead);
            return Ok(Self::Repeat(Box::new((value, len))));
        }
        Ok(Self::List(Punctuated::parse_terminated(input)?))
    }
}

/// One branch of `select!`.
pub(crate) struct SelectBranch {
    /// `pattern = future`; absent for `else`, `default` and `complete`.
    pub(crate) awaited: Option<(Pat, Expr)>,
    pub(crate) condition: Option<Expr>,
    pub(crate) handler: Expr,
}

/// The branches of `select!`, tokio's or futures'.
pub(crate) fn parse_select(input: ParseStream<'_>) -> syn::Result<Vec<SelectBranch>> {
    if input.peek(Ident) && input.peek2(Token![;]) {
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
    }
    let mut branches = Vec::new();
    while !input.is_empty() {
        branches.push(input.call(parse_branch)?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(branches)
}

fn parse_branch(input: ParseStream<'_>) -> syn::Result<SelectBranch> {
    let mut awaited = None;
    let mut condition = None;
    if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
    } else if input.peek(Ident) && input.peek2(Token![=>]) {
        input.parse::<Ident>()?;
    } else {
        let pat = Pat::parse_multi(input)?;
        input.parse::<Token![=]>()?;
        awaited = Some((pat, input.parse::<Expr>()?));
        if input.peek(Token![,]) && input.peek2(Token![if]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![if]>()?;
            condition = Some(input.parse()?);
        }
    }
    input.parse::<Token![=>]>()?;
    let handler = if input.peek(token::Brace) {
        // A block ends the branch, whatever follows it.
        let block: Block = input.parse()?;
        Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })
    } else {
        input.parse()?
    };
    Ok(SelectBranch { awaited, condition, handler })
}

/// Expressions inside a `json!` value.
pub(crate) fn parse_json(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut exprs = Vec::new();
    json_value(input, &mut exprs)?;
    if !input.is_empty() {
        return Err(input.error("unexpected token"));
    }
    Ok(exprs)
}

fn json_value(input: ParseStream<'_>, into: &mut Vec<Expr>) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    let ends = |next: &dyn Fn(ParseStream<'_>) -> bool| {
        let ahead = input.fork();
        ahead.parse::<proc_macro2::TokenTree>().is_ok() && next(&ahead)
    };
    let alone = ends(&|ahead| ahead.is_empty() || ahead.peek(Token![,]));
    if alone && input.peek(token::Brace) {
        let content;
        syn::braced!(content in input);
        while !content.is_empty() {
            json_key(&content, into)?;
            content.parse::<Token![:]>()?;
            json_value(&content, into)?;
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
    } else if alone && input.peek(token::Bracket) {
        let content;
        syn::bracketed!(content in input);
        while !content.is_empty() {
            json_value(&content, into)?;
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
    } else {
        into.push(input.parse()?);
    }
    Ok(())
}

/// A key: a literal, a name, a constant's path or an expression in parentheses.
fn json_key(input: ParseStream<'_>, into: &mut Vec<Expr>) -> syn::Result<()> {
    let mut key = TokenStream::new();
    while !input.is_empty() && (!input.peek(Token![:]) || input.peek(Token![::])) {
        if input.peek(Token![::]) {
            key.extend(quote::quote!(::));
            input.parse::<Token![::]>()?;
        } else {
            key.extend([input.parse::<proc_macro2::TokenTree>()?]);
        }
    }
    if let Ok(expr) = syn::parse2::<Expr>(key)
        && !matches!(expr, Expr::Lit(_) | Expr::Path(_))
    {
        into.push(expr);
    }
    Ok(())
}
