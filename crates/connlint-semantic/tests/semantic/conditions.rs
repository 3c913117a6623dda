//! Which branches constant arguments rule out.

use expect_test::{Expect, expect};

use crate::support;

/// Functions named `h…` are made handlers.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(&support::with_handlers(fixture)));
}

#[test]
fn a_flag_through_calls_negations_and_early_returns() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use reqwest::Client;
fn never_from_h1(flag: bool) { if flag { Client::new(); } }
fn outer(off: bool) { never_from_h1(!off) }
fn early(flag: bool) { if !flag { return; } Client::builder().build().unwrap(); }
fn either(a: bool, b: bool) { if a || b { Client::default(); } }
async fn h1(wanted: axum::Json<bool>) { outer(true); early(false); either(false, false); }
async fn h2(wanted: axum::Json<bool>) { outer(false); early(true); either(false, wanted.0); }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::new()`
                per request-handler `GET /2`: app::h2 -> app::outer -> app::never_from_h1
            BuildClient `Client::builder().build()`
                per request-handler `GET /2`: app::h2 -> app::early
            BuildClient `Client::default()`
                per request-handler `GET /2`: app::h2 -> app::either
        "#]],
    );
}

#[test]
fn variants_literals_and_what_only_the_run_decides() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use reqwest::Client;
#[derive(PartialEq)]
enum Mode { Fast, Safe(u8), Slow }
fn by_match(mode: Mode) { match mode { Mode::Fast => {} Mode::Safe(0) => {} _ => { Client::new(); } } }
fn by_name(name: &str) { match name { "a" | "b" => { Client::builder().build().unwrap(); } _ => {} } }
fn by_number(n: u32) { if n == 3 { Client::default(); } }
async fn h1() { by_match(Mode::Fast); by_name("c"); by_number(2); }
async fn h2() { by_match(Mode::Safe(1)); by_name("b"); by_number(3); }
async fn h3(name: String) { by_name(&name); }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::new()`
                per request-handler `GET /2`: app::h2 -> app::by_match
            BuildClient `Client::builder().build()`
                per request-handler `GET /2`: app::h2 -> app::by_name +1
            BuildClient `Client::default()`
                per request-handler `GET /2`: app::h2 -> app::by_number
        "#]],
    );
}

#[test]
fn options_and_their_methods() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use reqwest::Client;
fn fallback(client: Option<Client>) -> Client { client.unwrap_or_else(|| Client::new()) }
fn filtered(name: Option<&str>) { if let Some(n) = name.filter(|n| !n.is_empty()) { Client::builder().build().unwrap(); } }
fn defaulted(own: Option<bool>) { if own.unwrap_or(false) { Client::default(); } }
fn changed(mut own: Option<u8>) { own = Some(1); if own.is_some() { reqwest::ClientBuilder::new().build().unwrap(); } }
async fn h1(client: Client) { fallback(Some(client)); filtered(None); defaulted(None); }
async fn h2() { fallback(None); filtered(Some("a")); defaulted(Some(true)); changed(None); }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::new()`
                per request-handler `GET /2`: app::h2 -> app::fallback -> app::fallback{closure}
            BuildClient `Client::builder().build()`
                per request-handler `GET /2`: app::h2 -> app::filtered
            BuildClient `Client::default()`
                per request-handler `GET /2`: app::h2 -> app::defaulted
            BuildClient `reqwest::ClientBuilder::new().build()`
                per request-handler `GET /2`: app::h2 -> app::changed
        "#]],
    );
}

#[test]
fn functions_of_targets_without_sockets_do_not_exist() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use reqwest::Client;
#[cfg(target_arch = "wasm32")]
fn client() -> Client { Client::new() }
#[cfg(not(target_family = "wasm"))]
fn client() -> Client { Client::builder().build().unwrap() }
#[cfg(any(target_os = "wasi", feature = "own"))]
fn other() -> Client { Client::default() }
async fn h1() { client(); other(); }
struct App;
"#,
        expect![[r#"
            BuildClient `Client::builder().build()`
                per request-handler `GET /1`: app::h1 -> app::client
            BuildClient `Client::default()`
                per request-handler `GET /1`: app::h1 -> app::other
        "#]],
    );
}

/// The method that a trait writes for all its types is another one for each of them, however many there are.
#[test]
fn a_method_of_a_trait_runs_the_methods_of_its_own_type() {
    let quiet = (3..30).map(|n| format!("struct C{n}; impl Command for C{n} {{ async fn run(&self) {{}} }}\n"));
    let callers: String = (3..30).map(|n| format!("C{n}.answer().await; ")).collect();
    let fixture = r#"
//- /src/main.rs crate:app deps:axum,reqwest,tokio
use reqwest::Client;
trait Command {
    async fn run(&self);
    async fn answer(&self) { self.run().await }
}
struct One;
struct Two;
impl Command for One { async fn run(&self) { Client::new(); } }
impl Command for Two { async fn run(&self) { Client::default(); } }
QUIET
async fn h1() { CALLERS One.answer().await; }
async fn h2() { Two.answer().await; }
struct App;
"#;
    check(
        &fixture.replace("QUIET", &quiet.collect::<String>()).replace("CALLERS", &callers),
        expect![[r#"
            BuildClient `Client::new()`
                per request-handler `GET /1`: app::h1 -> app::Command::answer -> app::One::run
            BuildClient `Client::default()`
                per request-handler `GET /2`: app::h2 -> app::Command::answer -> app::Two::run
        "#]],
    );
}
