//! Arguments of `catalog`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::ConfigArgs;

/// Arguments of `catalog`.
#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    /// Show all rows of this crate; a name with `/` or `.` is taken as PATH
    #[arg(value_name = "CRATE")]
    krate: Option<String>,
    /// Project whose dependencies are examined (default: the current folder, if it has a manifest)
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Show only what applies to this version of the crate
    #[arg(long, value_name = "VERSION", requires = "krate", value_parser = parse_version)]
    pub(crate) version: Option<semver::Version>,
    /// Output format
    #[arg(long, visible_alias = "output-format", value_name = "FORMAT", value_enum, default_value_t = CatalogFormat::Text)]
    pub(crate) format: CatalogFormat,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

impl CatalogArgs {
    /// The crate that is asked for. No crate's name has `/`, `\` or `.`.
    pub(crate) fn krate(&self) -> Option<&str> {
        self.krate.as_deref().filter(|name| !is_path(name))
    }

    /// The project that is asked for.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let first = self.krate.as_ref().filter(|name| is_path(name)).map(PathBuf::from);
        self.path.clone().or(first)
    }
}

fn is_path(name: &str) -> bool {
    name.contains(['/', '\\', '.'])
}

fn parse_version(text: &str) -> Result<semver::Version, String> {
    let parts = text.split('.').count();
    let full = if parts < 3 { format!("{text}{}", ".0".repeat(3 - parts)) } else { text.to_owned() };
    semver::Version::parse(&full).map_err(|error| error.to_string())
}

/// Formats of `catalog` by the names that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogFormat {
    /// For people
    Text,
    /// Everything, as JSON
    Json,
}
