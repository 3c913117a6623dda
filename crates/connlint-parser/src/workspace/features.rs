//! Which features of a library no program of the run is built with, and which all are.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::{DependencyKind, TargetKind};

use crate::manifest::{Package, PackageDependency};

/// What is known of a package's features.
#[derive(Clone, Debug, Default)]
pub(super) struct Features<'p> {
    /// Whether its user chooses them: it is a program, or nothing in the run depends on it.
    free: bool,
    /// Those that some program is built with.
    possible: BTreeSet<&'p str>,
    /// Those that each program is built with.
    certain: BTreeSet<&'p str>,
}

impl<'p> Features<'p> {
    /// Those that are off in every program.
    pub(super) fn off(&self, package: &Package) -> Vec<String> {
        let keys = package.features.keys();
        keys.filter(|key| !self.free && !self.possible.contains(key.as_str())).cloned().collect()
    }

    /// Those that are on in every program.
    pub(super) fn on(&self) -> Vec<String> {
        self.certain.iter().map(|&feature| feature.to_owned()).collect()
    }

    /// Those that are on unless the package's user says otherwise.
    pub(super) fn default_of(package: &Package) -> Vec<String> {
        closure(package, vec!["default"]).into_iter().map(str::to_owned).collect()
    }

    /// Of each package. What a user turns on for a dependency counts as far as the user's own features are on, so that they
    /// are worked out from the programs down to the last library.
    pub(super) fn of_all(packages: &'p [Package]) -> Vec<Self> {
        let edges = Edges::of(packages);
        let mut all: Vec<Self> = Vec::with_capacity(packages.len());
        for (package, users) in packages.iter().zip(&edges.users) {
            let mut shipped = package.targets.iter().filter(|target| !target.kind.is_test());
            let free = users.is_empty() || !shipped.all(|target| target.kind == TargetKind::Lib);
            let own = package.features.keys().map(String::as_str).filter(|_| free);
            all.push(Self { free, possible: own.collect(), certain: BTreeSet::new() });
        }
        let mut queue: Vec<usize> = (0..packages.len()).collect();
        while let Some(at) = queue.pop() {
            let Some(new) = edges.features(packages, &all, at) else { continue };
            if let Some(known) = all.get_mut(at)
                && (new.possible.len() > known.possible.len() || new.certain.len() > known.certain.len())
            {
                *known = new;
                queue.extend(edges.used.get(at).into_iter().flatten());
            }
        }
        all
    }
}

/// Which package of the run depends on which.
struct Edges<'p> {
    /// The dependents of each, with the dependency of theirs.
    users: Vec<Vec<(usize, &'p PackageDependency)>>,
    /// What each depends on.
    used: Vec<Vec<usize>>,
}

impl<'p> Edges<'p> {
    fn of(packages: &'p [Package]) -> Self {
        let by_folder: BTreeMap<&str, usize> =
            packages.iter().enumerate().map(|(index, package)| (package.folder.as_str(), index)).collect();
        let mut edges = Self { users: vec![Vec::new(); packages.len()], used: vec![Vec::new(); packages.len()] };
        for (user, package) in packages.iter().enumerate() {
            for dependency in package.dependencies.iter().filter(|one| one.kind != DependencyKind::Dev) {
                let at = dependency.folder.as_deref().and_then(|folder| by_folder.get(folder)).copied();
                let Some(at) = at.filter(|&at| at != user) else { continue };
                edges.users[at].push((user, dependency));
                edges.used[user].push(at);
            }
        }
        edges
    }

    /// What the dependents of a library turn on; `None` for what its user chooses.
    fn features(&self, packages: &'p [Package], all: &[Features<'p>], at: usize) -> Option<Features<'p>> {
        let (package, users) = (packages.get(at)?, self.users.get(at)?);
        if all.get(at)?.free {
            return None;
        }
        let mut possible = BTreeSet::new();
        let mut certain: Option<BTreeSet<&str>> = None;
        for &(user, dependency) in users {
            let (user, known) = (packages.get(user)?, all.get(user)?);
            let asked = |on: &BTreeSet<&'p str>| {
                let defaults = dependency.defaults.then_some("default");
                let asked = dependency.features.iter().map(String::as_str).chain(defaults);
                closure(package, asked.chain(handed_on(user, dependency, on)).collect())
            };
            possible.extend(asked(&known.possible));
            let of_it = asked(&known.certain);
            certain = Some(match certain {
                Some(others) => others.intersection(&of_it).copied().collect(),
                None => of_it,
            });
        }
        Some(Features { free: false, possible, certain: certain.unwrap_or_default() })
    }
}

/// The features that those of a user turn on for a dependency: `full = ["ask/tracing"]`.
fn handed_on<'p>(user: &'p Package, dependency: &PackageDependency, on: &BTreeSet<&str>) -> Vec<&'p str> {
    let names = [&dependency.name, &dependency.package].map(|name| name.replace('-', "_"));
    let on = user.features.iter().filter(|(feature, _)| on.contains(feature.as_str()));
    let parts = on.flat_map(|(_, parts)| parts).filter_map(|part| part.split_once('/'));
    let of_it = parts.filter(|(of, _)| names.contains(&of.trim_end_matches('?').replace('-', "_")));
    of_it.map(|(_, feature)| feature).collect()
}

/// All features that some turn on.
fn closure<'p>(package: &'p Package, wanted: Vec<&'p str>) -> BTreeSet<&'p str> {
    let (mut on, mut queue) = (BTreeSet::new(), wanted);
    while let Some(feature) = queue.pop() {
        if on.insert(feature) {
            queue.extend(package.features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    on
}
