//! What the names and versions of dependencies decide.

use expect_test::{Expect, expect};

use crate::support;

/// Each line that ends in `//?` is dumped: its operations with their types, and the targets of its calls.
fn check_types(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::types(fixture));
}

#[test]
fn a_dependency_goes_by_its_librarys_name_unless_it_is_renamed() {
    check_types(
        r#"
//- /plain/src/main.rs crate:plain deps:async-stripe
fn main() {
let a = stripe::Client::new("");
a; //?
}
//- /renamed/src/main.rs crate:renamed deps:payments=async-stripe
fn main() {
let b = payments::Client::new("");
b; //?
let c = stripe::Client::new("");
c; //?
}
"#,
        expect![[r#"
            a : stripe::Client
            b : stripe::Client
            c : ?
        "#]],
    );
}

#[test]
fn methods_of_traits_are_those_of_the_locked_version() {
    let fixture = |version: &str| {
        let source = r#"
//- /src/main.rs crate:app deps:diesel@VERSION
use diesel::Connection;
struct Traced;
impl Connection for Traced {}
fn main(plain: &mut diesel::PgConnection, own: &mut Traced) {
plain.transaction(|a| { a; Ok(()) }); //?
own.transaction(|b| { b; Ok(()) }); //?
}
"#;
        source.replace("VERSION", version)
    };
    check_types(
        &fixture("1.4.8"),
        expect![[r#"
        plain : &diesel::PgConnection
        Param : ?
        Bind : ()
        a : ?
        Ok : fn std::result::Result::Ok
        Tuple : ()
        call _ : std::result::Result<(), ?>  -> nothing
        Closure : closure
        _.transaction() : std::result::Result<(), ?>  -> [diesel::Connection::transaction]
        own : &app::Traced
        Param : ?
        Bind : ()
        b : ?
        Ok : fn std::result::Result::Ok
        Tuple : ()
        call _ : std::result::Result<(), ?>  -> nothing
        Closure : closure
        _.transaction() : std::result::Result<(), ?>  -> [diesel::Connection::transaction]
    "#]],
    );
    check_types(
        &fixture("2.3.0"),
        expect![[r#"
        plain : &diesel::PgConnection
        Param : &diesel::PgConnection
        Bind : ()
        a : &diesel::PgConnection
        Ok : fn std::result::Result::Ok
        Tuple : ()
        call _ : std::result::Result<(), ?>  -> nothing
        Closure : closure
        _.transaction() : std::result::Result<(), ?>  -> [diesel::Connection::transaction]
        own : &app::Traced
        Param : &app::Traced
        Bind : ()
        b : &app::Traced
        Ok : fn std::result::Result::Ok
        Tuple : ()
        call _ : std::result::Result<(), ?>  -> nothing
        Closure : closure
        _.transaction() : std::result::Result<(), ?>  -> [diesel::Connection::transaction]
    "#]],
    );
}

#[test]
fn methods_that_moved_to_an_extension_trait_are_found_through_the_trait() {
    let fixture = |version: &str| {
        let source = r#"
//- /src/main.rs crate:app deps:object_store@VERSION
use object_store::{ObjectStore, ObjectStoreExt, aws::AmazonS3};
async fn main(any: &dyn ObjectStore, own: &AmazonS3) {
any.head("").await; //?
own.head("").await; //?
}
"#;
        source.replace("VERSION", version)
    };
    check_types(
        &fixture("0.12.0"),
        expect![[r#"
        any : &impl object_store::ObjectStore
        Literal : &str
        _.head() : future std::result::Result<?, object_store::Error>  -> [object_store::ObjectStore::head]
        Await : std::result::Result<?, object_store::Error>
        own : &object_store::aws::AmazonS3
        Literal : &str
        _.head() : future std::result::Result<?, object_store::Error>  -> [object_store::ObjectStore::head]
        Await : std::result::Result<?, object_store::Error>
    "#]],
    );
    check_types(
        &fixture("0.13.0"),
        expect![[r#"
        any : &impl object_store::ObjectStore
        Literal : &str
        _.head() : future std::result::Result<?, object_store::Error>  -> [object_store::ObjectStoreExt::head]
        Await : std::result::Result<?, object_store::Error>
        own : &object_store::aws::AmazonS3
        Literal : &str
        _.head() : future std::result::Result<?, object_store::Error>  -> [object_store::ObjectStoreExt::head]
        Await : std::result::Result<?, object_store::Error>
    "#]],
    );
}
