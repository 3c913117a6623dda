//! Findings in groups, for people: headings, and a table of figures.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Group, GroupBy, Report};

use crate::prose::narrowed;
use crate::summary::counted;
use crate::visible::visible_line;

/// Writes the findings with `each`: in the report's order, below headings if they are in groups, or only how many each
/// group has. `width` is the terminal's.
pub(crate) fn write_findings(
    report: &Report,
    width: usize,
    to: &mut dyn Write,
    each: &mut dyn FnMut(&Diagnostic, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let Some(grouping) = report.grouping else {
        return report.findings.iter().try_for_each(|finding| each(finding, to));
    };
    let groups = report.groups(grouping.by);
    if grouping.figures_only {
        return write_table(grouping.by, &groups, width, to);
    }
    for group in &groups {
        writeln!(to, "== {}: {}", visible_line(&group.name), size(group))?;
        for finding in group.findings.iter().filter_map(|index| report.findings.get(*index)) {
            each(finding, to)?;
        }
    }
    Ok(())
}

/// `2 errors, 1 warning`.
fn size(group: &Group) -> String {
    match (group.errors, group.warnings) {
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn write_table(by: GroupBy, groups: &[Group], width: usize, to: &mut dyn Write) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(to, "errors  warnings  {}", by.name())?;
    for Group { name, errors, warnings, .. } in groups {
        writeln!(to, "{}", narrowed(&format!("{errors:6}  {warnings:8}  {}", visible_line(name)), width))?;
    }
    writeln!(to)
}
