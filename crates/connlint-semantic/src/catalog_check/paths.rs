//! A path as a user of the crate writes it, through public items only.

use connlint_facts::{Item, ItemId, ItemKind, Visibility};
use smallvec::SmallVec;

use super::Sources;
use crate::names::defs::{DefId, DefKind, Entry, ModIx, Res};
use crate::names::resolve::Ns;

/// Where a path leads.
#[derive(Clone, Debug)]
pub(super) enum Walk {
    /// To these definitions, with the segments that are left (associated items).
    Found(Entry, usize),
    /// Nowhere: what is missing, or hidden.
    Missing(String),
    /// Into a crate that was not read, under this path.
    Unread(String),
}

impl Sources<'_> {
    /// Walks a path from the crate that its first segment names; where that leads nowhere, the other paths that the data
    /// give for the same item.
    pub(super) fn walk(&self, path: &str, ns: Ns) -> Walk {
        let first = self.walk_once(path, ns);
        let Walk::Missing(_) = first else { return first };
        let others = self.tcx().catalog.other_paths(path);
        let walks = others.iter().map(|other| self.walk_once(other, ns));
        let mut found: Vec<Walk> = walks.filter(|walk| matches!(walk, Walk::Found(..) | Walk::Unread(_))).collect();
        // What these crates build on may declare the item; what builds on them can only re-export it.
        found.sort_by_key(|walk| matches!(walk, Walk::Unread(path) if !self.is_built_on(path)));
        found.into_iter().next().unwrap_or(first)
    }

    /// Whether one of the crates depends on the crate that a path begins with.
    fn is_built_on(&self, path: &str) -> bool {
        let krate = path.split("::").next().unwrap_or_default();
        let mut dependencies = self.tcx().defs.crates.iter().flat_map(|krate| &krate.dependencies);
        dependencies.any(|dependency| dependency.name == krate)
    }

    pub(super) fn walk_once(&self, path: &str, ns: Ns) -> Walk {
        let segments: Vec<&str> = path.split("::").collect();
        let Some(root) = self.root_named(segments[0]) else {
            return Walk::Unread(path.to_owned());
        };
        let tcx = self.tcx();
        let mut at: Entry = SmallVec::from_elem(Res::Def(tcx.defs.module(root).def), 1);
        for (index, segment) in segments.iter().enumerate().skip(1) {
            let step_ns = if index + 1 == segments.len() { ns } else { Ns::Types };
            match self.step(&at, segment, step_ns) {
                Step::To(next) => at = next,
                Step::Associated => return Walk::Found(at, segments.len() - index),
                Step::Missing(what) => return Walk::Missing(what),
                Step::Unread(base) => {
                    let rest = segments.get(index..).unwrap_or_default().join("::");
                    return Walk::Unread(format!("{base}::{rest}"));
                }
            }
        }
        // Several, where `cfg` chooses between re-exports.
        if let Some(Res::Ext(path)) = at.first()
            && at.iter().all(|res| matches!(res, Res::Ext(_)))
        {
            return Walk::Unread(path.to_string());
        }
        Walk::Found(at, 0)
    }

    fn root_named(&self, name: &str) -> Option<ModIx> {
        let tcx = self.tcx();
        let roots = tcx.defs.roots.iter().copied();
        roots.into_iter().find(|&root| tcx.defs.text(tcx.defs.module(root).name) == name)
    }

    fn step(&self, at: &Entry, segment: &str, ns: Ns) -> Step {
        let tcx = self.tcx();
        let mut next: Entry = SmallVec::new();
        let mut missing = None;
        for res in at {
            let def = match res {
                Res::Def(def) => *def,
                Res::Ext(path) => return Step::Unread(path.to_string()),
                Res::Prim(_) => continue,
            };
            match tcx.defs.def(def).kind {
                DefKind::Mod(module) => match self.in_public(module, segment, ns) {
                    Step::To(found) => next.extend(found),
                    Step::Unread(base) => return Step::Unread(base),
                    other => missing = Some(other),
                },
                DefKind::Enum => {
                    let name = tcx.defs.names.find(segment);
                    next.extend(name.and_then(|name| tcx.variant(def, name)).map(Res::Def));
                }
                _ => {}
            }
        }
        match (next.is_empty(), missing) {
            (false, _) => Step::To(next),
            (true, Some(missing)) => missing,
            (true, None) => Step::Associated,
        }
    }

    /// A name of a module, if it is public there.
    fn in_public(&self, module: ModIx, segment: &str, ns: Ns) -> Step {
        let tcx = self.tcx();
        let place = || tcx.defs.path(tcx.defs.module(module).def);
        let found = tcx.defs.names.find(segment).map_or_else(SmallVec::new, |name| {
            let found = tcx.in_module(module, name, ns);
            // A macro and a procedural macro's function are what `pub use` brings too.
            if found.is_empty() && ns == Ns::Macros { tcx.in_module(module, name, Ns::Values) } else { found }
        });
        if found.is_empty() {
            return match tcx.ext_globs(module).next() {
                Some(base) if self.is_public(module, segment) => Step::Unread(base.to_string()),
                _ => Step::Missing(format!("`{}` has no `{segment}`", place())),
            };
        }
        if !self.is_public(module, segment) {
            return Step::Missing(format!("`{segment}` is private in `{}`", place()));
        }
        Step::To(found)
    }

    /// Whether a module shows a name to other crates: declares it `pub`, or has a `pub use` that may bring it.
    fn is_public(&self, module: ModIx, text: &str) -> bool {
        let defs = &self.tcx().defs;
        defs.items_of(module).any(|(file, id)| shows(file, id, text))
    }

    /// A `#[macro_export]` macro of a crate, wherever it stands.
    pub(super) fn exported_macro(&self, krate: &str, name: &str) -> Option<DefId> {
        let defs = &self.tcx().defs;
        let name = defs.names.find(name)?;
        (0..defs.defs.len() as u32).map(DefId).find(|&id| {
            let def = defs.def(id);
            def.kind == DefKind::Macro && def.name == name && defs.krate(id).name == krate
        })
    }
}

/// One step of a walk.
enum Step {
    To(Entry),
    /// What was reached is no module: the rest is associated with it.
    Associated,
    Missing(String),
    /// What follows lies below this path of a crate that was not read.
    Unread(String),
}

/// Whether an item makes a name public in the module that it is in.
fn shows(file: &connlint_facts::FileFacts, id: ItemId, name: &str) -> bool {
    let item: &Item = file.item(id);
    let is_public = item.visibility == Visibility::Public;
    match &item.kind {
        ItemKind::Use(imports) => {
            is_public
                && imports.iter().any(|import| import.glob || import.name().is_some_and(|own| file.text(own) == name))
        }
        ItemKind::ExternCrate { name: krate, alias } => is_public && file.text(alias.unwrap_or(*krate)) == name,
        ItemKind::MacroCall { items, .. } => items.iter().any(|&id| shows(file, id, name)),
        ItemKind::MacroRules(_) => file.text(item.name) == name,
        _ => is_public && file.text(item.name) == name,
    }
}
