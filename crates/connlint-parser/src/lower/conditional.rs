//! Code of bodies that only some builds have.

use connlint_facts::{Meta, OpId};
use proc_macro2::TokenStream;
use syn::Expr;

use super::body::{Lower, Val};
use super::calls::macro_name;
use super::cfg_macros::CfgSide;

impl Lower<'_, '_> {
    /// Lowers what attributes stand on. A jump that only some builds have does not end the code behind it.
    pub(crate) fn under_cfg(&mut self, attrs: &[syn::Attribute], lower: impl FnOnce(&mut Self) -> Val) -> Val {
        let predicates: Vec<Meta> = self.predicates(attrs);
        let first = self.next_op();
        let val = lower(self);
        let is_conditional = !predicates.is_empty();
        predicates.into_iter().for_each(|predicate| self.note_conditional(first, predicate, false));
        Val { diverges: val.diverges && !is_conditional, ..val }
    }

    fn predicates(&mut self, attrs: &[syn::Attribute]) -> Vec<Meta> {
        let lists = attrs.iter().filter_map(|attr| match &attr.meta {
            syn::Meta::List(list) if list.path.is_ident("cfg") => Some(&list.tokens),
            _ => None,
        });
        lists.filter_map(|tokens| self.cx.predicate(tokens)).collect()
    }

    /// The predicate of a condition that is `cfg!(…)`.
    pub(crate) fn cfg_condition(&mut self, condition: &Expr) -> Option<Meta> {
        match condition {
            Expr::Macro(expr) if macro_name(&expr.mac.path) == "cfg" => self.cx.predicate(&expr.mac.tokens),
            Expr::Paren(expr) => self.cfg_condition(&expr.expr),
            _ => None,
        }
    }

    /// Notes that a side of `cfg_if!` is in builds only in which its predicate holds, and none before it.
    pub(crate) fn note_side(&mut self, first: OpId, side: &CfgSide, before: &[TokenStream]) {
        if let Some(predicate) = side.predicate.as_ref().and_then(|tokens| self.cx.predicate(tokens)) {
            self.note_conditional(first, predicate, false);
        }
        for tokens in before {
            if let Some(predicate) = self.cx.predicate(tokens) {
                self.note_conditional(first, predicate, true);
            }
        }
    }
}

/// The attributes of an expression that is a statement: they stand before its first operand.
pub(crate) fn attributes_of(expr: &Expr) -> &[syn::Attribute] {
    match expr {
        Expr::Assign(expr) => attributes_of(&expr.left),
        Expr::Binary(expr) => attributes_of(&expr.left),
        Expr::Cast(expr) => attributes_of(&expr.expr),
        Expr::Async(expr) => &expr.attrs,
        Expr::Await(expr) => &expr.attrs,
        Expr::Block(expr) => &expr.attrs,
        Expr::Break(expr) => &expr.attrs,
        Expr::Call(expr) => &expr.attrs,
        Expr::Continue(expr) => &expr.attrs,
        Expr::Field(expr) => &expr.attrs,
        Expr::ForLoop(expr) => &expr.attrs,
        Expr::If(expr) => &expr.attrs,
        Expr::Loop(expr) => &expr.attrs,
        Expr::Macro(expr) => &expr.attrs,
        Expr::Match(expr) => &expr.attrs,
        Expr::MethodCall(expr) => &expr.attrs,
        Expr::Path(expr) => &expr.attrs,
        Expr::Return(expr) => &expr.attrs,
        Expr::Struct(expr) => &expr.attrs,
        Expr::Try(expr) => &expr.attrs,
        Expr::Unary(expr) => &expr.attrs,
        Expr::Unsafe(expr) => &expr.attrs,
        Expr::While(expr) => &expr.attrs,
        _ => &[],
    }
}

/// Those of an expression that has no place of its own for them: a chain of calls, operators, a jump.
pub(crate) fn chain_attributes(expr: &Expr) -> &[syn::Attribute] {
    match expr {
        Expr::If(_) | Expr::Match(_) | Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Block(_) => &[],
        Expr::Async(_) | Expr::Macro(_) | Expr::Struct(_) => &[],
        expr => attributes_of(expr),
    }
}
