//! What a run saw of a folder on disk, so that a later run can determine whether it would see the same.
//!
//! What is read of a project is a function of the answers that its [`FileSystem`] gives. Their hashes are kept: where a
//! later run gets the same answers to the same questions, it reads the same facts. Nothing is taken from times or sizes
//! of files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::walk::DiskFiles;
use crate::witnessed::Answered;
use crate::workspace::files::{FileSystem, Found, ReadError, Walked};
use crate::workspace::open;

/// What was asked of a folder, and the hash of each answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observations {
    seen: BTreeMap<Question, Answer>,
}

/// The hash of an answer.
type Answer = [u8; blake3::OUT_LEN];

/// What is asked of a [`FileSystem`]. The walk comes first: it takes longest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Question {
    Walk,
    LevelsAbove,
    Find(String),
    /// A file, and how many bytes it may have.
    Read(String, u64),
    /// How many folders above the root, the file, and how many bytes it may have.
    ReadAbove(usize, String, u64),
}

impl Observations {
    /// Whether the folder gives the same answers now. `root` and `limits` must be those of the run that saw it.
    pub fn hold(&self, root: &Path, limits: &Limits) -> bool {
        let Ok(files) = open(root) else { return false };
        let holds = |(question, answer): (&Question, &Answer)| ask(&files, question, limits) == *answer;
        // Of the files, one that changed is most likely the newest: times only decide where the search begins.
        let newest = self.seen.iter().max_by_key(|(question, _)| match question {
            Question::Read(path, _) => files.modified(path),
            _ => None,
        });
        newest.is_none_or(holds) && self.seen.par_iter().all(holds)
    }

    /// Whether some of the files hold now what they held: for a run that read those twice.
    pub fn hold_of(&self, root: &Path, limits: &Limits, is_meant: impl Fn(&str) -> bool) -> bool {
        let Ok(files) = open(root) else { return false };
        let is_meant = |question: &Question| matches!(question, Question::Read(path, _) if is_meant(path));
        let meant = self.seen.iter().filter(|(question, _)| is_meant(question));
        meant.into_iter().all(|(question, answer)| ask(&files, question, limits) == *answer)
    }
}

fn ask(files: &DiskFiles, question: &Question, limits: &Limits) -> Answer {
    match question {
        Question::Walk => of_walk(&files.walk(limits)),
        Question::LevelsAbove => of_levels(files.levels_above()),
        Question::Find(path) => of_found(&files.find(path)),
        Question::Read(path, most) => of_read(&files.read(path, *most)),
        Question::ReadAbove(levels, name, most) => of_read_above(files.read_above(*levels, name, *most).as_deref()),
    }
}

/// What is seen while a run asks.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Answers>);

#[derive(Default)]
struct Answers {
    answers: BTreeMap<Question, Answer>,
    /// Whether one question had two answers.
    changed: bool,
}

impl Seen {
    /// What was seen; `None` where it changed meanwhile.
    pub(crate) fn into_observations(self) -> Option<Observations> {
        let Answers { answers, changed } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        (!changed).then_some(Observations { seen: answers })
    }

    pub(crate) fn note(&self, answered: &Answered<'_>) {
        let (question, answer) = match *answered {
            Answered::Walk(walked) => (Question::Walk, of_walk(walked)),
            Answered::LevelsAbove(levels) => (Question::LevelsAbove, of_levels(levels)),
            Answered::Find(path, found) => (Question::Find(path.to_owned()), of_found(found)),
            Answered::Read(path, most, read) => (Question::Read(path.to_owned(), most), of_read(read)),
            Answered::ReadAbove(levels, name, most, read) => {
                (Question::ReadAbove(levels, name.to_owned(), most), of_read_above(read))
            }
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let differs = match seen.answers.entry(question) {
            Entry::Vacant(free) => *free.insert(answer) != answer,
            Entry::Occupied(known) => *known.get() != answer,
        };
        seen.changed |= differs;
    }
}

/// A hash of parts that do not run into each other.
#[derive(Default)]
struct Digest(blake3::Hasher);

impl Digest {
    fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        self
    }

    fn parts(self, parts: &[String]) -> Self {
        let count = self.part(&(parts.len() as u64).to_le_bytes());
        parts.iter().fold(count, |digest, part| digest.part(part.as_bytes()))
    }

    fn answer(&self) -> Answer {
        self.0.finalize().into()
    }
}

fn of_walk(walked: &Walked) -> Answer {
    let Walked { sources, links, manifests, locks, notices } = walked;
    let lists = Digest::default().parts(sources).parts(links).parts(manifests).parts(locks);
    notices.iter().fold(lists, |digest, notice| digest.part(format!("{notice:?}").as_bytes())).answer()
}

fn of_levels(levels: usize) -> Answer {
    Digest::default().part(&(levels as u64).to_le_bytes()).answer()
}

fn of_found(found: &Found) -> Answer {
    let (kind, path): (&[u8], &str) = match found {
        Found::File(path) => (b"file", path),
        Found::Folder => (b"folder", ""),
        Found::Special => (b"special", ""),
        Found::Missing => (b"missing", ""),
        Found::Outside => (b"outside", ""),
    };
    Digest::default().part(kind).part(path.as_bytes()).answer()
}

fn of_read(read: &Result<Vec<u8>, ReadError>) -> Answer {
    let (kind, bytes): (&[u8], &[u8]) = match read {
        Ok(bytes) => (b"read", bytes),
        Err(ReadError::TooLarge) => (b"too large", b""),
        Err(ReadError::Unreadable(why)) => (b"unreadable", why.as_bytes()),
    };
    Digest::default().part(kind).part(bytes).answer()
}

fn of_read_above(bytes: Option<&[u8]>) -> Answer {
    match bytes {
        Some(bytes) => Digest::default().part(b"read").part(bytes).answer(),
        None => Digest::default().part(b"not read").answer(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::witnessed::Witnessed;
    use crate::workspace::parse_workspace_observed;

    const MANIFEST: &str = "[package]\nname = \"a\"\nedition = \"2024\"\n";

    fn write(root: &Path, path: &str, text: &str) {
        let path: PathBuf = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a run sees of a project that has one module, and declares one that is not there.
    fn seen(root: &Path) -> Observations {
        parse_workspace_observed(root, &Limits::default(), &|_| {}, None).unwrap().1.unwrap()
    }

    #[test]
    fn whatever_can_change_what_is_read_changes_an_answer() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repo");
        write(&root, ".git/HEAD", "");
        write(&root, "a/Cargo.toml", MANIFEST);
        write(&root, "a/src/main.rs", "mod one;\nmod two;\ninclude!(\"three.in\");\nfn main() {}\n");
        write(&root, "a/src/one.rs", "pub fn one() {}\n");
        write(&root, "a/README.md", "");
        let package = root.join("a");
        let changes: &[(&str, &dyn Fn())] = &[
            ("a source", &|| write(&root, "a/src/one.rs", "pub fn two() {}\n")),
            ("a manifest", &|| write(&root, "a/Cargo.toml", &format!("{MANIFEST}publish = false\n"))),
            ("a module that was missing", &|| write(&root, "a/src/two.rs", "")),
            ("a file of no module tree", &|| write(&root, "a/src/other.rs", "")),
            ("an included file", &|| write(&root, "a/src/three.in", "")),
            ("a lock file", &|| write(&root, "a/Cargo.lock", "version = 4\n")),
            ("the repository's manifest", &|| write(&root, "Cargo.toml", "[workspace]\nmembers = [\"a\"]\n")),
            ("the repository's lock file", &|| write(&root, "Cargo.lock", "version = 4\n")),
            ("what is ignored", &|| write(&root, ".gitignore", "other.rs\n")),
            ("a name", &|| fs::rename(package.join("src/two.rs"), package.join("src/zwei.rs")).unwrap()),
            ("a file that is gone", &|| fs::remove_file(package.join("src/one.rs")).unwrap()),
        ];
        for (what, change) in changes {
            let before = seen(&package);
            assert!(before.hold(&package, &Limits::default()), "before {what}");
            change();
            assert!(!before.hold(&package, &Limits::default()), "{what}");
        }
        let before = seen(&package);
        let of = |path: &str| before.hold_of(&package, &Limits::default(), |asked| asked == path);
        write(&root, "a/src/main.rs", "fn main() {}\n");
        assert!(!of("src/main.rs") && of("Cargo.toml") && of("src/no.rs"));
        let before = seen(&package);
        write(&root, "a/README.md", "changed");
        assert!(before.hold(&package, &Limits::default()), "nothing reads the README");
        fs::remove_dir_all(&package).unwrap();
        assert!(!before.hold(&package, &Limits::default()));
    }

    #[test]
    fn an_answer_that_changes_during_a_run_makes_them_unfit() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "a.rs", "one");
        let files = open(dir.path()).unwrap();
        let seen = Seen::default();
        let note = |answered: Answered<'_>| seen.note(&answered);
        let witnessed = Witnessed { files: &files, note: &note };
        assert_eq!(witnessed.read("a.rs", 10).unwrap(), b"one");
        write(dir.path(), "a.rs", "two");
        assert_eq!(witnessed.read("a.rs", 10).unwrap(), b"two");
        assert_eq!(seen.into_observations(), None);
    }
}
