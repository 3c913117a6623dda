//! A repository, opened so that nothing of its configuration runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gix::ThreadSafeRepository;
use gix::discover::repository::Path as Discovered;
use gix::open::Options;
use gix::sec::Trust;

use crate::error::VcsError;

/// The most that one object, pack index or index of a repository may make this process allocate, in bytes.
const MAX_ALLOCATION: usize = 512 << 20;

/// A git repository.
pub struct Repository {
    shared: ThreadSafeRepository,
    /// The top of the work tree; none of a bare repository.
    top: Option<PathBuf>,
    /// Views of threads that are not in use.
    idle: Mutex<Vec<gix::Repository>>,
}

impl Repository {
    /// The repository that a folder belongs to.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn find(folder: &Path) -> Result<Arc<Self>, VcsError> {
        let real = folder.canonicalize().map_err(|error| unreadable(folder, &error))?;
        let (found, _) = gix::discover::upwards(&real)
            .map_err(|_| VcsError::new(format!("`{}` lies in no git repository", folder.display())))?;
        let (git_dir, top) = match found {
            Discovered::WorkTree(top) => (top.join(".git"), Some(top)),
            Discovered::LinkedWorkTree { work_dir, git_dir } => (git_dir, Some(work_dir)),
            Discovered::Repository(git_dir) => (git_dir, None),
        };
        Self::open(&git_dir, top)
    }

    /// The repository of a submodule that is checked out there; none if it is not.
    pub(crate) fn of_submodule(top: &Path) -> Option<Arc<Self>> {
        let git_dir = top.join(".git");
        git_dir.exists().then(|| Self::open(&git_dir, Some(top.to_owned())).ok()).flatten()
    }

    fn open(git_dir: &Path, top: Option<PathBuf>) -> Result<Arc<Self>, VcsError> {
        // Neither the environment nor files of the user or the system are read, and the repository's own configuration
        // is not trusted, whoever owns it.
        let limit = format!("gitoxide.objects.allocLimit={MAX_ALLOCATION}");
        let options = Options::isolated().with(Trust::Reduced).bail_if_untrusted(false).config_overrides([limit]);
        let shared = ThreadSafeRepository::open_opts(git_dir, options).map_err(|error| unreadable(git_dir, &error))?;
        Ok(Arc::new(Self { shared, top, idle: Mutex::default() }))
    }

    /// The top of the work tree; none of a bare repository.
    pub fn top(&self) -> Option<&Path> {
        self.top.as_deref()
    }

    /// Where a folder lies below the top of the work tree, with `/` between the parts. In a bare repository every folder is
    /// its top.
    ///
    /// # Errors
    ///
    /// If the folder does not lie below it, or has a name that is not UTF-8.
    pub fn place_of(&self, folder: &Path) -> Result<String, VcsError> {
        let Some(top) = &self.top else { return Ok(String::new()) };
        let outside = || VcsError::new(format!("`{}` lies outside of its repository", folder.display()));
        let real = |path: &Path| path.canonicalize().map_err(|error| unreadable(path, &error));
        let (folder, top) = (real(folder)?, real(top)?);
        let parts = folder.strip_prefix(top).map_err(|_| outside())?.components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        Ok(parts.ok_or_else(outside)?.join("/"))
    }

    /// Whether history before some commit was not fetched.
    pub fn is_shallow(&self) -> bool {
        self.with(|repo| repo.is_shallow().unwrap_or(false))
    }

    /// Works on a view of the calling thread.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&gix::Repository) -> T) -> T {
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let view = taken.unwrap_or_else(|| self.shared.to_thread_local());
        let result = work(&view);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(view);
        result
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository").field("git_dir", &self.shared.git_dir()).finish_non_exhaustive()
    }
}

fn unreadable(path: &Path, error: &dyn fmt::Display) -> VcsError {
    VcsError::new(format!("the git repository at `{}` cannot be read: {error}", path.display()))
}
