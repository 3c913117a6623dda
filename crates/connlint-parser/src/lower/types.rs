//! Paths, types, bounds and generics as written.

use std::sync::Arc;

use connlint_facts::{
    Bound, GenericArgs, GenericParam, Generics, Path, QSelf, Segment, TextRange, ThinVec, TypeRef, thin_vec,
};
use connlint_facts::{Sym, WherePredicate};
use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound};

use super::context::Cx;

impl Cx<'_> {
    /// A path without qualified self type.
    pub(crate) fn path(&mut self, path: &syn::Path) -> Path {
        self.qualified_path(None, path)
    }

    /// A path with its `<T as Trait>`.
    pub(crate) fn qualified_path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Path {
        if let (None, Some(ident)) = (qself, path.get_ident()) {
            return single(self.ident(ident));
        }
        let segments = path.segments.iter().map(|segment| self.segment(segment)).collect();
        let lowered_qself = qself.map(|qself| {
            let trait_segments = if qself.as_token.is_some() { qself.position as u32 } else { 0 };
            Box::new(QSelf { ty: self.ty(&qself.ty), trait_segments })
        });
        Path { qself: lowered_qself, global: path.leading_colon.is_some() && qself.is_none(), segments }
    }

    /// Where a whole path is.
    pub(crate) fn path_range(&self, qself: Option<&syn::QSelf>, path: &syn::Path) -> TextRange {
        let first = qself
            .map(|qself| qself.lt_token.spans[0])
            .or_else(|| path.leading_colon.map(|colons| colons.spans[0]))
            .or_else(|| path.segments.first().map(|segment| segment.ident.span()));
        let last = path.segments.last().map(|segment| match &segment.arguments {
            PathArguments::None => segment.ident.span(),
            PathArguments::AngleBracketed(args) => args.gt_token.spans[0],
            PathArguments::Parenthesized(args) => args.paren_token.span.close(),
        });
        match (first, last) {
            (Some(first), Some(last)) => self.between(first, last),
            (Some(only), None) | (None, Some(only)) => self.range(only),
            (None, None) => TextRange::default(),
        }
    }

    /// [`Self::qualified_path`] of an operation, which shares it with those of the file that have the same.
    pub(crate) fn shared_path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Arc<Path> {
        let path = self.qualified_path(qself, path);
        self.share(path)
    }

    fn segment(&mut self, segment: &syn::PathSegment) -> Segment {
        let name = self.ident(&segment.ident);
        let args = match &segment.arguments {
            PathArguments::None => None,
            PathArguments::AngleBracketed(args) => Some(Box::new(self.generic_args(args))),
            PathArguments::Parenthesized(args) => Some(Box::new(GenericArgs {
                types: args.inputs.iter().map(|input| self.ty(&input.ty)).collect(),
                bindings: ThinVec::new(),
                fn_output: Some(self.return_type(&args.output)),
            })),
        };
        Segment { name, args }
    }

    /// The type arguments of a turbofish.
    pub(crate) fn turbofish(&mut self, args: Option<&syn::AngleBracketedGenericArguments>) -> ThinVec<TypeRef> {
        args.map(|args| self.generic_args(args).types).unwrap_or_default()
    }

    fn generic_args(&mut self, args: &syn::AngleBracketedGenericArguments) -> GenericArgs {
        let mut lowered = GenericArgs::default();
        let is_type = |arg: &&GenericArgument| matches!(arg, GenericArgument::Type(_) | GenericArgument::Const(_));
        lowered.types.reserve_exact(args.args.iter().filter(is_type).count());
        for arg in &args.args {
            match arg {
                GenericArgument::Type(ty) => lowered.types.push(self.ty(ty)),
                GenericArgument::Const(_) => lowered.types.push(TypeRef::Const),
                GenericArgument::AssocType(assoc) => {
                    let name = self.ident(&assoc.ident);
                    let ty = self.ty(&assoc.ty);
                    lowered.bindings.push((name, ty));
                }
                GenericArgument::Constraint(constraint) => {
                    let name = self.ident(&constraint.ident);
                    let bounds = self.bounds(&constraint.bounds);
                    lowered.bindings.push((name, TypeRef::Impl(bounds)));
                }
                GenericArgument::AssocConst(assoc) => {
                    let name = self.ident(&assoc.ident);
                    lowered.bindings.push((name, TypeRef::Const));
                }
                // Lifetimes are not kept.
                _ => {}
            }
        }
        lowered
    }

    /// A type.
    pub(crate) fn ty(&mut self, ty: &Type) -> TypeRef {
        match ty {
            Type::Path(ty) => TypeRef::Path(self.qualified_path(ty.qself.as_ref(), &ty.path)),
            Type::Reference(ty) => TypeRef::Ref { mutable: ty.mutability.is_some(), ty: Box::new(self.ty(&ty.elem)) },
            Type::Ptr(ty) => TypeRef::Ptr(Box::new(self.ty(&ty.elem))),
            Type::Slice(ty) => TypeRef::Slice(Box::new(self.ty(&ty.elem))),
            Type::Array(ty) => TypeRef::Array(Box::new(self.ty(&ty.elem))),
            Type::Tuple(ty) => TypeRef::Tuple(ty.elems.iter().map(|elem| self.ty(elem)).collect()),
            Type::FnPtr(ty) => TypeRef::Fn {
                params: ty.inputs.iter().map(|input| self.ty(&input.ty)).collect(),
                ret: Box::new(self.return_type(&ty.output)),
            },
            Type::TraitObject(ty) => TypeRef::Dyn(self.bounds(&ty.bounds)),
            Type::ImplTrait(ty) => TypeRef::Impl(self.bounds(&ty.bounds)),
            Type::Never(_) => TypeRef::Never,
            Type::Infer(_) => TypeRef::Infer,
            Type::Paren(ty) => self.ty(&ty.elem),
            Type::Group(ty) => self.ty(&ty.elem),
            _ => TypeRef::Unknown,
        }
    }

    /// `-> T`, unit if none is written.
    pub(crate) fn return_type(&mut self, ret: &ReturnType) -> TypeRef {
        self.written_return(ret).unwrap_or(TypeRef::Tuple(ThinVec::new()))
    }

    /// `-> T`, if it is written.
    pub(crate) fn written_return(&mut self, ret: &ReturnType) -> Option<TypeRef> {
        match ret {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(self.ty(ty)),
        }
    }

    /// Trait bounds; those on lifetimes are not kept.
    pub(crate) fn bounds<P>(&mut self, bounds: &Punctuated<TypeParamBound, P>) -> ThinVec<Bound> {
        let mut lowered = ThinVec::with_capacity(bounds.len());
        for bound in bounds {
            if let TypeParamBound::Trait(bound) = bound {
                lowered.push(Bound { path: self.path(&bound.path), maybe: bound.maybe.is_some() });
            }
        }
        lowered
    }

    /// Generic parameters and `where` clauses.
    pub(crate) fn generics(&mut self, generics: &syn::Generics) -> Generics {
        let mut lowered = Generics::default();
        let is_kept = |param: &&syn::GenericParam| !matches!(param, syn::GenericParam::Lifetime(_));
        lowered.params.reserve_exact(generics.params.iter().filter(is_kept).count());
        for param in &generics.params {
            match param {
                syn::GenericParam::Type(param) => {
                    let name: Sym = self.ident(&param.ident);
                    let bounds = self.bounds(&param.bounds);
                    let default = param.default.as_ref().map(|(_, ty)| self.ty(ty));
                    lowered.params.push(GenericParam { name, is_const: false, bounds, default });
                }
                syn::GenericParam::Const(param) => {
                    let name = self.ident(&param.ident);
                    lowered.params.push(GenericParam { name, is_const: true, bounds: ThinVec::new(), default: None });
                }
                syn::GenericParam::Lifetime(_) => {}
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            if let syn::WherePredicate::Type(predicate) = predicate {
                let ty = self.ty(&predicate.bounded_ty);
                let bounds = self.bounds(&predicate.bounds);
                lowered.predicates.push(WherePredicate { ty, bounds });
            }
        }
        lowered
    }
}

/// A path that is one name.
pub(crate) fn single(name: Sym) -> Path {
    Path { qself: None, global: false, segments: thin_vec![Segment { name, args: None }] }
}
