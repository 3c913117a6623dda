//! `--with-check`: cargo's own check before connlint's, for editors that run one command.
//!
//! Besides `--fix`, which asks git whether all is committed, the only place that starts another program, and only if it is
//! asked for: cargo runs build scripts and macros of the project.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::analysed_project::Project;
use crate::exit::Failure;
use crate::sink;

/// Whether the compiler runs too.
#[derive(Debug, Default, Args)]
pub(crate) struct CompilerArgs {
    /// Run `cargo check` or `cargo clippy` first and show its messages too. This runs build scripts of the project
    #[arg(long, value_name = "COMMAND", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "check")]
    with_check: Option<CompilerCommand>,
}

/// Commands of cargo that check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompilerCommand {
    Check,
    Clippy,
}

impl CompilerArgs {
    /// Runs the command that is asked for on what is reported of the project; whether it succeeded. `options` are those of
    /// cargo, `json` is whether its messages are read by a program.
    pub(crate) fn run(&self, project: &Project, options: &[String], json: bool) -> Result<bool, Failure> {
        let Some(command) = self.with_check else { return Ok(true) };
        let name = if command == CompilerCommand::Clippy { "clippy" } else { "check" };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut cargo = Command::new(cargo);
        cargo.arg(name).args(options);
        let has = |name: &str| options.iter().any(|option| option.split('=').next() == Some(name));
        if !has("--manifest-path") {
            let folder = package_folder(project);
            cargo.arg("--manifest-path").arg(folder.join("Cargo.toml"));
            // A package in the root of a workspace is not all of it.
            if folder == project.root && !has("--package") && !has("--workspace") {
                cargo.arg("--workspace");
            }
        }
        let failed = |error: std::io::Error| Failure::new(format!("`cargo {name}` cannot be run: {error}"));
        if !json {
            return Ok(cargo.stdin(Stdio::null()).status().map_err(failed)?.success());
        }
        cargo.arg("--message-format=json").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = cargo.spawn().map_err(failed)?;
        if let Some(stdout) = child.stdout.take() {
            forward(BufReader::new(stdout))?;
        }
        Ok(child.wait().map_err(failed)?.success())
    }
}

/// The folder of the package that is asked for, or the root of the workspace.
fn package_folder(project: &Project) -> PathBuf {
    let root = &project.root;
    let (Ok(asked), Ok(real_root)) = (project.asked.canonicalize(), root.canonicalize()) else { return root.clone() };
    let below_root = asked.ancestors().take_while(|folder| **folder != real_root && folder.starts_with(&real_root));
    let package = below_root.into_iter().find(|folder| folder.join("Cargo.toml").is_file());
    package.map_or_else(|| root.clone(), Path::to_owned)
}

/// Passes messages on as they come, but for the one that says that it is the last.
fn forward(messages: impl std::io::BufRead) -> Result<(), Failure> {
    for line in messages.split(b'\n') {
        let line = line.map_err(|error| Failure::new(format!("the messages of cargo cannot be read: {error}")))?;
        if !line.starts_with(b"{\"reason\":\"build-finished\"") {
            sink::to_stdout(|out| {
                out.write_all(&line)?;
                out.write_all(b"\n")
            })?;
        }
    }
    Ok(())
}
