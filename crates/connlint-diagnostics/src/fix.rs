//! Changes of the source that correct a finding.

use connlint_facts::Span;

/// One way to correct a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative: ``commit `tx` before it is dropped``.
    pub message: String,
    /// The pieces of text that are replaced. They do not overlap.
    pub edits: Vec<FixEdit>,
    /// Whether it can be applied without a look at it.
    pub applicability: Applicability,
}

/// A piece of text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixEdit {
    /// The piece; one without length is a place to insert at.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

/// Whether a fix can be applied without a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// The result compiles, and does what was meant.
    Certain,
    /// It is most likely what is wanted, but it may not compile, or change what the code does.
    Likely,
}

/// What is known of a way to correct a finding, without the text that it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Make the value of the primary expression once for the process.
    ShareStatic {
        /// What makes it, a canonical path.
        api: String,
        /// The type of the value, a canonical path; empty until the catalog is asked.
        ty: String,
        /// Whether the expression yields a `Result` of it.
        fallible: bool,
    },
    /// Open it once, before the loop around it.
    OpenBeforeLoop {
        /// Whether it is a client, which a failure leaves usable.
        is_client: bool,
    },
    /// Use what is in scope instead of the value of the primary expression.
    UseAtHand {
        /// The code that yields it.
        code: String,
        /// Whether that yields a `Result`.
        fallible: bool,
    },
    /// Take the connection that the primary expression opens from a pool in a static.
    SharePool {
        /// The pool's type, as code.
        pool: String,
        /// The function of the type that makes it of what the opening is given, in a `Result`.
        made_by: String,
        /// The method that gives a connection out, in a `Result`.
        taken_by: String,
        /// The type of what is opened, a canonical path.
        opened: String,
        /// The type of what the pool gives out, as code.
        given: String,
        /// Methods that end what is opened.
        closed_by: Vec<String>,
        /// The calls of the function that opens.
        calls: Vec<Span>,
    },
    /// Set a limit in time on what the primary expression builds.
    SetLimit {
        /// The method that sets it, a canonical path.
        setter: String,
        /// What builds it, a canonical path.
        api: String,
        /// The catalog's advice, with code in backticks.
        advice: String,
        /// Whether the expression finishes the builder that has the setter.
        builds: bool,
    },
    /// Let the pause of a retry loop grow.
    GrowPause {
        /// The loop.
        looped: Span,
        /// The pause in milliseconds.
        millis: u64,
    },
    /// Drop the connection that a variable holds after its last use.
    Release {
        /// The variable.
        name: String,
        /// The expression that takes the connection.
        acquired: Span,
        /// What is waited for meanwhile, as calls in the same function.
        waits: Vec<Span>,
        /// Whether dropping it early can change nothing else.
        applicability: Applicability,
    },
    /// Give calls the transaction that is held instead of the pool.
    UseHeld {
        /// The variable that holds it.
        name: String,
        /// The expression that begins it.
        begun: Span,
        /// The calls.
        calls: Vec<Span>,
    },
    /// Commit the transaction of the primary expression where the block that declares it ends.
    Commit {
        /// The variable that holds it.
        name: String,
    },
    /// Run the driver that the primary expression yields.
    RunDriver {
        /// Where the variable that keeps it is bound; `None`: a pattern drops it.
        bound: Option<Span>,
        /// The catalog's advice, with code in backticks.
        advice: String,
    },
}
