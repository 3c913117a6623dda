//! Settings of pools and clients: what a builder, a configuration or an address sets, from its first call to where the
//! pool or client is built, what is left to the library, and where what was built is used.
//!
//! Knows types and bodies of the whole workspace, the call graph, and the rows of settings. Does not know paths from entry
//! points, or what a lint makes of it. What is not understood is [`Effective::Unknown`], which no lint reports.

mod built;
mod collect;
mod deadlines;
mod gather;
mod openings;
mod processes;
mod program_values;
mod request_uses;
mod sources;
mod values;
mod walk;

pub use built::{Built, Effective, RequestUse, Resource, Setting, SettingValue};
pub(crate) use collect::{Settings, collect};
pub use openings::{Opening, Way};
pub(crate) use openings::{Openings, WayIx, collect as collect_openings};
pub use sources::{Address, Source};
