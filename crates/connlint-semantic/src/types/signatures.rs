//! Signatures of functions.

use crate::names::interner::Name;
use crate::types::ty::Ty;

/// A function's signature with its generics still in it.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    /// Parameters without `self`.
    pub(crate) params: Vec<Ty>,
    pub(crate) ret: Ty,
    /// All names that a call may bind: those of the impl or trait, then its own.
    pub(crate) generics: Vec<Name>,
    /// Its own, in order, for a turbofish.
    pub(crate) own: Vec<Name>,
}
