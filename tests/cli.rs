//! The command as users and machines meet it: exit codes, formats, colours, the `cargo connlint` form.

use std::fs;
use std::path::PathBuf;

use connlint_output::FORMATS;
use connlint_tests::command::{command, connlint, finish};
use connlint_tests::files::{fixtures, repository};
use connlint_tests::pipeline::lints;

const ESCAPE: char = '\u{1b}';

fn incident() -> PathBuf {
    fixtures().join("incidents/2023-10-15-connection-per-request")
}

fn repaired() -> PathBuf {
    fixtures().join("incidents/2023-10-15-connection-per-request-repaired")
}

#[test]
fn a_clean_project_ends_with_0() {
    let run = connlint(&repaired(), &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn findings_end_with_1() {
    let run = connlint(&incident(), &[]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("connection-per-request"), "{}", run.stdout);
}

#[test]
fn a_wrong_call_ends_with_2() {
    for arguments in [&["--no-such-option"][..], &["check", "no/such/folder"], &["--output-format", "poem"]] {
        let run = connlint(&repository(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
        assert!(!run.stderr.is_empty(), "{arguments:?} says nothing");
        assert!(run.stdout.is_empty(), "{arguments:?} writes {}", run.stdout);
    }
}

#[test]
fn the_name_that_other_tools_have_for_a_patch_leads_to_ours() {
    let run = connlint(&incident(), &["--fix", "--diff"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--fix-diff"), "{}", run.stderr);
}

#[test]
fn a_folder_without_rust_ends_with_3() {
    let empty = tempfile::tempdir().unwrap();
    let run = connlint(empty.path(), &[]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(!run.stderr.is_empty() || !run.stdout.is_empty());
}

#[test]
fn without_arguments_it_checks_the_current_folder() {
    let (bare, check) = (connlint(&incident(), &["--output-format", "concise"]), {
        connlint(&incident(), &["check", ".", "--output-format", "concise"])
    });
    assert_eq!(findings(&bare.stdout), findings(&check.stdout));
    assert!(!findings(&bare.stdout).is_empty());
}

fn findings(concise: &str) -> Vec<&str> {
    concise.lines().filter(|line| line.contains("error[")).collect()
}

#[test]
fn the_cargo_form_is_the_same_command() {
    let direct = connlint(&incident(), &["check", "--output-format", "concise"]);
    let arguments = ["connlint", "check", "--output-format", "concise"];
    let cargo = finish(command("cargo-connlint").args(arguments).current_dir(incident()));
    assert_eq!(cargo.code, direct.code, "{}", cargo.stderr);
    assert_eq!(findings(&cargo.stdout), findings(&direct.stdout));
}

#[test]
fn machine_formats_are_one_json_value() {
    for format in ["sarif", "json"] {
        for root in [incident(), repaired()] {
            let run = connlint(&root, &["check", "--output-format", format]);
            let value: serde_json::Value = serde_json::from_str(&run.stdout).expect(format);
            assert!(value.is_object());
        }
    }
}

#[test]
fn sarif_names_the_line_and_the_way_to_it() {
    let run = connlint(&incident(), &["check", "--output-format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), lints().len());
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "connection-per-request");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], place["region"]["endLine"]);
    assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("crates/db/src/lib.rs"), "{place}");
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(steps.len(), 4, "{steps:#?}");
    assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
    assert_eq!(result["relatedLocations"][0]["id"], 1);
}

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let plain = connlint(&incident(), &[]);
    assert!(!plain.stdout.contains(ESCAPE));
    let forced = finish(command("connlint").env("CLICOLOR_FORCE", "1").current_dir(incident()));
    assert!(forced.stdout.contains(ESCAPE), "{}", forced.stdout);
    let always = connlint(&incident(), &["check", "--color", "always"]);
    assert!(always.stdout.contains(ESCAPE), "{}{}", always.stdout, always.stderr);
}

#[test]
fn no_color_wins_over_the_terminal() {
    let run = finish(command("connlint").env("NO_COLOR", "1").current_dir(incident()));
    assert!(!run.stdout.contains(ESCAPE));
    assert_eq!(run.code, 1);
}

#[test]
fn narrow_terminals_break_all_but_code() {
    for arguments in [&[][..], &["--statistics"], &["--fix-diff"], &["-A", "no-such-lint"]] {
        let run = finish(command("connlint").args(arguments).env("COLUMNS", "40").current_dir(incident()));
        for line in run.stdout.lines().chain(run.stderr.lines()).filter(|line| !line.contains(" | ")) {
            assert!(line.trim_end().chars().count() <= 40, "{arguments:?}: {line}");
        }
    }
    let run = finish(command("connlint").env("COLUMNS", "60").current_dir(incident()));
    let headline: Vec<&str> = run.stdout.lines().take(2).collect();
    assert_eq!(
        headline,
        [
            "error[connection-per-request]: `sqlx::PgConnection::connect`",
            "  opens a new connection for every request of `GET /users`"
        ]
    );
}

#[test]
fn misspelt_names_lead_to_those_that_are_meant() {
    for (arguments, meant) in [
        (&["rotes"][..], "`routes`"),
        (&["help", "rotes"], "'routes'"),
        (&["models", "sugest"], "'suggest'"),
        (&["man", "rotes"], "`routes`"),
        (&["explain", "exhausting"], "`exhaustion`"),
        (&["-A", "connection-per-requst"], "`connection-per-request`"),
        (&["-p", "sever"], "`server`"),
        (&["--no-confg"], "'--no-config'"),
    ] {
        let run = connlint(&incident(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(meant), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn notices_are_in_every_format() {
    let root = fixtures().join("hostile/broken-item");
    for format in FORMATS.iter().map(|format| format.name) {
        let run = connlint(&root, &["check", "--output-format", format]);
        assert!(run.stdout.contains("src/broken.rs"), "{format}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.code, 1, "{format}");
    }
}

#[test]
fn every_format_says_that_nothing_can_be_found_without_entry_points() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("lib.rs"), "pub fn f() {}\n").unwrap();
    for format in FORMATS.iter().map(|format| format.name) {
        let run = connlint(root.path(), &["check", "--output-format", format]);
        assert!(run.stdout.contains("0 entry points: no request handler"), "{format}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.code, 0, "{format}");
    }
    let run = connlint(&incident(), &["check", "--output-format", "json"]);
    assert!(!run.stdout.contains("no-entry-points"), "{}", run.stdout);
}

#[test]
fn one_run_writes_several_formats() {
    let folder = tempfile::tempdir().unwrap();
    let sarif = folder.path().join("out.sarif");
    let to_file = format!("sarif:{}", sarif.display());
    let run = connlint(&incident(), &["--output", &to_file, "--output", "github:-"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.starts_with("::error title=connlint%3A connection-per-request,file="), "{}", run.stdout);
    let log: serde_json::Value = serde_json::from_str(&fs::read_to_string(&sarif).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let json = folder.path().join("out.json");
    let run = connlint(&incident(), &["--output-format", "json", "--output", json.to_str().unwrap()]);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn gates_decide_which_findings_fail() {
    let lint = "connection-per-request";
    let cases: [(&[&str], u8); 8] = [
        (&["--fail-on", "error"], 1),
        (&["--fail-on", "error", "-W", lint], 0),
        (&["-W", lint], 1),
        (&["--fail-on", "never"], 0),
        (&["--exit-zero"], 0),
        (&["--max-findings", "1"], 0),
        (&["--max-findings", "0"], 1),
        (&["--exit-zero", "--fail-on", "error"], 2),
    ];
    for (arguments, code) in cases {
        let run = connlint(&incident(), arguments);
        assert_eq!(run.code, i32::from(code), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn strict_runs_fail_if_code_was_not_analysed() {
    let broken = fixtures().join("hostile/broken-item");
    assert_eq!(connlint(&broken, &["--exit-zero"]).code, 0);
    let run = connlint(&broken, &["--exit-zero", "--strict"]);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("not all was analysed: "), "{}", run.stderr);
    assert_eq!(connlint(&broken, &["--strict"]).code, 1, "findings come first");
    assert_eq!(connlint(&repaired(), &["--strict"]).code, 0);
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("lib.rs"), "pub fn f() {}\n").unwrap();
    assert_eq!(connlint(root.path(), &["--strict"]).code, 3);
}

#[test]
fn limited_output_says_in_every_format_what_is_left_out() {
    for format in FORMATS.iter().map(|format| format.name) {
        let run = connlint(&incident(), &["--limit", "0", "--output-format", format]);
        assert!(
            run.stdout.contains("`--limit 0` leaves out 1 finding (errors: 1, warnings: 0)"),
            "{format}: {}",
            run.stdout
        );
        assert_eq!(run.code, 1, "{format}: what is left out counts");
    }
}

#[test]
fn a_suppression_silences_one_lint_at_one_place() {
    let root = tempfile::tempdir().unwrap();
    let code = "use sqlx::{Connection, PgConnection};\n\n#[tokio::main]\nasync fn main() {\n    let app: axum::Router = axum::Router::new().route(\"/\", axum::routing::get(index));\n    axum::serve(todo(), app).await.unwrap();\n}\n\nasync fn index() {\n    // connlint: allow(connection-per-request) a probe that must not share\n    let _ = PgConnection::connect(\"postgres://localhost\").await;\n}\n";
    let manifest =
        "[package]\nname = \"a\"\nedition = \"2024\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\ntokio = \"1\"\n";
    fs::create_dir(root.path().join("src")).unwrap();
    fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    let main = root.path().join("src/main.rs");
    fs::write(&main, code).unwrap();
    let silent = connlint(root.path(), &[]);
    assert_eq!(silent.code, 0, "{}{}", silent.stdout, silent.stderr);
    fs::write(&main, code.replace("allow(connection-per-request)", "allow(connection-in-loop)")).unwrap();
    let told = connlint(root.path(), &[]);
    assert_eq!(told.code, 1, "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("stale"), "{}", told.stdout);
}

#[test]
fn every_lint_explains_itself() {
    for lint in lints() {
        let run = connlint(&repository(), &["explain", lint.name]);
        assert_eq!(run.code, 0, "{}: {}", lint.name, run.stderr);
        assert!(run.stdout.contains(lint.name), "{}", run.stdout);
    }
}

#[test]
fn help_and_version_end_with_0() {
    for argument in ["--help", "--version"] {
        let run = connlint(&repository(), &[argument]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("connlint"), "{}", run.stdout);
    }
}
