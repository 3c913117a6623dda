//! A fix as one piece of new text, for readers that take no more than one.

use std::ops::Range;

use connlint_diagnostics::{Applicability, Diagnostic, Fix};
use connlint_facts::{RelPath, Span};

use crate::place::{Places, Region};
use crate::sources::SourceText;

/// A piece of a file and what takes its place.
pub(crate) struct Suggestion<'d> {
    /// The file.
    pub(crate) file: &'d RelPath,
    /// The piece.
    pub(crate) region: Region,
    /// The new text.
    pub(crate) text: String,
}

/// The certain fixes of a finding that lie in one file, each with all its edits and what lies between them.
pub(crate) fn suggestions<'d>(finding: &'d Diagnostic, places: &Places<'_>) -> Vec<Suggestion<'d>> {
    let certain = finding.fixes.iter().filter(|fix| fix.applicability == Applicability::Certain);
    certain.filter_map(|fix| whole(fix, places)).collect()
}

fn whole<'d>(fix: &'d Fix, places: &Places<'_>) -> Option<Suggestion<'d>> {
    let file = &fix.edits.first()?.span.file;
    let text = places.sources.get(file).filter(|_| fix.edits.iter().all(|edit| edit.span.file == *file))?;
    let ranges = fix.edits.iter().map(|edit| text.clamp(edit.span.range));
    let range = ranges.reduce(|all, range| all.start.min(range.start)..all.end.max(range.end))?;
    let region = Region { start: text.position(range.start), end: text.position(range.end) };
    Some(Suggestion { file, region, text: replaced(fix, &text, range) })
}

/// The new text of the line on which a span begins, if a certain fix changes no other line of any file.
pub(crate) fn new_line(finding: &Diagnostic, at: &Span, places: &Places<'_>) -> Option<String> {
    let fix = finding.fixes.iter().find(|fix| fix.applicability == Applicability::Certain)?;
    let text = places.sources.get(&at.file).filter(|_| fix.edits.iter().all(|edit| edit.span.file == at.file))?;
    let line = text.line_of(text.clamp(at.range).start);
    let (own, next) = (text.line_range(line), text.line_range(line + 1).start);
    let is_inside = |range: &Range<usize>| own.start <= range.start && range.end <= own.end;
    let is_added = |range: &Range<usize>, new: &str| range.is_empty() && range.start == next && new.ends_with('\n');
    let stays = |edit: &connlint_diagnostics::FixEdit| {
        let range = text.clamp(edit.span.range);
        is_inside(&range) || is_added(&range, &edit.text)
    };
    let whole = fix.edits.iter().all(stays).then(|| replaced(fix, &text, own.start..next))?;
    Some(whole.trim_end_matches('\n').trim_end_matches('\r').to_owned())
}

/// A piece of the text with the edits of a fix applied.
fn replaced(fix: &Fix, text: &SourceText, range: Range<usize>) -> String {
    let mut edits: Vec<(Range<usize>, &str)> =
        fix.edits.iter().map(|edit| (text.clamp(edit.span.range), edit.text.as_str())).collect();
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let (mut out, mut at) = (String::new(), range.start);
    for (edit, new) in edits {
        out.push_str(text.slice(at..edit.start.max(at)));
        out.push_str(new);
        at = edit.end.max(at);
    }
    out.push_str(text.slice(at..range.end.max(at)));
    out
}
