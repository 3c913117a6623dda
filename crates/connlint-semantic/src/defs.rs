//! Definitions of the whole workspace: every item that a path can lead to, by number.

use std::sync::Arc;

use connlint_facts::{
    Attribute, Body, CrateFacts, CrateId, FileFacts, FileIndex, FnItem, GenericParam, Generics, Item, ItemId, ItemKind,
    ModuleId, ModuleOrigin, Sym, TargetKind, UseImport,
};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::ext_path::ExtPath;
use crate::names::{Name, Names};

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
    /// A type that a derive makes beside the one that it stands on. No source has it.
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
    Ext(ExtPath),
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
    /// Modules of unread crates imported by glob.
    pub(crate) ext_globs: Vec<ExtPath>,
    pub(crate) imports: Vec<Import>,
    /// Traits imported as `_`.
    pub(crate) anonymous: Vec<Res>,
    pub(crate) test_only: bool,
    /// It holds a `tonic::include_proto!`: its names are generated.
    pub(crate) includes_proto: bool,
    /// How many names and globs imports have added.
    pub(crate) imported: usize,
}

#[derive(Debug)]
pub(crate) struct FileEntry<'w> {
    pub(crate) facts: &'w FileFacts,
    names: Vec<Name>,
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
    pub(crate) names: Names<'w>,
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
}

impl<'w> Defs<'w> {
    /// Collects everything that the crates define.
    pub(crate) fn collect(crates: &'w [CrateFacts]) -> Self {
        let mut defs = Defs {
            crates,
            names: Names::default(),
            files: Vec::new(),
            defs: Vec::new(),
            mods: Vec::new(),
            roots: Vec::new(),
            blocks: FxHashMap::default(),
            impls: Vec::new(),
            children: FxHashMap::default(),
            builders: FxHashMap::default(),
            made: FxHashMap::default(),
        };
        let mut by_pointer: FxHashMap<*const FileFacts, FileId> = FxHashMap::default();
        for (index, krate) in crates.iter().enumerate() {
            let files: Vec<FileId> = krate.files.iter().map(|file| defs.file(&mut by_pointer, file)).collect();
            Collector { defs: &mut defs, krate_id: CrateId(index as u32), krate, files: &files }.run();
        }
        defs
    }

    fn file(&mut self, by_pointer: &mut FxHashMap<*const FileFacts, FileId>, file: &'w Arc<FileFacts>) -> FileId {
        let pointer: *const FileFacts = &**file;
        if let Some(&id) = by_pointer.get(&pointer) {
            return id;
        }
        let id = FileId(self.files.len() as u32);
        let names = file.strings.iter().map(|text| self.names.intern(text)).collect();
        self.files.push(FileEntry { facts: file, names });
        by_pointer.insert(pointer, id);
        id
    }

    pub(crate) fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }

    pub(crate) fn module(&self, ix: ModIx) -> &ModData {
        &self.mods[ix.0 as usize]
    }

    /// The items that stand in a module or are included there, with their files.
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

struct Collector<'a, 'w> {
    defs: &'a mut Defs<'w>,
    krate_id: CrateId,
    krate: &'w CrateFacts,
    files: &'a [FileId],
}

impl<'w> Collector<'_, 'w> {
    fn run(&mut self) {
        let mut ixs: Vec<ModIx> = Vec::with_capacity(self.krate.modules.len());
        for module in &self.krate.modules {
            let parent = module.parent.and_then(|ModuleId(p)| ixs.get(p as usize).copied());
            let name = self.defs.names.intern(&module.name);
            let file = self.file_at(module.file);
            let ix = self.add_module(parent, name, file, module.test_only, false);
            if let (ModuleOrigin::Inline(item), DefId(def)) = (module.origin, self.defs.module(ix).def) {
                self.defs.defs[def as usize].item = Some(item);
            }
            if let (Some(parent), DefId(id)) = (parent, self.defs.module(ix).def) {
                let entry = self.defs.mods[parent.0 as usize].types.entry(name).or_default();
                push_preferring_code(entry, Res::Def(DefId(id)), module.test_only);
            }
            ixs.push(ix);
        }
        if let Some(&root) = ixs.first() {
            self.defs.roots.push(root);
        } else {
            let name = self.defs.names.intern(&self.krate.name);
            let root = self.add_module(None, name, FileId(0), false, false);
            self.defs.roots.push(root);
        }
        for (module, &ix) in self.krate.modules.iter().zip(&ixs) {
            let file = self.file_at(module.file);
            let facts = self.defs.files[file.0 as usize].facts;
            let items: &'w [ItemId] = match module.origin {
                ModuleOrigin::File => &facts.top,
                ModuleOrigin::Inline(id) => match &facts.item(id).kind {
                    ItemKind::Mod { inline: Some(items), .. } => items,
                    _ => &[],
                },
            };
            let test_only = module.test_only || facts.test_only;
            self.items(ix, file, items, test_only, None);
            for &include in &module.includes {
                let file = self.file_at(include);
                let facts = self.defs.files[file.0 as usize].facts;
                self.items(ix, file, &facts.top, test_only || facts.test_only, None);
            }
        }
    }

    fn file_at(&self, index: FileIndex) -> FileId {
        self.files.get(index.0 as usize).copied().unwrap_or(FileId(0))
    }

    fn add_module(
        &mut self,
        parent: Option<ModIx>,
        name: Name,
        file: FileId,
        test_only: bool,
        is_block: bool,
    ) -> ModIx {
        let ix = ModIx(self.defs.mods.len() as u32);
        let def = DefId(self.defs.defs.len() as u32);
        self.defs.defs.push(Def {
            kind: DefKind::Mod(ix),
            name,
            module: ix,
            file,
            item: None,
            parent: None,
            test_only,
        });
        self.defs.mods.push(ModData {
            krate: self.krate_id,
            parent,
            is_block,
            def,
            name,
            types: FxHashMap::default(),
            values: FxHashMap::default(),
            macros: FxHashMap::default(),
            glob_types: FxHashMap::default(),
            glob_values: FxHashMap::default(),
            glob_macros: FxHashMap::default(),
            ext_globs: Vec::new(),
            imports: Vec::new(),
            anonymous: Vec::new(),
            test_only,
            includes_proto: false,
            imported: 0,
        });
        ix
    }

    fn items(&mut self, module: ModIx, file: FileId, items: &[ItemId], test_only: bool, owner: Option<DefId>) {
        for &id in items {
            self.item(module, file, id, test_only, owner);
        }
    }

    fn item(&mut self, module: ModIx, file: FileId, id: ItemId, test_only: bool, owner: Option<DefId>) {
        let facts = self.defs.files[file.0 as usize].facts;
        let item = facts.item(id);
        let test_only = test_only || item.cfg.test_only;
        let name = self.defs.files[file.0 as usize].name(item.name);
        let add = |this: &mut Self, kind: DefKind| this.add(kind, name, module, file, Some(id), owner, test_only);
        match &item.kind {
            ItemKind::Struct { fields, .. } => {
                let def = add(self, DefKind::Struct);
                self.declare(module, owner, |m| &mut m.types, name, def, test_only);
                if !matches!(fields, connlint_facts::Fields::Named(_)) {
                    self.declare(module, owner, |m| &mut m.values, name, def, test_only);
                }
                self.builder(module, file, item, def);
            }
            ItemKind::Enum { variants, .. } => {
                let def = add(self, DefKind::Enum);
                self.declare(module, owner, |m| &mut m.types, name, def, test_only);
                for (index, variant) in variants.iter().enumerate() {
                    let name = self.defs.files[file.0 as usize].name(variant.name);
                    self.add(DefKind::Variant(index as u32), name, module, file, Some(id), Some(def), test_only);
                }
            }
            ItemKind::Fn(f) => {
                let def = add(self, DefKind::Fn);
                if self.is_procedural_macro(file, item) {
                    self.declare(module, owner, |m| &mut m.macros, name, def, test_only);
                } else {
                    self.declare(module, owner, |m| &mut m.values, name, def, test_only);
                }
                self.body_items(def, module, file, f.body.as_deref(), test_only);
            }
            ItemKind::Trait(t) => {
                let def = add(self, DefKind::Trait);
                self.declare(module, owner, |m| &mut m.types, name, def, test_only);
                self.items(module, file, &t.items, test_only, Some(def));
            }
            ItemKind::Impl(i) => {
                let def = add(self, DefKind::Impl);
                self.defs.impls.push(def);
                self.items(module, file, &i.items, test_only, Some(def));
            }
            ItemKind::TypeAlias { .. } => {
                let def = add(self, DefKind::Alias);
                self.declare(module, owner, |m| &mut m.types, name, def, test_only);
            }
            ItemKind::Const { body, .. } => {
                let def = add(self, DefKind::Const);
                self.declare(module, owner, |m| &mut m.values, name, def, test_only);
                self.body_items(def, module, file, body.as_deref(), test_only);
            }
            ItemKind::Static { body, .. } => {
                let def = add(self, DefKind::Static);
                self.declare(module, owner, |m| &mut m.values, name, def, test_only);
                self.body_items(def, module, file, body.as_deref(), test_only);
            }
            ItemKind::MacroRules(_) => {
                let def = add(self, DefKind::Macro);
                self.declare(module, owner, |m| &mut m.macros, name, def, test_only);
            }
            ItemKind::MacroCall { path, items, body } => {
                let is_proto = path.segments.last().is_some_and(|s| facts.text(s.name) == "include_proto");
                self.defs.mods[module.0 as usize].includes_proto |= is_proto;
                self.items(module, file, items, test_only, owner);
                if body.is_some() {
                    let def = add(self, DefKind::Const);
                    self.body_items(def, module, file, body.as_deref(), test_only);
                }
            }
            ItemKind::Use(imports) => self.imports(module, file, imports, test_only),
            ItemKind::ExternCrate { name, alias } => self.extern_crate(module, file, *name, *alias, item, test_only),
            ItemKind::Mod { .. } | ItemKind::Lost => {}
        }
    }

    /// The builder type that a derive generates. One written by hand under its name goes before it.
    fn builder(&mut self, module: ModIx, file: FileId, item: &Item, of: DefId) {
        let Some(name) = crate::builders::generated_name(self.defs.files[file.0 as usize].facts, item) else { return };
        let name = self.defs.names.intern(name);
        let builder = DefId(self.defs.defs.len() as u32);
        let built = self.defs.def(of).clone();
        self.defs.defs.push(Def { kind: DefKind::Builder, name, parent: Some(of), ..built });
        self.defs.builders.insert(of, builder);
        self.defs.mods[module.0 as usize].types.entry(name).or_default().push(Res::Def(builder));
    }

    /// A function with `#[proc_macro]`, `#[proc_macro_attribute]` or `#[proc_macro_derive(…)]`.
    fn is_procedural_macro(&self, file: FileId, item: &Item) -> bool {
        let facts = self.defs.files[file.0 as usize].facts;
        let is_mark = |path: &connlint_facts::Path| {
            path.segments.first().is_some_and(|s| facts.text(s.name).starts_with("proc_macro"))
        };
        self.krate.kind == TargetKind::ProcMacro && item.attributes.iter().any(|a| is_mark(&a.path))
    }

    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        kind: DefKind,
        name: Name,
        module: ModIx,
        file: FileId,
        item: Option<ItemId>,
        parent: Option<DefId>,
        test_only: bool,
    ) -> DefId {
        let id = DefId(self.defs.defs.len() as u32);
        self.defs.defs.push(Def { kind, name, module, file, item, parent, test_only });
        if let Some(parent) = parent {
            self.defs.children.entry(parent).or_default().push(id);
        }
        id
    }

    fn declare(
        &mut self,
        module: ModIx,
        owner: Option<DefId>,
        table: impl Fn(&mut ModData) -> &mut FxHashMap<Name, Entry>,
        name: Name,
        def: DefId,
        test_only: bool,
    ) {
        if owner.is_none() {
            let entry = table(&mut self.defs.mods[module.0 as usize]).entry(name).or_default();
            push_preferring_code(entry, Res::Def(def), test_only);
        }
    }

    /// Items inside a body get a block of their own, in which the whole body's paths are resolved.
    fn body_items(&mut self, def: DefId, module: ModIx, file: FileId, body: Option<&'w Body>, test_only: bool) {
        let Some(body) = body else { return };
        if body.items.is_empty() {
            return;
        }
        let name = self.defs.def(def).name;
        let block = self.add_module(Some(module), name, file, test_only, true);
        self.defs.blocks.insert(def, block);
        for &(_, item) in &body.items {
            self.item(block, file, item, test_only, None);
        }
    }

    fn imports(&mut self, module: ModIx, file: FileId, imports: &[UseImport], test_only: bool) {
        for import in imports {
            let path: Vec<Name> = import.path.iter().map(|&s| self.defs.files[file.0 as usize].name(s)).collect();
            let last = path.last().copied();
            let alias = import.alias.map(|s| self.defs.files[file.0 as usize].name(s));
            let Some(name) = alias.or(last) else { continue };
            self.defs.mods[module.0 as usize].imports.push(Import {
                path,
                global: import.global,
                glob: import.glob,
                name,
                test_only,
            });
        }
    }

    fn extern_crate(
        &mut self,
        module: ModIx,
        file: FileId,
        name: Sym,
        alias: Option<Sym>,
        item: &Item,
        test_only: bool,
    ) {
        let entry = &self.defs.files[file.0 as usize];
        let (name, alias) = (entry.name(name), alias.map(|a| entry.name(a)));
        let macro_use = item.attributes.iter().any(|a| {
            a.path.segments.first().is_some_and(|s| self.defs.files[file.0 as usize].facts.text(s.name) == "macro_use")
        });
        let imports = &mut self.defs.mods[module.0 as usize].imports;
        imports.push(Import { path: vec![name], global: true, glob: false, name: alias.unwrap_or(name), test_only });
        if macro_use {
            imports.push(Import { path: vec![name], global: true, glob: true, name, test_only });
        }
    }
}

/// Code that exists in test builds only never hides what exists in others.
fn push_preferring_code(entry: &mut Entry, res: Res, test_only: bool) {
    if test_only { entry.push(res) } else { entry.insert(0, res) }
}
