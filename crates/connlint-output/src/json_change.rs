//! What a change does to the findings, in JSON.

use connlint_diagnostics::{Change, Introduced};
use serde::Serialize;

use crate::json_parts::{JsonLocation, location};
use crate::sources::SourceCache;

#[derive(Serialize)]
pub(crate) struct JsonChange<'a> {
    against: &'a str,
    commit: Option<JsonCommit<'a>>,
    unchanged: Option<usize>,
    fixed: Vec<JsonFixed<'a>>,
}

#[derive(Serialize)]
struct JsonCommit<'a> {
    id: &'a str,
    author: &'a str,
    date: &'a str,
    subject: &'a str,
}

/// The place is one of the code before the change.
#[derive(Serialize)]
struct JsonFixed<'a> {
    lint: &'static str,
    level: &'static str,
    headline: &'a str,
    identity: &'a str,
    path: &'a str,
    line: usize,
}

#[derive(Serialize)]
pub(crate) struct JsonIntroduced<'a> {
    location: Option<JsonLocation<'a>>,
    text: &'a str,
}

pub(crate) fn json_change(change: &Change) -> JsonChange<'_> {
    let commit = change.commit.as_ref().map(|commit| JsonCommit {
        id: &commit.id,
        author: &commit.author,
        date: &commit.date,
        subject: &commit.subject,
    });
    let fixed = change.fixed.iter().map(|fixed| JsonFixed {
        lint: fixed.lint.name,
        level: fixed.level.name(),
        headline: &fixed.headline,
        identity: &fixed.identity,
        path: fixed.path.as_str(),
        line: fixed.line,
    });
    JsonChange { against: &change.against, commit, unchanged: change.unchanged, fixed: fixed.collect() }
}

pub(crate) fn introduced_at<'a>(sources: &SourceCache<'_>, introduced: &'a Introduced) -> JsonIntroduced<'a> {
    JsonIntroduced { location: introduced.at.as_ref().map(|at| location(sources, at)), text: &introduced.what }
}
