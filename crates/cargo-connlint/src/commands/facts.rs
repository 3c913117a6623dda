//! `connlint facts`: reads a project, or members of it, into an artifact for `connlint link`.

use connlint_parser::{Limits, PackageName, record_members, record_workspace};

use crate::analysed_project::Project;
use crate::artifact;
use crate::exit::{Exit, Failure};
use crate::facts_args::FactsArgs;
use crate::file_facts::FileFacts;
use crate::pipeline::on_threads;
use crate::progress::Bar;
use crate::scope::Pattern;

pub(crate) fn run(args: &FactsArgs) -> Result<Exit, Failure> {
    let root = Project::of_path(&args.root, args.path.as_deref())?.root;
    let wanted = args.package.iter().map(|text| Pattern::new(text)).collect::<Result<Vec<_>, _>>()?;
    let limits = Limits { current_pool: true, test_bodies: args.root.include_tests(), ..Limits::default() };
    let (bar, facts) = (Bar::new(args.quiet), FileFacts::default());
    let progress = |progress| bar.parser(progress);
    let mut packages: Vec<(String, Option<String>)> = Vec::new();
    let read = on_threads(args.threads.map(usize::from), || {
        let read = if wanted.is_empty() {
            record_workspace(&root, &limits, &progress, &facts)
        } else {
            let mut is_wanted = |package: PackageName<'_>| {
                packages.push((package.name.to_owned(), package.version.map(str::to_owned)));
                wanted.iter().any(|pattern| pattern.matches(package.name, package.version))
            };
            record_members(&root, &limits, &progress, &facts, &mut is_wanted)
        };
        read.map_err(|error| Failure::new(error.to_string()))
    })?;
    let packages = packages.iter().map(|(name, version)| (name.as_str(), version.as_deref()));
    wanted.iter().try_for_each(|pattern| pattern.expect_match(packages.clone()))?;
    artifact::write(&args.output, read, facts)?;
    Ok(Exit::Clean)
}
