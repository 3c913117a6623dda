//! SARIF 2.1.0, as GitHub code scanning, VS Code and reviewdog read it.
//!
//! GitHub asks for more than the schema: all rules with texts, one location on one line, fingerprints, and links in the
//! message for every place that is to be shown. The tests hold those rules.

mod location;
mod measured;
mod provenance;
mod result;
mod rules;

use std::io::{self, Write};

use connlint_diagnostics::{ConfigUsed, Level, Report};
use connlint_facts::Notice;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, Notification, ReportingDescriptorReference, Run, Sarif, Tool,
    ToolComponent,
};

use crate::json_text::write_json;
use crate::names::{REPOSITORY, VERSION, notice_kind_name, notice_level};
use crate::remark::{MAX_NOTICES, shown_notices};
use crate::sources::SourceCache;
use crate::summary::{baseline_line, change_lines, config_line};
use crate::visible::visible_line;
use crate::{EmitOptions, Format};
use location::{Locator, SRCROOT};
use rules::capitalised;

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "sarif",
    summary: "SARIF 2.1.0, for GitHub code scanning",
    readers: "GitHub code scanning and other readers of SARIF 2.1.0",
    extension: "json",
    all_figures: false,
    has_provenance: true,
    write,
};

pub(crate) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// GitHub refuses a run with more results.
const MAX_RESULTS: usize = 25_000;

/// Writes the report as one SARIF log.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let log = log(report, sources, options);
    write_json(to, &log)
}

fn log(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions) -> Sarif {
    let locator = Locator { sources, options };
    let (shown, left_out) = shown_notices(&report.notices, MAX_NOTICES);
    let mut notifications: Vec<Notification> = shown.iter().map(|notice| notification(notice, &locator)).collect();
    if left_out > 0 {
        notifications.push(note(&format!("{left_out} further notices: the format `json` has all")));
    }
    notifications.extend(change_lines(report).iter().chain(&baseline_line(report)).map(|line| note(line)));
    let results = results(report, &locator, &mut notifications);
    let driver = ToolComponent::builder()
        .name("connlint")
        .full_name(format!("connlint {VERSION}"))
        .semantic_version(VERSION)
        .information_uri(REPOSITORY)
        .rules(rules::rules(&report.lints))
        .notifications(rules::notification_descriptors(&report.notices))
        .build();
    let mut invocation =
        Invocation::builder().execution_successful(true).tool_execution_notifications(notifications).build();
    invocation.tool_configuration_notifications = report.config.as_ref().map(|config| vec![configuration(config)]);
    let root =
        ArtifactLocation::builder().description(Message::builder().text("The root of the repository.").build()).build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(provenance::automation(options))
        .column_kind("utf16CodeUnits")
        .original_uri_base_ids([(SRCROOT.to_owned(), root)].into_iter().collect::<std::collections::BTreeMap<_, _>>())
        .invocations(vec![invocation])
        .results(results)
        .build();
    let run = Run { version_control_provenance: provenance::version_control(options), ..run };
    Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build()
}

/// The results in the report's order; if they are too many, the most important ones, and a notification.
fn results(
    report: &Report,
    locator: &Locator<'_>,
    notifications: &mut Vec<Notification>,
) -> Vec<serde_sarif::sarif::Result> {
    let findings = report.findings.iter().map(|finding| (finding, None));
    let suppressed = report.suppressed.iter().map(|suppressed| (&suppressed.diagnostic, Some(&suppressed.by)));
    let mut all: Vec<_> = findings.chain(suppressed).enumerate().collect();
    if all.len() > MAX_RESULTS {
        let left_out = all.len() - MAX_RESULTS;
        all.sort_by_key(|(_, (finding, by))| (by.is_some(), finding.level != Level::Error));
        all.truncate(MAX_RESULTS);
        all.sort_by_key(|(order, _)| *order);
        let text = format!("{left_out} results were left out: a SARIF run holds at most {MAX_RESULTS}.");
        let message = Message::builder().text(text).build();
        notifications.push(Notification::builder().level("warning").message(message).build());
    }
    all.into_iter().map(|(_, (finding, by))| result::result(finding, by, &report.lints, locator)).collect()
}

fn note(line: &str) -> Notification {
    let message = Message::builder().text(format!("{}.", capitalised(line))).build();
    Notification::builder().level("note").message(message).build()
}

/// Which settings were used. Ones that make a lint matter less are a warning: the analysed project brings them.
fn configuration(config: &ConfigUsed) -> Notification {
    let level = if config.lowers() { "warning" } else { "note" };
    let message = Message::builder().text(format!("{}.", capitalised(&config_line(config)))).build();
    Notification::builder().level(level).message(message).build()
}

fn notification(notice: &Notice, locator: &Locator<'_>) -> Notification {
    let descriptor = ReportingDescriptorReference::builder().id(notice_kind_name(notice.kind)).build();
    let message = Message::builder().text(visible_line(&notice.message)).build();
    let level = serde_json::Value::from(notice_level(notice.kind));
    let notification = Notification::builder().descriptor(descriptor).level(level).message(message);
    match &notice.path {
        Some(path) => {
            let physical = locator.physical(path, notice.range);
            notification.locations(vec![Location::builder().physical_location(physical).build()]).build()
        }
        None => notification.build(),
    }
}
