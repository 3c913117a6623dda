//! The whole pipeline in this process: a folder in, a report out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use connlint_catalog::Catalog;
use connlint_diagnostics::{Level, LintMetadata, Policy, Report, apply_policy};
use connlint_facts::{RelPath, WorkspaceFacts};
use connlint_lints::Declared;
use connlint_output::{EmitOptions, Format, Sources};
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::{LinkOptions, Work, link};

/// The built-in catalog.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().expect("the built-in catalog loads"));

/// The metadata of all lints.
pub fn lints() -> Vec<&'static LintMetadata> {
    connlint_lints::ALL.iter().map(|lint| lint.metadata).collect()
}

/// Analyses a folder with every lint, those that are off by default too.
pub fn analyse(root: &Path, limits: &Limits) -> Report {
    let facts = parse_workspace(root, limits).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    analyse_and_count(facts, &declared(root)).0
}

/// What the settings next to the code declare.
fn declared(root: &Path) -> Declared {
    let text = fs::read_to_string(root.join("connlint.toml")).unwrap_or_default();
    cargo_connlint::declared_limits(&text).unwrap_or_else(|error| panic!("{}: {error}", root.display()))
}

/// Analyses facts with every lint, and counts what linking did.
pub fn analyse_and_count(facts: WorkspaceFacts, declared: &Declared) -> (Report, Work) {
    let program = link(&facts, &CATALOG, &LinkOptions::default());
    let checked = connlint_lints::check(&program, connlint_lints::ALL, declared);
    let notices = program.notices.iter().cloned().chain(checked.notices).collect();
    let lints = lints();
    let off = lints.iter().filter(|lint| lint.level == Level::Off);
    let levels: BTreeMap<String, Level> = off.map(|lint| (lint.name.to_owned(), Level::Warn)).collect();
    let policy = Policy { levels, ..Policy::default() };
    (apply_policy(checked.diagnostics, &program.suppressions, notices, &lints, &policy), program.work)
}

/// Texts of files below a folder.
pub struct Folder(pub PathBuf);

impl Sources for Folder {
    fn text(&self, path: &RelPath) -> Option<Arc<str>> {
        let bytes = fs::read(self.0.join(path.as_str())).ok()?;
        Some(String::from_utf8_lossy(&bytes).as_ref().into())
    }
}

/// Texts in memory, by their paths.
pub struct Texts<'f>(pub &'f [(String, String)]);

impl Sources for Texts<'_> {
    fn text(&self, path: &RelPath) -> Option<Arc<str>> {
        self.0.iter().find(|(name, _)| name == path.as_str()).map(|(_, text)| text.as_str().into())
    }
}

/// A report of a folder in a format, all remarks included.
pub fn emitted(report: &Report, root: &Path, format: &Format<Report>) -> String {
    let out = emitted_with(report, &Folder(root.to_path_buf()), format, 2);
    String::from_utf8(out).expect("output is UTF-8")
}

/// The bytes of a report in a format, as `-q` and `-v` say.
pub fn emitted_with(report: &Report, sources: &dyn Sources, format: &Format<Report>, verbosity: i8) -> Vec<u8> {
    let mut out = Vec::new();
    let options = EmitOptions { verbosity, ..EmitOptions::default() };
    format.emit(report, sources, &options, &mut out).expect("writing to memory succeeds");
    out
}
