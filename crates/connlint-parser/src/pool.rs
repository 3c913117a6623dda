//! Worker threads with large stacks, and the discovery of a project's files on them: one task is one file.
//!
//! A file is lowered as soon as a declaration names it, so only files of some module tree are parsed. What is found
//! does not depend on the order of the tasks: it is the closure of the seeds under "declares".

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use connlint_facts::{FileFacts, Notice, NoticeKind, Problem, RelPath};
use rayon::prelude::*;
use rayon::{Scope, ThreadPool, ThreadPoolBuilder};
use rustc_hash::FxHashMap;

use crate::limits::Limits;
use crate::modules::{Locator, Outline, Place, Source};
use crate::workspace::files::{FileSystem, ReadError};

/// How one file becomes facts.
pub(crate) type Lower<'a> = dyn Fn(&RelPath, &str, Reading) -> FileFacts + Sync + 'a;

/// What a file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Other code than tests, perhaps tests too.
    Code,
    /// Tests alone.
    Tests,
}

/// A pool for one run.
pub(crate) fn build(limits: &Limits) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    let available = || std::thread::available_parallelism().map_or(1, usize::from);
    ThreadPoolBuilder::new()
        .num_threads(limits.threads.unwrap_or_else(available).max(1))
        .stack_size(limits.stack_bytes)
        .thread_name(|index| format!("connlint-{index}"))
        .build()
}

/// The text of a file.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// The text; where it was not UTF-8, with replacement characters.
    pub(crate) text: String,
    /// Whether bytes were replaced. Offsets then refer to the text with replacements.
    pub(crate) is_lossy: bool,
}

/// Texts read before anything is parsed, so that macros of the whole project are known.
pub(crate) type Texts = BTreeMap<String, Result<Text, ReadError>>;

/// Reads files in parallel, as far as the limits allow.
pub(crate) fn read_all(
    fs: &dyn FileSystem,
    sources: &[String],
    limits: &Limits,
    done: &(dyn Fn(usize) + Sync),
) -> (Texts, Vec<Notice>) {
    let count = AtomicUsize::new(0);
    let read = |path: &String| {
        let text = read_text(fs, path, limits);
        done(count.fetch_add(1, Ordering::Relaxed) + 1);
        (path.clone(), text)
    };
    let mut notices = Vec::new();
    let admitted = sources.get(..limits.max_files).unwrap_or(sources);
    if admitted.len() < sources.len() {
        notices.push(limit(format!("there are more than {} Rust files; the rest was not read", limits.max_files)));
    }
    let mut texts: Texts = BTreeMap::new();
    let mut bytes = 0u64;
    for chunk in admitted.chunks(1024) {
        if bytes > limits.max_total_bytes {
            let megabytes = limits.max_total_bytes >> 20;
            notices.push(limit(format!("there are more than {megabytes} MiB of Rust; the rest was not read")));
            break;
        }
        let read: Vec<_> = chunk.par_iter().map(read).collect();
        bytes += read.iter().filter_map(|(_, text)| Some(text.as_ref().ok()?.text.len() as u64)).sum::<u64>();
        texts.extend(read);
    }
    (texts, notices)
}

fn limit(message: String) -> Notice {
    Notice { kind: NoticeKind::LimitReached, path: None, range: None, message }
}

fn read_text(fs: &dyn FileSystem, path: &str, limits: &Limits) -> Result<Text, ReadError> {
    let max_bytes = limits.max_file_bytes.min(u64::from(u32::MAX) / 4);
    Ok(match String::from_utf8(fs.read(path, max_bytes)?) {
        Ok(text) => Text { text, is_lossy: false },
        Err(error) => Text { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), is_lossy: true },
    })
}

/// Where discovery begins: root files with the place of their declarations.
pub(crate) type Seed = (String, Place);

/// Where discovery begins.
#[derive(Debug, Default)]
pub(crate) struct Seeds {
    /// Roots of code.
    pub(crate) code: Vec<Seed>,
    /// Roots of tests, benches and the like.
    pub(crate) tests: Vec<Seed>,
}

/// What discovery found.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// Lowered files.
    pub(crate) sources: BTreeMap<String, Source>,
    /// Files of some module tree that could not be read, each with the reason.
    pub(crate) notices: Vec<Notice>,
}

/// Discovers and lowers files.
pub(crate) struct Discovery<'a> {
    /// Where files come from.
    pub(crate) fs: &'a dyn FileSystem,
    /// What was read beforehand, each taken out when it is lowered; other files are read when they are reached.
    pub(crate) texts: Mutex<Texts>,
    /// Finds files of declarations.
    pub(crate) locator: &'a Locator<'a>,
    /// Lowers one file.
    pub(crate) lower: &'a Lower<'a>,
    /// Budgets.
    pub(crate) limits: &'a Limits,
    /// Told how many files are done.
    pub(crate) done: &'a (dyn Fn(usize) + Sync),
}

/// How far a file is.
enum State {
    /// A task works on it; its declarations are wanted from these places.
    Running(Vec<Place>),
    /// It is done; its declarations were followed from these places.
    Done(Arc<Source>, Vec<Place>),
    /// It could not be read.
    Failed(Notice),
}

#[derive(Default)]
struct Progress {
    states: Mutex<FxHashMap<String, State>>,
    done: AtomicUsize,
    /// Files that test code declares: they are looked at when all other code is read.
    tests: Mutex<Vec<Seed>>,
    /// Set once a file was left out for the number of files.
    is_full: std::sync::atomic::AtomicBool,
}

impl Discovery<'_> {
    /// Runs until no new file is named. Call it inside the pool.
    pub(crate) fn run(&self, seeds: Seeds) -> Discovered {
        let progress = Progress::default();
        self.read(&progress, seeds.code, Reading::Code);
        let mut tests = seeds.tests;
        tests.append(&mut progress.tests.lock().unwrap_or_else(PoisonError::into_inner));
        self.read(&progress, tests, Reading::Tests);
        let mut found = Discovered::default();
        let states = progress.states.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (path, state) in states {
            match state {
                State::Done(source, _) => found.sources.extend(Arc::into_inner(source).map(|source| (path, source))),
                State::Failed(notice) => found.notices.push(notice),
                State::Running(_) => {}
            }
        }
        if progress.is_full.into_inner() {
            let count = self.limits.max_files;
            found.notices.push(limit(format!("the modules are in more than {count} files; the rest was not read")));
        }
        found
    }

    fn read(&self, progress: &Progress, seeds: Vec<Seed>, reading: Reading) {
        rayon::scope(|scope| {
            for (path, place) in seeds {
                self.visit(scope, progress, path, place, reading);
            }
        });
    }

    fn visit<'s>(&'s self, scope: &Scope<'s>, progress: &'s Progress, path: String, place: Place, reading: Reading) {
        let mut states = progress.states.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = states.len() >= self.limits.max_files;
        match states.get_mut(&path) {
            None if is_full => progress.is_full.store(true, Ordering::Relaxed),
            None => {
                states.insert(path.clone(), State::Running(vec![place]));
                drop(states);
                scope.spawn(move |scope| self.work(scope, progress, path, reading));
            }
            Some(State::Running(places)) if !places.contains(&place) => places.push(place),
            Some(State::Done(source, places)) if !places.contains(&place) => {
                places.push(place.clone());
                let source = Arc::clone(source);
                drop(states);
                scope.spawn(move |scope| self.follow(scope, progress, &source, &place, reading));
            }
            Some(_) => {}
        }
    }

    fn work<'s>(&'s self, scope: &Scope<'s>, progress: &'s Progress, path: String, reading: Reading) {
        let result = self.load(&path, reading).map(Arc::new);
        let mut states = progress.states.lock().unwrap_or_else(PoisonError::into_inner);
        let places = match states.remove(&path) {
            Some(State::Running(places)) => places,
            _ => Vec::new(),
        };
        match result {
            Ok(source) => {
                states.insert(path, State::Done(Arc::clone(&source), places.clone()));
                drop(states);
                places.iter().for_each(|place| self.follow(scope, progress, &source, place, reading));
            }
            Err(notice) => _ = states.insert(path, State::Failed(notice)),
        }
        (self.done)(progress.done.fetch_add(1, Ordering::Relaxed) + 1);
    }

    fn follow<'s>(
        &'s self,
        scope: &Scope<'s>,
        progress: &'s Progress,
        source: &Source,
        place: &Place,
        reading: Reading,
    ) {
        for file in source.outline.files(place, self.locator) {
            if reading == Reading::Code && (file.test_only || source.facts.test_only) {
                let mut tests = progress.tests.lock().unwrap_or_else(PoisonError::into_inner);
                tests.push((file.path, file.place));
            } else {
                self.visit(scope, progress, file.path, file.place, reading);
            }
        }
    }

    fn load(&self, path: &str, reading: Reading) -> Result<Source, Notice> {
        let known = self.texts.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        let text = known.unwrap_or_else(|| read_text(self.fs, path, self.limits));
        let text = text.map_err(|error| unread(path, &error, self.limits))?;
        let path = RelPath::new(path.to_owned());
        let lowered = catch_unwind(AssertUnwindSafe(|| {
            let mut facts = (self.lower)(&path, &text.text, reading);
            if text.is_lossy {
                let message = "not UTF-8; it was read with replacement characters".to_owned();
                facts.problems.push(Problem { kind: NoticeKind::InvalidUtf8, range: None, message });
            }
            let outline = Outline::of(&facts, &text.text);
            Source { facts: Arc::new(facts), outline }
        }));
        lowered.map_err(|_| {
            let message = "connlint failed on this file; it was left out".to_owned();
            Notice { kind: NoticeKind::InternalError, path: Some(path), range: None, message }
        })
    }
}

fn unread(path: &str, error: &ReadError, limits: &Limits) -> Notice {
    let (kind, message) = match error {
        ReadError::TooLarge => {
            (NoticeKind::FileTooLarge, format!("larger than {} bytes; it was skipped", limits.max_file_bytes))
        }
        ReadError::Unreadable(reason) => (NoticeKind::UnreadableFile, format!("could not be read: {reason}")),
    };
    Notice { kind, path: Some(RelPath::new(path.to_owned())), range: None, message }
}
