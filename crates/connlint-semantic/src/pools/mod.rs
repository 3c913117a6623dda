//! Pools: which calls take a connection from one, and which of them take it from the same one.
//!
//! Knows where pools are built and through which fields, parameters and getters they are reached. It does not know how
//! long what is taken is held, nor who runs the code.

mod built;
mod place;
mod runs;
mod sources;
mod uses;
mod wiring;

pub use built::PoolLimit;
pub(crate) use built::{BuiltPool, BuiltPools};
pub use place::PoolIdentity;
pub(crate) use place::{PoolPlace, same_type};
pub(crate) use runs::{Chain, Runs};
pub(crate) use uses::{PoolUses, PooledCrates};
pub(crate) use wiring::{Callers, Wiring};
