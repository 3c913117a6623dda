//! Command line arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, ArgMatches, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use connlint_diagnostics::{Confidence, Impact, nearest_name};
use connlint_output::{Format, VIEW_FORMATS, View};
use connlint_semantic::EntryKind;

use crate::apply::FixArgs;
use crate::blame_args::BlameArgs;
use crate::cache::CacheArgs;
use crate::capacity_args::CapacityArgs;
use crate::catalog_args::CatalogArgs;
use crate::compiler::CompilerArgs;
use crate::config::ConfigArgs;
use crate::entry_kinds::kind_value;
use crate::exit::Exit;
use crate::facts_args::{FactsArgs, of_link};
use crate::gate::GateArgs;
use crate::levels::{LevelChange, parse_change};
use crate::manual_args::{CompletionsArgs, ExplainArgs, LintsArgs, ManArgs};
use crate::map_args::MapArgs;
use crate::outputs::{OutputArgs, Target, target};
use crate::position::{Position, parse_position};
use crate::project::RootArgs;
use crate::report_args::ReportArgs;
use crate::repositories_args::{MergeArgs, RepositoriesArgs};
use crate::scope::SelectArgs;
use crate::watch::WatchArgs;

/// Which of the two binaries runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledAs {
    /// `connlint`
    Connlint,
    /// `cargo-connlint`, by cargo or by hand.
    CargoSubcommand,
}

/// Finds connections that Rust services open per request, hold too long or never end.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 no findings, 1 findings, 2 could not run, 3 nothing to analyse (with --strict: not all was)."
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
    /// Show the documentation of a lint, or what the lints of a category report
    Explain(ExplainArgs),
    /// List all lints
    Lints(LintsArgs),
    /// List the entry points, and what each opens, acquires and queries
    Routes(Box<RoutesArgs>),
    /// Write the map of all entry points, paths, pools and findings: one page for a browser
    Map(Box<MapArgs>),
    /// Show every path from an entry point to a line, or why there is none
    Why(Box<WhyArgs>),
    /// Show the settings of the pools and clients that a line builds, and where each value comes from
    ConfigOf(Box<ConfigOfArgs>),
    /// Show how many connections each program can open, and whether all processes together fit
    Capacity(Box<CapacityArgs>),
    /// Find the commit that introduced a finding
    Blame(Box<BlameArgs>),
    /// Read a project or members of it into an artifact, for `link`
    Facts(Box<FactsArgs>),
    /// Report on artifacts of all members of a project, as `check` does on its files
    #[command(mut_args(of_link))]
    Link(Box<CheckArgs>),
    /// Join reports on many repositories, in JSON or in SARIF
    Merge(MergeArgs),
    /// List what is known of third-party crates, and which connection crates of a project are not known
    Catalog(Box<CatalogArgs>),
    /// Show the settings that apply to a project, and where each comes from
    Config(ShowConfigArgs),
    /// Write a `connlint.toml` in which every setting is explained and none is changed
    Init(InitArgs),
    /// Print the JSON schema of `connlint.toml`, for editors
    Schema,
    /// Print what completes the command line in a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or that of a command
    Man(ManArgs),
    /// Work on models of crates that are not in the catalog
    #[command(subcommand)]
    Models(ModelsCommand),
}

/// What `models` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Propose models for dependencies whose sources are at hand, as TOML for `connlint.toml`
    Suggest(SuggestArgs),
}

/// Arguments of `models suggest`.
#[derive(Debug, Args)]
pub(crate) struct SuggestArgs {
    /// Workspace, package or folder whose dependencies are examined
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Only this dependency (may be repeated); one that is in the catalog is examined only if it is named
    #[arg(short, long, value_name = "PACKAGE")]
    pub(crate) package: Vec<String>,
    /// Folder of unpacked crates besides `vendor` and cargo's registry folder (may be repeated)
    #[arg(long, value_name = "FOLDER")]
    pub(crate) sources: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Workspaces, packages, folders or Rust files to report on; `-` reads standard input [default: .]
    ///
    /// The workspace that they belong to is analysed as a whole; findings that touch them are reported.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The file that the text of standard input takes the place of
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) many: RepositoriesArgs,
    #[command(flatten)]
    pub(crate) outputs: OutputArgs,
    /// Show at most this many findings, errors first, and how many are left out
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Show findings only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show all notices and statistics; twice: suppressed findings too, and counts of the work done
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(flatten)]
    pub(crate) compiler: CompilerArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Report findings of at least this confidence: how sure it is that the code does this [default: medium]
    #[arg(long, value_name = "CONFIDENCE", value_parser = ["low", "medium", "high"])]
    min_confidence: Option<String>,
    /// Report findings of at least this impact: how much it hurts [default: medium, with `--min-confidence low` low]
    #[arg(long, value_name = "IMPACT", value_parser = ["low", "medium", "high"])]
    min_impact: Option<String>,
    /// Report all findings, whatever their confidence and impact
    #[arg(long, conflicts_with_all = ["min_confidence", "min_impact"])]
    pedantic: bool,
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
    /// Also report findings that the source suppresses
    #[arg(long)]
    pub(crate) no_suppressions: bool,
    #[command(flatten)]
    pub(crate) fixes: FixArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// Write a comment above each reported finding that suppresses it, for this reason
    #[arg(long, value_name = "REASON", conflicts_with_all = ["stdin_filename", "no_suppressions"])]
    pub(crate) add_suppressions: Option<String>,
    /// Worker threads (the result does not depend on it)
    #[arg(short = 'j', long, visible_alias = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// Category of SARIF results, where one repository uploads several
    #[arg(long, value_name = "NAME", default_value = "connlint")]
    pub(crate) sarif_category: String,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) root: RootArgs,
    /// Changes of levels in the order in which they were written.
    #[arg(skip)]
    pub(crate) level_changes: Vec<LevelChange>,
}

/// Arguments of `config`.
#[derive(Debug, Args)]
pub(crate) struct ShowConfigArgs {
    /// The project [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder of the file [default: .]
    #[arg(value_name = "FOLDER")]
    pub(crate) path: Option<PathBuf>,
    /// Write it to standard output instead
    #[arg(long)]
    pub(crate) print: bool,
}

/// Arguments of `routes`.
#[derive(Debug, Args)]
pub(crate) struct RoutesArgs {
    /// Workspaces, packages, folders or Rust files whose entry points are listed [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Show only entry points of this kind (may be repeated); loops over items are shown only if asked for
    #[arg(long, value_name = "KIND", value_parser = one_of(&EntryKind::ALL, kind_value))]
    pub(crate) kind: Vec<EntryKind>,
    /// Show only entry points whose route or function contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) route: Option<String>,
    /// Show only entry points with this effect (may be repeated)
    #[arg(long, value_name = "EFFECT", value_enum)]
    pub(crate) effect: Vec<EffectName>,
    /// Show how many connections a run of each holds at once and how many queries it issues, next to its budget
    #[arg(long, conflicts_with = "effect")]
    pub(crate) budget: bool,
    /// Output format
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_parser = one_of(VIEW_FORMATS, format_value), default_value = VIEW_FORMATS[0].name)]
    pub(crate) output_format: &'static Format<View>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// Arguments of `why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The line, or one character of it: `src/db.rs:21`, `src/db.rs:21:5`
    #[arg(value_name = "FILE:LINE[:COLUMN]", value_parser = parse_position)]
    pub(crate) place: Position,
    /// Workspace, package or folder to analyse [default: the workspace of the file]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// How many paths to show; 0 means all
    #[arg(long, value_name = "N", default_value_t = 5)]
    limit: usize,
    /// Output format
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_parser = one_of(VIEW_FORMATS, format_value), default_value = VIEW_FORMATS[0].name)]
    pub(crate) output_format: &'static Format<View>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

impl WhyArgs {
    /// How many paths to show.
    pub(crate) fn limit(&self) -> usize {
        if self.limit == 0 { usize::MAX } else { self.limit }
    }
}

/// Arguments of `config-of`.
#[derive(Debug, Args)]
pub(crate) struct ConfigOfArgs {
    /// The line: `src/db.rs:21`
    #[arg(value_name = "FILE:LINE", value_parser = parse_position)]
    pub(crate) place: Position,
    /// Workspace, package or folder to analyse [default: the workspace of the file]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Output format
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_parser = one_of(VIEW_FORMATS, format_value), default_value = VIEW_FORMATS[0].name)]
    pub(crate) output_format: &'static Format<View>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// What `routes`, `why`, `config-of`, `capacity` and `map` read, and where they write.
#[derive(Debug, Args)]
pub(crate) struct ReadingArgs {
    /// Write to a file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE", value_parser = OsStringValueParser::new().map(target))]
    pub(crate) output: Option<Target>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Leave out the summary and the notices
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Worker threads (the result does not depend on it)
    #[arg(short = 'j', long, visible_alias = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// Accepts the name of one of the values.
pub(crate) fn one_of<T: Copy + Send + Sync + 'static>(
    values: &'static [T],
    shown: fn(T) -> PossibleValue,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(values.iter().map(|value| shown(*value))).try_map(move |name| {
        let found = values.iter().copied().find(|value| shown(*value).get_name() == name);
        found.ok_or("no such value")
    })
}

/// The name of a format, with its summary.
pub(crate) fn format_value<D>(format: &'static Format<D>) -> PossibleValue {
    PossibleValue::new(format.name).help(format.summary)
}

/// Effects by the names that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EffectName {
    /// Any opening: a connection, a pool, a client
    Open,
    Acquire,
    Begin,
    Commit,
    Rollback,
    Query,
    Leak,
    Close,
}

impl EffectName {
    /// Whether it is the name of an effect that has this stable name.
    pub(crate) fn names(self, effect: &str) -> bool {
        match self {
            Self::Open => matches!(effect, "open-connection" | "build-pool" | "build-client" | "throwaway-client"),
            Self::Acquire => effect == "acquire",
            Self::Begin => effect == "begin",
            Self::Commit => effect == "commit",
            Self::Rollback => effect == "rollback",
            Self::Query => effect == "query",
            Self::Leak => matches!(effect, "leak" | "detach"),
            Self::Close => effect == "close",
        }
    }
}

impl CheckArgs {
    /// The lowest confidence that is reported.
    pub(crate) fn min_confidence(&self) -> Confidence {
        let usual = if self.pedantic { Confidence::Low } else { Confidence::Medium };
        // clap has accepted only the names that parse.
        self.min_confidence.as_deref().and_then(|name| name.parse().ok()).unwrap_or(usual)
    }

    /// The lowest impact that is reported. Who asks for uncertain findings and says nothing else wants all of them.
    pub(crate) fn min_impact(&self) -> Impact {
        let usual = if self.min_confidence() == Confidence::Low { Impact::Low } else { Impact::Medium };
        self.min_impact.as_deref().and_then(|name| name.parse().ok()).unwrap_or(usual)
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

/// The command of the arguments; `Err` if help, the version or an error was printed and the process ends.
pub(crate) fn parse(mut args: Vec<OsString>, called_as: CalledAs) -> Result<Command, Exit> {
    let mut clap_command = command_line();
    if called_as == CalledAs::CargoSubcommand && args.get(1).is_some_and(|arg| arg == "connlint") {
        args.remove(1);
        clap_command = clap_command.bin_name("cargo connlint");
    }
    lead_with_subcommand(&clap_command, &mut args);
    let parsed = clap_command.try_get_matches_from_mut(args).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((cli, matches))
    });
    match parsed {
        Ok((cli, matches)) => Ok(command(cli, &matches)),
        Err(error) => {
            let use_stderr = error.use_stderr();
            // A closed pipe is no reason to fail: nobody reads the message.
            let _ = with_tip(error).print();
            Err(if use_stderr { Exit::Failed } else { Exit::Clean })
        }
    }
}

/// `--diff` alone writes a patch in other tools, and `connlint help` suggests no command for a misspelt one.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let word = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string);
    let is_unexplained = error.get(ContextKind::SuggestedSubcommand).is_none();
    if let Some(nearest) = word.filter(|_| is_unexplained).and_then(|word| nearest_command(&word)) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![nearest]));
    }
    let named = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    if error.kind() == ErrorKind::InvalidValue && named.is_some_and(|argument| argument.starts_with("--diff ")) {
        let tip = "`--fix-diff` shows what `--fix` would change".into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// The one list of commands and flags: help, completions and manual pages come of it.
pub(crate) fn command_line() -> clap::Command {
    Cli::command().name("connlint").bin_name("connlint")
}

/// The command whose name a word most likely means.
pub(crate) fn nearest_command(word: &str) -> Option<String> {
    let cli = Cli::command();
    nearest_name(word, cli.get_subcommands().map(clap::Command::get_name)).map(str::to_owned)
}

/// Moves a subcommand before the options that were written before it: `connlint --color never routes`.
fn lead_with_subcommand(cli: &clap::Command, args: &mut Vec<OsString>) {
    let mut at = 1;
    while let Some(text) = args.get(at).and_then(|arg| arg.to_str()) {
        if !text.starts_with('-') {
            let is_command = at > 1 && cli.find_subcommand(text).is_some();
            if is_command {
                let command = args.remove(at);
                args.insert(1, command);
            }
            return;
        }
        if text == "-" || text == "--" {
            return;
        }
        at += if takes_next(cli, text) { 2 } else { 1 };
    }
}

/// Whether the next argument is the value of this option, of whichever command it is.
fn takes_next(cli: &clap::Command, option: &str) -> bool {
    let mut args = std::iter::once(cli).chain(cli.get_subcommands()).flat_map(clap::Command::get_arguments);
    let takes_value = |arg: &clap::Arg| arg.get_action().takes_values();
    if let Some(name) = option.strip_prefix("--") {
        let is = |arg: &clap::Arg| {
            arg.get_long() == Some(name) || arg.get_all_aliases().into_iter().flatten().any(|alias| alias == name)
        };
        return args.any(|arg| is(arg) && takes_value(arg));
    }
    // Of a group such as `-qp` the last one may take a value; in `-papi` it is attached.
    let with_values: Vec<char> = args.filter(|arg| takes_value(arg)).filter_map(clap::Arg::get_short).collect();
    let letters: Vec<char> = option.chars().skip(1).collect();
    letters.iter().position(|letter| with_values.contains(letter)).is_some_and(|at| at + 1 == letters.len())
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
        Some(Command::Link(mut check)) => {
            if let Some(matches) = matches.subcommand_matches("link") {
                check.order_level_changes(matches);
            }
            Command::Link(check)
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
        assert_eq!(args.paths, [PathBuf::from("services/api")]);
        assert!(args.gate.exit_zero);
    }

    #[test]
    fn cargo_passes_its_own_subcommand_name() {
        let args = check(&["cargo-connlint", "connlint", "check", "x"], CalledAs::CargoSubcommand);
        assert_eq!(args.paths, [PathBuf::from("x")]);
        let args = check(&["cargo-connlint", "check"], CalledAs::CargoSubcommand);
        assert!(args.paths.is_empty());
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
    fn options_may_come_before_the_command() {
        let parsed = |args: &[&str]| parse(args.iter().map(OsString::from).collect(), CalledAs::Connlint);
        let routes = parsed(&["connlint", "--color", "never", "-qj", "2", "--kind", "command", "routes", "x"]);
        let Ok(Command::Routes(args)) = routes else { panic!("{routes:?}") };
        assert_eq!((args.reading.quiet, args.reading.threads, args.kind.len()), (true, Some(2), 1));
        assert_eq!(args.paths, [PathBuf::from("x")]);
        let args = check(&["connlint", "-p", "routes", "check"], CalledAs::Connlint);
        assert!(args.paths.is_empty(), "`routes` is the value of `-p`");
        let args = check(&["connlint", "--quiet", "src", "routes"], CalledAs::Connlint);
        assert_eq!(args.paths.len(), 2, "a path comes first");
    }

    #[test]
    fn habits_of_cargo_users_are_accepted() {
        check(&["connlint", "--locked", "--frozen", "--all", "--release", "--target", "b"], CalledAs::Connlint);
        check(&["connlint", "--offline", "--all-targets", "--profile", "a", "-F", "x"], CalledAs::Connlint);
    }
}
