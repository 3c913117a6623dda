//! Items.

use connlint_facts::{
    EnumVariant, Field, Fields, ImplItem, Item, ItemId, ItemKind, NoticeKind, StaticFlavor, TextRange, ThinVec,
    TraitItem, UseImport, Visibility,
};
use proc_macro2::{Ident, Span};
use syn::UseTree;

use super::body::Lower;
use super::context::Cx;

/// The parts that all items have.
pub(crate) struct Head<'i> {
    pub(crate) attrs: &'i [syn::Attribute],
    pub(crate) vis: Option<&'i syn::Visibility>,
    pub(crate) name: Option<&'i Ident>,
    /// First token behind the attributes and last token.
    pub(crate) ends: (Span, Span),
}

impl Cx<'_> {
    /// An item, or the several that a macro or an `extern` block holds.
    pub(crate) fn item(&mut self, item: &syn::Item) -> Vec<ItemId> {
        match item {
            syn::Item::Fn(item) => vec![self.fn_item(item)],
            syn::Item::Mod(item) => vec![self.mod_item(item)],
            syn::Item::Impl(item) => vec![self.impl_item(item)],
            syn::Item::Trait(item) => vec![self.trait_item(item)],
            syn::Item::Macro(item) => self.macro_item(item),
            syn::Item::ForeignMod(item) => self.foreign_items(item),
            syn::Item::Struct(_) | syn::Item::Enum(_) | syn::Item::Union(_) | syn::Item::TraitAlias(_) => {
                vec![self.type_item(item)]
            }
            syn::Item::Verbatim(tokens) => self.verbatim_item(tokens),
            item => self.plain_item(item).into_iter().collect(),
        }
    }

    /// Reserves an item's place, lowers what it is, and fills the place.
    pub(crate) fn make_item(&mut self, head: &Head<'_>, kind: impl FnOnce(&mut Self) -> ItemKind) -> ItemId {
        let id = self.reserve_item();
        let outer = self.inherited;
        let cfg = self.cfg_mark(head.attrs);
        self.inherited = cfg;
        let kind = kind(self);
        self.inherited = outer;
        let first = head.vis.and_then(vis_span).unwrap_or(head.ends.0);
        let range = self.between(first, head.ends.1);
        let name_range = head.name.map_or_else(|| self.range(head.ends.0), |name| self.range(name.span()));
        let name = match head.name {
            Some(name) => self.ident(name),
            None => self.intern(""),
        };
        let visibility = visibility(head.vis);
        let attributes = self.attributes(head.attrs);
        self.suppressions(head.attrs, range);
        self.fill_item(id, Item { name, range, name_range, visibility, attributes, cfg, kind });
        id
    }

    /// Records an item that is not read.
    pub(crate) fn lost_item(&mut self, range: TextRange, why: &str) -> ItemId {
        self.problem(NoticeKind::ParseError, range, why);
        self.lost_quietly(range)
    }

    /// As [`Self::lost_item`], where the problem is already reported.
    pub(crate) fn lost_quietly(&mut self, range: TextRange) -> ItemId {
        let id = self.reserve_item();
        if let Some(item) = self.facts.items.get_mut(id.0 as usize) {
            item.range = range;
            item.name_range = range;
        }
        id
    }

    /// The text from the first to the last token.
    pub(crate) fn tokens_range(&self, tokens: &proc_macro2::TokenStream) -> TextRange {
        let mut range: Option<TextRange> = None;
        for token in tokens.clone() {
            let token = self.range(token.span());
            range = Some(range.map_or(token, |range| range.cover(token)));
        }
        range.unwrap_or_default()
    }

    fn mod_item(&mut self, item: &syn::ItemMod) -> ItemId {
        let last = item
            .content
            .as_ref()
            .map(|(brace, _)| brace.span.close())
            .or_else(|| item.semi.map(|semi| semi.spans[0]))
            .unwrap_or_else(|| item.ident.span());
        let first = item.unsafety.map_or(item.mod_token.span, |token| token.span);
        let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends: (first, last) };
        self.make_item(&head, |cx| {
            let inline = item.content.as_ref().map(|(_, items)| cx.items(items).into());
            ItemKind::Mod { inline, path: cx.path_attribute(&item.attrs) }
        })
    }

    /// Items in order.
    pub(crate) fn items(&mut self, items: &[syn::Item]) -> Vec<ItemId> {
        items.iter().flat_map(|item| self.item(item)).collect()
    }

    fn path_attribute(&mut self, attrs: &[syn::Attribute]) -> Option<connlint_facts::Sym> {
        let empty = self.intern("path");
        self.attributes(attrs).into_iter().find_map(|attr| {
            let is_path = attr.path.segments.len() == 1 && attr.path.segments.first()?.name == empty;
            match attr.args.first() {
                Some(connlint_facts::Meta {
                    path: None,
                    value: connlint_facts::MetaValue::Literal(connlint_facts::Literal::Str(path)),
                }) if is_path => Some(*path),
                _ => None,
            }
        })
    }

    fn impl_item(&mut self, item: &syn::ItemImpl) -> ItemId {
        let ends = (item.unsafety.map_or(item.impl_token.span, |token| token.span), item.brace_token.span.close());
        let head = Head { attrs: &item.attrs, vis: None, name: None, ends };
        self.make_item(&head, |cx| {
            let generics = cx.generics(&item.generics);
            let trait_path = item.trait_.as_ref().map(|(path, _)| cx.path(path));
            let self_ty = cx.ty(&item.self_ty);
            let items = item.items.iter().flat_map(|item| cx.associated_item(item)).collect();
            ItemKind::Impl(Box::new(ImplItem { generics, trait_path, self_ty, items }))
        })
    }

    fn trait_item(&mut self, item: &syn::ItemTrait) -> ItemId {
        let first = item.unsafety.map_or(item.trait_token.span, |token| token.span);
        let ends = (first, item.brace_token.span.close());
        let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
        self.make_item(&head, |cx| {
            let generics = cx.generics(&item.generics);
            let supertraits = cx.bounds(&item.supertraits);
            let items = item.items.iter().flat_map(|item| cx.declared_item(item)).collect();
            ItemKind::Trait(Box::new(TraitItem { generics, supertraits, items }))
        })
    }

    fn type_item(&mut self, item: &syn::Item) -> ItemId {
        match item {
            syn::Item::Struct(item) => {
                let last = item.semi_token.map_or_else(|| fields_end(&item.fields), |semi| Some(semi.spans[0]));
                let ends = (item.struct_token.span, last.unwrap_or_else(|| item.ident.span()));
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                self.make_item(&head, |cx| ItemKind::Struct {
                    generics: Box::new(cx.generics(&item.generics)),
                    fields: cx.fields(&item.fields),
                })
            }
            syn::Item::Union(item) => {
                let ends = (item.union_token.span, item.fields.brace_token.span.close());
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                self.make_item(&head, |cx| ItemKind::Struct {
                    generics: Box::new(cx.generics(&item.generics)),
                    fields: Fields::Named(cx.named_fields(&item.fields)),
                })
            }
            syn::Item::Enum(item) => {
                let ends = (item.enum_token.span, item.brace_token.span.close());
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                self.make_item(&head, |cx| ItemKind::Enum {
                    generics: Box::new(cx.generics(&item.generics)),
                    variants: item.variants.iter().map(|variant| cx.variant(variant)).collect(),
                })
            }
            syn::Item::TraitAlias(item) => {
                let ends = (item.trait_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                self.make_item(&head, |cx| {
                    let (generics, supertraits) = (cx.generics(&item.generics), cx.bounds(&item.bounds));
                    ItemKind::Trait(Box::new(TraitItem { generics, supertraits, items: ThinVec::new() }))
                })
            }
            _ => self.lost_item(TextRange::default(), "this form of type is not modelled"),
        }
    }

    fn variant(&mut self, variant: &syn::Variant) -> EnumVariant {
        let fields = self.fields(&variant.fields);
        let last = fields_end(&variant.fields).unwrap_or_else(|| variant.ident.span());
        let range = self.between(variant.ident.span(), last);
        self.suppressions(&variant.attrs, range);
        EnumVariant { name: self.ident(&variant.ident), fields, range }
    }

    fn fields(&mut self, fields: &syn::Fields) -> Fields {
        match fields {
            syn::Fields::Named(fields) => Fields::Named(self.named_fields(fields)),
            syn::Fields::Unnamed(fields) => {
                Fields::Tuple(fields.unnamed.iter().enumerate().map(|(at, field)| self.field(at, field)).collect())
            }
            syn::Fields::Unit => Fields::Unit,
        }
    }

    fn named_fields(&mut self, fields: &syn::FieldsNamed) -> ThinVec<Field> {
        fields.named.iter().enumerate().map(|(at, field)| self.field(at, field)).collect()
    }

    fn field(&mut self, at: usize, field: &syn::Field) -> Field {
        let name = match &field.ident {
            Some(ident) => self.ident(ident),
            None => self.intern(&at.to_string()),
        };
        let ty = self.ty(&field.ty);
        let ty_range = self.type_range(&field.ty);
        let range = field.ident.as_ref().map_or(ty_range, |ident| self.range(ident.span()).cover(ty_range));
        self.suppressions(&field.attrs, range);
        Field { name, ty, attributes: self.attributes(&field.attrs), range }
    }

    fn plain_item(&mut self, item: &syn::Item) -> Option<ItemId> {
        match item {
            syn::Item::Use(item) => {
                let ends = (item.use_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: None, ends };
                Some(self.make_item(&head, |cx| ItemKind::Use(cx.imports(item))))
            }
            syn::Item::ExternCrate(item) => {
                let ends = (item.extern_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                Some(self.make_item(&head, |cx| {
                    let alias = item.rename.as_ref().map(|(_, alias)| cx.ident(alias));
                    ItemKind::ExternCrate { name: cx.ident(&item.ident), alias }
                }))
            }
            syn::Item::Type(item) => {
                let ends = (item.type_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                Some(self.make_item(&head, |cx| {
                    let (generics, ty) = (Box::new(cx.generics(&item.generics)), Some(Box::new(cx.ty(&item.ty))));
                    ItemKind::TypeAlias { generics, bounds: ThinVec::new(), ty }
                }))
            }
            syn::Item::Const(item) => {
                let ends = (item.const_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                Some(self.make_item(&head, |cx| ItemKind::Const {
                    ty: Box::new(cx.ty(&item.ty)),
                    body: Some(Box::new(cx.const_body(&item.expr))),
                }))
            }
            syn::Item::Static(item) => {
                let ends = (item.static_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                Some(self.make_item(&head, |cx| ItemKind::Static {
                    ty: Box::new(cx.ty(&item.ty)),
                    body: Some(Box::new(cx.const_body(&item.expr))),
                    flavor: StaticFlavor::Plain,
                }))
            }
            _ => None,
        }
    }

    /// The initialiser of a constant or static.
    pub(crate) fn const_body(&mut self, expr: &syn::Expr) -> connlint_facts::Body {
        let mut lower = Lower::new(self, TextRange::default());
        let val = lower.expr(expr);
        lower.set_range(connlint_facts::RegionId(0), val.range);
        lower.finish(val.joined())
    }

    fn foreign_items(&mut self, item: &syn::ItemForeignMod) -> Vec<ItemId> {
        item.items.iter().filter_map(|item| self.foreign_item(item)).collect()
    }

    /// A declaration of an `extern` block. Macros and verbatim items there run nothing.
    pub(crate) fn foreign_item(&mut self, item: &syn::ForeignItem) -> Option<ItemId> {
        match item {
            syn::ForeignItem::Fn(item) => {
                Some(self.fn_declaration(&item.attrs, Some(&item.vis), &item.sig, item.semi_token.spans[0]))
            }
            syn::ForeignItem::Static(item) => {
                let ends = (item.static_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                Some(self.make_item(&head, |cx| ItemKind::Static {
                    ty: Box::new(cx.ty(&item.ty)),
                    body: None,
                    flavor: StaticFlavor::Plain,
                }))
            }
            syn::ForeignItem::Type(item) => {
                let ends = (item.type_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                Some(self.make_item(&head, |cx| ItemKind::TypeAlias {
                    generics: Box::new(cx.generics(&item.generics)),
                    bounds: ThinVec::new(),
                    ty: None,
                }))
            }
            _ => None,
        }
    }

    fn imports(&mut self, item: &syn::ItemUse) -> ThinVec<UseImport> {
        let mut imports = ThinVec::new();
        self.use_tree(&item.tree, item.leading_colon.is_some(), &mut Vec::new(), &mut imports);
        imports.shrink_to_fit();
        imports
    }

    fn use_tree(
        &mut self,
        tree: &UseTree,
        global: bool,
        prefix: &mut Vec<connlint_facts::Sym>,
        into: &mut ThinVec<UseImport>,
    ) {
        let (name, alias) = match tree {
            UseTree::Path(tree) => {
                prefix.push(self.ident(&tree.ident));
                self.use_tree(&tree.tree, global, prefix, into);
                prefix.pop();
                return;
            }
            UseTree::Group(tree) => {
                for tree in &tree.items {
                    self.use_tree(tree, global, prefix, into);
                }
                return;
            }
            UseTree::Glob(tree) => {
                let range = self.range(tree.star_token.spans[0]);
                into.push(UseImport { global, path: prefix.as_slice().into(), alias: None, glob: true, range });
                return;
            }
            UseTree::Name(tree) => (&tree.ident, None),
            UseTree::Rename(tree) => (&tree.ident, Some((self.ident(&tree.rename), tree.rename.span()))),
        };
        let mut path = ThinVec::with_capacity(prefix.len() + 1);
        path.extend_from_slice(prefix);
        let mut range = None;
        if path.is_empty() || name != "self" {
            let (name, place) = self.named(name);
            path.push(name);
            range = Some(place);
        }
        let range = match (alias, range) {
            (None, Some(range)) => range,
            (alias, _) => self.between(name.span(), alias.map_or(name.span(), |(_, span)| span)),
        };
        let alias = alias.map(|(alias, _)| alias);
        into.push(UseImport { global, path, alias, glob: false, range });
    }
}

fn vis_span(vis: &syn::Visibility) -> Option<Span> {
    match vis {
        syn::Visibility::Public(token) => Some(token.span),
        syn::Visibility::Restricted(vis) => Some(vis.pub_token.span),
        syn::Visibility::Inherited => None,
    }
}

fn visibility(vis: Option<&syn::Visibility>) -> Visibility {
    match vis {
        Some(syn::Visibility::Public(_)) => Visibility::Public,
        Some(syn::Visibility::Restricted(_)) => Visibility::Restricted,
        Some(syn::Visibility::Inherited) | None => Visibility::Private,
    }
}

fn fields_end(fields: &syn::Fields) -> Option<Span> {
    match fields {
        syn::Fields::Named(fields) => Some(fields.brace_token.span.close()),
        syn::Fields::Unnamed(fields) => Some(fields.paren_token.span.close()),
        syn::Fields::Unit => None,
    }
}
