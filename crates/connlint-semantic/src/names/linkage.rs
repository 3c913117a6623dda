//! Which crates of a workspace run in one process: some target links both.

use connlint_facts::{CrateFacts, CrateId, DependencyKind};

/// Which crates share a process.
#[derive(Debug, Default)]
pub(crate) struct CrateLinkage {
    together: Vec<CrateSet>,
}

/// A set of crates.
#[derive(Clone, Debug, Default)]
struct CrateSet(Vec<u64>);

impl CrateLinkage {
    pub(crate) fn of(crates: &[CrateFacts]) -> Self {
        Self { together: together(crates) }
    }

    /// Whether two crates can be in one process.
    pub(crate) fn share(&self, a: CrateId, b: CrateId) -> bool {
        let row = self.together.get(a.0 as usize);
        a == b || row.is_none_or(|row| b.0 as usize >= self.together.len() || row.contains(b.0 as usize))
    }
}

impl CrateSet {
    fn of(number: usize) -> Self {
        Self(vec![0; number.div_ceil(64)])
    }

    fn contains(&self, krate: usize) -> bool {
        self.0[krate / 64] >> (krate % 64) & 1 == 1
    }

    fn insert(&mut self, krate: usize) {
        self.0[krate / 64] |= 1 << (krate % 64);
    }

    fn extend(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(own, other)| *own |= other);
    }
}

/// For each crate those that some target links together with it.
fn together(crates: &[CrateFacts]) -> Vec<CrateSet> {
    let mut together = vec![CrateSet::of(crates.len()); crates.len()];
    let roots: Vec<usize> = (0..crates.len()).filter(|&root| !crates[root].kind.is_test()).collect();
    let mut used = vec![false; crates.len()];
    roots.iter().flat_map(|&root| dependencies(crates, root)).for_each(|krate| used[krate] = true);
    // What a target links, each target that links that target links too: those that none links come first, and of a circle
    // of dependencies, which cargo refuses, any.
    let (inner, outer): (Vec<usize>, Vec<usize>) = roots.into_iter().partition(|&root| used[root]);
    let mut covered = vec![false; crates.len()];
    for root in outer.into_iter().chain(inner) {
        if covered[root] {
            continue;
        }
        let linked = linked(crates, root);
        let all = linked.iter().fold(CrateSet::of(crates.len()), |mut all, &krate| {
            all.insert(krate);
            all
        });
        for at in linked {
            together[at].extend(&all);
            covered[at] = true;
        }
    }
    together
}

/// A crate and all that it depends on, outside tests.
fn linked(crates: &[CrateFacts], root: usize) -> Vec<usize> {
    let (mut seen, mut linked) = (vec![false; crates.len()], vec![root]);
    seen[root] = true;
    let mut next = 0;
    while let Some(&at) = linked.get(next) {
        next += 1;
        for krate in dependencies(crates, at) {
            if !std::mem::replace(&mut seen[krate], true) {
                linked.push(krate);
            }
        }
    }
    linked
}

fn dependencies(crates: &[CrateFacts], of: usize) -> impl Iterator<Item = usize> {
    let used = crates[of].dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    used.filter_map(|dependency| dependency.krate).map(|krate| krate.0 as usize).filter(|&krate| krate < crates.len())
}

#[cfg(test)]
mod tests {
    use connlint_parser::{Limits, parse_sources};

    use super::*;

    /// Whether two packages are linked together in a workspace of packages and what they depend on.
    fn share(packages: &[(&str, &[&str])], a: &str, b: &str) -> bool {
        let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"*\"]\n".to_owned())];
        for (name, uses) in packages {
            let uses: String = uses.iter().map(|used| format!("{used} = {{ path = \"../{used}\" }}\n")).collect();
            let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n{uses}");
            files.push((format!("{name}/Cargo.toml"), manifest));
            files.push((format!("{name}/src/lib.rs"), String::new()));
        }
        let crates = parse_sources(&files, &Limits::default()).unwrap().crates;
        let id = |name: &str| CrateId(crates.iter().position(|krate| krate.name == name).unwrap() as u32);
        CrateLinkage::of(&crates).share(id(a), id(b))
    }

    #[test]
    fn what_one_target_links_shares_its_process() {
        let chain: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &[]), ("d", &["c"])];
        assert!(share(chain, "a", "c") && share(chain, "c", "b") && share(chain, "d", "c"));
        assert!(!share(chain, "a", "d") && !share(chain, "d", "b"));
    }

    #[test]
    fn a_circle_of_dependencies_shares_a_process() {
        let circle: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &[])];
        assert!(share(circle, "a", "c") && share(circle, "b", "a"));
        assert!(!share(circle, "a", "d"));
    }
}
