//! GitHub's fingerprint of a source line (`primaryLocationLineHash`).
//!
//! The algorithm of github/codeql-action `src/fingerprints.ts`: per line, a rolling hash of the next 100 UTF-16 code
//! units from the line's start, without spaces and tabs and with every line end as `\n`, then `:` and how often that hash
//! has occurred in the file. `upload-sarif` warns if a tool's value differs from its own.

use std::collections::HashMap;

const BLOCK: usize = 100;
const MOD: u64 = 37;
const END_OF_FILE: u16 = u16::MAX;

/// The fingerprints of all lines of a text, first line first.
pub(crate) fn line_hashes(text: &str) -> Vec<String> {
    let mut hasher = Hasher::new();
    for unit in text.encode_utf16() {
        hasher.push_unit(unit);
    }
    hasher.push_unit(END_OF_FILE);
    for _ in 0..BLOCK {
        hasher.shift(0);
    }
    hasher.hashes
}

struct Hasher {
    /// The last `BLOCK` units, and whether a line began at each.
    window: [(u16, bool); BLOCK],
    index: usize,
    hash: u64,
    /// `MOD` to the power of `BLOCK`: the weight of the unit that leaves the window.
    leaving: u64,
    at_line_start: bool,
    after_carriage_return: bool,
    counts: HashMap<u64, usize>,
    hashes: Vec<String>,
}

impl Hasher {
    fn new() -> Self {
        Self {
            window: [(0, false); BLOCK],
            index: 0,
            hash: 0,
            leaving: (0..BLOCK).fold(1, |power: u64, _| power.wrapping_mul(MOD)),
            at_line_start: true,
            after_carriage_return: false,
            counts: HashMap::new(),
            hashes: Vec::new(),
        }
    }

    fn push_unit(&mut self, unit: u16) {
        const CARRIAGE_RETURN: u16 = b'\r' as u16;
        const LINE_FEED: u16 = b'\n' as u16;
        let skipped = unit == u16::from(b' ') || unit == u16::from(b'\t');
        if skipped || (self.after_carriage_return && unit == LINE_FEED) {
            self.after_carriage_return = false;
            return;
        }
        self.after_carriage_return = unit == CARRIAGE_RETURN;
        let unit = if self.after_carriage_return { LINE_FEED } else { unit };
        let begins_line = std::mem::replace(&mut self.at_line_start, unit == LINE_FEED);
        self.shift(unit);
        let newest = (self.index + BLOCK - 1) % BLOCK;
        if let Some(slot) = self.window.get_mut(newest) {
            slot.1 = begins_line;
        }
    }

    /// Takes in one unit; the hash of a line is complete when its first unit is about to leave the window.
    fn shift(&mut self, unit: u16) {
        let Some(slot) = self.window.get_mut(self.index) else { return };
        let (outgoing, began_line) = std::mem::replace(slot, (unit, false));
        if began_line {
            let count = self.counts.entry(self.hash).or_default();
            *count += 1;
            self.hashes.push(format!("{:x}:{count}", self.hash));
        }
        let kept = self.hash.wrapping_mul(MOD).wrapping_add(u64::from(unit));
        self.hash = kept.wrapping_sub(self.leaving.wrapping_mul(u64::from(outgoing)));
        self.index = (self.index + 1) % BLOCK;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_are_met() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        let expected = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(line_hashes(" a\nb\n  \t\tc\n d"), expected);
        assert_eq!(line_hashes(" a\r\nb\r  \t\tc\n d"), expected);
    }

    #[test]
    fn equal_lines_are_numbered() {
        let hashes = line_hashes(&"x\n".repeat(300));
        assert_eq!(hashes.len(), 301);
        let (first, second) = (hashes[0].split_once(':').unwrap(), hashes[1].split_once(':').unwrap());
        assert_eq!((first.0, first.1, second.1), (second.0, "1", "2"));
    }
}
