//! Levels that hold for some findings only: by file, crate and route.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::RelPath;

use crate::diagnostic::{Diagnostic, EntryRef};
use crate::lint::Level;

/// Levels for the findings that all given conditions hold for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelOverride {
    /// Files and folders of the primary place; empty means all.
    pub paths: Vec<Pattern>,
    /// Files of the crates that are meant; `None` means all.
    pub files: Option<BTreeSet<RelPath>>,
    /// Routes, or functions of entry points without one; empty means all.
    pub routes: Vec<Pattern>,
    /// The levels by lint name.
    pub levels: BTreeMap<String, Level>,
}

impl LevelOverride {
    /// Whether all conditions hold for the finding. A finding that several entry points reach is on a route only if all
    /// of them are: otherwise the level of a probe would be that of the routes that share its code.
    pub(crate) fn applies(&self, diagnostic: &Diagnostic) -> bool {
        let file = &diagnostic.primary.file;
        let in_paths = self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.matches_path(file.as_str()));
        let in_files = self.files.as_ref().is_none_or(|files| files.contains(file));
        in_paths && in_files && self.is_on_routes(diagnostic)
    }

    fn is_on_routes(&self, diagnostic: &Diagnostic) -> bool {
        if self.routes.is_empty() {
            return true;
        }
        let others = diagnostic.other_entries.iter().map(|other| &other.entry);
        let mut entries = diagnostic.entry.iter().chain(others).peekable();
        entries.peek().is_some() && entries.all(|entry| self.routes.iter().any(|pattern| is_route(pattern, entry)))
    }
}

/// Whether a pattern means an entry point: by `GET /users`, by `/users` alone, or by its function.
fn is_route(pattern: &Pattern, entry: &EntryRef) -> bool {
    pattern.matches_route(entry.route.as_deref().unwrap_or(&entry.function))
}

/// A pattern: `*` means any characters but `/`, `**` any at all, `?` one character but `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// Reads a pattern. Every text is one.
    pub fn new(text: &str) -> Self {
        Self(text.chars().collect())
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        matches(&self.0, &text)
    }

    /// Whether a route matches, with its method or without: `GET /users`.
    pub fn matches_route(&self, route: &str) -> bool {
        let path = route.split_once(' ').map_or(route, |(_, path)| path);
        self.matches(route) || self.matches(path)
    }

    /// Whether the path, or a folder around it, matches.
    pub fn matches_path(&self, path: &str) -> bool {
        let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        self.matches(path) || folders.into_iter().any(|folder| self.matches(folder))
    }
}

/// Runs the pattern as an automaton over the text, so that no pattern takes more than its length times that of the text
/// for each `**/` in it.
fn matches(pattern: &[char], text: &[char]) -> bool {
    // `reached[i]`: the first `i` characters of the text match the part of the pattern that was read.
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut rest = pattern;
    while let Some((symbol, after)) = rest.split_first() {
        let (any, crosses) = match (*symbol, after.first()) {
            ('*', Some('*')) => (true, true),
            ('*', _) => (true, false),
            _ => (false, false),
        };
        rest = if crosses { after.get(1..).unwrap_or_default() } else { after };
        // `a/**/b` means `a/b` too.
        if crosses && rest.first() == Some(&'/') {
            let zero = matches_after(&reached, text, rest.get(1..).unwrap_or_default());
            if zero {
                return true;
            }
        }
        let mut next = vec![false; text.len() + 1];
        for (at, is_reached) in reached.iter().enumerate() {
            if any {
                let continues = at > 0
                    && next.get(at - 1).copied().unwrap_or_default()
                    && text.get(at - 1).is_some_and(|c| crosses || *c != '/');
                set(&mut next, at, *is_reached || continues);
            } else if *is_reached && text.get(at).is_some_and(|c| c == symbol || *symbol == '?' && *c != '/') {
                set(&mut next, at + 1, true);
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

fn set(reached: &mut [bool], at: usize, value: bool) {
    if let Some(slot) = reached.get_mut(at) {
        *slot = value;
    }
}

/// Whether the rest of a pattern matches what follows one of the places that were reached.
fn matches_after(reached: &[bool], text: &[char], rest: &[char]) -> bool {
    let starts = reached.iter().enumerate().filter(|(_, is_reached)| **is_reached);
    starts.into_iter().any(|(at, _)| text.get(at..).is_some_and(|text| matches(rest, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).matches(text)
    }

    #[test]
    fn one_star_stays_between_slashes_and_two_cross_them() {
        assert!(is("GET /users/*", "GET /users/{id}") && !is("GET /users/*", "GET /users/{id}/posts"));
        assert!(is("/admin/**", "/admin/a/b") && !is("/admin/**", "/users"));
        assert!(is("**/legacy/*.rs", "crates/a/legacy/x.rs") && is("**/legacy/*.rs", "legacy/x.rs"));
        assert!(is("a?c", "abc") && !is("a?c", "a/c") && is("*", "") && !is("", "x"));
        assert!(is("*a*b*", "xaybz") && !is("*a*b*", "xbya"));
    }

    #[test]
    fn pattern_of_a_folder_means_what_lies_below_it() {
        let folder = Pattern::new("crates/legacy-*");
        assert!(folder.matches_path("crates/legacy-api/src/main.rs") && !folder.matches_path("crates/api/src/main.rs"));
    }
}
