//! What is held where.

use std::collections::BTreeSet;

use connlint_facts::Span;
use connlint_semantic::{GuardedConnection, Held, LockOwner, PoolIdentity};

use super::Workspace;

/// For each wait while something is held: its line and the line that took what is held. Lines count from the fixture's
/// second, which is the first of its file.
pub(crate) fn held_at_marks(fixture: &str) -> BTreeSet<(usize, usize)> {
    let workspace = Workspace::new(fixture);
    let program = workspace.link();
    let line = |span: &Span| workspace.line(span.file.as_str(), span.range.start);
    let pairs = program
        .live_ranges
        .iter()
        .flat_map(|range| range.awaits.iter().map(move |wait| (line(&wait.call), line(&range.acquired))));
    pairs.collect()
}

/// The transactions that are dropped with something written: their names, and the lines of what they wrote.
pub(crate) fn uncommitted(fixture: &str) -> Vec<(String, Vec<usize>)> {
    let workspace = Workspace::new(fixture);
    let program = workspace.link();
    let line = |span: &Span| workspace.line(span.file.as_str(), span.range.start);
    let found = program.live_ranges.iter().filter_map(|range| {
        let writes = range.uncommitted.as_ref()?.writes.iter().map(line).collect();
        Some((range.name.clone().unwrap_or_default(), writes))
    });
    found.collect()
}

/// For each connection taken while another is held: its line, and how sure it is that both come from one pool.
pub(crate) fn second_acquires(fixture: &str) -> Vec<(usize, PoolIdentity)> {
    let workspace = Workspace::new(fixture);
    let program = workspace.link();
    let line = |span: &Span| workspace.line(span.file.as_str(), span.range.start);
    let acquires = program.live_ranges.iter().flat_map(|range| &range.acquires);
    acquires.map(|acquire| (line(&acquire.call), acquire.same)).collect()
}

/// What happens while something is held, one line each: where it was taken, and what waits or takes another.
pub(crate) fn held_meanwhile(fixture: &str) -> String {
    let workspace = Workspace::new(fixture);
    let program = workspace.link();
    let text = |span: &Span| workspace.text(span.file.as_str(), span.range.start, span.range.end);
    let mut told = String::new();
    for range in &program.live_ranges {
        let function = &program.function(range.function).path;
        let taken = range
            .lent_by
            .as_ref()
            .map_or_else(|| format!("`{}`", text(&range.acquired)), |lent_by| format!("`{}` lent", text(lent_by)));
        let head = format!("{function} holds {:?} of {taken}", range.held);
        for second in &range.acquires {
            told.push_str(&format!("{head}: acquires {:?} at `{}`\n", second.same, text(&second.call)));
        }
        for wait in &range.awaits {
            told.push_str(&format!("{head}: waits for {} at `{}`\n", wait.api, text(&wait.call)));
        }
    }
    told
}

/// Each transaction by its name, and whether its connection may be one of a pool.
pub(crate) fn pooled_transactions(fixture: &str) -> Vec<(String, bool)> {
    let program = Workspace::new(fixture).link();
    let transactions = program.live_ranges.iter().filter(|range| range.held == Held::Transaction);
    let mut found: Vec<(String, bool)> =
        transactions.map(|range| (range.name.clone().unwrap_or_default(), range.pooled)).collect();
    found.sort();
    found
}

/// The fields and statics that keep a connection behind a lock for all.
pub(crate) fn lock_keepers(fixture: &str) -> Vec<String> {
    let program = Workspace::new(fixture).link();
    let keeper = |guarded: &GuardedConnection| match &guarded.keeper {
        LockOwner::Field(owner, name) => format!("{owner}::{name}"),
        LockOwner::Static(name) => name.clone(),
        LockOwner::Unowned => "unowned".to_owned(),
    };
    program.guarded_connections.iter().map(keeper).collect()
}
