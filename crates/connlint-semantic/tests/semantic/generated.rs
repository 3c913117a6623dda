//! Types that only generated code or a body shows.

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

#[test]
fn derives_of_the_catalog_make_types_and_implement_traits() {
    check(
        r#"
//- /src/customer.rs
use sea_orm::entity::prelude::*;
#[derive(Clone, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model { #[sea_orm(primary_key)] pub id: i32 }
//- /src/written_out.rs
use sea_orm::entity::prelude::*;
#[derive(Copy, Clone, Default, DeriveEntity)]
pub struct Entity;
#[derive(Clone, DeriveModel, DeriveActiveModel)]
pub struct Model { pub id: i32 }
//- /src/main.rs crate:app deps:sea-orm
mod customer;
mod written_out;
use customer::Entity as Customer;
use sea_orm::{ActiveModelTrait, DatabaseConnection, EntityTrait, FromQueryResult, ModelTrait, Set};
#[derive(FromQueryResult)]
struct Row { name: String }
async fn main(db: &DatabaseConnection, model: customer::Model, active: written_out::ActiveModel) {
customer::Entity::find_by_id(1).one(db); //?
Customer::insert(customer::ActiveModel { id: Set(1) }).exec(db); //?
written_out::Entity::update_many().exec(db); //?
customer::ActiveModel { id: Set(1) }.insert(db); //?
model.delete(db); //?
active.save(db); //?
Row::find_by_statement(todo()).all(db); //?
Customer::find().paginate(db, 10).fetch(); //?
}
"#,
        expect![[r#"
            customer::Entity::find_by_id : fn sea_orm::EntityTrait::find_by_id
            Literal : i32
            call _ : sea_orm::Select<app::customer::Entity>  -> [sea_orm::EntityTrait::find_by_id]
            db : &sea_orm::DatabaseConnection
            _.one() : future std::result::Result<std::option::Option<?>, sea_orm::DbErr>  -> [sea_orm::Select::one]
            Customer::insert : fn sea_orm::EntityTrait::insert
            Set : fn sea_orm::Set
            Literal : i32
            call _ : sea_orm::Set<i32>  -> unresolved (type known: true)
            StructLit : app::customer::ActiveModel
            call _ : sea_orm::Insert<?>  -> [sea_orm::EntityTrait::insert]
            db : &sea_orm::DatabaseConnection
            _.exec() : future std::result::Result<?, sea_orm::DbErr>  -> [sea_orm::Insert::exec]
            written_out::Entity::update_many : fn sea_orm::EntityTrait::update_many
            call _ : sea_orm::UpdateMany<app::written_out::Entity>  -> [sea_orm::EntityTrait::update_many]
            db : &sea_orm::DatabaseConnection
            _.exec() : future std::result::Result<?, sea_orm::DbErr>  -> [sea_orm::UpdateMany::exec]
            Set : fn sea_orm::Set
            Literal : i32
            call _ : sea_orm::Set<i32>  -> unresolved (type known: true)
            StructLit : app::customer::ActiveModel
            db : &sea_orm::DatabaseConnection
            _.insert() : future std::result::Result<?, sea_orm::DbErr>  -> [sea_orm::ActiveModelTrait::insert]
            model : app::customer::Model
            db : &sea_orm::DatabaseConnection
            _.delete() : future std::result::Result<?, sea_orm::DbErr>  -> [sea_orm::ModelTrait::delete]
            active : app::written_out::ActiveModel
            db : &sea_orm::DatabaseConnection
            _.save() : future std::result::Result<app::written_out::ActiveModel, sea_orm::DbErr>  -> [sea_orm::ActiveModelTrait::save]
            Row::find_by_statement : fn sea_orm::FromQueryResult::find_by_statement
            todo : ?
            call _ : ?  -> unresolved (type known: false)
            call _ : sea_orm::SelectorRaw<?>  -> [sea_orm::FromQueryResult::find_by_statement]
            db : &sea_orm::DatabaseConnection
            _.all() : future std::result::Result<std::vec::Vec<?>, sea_orm::DbErr>  -> [sea_orm::SelectorRaw::all]
            Customer::find : fn sea_orm::EntityTrait::find
            call _ : sea_orm::Select<app::customer::Entity>  -> [sea_orm::EntityTrait::find]
            db : &sea_orm::DatabaseConnection
            Literal : i32
            _.paginate() : sea_orm::Paginator<?, ?>  -> [sea_orm::PaginatorTrait::paginate]
            _.fetch() : future std::result::Result<std::vec::Vec<?>, sea_orm::DbErr>  -> [sea_orm::Paginator::fetch]
        "#]],
    );
}

#[test]
fn a_derive_of_another_crate_makes_nothing_known() {
    check(
        r#"
//- /src/main.rs crate:app deps:sea-orm,other
use other::DeriveEntityModel;
#[derive(DeriveEntityModel)]
pub struct Model;
fn main() {
Entity::find_by_id(1); //?
}
"#,
        expect![[r#"
            Entity::find_by_id : ?
            Literal : i32
            call _ : ?  -> unresolved (type known: false)
        "#]],
    );
}

#[test]
fn a_derived_deref_leads_to_the_marked_field_or_the_only_one() {
    check(
        r#"
//- /src/main.rs crate:app deps:derive_more
use std::sync::Arc;
struct Inner;
impl Inner { fn writer(&self) -> u8 { 1 } }
struct Cache;
impl Cache { fn writer(&self) -> u16 { 1 } }
#[derive(derive_more::Deref)]
struct Single(Arc<Inner>);
#[derive(derive_more::Deref, derive_more::AsRef)]
struct Marked { #[deref] cache: Cache, #[as_ref] inner: Arc<Inner> }
#[derive(derive_more::Deref)]
struct Left { inner: Inner, #[deref(ignore)] cache: Cache }
fn main(single: Single, marked: Marked, left: Left) {
single.writer(); //?
marked.writer(); //?
marked.as_ref().writer(); //?
left.writer(); //?
}
"#,
        expect![[r#"
            single : app::Single
            _.writer() : u8  -> app::Inner::writer
            marked : app::Marked
            _.writer() : u16  -> app::Cache::writer
            marked : app::Marked
            _.as_ref() : &std::sync::Arc<app::Inner>  -> chain &std::sync::Arc<app::Inner>
            _.writer() : u8  -> app::Inner::writer
            left : app::Left
            _.writer() : u8  -> app::Inner::writer
        "#]],
    );
}

#[test]
fn a_database_of_rocket_leads_to_its_pool_and_a_connection_to_no_pool() {
    check(
        r#"
//- /src/main.rs crate:app deps:rocket,rocket_db_pools
use rocket_db_pools::{Connection, Database};
#[derive(Database)]
#[database("orders")]
struct Db(rocket_db_pools::sqlx::PgPool);
async fn main(db: &rocket::State<Db>, conn: Connection<Db>) {
db.begin().await; //?
conn.begin().await; //?
}
"#,
        expect![[r#"
            db : &rocket::State<app::Db>
            _.begin() : future std::result::Result<sqlx::Transaction<sqlx::Postgres>, sqlx::Error>  -> [sqlx::Pool::begin]
            Await : std::result::Result<sqlx::Transaction<sqlx::Postgres>, sqlx::Error>
            conn : rocket_db_pools::Connection<app::Db>
            _.begin() : ?  -> unresolved (type known: true)
            Await : ?
        "#]],
    );
}

#[test]
fn a_blocking_database_of_rocket_lends_a_connection_of_a_re_exported_driver() {
    check(
        r#"
//- /src/main.rs crate:app deps:rocket,rocket_sync_db_pools
use rocket_sync_db_pools::{database, postgres};
#[database("orders")]
struct Db(postgres::Client);
async fn main(db: Db) {
db.run(|client| {
client.query("SELECT 1", &[]); //?
}).await;
}
"#,
        expect![[r#"
            client : &postgres::Client
            Literal : &str
            Array : [?]
            Ref : &[?]
            _.query() : std::result::Result<std::vec::Vec<?>, postgres::Error>  -> [postgres::Client::query]
        "#]],
    );
}
