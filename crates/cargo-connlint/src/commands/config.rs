//! `connlint config`: the settings of a project as they apply, each with where it comes from. The output is a settings
//! file of the same meaning, but for models, which are only named.

use std::io::{self, Write};

use connlint_diagnostics::{Level, LintMetadata};
use connlint_facts::NoticeKind;
use connlint_output::{notice_kind_name, visible};

use crate::analysed_project::Project;
use crate::args::ShowConfigArgs;
use crate::config::{Override, Settings, write_limits};
use crate::exit::{Exit, Failure};
use crate::levels::{LevelChange, levels, lint_metadata};
use crate::sink;

const DEFAULT: &str = "default";

pub(crate) fn run(args: &ShowConfigArgs) -> Result<Exit, Failure> {
    let project = Project::of_path(&args.root, args.path.as_deref())?;
    let settings = Settings::load(&args.config, &project)?;
    let origins = origins(&settings)?;
    sink::to_stdout(|out| write(&settings, &origins, out))?;
    Ok(Exit::Clean)
}

/// Each lint with its level and the file that gives it last.
fn origins(settings: &Settings) -> Result<Vec<(&'static LintMetadata, Level, String)>, Failure> {
    let mut lints = lint_metadata();
    lints.sort_by_key(|lint| (lint.category, lint.name));
    let mut found: Vec<(&'static LintMetadata, Level, String)> =
        lints.iter().map(|lint| (*lint, lint.level, DEFAULT.to_owned())).collect();
    for layer in &settings.layers {
        for change in &layer.levels {
            let changed = levels(std::slice::from_ref(change), &lints)?;
            for (lint, level, origin) in &mut found {
                if let Some(new) = changed.get(lint.name) {
                    (*level, *origin) = (*new, origin_of(&layer.name, change, lint));
                }
            }
        }
    }
    Ok(found)
}

/// The file, and the key there if it is not the lint's own name.
fn origin_of(file: &str, change: &LevelChange, lint: &LintMetadata) -> String {
    if change.lint == lint.name { file.to_owned() } else { format!("{file}, by `{}`", change.lint) }
}

fn write(settings: &Settings, lints: &[(&'static LintMetadata, Level, String)], out: &mut dyn Write) -> io::Result<()> {
    let files: Vec<&str> = settings.layers.iter().map(|layer| &*layer.name).collect();
    match files.as_slice() {
        [] => writeln!(out, "# No settings file applies.")?,
        files => writeln!(out, "# Settings of {}.", visible(&files.join(" and ")))?,
    }
    let (read, origin) = settings.dependencies.as_ref().map_or((false, DEFAULT), |(read, origin)| (*read, origin));
    writeln!(out, "\ndependencies = {read} # {}", visible(origin))?;
    writeln!(out, "\n[lints]")?;
    for (lint, level, origin) in lints {
        writeln!(out, "{} = \"{level}\" # {}", lint.name, visible(origin))?;
    }
    writeln!(out, "\n[notices]")?;
    for kind in NoticeKind::ALL {
        let set = settings.notices.iter().rev().find(|(set, ..)| set == kind);
        let (shown, origin) = set.map_or((true, DEFAULT), |(_, shown, origin)| (*shown, origin));
        writeln!(out, "{} = \"{}\" # {}", notice_kind_name(*kind), if shown { "on" } else { "off" }, visible(origin))?;
    }
    writeln!(out, "\n[suppressions]")?;
    let (required, origin) =
        settings.require_reason.as_ref().map_or((false, DEFAULT), |(required, origin)| (*required, origin));
    writeln!(out, "require-reason = {required} # {}", visible(origin))?;
    settings.overrides.iter().try_for_each(|some| write_override(some, out))?;
    write_limits(&settings.declared, out)?;
    let models = settings.modelled();
    if !models.is_empty() {
        writeln!(out, "\n# Models:")?;
    }
    models.iter().try_for_each(|(package, file)| writeln!(out, "# {} # {}", visible(package), visible(file)))
}

fn write_override(some: &Override, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n[[overrides]] # {}", visible(&some.origin))?;
    for (key, values) in [("paths", &some.paths), ("crates", &some.crates), ("routes", &some.routes)] {
        if !values.is_empty() {
            let values: Vec<String> =
                values.iter().map(|value| toml::Value::from(value.as_str()).to_string()).collect();
            writeln!(out, "{key} = [{}]", visible(&values.join(", ")))?;
        }
    }
    let levels: Vec<String> = some.levels.iter().map(|(lint, level)| format!("{lint} = \"{level}\"")).collect();
    writeln!(out, "lints = {{ {} }}", levels.join(", "))
}
