//! `connlint blame`: which commit introduced a finding.
//!
//! The finding is followed through the first-parent history by what it is known by, so that moved, renamed and reworded
//! code does not end the search. Steps double until a commit without it is found, then the range is halved.

use std::time::Instant;

use connlint_diagnostics::{Confidence, Diagnostic, Impact, Policy, Report};
use connlint_vcs::Commit;

use super::writing::{Style, write_report};
use crate::analysed_project::Project;
use crate::blame_args::BlameArgs;
use crate::cache::Basis;
use crate::cache::KeptModels;
use crate::change::{Asked, FollowedFinding, Versions};
use crate::config::Settings;
use crate::exit::{Exit, Failure};
use crate::fixes::FactsAtHand;
use crate::levels::{LevelChange, levels, lint_metadata};
use crate::pipeline::{self, Analysed, CheckRequest};
use crate::progress::Bar;
use crate::project::RootArgs;
use crate::project_files::{ProjectTexts, Version};

/// Commits that are looked back at most.
const MAX_COMMITS: usize = 1_000_000;

pub(crate) fn run(args: &BlameArgs) -> Result<Exit, Failure> {
    let started = Instant::now();
    let outputs = args.outputs.all()?;
    let project = Project::of_path(&RootArgs::default(), Some(&args.path))?;
    let versions = Versions::of(&project.root)?;
    let (oldest, newest) = match args.range.as_deref() {
        None => (None, "HEAD".to_owned()),
        Some(range) => {
            let (older, newer) = range.split_once("..").ok_or_else(|| Failure::new("`--range` is written `A..B`"))?;
            let newer = if newer.is_empty() { "HEAD" } else { newer };
            (Some(versions.commit(older)?), newer.to_owned())
        }
    };
    let newest = versions.commit(&newest)?;
    let history = versions.history(&newest, oldest.as_ref(), MAX_COMMITS)?;
    let bar = Bar::new(args.quiet);
    let commits = &history.commits;
    let mut search = Search { args, project: &project, versions: &versions, commits, bar: &bar, finding: None };
    let last = search.start()?;
    let mut report = match search.first_with(last)? {
        First::Introduced(index) => search.introduced_by(index)?,
        First::AtTheOldest(commit) if history.is_cut || oldest.is_some() => {
            let id = commit.short_id();
            let why = format!("`{}` is already at {id}, the oldest commit that is searched", args.finding);
            return Err(Failure::new(why));
        }
        First::AtTheOldest(_) => search.introduced_by(history.commits.len() - 1)?,
    };
    drop(bar);
    report.stats.elapsed = Some(started.elapsed());
    let verbosity = if args.quiet { -1 } else { i8::try_from(args.verbose.min(2)).unwrap_or(2) };
    let style = Style { color: args.color, verbosity, category: "connlint", failed_before: false };
    let introduced = versions.version(&versions.commit(&introduced_in(&report))?)?;
    write_report(&outputs, &style, &project.at(Some(introduced)), &report)?;
    Ok(Exit::Clean)
}

fn introduced_in(report: &Report) -> String {
    let commit = report.change.as_ref().and_then(|change| change.commit.as_ref());
    commit.map(|commit| commit.id.clone()).unwrap_or_default()
}

/// Where the first commit with the finding lies.
enum First {
    /// At this index of the history; its parent does not have it.
    Introduced(usize),
    /// The oldest commit of the history has it.
    AtTheOldest(Commit),
}

struct Search<'a> {
    args: &'a BlameArgs,
    project: &'a Project,
    versions: &'a Versions,
    /// The newest first.
    commits: &'a [Commit],
    bar: &'a Bar,
    finding: Option<FollowedFinding>,
}

impl Search<'_> {
    /// Finds the finding in the newest commit; the index of the oldest one.
    fn start(&mut self) -> Result<usize, Failure> {
        let newest = self.commit(0)?;
        let analysed = self.analyse(newest)?;
        let texts = ProjectTexts::of(&analysed.project);
        let index = index_of(&analysed.report, &texts, &self.args.finding).ok_or_else(|| {
            let (finding, id) = (&self.args.finding, newest.short_id());
            Failure::new(format!(
                "there is no finding `{finding}` at {id}: `connlint --output-format json` lists identities"
            ))
        })?;
        self.finding = Some(FollowedFinding::new(analysed, index));
        Ok(self.commits.len() - 1)
    }

    fn commit(&self, index: usize) -> Result<&Commit, Failure> {
        self.commits.get(index).ok_or_else(|| Failure::new("the history has no such commit"))
    }

    /// The first commit that has the finding, by doubling and halving.
    fn first_with(&self, oldest: usize) -> Result<First, Failure> {
        let (mut with, mut without, mut step) = (0, None, 1);
        while without.is_none() && with < oldest {
            let next = (with + step).min(oldest);
            if self.has(next)? {
                with = next
            } else {
                without = Some(next)
            }
            step *= 2;
        }
        let Some(mut without) = without else { return Ok(First::AtTheOldest(self.commit(oldest)?.clone())) };
        while without - with > 1 {
            let middle = with + (without - with) / 2;
            if self.has(middle)? { with = middle } else { without = middle }
        }
        Ok(First::Introduced(with))
    }

    fn has(&self, index: usize) -> Result<bool, Failure> {
        self.bar.stage("searching history");
        let analysed = self.analyse(self.commit(index)?)?;
        Ok(self.finding.as_ref().is_some_and(|finding| finding.is_in(&analysed)))
    }

    /// The report of the commit's own change, confined to the finding.
    fn introduced_by(&self, index: usize) -> Result<Report, Failure> {
        let commit = self.commit(index)?;
        let pair = self.versions.of_commit(self.commits.get(index + 1), commit)?;
        let (newer, older) = (self.analyse(commit)?, self.analyse_version(pair.older.clone())?);
        let (outline, project) = (newer.outline.clone(), newer.project.clone());
        let mut report = Asked::Pair(Box::new(pair)).report(newer, Some(older));
        let introduced =
            Analysed { report: report.clone(), outline, project, basis: Basis::default(), to_fix: FactsAtHand::new() };
        let found = self.finding.as_ref().and_then(|finding| finding.index_in(&introduced));
        let mut index = 0..;
        report.findings.retain(|_| index.next() == found);
        report.notices.clear();
        Ok(report)
    }

    fn analyse(&self, commit: &Commit) -> Result<Analysed, Failure> {
        self.analyse_version(self.versions.version(commit)?)
    }

    /// Analyses a version with the settings of the newest one, and all that they do not turn off.
    fn analyse_version(&self, version: Version) -> Result<Analysed, Failure> {
        let newest = self.project.at(Some(self.versions.version(self.commit(0)?)?));
        let settings = Settings::load(&self.args.config, &newest)?;
        let changes: Vec<LevelChange> = settings.levels().cloned().collect();
        let levels = levels(&changes, &lint_metadata())?;
        let (min_confidence, min_impact) = (Confidence::Low, Impact::Low);
        let policy = Policy { levels, min_confidence, min_impact, suppressions: false, ..Policy::default() };
        let request = CheckRequest {
            facts: None,
            kept: KeptModels::conventional(&settings, self.project),
            project: self.project.at(Some(version)),
            settings,
            policy,
            with_members: self.args.config.reads_manifests(),
            include_tests: self.args.include_tests,
            resolution_stats: false,
            threads: self.args.threads.map(usize::from),
            gives_back: true,
        };
        Ok(pipeline::analyse(request, None, self.bar)?.0)
    }
}

/// The finding that is meant: by its identity or its beginning, or by a line of its primary span or its path.
fn index_of(report: &Report, texts: &ProjectTexts, finding: &str) -> Option<usize> {
    let is_identity = finding.len() >= 6 && finding.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_identity {
        return report.findings.iter().position(|d| d.identity.id == finding).or_else(|| {
            let mut fitting = report.findings.iter().enumerate().filter(|(_, d)| d.identity.id.starts_with(finding));
            fitting.next().filter(|_| fitting.next().is_none()).map(|(index, _)| index)
        });
    }
    let (file, line) = finding.rsplit_once(':')?;
    let (file, line) = (file.trim_start_matches("./"), line.parse::<usize>().ok()?);
    let is_there = |span: &connlint_facts::Span| span.file.as_str() == file && texts.line_of(span) == line;
    let at_primary = |d: &Diagnostic| is_there(&d.primary);
    let on_path = |d: &Diagnostic| d.trace.iter().any(|step| is_there(&step.span));
    report.findings.iter().position(at_primary).or_else(|| report.findings.iter().position(on_path))
}
