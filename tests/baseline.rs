//! Baselines: what is accepted stays accepted while code moves, and no longer.

use std::fs;

use connlint_diagnostics::Outline;
use connlint_facts::{RelPath, Span, TextRange};
use connlint_parser::{Limits, parse_sources};
use connlint_tests::command::{Run, connlint};
use connlint_tests::project::Project;
use serde_json::Value;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";
const REPAIRED: &str = "incidents/2023-10-15-connection-per-request-repaired";
const FILE: &str = "accepted.connlint";

fn accepted() -> Project {
    let project = Project::of_fixture(INCIDENT);
    let run = connlint(project.root(), &["check", "--baseline", FILE, "--write-baseline"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    project
}

fn check(project: &Project) -> Run {
    connlint(project.root(), &["check", "--baseline", FILE])
}

#[test]
fn file_has_a_sorted_line_per_finding_without_lines_and_file_names() {
    let project = accepted();
    let text = project.text(FILE);
    let entries: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let [entry] = entries.as_slice() else { panic!("{text}") };
    let (id, rest) = entry.split_once(' ').unwrap();
    assert!(id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit()), "{entry}");
    assert_eq!(rest, "connection-per-request GET /users → list_users → all → open");
    let json: Value = serde_json::from_str(&connlint(project.root(), &["--output-format", "json"]).stdout).unwrap();
    assert_eq!(json["findings"][0]["identity"], id);
    let sarif: Value = serde_json::from_str(&connlint(project.root(), &["--output-format", "sarif"]).stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["partialFingerprints"]["connlintIdentity/v1"], id);
}

#[test]
fn moving_code_keeps_what_is_accepted() {
    let project = accepted();
    // Reformatted, behind other code.
    project.replace(
        "crates/db/src/lib.rs",
        "PgConnection::connect(&config.url)",
        "PgConnection::connect(\n  &config.url,\n )",
    );
    project.replace("crates/db/src/lib.rs", "/// Opens the database.", "fn unrelated() {}\n\n/// Opens the database.");
    // Into another file.
    project.rename("crates/db/src/lib.rs", "crates/db/src/connecting.rs");
    project.write("crates/db/src/lib.rs", "mod connecting;\npub use connecting::*;\n");
    // A file with another name.
    project.rename("crates/server/src/routes.rs", "crates/server/src/handlers.rs");
    project.replace("crates/server/src/main.rs", "mod routes;", "mod handlers;");
    project.replace("crates/server/src/main.rs", "routes::router", "handlers::router");
    let run = check(&project);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("1 finding accepted by the baseline `accepted.connlint`"), "{}", run.stdout);
    assert!(!run.stdout.contains("stale-baseline"), "{}", run.stdout);
}

#[test]
fn finding_on_another_path_is_not_accepted() {
    let project = accepted();
    let routes = "crates/server/src/routes.rs";
    project.replace(routes, "get(list_users))", "get(list_users)).route(\"/ping\", get(ping))");
    let ping = "async fn ping(State(config): State<Arc<Config>>) { drop(db::open(&config).await); }\n";
    project.write(routes, &(project.text(routes) + ping));
    let run = check(&project);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("GET /users/ping"), "{}", run.stdout);
    assert!(run.stdout.contains("1 error in"), "{}", run.stdout);
}

#[test]
fn stale_entries_are_reported_and_pruned() {
    let project = accepted();
    project.overlay(REPAIRED);
    let run = check(&project);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("notice[stale-baseline]"), "{}", run.stdout);
    // Of a lint that is off, and in packages that are not looked at, nothing is known.
    for arguments in [["-A", "connection-per-request"], ["-p", "server"]] {
        let run = connlint(project.root(), &[&["check", "--baseline", FILE][..], &arguments].concat());
        assert!(!run.stdout.contains("stale-baseline"), "{arguments:?}: {}", run.stdout);
    }
    let before = project.text(FILE);
    let run = connlint(project.root(), &["check", "--baseline", FILE, "--prune-baseline"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let after = project.text(FILE);
    assert!(before.starts_with(&after) && after.lines().all(|line| line.starts_with('#')), "{after}");
    assert!(!check(&project).stdout.contains("stale-baseline"));
}

#[test]
fn merged_files_are_read_and_conflicts_are_refused() {
    let project = accepted();
    let text = project.text(FILE);
    let entry = text.lines().last().unwrap().to_owned();
    project.write(FILE, &format!("{text}{entry}\n\n{entry}\n"));
    assert_eq!(check(&project).code, 0);
    project.write(FILE, &format!("{text}<<<<<<< HEAD\n"));
    let run = check(&project);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("accepted.connlint:4: a conflict of a merge is left"), "{}", run.stderr);
    fs::remove_file(project.root().join(FILE)).unwrap();
    let run = check(&project);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("`--write-baseline` writes one"), "{}", run.stderr);
}

#[test]
fn the_innermost_function_is_what_a_place_lies_in() {
    let text = "impl A { fn outer() { fn inner() { x() } y() } }\nfn last() { z() }\n";
    let files = [("Cargo.toml", "[package]\nname = \"a\"\n"), ("src/lib.rs", text)];
    let outline = Outline::of(&parse_sources(&files, &Limits::default()).unwrap());
    for (place, name) in [("x()", "inner"), ("y()", "A::outer"), ("z()", "last")] {
        let at = text.find(place).unwrap() as u32;
        let span = Span { file: RelPath::new("src/lib.rs"), range: TextRange::new(at, at + 3) };
        assert_eq!(outline.enclosing(&span).map(|found| found.name).as_deref(), Some(name));
    }
    let between = Span { file: RelPath::new("src/lib.rs"), range: TextRange::new(0, 8) };
    assert_eq!(outline.enclosing(&between), None);
}
