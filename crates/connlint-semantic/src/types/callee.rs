//! What a call may run.

use connlint_catalog::{ApiModel, TraitModel};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// Blanket traits of the catalog, by method name.
pub(crate) type BlanketIndex<'w> = FxHashMap<&'w str, Vec<(&'w TraitModel, &'w ApiModel)>>;

/// What a call may run.
#[derive(Clone, Debug)]
pub(crate) enum Callee<'w> {
    /// A function of the workspace. `self_ty` is the type that it was found on.
    Def { def: DefId, self_ty: Option<Ty> },
    /// A row of the catalog.
    Api { api: &'w ApiModel, self_ty: Option<Ty> },
    /// A method that no row describes, of a type whose methods return itself.
    Chain(Ty),
}

pub(crate) type Callees<'w> = SmallVec<[Callee<'w>; 1]>;
