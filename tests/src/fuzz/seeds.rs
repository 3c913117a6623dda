//! Inputs to begin with, out of the repository.

use std::path::PathBuf;

use crate::files::{files_below, fixtures, repository, text};

/// Largest file that is a seed, in bytes: most of what is changed in a larger one changes nothing.
const LARGEST: usize = 8_000;

/// One file of so many is a seed, so that a run begins soon.
const SPARSE: usize = 9;

fn texts(files: Vec<PathBuf>, sparse: usize) -> Vec<Vec<u8>> {
    let texts = files.iter().step_by(sparse).map(|file| text(file).into_bytes());
    texts.filter(|text| text.len() <= LARGEST).collect()
}

fn named(folder: PathBuf, extension: &str, name: &str) -> Vec<PathBuf> {
    files_below(&folder, &[extension]).into_iter().filter(|file| file.ends_with(name)).collect()
}

pub(super) fn sources() -> Vec<Vec<u8>> {
    texts(files_below(&fixtures(), &["rs"]), SPARSE)
}

/// Sources with comments that suppress.
pub(super) fn suppressed() -> Vec<Vec<u8>> {
    let mut all = texts(files_below(&fixtures(), &["rs"]), 1);
    all.retain(|text| String::from_utf8_lossy(text).contains("connlint:"));
    all
}

/// Manifests and lock files, each set in one text as [`super::targets`] takes it apart.
pub(super) fn manifests() -> Vec<Vec<u8>> {
    let workspace = "[workspace]\nmembers = [\"a\", \"b/*\"]\nexclude = [\"c\"]\n[workspace.dependencies]\n\
                     sqlx = { version = \"0.8\", features = [\"postgres\"] }\nlocal = { path = \"a\" }\n\
                     \n//-\n[package]\nname = \"a\"\nedition.workspace = true\n[dependencies]\nsqlx.workspace = true\n\
                     [[bin]]\nname = \"x\"\npath = \"src/lib.rs\"\n[features]\ndefault = [\"x\", \"dep:y\"]\nx = []\n\
                     \n//-\nversion = 4\n[[package]]\nname = \"sqlx\"\nversion = \"0.8.1\"\n\
                     source = \"registry+https://x\"\ndependencies = [\"sqlx-core 0.8.1\"]\n";
    let mut all = texts(named(fixtures(), "toml", "Cargo.toml"), SPARSE);
    all.push(workspace.as_bytes().to_vec());
    all
}

pub(super) fn settings() -> Vec<Vec<u8>> {
    let mut all = texts(named(fixtures(), "toml", "connlint.toml"), 1);
    all.push(
        b"[lints]\nall = \"warn\"\npool-per-request = \"error\"\n[notices]\nunknown-crate = \"off\"\n\
          [[overrides]]\npaths = [\"**/*.rs\"]\nroutes = [\"GET /a/**\"]\nlints = { exhaustion = \"off\" }\n\
          [suppressions]\nrequire-reason = true\n[budget]\nconnections = 1\nqueries = \"unlimited\"\n"
            .to_vec(),
    );
    all.extend(
        manifests()
            .into_iter()
            .map(|text| [&text[..], b"\n[package.metadata.connlint.lints]\nall = \"off\"\n"].concat()),
    );
    all
}

pub(super) fn models() -> Vec<Vec<u8>> {
    texts(files_below(&repository().join("crates/connlint-catalog/data"), &["toml"]), 3)
}

pub(super) fn diffs() -> Vec<Vec<u8>> {
    let texts = [
        "diff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,3 +1,4 @@ fn a() {\n a\n-b\n+c\n+d\n e\n",
        "--- a.rs\t2026-01-01\n+++ b.rs\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n",
        "diff --git \"a/\\303\\251.rs\" \"b/\\303\\251.rs\"\n--- /dev/null\n+++ \"b/\\303\\251.rs\"\n@@ -0,0 +1,2 @@\n+a\n+b\n",
        "diff --git a/a b/b\nsimilarity index 90%\nrename from a\nrename to b\n--- a/a\n+++ b/b\n@@ -10,0 +11 @@\n+x\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

pub(super) fn baselines() -> Vec<Vec<u8>> {
    let texts = [
        "# c\n\n00000000000000ff lint-b x → y\n00000000000000aa-2 lint-a\r\n00000000000000ff lint-b\n",
        "route,requests_per_second,mean_seconds,p99_seconds\nGET /a,1.5,0.1,0.2\n\"GET /b,c\",2,0,0\n",
        "[{\"route\": \"GET /a\", \"requests_per_second\": 1.5, \"mean_seconds\": 0.1, \"p99_seconds\": 0.2}]",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}
