//! `connlint merge`: reports on many repositories become one.

use connlint_output::Merged;

use crate::exit::{Exit, Failure};
use crate::outputs::Target;
use crate::repositories_args::MergeArgs;
use crate::sink;

pub(crate) fn run(args: &MergeArgs) -> Result<Exit, Failure> {
    let mut merged: Option<Merged> = None;
    for path in &args.files {
        let fail = |why: String| Failure::new(format!("`{}`: {why}", path.display()));
        let document = std::fs::read(path).map_err(|error| fail(format!("it cannot be read: {error}")))?;
        let name = path.file_stem().map(|name| name.to_string_lossy()).unwrap_or_default();
        let add = |merged: &mut Option<Merged>| {
            if merged.is_none() {
                *merged = Some(Merged::like(&document)?);
            }
            merged.iter_mut().try_for_each(|merged| merged.add(&name, &document))
        };
        add(&mut merged).map_err(|error| fail(error.to_string()))?;
    }
    let write = |out: &mut dyn std::io::Write| merged.iter().try_for_each(|merged| merged.write(out));
    match args.output() {
        Target::File(path) => sink::to_file(&path, write)?,
        Target::Stdout => sink::to_stdout(write)?,
    }
    Ok(Exit::Clean)
}
