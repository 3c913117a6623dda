//! The call graph: functions, closures and loops, and the calls between them.
//!
//! Knows how a function value that is passed on ends up running. It does not know effects, entry points' frameworks or
//! lints: [`graph::CallGraph`] holds them as data once they are collected, and answers questions of reachability.
//!
//! `build` adds the calls body by body: those that inference resolved (of several targets, `instances` and `makers` leave
//! those that can be meant), those that nobody writes (`implied_calls`), those of a crate that was not read
//! (`called_back`), and those of callables. A callable that is passed on runs as `function_values` infers; one that is
//! kept in a field, a parameter or a collection is put there by `callable_puts`, found again in `kept_callables`, and called
//! by `stored_callables`; `callable_values` infers which functions an expression may be. `adjacency` is the index of all
//! calls, `contexts` what a path knows of parameters.

pub(crate) mod adjacency;
pub(crate) mod build;
mod callable_puts;
mod callable_values;
mod called_back;
pub(crate) mod contexts;
pub(crate) mod descent;
pub(crate) mod function_values;
pub(crate) mod graph;
mod implied_calls;
mod instances;
mod kept_callables;
mod makers;
mod stored_callables;
