//! Incidents as they happened, and their repaired twins.

use connlint_parser::Limits;
use connlint_tests::files::{fixtures, folders, shown};
use connlint_tests::fixture::{differences, marks_below};
use connlint_tests::pipeline::analyse;

#[test]
fn marks_of_all_incidents_are_met_exactly() {
    let incidents = folders(&fixtures().join("incidents"));
    assert!(!incidents.is_empty());
    let differences: Vec<String> = incidents.iter().flat_map(|incident| differences(incident)).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn each_incident_has_a_repaired_twin_without_marks() {
    for incident in folders(&fixtures().join("incidents")) {
        let name = incident.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with("-repaired") {
            assert!(marks_below(&incident).is_empty(), "{}", shown(&incident));
        } else {
            assert!(!marks_below(&incident).is_empty(), "{}", shown(&incident));
            assert!(incident.with_file_name(format!("{name}-repaired")).is_dir(), "{}", shown(&incident));
        }
    }
}

#[test]
fn the_founding_incident_is_told_from_the_route_down_to_the_opening() {
    let root = fixtures().join("incidents/2023-10-15-connection-per-request");
    let report = analyse(&root, &Limits::default());
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    let entry = finding.entry.as_ref().expect("its entry point is known");
    assert_eq!(entry.route.as_deref(), Some("GET /users"));
    assert_eq!(entry.kind, "request-handler");
    let files: Vec<&str> = finding.trace.iter().map(|step| step.span.file.as_str()).collect();
    assert_eq!(files, ["crates/server/src/routes.rs", "crates/server/src/routes.rs", "crates/repo/src/lib.rs"]);
    assert_eq!(finding.primary.file.as_str(), "crates/db/src/lib.rs");
    assert!(finding.headline.contains("`GET /users`"), "{}", finding.headline);
    assert!(finding.help.iter().any(|help| help.contains("PgPool")), "{:?}", finding.help);
    assert!(report.notices.is_empty(), "{:?}", report.notices);
}
