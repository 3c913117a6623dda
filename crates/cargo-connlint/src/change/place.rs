//! Where in a change a finding is shown.

use connlint_diagnostics::{Diagnostic, Introduced, Outline};
use connlint_facts::{RelPath, Span, TextRange};

use super::lines::ChangedLines;
use crate::project_files::ProjectTexts;

/// Lines of a step that count as the step; a call may hold a closure of hundreds.
const STEP_LINES: u32 = 10;

/// Finds places in a change.
pub(crate) struct Placing<'a> {
    pub(crate) changed: &'a ChangedLines<'a>,
    pub(crate) outline: &'a Outline,
    pub(crate) texts: &'a ProjectTexts,
}

/// A place of a finding.
struct Place<'d> {
    span: &'d Span,
    what: String,
}

impl Placing<'_> {
    /// A place of the finding that the change touches, and what it is: the primary span, then the steps from the last to
    /// the first, then the others.
    pub(crate) fn touched(&self, finding: &Diagnostic) -> Option<Introduced> {
        let siblings: Vec<usize> = (0..finding.siblings.len()).collect();
        self.first_touched(on_path(finding).chain(labels(finding)).chain(of_siblings(finding, &siblings)))
    }

    /// As [`Self::touched`], for the further places and entry points of these indices; entry point 0 is that of the path.
    pub(crate) fn touched_anew(
        &self,
        finding: &Diagnostic,
        siblings: &[usize],
        entries: &[usize],
    ) -> Option<Introduced> {
        let path = entries.contains(&0).then(|| on_path(finding)).into_iter().flatten();
        self.first_touched(path.chain(of_siblings(finding, siblings)).chain(of_entries(finding, entries)))
    }

    /// The changed line that is nearest to the finding in the functions of its path, from the last to the first.
    pub(crate) fn near(&self, finding: &Diagnostic) -> Option<Introduced> {
        on_path(finding).chain(labels(finding)).find_map(|place| {
            let enclosing = self.outline.enclosing(place.span)?;
            let (function, at) = (self.lines(&place.span.file, enclosing.range)?, self.lines_of(place.span)?);
            let line = self.changed.of(&place.span.file).nearest_in(function, at.start)?;
            let at = self.line(&place.span.file, line)?;
            Some(Introduced { at: Some(at), what: format!("this line of `{}`", enclosing.name) })
        })
    }

    /// A changed line between the primary span and a place that belongs to it in the same function: what is held from one
    /// to the other.
    pub(crate) fn between(&self, finding: &Diagnostic) -> Option<Introduced> {
        let function = self.outline.enclosing(&finding.primary)?;
        let here = |span: &Span| span.file == finding.primary.file && function.range.contains(span.range);
        let others = finding.labels.iter().map(|label| &label.span).filter(|span| here(span));
        let hull = others.fold(finding.primary.range, |hull, span| hull.cover(span.range));
        let (lines, at) = (self.lines(&finding.primary.file, hull)?, self.lines_of(&finding.primary)?);
        let line = self.changed.of(&finding.primary.file).nearest_in(lines, at.start)?;
        let at = self.line(&finding.primary.file, line)?;
        Some(Introduced { at: Some(at), what: "this line, which runs in between".to_owned() })
    }

    fn first_touched<'d>(&self, places: impl Iterator<Item = Place<'d>>) -> Option<Introduced> {
        places.into_iter().find_map(|place| {
            let lines = self.lines_of(place.span)?;
            let line = self.changed.of(&place.span.file).first_in(lines.clone())?;
            let at = if line == lines.start { place.span.clone() } else { self.line(&place.span.file, line)? };
            Some(Introduced { at: Some(at), what: place.what })
        })
    }

    /// The lines of a place, from 0.
    fn lines_of(&self, span: &Span) -> Option<std::ops::Range<u32>> {
        let lines = self.lines(&span.file, span.range)?;
        Some(if lines.end - lines.start > STEP_LINES { lines.start..lines.start + 1 } else { lines })
    }

    fn lines(&self, file: &RelPath, range: TextRange) -> Option<std::ops::Range<u32>> {
        let text = self.texts.text_at(file)?;
        let line = |offset: u32| {
            let before = text.as_bytes().get(..(offset as usize).min(text.len())).unwrap_or_default();
            u32::try_from(before.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
        };
        Some(line(range.start)..line(range.end.saturating_sub(1).max(range.start)).saturating_add(1))
    }

    /// The code of a line.
    fn line(&self, file: &RelPath, line: u32) -> Option<Span> {
        let text = self.texts.text_at(file)?;
        let before: usize = text.split_inclusive('\n').take(line as usize).map(str::len).sum();
        let whole = text.get(before..)?.split('\n').next()?;
        let code = whole.trim();
        let indentation = if code.is_empty() { 0 } else { whole.len() - whole.trim_start().len() };
        let start = u32::try_from(before + indentation).ok()?;
        let end = start.saturating_add(u32::try_from(code.len()).ok()?);
        Some(Span { file: file.clone(), range: TextRange::new(start, end) })
    }
}

/// The primary span, then the steps from the last to the first.
fn on_path(finding: &Diagnostic) -> impl Iterator<Item = Place<'_>> {
    let steps: Vec<_> = finding.trace.iter().filter(|step| step.span != finding.primary).collect();
    let of = steps.len() + 1;
    let numbered = (1..of).zip(steps).rev().map(|(number, step)| (step, number));
    let numbered = numbered
        .map(move |(step, number)| Place { span: &step.span, what: format!("step {number} of {of}, {}", step.text) });
    let text = if finding.primary_label.is_empty() { "this code" } else { &finding.primary_label };
    let primary = if of == 1 { text.to_owned() } else { format!("step {of} of {of}, {text}") };
    std::iter::once(Place { span: &finding.primary, what: primary }).chain(numbered)
}

fn labels(finding: &Diagnostic) -> impl Iterator<Item = Place<'_>> {
    finding.labels.iter().map(|label| Place { span: &label.span, what: label.text.clone() })
}

fn of_siblings<'d>(finding: &'d Diagnostic, indices: &'d [usize]) -> impl Iterator<Item = Place<'d>> {
    let siblings = indices.iter().filter_map(|index| finding.siblings.get(*index));
    siblings.map(|label| Place { span: &label.span, what: label.text.clone() })
}

fn of_entries<'d>(finding: &'d Diagnostic, indices: &'d [usize]) -> impl Iterator<Item = Place<'d>> {
    let others = indices.iter().filter_map(|index| finding.other_entries.get(index.checked_sub(1)?));
    others.map(|other| {
        let name = other.entry.route.as_ref().unwrap_or(&other.entry.function);
        Place { span: &other.span, what: format!("`{name}`, which reaches it too") }
    })
}
