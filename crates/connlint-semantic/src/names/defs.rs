//! Definitions of the whole workspace: every item that a path can lead to, by number.

use std::sync::Arc;

use connlint_facts::{
    Attribute, Body, CrateFacts, CrateId, FileFacts, FileIndex, FnItem, GenericParam, Generics, Item, ItemId, ItemKind,
    ModuleOrigin, Sym,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::names::external_path::ExternalPath;
use crate::names::imports::add_meaning;
use crate::names::interner::{Name, Names};
use crate::names::resolve::Ns;

/// A definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DefId(pub(crate) u32);

/// A module, or the block of a function body that declares items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModIx(pub(crate) u32);

/// A distinct file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub(crate) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefKind {
    Mod(ModIx),
    Struct,
    Enum,
    Variant(u32),
    Trait,
    Alias,
    Fn,
    Const,
    Static,
    Impl,
    Macro,
    /// The builder type that a derive generates for its parent, of which it has the item.
    Builder,
    /// A type that a derive makes next to the one that it is attached to. No source has it.
    Made,
}

#[derive(Clone, Debug)]
pub(crate) struct Def {
    pub(crate) kind: DefKind,
    pub(crate) name: Name,
    /// The module (or block) in which its own paths are resolved.
    pub(crate) module: ModIx,
    pub(crate) file: FileId,
    /// The item; for a variant its enum's. `None` for a module that is a file, and for what no source has.
    pub(crate) item: Option<ItemId>,
    /// The impl or trait of an associated item, the enum of a variant.
    pub(crate) parent: Option<DefId>,
    pub(crate) test_only: bool,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Res {
    Def(DefId),
    /// An item of a crate whose sources are not at hand, by its path as written.
    Ext(ExternalPath),
    /// A primitive type.
    Prim(Name),
}

impl Res {
    /// The definition, if it is one.
    pub(crate) fn def(&self) -> Option<DefId> {
        match self {
            Self::Def(def) => Some(*def),
            _ => None,
        }
    }
}

/// All that one name means in one namespace: several only where `cfg` chooses between them.
pub(crate) type Entry = SmallVec<[Res; 1]>;

/// An import that waits for resolution.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<Name>,
    pub(crate) global: bool,
    pub(crate) glob: bool,
    /// The name that it declares; unused for globs.
    pub(crate) name: Name,
    /// Whether nothing outside of the module sees what it brings.
    pub(crate) private: bool,
    pub(crate) test_only: bool,
}

/// A private glob of a module around: `use super::*`. What it brings is looked up there: a copy for each of the modules
/// that import all of a large one would be as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OuterGlob {
    pub(crate) of: ModIx,
    pub(crate) test_only: bool,
}

#[derive(Debug)]
pub(crate) struct ModData {
    pub(crate) krate: CrateId,
    pub(crate) parent: Option<ModIx>,
    /// A function's block: names not found in it are looked up in its parent.
    pub(crate) is_block: bool,
    pub(crate) def: DefId,
    pub(crate) name: Name,
    pub(crate) types: FxHashMap<Name, Entry>,
    pub(crate) values: FxHashMap<Name, Entry>,
    pub(crate) macros: FxHashMap<Name, Entry>,
    /// Names that globs brought in, which explicit ones shadow.
    pub(crate) glob_types: FxHashMap<Name, Entry>,
    pub(crate) glob_values: FxHashMap<Name, Entry>,
    pub(crate) glob_macros: FxHashMap<Name, Entry>,
    /// Modules around it of which it imports all.
    pub(crate) outer_globs: SmallVec<[OuterGlob; 1]>,
    /// Modules of unread crates imported by glob.
    pub(crate) ext_globs: Vec<ExternalPath>,
    pub(crate) imports: Vec<Import>,
    /// Traits imported as `_`.
    pub(crate) anonymous: Vec<Res>,
    pub(crate) test_only: bool,
    /// The macros that stand for items in it, by the last segments of their paths.
    pub(crate) item_macros: Vec<Name>,
    /// How many names and globs imports have added.
    pub(crate) imported: usize,
    /// The names that something without `pub` has in it, a macro left out: only it and the modules in it see those.
    pub(crate) private: FxHashSet<Name>,
    /// The names that something else has.
    pub(crate) visible: FxHashSet<Name>,
}

impl ModData {
    /// The names of a namespace: those that it declares or imports one by one, and those that globs copied.
    pub(crate) fn tables(&self, ns: Ns) -> (&FxHashMap<Name, Entry>, &FxHashMap<Name, Entry>) {
        match ns {
            Ns::Types => (&self.types, &self.glob_types),
            Ns::Values => (&self.values, &self.glob_values),
            Ns::Macros => (&self.macros, &self.glob_macros),
        }
    }
}

#[derive(Debug)]
pub(crate) struct FileEntry<'w> {
    pub(crate) facts: &'w FileFacts,
    pub(crate) names: Vec<Name>,
}

impl FileEntry<'_> {
    pub(crate) fn name(&self, sym: Sym) -> Name {
        self.names[sym.0 as usize]
    }
}

/// The collected definitions.
#[derive(Debug)]
pub(crate) struct Defs<'w> {
    pub(crate) crates: &'w [CrateFacts],
    pub(crate) names: Names,
    pub(crate) files: Vec<FileEntry<'w>>,
    pub(crate) defs: Vec<Def>,
    pub(crate) mods: Vec<ModData>,
    /// The root module of each crate.
    pub(crate) roots: Vec<ModIx>,
    /// Blocks that declare items, by the definition whose body holds them.
    pub(crate) blocks: FxHashMap<DefId, ModIx>,
    pub(crate) impls: Vec<DefId>,
    /// Members of impls and traits, and variants of enums.
    pub(crate) children: FxHashMap<DefId, Vec<DefId>>,
    /// The builders that derives generate, by what they build.
    pub(crate) builders: FxHashMap<DefId, DefId>,
    /// The types that derives may make, by what these stand on and the type's name.
    pub(crate) made: FxHashMap<(DefId, Name), DefId>,
    /// For each crate whether it exists for the tests of others, or as an example.
    pub(crate) unshipped: Vec<bool>,
}

impl<'w> Defs<'w> {
    pub(crate) fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }

    pub(crate) fn module(&self, ix: ModIx) -> &ModData {
        &self.mods[ix.0 as usize]
    }

    /// The items that are in a module or are included there, with their files.
    pub(crate) fn items_of(&self, ix: ModIx) -> impl Iterator<Item = (&'w FileFacts, ItemId)> {
        let krate = self.module(ix).krate.0 as usize;
        let facts = self.crates.get(krate);
        let tree = facts.zip(self.roots.get(krate)).and_then(|(f, root)| f.modules.get((ix.0 - root.0) as usize));
        let file = move |index: FileIndex| facts.and_then(|f| f.files.get(index.0 as usize).map(Arc::as_ref));
        let own = tree.and_then(|tree| Some((file(tree.file)?, tree.origin))).map(|(file, origin)| match origin {
            ModuleOrigin::File => (file, &file.top[..]),
            ModuleOrigin::Inline(id) => match &file.item(id).kind {
                ItemKind::Mod { inline: Some(items), .. } => (file, &items[..]),
                _ => (file, &[][..]),
            },
        });
        let included = tree.into_iter().flat_map(|tree| &tree.includes).filter_map(move |&index| file(index));
        let all = own.into_iter().chain(included.map(|file| (file, &file.top[..])));
        all.flat_map(|(file, items)| items.iter().map(move |&id| (file, id)))
    }

    /// A module, and the modules around it of which it imports all, itself or because one of those does.
    pub(crate) fn with_outer_globs(&self, module: ModIx) -> SmallVec<[ModIx; 4]> {
        let mut found = SmallVec::from_slice(&[module]);
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            next += 1;
            for glob in &self.module(at).outer_globs {
                if !found.contains(&glob.of) {
                    found.push(glob.of);
                }
            }
        }
        found
    }

    /// Adds what the modules around one, of which it imports all, have under a name.
    pub(crate) fn add_from_outer(
        &self,
        module: ModIx,
        (name, ns): (Name, Ns),
        found: &mut Entry,
        asked: &mut SmallVec<[ModIx; 4]>,
    ) {
        let data = self.module(module);
        for glob in &data.outer_globs {
            if asked.contains(&glob.of) || (data.test_only != glob.test_only && !found.is_empty()) {
                continue;
            }
            asked.push(glob.of);
            let (own, copied) = self.module(glob.of).tables(ns);
            let entry = own.get(&name);
            for res in entry.or_else(|| copied.get(&name)).into_iter().flatten().rev() {
                add_meaning(found, res.clone(), glob.test_only);
            }
            if entry.is_none() {
                self.add_from_outer(glob.of, (name, ns), found, asked);
            }
        }
    }

    pub(crate) fn file_of(&self, id: DefId) -> &FileEntry<'w> {
        &self.files[self.def(id).file.0 as usize]
    }

    pub(crate) fn item(&self, id: DefId) -> Option<&'w Item> {
        let def = self.def(id);
        def.item.map(|item| self.files[def.file.0 as usize].facts.item(item))
    }

    pub(crate) fn fn_item(&self, id: DefId) -> Option<&'w FnItem> {
        match self.item(id).map(|item| &item.kind) {
            Some(ItemKind::Fn(f)) => Some(f),
            _ => None,
        }
    }

    /// Whether a function is a method.
    pub(crate) fn takes_self(&self, id: DefId) -> bool {
        self.fn_item(id).is_some_and(|item| item.self_param.is_some())
    }

    /// The body of a function, constant or static.
    pub(crate) fn body(&self, id: DefId) -> Option<&'w Body> {
        match self.item(id).map(|item| &item.kind) {
            Some(ItemKind::Fn(f)) => f.body.as_deref(),
            Some(ItemKind::Const { body, .. } | ItemKind::Static { body, .. }) => body.as_deref(),
            Some(ItemKind::MacroCall { body, .. }) => body.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn generics(&self, id: DefId) -> Option<&'w Generics> {
        match self.item(id).map(|item| &item.kind)? {
            ItemKind::Struct { generics, .. }
            | ItemKind::Enum { generics, .. }
            | ItemKind::TypeAlias { generics, .. } => Some(generics),
            ItemKind::Fn(f) => Some(&f.generics),
            ItemKind::Trait(t) => Some(&t.generics),
            ItemKind::Impl(i) => Some(&i.generics),
            _ => None,
        }
    }

    pub(crate) fn type_params(&self, id: DefId) -> impl Iterator<Item = &'w GenericParam> {
        self.generics(id).into_iter().flat_map(|g| g.params.iter()).filter(|p| !p.is_const)
    }

    pub(crate) fn attributes(&self, id: DefId) -> &'w [Attribute] {
        self.item(id).map_or(&[], |item| &item.attributes)
    }

    pub(crate) fn krate(&self, id: DefId) -> &'w CrateFacts {
        &self.crates[self.module(self.def(id).module).krate.0 as usize]
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    pub(crate) fn members(&self, id: DefId) -> &[DefId] {
        self.children.get(&id).map_or(&[], |c| c)
    }
}
