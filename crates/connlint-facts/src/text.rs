//! Places in source text and interned names.

use std::fmt;
use std::hash::Hasher as _;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets in one file's text (UTF-8, from its first byte, a byte order mark included).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TextRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range from `start` to `end`, in bytes.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest range that holds both.
    pub fn cover(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies inside `self`.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A path relative to the analysed root, with `/` between its parts, without a leading `./`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RelPath(Arc<str>);

impl RelPath {
    /// Makes a relative path of text that already has that form.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range in a named file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: RelPath,
    /// The bytes within it.
    pub range: TextRange,
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Literal {
    /// A string (raw ones too), its value.
    Str(Sym),
    /// An integer that fits.
    Int(u64),
    /// A boolean.
    Bool(bool),
    /// A character.
    Char(char),
    /// A float, as written.
    Float(Sym),
    /// A byte string, a C string, or an integer that does not fit.
    Other,
}

/// A name in a [`StringTable`]: in facts, that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sym(pub u32);

/// Names, of one file or of more, each kept once, in order of first use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StringTable {
    /// All names behind each other: most are shorter than what a place of their own would take.
    text: String,
    /// Where each of them ends.
    ends: Vec<u32>,
    /// Where each string is found by its hash, by linear probing: its number and one; 0 is free.
    #[serde(skip)]
    slots: Vec<u32>,
}

impl StringTable {
    /// The symbol of `text`, made if it is new. Raw identifiers are interned without their `r#`.
    pub fn intern(&mut self, text: &str) -> Sym {
        if self.slots.len() < 2 * (self.len() + 1) {
            self.grow();
        }
        let at = match self.search(text) {
            Ok(known) => return known,
            Err(free) => free,
        };
        let sym = Sym(self.ends.len() as u32);
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = sym.0 + 1;
        }
        sym
    }

    /// The symbol of `text`, if it has one. A table that is frozen finds none.
    pub fn find(&self, text: &str) -> Option<Sym> {
        if self.slots.is_empty() { None } else { self.search(text).ok() }
    }

    /// The symbol of a text, or the slot for it.
    fn search(&self, text: &str) -> Result<Sym, usize> {
        let mut at = self.home(text);
        while let Some(slot) = self.slots.get(at).filter(|slot| **slot != 0) {
            let known = Sym(*slot - 1);
            if self.text.as_bytes().get(self.place(known)) == Some(text.as_bytes()) {
                return Ok(known);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        Err(at)
    }

    /// The slot at which the search for a text begins. There are always free slots, and a power of two of all.
    fn home(&self, text: &str) -> usize {
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        hasher.finish() as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; (4 * (self.len() + 1)).next_power_of_two().max(64)];
        for number in 0..self.len() as u32 {
            let mut at = self.home(self.get(Sym(number)));
            while self.slots[at] != 0 {
                at = (at + 1) & (self.slots.len() - 1);
            }
            self.slots[at] = number + 1;
        }
    }

    /// The text of a symbol; empty for one of another table.
    pub fn get(&self, sym: Sym) -> &str {
        self.text.get(self.place(sym)).unwrap_or("")
    }

    /// Where the text of a symbol is; nowhere for one of another table.
    fn place(&self, sym: Sym) -> Range<usize> {
        let number = sym.0 as usize;
        let Some(&end) = self.ends.get(number) else { return 0..0 };
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        start as usize..end as usize
    }

    /// All strings, at the index that their symbol holds.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.get(Sym(number)))
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing was interned.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Drops the look-up index once a file is complete: symbols stay valid, memory halves.
    pub fn freeze(&mut self) {
        self.slots = Vec::new();
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::{StringTable, Sym};

    #[test]
    fn a_table_finds_what_was_interned_until_it_is_frozen() {
        let mut table = StringTable::default();
        assert_eq!(table.find("a"), None);
        let names: Vec<String> = (0..500).map(|number| format!("name{number}")).collect();
        names.iter().for_each(|name| _ = table.intern(name));
        assert!((0..).zip(&names).all(|(number, name)| table.find(name) == Some(Sym(number))));
        assert_eq!(table.find("name"), None);
        table.freeze();
        assert_eq!((table.find("name7"), table.get(Sym(7))), (None, "name7"));
    }
}
