//! The paths by which other crates reach a library's items.

use std::collections::{BTreeMap, VecDeque};

use connlint_facts::{CrateId, FileFacts, ItemId, ItemKind, Visibility};
use rustc_hash::FxHashSet;

use crate::names::defs::{DefId, DefKind, ModIx, Res};
use crate::names::interner::Name;
use crate::names::resolve::{Ns, Resolver};

/// Public items of a library.
#[derive(Debug)]
pub(crate) struct Exports {
    /// The shortest public path of each item.
    pub(crate) paths: BTreeMap<DefId, String>,
    /// What it re-exports of other crates: the shortest public path, and the path that it leads to.
    pub(crate) foreign: BTreeMap<String, String>,
}

impl Exports {
    /// Walks the public modules and re-exports of a crate, the nearest to its root first.
    pub(crate) fn of(resolver: &Resolver<'_>, krate: CrateId) -> Self {
        let defs = &resolver.defs;
        let mut exports = Self { paths: BTreeMap::new(), foreign: BTreeMap::new() };
        let Some(&root) = defs.roots.get(krate.0 as usize) else { return exports };
        let mut seen = FxHashSet::from_iter([root]);
        let mut queue = VecDeque::from([(root, defs.text(defs.module(root).name).to_owned())]);
        while let Some((module, base)) = queue.pop_front() {
            for name in shown(resolver, module) {
                for res in resolver.in_module(module, name, Ns::Types).iter().chain(&resolver.in_module(
                    module,
                    name,
                    Ns::Values,
                )) {
                    let path = format!("{base}::{}", defs.text(name));
                    let def = match res {
                        Res::Def(def) => *def,
                        Res::Ext(to) => {
                            exports.foreign.entry(path).or_insert_with(|| to.to_string());
                            continue;
                        }
                        Res::Prim(_) => continue,
                    };
                    match defs.def(def).kind {
                        DefKind::Mod(inner) if defs.module(inner).krate == krate && seen.insert(inner) => {
                            queue.push_back((inner, path));
                        }
                        DefKind::Struct | DefKind::Enum | DefKind::Fn | DefKind::Trait | DefKind::Alias => {
                            exports.paths.entry(def).or_insert(path);
                        }
                        _ => {}
                    }
                }
            }
        }
        exports
    }
}

/// The names that a module shows to other crates, sorted.
fn shown(resolver: &Resolver<'_>, module: ModIx) -> Vec<Name> {
    let defs = &resolver.defs;
    let data = defs.module(module);
    let mut names: Vec<String> = Vec::new();
    let glob = defs.items_of(module).fold(false, |glob, (file, id)| glob | shows(file, id, &mut names));
    let mut shown: Vec<Name> = names.iter().filter_map(|name| defs.names.find(name)).collect();
    if glob {
        shown.extend(data.glob_types.keys().chain(data.glob_values.keys()));
    }
    shown.sort_by_key(|name| defs.text(*name));
    shown.dedup();
    shown
}

/// Adds the names that an item makes public in its module; whether it brings all those of another module.
fn shows(file: &FileFacts, id: ItemId, names: &mut Vec<String>) -> bool {
    let item = file.item(id);
    if let ItemKind::MacroCall { items, .. } = &item.kind {
        return items.iter().fold(false, |glob, &id| glob | shows(file, id, names));
    }
    if item.visibility != Visibility::Public {
        return false;
    }
    let ItemKind::Use(imports) = &item.kind else {
        names.push(file.text(item.name).to_owned());
        return false;
    };
    let named = imports.iter().filter(|import| !import.glob);
    names.extend(named.filter_map(|import| Some(file.text(import.name()?).to_owned())));
    imports.iter().any(|import| import.glob)
}
