//! `connlint check`: analyses a project and tells what it found.

use std::io::Write;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use connlint_diagnostics::{Policy, Report};
use connlint_facts::Date;
use connlint_output::{EmitOptions, Format};

use crate::add_suppressions;
use crate::args::CheckArgs;
use crate::config::Settings;
use crate::disk::DiskSources;
use crate::exit::{Exit, Failure};
use crate::levels::{LevelChange, levels, lint_metadata};
use crate::limit::limit;
use crate::outputs::Target;
use crate::pipeline::{self, Request};
use crate::progress::Bar;
use crate::project::Project;
use crate::sink;
use crate::terminal::Terminal;

pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let started = Instant::now();
    let outputs = args.outputs.all()?;
    let project = project(args)?;
    let json = outputs.iter().any(|(format, to)| format.name == "cargo" && *to == Target::Stdout);
    let options = [args.root.cargo_options(), args.select.cargo_options()].concat();
    let compiles = args.compiler.run(&project.root, &options, json)?;
    let settings = Settings::load(&args.config, &project.asked, &project.root)?;
    let hidden = settings.hidden_notices();
    let request = Request {
        project,
        policy: policy(args, &settings)?,
        settings,
        with_members: args.config.reads_manifests(),
        include_tests: args.root.include_tests(),
        figures: args.verbose > 0 || outputs.iter().any(|(format, _)| format.all_figures),
        threads: args.threads.map(usize::from),
    };
    let (mut report, project) = {
        let bar = Bar::new(args.quiet);
        pipeline::analyse(request, &bar)?
    };
    report.stats.elapsed = Some(started.elapsed());
    if let Some(reason) = &args.add_suppressions {
        let (findings, files) = add_suppressions::add(&report, reason, &DiskSources::new(&project))?;
        sink::to_stdout(|out| writeln!(out, "suppressed {findings} findings in {files} files"))?;
        return Ok(Exit::Clean);
    }
    let (exit, why) = args.gate.exit(&report);
    report.notices.retain(|notice| !hidden.contains(&notice.kind));
    if let Some(most) = args.limit {
        limit(&mut report, most);
    }
    write(args, &outputs, &project, &report, compiles)?;
    if let Some(remark) = args.root.remark().filter(|_| !args.quiet) {
        eprintln!("note: {remark}");
    }
    if let Some(why) = why {
        eprintln!("error: {why}");
    }
    Ok(if compiles || exit != Exit::Clean { exit } else { Exit::Findings })
}

/// `-` is standard input.
fn project(args: &CheckArgs) -> Result<Project, Failure> {
    match args.paths.as_slice() {
        [path] if path == Path::new("-") => Project::of_input(&args.root, args.stdin_filename.as_deref()),
        _ if args.stdin_filename.is_some() => {
            Err(Failure::new("`--stdin-filename` names the text of standard input: give `-` as the path"))
        }
        paths => Project::find(&args.root, paths, &args.select),
    }
}

/// The command line has the last word.
fn policy(args: &CheckArgs, settings: &Settings) -> Result<Policy, Failure> {
    let changes: Vec<LevelChange> = settings.levels().chain(&args.level_changes).cloned().collect();
    let lints = lint_metadata();
    Ok(Policy {
        levels: levels(&changes, &lints)?,
        fixed: levels(&args.level_changes, &lints)?.into_keys().collect(),
        min_confidence: args.min_confidence(),
        min_impact: args.min_impact(),
        suppressions: !args.no_suppressions,
        require_reason: settings.require_reason.as_ref().is_some_and(|(required, _)| *required),
        today: Some(today()),
        overrides: Vec::new(),
    })
}

/// The day of the run, by which suppressions expire. `SOURCE_DATE_EPOCH` gives another one, so that a run can be repeated.
fn today() -> Date {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
    Date::of_unix_seconds(given.unwrap_or_else(now))
}

fn write(
    args: &CheckArgs,
    outputs: &[(&'static Format<Report>, Target)],
    project: &Project,
    report: &Report,
    compiles: bool,
) -> Result<(), Failure> {
    let sources = DiskSources::new(project);
    for (format, to) in outputs {
        let terminal = match to {
            Target::File(_) => Terminal::of_file(args.color),
            Target::Stdout => Terminal::of_stdout(args.color),
        };
        let options = EmitOptions {
            color: terminal.color,
            links: terminal.links,
            width: terminal.width,
            verbosity: args.verbosity(),
            root_in_repository: sources.path_in_repository(),
            root: sources.folder().to_string_lossy().replace('\\', "/"),
            failed_before: !compiles,
            category: args.sarif_category.trim_end_matches('/').to_owned(),
        };
        let write = |out: &mut dyn Write| format.emit(report, &sources, &options, out);
        match to {
            Target::File(path) => sink::to_file(path, write)?,
            Target::Stdout => sink::to_stdout(write)?,
        }
    }
    Ok(())
}
