//! Which lines of the newer version's files are part of the change.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use connlint_diagnostics::Outline;
use connlint_facts::RelPath;
use connlint_output::Sources;
use connlint_vcs::{LineChanges, Patch, former_path};

use crate::project_files::ProjectTexts;

/// The changed lines of a change, found file by file as they are asked for.
pub(crate) struct ChangedLines<'a> {
    source: Source<'a>,
    known: RefCell<BTreeMap<RelPath, Rc<LineChanges>>>,
}

enum Source<'a> {
    Versions(Versions<'a>),
    Patch { patch: &'a Patch, place: String },
}

/// The files before and after.
struct Versions<'a> {
    older: &'a ProjectTexts,
    newer: &'a ProjectTexts,
    older_files: BTreeSet<RelPath>,
    newer_files: BTreeSet<RelPath>,
    former: RefCell<BTreeMap<RelPath, Option<RelPath>>>,
}

impl<'a> ChangedLines<'a> {
    /// The lines that differ between two versions.
    pub(crate) fn between(older: (&'a ProjectTexts, &Outline), newer: (&'a ProjectTexts, &Outline)) -> Self {
        let files = |outline: &Outline| outline.files().cloned().collect::<BTreeSet<_>>();
        let (older_files, newer_files) = (files(older.1), files(newer.1));
        let (older, newer) = (older.0, newer.0);
        let versions = Versions { older, newer, older_files, newer_files, former: RefCell::default() };
        Self { source: Source::Versions(versions), known: RefCell::default() }
    }

    /// The lines of a patch, whose paths begin at the top of the repository or at the analysed folder.
    pub(crate) fn of_patch(patch: &'a Patch, place: String) -> Self {
        Self { source: Source::Patch { patch, place }, known: RefCell::default() }
    }

    /// The changed lines of a file.
    pub(crate) fn of(&self, file: &RelPath) -> Rc<LineChanges> {
        if let Some(known) = self.known.borrow().get(file) {
            return known.clone();
        }
        let changes = Rc::new(match &self.source {
            Source::Versions(versions) => versions.changes(file),
            Source::Patch { patch, place } => {
                let from_top = if place.is_empty() { file.to_string() } else { format!("{place}/{file}") };
                patch.of(&from_top).or_else(|| patch.of(file.as_str())).cloned().unwrap_or_default()
            }
        });
        self.known.borrow_mut().insert(file.clone(), changes.clone());
        changes
    }

    /// What a file of the newer version was called before; its own name if it is new or nothing is known.
    pub(crate) fn former(&self, file: &RelPath) -> RelPath {
        match &self.source {
            Source::Versions(versions) => versions.former(file).unwrap_or_else(|| file.clone()),
            Source::Patch { .. } => file.clone(),
        }
    }
}

impl Versions<'_> {
    fn changes(&self, file: &RelPath) -> LineChanges {
        let older = self.former(file).and_then(|former| self.older.text(&former));
        match (older, self.newer.text(file)) {
            (Some(older), Some(newer)) => LineChanges::between(&older, &newer),
            _ => LineChanges::whole(),
        }
    }

    /// The file of the same name, or one that is gone or was changed and had mostly the same lines: code may have been
    /// moved out of a file that is still there.
    fn former(&self, file: &RelPath) -> Option<RelPath> {
        if self.older_files.contains(file) {
            return Some(file.clone());
        }
        if let Some(known) = self.former.borrow().get(file) {
            return known.clone();
        }
        let (kept, gone): (Vec<_>, Vec<_>) = self.older_files.iter().partition(|path| self.newer_files.contains(*path));
        let changed = kept.into_iter().filter(|path| self.older.text(path) != self.newer.text(path));
        let texts = gone.into_iter().chain(changed);
        let texts = texts.filter_map(|path| Some((path.as_str(), self.older.text(path)?.to_string())));
        let text = self.newer.text(file).unwrap_or_default();
        let found = former_path(&text, texts).map(|path| RelPath::new(path.to_owned()));
        self.former.borrow_mut().insert(file.clone(), found.clone());
        found
    }
}
