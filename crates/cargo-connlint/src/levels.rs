//! Levels that the user sets, by lint, category or all at once.

use std::collections::BTreeMap;

use connlint_diagnostics::{Category, Level, LintMetadata, nearest_name};

use crate::exit::Failure;

/// The metadata of all lints.
pub(crate) fn lint_metadata() -> Vec<&'static LintMetadata> {
    connlint_lints::ALL.iter().map(|lint| lint.metadata).collect()
}

/// One `--level`, `-A`, `-W` or `-D`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LevelChange {
    /// A lint, a category or `all`.
    pub(crate) lint: String,
    /// Its new level.
    pub(crate) level: Level,
}

/// Reads `LINT=LEVEL`.
pub(crate) fn parse_change(text: &str) -> Result<LevelChange, String> {
    let (lint, level) = text.split_once('=').ok_or("expected LINT=LEVEL, as in `pool-size-unset=warn`")?;
    let level = level.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(LevelChange { lint: lint.trim().to_owned(), level })
}

/// The levels after all changes, in order.
pub(crate) fn levels(
    changes: &[LevelChange],
    lints: &[&'static LintMetadata],
) -> Result<BTreeMap<String, Level>, Failure> {
    let mut levels = BTreeMap::new();
    for change in changes {
        let name = change.lint.trim_start_matches("connlint::").replace('_', "-");
        let category: Option<Category> = name.parse().ok();
        let meant = lints.iter().filter(|lint| name == "all" || Some(lint.category) == category || lint.name == name);
        let before = levels.len();
        let mut any = false;
        for lint in meant {
            levels.insert(lint.name.to_owned(), change.level);
            any = true;
        }
        if !any && before == levels.len() && category.is_none() {
            return Err(unknown_lint(&change.lint, lints));
        }
    }
    Ok(levels)
}

/// There is no such lint; which one or which category may be meant.
pub(crate) fn unknown_lint(name: &str, lints: &[&'static LintMetadata]) -> Failure {
    let wanted = name.replace('_', "-");
    let categories = Category::ALL.iter().map(|category| category.name());
    match nearest_name(&wanted, lints.iter().map(|lint| lint.name).chain(categories)) {
        Some(nearest) => Failure::new(format!("there is no lint `{name}`; did you mean `{nearest}`?")),
        None => Failure::new(format!("there is no lint `{name}`: `connlint lints` lists all")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LINT: LintMetadata = LintMetadata {
        name: "query-in-loop",
        summary: "",
        category: Category::Queries,
        level: Level::Warn,
        since: "0.1.0",
        docs: "",
    };

    fn level_after(changes: &[&str]) -> Result<Option<Level>, String> {
        let changes: Vec<LevelChange> = changes.iter().map(|change| parse_change(change).unwrap()).collect();
        let levels = levels(&changes, &[&LINT]).map_err(|failure| failure.to_string())?;
        Ok(levels.get(LINT.name).copied())
    }

    #[test]
    fn last_change_wins() {
        assert_eq!(level_after(&["all=error", "query_in_loop=off"]), Ok(Some(Level::Off)));
        assert_eq!(level_after(&["query-in-loop=off", "queries=error"]), Ok(Some(Level::Error)));
        assert_eq!(level_after(&["holding=error"]), Ok(None));
    }

    #[test]
    fn unknown_lints_are_told_with_the_nearest() {
        let message = level_after(&["query-in-lop=off"]).unwrap_err();
        assert_eq!(message, "there is no lint `query-in-lop`; did you mean `query-in-loop`?");
        let message = level_after(&["exhausting=off"]).unwrap_err();
        assert_eq!(message, "there is no lint `exhausting`; did you mean `exhaustion`?");
    }

    #[test]
    fn changes_without_a_level_are_refused() {
        assert!(parse_change("a").is_err());
        assert!(parse_change("a=loud").is_err());
    }
}
