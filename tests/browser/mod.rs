//! The page of `connlint map` in a browser, used by mouse and keyboard.
//!
//! `tests/browser/run.sh` runs this where Chromium is installed.

mod driver;

use std::fs;
use std::path::{Path, PathBuf};

use connlint_tests::bless::blessing;
use connlint_tests::command::connlint;
use connlint_tests::files::{fixtures, repository};
use connlint_tests::workspace::workspace;
use driver::Browser;
use tempfile::TempDir;

/// As many routes stay fluid.
const ROUTES: usize = 2000;

/// Limits in milliseconds: many times what a busy machine takes.
const LONGEST_START: f64 = 10_000.0;
const LONGEST_FILTER: f64 = 500.0;

fn map(project: &Path, folder: &TempDir) -> PathBuf {
    let page = folder.path().join("map.html");
    let run = connlint(project, &["map", "--output", &page.to_string_lossy()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    page
}

fn opened(project: &Path) -> (Browser, TempDir) {
    let folder = tempfile::tempdir().expect("there is room for a page");
    let page = map(project, &folder);
    let mut browser = Browser::start();
    browser.open(&page);
    (browser, folder)
}

#[test]
fn clicks_lead_from_a_route_to_the_opening_expression() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/2023-10-15-connection-per-request"));
    browser.click("#list a", "GET /users");
    assert_eq!(browser.text("#detail h2"), "GET /users");
    browser.click(".node", "PgConnection::connect");
    assert_eq!(browser.text("#detail pre mark"), "PgConnection::connect(&config.url)");
    assert!(browser.text("#detail").contains("crates/db/src/lib.rs:21:5"));
    let steps = browser.text("#detail ol.steps");
    for step in ["enters server::routes::list_users", "calls repo::all", "calls db::open"] {
        assert!(steps.contains(step), "{steps}");
    }
    let picture = browser.screenshot();
    if blessing() {
        fs::write(repository().join("docs/map.png"), picture).expect("docs can be written");
    }
}

#[test]
fn page_can_be_used_by_keyboard_alone() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/2023-10-15-connection-per-request"));
    browser.press("/");
    browser.type_text("users");
    assert_eq!(browser.text("#count"), "1 of 2 entry points, 2 other matches");
    browser.press("ArrowDown");
    browser.press("Enter");
    assert_eq!(browser.text("#detail h2"), "GET /users");
    browser.press("Escape");
    assert_eq!(browser.text("#detail h2"), "Reported: 1 finding");
}

#[test]
fn page_loads_nothing_but_itself() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/nested-acquire"));
    for hash in ["#e0", "#s0", "#d0", "#f0", "#p0", ""] {
        browser.value(&format!("location.hash = {hash:?}"));
    }
    assert_eq!(browser.requests(), ["map.html"]);
    assert!(browser.errors().is_empty(), "{:?}", browser.errors());
}

#[test]
fn pool_shows_its_arithmetic_and_its_users() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/nested-acquire"));
    assert!(browser.text("#detail").contains("All pools of one process open at most 5; 1 instance: 5 of 100."));
    browser.fill(".sum input", "30");
    assert!(browser.text("#detail").contains("30 instances: 150 of 100. More than the server lets in."));
    browser.click("#detail td a", "sqlx::Pool");
    let page = browser.text("#detail");
    for text in ["Opens at most 5: set at src/main.rs:", "By 1 entry point", "POST /orders/{id}/pay"] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

#[test]
fn finding_about_a_pool_is_shown_where_the_pool_is() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/pool-without-timeout"));
    assert_eq!(browser.text("#detail td .warning"), "1 warning");
    browser.click("#detail td a", "deadpool");
    let found = browser.text("#detail .finding");
    assert!(found.contains("tasks wait for ever for a free connection"), "{found}");
    browser.click("#detail .finding a", "tasks wait for ever");
    browser.click("#detail li a", "src/main.rs:10:16");
    assert!(browser.text("#detail h2").starts_with("Pool deadpool::managed::Pool"));
}

#[test]
fn entry_point_that_is_reported_is_not_said_to_concern_nothing() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/client-without-timeout"));
    browser.click("#list a", "GET /quotes/{id}");
    assert!(browser.text("#detail .finding").contains("client-without-timeout"));
    assert!(!browser.text("#detail").contains("Reaches nothing"));
    browser.click("#list a", "GET /healthz");
    assert!(browser.text("#detail").contains("Reaches nothing that connlint knows to concern connections."));
}

#[test]
fn names_of_the_project_are_never_markup() {
    let hostile = "/</script><img src=x onerror=alert(1)>\u{202e}`x`";
    let folder =
        workspace(&SERVICE.replace("ROUTES", &format!(".route({hostile:?}, get(h0))")).replace("HANDLERS", H0));
    let (mut browser, _folder) = opened(folder.path());
    assert_eq!(browser.value("document.images.length"), 0);
    let listed = browser.text("#list a .title");
    assert_eq!(listed, "GET /</script><img src=x onerror=alert(1)>\\u{202e}`x`");
    browser.click("#list a", "img");
    assert_eq!(browser.value("document.querySelectorAll('#detail img, #detail script').length"), 0);
    assert_eq!(browser.text("#detail h2"), listed);
}

#[test]
fn thousands_of_routes_stay_fluid() {
    let routes: String = (0..ROUTES).map(|n| format!(".route(\"/r{n}/{{id}}\", get(h{n}))\n")).collect();
    let handlers: String = (0..ROUTES).map(|n| format!("async fn h{n}() {{ step{}().await; }}\n", n % 40)).collect();
    let steps: String = (0..40).map(|n| format!("async fn step{n}() {{ open().await; }}\n")).collect();
    let folder = workspace(&SERVICE.replace("ROUTES", &routes).replace("HANDLERS", &(handlers + &steps + OPEN)));
    let (mut browser, _folder) = opened(folder.path());
    let start = browser.value("performance.now()").as_f64().expect("it is a time");
    assert_eq!(browser.value("document.querySelectorAll('#list li').length"), ROUTES);
    let filter = "new Promise((done) => {
        const box = document.getElementById('query'), begun = performance.now();
        box.value = 'r19';
        box.dispatchEvent(new Event('input', { bubbles: true }));
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
    })";
    let filtered = browser.value(filter).as_f64().expect("it is a time");
    println!("{ROUTES} routes: shown after {start:.0} ms, filtered in {filtered:.0} ms");
    assert!(start < LONGEST_START, "the page was there after {start} ms");
    assert!(filtered < LONGEST_FILTER, "a filter took {filtered} ms");
    assert_eq!(browser.value("document.querySelectorAll('#list li:not([hidden])').length > 100"), true);
}

#[test]
fn paper_has_all_entry_points_pools_and_findings() {
    let (mut browser, _folder) = opened(&fixtures().join("incidents/nested-acquire"));
    browser.print_preview();
    assert_eq!(browser.value("getComputedStyle(document.querySelector('nav')).display"), "none");
    // The overview is not printed beside it: all that it says would be there twice.
    assert_eq!(browser.value("getComputedStyle(document.querySelector('#detail')).display"), "none");
    let paper = browser.text("#print");
    assert!(paper.contains("All pools of one process open at most 5; 1 instance: 5 of 100."), "{paper}");
    for text in ["sqlx::Pool", "takes a second connection", "GET /healthz", "POST /orders/{id}/pay", "src/orders.rs:"] {
        assert!(paper.contains(text), "{text} is not in {paper}");
    }
}

const SERVICE: &str = r#"
//- Cargo.toml
[package]
name = "wide"
version = "0.1.0"
edition = "2024"
[dependencies]
axum = "0.8"
sqlx = "0.8"
tokio = "1"
//- src/main.rs
use axum::{Router, routing::get};
use sqlx::{Connection, PgConnection};

#[tokio::main]
async fn main() {
    let app = Router::new()ROUTES;
    let listener = tokio::net::TcpListener::bind("localhost").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}

HANDLERS
"#;

const OPEN: &str = "async fn open() { PgConnection::connect(\"postgres://localhost\").await.unwrap(); }\n";

const H0: &str = "async fn h0() { PgConnection::connect(\"postgres://localhost\").await.unwrap(); }\n";
