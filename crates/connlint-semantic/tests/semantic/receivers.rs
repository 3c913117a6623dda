//! What a method call runs where the receiver's type is reached through crates that are not read.

use expect_test::{Expect, expect};

use crate::support::calls;

fn check(fixture: &str, expected: Expect) {
    expected.assert_eq(&calls(fixture));
}

#[test]
fn a_container_that_is_asked_for_a_type_yields_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:services
struct Store;
impl Store { fn read(&self) {} }
struct Disk;
impl Disk { fn read(&self) {} }
fn page(all: &services::All) { all.get::<Store>().read(); }
fn file(all: &services::All) { all.find::<Disk>().unwrap().read(); }
fn main() {}
"#,
        expect![[r#"
            app::file -> app::Disk::read
            app::page -> app::Store::read
        "#]],
    );
}

#[test]
fn a_trait_of_the_workspace_has_default_methods_on_foreign_types_too() {
    check(
        r#"
//- /src/main.rs crate:app deps:graph
trait Answer { fn one(&self); fn all(&self) { self.one() } }
impl Answer for graph::Operation { fn one(&self) {} }
fn run(operation: graph::Operation) { operation.all(); }
fn main() {}
"#,
        expect![[r#"
            app::Answer::all -> app::Operation::one
            app::run -> app::Answer::all
        "#]],
    );
}

#[test]
fn a_stored_function_is_taken_out_by_a_pattern() {
    check(
        r#"
//- /src/main.rs crate:app
struct Plain(fn());
impl Plain { fn handle(&self) { let Plain(f) = *self; f(); } }
fn upload() {}
fn main() { Plain(upload).handle(); }
"#,
        expect![[r#"
            app::Plain::handle -> app::upload
            app::main -> app::Plain::handle
            app::main -> app::upload
        "#]],
    );
}

#[test]
fn a_function_without_self_answers_no_method_call() {
    check(
        r#"
//- /src/main.rs crate:app
struct Inner;
impl Inner { fn get(&self) {} }
struct Outer(Inner);
impl Outer { fn get() {} }
impl std::ops::Deref for Outer { type Target = Inner; fn deref(&self) -> &Inner { &self.0 } }
fn run(outer: &Outer) { outer.get(); }
fn main() {}
"#,
        expect![[r#"
            app::run -> app::Inner::get
        "#]],
    );
}

#[test]
fn a_pool_hands_out_what_its_manager_of_the_workspace_names() {
    check(
        r#"
//- /src/main.rs crate:app deps:deadpool,bb8,r2d2
struct Conn;
impl Conn { fn ask(&self) {} }
struct Manager;
impl Manager { fn ask(&self) {} }
impl deadpool::managed::Manager for Manager { type Type = Conn; }
impl r2d2::ManageConnection for Manager { type Connection = Conn; }
fn deadpool(conn: deadpool::managed::Object<Manager>) { conn.ask(); }
fn r2d2(conn: r2d2::PooledConnection<Manager>) { conn.ask(); }
struct Other;
impl Other { fn ask(&self) {} }
fn no_manager(conn: bb8::PooledConnection<Other>) { conn.ask(); }
fn main() {}
"#,
        expect![[r#"
            app::deadpool -> app::Conn::ask
            app::no_manager -> app::Other::ask
            app::r2d2 -> app::Conn::ask
        "#]],
    );
}

#[test]
fn the_type_behind_a_pattern_is_that_of_the_parts() {
    check(
        r#"
//- /src/main.rs crate:app deps:leptos_axum
struct Store;
impl Store { fn read(&self) {} }
struct State<T>(T);
struct Named<T> { store: T }
async fn page() {
    let State(store): State<Store> = leptos_axum::extract().await.unwrap();
    store.read();
}
async fn maybe() {
    let State(Some(store)): State<Option<Store>> = leptos_axum::extract().await.unwrap() else { return };
    store.read();
}
async fn named() {
    let Named { store }: Named<Store> = leptos_axum::extract().await.unwrap();
    store.read();
}
async fn left_open() {
    let State(store): State<_> = State(Store);
    store.read();
}
fn main() {}
"#,
        expect![[r#"
            app::left_open -> app::Store::read
            app::maybe -> app::Store::read
            app::named -> app::Store::read
            app::page -> app::Store::read
        "#]],
    );
}
