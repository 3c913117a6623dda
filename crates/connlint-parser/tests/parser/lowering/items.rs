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
    #[cfg_attr(any(), connlint::allow(e))]
    g().h();
    #[cfg_attr(any(), connlint::allow(f))]
    match x { _ => {} }
    #[cfg_attr(any(), connlint::allow(g))]
    g()?
}
struct S { #[cfg_attr(any(), connlint::allow(d))] a: u8 }"##,
        expect![[r#"
            fn f()
              block r1:
                let r2:
                  %0 = 1
                  %1 = bind x#0 = %0
                statement r3:
                  %2 = x#0
                  arm [%2 is 1] r4:
                    block r5:
                  arm [%2 is _] r6:
                    block r7:
                statement r8:
                  %3 = g
                  %4 = call %3()
                  %5 = %4.h()
                statement r9:
                  %6 = x#0
                  arm [%6 is _] r10:
                    block r11:
                tail r12:
                  %7 = g
                  %8 = call %7()
                  %9 = %8?
              => %9
            struct S { a: u8 }
            allow a (r) at 0..52 covers 0..367
            allow b (-) at 66..104 covers 66..119
            allow c (-) at 134..172 covers 134..180
            allow e (-) at 195..233 covers 195..245
            allow f (-) at 251..289 covers 251..313
            allow g (-) at 318..356 covers 318..365
            allow d (-) at 379..417 covers 379..423
        "#]],
    );
}

#[test]
fn global_paths_inside_use_groups() {
    check(
        "use {::a::B, c::{D, E}, ::g, {::h::I}};",
        expect![[r#"
            use a::B, c::D, c::E, g, h::I
        "#]],
    );
}

#[test]
fn declarations_without_a_body_in_macros() {
    check(
        r##"task_local! { pub static A: Option<u32>; static B: u8; }
make! { pub fn one(a: u8) -> u8; const C: u8; }
trait T { make! { fn two(&self); async fn three(&self) -> u8; } }
messages! { static D = load("x"); }"##,
        expect![[r#"
            task_local!
              static A: Option<u32> (Plain)
              static B: u8 (Plain)
            make!
              fn one(a: u8) -> u8
              const C: u8
            trait T
              make!
                fn two(self Ref)
                async fn three(self Ref) -> u8
            messages!
              static D: _ (Plain)
                %0 = load
                %1 = "x"
                %2 = call %0(%1)
                => %2
        "#]],
    );
}

#[test]
fn items_of_old_editions() {
    check(
        r##"trait A { fn one(u32, &str, &mut Vec<(u8, u8)>) -> u8; fn two(&self, _: u8, String); }
fn three() { let async = 1; let dyn = async; f(dyn, await); r.async().try(); }
mod async { pub fn four() {} }
fn five() -> Result<(), ()> { try!(four()); match x { 0...5 => {} } Ok(()) }"##,
        expect![[r#"
            trait A
              fn one(_: u32, _: &str, _: &mut Vec<(u8, u8)>) -> u8
              fn two(self Ref, _: u8, _: String)
            fn three()
              block r1:
                let r2:
                  %0 = 1
                  %1 = bind async#0 = %0
                let r3:
                  %2 = async#0
                  %3 = bind dyn#1 = %2
                statement r4:
                  %4 = f
                  %5 = dyn#1
                  %6 = await
                  %7 = call %4(%5, %6)
                statement r5:
                  %8 = r
                  %9 = %8.async()
                  %10 = %9.try()
            mod async
              fn four()
                block r1:
            fn five() -> Result<(), ()>
              block r1:
                statement r2:
                  %0 = four
                  %1 = call %0()
                  %2 = %1?
                statement r3:
                  %3 = x
                  arm [%3 is literal] r4:
                    block r5:
                tail r6:
                  %4 = Ok
                  %5 = ()
                  %6 = call %4(%5)
              => %6
        "#]],
    );
}

#[test]
fn sigils_of_structured_logs() {
    check(
        r##"fn f() { info!(log, "x {}", open(); "k" => %a.b(), "j" => ?c(), "e" => #%d(), #"tag"); }"##,
        expect![[r#"
            fn f()
              block r1:
                statement r2:
                  %0 = log
                  %1 = "x {}"
                  %2 = open
                  %3 = call %2()
                  %4 = "k"
                  %5 = a
                  %6 = %5.b()
                  %7 = "j"
                  %8 = c
                  %9 = call %8()
                  %10 = "e"
                  %11 = d
                  %12 = call %11()
                  %13 = "tag"
                  %14 = info!(%0, %1, %3, %4, %6, %7, %9, %10, %12, %13)
        "#]],
    );
}
