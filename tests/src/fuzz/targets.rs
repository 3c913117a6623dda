//! The targets, and what must hold of each input.

use cargo_connlint::OutsideText;
use connlint_diagnostics::Report;
use connlint_facts::{FileFacts, NoticeKind, RelPath, Span, TextRange};
use connlint_lints::Declared;
use connlint_output::{FORMATS, Sources};
use connlint_parser::{Limits, MacroTable, dump_file, parse_file, parse_sources};
use connlint_vcs::Patch;

use super::Target;
use super::programs::program;
use super::seeds;
use super::words::{CHANGES, MANIFESTS, MODELS, RUST, SETTINGS, SUPPRESSIONS};
use crate::pipeline::{Texts, analyse_and_count, emitted_with};
use crate::shapes::Files;

/// Stack of the thread that inputs are read on: sanitizers need several times what [`Limits`] ask for.
const STACK_BYTES: usize = 512 << 20;

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "parser", run: parser, seeds: seeds::sources, words: RUST },
    Target { name: "suppressions", run: parser, seeds: seeds::suppressed, words: SUPPRESSIONS },
    Target { name: "programs", run: programs, seeds: Vec::new, words: &[] },
    Target { name: "sources", run: sources, seeds: seeds::sources, words: RUST },
    Target { name: "manifests", run: manifests, seeds: seeds::manifests, words: MANIFESTS },
    Target { name: "settings", run: settings, seeds: seeds::settings, words: SETTINGS },
    Target { name: "models", run: models, seeds: seeds::models, words: MODELS },
    Target { name: "changes", run: changes, seeds: changes_seeds, words: CHANGES },
];

fn changes_seeds() -> Vec<Vec<u8>> {
    [seeds::diffs(), seeds::baselines()].concat()
}

/// Runs on a thread with a stack that is large enough: one for each thread that asks, which then waits.
fn on_thread<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    thread_local! {
        static POOL: rayon::ThreadPool = {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK_BYTES).build();
            pool.expect("a thread can be started")
        };
    }
    POOL.with(|pool| pool.install(run))
}

fn limits() -> Limits {
    Limits { current_pool: true, stack_bytes: STACK_BYTES, ..Limits::default() }
}

fn file_facts(text: &str) -> FileFacts {
    let path = RelPath::new("src/lib.rs");
    let macros = MacroTable::collect(std::iter::once((&path, text)));
    parse_file(&path, text, &macros, &limits())
}

/// Any text is read, each time into the same facts, whose ranges are parts of it.
fn parser(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (facts, dump) = on_thread(|| {
        let facts = file_facts(&text);
        let dump = dump_file(&facts);
        (facts, dump)
    });
    assert_eq!(dump, on_thread(|| dump_file(&file_facts(&text))), "two readings differ");
    let ranges = facts.items.iter().flat_map(|item| [item.range, item.name_range]);
    let covered = facts.suppressions.iter().flat_map(|suppression| [suppression.range, suppression.covers]);
    for range in ranges.chain(covered).chain(facts.problems.iter().filter_map(|problem| problem.range)) {
        is_part(&text, range);
    }
    assert_eq!(facts.problems.iter().find(|problem| problem.kind == NoticeKind::InternalError), None);
}

#[track_caller]
fn is_part(text: &str, range: TextRange) {
    let found = text.get(range.start as usize..range.end as usize);
    assert!(found.is_some(), "{range:?} is no part of {} bytes", text.len());
}

/// Programs that are right are read without loss, analysed, and shown in each format.
fn programs(input: &[u8]) {
    let project = program(input);
    let report = analysed(&project);
    let lost = report.notices.iter().find(|notice| notice.kind.is_unread() && !expected_of_programs(notice.kind));
    assert!(lost.is_none(), "{lost:?} of\n{}", shown(&project));
    assert_eq!(emitted(&project, &report), emitted(&project, &analysed(&project)), "two runs differ");
}

fn expected_of_programs(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::NoEntryPoints | NoticeKind::LimitReached)
}

fn shown(project: &Files) -> String {
    project.iter().map(|(path, text)| format!("//- {path}\n{text}\n")).collect()
}

/// What fixtures become when they are damaged.
fn sources(input: &[u8]) {
    let manifest = "[package]\nname = \"app\"\nedition = \"2024\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\ntokio = \"1\"\n";
    let text = String::from_utf8_lossy(input).into_owned();
    let project = vec![("Cargo.toml".to_owned(), manifest.to_owned()), ("src/main.rs".to_owned(), text)];
    emitted(&project, &analysed(&project));
}

/// Manifests and a lock file, whatever they say.
fn manifests(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split("\n//-\n");
    let names = ["Cargo.toml", "a/Cargo.toml", "Cargo.lock", "b/c/Cargo.toml"];
    let mut project: Files =
        names.iter().zip(&mut parts).map(|(name, text)| ((*name).to_owned(), text.to_owned())).collect();
    for source in ["src/main.rs", "src/lib.rs", "a/src/lib.rs", "a/src/bin/x.rs", "b/c/src/lib.rs"] {
        project.push((source.to_owned(), "pub fn f() { a::f(); }\n".to_owned()));
    }
    emitted(&project, &analysed(&project));
}

fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = OutsideText::Settings.read(&text);
    let _ = OutsideText::Manifest.read(&text);
}

fn models(input: &[u8]) {
    let _ = OutsideText::Models.read(&String::from_utf8_lossy(input));
}

/// Diffs, baselines and traffic: short formats of lines.
fn changes(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = Patch::parse(&text);
    let _ = OutsideText::Baseline.read(&text);
    let _ = OutsideText::Traffic.read(&text);
}

fn analysed(project: &Files) -> Report {
    on_thread(|| {
        let facts = parse_sources(project, &limits()).expect("a project in memory can be read");
        let report = analyse_and_count(facts, &Declared::default()).0;
        let internal = report.notices.iter().find(|notice| notice.kind == NoticeKind::InternalError);
        assert!(internal.is_none(), "{internal:?}");
        report
    })
}

/// The report in every format. All places that it names are in the project.
fn emitted(project: &Files, report: &Report) -> Vec<Vec<u8>> {
    for finding in &report.findings {
        let places = finding.labels.iter().chain(&finding.siblings).map(|label| &label.span);
        places
            .chain([&finding.primary])
            .chain(finding.trace.iter().map(|step| &step.span))
            .for_each(|span| is_in(project, span));
    }
    on_thread(|| FORMATS.iter().map(|format| emitted_with(report, &Texts(project), format, 2)).collect())
}

fn is_in(project: &Files, span: &Span) {
    let text = Texts(project).text(&span.file).unwrap_or_else(|| panic!("{span:?} is in no file"));
    is_part(&text, span.range);
}
