//! Which findings are reported: levels, suppressions, confidence, impact, order.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::{Date, Notice, NoticeKind, RelPath, SuppressionFact};

use crate::diagnostic::{Diagnostic, OtherEntry};
use crate::lint::{Category, Confidence, Impact, Level, LintMetadata};
use crate::overrides::LevelOverride;
use crate::report::{Report, Stats, SuppressedDiagnostic};
use crate::suppression::{SuppressedBy, canonical_lint_name, covered_place};

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Levels that differ from the lints' own, by lint name.
    pub levels: BTreeMap<String, Level>,
    /// Levels of some findings, later ones first.
    pub overrides: Vec<LevelOverride>,
    /// Lints whose level no override changes: those that the command line sets.
    pub fixed: BTreeSet<String>,
    /// Findings below it are counted, not shown.
    pub min_confidence: Confidence,
    /// Findings of less impact are counted, not shown.
    pub min_impact: Impact,
    /// Whether suppressions in the source are honoured (and reported if they are stale).
    pub suppressions: bool,
    /// Whether a suppression without a reason suppresses nothing.
    pub require_reason: bool,
    /// The day of the run; without one no suppression expires.
    pub today: Option<Date>,
}

impl Default for Policy {
    fn default() -> Self {
        let (min_confidence, min_impact) = (Confidence::Medium, Impact::Medium);
        Self {
            levels: BTreeMap::new(),
            overrides: Vec::new(),
            fixed: BTreeSet::new(),
            min_confidence,
            min_impact,
            suppressions: true,
            require_reason: false,
            today: None,
        }
    }
}

impl Policy {
    /// The level of a lint under this policy.
    pub fn level(&self, lint: &LintMetadata) -> Level {
        self.levels.get(lint.name).copied().unwrap_or(lint.level)
    }

    /// Whether no finding of the lint can be reported.
    pub fn is_off(&self, lint: &LintMetadata) -> bool {
        let raised = || self.overrides.iter().filter_map(|some| some.levels.get(lint.name)).any(|l| *l != Level::Off);
        self.level(lint) == Level::Off && (self.fixed.contains(lint.name) || !raised())
    }

    /// The level that the user set for a finding.
    fn set_level(&self, diagnostic: &Diagnostic) -> Option<Level> {
        let name = diagnostic.lint.name;
        let overrides = self.overrides.iter().rev().filter(|_| !self.fixed.contains(name));
        let mut overrides = overrides.filter(|some| some.levels.contains_key(name) && some.applies(diagnostic));
        overrides.next().and_then(|some| some.levels.get(name)).or_else(|| self.levels.get(name)).copied()
    }

    /// The level of a finding. A lint's own `error` holds for findings that are certain and hurt; the user's holds for
    /// all.
    fn level_of(&self, diagnostic: &Diagnostic) -> Level {
        match (self.set_level(diagnostic), diagnostic.lint.level) {
            (Some(level), _) => level,
            (None, Level::Error) if !diagnostic.is_certain_harm() => Level::Warn,
            (None, level) => level,
        }
    }
}

/// Decides what is reported of `found`.
///
/// `suppressions` are those of all analysed files; `notices` those of earlier stages; `lints` all lints that exist.
/// Findings of lints that the policy turns off are dropped, several of one lint at one place become one, and a
/// suppression that names no lint, an unknown lint, or matches nothing becomes a notice. The statistics are left empty.
pub fn apply_policy(
    found: Vec<Diagnostic>,
    suppressions: &[(RelPath, SuppressionFact)],
    mut notices: Vec<Notice>,
    lints: &[&'static LintMetadata],
    policy: &Policy,
) -> Report {
    let suppressions = if policy.suppressions { suppressions } else { &[] };
    let mut used = BTreeSet::new();
    let mut report = Report { lints: sorted_lints(lints), stats: Stats::default(), ..Report::default() };
    for diagnostic in with_levels(merge_duplicates(found), policy) {
        let by = find_suppression(&diagnostic, suppressions, policy, &mut used);
        if diagnostic.confidence.degree < policy.min_confidence {
            report.hidden_by_confidence += 1;
            report.hidden.push(diagnostic);
        } else if diagnostic.impact.degree < policy.min_impact {
            report.hidden_by_impact += 1;
            report.hidden.push(diagnostic);
        } else if let Some(by) = by {
            report.suppressed.push(SuppressedDiagnostic { diagnostic, by });
        } else {
            report.findings.push(diagnostic);
        }
    }
    notices.extend(stale_suppressions(suppressions, &used, lints, policy));
    notices.sort_by(|a, b| (&a.path, a.range, a.kind, &a.message).cmp(&(&b.path, b.range, b.kind, &b.message)));
    notices.dedup();
    report.notices = notices;
    report
}

fn sorted_lints(lints: &[&'static LintMetadata]) -> Vec<&'static LintMetadata> {
    let mut sorted = lints.to_vec();
    sorted.sort_by_key(|lint| (lint.category, lint.name));
    sorted
}

fn with_levels(mut found: Vec<Diagnostic>, policy: &Policy) -> Vec<Diagnostic> {
    for diagnostic in &mut found {
        diagnostic.level = policy.level_of(diagnostic);
    }
    found.retain(|diagnostic| diagnostic.level != Level::Off);
    found
}

/// Sorts by path, range and lint, and keeps the one that matters most, then the surest, then the shortest, of several
/// findings of one lint at one place.
fn merge_duplicates(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by(|a, b| {
        let place = |d: &Diagnostic| (d.primary.clone(), d.lint.name);
        let matters = |d: &Diagnostic| d.impact.degree as usize + d.confidence.degree as usize;
        let rank = |d: &Diagnostic| {
            (
                std::cmp::Reverse(d.confidence.degree.min(Confidence::Medium)),
                std::cmp::Reverse(matters(d)),
                d.trace.len(),
            )
        };
        (place(a).cmp(&place(b))).then(rank(a).cmp(&rank(b))).then_with(|| a.trace.cmp(&b.trace))
    });
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(found.len());
    for diagnostic in found {
        match kept.last_mut() {
            Some(last) if last.lint.name == diagnostic.lint.name && last.primary == diagnostic.primary => {
                merge(last, diagnostic);
            }
            _ => kept.push(diagnostic),
        }
    }
    kept
}

/// Adds what another finding at the same place knows more.
fn merge(kept: &mut Diagnostic, other: Diagnostic) {
    let span = other.trace.into_iter().next().map_or(other.primary, |head| head.span);
    let entry = other.entry.map(|entry| OtherEntry { entry, span });
    let known = |of: &Diagnostic, new: &OtherEntry| {
        of.entry.as_ref() == Some(&new.entry) || of.other_entries.iter().any(|other| other.entry == new.entry)
    };
    for entry in entry.into_iter().chain(other.other_entries) {
        if !known(kept, &entry) {
            kept.other_entries.push(entry);
        }
    }
    for sibling in other.siblings {
        if !kept.siblings.contains(&sibling) {
            kept.siblings.push(sibling);
        }
    }
}

/// The first suppression that covers the finding; all that do are marked as used, by suppression and name.
fn find_suppression(
    diagnostic: &Diagnostic,
    suppressions: &[(RelPath, SuppressionFact)],
    policy: &Policy,
    used: &mut BTreeSet<(usize, usize)>,
) -> Option<SuppressedBy> {
    let mut first: Option<SuppressedBy> = None;
    for (index, (path, fact)) in suppressions.iter().enumerate() {
        let is_meant = |name: &String| means(&canonical_lint_name(name), diagnostic.lint);
        let Some(name) = fact.lints.iter().position(is_meant).filter(|_| refused(fact, policy).is_none()) else {
            continue;
        };
        let Some(at) = covered_place(diagnostic, path, fact) else { continue };
        used.insert((index, name));
        let nearer = first.as_ref().is_none_or(|by| at < by.at);
        if nearer {
            let span = connlint_facts::Span { file: path.clone(), range: fact.range };
            first = Some(SuppressedBy { span, form: fact.form, reason: fact.reason.clone(), at });
        }
    }
    first
}

/// Whether a name in a suppression means the lint: its own, or that of its category.
fn means(name: &str, lint: &LintMetadata) -> bool {
    name == lint.name || name == lint.category.name()
}

/// Why a suppression is not honoured.
fn refused(fact: &SuppressionFact, policy: &Policy) -> Option<(NoticeKind, String)> {
    let lints = if fact.lints.is_empty() { "LINT".to_owned() } else { fact.lints.join(", ") };
    if let Some((until, _)) = fact.until.zip(policy.today).filter(|(until, today)| until <= today) {
        let message = format!("the suppression of `{lints}` ended on {until}: remove it, or give it a later date");
        return Some((NoticeKind::ExpiredSuppression, message));
    }
    (policy.require_reason && fact.reason.is_none()).then(|| {
        let message = format!(
            "this suppression has no reason, which the settings require, so it suppresses nothing: write \
             `// connlint: allow({lints}) reason`"
        );
        (NoticeKind::BadSuppression, message)
    })
}

fn stale_suppressions(
    suppressions: &[(RelPath, SuppressionFact)],
    used: &BTreeSet<(usize, usize)>,
    lints: &[&'static LintMetadata],
    policy: &Policy,
) -> Vec<Notice> {
    let mut stale = Vec::new();
    for (index, (path, fact)) in suppressions.iter().enumerate() {
        let mut add = |kind, message: String| {
            stale.push(Notice { kind, path: Some(path.clone()), range: Some(fact.range), message });
        };
        if let Some((kind, message)) = refused(fact, policy) {
            add(kind, message);
            continue;
        }
        let mut report = |message: String| add(NoticeKind::StaleSuppression, message);
        if fact.lints.is_empty() {
            report("this suppression names no lint, so it suppresses nothing".to_owned());
        }
        for (name_index, written) in fact.lints.iter().enumerate() {
            let name = canonical_lint_name(written);
            let meant: Vec<&&LintMetadata> = lints.iter().filter(|lint| means(&name, lint)).collect();
            let is_known = !meant.is_empty() || name.parse::<Category>().is_ok();
            if !is_known {
                report(unknown_lint(written, &name, lints));
            } else if !used.contains(&(index, name_index)) && !meant.iter().all(|lint| policy.is_off(lint)) {
                report(format!("the suppression of `{name}` matches no finding: remove it"));
            }
        }
    }
    stale
}

fn unknown_lint(written: &str, name: &str, lints: &[&'static LintMetadata]) -> String {
    let categories = Category::ALL.iter().map(|category| category.name());
    match nearest_name(name, lints.iter().map(|lint| lint.name).chain(categories)) {
        Some(nearest) => format!("the suppression names the unknown lint `{written}`; did you mean `{nearest}`?"),
        None => format!("the suppression names the unknown lint `{written}`"),
    }
}

/// The name that a misspelt one most likely means: at most a third of its characters differ.
pub fn nearest_name<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // No name is as long, and the distance takes time by the product of both lengths.
    let word: String = word.chars().take(64).collect();
    let most = word.chars().count() / 3;
    let distances = names.map(|name| (strsim::osa_distance(&word, name), name));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}
