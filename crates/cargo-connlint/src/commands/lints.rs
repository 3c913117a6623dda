//! `connlint lints`: all lints, as a table or as JSON.

use std::io::{self, Write};

use clap::ColorChoice;
use connlint_diagnostics::{Category, LintMetadata};
use connlint_output::{JsonLint, TOOL, Tool, json_lint, write_json};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::levels::lint_metadata;
use crate::manual_args::{LintsArgs, ListFormat};
use crate::sink;
use crate::terminal::Terminal;

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

pub(crate) fn run(args: &LintsArgs) -> Result<Exit, Failure> {
    let lints = lint_metadata();
    match args.output_format {
        ListFormat::Text => {
            let width = Terminal::of_stdout(ColorChoice::Never).width;
            sink::text_to_stdout(width, |out| write_table(&lints, out))?;
        }
        ListFormat::Json => sink::to_stdout(|out| write_json(out, &list(&lints)))?,
    }
    Ok(Exit::Clean)
}

/// The lints as the report in JSON has them.
#[derive(Serialize)]
struct List {
    version: u32,
    tool: Tool,
    lints: Vec<JsonLint>,
}

fn list(lints: &[&'static LintMetadata]) -> List {
    List { version: FORMAT_VERSION, tool: TOOL, lints: lints.iter().map(|lint| json_lint(lint)).collect() }
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
