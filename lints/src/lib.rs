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

    mod alternatives;
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
mod queries {
    pub(crate) mod query_in_loop;
}
mod reporting;

/// A lint: its metadata and its check.
#[derive(Debug)]
pub struct Lint {
    /// Name, summary, category, default level, documentation.
    pub metadata: &'static LintMetadata,
    /// The analyses that its check reads; they run only if a lint that requires them does.
    pub requires: &'static [Analysis],
    /// Appends its findings in the program.
    pub check: fn(&Program, &mut Vec<Diagnostic>),
}

/// All lints, by name. The compiler reports a lint that is missing here as unused.
///
/// A macro could make the modules and this list from one, but rustfmt does not format modules that a macro declares.
pub static ALL: &[&Lint] = &[
    &holding::blocking_in_async::BLOCKING_IN_ASYNC,
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
    /// Lints that panicked: their findings are missing.
    pub notices: Vec<Notice>,
}

/// What linking has to find out for these lints.
pub fn required(lints: &[&Lint]) -> Analyses {
    lints.iter().flat_map(|lint| lint.requires).copied().collect()
}

/// Runs lints over a program, in parallel. A lint that panics loses only its own findings and leaves a notice.
pub fn check(program: &Program, lints: &[&Lint]) -> Checked {
    let results: Vec<Result<Vec<Diagnostic>, Notice>> = lints.par_iter().map(|lint| run(program, lint)).collect();
    let mut checked = Checked::default();
    for result in results {
        match result {
            Ok(found) => checked.diagnostics.extend(found),
            Err(notice) => checked.notices.push(notice),
        }
    }
    checked.diagnostics.sort_by(|a, b| (&a.primary, a.lint.name).cmp(&(&b.primary, b.lint.name)));
    checked
}

fn run(program: &Program, lint: &Lint) -> Result<Vec<Diagnostic>, Notice> {
    if let Some(analysis) = lint.requires.iter().find(|&&analysis| !program.ran(analysis)) {
        return Err(failure(lint, &format!("the analysis {analysis:?} that it requires did not run")));
    }
    catch_unwind(AssertUnwindSafe(|| {
        let mut found = Vec::new();
        (lint.check)(program, &mut found);
        found
    }))
    .map_err(|_| failure(lint, "it failed inside connlint"))
}

fn failure(lint: &Lint, reason: &str) -> Notice {
    Notice {
        kind: NoticeKind::InternalError,
        path: None,
        range: None,
        message: format!("the findings of the lint `{}` are missing: {reason}", lint.metadata.name),
    }
}

/// Declares a lint with its documentation; expects a function `check` in the same module.
macro_rules! declare_lint {
    (
        $(#[doc = $doc:literal])*
        $vis:vis static $NAME:ident = {
            name: $name:literal,
            summary: $summary:literal,
            category: $category:ident,
            level: $level:ident,
            since: $since:literal
            $(, requires: [$($analysis:ident),*])? $(,)?
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
            check,
        };
    };
}
pub(crate) use declare_lint;
