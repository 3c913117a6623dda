//! Inference: the type of every expression and the target of every call, body by body.
//!
//! Knows one body at a time, and of other bodies only the types that they return. It does not know functions, the call
//! graph, or what a call does to connections.

pub(crate) mod bodies;
pub(crate) mod body;
pub(crate) mod body_cx;
pub(crate) mod def_use;
pub(crate) mod infer_returns;
pub(crate) mod trace_back;
pub(crate) mod workspace;
