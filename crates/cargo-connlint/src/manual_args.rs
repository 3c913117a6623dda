//! Arguments of the commands that explain connlint itself.

use clap::{Args, ValueEnum};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The lint or the category
    #[arg(value_name = "LINT|CATEGORY")]
    pub(crate) name: String,
}

/// Arguments of `lints`.
#[derive(Debug, Args)]
pub(crate) struct LintsArgs {
    /// Output format
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_enum, default_value_t = ListFormat::Text)]
    pub(crate) output_format: ListFormat,
}

/// Formats of a list by the names that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Text,
    /// Everything, as JSON
    Json,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: Shell,
}

/// Shells that complete command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    #[value(alias = "nu")]
    Nushell,
    Elvish,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command, such as `routes` or `models suggest`
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
