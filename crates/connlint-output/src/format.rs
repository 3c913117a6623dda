//! What an output format is. Each format is a value in its own file.

use std::{fmt, io};

use crate::sources::SourceCache;
use crate::{EmitOptions, Sources};

/// An output format of documents of type `D`.
pub struct Format<D: 'static> {
    /// The name that users write, in kebab-case.
    pub name: &'static str,
    /// What it is, for `--help`.
    pub summary: &'static str,
    /// Who or what reads it, for the table in the book.
    pub readers: &'static str,
    /// Extension of files in this format.
    pub extension: &'static str,
    /// Whether it shows figures that cost time to compute even if they are not asked for.
    pub all_figures: bool,
    /// Whether it states where the code comes from.
    pub has_provenance: bool,
    /// Writes a document.
    pub(crate) write: Writer<D>,
}

/// Writes a document in one format.
pub(crate) type Writer<D> = fn(&D, &SourceCache<'_>, &EmitOptions, &mut dyn io::Write) -> io::Result<()>;

impl<D> Format<D> {
    /// Writes a document.
    pub fn emit(
        &self,
        document: &D,
        sources: &dyn Sources,
        options: &EmitOptions,
        to: &mut dyn io::Write,
    ) -> io::Result<()> {
        (self.write)(document, &SourceCache::new(sources), options, to)
    }
}

impl<D> fmt::Debug for Format<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name).finish()
    }
}
