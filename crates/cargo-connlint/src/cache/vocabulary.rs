//! The texts of the binary that a kept report names.

use connlint_diagnostics::Report;
use connlint_facts::{NoticeKind, TargetKind};
use connlint_output::{StoredReport, Vocabulary, notice_kind_name};
use connlint_semantic::UnresolvedCause;

use crate::levels::lint_metadata;
use crate::work;

/// The report that was kept.
pub(super) fn restored(report: StoredReport) -> Option<Report> {
    let causes = UnresolvedCause::ALL.iter().flat_map(|cause| [cause.name(), cause.summary()]);
    let kinds = TargetKind::ALL.iter().map(|kind| kind.name());
    let notices = NoticeKind::ALL.iter().map(|kind| notice_kind_name(*kind));
    let words: Vec<&'static str> = causes.chain(kinds).chain(notices).chain(work::NAMES).collect();
    report.restored(&Vocabulary { lints: &lint_metadata(), words: &words })
}
