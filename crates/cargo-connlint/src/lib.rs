//! The command: arguments, pipeline, output, exit code.
//!
//! The only crate that prints, reads the environment and ends the process.
//!
//! `args` parses the command line, with the options of single commands in the modules `*_args`, `outputs`, `gate`,
//! `grouping` and `compiler`; `commands` has a file for each command. `connlint check` then goes through these modules:
//!
//! 1. `project` finds the root and the part that is asked for (`scope`); `analysed_project` holds both from then on.
//! 2. `config` reads the settings, `levels` turns them and the arguments into the levels of lints.
//! 3. `change` finds the versions that a change lies between, if one is asked for.
//! 4. `pipeline` asks `cache` for the report of an earlier run; else it parses, reads `dependencies` where the settings
//!    ask for it, links, runs the lints, and applies suppressions and policy.
//! 5. `baseline` takes out what is accepted, `fixes` adds edits; `apply` and `add_suppressions` write to sources by
//!    `edits`, `patch` shows them.
//! 6. `commands::writing` gives the report to each format, and `sink` writes what that yields.
//!
//! `connlint facts` and `connlint link` take the first stages of the pipeline apart from the others: `artifact` is what
//! lies between them, `file_facts` what is known of single files.
//!
//! `disk`, `project_files`, `text_file` and `paths` read files; `views` says for `routes`, `why` and `map` what the program
//! knows.

mod add_suppressions;
mod analysed_project;
mod apply;
mod args;
mod artifact;
mod baseline;
mod blame_args;
mod cache;
mod capacity_args;
mod catalog_args;
mod change;
mod commands;
mod compiler;
mod config;
mod dependencies;
mod disk;
mod edits;
mod entry_kinds;
mod exit;
mod facts_args;
mod file_facts;
mod fixes;
mod gate;
mod grouping;
mod levels;
mod limit;
mod manual_args;
mod map_args;
mod outputs;
mod outside_texts;
mod patch;
mod paths;
mod pipeline;
mod position;
mod progress;
mod project;
mod project_files;
mod report_args;
mod repositories_args;
mod scope;
mod sink;
mod suppressions;
mod terminal;
mod text_file;
mod traffic_file;
mod views;
mod watch;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use exit::Failure;
use pipeline::STACK_BYTES;

pub use args::CalledAs;
pub use config::declared_limits;
pub use outside_texts::OutsideText;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs connlint on the process's arguments and returns how the process ends.
pub fn main(called_as: CalledAs) -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let spawned = std::thread::Builder::new().name("main".to_owned()).stack_size(STACK_BYTES).spawn(move || {
        match args::parse(args, called_as) {
            Ok(invocation) => commands::run(invocation),
            Err(early) => early,
        }
    });
    let exit = match spawned.map(|thread| thread.join()) {
        Ok(Ok(exit)) => exit,
        Ok(Err(_)) => Failure::new("connlint failed: this is a bug in connlint").report(),
        Err(error) => Failure::new(format!("no thread could be started: {error}")).report(),
    };
    ExitCode::from(exit as u8)
}
