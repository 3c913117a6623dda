//! The versions that a change lies between.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use connlint_diagnostics::ChangeCommit;
use connlint_vcs::{Commit, History, Repository, Tree, VcsError};

use crate::exit::Failure;
use crate::project_files::Version;

/// Two versions of a project.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// Before the change.
    pub(crate) older: Version,
    /// After it; none if that is what is on disk.
    pub(crate) newer: Option<Version>,
    /// What the older version is, for people.
    pub(crate) against: String,
    /// The commit that is the change, if it is one.
    pub(crate) commit: Option<ChangeCommit>,
}

/// The versions of a folder in its repository.
pub(crate) struct Versions {
    repository: Arc<Repository>,
    root: PathBuf,
    /// Where the folder lies in the repository.
    place: String,
}

impl From<VcsError> for Failure {
    fn from(error: VcsError) -> Self {
        Self::new(error.to_string())
    }
}

impl Versions {
    /// The versions of a folder.
    pub(crate) fn of(root: &Path) -> Result<Self, Failure> {
        if root.is_file() {
            let why = "versions are compared of a folder, and this is a file";
            return Err(Failure::new(format!("`{}`: {why}", root.display())));
        }
        let repository = Repository::find(root)?;
        let place = repository.place_of(root)?;
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Ok(Self { repository, root, place })
    }

    /// From a revision to the work tree, or from `A` to `B` for `A..B`, or from their common ancestor for `A...B`.
    pub(crate) fn since(&self, range: &str) -> Result<Pair, Failure> {
        let Some((older, newer)) = range.split_once("..") else {
            let older = self.commit(range)?;
            return self.pair(&older, self.here()?, named(range, &older));
        };
        let (newer, is_from_ancestor) = newer.strip_prefix('.').map_or((newer, false), |newer| (newer, true));
        let or_head = |revision: &'_ str| if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() };
        let (older, newer) = (or_head(older), or_head(newer));
        let (mut older_commit, newer_commit) = (self.commit(&older)?, self.commit(&newer)?);
        if is_from_ancestor {
            older_commit = self.repository.merge_base(&newer_commit, &older_commit)?;
        }
        let against = if is_from_ancestor { "the common ancestor with " } else { "" };
        let newer = Some(self.version(&newer_commit)?);
        self.pair(&older_commit, newer, format!("{against}{}", named(&older, &older_commit)))
    }

    /// From the common ancestor of HEAD and a revision to the work tree.
    pub(crate) fn since_merge_base(&self, revision: &str) -> Result<Pair, Failure> {
        let (head, other) = (self.commit("HEAD")?, self.commit(revision)?);
        let older = self.repository.merge_base(&head, &other)?;
        let against = format!("the common ancestor with {}", named(revision, &older));
        self.pair(&older, self.here()?, against)
    }

    /// From HEAD to the index.
    pub(crate) fn staged(&self) -> Result<Pair, Failure> {
        let older = self.commit("HEAD")?;
        let tree = Tree::of_index(&self.repository, &self.place)?;
        self.pair(&older, Some(self.version_of(tree)), named("HEAD", &older))
    }

    /// From the first parent of a commit to it, or from nothing if it has none.
    pub(crate) fn of_commit(&self, older: Option<&Commit>, newer: &Commit) -> Result<Pair, Failure> {
        let newer_files = Some(self.version(newer)?);
        let commit = ChangeCommit {
            id: newer.id(),
            author: newer.author.clone(),
            date: newer.date.clone(),
            subject: newer.subject.clone(),
        };
        let (older, against) = match older {
            Some(older) => (self.version(older)?, format!("`{}`", older.short_id())),
            None => (self.version_of(Tree::empty()), "nothing".to_owned()),
        };
        Ok(Pair { older, newer: newer_files, against, commit: Some(commit) })
    }

    /// The commit of a revision.
    pub(crate) fn commit(&self, revision: &str) -> Result<Commit, Failure> {
        Ok(self.repository.commit(revision)?)
    }

    /// The first-parent history of a commit.
    pub(crate) fn history(&self, from: &Commit, until: Option<&Commit>, most: usize) -> Result<History, Failure> {
        Ok(self.repository.history(from, until, most)?)
    }

    /// The project's folder at a commit.
    pub(crate) fn version(&self, commit: &Commit) -> Result<Version, Failure> {
        Ok(self.version_of(Tree::of_commit(&self.repository, commit, &self.place)?))
    }

    fn version_of(&self, tree: Tree) -> Version {
        let parts = self.root.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        Version { tree: Arc::new(tree), root: parts.collect(), place: self.place.clone() }
    }

    /// The files on disk. A bare repository has none: there, it is the version of HEAD.
    fn here(&self) -> Result<Option<Version>, Failure> {
        if self.repository.top().is_some() {
            return Ok(None);
        }
        Ok(Some(self.version(&self.commit("HEAD")?)?))
    }

    fn pair(&self, older: &Commit, newer: Option<Version>, against: String) -> Result<Pair, Failure> {
        let older = self.version(older)?;
        Ok(Pair { older, newer, against, commit: None })
    }
}

impl Pair {
    /// Folders of submodules that one of the versions lacks, each once.
    pub(crate) fn absent_submodules(&self) -> BTreeSet<String> {
        let versions = std::iter::once(&self.older).chain(&self.newer);
        versions.flat_map(|version| version.tree.absent_submodules()).map(str::to_owned).collect()
    }
}

/// A revision and its commit.
fn named(revision: &str, commit: &Commit) -> String {
    let id = commit.short_id();
    if commit.id().starts_with(revision) { format!("`{id}`") } else { format!("`{revision}` ({id})") }
}
