//! Path conditions: which constants parameters must be for an expression to run, and which constants calls pass.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::FunctionId;
use crate::names::defs::DefId;
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;

/// The number that `self` has among the parameters.
pub(crate) const SELF: u16 = u16::MAX;

/// Of a trait with more implementations, none is ruled out by the type that a caller passes.
pub(crate) const MAX_IMPLEMENTORS: usize = 96;

/// What a caller decides: a parameter, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot {
    pub(crate) param: u16,
    pub(crate) part: Option<Part>,
}

/// What of a parameter a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Field(Name),
    /// Its type, where the function leaves it open: `impl Executor`, `&dyn Store`.
    Type,
}

/// A value that does not depend on the run. Of variants only which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Constant {
    Bool(bool),
    Int(u64),
    Char(char),
    Text(Name),
    /// Of an `Option` or `Result`: `Some` and `Ok` hold, `None` and `Err` do not.
    Some,
    None,
    Ok,
    Err,
    /// A variant of the workspace.
    Variant(DefId),
    /// A type of the workspace, or of another crate, whatever its arguments.
    Adt(DefId),
    External(ExternalPath),
}

impl Constant {
    /// Whether two are of one type, as far as that is known: else they are no answer to each other.
    fn is_comparable(self, other: Self) -> bool {
        let kind = |of: Self| match of {
            Self::Bool(_) => 0,
            Self::Int(_) => 1,
            Self::Char(_) => 2,
            Self::Text(_) => 3,
            Self::Some | Self::None => 4,
            Self::Ok | Self::Err => 5,
            Self::Variant(_) => 6,
            Self::Adt(_) | Self::External(_) => 7,
        };
        kind(self) == kind(other)
    }

    /// Whether a value that is this constant may be (or, without `is`, may be none of) those.
    pub(crate) fn may_be(self, among: &[Self], is: bool) -> bool {
        !among.iter().all(|&one| self.is_comparable(one)) || among.contains(&self) == is
    }
}

/// What must hold for an expression to run. What constants do not decide is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// A slot is one of some constants, or without `is` none of them.
    Slot {
        slot: Slot,
        among: Vec<Constant>,
        is: bool,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Default for Condition {
    fn default() -> Self {
        Self::ALWAYS
    }
}

impl Condition {
    pub(crate) const ALWAYS: Self = Self::All(Vec::new());
    pub(crate) const NEVER: Self = Self::Any(Vec::new());

    /// All of some conditions.
    pub(crate) fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<Self> = conditions.into_iter().filter(|c| *c != Self::ALWAYS).collect();
        match parts.len() {
            1 => parts.remove(0),
            _ if parts.contains(&Self::NEVER) => Self::NEVER,
            _ => Self::All(parts),
        }
    }

    /// One of some conditions.
    pub(crate) fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<Self> = conditions.into_iter().filter(|c| *c != Self::NEVER).collect();
        match parts.len() {
            1 => parts.remove(0),
            _ if parts.contains(&Self::ALWAYS) => Self::ALWAYS,
            _ => Self::Any(parts),
        }
    }

    /// Whether it may hold where that much is known of slots: what is not known decides nothing.
    pub(crate) fn may_hold(&self, known: &impl Fn(Slot) -> Option<Constant>) -> bool {
        match self {
            Self::Slot { slot, among, is } => known(*slot).is_none_or(|constant| constant.may_be(among, *is)),
            Self::All(parts) => parts.iter().all(|part| part.may_hold(known)),
            Self::Any(parts) => parts.iter().any(|part| part.may_hold(known)),
        }
    }

    /// What must hold in the caller, given what the call passes.
    pub(crate) fn in_caller(&self, passed: &[(Slot, Passed)]) -> Self {
        match self {
            Self::Slot { slot, among, is } => slot_in_caller(*slot, among, *is, passed),
            Self::All(parts) => Self::all(parts.iter().map(|part| part.in_caller(passed))),
            Self::Any(parts) => Self::any(parts.iter().map(|part| part.in_caller(passed))),
        }
    }

    /// Visits the slots that it depends on.
    pub(crate) fn each_slot(&self, visit: &mut impl FnMut(Slot)) {
        match self {
            Self::Slot { slot, .. } => visit(*slot),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_slot(visit)),
        }
    }
}

fn slot_in_caller(slot: Slot, among: &[Constant], is: bool, passed: &[(Slot, Passed)]) -> Condition {
    let whole = Slot { part: None, ..slot };
    match passed.iter().find(|(of, _)| *of == slot).or_else(|| passed.iter().find(|(of, _)| *of == whole)) {
        Some((of, Passed::Constant(constant))) if *of == slot && !constant.may_be(among, is) => Condition::NEVER,
        Some((of, Passed::Slot(own))) if *of == slot => Condition::Slot { slot: *own, among: among.to_vec(), is },
        Some((_, Passed::Slot(own))) if own.part.is_none() => {
            Condition::Slot { slot: Slot { param: own.param, ..slot }, among: among.to_vec(), is }
        }
        Some((of, Passed::Flag(either))) if *of == slot => {
            match [true, false].map(|f| Constant::Bool(f).may_be(among, is)) {
                [true, false] => either[0].clone(),
                [false, true] => either[1].clone(),
                _ => Condition::ALWAYS,
            }
        }
        _ => Condition::ALWAYS,
    }
}

/// What must hold for something to run once its function does.
#[derive(Clone, Debug, Default)]
pub struct Requirement(pub(crate) Condition);

/// What a call passes in one slot of its callee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Constant(Constant),
    /// A slot of the caller, as it is.
    Slot(Slot),
    /// A flag that the caller works out: what must hold for it to be set, and for it not to be.
    Flag(Box<[Condition; 2]>),
}

/// When a call runs, and what it passes.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallCondition {
    pub(crate) required: Condition,
    pub(crate) passed: Vec<(Slot, Passed)>,
}

/// The conditions of a program.
#[derive(Debug, Default)]
pub(crate) struct PathConditions {
    /// Of each call; nothing is looked for where it leads to no site.
    pub(crate) calls: Vec<CallCondition>,
    /// Of each site.
    pub(crate) sites: Vec<Condition>,
    /// Slots on which what a function runs depends.
    pub(crate) decisive: DecisiveSlots,
}

/// The slots of each function on which depends what it runs: few have any.
#[derive(Debug, Default)]
pub(crate) struct DecisiveSlots(FxHashMap<FunctionId, FxHashSet<Slot>>);

impl DecisiveSlots {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, function: FunctionId, slot: Slot) -> bool {
        self.0.get(&function).is_some_and(|slots| slots.contains(&slot))
    }

    /// Adds one; whether it is new.
    pub(crate) fn insert(&mut self, function: FunctionId, slot: Slot) -> bool {
        self.0.entry(function).or_default().insert(slot)
    }

    /// Those that are a parameter of a function, or a part of it.
    pub(crate) fn of_param(&self, function: FunctionId, param: u16) -> impl Iterator<Item = Slot> {
        self.0.get(&function).into_iter().flatten().copied().filter(move |slot| slot.param == param)
    }
}
