//! The lines below the findings, for people.

use std::io::{self, Write};
use std::time::Duration;

use connlint_diagnostics::{
    Applicability, ChangeCommit, ConfigUsed, CrateResolution, Diagnostic, Level, Report, ResolvedShare, UnresolvedCount,
};
use connlint_facts::{Notice, NoticeKind};

use crate::EmitOptions;
use crate::names::{notice_kind_name, notice_kind_summary};
use crate::sources::SourceCache;
use crate::visible::visible_line;
use crate::wording::level_name;

/// How many notices of a kind are shown unless all are asked for.
const SHOWN_NOTICES: usize = 3;

/// `3 errors, 1 warning in 120 files (34 entry points)`: the same for each run over the same files.
pub(crate) fn result_line(report: &Report) -> String {
    result_with(report, None)
}

/// The same with the time that the run took, for people: `3 errors, 1 warning in 120 files (34 entry points, 0.42 s)`.
pub(crate) fn timed_result_line(report: &Report) -> String {
    result_with(report, report.stats.elapsed)
}

fn result_with(report: &Report, elapsed: Option<Duration>) -> String {
    if report.stats.files == 0 && report.findings.is_empty() {
        return "nothing was analysed: no Rust source file was found".to_owned();
    }
    let (errors, warnings) = (report.total(Level::Error), report.total(Level::Warn));
    let found = match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let mut details = vec![counted(report.stats.entry_points, "entry point")];
    if let Some(elapsed) = elapsed {
        details.push(format!("{:.2} s", elapsed.as_secs_f64()));
    }
    format!("{found} in {} ({})", counted(report.stats.files, "file"), details.join(", "))
}

/// Which file of settings was used, and what it changes: one sentence without a full stop.
pub(crate) fn config_line(config: &ConfigUsed) -> String {
    let mut line = format!("settings of `{}`", visible_line(&config.path));
    let levels: Vec<String> =
        config.levels.iter().map(|changed| format!("{} = {}", changed.lint, changed.to)).collect();
    let mut changes = Vec::new();
    if !levels.is_empty() {
        changes.push(levels.join(", "));
    }
    if config.overrides > 0 {
        changes.push(format!("{} of levels", counted(config.overrides, "override")));
    }
    if !config.hidden_notices.is_empty() {
        changes.push(format!("hidden notices: {}", config.hidden_notices.join(", ")));
    }
    if !config.models.is_empty() {
        let models: Vec<String> = config.models.iter().map(|name| format!("`{}`", visible_line(name))).collect();
        changes.push(format!("models of {}", models.join(", ")));
    }
    if !changes.is_empty() {
        line += ": ";
        line += &changes.join("; ");
    }
    line
}

/// What is not shown above, one remark per line.
pub(crate) fn remarks(report: &Report) -> Vec<String> {
    let mut remarks: Vec<String> = report.config.iter().map(config_line).collect();
    if !report.suppressed.is_empty() {
        remarks.push(format!("{} suppressed in the source", counted(report.suppressed.len(), "finding")));
    }
    remarks.extend(change_lines(report));
    remarks.extend(baseline_line(report));
    remarks.extend(hidden_line(report));
    remarks.extend(fix_line(report));
    let mut lints: Vec<&str> = report.findings.iter().map(|finding| finding.lint.name).collect();
    lints.sort_unstable();
    lints.dedup();
    if let Some(lint) = lints.first() {
        remarks.push(format!("run `connlint explain {lint}` for details"));
    }
    remarks
}

/// How many findings can be corrected in place.
fn fix_line(report: &Report) -> Option<String> {
    let has = |finding: &Diagnostic, degree| finding.fixes.iter().any(|fix| fix.applicability == degree);
    let of = |degree| report.findings.iter().filter(|finding| has(finding, degree)).count();
    match (of(Applicability::Certain), of(Applicability::Likely)) {
        (0, 0) => None,
        (certain, 0) => Some(format!("run `connlint --fix` to correct {}", counted(certain, "finding"))),
        (0, likely) => Some(format!(
            "run `connlint --fix --unsafe-fixes` to correct {}, and look at the result",
            counted(likely, "finding")
        )),
        (certain, likely) => Some(format!(
            "run `connlint --fix` to correct {}; `--unsafe-fixes` corrects {likely} more, look at the result",
            counted(certain, "finding")
        )),
    }
}

/// What the change that is reported introduces and fixes: how many, the commit, then each that is fixed.
pub(crate) fn change_lines(report: &Report) -> Vec<String> {
    let Some(change) = &report.change else { return Vec::new() };
    let against = visible_line(&change.against);
    let introduced = report.total(Level::Error) + report.total(Level::Warn);
    let mut lines = vec![match change.unchanged {
        Some(unchanged) => {
            let fixed = change.fixed.len();
            format!("against {against}: {introduced} introduced, {fixed} fixed, {unchanged} unchanged")
        }
        None => format!("against {against}: {introduced} on lines of the diff; what it fixes is not known from a diff"),
    }];
    if let Some(ChangeCommit { id, author, date, subject }) = &change.commit {
        let (author, subject) = (visible_line(author), visible_line(subject));
        lines.insert(0, format!("commit {id} of {date} by {author}: {subject}"));
    }
    let shown = change.fixed.iter().take(SHOWN_FIXED);
    lines.extend(shown.map(|fixed| {
        let (level, lint) = (level_name(fixed.level), fixed.lint.name);
        let (path, headline) = (visible_line(fixed.path.as_str()), visible_line(&fixed.headline));
        format!("fixed: {level}[{lint}] {headline} (was at {path}:{})", fixed.line)
    }));
    if change.fixed.len() > SHOWN_FIXED {
        lines.push(format!("fixed: {} more", change.fixed.len() - SHOWN_FIXED));
    }
    lines
}

/// How many fixed findings are named.
const SHOWN_FIXED: usize = 50;

/// How many findings the baseline accepts.
pub(crate) fn baseline_line(report: &Report) -> Option<String> {
    let baseline = report.baseline.as_ref()?;
    let path = visible_line(&baseline.path);
    Some(format!("{} accepted by the baseline `{path}`", counted(baseline.accepted, "finding")))
}

/// How many findings the minimums hide.
pub(crate) fn hidden_line(report: &Report) -> Option<String> {
    let (confidence, impact) = (report.hidden_by_confidence, report.hidden_by_impact);
    let why = match (confidence, impact) {
        (0, 0) => return None,
        (_, 0) => "of lower confidence".to_owned(),
        (0, _) => "of lower impact".to_owned(),
        _ => format!("of lower confidence ({confidence}) or impact ({impact})"),
    };
    let hidden = counted(confidence + impact, "finding");
    Some(format!("{hidden} {why} not shown: `--pedantic` shows all"))
}

/// The notices, grouped by kind.
pub(crate) fn write_notices(
    report: &Report,
    sources: &SourceCache<'_>,
    options: &EmitOptions,
    to: &mut dyn Write,
) -> io::Result<()> {
    for (kind, notices) in by_kind(&report.notices) {
        writeln!(to, "notice[{}]: {} ({})", notice_kind_name(kind), notice_kind_summary(kind), notices.len())?;
        let shown = if options.verbosity > 0 { notices.len() } else { SHOWN_NOTICES };
        for notice in notices.iter().take(shown) {
            writeln!(to, "  {}", notice_text(notice, sources))?;
        }
        if notices.len() > shown {
            writeln!(to, "  … and {} more (`-v` shows all)", notices.len() - shown)?;
        }
    }
    Ok(())
}

/// `path:line:column: message`, or the message alone; safe to print.
pub(crate) fn notice_text(notice: &Notice, sources: &SourceCache<'_>) -> String {
    let message = visible_line(&notice.message);
    match &notice.path {
        Some(path) => format!("{}: {message}", sources.place(path, notice.range)),
        None => message.into_owned(),
    }
}

/// Figures of the run, one per line.
pub(crate) fn figures(report: &Report) -> Vec<String> {
    let stats = &report.stats;
    let mut lines = vec![format!(
        "{} lines in {}, {}",
        stats.lines,
        counted(stats.crates, "crate"),
        counted(stats.functions, "function")
    )];
    if stats.resolution.is_empty() {
        return lines;
    }
    let (functions, methods) = stats.resolved();
    lines.push(format!(
        "{} calls resolved: {}, {}",
        share(functions + methods),
        of("function", functions),
        of("method", methods)
    ));
    let width = stats.resolution.iter().map(|krate| krate.krate.len()).max().unwrap_or_default();
    for CrateResolution { krate, functions, methods } in &stats.resolution {
        let krate = visible_line(krate);
        lines.push(format!("  {krate:width$}  {}, {}", of("function", *functions), of("method", *methods)));
    }
    let unresolved: usize = stats.unresolved_on_recurring_paths.iter().map(|count| count.calls).sum();
    lines.push(format!("{} on recurring paths", counted(unresolved, "unresolved call")));
    for UnresolvedCount { cause, summary, calls } in &stats.unresolved_on_recurring_paths {
        lines.push(format!("  {calls:6}  {cause}: {summary}"));
    }
    lines
}

/// How much was done: numbers by which two runs are compared, whatever the machine.
pub(crate) fn work_line(report: &Report) -> Option<String> {
    let counts: Vec<String> = report.stats.work.iter().map(|work| format!("{} {}", work.what, work.count)).collect();
    (!counts.is_empty()).then(|| format!("work: {}", counts.join(", ")))
}

/// `30 of 40 (75.0 %)`.
fn share(share: ResolvedShare) -> String {
    format!("{} of {} ({:.1} %)", share.resolved, share.total, share.percent())
}

fn of(noun: &str, calls: ResolvedShare) -> String {
    format!("{noun}s {}", share(calls))
}

fn by_kind(notices: &[Notice]) -> Vec<(NoticeKind, Vec<&Notice>)> {
    let mut sorted: Vec<&Notice> = notices.iter().collect();
    sorted.sort_by_key(|notice| notice.kind);
    let groups = sorted.chunk_by(|a, b| a.kind == b.kind);
    groups.filter_map(|group| group.first().map(|first| (first.kind, group.to_vec()))).collect()
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
