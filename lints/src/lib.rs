//! The lint library. A lint is a question to the [`Program`]: it walks no syntax and keeps no state.
//!
//! Each category is a folder. To add a lint: a file with `declare_lint!` and a `check` function in the folder of its
//! category, and in this file its `mod` line and its entry in [`ALL`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use connlint_diagnostics::{Diagnostic, LintMetadata};
use connlint_facts::{Notice, NoticeKind};
use connlint_semantic::{Analyses, Analysis, Program};
use rayon::prelude::*;

mod configuration {
    pub(crate) mod client_without_timeout;
    pub(crate) mod duplicate_pools;
    pub(crate) mod pool_misconfigured;
    pub(crate) mod pool_per_worker;
    pub(crate) mod pool_size_unset;
    pub(crate) mod pool_without_timeout;
}
mod exhaustion {
    pub(crate) mod client_per_request;
    pub(crate) mod connection_in_loop;
    pub(crate) mod connection_per_request;
    pub(crate) mod pool_per_request;

    mod openings;
}
mod holding {
    pub(crate) mod blocking_in_async;
    pub(crate) mod held_across_any_await;
    pub(crate) mod held_across_await;
    pub(crate) mod nested_acquire;
    pub(crate) mod shared_connection_mutex;
    pub(crate) mod unbounded_acquire;
}
mod lifecycle {
    pub(crate) mod connection_leaked;
    pub(crate) mod driver_not_spawned;
    pub(crate) mod reconnect_without_backoff;
    pub(crate) mod transaction_not_committed;
}
mod limits {
    pub(crate) mod budget_exceeded;
    pub(crate) mod capacity_exceeded;
}
mod queries {
    pub(crate) mod query_in_loop;
}
mod declared;
mod reporting;

pub use declared::{Allowed, AllowedBy, Budget, Declared, DeclaredCapacity, Shares, budget_of, budgeted, is_request};

/// A lint: its metadata and its check.
#[derive(Debug)]
pub struct Lint {
    /// Name, summary, category, default level, documentation.
    pub metadata: &'static LintMetadata,
    /// The analyses that its check reads; they run only if a lint that requires them does.
    pub requires: &'static [Analysis],
    /// Its check.
    pub check: Check,
}

/// How a lint finds its findings.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// It appends its findings in the program.
    Program(fn(&Program, &mut Vec<Diagnostic>)),
    /// It compares the program with what the project declares, and runs only where it declares something.
    Declared {
        /// Whether what it compares with is declared.
        applies: fn(&Declared) -> bool,
        /// Appends its findings, and what could not be compared.
        run: fn(&Program, &Declared, &mut Checked),
    },
}

impl Lint {
    /// Whether it has something to check.
    pub fn applies(&self, declared: &Declared) -> bool {
        match self.check {
            Check::Program(_) => true,
            Check::Declared { applies, .. } => applies(declared),
        }
    }
}

/// All lints, by name. The compiler reports a lint that is missing here as unused.
///
/// A macro could make the modules and this list from one, but rustfmt does not format modules that a macro declares.
pub static ALL: &[&Lint] = &[
    &holding::blocking_in_async::BLOCKING_IN_ASYNC,
    &limits::budget_exceeded::BUDGET_EXCEEDED,
    &limits::capacity_exceeded::CAPACITY_EXCEEDED,
    &exhaustion::client_per_request::CLIENT_PER_REQUEST,
    &configuration::client_without_timeout::CLIENT_WITHOUT_TIMEOUT,
    &exhaustion::connection_in_loop::CONNECTION_IN_LOOP,
    &lifecycle::connection_leaked::CONNECTION_LEAKED,
    &exhaustion::connection_per_request::CONNECTION_PER_REQUEST,
    &lifecycle::driver_not_spawned::DRIVER_NOT_SPAWNED,
    &configuration::duplicate_pools::DUPLICATE_POOLS,
    &holding::held_across_any_await::HELD_ACROSS_ANY_AWAIT,
    &holding::held_across_await::HELD_ACROSS_AWAIT,
    &holding::nested_acquire::NESTED_ACQUIRE,
    &configuration::pool_misconfigured::POOL_MISCONFIGURED,
    &exhaustion::pool_per_request::POOL_PER_REQUEST,
    &configuration::pool_per_worker::POOL_PER_WORKER,
    &configuration::pool_size_unset::POOL_SIZE_UNSET,
    &configuration::pool_without_timeout::POOL_WITHOUT_TIMEOUT,
    &queries::query_in_loop::QUERY_IN_LOOP,
    &lifecycle::reconnect_without_backoff::RECONNECT_WITHOUT_BACKOFF,
    &holding::shared_connection_mutex::SHARED_CONNECTION_MUTEX,
    &lifecycle::transaction_not_committed::TRANSACTION_NOT_COMMITTED,
    &holding::unbounded_acquire::UNBOUNDED_ACQUIRE,
];

/// The result of running lints.
#[derive(Debug, Default)]
pub struct Checked {
    /// Findings, sorted by location and lint.
    pub diagnostics: Vec<Diagnostic>,
    /// Lints that panicked, whose findings are missing, and what could not be compared.
    pub notices: Vec<Notice>,
}

/// What linking has to find out for these lints.
pub fn required(lints: &[&Lint]) -> Analyses {
    lints.iter().flat_map(|lint| lint.requires).copied().collect()
}

/// Runs lints over a program, in parallel. A lint that panics loses only its own findings and leaves a notice.
pub fn check(program: &Program, lints: &[&Lint], declared: &Declared) -> Checked {
    let lints: Vec<&Lint> = lints.iter().copied().filter(|lint| lint.applies(declared)).collect();
    let results: Vec<Checked> = lints.par_iter().map(|lint| run(program, lint, declared)).collect();
    let mut checked = Checked::default();
    for result in results {
        checked.diagnostics.extend(result.diagnostics);
        checked.notices.extend(result.notices);
    }
    checked.diagnostics.sort_by(|a, b| (&a.primary, a.lint.name).cmp(&(&b.primary, b.lint.name)));
    checked
}

fn run(program: &Program, lint: &Lint, declared: &Declared) -> Checked {
    if let Some(analysis) = lint.requires.iter().find(|&&analysis| !program.ran(analysis)) {
        return failure(lint, &format!("the analysis {analysis:?} that it requires did not run"));
    }
    catch_unwind(AssertUnwindSafe(|| {
        let mut found = Checked::default();
        match lint.check {
            Check::Program(check) => check(program, &mut found.diagnostics),
            Check::Declared { run, .. } => run(program, declared, &mut found),
        }
        found
    }))
    .unwrap_or_else(|_| failure(lint, "it failed inside connlint"))
}

fn failure(lint: &Lint, reason: &str) -> Checked {
    let message = format!("the findings of the lint `{}` are missing: {reason}", lint.metadata.name);
    let notice = Notice { kind: NoticeKind::InternalError, path: None, range: None, message };
    Checked { diagnostics: Vec::new(), notices: vec![notice] }
}

/// Declares a lint with its documentation; expects a function `check` in the same module, and `applies` if the lint
/// compares the program with what the project declares.
macro_rules! declare_lint {
    (
        $(#[doc = $doc:literal])*
        $vis:vis static $NAME:ident = {
            name: $name:literal,
            summary: $summary:literal,
            category: $category:ident,
            level: $level:ident,
            since: $since:literal
            $(, requires: [$($analysis:ident),*])?
            $(, compares_with: $declared:ident)? $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        $vis static $NAME: $crate::Lint = $crate::Lint {
            metadata: &connlint_diagnostics::LintMetadata {
                name: $name,
                summary: $summary,
                category: connlint_diagnostics::Category::$category,
                level: connlint_diagnostics::Level::$level,
                since: $since,
                docs: concat!($($doc, "\n"),*),
            },
            requires: &[$($(connlint_semantic::Analysis::$analysis),*)?],
            check: $crate::declare_lint!(@check $($declared)?),
        };
    };
    (@check) => { $crate::Check::Program(check) };
    (@check declared) => { $crate::Check::Declared { applies, run: check } };
}
pub(crate) use declare_lint;
