//! Runs connlint over checkouts of real projects: the table of findings, exit codes and times.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::Value;

use crate::process::{TaskResult, release_binary};

pub(crate) fn run(folder: &Path, findings: bool) -> TaskResult {
    let connlint = release_binary()?;
    let entries = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let mut projects: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    projects.sort();
    println!("{:<44} {:>4} {:>8} {:>7} {:>9} {:>8}  findings", "project", "exit", "s", "files", "lines", "notices");
    let mut failed = 0;
    for project in &projects {
        let start = Instant::now();
        let output = Command::new(&connlint).arg("check").arg(project).args(["--output-format", "json"]).output()?;
        failed += usize::from(!row(project, &output, start.elapsed().as_secs_f64(), findings));
    }
    if failed == 0 { Ok(()) } else { Err(format!("connlint could not run on {failed} of {}", projects.len()).into()) }
}

/// Prints the row of a project and returns whether connlint ran to its end.
fn row(project: &Path, output: &Output, seconds: f64, findings: bool) -> bool {
    let name = project.file_name().unwrap_or_default().to_string_lossy();
    let code = output.status.code();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let found = report["findings"].as_array().map_or(&[][..], |found| found);
    let number = |of: &str| report["stats"][of].as_u64().unwrap_or(0);
    let notices = report["notices"].as_array().map_or(0, Vec::len);
    let mut by_lint: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in found {
        *by_lint.entry(finding["lint"].as_str().unwrap_or("?")).or_default() += 1;
    }
    let by_lint: Vec<String> = by_lint.into_iter().map(|(lint, n)| format!("{lint} {n}")).collect();
    let exit = code.map_or_else(|| "died".to_owned(), |code| code.to_string());
    let (files, lines) = (number("files"), number("lines"));
    println!("{name:<44} {exit:>4} {seconds:>8.2} {files:>7} {lines:>9} {notices:>8}  {}", by_lint.join(", "));
    if findings {
        found.iter().for_each(|finding| println!("    {finding}"));
    }
    let ran = matches!(code, Some(0 | 1 | 3));
    if !ran {
        println!("    {}", String::from_utf8_lossy(&output.stderr).trim().replace('\n', "\n    "));
    }
    ran
}
