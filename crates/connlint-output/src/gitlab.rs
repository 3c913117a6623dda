//! GitLab's code quality report: a subset of Code Climate's JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use connlint_diagnostics::{Level, Report};
use serde::Serialize;

use crate::json_text::write_json;
use crate::place::Places;
use crate::remark::remarks_of;
use crate::sources::SourceCache;
use crate::wording::headline_and_path;
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "gitlab",
    summary: "GitLab's code quality report",
    readers: "GitLab's merge requests: a code quality report, its fingerprints stable and unique",
    extension: "json",
    all_figures: false,
    has_provenance: false,
    write,
};

/// The path of what is about no file: the analysed root.
const NO_FILE: &str = ".";

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Writes one array. GitLab shows the description alone, so that it begins with the lint.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let location = |span: &connlint_facts::Span| {
        let at = places.region(span);
        let lines = at.map_or(Lines { begin: 1, end: 1 }, |at| Lines { begin: at.start.line, end: at.end.line });
        Location { path: places.path(&span.file), lines }
    };
    let findings = report.findings.iter().map(|finding| Issue {
        description: format!("{}: {}", finding.lint.name, headline_and_path(finding)),
        check_name: finding.lint.name,
        fingerprint: finding.identity.id.clone(),
        severity: if finding.level == Level::Error { "major" } else { "minor" },
        location: location(finding.shown_at()),
    });
    let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
    let remarks = remarks_of(report).into_iter().map(|remark| {
        let count = seen.entry(remark.kind).or_default();
        *count += 1;
        let whole = || Location { path: NO_FILE.to_owned(), lines: Lines { begin: 1, end: 1 } };
        Issue {
            description: format!("notice {}: {}", remark.kind, remark.text),
            check_name: remark.kind,
            fingerprint: format!("notice-{}-{count}", remark.kind),
            severity: "info",
            location: remark.span.as_ref().map_or_else(whole, location),
        }
    });
    let issues: Vec<Issue> = findings.chain(remarks).collect();
    write_json(to, &issues)
}
