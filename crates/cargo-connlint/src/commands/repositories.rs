//! `connlint check --repositories`: one run over many repositories, each with its own settings.
//!
//! What goes wrong with one of them is part of the result and ends nothing: the others are reported.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use connlint_output::{Merged, counted, visible};

use super::check::{Rendered, rendered};
use crate::args::CheckArgs;
use crate::exit::{Exit, Failure};
use crate::outputs::Target;
use crate::project::only_path;
use crate::sink;

pub(super) fn run(args: &CheckArgs, list: &Path) -> Result<Exit, Failure> {
    let outputs = args.outputs.all()?;
    let merged = |format| {
        let why = "reports on many repositories are written as `json` or `sarif`";
        Merged::of_format(format).ok_or_else(|| Failure::new(format!("{why}: choose one with `--output-format`")))
    };
    let mut all = outputs.iter().map(|(format, _)| merged(*format)).collect::<Result<Vec<_>, _>>()?;
    let mut exit = Exit::Clean;
    for name in args.many.names(list)? {
        let category = format!("{}/{name}", args.sarif_category.trim_end_matches('/'));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            rendered(args, &outputs, &only_path(&args.root, Path::new(&name))?, &category)
        }));
        let outcome = outcome.unwrap_or_else(|_| Err(Failure::new("connlint failed: this is a bug in connlint")));
        let added = match &outcome {
            Ok(Rendered { documents, .. }) => {
                all.iter_mut().zip(documents).try_for_each(|(merged, document)| merged.add(&name, document))
            }
            Err(why) => all.iter_mut().try_for_each(|merged| merged.add_failure(&name, &category, &why.drawn())),
        };
        added.map_err(|error| Failure::new(error.to_string()))?;
        if !args.quiet {
            tell(&name, &outcome);
        }
        exit = worse(exit, outcome.map_or(Exit::Failed, |rendered| rendered.exit));
    }
    for ((_, to), merged) in outputs.iter().zip(&all) {
        match to {
            Target::File(path) => sink::to_file(path, |out| merged.write(out))?,
            Target::Stdout => sink::to_stdout(|out| merged.write(out))?,
        }
    }
    Ok(exit)
}

fn tell(name: &str, outcome: &Result<Rendered, Failure>) {
    match outcome {
        Ok(Rendered { findings, exit: Exit::NothingAnalysed, .. }) => {
            eprintln!("{}: {}, not all was analysed", visible(name), counted(*findings, "finding"));
        }
        Ok(Rendered { findings, .. }) => eprintln!("{}: {}", visible(name), counted(*findings, "finding")),
        Err(why) => eprintln!("{}: error: {}", visible(name), why.drawn()),
    }
}

/// The exit that says more: that something could not run, that there are findings, that there was nothing.
fn worse(a: Exit, b: Exit) -> Exit {
    let rank = |exit| match exit {
        Exit::Clean => 0,
        Exit::NothingAnalysed => 1,
        Exit::Findings => 2,
        Exit::Failed => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}
