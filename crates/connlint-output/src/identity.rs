//! What a finding is called from run to run.
//!
//! It is made of the lint, the route, the functions of the path and the code that is pointed at, without blanks. Lines,
//! columns and names of files are no part of it: neither reformatting nor moving code changes it.

use std::collections::BTreeMap;

use connlint_diagnostics::{Diagnostic, Report};
use connlint_facts::Span;

use crate::sources::SourceCache;

/// The identities of a report's findings, in its order, each unique. Of equal findings the second has `-2` at its end,
/// and so on.
pub(crate) fn identities(report: &Report, sources: &SourceCache<'_>) -> Vec<String> {
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let unique = |diagnostic: &Diagnostic| {
        let hash = hash(diagnostic, sources);
        let count = seen.entry(hash).or_default();
        *count += 1;
        if *count == 1 { format!("{hash:016x}") } else { format!("{hash:016x}-{count}") }
    };
    report.findings.iter().map(unique).collect()
}

fn hash(diagnostic: &Diagnostic, sources: &SourceCache<'_>) -> u64 {
    let mut hash = Fnv::default();
    hash.part(diagnostic.lint.name);
    if let Some(entry) = &diagnostic.entry {
        hash.part(entry.route.as_deref().unwrap_or_default());
        hash.part(&entry.function);
    }
    for step in &diagnostic.trace {
        hash.part(&step.function);
    }
    hash.code(&diagnostic.primary, sources);
    for label in &diagnostic.labels {
        hash.code(&label.span, sources);
    }
    hash.0
}

/// FNV-1a with 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    /// A text, and a byte that no UTF-8 has, so that texts do not run into each other.
    fn part(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.byte(byte));
        self.byte(0xff);
    }

    /// The code of a span without blanks; of a file that cannot be read, its name.
    fn code(&mut self, span: &Span, sources: &SourceCache<'_>) {
        match sources.get(&span.file) {
            Some(text) => self.part(&text.slice(text.clamp(span.range)).split_whitespace().collect::<String>()),
            None => self.part(span.file.as_str()),
        }
    }
}
