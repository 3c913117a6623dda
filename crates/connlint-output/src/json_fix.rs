//! Fixes in JSON.

use connlint_diagnostics::{Applicability, Fix};
use serde::Serialize;

use crate::json_parts::{JsonLocation, location};
use crate::sources::SourceCache;

/// One way to correct a finding: all its edits, or none.
#[derive(Serialize)]
pub(crate) struct JsonFix<'a> {
    message: &'a str,
    /// `certain` or `likely`.
    applicability: &'static str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    location: JsonLocation<'a>,
    text: &'a str,
}

pub(crate) fn json_fix<'a>(sources: &SourceCache<'_>, fix: &'a Fix) -> JsonFix<'a> {
    let edits = fix.edits.iter();
    JsonFix {
        message: &fix.message,
        applicability: match fix.applicability {
            Applicability::Certain => "certain",
            Applicability::Likely => "likely",
        },
        edits: edits.map(|edit| JsonEdit { location: location(sources, &edit.span), text: &edit.text }).collect(),
    }
}
