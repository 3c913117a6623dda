//! Twice as much of one shape of code takes about twice as much work, counted where no clock matters.

use std::fmt::Write as _;

use connlint_lints::Declared;
use connlint_parser::{Limits, parse_sources};
use connlint_semantic::Work;
use connlint_tests::pipeline::analyse_and_count;

/// What doubling the code may do to a count, in percent.
const MOST: usize = 210;

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
                        axum = \"0.8\"\nsqlx = \"0.8\"\ndeadpool-postgres = \"0.14\"\nreqwest = \"0.12\"\ntokio = \"1\"\n";
const HEAD: &str = "use axum::{Router, extract::State, routing::get};\nuse sqlx::{Connection, PgConnection, PgPool};\n";

/// A server with one handler, which has this body.
fn server(body: &str, rest: &str) -> String {
    format!(
        "{HEAD}async fn handler(State(pool): State<PgPool>) {{\n{body}}}\n{rest}\
         fn router(pool: PgPool) -> Router {{ Router::new().route(\"/\", get(handler)).with_state(pool) }}\nfn main() {{}}\n"
    )
}

/// The same text for each number below `n`.
fn each(n: usize, text: impl Fn(usize) -> String) -> String {
    (0..n).map(text).collect()
}

fn one_file(text: String) -> Vec<(String, String)> {
    vec![("Cargo.toml".to_owned(), MANIFEST.to_owned()), ("src/main.rs".to_owned(), text)]
}

fn handlers(n: usize) -> Vec<(String, String)> {
    let mut text = HEAD.to_owned();
    text += &each(n, |i| format!("async fn h{i}(State(pool): State<PgPool>) {{ shared(&pool).await }}\n"));
    text += "async fn shared(pool: &PgPool) { let c = PgConnection::connect(\"x\").await.unwrap(); drop(c); }\n";
    let routes = each(n, |i| format!(".route(\"/{i}\", get(h{i}))"));
    let _ = writeln!(text, "fn router(p: PgPool) -> Router {{ Router::new(){routes}.with_state(p) }}\nfn main() {{}}");
    one_file(text)
}

fn binaries(n: usize) -> Vec<(String, String)> {
    let lib = "pub async fn shared() { let _ = <sqlx::PgConnection as sqlx::Connection>::connect(\"x\").await; }\n";
    let main = "#[tokio::main]\nasync fn main() { loop { app::shared().await; } }\n";
    let own = [("Cargo.toml".to_owned(), MANIFEST.to_owned()), ("src/lib.rs".to_owned(), lib.to_owned())];
    own.into_iter().chain((0..n).map(|i| (format!("src/bin/b{i}.rs"), main.to_owned()))).collect()
}

fn transactions(n: usize) -> Vec<(String, String)> {
    let one = |i| {
        format!(
            "let mut t{i} = pool.begin().await.unwrap();\nsqlx::query(\"x\").execute(&mut *t{i}).await.unwrap();\n\
             t{i}.commit().await.unwrap();\n"
        )
    };
    one_file(server(&each(n, one), ""))
}

fn statements(n: usize) -> Vec<(String, String)> {
    let body = each(n, |i| format!("let v{i} = add({i}, {i});\nlet w{i} = v{i} + 1;\n"));
    one_file(server(&body, "fn add(a: u32, b: u32) -> u32 { a + b }\n"))
}

/// A function that takes one connection after the other and keeps all of them.
fn acquires(n: usize) -> Vec<(String, String)> {
    let one = |i| format!("let c{i} = pool.get().await.unwrap();\nc{i}.execute(\"x\", &[]).await.unwrap();\n");
    let text = server(&each(n, one), "").replace("PgPool", "deadpool_postgres::Pool");
    one_file(text.replace("use sqlx::{Connection, PgConnection, deadpool_postgres::Pool};\n", ""))
}

/// A chain of calls, each of which opens a connection before the next one.
fn chain(n: usize) -> Vec<(String, String)> {
    let link = |i| {
        format!(
            "async fn f{i}(p: &PgPool) {{ let c = PgConnection::connect(\"x\").await.unwrap(); f{}(p).await }}\n",
            i + 1
        )
    };
    let end = format!("async fn f{n}(p: &PgPool) {{}}\n");
    one_file(server("f0(&pool).await;\n", &(each(n, link) + &end)))
}

/// A chain of calls under a transaction, each of which waits for another service.
fn waits(n: usize) -> Vec<(String, String)> {
    let parameter = "t: &mut sqlx::Transaction<'_, sqlx::Postgres>";
    let link =
        |i| format!("async fn f{i}({parameter}) {{ reqwest::get(\"x\").await.unwrap(); f{}(t).await }}\n", i + 1);
    let end = format!("async fn f{n}({parameter}) {{}}\n");
    let body = "let mut t = pool.begin().await.unwrap();\nf0(&mut t).await;\nt.commit().await.unwrap();\n";
    one_file(server(body, &(each(n, link) + &end)))
}

fn globs(n: usize) -> Vec<(String, String)> {
    let module = |i| {
        let (next, other) = ((i + 1) % n, (i + 7) % n);
        format!("pub mod m{i} {{ pub use crate::m{next}::*; pub fn f{i}() {{ f{other}() }} }}\n")
    };
    one_file(each(n, module) + "fn main() { m0::f0() }\n")
}

/// Many implementations of a trait, and few calls of it.
fn implementations(n: usize) -> Vec<(String, String)> {
    dispatch(n, 10)
}

/// Few implementations of a trait, and many calls of it.
fn dynamic_calls(n: usize) -> Vec<(String, String)> {
    dispatch(10, n)
}

fn dispatch(implementations: usize, calls: usize) -> Vec<(String, String)> {
    let mut rest = "trait Repo { fn load(&self, p: &PgPool); }\n".to_owned();
    rest += &each(implementations, |i| {
        format!("struct S{i};\nimpl Repo for S{i} {{ fn load(&self, p: &PgPool) {{ p.close(); }} }}\n")
    });
    rest += &each(calls, |i| format!("fn c{i}(r: &dyn Repo, p: &PgPool) {{ r.load(p) }}\n"));
    let body = "let r: Box<dyn Repo> = Box::new(S0);\n".to_owned() + &each(calls, |i| format!("c{i}(&*r, &pool);\n"));
    one_file(server(&body, &rest))
}

fn dependencies(n: usize) -> Vec<(String, String)> {
    let manifest = MANIFEST.to_owned() + &each(n, |i| format!("d{i} = \"1\"\n"));
    vec![("Cargo.toml".to_owned(), manifest), ("src/main.rs".to_owned(), "fn main() { d1::go() }\n".to_owned())]
}

/// Members that export again what those before them export.
fn exports(n: usize) -> Vec<(String, String)> {
    let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"m*\"]\nresolver = \"2\"\n".to_owned())];
    for i in 0..n {
        let near = i.saturating_sub(3)..i;
        let manifest = format!("[package]\nname = \"m{i}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n");
        let depends: String = near.clone().map(|j| format!("m{j} = {{ path = \"../m{j}\" }}\n")).collect();
        let uses: String = near.map(|j| format!("pub use m{j}::*;\n")).collect();
        files.push((format!("m{i}/Cargo.toml"), manifest + &depends));
        files.push((format!("m{i}/src/lib.rs"), uses + &format!("pub fn f{i}() {{ f{}() }}\n", i.saturating_sub(1))));
    }
    files
}

/// The counts of a run over so many of a shape.
fn counts(files: &[(String, String)]) -> Vec<(&'static str, usize)> {
    let facts = parse_sources(files, &Limits::default()).unwrap();
    let bytes = facts.crates.iter().flat_map(|krate| &krate.files).map(|file| file.bytes as usize).sum();
    let items = facts.crates.iter().flat_map(|krate| &krate.files).map(|file| file.items.len()).sum();
    let (report, work) = analyse_and_count(facts, &Declared::default());
    let Work { inferences, inferred_ops, functions, calls, sites, entry_points, held } = work;
    let steps = report.findings.iter().map(|finding| finding.trace.len() + finding.siblings.len()).sum();
    vec![
        ("bytes", bytes),
        ("items", items),
        ("inferences", inferences),
        ("inferred operations", inferred_ops),
        ("functions", functions),
        ("calls", calls),
        ("sites", sites),
        ("entry points", entry_points),
        ("held", held),
        ("findings", report.findings.len()),
        ("steps and places of findings", steps),
        ("notices", report.notices.len()),
    ]
}

/// Doubling the shape about doubles every count.
#[track_caller]
fn grows_linearly(shape: impl Fn(usize) -> Vec<(String, String)>, n: usize) {
    let (once, twice) = (counts(&shape(n)), counts(&shape(2 * n)));
    println!("{once:?}\n{twice:?}");
    for ((what, once), (_, twice)) in once.into_iter().zip(twice) {
        // A few things are there once, however much there is of the shape.
        assert!(twice * 100 <= once * MOST + 1_000, "{what}: {once} of {n}, {twice} of {}", 2 * n);
    }
}

#[test]
fn handlers_of_one_opening() {
    grows_linearly(handlers, 100);
}

#[test]
fn binaries_of_one_library() {
    grows_linearly(binaries, 60);
}

#[test]
fn transactions_of_one_function() {
    grows_linearly(transactions, 60);
}

#[test]
fn connections_that_one_function_keeps() {
    grows_linearly(acquires, 500);
}

#[test]
fn statements_of_one_function() {
    grows_linearly(statements, 400);
}

#[test]
fn calls_that_open_connections_one_below_the_other() {
    grows_linearly(chain, 600);
}

#[test]
fn waits_one_below_the_other_in_a_transaction() {
    grows_linearly(waits, 600);
}

#[test]
fn globs_in_a_ring() {
    grows_linearly(globs, 100);
}

#[test]
fn implementations_of_a_trait_object() {
    grows_linearly(implementations, 100);
}

#[test]
fn calls_of_a_trait_object() {
    grows_linearly(dynamic_calls, 100);
}

#[test]
fn dependencies_of_a_manifest() {
    grows_linearly(dependencies, 2_000);
}

#[test]
fn exports_of_exports() {
    grows_linearly(exports, 60);
}
