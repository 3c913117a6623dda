//! Suppressions as users write them, and what is said of those that are none.

use std::fs;
use std::path::Path;

use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::workspace::workspace;
use tempfile::TempDir;

/// A service that opens a connection for each request, with a text before that line and one before the function.
fn service(above_line: &str, above_function: &str, settings: &str) -> TempDir {
    workspace(&format!(
        "//- Cargo.toml\n[package]\nname = \"a\"\nedition = \"2024\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\n\
         //- connlint.toml\n{settings}\n\
         //- src/main.rs\nuse sqlx::Connection;\n\nfn main() {{\n    let _app: axum::Router = axum::Router::new().route(\"/\", axum::routing::get(index));\n}}\n\n\
         {above_function}\nasync fn index() {{\n    {above_line}\n    let _ = sqlx::PgConnection::connect(\"\").await;\n}}\n",
    ))
}

fn concise(root: &Path, arguments: &[&str]) -> Run {
    connlint(root, &[&["-v", "--output-format", "concise"], arguments].concat())
}

#[test]
fn forms_of_suppressions_suppress() {
    let lint = "connection-per-request";
    for (line, function) in [
        (format!("// connlint: allow({lint}) why"), String::new()),
        (format!("// connlint: allow-next-line({lint}) why"), String::new()),
        ("// connlint: allow(exhaustion) why".to_owned(), String::new()),
        (format!("// connlint: allow(client-per-request, {lint})"), String::new()),
        (String::new(), format!("// connlint: allow-item({lint}) why")),
        (String::new(), format!("// connlint: allow({lint}) why")),
        (format!("// connlint: allow-item({lint}) within the item"), String::new()),
        (String::new(), format!("// connlint: allow-file({lint}) why")),
        (format!("// connlint: allow({lint}) until 2999-01: why"), String::new()),
        (String::new(), format!("#[cfg_attr(any(), connlint::allow({lint}, until = \"2999-01\"))]")),
    ] {
        let run = concise(service(&line, &function, "").path(), &[]);
        assert!(!run.stdout.contains("error["), "{line}{function}: {}", run.stdout);
    }
    let attribute =
        "#[cfg_attr(any(), connlint::allow(exhaustion))]\n    drop(sqlx::PgConnection::connect(\"\").await);";
    let run = concise(service(attribute, "", "").path(), &[]);
    assert_eq!(run.stdout.matches("error[").count(), 1, "the attribute covers its statement: {}", run.stdout);
    let next_line = "// connlint: allow-next-line(connection-per-request) why\n    let _a = 1;";
    let run = concise(service(next_line, "", "").path(), &[]);
    assert_eq!(run.code, 1, "it covers one line and no more: {}", run.stdout);
}

#[test]
fn slips_are_notices_with_the_right_form() {
    let lint = "connection-per-request";
    for (line, function) in [
        ("// connlint: allow connection-per-request", ""),
        ("// connlint: ignore(connection-per-request)", ""),
        ("/* connlint: allow(connection-per-request) */", ""),
        ("// Connlint: Allow(connection_per_request)", ""),
        ("", "#[allow(connlint::connection_per_request)]"),
        ("", "#[cfg_attr(any(), allow(clippy::all, connlint::connection_per_request))]"),
        ("#[expect(connlint::connection_per_request)]", ""),
    ] {
        let run = concise(service(line, function, "").path(), &[]);
        let form = format!("// connlint: allow({lint}) reason");
        let told = run.stdout.lines().find(|line| line.contains("bad-suppression"));
        assert!(told.is_some_and(|told| told.contains(&form)), "{line}{function}: {}", run.stdout);
        assert_eq!(run.code, 1);
    }
}

#[test]
fn suppressions_expire() {
    let root = service("// connlint: allow(connection-per-request) until 2027-02: the pool comes with 4.0", "", "");
    let on = |seconds: &str| {
        let mut command = command("connlint");
        command.args(["--output-format", "concise"]).env("SOURCE_DATE_EPOCH", seconds).current_dir(root.path());
        finish(&mut command)
    };
    assert_eq!(on("1801439999").code, 0, "2027-01-31");
    let after = on("1801440000");
    assert_eq!(after.code, 1, "2027-02-01");
    assert!(after.stdout.contains("ended on 2027-02-01"), "{}", after.stdout);
}

#[test]
fn reasons_are_mandatory_by_setting() {
    let bare = "// connlint: allow(connection-per-request)";
    assert_eq!(concise(service(bare, "", "").path(), &[]).code, 0);
    let run = concise(service(bare, "", "[suppressions]\nrequire-reason = true").path(), &[]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("has no reason"), "{}", run.stdout);
}

#[test]
fn added_suppressions_suppress_all_findings() {
    let root = service("let text = \"of\n        two lines\";", "", "");
    let file = root.path().join("src/main.rs");
    let before = fs::read_to_string(&file).unwrap();
    let run = connlint(root.path(), &["--add-suppressions", "known since 2019"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "suppressed 1 finding in 1 file\n"), "{}", run.stderr);
    let after = fs::read_to_string(&file).unwrap();
    let comment = "    // connlint: allow(connection-per-request) known since 2019\n";
    assert_eq!(after.replacen(comment, "", 1), before);
    let run = concise(root.path(), &[]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(!run.stdout.contains("suppression]"), "{}", run.stdout);
    connlint(root.path(), &["--add-suppressions", "again"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), after, "twice is as once");
    assert_eq!(connlint(root.path(), &["--add-suppressions", " "]).code, 2);
}
