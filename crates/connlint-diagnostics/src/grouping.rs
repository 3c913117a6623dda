//! Findings in groups: by the code that an edit would change, by lint, by file, by route.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::Level;
use crate::report::Report;

/// What the findings of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupBy {
    /// The function that holds the code to change.
    Cause,
    /// The lint.
    Lint,
    /// The file that holds the code to change.
    File,
    /// The entry point of the path: its route, or its function.
    Route,
}

impl GroupBy {
    /// All of them, in the order of `--help`.
    pub const ALL: &'static [Self] = &[Self::Cause, Self::Lint, Self::File, Self::Route];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Lint => "lint",
            Self::File => "file",
            Self::Route => "route",
        }
    }

    fn key(self, finding: &Diagnostic) -> String {
        let file = finding.primary.file.as_str();
        match self {
            Self::Cause => match finding.identity.functions.last() {
                Some(function) => format!("{function} ({file})"),
                None => file.to_owned(),
            },
            Self::Lint => format!("{}: {}", finding.lint.name, finding.lint.summary),
            Self::File => file.to_owned(),
            Self::Route => match &finding.entry {
                Some(entry) => entry.route.clone().unwrap_or_else(|| entry.function.clone()),
                None => "no entry point".to_owned(),
            },
        }
    }
}

/// How findings are shown in groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// What the findings of a group have in common.
    pub by: GroupBy,
    /// Whether only the sizes of the groups are shown.
    pub figures_only: bool,
}

/// Findings that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub name: String,
    /// Number of errors.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// The findings by index, in the report's order.
    pub findings: Vec<usize>,
}

impl Report {
    /// The findings in groups: most errors first, then most warnings, then by name.
    pub fn groups(&self, by: GroupBy) -> Vec<Group> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, finding) in self.findings.iter().enumerate() {
            groups.entry(by.key(finding)).or_default().push(index);
        }
        let count = |findings: &[usize], level: Level| {
            findings.iter().filter(|index| self.findings.get(**index).is_some_and(|f| f.level == level)).count()
        };
        let mut groups: Vec<Group> = groups
            .into_iter()
            .map(|(name, findings)| {
                let (errors, warnings) = (count(&findings, Level::Error), count(&findings, Level::Warn));
                Group { name, errors, warnings, findings }
            })
            .collect();
        // Stable: by name where the numbers are equal.
        groups.sort_by_key(|group| std::cmp::Reverse((group.errors, group.warnings)));
        groups
    }
}
