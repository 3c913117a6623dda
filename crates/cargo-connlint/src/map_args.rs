//! Command line arguments of `map`.

use std::path::PathBuf;

use clap::Args;
use connlint_output::{Format, MAP_FORMATS, MapView};
use connlint_semantic::EntryKind;

use crate::args::{ReadingArgs, format_value, one_of};
use crate::entry_kinds::{KINDS, kind_value};
use crate::scope::SelectArgs;

/// Arguments of `map`.
#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    /// Workspaces, packages, folders or Rust files whose entry points are mapped [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Only entry points of this kind (may be repeated)
    #[arg(long, value_name = "KIND", value_parser = one_of(&KINDS, kind_value))]
    pub(crate) kind: Vec<EntryKind>,
    /// Only entry points whose route or function contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) route: Option<String>,
    /// Output format
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_parser = one_of(MAP_FORMATS, format_value), default_value = MAP_FORMATS[0].name)]
    pub(crate) output_format: &'static Format<MapView>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}
