//! Versions of a project's files out of git, and which lines a change touches.
//!
//! Git's objects are read with gix. No git process is started, no hook, filter or other program of a repository's
//! configuration runs, nothing is written, and the work tree is not looked at. What a hostile repository can cost is
//! bounded: allocations by objects, entries and depth of trees, lengths of histories and patches.

mod commit;
mod error;
mod lines;
mod origin;
mod patch;
mod renames;
mod repository;
mod staged;
mod tree;

pub use commit::{Commit, History};
pub use error::VcsError;
pub use lines::LineChanges;
pub use origin::Origin;
pub use patch::Patch;
pub use renames::former_path;
pub use repository::Repository;
pub use tree::{Entry, ReadFailure, Tree};
