//! `--dependencies`: what the sources of dependencies show that no data file describes.

use std::fs;

use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::workspace::workspace;
use tempfile::TempDir;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package of that name that depends on sqlx and tokio, in `folder`.
fn package(folder: &str, name: &str, more: &str, code: &str) -> String {
    format!(
        "//- {folder}/Cargo.toml\n[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nsqlx = \"0.8\"\ntokio = \"1\"\n{more}\n\
         //- {folder}/.cargo-checksum.json\n{{}}\n//- {folder}/src/lib.rs\n{code}\n"
    )
}

const STORE: &str = "
use sqlx::{Connection, PgConnection};
pub struct Store { connection: PgConnection }
impl Store {
    pub async fn open(url: &str) -> Result<Store, sqlx::Error> {
        connect(url).await.map(|connection| Store { connection })
    }
}
async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> { PgConnection::connect(url).await }
pub fn each(work: impl Fn()) { work() }
pub use sqlx;
";

const WEB: &str = "
pub trait Service: Send + Sync {
    fn name(&self) -> String;
    fn answer(&self, request: String) -> impl Future<Output = String> + Send;
}
pub async fn serve<S: Service + 'static>(service: S) {
    println!(\"{}\", service.name());
    let listener = tokio::net::TcpListener::bind(\"[::]:81\").await.unwrap();
    loop {
        let (_socket, _) = listener.accept().await.unwrap();
        service.answer(String::new()).await;
    }
}
";

const MANIFEST: &str = "//- Cargo.toml
[package]
name = \"shop\"
version = \"0.1.0\"
edition = \"2024\"
[dependencies]
acme-db = \"1\"
acme-web = \"1\"
axum = \"0.8\"
sqlx = \"0.8\"
tokio = \"1\"
";

/// A service with a handler, and the packages that it depends on.
fn service(code: &str, packages: &[String]) -> TempDir {
    let lock = |name: &str, dependencies: &[&str]| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = {REGISTRY:?}\ndependencies = {dependencies:?}\n"
        )
    };
    let locked = [lock("acme-db", &["sqlx", "tokio"]), lock("acme-web", &["sqlx", "tokio"])].concat();
    workspace(&format!(
        "{MANIFEST}//- Cargo.lock\nversion = 4\n{locked}//- src/main.rs\n{code}
#[tokio::main]
async fn main() {{
    let app = axum::Router::new().route(\"/\", axum::routing::get(index));
    axum::serve(tokio::net::TcpListener::bind(\"[::]:80\").await.unwrap(), app).await.unwrap();
}}
{}",
        packages.concat()
    ))
}

fn vendored(name: &str, code: &str) -> String {
    package(&format!("vendor/{name}"), name, "", code)
}

fn check(root: &TempDir, arguments: &[&str]) -> Run {
    connlint(root.path(), &[&["check", "--output-format", "concise"], arguments].concat())
}

#[test]
fn what_a_function_does_is_read_off_its_source() {
    let opens = "async fn index() { acme_db::Store::open(\"postgres://db\").await.unwrap(); }";
    let root = service(opens, &[vendored("acme-db", STORE), vendored("acme-web", WEB)]);
    let run = check(&root, &["--dependencies"]);
    assert!(run.stdout.contains("src/main.rs:1:") && run.stdout.contains("connection-per-request"), "{}", run.stdout);
    assert!(!run.stdout.contains("unknown-crate"), "{}", run.stdout);
    let run = check(&root, &[]);
    assert!(!run.stdout.contains("connection-per-request"), "nothing is read unasked: {}", run.stdout);
    assert!(run.stdout.contains("unknown-crate"), "{}", run.stdout);
}

#[test]
fn a_callable_runs_where_the_source_runs_it() {
    let blocks = "async fn index() { acme_db::each(|| std::thread::sleep(std::time::Duration::from_secs(1))); }";
    let root = service(blocks, &[vendored("acme-db", STORE)]);
    assert!(check(&root, &["--dependencies"]).stdout.contains("blocking-in-async"));
}

#[test]
fn an_item_that_is_re_exported_is_the_one_it_leads_to() {
    let opens = "use acme_db::sqlx::{Connection, PgConnection};\n\
                 async fn index() { PgConnection::connect(\"postgres://db\").await.unwrap(); }";
    let root = service(opens, &[vendored("acme-db", STORE)]);
    assert!(check(&root, &["--dependencies"]).stdout.contains("src/main.rs:2:"));
}

#[test]
fn methods_that_the_source_calls_again_and_again_are_entry_points() {
    let opens = |method: &str| {
        let open = "let _ = sqlx::PgConnection::connect(\"postgres://db\");";
        let bodies = |of| if of == method { open } else { "" };
        format!(
            "use sqlx::Connection;\nstruct Shop;\nimpl acme_web::Service for Shop {{\n\
             fn name(&self) -> String {{ {} String::new() }}\n\
             async fn answer(&self, _: String) -> String {{ {} String::new() }}\n}}\n\
             async fn index() {{ tokio::spawn(acme_web::serve(Shop)); }}",
            bodies("name"),
            bodies("answer").replace(");", ").await;"),
        )
    };
    let root = service(&opens("answer"), &[vendored("acme-web", WEB)]);
    let run = check(&root, &["--dependencies"]);
    assert!(run.stdout.contains("src/main.rs:5:") && run.stdout.contains("for every connection"), "{}", run.stdout);
    let root = service(&opens("name"), &[vendored("acme-web", WEB)]);
    let run = check(&root, &["--dependencies"]);
    assert!(!run.stdout.contains("connection-per-request"), "{}", run.stdout);
}

#[test]
fn a_dependency_of_a_dependency_is_read_before_it() {
    let outer = "pub async fn load(url: &str) { acme_inner::Store::open(url).await.unwrap(); }";
    let opens = "async fn index() { acme_db::load(\"postgres://db\").await; }";
    let inner = package("vendor/acme-inner", "acme-inner", "", STORE);
    let root = service(opens, &[package("vendor/acme-db", "acme-db", "acme-inner = \"1\"", outer), inner]);
    let run = check(&root, &["--dependencies"]);
    assert!(run.stdout.contains("src/main.rs:1:") && run.stdout.contains("connection-per-request"), "{}", run.stdout);
}

#[test]
fn a_settings_file_asks_for_it_and_no_config_does_not() {
    let opens = "async fn index() { acme_db::Store::open(\"postgres://db\").await.unwrap(); }";
    let root = service(opens, &[vendored("acme-db", STORE), "//- connlint.toml\ndependencies = true\n".to_owned()]);
    assert!(check(&root, &[]).stdout.contains("connection-per-request"));
    assert!(!check(&root, &["--no-config"]).stdout.contains("connection-per-request"));
    let shown = connlint(root.path(), &["config"]).stdout;
    assert!(shown.contains("dependencies = true # connlint.toml"), "{shown}");
}

#[test]
fn rows_of_a_published_version_are_kept() {
    let opens = "async fn index() { acme_db::Store::open(\"postgres://db\").await.unwrap(); }";
    let root = service(opens, &[]);
    let home = workspace(&package("registry/src/index/acme-db-1.0.0", "acme-db", "", STORE));
    let cache = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let mut command = command("connlint");
        command.args(["check", "--dependencies", "--output-format", "concise"]).args(more);
        finish(command.current_dir(root.path()).env("CARGO_HOME", home.path()).env("CONNLINT_CACHE_DIR", cache.path()))
    };
    assert!(run(&[]).stdout.contains("connection-per-request"));
    let code = home.path().join("registry/src/index/acme-db-1.0.0/src/lib.rs");
    fs::write(code, "pub struct Store;").unwrap();
    assert!(run(&[]).stdout.contains("connection-per-request"), "they are taken from the cache");
    assert!(!run(&["--no-cache"]).stdout.contains("connection-per-request"), "they are read anew");
}

#[test]
fn sources_that_are_not_understood_are_reported() {
    let opens = "async fn index() { acme_db::Store::open(\"postgres://db\").await.unwrap(); }";
    let without_library = package("vendor/acme-db", "acme-db", "", "").replace("src/lib.rs", "src/other.rs");
    let root = service(opens, &[without_library]);
    let run = check(&root, &["--dependencies"]);
    assert!(run.stdout.contains("the sources of `acme-db` hold no library of that name"), "{}", run.stdout);
}
