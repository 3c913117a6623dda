//! What is read, and of which part of it findings are reported.
//!
//! All of a workspace is read whatever part of it is asked for: the path of a finding leads through several packages.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use connlint_facts::RelPath;
use connlint_parser::{Unsaved, workspace_root};

use crate::analysed_project::{Input, Project};
use crate::exit::Failure;
use crate::paths::{real, relative};
use crate::scope::{Scope, SelectArgs};

/// Largest text that is read from standard input, in bytes.
const MAX_INPUT_BYTES: u64 = 8 << 20;
/// The name of a text from standard input that has none.
const INPUT_NAME: &str = "stdin.rs";

/// Where the project is.
#[derive(Debug, Default, Args)]
pub(crate) struct RootArgs {
    /// Analyse the workspace of this manifest
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Look for the workspace no further up than this folder [default: the repository's top]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<PathBuf>,
    /// Analyse tests, benches and examples as entry points too
    #[arg(long)]
    include_tests: bool,
    #[command(flatten)]
    cargo: CargoArgs,
}

/// What users of cargo commands write out of habit.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options of cargo commands")]
struct CargoArgs {
    /// As `--include-tests`
    #[arg(long, aliases = ["tests", "benches", "examples"])]
    all_targets: bool,
    /// Without effect: the code of all features is read, whether they are on or off
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    /// Without effect, as `--features`
    #[arg(long)]
    all_features: bool,
    /// Without effect, as `--features`
    #[arg(long)]
    no_default_features: bool,
    /// Without effect: no cargo is run, no lock file is written
    #[arg(long)]
    locked: bool,
    /// Without effect: the network is never used
    #[arg(long)]
    offline: bool,
    #[arg(long, hide = true)]
    frozen: bool,
    #[arg(long, hide = true, value_name = "TRIPLE")]
    target: Vec<String>,
    #[arg(short, long, hide = true)]
    release: bool,
    #[arg(long, hide = true, value_name = "NAME", conflicts_with = "release")]
    profile: Option<String>,
}

impl RootArgs {
    /// Whether test code has entry points.
    pub(crate) fn include_tests(&self) -> bool {
        self.include_tests || self.cargo.all_targets
    }

    /// The options of cargo commands that were written, for cargo.
    pub(crate) fn cargo_options(&self) -> Vec<String> {
        let CargoArgs { all_targets, features, all_features, no_default_features, .. } = &self.cargo;
        let CargoArgs { locked, offline, frozen, target, release, profile, .. } = &self.cargo;
        let flags = [
            (all_targets, "--all-targets"),
            (all_features, "--all-features"),
            (no_default_features, "--no-default-features"),
            (locked, "--locked"),
            (offline, "--offline"),
            (frozen, "--frozen"),
            (release, "--release"),
        ];
        let mut options: Vec<String> =
            flags.iter().filter(|(set, _)| **set).map(|(_, flag)| (*flag).to_owned()).collect();
        options.extend(features.iter().map(|features| format!("--features={features}")));
        options.extend(target.iter().map(|target| format!("--target={target}")));
        options.extend(profile.iter().map(|profile| format!("--profile={profile}")));
        if let Some(manifest) = &self.manifest_path {
            options.extend(["--manifest-path".to_owned(), manifest.display().to_string()]);
        }
        options
    }

    /// What to say of options that change nothing although a user of cargo may expect it.
    pub(crate) fn remark(&self) -> Option<&'static str> {
        let CargoArgs { features, all_features, no_default_features, target, .. } = &self.cargo;
        let features = !features.is_empty() || *all_features || *no_default_features;
        match (features, target.is_empty()) {
            (true, _) => Some("options for features change nothing: the code of all features is read, on or off"),
            (false, false) => Some("`--target` changes nothing: of code for several targets, all is read"),
            (false, true) => None,
        }
    }
}

impl Project {
    /// The project of a command that takes one path.
    pub(crate) fn of_path(args: &RootArgs, path: Option<&Path>) -> Result<Self, Failure> {
        let paths: Vec<PathBuf> = path.map(Path::to_owned).into_iter().collect();
        Ok(Self { scope: Scope::default(), ..Self::find(args, &paths, &SelectArgs::default())? })
    }

    /// The project of paths: the workspace that all of them belong to.
    pub(crate) fn find(args: &RootArgs, paths: &[PathBuf], select: &SelectArgs) -> Result<Self, Failure> {
        let manifest = args.manifest_path.as_deref().map(folder_of_manifest).transpose()?;
        let mut paths: Vec<PathBuf> = paths.iter().map(|path| package_folder(path)).collect();
        if paths.is_empty() {
            paths.push(manifest.clone().unwrap_or_else(|| PathBuf::from(".")));
        }
        let top = args.root.as_deref();
        let starts =
            manifest.as_deref().map_or_else(|| paths.iter().map(PathBuf::as_path).collect(), |start| vec![start]);
        let roots = starts.into_iter().map(|path| root(path, top)).collect::<Result<Vec<PathBuf>, Failure>>()?;
        let root = shared_root(roots, top)?;
        let whole_paths = select.ignores_paths();
        let scope = Scope::new(if whole_paths { &[] } else { &paths }, &root, select)?;
        let asked = if paths.len() == 1 { paths.swap_remove(0) } else { root.clone() };
        Ok(Self { asked, ..Self::on_disk(root, scope) })
    }

    /// The project around a text of standard input.
    pub(crate) fn of_input(args: &RootArgs, name: Option<&Path>) -> Result<Self, Failure> {
        let text = read_input()?;
        let Some(name) = name else {
            let unsaved = Unsaved { path: RelPath::new(INPUT_NAME.to_owned()), text };
            let input = Some(Input { unsaved, alone: true });
            return Ok(Self { input, ..Self::on_disk(PathBuf::from("."), Scope::default()) });
        };
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let start = if name.is_file() { name } else { folder };
        let real = real(folder)?.join(name.file_name().unwrap_or_default());
        let root = root(start, args.root.as_deref())?;
        let base = if root.is_file() { root.parent().map(Path::to_owned).unwrap_or_default() } else { root.clone() };
        let path = relative(&real, &base).ok_or_else(|| Failure::new(format!("`{}` has no place", name.display())))?;
        let path = RelPath::new(path);
        let scope = Scope::of_file(&path);
        let input = Some(Input { unsaved: Unsaved { path, text }, alone: false });
        Ok(Self { asked: folder.to_owned(), input, ..Self::on_disk(root, scope) })
    }
}

/// The project that lies in a folder, one of many.
pub(crate) fn only_path(args: &RootArgs, folder: &Path) -> Result<Project, Failure> {
    if !folder.is_dir() {
        return Err(Failure::new(format!("there is no folder `{}`", folder.display())));
    }
    let args = RootArgs { root: Some(folder.to_owned()), include_tests: args.include_tests(), ..RootArgs::default() };
    Project::of_path(&args, Some(folder))
}

fn read_input() -> Result<Arc<str>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(Failure::new(format!("standard input has more than {MAX_INPUT_BYTES} bytes")));
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| Failure::new("standard input is not UTF-8"))
}

fn folder_of_manifest(manifest: &Path) -> Result<PathBuf, Failure> {
    if !manifest.is_file() {
        return Err(Failure::new(format!("there is no manifest `{}`", manifest.display())));
    }
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// A manifest or lock file means its package, as a hook names it that changed.
fn package_folder(path: &Path) -> PathBuf {
    let is_cargo_file = path.file_name().is_some_and(|name| name == "Cargo.toml" || name == "Cargo.lock");
    match path.parent().filter(|_| is_cargo_file && path.is_file()) {
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.to_owned(),
        None => path.to_owned(),
    }
}

fn root(path: &Path, top: Option<&Path>) -> Result<PathBuf, Failure> {
    workspace_root(path, top).map_err(|error| match unknown_command(path) {
        Some(command) => Failure::new(format!("{error}; did you mean the command `{command}`?")),
        None => Failure::new(error.to_string()),
    })
}

/// A word that is no path may be a misspelt command.
fn unknown_command(path: &Path) -> Option<String> {
    let word = path.to_str().filter(|word| !path.exists() && !word.contains(['/', '\\', '.']))?;
    crate::args::nearest_command(word)
}

/// The one root of several paths: the same, one that holds the others, or the repository around them.
fn shared_root(roots: Vec<PathBuf>, top: Option<&Path>) -> Result<PathBuf, Failure> {
    let mut roots = roots.into_iter();
    let Some(mut shared) = roots.next() else { return Ok(PathBuf::from(".")) };
    for root in roots.filter(|root| *root != shared).collect::<Vec<_>>() {
        let common: PathBuf =
            shared.components().zip(root.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        let top = top.and_then(|top| top.canonicalize().ok());
        let in_repository = common.ancestors().any(|folder| folder.join(".git").exists());
        let is_bounded = top.map_or(in_repository, |top| common.starts_with(top));
        if common != shared && common != root && !is_bounded {
            return Err(Failure::new("the paths belong to different projects: analyse one after the other"));
        }
        shared = common;
    }
    Ok(shared)
}
