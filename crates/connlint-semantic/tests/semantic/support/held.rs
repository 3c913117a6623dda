//! What is held where.

use std::collections::BTreeSet;

use connlint_facts::Span;

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
