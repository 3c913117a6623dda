//! Blocks, branches, loops, jumps, closures and async blocks.

use connlint_facts::{
    ArmTest, ClosureHead, Expect, LoopKind, OpId, OpKind, RegionId, RegionKind, Sym, TextRange, ThinVec, thin_vec,
};
use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{Expr, Label, Lifetime};

use super::body::{Lower, Val};

impl Lower<'_, '_> {
    /// An expression that directs control.
    pub(crate) fn control(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::If(expr) => {
                let val = self.if_expr(expr);
                self.attributed(&expr.attrs, val)
            }
            Expr::Match(expr) => {
                let val = self.match_expr(expr);
                self.attributed(&expr.attrs, val)
            }
            Expr::Loop(expr) => {
                let val = self.loop_expr(expr);
                self.attributed(&expr.attrs, val)
            }
            Expr::While(expr) => {
                let val = self.while_expr(expr);
                self.attributed(&expr.attrs, val)
            }
            Expr::ForLoop(expr) => {
                let val = self.for_expr(expr);
                self.attributed(&expr.attrs, val)
            }
            Expr::Block(expr) => {
                let val = self.block_expr(expr.label.as_ref(), &expr.block);
                self.attributed(&expr.attrs, val)
            }
            Expr::Unsafe(expr) => self.block(&expr.block, false),
            Expr::Const(expr) => {
                let range = self.cx.range(expr.const_token.span);
                let region = self.open(RegionKind::Const, range);
                let val = self.block(&expr.block, false);
                self.set_range(region, range.cover(val.range));
                self.close(region);
                val
            }
            Expr::TryBlock(expr) => self.try_block(expr),
            Expr::Async(expr) => self.async_block(expr),
            Expr::Closure(expr) => self.closure(expr),
            _ => self.jump(expr),
        }
    }

    fn jump(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Return(expr) => {
                let (value, range) = self.jump_value(expr.expr.as_deref(), expr.return_token.span);
                Val { diverges: true, ..self.value(OpKind::Return(value), range) }
            }
            Expr::Break(expr) => {
                let (value, range) = self.jump_value(expr.expr.as_deref(), expr.break_token.span);
                let label = self.label(expr.label.as_ref());
                let target = self.exit(label).map(|exit| {
                    exit.values.extend(value);
                    exit.left = true;
                    exit.region
                });
                Val { diverges: true, ..self.value(OpKind::Break { target, value }, range) }
            }
            Expr::Continue(expr) => {
                let range = self.cx.range(expr.continue_token.span);
                let label = self.label(expr.label.as_ref());
                let target = self.exit(label).map(|exit| exit.region);
                Val { diverges: true, ..self.value(OpKind::Continue { target }, range) }
            }
            Expr::Yield(expr) => {
                let (value, range) = self.jump_value(expr.expr.as_deref(), expr.yield_token.span);
                self.value(OpKind::Yield(value), range)
            }
            // A `let` outside of a condition is not Rust; its parts are read all the same.
            Expr::Let(expr) => {
                let value = self.expr_operand(&expr.expr);
                let scope = self.current();
                self.bind(&expr.pat, None, value, scope);
                Val::unit(self.op_range(value))
            }
            Expr::Infer(expr) => {
                let range = self.cx.range(expr.underscore_token.span);
                self.value(OpKind::Unknown, range)
            }
            expr => {
                let range = self.cx.range(expr.span());
                self.unknown(range, "an unstable form of expression")
            }
        }
    }

    fn jump_value(&mut self, value: Option<&Expr>, keyword: Span) -> (Option<OpId>, TextRange) {
        let keyword = self.cx.range(keyword);
        match value.map(|value| self.expr(value)) {
            Some(val) => (val.op, keyword.cover(val.range)),
            None => (None, keyword),
        }
    }

    fn label(&mut self, label: Option<&Lifetime>) -> Option<Sym> {
        label.map(|label| self.cx.ident(&label.ident))
    }

    /// A join of the values that arms yield; none where no arm yields any.
    pub(crate) fn join(&mut self, values: ThinVec<OpId>, range: TextRange, diverges: bool) -> Val {
        if values.is_empty() {
            return Val { op: None, range, diverges };
        }
        Val { diverges, ..self.value(OpKind::Join(values), range) }
    }

    fn if_expr(&mut self, expr: &syn::ExprIf) -> Val {
        let start = self.cx.range(expr.if_token.span);
        let parts = conjuncts(&expr.cond);
        let predicate = self.cfg_condition(&expr.cond);
        let mark = self.scope();
        let (arm, mut tests) = self.condition(&parts);
        let first = self.next_op();
        let then = self.block(&expr.then_branch, false);
        if let Some(predicate) = &predicate {
            self.note_conditional(first, predicate.clone(), false);
        }
        self.set_range(arm, then.range);
        self.set_tests(arm, tests.clone());
        self.close(arm);
        self.leave_scope(mark);
        let Some((_, otherwise)) = &expr.else_branch else {
            return Val::unit(start.cover(then.range));
        };
        let negated = match tests.pop() {
            Some(test) if tests.is_empty() => thin_vec![ArmTest { value: test.value, expect: negate(test.expect) }],
            _ => ThinVec::new(),
        };
        let arm = self.open_arm(TextRange::default());
        self.set_tests(arm, negated);
        let first = self.next_op();
        let other = self.expr(otherwise);
        if let Some(predicate) = predicate {
            self.note_conditional(first, predicate, true);
        }
        self.set_range(arm, other.range);
        self.close(arm);
        let values = [then, other].into_iter().filter_map(Val::joined).collect();
        self.join(values, start.cover(other.range), then.diverges && other.diverges)
    }

    /// Evaluates a condition: its first part in the current region, then an arm is opened that holds the others and what
    /// `let` binds. Returns the arm and its tests.
    pub(crate) fn condition(&mut self, parts: &[&Expr]) -> (RegionId, ThinVec<ArmTest>) {
        let mut tests = ThinVec::new();
        let mut arm = None;
        for part in parts {
            let test = self.condition_part(part, &mut arm);
            tests.push(test);
        }
        let arm = arm.unwrap_or_else(|| self.open_arm(TextRange::default()));
        (arm, tests)
    }

    fn condition_part(&mut self, part: &Expr, arm: &mut Option<RegionId>) -> ArmTest {
        let part = unwrap_parens(part);
        if let Expr::Let(part) = part {
            let value = self.expr_operand(&part.expr);
            let head = self.pattern_head(&part.pat);
            let scope = *arm.get_or_insert_with(|| self.open_arm(TextRange::default()));
            self.bind(&part.pat, None, value, scope);
            return ArmTest { value, expect: Expect::Matches(head) };
        }
        let test = self.plain_test(part);
        arm.get_or_insert_with(|| self.open_arm(TextRange::default()));
        test
    }

    /// A condition without `let`; `!x` tests `x` to be false.
    fn plain_test(&mut self, part: &Expr) -> ArmTest {
        let part = unwrap_parens(part);
        if let Expr::Unary(syn::ExprUnary { op: syn::UnOp::Not(_), expr, .. }) = part {
            let inner = self.plain_test(expr);
            return ArmTest { value: inner.value, expect: negate(inner.expect) };
        }
        if let Expr::Macro(part) = part
            && let Some(test) = self.matches_test(&part.mac)
        {
            return test;
        }
        ArmTest { value: self.expr_operand(part), expect: Expect::True }
    }

    fn match_expr(&mut self, expr: &syn::ExprMatch) -> Val {
        let range = self.cx.between(expr.match_token.span, expr.brace_token.span.close());
        let scrutinee = self.expr(&expr.expr);
        let value = self.operand(scrutinee);
        let mut values = ThinVec::new();
        let mut diverges = !expr.arms.is_empty();
        for arm in &expr.arms {
            let val = self.under_cfg(&arm.attrs, |this| this.match_arm(arm, value));
            values.extend(val.joined());
            diverges &= val.diverges;
        }
        self.join(values, range, diverges || scrutinee.diverges)
    }

    fn match_arm(&mut self, arm: &syn::Arm, value: OpId) -> Val {
        let start = self.pattern_range(&arm.pat);
        let mark = self.scope();
        let region = self.open_arm(start);
        let head = self.pattern_head(&arm.pat);
        let mut tests = thin_vec![ArmTest { value, expect: Expect::Matches(head) }];
        self.bind(&arm.pat, None, value, region);
        if let syn::Pat::Guard(guarded) = &arm.pat {
            for part in conjuncts(&guarded.guard) {
                let test = self.condition_part(part, &mut Some(region));
                tests.push(test);
            }
        }
        self.set_tests(region, tests);
        let val = self.expr(&arm.body);
        let range = start.cover(val.range);
        self.set_range(region, range);
        self.close(region);
        self.leave_scope(mark);
        self.cx.suppressions(&arm.attrs, range);
        val
    }

    fn exit_label(&mut self, label: Option<&Label>) -> Option<Sym> {
        label.map(|label| self.cx.ident(&label.name.ident))
    }

    fn loop_expr(&mut self, expr: &syn::ExprLoop) -> Val {
        let range = self.cx.between(expr.loop_token.span, expr.body.brace_token.span.close());
        let label = self.exit_label(expr.label.as_ref());
        let region = self.open(RegionKind::Loop(LoopKind::Loop), range);
        self.enter_exit(label, region, true);
        self.block(&expr.body, false);
        self.close(region);
        let (values, left) = self.leave_exit().map_or((ThinVec::new(), true), |exit| (exit.values, exit.left));
        self.join(values, range, !left)
    }

    fn while_expr(&mut self, expr: &syn::ExprWhile) -> Val {
        let range = self.cx.between(expr.while_token.span, expr.body.brace_token.span.close());
        let label = self.exit_label(expr.label.as_ref());
        let region = self.open(RegionKind::Loop(LoopKind::While), range);
        self.enter_exit(label, region, true);
        let mark = self.scope();
        let parts = conjuncts(&expr.cond);
        let (arm, tests) = self.condition(&parts);
        let body = self.block(&expr.body, false);
        self.set_tests(arm, tests);
        self.set_range(arm, body.range);
        self.close(arm);
        self.leave_scope(mark);
        self.close(region);
        self.leave_exit();
        Val::unit(range)
    }

    fn for_expr(&mut self, expr: &syn::ExprForLoop) -> Val {
        let range = self.cx.between(expr.for_token.span, expr.body.brace_token.span.close());
        let iterated = self.expr(&expr.expr);
        let iter = self.operand(iterated);
        let label = self.exit_label(expr.label.as_ref());
        let region = self.open(RegionKind::Loop(LoopKind::For), range);
        self.enter_exit(label, region, true);
        let mark = self.scope();
        if expr.attrs.iter().any(|attr| attr.path().is_ident("for_await")) {
            self.op(OpKind::Await { future: iter }, iterated.range);
        }
        let item = self.op(OpKind::IterItem { iter }, iterated.range);
        self.bind_or_discard(&expr.pat, item, region);
        self.block(&expr.body, false);
        self.leave_scope(mark);
        self.close(region);
        self.leave_exit();
        Val::unit(range)
    }

    /// Binds a pattern that cannot fail; `_` drops the value.
    pub(crate) fn bind_or_discard(&mut self, pat: &syn::Pat, value: OpId, scope: RegionId) {
        let (pat, ty) = super::stmt::typed(pat);
        if matches!(pat, syn::Pat::Wild(_)) {
            let range = self.pattern_range(pat);
            self.op(OpKind::Discard { value }, range);
        } else {
            self.bind(pat, ty, value, scope);
        }
    }

    fn block_expr(&mut self, label: Option<&Label>, block: &syn::Block) -> Val {
        let Some(label) = self.exit_label(label) else { return self.block(block, false) };
        let range = self.cx.range(block.brace_token.span.join());
        let region = self.open(RegionKind::Block { breakable: true }, range);
        self.enter_exit(Some(label), region, false);
        let tail = self.statements(&block.stmts, range);
        self.close(region);
        let exit = self.leave_exit();
        let (mut values, left) = exit.map_or((ThinVec::new(), false), |exit| (exit.values, exit.left));
        values.extend(tail.joined());
        self.join(values, range, tail.diverges && !left)
    }

    fn try_block(&mut self, expr: &syn::ExprTryBlock) -> Val {
        let tail = self.block(&expr.block, true);
        let range = self.cx.range(expr.try_token.span).cover(tail.range);
        let values = tail.joined().into_iter().collect();
        self.join(values, range, false)
    }

    fn async_block(&mut self, expr: &syn::ExprAsync) -> Val {
        let range = self.cx.between(expr.async_token.span, expr.block.brace_token.span.close());
        let val = self.async_region(range, expr.capture.is_some(), |this| this.block(&expr.block, false));
        self.attributed(&expr.attrs, val)
    }

    /// An async block whose body `lower` makes.
    pub(crate) fn async_region(
        &mut self,
        range: TextRange,
        by_move: bool,
        lower: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        self.enter_capture();
        let region = self.open(RegionKind::Async, range);
        let tail = lower(self).joined();
        self.close(region);
        let captures = Box::new(self.leave_capture(by_move));
        self.value(OpKind::Async { region, captures, tail }, range)
    }

    fn closure(&mut self, expr: &syn::ExprClosure) -> Val {
        let first = expr.asyncness.map(|token| token.span).or_else(|| expr.capture.map(|token| token.span));
        let start = self.cx.range(first.unwrap_or(expr.inputs_begin.spans[0]));
        self.enter_capture();
        let region = self.open(RegionKind::Closure, start);
        let mark = self.scope();
        let params = self.closure_params(expr, region);
        let ret = self.cx.written_return(&expr.output);
        let body = self.expr(&expr.body);
        self.leave_scope(mark);
        let range = start.cover(body.range);
        self.set_range(region, range);
        self.close(region);
        let captures = self.leave_capture(expr.capture.is_some());
        let head = ClosureHead { params, ret, is_async: expr.asyncness.is_some(), captures };
        let val = self.value(OpKind::Closure { region, head: Box::new(head), tail: body.joined() }, range);
        self.attributed(&expr.attrs, val)
    }

    fn closure_params(
        &mut self,
        expr: &syn::ExprClosure,
        region: RegionId,
    ) -> ThinVec<Option<connlint_facts::TypeRef>> {
        let mut params = ThinVec::with_capacity(expr.inputs.len());
        for (at, input) in expr.inputs.iter().enumerate() {
            let range = self.pattern_range(input);
            let value = self.op(OpKind::Param(at as u32), range);
            self.bind_or_discard(input, value, region);
            let (_, ty) = super::stmt::typed(input);
            params.push(ty.map(|ty| self.cx.ty(ty)));
        }
        params
    }
}

/// The parts of `a && b && c`, in order.
pub(crate) fn conjuncts(cond: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut current = cond;
    while let Expr::Binary(syn::ExprBinary { op: syn::BinOp::And(_), left, right, .. }) = current {
        parts.push(&**right);
        current = left;
    }
    parts.push(current);
    parts.reverse();
    parts
}

fn unwrap_parens(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Paren(paren) => &paren.expr,
            Expr::Group(group) => &group.expr,
            _ => return expr,
        };
    }
}

fn negate(expect: Expect) -> Expect {
    match expect {
        Expect::True => Expect::False,
        Expect::False => Expect::True,
        Expect::Matches(head) => Expect::Fails(head),
        Expect::Fails(head) => Expect::Matches(head),
    }
}
