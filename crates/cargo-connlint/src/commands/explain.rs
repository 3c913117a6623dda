//! `connlint explain LINT`: the documentation of a lint, or what the lints of a category report.

use std::io::{self, Write};

use anstyle::{Effects, Style};
use clap::ColorChoice;
use connlint_diagnostics::{Category, LintMetadata, without_marks};
use connlint_output::{narrowed, wrapped_markdown};

use crate::exit::{Exit, Failure};
use crate::levels::lint_metadata;
use crate::levels::unknown_lint;
use crate::manual_args::ExplainArgs;
use crate::sink;
use crate::terminal::Terminal;

/// Longer lines are hard to read.
const WIDEST: usize = 120;

/// How a page is written.
struct Page {
    heading: Style,
    width: usize,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let lints = lint_metadata();
    let name = args.name.trim_start_matches("connlint::").replace('_', "-");
    let Terminal { color, width, .. } = Terminal::of_stdout(ColorChoice::Auto);
    let heading = if color { Style::new().effects(Effects::BOLD) } else { Style::new() };
    let page = Page { heading, width: width.min(WIDEST) };
    if let Some(category) = Category::ALL.iter().find(|category| category.name() == name) {
        let members = lints.iter().copied().filter(|lint| lint.category == *category);
        sink::to_stdout(|out| page.category(*category, members, out))?;
        return Ok(Exit::Clean);
    }
    let lint = lints.iter().find(|lint| lint.name == name).ok_or_else(|| unknown_lint(&args.name, &lints))?;
    sink::to_stdout(|out| page.docs(lint, out))?;
    Ok(Exit::Clean)
}

impl Page {
    /// What is wrong in a category, and for each of its lints what it reports.
    fn category(
        &self,
        category: Category,
        lints: impl Iterator<Item = &'static LintMetadata>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Self { heading, width } = *self;
        let title = format!("{heading}{category}{heading:#}: {}", category.summary());
        writeln!(out, "{}", narrowed(&title, width))?;
        for lint in lints {
            let title = format!("{heading}{}{heading:#}: {}, {} by default", lint.name, lint.summary, lint.level);
            writeln!(out, "\n{}", narrowed(&title, width))?;
            let sections = lint.sections();
            let reports = sections.iter().find(|(title, _)| *title == "What it does");
            if let Some((_, text)) = reports {
                writeln!(out, "{}", wrapped_markdown(without_marks(text).trim(), width))?;
            }
        }
        writeln!(out, "\nrun `connlint explain LINT` for the whole page of a lint")
    }

    fn docs(&self, lint: &LintMetadata, out: &mut dyn Write) -> io::Result<()> {
        let Self { heading, width } = *self;
        let title = format!("{heading}{}{heading:#}: {}", lint.name, lint.summary);
        writeln!(out, "{}", narrowed(&title, width))?;
        writeln!(out, "{}, {} by default, since {}", lint.category, lint.level, lint.since)?;
        for (title, text) in lint.sections() {
            writeln!(out)?;
            if !title.is_empty() {
                writeln!(out, "{heading}{title}{heading:#}")?;
            }
            writeln!(out, "{}", wrapped_markdown(without_marks(text).trim_end(), width))?;
        }
        Ok(())
    }
}
