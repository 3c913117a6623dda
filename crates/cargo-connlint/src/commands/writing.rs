//! Writing a report in all the formats that were asked for.

use std::io::{self, Write};
use std::path::Path;

use clap::ColorChoice;
use connlint_diagnostics::Report;
use connlint_output::{AzurePipeline, EmitOptions, Format, Provenance};
use connlint_vcs::Repository;

use crate::analysed_project::Project;
use crate::exit::Failure;
use crate::outputs::Target;
use crate::project_files::ProjectTexts;
use crate::sink;
use crate::terminal::Terminal;

/// How to write a report.
pub(super) struct Style<'a> {
    /// When to use colours.
    pub(super) color: ColorChoice,
    /// As [`EmitOptions::verbosity`].
    pub(super) verbosity: i8,
    /// The category of SARIF results.
    pub(super) category: &'a str,
    /// As [`EmitOptions::failed_before`].
    pub(super) failed_before: bool,
}

/// Writes a report to all outputs.
pub(super) fn write_report(
    outputs: &[(&'static Format<Report>, Target)],
    style: &Style<'_>,
    project: &Project,
    report: &Report,
) -> Result<(), Failure> {
    let writing = Writing::of(outputs, style, project, report);
    for (format, to) in outputs {
        let terminal = match to {
            Target::File(_) => Terminal::of_file(style.color),
            Target::Stdout => Terminal::of_stdout(style.color),
        };
        let write = |out: &mut dyn Write| writing.emit(format, &terminal, out);
        match to {
            Target::File(path) => sink::to_file(path, write)?,
            Target::Stdout => sink::to_stdout(write)?,
        }
    }
    Ok(())
}

/// A report in the formats of all outputs, for documents of several reports.
pub(super) fn documents(
    outputs: &[(&'static Format<Report>, Target)],
    style: &Style<'_>,
    project: &Project,
    report: &Report,
) -> Result<Vec<Vec<u8>>, Failure> {
    let writing = Writing::of(outputs, style, project, report);
    let document = |(format, _): &(&'static Format<Report>, Target)| {
        let mut bytes = Vec::new();
        writing.emit(format, &Terminal::of_file(style.color), &mut bytes).map(|()| bytes)
    };
    let written: io::Result<_> = outputs.iter().map(document).collect();
    written.map_err(|error| Failure::new(error.to_string()))
}

/// A report, and what all its formats need of the project.
struct Writing<'a> {
    style: &'a Style<'a>,
    report: &'a Report,
    texts: ProjectTexts,
    provenance: Option<Provenance>,
}

impl<'a> Writing<'a> {
    fn of(
        outputs: &[(&'static Format<Report>, Target)],
        style: &'a Style<'a>,
        project: &Project,
        report: &'a Report,
    ) -> Self {
        let has_provenance = outputs.iter().any(|(format, _)| format.has_provenance);
        let provenance = if has_provenance { provenance(&project.root) } else { None };
        Self { style, report, texts: ProjectTexts::of(project), provenance }
    }

    fn emit(&self, format: &Format<Report>, terminal: &Terminal, out: &mut dyn Write) -> io::Result<()> {
        let options = EmitOptions {
            color: terminal.color,
            links: terminal.links,
            width: terminal.width,
            verbosity: self.style.verbosity,
            root_in_repository: self.texts.path_in_repository(),
            root: self.texts.folder().to_string_lossy().replace('\\', "/"),
            failed_before: self.style.failed_before,
            category: self.style.category.trim_end_matches('/').to_owned(),
            provenance: self.provenance.clone(),
            azure_pipeline: azure_pipeline(),
        };
        format.emit(self.report, &self.texts, &options, out)
    }
}

/// Where the code comes from; nothing if it lies in no repository, or in one that came from nowhere else.
fn provenance(root: &Path) -> Option<Provenance> {
    let folder = if root.is_file() { root.parent()? } else { root };
    let origin = Repository::find(folder).ok()?.origin();
    Some(Provenance { repository: origin.url?, revision: origin.commit, branch: origin.branch })
}

/// The pipeline of Azure that runs this, by the variables that it sets.
fn azure_pipeline() -> Option<AzurePipeline> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    variable("TF_BUILD")?;
    Some(AzurePipeline {
        definition_id: variable("SYSTEM_DEFINITIONID")?,
        definition_name: variable("BUILD_DEFINITIONNAME")?,
        phase_id: variable("SYSTEM_PHASEID")?,
        phase_name: variable("SYSTEM_PHASENAME")?,
    })
}
