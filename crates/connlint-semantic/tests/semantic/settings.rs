//! What is built, what limits it, and which requests are made with it.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::built(&support::with_all_named(fixture), "request_timeout"));
}

fn check_pools(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::built(&support::with_all_named(fixture), "acquire_timeout"));
}

#[test]
fn the_client_in_a_cell_a_guard_or_the_state_is_asked() {
    check(
        r#"
//- /src/main.rs crate:app deps:hyper@0.14.2,once_cell,actix-web,tokio
use hyper::{Client, client::HttpConnector};
static CLIENT: once_cell::sync::Lazy<Client<HttpConnector>> = once_cell::sync::Lazy::new(|| Client::new());
async fn in_a_cell() { CLIENT.get(uri()).await; }
async fn limited() { tokio::time::timeout(limit(), CLIENT.get(uri())).await; }
async fn behind_a_lock() { let lock = tokio::sync::Mutex::new(Client::new()); let guard = lock.lock().await; guard.get(uri()).await; }
async fn in_the_state(state: actix_web::web::Data<Client<HttpConnector>>) { state.get(uri()).await; }
fn main() { let state = Client::new(); actix_web::App::new().app_data(actix_web::web::Data::new(state)); }
"#,
        expect![[r#"
            `Client::new()` default: none
                `CLIENT.get(uri())`
                `CLIENT.get(uri())` (bounded)
            `Client::new()` default: none
                `guard.get(uri())`
            `Client::new()` default: none
                `state.get(uri())`
        "#]],
    );
}

#[test]
fn a_cell_of_something_else_is_no_client_that_is_asked() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,once_cell,deadpool-redis
static POOL: once_cell::sync::Lazy<deadpool_redis::Pool> = once_cell::sync::Lazy::new(|| make(reqwest::Client::new()));
fn make(_: reqwest::Client) -> deadpool_redis::Pool { todo!() }
async fn taken() { POOL.get().await; }
static CELL: once_cell::sync::OnceCell<reqwest::Client> = once_cell::sync::OnceCell::new();
async fn filled() { CELL.get_or_init(|| reqwest::Client::new()); CELL.get(); }
fn main() {}
"#,
        expect![[r#"
            `reqwest::Client::new()` default: none
            `reqwest::Client::new()` default: none
        "#]],
    );
}

#[test]
fn a_constructor_handed_on_as_a_value_builds_what_it_returns() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest
use std::sync::{LazyLock, OnceLock};
static KEPT: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);
static CELL: OnceLock<reqwest::Client> = OnceLock::new();
static MADE: LazyLock<reqwest::Client> = LazyLock::new(make);
fn make() -> reqwest::Client { reqwest::Client::new() }
async fn kept() { KEPT.get("http://a").send().await; }
async fn filled() { CELL.get_or_init(reqwest::Client::new).get("http://b").send().await; }
async fn given(client: Option<reqwest::Client>) { client.unwrap_or_else(reqwest::Client::new).get("http://c").send().await; }
async fn made() { MADE.get("http://d").send().await; }
fn setter() -> Option<reqwest::ClientBuilder> { Some(reqwest::Client::builder).map(|new| new()) }
fn main() { given(None); }
"#,
        expect![[r#"
            `reqwest::Client::new()` default: none
                `MADE.get("http://d").send()`
            `reqwest::Client::new` default: none
                `KEPT.get("http://a").send()`
            `reqwest::Client::new` default: none
                `CELL.get_or_init(reqwest::Client::new).get("http://b").send()`
            `reqwest::Client::new` default: none
                `client.unwrap_or_else(reqwest::Client::new).get("http://c").send()`
        "#]],
    );
}

#[test]
fn what_a_conversion_is_called_on_is_its_parameter() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest
struct Api(reqwest::Client);
impl From<reqwest::Client> for Api { fn from(client: reqwest::Client) -> Self { Api(client) } }
impl Api {
fn plain() -> Self { reqwest::Client::new().into() }
fn limited() -> Self { let api: Api = reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build().unwrap().into(); api }
async fn ask(&self) { self.0.get("http://a").send().await; }
}
fn main() { Api::plain().ask(); Api::limited(); Api::ask(&Api::plain()); }
"#,
        expect![[r#"
            `reqwest::Client::new()` default: none
                `self.0.get("http://a").send()`
            `reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build()` set: 5000 ms
                `self.0.get("http://a").send()`
        "#]],
    );
}

#[test]
fn a_closure_that_is_called_by_name_has_its_arguments() {
    check_pools(
        r#"
//- /src/main.rs crate:app deps:deadpool-redis
use deadpool_redis::{Config, Pool};
fn default_of_the_library() {
let pool = |config: Config| config.builder().unwrap().max_size(5).build().unwrap();
pool(Config::from_url("redis://a"));
}
fn one_of_two_is_limited() {
let pool = |config: Config| config.builder().unwrap().build().unwrap();
pool(Config::from_url("redis://a"));
let mut limited = Config::from_url("redis://b");
limited.pool = Some(deadpool_redis::PoolConfig { timeouts: deadpool_redis::Timeouts::wait_millis(50), ..Default::default() });
pool(limited);
}
fn handed_on(config: Option<Config>) { config.map(|config| config.builder().unwrap().build().unwrap()); }
fn main() { handed_on(Some(Config::from_url("redis://a"))); }
"#,
        expect![[r#"
            `config.builder().unwrap().max_size(5).build()` default: none
            `config.builder().unwrap().build()` set: Count(50)
            `config.builder().unwrap().build()` default: none
        "#]],
    );
}

#[test]
fn what_a_parameter_that_is_called_yields_is_what_the_caller_hands_over() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,other
struct Api(reqwest::Client);
fn run<T>(make: impl FnOnce() -> T) -> T { make() }
impl Api { async fn ask(&self) { self.0.get("http://a").send().await; } }
fn plain() { Api(run(|| reqwest::Client::new())).ask(); }
fn limited() { Api(run(|| reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build().unwrap())); }
fn unknown() { reqwest::Client::from(run(other::builder)).get("http://b").send(); run(other::builder_of_clients).build(); }
fn named(make: fn() -> reqwest::ClientBuilder) { make().build(); }
fn main() { named(other::builder); }
"#,
        expect![[r#"
            `reqwest::Client::new()` default: none
                `self.0.get("http://a").send()`
            `reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build()` set: 5000 ms
                `self.0.get("http://a").send()`
            `make().build()` not known: a function of another crate
        "#]],
    );
}

#[test]
fn a_future_that_comes_in_a_result_or_a_variable_is_a_request_where_it_is_awaited() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,acme-http,tokio
async fn tried() { let api = acme_http::Api::new(reqwest::Client::new()); api.ask("a")?.await; }
async fn kept() { let api = acme_http::Api::new(reqwest::Client::new()); let answer = api.ask("a"); answer.await; }
async fn sure() { let api = acme_http::Api::new(reqwest::Client::new()); api.ask("a").unwrap().await; }
async fn task(client: reqwest::Client) { let task = tokio::spawn(work(reqwest::Client::new())); task.await?; }
async fn work(_: reqwest::Client) {}
fn main() {}
"#,
        expect![[r#"
            `reqwest::Client::new()` default: none
                `api.ask("a")?.await` (by another crate)
            `reqwest::Client::new()` default: none
                `answer.await` (by another crate)
            `reqwest::Client::new()` default: none
                `api.ask("a").unwrap().await` (by another crate)
            `reqwest::Client::new()` default: none
        "#]],
    );
}

#[test]
fn what_a_library_calls_is_alive_whatever_tests_call() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,deadpool
struct Made { client: reqwest::Client }
struct Maker;
impl deadpool::managed::Manager for Maker {
async fn create(&self) -> Result<Made, ()> { let made = Made { client: reqwest::Client::new() }; Ok(made) }
}
trait Store { fn open(&self) -> reqwest::Client; }
struct Fake;
impl Store for Fake { fn open(&self) -> reqwest::Client { reqwest::Client::new() } }
fn set_up() { reqwest::Client::new(); }
fn main() {}
#[cfg(test)]
mod tests { #[test] fn works() { std::fs::File::create("x"); super::Fake.open(); super::set_up(); } }
"#,
        expect![[r#"
            `reqwest::Client::new()` default: none
        "#]],
    );
}

#[test]
fn a_default_that_the_place_chooses_is_the_one_of_its_type() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest
struct Api { client: reqwest::Client, limit: Option<reqwest::Client> }
async fn field() { let api = Api { client: Default::default(), limit: Default::default() }; api.client.get("http://a").send().await; }
async fn variable() { let client: reqwest::Client = Default::default(); client.get("http://b").send().await; }
async fn missing(given: Option<reqwest::Client>) { given.unwrap_or_default().get("http://c").send().await; }
fn main() { missing(Some(reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build().unwrap())); }
"#,
        expect![[r#"
            `Default::default()` default: none
                `api.client.get("http://a").send()`
            `Default::default()` default: none
                `client.get("http://b").send()`
            `given.unwrap_or_default()` set: 5000 ms
                `given.unwrap_or_default().get("http://c").send()`
            `reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build()` set: 5000 ms
                `given.unwrap_or_default().get("http://c").send()`
        "#]],
    );
}

#[test]
fn what_is_made_of_a_text_has_the_settings_that_a_text_can_give() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic
use std::str::FromStr;
use tonic::transport::Endpoint;
async fn by_path() { Endpoint::from_str("http://a").unwrap().connect().await; }
async fn converted(address: String) { Endpoint::try_from(address).unwrap().connect().await; }
async fn parsed() { "http://a".parse::<Endpoint>().unwrap().connect().await; }
async fn limited() { Endpoint::from_str("http://a").unwrap().timeout(std::time::Duration::from_secs(1)).connect().await; }
fn main() {}
"#,
        expect![[r#"
            `Endpoint::from_str("http://a").unwrap().connect()` default: none
                `Endpoint::from_str("http://a").unwrap().connect()`
            `Endpoint::try_from(address).unwrap().connect()` default: none
                `Endpoint::try_from(address).unwrap().connect()`
            `"http://a".parse::<Endpoint>().unwrap().connect()` default: none
                `"http://a".parse::<Endpoint>().unwrap().connect()`
            `Endpoint::from_str("http://a").unwrap().timeout(std::time::Duration::from_secs(1)).connect()` set: 1000 ms
                `Endpoint::from_str("http://a").unwrap().timeout(std::time::Duration::from_secs(1)).connect()`
        "#]],
    );
}

#[test]
fn a_field_that_the_command_line_fills_is_made_of_a_text() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic,clap
use clap::Parser;
use tonic::transport::Endpoint;
#[derive(Parser)]
struct Args {
#[clap(long, default_value = "http://a")] server: Endpoint,
#[arg(long)] other: Option<Endpoint>,
#[arg(value_parser = endpoint)] parsed: Endpoint,
#[arg(default_value_t = limited())] given: Endpoint,
}
struct Read { server: Endpoint }
async fn work(args: Args, read: Read) {
args.server.connect().await;
args.other.unwrap().connect().await;
args.parsed.connect().await;
args.given.connect().await;
args.server.timeout(std::time::Duration::from_secs(2)).connect().await;
read.server.connect().await;
}
fn main() { work(Args::parse(), read()); }
"#,
        expect![[r#"
            `args.server.connect()` default: none
                `args.server.connect()`
            `args.other.unwrap().connect()` default: none
                `args.other.unwrap().connect()`
            `args.parsed.connect()` not known: a field that is filled elsewhere
                `args.parsed.connect()`
            `args.given.connect()` not known: a field that is filled elsewhere
                `args.given.connect()`
            `args.server.timeout(std::time::Duration::from_secs(2)).connect()` set: 2000 ms
                `args.server.timeout(std::time::Duration::from_secs(2)).connect()`
            `read.server.connect()` not known: a field that is filled elsewhere
                `read.server.connect()`
        "#]],
    );
}

#[test]
fn what_no_configuration_can_set_is_known_of_any_configuration() {
    check(
        r#"
//- /src/main.rs crate:app deps:grpcio,ethers-providers,reqwest
async fn of_any_builder(builder: grpcio::ChannelBuilder) { builder.connect(&address()); }
async fn of_any_client(client: reqwest::Client) { ethers_providers::Http::new_with_client(url(), client); }
async fn of_any_text(text: String) { ethers_providers::Http::from_str(&text); text.parse::<ethers_providers::Http>(); }
fn main() {}
"#,
        expect![[r#"
            `builder.connect(&address())` default: none
            `ethers_providers::Http::from_str(&text)` default: none
            `text.parse::<ethers_providers::Http>()` default: none
        "#]],
    );
}

#[test]
fn a_limit_among_the_arguments_of_a_call_is_that_of_its_request() {
    check(
        r#"
//- /src/main.rs crate:app deps:grpcio,numbers
use grpcio::{CallOption, ChannelBuilder};
async fn limited() {
let client = numbers::NumbersClient::new(ChannelBuilder::new(environment()).connect("a"));
client.double_async_opt(&request(), CallOption::default().timeout(limit()))?.await;
}
async fn plain() {
let client = numbers::NumbersClient::new(ChannelBuilder::new(environment()).connect("b"));
client.double_async(&request())?.await;
let options = CallOption::default();
client.double_async_opt(&request(), options.wait_for_ready(true))?.await;
}
fn main() {}
"#,
        expect![[r#"
            `ChannelBuilder::new(environment()).connect("a")` default: none
                `client.double_async_opt(&request(), CallOption::default().timeout(limit()))?.await` (bounded) (by another crate)
            `ChannelBuilder::new(environment()).connect("b")` default: none
                `client.double_async(&request())?.await` (by another crate)
                `client.double_async_opt(&request(), options.wait_for_ready(true))?.await` (by another crate)
        "#]],
    );
}

#[test]
fn a_request_is_sent_by_the_client_that_is_asked_not_by_the_one_that_made_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest,tokio
use reqwest::{Client, Request};
fn ask() -> Request { Client::new().post("http://orders").build().unwrap() }
async fn run(sender: &Client) { sender.execute(ask()).await; }
async fn itself() { Client::new().post("http://orders").send().await; }
#[tokio::main]
async fn main() { let sender = Client::builder().timeout(limit()).build().unwrap(); run(&sender).await; itself().await; }
"#,
        expect![[r#"
            `Client::new()` default: none
            `Client::new()` default: none
                `Client::new().post("http://orders").send()`
            `Client::builder().timeout(limit()).build()` set: Unknown
                `sender.execute(ask())`
        "#]],
    );
}

#[test]
fn a_client_for_one_call_sends_no_requests_of_what_is_made_of_the_answer() {
    check(
        r#"
//- /src/main.rs crate:app deps:openidconnect,tokio
use openidconnect::{core::{CoreClient, CoreProviderMetadata}, reqwest::async_http_client};
struct Auth { client: CoreClient }
impl Auth {
    async fn new(issuer: openidconnect::IssuerUrl, id: openidconnect::ClientId) -> Self {
        let found = CoreProviderMetadata::discover_async(issuer, async_http_client).await.unwrap();
        Self { client: CoreClient::from_provider_metadata(found, id, None) }
    }
    async fn by_own(&self) { self.client.exchange_code(code()).request_async(send).await; }
    async fn by_another(&self) { self.client.exchange_code(code()).request_async(async_http_client).await; }
}
fn main() {}
"#,
        expect![[r#"
            `async_http_client` default: none
                `async_http_client`
            `async_http_client` default: none
                `async_http_client`
        "#]],
    );
}

#[test]
fn a_configuration_under_another_public_path_sets_the_same() {
    check_pools(
        r#"
//- /src/main.rs crate:app deps:deadpool@0.12.0
use deadpool::managed::{Pool, PoolConfig, Timeouts};
use std::time::Duration;
struct Manager;
fn named() {
    let config = PoolConfig { max_size: 3, timeouts: Timeouts { wait: Some(Duration::from_secs(30)), create: None, recycle: None } };
    Pool::builder(Manager).config(config).build();
}
fn reexported() {
    use deadpool::managed::reexports as of_pools;
    let timeouts = of_pools::Timeouts { wait: Some(Duration::from_secs(20)), create: None, recycle: None };
    Pool::builder(Manager).config(of_pools::PoolConfig { max_size: 3, timeouts }).build();
}
fn main() {}
"#,
        expect![[r#"
            `Pool::builder(Manager).config(config).build()` set: 30000 ms
            `Pool::builder(Manager).config(of_pools::PoolConfig { max_size: 3, timeouts }).build()` set: 20000 ms
        "#]],
    );
}

#[test]
fn a_configuration_of_a_type_that_is_not_known_may_set_anything() {
    check_pools(
        r#"
//- /src/main.rs crate:app deps:deadpool@0.12.0,acme-settings
use deadpool::managed::{Pool, PoolConfig};
struct Manager;
struct App { pool: Option<PoolConfig> }
fn read() { Pool::builder(Manager).config(unknown().pool).build(); }
fn foreign(config: acme_settings::PoolSettings) { Pool::builder(Manager).config(config).build(); }
fn own(app: App) { Pool::builder(Manager).config(app.pool.unwrap_or_default()).build(); }
fn number() { Pool::builder(Manager).max_size(unknown().size).build(); }
fn main() {}
"#,
        expect![[r#"
            `Pool::builder(Manager).config(unknown().pool).build()` not known: a call that is not resolved
            `Pool::builder(Manager).config(config).build()` not known: a parameter
            `Pool::builder(Manager).config(app.pool.unwrap_or_default()).build()` not known: a field that is filled elsewhere
            `Pool::builder(Manager).max_size(unknown().size).build()` default: none
        "#]],
    );
}

#[test]
fn requests_of_a_client_that_nobody_gets_hold_of_have_the_defaults_of_its_library() {
    check(
        r#"
//- /src/main.rs crate:app deps:isahc@1.7.0,ureq@2.12.0,tokio
async fn kept_by_the_library() { isahc::get_async("a").await; }
async fn within_a_limit() { tokio::time::timeout(limit(), isahc::get_async("b")).await; }
async fn with_a_limit_of_its_own() { isahc::send_async(request()).await; }
fn for_the_call() { ureq::get("c").set("X-Id", "1").call(); }
fn limited_later() { ureq::get("d").timeout(limit()).call(); }
fn handed_out() -> ureq::Request { ureq::get("e") }
fn main() {}
"#,
        expect![[r#"
            `isahc::get_async("a")` default: none
                `isahc::get_async("a")`
            `isahc::get_async("b")` default: none
                `isahc::get_async("b")` (bounded)
            `ureq::get("c")` default: none
                `ureq::get("c").set("X-Id", "1").call()`
            `ureq::get("d")` default: none
                `ureq::get("d").timeout(limit()).call()` (bounded)
            `ureq::get("e")` default: none
        "#]],
    );
}

#[test]
fn a_connection_without_options_has_no_limit() {
    check(
        r#"
//- /src/main.rs crate:app deps:etcd-client@0.14.0
use etcd_client::{Client, ConnectOptions};
async fn without() { let mut client = Client::connect(["a"], None).await.unwrap(); client.get("k", None).await; }
async fn by_a_part() { let client = Client::connect(["b"], None).await.unwrap(); client.kv_client().get("k", None).await; }
async fn with() {
    let options = ConnectOptions::new().with_timeout(limit());
    let mut client = Client::connect(["c"], Some(options)).await.unwrap();
    client.get("k", None).await;
}
fn main() {}
"#,
        expect![[r#"
            `Client::connect(["a"], None)` default: none
                `Client::connect(["a"], None)`
                `client.get("k", None)`
            `Client::connect(["b"], None)` default: none
                `Client::connect(["b"], None)`
                `client.kv_client().get("k", None)`
            `Client::connect(["c"], Some(options))` set: Unknown
                `Client::connect(["c"], Some(options))`
                `client.get("k", None)`
        "#]],
    );
}

#[test]
fn a_version_without_the_row_of_a_limit_says_nothing_of_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:ureq@3.1.0
fn limited_by_its_configuration() { ureq::get("a").config().timeout_global(limit()).build().call(); }
fn main() {}
"#,
        expect![[r#""#]],
    );
}

#[test]
fn what_could_not_be_reached_at_start_up_is_shared_as_none() {
    check(
        r#"
//- /src/main.rs crate:app deps:async-graphql,reqwest,tokio
use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Result, Schema};
struct Query;
#[Object]
impl Query {
    async fn rates(&self, ctx: &Context<'_>) -> Result<u32> {
        let client = ctx.data::<Option<reqwest::Client>>()?.clone().ok_or("none")?;
        client.get("a").send().await?;
        Ok(1)
    }
}
async fn reached() -> Result<reqwest::Client, reqwest::Error> { reqwest::Client::builder().build() }
#[tokio::main]
async fn main() {
    Schema::build(Query, EmptyMutation, EmptySubscription).data(reached().await.ok()).finish();
}
"#,
        expect![[r#"
            `reqwest::Client::builder().build()` default: none
                `client.get("a").send()`
        "#]],
    );
}

#[test]
fn requests_of_a_generated_client_are_those_of_the_channel_that_it_wraps() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic
pub mod pb { tonic::include_proto!("users"); }
use pb::users_client::UsersClient;
use tonic::transport::{Channel, Endpoint};
struct Plain { client: UsersClient<Channel> }
impl Plain { async fn list(&self) { self.client.clone().list(()).await; } }
async fn intercepted(channel: Channel) { UsersClient::with_interceptor(channel, |request| Ok(request)).list(()).await; }
async fn main() {
    Plain { client: UsersClient::new(Endpoint::from_static("a").connect_lazy()) }.list().await;
    intercepted(Endpoint::from_static("b").connect_lazy()).await;
}
"#,
        expect![[r#"
            `Endpoint::from_static("a").connect_lazy()` default: none
                `self.client.clone().list(()).await`
            `Endpoint::from_static("b").connect_lazy()` default: none
                `UsersClient::with_interceptor(channel, |request| Ok(request)).list(()).await`
        "#]],
    );
}
