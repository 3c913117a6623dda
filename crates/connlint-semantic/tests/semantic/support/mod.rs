//! What the tests share: workspaces in a string, and dumps of what was linked.

mod dump;
mod workspace;

pub(crate) use dump::{calls, effects, entry_points, openings, resolution, types};
use workspace::Workspace;
