//! `--fix`: applies fixes to files, or shows them as a patch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use clap::Args;
use connlint_diagnostics::{Applicability, Diagnostic, Fix, Report};
use connlint_facts::RelPath;
use connlint_output::{Sources, counted};

use crate::analysed_project::Project;
use crate::disk::DiskSources;
use crate::edits::{Edit, applied, write_files};
use crate::exit::Failure;
use crate::terminal::tell;
use crate::{patch, sink};

/// How findings are corrected.
#[derive(Debug, Default, Args)]
pub(crate) struct FixArgs {
    /// Correct the findings for which that is certain, and report the others
    #[arg(long, conflicts_with_all = ["add_suppressions", "stdin_filename", "with_check"])]
    fix: bool,
    /// Also apply fixes that may not compile or may change what the code does; look at the result
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what `--fix` would change as a patch, and change nothing
    #[arg(long, conflicts_with_all = ["fix", "add_suppressions"])]
    fix_diff: bool,
    /// Fix code although the work tree has changes that are not committed
    #[arg(long)]
    allow_dirty: bool,
    /// Fix code although changes are staged
    #[arg(long)]
    allow_staged: bool,
    /// Fix code that is in no git repository
    #[arg(long)]
    allow_no_vcs: bool,
}

/// How often a project is fixed and checked again: one fix may make room for another.
const MAX_ROUNDS: usize = 4;

/// The edits that are applied, by file, and how many findings they correct.
#[derive(Default)]
struct Chosen {
    edits: BTreeMap<RelPath, Vec<Edit>>,
    findings: usize,
}

impl FixArgs {
    /// Whether anything is to be done.
    pub(crate) fn is_wanted(&self) -> bool {
        self.fix || self.fix_diff
    }

    /// Whether no report is wanted.
    pub(crate) fn shows_patch(&self) -> bool {
        self.fix_diff
    }

    /// Shows what fixes would change as a patch.
    pub(crate) fn show(&self, report: &Report, project: &Project) -> Result<(), Failure> {
        let sources = &sources(project)?;
        let chosen = self.chosen(&report.findings, sources);
        let texts = texts(&chosen.edits, sources)?;
        if texts.is_empty() && !report.findings.is_empty() {
            tell(&format!("there is nothing to show: {}", self.why_nothing(&report.findings)));
        }
        sink::to_stdout(|out| {
            texts.iter().try_for_each(|(file, (text, edits))| patch::write(file.as_str(), text, edits, out))
        })
    }

    /// Applies fixes, and checks again what they make of the project, until nothing is left that they correct.
    pub(crate) fn apply(
        &self,
        (mut report, mut project): (Report, Project),
        again: impl Fn() -> Result<(Report, Project), Failure>,
    ) -> Result<(Report, Project), Failure> {
        if project.input.is_some() {
            return Err(Failure::new("standard input cannot be fixed in place: `--fix-diff` shows a patch"));
        }
        let (mut corrected, mut files) = (0, BTreeSet::new());
        for round in 0..MAX_ROUNDS {
            let sources = &sources(&project)?;
            let chosen = self.chosen(&report.findings, sources);
            if chosen.edits.is_empty() {
                break;
            }
            if round == 0 {
                self.refuse_dirty(sources.folder())?;
            }
            write(&chosen, sources)?;
            corrected += chosen.findings;
            files.extend(chosen.edits.into_keys());
            (report, project) = again()?;
        }
        if corrected > 0 {
            tell(&format!("fixed {} in {}", counted(corrected, "finding"), counted(files.len(), "file")));
        } else if !report.findings.is_empty() {
            tell(&format!("nothing was fixed: {}", self.why_nothing(&report.findings)));
        }
        Ok((report, project))
    }

    /// Why no fix of these findings is applied.
    fn why_nothing(&self, findings: &[Diagnostic]) -> String {
        let likely = findings.iter().filter(|finding| !finding.fixes.is_empty()).count();
        match (self.unsafe_fixes, likely) {
            (true, _) => "no finding has a fix that can be applied".to_owned(),
            (false, 0) => "no finding has a fix".to_owned(),
            (false, likely) => {
                let found = counted(likely, "finding");
                format!(
                    "no finding has a fix that is certain, and for {found} `--unsafe-fixes` applies one that is likely"
                )
            }
        }
    }

    /// The first acceptable fix of each finding that overlaps none of those before it.
    fn chosen(&self, findings: &[Diagnostic], sources: &DiskSources) -> Chosen {
        let mut chosen = Chosen::default();
        for finding in findings {
            let fix = finding.fixes.iter().find(|fix| self.unsafe_fixes || fix.applicability == Applicability::Certain);
            if let Some(edits) = fix.and_then(|fix| with(&chosen.edits, fix, sources)) {
                chosen.edits = edits;
                chosen.findings += 1;
            }
        }
        chosen
    }

    /// As `cargo fix` does: what is not committed cannot be had back.
    fn refuse_dirty(&self, root: &Path) -> Result<(), Failure> {
        let mut git = Command::new("git");
        git.args(["--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain=v1"]);
        git.args(["--untracked-files=all", "--", "."]);
        let output = git.current_dir(root).output().ok().filter(|output| output.status.success());
        let Some(output) = output else {
            let refused = "there is no git repository to go back to: `--allow-no-vcs` fixes the code all the same";
            return if self.allow_no_vcs { Ok(()) } else { Err(Failure::new(refused)) };
        };
        let status = String::from_utf8_lossy(&output.stdout);
        let is_staged = |line: &&str| line.as_bytes().get(1) == Some(&b' ') && !line.starts_with("??");
        let (staged, dirty): (Vec<&str>, Vec<&str>) = status.lines().partition(is_staged);
        let refuse = |what: &str, option: &str, files: &[&str]| {
            let named: Vec<&str> = files.iter().take(3).filter_map(|line| line.get(3..)).collect();
            let more = if files.len() > named.len() { ", …" } else { "" };
            Err(Failure::new(format!("{what}: {}{more}; commit them, or pass `{option}`", named.join(", "))))
        };
        if !dirty.is_empty() && !self.allow_dirty {
            return refuse("the work tree has changes that are not committed", "--allow-dirty", &dirty);
        }
        if !staged.is_empty() && !self.allow_staged && !self.allow_dirty {
            return refuse("changes are staged that are not committed", "--allow-staged", &staged);
        }
        Ok(())
    }
}

/// The texts that fixes change: those on disk.
fn sources(project: &Project) -> Result<DiskSources, Failure> {
    match project.version {
        Some(_) => Err(Failure::new("fixes are for files on disk, and a version in git is analysed")),
        None => Ok(DiskSources::new(project)),
    }
}

fn write(chosen: &Chosen, sources: &DiskSources) -> Result<(), Failure> {
    let mut changed = BTreeMap::new();
    for (file, (text, edits)) in texts(&chosen.edits, sources)? {
        let new = applied(&text, edits).ok_or_else(|| Failure::new(format!("`{file}` cannot be changed")))?;
        changed.insert(file.clone(), new);
    }
    write_files(sources.folder(), &changed)
}

/// All edits with those of one more fix, if they can be applied together.
fn with(
    edits: &BTreeMap<RelPath, Vec<Edit>>,
    fix: &Fix,
    sources: &DiskSources,
) -> Option<BTreeMap<RelPath, Vec<Edit>>> {
    let mut all = edits.clone();
    for edit in &fix.edits {
        let range = edit.span.range.start as usize..edit.span.range.end as usize;
        let edits = all.entry(edit.span.file.clone()).or_default();
        // Two fixes that insert at one place would need an order.
        let meets = |other: &Edit| other.range == range && other.text != edit.text;
        if edits.iter().any(meets) {
            return None;
        }
        edits.push(Edit { range, text: edit.text.clone() });
    }
    let can_be_applied =
        |(file, edits): (&RelPath, &Vec<Edit>)| sources.text(file).is_some_and(|text| applied(&text, edits).is_some());
    all.iter().all(can_be_applied).then_some(all)
}

type Texts<'e> = BTreeMap<&'e RelPath, (std::sync::Arc<str>, &'e Vec<Edit>)>;

fn texts<'e>(edits: &'e BTreeMap<RelPath, Vec<Edit>>, sources: &DiskSources) -> Result<Texts<'e>, Failure> {
    let mut texts = BTreeMap::new();
    for (file, edits) in edits {
        let text = sources.text(file).ok_or_else(|| Failure::new(format!("`{file}` cannot be read")))?;
        if text.contains('\u{fffd}') {
            return Err(Failure::new(format!("`{file}` is not UTF-8: it is not changed")));
        }
        texts.insert(file, (text, edits));
    }
    Ok(texts)
}
