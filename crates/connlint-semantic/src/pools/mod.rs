//! Pools: which calls take a connection from one, and which of them take it from the same one.

mod built;
mod place;
mod uses;

pub(crate) use built::BuiltPools;
pub use built::PoolLimit;
pub use place::PoolIdentity;
pub(crate) use place::{PoolPlace, Pools, same_type};
pub(crate) use uses::{PoolUses, PooledCrates};
