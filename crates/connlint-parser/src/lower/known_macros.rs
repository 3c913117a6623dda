//! Macros in expression position whose meaning is known.

use connlint_facts::{Arg, ArmTest, Expect, Literal, OpKind, TextRange, ThinVec, thin_vec};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Block, Expr, Lit, Macro, Token};

use super::body::{Lower, Val};
use super::cfg_macros::cfg_sides;
use super::macro_args::{SelectBranch, VecArgs, parse_json, parse_matches, parse_select};
use crate::macros::pasted;

/// Names of the macros that [`Lower::known_macro`] reads, or that are read as plain arguments on purpose.
pub(crate) const NAMES: [&str; 53] = [
    "vec",
    "try",
    "matches",
    "assert_matches",
    "debug_assert_matches",
    "select",
    "select_biased",
    "join",
    "try_join",
    "json",
    "stream",
    "try_stream",
    "cfg_if",
    "cfg_select",
    "paste",
    "lazy_static",
    "thread_local",
    "println",
    "print",
    "eprintln",
    "eprint",
    "format",
    "format_args",
    "write",
    "writeln",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "dbg",
    "anyhow",
    "ensure",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "log",
    "event",
    "span",
    "info_span",
    "warn_span",
    "error_span",
    "debug_span",
    "trace_span",
    "routes",
    "catchers",
    "generate_handler",
    "pin",
    "ready",
    "concat",
];

impl Lower<'_, '_> {
    /// The operations of a macro whose meaning is known; `None` where it is not or its arguments have another form.
    pub(crate) fn known_macro(&mut self, name: &str, mac: &Macro, range: TextRange) -> Option<Val> {
        match name {
            "vec" | "smallvec" => self.vec_macro(mac, range),
            "try" => {
                let value = syn::parse2::<Expr>(mac.tokens.clone()).ok()?;
                let value = self.expr_operand(&value);
                Some(self.value(OpKind::Try { value }, range))
            }
            "matches" | "assert_matches" | "debug_assert_matches" => self.matches_macro(mac, range),
            "select" | "select_biased" => {
                let branches = parse_select.parse2(mac.tokens.clone()).ok()?;
                Some(self.select_macro(mac, &branches, range))
            }
            "join" | "try_join" => self.join_macro(mac, range),
            "json" | "doc" | "bson" => {
                let exprs = parse_json.parse2(mac.tokens.clone()).ok()?;
                let args = exprs.iter().map(|expr| Arg { name: None, value: self.expr_operand(expr) }).collect();
                Some(self.macro_value(mac, args, range, false))
            }
            "concat" => self.concat_macro(mac, range),
            "pin" | "dbg" => self.passing_macro(mac, range),
            "stream" | "try_stream" => self.stream_macro(mac, range),
            "cfg_if" | "cfg_select" => self.cfg_statements(name, mac, range),
            "paste" => {
                let stmts = Block::parse_within.parse2(pasted(mac.tokens.clone())).ok()?;
                Some(self.statements_in_scope(&stmts, range))
            }
            "lazy_static" | "thread_local" => {
                for id in self.cx.macro_statics(name, mac)? {
                    self.nested_item(id);
                }
                Some(Val::unit(range))
            }
            _ => None,
        }
    }

    /// A macro whose value is its one argument.
    fn passing_macro(&mut self, mac: &Macro, range: TextRange) -> Option<Val> {
        let expr = syn::parse2::<Expr>(mac.tokens.clone()).ok()?;
        let value = self.expr_operand(&expr);
        let path = self.cx.shared_path(None, &mac.path);
        Some(self.value(OpKind::Expanded { path, value: Some(value) }, range))
    }

    /// The text that literals make together.
    fn concat_macro(&mut self, mac: &Macro, range: TextRange) -> Option<Val> {
        let parts = Punctuated::<Lit, Token![,]>::parse_terminated.parse2(mac.tokens.clone()).ok()?;
        let text: String = parts.iter().map(text_of).collect::<Option<_>>()?;
        let text = Literal::Str(self.cx.intern(&text));
        let value = self.op(OpKind::Literal(text), range);
        let path = self.cx.shared_path(None, &mac.path);
        Some(self.value(OpKind::Expanded { path, value: Some(value) }, range))
    }

    fn vec_macro(&mut self, mac: &Macro, range: TextRange) -> Option<Val> {
        match syn::parse2::<VecArgs>(mac.tokens.clone()).ok()? {
            VecArgs::Repeat(parts) => {
                let (value, len) = (self.expr_operand(&parts.0), self.expr_operand(&parts.1));
                Some(self.value(OpKind::Repeat { value, len }, range))
            }
            VecArgs::List(elems) => {
                let (elems, diverges) = self.operands(&elems);
                Some(Val { diverges, ..self.value(OpKind::Array(elems), range) })
            }
        }
    }

    fn matches_macro(&mut self, mac: &Macro, range: TextRange) -> Option<Val> {
        let (expr, pat, guard) = parse_matches.parse2(mac.tokens.clone()).ok()?;
        let value = self.expr_operand(&expr);
        let head = self.pattern_head(&pat);
        if let Some(guard) = guard {
            let mark = self.scope();
            let arm = self.open_arm(range);
            self.set_tests(arm, thin_vec![ArmTest { value, expect: Expect::Matches(head) }]);
            self.bind(&pat, None, value, arm);
            self.expr(&guard);
            self.close(arm);
            self.leave_scope(mark);
        }
        Some(self.macro_value(mac, thin_vec![Arg { name: None, value }], range, false))
    }

    /// All futures are made first, then one arm of them is awaited and handled.
    fn select_macro(&mut self, mac: &Macro, branches: &[SelectBranch], range: TextRange) -> Val {
        let mut futures = Vec::new();
        for branch in branches {
            if let Some(condition) = &branch.condition {
                self.expr(condition);
            }
            futures.push(branch.awaited.as_ref().map(|(_, future)| self.expr(future)));
        }
        let mut values = ThinVec::new();
        let mut diverges = !branches.is_empty();
        for (branch, future) in branches.iter().zip(futures) {
            let mark = self.scope();
            let arm = self.open_arm(range);
            if let (Some((pat, _)), Some(val)) = (&branch.awaited, future) {
                let future = self.operand(val);
                let value = self.op(OpKind::Await { future }, val.range);
                self.bind_or_discard(pat, value, arm);
            }
            let handled = self.expr(&branch.handler);
            self.set_range(arm, handled.range);
            self.close(arm);
            self.leave_scope(mark);
            values.extend(handled.joined());
            diverges &= handled.diverges;
        }
        let joined = self.join(values, range, diverges);
        let args = joined.op.map(|value| Arg { name: None, value }).into_iter().collect();
        let select = self.macro_value(mac, args, range, false);
        // What a branch yields is what the whole yields.
        Val { diverges, op: joined.op.or(select.op), ..select }
    }

    fn join_macro(&mut self, mac: &Macro, range: TextRange) -> Option<Val> {
        // `join!(biased; a, b)`
        let tokens = without_biased(&mac.tokens);
        let futures = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens).ok()?;
        let made: Vec<_> = futures.iter().map(|future| self.expr(future)).collect();
        let mut elems = ThinVec::with_capacity(made.len());
        for val in made {
            let future = self.operand(val);
            elems.push(self.op(OpKind::Await { future }, val.range));
        }
        let value = self.op(OpKind::Tuple(elems), range);
        Some(self.macro_value(mac, thin_vec![Arg { name: None, value }], range, false))
    }

    fn stream_macro(&mut self, mac: &Macro, range: TextRange) -> Option<Val> {
        let stmts = Block::parse_within.parse2(with_marked_for_await(mac.tokens.clone())).ok()?;
        let val = self.async_region(range, true, |this| this.inline_block(&stmts, range));
        let args = val.op.map(|value| Arg { name: None, value }).into_iter().collect();
        Some(self.macro_value(mac, args, range, false))
    }

    /// `cfg_if!` or `cfg_select!` in a body: every side is read, in order, in the scope around it. The value is that of
    /// any side.
    fn cfg_statements(&mut self, name: &str, mac: &Macro, range: TextRange) -> Option<Val> {
        let mut values = ThinVec::new();
        let mut before = Vec::new();
        for side in cfg_sides(name, &mac.tokens)? {
            let stmts = Block::parse_within.parse2(side.content.clone()).ok()?;
            let first = self.next_op();
            values.extend(self.statements_in_scope(&stmts, range).joined());
            self.note_side(first, &side, &before);
            before.extend(side.predicate);
        }
        Some(match values.as_slice() {
            [value] => Val { op: Some(*value), range, diverges: false },
            _ => self.join(values, range, false),
        })
    }
}

/// A literal as `concat!` writes it.
fn text_of(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Str(text) => Some(text.value()),
        Lit::Char(ch) => Some(ch.value().to_string()),
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Bool(flag) => Some(flag.value.to_string()),
        _ => None,
    }
}

fn without_biased(tokens: &TokenStream) -> TokenStream {
    let mut ahead = tokens.clone().into_iter();
    let is_biased = matches!(ahead.next(), Some(TokenTree::Ident(name)) if name == "biased")
        && matches!(ahead.next(), Some(TokenTree::Punct(semi)) if semi.as_char() == ';');
    if is_biased { ahead.collect() } else { tokens.clone() }
}

/// `for await x in stream` of async-stream as `#[for_await] for x in stream`, which syn can read.
fn with_marked_for_await(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "await" && kept.last().is_some_and(|last| is_word(last, "for")) => {
                // A label comes before the attribute's place; then the loop is read as one over what is there.
                let is_labelled = kept.iter().rev().nth(1).is_some_and(|token| is_punct(token, ':'));
                if !is_labelled {
                    let at = kept.len() - 1;
                    kept.splice(at..at, quote::quote!(#[for_await]));
                }
            }
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), with_marked_for_await(group.stream()));
                inner.set_span(group.span());
                kept.push(TokenTree::Group(inner));
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, ch: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ch)
}
