//! Code that is written so that looking something up would come back to itself or grow without end. Most of it is no
//! valid Rust; all of it has to end, and what stands beside it has to be known.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::types(fixture));
}

#[test]
fn bounds_may_mention_the_associated_type_that_they_are_of() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db;
trait FromId: Sized { type Error: From<Vec<Self::Error>>; fn make() -> Result<Db, Self::Error>; }
trait Named { type Out: From<<Self as Named>::Out>; fn out(&self) -> Self::Out; fn db(&self) -> Db; }
trait Base { type Error; }
trait Sub: Base { type Error: From<<Self as Base>::Error>; fn db(&self) -> Db; fn error(&self) -> Self::Error; }
trait Row { type Database: Store<Row = Self>; }
trait Store { type Row: Row<Database = Self>; fn db(&self) -> Db; fn row(&self) -> <<Self::Row as Row>::Database as Store>::Row; }
fn run<F: FromId>(named: &dyn Named, sub: &dyn Sub, store: &dyn Store) {
F::make().unwrap(); //?
named.db(); //?
sub.db(); //?
store.db(); //?
}
"#,
        expect![[r#"
            F::make : fn app::FromId::make
            call _ : std::result::Result<app::Db, impl std::convert::From>  -> app::FromId::make
            _.unwrap() : app::Db  -> [std::result::Result::unwrap]
            named : &impl app::Named
            _.db() : app::Db  -> app::Named::db
            sub : &impl app::Sub
            _.db() : app::Db  -> app::Sub::db
            store : &impl app::Store
            _.db() : app::Db  -> app::Store::db
        "#]],
    );
}

#[test]
fn one_name_in_two_traits_is_looked_up_in_the_trait_that_is_named() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Pool; struct S; struct Open;
trait A { type C; }
trait B { type C; fn b(&self) -> Self::C; }
impl B for S { type C = <Self as A>::C; fn b(&self) -> Self::C { todo!() } }
impl A for S { type C = Db; }
trait D { type C; fn d(&self) -> <Self as A>::C; fn e(&self) -> <S as D>::C; }
impl D for S { type C = Pool; fn d(&self) -> <Self as A>::C { todo!() } fn e(&self) -> <S as D>::C { todo!() } }
impl B for Open where Open: A { type C = <Self as A>::C; fn b(&self) -> Self::C { todo!() } }
fn run(s: S, open: Open) {
s.b(); //?
s.d(); //?
s.e(); //?
open.b(); //?
}
"#,
        expect![[r#"
            s : app::S
            _.b() : app::Db  -> app::S::b
            s : app::S
            _.d() : app::Db  -> app::S::d
            s : app::S
            _.e() : app::Pool  -> app::S::e
            open : app::Open
            _.b() : ?  -> app::Open::b
        "#]],
    );
}

#[test]
fn aliases_of_themselves_are_unknown() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db;
type A = B;
type B = A;
type C<T> = Option<C<(T, T)>>;
type D = (Db, D, D, D, D, D, D, D, D);
fn run(a: A, c: C<Db>, d: D, db: Db) {
a; //?
c; //?
d.0; //?
db; //?
}
"#,
        expect![[r#"
            a : ?
            c : std::option::Option<?>
            d : (app::Db, ?, ?, ?, ?, ?, ?, ?, ?)
            _.0 : app::Db
            db : app::Db
        "#]],
    );
}

#[test]
fn defaults_headers_and_bounds_may_lead_back_to_themselves() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db;
struct S<T = S>(T, Db);
struct P<T = Q>(T, Db);
struct Q<T = P>(T, Db);
struct G<T>(T);
trait Tr { type X; fn db(&self) -> Db; }
impl Tr for G<Self::X> { type X = Db; fn db(&self) -> Db { Db } }
impl Tr for <Self as Tr>::X { type X = G<Self>; fn db(&self) -> Db { Db } }
trait Own: Own { fn own(&self) -> Db; }
trait Left: Right { fn left(&self) -> Db; }
trait Right: Left { fn right(&self) -> Db; }
fn run<A: Of<B::X, A::X, A::X>, B: Of<A::X, B::X, B::X>>(s: S, p: P, g: G<Db>, a: A, o: &dyn Own, l: &dyn Left) {
s.1; //?
p.0.1; //?
g.db(); //?
a.any(); //?
o.own(); //?
l.right(); //?
}
"#,
        expect![[r#"
            s : app::S<app::S<?>>
            _.1 : app::Db
            p : app::P<app::Q<app::P<?>>>
            _.0 : app::Q<app::P<?>>
            _.1 : app::Db
            g : app::G<app::Db>
            _.db() : app::Db  -> app::G::db
            a : A
            _.any() : ?  -> unresolved (type known: true)
            o : &impl app::Own
            _.own() : app::Db  -> app::Own::own
            l : &impl app::Left
            _.right() : app::Db  -> app::Right::right
        "#]],
    );
}

#[test]
fn dereferencing_may_lead_back_to_itself() {
    check(
        r#"
//- /src/main.rs crate:app
use std::ops::Deref;
struct Db;
struct A; impl Deref for A { type Target = A; }
struct B<T>(T); impl<T> Deref for B<T> { type Target = B<B<T>>; }
struct X; impl Deref for X { type Target = Y; }
struct Y; impl Deref for Y { type Target = X; }
struct Z; impl Deref for Z { type Target = <Z as Deref>::Target; }
impl Y { fn db(&self) -> Db { Db } }
fn run(a: A, b: B<Db>, x: X, z: Z) {
a.go(); //?
b.go(); //?
x.db(); //?
z.go(); //?
for item in b { item; } //?
}
"#,
        expect![[r#"
            a : app::A
            _.go() : ?  -> unresolved (type known: true)
            b : app::B<app::Db>
            _.go() : ?  -> unresolved (type known: true)
            x : app::X
            _.db() : app::Db  -> app::Y::db
            z : app::Z
            _.go() : ?  -> unresolved (type known: true)
            b : app::B<app::Db>
            IterItem : ?
            Bind : ()
            item : ?
        "#]],
    );
}

#[test]
fn closures_imports_and_constants_may_name_themselves() {
    check(
        r#"
//- /src/main.rs crate:app
mod a { pub use super::b::*; pub use super::b::X; pub use self::Y as Z; pub use self::Z as Y; }
mod b { pub use super::a::*; pub use super::a::X; pub use crate::*; }
use a::X; use self::run as again; use self::again as run_again;
struct Db;
const LEFT: u64 = RIGHT * 2;
const RIGHT: u64 = LEFT * 3;
fn left() -> impl Fn() { right() }
fn right() -> impl Fn() { left() }
fn run(db: Db) {
let own = |x| x(x);
own(own);
left()();
tokio::time::interval(std::time::Duration::from_secs(LEFT));
let flag;
loop { flag = !flag; if flag { break } }
db; //?
}
"#,
        expect![[r#"
            db : app::Db
        "#]],
    );
}

/// A body in which each line makes the type before it larger, and then uses it.
fn growing(line: &str, lines: usize) -> String {
    format!(
        "//- /src/main.rs crate:app\nstruct Db;\nfn two<T>(t: T) -> (T, T) {{ todo!() }}\nfn same<T>(t: T) -> T {{ t }}\n\
         fn run(a: u8, db: Db) {{\n{}a.go();\nsame(db); //?\n}}\n",
        format!("{line}\n").repeat(lines)
    )
}

#[test]
fn types_that_grow_with_each_line_end_in_an_unknown_one() {
    for line in ["let a = two(a); let a = same(a);", "let a = (a, a);", "let a = Some(a);", "let a = &a;"] {
        check(
            &growing(line, 2000),
            expect![[r#"
                same : fn app::same
                db : app::Db
                call _ : app::Db  -> app::same
            "#]],
        );
    }
}

#[test]
fn aliases_that_multiply_one_another_end_in_an_unknown_type() {
    let aliases: String = (0..16).map(|i| format!("type A{i} = ({});\n", format!("A{},", i + 1).repeat(10))).collect();
    let nested = format!("{}Db{}", "Twice<".repeat(40), ">".repeat(40));
    check(
        &format!(
            "//- /src/main.rs crate:app\nstruct Db;\ntype A16 = Db;\n{aliases}type Twice<T> = (T, T);\n\
             fn run(a: A0, b: {nested}, db: Db) {{\na.go();\nb.go();\ndb; //?\n}}\n"
        ),
        expect![[r#"
            db : app::Db
        "#]],
    );
}
