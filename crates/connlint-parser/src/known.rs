//! Facts of single files that are at hand: an earlier run made them, or another machine.
//!
//! What a file's facts are is decided by its path and text, by the limits of reading, and by the `macro_rules!`
//! definitions of the workspace under the names that its lowering asks for. The first are hashed into the key. The names
//! are only known afterwards, so they are kept with the facts, each with the hash of what was found; facts are taken
//! only where the same names mean the same now. So nothing but the files that call a macro is lowered again after it
//! changed, and files that are lowered without those of other packages are lowered again beside them.

use connlint_facts::{FileFacts, NoticeKind, RelPath, decode, encode};

use crate::file::{Lowered, lower_file_as};
use crate::limits::Limits;
use crate::macros::{DefinitionsHash, MacroTable};
use crate::test_code::may_have_tests;

/// What decides the facts of a file, besides macros, as a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactsKey(pub [u8; 32]);

/// Facts of files by key, as bytes that mean nothing to whoever keeps them.
pub trait KnownFacts: Sync {
    /// What was kept.
    fn find(&self, key: &FactsKey) -> Option<&[u8]>;
    /// Told that what was found is what this run has taken.
    fn taken(&self, key: FactsKey);
    /// Told what this run has made.
    fn made(&self, key: FactsKey, bytes: Vec<u8>);
}

/// What macros a file's lowering asked for, and what it found.
type Asked = Vec<(String, Option<DefinitionsHash>)>;

/// How the files of a run become facts.
pub(crate) struct Lowering<'a> {
    pub(crate) macros: &'a MacroTable,
    pub(crate) limits: &'a Limits,
    pub(crate) known: Option<&'a dyn KnownFacts>,
}

impl Lowering<'_> {
    /// The facts of a file, which may be known to be test code.
    pub(crate) fn facts(&self, path: &RelPath, text: &str, is_test: bool) -> FileFacts {
        let lower = || lower_file_as(path, text, self.macros, self.limits, is_test);
        let Some(known) = self.known else { return lower().facts };
        let key = key(path, text, self.limits, is_test);
        if let Some(facts) = known.find(&key).and_then(|bytes| self.still_holding(bytes, path)) {
            known.taken(key);
            return facts;
        }
        let Lowered { facts, asked } = lower();
        // Why connlint failed may lie outside of the file.
        if facts.problems.iter().all(|problem| problem.kind != NoticeKind::InternalError) {
            let asked: Asked = asked
                .into_iter()
                .map(|name| {
                    let found = self.macros.hash_of(&name);
                    (name, found)
                })
                .collect();
            if let Ok(bytes) = encode(&(&asked, &facts)) {
                known.made(key, bytes);
            }
        }
        facts
    }

    /// The facts, if the macros that they were made with are those of this run.
    fn still_holding(&self, bytes: &[u8], path: &RelPath) -> Option<FileFacts> {
        let (asked, rest): (Asked, _) = decode(bytes).ok()?;
        if asked.iter().any(|(name, found)| self.macros.hash_of(name) != *found) {
            return None;
        }
        let (facts, _): (FileFacts, _) = decode(rest).ok()?;
        (facts.path == *path).then_some(facts)
    }
}

/// A file without tests has the same facts whether or not those of tests are asked for, and by whom it is declared.
fn key(path: &RelPath, text: &str, limits: &Limits, is_test: bool) -> FactsKey {
    let leaves_out_tests = !limits.test_bodies && may_have_tests(text, is_test);
    let mut hasher = blake3::Hasher::new();
    let numbers = [connlint_facts::FACTS_VERSION as usize, limits.max_nesting, path.as_str().len()];
    numbers.iter().for_each(|number| _ = hasher.update(&(*number as u64).to_le_bytes()));
    hasher.update(&[u8::from(leaves_out_tests), u8::from(leaves_out_tests && is_test)]);
    FactsKey(hasher.update(path.as_str().as_bytes()).update(text.as_bytes()).finalize().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Kept {
        old: BTreeMap<FactsKey, Vec<u8>>,
        taken: Mutex<usize>,
        made: Mutex<BTreeMap<FactsKey, Vec<u8>>>,
    }

    impl KnownFacts for Kept {
        fn find(&self, key: &FactsKey) -> Option<&[u8]> {
            self.old.get(key).map(Vec::as_slice)
        }

        fn taken(&self, _: FactsKey) {
            *self.taken.lock().unwrap() += 1;
        }

        fn made(&self, key: FactsKey, bytes: Vec<u8>) {
            self.made.lock().unwrap().insert(key, bytes);
        }
    }

    const CALLS: &str = "fn f() { pick!(one()); other!(2); }\n";

    fn table(files: &[(&str, &str)]) -> MacroTable {
        let files: Vec<(RelPath, &str)> = files.iter().map(|(path, text)| (RelPath::new(*path), *text)).collect();
        MacroTable::collect(files.iter().map(|(path, text)| (path, *text)))
    }

    /// Whether the facts that were made with some macros are taken beside others, and that they are right either way.
    fn is_taken(before: &[(&str, &str)], path: &str, limits: &Limits, after: &[(&str, &str)]) -> bool {
        let made = Kept::default();
        let file = RelPath::new("src/a.rs");
        let (macros, usual) = (table(before), Limits::default());
        Lowering { macros: &macros, limits: &usual, known: Some(&made) }.facts(&file, CALLS, false);
        let known = Kept { old: made.made.into_inner().unwrap(), ..Kept::default() };
        let (macros, path) = (table(after), RelPath::new(path));
        let facts = Lowering { macros: &macros, limits, known: Some(&known) }.facts(&path, CALLS, false);
        assert_eq!(facts, lower_file_as(&path, CALLS, &macros, limits, false).facts);
        let (taken, made) = (*known.taken.lock().unwrap(), known.made.lock().unwrap().len());
        assert_eq!(taken + made, 1, "each file is either taken or made");
        taken == 1
    }

    #[test]
    fn facts_are_taken_unless_something_that_decides_them_changed() {
        let (pick, usual) = ("macro_rules! pick { ($e:expr) => { $e } }", Limits::default());
        let before = [("src/m.rs", pick)];
        let taken = |path: &str, after: &[(&str, &str)]| is_taken(&before, path, &usual, after);
        assert!(taken("src/a.rs", &before));
        assert!(taken("src/a.rs", &[before[0], ("src/n.rs", "macro_rules! unused { () => {} }")]));
        assert!(!taken("src/b.rs", &before), "another path");
        assert!(!taken("src/a.rs", &[]), "a macro that is gone");
        assert!(!taken("src/a.rs", &[("src/m.rs", "macro_rules! pick { ($e:expr) => { two($e) } }")]));
        assert!(!taken("src/a.rs", &[("tests/m.rs", pick)]), "a macro in another file");
        assert!(!taken("src/a.rs", &[before[0], ("src/o.rs", "macro_rules! other { ($e:expr) => { $e } }")]));
        assert!(!is_taken(&before, "src/a.rs", &Limits { max_nesting: 3, ..Limits::default() }, &before));
    }

    #[test]
    fn only_where_tests_are_left_out_it_counts_what_is_one() {
        let (file, all) = (RelPath::new("src/a.rs"), Limits::default());
        let unread = Limits { test_bodies: false, ..Limits::default() };
        let key = |text, limits, is_test| super::key(&file, text, limits, is_test);
        let with_test = "#[test] fn f() {}";
        assert_eq!(key(CALLS, &unread, false), key(CALLS, &all, true));
        assert_eq!(key(with_test, &all, false), key(with_test, &all, true));
        assert_ne!(key(with_test, &unread, false), key(with_test, &all, false));
        assert_ne!(key(with_test, &unread, true), key(with_test, &unread, false));
        assert_ne!(key(CALLS, &unread, true), key(CALLS, &unread, false));
    }

    #[test]
    fn macros_that_expansions_ask_for_count_too() {
        let outer = ("src/m.rs", "macro_rules! pick { ($e:expr) => { inner!($e) } }");
        let inner = |to| ("src/n.rs", to);
        let usual = Limits::default();
        let (one, two) =
            ("macro_rules! inner { ($e:expr) => { $e } }", "macro_rules! inner { ($e:expr) => { g($e) } }");
        assert!(is_taken(&[outer, inner(one)], "src/a.rs", &usual, &[outer, inner(one)]));
        assert!(!is_taken(&[outer, inner(one)], "src/a.rs", &usual, &[outer, inner(two)]));
    }

    #[test]
    fn what_is_no_facts_is_not_taken() {
        let file = RelPath::new("src/a.rs");
        let (macros, limits) = (MacroTable::default(), Limits::default());
        let key = key(&file, CALLS, &limits, false);
        for bytes in [vec![], vec![0], vec![255; 40]] {
            let known = Kept { old: BTreeMap::from([(key, bytes)]), ..Kept::default() };
            let facts = Lowering { macros: &macros, limits: &limits, known: Some(&known) }.facts(&file, CALLS, false);
            assert_eq!((facts.items.len(), *known.taken.lock().unwrap()), (1, 0));
        }
    }
}
