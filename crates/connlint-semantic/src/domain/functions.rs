//! Functions and the calls between them.

use std::sync::Arc;

use connlint_facts::{Span, TextRange};

use super::sites::Shared;

/// A function, closure or loop body that can be entered, by index into [`crate::CallGraph::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A function, closure or loop body of the analysed code.
#[derive(Clone, Debug)]
pub struct Function {
    /// `crate::module::Type::method`; closures and loops have the path of the function around them.
    pub path: Arc<str>,
    /// What it is.
    pub kind: FunctionKind,
    /// Its name, or the closure's or loop's first line.
    pub span: Span,
    /// Whether it exists for tests only.
    pub test_only: bool,
    /// Whether it is async: awaiting happens in it.
    pub is_async: bool,
    /// The crate that it belongs to.
    pub krate: Arc<str>,
}

impl Function {
    /// The last two segments of its path, for people.
    pub fn name(&self) -> &str {
        let mut separators = self.path.rmatch_indices("::").map(|(at, separator)| at + separator.len());
        let start = separators.nth(1).unwrap_or(0);
        self.path.get(start..).unwrap_or(&self.path)
    }
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

#[cfg(test)]
mod tests {
    use connlint_facts::{RelPath, Span, TextRange};

    use super::{Function, FunctionKind};

    #[test]
    fn a_name_is_the_last_two_segments_or_the_whole_path() {
        let name = |path: &str| {
            let span = Span { file: RelPath::new("src/lib.rs"), range: TextRange::default() };
            let kind = FunctionKind::Function;
            let (path, krate) = (path.into(), "db".into());
            Function { path, kind, span, test_only: false, is_async: false, krate }.name().to_owned()
        };
        assert_eq!(["db::pool::Pool::get", "db::open", "open"].map(name), ["Pool::get", "db::open", "open"]);
    }
}
