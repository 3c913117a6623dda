//! The compiled-in data as a whole: they load, they are consistent, and samples of them say what they should.

use connlint_catalog::Catalog;

fn catalog() -> Catalog {
    match Catalog::builtin() {
        Ok(catalog) => catalog,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_data_are_consistent() {
    assert_eq!(catalog().inconsistencies(), Vec::<String>::new());
}
