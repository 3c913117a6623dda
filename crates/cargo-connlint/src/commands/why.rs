//! `connlint why FILE:LINE`: every path from an entry point to a line, or why there is none.

use std::path::Path;
use std::sync::Arc;

use connlint_catalog::Runs;
use connlint_facts::{RelPath, TextRange};
use connlint_output::{PathView, Sources, Status, UncalledView, View, WhyFunctionView, WhyView};
use connlint_semantic::{CodeLocation, EntryKind, EntryPath, FunctionId, NoPathReason, Program, Why};

use super::reading::{self, Read};
use crate::analysed_project::Project;
use crate::args::WhyArgs;
use crate::exit::{Exit, Failure};
use crate::paths::relative;
use crate::position::Position;
use crate::views;

pub(crate) fn run(args: &WhyArgs) -> Result<Exit, Failure> {
    let start = args.path.as_deref().or_else(|| Some(args.place.file.as_path()).filter(|file| file.is_file()));
    let project = Project::of_path(&args.reading.root, start)?;
    let Some(read) = reading::read(&args.reading, project)? else { return Ok(Exit::NothingAnalysed) };
    let (place, text) = located(&args.place, &read)?;
    let view = view(args, &read, &place, &text);
    reading::write(&args.reading, args.output_format, &read.sources, &View::Why(view))?;
    Ok(Exit::Clean)
}

/// The place that was asked for, and the text of its file.
pub(super) fn located(asked: &Position, read: &Read) -> Result<(CodeLocation, Arc<str>), Failure> {
    let file = file(&asked.file, read)?;
    let text = read.sources.text(&file).ok_or_else(|| {
        let folder = read.sources.folder().display();
        Failure::new(format!("`{}` cannot be read below `{folder}`", asked.file.display()))
    })?;
    Ok((place(&file, &text, asked)?, text))
}

/// The file relative to the analysed root: it is looked for from the current folder, then from the root.
fn file(path: &Path, read: &Read) -> Result<RelPath, Failure> {
    let missing = || Failure::new(format!("there is no file `{}`", path.display()));
    let folder = read.sources.folder();
    let candidates = [path.canonicalize().ok(), folder.join(path).canonicalize().ok()];
    let files: Vec<_> = candidates.into_iter().flatten().filter(|file| file.is_file()).collect();
    let inside = files.iter().find_map(|file| relative(file, folder));
    match (inside, files.first()) {
        (Some(inside), _) => Ok(RelPath::new(inside)),
        (None, Some(_)) => Err(Failure::new(format!("`{}` lies outside of `{}`", path.display(), folder.display()))),
        (None, None) => Err(missing()),
    }
}

/// The line's text, or one character of it.
fn place(file: &RelPath, text: &str, asked: &Position) -> Result<CodeLocation, Failure> {
    let lines = text.split_inclusive('\n').count();
    let mut start = 0;
    let mut line = "";
    for (index, found) in text.split_inclusive('\n').enumerate() {
        if index + 1 == asked.line as usize {
            line = found;
            break;
        }
        start += found.len();
    }
    if asked.line as usize > lines {
        return Err(Failure::new(format!("`{}` has {lines} lines, not {}", file.as_str(), asked.line)));
    }
    let content = line.trim_end_matches(['\n', '\r']);
    let (first, last) = match asked.column {
        Some(column) => {
            let before: usize = content.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum();
            if before >= content.len() {
                return Err(Failure::new(format!("line {} has {} columns", asked.line, content.chars().count())));
            }
            (before, before + 1)
        }
        None => (content.len() - content.trim_start().len(), content.trim_end().len()),
    };
    let range = TextRange::new((start + first) as u32, (start + last.max(first)) as u32);
    Ok(CodeLocation { file: file.clone(), range, exact: asked.column.is_some() })
}

fn view(args: &WhyArgs, read: &Read, place: &CodeLocation, text: &str) -> WhyView {
    let program = &read.linked.program;
    let found = program.why(place);
    let (nowhere, functions) = match &found {
        Ok(found) => (None, functions(program, found, args.limit())),
        Err(nowhere) => (Some(self::nowhere(nowhere, place, text)), Vec::new()),
    };
    WhyView {
        path: place.file.as_str().to_owned(),
        line: args.place.line,
        column: args.place.column,
        crates: program.crates_of_file(&place.file).to_vec(),
        nowhere,
        functions,
        notices: read.linked.notices.clone(),
    }
}

/// The functions at the place; those of a file that is part of several crates once, unless they are reached differently.
fn functions(program: &Program, found: &[Why<'_>], limit: usize) -> Vec<WhyFunctionView> {
    let same_path =
        |a: &PathView, b: &PathView| views::same_entry(&a.entry, &b.entry) && views::same_steps(&a.steps, &b.steps);
    let same_paths =
        |a: &[PathView], b: &[PathView]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_path(a, b));
    let same = |a: &WhyFunctionView, b: &WhyFunctionView| {
        (&a.function.span, a.function.kind, a.status) == (&b.function.span, b.function.kind, b.status)
            && same_paths(&a.paths, &b.paths)
            && same_paths(&a.shared_paths, &b.shared_paths)
            && a.startup.is_some() == b.startup.is_some()
    };
    let mut views: Vec<WhyFunctionView> = Vec::new();
    for view in found.iter().map(|why| function(program, why, limit)) {
        if !views.iter().any(|shown| same(shown, &view)) {
            views.push(view);
        }
    }
    views
}

fn nowhere(nowhere: &NoPathReason, place: &CodeLocation, text: &str) -> (&'static str, String) {
    let line = text.get(place.range.start as usize..place.range.end as usize).unwrap_or_default();
    match nowhere {
        NoPathReason::NoCrate => {
            ("no-crate", "the file belongs to no module tree of any crate here, so it was not analysed".to_owned())
        }
        NoPathReason::Test(path) => {
            ("test", format!("it is in `{path}`, which is test code: `--include-tests` takes it in"))
        }
        NoPathReason::NoFunction if line.is_empty() => {
            ("no-code", "the line is blank, outside of all functions".to_owned())
        }
        NoPathReason::NoFunction => {
            ("no-function", "no function's body is here: it is a declaration, an import or a comment".to_owned())
        }
    }
}

fn function(program: &Program, why: &Why<'_>, limit: usize) -> WhyFunctionView {
    let uncalled: Vec<UncalledView> = why.uncalled.iter().map(|&id| self::uncalled(program, id)).collect();
    let status = status(why, &uncalled);
    let (paths, paths_left_out) = first_paths(program, &why.paths, limit);
    let (shared_paths, shared_paths_left_out) = first_paths(program, &why.shared, limit);
    let searched = why.paths.is_empty() && why.shared.is_empty() && why.startup.is_none();
    let suspects = why.suspects.iter().filter(|_| searched);
    WhyFunctionView {
        function: views::function(program, why.function),
        status,
        summary: summary(
            program,
            why,
            status,
            (paths.len() + paths_left_out, shared_paths.len() + shared_paths_left_out),
        ),
        effects: why.sites.iter().map(|site| views::effect(program, site)).collect(),
        calls: why.calls.iter().map(|call| views::step(program, call)).collect(),
        unresolved: why.unresolved.iter().map(|call| views::unresolved(program, call, None)).collect(),
        paths,
        paths_left_out,
        shared_paths,
        shared_paths_left_out,
        startup: why.startup.as_ref().map(|calls| views::steps(program, calls)),
        uncalled_left_out: if searched { uncalled.len().saturating_sub(limit) } else { 0 },
        uncalled: uncalled.into_iter().take(if searched { limit } else { 0 }).collect(),
        may_be_called_at: suspects.map(|s| views::unresolved(program, s.call, Some(s.function))).collect(),
    }
}

fn status(why: &Why<'_>, uncalled: &[UncalledView]) -> Status {
    let openings: Vec<_> = why.sites.iter().filter(|site| site.effect.is_opening()).collect();
    let is_kept = !openings.is_empty() && openings.iter().all(|site| site.shared.is_some());
    let all = |kind: &str| !uncalled.is_empty() && uncalled.iter().all(|u| u.kind == kind);
    match (why.paths.iter().any(|path| !path.once_for_loop), why.paths.is_empty() && why.shared.is_empty()) {
        (true, _) if !is_kept => Status::Recurring,
        (_, false) => Status::Shared,
        _ if why.startup.is_some() => Status::StartUp,
        _ if all("initialiser") => Status::Initialiser,
        _ if all("pool-factory") => Status::Shared,
        _ if all("start-up") => Status::StartUp,
        _ if all("tests") => Status::Tests,
        _ if !uncalled.is_empty() => Status::Uncalled,
        _ => Status::Unreachable,
    }
}

/// The first paths, and how many more there are. Those that differ by the crate only are one.
fn first_paths(program: &Program, paths: &[EntryPath], limit: usize) -> (Vec<PathView>, usize) {
    let mut views: Vec<PathView> = paths.iter().map(|path| self::path(program, path)).collect();
    views.dedup_by(|b, a| views::same_entry(&a.entry, &b.entry) && views::same_steps(&a.steps, &b.steps));
    let left_out = views.len().saturating_sub(limit);
    views.truncate(limit);
    (views, left_out)
}

/// How often the place runs. `found` is how many entry points run it each time, and how many less often.
fn summary(program: &Program, why: &Why<'_>, status: Status, found: (usize, usize)) -> String {
    let count = |count: usize| match count {
        1 => "1 entry point".to_owned(),
        count => format!("{count} entry points"),
    };
    match status {
        Status::Shared if why.paths.is_empty() && why.shared.is_empty() => {
            "does not run each time: a pool calls it to open its own connections".to_owned()
        }
        Status::StartUp if why.startup.is_none() => "runs at start-up only: a framework calls it then".to_owned(),
        Status::Recurring => format!("runs for {}: {}", units(program, &why.paths), count(found.0)),
        Status::Shared => {
            let kept = why.sites.iter().find_map(|site| site.shared).map(views::shared_words);
            let on_path = why.shared.first().and_then(|path| path.shared.first());
            let kept = kept.or_else(|| on_path.map(|(_, kind)| views::shared_words(*kind)));
            let kept =
                kept.unwrap_or("once for the loop around it: a retry, a reconnect, or a value that leaves the loop");
            format!("does not run each time, but {kept}: {}", count(found.0 + found.1))
        }
        Status::StartUp => "runs at start-up only: no entry point leads here, `main` does".to_owned(),
        Status::Initialiser => "runs once: it is the initialiser of a static or constant".to_owned(),
        Status::Tests => "is called by tests only".to_owned(),
        Status::Uncalled => "no entry point and no `main` leads here".to_owned(),
        Status::Unreachable => "nothing leads here: only functions that nothing runs call each other".to_owned(),
    }
}

/// `every request`, `every request or iteration`.
fn units(program: &Program, paths: &[EntryPath]) -> String {
    let mut units: Vec<&str> = paths.iter().map(|path| per(program, path)).collect();
    units.sort_unstable_by_key(|unit| (*unit == EntryKind::Loop.unit(), *unit));
    units.dedup();
    format!("every {}", units.join(" or "))
}

fn per(program: &Program, path: &EntryPath) -> &'static str {
    if path.in_loop { EntryKind::Loop.unit() } else { program.entry(path.entry).kind.unit() }
}

fn path(program: &Program, path: &EntryPath) -> PathView {
    let remarks = [
        (path.in_loop, "in-loop", "it runs once for each round of a loop on the way"),
        (
            path.once_for_loop,
            "once-for-loop",
            "it runs once for its loop: a retry, a reconnect, or a value that leaves it",
        ),
        (path.depends_on_request, "named-by-request", "what it opens is tied to a target that the request names"),
        (path.replaces, "replaces", "what it opens takes the place of something that outlives the run"),
    ];
    PathView {
        entry: views::entry(program, path.entry),
        steps: views::steps(program, &path.calls),
        per: per(program, path),
        certainty: path.certainty.name(),
        remarks: remarks.into_iter().filter(|(holds, ..)| *holds).map(|(_, name, text)| (name, text)).collect(),
    }
}

fn uncalled(program: &Program, id: FunctionId) -> UncalledView {
    let tests = program.named_by_tests(id);
    let is_test = program.function(id).test_only;
    let (kind, text) = match program.implements(id) {
        _ if program.is_initialiser(id) => ("initialiser", "the initialiser of a static or constant".to_owned()),
        _ if is_test => ("tests", "it is test code".to_owned()),
        Some(of) if matches!(program.trait_runs(id), Some(Runs::PoolFactory | Runs::PoolHook)) => {
            ("pool-factory", format!("it implements `{of}`: a pool calls it to open its own connections"))
        }
        Some(of) if program.trait_runs(id) == Some(Runs::Startup) => {
            ("start-up", format!("it implements `{of}`, which runs at start-up"))
        }
        Some(of) => ("trait-method", format!("it implements `{of}`, whose calls are not followed")),
        None if !tests.is_empty() && !program.is_live(id) => ("tests", "only tests name it".to_owned()),
        None => ("nothing", "nothing in the workspace calls it".to_owned()),
    };
    let tests = if kind == "tests" { tests.to_vec() } else { Vec::new() };
    UncalledView { function: views::function(program, id), kind, text, tests }
}
