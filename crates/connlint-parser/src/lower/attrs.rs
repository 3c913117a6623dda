//! Attributes, what they say of test code, and suppressions written as attributes.

use connlint_facts::{
    Attribute, CfgMark, Date, Meta, MetaValue, NoticeKind, Path, Problem, Segment, SuppressionFact, SuppressionForm,
    TextRange, ThinVec, thin_vec,
};
use proc_macro2::TokenTree;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::context::Cx;

/// Attributes whose last segment makes a function a test.
pub(crate) const TEST_ATTRIBUTES: [&str; 12] = [
    "test",
    "rstest",
    "bench",
    "test_case",
    "quickcheck",
    "proptest",
    "wasm_bindgen_test",
    "traced_test",
    "db_test",
    "test_log",
    "divan_bench",
    "apply_test",
];

/// The most frequent attributes whose arguments are mostly paths.
const PATH_LISTS: [&str; 5] = ["derive", "cfg", "allow", "inline", "expect"];

impl Cx<'_> {
    /// Attributes without doc comments, `cfg_attr(…, attr)` unwrapped.
    pub(crate) fn attributes(&mut self, attrs: &[syn::Attribute]) -> ThinVec<Attribute> {
        let mut lowered = ThinVec::with_capacity(attrs.len());
        for attr in attrs {
            if attr.path().is_ident("doc") {
                continue;
            }
            let range = self.between(attr.pound_token.spans[0], attr.bracket_token.span.close());
            self.attribute_meta(&attr.meta, range, &mut lowered);
        }
        lowered
    }

    /// The predicate of a `cfg`, between its parentheses.
    pub(crate) fn predicate(&mut self, tokens: &proc_macro2::TokenStream) -> Option<Meta> {
        let mut parts = self.paths(tokens).unwrap_or_else(|| self.meta_args(tokens)).into_iter();
        parts.next().filter(|_| parts.next().is_none())
    }

    fn attribute_meta(&mut self, meta: &syn::Meta, range: TextRange, into: &mut ThinVec<Attribute>) {
        if let Some(inner) = cfg_attr_parts(meta) {
            for meta in inner.iter().filter(|meta| !is_own(meta)) {
                self.attribute_meta(meta, range, into);
            }
            return;
        }
        let args = match meta {
            syn::Meta::Path(_) => ThinVec::new(),
            syn::Meta::List(list) if PATH_LISTS.iter().any(|name| list.path.is_ident(name)) => {
                self.paths(&list.tokens).unwrap_or_else(|| self.meta_args(&list.tokens))
            }
            syn::Meta::List(list) => self.meta_args(&list.tokens),
            syn::Meta::NameValue(pair) => {
                thin_vec![Meta { path: None, value: self.meta_value(&pair.value) }]
            }
        };
        into.push(Attribute { path: self.path(meta.path()), args, range });
    }

    /// A list of paths without a parser; `None` where there is more than paths.
    fn paths(&mut self, tokens: &proc_macro2::TokenStream) -> Option<ThinVec<Meta>> {
        let (mut derived, mut path, mut colons) = (ThinVec::new(), Vec::new(), 0);
        for token in tokens.clone() {
            match token {
                TokenTree::Ident(ident) if ident == "true" || ident == "false" => return None,
                TokenTree::Ident(ident) if path.is_empty() || colons == 2 => {
                    path.push(ident);
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Punct(punct) if punct.as_char() == ',' && colons == 0 => {
                    derived.push(self.flag(&path)?);
                    path.clear();
                }
                _ => return None,
            }
        }
        if !path.is_empty() {
            derived.push(self.flag(&path)?);
        }
        derived.shrink_to_fit();
        (colons == 0).then_some(derived)
    }

    fn flag(&mut self, path: &[proc_macro2::Ident]) -> Option<Meta> {
        path.first()?;
        let segments = path.iter().map(|ident| Segment { name: self.ident(ident), args: None }).collect();
        Some(Meta { path: Some(Path { qself: None, global: false, segments }), value: MetaValue::Flag })
    }

    fn meta_args(&mut self, tokens: &proc_macro2::TokenStream) -> ThinVec<Meta> {
        let parsed = Punctuated::<MetaArg, Token![,]>::parse_terminated.parse2(tokens.clone());
        match parsed {
            Ok(args) => args.iter().map(|arg| self.meta_arg(arg)).collect(),
            Err(_) => thin_vec![Meta { path: None, value: MetaValue::Other }],
        }
    }

    fn meta_arg(&mut self, arg: &MetaArg) -> Meta {
        match arg {
            MetaArg::Pair(path, value) => Meta { path: Some(self.path(path)), value: self.meta_value(value) },
            MetaArg::List(path, tokens) => {
                Meta { path: Some(self.path(path)), value: MetaValue::List(self.meta_args(tokens)) }
            }
            MetaArg::Flag(path) => Meta { path: Some(self.path(path)), value: MetaValue::Flag },
            MetaArg::Value(Expr::Path(path)) if path.qself.is_none() => {
                Meta { path: Some(self.path(&path.path)), value: MetaValue::Flag }
            }
            MetaArg::Value(value) => Meta { path: None, value: self.meta_value(value) },
            MetaArg::Other => Meta { path: None, value: MetaValue::Other },
        }
    }

    fn meta_value(&mut self, value: &Expr) -> MetaValue {
        match value {
            Expr::Lit(lit) => MetaValue::Literal(self.literal(&lit.lit)),
            Expr::Path(path) => MetaValue::Path(self.qualified_path(path.qself.as_ref(), &path.path)),
            Expr::Array(array) => MetaValue::List(
                array.elems.iter().map(|elem| Meta { path: None, value: self.meta_value(elem) }).collect(),
            ),
            _ => MetaValue::Other,
        }
    }

    /// The mark of an item with these attributes, those of the modules around it included.
    pub(crate) fn cfg_mark(&self, attrs: &[syn::Attribute]) -> CfgMark {
        let mut mark = self.inherited;
        for attr in attrs {
            apply_cfg(&attr.meta, &mut mark);
        }
        mark
    }

    /// Records `#[cfg_attr(any(), connlint::allow(…))]` among the attributes of code at `covers`.
    pub(crate) fn suppressions(&mut self, attrs: &[syn::Attribute], covers: TextRange) {
        for attr in attrs {
            let Some(metas) = cfg_attr_parts(&attr.meta) else {
                if let Some(lints) = lints_of_compiler(&attr.meta) {
                    let range = self.attribute_range(attr);
                    self.no_suppression(range, &lints);
                }
                continue;
            };
            for meta in &metas {
                if is_own(meta) {
                    let range = self.attribute_range(attr);
                    self.suppression(meta, range, covers.cover(range));
                } else if let Some(lints) = lints_of_compiler(meta) {
                    let range = self.attribute_range(attr);
                    self.no_suppression(range, &lints);
                }
            }
        }
    }

    fn attribute_range(&self, attr: &syn::Attribute) -> TextRange {
        self.between(attr.pound_token.spans[0], attr.bracket_token.span.close())
    }

    /// Says that an attribute suppresses nothing, and what would.
    fn no_suppression(&mut self, range: TextRange, lints: &[String]) {
        let lints = if lints.is_empty() { "LINT".to_owned() } else { lints.join(", ") };
        let form = format!("#[cfg_attr(any(), connlint::allow({lints}, reason = \"…\"))]");
        let message = format!(
            "this attribute suppresses nothing: write `{form}` or a comment `// connlint: allow({lints}) reason`"
        );
        self.facts.problems.push(Problem { kind: NoticeKind::BadSuppression, range: Some(range), message });
    }

    fn suppression(&mut self, meta: &syn::Meta, range: TextRange, covers: TextRange) {
        let is_allow = meta.path().segments.last().is_some_and(|segment| segment.ident == "allow");
        let args = match meta {
            syn::Meta::List(list) if is_allow => {
                Punctuated::<SuppressionArg, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()
            }
            _ => None,
        };
        let Some(args) = args else { return self.no_suppression(range, &[]) };
        let (mut lints, mut reason, mut until) = (Vec::new(), None, None);
        for arg in args {
            match arg {
                SuppressionArg::Lint(name) => lints.push(name),
                SuppressionArg::Reason(text) => reason = Some(text),
                SuppressionArg::Until(date) => until = Some(date),
            }
        }
        let form = SuppressionForm::Attribute;
        self.facts.suppressions.push(SuppressionFact { form, lints, reason, until, range, covers });
    }
}

/// The lints of `allow(connlint::x)`, which the compiler refuses.
fn lints_of_compiler(meta: &syn::Meta) -> Option<Vec<String>> {
    let syn::Meta::List(list) = meta else { return None };
    let levels = ["allow", "expect", "warn", "deny", "forbid"];
    if !levels.iter().any(|level| list.path.is_ident(level)) {
        return None;
    }
    // Most attributes of this kind are about other lints: their tokens are not parsed.
    let mut tokens = list.tokens.clone().into_iter();
    tokens.any(|token| matches!(token, proc_macro2::TokenTree::Ident(name) if name == "connlint")).then_some(())?;
    let paths = Punctuated::<CompilerLint, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
    let lints: Vec<String> = paths.into_iter().filter_map(|lint| lint.0).collect();
    (!lints.is_empty()).then_some(lints)
}

/// One argument of `allow`: the name of a lint of connlint, or anything else.
struct CompilerLint(Option<String>);

impl Parse for CompilerLint {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first = input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?;
        if first == "connlint" && input.peek(Token![::]) {
            input.parse::<Token![::]>()?;
            return Ok(Self(Some(hyphenated(input)?.replace('_', "-"))));
        }
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<proc_macro2::TokenTree>()?;
        }
        Ok(Self(None))
    }
}

/// A name with hyphens: rustc reads attribute tokens loosely, so `a-b` and `a_b` are both accepted.
fn hyphenated(input: ParseStream<'_>) -> syn::Result<String> {
    let mut name = input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?.to_string();
    while input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        name.push('-');
        name.push_str(&input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?.to_string());
    }
    Ok(name)
}

fn is_own(meta: &syn::Meta) -> bool {
    meta.path().segments.len() == 2 && meta.path().segments[0].ident == "connlint"
}

/// The attributes that a `cfg_attr` stands for.
fn cfg_attr_parts(meta: &syn::Meta) -> Option<Vec<syn::Meta>> {
    let syn::Meta::List(list) = meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let metas = Punctuated::<syn::Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
    Some(metas.into_iter().skip(1).collect())
}

fn apply_cfg(meta: &syn::Meta, mark: &mut CfgMark) {
    if let Some(inner) = cfg_attr_parts(meta) {
        inner.iter().for_each(|meta| apply_cfg(meta, mark));
        return;
    }
    if meta.path().is_ident("cfg") {
        if let syn::Meta::List(list) = meta {
            apply_predicate(list.tokens.clone(), mark);
        }
    } else if meta.path().segments.last().is_some_and(|last| TEST_ATTRIBUTES.iter().any(|name| last.ident == name)) {
        mark.test_only = true;
    }
}

/// Reads the predicate of a `cfg`.
pub(crate) fn apply_predicate(tokens: proc_macro2::TokenStream, mark: &mut CfgMark) {
    let Ok(predicate) = syn::parse2::<Predicate>(tokens) else {
        mark.conditional = true;
        return;
    };
    match predicate.truth() {
        Truth::Test => mark.test_only = true,
        Truth::NotTest => mark.not_test = true,
        Truth::Always => {}
        Truth::Other => mark.conditional = true,
    }
}

/// A `cfg` predicate.
enum Predicate {
    Test,
    Flag,
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
}

/// What a predicate says of test builds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// It implies `test`.
    Test,
    /// It implies `not(test)`.
    NotTest,
    Always,
    Other,
}

impl Predicate {
    fn truth(&self) -> Truth {
        match self {
            Self::Test => Truth::Test,
            Self::Flag => Truth::Other,
            Self::Not(inner) => match **inner {
                Self::Test => Truth::NotTest,
                // `not(any(test, a))` implies `not(test)`; `not(all(test, a))` says nothing.
                Self::Any(ref parts) if parts.iter().any(|part| part.truth() == Truth::Test) => Truth::NotTest,
                Self::Any(ref parts) if parts.iter().any(|part| part.truth() == Truth::NotTest) => Truth::Test,
                Self::Not(ref twice) => twice.truth(),
                _ => Truth::Other,
            },
            Self::All(parts) => {
                let says = |truth| parts.iter().any(|part| part.truth() == truth);
                if parts.is_empty() {
                    Truth::Always
                } else if says(Truth::Test) {
                    Truth::Test
                } else if says(Truth::NotTest) {
                    Truth::NotTest
                } else {
                    Truth::Other
                }
            }
            Self::Any(parts) => {
                let all = |truth| !parts.is_empty() && parts.iter().all(|part| part.truth() == truth);
                if all(Truth::Test) {
                    Truth::Test
                } else if all(Truth::NotTest) {
                    Truth::NotTest
                } else {
                    Truth::Other
                }
            }
        }
    }
}

impl Parse for Predicate {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?;
        if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            let parts: Vec<_> = Punctuated::<Predicate, Token![,]>::parse_terminated(&content)?.into_iter().collect();
            return Ok(match name.to_string().as_str() {
                "all" => Self::All(parts),
                "any" => Self::Any(parts),
                "not" => parts.into_iter().next().map_or(Self::Flag, |part| Self::Not(Box::new(part))),
                _ => Self::Flag,
            });
        }
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            input.parse::<syn::Lit>()?;
            return Ok(Self::Flag);
        }
        Ok(if name == "test" { Self::Test } else { Self::Flag })
    }
}

/// One argument of an attribute.
enum MetaArg {
    Pair(syn::Path, Expr),
    List(syn::Path, proc_macro2::TokenStream),
    Flag(syn::Path),
    Value(Expr),
    Other,
}

impl Parse for MetaArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        if let Ok(path) = ahead.call(syn::Path::parse_mod_style) {
            if ahead.is_empty() || ahead.peek(Token![,]) {
                syn::parse::discouraged::Speculative::advance_to(input, &ahead);
                return Ok(Self::Flag(path));
            }
            if ahead.peek(Token![=]) && !ahead.peek(Token![==]) {
                ahead.parse::<Token![=]>()?;
                if let Ok(value) = ahead.parse::<Expr>() {
                    syn::parse::discouraged::Speculative::advance_to(input, &ahead);
                    return Ok(Self::Pair(path, value));
                }
            } else if ahead.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in ahead);
                let tokens = content.parse()?;
                if ahead.is_empty() || ahead.peek(Token![,]) {
                    syn::parse::discouraged::Speculative::advance_to(input, &ahead);
                    return Ok(Self::List(path, tokens));
                }
            }
        }
        let ahead = input.fork();
        if let Ok(value) = ahead.parse::<Expr>()
            && (ahead.is_empty() || ahead.peek(Token![,]))
        {
            syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            return Ok(Self::Value(value));
        }
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<proc_macro2::TokenTree>()?;
        }
        Ok(Self::Other)
    }
}

/// One argument of `connlint::allow`.
enum SuppressionArg {
    Lint(String),
    Reason(String),
    Until(Date),
}

impl Parse for SuppressionArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = hyphenated(input)?;
        if !input.peek(Token![=]) {
            return Ok(Self::Lint(name));
        }
        input.parse::<Token![=]>()?;
        let value = input.parse::<syn::LitStr>()?;
        match name.as_str() {
            "reason" => Ok(Self::Reason(value.value())),
            "until" => {
                let wrong = || syn::Error::new(value.span(), "no date");
                Date::parse(&value.value()).map(Self::Until).ok_or_else(wrong)
            }
            _ => Err(syn::Error::new(value.span(), "no such key")),
        }
    }
}
