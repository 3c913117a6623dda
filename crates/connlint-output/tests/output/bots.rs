//! The formats of bots and CI systems against what their readers accept.

use std::collections::BTreeSet;

use crate::common::{connection_finding, emitted, format, report};
use connlint_diagnostics::{ConfigUsed, Diagnostic, Level, Report};
use connlint_facts::{RelPath, TextRange};
use connlint_output::{EmitOptions, FORMATS};
use serde_json::{Value, json};

fn text(report: &Report, name: &str) -> String {
    emitted(report, format(name), &EmitOptions::default())
}

fn value(report: &Report, name: &str) -> Value {
    serde_json::from_str(&text(report, name)).unwrap()
}

fn clean() -> Report {
    Report {
        findings: Vec::new(),
        suppressed: Vec::new(),
        notices: Vec::new(),
        hidden_by_confidence: 0,
        hidden_by_impact: 0,
        ..report()
    }
}

/// A report with `count` errors, as many warnings after them, and names that are made to break formats.
fn hostile(count: usize) -> Report {
    let evil = "<b>&\"' ]]> %0A::error::x ##vso[task.complete] `` @team [a](https://b.example)\n-->\u{ffff}\u{1b}";
    let finding = |level: Level| Diagnostic {
        level,
        headline: evil.to_owned(),
        help: vec![evil.to_owned()],
        notes: vec![evil.to_owned()],
        ..connection_finding()
    };
    let mut findings = vec![finding(Level::Warn); count];
    findings.extend(vec![finding(Level::Error); count]);
    if let Some(first) = findings.first_mut() {
        first.primary.file = RelPath::new("::add-mask::,a:b;].rs");
    }
    let mut report = Report { findings, ..report() };
    for notice in &mut report.notices {
        notice.message = evil.to_owned();
    }
    report.config = Some(ConfigUsed { path: evil.to_owned(), ..ConfigUsed::default() });
    report
}

fn assert_meets(schema: &Value, document: &Value) {
    let validator = jsonschema::options().build(schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// An object with these fields and no others.
fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

/// Asserts that XML is well-formed, and gives its elements with their attributes.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let (mut rest, mut open, mut found) = (rest, Vec::<String>::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        assert_is_text(&rest[..at]);
        assert!(!open.is_empty() || found.is_empty(), "a second root: {rest}");
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if !empty {
            open.push(name.to_owned());
        }
        found.push((name.to_owned(), self::attributes(attributes)));
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} is open, then {rest}");
    found
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect("an attribute has a value");
        let (value, after) = value.split_once('"').expect("a value ends");
        assert_is_text(value);
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
        assert!(found.iter().all(|(known, _)| known != name), "{name} is there twice");
        found.push((name.to_owned(), value.to_owned()));
        rest = after.strip_prefix(' ').unwrap_or(after);
        assert!(rest.is_empty() || after.starts_with(' '), "no blank before {rest}");
    }
    found
}

fn assert_is_text(text: &str) {
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{ffff}' && c != '<' && c != '>')), "{text}");
    for rest in text.split('&').skip(1) {
        let entity = rest.split(';').next().unwrap();
        assert!(["amp", "lt", "gt", "quot", "apos", "#10"].contains(&entity), "&{entity}");
    }
}

fn attribute<'a>(element: &'a (String, Vec<(String, String)>), name: &str) -> &'a str {
    element.1.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

#[test]
fn xml_is_well_formed_whatever_the_code_is_called() {
    for name in ["junit", "checkstyle"] {
        for report in [report(), clean(), hostile(3)] {
            assert!(!elements(&text(&report, name)).is_empty());
        }
    }
}

#[test]
fn junit_counts_are_those_of_its_tests() {
    for report in [report(), clean(), hostile(3)] {
        let elements = elements(&text(&report, "junit"));
        let count = |name: &str| elements.iter().filter(|element| element.0 == name).count().to_string();
        let suite = elements.iter().find(|element| element.0 == "testsuite").unwrap();
        assert_eq!(attribute(suite, "tests"), count("testcase"));
        assert_eq!(attribute(suite, "failures"), count("failure"));
        assert_eq!(attribute(suite, "skipped"), count("skipped"));
        assert_ne!(attribute(suite, "tests"), "0");
    }
}

/// Each element and its attributes by junit-10.xsd of Jenkins' xUnit plugin, which refuses any other.
const JUNIT: [(&str, &[&str]); 6] = [
    ("testsuites", &["name", "time", "tests", "failures", "errors"]),
    ("testsuite", &["name", "tests", "failures", "errors", "skipped", "time", "timestamp", "file"]),
    ("testcase", &["name", "time", "classname", "group"]),
    ("failure", &["type", "message"]),
    ("skipped", &["type", "message"]),
    ("system-out", &[]),
];

#[test]
fn junit_has_only_the_attributes_of_the_schema() {
    for report in [report(), clean(), hostile(3)] {
        for (name, attributes) in elements(&text(&report, "junit")) {
            let allowed = JUNIT.iter().find(|(known, _)| *known == name).map(|(_, allowed)| *allowed);
            let unknown =
                |(attribute, _): &&(String, String)| !allowed.is_some_and(|all| all.contains(&attribute.as_str()));
            assert_eq!(attributes.iter().find(unknown), None, "{name}");
            assert!(allowed.is_some(), "{name}");
        }
    }
}

#[test]
fn checkstyle_has_each_finding_and_notice_once() {
    let report = report();
    let elements = elements(&text(&report, "checkstyle"));
    let of = |severity: &str| elements.iter().filter(|e| attribute(e, "severity") == severity).count();
    assert_eq!(of("error"), report.count(Level::Error));
    // Three notices are warnings.
    assert_eq!(of("warning"), report.count(Level::Warn) + 3);
    let files: Vec<&str> = elements.iter().filter(|e| e.0 == "file").map(|e| attribute(e, "name")).collect();
    assert_eq!(files.iter().collect::<BTreeSet<_>>().len(), files.len());
}

#[test]
fn rdjson_meets_the_documented_shape() {
    let at = object(&["line", "column"], json!({"line": {"minimum": 1}, "column": {"minimum": 1}}));
    let range = object(&["start", "end"], json!({"start": at, "end": at}));
    let location = object(&["path"], json!({"path": {"type": "string"}, "range": range}));
    let related = object(&["message", "location"], json!({"message": {"type": "string"}, "location": location}));
    let code = object(&["value"], json!({"value": {"type": "string"}, "url": {"type": "string"}}));
    let suggestion = object(&["range", "text"], json!({"range": range, "text": {"type": "string"}}));
    let severity = json!({"enum": ["ERROR", "WARNING", "INFO"]});
    let diagnostic = object(
        &["message", "location", "severity", "code"],
        json!({"message": {"minLength": 1}, "location": location, "severity": severity, "code": code,
            "related_locations": {"type": "array", "items": related},
            "suggestions": {"type": "array", "items": suggestion}}),
    );
    let source = object(&["name", "url"], json!({"name": {"const": "connlint"}, "url": {"type": "string"}}));
    let schema = object(
        &["source", "severity", "diagnostics"],
        json!({"source": source, "severity": severity, "diagnostics": {"type": "array", "items": diagnostic}}),
    );
    for report in [report(), clean(), hostile(3)] {
        assert_meets(&schema, &value(&report, "rdjson"));
    }
    // Columns count bytes: four of the line's are one character.
    let document = value(&report(), "rdjson");
    assert_eq!(document["diagnostics"][0]["location"]["range"]["start"], json!({"line": 2, "column": 16}));
}

#[test]
fn gitlab_fingerprints_are_unique_and_issues_have_all_fields() {
    let lines = object(&["begin", "end"], json!({"begin": {"minimum": 1}, "end": {"minimum": 1}}));
    let location = object(&["path", "lines"], json!({"path": {"minLength": 1}, "lines": lines}));
    let issue = object(
        &["description", "check_name", "fingerprint", "severity", "location"],
        json!({"description": {"minLength": 1}, "check_name": {"type": "string"}, "fingerprint": {"minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]}, "location": location}),
    );
    for report in [report(), clean(), hostile(40)] {
        let document = value(&report, "gitlab");
        assert_meets(&json!({"type": "array", "items": issue}), &document);
        let issues = document.as_array().unwrap();
        let fingerprints: BTreeSet<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(fingerprints.len(), issues.len());
    }
}

#[test]
fn identities_depend_on_the_path_and_not_on_texts() {
    let before = value(&report(), "gitlab");
    let mut moved = report();
    moved.findings.truncate(2);
    for finding in &mut moved.findings {
        finding.other_entries.clear();
        finding.notes.clear();
    }
    let after = value(&moved, "gitlab");
    for index in 0..2 {
        assert_eq!(before[index]["fingerprint"], after[index]["fingerprint"]);
    }
    let mut other = report();
    other.findings[0].trace.pop();
    assert_ne!(before[0]["fingerprint"], value(&other, "gitlab")[0]["fingerprint"]);
}

#[test]
fn github_gets_ten_annotations_of_a_level_and_the_rest_in_the_log() {
    let out = text(&hostile(13), "github");
    let count = |start: &str| out.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 10, 1));
    assert!(out.contains("::group::connlint: 6 findings not annotated"), "{out}");
    assert_eq!(count("::group::"), count("::endgroup::"));
    let commands = ["::error ", "::warning ", "::notice ", "::group::connlint: ", "::endgroup::"];
    for line in out.lines() {
        let known = commands.iter().any(|command| line.starts_with(command));
        assert!(known || !line.trim_start().starts_with("::"), "the code gives a command: {line}");
        assert!(known || !line.contains("##["), "{line}");
    }
}

#[test]
fn github_columns_are_on_one_line() {
    let out = text(&report(), "github");
    let held = out.lines().find(|line| line.contains("held-across-await")).unwrap();
    assert!(held.contains("file=db crate/src/lib.rs,line=6,endLine=6,col=14,endColumn=18::"), "{held}");
    let gone = out.lines().find(|line| line.contains("removed meanwhile")).unwrap();
    assert!(gone.contains("file=gone.rs::"), "{gone}");
}

#[test]
fn azure_obeys_no_command_of_the_code() {
    let out = text(&hostile(2), "azure");
    let issues = out.lines().filter(|line| line.starts_with("##vso[task.logissue type=")).count();
    // Four findings and three notices that are warnings.
    assert_eq!(issues, 7, "{out}");
    let others = out.lines().filter(|line| !line.starts_with("##vso[task.logissue type="));
    for line in others {
        assert!(!line.contains("##vso["), "{line}");
    }
    assert!(out.contains("sourcepath=::add-mask::,a:b%3B%5D.rs;"), "{out}");
}

#[test]
fn review_has_thirty_comments_errors_first_and_the_rest_in_its_body() {
    let comment = object(
        &["path", "line", "side", "body"],
        json!({"path": {"type": "string"}, "line": {"minimum": 1}, "side": {"const": "RIGHT"},
            "body": {"type": "string", "maxLength": 65536}}),
    );
    let schema = object(
        &["event", "body", "comments"],
        json!({"event": {"const": "COMMENT"}, "body": {"minLength": 1, "maxLength": 65536},
            "comments": {"type": "array", "maxItems": 30, "items": comment}}),
    );
    for report in [report(), clean(), hostile(300)] {
        assert_meets(&schema, &value(&report, "github-review"));
    }
    let document = value(&hostile(20), "github-review");
    let comments = document["comments"].as_array().unwrap();
    let is_error = |comment: &Value| comment["body"].as_str().unwrap().contains("**error**");
    assert_eq!((comments.len(), comments.iter().filter(|c| is_error(c)).count()), (30, 20));
    let markers: BTreeSet<&str> =
        comments.iter().map(|c| c["body"].as_str().unwrap().lines().next().unwrap()).collect();
    assert_eq!(markers.len(), 30);
    let body = document["body"].as_str().unwrap();
    assert_eq!(body.matches("<!-- connlint: ").count(), 10, "{body}");
}

#[test]
fn review_suggests_only_what_changes_the_line_of_its_comment() {
    let suggests = |report: &Report| text(report, "github-review").contains("suggestion\\n");
    let mut report = report();
    assert!(suggests(&report));
    for finding in &mut report.findings {
        for edit in finding
            .fixes
            .iter_mut()
            .flat_map(|fix| &mut fix.edits)
            .filter(|edit| edit.span.range.start == edit.span.range.end)
        {
            edit.span.range = TextRange::new(0, 0);
        }
    }
    assert!(!suggests(&report), "GitHub would replace the line of the comment alone");
}

#[test]
fn comments_have_no_markup_of_the_code_and_fit_into_github() {
    let out = text(&hostile(100), "markdown");
    assert!(out.chars().count() <= 65_536);
    assert!(out.contains("more not shown: a comment has no more room."));
    for marked in ["<b>", "@team", "https://b.example"] {
        assert!(!out.contains(marked), "{marked}");
    }
    assert!(out.starts_with("<!-- connlint -->\n"));
}

#[test]
fn agents_get_one_line_per_finding_with_its_help() {
    let report = report();
    let out = text(&report, "agent");
    let lines: Vec<&str> =
        out.lines().filter(|line| line.contains(": error ") || line.contains(": warning ")).collect();
    assert_eq!(lines.len(), report.findings.len());
    assert!(lines[0].starts_with("db crate/src/lib.rs:2:13: error connection-per-request: "), "{}", lines[0]);
    assert!(lines[0].contains("help: build one `PgPool`"), "{}", lines[0]);
    assert!(lines[0].contains("src/repo.rs:2:17 calls `db::open`"), "{}", lines[0]);
}

#[test]
fn every_format_contains_the_notices_and_the_settings() {
    let mut report = report();
    report.config = Some(ConfigUsed { path: "connlint.toml".to_owned(), ..ConfigUsed::default() });
    for format in FORMATS {
        let out = emitted(&report, format, &EmitOptions::default());
        for word in ["the function is not analysed", "4 lints stopped early", "stale-suppression", "connlint.toml"] {
            assert!(out.contains(word), "{} does not contain {word}", format.name);
        }
    }
}
