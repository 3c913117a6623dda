//! `connlint man [COMMAND]`: a manual page, in the format of `man`.

use clap_mangen::Man;
use connlint_diagnostics::nearest_name;

use crate::args::command_line;
use crate::exit::{Exit, Failure};
use crate::manual_args::ManArgs;
use crate::sink;

pub(crate) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    let mut command = command_line();
    command.build();
    for name in &args.command {
        let next = command.find_subcommand(name).cloned();
        command = next.ok_or_else(|| unknown_command(name, &command))?;
    }
    let mut page = Vec::new();
    let written = Man::new(command).source(concat!("connlint ", env!("CARGO_PKG_VERSION"))).render(&mut page);
    written.map_err(|error| Failure::new(format!("the page cannot be written: {error}")))?;
    sink::to_stdout(|out| out.write_all(&page))?;
    Ok(Exit::Clean)
}

fn unknown_command(name: &str, of: &clap::Command) -> Failure {
    let nearest = nearest_name(name, of.get_subcommands().map(clap::Command::get_name));
    let hint = nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
    Failure::new(format!("`{}` has no command `{name}`{hint}", of.get_bin_name().unwrap_or("connlint")))
}
