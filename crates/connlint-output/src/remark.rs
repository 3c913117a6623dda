//! What a run tells besides its findings, in one form for the formats of machines.

use connlint_diagnostics::Report;
use connlint_facts::{Notice, Span};

use crate::names::{notice_kind_name, notice_level};
use crate::summary::{config_line, counted, hidden_line};
use crate::visible::visible_line;

/// Something that a run tells besides its findings.
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

/// The notices, the settings that were used, and how many findings are not known.
pub(crate) fn remarks_of(report: &Report) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = report.notices.iter().map(Remark::of_notice).collect();
    if let Some(config) = &report.config {
        let level = if config.lowers() { "warning" } else { "note" };
        remarks.push(Remark { level, ..Remark::note("settings", config_line(config)) });
    }
    if !report.suppressed.is_empty() {
        let text = format!("{} suppressed in the source", counted(report.suppressed.len(), "finding"));
        remarks.push(Remark::note("suppressed", text));
    }
    remarks.extend(hidden_line(report).map(|text| Remark::note("hidden", text)));
    remarks
}
