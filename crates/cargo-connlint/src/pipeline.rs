//! The pipeline: project → facts → program → findings → report.

use std::sync::Arc;

use connlint_catalog::Catalog;
use connlint_diagnostics::{
    CrateResolution, Outline, Policy, Report, ResolvedShare, Stats, Target, UnresolvedCount, apply_policy,
    bound_notices, identify,
};
use connlint_facts::{CrateFacts, Notice, NoticeKind, WorkspaceFacts};
use connlint_lints::{Declared, Lint};
use connlint_parser::{
    KnownFacts, Limits, Observations, parse_sources, parse_tree, parse_workspace_observed, parse_workspace_unsaved,
    parse_workspace_with,
};
use connlint_semantic::{Analyses, LinkOptions, Program, Share, link};

use crate::analysed_project::{Input, Project};
use crate::cache::{Basis, Cache, FactsCache, KeptModels, Now, alone};
use crate::config::{Override, Settings, of_members, with_overrides_of_members};
use crate::dependencies::{self, Sources};
use crate::exit::Failure;
use crate::file_facts::FileFacts;
use crate::fixes::{self, FactsAtHand};
use crate::levels::lint_metadata;
use crate::progress::Bar;
use crate::project_files::ProjectTexts;
use crate::scope::Part;
use crate::suppressions;
use crate::views;
use crate::work;

/// Stack of the thread that links and checks: both recurse over the project's types and calls.
pub(crate) const STACK_BYTES: usize = 64 << 20;

/// What to analyse, and how.
pub(crate) struct CheckRequest {
    /// What is read, and of which part findings are reported.
    pub(crate) project: Project,
    /// What the project's own settings say.
    pub(crate) settings: Settings,
    /// Which findings are reported.
    pub(crate) policy: Policy,
    /// Whether manifests of members set levels too.
    pub(crate) with_members: bool,
    /// Whether test code has entry points.
    pub(crate) include_tests: bool,
    /// Whether the report shows how many calls were resolved.
    pub(crate) resolution_stats: bool,
    /// Worker threads.
    pub(crate) threads: Option<usize>,
    /// Whether the process goes on for long after the run, so that its memory is given back.
    pub(crate) gives_back: bool,
    /// Where rows of dependencies are kept, if they are.
    pub(crate) kept: Option<KeptModels>,
    /// Where facts of files are kept, if they are.
    pub(crate) facts: Option<FactsCache>,
}

/// A project that was analysed.
pub(crate) struct Analysed {
    /// What is reported; its findings have identities.
    pub(crate) report: Report,
    /// The functions of its files.
    pub(crate) outline: Outline,
    /// What was read.
    pub(crate) project: Project,
    /// What the report follows from.
    pub(crate) basis: Basis,
    /// The facts by which findings are fixed.
    pub(crate) to_fix: FactsAtHand,
}

/// How a project is read and linked.
pub(crate) struct Reading {
    /// What is read.
    pub(crate) project: Project,
    /// Whether test code has entry points.
    pub(crate) include_tests: bool,
    /// Whether to count how many calls were resolved.
    pub(crate) resolution_stats: bool,
    /// Whether explanations are asked for, of test code too.
    pub(crate) details: bool,
    /// Whether the process goes on for long after the run, so that its memory is given back.
    pub(crate) gives_back: bool,
    /// Worker threads.
    pub(crate) threads: Option<usize>,
    /// What was seen of each root, if that is asked for; `None` of one that changed meanwhile.
    pub(crate) seen: Option<Vec<Option<Observations>>>,
    /// Facts of its files that are at hand.
    pub(crate) known: Option<Arc<FileFacts>>,
}

/// A project, read and linked.
pub(crate) struct Linked {
    /// The program.
    pub(crate) program: Program,
    /// The part that is asked for; `None` means all.
    pub(crate) part: Option<Part>,
    /// What was skipped or not understood.
    pub(crate) notices: Vec<Notice>,
    /// What was read, or the part of it that was asked for.
    pub(crate) project: Project,
    /// Figures of it.
    read: Stats,
}

impl Linked {
    /// Number of files read.
    pub(crate) fn files(&self) -> usize {
        self.read.files
    }
}

/// Reads and links a project for what explains it.
pub(crate) fn read_and_link(
    settings: Settings,
    (reading, facts): (Reading, Option<FactsCache>),
    kept: Option<KeptModels>,
    analyses: Analyses,
    bar: &Bar,
) -> Result<Linked, Failure> {
    on_threads(reading.threads, || {
        with_known_facts(facts, |known| {
            let mut reading = Reading { known, ..reading };
            let (facts, catalog) = read_with(settings, &mut reading, kept, bar)?;
            let part = reading.project.scope.part(&facts)?;
            let mut linked = Linked { part, ..link_facts(facts, &catalog, reading, analyses, bar) };
            bound_notices(&mut linked.notices);
            Ok(linked)
        })
    })
}

/// Runs with the facts of files that earlier runs made, and keeps those that this one makes.
fn with_known_facts<T>(
    cache: Option<FactsCache>,
    run: impl FnOnce(Option<Arc<FileFacts>>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let known = cache.as_ref().map(|cache| Arc::new(cache.find()));
    let done = run(known.clone())?;
    // The readings that shared them are done.
    if let Some((cache, facts)) = cache.zip(known.and_then(Arc::into_inner)) {
        cache.keep(facts);
    }
    Ok(done)
}

/// Runs the whole analysis: of a project, and with the same settings of an older version of it, if one is given.
pub(crate) fn analyse(
    mut request: CheckRequest,
    older: Option<Project>,
    bar: &Bar,
) -> Result<(Analysed, Option<Analysed>), Failure> {
    let facts = request.facts.take();
    on_threads(request.threads, || with_known_facts(facts, |known| analyse_both((request, known), older, bar)))
}

/// Runs the whole analysis of a project, unless the cache has its report.
pub(crate) fn analyse_or_replay(
    mut request: CheckRequest,
    cache: Option<Cache>,
    bar: &Bar,
) -> Result<(Report, Project, FactsAtHand), Failure> {
    on_threads(request.threads, || {
        let (asked, today) = (request.project.clone(), request.policy.today);
        let now = Now { project: &asked, today, limits: limits(request.include_tests) };
        if let Some((report, project)) = cache.as_ref().and_then(|cache| cache.find(&now)) {
            return Ok((report, project, FactsAtHand::new()));
        }
        let manner = Manner { observes: cache.is_some(), ..Manner::of(&request, false, Analyses::default()) };
        let Analysed { report, project, basis, to_fix, .. } = with_known_facts(request.facts.take(), |known| {
            Ok(check_newer((request, known), manner, bar)?.1.without_program(&manner))
        })?;
        if let Some(cache) = cache {
            cache.keep(&report, basis, &now);
        }
        Ok((report, project, to_fix))
    })
}

fn analyse_both(
    newer: (CheckRequest, Option<Arc<FileFacts>>),
    older: Option<Project>,
    bar: &Bar,
) -> Result<(Analysed, Option<Analysed>), Failure> {
    let manner = Manner::of(&newer.0, false, Analyses::default());
    let (rules, newer) = check_newer(newer, manner, bar)?;
    let older = older.map(|project| {
        let mut older = manner.reading(project);
        let facts = read(&mut older, bar)?;
        // A package that the older version does not have has no findings there.
        let part = older.project.scope.part(&facts).unwrap_or_else(|_| Some(Part::default()));
        Ok::<_, Failure>(rules.check(facts, part, older, bar).without_program(&manner))
    });
    Ok((newer.without_program(&manner), older.transpose()?))
}

/// Runs the whole analysis and keeps the program, with what explanations need and further analyses.
pub(crate) fn analyse_and_keep(mut request: CheckRequest, further: Analyses, bar: &Bar) -> Result<Checked, Failure> {
    let manner = Manner::of(&request, true, further);
    let facts = request.facts.take();
    on_threads(request.threads, || with_known_facts(facts, |known| Ok(check_newer((request, known), manner, bar)?.1)))
}

/// Checks the project that is asked for, and returns by what others are checked alike.
fn check_newer(
    (request, known): (CheckRequest, Option<Arc<FileFacts>>),
    manner: Manner,
    bar: &Bar,
) -> Result<(Rules, Checked), Failure> {
    let CheckRequest { project, mut settings, policy, with_members, kept, .. } = request;
    let used = settings.used()?;
    let mut overrides = std::mem::take(&mut settings.overrides);
    let declared = std::mem::take(&mut settings.declared);
    let mut newer = Reading { known, ..manner.reading(project) };
    let (facts, catalog) = read_with(settings, &mut newer, kept, bar)?;
    let root = &newer.project;
    let members = if with_members { of_members(&facts, root, &lint_metadata())? } else { Vec::new() };
    overrides.extend(members.iter().cloned());
    let rules = Rules { policy, overrides, declared, catalog, further: manner.further };
    let part = newer.project.scope.part(&facts)?;
    let seen = newer.seen.take().and_then(|seen| seen.into_iter().collect());
    let mut checked = rules.check(facts, part, newer, bar);
    checked.analysed.basis.seen = seen;
    checked.analysed.report.config = with_overrides_of_members(used, &members);
    Ok((rules, checked))
}

/// A program with what lints report of it.
pub(crate) struct Checked {
    /// The program.
    pub(crate) program: Program,
    /// The part that is asked for; `None` means all.
    pub(crate) part: Option<Part>,
    /// What is reported, and of what.
    pub(crate) analysed: Analysed,
}

impl Checked {
    fn without_program(self, manner: &Manner) -> Analysed {
        if !manner.gives_back {
            // The process ends with the report: giving the memory back piece by piece would only take time.
            std::mem::forget(self.program);
        }
        self.analysed
    }
}

/// How the projects of a run are read.
#[derive(Clone, Copy)]
struct Manner {
    include_tests: bool,
    resolution_stats: bool,
    details: bool,
    gives_back: bool,
    threads: Option<usize>,
    /// Analyses that no lint asks for.
    further: Analyses,
    /// Whether to take note of what is seen of the files.
    observes: bool,
}

impl Manner {
    fn of(request: &CheckRequest, details: bool, further: Analyses) -> Self {
        let &CheckRequest { include_tests, resolution_stats, gives_back, threads, .. } = request;
        Self { include_tests, resolution_stats, details, gives_back, threads, further, observes: false }
    }

    fn reading(self, project: Project) -> Reading {
        let Self { include_tests, resolution_stats, details, gives_back, threads, observes, .. } = self;
        let seen = observes.then(Vec::new);
        Reading { project, include_tests, resolution_stats, details, gives_back, threads, seen, known: None }
    }
}

/// By what projects are analysed.
struct Rules {
    policy: Policy,
    overrides: Vec<Override>,
    declared: Declared,
    catalog: Catalog,
    further: Analyses,
}

impl Rules {
    fn check(&self, facts: WorkspaceFacts, part: Option<Part>, reading: Reading, bar: &Bar) -> Checked {
        let overrides = self.overrides.iter().map(|some| some.resolved(&facts)).collect();
        let policy = Policy { overrides, ..self.policy.clone() };
        let suppressions = suppressions::collect(&facts, reading.include_tests);
        let lints = wanted_lints(&policy, &self.declared);
        let analyses = connlint_lints::required(&lints) | self.further;
        let (targets, outline, counted) = (targets(&facts), Outline::of(&facts), work::Read::of(&facts));
        let files = facts.crates.iter().flat_map(|krate| krate.files.iter().cloned()).collect();
        let ends = suppressions.iter().filter_map(|(_, suppression)| suppression.until).collect();
        let Linked { program, mut notices, read, project, .. } =
            link_facts(facts, &self.catalog, reading, analyses, bar);
        bar.stage("checking");
        let checked = connlint_lints::check(&program, &lints, &self.declared);
        let mut found = checked.diagnostics;
        fixes::keep_allowed(&mut found, &self.catalog);
        if let Some(part) = &part {
            found.retain(|diagnostic| part.touches(diagnostic));
        }
        notices.extend(checked.notices);
        notices.extend(no_entry_points(&program, &read));
        let mut report = apply_policy(found, &suppressions, notices, &lint_metadata(), &policy);
        if let Some(part) = &part {
            report.notices.retain(|notice| part.concerns(notice));
        }
        bound_notices(&mut report.notices);
        report.stats = Stats { work: counted.with(program.work), ..stats(&program, read) };
        report.targets = targets;
        let texts = ProjectTexts::of(&project);
        identify(&mut report, &outline, &|place| texts.code(place));
        let basis = Basis { seen: None, ends, reread: texts.into_asked() };
        let to_fix = fixes::facts_to_keep(files, &report);
        Checked { program, part, analysed: Analysed { report, outline, project, basis, to_fix } }
    }
}

/// Does all stages on the same threads, whose stacks are for recursion over the project's types and calls: what one stage
/// leaves of memory serves the next.
pub(crate) fn on_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let builder = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).num_threads(threads.unwrap_or(0));
    let pool = builder.build().map_err(|error| Failure::new(format!("no thread could be started: {error}")))?;
    pool.install(work)
}

/// Reads a project, with the catalog and the project's own models; what is not known of its dependencies is a notice.
fn read_with(
    settings: Settings,
    reading: &mut Reading,
    kept: Option<KeptModels>,
    bar: &Bar,
) -> Result<(WorkspaceFacts, Catalog), Failure> {
    let (modelled, with_dependencies) = (settings.modelled(), settings.reads_dependencies());
    let (facts, catalog) = rayon::join(|| read(reading, bar), || settings.catalog());
    let (mut facts, mut catalog) = (facts?, catalog?);
    let stale = dependencies::stale_models(&facts, &modelled);
    facts.notices.extend(stale);
    if with_dependencies {
        bar.stage("reading dependencies");
        let read = dependencies::read(&facts, &catalog, &Sources::of(&reading.project.root, &[]), kept.as_ref());
        catalog = read.onto(catalog).map_err(|error| Failure::new(error.to_string()))?;
        facts.notices.extend(read.notices);
    }
    let unknown = dependencies::unknown(&facts, &catalog);
    facts.notices.extend(dependencies::unknown_notice(&unknown));
    Ok((facts, catalog))
}

/// Reads the project. A path of which the workspace around it reads nothing (an ignored folder, a file of no module tree)
/// is read on its own.
fn read(reading: &mut Reading, bar: &Bar) -> Result<WorkspaceFacts, Failure> {
    let facts = parse(reading, bar)?;
    let project = &mut reading.project;
    if !project.scope.misses(&facts) || !project.is_on_disk() {
        return Ok(facts);
    }
    *project = alone(project);
    parse(reading, bar)
}

/// Limits of reading, on the threads of the caller.
fn limits(test_bodies: bool) -> Limits {
    Limits { current_pool: true, test_bodies, ..Limits::default() }
}

fn parse(reading: &mut Reading, bar: &Bar) -> Result<WorkspaceFacts, Failure> {
    let limits = limits(reading.include_tests || reading.details);
    let progress = |progress| bar.parser(progress);
    let root = &reading.project.root;
    if let Some(version) = &reading.project.version {
        return parse_tree(version, &limits, &progress).map_err(|error| Failure::new(error.to_string()));
    }
    if let Some(recorded) = &reading.project.recorded {
        let parsed = recorded.parse(root, &limits, &progress);
        return parsed.map_err(|error| Failure::new(error.to_string()));
    }
    let known = reading.known.as_deref().map(|known| known as &dyn KnownFacts);
    if reading.project.input.is_none() && (reading.seen.is_some() || known.is_some()) {
        let read = parse_workspace_observed(root, &limits, &progress, known);
        let (facts, observations) = read.map_err(|error| Failure::new(error.to_string()))?;
        if let Some(seen) = &mut reading.seen {
            seen.push(observations);
        }
        return Ok(facts);
    }
    let facts = match &reading.project.input {
        Some(Input { unsaved, alone: true }) => parse_sources(&[(unsaved.path.as_str(), &unsaved.text)], &limits),
        Some(Input { unsaved, alone: false }) => parse_workspace_unsaved(root, unsaved, &limits, &progress),
        None => parse_workspace_with(root, &limits, &progress),
    };
    facts.map_err(|error| Failure::new(error.to_string()))
}

fn link_facts(mut facts: WorkspaceFacts, catalog: &Catalog, reading: Reading, analyses: Analyses, bar: &Bar) -> Linked {
    let mut notices = std::mem::take(&mut facts.notices);
    let (files, lines, crates) = (facts.files as usize, facts.lines, facts.crates.len());
    bar.stage("linking");
    let Reading { project, include_tests, resolution_stats, details, gives_back, .. } = reading;
    let options = LinkOptions { include_tests, resolution_stats, details, analyses, gives_back };
    let program = link(&facts, catalog, &options);
    if !gives_back {
        // As with the program: the process ends soon.
        std::mem::forget(facts);
    }
    notices.extend(program.notices.iter().cloned());
    let read = Stats { files, lines, crates, ..Stats::default() };
    Linked { program, part: None, notices, project, read }
}

fn wanted_lints(policy: &Policy, declared: &Declared) -> Vec<&'static Lint> {
    let all = connlint_lints::ALL.iter().copied();
    all.filter(|lint| !policy.is_off(lint.metadata) && lint.applies(declared)).collect()
}

/// That nothing runs again and again as far as is known: no findings then say nothing about the project.
fn no_entry_points(program: &Program, read: &Stats) -> Option<Notice> {
    if read.files == 0 || !program.entry_points.is_empty() {
        return None;
    }
    let message = "0 entry points: no request handler, consumer or job was found, so nothing can be found that happens \
                   on each request or message";
    Some(Notice { kind: NoticeKind::NoEntryPoints, path: None, range: None, message: message.to_owned() })
}

/// The compilation targets that were read.
fn targets(facts: &WorkspaceFacts) -> Vec<Target> {
    let target = |krate: &CrateFacts| {
        let root = krate.modules.first().and_then(|root| krate.files.get(root.file.0 as usize))?;
        Some(Target {
            package: krate.package.clone(),
            version: krate.version.clone(),
            folder: krate.root.clone(),
            name: krate.name.clone(),
            kind: krate.kind.name(),
            edition: krate.edition,
            source: root.path.clone(),
            files: krate.files.iter().map(|file| file.path.clone()).collect(),
        })
    };
    facts.crates.iter().filter_map(target).collect()
}

/// What was read, with what was linked.
fn stats(program: &Program, read: Stats) -> Stats {
    let share = |share: Share| ResolvedShare { resolved: share.resolved, total: share.total };
    let crates = program.resolution.iter().map(|(krate, resolution)| CrateResolution {
        krate: krate.clone(),
        functions: share(resolution.functions),
        methods: share(resolution.methods),
    });
    let unresolved = program.unresolved_on_recurring_paths().into_iter().map(|(cause, calls)| UnresolvedCount {
        cause: cause.name(),
        summary: cause.summary(),
        calls,
    });
    Stats {
        functions: program.functions.len(),
        resolution: crates.collect(),
        unresolved_on_recurring_paths: unresolved.collect(),
        entry_points: views::entry_points(program).len(),
        ..read
    }
}
