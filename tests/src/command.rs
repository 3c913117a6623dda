//! The `connlint` command, run as users run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What a run of the command gave.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The folder of the binaries of this build, with `connlint` and `cargo-connlint` built.
fn binaries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows where it is");
        let folder = test.ancestors().nth(2).expect("tests lie in deps/ of the profile's folder").to_path_buf();
        let target = folder.parent().expect("the profile's folder lies in the target folder");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "-p", "cargo-connlint", "--bins", "--target-dir"]).arg(target);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        let status = cargo.current_dir(crate::files::repository()).status().expect("cargo runs");
        assert!(status.success(), "the command does not build");
        folder
    })
}

/// A command of this build, with an environment in which nothing asks it to colour.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(binaries().join(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "GITHUB_ACTIONS", "CI"] {
        command.env_remove(variable);
    }
    // No test sees what another one left, and none leaves anything.
    command.env("CONNLINT_CACHE_DIR", "");
    command
}

/// Runs `connlint` with `arguments` in `folder`.
pub fn connlint(folder: &Path, arguments: &[&str]) -> Run {
    finish(command("connlint").args(arguments).current_dir(folder))
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().expect("the command starts");
    Run {
        code: status.code().unwrap_or_else(|| panic!("{command:?} ended by {status}")),
        stdout: String::from_utf8(stdout).expect("output is UTF-8"),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
