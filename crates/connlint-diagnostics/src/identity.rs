//! What a finding is called from run to run.
//!
//! An identity is made of the lint, the route, the functions of the call path and the code that is pointed at, without
//! blanks. Lines, columns and names of files and modules are no part of it: neither reformatting nor moving a function or
//! a file changes it.

use std::collections::BTreeMap;

use connlint_facts::Span;

use crate::diagnostic::Diagnostic;
use crate::outline::Outline;
use crate::report::Report;

/// By what a finding is known again in another version of the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What it is called: 16 hexadecimal digits, and for the second and further equal findings of a run `-2`, `-3`, ….
    pub id: String,
    /// The functions of the call path, from the entry point to the one that holds the primary span, without modules.
    pub functions: Vec<String>,
    /// Hash of lint, route, functions and code.
    pub(crate) exact: u64,
    /// Hash of lint, route and functions.
    pub(crate) path: u64,
    /// Hashes of lint, function and code of the primary span, then of each further place with the same cause.
    pub(crate) sites: Vec<u64>,
    /// Hash of lint and code of the primary span.
    pub(crate) code: u64,
    /// The routes, or without one the functions, of the entry point of the path and of the others.
    pub(crate) entries: Vec<String>,
}

/// An [`Identity`] taken apart, to be kept: its fields in their order.
pub type IdentityParts = (String, Vec<String>, [u64; 3], Vec<u64>, Vec<String>);

impl Identity {
    /// Takes it apart.
    pub fn parts(&self) -> IdentityParts {
        let Self { id, functions, exact, path, sites, code, entries } = self.clone();
        (id, functions, [exact, path, code], sites, entries)
    }

    /// Puts it together again.
    pub fn of_parts((id, functions, [exact, path, code], sites, entries): IdentityParts) -> Self {
        Self { id, functions, exact, path, sites, code, entries }
    }
}

/// Reads the code of a place; `None` if its file cannot be read.
pub type ReadCode<'a> = dyn Fn(&Span) -> Option<String> + 'a;

/// Gives all findings of a report, the suppressed and hidden ones too, their identities.
pub fn identify(report: &mut Report, outline: &Outline, code: &ReadCode<'_>) {
    let suppressed = report.suppressed.iter_mut().map(|suppressed| &mut suppressed.diagnostic);
    for diagnostic in report.findings.iter_mut().chain(suppressed).chain(&mut report.hidden) {
        diagnostic.identity = identity(diagnostic, outline, code);
    }
    number(report.findings.iter_mut());
    number(report.suppressed.iter_mut().map(|suppressed| &mut suppressed.diagnostic));
    number(report.hidden.iter_mut());
}

/// Numbers equal findings, in their order.
fn number<'d>(diagnostics: impl Iterator<Item = &'d mut Diagnostic>) {
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let identity = &mut diagnostic.identity;
        let count = seen.entry(identity.exact).or_default();
        *count += 1;
        identity.id = format!("{:016x}", identity.exact);
        if *count > 1 {
            identity.id += &format!("-{count}");
        }
    }
}

fn identity(diagnostic: &Diagnostic, outline: &Outline, code: &ReadCode<'_>) -> Identity {
    let lint = diagnostic.lint.name;
    let functions = functions(diagnostic, outline);
    let written = written(&diagnostic.primary, code);
    let mut path = Fnv::default();
    path.part(lint);
    path.part(diagnostic.entry.as_ref().and_then(|entry| entry.route.as_deref()).unwrap_or_default());
    functions.iter().for_each(|function| path.part(function));
    let mut exact = Fnv(path.0);
    exact.part(&written);
    let places = std::iter::once(&diagnostic.primary).chain(diagnostic.siblings.iter().map(|sibling| &sibling.span));
    let sites = places.map(|place| site(lint, place, outline, code));
    let sites = sites.collect();
    let code = Fnv::of(&[lint, &written]);
    let entries = entries(diagnostic, outline);
    Identity { id: String::new(), functions, exact: exact.0, path: path.0, sites, code, entries }
}

fn entries(diagnostic: &Diagnostic, outline: &Outline) -> Vec<String> {
    let shown = diagnostic.entry.iter().map(|entry| (entry, diagnostic.trace.first().map(|step| &step.span)));
    let others = diagnostic.other_entries.iter().map(|other| (&other.entry, Some(&other.span)));
    let named = shown.chain(others).map(|(entry, place)| {
        let function = || place.and_then(|place| outline.enclosing(place)).map(|enclosing| enclosing.name);
        entry.route.clone().or_else(function).unwrap_or_else(|| entry.function.clone())
    });
    named.collect()
}

/// The hash of a lint, a place's function and its code.
pub(crate) fn site(lint: &str, place: &Span, outline: &Outline, code: &ReadCode<'_>) -> u64 {
    let function = outline.enclosing(place).map(|enclosing| enclosing.name).unwrap_or_default();
    Fnv::of(&[lint, &function, &written(place, code)])
}

/// The functions in which the path's steps and the primary span lie, each once in a row: wrapping code in a closure
/// changes nothing. Where nothing is known of the project's functions, they are called as the path calls them.
fn functions(diagnostic: &Diagnostic, outline: &Outline) -> Vec<String> {
    let steps = diagnostic
        .trace
        .iter()
        .map(|step| outline.enclosing(&step.span).map_or_else(|| step.function.clone(), |enclosing| enclosing.name));
    let last = outline.enclosing(&diagnostic.primary).map(|enclosing| enclosing.name);
    let mut functions: Vec<String> = steps.chain(last).filter(|name| !name.is_empty()).collect();
    functions.dedup();
    functions
}

/// The code of a place as it counts: without blanks, and without the commas that a formatter adds at the end of lists.
/// Of a file that cannot be read, its name.
fn written(place: &Span, code: &ReadCode<'_>) -> String {
    let Some(code) = code(place) else { return place.file.as_str().to_owned() };
    let dense: String = code.split_whitespace().collect();
    dense.replace(",)", ")").replace(",]", "]").replace(",}", "}")
}

/// FNV-1a with 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn of(parts: &[&str]) -> u64 {
        let mut hash = Self::default();
        parts.iter().for_each(|part| hash.part(part));
        hash.0
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    /// A text, and a byte that no UTF-8 has, so that texts do not run into each other.
    fn part(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.byte(byte));
        self.byte(0xff);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connlint_facts::{RelPath, TextRange};

    #[test]
    fn formatting_does_not_change_what_is_written() {
        let span = Span { file: RelPath::new("a.rs"), range: TextRange::default() };
        let long = written(&span, &|_| Some("open(\n    a,\n    [b,\n    ],\n)".to_owned()));
        assert_eq!(long, written(&span, &|_| Some("open(a, [b])".to_owned())));
        assert_ne!(long, written(&span, &|_| Some("open(a, [c])".to_owned())));
        assert_eq!(written(&span, &|_| None), "a.rs");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(Fnv::of(&["ab", "c"]), Fnv::of(&["a", "bc"]));
    }
}
