//! Rows compared with the sources of the crates that they describe.

use connlint_catalog::Catalog;
use connlint_parser::{Limits, parse_sources};
use connlint_semantic::{Sources, Verdict};

const ROWS: &str = r#"
[crate]
package = "db"
lib = "db"
category = "database"
title = "db"
reexports = [{ from = "above::db", to = "db" }, { from = "db_core", to = "db" }]

[[type]]
path = "db::Row"

[[macro]]
path = "db::query"
"#;

/// The verdict on a row, with the sources of `db` alone, which depends on `db-core`.
fn verdict(path: &str, source: &str) -> Verdict {
    let manifest = "[package]\nname = \"db\"\nedition = \"2021\"\n\n[dependencies]\ndb-core = \"1\"\n";
    let sources = [("db/Cargo.toml", manifest), ("db/src/lib.rs", source)];
    let facts = parse_sources(&sources, &Limits::default()).expect("the sources are read");
    let catalog = Catalog::from_sources(&[("db.toml", ROWS)]).expect("the rows are valid");
    let row = catalog.rows().find(|row| row.path() == path).expect("there is such a row");
    Sources::new(&facts.crates, &catalog).check(row)
}

#[test]
fn what_is_missing_is_sought_where_the_crate_builds_on_before_what_builds_on_it() {
    assert_eq!(verdict("db::Row", "pub struct Row;"), Verdict::Agrees);
    assert_eq!(verdict("db::Row", "pub struct Other;"), Verdict::Needs("db_core".to_owned()));
}

#[test]
fn an_exported_macro_needs_no_other_crate() {
    let source = "#[macro_export]\nmacro_rules! query { () => {} }";
    assert_eq!(verdict("db::query", source), Verdict::Agrees);
}
