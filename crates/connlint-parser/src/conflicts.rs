//! Conflict markers that a merge left in a file.

use crate::prescan::ByteRange;

const MARKER: usize = 7;

/// What is left out of a text with conflicts so that the first side of each remains: the markers, and all from the second
/// one of a conflict to its end. Empty where a conflict has no end, since then nothing is certain.
pub(crate) fn conflicts(text: &str) -> Vec<ByteRange> {
    let mut ranges = Vec::new();
    let mut at = 0;
    let mut open = None;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match (marker(line), open) {
            (Some(b'<'), None) => {
                ranges.push((at, end));
                open = Some(Side::First);
            }
            // What the common ancestor had comes before the second side.
            (Some(b'|' | b'='), Some(Side::First)) => open = Some(Side::Later(at)),
            (Some(b'>'), Some(Side::Later(start))) => {
                ranges.push((start, end));
                open = None;
            }
            _ => {}
        }
        at = end;
    }
    if open.is_some() { Vec::new() } else { ranges }
}

#[derive(Clone, Copy)]
enum Side {
    First,
    /// Where the sides that are left out begin.
    Later(usize),
}

/// The character of a line that is a marker.
fn marker(line: &str) -> Option<u8> {
    let bytes = line.as_bytes();
    let first = *bytes.first().filter(|byte| matches!(byte, b'<' | b'|' | b'=' | b'>'))?;
    let is_marker = bytes.iter().take_while(|byte| **byte == first).count() == MARKER;
    (is_marker && bytes.get(MARKER).is_none_or(u8::is_ascii_whitespace)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unreadable::blank;

    fn first_sides(text: &str) -> String {
        blank(text, 0, &conflicts(text)).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_side_of_each_conflict_remains() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\nd\n<<<<<<< HEAD\ne\n||||||| base\nf\n=======\ng\n>>>>>>> x\nh\n";
        assert_eq!(first_sides(text), "a b d e h");
    }

    #[test]
    fn a_conflict_without_an_end_is_none() {
        assert!(conflicts("a\n<<<<<<< HEAD\nb\n=======\nc\n").is_empty());
        assert!(conflicts("a\n=======\nb\n").is_empty());
    }
}
