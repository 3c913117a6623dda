//! `connlint explain LINT`: the documentation of a lint.

use std::io::{self, Write};

use anstyle::{Effects, Style};
use clap::ColorChoice;
use connlint_diagnostics::{LintMetadata, without_marks};

use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::levels::lint_metadata;
use crate::levels::unknown_lint;
use crate::sink;
use crate::terminal::Terminal;

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let lints = lint_metadata();
    let name = args.lint.trim_start_matches("connlint::").replace('_', "-");
    let lint = lints.iter().find(|lint| lint.name == name).ok_or_else(|| unknown_lint(&args.lint, &lints))?;
    let heading = match Terminal::of_stdout(ColorChoice::Auto).color {
        true => Style::new().effects(Effects::BOLD),
        false => Style::new(),
    };
    sink::to_stdout(|out| write_docs(lint, heading, out))?;
    Ok(Exit::Clean)
}

fn write_docs(lint: &LintMetadata, heading: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{heading}{}{heading:#}: {}", lint.name, lint.summary)?;
    writeln!(out, "{}, {} by default, since {}", lint.category, lint.level, lint.since)?;
    for (title, text) in lint.sections() {
        writeln!(out)?;
        if !title.is_empty() {
            writeln!(out, "{heading}{title}{heading:#}")?;
        }
        writeln!(out, "{}", without_marks(text).trim_end())?;
    }
    Ok(())
}
