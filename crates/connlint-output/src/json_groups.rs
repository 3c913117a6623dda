//! Groups of findings, in JSON.

use connlint_diagnostics::{GroupBy, Report};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct JsonGroups {
    by: &'static str,
    groups: Vec<JsonGroup>,
}

#[derive(Serialize)]
struct JsonGroup {
    name: String,
    errors: usize,
    warnings: usize,
    /// Indices of `findings`.
    findings: Vec<usize>,
}

pub(crate) fn json_groups(report: &Report, by: GroupBy) -> JsonGroups {
    let groups = report.groups(by).into_iter().map(|group| JsonGroup {
        name: group.name,
        errors: group.errors,
        warnings: group.warnings,
        findings: group.findings,
    });
    JsonGroups { by: by.name(), groups: groups.collect() }
}
