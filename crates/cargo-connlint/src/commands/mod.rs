//! One file per command.

mod blame;
mod budget;
mod capacity;
mod catalog;
mod check;
mod completions;
mod config;
mod config_of;
mod explain;
mod facts;
mod init;
mod link;
mod lints;
mod man;
mod map;
mod map_tables;
mod merge;
mod reading;
mod repositories;
mod routes;
mod schema;
mod suggest;
mod why;
mod writing;

use crate::args::{Command, ModelsCommand};
use crate::exit::Exit;

/// Runs a command; what goes wrong is reported.
pub(crate) fn run(command: Command) -> Exit {
    let result = match command {
        Command::Check(args) => check::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Lints(args) => lints::run(&args),
        Command::Routes(args) => routes::run(&args),
        Command::Map(args) => map::run(&args),
        Command::Why(args) => why::run(&args),
        Command::ConfigOf(args) => config_of::run(&args),
        Command::Capacity(args) => capacity::run(&args),
        Command::Blame(args) => blame::run(&args),
        Command::Facts(args) => facts::run(&args),
        Command::Link(args) => link::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Catalog(args) => catalog::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Schema => schema::run(),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Models(ModelsCommand::Suggest(args)) => suggest::run(&args),
    };
    result.unwrap_or_else(|failure| failure.report())
}
