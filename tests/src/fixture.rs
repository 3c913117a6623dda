//! Folders whose code says what is expected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use connlint_diagnostics::{Category, Diagnostic, Level, LintMetadata, Report};
use connlint_facts::Span;
use connlint_parser::Limits;

use crate::files::{files_below, fixtures, folders, shown, text};
use crate::marks::{Mark, MarkKind, marks};
use crate::pipeline::{analyse, lints};

/// All fixtures of all lints: `fixtures/<lint>/{fires,quiet}-<cause>`.
pub fn all() -> Vec<PathBuf> {
    let names: Vec<&str> = lints().iter().map(|lint| lint.name).collect();
    let of_lints = folders(&fixtures()).into_iter().filter(|f| names.iter().any(|name| f.ends_with(name)));
    of_lints.flat_map(|folder| folders(&folder)).collect()
}

/// The marks of all sources below a folder.
pub fn marks_below(root: &Path) -> Vec<Mark> {
    let mut all = Vec::new();
    for file in files_below(root, &["rs"]) {
        let relative = file.strip_prefix(root).expect("it lies below").to_string_lossy().replace('\\', "/");
        all.extend(marks(&relative, &text(&file)));
    }
    all.sort();
    all
}

/// Analyses a folder. Returns how its findings differ from its marks; empty if they agree.
pub fn differences(root: &Path) -> Vec<String> {
    compare(root, &analyse(root, &Limits::default()), marks_below(root))
}

/// The same of code that shows one lint.
pub fn differences_for(root: &Path, lint: &LintMetadata) -> Vec<String> {
    let report = analyse(root, &Limits::default());
    let of_settings = lint.category == Category::Configuration;
    compare_if(root, &report, marks_below(root), &|_| of_settings)
}

/// Where a report and marks differ. Both name files relative to `root`.
pub fn compare(root: &Path, report: &Report, marks: Vec<Mark>) -> Vec<String> {
    let inside = root.strip_prefix(fixtures()).unwrap_or(Path::new(""));
    let of_settings: Vec<&str> =
        lints().iter().filter(|lint| lint.category == Category::Configuration).map(|lint| lint.name).collect();
    let in_folder = |file: &str| {
        let folder = inside.join(file).iter().next().map(|name| name.to_string_lossy().into_owned());
        folder.is_some_and(|folder| of_settings.contains(&folder.as_str()))
    };
    compare_if(root, report, marks, &in_folder)
}

/// Code that shows something else leaves the settings of its pools and clients to their defaults: what lints report of
/// settings is compared where `of_settings` holds for the file, and in files with a mark of the lint.
fn compare_if(root: &Path, report: &Report, marks: Vec<Mark>, of_settings: &dyn Fn(&str) -> bool) -> Vec<String> {
    let named: BTreeSet<(String, String)> = marks.iter().map(|mark| (mark.file.clone(), mark.lint.clone())).collect();
    let is_compared = |finding: &&Diagnostic| {
        let file = finding.primary.file.as_str();
        finding.lint.category != Category::Configuration
            || of_settings(file)
            || named.contains(&(file.to_owned(), finding.lint.name.to_owned()))
    };
    let mut lines = Lines { root, starts: BTreeMap::new() };
    let mut differences = Vec::new();
    let (notes, mut expected): (Vec<Mark>, Vec<Mark>) = marks.into_iter().partition(|m| m.kind == MarkKind::Note);
    for finding in report.findings.iter().filter(is_compared) {
        let line = lines.of(&finding.primary);
        match expected.iter().position(|mark| meets(mark, finding, line)) {
            Some(met) => drop(expected.remove(met)),
            None => differences.push(format!("not expected: {}", told(finding, line))),
        }
    }
    differences.extend(expected.iter().map(|mark| format!("not found: {mark}")));
    let unmet = notes.iter().filter(|note| !report.findings.iter().any(|f| says(f, note, &mut lines)));
    differences.extend(unmet.map(|note| format!("not said: {note}")));
    differences.iter().map(|difference| format!("{}: {difference}", shown(root))).collect()
}

fn meets(mark: &Mark, finding: &Diagnostic, line: usize) -> bool {
    let kind = if finding.level == Level::Error { MarkKind::Error } else { MarkKind::Warn };
    mark.kind == kind
        && mark.line == line
        && mark.file == finding.primary.file.as_str()
        && mark.lint == finding.lint.name
        && finding.headline.contains(&mark.text)
}

fn says(finding: &Diagnostic, note: &Mark, lines: &mut Lines<'_>) -> bool {
    let mut at = |span: &Span, text: &str| {
        span.file.as_str() == note.file && text.contains(&note.text) && lines.of(span) == note.line
    };
    finding.lint.name == note.lint
        && (at(&finding.primary, &finding.primary_label)
            || finding.labels.iter().chain(&finding.siblings).any(|label| at(&label.span, &label.text))
            || finding.trace.iter().any(|step| at(&step.span, &step.text)))
}

fn told(finding: &Diagnostic, line: usize) -> String {
    let path: Vec<&str> = finding.trace.iter().map(|step| step.function.as_str()).collect();
    let (file, lint) = (&finding.primary.file, finding.lint.name);
    let (confidence, impact) = (&finding.confidence, &finding.impact);
    format!(
        "{file}:{line}: {} {lint}: {} (confidence {confidence}; impact {impact}; {})",
        finding.level,
        finding.headline,
        path.join(" → ")
    )
}

/// Lines of places, from 1.
struct Lines<'a> {
    root: &'a Path,
    starts: BTreeMap<String, Vec<usize>>,
}

impl Lines<'_> {
    fn of(&mut self, span: &Span) -> usize {
        let starts = self.starts.entry(span.file.as_str().to_owned()).or_insert_with(|| {
            let text = text(&self.root.join(span.file.as_str()));
            let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(breaks).collect()
        });
        starts.partition_point(|start| *start <= span.range.start as usize)
    }
}
