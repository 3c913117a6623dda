//! `connlint lints`: all lints as a table.

use std::io::{self, Write};

use connlint_diagnostics::{Category, LintMetadata};

use crate::exit::{Exit, Failure};
use crate::levels::lint_metadata;
use crate::sink;

pub(crate) fn run() -> Result<Exit, Failure> {
    let lints = lint_metadata();
    sink::to_stdout(|out| write_table(&lints, out))?;
    Ok(Exit::Clean)
}

fn write_table(lints: &[&'static LintMetadata], out: &mut dyn Write) -> io::Result<()> {
    let width = lints.iter().map(|lint| lint.name.len()).max().unwrap_or_default();
    let mut first = true;
    for category in Category::ALL {
        let mut members: Vec<&&LintMetadata> = lints.iter().filter(|lint| lint.category == *category).collect();
        members.sort_by_key(|lint| lint.name);
        if members.is_empty() {
            continue;
        }
        if !std::mem::replace(&mut first, false) {
            writeln!(out)?;
        }
        writeln!(out, "{category}")?;
        for lint in members {
            writeln!(out, "  {:width$}  {:5}  {}", lint.name, lint.level.name(), lint.summary)?;
        }
    }
    Ok(())
}
