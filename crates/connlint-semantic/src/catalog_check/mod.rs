//! Rows of the catalog compared with the sources of the crates that they describe.
//!
//! [`Sources`] holds published crates, parsed; its methods look a row's path up as a user of the crate would, through
//! public modules and re-exports only, and compare the row with what is declared there. For developers: it does not know
//! the call graph, and linking does not know it.

mod compare;
mod paths;
mod rows;
pub(crate) mod used_rows;

use std::collections::BTreeSet;

use connlint_catalog::Catalog;
use connlint_facts::{CrateFacts, CrateId, ItemKind};
use rustc_hash::FxHashMap;

use crate::names::defs::{DefId, Defs};
use crate::names::locked::LockedGraph;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What comparing a row with the sources shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The path exists and what is declared there is what the row says, as far as both say.
    Agrees,
    /// A public path leads there, but these sources have nothing of the name.
    Absent(String),
    /// It exists and is another thing than the row says.
    Differs(String),
    /// It cannot be decided without the sources of the crate of this name.
    Needs(String),
}

impl Verdict {
    /// The crate whose sources are needed.
    pub fn needs(&self) -> Option<&str> {
        match self {
            Self::Needs(krate) => Some(krate),
            _ => None,
        }
    }
}

/// Published crates whose public items can be looked up.
#[derive(Debug)]
pub struct Sources<'w> {
    tcx: TypeContext<'w>,
    /// Types that the data take for others: a layer for the router that it wraps.
    stand_ins: FxHashMap<DefId, Ty>,
}

impl<'w> Sources<'w> {
    /// Resolves the crates' names. Dependencies that are among `crates` must carry their [`CrateId`]: see
    /// [`link_dependencies`].
    pub fn new(crates: &'w [CrateFacts], catalog: &'w Catalog) -> Self {
        let tcx = TypeContext::new(Defs::collect(crates), catalog, LockedGraph::default());
        let mut sources = Self { tcx, stand_ins: FxHashMap::default() };
        sources.stand_ins = sources.collect_stand_ins();
        sources
    }

    /// Crates whose macros these sources call in item position and that are not among them.
    pub fn unread_macros(&self) -> BTreeSet<String> {
        let defs = &self.tcx.defs;
        let roots: BTreeSet<&str> = defs.crates.iter().map(|krate| krate.name.as_str()).collect();
        let mut found = BTreeSet::new();
        for file in defs.crates.iter().flat_map(|krate| &krate.files) {
            for item in &file.items {
                let ItemKind::MacroCall { path, .. } = &item.kind else { continue };
                let [first, _, ..] = path.segments.as_slice() else { continue };
                let first = file.text(first.name);
                if !roots.contains(first) && !matches!(first, "crate" | "self" | "super" | "std" | "core") {
                    found.insert(first.to_owned());
                }
            }
        }
        found
    }

    /// The resolver that answers.
    pub(crate) fn tcx(&self) -> &TypeContext<'w> {
        &self.tcx
    }
}

/// Lets crates that were read one by one see each other: each dependency whose package is among them leads to it.
pub fn link_dependencies(crates: &mut [CrateFacts]) {
    let packages: Vec<String> = crates.iter().map(|krate| krate.package.clone()).collect();
    for dependency in crates.iter_mut().flat_map(|krate| &mut krate.dependencies) {
        let found = packages.iter().position(|package| *package == dependency.package);
        dependency.krate = found.and_then(|index| u32::try_from(index).ok()).map(CrateId);
    }
}
