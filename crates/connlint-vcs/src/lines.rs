//! Which lines of a text are new against another one.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// Which lines of a newer text an older one does not have, and where it has lost lines. Lines count from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineChanges {
    /// Runs of new lines, in order.
    added: Vec<Range<u32>>,
    /// Lines of the newer text before which lines were removed, in order.
    removed: Vec<u32>,
}

impl LineChanges {
    /// The changes from one text to another. How lines end does not matter.
    pub fn between(old: &str, new: &str) -> Self {
        let (old, new) = (old.replace("\r\n", "\n"), new.replace("\r\n", "\n"));
        let input = InternedInput::new(old.as_str(), new.as_str());
        let diff = Diff::compute(Algorithm::Histogram, &input);
        let mut changes = Self::default();
        for hunk in diff.hunks() {
            changes.add(hunk.after, !hunk.before.is_empty());
        }
        changes
    }

    /// The changes of a file that is new.
    pub fn whole() -> Self {
        let all = 0..u32::MAX;
        Self { added: vec![all], removed: Vec::new() }
    }

    /// Takes in a run of new lines; `removed` says whether lines were removed there.
    pub(crate) fn add(&mut self, lines: Range<u32>, removed: bool) {
        if removed && lines.is_empty() {
            self.removed.push(lines.start);
        }
        if !lines.is_empty() {
            self.added.push(lines);
        }
    }

    /// Takes in changes of later lines.
    pub(crate) fn append(&mut self, later: Self) {
        self.added.extend(later.added);
        self.removed.extend(later.removed);
    }

    /// The first new line among these.
    pub fn first_in(&self, lines: Range<u32>) -> Option<u32> {
        let runs = self.added.iter().filter(|run| run.start < lines.end && lines.start < run.end);
        runs.map(|run| run.start.max(lines.start)).next()
    }

    /// The new line among these that is nearest to a line; if there is none, a line next to which lines were removed.
    pub fn nearest_in(&self, lines: Range<u32>, to: u32) -> Option<u32> {
        let runs = self.added.iter().filter(|run| run.start < lines.end && lines.start < run.end);
        let nearest = |run: &Range<u32>| to.clamp(run.start.max(lines.start), run.end.min(lines.end).saturating_sub(1));
        let removed = self.removed.iter().copied().filter(|line| lines.contains(line));
        let by_distance = |line: &u32| (line.abs_diff(to), *line);
        runs.map(nearest).min_by_key(by_distance).or_else(|| removed.min_by_key(by_distance))
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_lines_and_places_of_lost_ones_are_known() {
        let changes = LineChanges::between("a\nb\nc\nd\n", "a\nx\ny\nc\nd\nz\n");
        assert_eq!(changes, LineChanges { added: vec![1..3, 5..6], removed: vec![] });
        let changes = LineChanges::between("a\nb\nc\n", "a\nc\n");
        assert_eq!(changes, LineChanges { added: vec![], removed: vec![1] });
        assert!(LineChanges::between("a\r\nb\r\n", "a\nb\n").is_empty());
    }

    #[test]
    fn lines_are_found_within_a_range() {
        let changes = LineChanges { added: vec![2..4, 10..12], removed: vec![6, 20] };
        assert_eq!(changes.first_in(0..2), None);
        assert_eq!(changes.first_in(3..11), Some(3));
        assert_eq!(changes.first_in(4..11), Some(10));
        assert_eq!(changes.nearest_in(0..30, 8), Some(10));
        assert_eq!(changes.nearest_in(0..30, 6), Some(3));
        assert_eq!(changes.nearest_in(4..10, 9), Some(6));
        assert_eq!(changes.nearest_in(12..19, 15), None);
        assert_eq!(LineChanges::whole().first_in(7..8), Some(7));
    }
}
