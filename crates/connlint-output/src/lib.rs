//! Output formats of connlint: one file per format, all from the same [`Report`].
//!
//! Nothing here reads files, knows a lint by name or asks the environment: texts come from [`Sources`], and colour, width
//! and links from [`EmitOptions`].

mod concise;
mod draw;
mod finding;
mod fingerprint;
mod full;
mod json;
mod json_parts;
mod mistake;
mod names;
mod sarif;
mod sources;
mod summary;
mod view_json;
mod view_text;
mod views;
mod visible;

use std::io;

use connlint_diagnostics::Report;

pub use json_parts::{TOOL, Tool};
pub use mistake::{Mistake, draw_mistake};
pub use names::{FORMAT_NAMES, lint_url, notice_kind_name};
pub use sources::Sources;
pub use views::*;
pub use visible::visible;

use sources::SourceCache;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people: each finding drawn with its code, from the route down to the opening expression.
    Full,
    /// One line per finding.
    Concise,
    /// SARIF 2.1.0, as GitHub code scanning reads it.
    Sarif,
    /// All that is known, as versioned JSON.
    Json,
}

/// How to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmitOptions {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// Whether to write OSC 8 hyperlinks (with colour only).
    pub links: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// `-1` findings only; `0` usual; `1` with all notices and figures; `2` with suppressed findings too.
    pub verbosity: i8,
    /// Where the analysed root lies within its repository, as `services/api`; empty if it is the repository's root. SARIF
    /// locations begin with it.
    pub root_in_repository: String,
    /// The category under which SARIF results are filed, without a trailing `/`.
    pub category: String,
}

impl Default for EmitOptions {
    fn default() -> Self {
        Self {
            color: false,
            links: false,
            width: 100,
            verbosity: 0,
            root_in_repository: String::new(),
            category: "connlint".to_owned(),
        }
    }
}

/// Writes a report.
pub fn emit(
    report: &Report,
    sources: &dyn Sources,
    format: Format,
    options: &EmitOptions,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    let sources = SourceCache::new(sources);
    match format {
        Format::Full => full::write(report, &sources, options, to),
        Format::Concise => concise::write(report, &sources, options, to),
        Format::Sarif => sarif::write(report, &sources, options, to),
        Format::Json => json::write(report, &sources, to),
    }
}

/// Writes what `routes` tells.
pub fn emit_routes(
    view: &RoutesView,
    sources: &dyn Sources,
    format: ViewFormat,
    options: &EmitOptions,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    let sources = SourceCache::new(sources);
    match format {
        ViewFormat::Text => view_text::routes(view, &sources, options, to),
        ViewFormat::Json => view_json::routes(view, &sources, to),
    }
}

/// Writes what `why` tells.
pub fn emit_why(
    view: &WhyView,
    sources: &dyn Sources,
    format: ViewFormat,
    options: &EmitOptions,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    let sources = SourceCache::new(sources);
    match format {
        ViewFormat::Text => view_text::why(view, &sources, options, to),
        ViewFormat::Json => view_json::why(view, &sources, to),
    }
}
