//! Patterns, flattened to projections and bindings.

use std::sync::Arc;

use connlint_facts::{OpId, OpKind, Path, PatternHead, RegionId, Sym, TextRange, ThinVec};
use syn::{Member, Pat, Type};

use super::body::Lower;
use super::context::Cx;
use super::types::single;

impl Lower<'_, '_> {
    /// Binds the names of a pattern to the parts of `value`. They live until the end of `scope`.
    pub(crate) fn bind(&mut self, pat: &Pat, ty: Option<&Type>, value: OpId, scope: RegionId) {
        match pat {
            Pat::Ident(pat) => self.bind_ident(pat, ty, value, scope),
            Pat::Tuple(pat) => {
                let types = tuple_types(ty, pat.elems.len());
                self.bind_positions(&pat.elems, &types, scope, |this, name, range| {
                    this.op(OpKind::Field { base: value, name }, range)
                });
            }
            Pat::TupleStruct(pat) => {
                let variant = self.cx.shared_path(pat.qself.as_ref(), &pat.path);
                self.bind_positions(&pat.elems, &[], scope, |this, name, range| {
                    this.op(OpKind::VariantField { base: value, variant: Arc::clone(&variant), name }, range)
                });
            }
            Pat::Struct(pat) => self.bind_struct(pat, value, scope),
            Pat::Slice(pat) => {
                for elem in pat.elems.iter().filter(|elem| binds(elem)) {
                    let range = self.pattern_range(elem);
                    // `rest @ ..` is a part of the sequence with the sequence's own type.
                    let part = match elem {
                        Pat::Ident(syn::PatIdent { subpat: Some((_, inner)), .. })
                            if matches!(**inner, Pat::Rest(_)) =>
                        {
                            value
                        }
                        _ => self.op(OpKind::Element { base: value }, range),
                    };
                    self.bind(elem, None, part, scope);
                }
            }
            Pat::Reference(pat) if binds(&pat.pat) => {
                let range = self.pattern_range(&pat.pat);
                let inner = self.op(OpKind::Deref { base: value }, range);
                let ty = match ty {
                    Some(Type::Reference(ty)) => Some(&*ty.elem),
                    _ => None,
                };
                self.bind(&pat.pat, ty, inner, scope);
            }
            Pat::Or(pat) => self.bind_alternatives(&pat.cases, value, scope),
            Pat::Paren(pat) => self.bind(&pat.pat, ty, value, scope),
            Pat::Guard(pat) => self.bind(&pat.pat, ty, value, scope),
            Pat::Type(pat) => self.bind(&pat.pat, Some(&pat.ty), value, scope),
            // The rest binds nothing; `box` patterns and macros are not modelled.
            _ => {}
        }
    }

    fn bind_ident(&mut self, pat: &syn::PatIdent, ty: Option<&Type>, value: OpId, scope: RegionId) {
        if is_constant(pat) {
            return;
        }
        let (name, range) = self.cx.named(&pat.ident);
        let bound = if pat.by_ref.is_some() {
            self.op(OpKind::Ref { base: value, mutable: pat.mutability.is_some() }, range)
        } else {
            value
        };
        if let Some((_, inner)) = &pat.subpat {
            self.bind(inner, ty, value, scope);
        }
        let ty = ty.map(|ty| Box::new(self.cx.ty(ty)));
        let mutable = pat.mutability.is_some() && pat.by_ref.is_none();
        let local = self.declare(name, ty, mutable, range, scope);
        self.op(OpKind::Bind { local, value: Some(bound) }, range);
    }

    fn bind_positions<P>(
        &mut self,
        elems: &syn::punctuated::Punctuated<Pat, P>,
        types: &[&Type],
        scope: RegionId,
        mut project: impl FnMut(&mut Self, Sym, TextRange) -> OpId,
    ) {
        for (at, elem) in elems.iter().enumerate() {
            // Behind `..` positions count from the end, which the pattern alone does not show.
            if matches!(elem, Pat::Rest(_)) {
                self.bind_behind_rest(elems.iter().skip(at + 1), scope, &mut project);
                return;
            }
            if binds(elem) {
                let name = self.cx.intern(&at.to_string());
                let range = self.pattern_range(elem);
                let part = project(self, name, range);
                self.bind(elem, types.get(at).copied(), part, scope);
            }
        }
    }

    /// Parts behind `..` are projections named `-1` (the last), `-2`, ….
    fn bind_behind_rest<'p>(
        &mut self,
        elems: impl Iterator<Item = &'p Pat>,
        scope: RegionId,
        project: &mut impl FnMut(&mut Self, Sym, TextRange) -> OpId,
    ) {
        let elems: Vec<_> = elems.collect();
        for (at, elem) in elems.iter().enumerate() {
            if binds(elem) {
                let name = self.cx.intern(&format!("-{}", elems.len() - at));
                let range = self.pattern_range(elem);
                let part = project(self, name, range);
                self.bind(elem, None, part, scope);
            }
        }
    }

    fn bind_struct(&mut self, pat: &syn::PatStruct, value: OpId, scope: RegionId) {
        let variant = self.cx.shared_path(pat.qself.as_ref(), &pat.path);
        for field in &pat.fields {
            if binds(&field.pat) {
                let name = self.member(&field.member);
                let range = self.pattern_range(&field.pat);
                let part = self.op(OpKind::VariantField { base: value, variant: Arc::clone(&variant), name }, range);
                self.bind(&field.pat, None, part, scope);
            }
        }
    }

    /// Names of an or-pattern are bound once: by the first alternative that has them.
    fn bind_alternatives<P>(&mut self, cases: &syn::punctuated::Punctuated<Pat, P>, value: OpId, scope: RegionId) {
        if let Some(first) = cases.iter().find(|case| binds(case)) {
            self.bind(first, None, value, scope);
        }
    }

    /// Declares the names of a `let` without a value.
    pub(crate) fn bind_uninit(&mut self, pat: &Pat, ty: Option<&Type>, scope: RegionId) {
        match pat {
            Pat::Ident(pat) => {
                let (name, range) = self.cx.named(&pat.ident);
                let ty = ty.map(|ty| Box::new(self.cx.ty(ty)));
                let local = self.declare(name, ty, pat.mutability.is_some(), range, scope);
                self.op(OpKind::Bind { local, value: None }, range);
            }
            Pat::Tuple(pat) => {
                let types = tuple_types(ty, pat.elems.len());
                for (at, elem) in pat.elems.iter().enumerate() {
                    self.bind_uninit(elem, types.get(at).copied(), scope);
                }
            }
            Pat::Paren(pat) => self.bind_uninit(&pat.pat, ty, scope),
            _ => {}
        }
    }

    /// A field's name, or its index.
    pub(crate) fn member(&mut self, member: &Member) -> Sym {
        match member {
            Member::Named(ident) => self.cx.ident(ident),
            Member::Unnamed(index) => self.cx.intern(&index.index.to_string()),
        }
    }

    /// The refutable shape of a pattern.
    pub(crate) fn pattern_head(&mut self, pat: &Pat) -> PatternHead {
        match pat {
            Pat::Ident(pat) if is_constant(pat) => {
                let path = self.constant_path(&pat.ident);
                PatternHead::Variant(path, ThinVec::new())
            }
            Pat::Ident(pat) => match &pat.subpat {
                Some((_, inner)) => self.pattern_head(inner),
                None => PatternHead::Any,
            },
            Pat::Path(pat) => PatternHead::Variant(self.cx.shared_path(pat.qself.as_ref(), &pat.path), ThinVec::new()),
            Pat::TupleStruct(pat) => {
                let path = self.cx.shared_path(pat.qself.as_ref(), &pat.path);
                PatternHead::Variant(path, pat.elems.iter().map(|elem| self.pattern_head(elem)).collect())
            }
            Pat::Struct(pat) => {
                let path = self.cx.shared_path(pat.qself.as_ref(), &pat.path);
                PatternHead::Variant(path, pat.fields.iter().map(|field| self.pattern_head(&field.pat)).collect())
            }
            Pat::Tuple(pat) => PatternHead::Tuple(pat.elems.iter().map(|elem| self.pattern_head(elem)).collect()),
            Pat::Slice(pat) => PatternHead::Tuple(pat.elems.iter().map(|elem| self.pattern_head(elem)).collect()),
            Pat::Or(pat) => PatternHead::Or(pat.cases.iter().map(|case| self.pattern_head(case)).collect()),
            Pat::Paren(pat) => self.pattern_head(&pat.pat),
            Pat::Guard(pat) => self.pattern_head(&pat.pat),
            Pat::Type(pat) => self.pattern_head(&pat.pat),
            Pat::Reference(pat) => self.pattern_head(&pat.pat),
            Pat::Wild(_) | Pat::Rest(_) => PatternHead::Any,
            Pat::Lit(pat) => PatternHead::Literal(Some(self.cx.literal(&pat.lit))),
            _ => PatternHead::Literal(None),
        }
    }

    fn constant_path(&mut self, ident: &syn::Ident) -> Arc<Path> {
        let name = self.cx.ident(ident);
        self.cx.share(single(name))
    }

    /// The text of a pattern, as far as its own tokens and its first part show.
    pub(crate) fn pattern_range(&self, pat: &Pat) -> TextRange {
        self.cx.pattern_range(pat)
    }
}

impl Cx<'_> {
    /// The text of a pattern, as far as its own tokens and its first part show.
    pub(crate) fn pattern_range(&self, pat: &Pat) -> TextRange {
        let at_path = |path: &syn::Path, last| {
            let first = path.segments.first().map_or(last, |segment| segment.ident.span());
            self.between(first, last)
        };
        match pat {
            Pat::Ident(pat) => self.range(pat.ident.span()),
            Pat::Tuple(pat) => self.range(pat.paren_token.span.join()),
            Pat::Slice(pat) => self.range(pat.bracket_token.span.join()),
            Pat::Paren(pat) => self.range(pat.paren_token.span.join()),
            Pat::TupleStruct(pat) => at_path(&pat.path, pat.paren_token.span.close()),
            Pat::Struct(pat) => at_path(&pat.path, pat.brace_token.span.close()),
            Pat::Path(pat) => {
                let last = pat.path.segments.last().map(|segment| segment.ident.span());
                last.map(|last| at_path(&pat.path, last)).unwrap_or_default()
            }
            Pat::Reference(pat) => self.range(pat.and_token.spans[0]).cover(self.pattern_range(&pat.pat)),
            Pat::Guard(pat) => self.pattern_range(&pat.pat),
            Pat::Type(pat) => self.pattern_range(&pat.pat),
            Pat::Or(pat) => {
                let ends = pat.cases.first().zip(pat.cases.last());
                ends.map(|(first, last)| self.pattern_range(first).cover(self.pattern_range(last))).unwrap_or_default()
            }
            Pat::Wild(pat) => self.range(pat.underscore_token.span),
            Pat::Rest(pat) => self.between(pat.dot2_token.spans[0], pat.dot2_token.spans[1]),
            Pat::Lit(pat) => self.range(pat.lit.span()),
            Pat::Macro(pat) => at_path(&pat.mac.path, pat.mac.delimiter.span().close()),
            _ => TextRange::default(),
        }
    }
}

/// Whether a lone identifier is a constant or unit variant by its look: `None`, `MAX`.
fn is_constant(pat: &syn::PatIdent) -> bool {
    let plain = pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none();
    let is_upper = |name: &str| name.strip_prefix("r#").unwrap_or(name).starts_with(char::is_uppercase);
    plain && is_upper(&pat.ident.to_string())
}

/// Whether a pattern may bind anything.
fn binds(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(pat) => !is_constant(pat),
        Pat::Wild(_) | Pat::Rest(_) | Pat::Lit(_) | Pat::Path(_) | Pat::Range(_) | Pat::Const(_) => false,
        Pat::Tuple(pat) => pat.elems.iter().any(binds),
        Pat::TupleStruct(pat) => pat.elems.iter().any(binds),
        Pat::Slice(pat) => pat.elems.iter().any(binds),
        Pat::Struct(pat) => pat.fields.iter().any(|field| binds(&field.pat)),
        Pat::Or(pat) => pat.cases.iter().any(binds),
        Pat::Paren(pat) => binds(&pat.pat),
        Pat::Guard(pat) => binds(&pat.pat),
        Pat::Reference(pat) => binds(&pat.pat),
        Pat::Type(pat) => binds(&pat.pat),
        _ => false,
    }
}

/// The types of a tuple pattern's parts, where a tuple type of as many is written.
fn tuple_types(ty: Option<&Type>, len: usize) -> Vec<&Type> {
    match ty {
        Some(Type::Tuple(ty)) if ty.elems.len() == len => ty.elems.iter().collect(),
        _ => Vec::new(),
    }
}
