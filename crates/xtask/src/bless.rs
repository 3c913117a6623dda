//! Writes generated files. Each has a test that compares it; with `CONNLINT_BLESS` (or, for golden files,
//! `UPDATE_EXPECT`) in its environment the test writes it instead.

use crate::TaskResult;
use crate::process::{cargo, run as finish};

/// Tests that own generated files: package and test target.
const WRITERS: [(&str, &str); 6] = [
    ("connlint-tests", "guide"),
    ("connlint-tests", "lint_docs"),
    ("connlint-tests", "models_docs"),
    ("connlint-tests", "readme"),
    ("connlint-tests", "catalog"),
    ("connlint-output", "golden"),
];

pub(crate) fn run() -> TaskResult {
    for (package, test) in WRITERS {
        let mut command = cargo(&["test", "--quiet", "-p", package, "--test", test]);
        finish(command.env("CONNLINT_BLESS", "1").env("UPDATE_EXPECT", "1"))?;
    }
    Ok(())
}
