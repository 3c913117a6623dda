//! One finding as a SARIF result.

use std::collections::{BTreeMap, BTreeSet};

use connlint_diagnostics::{Diagnostic, Fix, Label, Level, LintMetadata, SuppressedAt, SuppressedBy};
use connlint_facts::{RelPath, Span, SuppressionForm};
use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactChange, CodeFlow, Fix as SarifFix, Location, Message, Result as SarifResult, ResultLevel, Suppression,
    ThreadFlow, ThreadFlowLocation,
};

use super::location::Locator;
use super::rules::{capitalised, rank, result_properties};
use crate::names::{entry_name, ratings};
use crate::visible::visible_line;
use crate::wording::path;

/// GitHub shows no more places of one result.
const MAX_PLACES: usize = 100;

/// The fingerprint that neither lines nor names of files change. GitHub reads its own one only.
const IDENTITY: &str = "connlintIdentity/v1";

/// A place of the finding other than the primary one.
struct Place<'a> {
    span: &'a Span,
    text: String,
    kind: PlaceKind,
}

/// What a place is for the finding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceKind {
    Step,
    Label,
    /// A further place with the same cause.
    Sibling,
    /// A further entry point.
    Entry,
}

/// The result of a finding. `lints` are the rules, at the same index.
pub(super) fn result(
    diagnostic: &Diagnostic,
    by: Option<&SuppressedBy>,
    lints: &[&LintMetadata],
    locator: &Locator<'_>,
) -> SarifResult {
    let (places, left_out) = places(diagnostic);
    let level = if diagnostic.level == Level::Error { ResultLevel::Error } else { ResultLevel::Warning };
    let mut result = SarifResult::builder()
        .rule_id(diagnostic.lint.name)
        .level(level)
        .message(Message::builder().text(message(diagnostic, &places, left_out)).build())
        .locations(vec![locator.primary(diagnostic.shown_at())])
        .partial_fingerprints(fingerprints(diagnostic, locator))
        .rank(rank(diagnostic))
        .properties(result_properties(diagnostic))
        .build();
    let index = lints.iter().position(|lint| lint.name == diagnostic.lint.name);
    result.rule_index = index.and_then(|index| i64::try_from(index).ok());
    if !places.is_empty() {
        let numbered = places.iter().zip(1..).map(|(place, id)| locator.location(place.span, &place.text, Some(id)));
        result.related_locations = Some(numbered.collect());
    }
    if places.iter().any(|place| place.kind == PlaceKind::Step) {
        result.code_flows = Some(vec![code_flow(diagnostic, &places, locator)]);
    }
    if !diagnostic.fixes.is_empty() {
        result.fixes = Some(diagnostic.fixes.iter().map(|fix| sarif_fix(fix, locator)).collect());
    }
    if diagnostic.introduced.is_some() {
        result.baseline_state = Some(Value::from("new"));
    }
    if let Some(by) = by {
        result.suppressions = Some(vec![suppression(by, locator)]);
    }
    result
}

/// An empty message is no message.
fn without_message(mut location: Location) -> Location {
    let empty = location.message.as_ref().and_then(|message| message.text.as_deref()).is_none_or(str::is_empty);
    if empty {
        location.message = None;
    }
    location
}

/// Steps, then labels, further places of the same cause and further entry points; of very many the first and the last, and how many were left out between.
fn places<'d>(diagnostic: &'d Diagnostic) -> (Vec<Place<'d>>, usize) {
    let place = |span, text: &str, kind| Place { span, text: visible_line(text).into_owned(), kind };
    let labelled = |label: &'d Label, kind| place(&label.span, &label.text, kind);
    let steps = path(diagnostic).map(|(span, text)| place(span, text, PlaceKind::Step));
    let labels = diagnostic.labels.iter().map(|label| labelled(label, PlaceKind::Label));
    let siblings = diagnostic.siblings.iter().map(|label| labelled(label, PlaceKind::Sibling));
    let others = diagnostic.other_entries.iter();
    let others = others.map(|other| place(&other.span, entry_name(&other.entry), PlaceKind::Entry));
    let mut places: Vec<Place<'_>> = steps.chain(labels).chain(siblings).chain(others).collect();
    let left_out = places.len().saturating_sub(MAX_PLACES);
    if left_out > 0 {
        places.drain(MAX_PLACES / 2..MAX_PLACES / 2 + left_out);
    }
    (places, left_out)
}

/// What GitHub shows: its first sentence carries the point, and only linked places are shown.
fn message(diagnostic: &Diagnostic, places: &[Place<'_>], left_out: usize) -> String {
    let mut sentences = vec![sentence(&diagnostic.headline)];
    let link = |(place, id): (&Place<'_>, usize)| format!("[{}]({id})", escaped(&place.text));
    let linked = |kind: PlaceKind| -> Vec<String> {
        places.iter().zip(1..).filter(|(place, _)| place.kind == kind).map(link).collect()
    };
    let lists = [
        (PlaceKind::Step, "Path", " → "),
        (PlaceKind::Label, "See also", ", "),
        (PlaceKind::Sibling, "The same cause", ", "),
        (PlaceKind::Entry, "Also reached from", ", "),
    ];
    for (kind, title, separator) in lists {
        let links = linked(kind);
        if !links.is_empty() {
            sentences.push(format!("{title}: {}.", links.join(separator)));
        }
    }
    if left_out > 0 {
        sentences.push(format!("{left_out} further places are not listed."));
    }
    sentences.extend(diagnostic.notes.iter().chain(&diagnostic.help).map(|text| sentence(text)));
    sentences.push(sentence(&ratings(diagnostic)));
    sentences.join("\n")
}

/// Text as a sentence, in which nothing is taken for a link.
fn sentence(text: &str) -> String {
    let text = visible_line(text);
    let text = if text.contains("](") { escaped(&text) } else { text.into_owned() };
    let end = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{}{end}", capitalised(&text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn code_flow(diagnostic: &Diagnostic, places: &[Place<'_>], locator: &Locator<'_>) -> CodeFlow {
    let steps =
        places.iter().filter(|place| place.kind == PlaceKind::Step).map(|place| (place.span, place.text.clone()));
    let primary = (&diagnostic.primary, visible_line(&diagnostic.primary_label).into_owned());
    // A primary span that is not where the result is shown is a place already.
    let primary = (diagnostic.shown_at() == &diagnostic.primary).then_some(primary);
    let last = places.iter().filter(|place| place.kind == PlaceKind::Step).count();
    let last = if primary.is_some() { last } else { last.saturating_sub(1) };
    let locations = steps.chain(primary).enumerate().map(|(index, (span, text))| {
        let importance = if index == 0 || index == last { "essential" } else { "important" };
        let number = i64::try_from(index).unwrap_or_default();
        ThreadFlowLocation::builder()
            .location(without_message(locator.location(span, &text, None)))
            .execution_order(number + 1)
            .nesting_level(number)
            .importance(Value::from(importance))
            .build()
    });
    let flow = ThreadFlow::builder().locations(locations.collect::<Vec<_>>()).build();
    CodeFlow::builder().thread_flows(vec![flow]).build()
}

fn sarif_fix(fix: &Fix, locator: &Locator<'_>) -> SarifFix {
    let files: BTreeSet<&RelPath> = fix.edits.iter().map(|edit| &edit.span.file).collect();
    let change = |file: &RelPath| {
        let edits = fix.edits.iter().filter(|edit| edit.span.file == *file);
        let replacements: Vec<_> = edits.map(|edit| locator.replacement(&edit.span, &edit.text)).collect();
        ArtifactChange::builder().artifact_location(locator.artifact(file)).replacements(replacements).build()
    };
    let changes: Vec<_> = files.into_iter().map(change).collect();
    let description = Message::builder().text(sentence(&fix.message)).build();
    SarifFix::builder().description(description).artifact_changes(changes).build()
}

fn fingerprints(diagnostic: &Diagnostic, locator: &Locator<'_>) -> BTreeMap<String, String> {
    let identity = (IDENTITY.to_owned(), diagnostic.identity.id.clone());
    let mut fingerprints: BTreeMap<String, String> = [identity].into_iter().collect();
    if let Some((hash, column)) = locator.fingerprints(diagnostic.shown_at()) {
        fingerprints.insert("primaryLocationLineHash".to_owned(), hash);
        fingerprints.insert("primaryLocationStartColumnFingerprint".to_owned(), column.to_string());
    }
    fingerprints
}

fn suppression(by: &SuppressedBy, locator: &Locator<'_>) -> Suppression {
    let what = match by.form {
        SuppressionForm::Comment => "comment",
        SuppressionForm::Attribute => "attribute",
    };
    let place = match by.at {
        SuppressedAt::Primary => "on the finding itself".to_owned(),
        SuppressedAt::Step(step) => format!("on step {} of the path", step + 1),
        SuppressedAt::Label(label) => format!("on label {}", label + 1),
    };
    let reason = by.reason.as_deref().map(|reason| format!(": {}", visible_line(reason))).unwrap_or_default();
    Suppression::builder()
        .kind(Value::from("inSource"))
        .status(Value::from("accepted"))
        .location(locator.location(&by.span, &format!("suppressed by this {what}"), None))
        .justification(format!("{what} {place}{reason}"))
        .build()
}
