//! The committed report, `crates/connlint-catalog/verified.toml`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::process::repository;

const HEAD: &str = "\
# Written by `cargo xtask catalog verify`: what the published sources prove of the data.
#
# `items` has one number for all that the rows of a type, trait or module say; where it is not that of the data, the rows
# have changed since. `differs` has rows that the newest version proves and older ones have in another form; `reasons`
# those that are not verified.
";

/// The whole report.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Report {
    pub(crate) packages: BTreeMap<String, Package>,
}

/// What is known of a package's rows.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Package {
    /// The versions whose sources were read.
    pub(crate) versions: Vec<String>,
    pub(crate) rows: usize,
    pub(crate) verified: usize,
    pub(crate) generated: usize,
    pub(crate) items: BTreeMap<String, String>,
    /// Rows that the newest version proves and older ones contradict: those versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) differs: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) reasons: BTreeMap<String, String>,
}

impl Report {
    fn path() -> PathBuf {
        repository().join("crates/connlint-catalog/verified.toml")
    }

    /// The report as committed; an empty one where there is none.
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        match fs::read_to_string(Self::path()) {
            Ok(text) => Ok(toml::from_str(&text)?),
            Err(_) => Ok(Self::default()),
        }
    }

    pub(crate) fn write(&self) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(Self::path(), format!("{HEAD}\n{}", toml::to_string(self)?))?)
    }

    /// One line of numbers.
    pub(crate) fn summary(&self) -> String {
        let sum = |count: fn(&Package) -> usize| self.packages.values().map(count).sum::<usize>();
        let (rows, verified, generated) = (sum(|p| p.rows), sum(|p| p.verified), sum(|p| p.generated));
        let left = rows - verified - generated;
        let differs = sum(|p| p.differs.len());
        format!(
            "{rows} rows: {verified} verified ({differs} of them for newer versions only), {generated} of generated code, {left} unverified"
        )
    }
}
