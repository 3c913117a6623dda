//! Groups and figures, limits of notices, where the code comes from, what a change does.

use connlint_diagnostics::{BaselineUsed, Change, ChangeCommit, Fixed, GroupBy, Grouping, Introduced, Level, Report};
use connlint_facts::{Notice, NoticeKind, RelPath};
use connlint_output::{AzurePipeline, EmitOptions, FORMATS, Provenance};
use serde_json::{Value, json};

use crate::common::{CONNECTION, REPO, emitted, format, report, span};

fn text(report: &Report, name: &str) -> String {
    emitted(report, format(name), &EmitOptions::default())
}

fn grouped(by: GroupBy, figures_only: bool) -> Report {
    Report { grouping: Some(Grouping { by, figures_only }), ..report() }
}

#[test]
fn findings_are_shown_below_the_heading_of_their_group() {
    let out = text(&grouped(GroupBy::Lint, false), "concise");
    let lines: Vec<&str> = out.lines().collect();
    let headings: Vec<&&str> = lines.iter().filter(|line| line.starts_with("== ")).collect();
    let summary = "a connection is opened for every request";
    assert_eq!(*headings[0], format!("== connection-per-request: {summary}: 2 errors"));
    assert!(headings[1].starts_with("== held-across-await: ") && headings[1].ends_with(": 1 warning"), "{headings:?}");
    assert!(lines[1].contains("error[connection-per-request]"), "{out}");
    let out = text(&grouped(GroupBy::Route, false), "full");
    assert!(out.contains("== GET /users/{id}: 1 error\n") && out.contains("== no entry point: "), "{out}");
}

#[test]
fn statistics_have_no_findings() {
    for by in GroupBy::ALL {
        let out = text(&grouped(*by, true), "full");
        assert!(out.starts_with(&format!("errors  warnings  {}\n", by.name())), "{out}");
        assert!(!out.contains("error[") && out.contains("2 errors, 1 warning in 120 files"), "{out}");
    }
    let document: Value = serde_json::from_str(&text(&grouped(GroupBy::File, true), "json")).unwrap();
    assert_eq!(document["groups"]["by"], "file");
    let groups = document["groups"]["groups"].as_array().unwrap();
    let all: usize = groups.iter().map(|group| group["findings"].as_array().unwrap().len()).sum();
    assert_eq!(all, report().findings.len());
}

#[test]
fn notices_are_limited_and_what_makes_a_run_incomplete_comes_first() {
    let mut report = report();
    let notice = |kind, number| Notice {
        kind,
        path: Some(RelPath::new(format!("src/f{number}.rs"))),
        range: None,
        message: format!("notice {number}"),
    };
    report.notices = (0..3_000).map(|number| notice(NoticeKind::OrphanFile, number)).collect();
    report.notices.push(notice(NoticeKind::ParseError, 3_000));
    for format in FORMATS.iter().filter(|format| !["json", "full", "concise"].contains(&format.name)) {
        let out = emitted(&report, format, &EmitOptions::default());
        assert!(out.contains("notice 3000"), "{} lacks the parse error", format.name);
        assert!(out.matches("notice 2").count() < 1_000, "{} has all notices", format.name);
        assert!(out.contains("further notices") || out.contains("more not shown"), "{}", format.name);
    }
    assert!(text(&report, "json").contains("notice 2999"));
}

#[test]
fn sarif_tells_where_the_code_comes_from_and_which_pipeline_ran() {
    let provenance = Provenance {
        repository: "https://code.example/o/r".to_owned(),
        revision: Some("abc".to_owned()),
        branch: None,
    };
    let pipeline = AzurePipeline {
        definition_id: "7".to_owned(),
        definition_name: "services".to_owned(),
        phase_id: "p".to_owned(),
        phase_name: "check".to_owned(),
    };
    let options =
        EmitOptions { provenance: Some(provenance), azure_pipeline: Some(pipeline), ..EmitOptions::default() };
    let log: Value = serde_json::from_str(&emitted(&report(), format("sarif"), &options)).unwrap();
    let run = &log["runs"][0];
    let expected = json!([{"repositoryUri": "https://code.example/o/r", "revisionId": "abc",
        "mappedTo": {"uriBaseId": "%SRCROOT%"}}]);
    assert_eq!(run["versionControlProvenance"], expected);
    let automation = &run["automationDetails"];
    assert_eq!(automation["id"], "azuredevops/pipeline/build/7/connlint/");
    assert_eq!(automation["properties"]["azuredevops/pipeline/build/phaseName"], "check");
    let log: Value = serde_json::from_str(&text(&report(), "sarif")).unwrap();
    assert!(log["runs"][0].get("versionControlProvenance").is_none());
    assert_eq!(log["runs"][0]["automationDetails"], json!({"id": "connlint/"}));
}

#[test]
fn every_format_tells_what_a_change_does_and_what_a_baseline_accepts() {
    let mut report = report();
    let at = span("src/repo.rs", REPO, "db::open(cfg)");
    report.findings[0].introduced = Some(Introduced { at: Some(at), what: "step 3 of 4".to_owned() });
    let fixed = Fixed {
        lint: &CONNECTION,
        level: Level::Error,
        headline: "it was @here\u{1b}[2J".to_owned(),
        identity: "x".to_owned(),
        path: RelPath::new("src/old.rs"),
        line: 7,
    };
    let commit =
        ChangeCommit { id: "c0ffee".to_owned(), subject: "say <b>no</b>".to_owned(), ..ChangeCommit::default() };
    let against = "`main` (1a2b3c4d5e)".to_owned();
    report.change = Some(Change { against, commit: Some(commit), unchanged: Some(4), fixed: vec![fixed] });
    report.baseline = Some(BaselineUsed { path: "b.txt".to_owned(), accepted: 2, stale: 0 });
    for format in FORMATS {
        let out = emitted(&report, format, &EmitOptions::default());
        for words in ["1a2b3c4d5e", "it was", "src/old.rs", "c0ffee", "b.txt"] {
            assert!(out.contains(words), "{} lacks {words}: {out}", format.name);
        }
        assert!(!out.contains('\u{1b}'), "{}", format.name);
    }
    let place = "src/repo.rs:2:17: error[connection-per-request]";
    assert!(text(&report, "concise").starts_with(place), "{}", text(&report, "concise"));
    let log: Value = serde_json::from_str(&text(&report, "sarif")).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "src/repo.rs");
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(flow.len(), 4);
    let last = &flow[3]["location"]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(last, "db%20crate/src/lib.rs", "the path ends at the opening expression");
}
