//! Types: signatures, fields, implementations and method look-up.
//!
//! Lowers the types that items declare, indexes implementations, and finds methods through autoderef. It does not know
//! bodies or operations: what an expression's type is, [`crate::infer`] determines.

pub(crate) mod builders;
pub(crate) mod callee;
pub(crate) mod context;
pub(crate) mod derived_impls;
pub(crate) mod derives;
pub(crate) mod dispatch;
pub(crate) mod display;
pub(crate) mod external;
pub(crate) mod impl_index;
pub(crate) mod impls;
pub(crate) mod lookup_trail;
pub(crate) mod lower;
pub(crate) mod methods;
pub(crate) mod roles;
pub(crate) mod signatures;
pub(crate) mod ty;
