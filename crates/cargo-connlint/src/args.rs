//! Command line arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, ArgMatches, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use connlint_diagnostics::Confidence;
use connlint_output::Format;

use crate::CalledAs;
use crate::exit::Exit;
use crate::levels::{LevelChange, parse_change};

/// Finds connections that Rust services open per request, hold too long or never end.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 no findings, 1 findings, 2 could not run, 3 nothing to analyse."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: CheckArgs,
}

/// What to do. `connlint` alone is `connlint check .`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Analyse a workspace, package, folder or file (the default)
    Check(Box<CheckArgs>),
    /// Tell all about a lint
    Explain(ExplainArgs),
    /// List all lints
    Lints,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Workspace, package, folder or Rust file to analyse
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Analyse the workspace or package of this manifest
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Tell only findings of this package (may be repeated)
    #[arg(short, long, value_name = "PACKAGE")]
    pub(crate) package: Vec<String>,
    /// How to write findings
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = FormatName::Full)]
    pub(crate) output_format: FormatName,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Tell findings only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell all notices and figures; twice: suppressed findings too
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Exit with 0 in spite of findings
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Tell findings of this confidence and above
    #[arg(long, value_name = "CONFIDENCE", default_value = "medium", value_parser = ["low", "medium", "high"])]
    min_confidence: String,
    /// Set the level of a lint, a category or `all`: off, warn or error
    #[arg(long = "level", value_name = "LINT=LEVEL", value_parser = parse_change)]
    level: Vec<LevelChange>,
    /// Turn a lint off
    #[arg(short = 'A', long = "allow", value_name = "LINT")]
    allow: Vec<String>,
    /// Make a lint a warning
    #[arg(short = 'W', long = "warn", value_name = "LINT")]
    warn: Vec<String>,
    /// Make a lint an error
    #[arg(short = 'D', long = "deny", value_name = "LINT")]
    deny: Vec<String>,
    /// Analyse tests, benches and examples as entry points too
    #[arg(long)]
    pub(crate) include_tests: bool,
    /// Tell findings that the source suppresses too
    #[arg(long)]
    pub(crate) no_suppressions: bool,
    /// Worker threads (the result does not depend on it)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Category of SARIF results, where one repository uploads several
    #[arg(long, value_name = "NAME", default_value = "connlint")]
    pub(crate) sarif_category: String,
    #[command(flatten)]
    ignored: IgnoredArgs,
    /// Changes of levels in the order in which they were written.
    #[arg(skip)]
    pub(crate) level_changes: Vec<LevelChange>,
}

/// What users of cargo commands write out of habit. connlint never runs cargo, so there is nothing to lock or fetch.
#[derive(Debug, Args)]
struct IgnoredArgs {
    #[arg(long, hide = true)]
    locked: bool,
    #[arg(long, hide = true)]
    offline: bool,
    #[arg(long, hide = true)]
    frozen: bool,
    #[arg(long, hide = true)]
    workspace: bool,
    #[arg(long, hide = true)]
    all_targets: bool,
    #[arg(long, hide = true)]
    all_features: bool,
    #[arg(long, hide = true, value_name = "FEATURES")]
    features: Vec<String>,
    #[arg(long, hide = true)]
    no_default_features: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The lint
    pub(crate) lint: String,
}

/// Formats by the names that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// For people, with code
    Full,
    /// One line per finding
    Concise,
    /// SARIF 2.1.0, for GitHub code scanning
    Sarif,
    /// Everything, as JSON
    Json,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Full => Self::Full,
            FormatName::Concise => Self::Concise,
            FormatName::Sarif => Self::Sarif,
            FormatName::Json => Self::Json,
        }
    }
}

impl CheckArgs {
    /// The least confidence that is told.
    pub(crate) fn min_confidence(&self) -> Confidence {
        // clap has accepted only the names that parse.
        self.min_confidence.parse().unwrap_or(Confidence::Medium)
    }

    /// `-1` quiet, `0` usual, more is more.
    pub(crate) fn verbosity(&self) -> i8 {
        if self.quiet { -1 } else { i8::try_from(self.verbose.min(2)).unwrap_or(2) }
    }

    fn order_level_changes(&mut self, matches: &ArgMatches) {
        let mut changes: Vec<(usize, LevelChange)> = Vec::new();
        let indices = |id: &str| matches.indices_of(id).into_iter().flatten().collect::<Vec<usize>>();
        changes.extend(indices("level").into_iter().zip(self.level.iter().cloned()));
        let short = [("allow", &self.allow, "off"), ("warn", &self.warn, "warn"), ("deny", &self.deny, "error")];
        for (id, lints, level) in short {
            let level = level.parse().unwrap_or(connlint_diagnostics::Level::Warn);
            let lints = lints.iter().map(|lint| LevelChange { lint: lint.clone(), level });
            changes.extend(indices(id).into_iter().zip(lints));
        }
        changes.sort_by_key(|(index, _)| *index);
        self.level_changes = changes.into_iter().map(|(_, change)| change).collect();
    }
}

/// The command of the arguments; otherwise help, the version or a mistake was told, and the process ends.
pub(crate) fn parse(mut args: Vec<OsString>, called_as: CalledAs) -> Result<Command, Exit> {
    let mut clap_command = Cli::command().name("connlint").bin_name("connlint");
    if called_as == CalledAs::CargoSubcommand && args.get(1).is_some_and(|arg| arg == "connlint") {
        args.remove(1);
        clap_command = clap_command.bin_name("cargo connlint");
    }
    let parsed = clap_command.try_get_matches_from_mut(args).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((cli, matches))
    });
    match parsed {
        Ok((cli, matches)) => Ok(command(cli, &matches)),
        Err(error) => {
            // A closed pipe is no reason to fail: there is nobody to tell.
            let _ = error.print();
            Err(if error.use_stderr() { Exit::Failed } else { Exit::Clean })
        }
    }
}

fn command(cli: Cli, matches: &ArgMatches) -> Command {
    match cli.command {
        None => {
            let mut check = cli.check;
            check.order_level_changes(matches);
            Command::Check(Box::new(check))
        }
        Some(Command::Check(mut check)) => {
            if let Some(matches) = matches.subcommand_matches("check") {
                check.order_level_changes(matches);
            }
            Command::Check(check)
        }
        Some(other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], called_as: CalledAs) -> Box<CheckArgs> {
        match parse(args.iter().map(OsString::from).collect(), called_as) {
            Ok(Command::Check(check)) => check,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_means_check() {
        let args = check(&["connlint", "--exit-zero", "services/api"], CalledAs::Connlint);
        assert_eq!(args.path, Some(PathBuf::from("services/api")));
        assert!(args.exit_zero);
    }

    #[test]
    fn cargo_passes_its_own_subcommand_name() {
        let args = check(&["cargo-connlint", "connlint", "check", "x"], CalledAs::CargoSubcommand);
        assert_eq!(args.path, Some(PathBuf::from("x")));
        let args = check(&["cargo-connlint", "check"], CalledAs::CargoSubcommand);
        assert_eq!(args.path, None);
    }

    #[test]
    fn level_changes_keep_their_order() {
        let args =
            check(&["connlint", "check", "-D", "all", "--level", "a=warn", "-A", "b", "-D", "b"], CalledAs::Connlint);
        let changes: Vec<(&str, &str)> =
            args.level_changes.iter().map(|change| (change.lint.as_str(), change.level.name())).collect();
        assert_eq!(changes, [("all", "error"), ("a", "warn"), ("b", "off"), ("b", "error")]);
    }

    #[test]
    fn habits_of_cargo_users_are_accepted() {
        check(&["connlint", "--locked", "--offline", "--workspace", "--all-targets"], CalledAs::Connlint);
    }
}
