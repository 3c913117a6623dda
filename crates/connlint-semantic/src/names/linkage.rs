//! Which crates of a workspace run in one process: some target links both.

use connlint_facts::{CrateFacts, CrateId, DependencyKind};

/// Which crates share a process.
#[derive(Debug, Default)]
pub(crate) struct CrateLinkage {
    together: Vec<Vec<bool>>,
}

impl CrateLinkage {
    pub(crate) fn of(crates: &[CrateFacts]) -> Self {
        Self { together: together(crates) }
    }

    /// Whether two crates can be in one process.
    pub(crate) fn share(&self, a: CrateId, b: CrateId) -> bool {
        let row = self.together.get(a.0 as usize);
        a == b || row.is_none_or(|row| row.get(b.0 as usize).copied().unwrap_or(true))
    }
}

/// For each crate those that some target links together with it.
fn together(crates: &[CrateFacts]) -> Vec<Vec<bool>> {
    let mut together = vec![vec![false; crates.len()]; crates.len()];
    for root in (0..crates.len()).filter(|&r| !crates[r].kind.is_test()) {
        let mut linked = vec![false; crates.len()];
        let mut queue = vec![root];
        while let Some(at) = queue.pop() {
            if std::mem::replace(&mut linked[at], true) {
                continue;
            }
            let used = crates[at].dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
            queue.extend(used.filter_map(|d| d.krate).map(|k| k.0 as usize).filter(|&k| k < crates.len()));
        }
        for (at, row) in together.iter_mut().enumerate().filter(|&(at, _)| linked[at]) {
            row.iter_mut().zip(&linked).for_each(|(known, &l)| *known |= l);
            row[at] = true;
        }
    }
    together
}
