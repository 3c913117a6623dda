//! Inference: the type of every expression and the target of every call, body by body.
//!
//! Knows one body at a time, and of other bodies only the types that they return. It does not know functions, the call
//! graph, or what a call does to connections.

pub(crate) mod bodies;
pub(crate) mod body;
pub(crate) mod body_cx;
pub(crate) mod def_use;
pub(crate) mod infer_returns;
pub(crate) mod op_types;
mod small_numbers;
pub(crate) mod trace_back;
pub(crate) mod unfollowed;
pub(crate) mod workspace;

/// The milliseconds of the unit in which a constructor of durations counts.
pub(crate) fn duration_unit(api: &str) -> Option<u64> {
    let (owner, name) = api.rsplit_once("::")?;
    if !owner.ends_with("Duration") {
        return None;
    }
    match name {
        "from_millis" | "milliseconds" => Some(1),
        "from_secs" | "seconds" => Some(1000),
        "from_mins" | "minutes" => Some(60_000),
        "from_hours" | "hours" => Some(3_600_000),
        "from_days" | "days" => Some(86_400_000),
        _ => None,
    }
}
