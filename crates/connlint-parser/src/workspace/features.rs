//! Which features of a library no program of the run is built with.

use std::collections::BTreeSet;

use connlint_facts::{DependencyKind, TargetKind};

use crate::manifest::Package;

/// The features of a package that neither its defaults nor any package of the run that depends on it turns on. What has no
/// dependents, or is a program itself, is built as its user likes: nothing is off.
pub(super) fn off(package: &Package, packages: &[Package]) -> Vec<String> {
    let is_library = |target: &crate::manifest::Target| target.kind == TargetKind::Lib;
    let shipped = package.targets.iter().filter(|target| !target.kind.is_test());
    let mut wanted: BTreeSet<&str> = BTreeSet::from(["default"]);
    let mut has_users = false;
    for user in packages.iter().filter(|user| user.folder != package.folder) {
        let own = user.dependencies.iter().filter(|d| d.folder.as_ref() == Some(&package.folder));
        for dependency in own.filter(|dependency| dependency.kind != DependencyKind::Dev) {
            has_users = true;
            wanted.extend(dependency.features.iter().map(String::as_str));
            wanted.extend(handed_on(user, &[&dependency.name, &dependency.package]));
        }
    }
    if !has_users || !shipped.clone().all(is_library) {
        return Vec::new();
    }
    let on = closure(package, wanted);
    package.features.keys().filter(|feature| !on.contains(feature.as_str())).cloned().collect()
}

/// The features that those of a user turn on for a dependency: `full = ["ask/tracing"]`.
fn handed_on<'p>(user: &'p Package, names: &[&str]) -> Vec<&'p str> {
    let names: Vec<String> = names.iter().map(|name| name.replace('-', "_")).collect();
    let parts = user.features.values().flatten().filter_map(|part| part.split_once('/'));
    let of_it = parts.filter(|(of, _)| names.contains(&of.trim_end_matches('?').replace('-', "_")));
    of_it.map(|(_, feature)| feature).collect()
}

/// All features that some turn on.
fn closure<'p>(package: &'p Package, wanted: BTreeSet<&'p str>) -> BTreeSet<&'p str> {
    let mut on = BTreeSet::new();
    let mut queue: Vec<&str> = wanted.into_iter().collect();
    while let Some(feature) = queue.pop() {
        if on.insert(feature) {
            queue.extend(package.features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    on
}
