//! `--add-suppressions REASON`: a comment above each reported finding that suppresses it.

use std::collections::{BTreeMap, BTreeSet};

use connlint_diagnostics::Report;
use connlint_facts::RelPath;
use connlint_output::Sources;
use connlint_parser::line_for_comment;

use crate::disk::DiskSources;
use crate::edits::{Edit, applied, line_ending, write_files};
use crate::exit::Failure;

/// Writes the comments, and returns how many findings in how many files they suppress.
pub(crate) fn add(report: &Report, reason: &str, sources: &DiskSources) -> Result<(usize, usize), Failure> {
    let reason = reason.trim();
    if reason.is_empty() || reason.contains(['\n', '\r']) {
        return Err(Failure::new("`--add-suppressions` takes a reason of one line"));
    }
    let mut places: BTreeMap<&RelPath, BTreeMap<usize, BTreeSet<&str>>> = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for finding in &report.findings {
        let file = &finding.primary.file;
        let unread = || Failure::new(format!("`{file}` cannot be read"));
        let text = sources.text(file).ok_or_else(unread)?;
        let line = line_for_comment(&text, finding.primary.range.start as usize);
        places.entry(file).or_default().entry(line).or_default().insert(finding.lint.name);
        texts.insert(file, text);
    }
    let mut files = BTreeMap::new();
    for (file, lines) in &places {
        let Some(text) = texts.get(file) else { continue };
        let edits: Vec<Edit> = lines.iter().map(|(line, lints)| comment(text, *line, lints, reason)).collect();
        let changed = applied(text, &edits).ok_or_else(|| Failure::new(format!("`{file}` cannot be changed")))?;
        files.insert((*file).clone(), changed);
    }
    write_files(sources.folder(), &files)?;
    Ok((report.findings.len(), files.len()))
}

/// A line with the comment, indented as the line at `at` is.
fn comment(text: &str, at: usize, lints: &BTreeSet<&str>, reason: &str) -> Edit {
    let line = text.get(at..).unwrap_or_default();
    let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let lints = lints.iter().copied().collect::<Vec<_>>().join(", ");
    Edit { range: at..at, text: format!("{indent}// connlint: allow({lints}) {reason}{}", line_ending(text)) }
}
