//! The whole pipeline in this process: a folder in, a report out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use connlint_catalog::Catalog;
use connlint_diagnostics::{Level, LintMetadata, Policy, Report, apply};
use connlint_facts::{RelPath, SuppressionFact, WorkspaceFacts};
use connlint_output::{EmitOptions, Format, Sources, emit};
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::{LinkOptions, link};

/// The built-in catalogue.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().expect("the built-in catalogue loads"));

/// The metadata of all lints.
pub fn lints() -> Vec<&'static LintMetadata> {
    connlint_lints::ALL.iter().map(|lint| lint.metadata).collect()
}

/// Analyses a folder with every lint, those that are off by default too.
pub fn analyse(root: &Path, limits: &Limits) -> Report {
    let facts = parse_workspace(root, limits).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    analyse_facts(facts)
}

fn analyse_facts(mut facts: WorkspaceFacts) -> Report {
    let suppressions = suppressions(&facts);
    let notices = std::mem::take(&mut facts.notices);
    let program = link(facts, &CATALOG, &LinkOptions::default());
    let found = connlint_lints::check(&program, connlint_lints::ALL);
    let lints = lints();
    let off = lints.iter().filter(|lint| lint.level == Level::Off);
    let levels: BTreeMap<String, Level> = off.map(|lint| (lint.name.to_owned(), Level::Warn)).collect();
    apply(found, &suppressions, notices, &lints, &Policy { levels, ..Policy::default() })
}

fn suppressions(facts: &WorkspaceFacts) -> Vec<(RelPath, SuppressionFact)> {
    let mut by_file = BTreeMap::new();
    for file in facts.crates.iter().flat_map(|krate| &krate.files) {
        by_file.entry(file.path.clone()).or_insert_with(|| file.suppressions.clone());
    }
    by_file.into_iter().flat_map(|(path, all)| all.into_iter().map(move |s| (path.clone(), s))).collect()
}

/// Texts of files below a folder.
pub struct Folder(pub PathBuf);

impl Sources for Folder {
    fn text(&self, path: &RelPath) -> Option<Arc<str>> {
        let bytes = fs::read(self.0.join(path.as_str())).ok()?;
        Some(String::from_utf8_lossy(&bytes).as_ref().into())
    }
}

/// All formats, with their names.
pub const FORMATS: [(&str, Format); 4] =
    [("full", Format::Full), ("concise", Format::Concise), ("sarif", Format::Sarif), ("json", Format::Json)];

/// A report of a folder in a format, all remarks included.
pub fn emitted(report: &Report, root: &Path, format: Format) -> String {
    let mut out = Vec::new();
    let options = EmitOptions { verbosity: 2, ..EmitOptions::default() };
    emit(report, &Folder(root.to_path_buf()), format, &options, &mut out).expect("writing to memory succeeds");
    String::from_utf8(out).expect("output is UTF-8")
}
