//! Paths, types and generics as written, before resolution.
//!
//! Most of their lists are empty or have one element, so that they take the room of a pointer.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::text::Sym;

/// A path as written: `crate::db::open`, `Vec::<u8>::new`, `<T as Trait>::NAME`, `::std::mem::drop`.
///
/// `self`, `super`, `crate`, `Self` and `$crate` (as `crate`) are ordinary segments with those names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Path {
    /// `<T>::…` or `<T as Trait>::…`.
    pub qself: Option<Box<QSelf>>,
    /// Whether the path begins with `::`.
    pub global: bool,
    /// The segments; never empty unless `qself` is set.
    pub segments: ThinVec<Segment>,
}

/// The qualified self type of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct QSelf {
    /// The type between `<` and `>` (or before `as`).
    pub ty: TypeRef,
    /// How many leading segments of the path name the trait; 0 without `as`.
    pub trait_segments: u32,
}

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: Sym,
    /// Its generic arguments, if any are written.
    pub args: Option<Box<GenericArgs>>,
}

/// Generic arguments of a segment; lifetimes are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GenericArgs {
    /// Type arguments in order; a const argument is written as [`TypeRef::Const`].
    pub types: ThinVec<TypeRef>,
    /// Associated bindings: `Item = T`. `Item: Bound` is kept as `impl Bound`.
    pub bindings: ThinVec<(Sym, TypeRef)>,
    /// Set for `Fn(A, B) -> C`: then `types` are the inputs and this is the output (unit if none is written).
    pub fn_output: Option<TypeRef>,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum TypeRef {
    /// A named type.
    Path(Path),
    /// `&T`, `&mut T`.
    Ref {
        /// Whether it is `&mut`.
        mutable: bool,
        /// The referent.
        ty: Box<TypeRef>,
    },
    /// `*const T`, `*mut T`.
    Ptr(Box<TypeRef>),
    /// `[T]`.
    Slice(Box<TypeRef>),
    /// `[T; N]`.
    Array(Box<TypeRef>),
    /// `(A, B)`; the unit type has no elements.
    Tuple(ThinVec<TypeRef>),
    /// `fn(A) -> B`.
    Fn {
        /// Parameter types.
        params: ThinVec<TypeRef>,
        /// Return type; unit if none is written.
        ret: Box<TypeRef>,
    },
    /// `dyn A + B`.
    Dyn(ThinVec<Bound>),
    /// `impl A + B`.
    Impl(ThinVec<Bound>),
    /// `!`.
    Never,
    /// `_`.
    Infer,
    /// A const generic argument.
    Const,
    /// A type that the parser does not model (a macro in type position).
    Unknown,
}

/// A trait bound; lifetime bounds are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bound {
    /// The trait, with generic arguments and bindings (`Fn(A) -> B`, `Iterator<Item = T>`).
    pub path: Path,
    /// Whether it is relaxed: `?Sized`.
    pub maybe: bool,
}

/// The generics of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Generics {
    /// Type and const parameters in order; lifetimes are not kept.
    pub params: ThinVec<GenericParam>,
    /// `where` clauses; those on lifetimes are not kept.
    pub predicates: ThinVec<WherePredicate>,
}

/// A type or const parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GenericParam {
    /// Its name.
    pub name: Sym,
    /// Whether it is a const parameter.
    pub is_const: bool,
    /// Bounds written at the parameter.
    pub bounds: ThinVec<Bound>,
    /// Its default.
    pub default: Option<TypeRef>,
}

/// `where T: A + B`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WherePredicate {
    /// The bounded type.
    pub ty: TypeRef,
    /// Its bounds.
    pub bounds: ThinVec<Bound>,
}
