//! Live ranges: how long connections and transactions are held, and what runs meanwhile.

mod body_map;
mod found;
mod frames;
mod handles;
mod holders;
mod outcomes;
mod sql;
mod state;
mod walk;

pub(crate) use found::{Dropped, HandleUse};
pub(crate) use frames::{Frame, FrameInput, HeldCall, frames};
pub use holders::Held;
pub(crate) use holders::Holders;
pub(crate) use sql::{Statement, statement};
pub(crate) use state::{HeldPlace, Slot};
