//! Suppressions of the analysed code.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::{CrateFacts, FileFacts, ModuleOrigin, RelPath, SuppressionFact, WorkspaceFacts};

/// All suppressions by path and place, each once. Without test code those in test code are left out: no lint looks
/// there, so none of them can be stale.
pub(crate) fn collect(facts: &WorkspaceFacts, include_tests: bool) -> Vec<(RelPath, SuppressionFact)> {
    let mut files: BTreeMap<&RelPath, &FileFacts> = BTreeMap::new();
    for krate in &facts.crates {
        let test_files = if include_tests { BTreeSet::new() } else { test_only_files(krate) };
        let analysed = krate.files.iter().enumerate().filter(|(index, _)| !test_files.contains(index));
        files.extend(analysed.map(|(_, file)| (&file.path, &**file)));
    }
    let all = files.into_iter().flat_map(|(path, file)| {
        let facts = file.suppressions.iter().filter(move |fact| include_tests || !lies_in_test_item(file, fact));
        facts.map(|fact| (path.clone(), fact.clone()))
    });
    all.collect()
}

/// The files of a crate, by index, that hold only test code.
fn test_only_files(krate: &CrateFacts) -> BTreeSet<usize> {
    if krate.kind.is_test() {
        return (0..krate.files.len()).collect();
    }
    let whole = krate.modules.iter().filter(|module| module.origin == ModuleOrigin::File);
    let (test, other): (Vec<_>, Vec<_>) = whole.partition(|module| module.test_only);
    let mut files: BTreeSet<usize> = test.iter().map(|module| module.file.0 as usize).collect();
    for module in other {
        files.remove(&(module.file.0 as usize));
    }
    files
}

fn lies_in_test_item(file: &FileFacts, fact: &SuppressionFact) -> bool {
    file.test_only || file.items.iter().any(|item| item.cfg.test_only && item.range.contains(fact.range))
}
