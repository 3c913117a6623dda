//! Draws a [`miette::Diagnostic`] and its related ones as one report over several files.
//!
//! miette's own handlers print each related diagnostic as a block of its own. A chain of calls reads better as one
//! drawing from the first step down to the primary label, so [`ChainHandler`] collects all labelled places in order and
//! lets annotate-snippets draw them.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
    renderer::{AnsiColor, DecorStyle, Effects},
};
use miette::{Diagnostic, LabeledSpan, ReportHandler, Severity, SourceCode, SourceSpan};

use crate::prose::NARROW;
use crate::visible::is_hidden;

/// Steps at most so many lines apart share a piece of code.
const NEAR_LINES: usize = 30;
/// Bytes of a line kept on both sides of what is marked in it, where the line is very long.
const KEPT_AROUND: usize = 400;

/// Draws one report over several files.
#[derive(Debug)]
pub(crate) struct ChainHandler {
    renderer: Renderer,
    width: usize,
    links: bool,
}

impl ChainHandler {
    pub(crate) fn new(color: bool, links: bool, width: usize) -> Self {
        let renderer = if color {
            Renderer::styled().context(AnsiColor::BrightCyan.on_default().effects(Effects::BOLD)).hyperlink(links)
        } else {
            Renderer::plain()
        };
        let width = width.clamp(40, 400);
        Self { renderer: renderer.term_width(width).decor_style(DecorStyle::Ascii), width, links }
    }

    /// Text that may be long, wrapped behind its heading of `indent` columns.
    fn wrapped(&self, text: &str, indent: usize) -> String {
        let width = self.width.saturating_sub(indent).max(20);
        textwrap::wrap(text, textwrap::Options::new(width).break_words(false)).join("\n")
    }

    fn draw(&self, diagnostic: &dyn Diagnostic) -> String {
        let (level, level_name) = match diagnostic.severity() {
            Some(Severity::Warning) => (Level::WARNING, "warning"),
            Some(Severity::Advice) => (Level::NOTE, "note"),
            _ => (Level::ERROR, "error"),
        };
        let (code, url) = (text_of(diagnostic.code()), text_of(diagnostic.url()));
        let heading = level_name.len() + code.as_ref().map_or(": ".len(), |code| code.len() + "[]: ".len());
        let headline = self.headline(&diagnostic.to_string(), heading);
        let breaks = headline.matches('\n').count();
        let mut title = level.primary_title(headline);
        if let Some(code) = code {
            title = title.id(code);
        }
        if let Some(url) = url.filter(|_| self.links) {
            title = title.id_url(url);
        }
        let (places, notes) = collect(diagnostic);
        let mut group = Group::with_title(title);
        let pieces: Vec<&[Place<'_>]> = pieces(&places).collect();
        let primary = places.iter().find(|place| place.label.primary()).filter(|_| pieces.len() > 1);
        group = group.elements(primary.map(Place::origin));
        for piece in pieces {
            group = group.elements(draw_piece(piece));
        }
        for note in notes {
            group = group.element(Level::NOTE.message(self.wrapped(&note, 12)));
        }
        for help in text_of(diagnostic.help()).iter().flat_map(|help| help.split('\n')) {
            group = group.element(Level::HELP.message(self.wrapped(help, 12)));
        }
        let drawn = self.renderer.render(&[group]);
        if self.width < NARROW { drawn.replacen(&format!("\n{}", " ".repeat(heading)), "\n  ", breaks) } else { drawn }
    }

    /// A headline behind `heading` columns. The renderer puts its further lines behind as many, of which a narrow terminal
    /// has not enough: there they are broken as if they were behind two.
    fn headline(&self, text: &str, heading: usize) -> String {
        if self.width >= NARROW {
            return self.wrapped(text, 0);
        }
        let first = text.split(' ').next().unwrap_or_default();
        let begins_below = heading + first.chars().count() > self.width;
        let before = if begins_below { 2 } else { heading };
        let options = textwrap::Options::new(self.width).break_words(false).subsequent_indent("  ");
        let wrapped = textwrap::wrap(text, options.initial_indent(&" ".repeat(before))).join("\n");
        let lines = wrapped.trim_start().replace("\n  ", "\n");
        if begins_below { format!("\n{lines}") } else { lines }
    }
}

impl ReportHandler for ChainHandler {
    fn debug(&self, diagnostic: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(diagnostic))
    }
}

fn text_of(part: Option<Box<dyn fmt::Display + '_>>) -> Option<String> {
    part.map(|part| part.to_string())
}

/// A labelled place with the text that it points into.
struct Place<'a> {
    source: &'a dyn SourceCode,
    name: String,
    /// Lines of the label, from 0; `None` if the text is not there.
    lines: Option<Range<usize>>,
    label: LabeledSpan,
}

impl<'a> Place<'a> {
    fn new(source: &'a dyn SourceCode, label: LabeledSpan) -> Option<Self> {
        let contents = source.read_span(label.inner(), 0, 0).ok()?;
        let name = contents.name().unwrap_or_default().to_owned();
        let lines = (contents.line_count() > 0).then(|| contents.line()..contents.line() + contents.line_count());
        drop(contents);
        Some(Self { source, name, lines, label })
    }

    fn origin(&self) -> Origin<'static> {
        let origin = Origin::path(self.name.clone());
        let Some(lines) = &self.lines else { return origin };
        let column = self.source.read_span(self.label.inner(), 0, 0).ok().map(|contents| {
            let before = self.label.offset().saturating_sub(contents.span().offset());
            let before = contents.data().get(..before).unwrap_or_default();
            String::from_utf8_lossy(before).trim_start_matches('\u{feff}').chars().count() + 1
        });
        origin.line(lines.start + 1).char_column(column.unwrap_or(1))
    }
}

/// Labelled places in reading order (related ones first, then the diagnostic's own by line), and notes.
fn collect(diagnostic: &dyn Diagnostic) -> (Vec<Place<'_>>, Vec<String>) {
    let (mut places, mut notes) = (Vec::new(), Vec::new());
    for related in diagnostic.related().into_iter().flatten() {
        let found = places_of(related);
        if found.is_empty() {
            notes.push(related.to_string());
        }
        places.extend(found);
    }
    let mut own = places_of(diagnostic);
    own.sort_by_key(|place| (place.lines.as_ref().map(|lines| lines.start), place.label.offset()));
    places.extend(own);
    (places, notes)
}

fn places_of(diagnostic: &dyn Diagnostic) -> Vec<Place<'_>> {
    let Some(source) = diagnostic.source_code() else { return Vec::new() };
    diagnostic.labels().into_iter().flatten().filter_map(|label| Place::new(source, label)).collect()
}

/// Runs of places that are drawn in one piece of code: same file, going down, near each other.
fn pieces<'p, 'a>(places: &'p [Place<'a>]) -> impl Iterator<Item = &'p [Place<'a>]> {
    places.chunk_by(|a, b| {
        let (Some(a_lines), Some(b_lines)) = (&a.lines, &b.lines) else { return false };
        a.name == b.name && a_lines.start <= b_lines.start && b_lines.start <= a_lines.end + NEAR_LINES
    })
}

fn draw_piece(piece: &[Place<'_>]) -> Vec<Element<'static>> {
    let Some(first) = piece.first() else { return Vec::new() };
    match Excerpt::read(piece) {
        Some(excerpt) => vec![excerpt.into_snippet(first.name.clone()).into()],
        None => {
            let text = first.label.label().unwrap_or_default();
            let note = format!("{text} (in {}, which could not be read)", first.name);
            vec![Level::NOTE.message(note).into()]
        }
    }
}

/// A run of whole lines, as it is shown: what a terminal would misread replaced, one character for one so that columns
/// stay right; very long lines cropped. Tabs are left to the renderer.
struct Excerpt {
    text: String,
    first_line: usize,
    marks: Vec<(Range<usize>, bool, Option<String>)>,
}

impl Excerpt {
    fn read(piece: &[Place<'_>]) -> Option<Self> {
        let (first, start) = (piece.first()?, piece.iter().map(|place| place.label.offset()).min()?);
        let end = piece.iter().map(|place| place.label.offset() + place.label.len()).max()?;
        let contents = first.source.read_span(&SourceSpan::new(start.into(), end - start), 0, 0).ok()?;
        if contents.line_count() == 0 {
            return None;
        }
        let base = contents.span().offset();
        let data = String::from_utf8_lossy(contents.data());
        let spans: Vec<Range<usize>> = piece
            .iter()
            .map(|place| {
                let start = place.label.offset().saturating_sub(base).min(data.len());
                start..(start + place.label.len()).min(data.len())
            })
            .collect();
        let (text, moved) = shown(&data, &spans);
        let marks = moved
            .into_iter()
            .zip(piece)
            .map(|(span, place)| (span, place.label.primary(), place.label.label().map(str::to_owned)))
            .collect();
        Some(Self { text, first_line: contents.line() + 1, marks })
    }

    fn into_snippet(self, path: String) -> Snippet<'static, Annotation<'static>> {
        let annotations = self.marks.into_iter().map(|(span, primary, label)| {
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(span).label(label)
        });
        Snippet::source(self.text).line_start(self.first_line).path(path).annotations(annotations)
    }
}

/// The text as it is shown, and where the spans lie in it.
fn shown(data: &str, spans: &[Range<usize>]) -> (String, Vec<Range<usize>>) {
    let mut out = String::with_capacity(data.len());
    // For each byte of `data`, where it went.
    let mut moved: Vec<usize> = Vec::with_capacity(data.len() + 1);
    let mut offset = 0;
    for line in data.split_inclusive('\n') {
        let content = line.trim_end_matches('\n').trim_end_matches('\r');
        let kept = kept_part(content, offset, spans);
        for (at, c) in content.char_indices() {
            moved.extend(std::iter::repeat_n(out.len(), c.len_utf8()));
            if offset + at == 0 && c == '\u{feff}' {
                continue;
            }
            if kept.contains(&at) {
                out.push(if c != '\t' && is_hidden(c) { '\u{fffd}' } else { c });
            } else if at == 0 || at == kept.end {
                out.push('…');
            }
        }
        moved.extend(std::iter::repeat_n(out.len(), line.len() - content.len()));
        if line.ends_with('\n') {
            out.push('\n');
        }
        offset += line.len();
    }
    moved.push(out.len());
    let at = |offset: usize| moved.get(offset).copied().unwrap_or(out.len());
    let spans = spans.iter().map(|span| at(span.start)..at(span.end)).collect();
    (out, spans)
}

/// The bytes of a line to show: all, unless it is very long.
fn kept_part(line: &str, offset: usize, spans: &[Range<usize>]) -> Range<usize> {
    if line.len() <= 4 * KEPT_AROUND {
        return 0..line.len();
    }
    let here = offset..offset + line.len() + 1;
    let starts = spans.iter().filter(|span| here.contains(&span.start)).map(|span| span.start - offset);
    let first = starts.clone().min().unwrap_or_default();
    let last = starts.max().unwrap_or_default();
    let boundary = |mut at: usize| {
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    boundary(first.saturating_sub(KEPT_AROUND))..boundary((last + 2 * KEPT_AROUND).min(line.len()))
}
