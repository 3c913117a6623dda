//! `--fix`: a fix makes of the fixture that shows a defect the fixture beside it, which is quiet and type-checked.

use std::fs;
use std::path::Path;
use std::process::Command;

use connlint_diagnostics::without_marks;
use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::files::{files_below, fixtures, text};
use connlint_tests::fixture::all;
use connlint_tests::project::Project;
use connlint_tests::workspace::workspace;

/// Lints whose fixes choose what nobody has named, or may change what the code does: they take `--unsafe-fixes`.
const LIKELY: [&str; 4] =
    ["client-without-timeout", "connection-in-loop", "connection-per-request", "pool-without-timeout"];

/// The names of the lint and of the cause of each fixture `quiet-fixed-<cause>`.
fn pairs() -> Vec<(String, String)> {
    let pair = |fixture: &Path| {
        let name = fixture.file_name()?.to_str()?.strip_prefix("quiet-fixed-")?.to_owned();
        Some((fixture.parent()?.file_name()?.to_str()?.to_owned(), name))
    };
    all().iter().filter_map(|fixture| pair(fixture)).collect()
}

/// A copy of a fixture, without the marks, which name what fixes look for.
fn defect(lint: &str, cause: &str) -> Project {
    let project = Project::of_fixture(&format!("{lint}/fires-{cause}"));
    for file in files_below(project.root(), &["rs"]) {
        fs::write(&file, without_marks(&text(&file))).unwrap();
    }
    project
}

fn sources(root: &Path) -> Vec<(String, String)> {
    let relative = |file: &Path| file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    files_below(root, &["rs"]).iter().map(|file| (relative(file), text(file))).collect()
}

fn fix(project: &Project, lint: &str) -> Run {
    let unsafe_fixes: &[&str] = if LIKELY.contains(&lint) { &["--unsafe-fixes"] } else { &[] };
    connlint(project.root(), &[&["--fix", "--allow-no-vcs", "--output-format=concise"], unsafe_fixes].concat())
}

#[test]
fn each_fix_makes_the_fixture_beside_it() {
    let pairs = pairs();
    let certain = [
        "client-per-request",
        "driver-not-spawned",
        "held-across-await",
        "nested-acquire",
        "reconnect-without-backoff",
        "transaction-not-committed",
    ];
    for lint in certain.into_iter().chain(LIKELY) {
        assert!(pairs.iter().any(|(of, _)| of == lint), "no fix of {lint} is tried");
    }
    for (lint, cause) in pairs {
        let expected = sources(&fixtures().join(&lint).join(format!("quiet-fixed-{cause}")));
        let project = defect(&lint, &cause);
        assert_ne!(sources(project.root()), expected, "{lint}/{cause} has nothing to fix");
        let run = fix(&project, &lint);
        assert!(run.stderr.contains("fixed "), "{lint}/{cause}: {}", run.stderr);
        assert!(!run.stdout.contains(&format!("[{lint}]")), "{}", run.stdout);
        assert_eq!(sources(project.root()), expected, "{lint}/{cause}");
        let again = fix(&project, &lint);
        assert!(!again.stderr.contains("fixed "), "{lint}/{cause}: {}", again.stderr);
        assert_eq!(sources(project.root()), expected, "{lint}/{cause} twice is as once");
    }
}

#[test]
fn fixes_that_choose_a_value_are_applied_on_demand_only() {
    let project = defect(LIKELY[0], "limit-of-the-connection-only");
    let before = sources(project.root());
    let run = connlint(project.root(), &["--fix", "--allow-no-vcs"]);
    assert_eq!((run.code, sources(project.root())), (1, before), "{}", run.stderr);
    assert!(run.stderr.contains("nothing was fixed"), "{}", run.stderr);
    for run in [run, connlint(project.root(), &["--fix-diff"])] {
        assert!(run.stderr.contains("for 1 finding `--unsafe-fixes` applies one"), "{}", run.stderr);
    }
}

#[test]
fn line_endings_and_comments_stay() {
    let project = defect("transaction-not-committed", "written-in-helper");
    let file = project.root().join("src/lib.rs");
    fs::write(&file, text(&file).replace("Ok(())\n}\n", "Ok(()) // done\n}\n").replace('\n', "\r\n")).unwrap();
    let before = text(&file);
    fix(&project, "transaction-not-committed");
    let (new, line) = (text(&file), "    tx.commit().await?;\r\n");
    assert!(new.contains(line), "{new}");
    assert_eq!(new.replacen(line, "", 1), before);
}

#[test]
fn patch_changes_what_a_fix_changes_and_nothing_by_itself() {
    for (lint, cause) in pairs().iter().filter(|(lint, _)| !LIKELY.contains(&lint.as_str())) {
        let project = defect(lint, cause);
        let before = sources(project.root());
        let run = connlint(project.root(), &["--fix-diff"]);
        assert_eq!((run.code, sources(project.root())), (1, before), "{}", run.stderr);
        project.write("fix.patch", &run.stdout);
        let applied = git(project.root(), &["apply", "fix.patch"]);
        assert_eq!(applied.code, 0, "{}\n{}", applied.stderr, run.stdout);
        let expected = sources(&fixtures().join(lint).join(format!("quiet-fixed-{cause}")));
        assert_eq!(sources(project.root()), expected, "{lint}/{cause}");
    }
}

#[test]
fn text_of_standard_input_gets_a_patch() {
    let project = defect("transaction-not-committed", "written-in-helper");
    let input = text(&project.root().join("src/lib.rs"));
    let run = |arguments: &[&str]| {
        let mut command = command("connlint");
        let input = fs::File::open(project.root().join("src/lib.rs")).unwrap();
        command.args(arguments).current_dir(project.root()).stdin(input);
        finish(&mut command)
    };
    let patch = run(&["-", "--fix-diff", "--stdin-filename", "src/lib.rs"]);
    assert!(patch.stdout.contains("\n+    tx.commit().await?;\n"), "{}{}", patch.stdout, patch.stderr);
    let refused = run(&["-", "--fix"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--fix-diff"), "{}", refused.stderr);
    assert_eq!(text(&project.root().join("src/lib.rs")), input);
}

/// Git with nothing of the user's configuration.
fn git(folder: &Path, arguments: &[&str]) -> Run {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ada", "-c", "user.email=ada@test.example", "-c", "init.defaultBranch=main"]);
    git.args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    finish(&mut git)
}

#[test]
fn work_that_git_cannot_give_back_is_not_changed() {
    let (lint, cause) = ("transaction-not-committed", "written-in-helper");
    let project = defect(lint, cause);
    let before = sources(project.root());
    let try_fix = |options: &[&str]| connlint(project.root(), &[&["--fix"], options].concat());
    let refused = |option: &str| {
        let run = try_fix(&[]);
        assert_eq!((run.code, sources(project.root())), (2, before.clone()), "{}", run.stderr);
        assert!(run.stderr.contains(option), "{}", run.stderr);
    };
    refused("--allow-no-vcs");
    for arguments in [&["init", "--quiet"][..], &["add", "."]] {
        assert_eq!(git(project.root(), arguments).code, 0);
    }
    refused("--allow-staged");
    assert_eq!(git(project.root(), &["commit", "--quiet", "-m", "all"]).code, 0);
    project.write("notes.txt", "new");
    refused("--allow-dirty");
    fs::remove_file(project.root().join("notes.txt")).unwrap();
    let run = try_fix(&[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_ne!(sources(project.root()), before, "all was committed");
    project.replace("src/lib.rs", "    tx.commit().await?;\n", "");
    project.write("notes.txt", "new");
    assert_eq!(try_fix(&["--allow-dirty"]).code, 0);
    assert_ne!(sources(project.root()), before);
}

const MANIFEST: &str = "//- Cargo.toml\n[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
    [dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\nreqwest = \"0.12\"\ntokio = \"1\"\ntokio-postgres = \"0.7\"\n";

/// The findings and the fixes of a handler, `lint: message of the fix`.
fn fixes_of(lint: &str, signature: &str, body: &str) -> Vec<String> {
    let root = workspace(&format!(
        "{MANIFEST}//- src/main.rs\nuse axum::{{Router, extract::State, routing::post}};\nuse sqlx::PgPool;\n\
         {signature} {{\n{body}\n}}\n\
         #[tokio::main]\nasync fn main() {{\n    let pool = PgPool::connect(\"postgres://localhost/app\").await.unwrap();\n    \
         let app: Router = Router::new().route(\"/\", post(run)).with_state(pool);\n    \
         let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await.unwrap();\n    \
         axum::serve(listener, app).await.unwrap();\n}}\n"
    ));
    let run = connlint(root.path(), &["--output-format=json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("a report");
    let found = report["findings"].as_array().unwrap();
    let found: Vec<_> = found.iter().filter(|finding| finding["lint"] == lint).collect();
    assert!(!found.is_empty(), "{lint} is not reported: {body}");
    let fixes = found.iter().flat_map(|finding| finding["fixes"].as_array().unwrap());
    fixes
        .map(|fix| format!("{}: {}", fix["applicability"].as_str().unwrap(), fix["message"].as_str().unwrap()))
        .collect()
}

const HANDLER: &str = "async fn run(State(pool): State<PgPool>)";

#[test]
fn transaction_that_is_lent_for_longer_is_not_lent_again() {
    let of = |body: &str| fixes_of("nested-acquire", HANDLER, body);
    let begin = "    let mut tx = pool.begin().await.unwrap();\n";
    let write = "    sqlx::query(\"UPDATE a SET b = 1\").execute(&mut *tx).await.unwrap();\n";
    let other = "    sqlx::query_scalar::<_, i64>(\"SELECT 1\").fetch_one(&pool).await.unwrap();\n";
    let commit = "    tx.commit().await.unwrap();";
    assert_eq!(of(&format!("{begin}{write}{other}{commit}")), ["certain: run it on `tx`, which is held already"]);
    let stream = "    let rows = sqlx::query(\"SELECT 2\").fetch(&mut *tx);\n";
    let later = "    drop(rows);\n";
    assert!(of(&format!("{begin}{stream}{other}{later}{commit}")).is_empty(), "the stream borrows it");
    let beside = "    let _ = tokio::try_join!(sqlx::query(\"SELECT 1\").execute(&mut *tx), \
                  sqlx::query(\"SELECT 2\").execute(&pool));\n";
    assert!(of(&format!("{begin}{beside}{commit}")).is_empty(), "both futures would borrow it");
    let apart = "    let later = async { sqlx::query(\"SELECT 2\").execute(&pool).await };\n";
    assert!(
        of(&format!("{begin}{apart}{write}    later.await.unwrap();\n{commit}")).is_empty(),
        "the block borrows it"
    );
    let unused = "    drop(1);\n";
    assert!(of(&format!("{begin}{unused}{other}{commit}")).is_empty(), "nothing shows how it is lent");
}

#[test]
fn connection_that_is_used_or_borrowed_later_is_not_dropped() {
    let of = |body: &str| fixes_of("held-across-await", HANDLER, body);
    let take = "    let mut conn = pool.acquire().await.unwrap();\n";
    let used = "    let row = sqlx::query(\"SELECT 1\").fetch_one(&mut *conn).await.unwrap();\n";
    let wait = "    tokio::time::sleep(std::time::Duration::from_secs(1)).await;\n";
    let shown = "    println!(\"{}\", row.len());";
    let expected = ["certain: drop `conn` after its last use, before the wait"];
    assert_eq!(of(&format!("{take}{used}{wait}{shown}")), expected);
    assert!(of(&format!("{take}{used}{wait}{used}")).is_empty(), "it is used after the wait");
    let moved = "    if row.is_empty() { drop(conn) }\n";
    assert!(of(&format!("{take}{used}{moved}{wait}{shown}")).is_empty(), "it may be gone already");
    let stream = "    let rows = sqlx::query(\"SELECT 1\").fetch(&mut *conn);\n";
    assert!(of(&format!("{take}{stream}{wait}    drop(rows);")).is_empty(), "the stream borrows it");
    let lock = "    sqlx::query(\"SELECT pg_try_advisory_lock(1)\").execute(&mut *conn).await.unwrap();\n";
    assert_eq!(of(&format!("{take}{lock}{wait}")), ["likely: drop `conn` after its last use, before the wait"]);
    let shadowed = "    let conn = conn;\n";
    assert!(of(&format!("{take}{shadowed}{wait}    drop(conn);")).is_empty(), "another variable has its name");
}

#[test]
fn client_of_the_request_stays_with_it() {
    let of = |body: &str| fixes_of("client-per-request", HANDLER, body);
    let used = "    client.get(\"https://a.example\").send().await.unwrap();";
    let expected = ["certain: build it once, in a static `CLIENT`, and clone that: clones share the connections"];
    assert_eq!(of(&format!("    let client = reqwest::Client::new();\n{used}")), expected);
    let local = "    let limit = std::time::Duration::from_secs(pool.size().into());\n    \
                 let client = reqwest::Client::builder().timeout(limit).build().unwrap();\n";
    assert!(of(&format!("{local}{used}")).is_empty(), "a local variable goes in");
    let failing = "    let Ok(client) = reqwest::Client::builder().build() else { return };\n";
    assert!(of(&format!("{failing}{used}")).is_empty(), "the failure is handled");
    let same = "    const CLIENT: u8 = 1;\n    drop(CLIENT);\n    let client = reqwest::Client::new();\n";
    let named = of(&format!("{same}{used}"));
    assert!(named[0].contains("`SHARED_CLIENT`"), "{named:?}");
}

#[test]
fn founding_incident_is_corrected_in_all_its_files() {
    let project = Project::of_fixture("incidents/2023-10-15-connection-per-request");
    let marked = files_below(project.root(), &["rs"]);
    marked.iter().for_each(|file| fs::write(file, without_marks(&text(file))).unwrap());
    let certain = connlint(project.root(), &["--fix", "--allow-no-vcs"]);
    assert!(certain.stderr.contains("for 1 finding `--unsafe-fixes` applies one"), "{}", certain.stderr);
    let run = connlint(project.root(), &["--fix", "--unsafe-fixes", "--allow-no-vcs"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("fixed 1 finding in 2 files"), "{}", run.stderr);
    let helper = text(&project.root().join("crates/db/src/lib.rs"));
    assert!(helper.contains("-> sqlx::Result<sqlx::pool::PoolConnection<sqlx::Postgres>> {"), "{helper}");
    let callers = text(&project.root().join("crates/repo/src/lib.rs"));
    assert_eq!((callers.matches("&mut *conn").count(), callers.matches("&mut conn").count()), (2, 0), "{callers}");
}

#[test]
fn pool_in_the_state_of_a_framework_is_used() {
    let body = "{\n    let mut conn = sqlx::PgConnection::connect(\"postgres://localhost/a\").await.unwrap();\n    \
                sqlx::query(\"SELECT 1\").execute(&mut conn).await.unwrap();\n}\n";
    let actix = format!(
        "async fn run(state: actix_web::web::Data<sqlx::PgPool>) {body}fn main() {{\n    \
         drop(actix_web::HttpServer::new(|| actix_web::App::new().route(\"/\", actix_web::web::get().to(run))));\n}}\n"
    );
    let rocket = format!(
        "#[rocket::get(\"/\")]\nasync fn run(state: &rocket::State<sqlx::PgPool>) {body}#[rocket::launch]\n\
         fn rocket() -> _ {{\n    rocket::build().mount(\"/\", rocket::routes![run])\n}}\n"
    );
    for code in [actix, rocket] {
        let manifest = MANIFEST.replace("axum = \"0.8\"", "actix-web = \"4\"\nrocket = \"0.5\"");
        let root = workspace(&format!("{manifest}//- src/main.rs\nuse sqlx::Connection;\n{code}"));
        let run = connlint(root.path(), &["--fix-diff", "--unsafe-fixes"]);
        assert!(run.stdout.contains("state.acquire().await.unwrap();"), "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("execute(&mut *conn)"), "{}", run.stdout);
    }
}

/// The fixes of a helper that opens, and of what calls it.
fn fixes_of_helper(helper: &str, body: &str) -> Vec<String> {
    let state = "struct Config { url: String }\n\
                 impl Config { fn new() -> Self { Self { url: std::env::var(\"URL\").unwrap() } } }\n";
    let handler = format!("use sqlx::Connection;\n{state}{helper}\nasync fn run(State(_pool): State<sqlx::MySqlPool>)");
    fixes_of("connection-per-request", &handler, body)
}

#[test]
fn pool_takes_the_place_of_connections_that_are_given_back() {
    let result = "async fn open(config: &Config) -> Result<sqlx::PgConnection, sqlx::Error> {\n    \
                  sqlx::PgConnection::connect(&config.url).await\n}";
    let take = "    let mut conn = open(&Config::new()).await.unwrap();\n";
    let used = "    sqlx::query(\"SELECT 1\").execute(&mut conn).await.unwrap();\n";
    let expected = ["likely: take it from a pool, in a static `POOL`, which the first call makes"];
    let of = |body: &str| fixes_of_helper(result, body);
    assert_eq!(of(&format!("{take}{used}")), expected);
    assert!(of(&format!("{take}{used}    conn.close().await.unwrap();")).is_empty(), "it is given back to nobody");
    assert!(of(&format!("{take}{used}    drop::<sqlx::PgConnection>(conn);")).is_empty(), "it is moved");
    let typed = take.replace("mut conn", "mut conn: sqlx::PgConnection");
    assert!(of(&format!("{typed}{used}")).is_empty(), "the variable says its type");
    let other = "    open(&Config { url: std::env::var(\"OTHER\").unwrap() }).await.unwrap().ping().await.unwrap();\n";
    assert!(of(&format!("{take}{used}{other}")).is_empty(), "there are two servers");
    let hidden = result.replace("Result<sqlx::PgConnection, sqlx::Error>", "Opened");
    let hidden = format!("type Opened = Result<sqlx::PgConnection, sqlx::Error>;\n{hidden}");
    assert!(fixes_of_helper(&hidden, &format!("{take}{used}")).is_empty(), "the signature does not name the type");
    let of_request = "    let mut conn = open(&Config { url: _pool.size().to_string() }).await.unwrap();\n";
    assert!(of(&format!("{of_request}{used}")).is_empty(), "the server is not known");
}

#[test]
fn pool_is_not_named_where_its_crate_has_another_name_or_rust_is_old() {
    let patched = |from: &str, to: &str, old: &str, new: &str| {
        let project = defect("connection-per-request", "one-server-for-all-callers");
        project.replace("store/Cargo.toml", from, to);
        project.write("store/src/lib.rs", &text(&project.root().join("store/src/lib.rs")).replace(old, new));
        connlint(project.root(), &["--fix-diff", "--unsafe-fixes"]).stdout.contains("+++ b/store/src/lib.rs")
    };
    assert!(patched("publish", "publish", "sqlx", "sqlx"));
    assert!(!patched("sqlx = {", "pg = { package = \"sqlx\",", "sqlx::", "pg::"));
    assert!(!patched("rust-version = \"1.88\"", "rust-version = \"1.69\"", "sqlx", "sqlx"));
}

#[test]
fn name_that_a_comment_mentions_is_kept() {
    let of = |body: &str| fixes_of("driver-not-spawned", HANDLER, body);
    let bound = "    let (client, _driver) = tokio_postgres::connect(\"\", tokio_postgres::NoTls).await.unwrap();\n";
    let used = "    client.execute(\"SELECT 1\", &[]).await.unwrap();\n    drop(pool);";
    assert_eq!(of(&format!("{bound}{used}")), ["certain: run the driver in a task of its own"]);
    assert!(of(&format!("    // `_driver` lives as long as the client.\n{bound}{used}")).is_empty());
}

#[test]
fn commit_goes_where_nothing_can_fail_after_it() {
    let of = |body: &str| fixes_of("transaction-not-committed", HANDLER, body);
    let begin = "    let mut tx = pool.begin().await.unwrap();\n";
    let write = "    sqlx::query(\"UPDATE a SET b = 1\").execute(&mut *tx).await.unwrap();\n";
    assert_eq!(of(&format!("{begin}{write}")), ["certain: commit `tx` where its block ends"]);
    let answer = "async fn run(State(pool): State<PgPool>) -> Result<(), String>";
    let result = "    let result = sqlx::query(\"UPDATE a SET b = 1\").execute(&mut *tx).await;\n    \
                  let result = result.map(drop).map_err(|e| e.to_string());\n";
    let likely = fixes_of("transaction-not-committed", answer, &format!("{begin}{result}    result"));
    assert_eq!(likely, ["likely: commit `tx` where its block ends"], "what was written may have failed");
    let leaves = "    if pool.size() > 1 { return; }\n";
    assert_eq!(of(&format!("{begin}{leaves}{write}")), ["likely: commit `tx` where its block ends"]);
    assert!(of(&format!("{begin}{write}{leaves}{write}")).is_empty(), "what is written before has to be committed too");
    assert!(of(&format!("{begin}{write}    return;")).is_empty(), "nothing runs after the last statement");
}

#[test]
fn old_rust_has_no_lazy_lock() {
    let project = defect("client-per-request", "client-with-settings");
    let manifest = text(&project.root().join("Cargo.toml"));
    project.write("Cargo.toml", &manifest.replace("rust-version = \"1.88\"", "rust-version = \"1.79\""));
    let run = connlint(project.root(), &["--fix-diff"]);
    assert_eq!(run.stdout, "", "{}", run.stderr);
}
