//! Questions to the linked [`crate::program::Program`].
//!
//! They work on the program alone and know neither types nor bodies.

pub(crate) mod blocked_workers;
pub(crate) mod hot_retries;
pub(crate) mod reached_sites;
pub(crate) mod served_sites;
pub(crate) mod why;
