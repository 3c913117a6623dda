//! `connlint map`: all entry points, paths, pools and findings, as one page or graph.

use std::path::Path;

use connlint_diagnostics::Policy;
use connlint_semantic::{Analyses, Analysis, EntryId, Program};

use super::check::today;
use super::map_tables::Tables;
use super::reading;
use super::routes::{key, matches_route};
use crate::analysed_project::Project;
use crate::cache::{FactsCache, KeptModels};
use crate::config::Settings;
use crate::disk::DiskSources;
use crate::entry_kinds::KINDS;
use crate::exit::{Exit, Failure};
use crate::levels::{LevelChange, levels, lint_metadata};
use crate::map_args::MapArgs;
use crate::pipeline::{self, Analysed, CheckRequest, Checked};
use crate::progress::Bar;
use crate::scope::Part;
use crate::terminal::tell;

pub(crate) fn run(args: &MapArgs) -> Result<Exit, Failure> {
    let Checked { program, part, analysed: Analysed { report, project, .. } } = checked(args)?;
    if report.stats.files == 0 {
        tell("error: nothing to analyse: no Rust source file was found");
        return Ok(Exit::NothingAnalysed);
    }
    let mut tables = Tables::new(&program, report);
    for id in wanted(args, &program, part.as_ref()) {
        tables.add_entry(id);
    }
    let mut view = tables.finish(args.kind.is_empty() && args.route.is_none());
    view.project = name(&project.root);
    // As with every analysis: the process ends soon.
    std::mem::forget(program);
    reading::write(&args.reading, args.output_format, &DiskSources::new(&project), &view)?;
    Ok(Exit::Clean)
}

/// The project under its own settings, as `check` without options reports on it.
fn checked(args: &MapArgs) -> Result<Checked, Failure> {
    let reading = &args.reading;
    let project = Project::find(&reading.root, &args.paths, &args.select)?;
    let settings = Settings::load(&reading.config, &project)?;
    let changes: Vec<LevelChange> = settings.levels().cloned().collect();
    let policy = Policy {
        levels: levels(&changes, &lint_metadata())?,
        require_reason: settings.require_reason.as_ref().is_some_and(|(required, _)| *required),
        today: Some(today()),
        ..Policy::default()
    };
    let hidden = settings.hidden_notices();
    let request = CheckRequest {
        facts: FactsCache::of(&reading.cache, &project)?,
        kept: KeptModels::of(&reading.cache, &settings, &project)?,
        project,
        settings,
        policy,
        with_members: reading.config.reads_manifests(),
        include_tests: reading.root.include_tests(),
        resolution_stats: false,
        threads: reading.threads.map(usize::from),
        gives_back: false,
    };
    let further: Analyses = [Analysis::Pools, Analysis::LiveRanges, Analysis::Settings].into_iter().collect();
    let mut checked = pipeline::analyse_and_keep(request, further, &Bar::new(reading.quiet))?;
    checked.analysed.report.notices.retain(|notice| !hidden.contains(&notice.kind));
    Ok(checked)
}

/// The entry points that are asked for, requests first, then as `routes` sorts them.
fn wanted(args: &MapArgs, program: &Program, part: Option<&Part>) -> Vec<EntryId> {
    let all = (0..program.entry_points.len() as u32).map(EntryId);
    let of_kind = |id: &EntryId| args.kind.is_empty() || args.kind.contains(&program.entry(*id).kind);
    let in_part = |id: &EntryId| part.is_none_or(|part| part.has(&program.function(program.entry(*id).function).span));
    let live = |id: &EntryId| program.is_live(program.entry(*id).function) && in_part(id);
    let mut found: Vec<_> = all
        .filter(|id| live(id) && of_kind(id) && matches_route(args.route.as_deref(), program, *id))
        .map(|id| (crate::views::entry(program, id), id))
        .collect();
    let rank = |id: &EntryId| KINDS.iter().position(|kind| *kind == program.entry(*id).kind);
    found.sort_by(|(a, of_a), (b, of_b)| (rank(of_a), key(a)).cmp(&(rank(of_b), key(b))));
    found.into_iter().map(|(_, id)| id).collect()
}

/// What the analysed folder is called.
fn name(root: &Path) -> String {
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    real.file_name().map_or_else(|| real.display().to_string(), |name| name.to_string_lossy().into_owned())
}
