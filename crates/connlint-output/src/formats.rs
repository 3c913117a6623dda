//! All output formats: the only lists of them.

use connlint_diagnostics::Report;

use crate::format::Format;
use crate::views::View;

/// The format of reports that nobody asked for.
pub static DEFAULT_FORMAT: &Format<Report> = &crate::full::FORMAT;

/// The formats of reports, the default first.
pub static FORMATS: &[&Format<Report>] = &[
    &crate::full::FORMAT,
    &crate::concise::FORMAT,
    &crate::agent::FORMAT,
    &crate::sarif::FORMAT,
    &crate::github::FORMAT,
    &crate::github_review::FORMAT,
    &crate::rdjson::FORMAT,
    &crate::gitlab::FORMAT,
    &crate::azure::FORMAT,
    &crate::junit::FORMAT,
    &crate::checkstyle::FORMAT,
    &crate::markdown::FORMAT,
    &crate::json::FORMAT,
    &crate::rustc_json::FORMAT,
];

/// The formats of `routes` and `why`, the default first.
pub static VIEW_FORMATS: &[&Format<View>] = &[&crate::view_text::FORMAT, &crate::view_json::FORMAT];
