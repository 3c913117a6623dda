//! Questions to the linked [`crate::program::Program`].
//!
//! They work on the program alone: they do not know types or bodies.

pub(crate) mod blocked_workers;
pub(crate) mod capacity;
pub(crate) mod duplicate_pools;
mod handed_on;
pub(crate) mod hot_retries;
mod one_thread;
pub(crate) mod per_worker;
pub(crate) mod pool_instead;
pub(crate) mod query_loops;
pub(crate) mod reached_sites;
pub(crate) mod recurrence;
pub(crate) mod request_load;
pub(crate) mod served_sites;
pub(crate) mod why;
