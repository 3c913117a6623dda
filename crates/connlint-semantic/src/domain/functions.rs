//! Functions and the calls between them.

use connlint_facts::{Span, TextRange};

use super::sites::Shared;

/// A function, closure or loop body that can be entered, by index into [`crate::CallGraph::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A function, closure or loop body of the analysed code.
#[derive(Clone, Debug)]
pub struct Function {
    /// `crate::module::Type::method`; closures and loops have the path of the function around them.
    pub path: String,
    /// The last two segments, for people.
    pub name: String,
    /// What it is.
    pub kind: FunctionKind,
    /// Its name, or the closure's or loop's first line.
    pub span: Span,
    /// Whether it exists for tests only.
    pub test_only: bool,
    /// Whether it is async: awaiting happens in it.
    pub is_async: bool,
    /// The crate that it belongs to.
    pub krate: String,
}

/// What a [`Function`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKind {
    /// A function, method, or the initialiser of a constant or static.
    Function,
    /// A closure.
    Closure,
    /// The body of a loop.
    Loop,
}

/// A call from one function to another.
#[derive(Clone, Debug)]
pub struct CallEdge {
    /// The caller.
    pub from: FunctionId,
    /// What it runs.
    pub to: FunctionId,
    /// The call expression; of a method call its name and arguments.
    pub span: Span,
    /// The whole expression, in the same file: a method call begins where its receiver does.
    pub whole: TextRange,
    /// What keeps the call from running each time that the caller runs.
    pub shared: Option<Shared>,
    /// Whether it runs in a task or thread of its own.
    pub spawned: bool,
    /// Whether it runs where blocking is allowed.
    pub blocking_ok: bool,
    /// Whether it is in async code, and so runs where that is polled.
    pub in_async: bool,
    /// Whether it is known on which thread it runs: false for what is handed to code that is not known.
    pub thread_known: bool,
    /// Whether each run of the caller may run it many times.
    pub repeated: bool,
    /// How sure the target is.
    pub certainty: Certainty,
}

/// How sure something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// One of several readings.
    Low,
    /// Resolved by a unique name or out of many implementations.
    Medium,
    /// Resolved.
    High,
}

impl Certainty {
    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}
