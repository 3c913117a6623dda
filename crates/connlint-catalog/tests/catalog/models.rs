//! A project's own rows on top of the catalog: what they change, and what is said of mistakes.

use connlint_catalog::{Catalog, CatalogError, CrateModels, Effect, ModelSource, Role, TypeExpr};

fn catalog(text: &str) -> Result<Catalog, CatalogError> {
    let models: CrateModels = toml::from_str(text).unwrap();
    Catalog::builtin_with(vec![ModelSource { name: "models.toml", text, models }])
}

fn error(text: &str) -> CatalogError {
    catalog(text).map(drop).expect_err("there is a mistake")
}

/// The error of a text, with what it points to.
fn mistake(text: &str) -> (String, String) {
    let error = error(text);
    assert_eq!(error.file, "models.toml");
    let range = error.range.expect("it has a place");
    (error.message, text[range].to_owned())
}

const ACME: &str = r#"
[crate]
package = "acme-db"

[[type]]
path = "acme_db::Pool<T>"
also = ["acme_db::prelude::Pool"]
role = "pool"
methods = ["async get(&self) -> Result<acme_db::Conn<T>, _> ! acquire"]

[[type]]
path = "acme_db::Conn<T>"
role = "pooled_connection"
deref = "sqlx::PgConnection"
"#;

#[test]
fn new_crates_are_known_like_those_of_the_catalog() {
    let catalog = catalog(ACME).unwrap();
    assert_eq!(catalog.crate_of("acme_db::Pool").unwrap().title, "acme-db");
    assert_eq!(catalog.canonical("acme_db::prelude::Pool::get").path, "acme_db::Pool::get");
    let get = catalog.api("acme_db::Pool::get", None).unwrap();
    assert_eq!((get.effects.as_slice(), get.resource), (&[Effect::Acquire][..], Some(Role::PooledConnection)));
    let conn = catalog.type_model("acme_db::Conn", None).unwrap();
    let path = |path: &str| TypeExpr::Path { path: path.to_owned(), args: Vec::new() };
    assert_eq!(conn.deref, Some(path("sqlx::PgConnection")));
    assert!(catalog.api("sqlx::Pool::connect", None).is_some(), "the catalog's own rows are still there");
}

#[test]
fn a_row_takes_the_place_of_the_catalogs_for_its_versions() {
    let text = r#"
        [crate]
        package = "sqlx"
        [[api]]
        path = "sqlx::PgPool::connect"
        versions = "<0.7"
        mode = "async"
        effect = ["block"]
    "#;
    let catalog = catalog(text).unwrap();
    let effects = |version: &str| {
        let version = semver::Version::parse(version).unwrap();
        catalog.api("sqlx::Pool::connect", Some(&version)).unwrap().effects.clone()
    };
    assert_eq!(effects("0.6.0"), [Effect::Block]);
    assert_eq!(effects("0.8.0"), [Effect::BuildPool]);
    assert_eq!(catalog.crate_of("sqlx").unwrap().title, "sqlx");
}

#[test]
fn types_of_the_catalog_can_be_extended() {
    let text = r#"
        [crate]
        package = "acme-ext"
        [[trait]]
        path = "acme_ext::PoolExt"
        methods = ["async healthy(&self) -> bool ! acquire"]
        [[type]]
        path = "sqlx::PgPool"
        extends = true
        traits = ["acme_ext::PoolExt"]
    "#;
    let catalog = catalog(text).unwrap();
    assert_eq!(catalog.method("sqlx::Pool", "healthy", None).unwrap().effects, [Effect::Acquire]);
    assert_eq!(catalog.type_model("sqlx::Pool", None).unwrap().role, Role::Pool);
}

#[test]
fn mistakes_are_pointed_at() {
    let row = |row: &str| mistake(&format!("[crate]\npackage = \"acme-db\"\n{row}\n"));
    let (message, at) = row("[[api]]\npath = \"acme_db::open\"\nreturns = \"Result<Conn, _>\"");
    assert!(message.starts_with("unknown name `Conn`"), "{message}");
    assert_eq!(at, "Conn");
    let (message, at) = row("[[type]]\npath = \"acme_db::A\"\nmethods = [\"get(&self) -> bool ! aquire\"]");
    assert!(message.starts_with("unknown variant `aquire`, expected one of `open_conn"), "{message}");
    assert_eq!(at, "\"get(&self) -> bool ! aquire\"");
    let (message, at) = row("[[type]]\npath = \"acmedb::A\"");
    assert!(message.starts_with("unknown crate `acmedb`, expected"), "{message}");
    assert!(message.ends_with("`acme_db`"), "{message}");
    assert_eq!(at, "\"acmedb::A\"");
    let (message, at) = row("[[type]]\npath = \"acme_db::A\"\nextends = true");
    assert_eq!(message, "no other row describes the type `acme_db::A`, which this one extends");
    assert_eq!(at, "\"acme_db::A\"");
    let (message, at) = row("[[type]]\npath = \"acme_db::A\"\ntraits = [\"acme_db::B\"]");
    assert_eq!(message, "the trait `acme_db::B` has no row, so no methods are known of it");
    assert_eq!(at, "\"acme_db::B\"");
    let (message, at) = row("[[type]]\npath = \"acme_db::A\"\n[[type]]\npath = \"acme_db::A<T>\"");
    assert_eq!(message, "another type row of `acme_db::A` applies to version 0.0.1 too");
    assert_eq!(at, "\"acme_db::A<T>\"");
    let (message, _) = row("[[api]]\npath = \"acme_db::a\"\ncallbacks = [{ arg = 0, runs = \"onse\" }]");
    assert!(message.starts_with("unknown way to run `onse`, expected one of `request`"), "{message}");
}

#[test]
fn expansions_have_bounds() {
    let deep = format!("{}u8{}", "Vec<".repeat(500), ">".repeat(500));
    let (message, _) = mistake(&format!("crate.package = \"a\"\n[[api]]\npath = \"a::b\"\nreturns = \"{deep}\"\n"));
    assert_eq!(message, "nested deeper than 64 levels");
    let (message, _) = mistake(&format!("crate.package = \"a\"\n[[api]]\npath = \"a::{}\"\n", "b".repeat(1 << 16)));
    assert_eq!(message, "longer than 4096 bytes");
    let mut bomb = "crate.package = \"a\"\n".to_owned();
    for level in 0..30 {
        let target = vec![format!("a::A{}", level + 1); 200].join(", ");
        bomb += &format!("[[alias]]\npath = \"a::A{level}\"\ntarget = \"a::T<{target}>\"\n");
    }
    let (message, _) = mistake(&bomb);
    assert_eq!(message, "the type is too large once its aliases are filled in");
    let methods: Vec<String> = (0..2000).map(|n| format!("\"m{n}(&self, T) -> T\"")).collect();
    let mut many =
        format!("crate.package = \"a\"\n[[trait]]\npath = \"a::T<T>\"\nmethods = [{}]\n", methods.join(", "));
    for n in 0..3000 {
        many += &format!("[[type]]\npath = \"a::S{n}\"\ntraits = [\"a::T<u8>\"]\n");
    }
    assert_eq!(error(&many).message, "types get too many methods from generic traits");
}

#[test]
fn cycles_of_names_end() {
    let text = r#"
        crate.package = "a"
        [[alias]]
        path = "a::A"
        target = "a::B"
        [[alias]]
        path = "a::B"
        target = "a::A"
    "#;
    assert_eq!(mistake(text).0, "this alias leads back to itself");
}
