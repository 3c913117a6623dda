//! One file per command.

mod check;
mod explain;
mod lints;

use crate::args::Command;
use crate::exit::Exit;

/// Runs a command; what goes wrong is told.
pub(crate) fn run(command: Command) -> Exit {
    let result = match command {
        Command::Check(args) => check::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Lints => lints::run(),
    };
    result.unwrap_or_else(|failure| failure.report())
}
