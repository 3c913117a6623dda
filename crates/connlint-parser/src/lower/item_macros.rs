//! Macro calls in item position.

use connlint_facts::{CfgMark, ItemId, ItemKind, MacroRule, NoticeKind, RegionId, StaticFlavor, TextRange};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Block, Expr, Ident, Macro, Token, Type, Visibility};

use super::attrs::apply_predicate;
use super::body::Lower;
use super::calls::{is_known, macro_name, macro_span, opaque, parse_items};
use super::cfg_macros::{CfgSide, cfg_sides};
use super::context::Cx;
use super::items::Head;
use super::macro_args::parse_args;
use crate::macros::{Expansion, pasted};

/// Item macros that declare things without code that runs.
const DECLARING: [&str; 13] = [
    "table",
    "joinable",
    "allow_tables_to_appear_in_same_query",
    "allow_columns_to_appear_in_same_group_by_clause",
    "define_sql_function",
    "sql_function",
    "bitflags",
    "include_proto",
    "include_file_descriptor_set",
    "compile_error",
    "assert_impl_all",
    "slint",
    "static_toml",
];

impl Cx<'_> {
    /// A `macro_rules!` definition, or a macro call that stands for items.
    pub(crate) fn macro_item(&mut self, item: &syn::ItemMacro) -> Vec<ItemId> {
        let name = macro_name(&item.mac.path);
        if let Some(ident) = &item.ident
            && name == "macro_rules"
        {
            return vec![self.macro_rules(item, ident)];
        }
        match name.as_str() {
            "cfg_if" | "cfg_select" => {
                if let Some(sides) = cfg_sides(&name, &item.mac.tokens) {
                    return self.cfg_items(&name, sides, parse_items, |cx, items| cx.items(&items));
                }
            }
            "paste" => {
                if let Ok(items) = parse_items.parse2(pasted(item.mac.tokens.clone())) {
                    return self.items(&items);
                }
            }
            "lazy_static" | "thread_local" => {
                if let Some(ids) = self.macro_statics(&name, &item.mac) {
                    return ids;
                }
            }
            _ => {}
        }
        match self.expand_items(&item.mac, parse_items) {
            Some(items) => {
                let outer = self.inherited;
                self.inherited = self.cfg_mark(&item.attrs);
                let ids = items.iter().flat_map(|item| self.item(item)).collect();
                self.inherited = outer;
                self.expander.leave();
                ids
            }
            None => vec![self.unknown_item_macro(&item.attrs, &item.mac)],
        }
    }

    /// A macro call inside a trait or an implementation.
    pub(crate) fn associated_macro(&mut self, attrs: &[Attribute], mac: &Macro) -> Vec<ItemId> {
        let name = macro_name(&mac.path);
        let associated =
            |cx: &mut Self, items: Vec<syn::ImplItem>| items.iter().flat_map(|item| cx.associated_item(item)).collect();
        if let Some(sides) = cfg_sides(&name, &mac.tokens) {
            return self.cfg_items(&name, sides, parse_associated, associated);
        }
        if name == "paste"
            && let Ok(items) = parse_associated.parse2(pasted(mac.tokens.clone()))
        {
            return associated(self, items);
        }
        match self.expand_items(mac, parse_associated) {
            Some(items) => {
                let ids = items.iter().flat_map(|item| self.associated_item(item)).collect();
                self.expander.leave();
                ids
            }
            None => vec![self.unknown_item_macro(attrs, mac)],
        }
    }

    /// The expansion of a macro of the workspace. The caller leaves it with [`crate::macros::Expander::leave`].
    fn expand_items<T>(
        &mut self,
        mac: &Macro,
        parse: impl FnOnce(ParseStream<'_>) -> syn::Result<Vec<T>>,
    ) -> Option<Vec<T>> {
        let name = macro_name(&mac.path);
        let why = match self.expander.expand(mac, macro_span(mac), is_known(&name)) {
            Expansion::Undefined => return None,
            Expansion::Failed(why) => why.to_owned(),
            Expansion::Tokens(tokens) => match parse.parse2(tokens) {
                Ok(items) => {
                    self.expander.enter();
                    return Some(items);
                }
                Err(error) => format!("its expansion is no list of items: {error}"),
            },
        };
        let range = self.range(macro_span(mac));
        let message = format!("`{name}!` was not expanded ({why}); its arguments were read as code");
        self.problem_once(NoticeKind::MacroNotExpanded, &name, range, message);
        None
    }

    fn unknown_item_macro(&mut self, attrs: &[Attribute], mac: &Macro) -> ItemId {
        let first = mac.path.segments.first().map_or_else(|| mac.delimiter.span().open(), |first| first.ident.span());
        let head = Head { attrs, vis: None, name: None, ends: (first, mac.delimiter.span().close()) };
        self.make_item(&head, |cx| {
            let path = Box::new(cx.path(&mac.path));
            let (items, body) = cx.item_macro_content(mac);
            ItemKind::MacroCall { path, items: items.into(), body: body.map(Box::new) }
        })
    }

    fn item_macro_content(&mut self, mac: &Macro) -> (Vec<ItemId>, Option<connlint_facts::Body>) {
        let name = macro_name(&mac.path);
        if DECLARING.contains(&name.as_str()) || mac.tokens.is_empty() {
            return (Vec::new(), None);
        }
        let range = self.range(macro_span(mac));
        if let Ok(items) = parse_items.parse2(mac.tokens.clone()) {
            let outer = std::mem::replace(&mut self.is_macro_argument, true);
            let items = self.items(&items);
            self.is_macro_argument = outer;
            return (items, None);
        }
        if let Ok(args) = parse_args.parse2(mac.tokens.clone()) {
            let mut lower = Lower::new(self, range);
            let args = lower.macro_args(&args);
            let value = lower.macro_value(mac, args, range, false);
            return (Vec::new(), Some(lower.finish(value.op)));
        }
        if let Ok(stmts) = Block::parse_within.parse2(mac.tokens.clone()) {
            let mut lower = Lower::new(self, range);
            let val = lower.statements(&stmts, range);
            return (Vec::new(), Some(lower.finish(val.joined())));
        }
        opaque(self, &name, range);
        (Vec::new(), None)
    }

    fn macro_rules(&mut self, item: &syn::ItemMacro, ident: &Ident) -> ItemId {
        self.expander.define(ident, &item.mac);
        let first = item.mac.path.segments.first().map_or_else(|| ident.span(), |first| first.ident.span());
        let ends = (first, item.mac.delimiter.span().close());
        let head = Head { attrs: &item.attrs, vis: None, name: Some(ident), ends };
        self.make_item(&head, |cx| {
            let matchers = rule_matchers(&item.mac.tokens);
            ItemKind::MacroRules(
                matchers.iter().map(|matcher| MacroRule { matcher: cx.intern(&matcher.to_string()) }).collect(),
            )
        })
    }

    /// The items of all sides, each marked with what its predicate says.
    fn cfg_items<T>(
        &mut self,
        name: &str,
        sides: Vec<CfgSide>,
        parse: fn(ParseStream<'_>) -> syn::Result<Vec<T>>,
        lower: impl Fn(&mut Self, Vec<T>) -> Vec<ItemId>,
    ) -> Vec<ItemId> {
        let outer = self.inherited;
        let mut ids = Vec::new();
        let mut behind_test = false;
        for side in sides {
            // Behind `if #[cfg(test)]` stands what is not in test builds.
            self.inherited =
                CfgMark { conditional: true, not_test: outer.not_test || behind_test, test_only: outer.test_only };
            if let Some(predicate) = side.predicate {
                behind_test |= predicate.to_string() == "test";
                apply_predicate(predicate, &mut self.inherited);
            }
            match parse.parse2(side.content.clone()) {
                Ok(items) => ids.extend(lower(self, items)),
                Err(error) => {
                    let range = self.tokens_range(&side.content);
                    ids.push(self.lost_item(range, &format!("a side of `{name}!` could not be parsed: {error}")));
                }
            }
        }
        self.inherited = outer;
        ids
    }

    /// The statics of `lazy_static!` or `thread_local!`.
    pub(crate) fn macro_statics(&mut self, name: &str, mac: &Macro) -> Option<Vec<ItemId>> {
        let statics = parse_statics.parse2(mac.tokens.clone()).ok()?;
        let flavor = if name == "lazy_static" { StaticFlavor::LazyStatic } else { StaticFlavor::ThreadLocal };
        Some(statics.iter().map(|item| self.macro_static(item, flavor)).collect())
    }

    fn macro_static(&mut self, item: &MacroStatic, flavor: StaticFlavor) -> ItemId {
        let last = item.name.span();
        let head = Head {
            attrs: &item.attrs,
            vis: Some(&item.vis),
            name: Some(&item.name),
            ends: (item.static_token.span, last),
        };
        let id = self.make_item(&head, |cx| {
            let ty = Box::new(cx.ty(&item.ty));
            let body = cx.const_body(&item.value);
            ItemKind::Static { ty, body: Some(Box::new(body)), flavor }
        });
        self.widen_to_body(id);
        id
    }

    fn widen_to_body(&mut self, id: ItemId) {
        let Some(item) = self.facts.items.get_mut(id.0 as usize) else { return };
        if let ItemKind::Static { body: Some(body), .. } = &item.kind {
            let whole: Option<TextRange> = body.regions.get(RegionId(0).0 as usize).map(|region| region.range);
            item.range = whole.map_or(item.range, |range| item.range.cover(range));
        }
    }
}

/// The matchers of `macro_rules!` rules.
pub(crate) fn rule_matchers(tokens: &TokenStream) -> Vec<TokenStream> {
    let mut matchers = Vec::new();
    let mut is_matcher = true;
    for token in tokens.clone() {
        if let TokenTree::Group(group) = token {
            if is_matcher {
                matchers.push(group.stream());
            }
            is_matcher = !is_matcher;
        }
    }
    matchers
}

/// One static of `lazy_static!` or `thread_local!`.
struct MacroStatic {
    attrs: Vec<Attribute>,
    vis: Visibility,
    static_token: Token![static],
    name: Ident,
    ty: Type,
    value: Expr,
}

impl Parse for MacroStatic {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let static_token = input.parse()?;
        input.parse::<Option<Token![ref]>>()?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        input.parse::<Option<Token![;]>>()?;
        Ok(Self { attrs, vis, static_token, name, ty, value })
    }
}

fn parse_statics(input: ParseStream<'_>) -> syn::Result<Vec<MacroStatic>> {
    let mut statics = Vec::new();
    while !input.is_empty() {
        statics.push(input.parse()?);
    }
    Ok(statics)
}

fn parse_associated(input: ParseStream<'_>) -> syn::Result<Vec<syn::ImplItem>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
}
