//! Links facts into a [`Program`]: names, types, calls, entry points and the effects that they reach.
//!
//! The stages, each on top of the one before: `defs` collects definitions, `resolve` gives paths a meaning, `sigs` and
//! `methods` know signatures and implementations, `infer` gives expressions types and calls their targets, `values` tells
//! how function values run, `graph` joins bodies into a call graph, `guards` and `loops` tell what runs once and what runs
//! again, `entry` finds what the outside calls, `effects` what calls do to connections. [`Program`] answers questions.

mod attributes;
mod bodies;
mod builders;
mod call_graph;
mod callee;
mod canonical;
mod collect;
mod contexts;
mod def_paths;
mod defs;
mod derive_names;
mod derives;
mod details;
mod display;
mod domain;
mod drivers;
mod effects;
mod entry;
mod escape;
mod executors;
mod exports;
mod ext_path;
mod external;
mod fan_out;
mod flow;
mod graph;
mod guarded;
mod guards;
mod holding;
mod impl_index;
mod impls;
mod imports;
mod infer;
mod infer_all;
mod inspect;
mod link;
mod live_ranges;
mod loops;
mod marks;
mod methods;
mod names;
mod path_facts;
mod paths;
mod pools;
mod prelude;
mod processes;
mod program;
mod programs;
mod provenance;
mod ranges;
mod reach;
mod reached_sites;
mod resolve;
mod retries;
mod returns;
mod roles;
mod routes;
mod search;
mod served;
mod signature;
mod sigs;
mod sources;
mod tally;
mod trail;
mod ty;
mod types;
mod used;
mod values;
mod variants;
mod waits;
mod why;
mod wrappers;

pub use call_graph::CallGraph;
pub use domain::{
    AsyncForm, CallEdge, Certainty, EffectSite, EntryId, EntryKind, EntryPoint, FrameworkHelp, Function, FunctionId,
    FunctionKind, Shared,
};
pub use drivers::IdleDriver;
pub use executors::BlockedWorker;
pub use guarded::{GuardUse, GuardedConnection, Keeper};
pub use inspect::inspect;
pub use link::{LinkOptions, link};
pub use live_ranges::Held;
pub use pools::{PoolLimit, Same};
pub use program::Program;
pub use ranges::{FanOut, HeldAcquire, HeldAwait, LiveRange, OtherAwait, Started, Uncommitted};
pub use reached_sites::{Exposure, ReachedSite};
pub use retries::HotRetry;
pub use served::ServedSite;
pub use sources::{Sources, Verdict, link_dependencies};
pub use tally::{Resolution, Share, UnresolvedCall, UnresolvedCause};
pub use used::{row_key, used_rows};
pub use why::{EntryPath, Nowhere, Place, Suspect, Why};
pub use wrappers::{WrapperFn, WrapperType, Wrappers, wrappers};
