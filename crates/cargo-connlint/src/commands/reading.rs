//! What commands share that explain a program rather than check it: reading the project, and writing the answer.

use std::io::Write;
use std::path::Path;

use connlint_facts::WorkspaceFacts;
use connlint_output::{EmitOptions, Format};
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::Analyses;

use crate::analysed_project::Project;
use crate::args::ReadingArgs;
use crate::cache::{FactsCache, KeptModels};
use crate::config::Settings;
use crate::disk::DiskSources;
use crate::exit::Failure;
use crate::outputs::Target;
use crate::pipeline::{self, Linked, Reading};
use crate::progress::Bar;
use crate::sink;
use crate::terminal::{Terminal, tell};

/// A project that was read.
pub(crate) struct Read {
    pub(crate) linked: Linked,
    pub(crate) sources: DiskSources,
}

/// Reads and links the project of the arguments; `None` if there is nothing to analyse, which is reported.
pub(crate) fn read(args: &ReadingArgs, project: Project) -> Result<Option<Read>, Failure> {
    // What explains a program asks no lint.
    read_for(args, project, Analyses::default())
}

/// The same for a command that reads some analyses.
pub(crate) fn read_for(args: &ReadingArgs, project: Project, analyses: Analyses) -> Result<Option<Read>, Failure> {
    let threads = args.threads.map(usize::from);
    let settings = Settings::load(&args.config, &project)?;
    let facts = FactsCache::of(&args.cache, &project)?;
    let kept = KeptModels::of(&args.cache, &settings, &project)?;
    let include_tests = args.root.include_tests();
    let reading = Reading {
        known: None,
        project,
        include_tests,
        resolution_stats: true,
        details: true,
        gives_back: false,
        threads,
        seen: None,
    };
    let linked = pipeline::read_and_link(settings, (reading, facts), kept, analyses, &Bar::new(args.quiet))?;
    if linked.files() == 0 {
        tell("error: nothing to analyse: no Rust source file was found");
        return Ok(None);
    }
    let sources = DiskSources::new(&linked.project);
    Ok(Some(Read { linked, sources }))
}

/// What a project's sources say, for commands that do not link it.
pub(crate) fn facts(root: &Path) -> Result<WorkspaceFacts, Failure> {
    parse_workspace(root, &Limits::default()).map_err(|error| Failure::new(error.to_string()))
}

/// Writes a document to where the arguments say.
pub(crate) fn write<D>(
    args: &ReadingArgs,
    format: &Format<D>,
    sources: &DiskSources,
    document: &D,
) -> Result<(), Failure> {
    let to = args.output.as_ref().map_or(&Target::Stdout, |to| to);
    let terminal = match to {
        Target::File(_) => Terminal::of_file(args.color),
        Target::Stdout => Terminal::of_stdout(args.color),
    };
    let options = EmitOptions {
        color: terminal.color,
        links: terminal.links,
        width: terminal.width,
        verbosity: if args.quiet { -1 } else { 0 },
        ..EmitOptions::default()
    };
    let write = |out: &mut dyn Write| format.emit(document, sources, &options, out);
    match to {
        Target::File(path) => sink::to_file(path, write),
        Target::Stdout if format.name == "text" => sink::text_to_stdout(terminal.width, write),
        Target::Stdout => sink::to_stdout(write),
    }
}
