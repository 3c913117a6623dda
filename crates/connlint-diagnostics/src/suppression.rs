//! Suppressions in the source, honoured on any hop of a finding.

use connlint_facts::{RelPath, Span, SuppressionFact, SuppressionForm, TextRange};

use crate::diagnostic::Diagnostic;

/// The suppression that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedBy {
    /// The comment or attribute.
    pub span: Span,
    /// Its form.
    pub form: SuppressionForm,
    /// The reason given.
    pub reason: Option<String>,
    /// The place of the finding that it covers.
    pub at: SuppressedAt,
}

/// Which place of a finding a suppression covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressedAt {
    /// The primary span.
    Primary,
    /// The step of that index in [`Diagnostic::trace`].
    Step(usize),
    /// The label of that index in [`Diagnostic::labels`].
    Label(usize),
}

/// Whether the name that a suppression gives means the lint: underscores and a leading `connlint::` are fine.
pub(crate) fn canonical_lint_name(written: &str) -> String {
    written.trim().trim_start_matches("connlint::").replace('_', "-")
}

/// The first place of the finding that the suppression covers: primary, then steps, then labels.
pub(crate) fn covered_place(diagnostic: &Diagnostic, path: &RelPath, fact: &SuppressionFact) -> Option<SuppressedAt> {
    let covers_end = |span: &Span| span.file == *path && has_an_end_in(fact.covers, span.range);
    if diagnostic.primary.file == *path && overlap(fact.covers, diagnostic.primary.range) {
        return Some(SuppressedAt::Primary);
    }
    if let Some(step) = diagnostic.trace.iter().position(|step| covers_end(&step.span)) {
        return Some(SuppressedAt::Step(step));
    }
    diagnostic.labels.iter().position(|label| covers_end(&label.span)).map(SuppressedAt::Label)
}

fn overlap(a: TextRange, b: TextRange) -> bool {
    a.start < b.end.max(b.start.saturating_add(1)) && b.start < a.end
}

/// A hop may be a call that holds a long closure: a suppression of one statement within that closure is not one of the
/// call, so the cover must hold the call's first or last byte.
fn has_an_end_in(covers: TextRange, hop: TextRange) -> bool {
    let holds = |offset: u32| covers.start <= offset && offset < covers.end;
    holds(hop.start) || holds(hop.end.saturating_sub(1).max(hop.start))
}
