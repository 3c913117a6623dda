//! Findings in words, for formats that draw no code.

use connlint_diagnostics::{Diagnostic, Label, Level, Report};
use connlint_facts::Span;

use crate::concise::chain;
use crate::finding::others;
use crate::names::ratings;
use crate::sources::SourceCache;
use crate::visible::visible_line;

/// The level's word.
pub(crate) fn level_name(level: Level) -> &'static str {
    if level == Level::Error { "error" } else { "warning" }
}

/// The headline, with the path of calls in brackets.
pub(crate) fn headline_and_path(diagnostic: &Diagnostic) -> String {
    let headline = visible_line(&diagnostic.headline).into_owned();
    let chain = chain(diagnostic);
    if chain.is_empty() { headline } else { format!("{headline} ({})", visible_line(&chain)) }
}

/// The steps to the finding, other than where it is shown: the primary span too, if it is shown in a change.
pub(crate) fn path(diagnostic: &Diagnostic) -> impl Iterator<Item = (&Span, &String)> {
    let steps = diagnostic.trace.iter().filter(|step| step.span != diagnostic.primary);
    let steps = steps.map(|step| (&step.span, &step.text));
    let moved =
        (diagnostic.shown_at() != &diagnostic.primary).then_some((&diagnostic.primary, &diagnostic.primary_label));
    steps.chain(moved)
}

/// Places worth a look that are no step of the path, then those with the same cause.
pub(crate) fn further_places(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    diagnostic.labels.iter().chain(&diagnostic.siblings)
}

/// The headline with its path, then notes and helps, each a line.
pub(crate) fn paragraphs(diagnostic: &Diagnostic) -> Vec<String> {
    let mut lines = vec![headline_and_path(diagnostic)];
    lines.extend(others(diagnostic).map(|others| visible_line(&others).into_owned()));
    lines.extend(diagnostic.notes.iter().map(|note| visible_line(note).into_owned()));
    lines.push(visible_line(&ratings(diagnostic)).into_owned());
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {}", visible_line(help))));
    lines
}

/// The findings, errors first, otherwise in the report's order.
pub(crate) fn errors_first(report: &Report) -> Vec<&Diagnostic> {
    let mut findings: Vec<&Diagnostic> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.level != Level::Error);
    findings
}

/// `path:line:column: error[lint] headline (path of calls)`.
pub(crate) fn one_line(diagnostic: &Diagnostic, sources: &SourceCache<'_>) -> String {
    let place = sources.place(&diagnostic.shown_at().file, Some(diagnostic.shown_at().range));
    let (level, lint) = (level_name(diagnostic.level), diagnostic.lint.name);
    format!("{place}: {level}[{lint}] {}", headline_and_path(diagnostic))
}
