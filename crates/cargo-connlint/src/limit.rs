//! At most so many findings.

use std::collections::BTreeSet;

use connlint_diagnostics::{Level, Report};
use connlint_facts::{Notice, NoticeKind};

/// Keeps at most `most` findings, errors first, in the report's order; a notice has the number left out.
pub(crate) fn limit(report: &mut Report, most: usize) {
    let left_out = report.findings.len().saturating_sub(most);
    if left_out == 0 {
        return;
    }
    let mut order: Vec<usize> = (0..report.findings.len()).collect();
    order.sort_by_key(|index| report.findings.get(*index).is_none_or(|finding| finding.level != Level::Error));
    let kept: BTreeSet<usize> = order.into_iter().take(most).collect();
    let errors = report.count(Level::Error);
    let mut index = 0..;
    report.findings.retain(|_| index.next().is_some_and(|index| kept.contains(&index)));
    report.errors_left_out = errors - report.count(Level::Error);
    report.warnings_left_out = left_out - report.errors_left_out;
    let findings = if left_out == 1 { "1 finding".to_owned() } else { format!("{left_out} findings") };
    let (errors, warnings) = (report.errors_left_out, report.warnings_left_out);
    let message = format!("`--limit {most}` leaves out {findings} (errors: {errors}, warnings: {warnings})");
    // Notices without a path come first.
    report.notices.insert(0, Notice { kind: NoticeKind::FindingsLeftOut, path: None, range: None, message });
}
