//! One golden file per format, `tests/golden/<format>.<extension>`, of one hand-made report.
//! `UPDATE_EXPECT=1 cargo test -p connlint-output` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{emitted, report};
use connlint_output::{EmitOptions, FORMATS};
use expect_test::expect_file;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

#[test]
fn each_format_is_as_agreed() {
    let options = EmitOptions { verbosity: 2, root_in_repository: "services/api".to_owned(), ..EmitOptions::default() };
    for format in FORMATS {
        let golden = folder().join(format!("{}.{}", format.name, format.extension));
        expect_file![golden].assert_eq(&emitted(&report(), format, &options));
    }
}

#[test]
fn each_golden_file_is_of_a_format() {
    let formats: Vec<String> = FORMATS.iter().map(|f| format!("{}.{}", f.name, f.extension)).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(formats.iter().any(|format| name == **format), "no format writes {name:?}");
    }
}
