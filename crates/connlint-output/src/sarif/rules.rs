//! All lints as rules.

use connlint_diagnostics::{Category, Confidence, Diagnostic, Impact, Level, LintMetadata, without_marks};
use connlint_facts::Notice;
use serde_json::{Value, json};
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

use super::measured::MEASURED;
use crate::names::{lint_url, notice_kind_name, notice_kind_summary};

/// GitHub's limit for descriptions, in characters.
const MAX_DESCRIPTION: usize = 1024;

/// One rule per lint, at the lint's index.
pub(super) fn rules(lints: &[&LintMetadata]) -> Vec<ReportingDescriptor> {
    lints.iter().map(|lint| rule(lint)).collect()
}

fn rule(lint: &LintMetadata) -> ReportingDescriptor {
    let summary = format!("{}.", capitalised(lint.summary));
    let what = lint.section("What it does").unwrap_or_default();
    let full = if what.is_empty() { summary.clone() } else { shortened(&joined(what), MAX_DESCRIPTION) };
    let docs = if lint.docs.trim().is_empty() { summary.clone() } else { without_marks(lint.docs.trim()) };
    let configuration = ReportingConfiguration::builder()
        .enabled(lint.level != Level::Off)
        .level(Value::from(sarif_level(lint.level)))
        .build();
    ReportingDescriptor::builder()
        .id(lint.name)
        .name(pascal_case(lint.name))
        .short_description(plain(shortened(&summary, MAX_DESCRIPTION)))
        .full_description(plain(full))
        .help(MultiformatMessageString::builder().text(docs.clone()).markdown(docs).build())
        .help_uri(lint_url(lint.name))
        .default_configuration(configuration)
        .properties(properties(lint))
        .build()
}

fn properties(lint: &LintMetadata) -> PropertyBag {
    let severity = match lint.level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Off => "recommendation",
    };
    let measured = precision(lint.name).map(|precision| ("precision", precision));
    let additional = [("problem.severity", severity)].into_iter().chain(measured);
    PropertyBag::builder()
        .tags(tags(lint.category))
        .additional_properties(
            additional
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .collect::<std::collections::BTreeMap<_, _>>(),
        )
        .build()
}

/// How precise a rule was where all its findings on fresh services were judged; nothing where too few were.
fn precision(lint: &str) -> Option<&'static str> {
    let &(_, is_true, all) = MEASURED.iter().find(|(name, _, all)| *name == lint && *all >= ENOUGH)?;
    Some(match 100 * is_true / all {
        97.. => "very-high",
        85.. => "high",
        60.. => "medium",
        _ => "low",
    })
}

/// Of fewer judged findings nothing follows.
const ENOUGH: u32 = 10;

fn tags(category: Category) -> Vec<String> {
    let quality = match category {
        Category::Exhaustion | Category::Queries => "performance",
        Category::Holding | Category::Lifecycle | Category::Configuration | Category::Limits => "reliability",
    };
    vec!["connections".to_owned(), category.name().to_owned(), quality.to_owned()]
}

/// The kinds of notices that occur, so that notifications refer to something.
pub(super) fn notification_descriptors(notices: &[Notice]) -> Vec<ReportingDescriptor> {
    let mut kinds: Vec<_> = notices.iter().map(|notice| notice.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let descriptor = |kind| {
        let (name, summary) = (notice_kind_name(kind), format!("{}.", capitalised(notice_kind_summary(kind))));
        ReportingDescriptor::builder()
            .id(name)
            .name(pascal_case(name))
            .short_description(plain(summary.clone()))
            .full_description(plain(summary.clone()))
            .help(plain(format!("{summary} What is named there was not analysed in full.")))
            .build()
    };
    kinds.into_iter().map(descriptor).collect()
}

/// Further facts of a result for tools that show properties.
pub(super) fn result_properties(diagnostic: &Diagnostic) -> PropertyBag {
    let (confidence, impact) = (&diagnostic.confidence, &diagnostic.impact);
    let additional = [
        ("confidence", json!(confidence.degree.name())),
        ("confidenceReasons", json!(confidence.reasons)),
        ("impact", json!(impact.degree.name())),
        ("impactReasons", json!(impact.reasons)),
        ("otherEntryPoints", json!(diagnostic.other_entries.len())),
    ];
    PropertyBag::builder()
        .additional_properties(
            additional
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<std::collections::BTreeMap<_, _>>(),
        )
        .build()
}

/// How much a result matters, from 0 to 100: the share of such findings that is expected to be true, weighed by impact.
pub(super) fn rank(diagnostic: &Diagnostic) -> f64 {
    let expected = match diagnostic.confidence.degree {
        Confidence::High => 97.0,
        Confidence::Medium => 85.0,
        Confidence::Low => 50.0,
    };
    let weight = match diagnostic.impact.degree {
        Impact::High => 1.0,
        Impact::Medium => 0.6,
        Impact::Low => 0.2,
    };
    expected * weight
}

/// The SARIF name of a level.
pub(super) fn sarif_level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Off => "note",
    }
}

fn plain(text: String) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// Text with its first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text, cut at a word if it has more than `most` characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(2)).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{} …", cut.get(..end).unwrap_or(&cut))
}

fn pascal_case(name: &str) -> String {
    name.split('-').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_descriptions_end_at_a_word() {
        assert_eq!(shortened("one two three", 10), "one two …");
        assert_eq!(shortened("one", 3), "one");
    }

    #[test]
    fn rule_names_are_in_pascal_case() {
        assert_eq!(pascal_case("connection-per-request"), "ConnectionPerRequest");
    }
}
