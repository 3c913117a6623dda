//! What is known of the crates that a project depends on: which ones the catalog does not know, and what their sources
//! show where they are at hand.

mod read;
mod rows;
mod sources;
mod unknown;

pub(crate) use read::read;
pub(crate) use rows::{About, write};
pub(crate) use sources::{Sources, Wanted};
pub(crate) use unknown::{UnknownCrate, stale_models, unknown, unknown_notice};
