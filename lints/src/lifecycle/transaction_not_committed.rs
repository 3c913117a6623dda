//! `transaction-not-committed`

use connlint_catalog::Effect;
use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label, Rating, Remedy};
use connlint_semantic::{Exposure, Held, LiveRange, Program, Requirement, Uncommitted};

use crate::declare_lint;
use crate::reporting::live_range::{add_call_path, handle};

declare_lint! {
    /// ## What it does
    /// Reports a transaction that has written something and is dropped on a success path without being committed,
    /// rolled back or passed on. Error paths (`?`, an `Err`, a panic) are what rollback on drop is for, and are not
    /// reported; nor is a transaction that only reads.
    ///
    /// ## Why is this bad?
    /// A transaction that is dropped is rolled back. The function returns `Ok`, the caller reports success to its user,
    /// and the writes are lost.
    ///
    /// ## Example
    /// ```rust
    /// use sqlx::PgPool;
    ///
    /// pub async fn rename(pool: &PgPool, id: i64) -> Result<(), sqlx::Error> {
    ///     let mut tx = pool.begin().await?; //~ WARN transaction-not-committed
    ///     sqlx::query("UPDATE users SET name = 'x' WHERE id = $1").bind(id).execute(&mut *tx).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use sqlx::PgPool;
    ///
    /// pub async fn rename(pool: &PgPool, id: i64) -> Result<(), sqlx::Error> {
    ///     let mut tx = pool.begin().await?;
    ///     sqlx::query("UPDATE users SET name = 'x' WHERE id = $1").bind(id).execute(&mut *tx).await?;
    ///     tx.commit().await
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - nothing was written
    /// - `drop(tx)` shows that the rollback is intended
    /// - the transaction is returned, stored, or moved into a function or task that ends it
    ///
    /// ## Known limits
    /// - whether a statement writes is determined by its text, otherwise by the API that runs it
    /// - if one path passes the transaction on and another drops it, the finding has low confidence
    /// - of the arms of one `match`, each decides alone: one that writes beside one that commits has medium confidence
    /// - if the same condition guards a write in one place and the commit in another, the two are not correlated; such
    ///   a finding has low confidence
    /// - who leaves early on what the transaction itself found (`if already_done { return Ok(None) }`), and has written
    ///   nothing since, may mean the rollback: low confidence
    pub(crate) static TRANSACTION_NOT_COMMITTED = {
        name: "transaction-not-committed",
        summary: "a transaction with writes is dropped without a commit",
        category: Lifecycle,
        level: Warn,
        since: "0.1.0",
        requires: [LiveRanges],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    for range in
        program.live_ranges.iter().filter(|r| r.held == Held::Transaction && !program.function(r.function).test_only)
    {
        if let Some(lost) = range.uncommitted.as_ref().filter(|_| !range.borrowed) {
            diagnostics.push(finding(program, range, lost));
        }
    }
}

fn finding(program: &Program, range: &LiveRange, lost: &Uncommitted) -> Diagnostic {
    let never = lost.finishes.is_empty() || lost.fails_first;
    let headline = match never {
        true => format!("{} is never committed: what it writes is rolled back", handle(range)),
        false => format!("{} is not committed on every path: what it wrote is rolled back", handle(range)),
    };
    let mut finding = Diagnostic::new(
        TRANSACTION_NOT_COMMITTED.metadata,
        headline,
        range.acquired.clone(),
        "the transaction begins here".to_owned(),
    );
    finding.labels.extend(lost.writes.iter().take(3).map(|w| label(w, "written here")));
    finding
        .labels
        .push(label(&lost.dropped, if lost.early { "this path ends here without a commit" } else { "dropped here" }));
    let ends = if lost.fails_first { "rolled back after a failure" } else { "another path ends it here" };
    finding.labels.extend(lost.finishes.iter().take(2).map(|f| label(f, ends)));
    add_call_path(&mut finding, program, range, (&[], &Requirement::default()));
    finding.notes.push("dropping a transaction rolls it back, without an error".to_owned());
    finding.help.push("commit it on each success path; if the rollback is intended, call `rollback()`".to_owned());
    let is_dropped_only = lost.finishes.is_empty() && !lost.early && !lost.handed_on;
    // A type of the workspace that wraps a transaction may have no `commit`.
    let is_begun_here = program.sites.iter().any(|site| site.span == range.acquired && site.effect == Effect::Begin);
    let name = range.name.clone().filter(|_| is_dropped_only && is_begun_here);
    finding.remedies.extend(name.map(|name| Remedy::Commit { name }));
    finding.impact = impact(program, range);
    finding.confidence = match (never, lost.early) {
        // Another path passes it on, so this one may drop it on purpose.
        _ if lost.handed_on => Confidence::Low,
        // Who finds the work done, or that it cannot be done, may give up what was written before.
        _ if lost.answered => Confidence::Low,
        // Whether one writes may decide whether one leaves.
        _ if lost.early && !lost.surely => Confidence::Low,
        (true, _) | (_, true) => Confidence::High,
        // What chose the arm that writes did not choose the one that commits.
        (false, false) if lost.beside_end => Confidence::Medium,
        (false, false) => Confidence::Low,
    }
    .into();
    finding
}

/// However seldom it runs, what it writes is lost. A server that loses it on each start shows that on the first.
fn impact(program: &Program, range: &LiveRange) -> Rating<Impact> {
    let at_start = program.exposure(range.function) == Exposure::Startup && !program.is_one_shot(range.function);
    if at_start {
        Rating::because(Impact::Low, "only the start of a server runs it")
    } else {
        Rating::because(Impact::High, "what it writes is lost each time")
    }
}

fn label(span: &connlint_facts::Span, text: &str) -> Label {
    Label { span: span.clone(), text: text.to_owned() }
}
