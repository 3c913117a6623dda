//! What lints ask of held connections.

use connlint_facts::Span;

use crate::domain::{Certainty, FunctionId, Requirement};
use crate::live_ranges::Held;
use crate::pools::{PoolIdentity, PoolLimit};

/// How long one connection or transaction is held in one function, and what happens meanwhile.
#[derive(Clone, Debug)]
pub struct LiveRange {
    /// The function, closure or loop body that holds it.
    pub function: FunctionId,
    /// What is held.
    pub held: Held,
    /// The expression that takes or begins it; for a parameter, the parameter.
    pub acquired: Span,
    /// For a parameter that a caller fills: where the caller took the connection.
    pub lent_by: Option<Span>,
    /// The type of the workspace whose values hold it, where a function is given one as a parameter.
    pub guard: Option<String>,
    /// The variable that holds it longest.
    pub name: Option<String>,
    /// The caller holds it: this function got a reference.
    pub borrowed: bool,
    /// Whether it is the guard of a lock over the connection, rather than a connection out of a pool.
    pub locked: bool,
    /// It may have come out of a pool: of this driver, the program has one.
    pub pooled: bool,
    /// It was begun on a connection that is held itself.
    pub on_held: bool,
    /// The maximum of its pool, where the program builds one pool of that type.
    pub pool_limit: Option<PoolLimit>,
    /// Further connections taken while it is held, in order.
    pub acquires: Vec<HeldAcquire>,
    /// Waits for something else while it is held, in order.
    pub awaits: Vec<HeldAwait>,
    /// Everything else that is awaited meanwhile and was not given the handle, in order.
    pub other_awaits: Vec<OtherAwait>,
    /// It is a transaction that some path drops with something written.
    pub uncommitted: Option<Uncommitted>,
}

/// A second connection taken while one is held.
#[derive(Clone, Debug)]
pub struct HeldAcquire {
    /// The call in the function that holds the first one.
    pub call: Span,
    /// The calls from there to the acquire, as indices into [`CallGraph::calls`](crate::CallGraph::calls).
    pub path: Vec<u32>,
    /// The acquire itself.
    pub site: Span,
    /// Its API, canonical.
    pub api: String,
    /// What takes it.
    pub taking: Taking,
    /// How sure it is that both come from the same pool.
    pub same: PoolIdentity,
    /// How sure the path is.
    pub certainty: Certainty,
    /// What must hold for it to happen.
    pub required: Requirement,
    /// How many connections of the pool are held at once, this one included.
    pub at_once: usize,
    /// What is held goes into the call, so that the function called holds it too.
    pub handed_on: bool,
    /// The catalog's advice.
    pub remedy: Option<String>,
}

/// What takes a connection from a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// An acquire by name.
    Acquire,
    /// A query that is given the pool to run on.
    Query,
    /// A framework, for a parameter of what it runs.
    Parameter,
}

/// A wait for something outside the process or for another task.
#[derive(Clone, Debug)]
pub struct HeldAwait {
    /// The call in the function that holds the connection.
    pub call: Span,
    /// The calls from there to the wait, as indices into [`CallGraph::calls`](crate::CallGraph::calls).
    pub path: Vec<u32>,
    /// What is waited for.
    pub site: Span,
    /// It is work on another database.
    pub of_database: bool,
    /// What is held is used again after it, so that it would have to be taken once more.
    pub used_after: bool,
    /// Its API, canonical.
    pub api: String,
    /// How sure the path is.
    pub certainty: Certainty,
    /// What must hold for it to happen.
    pub required: Requirement,
}

/// An await that the held handle does not go into, of which nothing shows how long it takes.
#[derive(Clone, Debug)]
pub struct OtherAwait {
    /// The future and its `.await`.
    pub span: Span,
    /// The function or API that made the future, where that is known.
    pub what: Option<String>,
}

/// A transaction that is dropped on a path of success.
#[derive(Clone, Debug)]
pub struct Uncommitted {
    /// Where it is dropped.
    pub dropped: Span,
    /// Whether a jump leaves early there, past a commit on the other paths.
    pub early: bool,
    /// Whether each path that leads there has written something.
    pub surely: bool,
    /// Whether one arm of a branch writes and goes on to that place, where another arm ends the transaction.
    pub beside_end: bool,
    /// Whether what the transaction itself found leads to that jump, with nothing written since: then a rollback may be
    /// meant.
    pub answered: bool,
    /// What was written through it.
    pub writes: Vec<Span>,
    /// Where other paths commit it or roll it back.
    pub finishes: Vec<Span>,
    /// Whether all of them roll it back after a failure, so that no path of success ends it.
    pub fails_first: bool,
    /// Some path hands it on, for somebody else to end.
    pub handed_on: bool,
}

/// Tasks without number that take connections.
#[derive(Clone, Debug)]
pub struct FanOut {
    /// The function that starts them.
    pub function: FunctionId,
    /// What starts or joins them.
    pub span: Span,
    /// How they are started.
    pub started: Started,
    /// The acquire.
    pub site: Span,
    /// Its API, canonical.
    pub api: String,
    /// The calls from the task to the acquire, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// How sure the path is.
    pub certainty: Certainty,
    /// The pool's maximum, where the program builds one pool of that type.
    pub pool_limit: Option<PoolLimit>,
    /// The collection that there is a task for each item of.
    pub over: Span,
    /// Where values of a type are made, if the collection is part of one.
    pub made_in: Option<Vec<FunctionId>>,
}

/// How tasks are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// A loop spawns one for each item.
    Spawned,
    /// Futures, one for each item, are joined.
    Joined,
}
