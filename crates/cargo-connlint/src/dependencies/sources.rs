//! Where the sources of a dependency lie. Nothing is fetched.

use std::path::{Path, PathBuf};

use connlint_facts::ExternalPackage;
use semver::{Version, VersionReq};

/// The letters of a commit by which cargo names a checkout.
const SHORT_COMMIT: usize = 7;

/// A dependency to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// The package.
    pub(crate) package: String,
    /// Its version, where it is known.
    pub(crate) version: Option<String>,
    /// The versions that will do, where the version is not known.
    pub(crate) requirement: Option<String>,
    /// The registry or repository that `Cargo.lock` names.
    pub(crate) source: Option<String>,
    /// The folder that a manifest names, relative to the project's root.
    pub(crate) folder: Option<String>,
}

impl From<&ExternalPackage> for Wanted {
    fn from(external: &ExternalPackage) -> Self {
        let ExternalPackage { package, version, source, folder, .. } = external.clone();
        Self { package, version, requirement: None, source, folder }
    }
}

/// The folders in which sources of dependencies may lie.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    root: PathBuf,
    /// Folders of unpacked packages: `NAME-VERSION` or `NAME`.
    unpacked: Vec<PathBuf>,
    /// Cargo's checkouts of git repositories, a folder each.
    checkouts: Vec<PathBuf>,
    /// Cargo's unpacked packages: what lies there never changes.
    registries: Vec<PathBuf>,
}

/// The sources of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The folder to read.
    pub(crate) folder: PathBuf,
    /// Whether they are a published version as cargo unpacked it.
    pub(crate) is_published: bool,
}

impl Sources {
    /// The project's `vendor`, further folders, and what cargo keeps in its home.
    pub(crate) fn of(root: &Path, further: &[PathBuf]) -> Self {
        let unpacked = further.iter().cloned().chain([root.join("vendor")]).collect();
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
        let below = |part: &str| home.as_ref().map(|home| sorted(&home.join(part))).unwrap_or_default();
        let (registries, checkouts) = (below("registry/src"), below("git/checkouts"));
        Self { root: root.to_owned(), unpacked, checkouts, registries }
    }

    /// The sources of a package.
    pub(crate) fn find(&self, wanted: &Wanted) -> Option<Found> {
        let local = |folder: PathBuf| Found { folder, is_published: false };
        if let Some(folder) = &wanted.folder {
            return Some(local(self.root.join(folder))).filter(|found| is_package(&found.folder));
        }
        if let Some(commit) = wanted.source.as_deref().and_then(commit_of) {
            return self.checkout(commit).map(local);
        }
        let vendored = self.unpacked.iter().find_map(|folder| unpacked(folder, wanted));
        vendored.map(local).or_else(|| {
            let folder = self.registries.iter().find_map(|folder| unpacked(folder, wanted))?;
            Some(Found { folder, is_published: true })
        })
    }

    fn checkout(&self, commit: &str) -> Option<PathBuf> {
        let short = commit.get(..SHORT_COMMIT)?;
        self.checkouts.iter().map(|checkout| checkout.join(short)).find(|folder| folder.is_dir())
    }
}

/// The commit of `git+https://host/repository?branch=main#commit`.
fn commit_of(source: &str) -> Option<&str> {
    source.strip_prefix("git+")?.rsplit_once('#').map(|(_, commit)| commit)
}

/// A package in a folder of unpacked ones: of its version, else of the newest that will do.
fn unpacked(folder: &Path, wanted: &Wanted) -> Option<PathBuf> {
    let name = &wanted.package;
    if let Some(version) = &wanted.version {
        let names = [format!("{name}-{version}"), name.clone()];
        return names.iter().map(|name| folder.join(name)).find(|folder| is_package(folder));
    }
    let requirement = wanted.requirement.as_ref().and_then(|text| VersionReq::parse(text).ok());
    let versions = sorted(folder).into_iter().filter_map(|path| {
        let of = path.file_name()?.to_str()?.strip_prefix(name.as_str())?.strip_prefix('-')?;
        let version = Version::parse(of).ok()?;
        requirement.as_ref().is_none_or(|requirement| requirement.matches(&version)).then_some((version, path))
    });
    let newest = versions.max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, path)| path);
    newest.or_else(|| Some(folder.join(name))).filter(|folder| is_package(folder))
}

fn is_package(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
