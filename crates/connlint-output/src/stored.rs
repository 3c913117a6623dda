//! A report in a form that can be kept and read back. Texts that live in the binary are their names.
//!
//! It is a format of its own, read by the build that wrote it only.

use std::collections::BTreeSet;

use connlint_diagnostics::{
    ChangedLevel, ConfigUsed, CrateResolution, Diagnostic, Identity, IdentityParts, Label, LintMetadata, Rating,
    Report, ResolvedShare, Stats, SuppressedDiagnostic, Target, TraceStep, UnresolvedCount, WorkCount,
};
use connlint_facts::{Notice, RelPath, Span};
use serde::{Deserialize, Serialize};

use crate::stored_parts::{
    StoredEntry, StoredLabel, StoredOther, StoredRemedy, StoredStep, StoredSuppression, confidence, entry, impact,
    level, other, stored_entry, stored_other,
};

/// A [`Report`] as [`connlint_diagnostics::apply_policy`] and [`connlint_diagnostics::identify`] left it: without a
/// change, a baseline, groups and the time that the run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredReport {
    findings: Vec<StoredDiagnostic>,
    suppressed: Vec<(StoredDiagnostic, StoredSuppression)>,
    hidden: Vec<StoredDiagnostic>,
    hidden_by_confidence: usize,
    hidden_by_impact: usize,
    notices: Vec<Notice>,
    lints: Vec<String>,
    config: Option<StoredConfig>,
    stats: StoredStats,
    targets: Vec<StoredTarget>,
}

/// What the names of a [`StoredReport`] mean.
pub struct Vocabulary<'a> {
    /// All lints.
    pub lints: &'a [&'static LintMetadata],
    /// Other texts of the binary that reports have: names of notices, kinds of targets, causes of unresolved calls.
    pub words: &'a [&'static str],
}

impl Vocabulary<'_> {
    fn lint(&self, name: &str) -> Option<&'static LintMetadata> {
        self.lints.iter().copied().find(|lint| lint.name == name)
    }

    fn word(&self, text: &str) -> Option<&'static str> {
        self.words.iter().copied().find(|word| *word == text)
    }
}

impl StoredReport {
    /// The report to keep; `None` for one that has more than is kept.
    pub fn of(report: &Report) -> Option<Self> {
        let Report {
            findings,
            suppressed,
            errors_left_out: 0,
            warnings_left_out: 0,
            hidden_by_confidence,
            hidden_by_impact,
            hidden,
            baseline: None,
            grouping: None,
            change: None,
            notices,
            lints,
            config,
            stats,
            targets,
        } = report
        else {
            return None;
        };
        let all = |found: &[Diagnostic]| found.iter().map(StoredDiagnostic::of).collect::<Option<Vec<_>>>();
        let suppressed =
            suppressed.iter().map(|one| Some((StoredDiagnostic::of(&one.diagnostic)?, StoredSuppression::of(&one.by))));
        Some(Self {
            findings: all(findings)?,
            suppressed: suppressed.collect::<Option<_>>()?,
            hidden: all(hidden)?,
            hidden_by_confidence: *hidden_by_confidence,
            hidden_by_impact: *hidden_by_impact,
            notices: notices.clone(),
            lints: lints.iter().map(|lint| lint.name.to_owned()).collect(),
            config: config.as_ref().map(StoredConfig::of),
            stats: StoredStats::of(stats)?,
            targets: targets.iter().map(StoredTarget::of).collect(),
        })
    }

    /// The report that was kept; `None` if it has a name that is not known.
    pub fn restored(self, vocabulary: &Vocabulary<'_>) -> Option<Report> {
        let all = |stored: Vec<StoredDiagnostic>| -> Option<Vec<Diagnostic>> {
            stored.into_iter().map(|one| one.restored(vocabulary)).collect()
        };
        let suppressed = self.suppressed.into_iter().map(|(diagnostic, by)| {
            Some(SuppressedDiagnostic { diagnostic: diagnostic.restored(vocabulary)?, by: by.restored() })
        });
        let targets = self.targets.into_iter().map(|target| target.restored(vocabulary));
        Some(Report {
            findings: all(self.findings)?,
            suppressed: suppressed.collect::<Option<_>>()?,
            hidden: all(self.hidden)?,
            hidden_by_confidence: self.hidden_by_confidence,
            hidden_by_impact: self.hidden_by_impact,
            notices: self.notices,
            lints: self.lints.iter().map(|name| vocabulary.lint(name)).collect::<Option<_>>()?,
            config: self.config.map(|config| config.restored(vocabulary).ok_or(())).transpose().ok()?,
            stats: self.stats.restored(vocabulary)?,
            targets: targets.collect::<Option<_>>()?,
            ..Report::default()
        })
    }
}

/// A degree by its name, and its reasons.
type StoredRating = (String, Vec<String>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredDiagnostic {
    lint: String,
    level: String,
    headline: String,
    primary: Span,
    primary_label: String,
    labels: Vec<StoredLabel>,
    trace: Vec<StoredStep>,
    notes: Vec<String>,
    help: Vec<String>,
    confidence: StoredRating,
    impact: StoredRating,
    entry: Option<StoredEntry>,
    other_entries: Vec<StoredOther>,
    remedies: Vec<StoredRemedy>,
    siblings: Vec<StoredLabel>,
    identity: IdentityParts,
}

impl StoredDiagnostic {
    /// A finding to keep; `None` for one that has its fixes already, or is that of a change.
    fn of(diagnostic: &Diagnostic) -> Option<Self> {
        let Diagnostic {
            lint,
            level,
            headline,
            primary,
            primary_label,
            labels,
            trace,
            notes,
            help,
            confidence,
            impact,
            entry,
            other_entries,
            remedies,
            fixes,
            siblings,
            identity,
            introduced,
        } = diagnostic.clone();
        (fixes.is_empty() && introduced.is_none()).then(|| Self {
            lint: lint.name.to_owned(),
            level: level.name().to_owned(),
            headline,
            primary,
            primary_label,
            labels: labels.into_iter().map(|label| (label.span, label.text)).collect(),
            trace: trace.into_iter().map(|step| (step.span, step.text, step.function)).collect(),
            notes,
            help,
            confidence: (confidence.degree.name().to_owned(), confidence.reasons),
            impact: (impact.degree.name().to_owned(), impact.reasons),
            entry: entry.map(stored_entry),
            other_entries: other_entries.into_iter().map(stored_other).collect(),
            remedies: remedies.into_iter().map(StoredRemedy::of).collect(),
            siblings: siblings.into_iter().map(|label| (label.span, label.text)).collect(),
            identity: identity.parts(),
        })
    }

    fn restored(self, vocabulary: &Vocabulary<'_>) -> Option<Diagnostic> {
        let label = |(span, text): StoredLabel| Label { span, text };
        let step = |(span, text, function): StoredStep| TraceStep { span, text, function };
        Some(Diagnostic {
            level: level(&self.level)?,
            labels: self.labels.into_iter().map(label).collect(),
            trace: self.trace.into_iter().map(step).collect(),
            notes: self.notes,
            help: self.help,
            confidence: Rating { degree: confidence(&self.confidence.0)?, reasons: self.confidence.1 },
            impact: Rating { degree: impact(&self.impact.0)?, reasons: self.impact.1 },
            entry: self.entry.map(entry),
            other_entries: self.other_entries.into_iter().map(other).collect(),
            remedies: self.remedies.into_iter().map(StoredRemedy::restored).collect(),
            siblings: self.siblings.into_iter().map(label).collect(),
            identity: Identity::of_parts(self.identity),
            ..Diagnostic::new(vocabulary.lint(&self.lint)?, self.headline, self.primary, self.primary_label)
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredConfig {
    path: String,
    levels: Vec<(String, String, String)>,
    overrides: usize,
    overrides_lower: bool,
    hidden_notices: Vec<String>,
    models: Vec<String>,
}

impl StoredConfig {
    fn of(config: &ConfigUsed) -> Self {
        let ConfigUsed { path, levels, overrides, overrides_lower, hidden_notices, models } = config.clone();
        let changed = |ChangedLevel { lint, from, to }| (lint.to_owned(), from.name().to_owned(), to.name().to_owned());
        Self {
            path,
            levels: levels.into_iter().map(changed).collect(),
            overrides,
            overrides_lower,
            hidden_notices: hidden_notices.into_iter().map(str::to_owned).collect(),
            models,
        }
    }

    fn restored(self, vocabulary: &Vocabulary<'_>) -> Option<ConfigUsed> {
        let changed = |(lint, from, to): (String, String, String)| {
            Some(ChangedLevel { lint: vocabulary.lint(&lint)?.name, from: level(&from)?, to: level(&to)? })
        };
        Some(ConfigUsed {
            path: self.path,
            levels: self.levels.into_iter().map(changed).collect::<Option<_>>()?,
            overrides: self.overrides,
            overrides_lower: self.overrides_lower,
            hidden_notices: self.hidden_notices.iter().map(|name| vocabulary.word(name)).collect::<Option<_>>()?,
            models: self.models,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredStats {
    files: usize,
    lines: u64,
    crates: usize,
    functions: usize,
    /// Crates, and of the calls of both kinds how many of how many were resolved.
    resolution: Vec<(String, [usize; 4])>,
    unresolved: Vec<(String, String, usize)>,
    entry_points: usize,
    work: Vec<(String, u64)>,
}

impl StoredStats {
    fn of(stats: &Stats) -> Option<Self> {
        let Stats {
            files,
            lines,
            crates,
            functions,
            resolution,
            unresolved_on_recurring_paths,
            entry_points,
            work,
            elapsed: None,
        } = stats.clone()
        else {
            return None;
        };
        let unresolved = unresolved_on_recurring_paths.into_iter();
        let unresolved = unresolved.map(|one| (one.cause.to_owned(), one.summary.to_owned(), one.calls)).collect();
        let resolution = resolution.into_iter().map(|CrateResolution { krate, functions, methods }| {
            (krate, [functions.resolved, functions.total, methods.resolved, methods.total])
        });
        let resolution = resolution.collect();
        let work = work.into_iter().map(|work| (work.what.to_owned(), work.count)).collect();
        Some(Self { files, lines, crates, functions, resolution, unresolved, entry_points, work })
    }

    fn restored(self, vocabulary: &Vocabulary<'_>) -> Option<Stats> {
        let unresolved = |(cause, summary, calls): (String, String, usize)| {
            Some(UnresolvedCount { cause: vocabulary.word(&cause)?, summary: vocabulary.word(&summary)?, calls })
        };
        let resolution = |(krate, [functions, of_functions, methods, of_methods]): (String, [usize; 4])| {
            let share = |resolved, total| ResolvedShare { resolved, total };
            CrateResolution { krate, functions: share(functions, of_functions), methods: share(methods, of_methods) }
        };
        let work = |(what, count): (String, u64)| Some(WorkCount { what: vocabulary.word(&what)?, count });
        Some(Stats {
            files: self.files,
            lines: self.lines,
            crates: self.crates,
            functions: self.functions,
            resolution: self.resolution.into_iter().map(resolution).collect(),
            unresolved_on_recurring_paths: self.unresolved.into_iter().map(unresolved).collect::<Option<_>>()?,
            entry_points: self.entry_points,
            work: self.work.into_iter().map(work).collect::<Option<_>>()?,
            elapsed: None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredTarget {
    package: String,
    version: Option<String>,
    folder: RelPath,
    name: String,
    kind: String,
    edition: u16,
    source: RelPath,
    files: BTreeSet<RelPath>,
}

impl StoredTarget {
    fn of(target: &Target) -> Self {
        let Target { package, version, folder, name, kind, edition, source, files } = target.clone();
        Self { package, version, folder, name, kind: kind.to_owned(), edition, source, files }
    }

    fn restored(self, vocabulary: &Vocabulary<'_>) -> Option<Target> {
        let Self { package, version, folder, name, kind, edition, source, files } = self;
        Some(Target { package, version, folder, name, kind: vocabulary.word(&kind)?, edition, source, files })
    }
}
