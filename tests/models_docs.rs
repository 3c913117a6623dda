//! The examples of the book's pages on settings and models.

use std::fs;

use connlint_output::FORMATS;
use connlint_tests::bless::compare;
use connlint_tests::command::connlint;
use connlint_tests::files::{repository, text};

/// The TOML examples of a page.
fn examples(page: &str) -> Vec<String> {
    let text = text(&repository().join("docs").join(page));
    let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// What a service is reported for under these settings, one line per finding.
fn findings(settings: &str, dependency: &str, code: &str) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"service\"\nedition = \"2024\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\n{dependency} = \"1\"\n"
    );
    fs::create_dir(root.path().join("src")).unwrap();
    fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(root.path().join("src/main.rs"), code).unwrap();
    fs::write(root.path().join("connlint.toml"), settings).unwrap();
    let run = connlint(root.path(), &["check", "--output-format", "concise"]);
    assert!(run.code < 2, "{settings}\n{}", run.stderr);
    run.stdout.lines().filter(|line| line.contains("error[")).map(str::to_owned).collect()
}

/// A handler with this body, registered at axum.
fn handler(body: &str) -> String {
    format!(
        "fn main() {{ let _: axum::Router = axum::Router::new().route(\"/\", axum::routing::get(index)); }}\n\
         async fn index() {{ {body} }}\n"
    )
}

#[test]
fn settings_of_the_page_are_accepted() {
    for example in examples("configuration.md") {
        findings(&example, "tokio", &handler(""));
    }
}

#[test]
fn each_example_of_models_does_what_it_is_shown_for() {
    let examples = examples("models.md");
    let [crate_, framework, once, blocking] = examples.as_slice() else { panic!("{} examples", examples.len()) };
    for (body, lint) in [
        ("let _ = acme_db::connect(\"db://host\").await;", "connection-per-request"),
        ("let _ = acme_db::Pool::connect(\"db://host\").await;", "pool-per-request"),
    ] {
        let found = findings(crate_, "acme-db", &handler(body));
        assert!(found.len() == 1 && found[0].contains(lint), "{body}: {found:?}");
    }
    let code = "fn main() { acme_web::App::new().get(\"/users\", users); }\n\
                async fn users() { let _ = sqlx::PgPool::connect(\"\").await; }\n";
    let found = findings(framework, "acme-web", code);
    assert!(found.len() == 1 && found[0].contains("GET /users"), "{found:?}");
    let body = "static POOL: acme_once::Once<sqlx::PgPool> = acme_once::Once::new();\n\
                let _ = POOL.get(async { sqlx::PgPool::connect(\"\").await }).await;";
    assert_eq!(findings(once, "acme-once", &handler(body)), [""; 0]);
    assert_eq!(findings("", "acme-once", &handler(&body.replace("POOL.get", "call"))).len(), 1);
    let found = findings(blocking, "acme-legacy", &handler("acme_legacy::report();"));
    assert!(found.len() == 1 && found[0].contains("connection-per-request"), "{found:?}");
}

#[test]
fn the_schema_is_the_one_that_the_command_prints() {
    let run = connlint(&repository(), &["schema"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    compare(&repository().join("docs/connlint.schema.json"), &run.stdout);
}

#[test]
fn the_catalog_is_listed_for_people_and_programs() {
    let empty = tempfile::tempdir().unwrap();
    let run = connlint(empty.path(), &["catalog"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.lines().any(|line| line.starts_with("sqlx ") && line.contains("database")), "{}", run.stdout);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let run = connlint(empty.path(), &[&["catalog", "--format", "json"], arguments].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
    };
    let all = json(&[]);
    assert_eq!((all["version"].as_u64(), all["project"].is_null()), (Some(1), true));
    let effects = |version: &str| {
        let crates = json(&["sqlx", "--version", version]);
        let rows = crates["crates"][0]["rows"]["functions"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["path"] == "sqlx::Pool::connect").map(|row| row["effects"].to_string())
    };
    assert_eq!(effects("0.8.2").as_deref(), Some("[\"build_pool\"]"));
    let run = connlint(empty.path(), &["catalog", "sqlxx"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `sqlx`?"), "{}", run.stderr);
}

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A locked project that depends on these packages of version 1.0.0, each with what it depends on; those called `acme`
/// come from a registry of their own.
fn locked(packages: &[(&str, &[&str])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let mut manifest = "[package]\nname = \"service\"\nedition = \"2024\"\n[dependencies]\n".to_owned();
    let mut lock = "version = 4\n".to_owned();
    for (name, dependencies) in packages {
        manifest += &format!("{name} = \"1\"\n");
        let source = if name.starts_with("acme") { "registry+https://acme.example/index" } else { REGISTRY };
        lock += &format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = {source:?}\ndependencies = {dependencies:?}\n"
        );
    }
    fs::create_dir(root.path().join("src")).unwrap();
    fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(root.path().join("Cargo.lock"), lock).unwrap();
    fs::write(root.path().join("src/main.rs"), "fn main() {}\n").unwrap();
    root
}

#[test]
fn connection_crates_that_are_not_known_are_one_notice_in_every_format() {
    let root = locked(&[
        ("acme-store", &["sqlx", "serde"]),
        ("rabbitmq-fast", &["tokio"]),
        ("redis-protocol", &["tokio"]),
        ("pgvector", &["sqlx"]),
        ("acme-billing", &["reqwest"]),
        ("serde", &[]),
        ("sqlx", &["tokio"]),
    ]);
    for format in FORMATS.iter().map(|format| format.name) {
        let run = connlint(root.path(), &["check", "--output-format", format]);
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        let told = "acme-store 1.0.0 (depends on sqlx); rabbitmq-fast 1.0.0 (is named after rabbitmq)";
        assert!(run.stdout.contains("unknown-crate") && run.stdout.contains(told), "{format}: {}", run.stdout);
        for harmless in ["redis-protocol", "pgvector", "acme-billing"] {
            assert!(!run.stdout.contains(harmless), "{format} tells {harmless}: {}", run.stdout);
        }
    }
    let run = connlint(root.path(), &["catalog", "--format", "json"]);
    let listing: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let unknown = listing["project"]["unknown"].as_array().unwrap();
    let likely: Vec<(&str, bool)> =
        unknown.iter().map(|krate| (krate["package"].as_str().unwrap(), krate["likely"].as_bool().unwrap())).collect();
    let told = [("acme-billing", false), ("acme-store", true), ("pgvector", false), ("rabbitmq-fast", true)];
    assert_eq!(likely, told);
    let sqlx = listing["crates"].as_array().unwrap().iter().find(|krate| krate["package"] == "sqlx").unwrap();
    assert_eq!(sqlx["used"][0]["version"], "1.0.0");
}

#[test]
fn models_of_a_crate_end_the_notice_on_it() {
    let root = locked(&[("acme-store", &["sqlx"])]);
    fs::write(root.path().join("connlint.toml"), "[[models]]\ncrate.package = \"acme-store\"\n").unwrap();
    let run = connlint(root.path(), &["check"]);
    assert!(!run.stdout.contains("unknown-crate"), "{}", run.stdout);
}

#[test]
fn proposed_models_do_what_the_sources_show() {
    let root = locked(&[("acme-db", &["sqlx"])]);
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "vendor/acme-db/Cargo.toml",
        "[package]\nname = \"acme-db\"\nversion = \"1.0.0\"\n[dependencies]\nsqlx = \"0.8\"\n",
    );
    write("vendor/acme-db/src/lib.rs", "mod open;\npub use open::{open, Db};\n");
    write(
        "vendor/acme-db/src/open.rs",
        "use sqlx::{Connection, PgConnection, PgPool};\n\
         pub struct Db { pool: PgPool }\n\
         impl Db { pub async fn begin(&self) { self.pool.begin().await.unwrap(); } fn hidden(&self) {} }\n\
         pub async fn open() -> Result<PgConnection, sqlx::Error> { deeper().await }\n\
         async fn deeper() -> Result<PgConnection, sqlx::Error> { PgConnection::connect(\"\").await }\n",
    );
    write("src/main.rs", &handler("let _ = acme_db::open().await;"));
    let manifest = fs::read_to_string(root.path().join("Cargo.toml")).unwrap();
    write("Cargo.toml", &format!("{manifest}axum = \"0.8\"\n"));
    let run = connlint(root.path(), &["models", "suggest"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for part in [
        "path = \"acme_db::Db\"\nrole = \"pool\"",
        "path = \"acme_db::open\"",
        "path = \"acme_db::Db::begin\"\nself = \"ref\"",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("deeper") && !run.stdout.contains("hidden"), "{}", run.stdout);
    write("connlint.toml", &run.stdout);
    let checked = connlint(root.path(), &["check", "--output-format", "concise"]);
    assert!(checked.stdout.contains("`acme_db::open` opens a new connection for every request"), "{}", checked.stdout);
    let run = connlint(root.path(), &["models", "suggest", "--package", "nothing"]);
    assert_eq!(run.code, 2);
}
