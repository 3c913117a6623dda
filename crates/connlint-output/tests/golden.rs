//! One golden file per format, of one hand-made report. `UPDATE_EXPECT=1 cargo test -p connlint-output` writes them.

#![allow(dead_code, reason = "the helpers are shared with other tests")]
#![allow(clippy::unwrap_used, reason = "all of this is test code")]
mod common;

use common::{emitted, report};
use connlint_output::{EmitOptions, Format};
use expect_test::expect_file;

#[test]
fn full_format_is_as_agreed() {
    let golden = expect_file!["../../../tests/golden/full.txt"];
    golden.assert_eq(&emitted(&report(), Format::Full, &EmitOptions { verbosity: 2, ..EmitOptions::default() }));
}

#[test]
fn concise_format_is_as_agreed() {
    let golden = expect_file!["../../../tests/golden/concise.txt"];
    golden.assert_eq(&emitted(&report(), Format::Concise, &EmitOptions::default()));
}

#[test]
fn sarif_format_is_as_agreed() {
    let options = EmitOptions { root_in_repository: "services/api".to_owned(), ..EmitOptions::default() };
    expect_file!["../../../tests/golden/sarif.json"].assert_eq(&emitted(&report(), Format::Sarif, &options));
}

#[test]
fn json_format_is_as_agreed() {
    let golden = expect_file!["../../../tests/golden/json.json"];
    golden.assert_eq(&emitted(&report(), Format::Json, &EmitOptions::default()));
}
