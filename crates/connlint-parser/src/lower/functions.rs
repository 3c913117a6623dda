//! Functions, and the items of traits and implementations.

use connlint_facts::{Body, FnItem, ItemId, ItemKind, LocalId, OpKind, Param, SelfKind, SelfParam, TextRange, ThinVec};
use proc_macro2::Span;
use syn::{FnArg, Pat, ReceiverKind, Signature, Type};

use super::body::Lower;
use super::context::Cx;
use super::items::Head;

impl Cx<'_> {
    /// A free function.
    pub(crate) fn fn_item(&mut self, item: &syn::ItemFn) -> ItemId {
        self.fn_with_body(&item.attrs, Some(&item.vis), &item.sig, &item.block)
    }

    fn fn_with_body(
        &mut self,
        attrs: &[syn::Attribute],
        vis: Option<&syn::Visibility>,
        sig: &Signature,
        block: &syn::Block,
    ) -> ItemId {
        let ends = (signature_start(sig), block.brace_token.span.close());
        let head = Head { attrs, vis, name: Some(&sig.ident), ends };
        self.make_item(&head, |cx| ItemKind::Fn(Box::new(cx.function(sig, Some(block)))))
    }

    /// A function without a body.
    pub(crate) fn fn_declaration(
        &mut self,
        attrs: &[syn::Attribute],
        vis: Option<&syn::Visibility>,
        sig: &Signature,
        last: Span,
    ) -> ItemId {
        let head = Head { attrs, vis, name: Some(&sig.ident), ends: (signature_start(sig), last) };
        self.make_item(&head, |cx| ItemKind::Fn(Box::new(cx.function(sig, None))))
    }

    /// An item of an implementation.
    pub(crate) fn associated_item(&mut self, item: &syn::ImplItem) -> Vec<ItemId> {
        match item {
            syn::ImplItem::Fn(item) => vec![self.fn_with_body(&item.attrs, Some(&item.vis), &item.sig, &item.block)],
            syn::ImplItem::Const(item) => {
                let ends = (item.const_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                vec![self.make_item(&head, |cx| ItemKind::Const {
                    ty: Box::new(cx.ty(&item.ty)),
                    body: Some(Box::new(cx.const_body(&item.expr))),
                })]
            }
            syn::ImplItem::Type(item) => {
                let ends = (item.type_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: Some(&item.vis), name: Some(&item.ident), ends };
                vec![self.make_item(&head, |cx| ItemKind::TypeAlias {
                    generics: Box::new(cx.generics(&item.generics)),
                    bounds: ThinVec::new(),
                    ty: Some(Box::new(cx.ty(&item.ty))),
                })]
            }
            syn::ImplItem::Macro(item) => self.associated_macro(&item.attrs, &item.mac),
            syn::ImplItem::Verbatim(tokens) => self.verbatim_item(tokens),
            _ => Vec::new(),
        }
    }

    /// An item of a trait.
    pub(crate) fn declared_item(&mut self, item: &syn::TraitItem) -> Vec<ItemId> {
        match item {
            syn::TraitItem::Fn(item) => vec![match (&item.default, item.semi_token) {
                (Some(block), _) => self.fn_with_body(&item.attrs, None, &item.sig, block),
                (None, semi) => {
                    let last = semi.map_or_else(|| item.sig.ident.span(), |semi| semi.spans[0]);
                    self.fn_declaration(&item.attrs, None, &item.sig, last)
                }
            }],
            syn::TraitItem::Const(item) => {
                let ends = (item.const_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: None, name: Some(&item.ident), ends };
                vec![self.make_item(&head, |cx| ItemKind::Const {
                    ty: Box::new(cx.ty(&item.ty)),
                    body: item.default.as_ref().map(|(_, expr)| Box::new(cx.const_body(expr))),
                })]
            }
            syn::TraitItem::Type(item) => {
                let ends = (item.type_token.span, item.semi_token.spans[0]);
                let head = Head { attrs: &item.attrs, vis: None, name: Some(&item.ident), ends };
                vec![self.make_item(&head, |cx| ItemKind::TypeAlias {
                    generics: Box::new(cx.generics(&item.generics)),
                    bounds: cx.bounds(&item.bounds),
                    ty: item.default.as_ref().map(|(_, ty)| Box::new(cx.ty(ty))),
                })]
            }
            syn::TraitItem::Macro(item) => self.associated_macro(&item.attrs, &item.mac),
            syn::TraitItem::Verbatim(tokens) => self.verbatim_item(tokens),
            _ => Vec::new(),
        }
    }

    fn function(&mut self, sig: &Signature, block: Option<&syn::Block>) -> FnItem {
        let generics = self.generics(&sig.generics);
        let mut self_param = None;
        let typed = sig.inputs.iter().filter(|input| matches!(input, FnArg::Typed(_)));
        let mut params = ThinVec::with_capacity(typed.count());
        for input in &sig.inputs {
            match input {
                FnArg::Receiver(receiver) => self_param = Some(self.self_param(receiver)),
                FnArg::Typed(param) => params.push(self.param(param)),
            }
        }
        let ret = self.written_return(&sig.output);
        let body = block.map(|block| Box::new(self.fn_body(sig, block)));
        FnItem { generics, self_param, params, ret, is_async: sig.asyncness.is_some(), body }
    }

    fn self_param(&mut self, receiver: &syn::Receiver) -> SelfParam {
        let (kind, ty) = match &receiver.kind {
            ReceiverKind::Reference(_, _, Some(_)) => (SelfKind::RefMut, None),
            ReceiverKind::Reference(_, _, None) => (SelfKind::Ref, None),
            ReceiverKind::Typed(_, ty) => {
                let kind = match &**ty {
                    Type::Reference(ty) if ty.mutability.is_some() => SelfKind::RefMut,
                    Type::Reference(_) => SelfKind::Ref,
                    _ => SelfKind::Value,
                };
                (kind, Some(self.ty(ty)))
            }
            _ => (SelfKind::Value, None),
        };
        // The receiver is the first parameter, so its local is the first one of the body.
        SelfParam { kind, ty, local: LocalId(0) }
    }

    fn param(&mut self, param: &syn::PatType) -> Param {
        let name = match &*param.pat {
            Pat::Ident(pat) => Some(self.ident(&pat.ident)),
            _ => None,
        };
        let pat_range = self.pattern_range(&param.pat);
        let range = pat_range.cover(self.type_range(&param.ty));
        self.suppressions(&param.attrs, range);
        Param { name, ty: self.ty(&param.ty), attributes: self.attributes(&param.attrs), range }
    }

    fn fn_body(&mut self, sig: &Signature, block: &syn::Block) -> Body {
        let range = self.range(block.brace_token.span.join());
        let mut lower = Lower::new(self, range);
        let region = lower.current();
        let mut index = 0;
        for input in &sig.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    let range = lower.cx.range(receiver.self_token.span);
                    let name = lower.cx.intern("self");
                    let value = Some(lower.op(OpKind::SelfParam, range));
                    let local = lower.declare(name, None, receiver.mutability.is_some(), range, region);
                    lower.op(OpKind::Bind { local, value }, range);
                }
                FnArg::Typed(param) => {
                    let range = lower.pattern_range(&param.pat);
                    let value = lower.op(OpKind::Param(index), range);
                    index += 1;
                    if matches!(*param.pat, Pat::Wild(_)) {
                        lower.op(OpKind::Discard { value }, range);
                    } else {
                        lower.bind(&param.pat, Some(&param.ty), value, region);
                    }
                }
            }
        }
        let val = lower.block(block, false);
        lower.finish(val.joined())
    }

    /// The text of a type, as far as its own tokens show.
    pub(crate) fn type_range(&self, ty: &Type) -> TextRange {
        match ty {
            Type::Path(ty) => {
                let first = ty.qself.as_ref().map(|qself| qself.lt_token.spans[0]);
                let first = first.or_else(|| ty.path.segments.first().map(|segment| segment.ident.span()));
                let last = ty.path.segments.last().map(|segment| match &segment.arguments {
                    syn::PathArguments::None => segment.ident.span(),
                    syn::PathArguments::AngleBracketed(args) => args.gt_token.spans[0],
                    syn::PathArguments::Parenthesized(args) => args.paren_token.span.close(),
                });
                first.zip(last).map(|(first, last)| self.between(first, last)).unwrap_or_default()
            }
            Type::Reference(ty) => self.range(ty.and_token.spans[0]).cover(self.type_range(&ty.elem)),
            Type::Tuple(ty) => self.range(ty.paren_token.span.join()),
            Type::Slice(ty) => self.range(ty.bracket_token.span.join()),
            Type::Array(ty) => self.range(ty.bracket_token.span.join()),
            Type::Paren(ty) => self.range(ty.paren_token.span.join()),
            // The rest is rare as a field or parameter; collecting its tokens is affordable.
            ty => {
                use syn::spanned::Spanned as _;
                self.range(ty.span())
            }
        }
    }
}

fn signature_start(sig: &Signature) -> Span {
    let safety = match &sig.safety {
        syn::Safety::Unsafe(token) => Some(token.span),
        syn::Safety::Safe(token) => Some(token.span),
        syn::Safety::Default => None,
    };
    let constness = sig.constness.map(|token| token.span);
    let asyncness = sig.asyncness.map(|token| token.span);
    let abi = sig.abi.as_ref().map(|abi| abi.extern_token.span);
    constness.or(asyncness).or(safety).or(abi).unwrap_or(sig.fn_token.span)
}
