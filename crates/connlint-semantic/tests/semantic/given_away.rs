//! What is given to code that nobody has read, and what attributes and traits of other crates make entry points.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::entry_points(fixture));
}

fn check_calls(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::calls(fixture));
}

#[test]
fn functions_given_with_a_path_or_a_name_are_handlers_in_a_program_that_serves() {
    check(
        r#"
//- /src/main.rs crate:app deps:some-web
use some_web::{Request, Router};
async fn orders(request: Request) {}
async fn up() {}
async fn check(request: Request) {}
fn main() {
let mut router = Router::new();
router.get("/orders", orders);
router.get("/up", up);
router.call("echo", |text: String| async move { text });
router.check(check);
some_web::Server::bind("0.0.0.0:80").serve(router);
}
"#,
        expect![[r#"
            request-handler `/orders`: app::orders (some_web, medium)
            request-handler `/up`: app::up (some_web, medium)
            request-handler: app::check (some_web, medium)
            request-handler: app::main{closure} (some_web, medium)
        "#]],
    );
}

#[test]
fn what_runs_once_or_in_a_program_that_serves_nothing_is_no_handler() {
    check(
        r#"
//- /a/src/main.rs crate:a deps:some-arguments
fn export(arguments: some_arguments::Arguments) {}
fn main() { some_arguments::Program::new("a").command("export", export).run(); }
//- /b/src/main.rs crate:b deps:some-web
use some_web::Router;
async fn users(request: some_web::Request) {}
async fn main() {
let opened = some_web::timed("open", |at: u64| async move { at }).await.unwrap();
println!("{opened}");
let router = Router::new().scope("/api", |scope| scope.get("/users", users)).configure(|router: Router| router);
router.on_start(|| async {});
some_web::serve(router);
}
"#,
        expect![[r#""#]],
    );
}

#[test]
fn implementations_of_a_foreign_trait_are_called_if_they_take_a_request() {
    check(
        r#"
//- /src/main.rs crate:app deps:some-web
use some_web::{App, Handler, Middleware, Next, Plugin, Request};
struct Store;
impl Middleware for Store { async fn handle(&self, request: Request, next: Next<'_>) {} fn name(&self) -> String { todo!() } }
struct Database;
impl Plugin for Database { fn build(&self, app: &mut App) {} }
struct Plain(fn(&mut dyn Request));
impl Handler for Plain { fn call(&self, request: &mut dyn Request) { let Plain(f) = *self; f(request) } }
struct Unused;
impl Handler for Unused { fn call(&self, request: &mut dyn Request) {} }
fn upload(request: &mut dyn Request) {}
fn main() {
let mut app = App::new();
app.with(Store);
app.add_plugin(Database);
app.put("/upload", Plain(upload));
some_web::serve(app);
}
"#,
        expect![[r#"
            request-handler: app::Plain::call (some_web, medium)
            request-handler: app::Store::handle (some_web, medium)
        "#]],
    );
}

#[test]
fn what_a_wrapper_keeps_is_what_its_method_calls() {
    check_calls(
        r#"
//- /src/main.rs crate:app
struct Plain(fn(u8));
impl Plain { fn call(&self) { let Plain(f) = *self; f(1) } }
fn upload(number: u8) {}
fn main() { Plain(upload).call(); }
"#,
        expect![[r#"
            app::Plain::call -> app::upload
            app::main -> app::Plain::call
            app::main -> app::upload
        "#]],
    );
}

#[test]
fn an_accessor_yields_what_was_put_into_the_collection() {
    check_calls(
        r#"
//- /src/main.rs crate:app
use std::{collections::HashMap, sync::Arc};
type Job = Arc<dyn Fn(u64) -> bool>;
fn fetch(number: u64) -> bool { true }
struct Registry { entries: HashMap<String, Job> }
impl Registry {
fn add(&mut self, name: &str, job: Job) { self.entries.insert(name.to_owned(), job); }
fn find(&self, name: &str) -> Option<&Job> { self.entries.get(name) }
}
fn work(registry: Registry) { let Some(job) = registry.find("fetch") else { return }; job(1); }
fn main() {}
fn fill(registry: &mut Registry) { registry.add("fetch", Arc::new(fetch)); }
"#,
        expect![[r#"
            app::fill -> app::Registry::add
            app::fill -> app::fetch
            app::work -> app::Registry::find
            app::work -> app::fetch
        "#]],
    );
}

#[test]
fn a_type_parameter_stands_for_the_types_that_all_uses_write() {
    check_calls(
        r#"
//- /src/main.rs crate:app
trait Job { fn run(&self); }
struct Fetch;
struct Clean;
struct Other;
impl Job for Fetch { fn run(&self) {} }
impl Job for Clean { fn run(&self) {} }
impl Job for Other { fn run(&self) {} }
fn step<J: Job>(job: J) { job.run() }
fn start<J: Job>() -> fn(J) { step::<J> }
fn any<J: Job>(job: J) { job.run() }
fn main() { start::<Fetch>(); start::<Clean>(); any(Other); }
"#,
        expect![[r#"
            app::any -> app::Clean::run
            app::any -> app::Fetch::run
            app::any -> app::Other::run
            app::main -> app::any
            app::main -> app::start
            app::step -> app::Clean::run
            app::step -> app::Fetch::run
        "#]],
    );
}

#[test]
fn a_library_for_a_host_exports_what_a_foreign_attribute_marks() {
    check(
        r#"
//- /plugin/src/lib.rs
use some_plugin::prelude::*;
#[export_function]
fn price_of(article: &str) -> String { helper() }
#[export_function]
fn helper() -> String { todo!() }
#[inline]
fn unmarked() {}
//- /plugin/Cargo.toml
[package]
name = "plugin"
edition = "2021"
[lib]
crate-type = ["cdylib"]
[dependencies]
some-plugin = "1"
"#,
        expect![[r#"
            command: plugin::price_of (plugin, medium)
        "#]],
    );
}

#[test]
fn implementations_of_api_traits_are_their_handlers() {
    check(
        r#"
//- /api/src/lib.rs crate:api deps:dropshot
#[dropshot::api_description]
pub trait Api {
#[endpoint { method = GET, path = "/status" }]
async fn status(context: u8);
#[endpoint { method = PUT, path = "/news" }]
async fn news(context: u8) {}
fn helper() {}
}
//- /server/src/main.rs crate:server deps:api,jsonrpsee,tarpc
use api::Api;
enum Server {}
impl Api for Server { async fn status(context: u8) {} fn helper() {} }
mod rpc {
#[cfg_attr(feature = "full", jsonrpsee::proc_macros::rpc(server))]
pub trait Shop { #[method(name = "shop_pay")] async fn pay(&self); fn helper(&self) {} }
#[tarpc::service]
pub trait Numbers { async fn double(number: u64) -> u64; }
}
use rpc::{Numbers, ShopServer};
struct Till;
impl ShopServer for Till { async fn pay(&self) {} fn helper(&self) {} }
impl Numbers for Till { async fn double(self, number: u64) -> u64 { number } }
trait OwnServer { fn prepare(&self); }
impl OwnServer for Till { fn prepare(&self) {} }
fn main() {}
"#,
        expect![[r#"
            request-handler `GET /status`: server::Server::status (dropshot)
            request-handler `PUT /news`: api::Api::news (dropshot)
            rpc-method `double`: server::Till::double (tarpc)
            rpc-method `shop_pay`: server::Till::pay (jsonrpsee)
        "#]],
    );
}

#[test]
fn only_traits_of_generated_servers_are_rpcs() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic
pub mod pb { tonic::include_proto!("users"); }
struct Users;
#[tonic::async_trait]
impl pb::users_server::Users for Users {
async fn get(&self, request: tonic::Request<pb::GetRequest>) -> tonic::Response<pb::User> { todo!() }
}
#[tonic::async_trait]
trait Indexer { async fn start(&self); }
#[tonic::async_trait]
impl Indexer for Users { async fn start(&self) {} }
fn main() {}
"#,
        expect![[r#"
            rpc-method `get`: app::Users::get (tonic)
        "#]],
    );
}

#[test]
fn a_connector_is_a_part_of_its_client() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tower,hyper-util,http
use axum::{Router, http::{Request, Uri}};
struct Tunnel;
impl tower::Service<Uri> for Tunnel { fn call(&mut self, target: Uri) {} }
struct Signed;
impl tower::Service<Request<()>> for Signed { fn call(&mut self, request: Request<()>) {} }
struct News;
impl tower::Service<Request<()>> for News { fn call(&mut self, request: Request<()>) {} }
fn main() {
let client = hyper_util::client::legacy::Client::builder(1).build(Signed);
let app: Router = Router::new().route_service("/news", News);
}
"#,
        expect![[r#"
            request-handler: app::News::call (tower)
        "#]],
    );
}

#[test]
fn a_route_is_whole_or_says_that_its_beginning_is_not_known() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,actix-web,utoipa,utoipa-axum
use axum::{Router, handler::Handler, routing::{MethodRouter, get, post}};
use utoipa_axum::{router::OpenApiRouter, routes};
async fn a() {} async fn b() {} async fn c() {} async fn d() {} async fn e() {} async fn f() {} async fn g() {}
const BASE: &str = "/base";
pub fn given() -> Router { Router::new().route("/a", get(a)) }
fn put(app: Router, inner: Router) -> Router { app.nest("/put", inner) }
fn limited(route: MethodRouter) -> MethodRouter { route.layer(1) }
fn two() -> Router { Router::new().route("/two", get(e)) }
#[utoipa::path(post, path = "/{link}/merge")]
async fn merge() {}
#[utoipa::path(get, path = "/{link}")]
async fn alone() {}
fn actix(cfg: &mut actix_web::web::ServiceConfig) {
cfg.service(actix_web::web::resource("/g").route(actix_web::web::get().to(g)));
}
fn main() {
let mut prefix = "/v1".to_string();
let mut app = Router::new();
app = app.route("/b", get(b).layer(1));
let app = put(Router::new().nest(&prefix, app), Router::new().route(BASE, limited(post(c.layer(1)))));
prefix = std::env::var("PREFIX").unwrap();
let app = app.nest(&prefix, Router::new().route("/d", get(d))).nest("/x", two()).nest("/y", two());
let (app, _) = OpenApiRouter::new().nest("/change", OpenApiRouter::new().routes(routes!(merge))).split_for_parts();
actix_web::App::new().service(actix_web::web::scope("/api").configure(actix));
}
"#,
        expect![[r#"
            request-handler `GET /api/g`: app::g (actix_web)
            request-handler `GET /v1/b`: app::b (axum)
            request-handler `GET …/a`: app::a (axum)
            request-handler `GET …/d`: app::d (axum)
            request-handler `GET …/two`: app::e (axum)
            request-handler `GET …/{link}`: app::alone (utoipa)
            request-handler `POST /change/{link}/merge`: app::merge (utoipa_axum)
            request-handler `POST /put/base`: app::c (axum)
        "#]],
    );
}

#[test]
fn what_takes_the_state_is_a_handler_where_an_unread_macro_is_given_names() {
    check(
        r#"
//- /a/src/main.rs crate:a deps:axum,some-macros
use axum::extract::State;
mod orders;
async fn listed(State(pool): State<u8>) {}
async fn helper(State(pool): State<u8>) {}
async fn caller(State(pool): State<u8>) { helper(State(pool)).await }
fn plain(pool: u8) {}
fn router() -> axum::Router { some_macros::build_router!(orders, users) }
fn main() { router(); }
//- /a/src/orders.rs
use axum::Extension;
pub async fn orders_handler(Extension(pool): Extension<u8>, id: u64) {}
//- /b/src/main.rs crate:b deps:axum
use axum::extract::State;
async fn forgotten(State(pool): State<u8>) {}
fn main() {}
"#,
        expect![[r#"
            request-handler: a::caller (axum, medium)
            request-handler: a::listed (axum, medium)
            request-handler: a::orders::orders_handler (axum, medium)
        "#]],
    );
}

#[test]
fn what_an_unread_attribute_makes_of_a_function_runs_for_each_request() {
    check(
        r#"
//- /src/main.rs crate:app deps:actix-web,some-web,own-macros
use actix_web::{App, HttpServer, web};
use own_macros::{route, measured};
use some_web::{Filter, filter};
#[route("/pictures/{url}", method = "GET")]
async fn picture(url: web::Path<String>) -> String { String::new() }
#[measured]
async fn warm_up(url: &str) {}
#[filter("/users")]
async fn users(name: String, #[data] state: u8) -> String { name }
async fn plain(name: String) {}
#[own_macros::builder]
async fn built(name: String) {}
#[tokio::main]
async fn main() {
    built().name("a".to_owned()).call().await;
    warm_up("http://localhost").await;
    let all = users(1).or(plain("a".to_owned()));
    some_web::serve(all);
    HttpServer::new(|| App::new().configure(|c: &mut web::ServiceConfig| { c.service(picture); })).bind("0.0.0.0:80").unwrap().run().await;
}
"#,
        expect![[r#"
            request-handler `/users`: app::users (some_web, medium)
            request-handler `GET /pictures/{url}`: app::picture (actix_web, medium)
        "#]],
    );
}

#[test]
fn an_argument_of_an_attribute_may_keep_a_function_from_being_an_entry_point() {
    check(
        r#"
//- /src/lib.rs crate:app deps:napi,napi-derive
#[macro_use]
extern crate napi_derive;
mod named;
#[napi(js_name = "sum")]
pub fn add(a: u32, b: u32) -> u32 { a + b }
#[napi(module_exports)]
pub fn init() {}
pub struct Store;
#[napi]
impl Store {
    #[napi(constructor)]
    pub fn new() -> Self { Store }
    #[napi(factory, catch_unwind)]
    pub fn open() -> Self { Store }
    #[napi]
    pub fn read(&self) {}
    pub fn internal(&self) {}
}
//- /src/named.rs
#[napi_derive::napi(getter, js_name = "constructor")]
pub fn shown() {}
"#,
        expect![[r#"
            command `read`: app::Store::read (napi_derive)
            command: app::add (napi_derive)
            command: app::named::shown (napi_derive)
        "#]],
    );
}

#[test]
fn what_a_callback_is_given_may_be_an_error() {
    check(
        r#"
//- /src/main.rs crate:app deps:some-web,some-walker
async fn users(request: some_web::Request) {}
fn main() {
some_walker::Visitor::new(|found: Result<some_walker::Document, some_walker::Error>| async move { found.is_ok() });
some_walker::Visitor::new(|found: Result<String, std::io::Error>| async move { found.is_ok() });
some_web::Server::bind("0.0.0.0:80").route("/users", users);
}
"#,
        expect![[r#"
            request-handler `/users`: app::users (some_web, medium)
            request-handler: app::main{closure} (some_walker, medium)
        "#]],
    );
}
