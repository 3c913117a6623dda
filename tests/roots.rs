//! What is read and what is reported, from wherever the command is called.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::files::fixtures;
use connlint_tests::workspace::workspace;
use tempfile::TempDir;

fn incident() -> PathBuf {
    fixtures().join("incidents/2023-10-15-connection-per-request")
}

/// A route in `web` opens a connection through `db`; `batch` has nothing to do with them.
fn services() -> TempDir {
    workspace(
        "//- .git/HEAD\n\
         //- Cargo.toml\n[workspace]\nmembers = [\"web\", \"db\", \"batch\"]\nexclude = [\"old\"]\n\
         //- web/Cargo.toml\n[package]\nname = \"web\"\nversion = \"1.2.3\"\nedition = \"2024\"\n[dependencies]\naxum = \"0.8\"\n\
         db = { path = \"../db\" }\n\
         //- web/src/main.rs\nfn main() {\n    let _app: axum::Router = axum::Router::new().route(\"/\", axum::routing::get(index));\n}\n\n\
         async fn index() {\n    db::open().await;\n}\n\
         //- db/Cargo.toml\n[package]\nname = \"db\"\nedition = \"2024\"\n[dependencies]\nsqlx = \"0.8\"\n\
         //- db/src/lib.rs\nuse sqlx::Connection;\n\npub async fn open() {\n    let _ = sqlx::PgConnection::connect(\"\").await;\n}\n\
         //- db/src/other.rs\n// belongs to no module tree\n\
         //- batch/Cargo.toml\n[package]\nname = \"batch-jobs\"\nedition = \"2024\"\n\
         //- batch/src/main.rs\nfn main() {\n    // connlint: allow(connection-per-request) stale\n    println!();\n}\n\
         //- old/Cargo.toml\n[package]\nname = \"old\"\n//- old/src/main.rs\nfn main() {}\n",
    )
}

fn findings(run: &Run) -> usize {
    run.stdout.lines().filter(|line| line.contains("error[connection-per-request]")).count()
}

fn concise(folder: &Path, arguments: &[&str]) -> Run {
    connlint(folder, &[&["--output-format", "concise"], arguments].concat())
}

#[test]
fn workspace_is_read_from_every_place_in_it() {
    let root = incident();
    let whole = concise(&root, &[]);
    assert_eq!(findings(&whole), 1, "{}{}", whole.stdout, whole.stderr);
    let folder = |path: &str| root.join(path);
    for run in [
        concise(&folder("crates/db"), &[]),
        concise(&folder("crates/server/src"), &[]),
        concise(&folder("crates"), &["server/src/routes.rs"]),
        concise(&root, &["crates/repo"]),
        concise(&root, &["crates/repo/Cargo.toml", "crates/server/src/main.rs"]),
        concise(&fixtures(), &["--manifest-path", &root.join("crates/db/Cargo.toml").display().to_string()]),
        finish(
            command("cargo-connlint").args(["connlint", "--output-format", "concise"]).current_dir(folder("crates/db")),
        ),
    ] {
        assert_eq!(run.stdout.lines().next(), whole.stdout.lines().next(), "{}", run.stderr);
        assert_eq!(run.code, 1);
    }
}

#[test]
fn findings_of_what_is_asked_for_are_reported() {
    let root = services();
    let cases: [(&[&str], usize); 12] = [
        (&[], 1),
        (&["web"], 1),
        (&["db"], 1),
        (&["batch"], 0),
        (&["batch", "db"], 1),
        (&["batch", "--workspace"], 1),
        (&["batch", "-p", "db"], 1),
        (&["-p", "batch-jobs"], 0),
        (&["-p", "we*"], 1),
        (&["-p", "web@1.2.3"], 1),
        (&["--exclude", "db"], 1),
        (&["--exclude", "db", "--exclude", "web"], 0),
    ];
    for (arguments, count) in cases {
        let run = concise(root.path(), arguments);
        assert_eq!(findings(&run), count, "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
    let run = concise(root.path(), &["-p", "batch-job"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `batch-jobs`?"), "{}", run.stderr);
}

#[test]
fn notices_are_those_of_what_is_asked_for() {
    let root = services();
    let web = concise(root.path(), &["web"]).stdout;
    assert!(!web.contains("matches no finding") && !web.contains("no module tree"), "{web}");
    let batch = concise(&root.path().join("batch"), &["-v"]).stdout;
    assert!(batch.contains("matches no finding"), "{batch}");
}

#[test]
fn excluded_packages_and_ignored_folders_are_read_on_their_own() {
    let root = services();
    let run = connlint(&root.path().join("old"), &["--output-format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["stats"]["files"], 1, "{}", run.stdout);
    let run = connlint(root.path(), &["db/src/other.rs", "--output-format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["stats"]["files"], 1, "a file of no module tree: {}", run.stdout);
}

#[test]
fn nothing_above_the_given_root_is_read() {
    let root = incident();
    let server = root.join("crates/server");
    let run = concise(&server, &["--root", "."]);
    assert_eq!(findings(&run), 0, "{}", run.stdout);
    let run = concise(&root, &[".", "--root", "crates"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("lies outside of"), "{}", run.stderr);
}

#[test]
fn paths_of_different_projects_are_refused() {
    let (a, b) = (workspace("//- a.rs\nfn a() {}\n"), workspace("//- b.rs\nfn b() {}\n"));
    let run = concise(a.path(), &[".", &b.path().display().to_string()]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("different projects"), "{}", run.stderr);
}

fn with_input(folder: &Path, arguments: &[&str], input: &str) -> Run {
    let mut command = command("connlint");
    command.args(["--output-format", "concise"]).args(arguments).current_dir(folder);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn standard_input_takes_the_place_of_a_file() {
    let root = services();
    let saved = std::fs::read_to_string(root.path().join("db/src/lib.rs")).unwrap();
    let same = with_input(root.path(), &["-", "--stdin-filename", "db/src/lib.rs"], &saved);
    assert_eq!(findings(&same), 1, "{}{}", same.stdout, same.stderr);
    let mended = with_input(root.path(), &["-", "--stdin-filename", "db/src/lib.rs"], "pub async fn open() {}\n");
    assert_eq!((findings(&mended), mended.code), (0, 0), "{}{}", mended.stdout, mended.stderr);
    let alone = with_input(root.path(), &["-"], "fn main() {}\n");
    assert_eq!(alone.code, 0, "{}", alone.stderr);
    let run = with_input(root.path(), &["--stdin-filename", "x.rs", "."], "");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("give `-` as the path"), "{}", run.stderr);
}

#[test]
fn options_of_cargo_do_something_or_say_why_not() {
    let root = workspace(
        "//- Cargo.toml\n[package]\nname = \"a\"\nedition = \"2024\"\n[dependencies]\nsqlx = \"0.8\"\n[dev-dependencies]\naxum = \"0.8\"\n\
         //- src/lib.rs\nuse sqlx::Connection;\npub async fn open() {\n    let _ = sqlx::PgConnection::connect(\"\").await;\n}\n\
         //- examples/serve.rs\nfn main() {\n    let _app: axum::Router = axum::Router::new().route(\"/\", axum::routing::get(index));\n}\n\
         async fn index() {\n    a::open().await;\n}\n",
    );
    assert_eq!(findings(&concise(root.path(), &[])), 0);
    for option in ["--all-targets", "--include-tests", "--examples"] {
        assert_eq!(findings(&concise(root.path(), &[option])), 1, "{option}");
    }
    let run = concise(root.path(), &["--features", "x", "--locked", "--offline"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("the code of all features is read"), "{}", run.stderr);
    assert!(concise(root.path(), &["--all-features", "-q"]).stderr.is_empty());
}

#[test]
fn misspelt_command_is_recognised() {
    let root = services();
    for misspelt in ["chek", "chekc"] {
        let run = connlint(root.path(), &[misspelt]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("did you mean the command `check`?"), "{}", run.stderr);
    }
}

#[test]
fn all_commands_count_the_same_entry_points() {
    let root = incident();
    let check = connlint(&root, &["--output-format", "json"]).stdout;
    let check: serde_json::Value = serde_json::from_str(&check).unwrap();
    let routes = connlint(&root, &["routes", "--output-format", "json"]).stdout;
    let routes: serde_json::Value = serde_json::from_str(&routes).unwrap();
    let listed = routes["entry_points"].as_array().unwrap().len();
    assert_eq!(check["stats"]["entry_points"], listed, "{routes}");
    let of_member = connlint(&root.join("crates/db"), &["routes", "-o", "-"]);
    assert!(!of_member.stdout.contains("GET"), "{}", of_member.stdout);
}

#[test]
fn why_finds_the_workspace_of_its_file() {
    let root = incident();
    let run = connlint(&root.join("crates/db"), &["why", "src/lib.rs:21"]);
    assert!(run.stdout.contains("GET /users"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn members_are_no_unknown_crates() {
    let root = workspace(
        "//- Cargo.toml\n[workspace]\nmembers = [\"app\", \"acme-redis\"]\n\
         //- Cargo.lock\n[[package]]\nname = \"acme-redis\"\nversion = \"1.0.0\"\ndependencies = [\"redis\", \"tokio\"]\n\n\
         [[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"acme-redis\"]\n\
         //- app/Cargo.toml\n[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\nacme-redis = \"1\"\n//- app/src/main.rs\nfn main() {}\n\
         //- acme-redis/Cargo.toml\n[package]\nname = \"acme-redis\"\nversion = \"1.0.0\"\n//- acme-redis/src/lib.rs\n\n",
    );
    let text = concise(root.path(), &["-v"]).stdout;
    assert!(!text.contains("acme-redis"), "{text}");
    let manifest = root.path().join("acme-redis/Cargo.toml");
    let renamed = std::fs::read_to_string(&manifest).unwrap().replace("acme-redis", "other");
    std::fs::write(&manifest, renamed).unwrap();
    assert!(concise(root.path(), &["-v"]).stdout.contains("acme-redis 1.0.0"), "it is unknown where it is no member");
}
