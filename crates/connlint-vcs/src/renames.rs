//! What a file was called before.

use std::collections::HashMap;

/// Candidates that are compared; more of them make no sensible change.
const MAX_CANDIDATES: usize = 500;

/// The file of an earlier version that a new file comes from: the one with most lines in common, if that is at least half
/// of the larger one's. Of equals the first.
pub fn former_path<'c>(text: &str, candidates: impl IntoIterator<Item = (&'c str, String)>) -> Option<&'c str> {
    let mut best: Option<(usize, &str)> = None;
    for (path, former) in candidates.into_iter().take(MAX_CANDIDATES) {
        let percent = similarity(text, &former);
        if percent >= 50 && best.is_none_or(|(most, _)| percent > most) {
            best = Some((percent, path));
        }
    }
    best.map(|(_, path)| path)
}

/// Lines in common, in percent of the lines of the longer text. Blank lines do not count.
fn similarity(a: &str, b: &str) -> usize {
    let lines = |text: &'_ str| text.lines().map(str::trim).filter(|line| !line.is_empty()).count();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in a.lines().map(str::trim).filter(|line| !line.is_empty()) {
        *counts.entry(line).or_default() += 1;
    }
    let mut common: usize = 0;
    for line in b.lines().map(str::trim) {
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let longest = lines(a).max(lines(b));
    (100 * common).checked_div(longest).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_similar_file_is_the_former_one() {
        let former = |candidates: &[(&'static str, &str)]| {
            former_path("a\nb\nc\nd\n", candidates.iter().map(|(path, text)| (*path, (*text).to_owned())))
        };
        assert_eq!(former(&[("x", "a\nb\nz\n"), ("y", "  a\n\nb\nc\n"), ("z", "a\nb\nc\n")]), Some("y"));
        assert_eq!(former(&[("x", "a\n"), ("y", "")]), None);
        assert_eq!(former_path("", [("x", String::new())]), None);
    }
}
