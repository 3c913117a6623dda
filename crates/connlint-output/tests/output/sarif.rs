//! The SARIF output against the official schema and the rules that GitHub adds to it.

use std::collections::BTreeSet;

use crate::common::{connection_finding, emitted, format, report};
use connlint_diagnostics::{Diagnostic, Label, Policy, Report, TraceStep, apply_policy};
use connlint_output::EmitOptions;
use serde_json::Value;

/// OASIS SARIF 2.1.0, as the crate serde-sarif ships it.
const SCHEMA: &str = include_str!("schema/sarif-schema-2.1.0.json");

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&emitted(report, format("sarif"), &EmitOptions::default())).unwrap()
}

fn assert_valid(log: &Value) {
    // One pattern has a `]` that only lenient engines accept.
    let schema = SCHEMA.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// All physical locations below a value.
fn physical_locations<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| physical_locations(item, found)),
        Value::Object(fields) => {
            found.extend(fields.get("physicalLocation"));
            fields.values().for_each(|field| physical_locations(field, found));
        }
        _ => {}
    }
}

#[test]
fn log_meets_the_official_schema() {
    assert_valid(&sarif(&report()));
}

#[test]
fn clean_report_has_empty_results_and_all_rules() {
    let clean = Report { findings: Vec::new(), suppressed: Vec::new(), ..report() };
    let log = sarif(&clean);
    assert_valid(&log);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), 3);
}

#[test]
fn log_names_schema_tool_and_category() {
    // GH1013, GH1018
    let log = sarif(&report());
    let (run, driver) = (&log["runs"][0], &log["runs"][0]["tool"]["driver"]);
    assert!(text(&log["$schema"]).ends_with("sarif-schema-2.1.0.json"));
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(driver["name"], "connlint");
    assert!(!text(&driver["semanticVersion"]).is_empty());
    assert_eq!(run["automationDetails"]["id"], "connlint/");
    assert_eq!(run["columnKind"], "utf16CodeUnits");
}

#[test]
fn every_rule_has_the_texts_that_github_shows() {
    // GH2012
    let log = sarif(&report());
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        assert!(!text(&rule["id"]).is_empty() && !text(&rule["help"]["text"]).is_empty());
        assert!(!text(&rule["help"]["markdown"]).is_empty());
        for description in ["shortDescription", "fullDescription"] {
            let description = text(&rule[description]["text"]);
            assert!((1..=1024).contains(&description.chars().count()));
        }
        assert!(["error", "warning", "note"].contains(&text(&rule["defaultConfiguration"]["level"])));
        // Only measured rules have it.
        let precision = rule["properties"].get("precision");
        assert!(precision.is_none_or(|word| ["very-high", "high", "medium", "low"].contains(&text(word))));
        assert!(["error", "warning", "recommendation"].contains(&text(&rule["properties"]["problem.severity"])));
        assert!(rule["properties"].get("security-severity").is_none());
        assert!((1..=10).contains(&rule["properties"]["tags"].as_array().unwrap().len()));
    }
}

#[test]
fn every_location_is_relative_and_on_one_line() {
    // GH1015, GH1017
    let log = sarif(&report());
    let mut locations = Vec::new();
    physical_locations(&log["runs"][0], &mut locations);
    assert!(!locations.is_empty());
    for location in locations {
        let uri = text(&location["artifactLocation"]["uri"]);
        assert!(!uri.is_empty() && !uri.starts_with(['/', '.']) && !uri.contains([' ', ':', '\\']), "{uri}");
        assert_eq!(location["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        let Some(region) = location.get("region") else { continue };
        assert_eq!(region["startLine"], region["endLine"]);
        assert!(region["startColumn"].as_u64().unwrap() >= 1);
        assert!(region["endColumn"].as_u64().unwrap() >= region["startColumn"].as_u64().unwrap());
    }
    assert!(log["runs"][0]["originalUriBaseIds"]["%SRCROOT%"].is_object());
}

#[test]
fn every_result_refers_to_its_rule_and_has_a_location() {
    let log = sarif(&report());
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        assert!(!text(&result["message"]["text"]).is_empty());
        assert!(result["partialFingerprints"].is_object());
    }
}

#[test]
fn columns_are_utf16_code_units() {
    let log = sarif(&report());
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    // `    /* 🦀 */ ` is 12 characters and 13 UTF-16 code units.
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(2), Some(14)));
    assert_eq!(region["endColumn"].as_u64(), Some(14 + 31));
}

#[test]
fn message_begins_with_the_headline_and_links_every_related_location() {
    let log = sarif(&report());
    let result = &log["runs"][0]["results"][0];
    let message = text(&result["message"]["text"]);
    assert!(message.starts_with("`GET /users/{id}` opens a new Postgres connection for every request."));
    let related = result["relatedLocations"].as_array().unwrap();
    // Three steps and eleven further entry points.
    assert_eq!(related.len(), 3 + 11);
    for location in related {
        assert!(message.contains(&format!("]({})", location["id"])), "{message}");
    }
}

#[test]
fn level_and_rank_follow_from_confidence_and_impact() {
    let log = sarif(&report());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let (sure, unsure) = (&results[0], &results[1]);
    assert_eq!((text(&sure["level"]), sure["rank"].as_f64()), ("error", Some(97.0)));
    assert_eq!((text(&unsure["level"]), unsure["rank"].as_f64()), ("warning", Some(51.0)));
    assert_eq!(unsure["properties"]["impactReasons"][0], "runs every 60 s");
}

#[test]
fn code_flow_goes_from_the_entry_point_to_the_primary_location() {
    let log = sarif(&report());
    let result = &log["runs"][0]["results"][0];
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let uris: Vec<&str> =
        steps.iter().map(|step| text(&step["location"]["physicalLocation"]["artifactLocation"]["uri"])).collect();
    assert_eq!(uris, ["src/routes.rs", "src/routes.rs", "src/repo.rs", "db%20crate/src/lib.rs"]);
    let (last, primary) = (steps.last().unwrap(), &result["locations"][0]);
    let (last, primary) = (&last["location"]["physicalLocation"], &primary["physicalLocation"]);
    assert_eq!(last["artifactLocation"], primary["artifactLocation"]);
    assert_eq!(last["region"]["startColumn"], primary["region"]["startColumn"]);
}

#[test]
fn notices_are_notifications_and_suppressions_are_kept() {
    let log = sarif(&report());
    let run = &log["runs"][0];
    let notices = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notices.len(), report().notices.len());
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let suppressed: Vec<&Value> =
        run["results"].as_array().unwrap().iter().filter(|result| result.get("suppressions").is_some()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["kind"], "inSource");
}

#[test]
fn very_long_paths_stay_within_githubs_limits() {
    let finding = connection_finding();
    let step = finding.trace[0].clone();
    let trace: Vec<TraceStep> = (0..20_000).map(|i| TraceStep { text: format!("step {i}"), ..step.clone() }).collect();
    let label = Label { span: step.span, text: "label".to_owned() };
    let long = Diagnostic { trace, labels: vec![label; 2_000], ..finding };
    let log = sarif(&apply_policy(vec![long], &[], Vec::new(), &[&crate::common::CONNECTION], &Policy::default()));
    assert_valid(&log);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 100);
    assert!(result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap().len() <= 1_000);
    assert!(text(&result["message"]["text"]).contains("21911 further places are not listed."));
}

#[test]
fn too_many_results_are_cut_and_told() {
    let finding = connection_finding();
    let found = (0..25_010).map(|i| {
        let mut finding = finding.clone();
        finding.trace.clear();
        finding.primary.range.start = i % 40;
        finding.primary.range.end = 40 + i;
        finding
    });
    let log = sarif(&apply_policy(found.collect(), &[], Vec::new(), &[&crate::common::CONNECTION], &Policy::default()));
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 25_000);
    let notices = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert!(text(&notices[0]["message"]["text"]).starts_with("10 results were left out"));
}

#[test]
fn brackets_in_code_make_no_links() {
    let mut finding = connection_finding();
    finding.headline = "`[x](http://evil)` opens".to_owned();
    let log = sarif(&apply_policy(vec![finding], &[], Vec::new(), &[&crate::common::CONNECTION], &Policy::default()));
    let message = text(&log["runs"][0]["results"][0]["message"]["text"]).to_owned();
    assert!(message.starts_with("`\\[x\\](http://evil)` opens."), "{message}");
}

#[test]
fn rule_ids_are_unique() {
    let log = sarif(&report());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| text(&rule["id"])).collect();
    assert_eq!(ids.len(), rules.len());
}
