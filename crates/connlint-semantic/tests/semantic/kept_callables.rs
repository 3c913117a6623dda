//! Callables that are kept for later: in fields, collections, and closures that call what they are given.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::calls(fixture));
}

#[test]
fn a_field_holds_what_a_function_made_behind_any_lock() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
use std::sync::Arc;
type Make = Box<dyn Fn(u32) -> u32 + Send + Sync>;
fn open() {}
fn maker() -> Make { Box::new(|n| { open(); n }) }
struct Plain { make: Make }
struct Locked { make: std::sync::Mutex<Make> }
struct Awaited { make: Arc<tokio::sync::RwLock<Make>> }
struct Maybe { make: Option<Make> }
fn plain(s: &Plain) { (s.make)(1); }
fn locked(s: &Locked) { (s.make.lock().unwrap())(1); }
async fn awaited(s: Arc<Awaited>) { let lock = s.make.read().await; lock(1); }
fn maybe(s: &Maybe) { if let Some(make) = &s.make { make(1); } }
fn main() {
    Plain { make: maker() };
    Locked { make: std::sync::Mutex::new(Box::new(|n| { open(); n })) };
    Awaited { make: Arc::new(tokio::sync::RwLock::new(maker())) };
    Maybe { make: Some(maker()) };
}
"#,
        expect![[r#"
            app::awaited -> app::maker{closure}
            app::locked -> app::main{closure}
            app::main -> app::main{closure}
            app::main -> app::maker
            app::main -> app::maker{closure}
            app::main{closure} -> app::open
            app::maker -> app::maker{closure}
            app::maker{closure} -> app::open
            app::maybe -> app::maker{closure}
            app::plain -> app::maker{closure}
        "#]],
    );
}

#[test]
fn a_constructor_keeps_what_it_is_given() {
    check(
        r#"
//- /src/main.rs crate:app
fn open() {}
fn other() {}
struct Job { run: Box<dyn Fn()> }
impl Job {
    fn new(run: impl Fn() + 'static) -> Self { Self::boxed(Box::new(run)) }
    fn boxed(run: Box<dyn Fn()>) -> Self { Job { run } }
    fn run(&self) { (self.run)() }
    fn callback(&self) -> &dyn Fn() { &self.run }
}
fn accessor(job: &Job) { (job.callback())() }
fn main() { Job::new(open); Job::boxed(Box::new(|| other())); }
"#,
        expect![[r#"
            app::Job::new -> app::Job::boxed
            app::Job::run -> app::main{closure}
            app::Job::run -> app::open
            app::accessor -> app::Job::callback
            app::accessor -> app::main{closure}
            app::accessor -> app::open
            app::main -> app::Job::boxed
            app::main -> app::Job::new
            app::main -> app::main{closure}
            app::main -> app::open
            app::main{closure} -> app::other
        "#]],
    );
}

#[test]
fn a_closure_that_is_kept_calls_what_its_maker_is_given() {
    check(
        r#"
//- /src/main.rs crate:app
use std::sync::Arc;
type Handler = Arc<dyn Fn(u32) -> u32>;
struct Route { handler: Handler }
struct Builder { routes: Vec<(String, Route)> }
struct Router { routes: Vec<Handler> }
impl Builder {
    fn get(self, path: String, handler: impl Fn(u32) -> u32 + 'static) -> Self { self.add(path, handler) }
    fn add(mut self, path: String, handler: impl Fn(u32) -> u32 + 'static) -> Self {
        self.routes.push((path, Route { handler: Arc::new(move |n| handler(n)) }));
        self
    }
    fn build(self) -> Router {
        let mut router = Router { routes: Vec::new() };
        for (_, route) in self.routes { router.routes.push(route.handler); }
        router
    }
}
impl Router { fn handle(&self, n: u32) -> u32 { let handler = self.routes[0].clone(); handler(n) } }
fn page(n: u32) -> u32 { n }
fn main() { Builder { routes: Vec::new() }.get("/".to_owned(), page).build().handle(1); }
"#,
        expect![[r#"
            app::Builder::add -> app::Builder::add{closure}
            app::Builder::add{closure} -> app::page
            app::Builder::build -> app::Builder::build{loop} (repeated)
            app::Builder::get -> app::Builder::add
            app::Router::handle -> app::Builder::add{closure}
            app::main -> app::Builder::build
            app::main -> app::Builder::get
            app::main -> app::Router::handle
            app::main -> app::page
        "#]],
    );
}

#[test]
fn a_closure_that_runs_there_and_then_is_its_callers_affair() {
    check(
        r#"
//- /src/main.rs crate:app
fn first() {}
fn second() {}
fn each(list: Vec<u32>, f: impl Fn()) { list.iter().for_each(|_| f()); }
fn now(f: impl Fn()) { let g = || f(); g() }
fn one() { each(vec![], first); now(first); }
fn two() { each(vec![], second); now(second); }
fn main() { one(); two(); }
"#,
        expect![[r#"
            app::each -> app::each{closure} (repeated)
            app::main -> app::one
            app::main -> app::two
            app::now -> app::now{closure}
            app::one -> app::each
            app::one -> app::first
            app::one -> app::first (repeated)
            app::one -> app::now
            app::two -> app::each
            app::two -> app::now
            app::two -> app::second
            app::two -> app::second (repeated)
        "#]],
    );
}

#[test]
fn whatever_has_callables_as_type_arguments_is_a_collection() {
    check(
        r#"
//- /src/main.rs crate:app deps:recognizer,tokio
use recognizer::Router;
struct Request;
fn open() {}
struct Server { router: Router<fn(Request)> }
struct Route<'a> { router: &'a mut Router<fn(Request)> }
impl Route<'_> { fn get(&mut self, to: fn(Request)) { self.router.add("/", to); } }
impl Server {
    fn at(&mut self) -> Route<'_> { Route { router: &mut self.router } }
    fn handle(&self, request: Request) {
        match self.router.recognize("/") { Ok(found) => (found.handler().to_owned())(request), Err(_) => {} }
    }
}
type Job = Box<dyn FnOnce(u32) + Send>;
async fn worker(mut jobs: tokio::sync::mpsc::Receiver<Job>) { while let Some(job) = jobs.recv().await { job(1); } }
async fn submit(jobs: tokio::sync::mpsc::Sender<Job>) { jobs.send(Box::new(|_| open())).await; }
fn main() { let mut server = Server { router: Router::new() }; server.at().get(|_| open()); }
"#,
        expect![[r#"
            app::Server::handle -> app::main{closure} (medium)
            app::main -> app::Route::get
            app::main -> app::Server::at
            app::main -> app::main{closure}
            app::main{closure} -> app::open
            app::submit -> app::submit{closure}
            app::submit{closure} -> app::open
            app::worker -> app::worker{loop} (repeated)
            app::worker{loop} -> app::submit{closure} (medium)
        "#]],
    );
}

#[test]
fn a_callable_without_a_known_place_is_found_by_a_signature_of_the_programs_own() {
    check(
        r#"
//- /src/main.rs crate:app deps:mystery
struct Request;
struct Item;
fn handle(_: &Request) {}
fn keep(_: &str) -> bool { true }
fn by_item(_: &Item) {}
type Handler = Box<dyn Fn(&Request)>;
struct Entry { handler: Handler, filter: Box<dyn Fn(&str) -> bool> }
fn make() -> Entry { Entry { handler: Box::new(handle), filter: Box::new(keep) } }
fn mysterious(request: &Request) { let entry: Handler = mystery::take(); entry(request); }
fn plain(text: &str) { let filter: Box<dyn Fn(&str) -> bool> = mystery::take(); filter(text); }
fn given(handler: &Handler, request: &Request) { handler(request); }
fn other(item: &Item) { let entry: Box<dyn Fn(&Item)> = mystery::take(); entry(item); }
fn main() { by_item(&Item); }
"#,
        expect![[r#"
            app::main -> app::by_item
            app::make -> app::handle
            app::make -> app::keep
            app::mysterious -> app::handle (medium)
        "#]],
    );
}

#[test]
fn a_callable_that_stays_with_who_names_it_is_not_run_by_others() {
    check(
        r#"
//- /src/main.rs crate:app
fn first() {}
fn second() {}
fn third() {}
struct Fetch { with: Option<Box<dyn Fn()>>, n: u32 }
impl Fetch {
    fn new() -> Self { Fetch { with: None, n: 0 } }
    fn with(mut self, with: impl Fn() + 'static) -> Self { self.with = Some(Box::new(with)); self }
    fn run(self) -> u32 { if let Some(with) = self.with { with() } self.n }
}
struct Later { fetch: Fetch }
fn one() -> u32 { Fetch::new().with(first).run() }
fn two() -> u32 { let mut fetch = Fetch::new(); fetch = fetch.with(second); fetch.run() }
fn kept() -> Later { Later { fetch: Fetch::new().with(third) } }
fn main() { one(); two(); kept().fetch.run(); }
"#,
        expect![[r#"
            app::Fetch::run -> app::third
            app::kept -> app::Fetch::new
            app::kept -> app::Fetch::with
            app::kept -> app::third
            app::main -> app::Fetch::run
            app::main -> app::kept
            app::main -> app::one
            app::main -> app::two
            app::one -> app::Fetch::new
            app::one -> app::Fetch::run
            app::one -> app::Fetch::with
            app::one -> app::first
            app::two -> app::Fetch::new
            app::two -> app::Fetch::run
            app::two -> app::Fetch::with
            app::two -> app::second
        "#]],
    );
}

#[test]
fn callables_of_a_trait_that_names_them_are_run_where_the_registry_yields_them() {
    check(
        r#"
//- /src/main.rs crate:app
use std::collections::HashMap;
struct Client;
fn open() -> Client { Client }
fn other() -> Client { Client }
trait Make: Fn() -> Client + Send {}
impl<T> Make for T where T: Fn() -> Client + Send {}
trait MakeOf<T>: Fn(u8) -> T + Send {}
struct Registry { makers: HashMap<u8, Box<dyn Make>>, of: Option<Box<dyn MakeOf<Client>>> }
impl Registry {
    fn insert(&mut self, name: u8, make: Box<dyn Make>) { self.makers.insert(name, make); }
    fn get(&self, name: u8) -> Option<Client> { self.makers.get(&name).map(|make| (*make)()) }
    fn one(&self) -> Option<Client> { self.of.as_ref().map(|make| make(1)) }
}
fn serve(registry: &Registry) { registry.get(1); registry.one(); }
fn main() {
    let mut registry = Registry { makers: HashMap::new(), of: Some(Box::new(|n| other())) };
    registry.insert(1, Box::new(move || open()));
    serve(&registry);
}
"#,
        expect![[r#"
            app::Registry::get -> app::Registry::get{closure}
            app::Registry::get{closure} -> app::main{closure}
            app::Registry::one -> app::Registry::one{closure}
            app::Registry::one{closure} -> app::main{closure}
            app::main -> app::Registry::insert
            app::main -> app::main{closure}
            app::main -> app::serve
            app::main{closure} -> app::open
            app::main{closure} -> app::other
            app::serve -> app::Registry::get
            app::serve -> app::Registry::one
        "#]],
    );
}

#[test]
fn a_trait_of_itself_names_no_callable() {
    check(
        r#"
//- /src/main.rs crate:app
trait A: B {}
trait B: A {}
struct S { kept: Box<dyn A> }
fn run(s: &S) { (s.kept)(); }
fn main() {}
"#,
        expect![[r#""#]],
    );
}

#[test]
fn what_a_returned_closure_calls_runs_as_that_closure_does() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
fn around<F: Fn() + Send + 'static>(run: F) -> impl Fn() + Send { move || { run() } }
fn both<F: Fn() + Clone + Send + 'static>(run: F) -> impl Fn() + Send { run(); move || run() }
fn work() {}
fn first() {}
fn kept() {}
fn spawned() { std::thread::spawn(around(around(work))); }
fn at_once() { std::thread::spawn(both(first)); }
struct Job { run: Box<dyn Fn() + Send> }
fn stored() -> Job { Job { run: Box::new(around(kept)) } }
fn runs(job: &Job) { (job.run)(); }
fn main() { spawned(); at_once(); runs(&stored()); }
"#,
        expect![[r#"
            app::at_once -> app::both
            app::at_once -> app::both{closure} (spawned)
            app::at_once -> app::first
            app::main -> app::at_once
            app::main -> app::runs
            app::main -> app::spawned
            app::main -> app::stored
            app::runs -> app::around{closure}
            app::spawned -> app::around
            app::spawned -> app::around{closure} (spawned)
            app::spawned -> app::work (spawned)
            app::stored -> app::around
            app::stored -> app::around{closure}
            app::stored -> app::kept
        "#]],
    );
}
