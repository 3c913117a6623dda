//! What is held where.

use std::collections::BTreeSet;

use connlint_facts::Span;
use connlint_semantic::PoolIdentity;

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
