//! Facts of files that are at hand, by key, and those that a run makes besides.

use std::sync::{Mutex, PoisonError};

use connlint_parser::{FactsKey, KnownFacts};
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts of files, for one run and from it.
#[derive(Debug, Default)]
pub(crate) struct FileFacts {
    old: FxHashMap<FactsKey, Box<[u8]>>,
    run: Mutex<OfRun>,
}

/// What a run took and made.
#[derive(Debug, Default)]
struct OfRun {
    taken: FxHashSet<FactsKey>,
    made: FxHashMap<FactsKey, Vec<u8>>,
}

impl FileFacts {
    /// Adds what is at hand.
    pub(crate) fn add(&mut self, facts: impl IntoIterator<Item = (FactsKey, Box<[u8]>)>) {
        self.old.extend(facts);
    }

    /// What the run made, by key.
    pub(crate) fn into_made(self) -> Vec<(FactsKey, Vec<u8>)> {
        let run = self.run.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut made: Vec<_> = run.made.into_iter().collect();
        made.sort_unstable_by_key(|(key, _)| *key);
        made
    }
}

impl KnownFacts for FileFacts {
    fn find(&self, key: &FactsKey) -> Option<&[u8]> {
        self.old.get(key).map(AsRef::as_ref)
    }

    fn taken(&self, key: FactsKey) {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).taken.insert(key);
    }

    fn made(&self, key: FactsKey, bytes: Vec<u8>) {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).made.insert(key, bytes);
    }
}
