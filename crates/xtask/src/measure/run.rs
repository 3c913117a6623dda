//! Runs connlint over a commit of a mirrored repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::measure::labels::Service;

/// What connlint reports of one service.
pub(crate) struct Reported {
    pub(crate) findings: Vec<Finding>,
    /// Why nothing could be measured, if so.
    pub(crate) failure: Option<String>,
}

pub(crate) struct Finding {
    pub(crate) lint: String,
    /// The primary place first, then its labels and siblings: file, first and last line.
    pub(crate) own: Vec<(String, u64, u64)>,
    /// The steps that lead there.
    pub(crate) steps: Vec<(String, u64, u64)>,
    pub(crate) headline: String,
    pub(crate) confidence: String,
    pub(crate) impact: String,
}

/// Checks out what an analysis reads of a service and analyses it at default options, without its own settings.
pub(crate) fn run(connlint: &Path, mirrors: &Path, work: &Path, service: &Service) -> Reported {
    let found = checkout(mirrors, work, service).and_then(|folder| analyse(connlint, &folder));
    match found {
        Ok(findings) => Reported { findings, failure: None },
        Err(failure) => Reported { findings: Vec::new(), failure: Some(failure) },
    }
}

fn mirror(mirrors: &Path, repo: &str) -> Option<PathBuf> {
    let base = mirrors.join(repo.replace('/', "+"));
    let places = [base.join("repo"), base.join("repo/.git"), base.clone(), base.join(".git")];
    places.into_iter().find(|place| place.join("HEAD").is_file())
}

fn checkout(mirrors: &Path, work: &Path, service: &Service) -> Result<PathBuf, String> {
    let mirror = mirror(mirrors, &service.repo).ok_or("there is no mirror of it")?;
    let folder = work.join(format!("{}@{}", service.repo.replace('/', "+"), service.commit));
    let complete = folder.join(".complete");
    if complete.is_file() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    // Git refuses a pattern that matches nothing: not every project has a lock file.
    let unpacked = [&["*.rs", "*.toml", "*Cargo.lock"][..], &["*.rs", "*.toml"]];
    if !unpacked.iter().any(|patterns| unpack(&mirror, &service.commit, patterns, &folder)) {
        return Err(format!("commit {} could not be checked out", service.commit));
    }
    fs::write(complete, "").map_err(|error| error.to_string())?;
    Ok(folder)
}

fn unpack(mirror: &Path, commit: &str, patterns: &[&str], folder: &Path) -> bool {
    let mut git = Command::new("git");
    git.arg("--git-dir").arg(mirror).args(["archive", commit, "--"]).args(patterns);
    let Ok(mut archive) = git.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else { return false };
    let Some(archived) = archive.stdout.take() else { return false };
    let mut tar = Command::new("tar");
    tar.arg("-x").arg("-C").arg(folder).stdin(archived).stderr(Stdio::null());
    let unpacked = tar.status().is_ok_and(|status| status.success());
    archive.wait().is_ok_and(|status| status.success()) && unpacked
}

fn analyse(connlint: &Path, folder: &Path) -> Result<Vec<Finding>, String> {
    let mut command = Command::new(connlint);
    command.arg("check").arg(folder).args(["--no-config", "--output-format", "json"]);
    let output = command.output().map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
    let findings = report["findings"].as_array().ok_or("the report has no findings")?;
    Ok(findings.iter().map(finding).collect())
}

fn finding(value: &Value) -> Finding {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let listed = |key: &str| value[key].as_array().into_iter().flatten().map(|holder| place(&holder["location"]));
    let own = std::iter::once(place(&value["location"])).chain(listed("labels")).chain(listed("siblings"));
    Finding {
        lint: text("lint"),
        own: own.collect(),
        steps: listed("trace").collect(),
        headline: text("headline"),
        confidence: text("confidence"),
        impact: text("impact"),
    }
}

fn place(location: &Value) -> (String, u64, u64) {
    let line = |key: &str| location[key].as_u64().unwrap_or(0);
    (location["path"].as_str().unwrap_or_default().to_owned(), line("line"), line("end_line").max(line("line")))
}
