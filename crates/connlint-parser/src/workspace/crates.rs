//! Targets with their trees become crates, and dependencies find the crates that they are.

use std::collections::BTreeMap;

use connlint_facts::{CrateFacts, CrateId, Dependency, DependencyKind, Notice, RelPath, TargetKind};
use rayon::prelude::*;

use super::features::Features;
use super::paths;
use super::without_manifest::{self, LooseGroups};
use crate::limits::Limits;
use crate::manifest::{Package, PackageDependency, Target};
use crate::modules::{Locator, Place, Source, Tree, TreeBuilder};

/// The edition of crates without a manifest.
const LOOSE_EDITION: u16 = 2021;

/// Crates in the making.
pub(super) struct Assembly<'a> {
    sources: &'a BTreeMap<String, Source>,
    locator: &'a Locator<'a>,
    limits: &'a Limits,
    drafts: Vec<Draft>,
    notices: Vec<Notice>,
}

/// A crate whose dependencies are still missing.
struct Draft {
    facts: CrateFacts,
    root_file: String,
    /// Its package, by index.
    package: Option<usize>,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(sources: &'a BTreeMap<String, Source>, locator: &'a Locator<'a>, limits: &'a Limits) -> Self {
        Self { sources, locator, limits, drafts: Vec::new(), notices: Vec::new() }
    }

    /// One crate for each target of each package whose root could be read.
    pub(super) fn add_packages(&mut self, packages: &[Package]) {
        let targets: Vec<(usize, &Package, &Target)> = packages
            .iter()
            .enumerate()
            .flat_map(|(index, package)| package.targets.iter().map(move |target| (index, package, target)))
            .collect();
        let (sources, locator, limits) = (self.sources, self.locator, self.limits);
        let trees: Vec<Option<Tree>> = targets
            .par_iter()
            .map(|(_, _, target)| {
                let builder = TreeBuilder::new(sources, locator, limits);
                builder.build(&target.name, &target.path, Place::beside(&target.path))
            })
            .collect();
        let features = Features::of_all(packages);
        for ((index, package, target), tree) in targets.into_iter().zip(trees) {
            let Some(tree) = tree else { continue };
            let facts = CrateFacts {
                name: target.name.clone(),
                package: package.name.clone(),
                version: package.version.clone(),
                root: RelPath::new(package.folder.clone()),
                kind: target.kind,
                for_host: target.for_host,
                features_off: features.get(index).map_or_else(Vec::new, |known| known.off(package)),
                features_on: features.get(index).map_or_else(Vec::new, Features::on),
                features_default: Features::default_of(package),
                edition: package.edition,
                dependencies: Vec::new(),
                modules: tree.modules,
                files: tree.files,
            };
            self.notices.extend(tree.notices);
            self.drafts.push(Draft { facts, root_file: target.path.clone(), package: Some(index) });
        }
    }

    /// One crate for each root among files without a manifest.
    pub(super) fn add_loose(&mut self, groups: &LooseGroups) {
        for root in groups.roots(self.sources, self.locator) {
            let builder = TreeBuilder::new(self.sources, self.locator, self.limits);
            let name = without_manifest::crate_name(&root.path);
            let (Some(source), Some(tree)) =
                (self.sources.get(&root.path), builder.build(&name, &root.path, root.place))
            else {
                continue;
            };
            let facts = CrateFacts {
                package: name.clone(),
                name,
                version: None,
                root: RelPath::new(paths::parent(&root.path).to_owned()),
                kind: without_manifest::crate_kind(&root.path, &source.facts),
                for_host: false,
                features_off: Vec::new(),
                features_on: Vec::new(),
                features_default: Vec::new(),
                edition: LOOSE_EDITION,
                dependencies: Vec::new(),
                modules: tree.modules,
                files: tree.files,
            };
            self.notices.extend(tree.notices);
            self.drafts.push(Draft { facts, root_file: root.path, package: None });
        }
    }

    /// The crates in order, their dependencies linked, and what was not found.
    pub(super) fn finish(mut self, packages: &[Package]) -> (Vec<CrateFacts>, Vec<Notice>) {
        self.drafts.sort_by(|a, b| a.order().cmp(&b.order()));
        let libraries = Libraries::of(&self.drafts, packages);
        for draft in &mut self.drafts {
            if let Some(index) = draft.package
                && let Some(package) = packages.get(index)
            {
                draft.facts.dependencies = libraries.dependencies(index, package, draft.facts.kind);
            }
        }
        (self.drafts.into_iter().map(|draft| draft.facts).collect(), self.notices)
    }
}

impl Draft {
    fn order(&self) -> (&RelPath, &str, TargetKind, &str) {
        (&self.facts.root, &self.facts.name, self.facts.kind, &self.root_file)
    }
}

/// The library crates of the run.
struct Libraries<'a> {
    packages: &'a [Package],
    /// By package: the crate and its name in code.
    of_package: BTreeMap<usize, (CrateId, String)>,
    by_folder: BTreeMap<&'a str, usize>,
}

impl<'a> Libraries<'a> {
    fn of(drafts: &[Draft], packages: &'a [Package]) -> Self {
        let libraries = drafts.iter().enumerate();
        let libraries =
            libraries.filter(|(_, draft)| matches!(draft.facts.kind, TargetKind::Lib | TargetKind::ProcMacro));
        let libraries = libraries.filter_map(|(id, draft)| {
            Some((draft.package?, (CrateId(u32::try_from(id).ok()?), draft.facts.name.clone())))
        });
        Self {
            packages,
            of_package: libraries.collect(),
            by_folder: packages.iter().enumerate().map(|(index, package)| (package.folder.as_str(), index)).collect(),
        }
    }

    /// What a target of that kind sees, sorted by name.
    fn dependencies(&self, index: usize, package: &Package, kind: TargetKind) -> Vec<Dependency> {
        let is_build = kind == TargetKind::BuildScript;
        let seen = package.dependencies.iter().filter(|dep| (dep.kind == DependencyKind::Build) == is_build);
        let mut found: Vec<Dependency> = seen.map(|dependency| self.dependency(dependency)).collect();
        if !matches!(kind, TargetKind::Lib | TargetKind::ProcMacro | TargetKind::BuildScript) {
            found.extend(self.own_library(index, package));
        }
        found.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
        found.dedup_by(|later, first| later.name == first.name);
        found
    }

    fn own_library(&self, index: usize, package: &Package) -> Option<Dependency> {
        let (krate, name) = self.of_package.get(&index)?;
        Some(Dependency {
            name: name.clone(),
            package: package.name.clone(),
            requirement: None,
            version: package.version.clone(),
            krate: Some(*krate),
            kind: DependencyKind::Normal,
            features: Vec::new(),
        })
    }

    fn dependency(&self, dependency: &PackageDependency) -> Dependency {
        let index = dependency.folder.as_ref().and_then(|folder| self.by_folder.get(folder.as_str()));
        let library = index.and_then(|index| self.of_package.get(index));
        let local = index.and_then(|index| self.packages.get(*index));
        let name = match library {
            Some((_, name)) if !dependency.renamed => name.clone(),
            _ => dependency.name.clone(),
        };
        Dependency {
            name,
            package: dependency.package.clone(),
            requirement: dependency.requirement.clone(),
            version: local.and_then(|package| package.version.clone()).or_else(|| dependency.version.clone()),
            krate: library.map(|(krate, _)| *krate),
            kind: dependency.kind,
            features: dependency.features.clone(),
        }
    }
}
