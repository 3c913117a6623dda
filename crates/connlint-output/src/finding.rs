//! A finding as a [`miette::Diagnostic`].

use std::fmt;
use std::sync::Arc;

use connlint_diagnostics::{Diagnostic, Level, TraceStep};
use connlint_facts::{RelPath, Span};
use miette::{LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents};

use crate::names::{entry_name, lint_url, ratings};
use crate::sources::{SourceCache, SourceText};
use crate::summary::counted;
use crate::visible::visible;

/// How many lines of the primary expression are drawn; of a longer one only the first.
const PRIMARY_LINES: usize = 6;

/// A finding with the texts that it points into. Its own labels are those in the file of the primary span; each step of
/// the chain, and each note, is a related diagnostic.
#[derive(Debug)]
pub(crate) struct Finding {
    headline: String,
    lint: &'static str,
    level: Level,
    help: Vec<String>,
    source: NamedSource,
    labels: Vec<LabeledSpan>,
    related: Vec<Related>,
}

/// A step of the chain, a label in another file, or a note.
#[derive(Debug)]
struct Related {
    text: String,
    place: Option<(NamedSource, LabeledSpan)>,
}

/// A file's name and, if it could be read, its text.
#[derive(Clone, Debug)]
pub(crate) struct NamedSource {
    pub(crate) name: String,
    pub(crate) text: Option<Arc<SourceText>>,
}

impl Finding {
    pub(crate) fn new(diagnostic: &Diagnostic, sources: &SourceCache<'_>) -> Self {
        let mut related = steps(diagnostic, sources);
        let source = NamedSource::new(&diagnostic.primary.file, sources);
        let mut labels = vec![primary_label(diagnostic, &source)];
        for label in diagnostic.labels.iter().chain(diagnostic.siblings.iter().take(SHOWN_SIBLINGS)) {
            if label.span.file == diagnostic.primary.file {
                labels.push(source.label(&label.span, label.text.clone()));
            } else {
                related.push(Related::at(&label.span, label.text.clone(), sources));
            }
        }
        related.extend(notes(diagnostic).into_iter().map(|text| Related { text, place: None }));
        Self {
            headline: visible(&diagnostic.headline).into_owned(),
            lint: diagnostic.lint.name,
            level: diagnostic.level,
            help: diagnostic.help.iter().map(|text| visible(text).into_owned()).collect(),
            source,
            labels,
            related,
        }
    }
}

/// The numbered steps, without one that is the primary span itself.
fn steps(diagnostic: &Diagnostic, sources: &SourceCache<'_>) -> Vec<Related> {
    let steps = diagnostic.trace.iter().filter(|step| step.span != diagnostic.primary);
    let step = |(index, step): (usize, &TraceStep)| {
        let related = Related::at(&step.span, format!("{}. {}", index + 1, step.text), sources);
        if step.span == *diagnostic.shown_at() { related.emphasised() } else { related }
    };
    let mut steps: Vec<Related> = steps.enumerate().map(step).collect();
    steps.extend(changed_line(diagnostic, sources));
    steps
}

/// The line of the change that the finding is shown at, if it is none of its places.
fn changed_line(diagnostic: &Diagnostic, sources: &SourceCache<'_>) -> Option<Related> {
    let at = diagnostic.introduced.as_ref()?.at.as_ref()?;
    let steps = diagnostic.trace.iter().map(|step| &step.span);
    let labels = diagnostic.labels.iter().chain(&diagnostic.siblings).map(|label| &label.span);
    let is_drawn = steps.chain(labels).chain([&diagnostic.primary]).any(|span| span == at);
    (!is_drawn).then(|| Related::at(at, "part of the change".to_owned(), sources).emphasised())
}

fn primary_label(diagnostic: &Diagnostic, source: &NamedSource) -> LabeledSpan {
    let steps = diagnostic.trace.iter().filter(|step| step.span != diagnostic.primary).count();
    let number = if steps == 0 { String::new() } else { format!("{}. ", steps + 1) };
    let text = visible(&format!("{number}{}", diagnostic.primary_label)).into_owned();
    let label = (!text.is_empty()).then_some(text);
    let Some(source_text) = &source.text else {
        return LabeledSpan::new_primary_with_span(label, (0, 0));
    };
    let range = source_text.clamp(diagnostic.primary.range);
    let last_byte = range.end.saturating_sub(1).max(range.start);
    let lines = source_text.line_of(last_byte) - source_text.line_of(range.start) + 1;
    let range = if lines > PRIMARY_LINES { source_text.first_line_of(diagnostic.primary.range) } else { range };
    LabeledSpan::new_primary_with_span(label, (range.start, range.len()))
}

/// The finding's own notes, and what the chain cannot show.
fn notes(diagnostic: &Diagnostic) -> Vec<String> {
    let mut notes: Vec<String> = diagnostic.notes.iter().map(|note| visible(note).into_owned()).collect();
    let more = diagnostic.siblings.len().saturating_sub(SHOWN_SIBLINGS);
    if more > 0 {
        notes.push(format!("{} with the same cause", counted(more, "more place")));
    }
    if let Some(others) = others(diagnostic) {
        notes.push(visible(&others).into_owned());
    }
    notes.push(visible(&ratings(diagnostic)).into_owned());
    notes
}

/// How many further places with the same cause are drawn.
const SHOWN_SIBLINGS: usize = 6;

/// How many further entry points are named.
const NAMED_ENTRIES: usize = 3;

/// Which further entry points reach the expression.
pub(crate) fn others(diagnostic: &Diagnostic) -> Option<String> {
    let others = &diagnostic.other_entries;
    let named: Vec<String> =
        others.iter().take(NAMED_ENTRIES).map(|other| format!("`{}`", entry_name(&other.entry))).collect();
    let more = others.len().saturating_sub(named.len());
    match named.as_slice() {
        [] => None,
        _ if more > 0 => Some(format!("also reached from {} and {more} more", named.join(", "))),
        [all @ .., last] if !all.is_empty() => Some(format!("also reached from {} and {last}", all.join(", "))),
        _ => Some(format!("also reached from {}", named.join(", "))),
    }
}

impl Related {
    fn at(span: &Span, text: String, sources: &SourceCache<'_>) -> Self {
        let text = visible(&text).into_owned();
        let source = NamedSource::new(&span.file, sources);
        let label = source.label(span, text.clone());
        Self { text, place: Some((source, label)) }
    }

    /// Drawn as primary: this is where to look first.
    fn emphasised(mut self) -> Self {
        self.place = self.place.map(|(source, label)| {
            let text = label.label().map(str::to_owned);
            (source, LabeledSpan::new_primary_with_span(text, *label.inner()))
        });
        self
    }
}

impl NamedSource {
    fn new(path: &RelPath, sources: &SourceCache<'_>) -> Self {
        Self { name: visible(path.as_str()).into_owned(), text: sources.get(path) }
    }

    /// A label at the first line of a span: a call may hold a closure of many lines.
    fn label(&self, span: &Span, text: String) -> LabeledSpan {
        let range = self.text.as_ref().map(|source| source.first_line_of(span.range)).unwrap_or_default();
        LabeledSpan::new_with_span(Some(visible(&text).into_owned()), (range.start, range.len()))
    }
}

impl SourceCode for NamedSource {
    /// Whole lines. Of a file that could not be read: no line.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let Some(text) = &self.text else {
            let contents = MietteSpanContents::new_named(self.name.clone(), b"", (0, 0).into(), 0, 0, 0);
            return Ok(Box::new(contents));
        };
        let (start, len) = (span.offset(), span.len());
        let first = text.line_of(start).saturating_sub(before);
        let last = text.line_of(start + len.saturating_sub(1)).saturating_add(after);
        let range = text.line_range(first).start..text.line_range(last).end;
        let data = text.slice(range.clone());
        let covered = (range.start, data.len()).into();
        let lines = data.lines().count().max(1);
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, data.as_bytes(), covered, first, 0, lines)))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)
    }
}

impl std::error::Error for Finding {}

impl miette::Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.lint))
    }

    fn severity(&self) -> Option<Severity> {
        Some(if self.level == Level::Error { Severity::Error } else { Severity::Warning })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(self.help.join("\n")) as Box<dyn fmt::Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(lint_url(self.lint)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.related.iter().map(|related| related as &dyn miette::Diagnostic)))
    }
}

impl fmt::Display for Related {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Related {}

impl miette::Diagnostic for Related {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|(source, _)| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.place.as_ref().map(|(_, label)| label.clone())?;
        Some(Box::new(std::iter::once(label)))
    }
}
