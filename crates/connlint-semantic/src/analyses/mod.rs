//! One analysis for each question that needs bodies: what is held meanwhile, which tasks acquire without bound, which
//! driver nothing polls, which lock serves all requests, which pools there are, which loop sends a query for each item, how
//! many queries a run issues.
//!
//! They run on the complete call graph, do not know [`crate::program::Program`], and do not know each other, except that
//! `fan_out` shares the context of `holding`, whose parts are `awaited_tasks`, `given_guards`, `held_events`, `lent`,
//! `lock_waits`, `outside_waits` and `own_connections`, and that `query_loops` asks `collections`, a part of which is
//! `yielded`, what a loop runs over, `loop_invariants` which query is the same in each round, and `row_resolvers` which
//! functions a framework calls for each row, and `query_runs` the first two.
//! `kept_items` is a part of `guarded_connections`.

mod awaited_tasks;
pub(crate) mod callee_search;
pub(crate) mod collections;
pub(crate) mod fan_out;
pub(crate) mod given_guards;
mod guarded_clients;
pub(crate) mod guarded_connections;
pub(crate) mod held_events;
pub(crate) mod holding;
pub(crate) mod idle_drivers;
mod kept_items;
pub(crate) mod lent;
pub(crate) mod live_range;
pub(crate) mod lock_waits;
mod loop_invariants;
pub(crate) mod makers;
pub(crate) mod outside_waits;
mod own_connections;
pub(crate) mod pool_overview;
pub(crate) mod query_loops;
pub(crate) mod query_runs;
mod row_resolvers;
mod yielded;
