//! What a change introduces and fixes: `--since`, `--merge-base`, `--staged`, `--diff`.
//!
//! With a revision, both versions are analysed and their findings compared by identity. With a patch alone, findings are
//! introduced by it if it touches their path.

mod followed;
mod lines;
mod place;
mod versions;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use connlint_diagnostics::{Change, Diagnostic, Fixed, Introduced, Outline, Report, Was, compare};
use connlint_facts::{Notice, NoticeKind, RelPath};
use connlint_vcs::Patch;

use crate::analysed_project::Project;
use crate::exit::Failure;
use crate::pipeline::Analysed;
use crate::project_files::{ProjectTexts, Version};
use crate::text_file::{read_bounded, read_text};
use lines::ChangedLines;
use place::Placing;

pub(crate) use followed::FollowedFinding;
pub(crate) use versions::{Pair, Versions};

/// Largest patch that is read, in bytes.
const MAX_PATCH_BYTES: u64 = 64 << 20;

/// Which change to report.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ChangeArgs {
    /// Report what the project introduces and fixes since this revision; `A..B` compares two revisions
    #[arg(long, value_name = "REV", help_heading = "Changes")]
    since: Option<String>,
    /// Report what the project introduces and fixes since the common ancestor of HEAD and this revision
    #[arg(long, value_name = "REV", help_heading = "Changes")]
    merge_base: Option<String>,
    /// Report what the index introduces and fixes against HEAD
    #[arg(long, help_heading = "Changes")]
    staged: bool,
    /// Report findings whose path this unified diff touches; `-` is standard input
    #[arg(long, value_name = "FILE", help_heading = "Changes")]
    diff: Option<PathBuf>,
}

/// The change that is asked for.
pub(crate) enum Asked {
    /// From one version to another.
    Pair(Box<Pair>),
    /// A unified diff.
    Patch {
        /// Its lines.
        patch: Patch,
        /// Its file, for people.
        name: String,
    },
}

impl ChangeArgs {
    /// Reads the versions or the patch; none if no change is asked for.
    pub(crate) fn read(&self, project: &Project) -> Result<Option<Asked>, Failure> {
        if let Some(file) = &self.diff {
            return read_patch(file).map(Some);
        }
        let open = || Versions::of(&project.root);
        let pair = match (&self.since, &self.merge_base) {
            (Some(range), _) => open()?.since(range)?,
            (None, Some(revision)) => open()?.since_merge_base(revision)?,
            (None, None) if self.staged => open()?.staged()?,
            (None, None) => return Ok(None),
        };
        Ok(Some(Asked::Pair(Box::new(pair))))
    }
}

fn read_patch(file: &Path) -> Result<Asked, Failure> {
    let is_stdin = file == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let text = if is_stdin {
        read_bounded(io::stdin().lock(), &name, MAX_PATCH_BYTES)?
    } else {
        read_text(file, &name, MAX_PATCH_BYTES)?
    };
    let patch = Patch::parse(&text).map_err(|error| Failure::new(format!("`{name}`: {error}")))?;
    Ok(Asked::Patch { patch, name })
}

impl Asked {
    /// The files to analyse, where they are not those on disk.
    pub(crate) fn newer(&self) -> Option<Version> {
        match self {
            Self::Pair(pair) => pair.newer.clone(),
            Self::Patch { .. } => None,
        }
    }

    /// The same part of the project before the change, where that is known.
    pub(crate) fn older(&self, project: &Project) -> Option<Project> {
        match self {
            Self::Pair(pair) => Some(project.at(Some(pair.older.clone()))),
            Self::Patch { .. } => None,
        }
    }

    /// The report of what the change introduces and fixes.
    pub(crate) fn report(&self, newer: Analysed, older: Option<Analysed>) -> Report {
        match (self, older) {
            (Self::Pair(pair), Some(older)) => of_versions(pair, newer, older),
            (Self::Pair(_), None) => newer.report,
            (Self::Patch { patch, name }, _) => of_patch(patch, name, newer),
        }
    }
}

/// Keeps what is new in the newer version's report.
fn of_versions(pair: &Pair, newer: Analysed, older: Analysed) -> Report {
    let mut report = newer.report;
    let (older_texts, newer_texts) = (ProjectTexts::of(&older.project), ProjectTexts::of(&newer.project));
    let changed = ChangedLines::between((&older_texts, &older.outline), (&newer_texts, &newer.outline));
    let placing = Placing { changed: &changed, outline: &newer.outline, texts: &newer_texts };
    leave_out_submodules(pair, &newer.outline, &mut report);
    let comparison = compare(&older.report, &report, &|file| changed.former(file));
    let before = report.findings.len();
    let found = std::mem::take(&mut report.findings).into_iter().zip(&comparison.was);
    report.findings = found
        .filter_map(|(finding, was)| {
            let introduced = match was {
                Was::Absent => Some(placing.touched(&finding).or_else(|| placing.near(&finding)).unwrap_or_default()),
                Was::Reported { siblings, entries } => placing.touched_anew(&finding, siblings, entries),
            };
            introduced.map(|introduced| as_introduced(finding, introduced, &pair.against))
        })
        .collect();
    let fixed = comparison.fixed.iter().filter_map(|index| older.report.findings.get(*index));
    report.change = Some(Change {
        against: pair.against.clone(),
        commit: pair.commit.clone(),
        unchanged: Some(before - report.findings.len()),
        fixed: fixed.map(|finding| fixed_of(finding, &older_texts)).collect(),
    });
    report
}

/// Keeps findings whose path the patch touches.
fn of_patch(patch: &Patch, name: &str, newer: Analysed) -> Report {
    let mut report = newer.report;
    let texts = ProjectTexts::of(&newer.project);
    let changed = ChangedLines::of_patch(patch, texts.path_in_repository());
    let placing = Placing { changed: &changed, outline: &newer.outline, texts: &texts };
    let against = format!("the code before `{name}`");
    let found = std::mem::take(&mut report.findings).into_iter();
    report.findings = found
        .filter_map(|finding| {
            let introduced = placing.touched(&finding).or_else(|| placing.between(&finding))?;
            Some(as_introduced(finding, introduced, &against))
        })
        .collect();
    report.change = Some(Change { against, ..Change::default() });
    report
}

/// The finding with what the change has to do with it.
fn as_introduced(mut finding: Diagnostic, introduced: Introduced, against: &str) -> Diagnostic {
    let note = match &introduced.at {
        Some(_) => format!("new against {against}: the change touches {}", introduced.what),
        None => format!("new against {against}: the change touches none of these places"),
    };
    finding.notes.insert(0, note);
    finding.introduced = Some(introduced);
    finding
}

fn fixed_of(finding: &Diagnostic, texts: &ProjectTexts) -> Fixed {
    Fixed {
        lint: finding.lint,
        level: finding.level,
        headline: finding.headline.clone(),
        identity: finding.identity.id.clone(),
        path: finding.primary.file.clone(),
        line: texts.line_of(&finding.primary),
    }
}

/// Leaves out findings in submodules of which one version is not here: they cannot be compared.
fn leave_out_submodules(pair: &Pair, outline: &Outline, report: &mut Report) {
    for folder in pair.absent_submodules() {
        let is_inside = |file: &RelPath| file.as_str().strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'));
        if !outline.files().any(is_inside) {
            continue;
        }
        report.findings.retain(|finding| !is_inside(&finding.primary.file));
        let message = format!(
            "the commit of the submodule `{folder}` is not here in one of the versions, so that findings in it are not \
             compared: `git submodule update --init` fetches it"
        );
        let notice = Notice { kind: NoticeKind::NotCompared, path: None, range: None, message };
        report.notices.insert(0, notice);
    }
}
