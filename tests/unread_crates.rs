//! What is made of crates that no data file describes: by their names and by what `Cargo.lock` lists for them.

use connlint_tests::command::{Run, connlint};
use connlint_tests::workspace::workspace;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Runs connlint on a service with these handlers. `acme-rpc` runs on sockets, `acme-types` on nothing.
fn report(handlers: &str, arguments: &[&str]) -> Run {
    let lock = |name: &str, dependencies: &[&str]| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = {REGISTRY:?}\ndependencies = {dependencies:?}\n"
        )
    };
    let packages = [
        lock("acme-rpc", &["reqwest", "serde"]),
        lock("acme-tui", &["crossterm", "tokio"]),
        lock("acme-types", &["serde"]),
        lock("acme-protos", &["prost", "tonic"]),
        lock("prost", &[]),
        lock("tonic", &["hyper", "tokio"]),
        lock("axum", &["hyper", "tokio"]),
        lock("reqwest", &["hyper"]),
        lock("serde", &[]),
        lock("tokio", &["mio"]),
    ];
    let text = format!(
        "//- Cargo.toml\n[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
         acme-protos = \"1\"\nacme-rpc = \"1\"\nacme-tui = \"1\"\nacme-types = \"1\"\naxum = \"0.8\"\nreqwest = \"0.12\"\nserde = \"1\"\ntokio = \"1\"\n\
         //- Cargo.lock\nversion = 4\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n\
         dependencies = [\"acme-protos\", \"acme-rpc\", \"acme-tui\", \"acme-types\", \"axum\", \"reqwest\", \"serde\", \"tokio\"]\n{}\
         //- src/main.rs\n{handlers}\n",
        packages.concat()
    );
    let root = workspace(&text);
    let concise = ["check", "--output-format", "concise"];
    connlint(root.path(), &[&concise, arguments].concat())
}

const ROUTES: &str = "
#[tokio::main]
async fn main() {
    let app = axum::Router::new().route(\"/\", axum::routing::get(quote));
    axum::serve(tokio::net::TcpListener::bind(\"[::]:80\").await.unwrap(), app).await.unwrap();
}";

#[test]
fn a_client_of_a_crate_on_sockets_is_guessed_by_its_name() {
    let handler = "async fn quote() -> String { acme_rpc::QuoteClient::new(\"http://quotes\").quote().await }";
    let run = report(&format!("{handler}{ROUTES}"), &[]);
    assert!(run.stdout.contains("src/main.rs:1") && run.stdout.contains("client-per-request"), "{}", run.stdout);
    assert!(run.stdout.contains("`QuoteClient::new`"), "{}", run.stdout);
    let run = report(&format!("{handler}{ROUTES}"), &["--min-confidence", "high"]);
    assert!(!run.stdout.contains("client-per-request"), "a guess is never sure: {}", run.stdout);
}

#[test]
fn nothing_is_guessed_of_what_needs_no_socket_or_is_given_a_client() {
    for harmless in [
        "acme_types::QuoteClient::new(\"a name\").label()",
        "acme_rpc::Quote::new(\"one\").label()",
        "acme_rpc::QuoteClient::new(HTTP.clone()).quote().await",
        "acme_rpc::QuoteClient::with_http(HTTP.clone(), \"http://quotes\").quote().await",
    ] {
        let shared =
            "static HTTP: std::sync::LazyLock<reqwest::Client> = std::sync::LazyLock::new(reqwest::Client::new);";
        let run = report(&format!("async fn quote() -> String {{ {harmless} }}\n{shared}{ROUTES}"), &["--pedantic"]);
        assert!(!run.stdout.contains("client-per-request"), "{harmless}: {}", run.stdout);
    }
}

#[test]
fn an_address_is_no_client_that_a_constructor_works_with() {
    let handler =
        "async fn quote() -> String { acme_rpc::QuoteClient::new(std::env::var(\"QUOTES\").unwrap()).quote().await }";
    let run = report(&format!("{handler}{ROUTES}"), &[]);
    assert!(run.stdout.contains("src/main.rs:1") && run.stdout.contains("`QuoteClient::new`"), "{}", run.stdout);
}

#[test]
fn a_generated_client_in_a_crate_of_its_own_is_known() {
    let handler = "use acme_protos::quotes::v1::quote_client::QuoteClient;\n\
                   async fn quote() -> String { let mut c = QuoteClient::connect(\"http://quotes\").await.unwrap(); \
                   c.get(()).await.unwrap(); String::new() }";
    let run = report(&format!("{handler}{ROUTES}"), &[]);
    let found = ["client-per-request", "client-without-timeout"];
    assert!(found.iter().all(|lint| run.stdout.contains(lint)), "{}", run.stdout);
    let other = handler.replace("acme_protos", "acme_types");
    let run = report(&format!("{other}{ROUTES}"), &["--pedantic"]);
    assert!(!run.stdout.contains("client-"), "its crate does not depend on tonic: {}", run.stdout);
}

#[test]
fn a_type_that_a_macro_makes_is_proved_by_its_inherent_impl() {
    let handler = "#[acme_types::record(name = \"User\")]\npub struct NewUser { pub name: String }\n\
                   impl User { async fn greet(&self) -> String { let c = reqwest::Client::new(); \
                   c.get(\"http://mail\").send().await.unwrap().text().await.unwrap() } }\n\
                   fn load() -> User { acme_types::load() }\n\
                   async fn quote() -> String { load().greet().await }";
    let run = report(&format!("{handler}{ROUTES}"), &[]);
    assert!(run.stdout.contains("src/main.rs:3") && run.stdout.contains("client-per-request"), "{}", run.stdout);
}

#[test]
fn a_task_that_unread_code_spawns_is_no_handler() {
    let work = |method: &str| {
        format!(
            "async fn work(state: acme_rpc::State) {{ let c = reqwest::Client::new(); drop((state, c)); }}\n\
             pub fn set_up() {{ acme_rpc::Runner::new().{method}(\"work\", work); }}\n\
             async fn quote() -> String {{ String::new() }}{ROUTES}"
        )
    };
    let run = report(&work("register"), &[]);
    assert!(run.stdout.contains("client-per-request"), "{}", run.stdout);
    let run = report(&work("spawn_task"), &[]);
    assert!(!run.stdout.contains("client-per-request"), "{}", run.stdout);
}

#[test]
fn what_is_given_as_a_trait_object_is_given_as_its_implementations() {
    let handlers = format!(
        "struct Sender(reqwest::Client);\n\
         impl acme_rpc::Sends for Sender {{ async fn send(&self) {{ self.0.get(\"http://a\").send().await.unwrap(); }} }}\n\
         fn make() -> Sender {{ Sender(reqwest::Client::new()) }}\n\
         async fn quote() -> String {{ let sender: Box<dyn acme_rpc::Sends> = Box::new(make()); \
         acme_rpc::order(sender).await }}{ROUTES}"
    );
    let run = report(&handlers, &[]);
    assert!(run.stdout.contains("client-without-timeout"), "{}", run.stdout);
    let own = handlers.replace("acme_rpc::Sends", "Sends") + "\ntrait Sends { async fn send(&self); }";
    let run = report(&own, &[]);
    assert!(!run.stdout.contains("client-without-timeout"), "unread code calls no trait of ours: {}", run.stdout);
}

#[test]
fn what_a_terminal_calls_it_calls_for_one_user() {
    let screen = |krate: &str| {
        format!(
            "struct Screen;\nimpl {krate}::App for Screen {{ fn update(&mut self, event: {krate}::Event) {{ \
             let c = reqwest::Client::new(); drop((event, c)); }} }}\n\
             pub fn show() {{ {krate}::run(Screen); }}\nasync fn quote() -> String {{ show(); String::new() }}{ROUTES}"
        )
    };
    let run = report(&screen("acme_rpc"), &[]);
    assert!(run.stdout.contains("src/main.rs:2") && run.stdout.contains("client-per-request"), "{}", run.stdout);
    let run = report(&screen("acme_tui"), &[]);
    assert!(!run.stdout.contains("client-per-request"), "{}", run.stdout);
    let run = report(&screen("acme_tui"), &["--pedantic"]);
    assert!(run.stdout.contains("client-per-request") && run.stdout.contains("impact: low"), "{}", run.stdout);
}
