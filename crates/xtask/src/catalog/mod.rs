//! `cargo xtask catalog`: what keeps the catalog's data true.

mod registry;
mod report;
mod verify;

use clap::Subcommand;

use crate::process::TaskResult;

#[derive(Debug, Subcommand)]
pub(crate) enum Catalog {
    /// Prove the rows of packages in their published sources and write `crates/connlint-catalog/verified.toml`
    Verify {
        /// Only these packages; none for all
        packages: Vec<String>,
    },
}

pub(crate) fn run(task: &Catalog) -> TaskResult {
    match task {
        Catalog::Verify { packages } => verify::run(packages),
    }
}
