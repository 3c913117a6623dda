//! Facts of files that are at hand, by key, and those that a run makes besides.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use connlint_facts::{decode, encode};
use connlint_parser::{FactsKey, KnownFacts};
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts of files, for one run and from it.
#[derive(Debug, Default)]
pub(crate) struct FileFacts {
    /// What is at hand, behind each other.
    bytes: Vec<u8>,
    /// Where it is.
    places: FxHashMap<FactsKey, Range<usize>>,
    /// In this order, in packs the last used first.
    order: Vec<FactsKey>,
    run: Mutex<OfRun>,
}

/// What a run took and made.
#[derive(Debug, Default)]
struct OfRun {
    taken: FxHashSet<FactsKey>,
    made: FxHashMap<FactsKey, Vec<u8>>,
}

impl OfRun {
    fn into_made(self) -> Vec<(FactsKey, Vec<u8>)> {
        let mut made: Vec<_> = self.made.into_iter().collect();
        made.sort_unstable_by_key(|(key, _)| *key);
        made
    }
}

impl FileFacts {
    /// Adds what is at hand.
    pub(crate) fn add(&mut self, key: FactsKey, facts: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(facts);
        self.place(key, start..self.bytes.len());
    }

    fn place(&mut self, key: FactsKey, place: Range<usize>) {
        if self.places.insert(key, place).is_none() {
            self.order.push(key);
        }
    }

    /// What an earlier run packed; `None` if it is something else.
    pub(crate) fn unpacked(bytes: Vec<u8>) -> Option<Self> {
        let (index, content): (Vec<([u8; 32], usize)>, _) = decode(&bytes).ok()?;
        let mut at = bytes.len() - content.len();
        let mut facts = Self::default();
        for (key, length) in index {
            let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
            facts.place(FactsKey(key), at..end);
            at = end;
        }
        Some(Self { bytes, ..facts })
    }

    /// What later runs may use: all that this run took and made, and behind it as much again of what it found and had no
    /// use for, such as the files of another branch. `None` where the run made nothing.
    pub(crate) fn packed(self) -> Option<Pack> {
        let run = self.run.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut places = self.places;
        run.made.keys().for_each(|key| _ = places.remove(key));
        let at_hand = self.order.iter().filter_map(|key| Some((*key, places.get(key)?.clone())));
        let (mut old, unused): (Vec<_>, Vec<_>) = at_hand.partition(|(key, _)| run.taken.contains(key));
        let made = run.into_made();
        if made.is_empty() {
            return None;
        }
        let mut room: usize = made.iter().map(|(_, bytes)| bytes.len()).sum();
        room += old.iter().map(|(_, place)| place.len()).sum::<usize>();
        old.extend(unused.into_iter().take_while(|(_, place)| {
            let fits = place.len() <= room;
            room = room.saturating_sub(place.len());
            fits
        }));
        let lengths = made.iter().map(|(key, bytes)| (key.0, bytes.len()));
        let index: Vec<([u8; 32], usize)> =
            lengths.chain(old.iter().map(|(key, place)| (key.0, place.len()))).collect();
        let (made, old) = (made.into_iter().map(|(_, bytes)| bytes), old.into_iter().map(|(_, place)| place));
        Some(Pack { index: encode(&index).ok()?, made: made.collect(), old: old.collect(), bytes: self.bytes })
    }

    /// What the run made, by key.
    pub(crate) fn into_made(self) -> Vec<(FactsKey, Vec<u8>)> {
        self.run.into_inner().unwrap_or_else(PoisonError::into_inner).into_made()
    }
}

/// Facts to be kept.
pub(crate) struct Pack {
    index: Vec<u8>,
    made: Vec<Vec<u8>>,
    old: Vec<Range<usize>>,
    bytes: Vec<u8>,
}

impl Pack {
    /// Its bytes, in pieces.
    pub(crate) fn pieces(&self) -> Vec<&[u8]> {
        let old = self.old.iter().filter_map(|place| self.bytes.get(place.clone()));
        std::iter::once(self.index.as_slice()).chain(self.made.iter().map(Vec::as_slice)).chain(old).collect()
    }
}

impl KnownFacts for FileFacts {
    fn find(&self, key: &FactsKey) -> Option<&[u8]> {
        self.bytes.get(self.places.get(key)?.clone())
    }

    fn taken(&self, key: FactsKey) {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).taken.insert(key);
    }

    fn made(&self, key: FactsKey, bytes: Vec<u8>) {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).made.insert(key, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> FactsKey {
        FactsKey([number; 32])
    }

    /// What is at hand after a run that took and made some of the facts at hand before.
    fn after(before: FileFacts, taken: &[u8], made: &[(u8, &[u8])]) -> Option<FileFacts> {
        taken.iter().for_each(|number| before.taken(key(*number)));
        made.iter().for_each(|(number, bytes)| before.made(key(*number), bytes.to_vec()));
        FileFacts::unpacked(before.packed()?.pieces().concat())
    }

    fn numbers(facts: &FileFacts) -> Vec<u8> {
        facts.order.iter().map(|key| key.0[0]).collect()
    }

    #[test]
    fn what_runs_made_is_at_hand_and_what_none_uses_goes() {
        let one = after(FileFacts::default(), &[], &[(1, b"one"), (2, b"two"), (3, b"three")]).unwrap();
        assert_eq!((one.find(&key(3)), one.find(&key(9))), (Some(&b"three"[..]), None));
        let other = after(one, &[1], &[(4, b"four")]).unwrap();
        assert_eq!(numbers(&other), [4, 1, 2], "of what is unused, as much as is used");
        assert_eq!(other.find(&key(2)), Some(&b"two"[..]));
        let last = after(other, &[2], &[(2, b"again"), (5, b"five")]).unwrap();
        assert_eq!((numbers(&last), last.find(&key(2))), (vec![2, 5, 4, 1], Some(&b"again"[..])));
        assert!(after(last, &[5], &[]).is_none(), "nothing is written where nothing is new");
    }

    #[test]
    fn bytes_that_are_no_pack_are_none() {
        let facts = FileFacts::default();
        facts.made(key(1), b"content".to_vec());
        let bytes = facts.packed().unwrap().pieces().concat();
        assert!(FileFacts::unpacked(bytes.clone()).is_some());
        assert!(FileFacts::unpacked(bytes[..bytes.len() - 1].to_vec()).is_none());
        assert!(FileFacts::unpacked(bytes[..20].to_vec()).is_none());
    }
}
