//! `connlint check`: analyses a project and reports what it found.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use connlint_diagnostics::{Policy, Report};
use connlint_facts::{Date, NoticeKind};
use connlint_output::{Format, counted};

use super::repositories;
use super::writing::{Style, documents, write_report};
use crate::add_suppressions;
use crate::analysed_project::Project;
use crate::args::CheckArgs;
use crate::baseline::Looked;
use crate::cache::{Cache, FactsCache, Inputs, KeptModels};
use crate::config::Settings;
use crate::disk::DiskSources;
use crate::exit::{Exit, Failure};
use crate::fixes;
use crate::levels::{LevelChange, levels, lint_metadata};
use crate::limit::limit;
use crate::outputs::Target;
use crate::pipeline::{self, CheckRequest};
use crate::progress::Bar;
use crate::project_files::ProjectTexts;
use crate::sink;
use crate::terminal::tell;
use crate::watch;

pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    if let Some(list) = &args.many.repositories {
        return repositories::run(args, list);
    }
    if args.watch.watch {
        return watch::until_interrupted(&project(args)?.root, || report_on(args, || project(args)));
    }
    report_on(args, || project(args))
}

/// Analyses what `project` finds and reports as the arguments say.
pub(super) fn report_on(args: &CheckArgs, project: impl Fn() -> Result<Project, Failure>) -> Result<Exit, Failure> {
    let outputs = args.outputs.all()?;
    let mut checked = check(args, &outputs, &project()?)?;
    if let Some(reason) = &args.add_suppressions {
        return suppress(&checked, reason);
    }
    if args.fixes.shows_patch() {
        args.fixes.show(&checked.report, &checked.project)?;
        return Ok(args.gate.exit(&checked.report).0);
    }
    if args.fixes.is_wanted() {
        let again = || check(args, &outputs, &project()?).map(|checked| (checked.report, checked.project));
        (checked.report, checked.project) = args.fixes.apply((checked.report, checked.project), again)?;
    }
    report(args, &outputs, checked)
}

/// A project that was checked.
struct Checked {
    /// What is reported.
    report: Report,
    /// What was read.
    project: Project,
    /// Kinds of notices that are not shown.
    hidden: BTreeSet<NoticeKind>,
    /// Whether the compiler accepts the project, if it was asked.
    compiles: bool,
}

type Outputs = [(&'static Format<Report>, Target)];

fn check(args: &CheckArgs, outputs: &Outputs, asked: &Project) -> Result<Checked, Failure> {
    let started = Instant::now();
    let change = args.report.change.read(asked)?;
    let project = match &change {
        Some(change) => asked.at(change.newer()),
        None => asked.clone(),
    };
    let json = outputs.iter().any(|(format, to)| format.name == "cargo" && *to == Target::Stdout);
    let options = [args.root.cargo_options(), args.select.cargo_options()].concat();
    let compiles = args.compiler.run(&project, &options, json)?;
    let settings = Settings::load(&args.config, &project)?;
    let hidden = settings.hidden_notices();
    let older = change.as_ref().and_then(|change| change.older(&project));
    let policy = policy(args, &settings)?;
    let request = CheckRequest {
        facts: FactsCache::of(&args.cache, &project)?,
        kept: KeptModels::of(&args.cache, &settings, &project)?,
        project,
        policy: policy.clone(),
        settings,
        with_members: args.config.reads_manifests(),
        include_tests: args.root.include_tests(),
        resolution_stats: args.verbose > 0 || outputs.iter().any(|(format, _)| format.all_figures),
        threads: args.threads.map(usize::from),
        gives_back: args.watch.watch || args.many.repositories.is_some(),
    };
    let (mut report, project, to_fix) = {
        let bar = Bar::new(args.quiet);
        match &change {
            Some(change) => {
                let (mut analysed, older) = pipeline::analyse(request, older, &bar)?;
                let (project, to_fix) = (analysed.project.clone(), std::mem::take(&mut analysed.to_fix));
                (change.report(analysed, older), project, to_fix)
            }
            None => {
                let cache = Cache::of(&args.cache, &inputs(&request))?;
                pipeline::analyse_or_replay(request, cache, &bar)?
            }
        }
    };
    accept(args, &policy, asked, &mut report)?;
    report.stats.elapsed = Some(started.elapsed());
    report.grouping = args.report.groups.grouping();
    fixes::add(&mut report, &ProjectTexts::of(&project), &to_fix);
    Ok(Checked { report, project, hidden, compiles })
}

/// What the report of a request depends on.
fn inputs(request: &CheckRequest) -> Inputs<'_> {
    let CheckRequest { project, settings, policy, with_members, include_tests, resolution_stats, .. } = request;
    // Neither the number of threads nor what becomes of the memory changes a report.
    let flags = [*with_members, *include_tests, *resolution_stats];
    Inputs { project, settings, policy, flags }
}

fn suppress(checked: &Checked, reason: &str) -> Result<Exit, Failure> {
    if checked.project.version.is_some() {
        return Err(Failure::new("suppressions are added to files on disk, and a version in git is analysed"));
    }
    let (findings, files) = add_suppressions::add(&checked.report, reason, &DiskSources::new(&checked.project))?;
    sink::to_stdout(|out| writeln!(out, "suppressed {} in {}", counted(findings, "finding"), counted(files, "file")))?;
    Ok(Exit::Clean)
}

/// What one of many projects gives.
pub(super) struct Rendered {
    /// The report in each format.
    pub(super) documents: Vec<Vec<u8>>,
    /// How many findings it has.
    pub(super) findings: usize,
    /// How a run on it alone would end.
    pub(super) exit: Exit,
}

/// Analyses one of many projects.
pub(super) fn rendered(
    args: &CheckArgs,
    outputs: &Outputs,
    project: &Project,
    category: &str,
) -> Result<Rendered, Failure> {
    let mut checked = check(args, outputs, project)?;
    let exit = shown(args, &mut checked).0;
    let style = Style { category, ..style(args, &checked) };
    let documents = documents(outputs, &style, &checked.project, &checked.report)?;
    Ok(Rendered { documents, findings: checked.report.findings.len(), exit })
}

/// Takes out what is not shown; how the run ends with all of it, and why where no output says so.
fn shown(args: &CheckArgs, checked: &mut Checked) -> (Exit, Option<String>) {
    let Checked { report, hidden, .. } = checked;
    let end = args.gate.exit(report);
    report.notices.retain(|notice| !hidden.contains(&notice.kind));
    if let Some(most) = args.limit {
        limit(report, most);
    }
    end
}

fn style<'a>(args: &'a CheckArgs, checked: &Checked) -> Style<'a> {
    let (category, failed_before) = (args.sarif_category.as_str(), !checked.compiles);
    Style { color: args.color, verbosity: args.verbosity(), category, failed_before }
}

fn report(args: &CheckArgs, outputs: &Outputs, mut checked: Checked) -> Result<Exit, Failure> {
    let (exit, why) = shown(args, &mut checked);
    let style = style(args, &checked);
    let Checked { report, project, compiles, .. } = checked;
    write_report(outputs, &style, &project, &report)?;
    if let Some(remark) = args.root.remark().filter(|_| !args.quiet) {
        tell(&format!("note: {remark}"));
    }
    if let Some(why) = why {
        tell(&format!("error: {why}"));
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
pub(super) fn today() -> Date {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
    Date::of_unix_seconds(given.unwrap_or_else(now))
}

/// Takes out what the baseline accepts.
fn accept(args: &CheckArgs, policy: &Policy, project: &Project, report: &mut Report) -> Result<(), Failure> {
    let lint_is_on = |name: &str| {
        let lint = lint_metadata().into_iter().find(|lint| lint.name == name);
        lint.is_none_or(|lint| !policy.is_off(lint))
    };
    // Of a change or a part not all findings are in the report.
    let all_paths = project.recorded.is_some() || args.paths.iter().all(|path| path == Path::new("."));
    let everywhere = all_paths && args.select.takes_all() && report.change.is_none();
    args.report.baseline.apply(report, Looked { everywhere, lint_is_on: &lint_is_on })
}
