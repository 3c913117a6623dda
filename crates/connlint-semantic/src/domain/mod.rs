//! What a program consists of, in the field's own words: functions, calls, entry points, effect sites.
//!
//! Plain data that the layers above fill in and hand on. It knows definitions by id, and does not know any analysis.

mod analysis_set;
mod conditions;
mod entry_points;
mod functions;
mod path_facts;
mod sites;
mod work;

pub use analysis_set::{Analyses, Analysis};
pub use conditions::Requirement;
pub(crate) use conditions::{
    CallCondition, Condition, Constant, DecisiveSlots, MAX_IMPLEMENTORS, Part, Passed, PathConditions, SELF, Slot,
};
pub use entry_points::{EntryId, EntryKind, EntryPoint, FrameworkHelp, LONG_PERIOD, SHORT_PERIOD};
pub(crate) use entry_points::{FIRST_LOOP, ParamSource, RANKS, rank, rank_of_arm};
pub use functions::{CallEdge, Certainty, Function, FunctionId, FunctionKind};
pub use path_facts::Choice;
pub use path_facts::RetryPace;
pub(crate) use path_facts::{ArmPace, LoopSet, Origin, PathFacts, Reloads, Sources};
pub(crate) use sites::is_of_services;
pub use sites::{AsyncForm, AtHand, EffectSite, Pause, PoolInstead, Shared};
pub use work::Work;
