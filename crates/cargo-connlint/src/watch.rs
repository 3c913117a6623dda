//! `--watch`: runs again each time that a source, a manifest or the settings change.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use clap::Args;
use ignore::WalkBuilder;
use notify::event::ModifyKind;
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::exit::{Exit, Failure};
use crate::terminal::tell;

/// Whether to run once or until interrupted.
#[derive(Debug, Default, Args)]
pub(crate) struct WatchArgs {
    /// Run again each time that a source, a manifest or the settings change, until interrupted
    #[arg(long, conflicts_with_all = ["fix", "fix_diff", "add_suppressions", "stdin_filename", "diff"])]
    pub(crate) watch: bool,
}

/// An editor writes a file in several steps, and `git checkout` many files: they are one change.
const QUIET: Duration = Duration::from_millis(150);

/// Erases the screen and what has scrolled off it.
const CLEAR: &[u8] = b"\x1b[H\x1b[2J\x1b[3J";

/// Runs, and again after each change below a folder. What fails is reported, and does not end it.
pub(crate) fn until_interrupted(root: &Path, mut run: impl FnMut() -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    let (sender, changes) = channel();
    // Without a receiver, the process is about to end.
    let watcher = notify::recommended_watcher(move |event| drop(sender.send(event)));
    let mut watched = Watched { watcher: watcher.map_err(|error| failure(&error))?, folders: BTreeSet::new() };
    loop {
        watched.add(root)?;
        clear();
        if let Err(failure) = run() {
            failure.report();
        }
        tell("watching for changes, until interrupted");
        wait(&changes)?;
    }
}

/// The folders in which changes are noticed.
struct Watched {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

impl Watched {
    /// Adds the folders that are new. Each is watched by itself, since a build fills `target` with thousands.
    fn add(&mut self, root: &Path) -> Result<(), Failure> {
        let present: BTreeSet<PathBuf> = folders(root).chain(above(root)).collect();
        self.folders.retain(|folder| present.contains(folder));
        for folder in present {
            if self.folders.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.folders.insert(folder)),
                Err(error) if matches!(error.kind, ErrorKind::PathNotFound | ErrorKind::Io(_)) => {}
                Err(error) => return Err(failure(&error)),
            }
        }
        Ok(())
    }
}

/// The folders whose files may be read: not those that git ignores, nor what a build makes.
fn folders(root: &Path) -> impl Iterator<Item = PathBuf> {
    let start = if root.is_dir() { root } else { root.parent().unwrap_or(root) };
    let mut walk = WalkBuilder::new(start);
    walk.require_git(false).filter_entry(|entry| entry.depth() == 0 || entry.file_name() != "target");
    let found = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_dir()));
    found.map(ignore::DirEntry::into_path)
}

/// The folders around it, in which settings may be, up to that of the repository.
fn above(root: &Path) -> impl Iterator<Item = PathBuf> {
    let mut around: Vec<&Path> = root.ancestors().take_while(|folder| !folder.as_os_str().is_empty()).collect();
    match around.iter().position(|folder| folder.join(".git").exists()) {
        Some(at) => around.truncate(at + 1),
        None => around.truncate(1),
    }
    let around: Vec<PathBuf> = around.into_iter().filter(|folder| folder.is_dir()).map(Path::to_path_buf).collect();
    around.into_iter()
}

/// Waits for a change, and until no further one follows.
fn wait(changes: &Receiver<notify::Result<Event>>) -> Result<(), Failure> {
    let ended = || Failure::new("changes of files are not reported any more");
    while !changes.recv().map_err(|_| ended())?.is_ok_and(|event| concerns(&event)) {}
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => return Err(ended()),
        }
    }
}

/// Whether something changed that is read: that files are opened is noticed too, by this process above all.
fn concerns(event: &Event) -> bool {
    let changes = !matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)));
    changes && event.paths.iter().any(|path| is_read(path))
}

/// Sources, manifests, settings and models; a name without an ending may be a folder.
fn is_read(path: &Path) -> bool {
    let is_build = path.file_name().is_some_and(|name| name == "target" || name == ".git");
    match path.extension().and_then(|ending| ending.to_str()) {
        Some(ending) => matches!(ending, "rs" | "toml" | "lock"),
        None => !is_build && path.is_dir(),
    }
}

/// Clears the screen, where a person looks at one.
fn clear() {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        // What cannot be cleared is scrolled.
        let _ = out.write_all(CLEAR).and_then(|()| out.flush());
    }
}

fn failure(error: &notify::Error) -> Failure {
    Failure::new(format!("changes of files cannot be watched: {error}"))
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, AccessMode, CreateKind, DataChange};

    use super::*;

    fn of(kind: EventKind, path: &str) -> bool {
        concerns(&Event::new(kind).add_path(PathBuf::from(path)))
    }

    #[test]
    fn only_changes_of_what_is_read_count() {
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        for path in ["src/main.rs", "Cargo.toml", "Cargo.lock", "connlint.toml"] {
            assert!(of(written, path), "{path}");
        }
        for path in ["notes.md", "src/.main.rs.swp", "report.json", "target", "no-such-folder"] {
            assert!(!of(written, path), "{path}");
        }
        assert!(of(EventKind::Create(CreateKind::File), "src/new.rs"));
        assert!(!of(EventKind::Access(AccessKind::Open(AccessMode::Read)), "src/main.rs"));
    }
}
