//! `connlint link`: reports on artifacts of `connlint facts` as `connlint check` does on the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check;
use crate::analysed_project::Project;
use crate::args::CheckArgs;
use crate::artifact::Artifacts;
use crate::exit::{Exit, Failure};
use crate::scope::Scope;

pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let root: PathBuf = args.root.root.as_deref().unwrap_or(Path::new(".")).to_owned();
    let scope = Scope::new(&[], &root, &args.select)?;
    let recorded = Some(Arc::new(Artifacts::read(&args.paths)?));
    check::report_on(args, || {
        Ok(Project { recorded: recorded.clone(), ..Project::on_disk(root.clone(), scope.clone()) })
    })
}
