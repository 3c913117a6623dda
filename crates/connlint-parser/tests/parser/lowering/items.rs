//! Items, attributes, suppressions.

use expect_test::expect;

use super::check;

#[test]
fn attributes_of_items() {
    check(
        r##"#[derive(Debug, Clone)]
#[serde(rename_all = "x", default)]
#[cfg_attr(feature = "a", get("/x", data = "<b>", wrap = auth::check))]
pub struct A { #[from] pub a: u8 }
/// doc
#[path = "x.rs"] mod m;"##,
        expect![[r##"
            #[derive(Debug, Clone)]
            #[serde(rename_all = "x", default)]
            #[get("/x", data = "<b>", wrap = auth::check)]
            struct A { a: u8 }
            #[path("x.rs")]
            mod m;
        "##]],
    );
}

#[test]
fn code_of_tests_is_marked() {
    check(
        r##"#[cfg(test)] mod t { fn a() {} }
#[cfg(not(test))] fn b() {}
#[cfg(all(test, unix))] fn c() {}
#[cfg(any(test, unix))] fn d() {}
#[tokio::test] async fn e() {}
#[cfg(unix)] fn g() {}
#[cfg(not(any(test, x)))] fn h() {}"##,
        expect![[r#"
            #[cfg(test)]
            mod t [test]
              fn a() [test]
                block r1:
            #[cfg(not(test))]
            fn b() [not test]
              block r1:
            #[cfg(all(test, unix))]
            fn c() [test]
              block r1:
            #[cfg(any(test, unix))]
            fn d() [conditional]
              block r1:
            #[tokio::test]
            async fn e() [test]
              block r1:
            #[cfg(unix)]
            fn g() [conditional]
              block r1:
            #[cfg(not(any(test, x)))]
            fn h() [not test]
              block r1:
        "#]],
    );
}

#[test]
fn uses_are_flattened() {
    check(
        "use a::{self, b::{c as d, e::*}, f}; pub use ::g::h as _; use super::x; extern crate y as z; use self::q::{self as r};",
        expect![[r#"
            use a, a::b::c as d, a::b::e::*, a::f
            use ::g::h as _
            use super::x
            extern crate y as z
            use self::q as r
        "#]],
    );
}

#[test]
fn impls_traits_and_types() {
    check(
        r##"trait A: B + Send { type T: C = u8; const N: u8 = 1; fn a(&self) -> Box<dyn Fn(u8) -> R + Send>; fn b() -> impl Iterator<Item = X> { c() } }
impl<T: B> A for M<T> where T: C { type T = <T as C>::Out; fn a(&mut self) {} }
enum E { A(u8), B { x: [u8; 2] }, C }
type F = fn(&str) -> !;
extern "C" { fn ext(x: *const u8); }
static S: Lazy<P> = Lazy::new(|| P::open());"##,
        expect![[r#"
            trait A
              type T = u8
              const N: u8
                %0 = 1
                => %0
              fn a(self Ref) -> Box<dyn Fn(u8) -> R + Send>
              fn b() -> impl Iterator<Item = X>
                block r1:
                  tail r2:
                    %0 = c
                    %1 = call %0()
                => %1
            impl A for M<T>
              type T = <T as C>::Out
              fn a(self RefMut)
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
            enum E { A(0: u8), B { x: [u8; _] }, C }
            type F = fn(&str) -> !
            fn ext(x: *u8)
            static S: Lazy<P> (Plain)
              %0 = Lazy::new
              closure r1:
                %1 = P::open
                %2 = call %1()
              %3 = closure r1 || => %2
              %4 = call %0(%3)
              => %4
        "#]],
    );
}

#[test]
fn suppression_comments_cover_statements_and_items() {
    check(
        r##"// connlint: allow(a-b, c) because
#[get("/")]
fn f() {
    // connlint: allow(d)
    let x = g(
        1, // connlint: allow(e): why
    );
    h("// connlint: allow(no)"); // connlint: allow(f)
}"##,
        expect![[r##"
            #[get("/")]
            fn f()
              block r1:
                let r2:
                  %0 = g
                  %1 = 1
                  %2 = call %0(%1)
                  %3 = bind x#0 = %2
                statement r3:
                  %4 = h
                  %5 = "// connlint: allow(no)"
                  %6 = call %4(%5)
            allow a-b, c (because) at 0..34 covers 35..198
            allow d (-) at 60..81 covers 86..141
            allow e (why) at 108..134 covers 86..141
            allow f (-) at 175..196 covers 146..174
        "##]],
    );
}

#[test]
fn suppression_attributes_cover_what_they_stand_on() {
    check(
        r##"#[cfg_attr(any(), connlint::allow(a, reason = "r"))]
fn f() {
    #[cfg_attr(any(), connlint::allow(b))]
    let x = 1;
    match x { #[cfg_attr(any(), connlint::allow(c))] 1 => {} _ => {} }
}
struct S { #[cfg_attr(any(), connlint::allow(d))] a: u8 }"##,
        expect![[r#"
            fn f()
              block r1:
                let r2:
                  %0 = 1
                  %1 = bind x#0 = %0
                tail r3:
                  %2 = x#0
                  arm [%2 is 1] r4:
                    block r5:
                  arm [%2 is _] r6:
                    block r7:
            struct S { a: u8 }
            allow a (r) at 0..52 covers 0..192
            allow b (-) at 66..104 covers 66..119
            allow c (-) at 134..172 covers 134..180
            allow d (-) at 204..242 covers 204..248
        "#]],
    );
}
