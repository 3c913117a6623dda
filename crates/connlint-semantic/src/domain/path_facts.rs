//! What decides whether an expression on a path runs, and what becomes of its value.

use connlint_catalog::Bound;
use rustc_hash::FxHashSet;

/// What decides whether an expression on a path runs, and what becomes of its value. "Not known" is `None` at the edge,
/// never a default of this.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathFacts {
    /// The loops around it for the whole of which it runs once: a retry, a reconnect.
    pub(crate) once_in: LoopSet,
    /// The loops around it that hold its value longer than a round. That makes it run once if the value is, or may hold,
    /// what was opened: then [`PathFacts::settle`] says so in `once_in`.
    pub(crate) kept_in: LoopSet,
    /// What it makes leaves the loop or closure around it.
    pub(crate) escapes: bool,
    /// It runs only on some rounds of its loop, or some runs of its function.
    pub(crate) conditional: bool,
    /// What it makes takes the place of something that outlives the call.
    pub(crate) kept: bool,
    /// What is worked out of it takes the place of a value that all share: `*settings.write() = load().await`.
    pub(crate) refreshes: bool,
    /// The arms of `if` and `match` in which it is, outermost first.
    pub(crate) choices: Vec<Choice>,
    /// What it makes is what its function returns.
    pub(crate) returned: bool,
    /// It opens a connection before it yields, so that it fails when the other side is down.
    pub(crate) connects: bool,
    /// Its failure leaves the function, and nothing before it waits.
    pub(crate) fails_first: bool,
    /// Whether its failure is one of its function.
    pub(crate) failure_leaves: bool,
    /// How soon the loop around it tries it again after a failure, if that is too soon.
    pub(crate) retried: Option<RetryPace>,
    /// It runs only if nothing else runs it just now: behind a flag that is taken with one atomic step.
    pub(crate) single_flight: bool,
    /// What is held around it that only so many runs hold at the same time.
    pub(crate) bound: Option<Bound>,
    /// It is in an arm of its loop that something other than the loop's messages runs.
    pub(crate) arm: Option<ArmPace>,
    /// The seconds that have to pass before it runs again, whoever asks for it, where the code shows them.
    pub(crate) min_age: Option<Option<u64>>,
    /// It runs only where a look-up found nothing whose place is filled on the way: where the keys come from.
    pub(crate) missed_keys: Option<Vec<Origin>>,
    /// Of a call: where its arguments come from, as parts of a key.
    pub(crate) arg_keys: Vec<Origin>,
    /// Where arguments come from (of a call), or what ties the opening to one target (of a site).
    pub(crate) origins: Vec<Origin>,
    /// Of a site that opens connections to one server: everything that the arguments come from that name it.
    pub(crate) addresses: Vec<Origin>,
    /// Of a site that opens something: everything that it is made of.
    pub(crate) made_of: Vec<Origin>,
    /// Of a call: everything that its receiver comes from, and each of its arguments.
    pub(crate) sources: Sources,
    /// Of a site: where the credentials come from that the connection is bound to once it is open.
    pub(crate) credentials: Vec<Origin>,
    /// Of a site: everything of which the credentials are made that a builder is given before it opens.
    pub(crate) owners: Vec<Origin>,
}

impl PathFacts {
    /// Decides what depends on whether the value of the expression can still hold what was opened.
    pub(crate) fn settle(&mut self, hands_out: bool) {
        if hands_out {
            self.once_in.0 |= self.kept_in.0;
        }
    }

    /// Whether it runs once for the whole loop right around it.
    pub(crate) fn once_in_loop(&self) -> bool {
        self.once_in.has(0)
    }
}

/// Some of the loops of a function that are around an expression, by how many others lie between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoopSet(u8);

impl LoopSet {
    /// Those for which something holds, of all that are around an expression, the innermost first. The outermost of very
    /// many are left out.
    pub(crate) fn of<T>(loops: impl IntoIterator<Item = T>, holds: impl Fn(T) -> bool) -> Self {
        let bits = loops.into_iter().take(u8::BITS as usize).enumerate();
        Self(bits.filter_map(|(level, one)| holds(one).then_some(1 << level)).fold(0, |set, bit: u8| set | bit))
    }

    pub(crate) fn has(self, level: usize) -> bool {
        level < u8::BITS as usize && self.0 & (1 << level) != 0
    }
}

/// Calls and sites of which a value is made that takes the place of one that all requests share. Unlike path facts they
/// are known whatever the calls lead to.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    /// Indices into [`crate::CallGraph::calls`].
    pub(crate) calls: FxHashSet<u32>,
    /// Indices into [`crate::CallGraph::sites`].
    pub(crate) sites: FxHashSet<u32>,
}

/// An arm of an `if` or `match`, of which one run takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// Which `if` or `match`: its body and the region that it is in.
    pub of: (u32, u32),
    /// Which of its arms.
    pub arm: u32,
}

/// Everything that the operands of a call come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The receiver of a method.
    pub(crate) receiver: Vec<Origin>,
    /// The arguments, in order.
    pub(crate) args: Vec<Vec<Origin>>,
}

/// Where a value comes from, as far as one function shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A literal, constant or static.
    Constant,
    /// A parameter of the function, by index without `self`.
    Param(u16),
    /// Part of `self`.
    SelfState,
    /// Read through a lock: it may change while the service runs.
    Mutable,
    /// Made here, from anything.
    Computed,
    /// The item of a loop.
    Item,
}

/// How soon a loop tries again after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetryPace {
    /// Nothing waits before the next attempt.
    AtOnce,
    /// Nothing waits once the connection was there and its first use failed.
    AtOnceAfterUse,
    /// The pause is the same short one each time.
    Fixed {
        /// Milliseconds.
        millis: u64,
    },
}

/// What runs an arm of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArmPace {
    /// A timer, with its period in seconds where the code shows it.
    Ticks(Option<u64>),
    /// That nothing came for a while.
    Idle,
}
