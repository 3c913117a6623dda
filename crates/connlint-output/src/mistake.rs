//! A mistake in a file that the user wrote for connlint, drawn with its place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use connlint_facts::TextRange;
use miette::{Diagnostic, LabeledSpan, ReportHandler, SourceCode};

use crate::draw::ChainHandler;
use crate::finding::NamedSource;
use crate::sources::SourceText;
use crate::visible::visible;

/// What is wrong in a text file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, for people.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// The bytes that are wrong; `None` where the whole file is meant.
    pub range: Option<Range<usize>>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Draws a mistake for people, over several lines.
pub fn draw_mistake(mistake: &Mistake, color: bool, width: usize) -> String {
    let text = Arc::new(SourceText::new(mistake.text.clone()));
    let range = mistake.range.clone().unwrap_or_default();
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let range = text.first_line_of(TextRange::new(offset(range.start), offset(range.end.max(range.start))));
    let label = LabeledSpan::new_primary_with_span(None, (range.start, range.len()));
    let name = visible(&mistake.path).into_owned();
    let drawn = Drawn { mistake, source: NamedSource { name, text: Some(text) }, label };
    let handler = ChainHandler::new(color, false, width);
    let mut out = String::new();
    // Writing to a String never fails.
    let _ = fmt::write(&mut out, format_args!("{}", Handled { handler: &handler, drawn: &drawn }));
    out
}

#[derive(Debug)]
struct Drawn<'a> {
    mistake: &'a Mistake,
    source: NamedSource,
    label: LabeledSpan,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.mistake.message))
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help.as_ref().map(|help| Box::new(visible(help).into_owned()) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}

struct Handled<'a> {
    handler: &'a ChainHandler,
    drawn: &'a Drawn<'a>,
}

impl fmt::Display for Handled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handler.debug(self.drawn, f)
    }
}
