//! Of which part of a workspace findings are reported.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use connlint_diagnostics::{Diagnostic, nearest_name};
use connlint_facts::{CrateFacts, Notice, RelPath, Span, WorkspaceFacts};
use globset::{Glob, GlobMatcher};

use crate::exit::Failure;
use crate::paths::{real, relative};

/// Which packages are reported.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SelectArgs {
    /// Report only findings in this package: `name`, `name@version` or a pattern (may be repeated)
    #[arg(short, long, value_name = "PACKAGE", conflicts_with = "workspace")]
    package: Vec<String>,
    /// Report the findings of the whole workspace, wherever in it you are
    #[arg(long, alias = "all")]
    workspace: bool,
    /// Report no findings that lie only in this package (may be repeated)
    #[arg(long, value_name = "PACKAGE")]
    exclude: Vec<String>,
}

impl SelectArgs {
    /// The options that were written, for cargo.
    pub(crate) fn cargo_options(&self) -> Vec<String> {
        let packages = self.package.iter().map(|package| format!("--package={package}"));
        let excluded = self.exclude.iter().map(|package| format!("--exclude={package}"));
        // cargo wants `--workspace` where something is excluded.
        let whole = self.workspace || !self.exclude.is_empty();
        packages.chain(excluded).chain(whole.then(|| "--workspace".to_owned())).collect()
    }

    /// Whether no package is left out.
    pub(crate) fn takes_all(&self) -> bool {
        self.package.is_empty() && self.exclude.is_empty()
    }

    /// Whether packages are selected, so that paths do no more than find the workspace.
    pub(crate) fn ignores_paths(&self) -> bool {
        self.workspace || !self.package.is_empty()
    }
}

/// A part of a workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Folders and files relative to the root; none means all.
    paths: Vec<String>,
    packages: Vec<String>,
    exclude: Vec<String>,
}

/// A part of a workspace whose files are known.
#[derive(Debug, Default)]
pub(crate) struct Part {
    files: BTreeSet<RelPath>,
    folders: Vec<String>,
}

impl Scope {
    /// The part that paths and options select.
    pub(crate) fn new(paths: &[PathBuf], root: &Path, select: &SelectArgs) -> Result<Self, Failure> {
        let base = if root.is_file() { root.parent().unwrap_or(root) } else { root };
        let mut found = Vec::new();
        for path in paths {
            found.extend(relative(&real(path)?, base));
        }
        if root.is_file() || found.iter().any(String::is_empty) {
            found.clear();
        }
        Ok(Self { paths: found, packages: select.package.clone(), exclude: select.exclude.clone() })
    }

    /// One file.
    pub(crate) fn of_file(path: &RelPath) -> Self {
        Self { paths: vec![path.as_str().to_owned()], ..Self::default() }
    }

    /// Whether paths are asked for of which no file was read.
    pub(crate) fn misses(&self, facts: &WorkspaceFacts) -> bool {
        !self.paths.is_empty() && !facts.crates.iter().flat_map(|krate| &krate.files).any(|file| self.has(&file.path))
    }

    fn has(&self, file: &RelPath) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|path| is_within(file.as_str(), path))
    }

    /// The files of the part; `None` if it is all.
    pub(crate) fn part(&self, facts: &WorkspaceFacts) -> Result<Option<Part>, Failure> {
        if self.paths.is_empty() && self.packages.is_empty() && self.exclude.is_empty() {
            return Ok(None);
        }
        let wanted = patterns(&self.packages, facts)?;
        let unwanted = patterns(&self.exclude, facts)?;
        let selected = facts.crates.iter().filter(|krate| {
            (wanted.is_empty() || wanted.iter().any(|pattern| pattern.is_of(krate)))
                && !unwanted.iter().any(|pattern| pattern.is_of(krate))
        });
        let selected: Vec<&CrateFacts> = selected.collect();
        let files = selected.iter().flat_map(|krate| &krate.files).map(|file| &file.path);
        let files = files.filter(|file| self.has(file)).cloned().collect();
        let folders = if self.paths.is_empty() {
            selected.iter().map(|krate| krate.root.as_str().to_owned()).collect()
        } else {
            self.paths.clone()
        };
        Ok(Some(Part { files, folders }))
    }
}

impl Part {
    /// Whether any place of the finding lies here.
    pub(crate) fn touches(&self, diagnostic: &Diagnostic) -> bool {
        let steps = diagnostic.trace.iter().map(|step| &step.span);
        std::iter::once(&diagnostic.primary).chain(steps).any(|span| self.has(span))
    }

    /// Whether a place lies here.
    pub(crate) fn has(&self, span: &Span) -> bool {
        self.files.contains(&span.file)
    }

    /// Whether the notice is about this part, the whole, or code that is missing anywhere: a finding here may lead there.
    pub(crate) fn concerns(&self, notice: &Notice) -> bool {
        let lies_here = |path: &RelPath| {
            self.files.contains(path) || self.folders.iter().any(|folder| is_within(path.as_str(), folder))
        };
        notice.kind.is_unread() || notice.path.as_ref().is_none_or(lies_here)
    }
}

/// One package that an option names: `name`, `name@version` or a pattern.
pub(crate) struct Pattern {
    text: String,
    name: GlobMatcher,
    version: Option<String>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self, Failure> {
        let (name, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
        let glob =
            Glob::new(name).map_err(|error| Failure::new(format!("`{text}` is no name of a package: {error}")))?;
        Ok(Self { text: text.to_owned(), name: glob.compile_matcher(), version: version.map(str::to_owned) })
    }

    /// Whether a package of that name and version is meant.
    pub(crate) fn matches(&self, name: &str, version: Option<&str>) -> bool {
        self.name.is_match(name) && self.version.as_deref().is_none_or(|wanted| version == Some(wanted))
    }

    /// Fails if none of the packages is meant.
    pub(crate) fn expect_match<'p>(
        &self,
        packages: impl Iterator<Item = (&'p str, Option<&'p str>)> + Clone,
    ) -> Result<(), Failure> {
        if packages.clone().any(|(name, version)| self.matches(name, version)) {
            return Ok(());
        }
        let text = &self.text;
        let name = text.split_once('@').map_or(text.as_str(), |(name, _)| name);
        Err(Failure::new(match nearest_name(name, packages.map(|(name, _)| name)) {
            Some(nearest) => format!("there is no package `{text}`; did you mean `{nearest}`?"),
            None => format!("there is no package `{text}`"),
        }))
    }

    fn is_of(&self, krate: &CrateFacts) -> bool {
        self.matches(&krate.package, krate.version.as_deref())
    }
}

fn patterns(texts: &[String], facts: &WorkspaceFacts) -> Result<Vec<Pattern>, Failure> {
    let packages = facts.crates.iter().map(|krate| (krate.package.as_str(), krate.version.as_deref()));
    let pattern = |text: &String| {
        let pattern = Pattern::new(text)?;
        pattern.expect_match(packages.clone()).map(|()| pattern)
    };
    texts.iter().map(pattern).collect()
}

/// Whether `path` is `folder` or lies below it.
fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
