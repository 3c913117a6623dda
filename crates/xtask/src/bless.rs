//! Writes generated files. Each has a test that compares it; with `CONNLINT_BLESS` (or, for golden files,
//! `UPDATE_EXPECT`) in its environment the test writes it instead.

use crate::process::{TaskResult, cargo, run as finish};

/// Tests that own generated files: the package, its test binary and the modules in it.
const WRITERS: [(&str, &str, &[&str]); 2] = [
    ("connlint-tests", "all", &["guide::", "lint_docs::", "models_docs::", "readme::", "catalog::"]),
    ("connlint-output", "output", &["golden::"]),
];

pub(crate) fn run() -> TaskResult {
    for (package, test, modules) in WRITERS {
        let mut command = cargo(&["test", "--quiet", "-p", package, "--test", test, "--"]);
        finish(command.args(modules).env("CONNLINT_BLESS", "1").env("UPDATE_EXPECT", "1"))?;
    }
    Ok(())
}
