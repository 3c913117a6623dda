//! What the tests share: workspaces in a string, and dumps of what was linked.

mod dump;
mod held;
mod workspace;

pub(crate) use dump::{calls, effects, entry_points, openings, resolution, types};
pub(crate) use held::held_at_marks;
use workspace::Workspace;
