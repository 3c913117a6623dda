//! Reachability from entry points: the paths, in the contexts that decide whether a path can run.
//!
//! Works on the complete [`crate::call_graph::graph::CallGraph`]; it does not know bodies or types.

pub(crate) mod paths;
