//! Macro calls in expression and statement position.

use connlint_facts::{Arg, ArmTest, Expect, NoticeKind, OpKind, RegionKind, TextRange, ThinVec};
use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Macro, Stmt};

use super::body::{Lower, Val};
use super::context::Cx;
use super::macro_args::{ArgValue, MacroArg, parse_args};
use crate::macros::Expansion;

/// Macros whose arguments hold no code that runs here, or none that can be known.
const SILENT: [&str; 29] = [
    "parenthesized",
    "braced",
    "bracketed",
    "Token",
    "asm",
    "global_asm",
    "naked_asm",
    "T",
    "quote",
    "quote_spanned",
    "parse_quote",
    "parse_quote_spanned",
    "stringify",
    "include_str",
    "include_bytes",
    "env",
    "option_env",
    "line",
    "file",
    "column",
    "module_path",
    "compile_error",
    "table",
    "joinable",
    "allow_tables_to_appear_in_same_query",
    "define_sql_function",
    "sql_function",
    "allow_columns_to_appear_in_same_group_by_clause",
    "infix_operator",
];

/// Macros whose arguments have a form of their own without code that opens anything: it goes without saying.
const OWN_FORM: [&str; 1] = ["uri"];

/// Macros after which control does not go on.
const DIVERGING: [&str; 8] =
    ["panic", "unreachable", "todo", "unimplemented", "bail", "abort", "abort_call_site", "panic_with_error"];

impl Lower<'_, '_> {
    /// A macro call as expression.
    pub(crate) fn macro_expr(&mut self, mac: &Macro) -> Val {
        self.macro_call(mac, false)
    }

    /// A macro call as statement: what its expansion declares stays in scope.
    pub(crate) fn macro_statement(&mut self, mac: &Macro, is_tail: bool) -> Val {
        self.macro_call(mac, !is_tail)
    }

    fn macro_call(&mut self, mac: &Macro, is_statement: bool) -> Val {
        let name = macro_name(&mac.path);
        let range = self.cx.range(macro_span(mac));
        match self.cx.expander.expand(mac, macro_span(mac), is_known(&name)) {
            Expansion::Tokens(tokens) => {
                self.cx.expander.enter();
                let val = self.expanded(mac, tokens, range, is_statement);
                self.cx.expander.leave();
                if let Some(val) = val {
                    return val;
                }
                let message =
                    format!("the expansion of `{name}!` could not be parsed; its arguments were read as code");
                self.cx.problem_once(NoticeKind::MacroNotExpanded, &name, range, message);
            }
            Expansion::Failed(why) => {
                let message = format!("`{name}!` was not expanded ({why}); its arguments were read as code");
                self.cx.problem_once(NoticeKind::MacroNotExpanded, &name, range, message);
            }
            Expansion::Undefined => {
                if let Some(val) = self.known_macro(&name, mac, range) {
                    return val;
                }
            }
        }
        self.unknown_macro(&name, mac, range)
    }

    fn expanded(&mut self, mac: &Macro, tokens: TokenStream, range: TextRange, is_statement: bool) -> Option<Val> {
        let val = if !is_statement && let Ok(expr) = syn::parse2::<Expr>(tokens.clone()) {
            self.expr(&expr)
        } else {
            let stmts = Block::parse_within.parse2(tokens).ok()?;
            if is_statement { self.statements_in_scope(&stmts, range) } else { self.inline_block(&stmts, range) }
        };
        let path = self.cx.shared_path(None, &mac.path);
        let value = val.joined();
        let op = self.op(OpKind::Expanded { path, value }, range);
        Some(Val { op: Some(op), range, diverges: val.diverges })
    }

    /// Statements as a block of their own.
    pub(crate) fn inline_block(&mut self, stmts: &[Stmt], range: TextRange) -> Val {
        let region = self.open(RegionKind::Block { breakable: false }, range);
        let val = self.statements(stmts, range);
        self.close(region);
        val
    }

    /// A macro of unknown meaning: its arguments are read as expressions, else as statements, else as items.
    pub(crate) fn unknown_macro(&mut self, name: &str, mac: &Macro, range: TextRange) -> Val {
        let diverges = DIVERGING.contains(&name);
        if SILENT.contains(&name) {
            return self.macro_value(mac, ThinVec::new(), range, diverges);
        }
        if let Ok(args) = parse_args.parse2(mac.tokens.clone()) {
            let args = self.macro_args(&args);
            return self.macro_value(mac, args, range, diverges);
        }
        if let Ok(stmts) = Block::parse_within.parse2(mac.tokens.clone()) {
            let val = self.inline_block(&stmts, range);
            let args = val.joined().map(|value| Arg { name: None, value }).into_iter().collect();
            return self.macro_value(mac, args, range, diverges);
        }
        if let Ok(items) = parse_items.parse2(mac.tokens.clone()) {
            for id in self.cx.items(&items) {
                self.nested_item(id);
            }
            return self.macro_value(mac, ThinVec::new(), range, diverges);
        }
        let args = self.salvage(&mac.tokens);
        opaque(self.cx, name, range);
        self.macro_value(mac, args, range, diverges)
    }

    /// Reads what has the form of code among tokens that as a whole have none: `html! { <p>{ name(x) }</p> }`.
    fn salvage(&mut self, tokens: &TokenStream) -> ThinVec<Arg> {
        let mut args = ThinVec::new();
        for token in tokens.clone() {
            let proc_macro2::TokenTree::Group(group) = token else { continue };
            match parse_args.parse2(group.stream()) {
                Ok(inner) => args.extend(self.macro_args(&inner)),
                Err(_) => match Block::parse_within.parse2(group.stream()) {
                    Ok(stmts) => {
                        let range = self.cx.range(group.span());
                        let val = self.inline_block(&stmts, range);
                        args.extend(val.joined().map(|value| Arg { name: None, value }));
                    }
                    Err(_) => args.extend(self.salvage(&group.stream())),
                },
            }
        }
        args
    }

    /// The value of a macro call.
    pub(crate) fn macro_value(&mut self, mac: &Macro, args: ThinVec<Arg>, range: TextRange, diverges: bool) -> Val {
        let path = self.cx.shared_path(None, &mac.path);
        Val { diverges, ..self.value(OpKind::Macro { path, args, diverges }, range) }
    }

    /// Arguments in order, names that a format string captures included.
    pub(crate) fn macro_args(&mut self, args: &[MacroArg]) -> ThinVec<Arg> {
        let mut lowered = ThinVec::with_capacity(args.len());
        for arg in args {
            let name = arg.name.as_ref().map(|name| self.cx.intern(name));
            match &arg.value {
                ArgValue::Nested(inner) => lowered.extend(self.macro_args(inner)),
                ArgValue::Type(ty) => {
                    let path = self.cx.shared_path(ty.qself.as_ref(), &ty.path);
                    let range = self.cx.path_range(ty.qself.as_ref(), &ty.path);
                    lowered.push(Arg { name, value: self.op(OpKind::Path(path), range) });
                }
                ArgValue::Expr(Expr::Infer(_)) => {}
                ArgValue::Expr(expr) => {
                    let val = self.expr(expr);
                    lowered.push(Arg { name, value: self.operand(val) });
                    if let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = expr {
                        self.captured(&text.value(), val.range, &mut lowered);
                    }
                }
            }
        }
        lowered
    }

    fn captured(&mut self, format: &str, range: TextRange, into: &mut ThinVec<Arg>) {
        for name in captures(format) {
            let sym = self.cx.intern(name);
            if into.iter().any(|arg| arg.name == Some(sym)) {
                continue;
            }
            if let Some(local) = self.lookup(sym) {
                let value = self.op(OpKind::Local(local), range);
                into.push(Arg { name: Some(sym), value });
            }
        }
    }

    /// `matches!(value, Pattern)` as a condition tests the value itself.
    pub(crate) fn matches_test(&mut self, mac: &Macro) -> Option<ArmTest> {
        if macro_name(&mac.path) != "matches" {
            return None;
        }
        let (expr, pat, guard) = super::macro_args::parse_matches.parse2(mac.tokens.clone()).ok()?;
        if guard.is_some() {
            return None;
        }
        let value = self.expr_operand(&expr);
        Some(ArmTest { value, expect: Expect::Matches(self.pattern_head(&pat)) })
    }
}

/// Items until the end.
pub(crate) fn parse_items(input: ParseStream<'_>) -> syn::Result<Vec<syn::Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
}

/// Tells that a macro's arguments have no form that the parser knows.
pub(crate) fn opaque(cx: &mut Cx<'_>, name: &str, range: TextRange) {
    if OWN_FORM.contains(&name) {
        return;
    }
    let message = format!("the arguments of `{name}!` have no known form; code inside them may be missed");
    cx.problem_once(NoticeKind::OpaqueMacro, name, range, message);
}

/// The last segment of a macro's path.
pub(crate) fn macro_name(path: &syn::Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// The whole call, its arguments included.
pub(crate) fn macro_span(mac: &Macro) -> Span {
    let first = mac.path.segments.first().map(|segment| segment.ident.span());
    let last = mac.delimiter.span().close();
    first.and_then(|first| first.join(last)).unwrap_or(last)
}

/// Whether a macro of this name has a meaning that the parser knows.
pub(crate) fn is_known(name: &str) -> bool {
    SILENT.contains(&name) || DIVERGING.contains(&name) || super::known_macros::NAMES.contains(&name)
}

/// Names captured by a format string: `x` of `{x}` and `{x:?}`, `w` of `{:w$}`.
fn captures(format: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = format;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some(close) = rest.find('}') else { break };
        let (placeholder, after) = (&rest[..close], &rest[close + 1..]);
        rest = after;
        let (name, spec) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        names.extend(Some(name.trim()).filter(|name| is_name(name)));
        for part in spec.split('$').rev().skip(1) {
            let start = part.rfind(|ch: char| !ch.is_alphanumeric() && ch != '_').map_or(0, |at| at + 1);
            names.extend(part.get(start..).filter(|name| is_name(name)));
        }
    }
    names
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|ch| ch.is_alphanumeric() || ch == '_')
}

#[cfg(test)]
mod tests {
    use super::captures;

    #[test]
    fn format_strings_capture_names_widths_and_precisions() {
        assert_eq!(captures("a {x} {{y}} {z:?} {:w$} {v:>1$.p$} {0} {}"), ["x", "z", "w", "v", "p"]);
    }
}
