//! Statements.

use connlint_facts::{ArmTest, Expect, OpId, OpKind, RegionKind, TextRange, thin_vec};
use syn::spanned::Spanned;
use syn::{Expr, Pat, Stmt};

use super::body::{Lower, Val};
use super::conditional::{attributes_of, chain_attributes};

impl Lower<'_, '_> {
    /// The statements of a block, in the region that is open for it. The value is the tail expression's.
    pub(crate) fn statements(&mut self, stmts: &[Stmt], range: TextRange) -> Val {
        let mark = self.scope();
        let val = self.statements_in_scope(stmts, range);
        self.leave_scope(mark);
        val
    }

    /// As [`Self::statements`], and the names stay in scope.
    pub(crate) fn statements_in_scope(&mut self, stmts: &[Stmt], range: TextRange) -> Val {
        let mut result = Val::unit(range);
        for (at, stmt) in stmts.iter().enumerate() {
            let is_last = at + 1 == stmts.len();
            let val = self.statement(stmt, is_last);
            result.diverges |= val.diverges;
            if is_last {
                result.op = val.op;
            }
        }
        result
    }

    /// One statement. Its value is that of a tail expression, else none.
    fn statement(&mut self, stmt: &Stmt, is_last: bool) -> Val {
        match stmt {
            Stmt::Local(local) => self.under_cfg(&local.attrs, |this| this.let_statement(local)),
            Stmt::Item(item) => {
                for id in self.cx.item(item) {
                    self.nested_item(id);
                }
                Val::unit(TextRange::default())
            }
            // A lone `;`.
            Stmt::Expr(Expr::Verbatim(tokens), Some(_)) if tokens.is_empty() => Val::unit(TextRange::default()),
            Stmt::Expr(expr, semi) => {
                let semi = semi.map(|semi| semi.spans[0]);
                self.expression_statement(is_last && semi.is_none(), semi, |this| {
                    let val = this.under_cfg(attributes_of(expr), |this| this.expr(expr));
                    this.attributed(chain_attributes(expr), val)
                })
            }
            Stmt::Macro(stmt) => {
                let semi = stmt.semi_token.map(|semi| semi.spans[0]);
                let is_tail = is_last && semi.is_none();
                self.expression_statement(is_tail, semi, |this| {
                    let val = this.under_cfg(&stmt.attrs, |this| this.macro_statement(&stmt.mac, is_tail));
                    this.cx.suppressions(&stmt.attrs, val.range);
                    val
                })
            }
        }
    }

    fn expression_statement(
        &mut self,
        is_tail: bool,
        semi: Option<proc_macro2::Span>,
        lower: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        let kind = if is_tail { RegionKind::Tail } else { RegionKind::Statement { is_let: false } };
        let region = self.open(kind, TextRange::default());
        let mut val = lower(self);
        self.close(region);
        let semi = semi.map(|semi| self.cx.range(semi));
        self.set_range(region, semi.map_or(val.range, |semi| val.range.cover(semi)));
        if !is_tail {
            val.op = None;
        }
        val
    }

    fn let_statement(&mut self, stmt: &syn::Local) -> Val {
        let scope = self.block_scope();
        let range = self.cx.between(stmt.let_token.span, stmt.semi_token.spans[0]);
        self.cx.suppressions(&stmt.attrs, range);
        let region = self.open(RegionKind::Statement { is_let: true }, range);
        let mut result = Val::unit(range);
        let (pat, ty) = typed(&stmt.pat);
        let Some(init) = &stmt.init else {
            self.bind_uninit(pat, ty, scope);
            self.close(region);
            return result;
        };
        let val = self.expr(&init.expr);
        result.diverges = val.diverges;
        let value = self.operand(val);
        if let Some((else_token, diverge)) = &init.diverge {
            let head = self.pattern_head(pat);
            let else_range = self.cx.range(else_token.span);
            let arm = self.open_arm(else_range);
            self.set_tests(arm, thin_vec![ArmTest { value, expect: Expect::Fails(head) }]);
            let body = self.expr(diverge);
            self.set_range(arm, else_range.cover(body.range));
            self.close(arm);
        }
        if matches!(pat, Pat::Wild(_)) {
            self.op(OpKind::Discard { value }, range);
        } else {
            let value = self.of_written_type(pat, ty, value);
            self.bind(pat, ty, value, scope);
        }
        self.close(region);
        result
    }

    /// A value of which a pattern takes parts, with the type that is written behind the pattern: `let State(db):
    /// State<Db> = …`.
    fn of_written_type(&mut self, pat: &Pat, ty: Option<&syn::Type>, value: OpId) -> OpId {
        match (pat, ty) {
            (Pat::TupleStruct(_) | Pat::Struct(_), Some(ty)) => {
                let range = self.cx.range(ty.span());
                let ty = Box::new(self.cx.ty(ty));
                self.op(OpKind::Cast { value, ty }, range)
            }
            _ => value,
        }
    }
}

/// A pattern and the type written behind it.
pub(crate) fn typed(pat: &Pat) -> (&Pat, Option<&syn::Type>) {
    match pat {
        Pat::Type(typed) => (&typed.pat, Some(&typed.ty)),
        pat => (pat, None),
    }
}
