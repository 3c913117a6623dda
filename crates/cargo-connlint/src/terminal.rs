//! What the terminal can do, and what the user wants of it.

use std::env;
use std::io::IsTerminal;

use clap::ColorChoice;
use connlint_output::narrowed;
use supports_hyperlinks::Stream;
use terminal_size::{Height, Width};

/// Columns where standard output is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 120;

/// How to write to standard output or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether to write colours.
    pub(crate) color: bool,
    /// Whether to write hyperlinks.
    pub(crate) links: bool,
    /// Columns.
    pub(crate) width: usize,
}

impl Terminal {
    /// What suits standard output.
    pub(crate) fn of_stdout(choice: ColorChoice) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let color = color(choice, is_terminal, |name| env::var(name).ok());
        let width = columns(terminal_size::terminal_size_of(std::io::stdout()));
        Self { color, links: color && !in_ci() && supports_hyperlinks::on(Stream::Stdout), width }
    }

    /// What suits standard error.
    pub(crate) fn of_stderr() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let color = color(ColorChoice::Auto, is_terminal, |name| env::var(name).ok());
        Self { color, links: false, width: columns(terminal_size::terminal_size_of(std::io::stderr())) }
    }

    /// What suits a file.
    pub(crate) fn of_file(choice: ColorChoice) -> Self {
        Self { color: choice == ColorChoice::Always, links: false, width: WIDTH_WITHOUT_TERMINAL }
    }
}

/// Tells people a sentence on standard error.
pub(crate) fn tell(sentence: &str) {
    eprintln!("{}", narrowed(sentence, Terminal::of_stderr().width));
}

/// The columns of a terminal of this size. Without one, `COLUMNS` says how many there are.
fn columns(size: Option<(Width, Height)>) -> usize {
    let told = || env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    size.map(|(width, _)| usize::from(width.0)).or_else(told).unwrap_or(WIDTH_WITHOUT_TERMINAL)
}

/// Whether a program watches rather than a person.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value != "false" && value != "0" && !value.is_empty())
}

/// `--color` decides, then `NO_COLOR`, `CLICOLOR_FORCE` and `FORCE_COLOR`, `TERM=dumb`, and whether anyone can see it.
fn color(choice: ColorChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_forced = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_forced("CLICOLOR_FORCE") || is_forced("FORCE_COLOR") => true,
        ColorChoice::Auto => {
            let refused = variable("CLICOLOR").is_some_and(|value| value == "0");
            is_terminal && !refused && variable("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colored(choice: ColorChoice, is_terminal: bool, variables: &[(&str, &str)]) -> bool {
        color(choice, is_terminal, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn environment_decides_unless_the_user_does() {
        assert!(colored(ColorChoice::Auto, true, &[]));
        assert!(!colored(ColorChoice::Auto, false, &[]));
        assert!(!colored(ColorChoice::Auto, true, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(colored(ColorChoice::Auto, true, &[("NO_COLOR", "")]));
        assert!(colored(ColorChoice::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(colored(ColorChoice::Auto, false, &[("FORCE_COLOR", "3")]));
        assert!(!colored(ColorChoice::Auto, false, &[("FORCE_COLOR", "0")]));
        assert!(!colored(ColorChoice::Auto, true, &[("TERM", "dumb")]));
        assert!(colored(ColorChoice::Always, false, &[("NO_COLOR", "1")]));
        assert!(!colored(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }
}
