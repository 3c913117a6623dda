//! Which crates are no part of what a workspace ships: harnesses, mocks and fixtures in a library of their own, and
//! packages that show how its libraries are used.

use connlint_facts::{CrateFacts, DependencyKind, TargetKind};

/// For each crate whether it is an example, or only tests, or crates that exist for tests themselves, depend on it.
pub(crate) fn unshipped(crates: &[CrateFacts]) -> Vec<bool> {
    let examples: Vec<bool> = examples(crates);
    let is_library = |krate: &CrateFacts| krate.kind == TargetKind::Lib;
    let mut users: Vec<Vec<(usize, bool)>> = vec![Vec::new(); crates.len()];
    // What only examples use is a library to be published.
    for (user, krate) in crates.iter().enumerate().filter(|&(user, _)| !examples[user]) {
        for dependency in &krate.dependencies {
            let for_tests = krate.kind.is_test() || dependency.kind == DependencyKind::Dev;
            if let Some(used) = dependency.krate.and_then(|used| users.get_mut(used.0 as usize)) {
                used.push((user, for_tests));
            }
        }
    }
    // Another package has to depend on it: a library that only its own tests use is one to be published.
    let has_users = |used: usize| users[used].iter().any(|&(user, _)| crates[user].root != crates[used].root);
    let mut found: Vec<bool> = (0..crates.len()).map(|used| is_library(&crates[used]) && has_users(used)).collect();
    loop {
        let serves = |used: usize| users[used].iter().any(|&(user, for_tests)| !for_tests && !found[user]);
        let Some(wrong) = (0..crates.len()).find(|&used| found[used] && serves(used)) else { break };
        found[wrong] = false;
    }
    found.iter().zip(examples).map(|(&found, is_example)| found || is_example).collect()
}

/// For each crate whether its package lies below a folder `examples`, beside packages that do not: what such a target of
/// another package is, is an example too.
fn examples(crates: &[CrateFacts]) -> Vec<bool> {
    let is_below = |krate: &CrateFacts| krate.root.as_str().split('/').any(|folder| folder == "examples");
    let found: Vec<bool> = crates.iter().map(is_below).collect();
    if found.iter().all(|&is_below| is_below) { vec![false; crates.len()] } else { found }
}
