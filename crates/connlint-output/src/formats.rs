//! All output formats: the only lists of them.

use connlint_diagnostics::Report;

use crate::format::Format;
use crate::views::View;
use crate::{
    agent, azure, checkstyle, concise, full, github, github_review, gitlab, json, junit, markdown, rdjson, rustc_json,
    sarif, view_json, view_text,
};

/// The format of reports that nobody asked for.
pub static DEFAULT_FORMAT: &Format<Report> = &full::FORMAT;

/// The formats of reports, the default first.
pub static FORMATS: &[&Format<Report>] = &[
    &full::FORMAT,
    &concise::FORMAT,
    &agent::FORMAT,
    &sarif::FORMAT,
    &github::FORMAT,
    &github_review::FORMAT,
    &rdjson::FORMAT,
    &gitlab::FORMAT,
    &azure::FORMAT,
    &junit::FORMAT,
    &checkstyle::FORMAT,
    &markdown::FORMAT,
    &json::FORMAT,
    &rustc_json::FORMAT,
];

/// The formats of `routes` and `why`, the default first.
pub static VIEW_FORMATS: &[&Format<View>] = &[&view_text::FORMAT, &view_json::FORMAT];
