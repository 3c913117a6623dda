//! One data file, and errors that name its lines.

use std::fmt;
use std::ops::Range;

use toml::Spanned;

use crate::schema::CrateModels;
use crate::type_expr::SyntaxError;

/// Why the data cannot be used: a file, a line and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// The data file, as given.
    pub file: String,
    /// Its line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// The bytes of the file's text that are wrong; `None` where the whole file is meant.
    pub range: Option<Range<usize>>,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for CatalogError {}

/// One parsed file with what is needed to compute lines.
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) file: CrateModels,
}

impl<'a> Source<'a> {
    pub(crate) fn new(name: &'a str, text: &'a str, file: CrateModels) -> Self {
        Self { name, text, file }
    }

    pub(crate) fn parse(name: &'a str, text: &'a str) -> Result<Self, CatalogError> {
        let file = toml::from_str(text).map_err(|error| CatalogError {
            file: name.to_owned(),
            line: error.span().map_or(0, |span| line_of(text, span.start)),
            range: error.span(),
            message: error.message().to_owned(),
        })?;
        Ok(Self { name, text, file })
    }

    /// An error at a value of this file.
    pub(crate) fn error<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> CatalogError {
        self.error_at(at.span(), message)
    }

    /// An error in an expression of this file: at its very byte where the file writes the expression as it is.
    pub(crate) fn syntax_error(&self, at: &Spanned<String>, error: &SyntaxError) -> CatalogError {
        let span = at.span();
        let written = self.text.get(span.clone()).unwrap_or_default();
        let inner = written.get(1..written.len().saturating_sub(1)).filter(|inner| *inner == at.get_ref());
        let rest = inner.and_then(|inner| inner.get(error.at..)).filter(|rest| !rest.is_empty());
        let range = rest.map(|rest| {
            let end = rest.find([',', ' ', '<', '>', '(', ')', '&']).unwrap_or(rest.len());
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let start = span.start + 1 + error.at;
            start..start + end.max(first)
        });
        self.error_at(range.unwrap_or(span), error.message.as_str())
    }

    fn error_at(&self, range: Range<usize>, message: impl Into<String>) -> CatalogError {
        let line = line_of(self.text, range.start);
        CatalogError { file: self.name.to_owned(), line, range: Some(range), message: message.into() }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
