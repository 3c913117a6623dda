//! Live ranges: how long connections and transactions are held within one body, and what runs meanwhile.
//!
//! A forward walk over a body that follows moves, drops, shadowing and the scopes of temporaries, as the borrow checker
//! sees them. It does not know other bodies, effect sites or entry points: what a callee does meanwhile, it is given.

mod body_map;
mod constructed_guards;
mod found;
mod frames;
mod handles;
mod holders;
mod outcomes;
mod row_streams;
mod slots;
mod sql;
mod state;
mod variants;
mod walk;

pub(crate) use found::{Dropped, HandleUse};
pub(crate) use frames::{Frame, FrameInput, HeldCall, calls_of_callable, frames};
pub use holders::Held;
pub(crate) use holders::Holders;
pub(crate) use sql::{Statement, is_set_based};
pub(crate) use state::{HeldPlace, Slot};
