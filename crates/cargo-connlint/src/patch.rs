//! Edits as a unified diff.

use std::io::{self, Write};
use std::ops::Range;

use crate::edits::{Edit, applied};

/// Lines shown around what changes.
const CONTEXT: usize = 3;

/// Lines that change, and what takes their place.
struct Change {
    lines: Range<usize>,
    new: String,
}

/// Writes what edits change in a file, as `git apply` and `patch -p1` read it.
pub(crate) fn write(path: &str, text: &str, edits: &[Edit], to: &mut dyn Write) -> io::Result<()> {
    let starts = line_starts(text);
    let changes = changes(text, &starts, edits);
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(to, "--- a/{path}\n+++ b/{path}")?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut shift = 0isize;
    let near = |a: &Change, b: &Change| b.lines.start <= a.lines.end + 2 * CONTEXT;
    for hunk in changes.chunk_by(near) {
        shift += write_hunk(&lines, hunk, shift, to)?;
    }
    Ok(())
}

/// Writes a hunk; by how many lines the text grows in it.
fn write_hunk(lines: &[&str], hunk: &[Change], shift: isize, to: &mut dyn Write) -> io::Result<isize> {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return Ok(0) };
    let start = first.lines.start.saturating_sub(CONTEXT);
    let end = (last.lines.end + CONTEXT).min(lines.len());
    let added: usize = hunk.iter().map(|change| change.new.split_inclusive('\n').count()).sum();
    let removed: usize = hunk.iter().map(|change| change.lines.len()).sum();
    let growth = added as isize - removed as isize;
    let (old, new) = (end - start, (end - start).saturating_add_signed(growth));
    let begin = |count: usize, at: usize| if count == 0 { at } else { at + 1 };
    let new_start = start.saturating_add_signed(shift);
    writeln!(to, "@@ -{},{old} +{},{new} @@", begin(old, start), begin(new, new_start))?;
    let mut at = start;
    for change in hunk {
        write_lines(lines.get(at..change.lines.start).unwrap_or_default().iter().copied(), ' ', to)?;
        write_lines(lines.get(change.lines.clone()).unwrap_or_default().iter().copied(), '-', to)?;
        write_lines(change.new.split_inclusive('\n'), '+', to)?;
        at = change.lines.end;
    }
    write_lines(lines.get(at..end).unwrap_or_default().iter().copied(), ' ', to)?;
    Ok(growth)
}

fn write_lines<'l>(lines: impl Iterator<Item = &'l str>, sign: char, to: &mut dyn Write) -> io::Result<()> {
    for line in lines {
        write!(to, "{sign}{line}")?;
        if !line.ends_with('\n') {
            writeln!(to, "\n\\ No newline at end of file")?;
        }
    }
    Ok(())
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The lines that edits touch, in order. Whole lines that are inserted or taken out touch none beside them.
fn changes(text: &str, starts: &[usize], edits: &[Edit]) -> Vec<Change> {
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let touched = |edit: &Edit| {
        let (first, last) = (line_of(edit.range.start), line_of(edit.range.end));
        let at_starts = starts.binary_search(&edit.range.start).and(starts.binary_search(&edit.range.end)).is_ok();
        let of_whole_lines = at_starts && (edit.text.is_empty() || edit.text.ends_with('\n'));
        if of_whole_lines { first..last } else { first..last + 1 }
    };
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut groups: Vec<(Range<usize>, Vec<Edit>)> = Vec::new();
    for edit in sorted {
        let lines = touched(edit);
        match groups.last_mut() {
            Some((last, edits)) if lines.start <= last.end => {
                last.end = last.end.max(lines.end);
                edits.push(edit.clone());
            }
            _ => groups.push((lines, vec![edit.clone()])),
        }
    }
    let at = |line: usize| starts.get(line).copied().unwrap_or(text.len());
    let change = |(lines, edits): (Range<usize>, Vec<Edit>)| {
        let (from, to) = (at(lines.start), at(lines.end));
        let moved =
            |edit: &Edit| Edit { range: edit.range.start - from..edit.range.end - from, text: edit.text.clone() };
        let edits: Vec<Edit> = edits.iter().map(moved).collect();
        Some(Change { new: applied(text.get(from..to)?, &edits)?, lines })
    };
    groups.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(text: &str, edits: &[(Range<usize>, &str)]) -> String {
        let edits: Vec<Edit> =
            edits.iter().map(|(range, text)| Edit { range: range.clone(), text: (*text).to_owned() }).collect();
        let mut out = Vec::new();
        write("x.rs", text, &edits, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_replaced_and_inserted_with_their_context() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
        let head = "--- a/x.rs\n+++ b/x.rs\n";
        let expected = format!("{head}@@ -1,5 +1,6 @@\n 1\n-2\n+B\n+i\n 3\n 4\n 5\n");
        assert_eq!(diff(text, &[(2..3, "B"), (4..4, "i\n")]), expected);
        let two = format!("{head}@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -10,4 +11,4 @@\n 10\n 11\n 12\n-13\n+z\n");
        let at = text.find("13").unwrap();
        assert_eq!(diff(text, &[(0..0, "0\n"), (at..at + 2, "z")]), two);
        let without = format!("{head}@@ -2,8 +2,6 @@\n 2\n 3\n 4\n-5\n-6\n 7\n 8\n 9\n");
        assert_eq!(diff(text, &[(8..12, "")]), without);
        assert_eq!(diff(text, &[]), "");
    }

    #[test]
    fn missing_newline_at_the_end_is_stated() {
        assert_eq!(
            diff("a\nb", &[(2..3, "c")]),
            "--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
        );
    }
}
