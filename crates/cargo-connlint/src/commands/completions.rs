//! `connlint completions SHELL`: a script that completes the command line.

use clap_complete::generate;
use clap_complete::shells::{Bash, Elvish, Fish, PowerShell, Zsh};
use clap_complete_nushell::Nushell;

use crate::args::command_line;
use crate::exit::{Exit, Failure};
use crate::manual_args::{CompletionsArgs, Shell};
use crate::sink;

pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let (mut command, mut script) = (command_line(), Vec::new());
    let (name, to) = ("connlint", &mut script);
    match args.shell {
        Shell::Bash => generate(Bash, &mut command, name, to),
        Shell::Zsh => generate(Zsh, &mut command, name, to),
        Shell::Fish => generate(Fish, &mut command, name, to),
        Shell::Powershell => generate(PowerShell, &mut command, name, to),
        Shell::Nushell => generate(Nushell, &mut command, name, to),
        Shell::Elvish => generate(Elvish, &mut command, name, to),
    }
    sink::to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Clean)
}
