//! Effect sites: which calls open, acquire, query, wait or block, and under which conditions paths lead to them.
//!
//! Knows the catalog's rows at calls. It does not know entry points or live ranges.

pub(crate) mod at_hand;
pub(crate) mod call_facts;
pub(crate) mod conditions;
pub(crate) mod missed;
pub(crate) mod pool_instead;
pub(crate) mod reloads;
pub(crate) mod sites;
