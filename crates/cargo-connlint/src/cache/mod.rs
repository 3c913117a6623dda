//! Reports of earlier runs, replayed where nothing changed that can change the answer, and facts of files that did not
//! change.
//!
//! A report is found by the program, the settings and the arguments that matter ([`key`]), and taken only where every
//! file, folder and look-up gives the answer that it gave when the report was made ([`connlint_parser::Observations`]).
//! Where something changed, files are only lowered that changed, or that call a macro which did ([`crate::file_facts`]).
//! Whatever goes wrong with the cache, the run does without it: it never fails a run and never changes what is reported.

mod folder;
mod key;
mod vocabulary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use connlint_diagnostics::Report;
use connlint_facts::{Date, RelPath};
use connlint_output::StoredReport;
use connlint_parser::{Limits, Observations};
use serde::{Deserialize, Serialize};

use crate::analysed_project::Project;
use crate::config::Settings;
use crate::exit::Failure;
use crate::file_facts::FileFacts;
use crate::scope::Scope;

use folder::{FACTS, Folder, REPORT};
use key::Key;

pub(crate) use key::Inputs;

/// Where reports of earlier runs are kept, and what they read.
#[derive(Debug, Default, Args)]
pub(crate) struct CacheArgs {
    /// Keep reports and facts of files in this folder, for what did not change [default: the user's folder for caches]
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_cache")]
    cache_dir: Option<PathBuf>,
    /// Analyse all files even if nothing changed since an earlier run, and keep nothing
    #[arg(long)]
    no_cache: bool,
}

/// The place of one report in the cache.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: Folder,
    key: Key,
}

/// The place of the facts of a project's files in the cache: all commands that read the project on disk share it.
#[derive(Debug)]
pub(crate) struct FactsCache {
    folder: Folder,
    key: Key,
}

/// What a run looks at.
pub(crate) struct Now<'a> {
    /// What is asked for.
    pub(crate) project: &'a Project,
    /// The day.
    pub(crate) today: Option<Date>,
    /// How much is read.
    pub(crate) limits: Limits,
}

impl Now<'_> {
    /// What was read first, and what was read where that has nothing of what is asked for.
    fn roots(&self) -> [&Path; 2] {
        [&self.project.root, &self.project.asked]
    }
}

/// What a report follows from, besides the settings and the arguments.
#[derive(Debug, Default)]
pub(crate) struct Basis {
    /// What was seen of each root that was read, if it was asked for and did not change meanwhile.
    pub(crate) seen: Option<Vec<Observations>>,
    /// The days on which suppressions end.
    pub(crate) ends: Vec<Date>,
    /// The files whose code was read a second time, for the identities of findings.
    pub(crate) reread: BTreeSet<RelPath>,
}

/// A report with what it follows from.
#[derive(Serialize, Deserialize)]
struct Stored {
    seen: Vec<Observations>,
    today: Option<Date>,
    ends: Vec<Date>,
    report: StoredReport,
}

impl Cache {
    /// The cache that the arguments ask for; `None` where there is none to be used.
    ///
    /// # Errors
    ///
    /// Where the arguments name a folder in the analysed one: who writes the code could write the answers.
    pub(crate) fn of(args: &CacheArgs, inputs: &Inputs<'_>) -> Result<Option<Self>, Failure> {
        let project = inputs.project;
        // Sources of dependencies are no part of what is seen of a project.
        if !project.is_on_disk() || inputs.settings.reads_dependencies() {
            return Ok(None);
        }
        let folder = folder(args, project)?;
        Ok(folder.and_then(|folder| Some(Self { folder, key: Key::of(inputs)? })))
    }

    /// The report of an earlier run, if it is that of this one too, and what it was made of.
    pub(crate) fn find(&self, now: &Now<'_>) -> Option<(Report, Project)> {
        self.folder.entries(&self.key, REPORT).into_iter().find_map(|entry| {
            let stored: Stored = postcard::from_bytes(&entry.read()?).ok()?;
            if !stored.holds(now) {
                return None;
            }
            let project = if stored.seen.len() > 1 { alone(now.project) } else { now.project.clone() };
            let report = vocabulary::restored(stored.report)?;
            entry.touch();
            Some((report, project))
        })
    }

    /// Keeps a report of this run, unless something changed since its files were read.
    pub(crate) fn keep(&self, report: &Report, basis: Basis, now: &Now<'_>) {
        let (Some(seen), Some(report)) = (basis.seen, StoredReport::of(report)) else { return };
        // Manifests are read again for the settings in them. What was seen of all others is what was analysed.
        let is_reread =
            |path: &str| path.rsplit('/').next() == Some("Cargo.toml") || basis.reread.contains(&RelPath::new(path));
        let is_whole = seen.iter().zip(now.roots()).all(|(seen, root)| seen.hold_of(root, &now.limits, is_reread));
        if !is_whole {
            return;
        }
        let stored = Stored { seen, today: now.today, ends: basis.ends, report };
        if let Ok(bytes) = postcard::to_allocvec(&stored) {
            self.folder.write(&self.key, REPORT, &[&bytes]);
        }
    }
}

impl FactsCache {
    /// The cache that the arguments ask for; `None` where there is none to be used.
    ///
    /// # Errors
    ///
    /// As [`Cache::of`].
    pub(crate) fn of(args: &CacheArgs, project: &Project) -> Result<Option<Self>, Failure> {
        if !project.is_on_disk() {
            return Ok(None);
        }
        let folder = folder(args, project)?;
        Ok(folder.and_then(|folder| Some(Self { folder, key: Key::of_facts(&project.root)? })))
    }

    /// The facts that earlier runs made of the project's files.
    pub(crate) fn find(&self) -> FileFacts {
        let entry = self.folder.entries(&self.key, FACTS).into_iter().next();
        entry.and_then(|entry| FileFacts::unpacked(entry.read()?)).unwrap_or_default()
    }

    /// Keeps the facts that this run took and made.
    pub(crate) fn keep(&self, facts: FileFacts) {
        if let Some(pack) = facts.packed() {
            self.folder.write(&self.key, FACTS, &pack.pieces());
        }
    }
}

/// The folder that the arguments ask for; `None` where there is none to be used.
fn folder(args: &CacheArgs, project: &Project) -> Result<Option<Folder>, Failure> {
    match &args.cache_dir {
        _ if args.no_cache => Ok(None),
        Some(named) => Folder::named(named, project).map(Some),
        None => Ok(Folder::conventional(project)),
    }
}

/// Rows of crates whose sources never change.
#[derive(Debug)]
pub(crate) struct KeptModels(Folder);

impl KeptModels {
    /// The cache that the arguments ask for; `None` where there is none to be used, or the settings read no dependencies.
    ///
    /// # Errors
    ///
    /// As [`Cache::of`].
    pub(crate) fn of(args: &CacheArgs, settings: &Settings, project: &Project) -> Result<Option<Self>, Failure> {
        let folder = if settings.reads_dependencies() { folder(args, project)? } else { None };
        Ok(folder.map(Self))
    }

    /// The one that is used unless arguments name another.
    pub(crate) fn conventional(settings: &Settings, project: &Project) -> Option<Self> {
        let folder = settings.reads_dependencies().then(|| Folder::conventional(project))?;
        folder.map(Self)
    }

    /// The rows that were kept of the sources in a folder.
    pub(crate) fn rows(&self, of: &Path) -> Option<String> {
        let entry = self.0.entries(&Key::of_sources(of)?, REPORT).into_iter().next()?;
        let rows = String::from_utf8(entry.read()?).ok()?;
        entry.touch();
        Some(rows)
    }

    /// Keeps the rows of the sources in a folder.
    pub(crate) fn keep(&self, of: &Path, rows: &str) {
        if let Some(key) = Key::of_sources(of) {
            self.0.write(&key, REPORT, &[rows.as_bytes()]);
        }
    }
}

impl Stored {
    fn holds(&self, now: &Now<'_>) -> bool {
        let has_ended = |day: Option<Date>, end: &Date| day.is_some_and(|day| *end <= day);
        let same_day = |end| has_ended(now.today, end) == has_ended(self.today, end);
        let roots = now.roots();
        self.ends.iter().all(same_day)
            && (1..=roots.len()).contains(&self.seen.len())
            && self.seen.iter().zip(roots).all(|(seen, root)| seen.hold(root, &now.limits))
    }
}

/// The project of a path that is read on its own.
pub(crate) fn alone(project: &Project) -> Project {
    Project { root: project.asked.clone(), scope: Scope::default(), ..project.clone() }
}
