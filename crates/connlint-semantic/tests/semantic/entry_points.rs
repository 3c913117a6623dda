//! What the outside calls again and again.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::entry_points(fixture));
}

#[test]
fn axum_handlers_have_the_routes_of_nested_and_merged_routers() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio
use axum::{Router, routing::{get, post, delete}};
mod users;
async fn health() -> &'static str { "" }
async fn fallback() {}
fn admin() -> Router { Router::new().route("/stats", get(stats).put(write)) }
async fn stats() {}
async fn write() {}
#[tokio::main]
async fn main() {
let app = Router::new()
.route("/health", get(health))
.route("/inline", post(|| async { "" }))
.nest("/users", users::router())
.merge(admin())
.fallback(fallback);
axum::serve(todo!(), app).await;
}
//- /src/users.rs
use axum::{Router, routing::get};
pub fn router() -> Router { Router::new().route("/{id}", get(one)).route("/", get(Users::all)) }
async fn one() {}
struct Users;
impl Users { async fn all() {} }
"#,
        expect![[r#"
            request-handler `GET /health`: app::health (axum)
            request-handler `GET /stats`: app::stats (axum)
            request-handler `GET /users/{id}`: app::users::one (axum)
            request-handler `GET /users`: app::users::Users::all (axum)
            request-handler `POST /inline`: app::main{closure} (axum)
            request-handler `PUT /stats`: app::write (axum)
            request-handler: app::fallback (axum)
        "#]],
    );
}

#[test]
fn axum_middleware_and_extractors_run_per_request() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum
use axum::{Router, routing::get, middleware, extract::{FromRequestParts, Request}, http::request::Parts};
async fn auth(request: Request, next: middleware::Next) {}
struct User;
impl<S: Send + Sync> FromRequestParts<S> for User {
type Rejection = ();
async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ()> { Ok(User) }
}
async fn me(user: User) {}
fn app() -> Router { Router::new().route("/me", get(me)).layer(middleware::from_fn(auth)) }
fn main() { app(); }
"#,
        expect![[r#"
            extractor: app::User::from_request_parts (axum)
            middleware: app::auth (axum)
            request-handler `GET /me`: app::me (axum)
        "#]],
    );
}

#[test]
fn a_turbofish_handler_is_the_function_it_names() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum
use axum::{Router, routing::get};
trait Store { fn open(&self); }
struct Pg;
impl Store for Pg { fn open(&self) {} }
async fn list<S: Store>() {}
fn app() -> Router { Router::new().route("/list", get(list::<Pg>)) }
fn main() { app(); }
"#,
        expect![[r#"
            request-handler `GET /list`: app::list (axum)
        "#]],
    );
}

#[test]
fn actix_handlers_by_attribute_to_and_configure() {
    check(
        r#"
//- /src/main.rs crate:app deps:actix-web
use actix_web::{App, HttpServer, get, web, Responder};
#[get("/users/{id}")]
async fn user() -> &'static str { "" }
#[actix_web::route("/both", method = "GET", method = "POST")]
async fn both() -> &'static str { "" }
async fn save() -> &'static str { "" }
async fn list() -> &'static str { "" }
async fn raw() -> &'static str { "" }
fn routes(cfg: &mut web::ServiceConfig) {
cfg.service(user).service(web::scope("/api").route("/save", web::post().to(save)).service(web::resource("/list").route(web::get().to(list))));
}
#[actix_web::main]
async fn main() {
HttpServer::new(|| App::new().configure(routes).service(both).default_service(web::to(raw))).bind("").unwrap().run().await;
}
"#,
        expect![[r#"
            request-handler `/both`: app::both (actix_web)
            request-handler `GET /api/list`: app::list (actix_web)
            request-handler `GET /users/{id}`: app::user (actix_web)
            request-handler `POST /api/save`: app::save (actix_web)
            request-handler: app::raw (actix_web)
        "#]],
    );
}

#[test]
fn rocket_attributes_make_handlers() {
    check(
        r#"
//- /src/main.rs crate:app deps:rocket
#[macro_use] extern crate rocket;
mod users {
#[rocket::post("/<id>", data = "<body>")]
pub async fn save(id: u8, body: String) {}
}
#[get("/hello")]
fn hello() -> &'static str { "" }
fn main() {}
"#,
        expect![[r#"
            request-handler `GET /hello`: app::hello (rocket)
            request-handler `POST /<id>`: app::users::save (rocket)
        "#]],
    );
}

#[test]
fn tonic_service_methods_are_rpcs() {
    check(
        r#"
//- /src/main.rs crate:app deps:tonic
use tonic::{Request, Response, Status};
pub mod pb { tonic::include_proto!("users"); }
struct Users;
#[tonic::async_trait]
impl pb::users_server::Users for Users {
async fn get(&self, request: Request<pb::GetRequest>) -> Result<Response<pb::User>, Status> { self.helper(); todo!() }
}
impl Users { fn helper(&self) {} }
fn main() {}
"#,
        expect![[r#"
            rpc-method `get`: app::Users::get (tonic)
        "#]],
    );
}

#[test]
fn warp_filters_run_what_they_are_given() {
    check(
        r#"
//- /src/main.rs crate:app deps:warp
use warp::Filter;
async fn user(id: u8) -> Result<String, warp::Rejection> { todo!() }
fn hello() -> &'static str { "" }
#[tokio::main]
async fn main() {
let user = warp::path!("users" / u8).and(warp::get()).and_then(user);
let hello = warp::path("hello").map(hello);
let inline = warp::path("x").and_then(|| async { Ok::<_, warp::Rejection>("") });
warp::serve(user.or(hello).or(inline)).run(([0, 0, 0, 0], 1)).await;
}
"#,
        expect![[r#"
            request-handler `hello`: app::hello (warp)
            request-handler `x`: app::main{closure} (warp)
            request-handler: app::user (warp)
        "#]],
    );
}

#[test]
fn poem_and_salvo_handlers() {
    check(
        r#"
//- /a/src/main.rs crate:a deps:poem
use poem::{Route, get, handler};
#[handler]
async fn hello() -> String { todo!() }
fn main() { let app = Route::new().at("/hello", get(hello)); }
//- /b/src/main.rs crate:b deps:salvo
use salvo::prelude::*;
#[handler]
async fn hello() -> &'static str { "" }
#[endpoint]
async fn documented() -> &'static str { "" }
fn main() { let router = Router::with_path("/hello").get(hello).push(Router::with_path("doc").post(documented)); }
"#,
        expect![[r#"
            request-handler `GET /hello`: a::hello (poem)
            request-handler `GET /hello`: b::hello (salvo)
            request-handler `POST /hello/doc`: b::documented (salvo)
        "#]],
    );
}

#[test]
fn services_by_hand_run_per_request() {
    check(
        r#"
//- /src/main.rs crate:app deps:hyper,tower
use hyper::service::service_fn;
async fn answer(request: hyper::Request<hyper::body::Incoming>) -> Result<(), ()> { Ok(()) }
async fn serve(io: u8) { hyper::server::conn::http1::Builder::new().serve_connection(io, service_fn(answer)).await; }
async fn inline(io: u8) { hyper::server::conn::http1::Builder::new().serve_connection(io, service_fn(|request| async { Ok::<_, ()>(()) })).await; }
struct Gate<S> { inner: S }
impl<S, R> tower::Service<R> for Gate<S> where S: tower::Service<R> {
type Response = S::Response; type Error = S::Error; type Future = S::Future;
fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> { self.inner.poll_ready(cx) }
fn call(&mut self, request: R) -> S::Future { self.inner.call(request) }
}
fn main() {}
"#,
        expect![[r#"
            middleware: app::Gate::poll_ready (tower)
            request-handler: app::Gate::call (tower)
            request-handler: app::answer (hyper)
            request-handler: app::inline{closure} (hyper)
        "#]],
    );
}

#[test]
fn lambda_functions_run_per_event() {
    check(
        r#"
//- /src/main.rs crate:app deps:lambda_runtime,lambda_http,tokio
use lambda_runtime::{service_fn, LambdaEvent};
async fn handle(event: LambdaEvent<u8>) -> Result<(), lambda_runtime::Error> { Ok(()) }
async fn http(request: lambda_http::Request) -> Result<(), lambda_http::Error> { Ok(()) }
async fn other() { lambda_http::run(lambda_http::service_fn(http)).await; }
#[tokio::main]
async fn main() { lambda_runtime::run(service_fn(handle)).await; }
"#,
        expect![[r#"
            request-handler: app::handle (lambda_runtime)
            request-handler: app::http (lambda_runtime)
        "#]],
    );
}

#[test]
fn graphql_fields_are_resolvers() {
    check(
        r#"
//- /a/src/main.rs crate:a deps:juniper
struct Query;
#[juniper::graphql_object(context = u8)]
impl Query { fn users(&self) -> Vec<String> { vec![] } }
fn main() {}
//- /b/src/main.rs crate:b deps:async-graphql
use async_graphql::{Object, Context, Subscription};
struct Query;
#[Object]
impl Query { async fn users(&self, ctx: &Context<'_>) -> Vec<String> { vec![] } }
fn main() {}
"#,
        expect![[r#"
            resolver `users`: a::Query::users (juniper)
            resolver `users`: b::Query::users (async_graphql)
        "#]],
    );
}

#[test]
fn bots_run_their_commands_and_event_handlers() {
    check(
        r#"
//- /a/src/main.rs crate:a deps:serenity
use serenity::prelude::*;
struct Handler;
#[serenity::async_trait]
impl EventHandler for Handler { async fn message(&self, ctx: Context, msg: serenity::model::channel::Message) {} }
fn main() {}
//- /b/src/main.rs crate:b deps:teloxide
use teloxide::prelude::*;
async fn answer(bot: Bot, msg: Message) -> ResponseResult<()> { Ok(()) }
async fn run(bot: Bot) { teloxide::repl(bot, answer).await; }
async fn tree(bot: Bot) { Dispatcher::builder(bot, Update::filter_message().endpoint(endpoint)).build().dispatch().await; }
async fn endpoint(bot: Bot) -> ResponseResult<()> { Ok(()) }
fn main() {}
//- /c/src/main.rs crate:c deps:poise
#[poise::command(slash_command)]
async fn age(ctx: poise::Context<'_, (), ()>) -> Result<(), ()> { Ok(()) }
fn main() {}
"#,
        expect![[r#"
            command: c::age (poise)
            message-consumer: a::Handler::message (serenity)
            message-consumer: b::answer (teloxide)
            message-consumer: b::endpoint (dptree)
        "#]],
    );
}

#[test]
fn tauri_commands_run_when_the_page_calls() {
    check(
        r#"
//- /src/main.rs crate:app deps:tauri
#[tauri::command]
async fn save(name: String) {}
fn setup() {}
fn main() {
tauri::Builder::default().setup(|app| { setup(); Ok(()) }).invoke_handler(tauri::generate_handler![save]).run(tauri::generate_context!());
}
"#,
        expect![[r#"
            command: app::save (tauri)
        "#]],
    );
}

#[test]
fn server_functions_of_leptos_are_rpcs() {
    check(
        r#"
//- /src/main.rs crate:app deps:leptos
use leptos::*;
#[server(AddTodo, "/api")]
pub async fn add(title: String) -> Result<(), ServerFnError> { Ok(()) }
fn main() {}
"#,
        expect![[r#"
            request-handler `/api`: app::add (leptos)
        "#]],
    );
}

#[test]
fn loops_that_wait_for_the_outside_are_entry_points() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
use std::time::Duration;
async fn accept() {
let listener = tokio::net::TcpListener::bind("").await.unwrap();
loop { let (socket, _) = listener.accept().await.unwrap(); tokio::spawn(async move { serve().await }); }
}
async fn serve() {}
async fn consume(mut rx: tokio::sync::mpsc::Receiver<u8>) { while let Some(message) = rx.recv().await { serve().await } }
async fn tick() { let mut interval = tokio::time::interval(Duration::from_secs(30)); loop { interval.tick().await; serve().await } }
async fn sleepy() { loop { serve().await; tokio::time::sleep(Duration::from_secs(5)).await } }
#[tokio::main]
async fn main() { tokio::spawn(accept()); tokio::spawn(tick()); tokio::spawn(sleepy()); }
"#,
        expect![[r#"
            connection: app::accept{loop}
            message-consumer: app::consume{loop}
            scheduled-job: app::sleepy{loop} (every 5 s)
            scheduled-job: app::tick{loop} (every 30 s)
        "#]],
    );
}

#[test]
fn a_loop_that_selects_between_messages_and_ticks_is_one() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
async fn run(mut rx: tokio::sync::mpsc::Receiver<u8>) {
loop { tokio::select! { Some(message) = rx.recv() => work().await, _ = tokio::signal::ctrl_c() => break, } }
}
async fn work() {}
fn main() {}
"#,
        expect![[r#"
            message-consumer: app::run{loop}
        "#]],
    );
}

#[test]
fn code_of_tests_and_examples_has_none() {
    check(
        r#"
//- /src/lib.rs crate:app deps:axum
use axum::{Router, routing::get};
async fn helper() {}
#[cfg(test)]
mod tests {
fn app() -> axum::Router { axum::Router::new().route("/", axum::routing::get(super::helper)) }
#[test]
fn works() { app(); }
}
//- /tests/api.rs
async fn fake() {}
fn app() -> axum::Router { axum::Router::new().route("/", axum::routing::get(fake)) }
//- /examples/demo.rs
async fn demo() {}
fn main() { axum::Router::<()>::new().route("/", axum::routing::get(demo)); }
//- /benches/speed.rs
async fn bench() {}
fn main() { axum::Router::<()>::new().route("/", axum::routing::get(bench)); }
"#,
        expect![""],
    );
}

#[test]
fn packages_that_show_how_a_library_is_used_have_none() {
    let package = |folder: &str| {
        format!(
            r#"
//- /{folder}/Cargo.toml
[package]
name = "{folder}"
edition = "2024"
[dependencies]
axum = "0.8"
//- /{folder}/src/main.rs
async fn shown() {{}}
fn main() {{ axum::Router::<()>::new().route("/{folder}", axum::routing::get(shown)); }}
"#
        )
        .replace(&format!("name = \"{folder}\""), &format!("name = \"{}\"", folder.replace('/', "-")))
    };
    let workspace = "//- /Cargo.toml\n[workspace]\nmembers = [\"*\", \"examples/*\"]\n";
    let demo = package("examples/demo");
    check(
        &format!("{workspace}{demo}{}", package("server")),
        expect![[r#"
        request-handler `GET /server`: server::shown (axum)
    "#]],
    );
    check(
        &format!("{workspace}{demo}"),
        expect![[r#"
        request-handler `GET /examples/demo`: examples_demo::shown (axum)
    "#]],
    );
}

#[test]
fn attributes_of_other_crates_with_the_same_name_are_none() {
    check(
        r#"
//- /src/main.rs crate:app deps:getset,mine,actix-web
use mine::{get, handler, command};
#[get("/users")]
async fn user() {}
#[handler]
async fn handled() {}
#[command]
async fn commanded() {}
#[getset::get]
fn getter() {}
fn main() {}
"#,
        expect![""],
    );
}

#[test]
fn functions_of_the_same_name_as_registrations_are_none() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum
fn get<F>(f: F) -> F { f }
struct Router;
impl Router { fn new() -> Self { Router } fn route<F>(self, path: &str, f: F) -> Self { self } }
async fn user() {}
fn main() { Router::new().route("/", get(user)); }
"#,
        expect![""],
    );
}

#[test]
fn an_accept_loop_that_can_be_told_to_stop_accepts() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
async fn serve(socket: tokio::net::TcpStream) {}
#[tokio::main]
async fn main() {
let (_stop, mut stopped) = tokio::sync::broadcast::channel::<()>(1);
let listener = tokio::net::TcpListener::bind("0.0.0.0:80").await.unwrap();
loop {
tokio::select! {
_ = stopped.recv() => break,
accepted = listener.accept() => { tokio::spawn(serve(accepted.unwrap().0)); }
}
}
}
"#,
        expect![[r#"
            connection: app::main{loop}
        "#]],
    );
}

#[test]
fn attributes_of_modules_give_their_handlers_a_prefix() {
    check(
        r#"
//- /src/main.rs crate:app deps:actix-web
#[actix_web::scope("/items")]
mod items {
    use actix_web::scope;
    #[actix_web::get("/all")]
    pub async fn all() {}
    #[scope("/{id}")]
    pub mod one {
        #[actix_web::delete("")]
        pub async fn remove() {}
    }
}
mod other { #[actix_web::get("/plain")] pub async fn plain() {} }
fn main() {}
"#,
        expect![[r#"
            request-handler `DELETE /items/{id}`: app::items::one::remove (actix_web)
            request-handler `GET /items/all`: app::items::all (actix_web)
            request-handler `GET /plain`: app::other::plain (actix_web)
        "#]],
    );
}

#[test]
fn a_handler_inside_closures_made_around_it_has_the_route_of_the_outermost() {
    check(
        r#"
//- /src/main.rs crate:app deps:axum,tokio
use std::sync::Arc;
use axum::{Router, extract::Request, routing::get};
fn logged<H, F>(handler: H) -> impl Fn(Request) -> F + Clone
where H: Fn(Request) -> F + Clone, F: Future<Output = String> {
    move |request| { println!("asked"); handler(request) }
}
fn limited<H, F>(limit: usize, handler: H) -> impl Fn(Request) -> std::pin::Pin<Box<dyn Future<Output = String> + Send>> + Clone
where H: Fn(Request) -> F, F: Future<Output = String> {
    let handler = Arc::new(handler);
    move |request| {
        let handler = handler.clone();
        Box::pin(async move { handler(request).await })
    }
}
fn tried<T>(probe: impl Fn() -> T) -> T { probe() }
async fn plain(request: Request) -> String { String::new() }
async fn user(request: Request) -> String { String::new() }
async fn order(request: Request) -> String { String::new() }
fn probe() -> u32 { 1 }
#[tokio::main]
async fn main() {
    let orders = limited(tried(probe) as usize, order);
    let app = Router::new()
        .route("/plain", get(plain))
        .route("/users", get(logged(limited(3, user))))
        .route("/orders", get(orders));
    axum::serve(todo!(), app).await;
}
"#,
        expect![[r#"
            request-handler `GET /orders`: app::limited{closure} (axum)
            request-handler `GET /orders`: app::order (axum)
            request-handler `GET /plain`: app::plain (axum)
            request-handler `GET /users`: app::limited{closure} (axum)
            request-handler `GET /users`: app::logged{closure} (axum)
            request-handler `GET /users`: app::user (axum)
        "#]],
    );
}
