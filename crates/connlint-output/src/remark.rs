//! What a run reports in addition to its findings, in one form for the formats of machines.

use connlint_diagnostics::Report;
use connlint_facts::{Notice, Span};

use crate::names::{notice_kind_name, notice_level};
use crate::summary::{baseline_line, change_lines, config_line, counted, hidden_line};
use crate::visible::visible_line;

/// Something that a run reports in addition to its findings.
pub(crate) struct Remark {
    /// `error`, `warning` or `note`.
    pub(crate) level: &'static str,
    /// The stable name of its kind.
    pub(crate) kind: &'static str,
    /// Where; a remark about a file as a whole has its first byte.
    pub(crate) span: Option<Span>,
    /// One line, safe to print.
    pub(crate) text: String,
}

impl Remark {
    fn note(kind: &'static str, text: String) -> Self {
        Self { level: "note", kind, span: None, text }
    }

    fn of_notice(notice: &Notice) -> Self {
        let span = notice.path.clone().map(|file| Span { file, range: notice.range.unwrap_or_default() });
        let text = visible_line(&notice.message).into_owned();
        Self { level: notice_level(notice.kind), kind: notice_kind_name(notice.kind), span, text }
    }
}

/// Notices in one output; readers have limits, and a project may have one for each of its files.
pub(crate) const MAX_NOTICES: usize = 1_000;

/// At most so many notices in the report's order, what makes the run incomplete before the rest, and how many are left
/// out.
pub(crate) fn shown_notices(notices: &[Notice], most: usize) -> (Vec<&Notice>, usize) {
    let left_out = notices.len().saturating_sub(most);
    if left_out == 0 {
        return (notices.iter().collect(), 0);
    }
    let mut order: Vec<(usize, &Notice)> = notices.iter().enumerate().collect();
    order.sort_by_key(|(index, notice)| (notice_level(notice.kind) == "note", *index));
    order.truncate(most);
    order.sort_by_key(|(index, _)| *index);
    (order.into_iter().map(|(_, notice)| notice).collect(), left_out)
}

/// The notices, the settings that were used, and how many findings are not known.
pub(crate) fn remarks_of(report: &Report) -> Vec<Remark> {
    let (shown, left_out) = shown_notices(&report.notices, MAX_NOTICES);
    let mut remarks: Vec<Remark> = shown.into_iter().map(Remark::of_notice).collect();
    if left_out > 0 {
        remarks
            .push(Remark::note("notices-left-out", format!("{left_out} further notices: the format `json` has all")));
    }
    if let Some(config) = &report.config {
        let level = if config.lowers() { "warning" } else { "note" };
        remarks.push(Remark { level, ..Remark::note("settings", config_line(config)) });
    }
    if !report.suppressed.is_empty() {
        let text = format!("{} suppressed in the source", counted(report.suppressed.len(), "finding"));
        remarks.push(Remark::note("suppressed", text));
    }
    remarks.extend(change_lines(report).into_iter().map(|text| Remark::note("change", text)));
    remarks.extend(baseline_line(report).map(|text| Remark::note("baseline", text)));
    remarks.extend(hidden_line(report).map(|text| Remark::note("hidden", text)));
    remarks
}
