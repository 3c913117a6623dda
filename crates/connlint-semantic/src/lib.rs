//! Links facts into a [`Program`]: names, types, calls, entry points and the effects that they reach.
//!
//! Each folder is a layer and imports only what lies below it; `tests` holds the order. From the ground up: `names`,
//! `types` and `domain`, `infer`, `dataflow`, `call_graph`, then side by side `entry_points`, `effects` and
//! `live_ranges`, then `reach`, `pools`, `analyses`, [`Program`], `queries`, and [`link()`] on top, which runs the stages.

mod analyses;
mod call_graph;
mod catalog_check;
mod dataflow;
mod domain;
mod effects;
mod entry_points;
mod explain;
mod infer;
mod inspect;
mod library_models;
mod link;
mod live_ranges;
mod names;
mod pools;
mod program;
mod queries;
mod reach;
mod settings;
mod types;

pub use analyses::collections::ItemSource;
pub use analyses::guarded_connections::{GuardUse, GuardedConnection, GuardedKind, LockOwner};
pub use analyses::idle_drivers::IdleDriver;
pub use analyses::live_range::{FanOut, HeldAcquire, HeldAwait, LiveRange, OtherAwait, Started, Taking, Uncommitted};
pub use analyses::pool_overview::{PoolOverview, PoolTake};
pub use analyses::query_loops::{QueryLoop, RepeatedQuery};
pub use analyses::query_runs::QueryCount;
pub use call_graph::graph::CallGraph;
pub use catalog_check::used_rows::{row_key, used_rows};
pub use catalog_check::{Sources, Verdict, link_dependencies};
pub use domain::{
    Analyses, Analysis, AsyncForm, AtHand, CallEdge, Certainty, Choice, EffectSite, EntryId, EntryKind, EntryPoint,
    FrameworkHelp, Function, FunctionId, FunctionKind, LONG_PERIOD, Pause, PoolInstead, Requirement, RetryPace,
    SHORT_PERIOD, Shared, Work,
};
pub use explain::resolution_stats::{Resolution, Share, UnresolvedCall, UnresolvedCause};
pub use inspect::inspect;
pub use library_models::{FunctionModel, LibraryModel, TraitEntries, TypeModel, library_model};
pub use link::{LinkOptions, link};
pub use live_ranges::Held;
pub use pools::{PoolIdentity, PoolLimit};
pub use program::Program;
pub use queries::blocked_workers::BlockedWorker;
pub use queries::capacity::fleet::{Figure, Replicas, ServerLoad, names_of_nothing, server_loads};
pub use queries::capacity::terms::{Amount, Sum, Term, Values};
pub use queries::capacity::traffic::{PoolLoad, RouteLoad, RouteTraffic, TrafficLoad};
pub use queries::capacity::{Limit, Maximum, Opener, PoolFacts, Process, REQUESTS, WORKERS};
pub use queries::duplicate_pools::DuplicatePools;
pub use queries::hot_retries::HotRetry;
pub use queries::per_worker::WorkerPath;
pub use queries::query_loops::ReachedLoop;
pub use queries::reached_sites::{Exposure, ReachedSite};
pub use queries::recurrence::{ProcessKind, Recurrence};
pub use queries::request_load::{HeldCount, IssuedQuery, RequestLoad, TakenConnection};
pub use queries::served_sites::ServedSite;
pub use queries::why::{CodeLocation, EntryPath, MissingLink, NoPathReason, Why};
pub use settings::{Address, Built, Effective, Opening, RequestUse, Resource, Setting, SettingValue, Source, Way};
