//! What is known of types: signatures, fields, implementations, on top of resolved names.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use connlint_catalog::{Catalog, Role};

use crate::names::defs::Defs;
use crate::names::locked::LockedGraph;
use crate::names::resolve::Resolver;
use crate::types::callee::BlanketIndex;
use crate::types::derives::Generated;
use crate::types::impl_index::ImplIndex;
use crate::types::roles::HoldingTypes;
use crate::types::signatures::Signature;
use crate::types::ty::Ty;

/// The workspace with its names resolved and its types lowered. Immutable once built, but for return types that only bodies show.
#[derive(Debug)]
pub(crate) struct TypeContext<'w> {
    resolver: Resolver<'w>,
    /// Signatures, lowered at first use.
    pub(crate) signatures: Vec<OnceLock<Option<Arc<Signature>>>>,
    /// Types of the fields of structs and variants, lowered at first use.
    pub(crate) field_types: Vec<OnceLock<Box<[Ty]>>>,
    pub(crate) holding: HoldingTypes,
    pub(crate) impls: ImplIndex,
    pub(crate) blanket: BlanketIndex<'w>,
    pub(crate) generated: Generated<'w>,
}

impl<'w> TypeContext<'w> {
    /// Resolves names, then indexes implementations.
    pub(crate) fn new(defs: Defs<'w>, catalog: &'w Catalog, locked: LockedGraph) -> Self {
        let resolver = Resolver::new(defs, catalog, locked);
        let number = resolver.defs.defs.len();
        let mut types = Self {
            resolver,
            signatures: (0..number).map(|_| OnceLock::new()).collect(),
            field_types: (0..number).map(|_| OnceLock::new()).collect(),
            holding: HoldingTypes::of(number),
            impls: ImplIndex::default(),
            blanket: BlanketIndex::default(),
            generated: Generated::default(),
        };
        types.index_impls();
        types
    }

    /// Whether a type is `bool`, behind references too.
    pub(crate) fn is_bool(&self, ty: &Ty) -> bool {
        matches!(ty.peel_refs(), Ty::Prim(name) if self.defs.text(*name) == "bool")
    }

    /// The role of a type as written: neither references nor pointers are looked behind.
    pub(crate) fn role_of(&self, ty: &Ty) -> Option<Role> {
        self.role(ty.external_path()?)
    }
}

impl<'w> Deref for TypeContext<'w> {
    type Target = Resolver<'w>;

    fn deref(&self) -> &Resolver<'w> {
        &self.resolver
    }
}

impl DerefMut for TypeContext<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.resolver
    }
}
