//! Types that only generated code or a body tells.

use expect_test::{Expect, expect};

use crate::support;

/// Each line that ends in `//?` is dumped: its operations with their types, and the targets of its calls.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::types(fixture));
}

#[test]
fn builder_types_that_derives_generate_can_be_named() {
    check(
        r#"
//- /src/main.rs crate:app deps:typed-builder,derive_builder,bon
mod typed {
    #[derive(typed_builder::TypedBuilder)]
    #[builder(builder_type(name = EngineBuilder))]
    pub struct Init { url: String }
}
mod derived {
    use derive_builder::Builder;
    #[derive(Builder)]
    pub struct Client { url: String }
}
use typed::{EngineBuilder, Init};
fn begin() -> EngineBuilder<((),)> { Init::builder() }
struct Made;
#[bon::bon]
impl Made { #[builder] fn new(url: &str) -> Self { Made } #[builder] async fn open(&self, url: &str) -> typed::Init { todo!() } }
#[bon::builder]
fn made(url: &str) -> Result<Made, u8> { Ok(Made) }
fn main() {
let a = begin().url("".into()).build();
a; //?
let b = derived::ClientBuilder::default().url("".into()).build().unwrap();
b; //?
let c = Made::builder().url("").build();
c; //?
let d = c.open().url("").call().await;
d; //?
let e = made().url("").call();
e; //?
}
"#,
        expect![[r#"
            a : app::typed::Init
            b : app::derived::Client
            c : app::Made
            d : app::typed::Init
            e : std::result::Result<app::Made, u8>
        "#]],
    );
}

#[test]
fn a_return_type_that_no_source_declares_is_told_by_the_body() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db;
impl Db { fn open() -> generated::Made { Db } fn query(&self) {} }
fn again() -> generated::Made { if true { return Db::open(); } unknown() }
async fn tried() -> Result<generated::Made, generated::Error> { Ok(again()) }
async fn main() {
let a = again();
a; //?
let b = tried().await.unwrap();
b; //?
}
"#,
        expect![[r#"
            a : app::Db
            b : app::Db
        "#]],
    );
}
