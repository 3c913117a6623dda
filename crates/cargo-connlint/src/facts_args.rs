//! Arguments of `facts` and `link`.

use std::path::PathBuf;

use clap::{Arg, Args};

use crate::project::RootArgs;

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub(crate) struct FactsArgs {
    /// Workspace, package or folder to read [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// The artifact
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(crate) output: PathBuf,
    /// Read only this package, as if the others were not there: `name`, `name@version` or a pattern (may be repeated)
    #[arg(short, long, value_name = "PACKAGE")]
    pub(crate) package: Vec<String>,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Worker threads (the result does not depend on it)
    #[arg(short = 'j', long, visible_alias = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// Options of `check` that need the project itself: its files, or the versions of a repository.
const OF_FILES: &[&str] = &[
    "stdin_filename",
    "with_check",
    "since",
    "merge_base",
    "staged",
    "diff",
    "fix",
    "fix_diff",
    "unsafe_fixes",
    "allow_dirty",
    "allow_staged",
    "allow_no_vcs",
    "watch",
    "add_suppressions",
    "cache_dir",
    "no_cache",
    "manifest_path",
    "workspace",
    "repositories",
    "shard",
];

/// `link` reports as `check` does, on artifacts.
pub(crate) fn of_link(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "paths" => arg
            .value_name("FILE")
            .help("Artifacts of `connlint facts`: those of all members, in any order")
            .long_help(None)
            .required(true),
        "root" => arg.help("The folder of the project, for its settings and for what is shown of it [default: .]"),
        id if OF_FILES.contains(&id) => arg.hide(true).conflicts_with("paths"),
        _ => arg,
    }
}
