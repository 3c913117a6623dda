//! What types expressions have.

use expect_test::{Expect, expect};

use crate::support;

/// Each line that ends in `//?` is dumped: its operations with their types, and the targets of its calls.
fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::types(fixture));
}

#[test]
fn locals_have_the_type_of_their_annotation_or_value() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db;
impl Db { fn new() -> Self { Db } fn same(&self) -> &Db { self } }
fn main() {
let a: Db = unknown();
a; //?
let b = Db::new();
b; //?
let c = &b;
c; //?
let d = c.same();
d; //?
let e = Db;
e; //?
let f = if true { Db } else { unknown() };
f; //?
let g = match 1 { 1 => Db, _ => return };
g; //?
let h = { let x = Db::new(); x };
h; //?
let i = loop { break Db };
i; //?
let mut j;
j = Db;
j; //?
}
"#,
        expect![[r#"
            a : app::Db
            b : app::Db
            c : &app::Db
            d : &app::Db
            e : app::Db
            f : app::Db
            g : app::Db
            h : app::Db
            i : app::Db
            j : app::Db
        "#]],
    );
}

#[test]
fn fields_params_and_returns_have_their_declared_types() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Pair(Db, Vec<Db>);
struct State { db: Db, list: Vec<Db>, nested: Option<Pair> }
fn make() -> State { todo!() }
fn run(state: &State, Pair(first, rest): Pair, (x, y): (Db, State)) {
state.db; //?
first; //?
rest; //?
x; //?
y.list; //?
make().nested; //?
}
"#,
        expect![[r#"
            state : &app::State
            _.db : app::Db
            first : app::Db
            rest : std::vec::Vec<app::Db>
            x : app::Db
            y : app::State
            _.list : std::vec::Vec<app::Db>
            make : fn app::make
            call _ : app::State  -> app::make
            _.nested : std::option::Option<app::Pair>
        "#]],
    );
}

#[test]
fn generic_functions_return_what_their_arguments_are() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Wrap<T> { inner: T }
impl<T> Wrap<T> { fn new(inner: T) -> Self { Wrap { inner } } fn get(&self) -> &T { &self.inner } fn with<U>(self, u: U) -> (T, U) { todo!() } }
fn id<T>(t: T) -> T { t }
fn pair<A, B>(a: A, b: B) -> (B, A) { (b, a) }
fn make<T>() -> Option<T> { None }
fn first<T>(v: &[T]) -> &T { &v[0] }
fn main() {
let a = id(Db);
a; //?
let b = pair(Db, true);
b; //?
let c = Wrap::new(Db);
c; //?
let d = c.get();
d; //?
let e = Wrap::new(Db).with(Db);
e; //?
let f = make::<Db>();
f; //?
let g = Wrap { inner: Db }.inner;
g; //?
let h = first(&vec![Db]);
h; //?
}
"#,
        expect![[r#"
            a : app::Db
            b : (bool, app::Db)
            c : app::Wrap<app::Db>
            d : &app::Db
            e : (app::Db, app::Db)
            f : std::option::Option<app::Db>
            g : app::Db
            h : &app::Db
        "#]],
    );
}

#[test]
fn impl_trait_returns_are_known_by_their_bounds() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db;
trait Store { fn open(&self) -> Db; }
impl Store for u8 { fn open(&self) -> Db { Db } }
fn store() -> impl Store { 1u8 }
fn iter() -> impl Iterator<Item = Db> { vec![Db].into_iter() }
fn maker() -> impl Fn() -> Db { || Db }
fn future() -> impl std::future::Future<Output = Db> { async { Db } }
async fn run() {
let a = store().open();
a; //?
let b = iter().next();
b; //?
let c = maker()();
c; //?
let d = future().await;
d; //?
for e in iter() {
e; //?
}
}
fn main() {}
"#,
        expect![[r#"
            a : app::Db
            b : std::option::Option<app::Db>
            c : app::Db
            d : app::Db
            e : app::Db
        "#]],
    );
}

#[test]
fn pointers_and_state_wrappers_lead_to_what_they_hold() {
    check(
        r#"
//- /src/main.rs crate:app deps:actix-web,axum,rocket
use std::sync::{Arc, Mutex};
struct Db;
impl Db { fn pool(&self) -> Pool { Pool } }
struct Pool;
fn arc(s: Arc<Db>) {
let a = s.pool();
a; //?
let c = s.as_ref().pool();
c; //?
let d = (*s).pool();
d; //?
}
fn boxed(s: Box<Arc<Db>>) {
let a = s.clone().pool();
a; //?
}
fn guard(s: &Mutex<Db>) {
let a = s.lock().unwrap().pool();
a; //?
}
fn actix(s: actix_web::web::Data<Db>) {
let a = s.pool();
a; //?
let b = s.get_ref().pool();
b; //?
}
fn axum(axum::extract::State(s): axum::extract::State<Arc<Db>>, axum::Extension(e): axum::Extension<Db>) {
let a = s.pool();
a; //?
let b = e.pool();
b; //?
}
fn rocket(s: &rocket::State<Db>) {
let a = s.inner().pool();
a; //?
let b = s.pool();
b; //?
}
fn main() {}
"#,
        expect![[r#"
            a : app::Pool
            c : app::Pool
            d : app::Pool
            a : app::Pool
            a : app::Pool
            a : app::Pool
            b : app::Pool
            a : app::Pool
            b : app::Pool
            a : app::Pool
            b : app::Pool
        "#]],
    );
}

#[test]
fn options_and_results_are_opened() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Pool; struct Error;
impl Db { fn pool(self) -> Option<Pool> { None } async fn wait(self) -> Result<Pool, Error> { todo!() } }
fn open() -> Result<Db, Error> { todo!() }
async fn later() -> Result<Db, Error> { todo!() }
async fn run() -> Result<(), Error> {
let a = open()?;
a; //?
let b = open().unwrap();
b; //?
let c = later().await?;
c; //?
let d = open().map(|db| db.pool());
d; //?
let e = open().ok().and_then(|db| db.pool());
e; //?
let f = open().map_err(|_| 1u8).expect("");
f; //?
let g = open().unwrap_or_else(|e| panic!());
g; //?
let h = later().await?.wait().await?;
h; //?
let i = Some(Db).as_ref();
i; //?
let j = open().and_then(|db| Ok(Pool))?;
j; //?
let k = Some(Db).ok_or(Error)?;
k; //?
Ok(())
}
fn main() {}
"#,
        expect![[r#"
            a : app::Db
            b : app::Db
            c : app::Db
            d : std::result::Result<std::option::Option<app::Pool>, app::Error>
            e : std::option::Option<app::Pool>
            f : app::Db
            g : app::Db
            h : app::Pool
            i : std::option::Option<&app::Db>
            j : app::Pool
            k : app::Db
        "#]],
    );
}

#[test]
fn patterns_take_values_apart() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Pool;
enum Kind { One(Db), Two { pool: Pool }, None }
struct State { db: Db, pool: Pool }
fn run(o: Option<Db>, k: Kind, r: &Option<State>, list: Vec<(Db, Pool)>) {
if let Some(a) = o {
a; //?
}
match k {
Kind::One(b) => { b; } //?
Kind::Two { pool: c } => { c; } //?
Kind::None => {}
}
let Some(State { db, pool: p }) = r else { return };
db; //?
p; //?
for (d, e) in &list {
d; //?
e; //?
}
let (f, [g, ..]) = (Db, [Pool, Pool]);
f; //?
g; //?
let h @ State { .. } = State { db: Db, pool: Pool };
h; //?
while let Some(Kind::One(i)) | Some(Kind::One(i)) = next() {
i; //?
}
if let Some(j) = r && let State { db: l, .. } = j {
l; //?
}
}
fn next() -> Option<Kind> { None }
fn main() {}
"#,
        expect![[r#"
            a : app::Db
            as Kind::One.0 : app::Db
            Bind : ()
            b : app::Db
            as Kind::Two.pool : app::Pool
            Bind : ()
            c : app::Pool
            db : app::Db
            p : app::Pool
            d : app::Db
            e : app::Pool
            f : app::Db
            g : app::Pool
            h : app::State
            i : app::Db
            l : app::Db
        "#]],
    );
}

#[test]
fn parameters_of_closures_come_from_the_callee() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Pool;
struct Repo;
impl Repo { fn with<R>(&self, f: impl FnOnce(&Db) -> R) -> R { todo!() } }
fn each<F>(f: F) where F: Fn(Db, Pool) { f(Db, Pool) }
fn main() {
each(|a, b| {
a; //?
b; //?
});
let r = Repo.with(|c| {
c; //?
Pool
});
r; //?
vec![Db].into_iter().map(|d| {
d; //?
(d, Pool)
}).for_each(|(e, f)| {
e; //?
f; //?
});
Some(Db).map(|g| {
g; //?
});
vec![Db].iter().filter(|h| {
h; //?
true
}).collect::<Vec<_>>();
}
"#,
        expect![[r#"
            a : app::Db
            b : app::Pool
            c : &app::Db
            r : app::Pool
            d : app::Db
            e : app::Db
            f : app::Pool
            g : app::Db
            h : &&app::Db
        "#]],
    );
}

#[test]
fn associated_types_are_filled_by_the_implementation() {
    check(
        r#"
//- /src/main.rs crate:app
struct Db; struct Pool;
trait Factory { type Instance; const N: u8; fn make(&self) -> Self::Instance; fn build() -> Self::Instance; }
impl Factory for Db { type Instance = Pool; const N: u8 = 1; fn make(&self) -> Pool { Pool } fn build() -> Self::Instance { Pool } }
fn generic<T: Factory>(t: T) -> T::Instance { t.make() }
fn turbofish<T: Factory>() -> T::Instance { T::build() }
fn bound<T: Factory<Instance = Pool>>(t: T) {
let a = t.make();
a; //?
}
fn main() {
let b = generic(Db);
b; //?
let c = turbofish::<Db>();
c; //?
let d = Db.make();
d; //?
let e: <Db as Factory>::Instance = unknown();
e; //?
}
"#,
        expect![[r#"
            a : app::Pool
            b : app::Pool
            c : app::Pool
            d : app::Pool
            e : app::Pool
        "#]],
    );
}

#[test]
fn type_aliases_take_arguments() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx
struct Db; struct Error;
type Res<T, E = Error> = Result<T, E>;
type Shared<T> = std::sync::Arc<T>;
type Pg = sqlx::Pool<sqlx::Postgres>;
fn open() -> Res<Db> { todo!() }
fn shared() -> Shared<Db> { todo!() }
fn pool() -> Res<Pg, u8> { todo!() }
fn main() {
let a = open().unwrap();
a; //?
let b = shared();
b; //?
let c = pool().unwrap();
c; //?
}
"#,
        expect![[r#"
            a : app::Db
            b : std::sync::Arc<app::Db>
            c : sqlx::Pool<sqlx::Postgres>
        "#]],
    );
}

#[test]
fn derived_builders_build_their_type() {
    check(
        r#"
//- /src/main.rs crate:app deps:typed-builder,bon
#[derive(typed_builder::TypedBuilder)]
struct Db { url: String }
#[derive(bon::Builder)]
struct Pool { url: String }
fn main() {
let a = Db::builder().url("".into()).build();
a; //?
let b = Pool::builder().url("".into()).build();
b; //?
}
"#,
        expect![[r#"
            a : app::Db
            b : app::Pool
        "#]],
    );
}

#[test]
fn external_apis_return_what_the_catalog_says() {
    check(
        r#"
//- /src/main.rs crate:app deps:sqlx,reqwest,redis
async fn run() -> Result<(), u8> {
let a = sqlx::PgPool::connect("").await?;
a; //?
let b = sqlx::postgres::PgPoolOptions::new().max_connections(3);
b; //?
let c = reqwest::Client::builder().build()?;
c; //?
let d = redis::Client::open("")?.get_multiplexed_async_connection().await?;
d; //?
let e = a.acquire().await?;
e; //?
Ok(())
}
fn main() {}
"#,
        expect![[r#"
            a : sqlx::Pool<sqlx::Postgres>
            b : sqlx::pool::PoolOptions<sqlx::Postgres>
            c : reqwest::Client
            d : redis::aio::MultiplexedConnection
            e : sqlx::pool::PoolConnection<sqlx::Postgres>
        "#]],
    );
}

#[test]
fn collections_hand_out_their_items() {
    check(
        r#"
//- /src/main.rs crate:app
use std::collections::{BTreeMap, HashMap};
struct Db;
fn run(list: Vec<Db>, map: HashMap<String, Db>, sorted: &BTreeMap<u8, Vec<Db>>, slice: &[Db], array: [Db; 2]) {
let a = list.first();
a; //?
let b = &list[0];
b; //?
let c = map.get("");
c; //?
for (_, d) in sorted {
d; //?
}
let e = slice.iter().next().unwrap();
e; //?
let f = map.values().next();
f; //?
for g in array {
g; //?
}
for (i, h) in list.iter().enumerate() {
h; //?
}
let j = map["key"];
j; //?
}
fn main() {}
"#,
        expect![[r#"
            a : std::option::Option<&app::Db>
            b : &app::Db
            c : std::option::Option<&app::Db>
            d : std::vec::Vec<app::Db>
            e : &app::Db
            f : std::option::Option<&app::Db>
            g : app::Db
            h : &app::Db
            j : app::Db
        "#]],
    );
}

#[test]
fn a_module_that_is_called_like_a_primitive_type_does_not_hide_it() {
    check(
        r#"
//- /src/main.rs crate:app
use std::{str, u64};
use core::char;
mod bool { pub fn parse() -> crate::Own { crate::Own } }
struct Own;
fn main() {
let own: str::FromStr = unknown();
own; //?
let len: u64 = unknown();
len; //?
let max = u64::MAX;
max; //?
let text: &str = unknown();
text; //?
let trimmed = str::trim(text);
trimmed; //?
let read = str::from_utf8(b"x");
read; //?
let parsed = bool::parse();
parsed; //?
let flag: bool = unknown();
flag; //?
let letter: char = unknown();
letter; //?
}
"#,
        expect![[r#"
            own : std::str::FromStr
            len : u64
            max : u64
            text : &str
            trimmed : &str
            read : std::result::Result<&str, ?>
            parsed : app::Own
            flag : bool
            letter : char
        "#]],
    );
}
