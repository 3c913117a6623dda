//! Expressions.

use connlint_facts::{
    ArmTest, BinaryOp, Expect, NoticeKind, OpId, OpKind, StructFrame, TextRange, ThinVec, UnaryOp, thin_vec,
};
use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{BinOp, Expr, Token, UnOp};

use super::body::{Lower, Val};
use super::types::single;

impl Lower<'_, '_> {
    /// An expression. Chains such as `a.b()?.c() + d` are walked without recursion: they may be long.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Val {
        let mut chain = Vec::new();
        let mut current = expr;
        while let Some(left) = left_operand(current) {
            chain.push(current);
            current = left;
        }
        let mut val = self.atom(current);
        while let Some(link) = chain.pop() {
            let diverges = val.diverges;
            val = self.link(link, val);
            val.diverges |= diverges;
        }
        val
    }

    /// An expression whose value is an operand.
    pub(crate) fn expr_operand(&mut self, expr: &Expr) -> OpId {
        let val = self.expr(expr);
        self.operand(val)
    }

    /// The operation of an expression whose left operand is lowered.
    fn link(&mut self, expr: &Expr, left: Val) -> Val {
        match expr {
            Expr::MethodCall(expr) => self.method_call(expr, left),
            Expr::Call(expr) => {
                let callee = self.operand(left);
                let (args, diverges) = self.operands(&expr.args);
                let range = self.upto(left, expr.paren_token.span.close());
                Val { diverges, ..self.value(OpKind::Call { callee, args }, range) }
            }
            Expr::Field(expr) => {
                let base = self.operand(left);
                let name = self.member(&expr.member);
                let last = match &expr.member {
                    syn::Member::Named(name) => name.span(),
                    syn::Member::Unnamed(index) => index.span,
                };
                let range = self.upto(left, last);
                self.value(OpKind::Field { base, name }, range)
            }
            Expr::Index(expr) => {
                let base = self.operand(left);
                let index = self.expr_operand(&expr.index);
                let range = self.upto(left, expr.bracket_token.span.close());
                self.value(OpKind::Index { base, index }, range)
            }
            Expr::Await(expr) => {
                let future = self.operand(left);
                let range = self.upto(left, expr.await_token.span);
                self.value(OpKind::Await { future }, range)
            }
            Expr::Try(expr) => {
                let value = self.operand(left);
                let range = self.upto(left, expr.question_token.spans[0]);
                self.value(OpKind::Try { value }, range)
            }
            Expr::Cast(expr) => {
                let value = self.operand(left);
                let ty = Box::new(self.cx.ty(&expr.ty));
                let range = self.upto(left, expr.as_token.span);
                self.value(OpKind::Cast { value, ty }, range)
            }
            Expr::Binary(expr) => self.binary(expr, left),
            _ => left,
        }
    }

    fn upto(&self, left: Val, last: Span) -> TextRange {
        self.cx.upto(left.range, last)
    }

    fn method_call(&mut self, expr: &syn::ExprMethodCall, left: Val) -> Val {
        let recv = self.operand(left);
        let (args, diverges) = self.operands(&expr.args);
        let (name, name_range) = self.cx.named(&expr.method);
        let generics = self.cx.turbofish(expr.turbofish.as_ref());
        self.note_type_arguments(generics);
        let range = self.upto(left, expr.paren_token.span.close());
        let kind = OpKind::MethodCall { recv, name, args, name_start: name_range.start };
        Val { diverges, ..self.value(kind, range) }
    }

    /// Operands in order, and whether one of them diverges.
    pub(crate) fn operands<P>(&mut self, exprs: &Punctuated<Expr, P>) -> (ThinVec<OpId>, bool) {
        let mut diverges = false;
        let mut ops = ThinVec::with_capacity(exprs.len());
        for expr in exprs {
            let val = self.expr(expr);
            diverges |= val.diverges;
            ops.push(self.operand(val));
        }
        (ops, diverges)
    }

    fn binary(&mut self, expr: &syn::ExprBinary, left: Val) -> Val {
        let (op, expect) = match expr.op {
            BinOp::And(_) => (BinaryOp::And, Some(Expect::True)),
            BinOp::Or(_) => (BinaryOp::Or, Some(Expect::False)),
            BinOp::Eq(_) => (BinaryOp::Eq, None),
            BinOp::Ne(_) => (BinaryOp::Ne, None),
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => (BinaryOp::Compare, None),
            BinOp::BitAnd(_) | BinOp::BitOr(_) | BinOp::BitXor(_) | BinOp::Shl(_) | BinOp::Shr(_) => {
                (BinaryOp::Bitwise, None)
            }
            _ => (BinaryOp::Arithmetic, None),
        };
        let left_op = self.operand(left);
        let arm = expect.map(|expect| {
            let arm = self.open_arm(TextRange::default());
            self.set_tests(arm, thin_vec![ArmTest { value: left_op, expect }]);
            arm
        });
        let right = self.expr(&expr.right);
        let right_op = self.operand(right);
        if let Some(arm) = arm {
            self.set_range(arm, right.range);
            self.close(arm);
        }
        self.value(OpKind::Binary { op, left: left_op, right: right_op }, left.range.cover(right.range))
    }

    /// An expression that does not begin with an operand.
    fn atom(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Path(expr) => self.path_expr(expr),
            Expr::Lit(expr) => {
                let range = self.cx.range(expr.lit.span());
                let literal = self.cx.literal(&expr.lit);
                self.value(OpKind::Literal(literal), range)
            }
            Expr::Paren(expr) => {
                let range = self.cx.range(expr.paren_token.span.join());
                Val { range, ..self.expr(&expr.expr) }
            }
            Expr::Group(expr) => self.expr(&expr.expr),
            Expr::Macro(expr) => {
                let val = self.macro_expr(&expr.mac);
                self.attributed(&expr.attrs, val)
            }
            Expr::Reference(expr) => self.reference(expr.and_token.spans[0], expr.mutability.is_some(), &expr.expr),
            Expr::RawAddr(expr) => {
                let mutable = matches!(expr.mutability, syn::PointerMutability::Mut(_));
                self.reference(expr.and_token.spans[0], mutable, &expr.expr)
            }
            Expr::Unary(expr) => self.unary(expr),
            Expr::Struct(expr) => self.struct_literal(expr),
            Expr::Assign(expr) => self.assign(expr),
            // Only compound assignments come here: other operators are links of a chain.
            Expr::Binary(expr) => self.compound_assign(expr),
            Expr::Array(_) | Expr::Tuple(_) | Expr::Repeat(_) | Expr::Range(_) => self.sequence(expr),
            _ => self.control(expr),
        }
    }

    /// Notes suppressions among an expression's attributes.
    pub(crate) fn attributed(&mut self, attrs: &[syn::Attribute], val: Val) -> Val {
        if !attrs.is_empty() {
            self.cx.suppressions(attrs, val.range);
        }
        val
    }

    fn path_expr(&mut self, expr: &syn::ExprPath) -> Val {
        if expr.qself.is_none()
            && let Some(ident) = expr.path.get_ident()
        {
            return self.name(ident);
        }
        let path = self.cx.shared_path(expr.qself.as_ref(), &expr.path);
        let range = self.cx.path_range(expr.qself.as_ref(), &expr.path);
        self.value(OpKind::Path(path), range)
    }

    /// A single name: a local variable if one is in scope.
    pub(crate) fn name(&mut self, ident: &syn::Ident) -> Val {
        let (name, range) = self.cx.named(ident);
        if let Some(local) = self.lookup(name) {
            return self.value(OpKind::Local(local), range);
        }
        let path = self.cx.share(single(name));
        self.value(OpKind::Path(path), range)
    }

    fn reference(&mut self, and: Span, mutable: bool, place: &Expr) -> Val {
        let val = self.expr(place);
        let base = self.operand(val);
        let range = self.cx.range(and).cover(val.range);
        Val { diverges: val.diverges, ..self.value(OpKind::Ref { base, mutable }, range) }
    }

    fn unary(&mut self, expr: &syn::ExprUnary) -> Val {
        let val = self.expr(&expr.expr);
        let operand = self.operand(val);
        let (kind, span) = match expr.op {
            UnOp::Deref(token) => (OpKind::Deref { base: operand }, token.spans[0]),
            UnOp::Not(token) => (OpKind::Unary { op: UnaryOp::Not, operand }, token.spans[0]),
            UnOp::Neg(token) => (OpKind::Unary { op: UnaryOp::Neg, operand }, token.spans[0]),
            _ => return Val { op: Some(operand), ..val },
        };
        let range = self.cx.range(span).cover(val.range);
        Val { diverges: val.diverges, ..self.value(kind, range) }
    }

    fn struct_literal(&mut self, expr: &syn::ExprStruct) -> Val {
        let path = self.cx.qualified_path(expr.qself.as_ref(), &expr.path);
        let mut fields = ThinVec::with_capacity(expr.fields.len());
        for field in &expr.fields {
            let name = self.member(&field.member);
            let val = self.under_cfg(&field.attrs, |this| this.expr(&field.expr));
            self.attributed(&field.attrs, val);
            fields.push((name, self.operand(val)));
        }
        let base = expr.rest.as_ref().map(|rest| self.expr_operand(rest));
        let range = self.cx.path_range(expr.qself.as_ref(), &expr.path);
        let range = range.cover(self.cx.range(expr.brace_token.span.close()));
        self.value(OpKind::StructLit { frame: Box::new(StructFrame { path, base }), fields }, range)
    }

    fn assign(&mut self, expr: &syn::ExprAssign) -> Val {
        let val = self.expr(&expr.right);
        let value = self.operand(val);
        let left = self.assign_to(&expr.left, value, val.range);
        let range = left.cover(val.range);
        self.attributed(&expr.attrs, Val { op: None, range, diverges: val.diverges })
    }

    /// Assigns to a place, to the parts of `(a, b)` and the like, or to `_`. Returns the place's text.
    fn assign_to(&mut self, place: &Expr, value: OpId, from: TextRange) -> TextRange {
        match place {
            Expr::Infer(place) => {
                let range = self.cx.range(place.underscore_token.span);
                self.op(OpKind::Discard { value }, range);
                range
            }
            Expr::Tuple(place) => {
                let range = self.cx.range(place.paren_token.span.join());
                self.assign_parts(&place.elems, range, |this, at| {
                    let name = this.cx.intern(&at.to_string());
                    this.op(OpKind::Field { base: value, name }, range)
                });
                range
            }
            Expr::Array(place) => {
                let range = self.cx.range(place.bracket_token.span.join());
                self.assign_parts(&place.elems, range, |this, _| this.op(OpKind::Element { base: value }, range));
                range
            }
            place => {
                let val = self.expr(place);
                let place = self.operand(val);
                self.op(OpKind::Assign { place, value }, val.range.cover(from));
                val.range
            }
        }
    }

    fn assign_parts(
        &mut self,
        parts: &Punctuated<Expr, Token![,]>,
        range: TextRange,
        mut project: impl FnMut(&mut Self, usize) -> OpId,
    ) {
        for (at, part) in parts.iter().enumerate() {
            if matches!(part, Expr::Range(_)) {
                // Behind `..` positions count from the end.
                continue;
            }
            let value = project(self, at);
            self.assign_to(part, value, range);
        }
    }

    fn compound_assign(&mut self, expr: &syn::ExprBinary) -> Val {
        let right = self.expr(&expr.right);
        let value = self.operand(right);
        let left = self.expr(&expr.left);
        let place = self.operand(left);
        let range = left.range.cover(right.range);
        self.op(OpKind::AssignOp { place, value }, range);
        Val::unit(range)
    }

    fn sequence(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::Array(expr) => {
                let (elems, diverges) = self.operands(&expr.elems);
                let range = self.cx.range(expr.bracket_token.span.join());
                Val { diverges, ..self.value(OpKind::Array(elems), range) }
            }
            Expr::Tuple(expr) => {
                let (elems, diverges) = self.operands(&expr.elems);
                let range = self.cx.range(expr.paren_token.span.join());
                Val { diverges, ..self.value(OpKind::Tuple(elems), range) }
            }
            Expr::Repeat(expr) => {
                let value = self.expr_operand(&expr.expr);
                let len = self.expr_operand(&expr.len);
                let range = self.cx.range(expr.bracket_token.span.join());
                self.value(OpKind::Repeat { value, len }, range)
            }
            Expr::Range(expr) => self.range_expr(expr),
            _ => self.unknown(TextRange::default(), "this form of expression"),
        }
    }

    fn range_expr(&mut self, expr: &syn::ExprRange) -> Val {
        let mut range = match &expr.limits {
            syn::RangeLimits::HalfOpen(token) => self.cx.range(token.spans[0]),
            syn::RangeLimits::Closed(token) => self.cx.range(token.spans[0]),
        };
        let mut ends = [None, None];
        for (slot, end) in ends.iter_mut().zip([&expr.start, &expr.end]) {
            if let Some(end) = end {
                let val = self.expr(end);
                range = range.cover(val.range);
                *slot = Some(self.operand(val));
            }
        }
        let [start, end] = ends;
        self.value(OpKind::Range { start, end }, range)
    }

    /// An expression that is not modelled, reported once per file.
    pub(crate) fn unknown(&mut self, range: TextRange, what: &str) -> Val {
        let message = format!("{what} is not modelled; calls inside it are not seen");
        self.cx.problem_once(NoticeKind::ParseError, what, range, message);
        self.value(OpKind::Unknown, range)
    }
}

/// The operand that an expression begins with, which is evaluated first.
fn left_operand(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::MethodCall(expr) => Some(&expr.receiver),
        Expr::Call(expr) => Some(&expr.func),
        Expr::Field(expr) => Some(&expr.base),
        Expr::Index(expr) => Some(&expr.expr),
        Expr::Await(expr) => Some(&expr.base),
        Expr::Try(expr) => Some(&expr.expr),
        Expr::Cast(expr) => Some(&expr.expr),
        Expr::Binary(expr) if !is_compound_assignment(&expr.op) => Some(&expr.left),
        _ => None,
    }
}

fn is_compound_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}
