//! `connlint.toml`: what it changes, what is reported of it, and what it may not do.

use std::fs;
use std::path::Path;

use connlint_output::FORMATS;
use connlint_tests::command::{Run, connlint};
use connlint_tests::pipeline::lints;
use tempfile::TempDir;

const MANIFEST: &str =
    "[package]\nname = \"service\"\nedition = \"2024\"\n[dependencies]\nacme-db = \"1\"\naxum = \"0.8\"\n";

/// A service that opens a connection per request through a crate that connlint does not know.
const SERVICE: &str = r#"
use acme_db::Conn;
use axum::{Router, routing::get};

fn router() -> Router {
    Router::new().route("/", get(index))
}

async fn index() -> String {
    let conn: Conn = acme_db::connect("db://host").await;
    conn.name().await
}

fn main() {
    drop(router());
}
"#;

const MODELS: &str = r#"
[[models]]
crate = { package = "acme-db", title = "Acme DB" }

[[models.type]]
path = "acme_db::Conn"
role = "connection"
methods = ["async name(&self) -> String ! query"]

[[models.api]]
path = "acme_db::connect"
params = ["&str"]
returns = "acme_db::Conn"
mode = "async"
effect = ["open_connection"]
remedy = "take a connection from `acme_db::Pool`"
"#;

/// A project in a repository, with these files next to its manifest and code.
fn project(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let all = [("Cargo.toml", MANIFEST), ("src/main.rs", SERVICE), (".git/HEAD", "")];
    for (path, text) in all.iter().chain(files) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn check(root: &Path, arguments: &[&str]) -> Run {
    connlint(root, &[&["check"], arguments].concat())
}

fn json(root: &Path, arguments: &[&str]) -> serde_json::Value {
    let run = check(root, &[arguments, &["--output-format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
}

#[test]
fn models_of_a_project_are_found_like_those_of_the_catalog() {
    assert_eq!(check(project(&[]).path(), &[]).code, 0);
    let root = project(&[("connlint.toml", MODELS)]);
    let run = check(root.path(), &[]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("`acme_db::connect` opens a new connection for every request"), "{}", run.stdout);
    assert!(run.stdout.contains("take a connection from `acme_db::Pool`"), "{}", run.stdout);
}

#[test]
fn models_may_stand_in_files_of_their_own() {
    let one_crate = MODELS.replace("[[models]]\n", "").replace("models.", "");
    let root = project(&[("connlint.toml", "models = [\"models/acme.toml\"]\n"), ("models/acme.toml", &one_crate)]);
    assert_eq!(check(root.path(), &[]).code, 1);
    fs::write(root.path().join("models/acme.toml"), MODELS).unwrap();
    assert_eq!(check(root.path(), &[]).code, 1);
}

#[test]
fn levels_are_set_from_the_general_to_the_particular_and_the_command_line_wins() {
    let levels = "[lints]\nall = \"off\"\nexhaustion = \"off\"\nconnection-per-request = \"warn\"\n";
    let root = project(&[("connlint.toml", &format!("{levels}{MODELS}"))]);
    let found = json(root.path(), &[]);
    assert_eq!(found["findings"][0]["level"], "warn", "{found:#}");
    assert_eq!(check(root.path(), &["-A", "connection-per-request"]).code, 0);
    assert_eq!(json(root.path(), &["-D", "connection-per-request"])["findings"][0]["level"], "error");
}

#[test]
fn every_format_tells_which_settings_were_used() {
    let root = project(&[("connlint.toml", &format!("[lints]\nconnection-per-request = \"off\"\n{MODELS}"))]);
    for format in FORMATS.iter().map(|format| format.name) {
        let run = check(root.path(), &["--output-format", format]);
        assert_eq!(run.code, 0, "{format}: {}{}", run.stdout, run.stderr);
        for word in ["connlint.toml", "connection-per-request", "acme-db"] {
            assert!(run.stdout.contains(word), "{format} does not tell {word}: {}", run.stdout);
        }
    }
    let full = check(root.path(), &[]).stdout;
    let line = "settings of `connlint.toml`: connection-per-request = off; models of `acme-db`";
    assert!(full.lines().any(|l| l == line), "{full}");
    let report = json(root.path(), &[]);
    let changed = &report["config"]["levels"][0];
    let told = [&changed["lint"], &changed["default"], &changed["level"]].map(|value| value.as_str().unwrap());
    assert_eq!(told, ["connection-per-request", "error", "off"]);
    let run = check(root.path(), &["--output-format", "sarif"]);
    let sarif: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let told = &sarif["runs"][0]["invocations"][0]["toolConfigurationNotifications"][0];
    assert_eq!(told["level"], "warning", "settings that silence a lint are a warning: {told}");
}

#[test]
fn settings_of_the_project_can_be_left_alone() {
    let root = project(&[("connlint.toml", &format!("[lints]\nall = \"off\"\n{MODELS}"))]);
    fs::write(root.path().join("trusted.toml"), MODELS).unwrap();
    for argument in ["--no-config", "--isolated"] {
        let report = json(root.path(), &[argument]);
        assert_eq!((&report["config"], report["findings"].as_array().unwrap().len()), (&serde_json::Value::Null, 0));
    }
    let report = json(root.path(), &["--config", "trusted.toml"]);
    assert_eq!(report["config"]["path"], "trusted.toml");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(check(root.path(), &["--config", "trusted.toml", "--no-config"]).code, 2);
}

#[test]
fn the_nearest_file_up_to_the_top_of_the_repository_holds() {
    let root =
        project(&[("connlint.toml", MODELS), ("services/a/src/main.rs", SERVICE), ("services/a/Cargo.toml", MANIFEST)]);
    let inner = root.path().join("services/a");
    assert_eq!(json(&inner, &[])["config"]["path"], "../../connlint.toml");
    assert_eq!(json(root.path(), &["services/a/src/main.rs"])["config"]["path"], "../../connlint.toml");
    fs::write(root.path().join("services/connlint.toml"), "").unwrap();
    assert_eq!(json(&inner, &[])["config"]["path"], "../connlint.toml");
    fs::create_dir(inner.join(".git")).unwrap();
    assert!(json(&inner, &[])["config"].is_null());
}

/// What is reported of a wrong settings file.
fn refused(files: &[(&str, &str)]) -> String {
    let run = check(project(files).path(), &[]);
    assert_eq!(run.code, 2, "{files:?}: {}{}", run.stdout, run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    run.stderr
}

#[test]
fn mistakes_are_drawn_with_their_place_and_a_suggestion() {
    let told = refused(&[("connlint.toml", "[lints]\nconection-per-request = \"warn\"\n")]);
    let expected = "error: there is no lint `conection-per-request`
 --> connlint.toml:2:1
  |
2 | conection-per-request = \"warn\"
  | ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `connection-per-request`?
";
    assert_eq!(told, expected);
    let told = refused(&[("connlint.toml", "[lint]\nall = \"warn\"\n")]);
    assert!(told.contains("unknown field `lint`") && told.contains("did you mean `lints`?"), "{told}");
    let told = refused(&[("connlint.toml", "[lints]\nall = \"warm\"\n")]);
    assert!(told.contains("connlint.toml:2:7") && told.contains("did you mean `warn`?"), "{told}");
    let told = refused(&[("connlint.toml", &MODELS.replace("open_connection", "open_conection"))]);
    assert!(told.contains("connlint.toml:15:11") && told.contains("did you mean `open_connection`?"), "{told}");
    let told = refused(&[("connlint.toml", &MODELS.replace("role =", "rolle ="))]);
    assert!(told.contains("connlint.toml:7:1") && told.contains("did you mean `role`?"), "{told}");
    let told = refused(&[("connlint.toml", &MODELS.replace("\"acme_db::Conn\"\nmode", "\"Result<Conn, _>\"\nmode"))]);
    assert!(told.contains("connlint.toml:13:19") && told.contains("unknown name `Conn`"), "{told}");
    let told = refused(&[("connlint.toml", &MODELS.replace("acme_db::connect", "acmedb::connect"))]);
    assert!(told.contains("connlint.toml:11:8") && told.contains("did you mean `acme_db`?"), "{told}");
    let told = refused(&[("connlint.toml", "models = [\"m.toml\"]"), ("m.toml", "[crate]\npackage = 1\n")]);
    assert!(told.contains("m.toml:2:11"), "{told}");
    let told = refused(&[("connlint.toml", "<<<<<<< HEAD\n")]);
    assert!(told.contains("connlint.toml:1:9"), "{told}");
}

#[test]
fn files_that_are_no_settings_are_refused_and_do_no_harm() {
    assert!(refused(&[("connlint.toml", &format!("# {}\n", "x".repeat(2 << 20)))]).contains("more than"));
    for path in ["/etc/passwd", "../m.toml", "a/../../m.toml", ""] {
        let told = refused(&[("connlint.toml", &format!("models = [\"{path}\"]\n"))]);
        assert!(told.contains("below the folder of this file"), "{told}");
    }
    assert!(refused(&[("connlint.toml", "models = [\"absent.toml\"]\n")]).contains("cannot be read"));
    let nested = format!("a = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    refused(&[("connlint.toml", &nested)]);
    let escape = refused(&[("connlint.toml", "[lints]\n\"a\\u001b[31m\\u202e\" = \"warn\"\n# \u{202e}\n")]);
    assert!(!escape.contains(['\u{1b}', '\u{202e}']), "{escape:?}");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_project_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.toml"), "password = 1\n").unwrap();
    let root = project(&[]);
    std::os::unix::fs::symlink(outside.path().join("secret.toml"), root.path().join("connlint.toml")).unwrap();
    let run = check(root.path(), &[]);
    assert_eq!((run.code, run.stderr.contains("password")), (2, false), "{}", run.stderr);
    fs::remove_file(root.path().join("connlint.toml")).unwrap();
    fs::write(root.path().join("connlint.toml"), "models = [\"m.toml\"]\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.toml"), root.path().join("m.toml")).unwrap();
    let run = check(root.path(), &[]);
    assert_eq!((run.code, run.stderr.contains("password")), (2, false), "{}", run.stderr);
    assert!(run.stderr.contains("lead out of the folder"), "{}", run.stderr);
}

#[test]
fn models_that_are_never_used_are_a_notice() {
    let unknown = MODELS.replace("acme-db", "other-db").replace("acme_db", "other_db");
    let root = project(&[("connlint.toml", &unknown)]);
    let run = check(root.path(), &[]);
    assert!(run.stdout.contains("notice[stale-model]"), "{}", run.stdout);
    assert!(run.stdout.contains("models of `other-db`, which nothing here depends on"), "{}", run.stdout);
}

#[test]
fn all_lints_can_be_named() {
    for lint in lints() {
        let root = project(&[("connlint.toml", &format!("[lints]\n{} = \"warn\"\n", lint.name))]);
        assert_eq!(check(root.path(), &[]).code, 0, "{}", lint.name);
    }
}

/// The level of the one finding, or none.
fn level(root: &Path, arguments: &[&str]) -> Option<String> {
    json(root, arguments)["findings"][0]["level"].as_str().map(str::to_owned)
}

#[test]
fn manifests_set_levels_too_and_the_settings_file_wins() {
    let with = |metadata: &str, settings: &str| {
        let manifest = format!("{MANIFEST}{metadata}");
        let models = format!("{settings}{MODELS}");
        project(&[("Cargo.toml", manifest.as_str()), ("connlint.toml", models.as_str())])
    };
    let warn = "[package.metadata.connlint.lints]\nconnection-per-request = \"warn\"\n";
    let root = with(warn, "");
    assert_eq!(level(root.path(), &[]).as_deref(), Some("warn"));
    assert_eq!(json(root.path(), &[])["config"]["path"], "Cargo.toml and connlint.toml");
    assert_eq!(level(root.path(), &["-D", "all"]).as_deref(), Some("error"));
    let wins = with(warn, "[lints]\nconnection-per-request = \"error\"\n");
    assert_eq!(level(wins.path(), &[]).as_deref(), Some("error"));
    let workspace = with("[workspace.metadata.connlint]\nlints = { all = \"warn\" }\n[workspace]\n", "");
    assert_eq!(level(workspace.path(), &[]).as_deref(), Some("warn"));
    let run = check(with("[package.metadata.connlint]\nlint = {}\n", "").path(), &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("Cargo.toml:") && run.stderr.contains("did you mean `lints`?"), "{}", run.stderr);
}

#[test]
fn members_set_levels_of_their_own_findings() {
    let root = connlint_tests::workspace::workspace(&format!(
        "//- .git/HEAD\n//- Cargo.toml\n[workspace]\nmembers = [\"a\", \"b\"]\n//- connlint.toml\n{MODELS}\n\
         //- a/Cargo.toml\n{}[package.metadata.connlint]\nlints = {{ exhaustion = \"warn\" }}\n//- a/src/main.rs\n{SERVICE}\n\
         //- b/Cargo.toml\n{}//- b/src/main.rs\n{SERVICE}\n",
        MANIFEST.replace("service", "a"),
        MANIFEST.replace("service", "b"),
    ));
    let report = json(root.path(), &[]);
    let levels: Vec<_> = report["findings"].as_array().unwrap().iter().map(|found| found["level"].as_str()).collect();
    assert_eq!(levels, [Some("warn"), Some("error")]);
    assert_eq!(report["config"]["overrides"], 1);
    assert_eq!(level(root.path(), &["--no-config", "a"]), None, "without models nothing is known");
}

#[test]
fn levels_differ_by_path_crate_and_route() {
    let of = |condition: &str| {
        let settings = format!("[[overrides]]\n{condition}\nlints = {{ all = \"off\" }}\n{MODELS}");
        level(project(&[("connlint.toml", settings.as_str())]).path(), &[])
    };
    for condition in ["paths = [\"src\"]", "paths = [\"**/main.rs\"]", "crates = [\"serv*\"]", "routes = [\"/\"]", ""] {
        assert_eq!(of(condition), None, "{condition}");
    }
    for condition in [
        "paths = [\"src/db.rs\"]",
        "crates = [\"other\"]",
        "routes = [\"/users\"]",
        "paths = [\"src\"]\ncrates = [\"x\"]",
    ] {
        assert_eq!(of(condition).as_deref(), Some("error"), "{condition}");
    }
}

#[test]
fn kinds_of_notices_are_hidden_but_strict_runs_count_them() {
    let settings = format!("[notices]\nparse-error = \"off\"\n{MODELS}");
    let root = project(&[("connlint.toml", settings.as_str()), ("src/bin/broken.rs", "fn main( {\n")]);
    let run = check(root.path(), &[]);
    assert!(!run.stdout.contains("notice[parse-error]"), "{}", run.stdout);
    assert!(run.stdout.contains("hidden notices: parse-error"), "{}", run.stdout);
    assert_eq!(check(root.path(), &["--strict", "--exit-zero"]).code, 3);
    assert!(refused(&[("connlint.toml", "[notices]\nparse-eror = \"off\"\n")]).contains("did you mean `parse-error`?"));
}

#[test]
fn settings_are_shown_with_their_origins() {
    let manifest = format!("{MANIFEST}[package.metadata.connlint.lints]\nexhaustion = \"warn\"\n");
    let settings = format!(
        "[lints]\npool-per-request = \"off\"\n[[overrides]]\nroutes = [\"/x\"]\nlints = {{ all = \"off\" }}\n{MODELS}"
    );
    let root = project(&[("Cargo.toml", manifest.as_str()), ("connlint.toml", settings.as_str())]);
    let run = connlint(root.path(), &["config"]);
    for line in [
        "connection-per-request = \"warn\" # Cargo.toml, by `exhaustion`",
        "pool-per-request = \"off\" # connlint.toml",
        "nested-acquire = \"error\" # default",
        "orphan-file = \"on\" # default",
        "require-reason = false # default",
        "routes = [\"/x\"]",
        "# acme-db # connlint.toml",
    ] {
        assert!(run.stdout.lines().any(|shown| shown == line), "{line}: {}{}", run.stdout, run.stderr);
    }
    let again = root.path().join("again.toml");
    fs::write(&again, &run.stdout).unwrap();
    assert_eq!(check(root.path(), &["--config", "again.toml"]).code, 0, "it is a settings file, without the models");
}

#[test]
fn written_settings_change_nothing_and_are_never_replaced() {
    let root = project(&[]);
    let run = connlint(root.path(), &["init"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let config = &json(root.path(), &[])["config"];
    assert_eq!((config["path"].as_str(), config["levels"].as_array().unwrap().len()), (Some("connlint.toml"), 0));
    assert_eq!(connlint(root.path(), &["init"]).code, 2);
    let text = fs::read_to_string(root.path().join("connlint.toml")).unwrap();
    let uncommented: String =
        text.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect();
    for lint in lints() {
        assert!(uncommented.contains(&format!("{} = \"{}\"", lint.name, lint.level)), "{}", lint.name);
    }
}
