//! The command line of `connlint blame`.

use std::path::PathBuf;

use clap::{ArgAction, Args, ColorChoice};

use crate::config::ConfigArgs;
use crate::outputs::OutputArgs;

/// Arguments of `blame`.
#[derive(Debug, Args)]
pub(crate) struct BlameArgs {
    /// The finding at HEAD: its identity, as JSON, baselines and SARIF have it, or FILE:LINE
    #[arg(value_name = "FINDING")]
    pub(crate) finding: String,
    /// Workspace, package or folder to analyse
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Search the commits between these revisions, `A..B`, instead of all of HEAD's history
    #[arg(long, value_name = "A..B")]
    pub(crate) range: Option<String>,
    #[command(flatten)]
    pub(crate) outputs: OutputArgs,
    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Show the finding only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show all notices and statistics
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Analyse tests, benches and examples as entry points too
    #[arg(long)]
    pub(crate) include_tests: bool,
    /// Worker threads (the result does not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}
