//! Which crates exist for the tests of others: harnesses, mocks, fixtures in a library of their own.

use connlint_facts::{CrateFacts, DependencyKind, TargetKind};

/// For each crate whether only tests, or crates that exist for tests themselves, depend on it.
pub(crate) fn support_tests(crates: &[CrateFacts]) -> Vec<bool> {
    let is_library = |krate: &CrateFacts| krate.kind == TargetKind::Lib;
    let mut users: Vec<Vec<(usize, bool)>> = vec![Vec::new(); crates.len()];
    for (user, krate) in crates.iter().enumerate() {
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
        let Some(wrong) = (0..crates.len()).find(|&used| found[used] && serves(used)) else { return found };
        found[wrong] = false;
    }
}
