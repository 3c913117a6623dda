//! What commands share: reading the project, and writing what was found.

use std::io::Write;
use std::path::{Path, PathBuf};

use connlint_facts::WorkspaceFacts;
use connlint_output::{EmitOptions, View};
use connlint_parser::{Limits, parse_workspace};

use crate::args::ReadingArgs;
use crate::config::Settings;
use crate::disk::DiskSources;
use crate::exit::Failure;
use crate::pipeline::{self, Linked, Reading};
use crate::progress::Bar;
use crate::sink;
use crate::terminal::Terminal;

/// A project that was read.
pub(crate) struct Read {
    pub(crate) linked: Linked,
    pub(crate) sources: DiskSources,
    /// What was asked for: a folder or a file.
    pub(crate) root: PathBuf,
}

/// Reads and links the project of the arguments; `None` if there is nothing to analyse, which is told.
pub(crate) fn read(args: &ReadingArgs) -> Result<Option<Read>, Failure> {
    let root = root(args.path.as_deref(), args.manifest_path.as_deref())?;
    let threads = args.threads.map(usize::from);
    let reading = Reading { root: &root, include_tests: args.include_tests, figures: true, details: true, threads };
    let settings = Settings::load(&args.config, &root)?;
    let linked = pipeline::linked(settings, &reading, &Bar::new(args.quiet))?;
    if linked.files() == 0 {
        eprintln!("error: nothing to analyse: no Rust source file was found");
        return Ok(None);
    }
    Ok(Some(Read { linked, sources: DiskSources::new(&root), root }))
}

/// What a project's sources say, for commands that do not link it.
pub(crate) fn facts(root: &Path) -> Result<WorkspaceFacts, Failure> {
    parse_workspace(root, &Limits::default()).map_err(|error| Failure::new(error.to_string()))
}

/// The folder or file to analyse.
pub(crate) fn root(path: Option<&Path>, manifest: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(manifest) = manifest else {
        return Ok(path.unwrap_or(Path::new(".")).to_owned());
    };
    if !manifest.is_file() {
        return Err(Failure::new(format!("there is no manifest `{}`", manifest.display())));
    }
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// Writes to where the arguments say.
pub(crate) fn write(args: &ReadingArgs, read: &Read, view: &View) -> Result<(), Failure> {
    let terminal = match args.output {
        Some(_) => Terminal::of_file(args.color),
        None => Terminal::of_stdout(args.color),
    };
    let options = EmitOptions {
        color: terminal.color,
        links: terminal.links,
        width: terminal.width,
        verbosity: if args.quiet { -1 } else { 0 },
        ..EmitOptions::default()
    };
    let write = |out: &mut dyn Write| args.output_format.emit(view, &read.sources, &options, out);
    match &args.output {
        Some(path) => sink::to_file(path, write),
        None => sink::to_stdout(write),
    }
}
