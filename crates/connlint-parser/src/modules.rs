//! Module trees: which file a `mod` declaration means, and what tree they make.
//!
//! [`Outline`] is what one file declares; [`Place`] is where its declarations look for files; [`TreeBuilder`] puts a
//! target's files together. The rules are rustc's: a `mod x;` of `a.rs` is `a/x.rs` or `a/x/mod.rs`, of `main.rs`,
//! `lib.rs`, `mod.rs` or a file named by `#[path]` it is `x.rs` or `x/mod.rs` next to it; inline modules add their name.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use connlint_facts::{
    FileFacts, FileIndex, Item, ItemId, ItemKind, Literal, MetaValue, Module, ModuleId, ModuleOrigin, Notice,
    NoticeKind, OpKind, TextRange,
};
use rustc_hash::FxHashMap;

use crate::limits::{Limits, shown};
use crate::workspace::files::{Files, Found};
use crate::workspace::paths::{self, Paths};

/// The modules and inclusions that a file declares, nested ones behind those around them.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    entries: Vec<Entry>,
    top: Vec<usize>,
}

/// One declaration.
#[derive(Debug)]
struct Entry {
    name: String,
    item: ItemId,
    range: TextRange,
    kind: EntryKind,
    /// Declarations inside an inline module.
    children: Vec<usize>,
    test_only: bool,
    /// Whether it may be absent from a build, so that a missing file is no fault.
    conditional: bool,
}

#[derive(Debug)]
enum EntryKind {
    /// `mod x { … }`, with the folder that `#[path]` gives it.
    Inline(Option<String>),
    /// `mod x;` with the files that `#[path]` and `#[cfg_attr(…, path = …)]` name, and whether the default holds too.
    Declared { named: Vec<String>, default: bool },
    /// `include!("…")`; `None` where the file's name is computed.
    Include(Option<String>),
}

impl Outline {
    /// The outline of a file.
    pub(crate) fn of(file: &FileFacts, text: &str) -> Self {
        let mut outline = Self::default();
        let mut queue: VecDeque<(Option<usize>, ItemId, bool)> = file.top.iter().map(|id| (None, *id, false)).collect();
        while let Some((parent, id, in_macro)) = queue.pop_front() {
            let Some(item) = file.items.get(id.0 as usize) else { continue };
            let kind = match &item.kind {
                ItemKind::Mod { inline: Some(_), .. } => EntryKind::Inline(named_paths(file, item, text).0.pop()),
                ItemKind::Mod { inline: None, .. } => {
                    let (named, default) = named_paths(file, item, text);
                    EntryKind::Declared { named, default }
                }
                ItemKind::MacroCall { path, items, .. } if !is_include(file, path) => {
                    queue.extend(items.iter().map(|inner| (parent, *inner, true)));
                    continue;
                }
                ItemKind::MacroCall { .. } => EntryKind::Include(included(file, item)),
                _ => continue,
            };
            let index = outline.entries.len();
            if let ItemKind::Mod { inline: Some(items), .. } = &item.kind {
                queue.extend(items.iter().map(|inner| (Some(index), *inner, in_macro)));
            }
            outline.push(parent, Entry::new(file, id, item, kind, in_macro));
        }
        outline
    }

    fn push(&mut self, parent: Option<usize>, entry: Entry) {
        let index = self.entries.len();
        match parent.and_then(|parent| self.entries.get_mut(parent)) {
            Some(parent) => parent.children.push(index),
            None => self.top.push(index),
        }
        self.entries.push(entry);
    }

    /// The files that the declarations mean, as seen from `place`.
    pub(crate) fn files(&self, place: &Place, locator: &Locator<'_>) -> Vec<DeclaredFile> {
        let mut found = Vec::new();
        let mut queue: Vec<(&[usize], Place)> = vec![(&self.top, place.clone())];
        while let Some((indices, place)) = queue.pop() {
            for entry in indices.iter().filter_map(|index| self.entries.get(*index)) {
                if let EntryKind::Inline(folder) = &entry.kind {
                    queue.push((&entry.children, place.inside(&entry.name, folder.as_deref(), locator.paths)));
                }
                let located = entry.locate(&place, locator).into_iter();
                found.extend(located.map(|(path, place)| DeclaredFile { path, place, test_only: entry.test_only }));
            }
        }
        found
    }
}

impl Entry {
    fn new(file: &FileFacts, id: ItemId, item: &Item, kind: EntryKind, in_macro: bool) -> Self {
        Self {
            name: file.text(item.name).to_owned(),
            item: id,
            range: item.range,
            conditional: item.cfg.conditional || in_macro,
            test_only: item.cfg.test_only,
            children: Vec::new(),
            kind,
        }
    }

    /// Why a path that the declaration names is not read although something is there.
    fn refusal(&self, place: &Place, locator: &Locator<'_>) -> Option<(NoticeKind, &'static str)> {
        let refused = |folder: &str, path: &String| locator.refusal(folder, path);
        match &self.kind {
            EntryKind::Include(Some(path)) => refused(&place.source, path),
            EntryKind::Declared { named, .. } => named.iter().find_map(|path| refused(&place.folder, path)),
            EntryKind::Include(None) | EntryKind::Inline(_) => None,
        }
    }

    /// The files that a declaration means; none for an inline module.
    fn locate(&self, place: &Place, locator: &Locator<'_>) -> Vec<(String, Place)> {
        match &self.kind {
            EntryKind::Inline(_) | EntryKind::Include(None) => Vec::new(),
            EntryKind::Include(Some(path)) => locator.named(&place.source, path).into_iter().collect(),
            EntryKind::Declared { named, default } => {
                let mut found: Vec<_> = named.iter().filter_map(|path| locator.named(&place.folder, path)).collect();
                if *default {
                    found.extend(locator.by_name(place, &self.name));
                }
                found.dedup();
                found
            }
        }
    }
}

/// The values of `path` attributes, and whether the module's default file holds too: without any, or if all are in a
/// `cfg_attr`, which the text shows.
fn named_paths(file: &FileFacts, item: &Item, text: &str) -> (Vec<String>, bool) {
    let mut named = Vec::new();
    let mut default = true;
    for attribute in &item.attributes {
        let [segment] = attribute.path.segments.as_slice() else { continue };
        let value = attribute.args.first().map(|meta| &meta.value);
        let (true, Some(MetaValue::Literal(Literal::Str(value)))) = (file.text(segment.name) == "path", value) else {
            continue;
        };
        named.push(file.text(*value).to_owned());
        let (start, end) = (attribute.range.start as usize, attribute.range.end as usize);
        default &=
            text.get(start..end).is_none_or(|text| !text.trim_start_matches(['#', '[', ' ']).starts_with("path"));
    }
    if let (ItemKind::Mod { path: Some(path), .. }, true) = (&item.kind, named.is_empty()) {
        return (vec![file.text(*path).to_owned()], false);
    }
    (named, default)
}

fn is_include(file: &FileFacts, path: &connlint_facts::Path) -> bool {
    path.segments.last().is_some_and(|segment| file.text(segment.name) == "include")
}

/// The file that an `include!` names, if its argument is one literal.
fn included(file: &FileFacts, item: &Item) -> Option<String> {
    let ItemKind::MacroCall { body: Some(body), .. } = &item.kind else { return None };
    let value = body.ops.iter().find_map(|op| match &op.kind {
        OpKind::Macro { path, args, .. } if is_include(file, path) => args.first().map(|arg| arg.value),
        _ => None,
    });
    match &body.ops.get(value?.0 as usize)?.kind {
        OpKind::Literal(Literal::Str(path)) => Some(file.text(*path).to_owned()),
        _ => None,
    }
}

/// A file that a declaration means.
#[derive(Debug)]
pub(crate) struct DeclaredFile {
    pub(crate) path: String,
    /// The place of its own declarations.
    pub(crate) place: Place,
    /// Whether the declaration exists in test builds only.
    pub(crate) test_only: bool,
}

/// Where the declarations of a file, or of an inline module in it, look for files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The folder of the file, with the inline modules around.
    folder: String,
    /// The module whose name declarations without `#[path]` add to the folder: `x` in `x.rs`.
    nested: Option<String>,
    /// Tried where `nested` leads nowhere, for roots that are only guessed to be such.
    guess: Option<String>,
    /// The folder of the file itself.
    source: String,
}

impl Place {
    /// The place of a crate root, of `mod.rs` or of a file named by `#[path]`.
    pub(crate) fn beside(file: &str) -> Self {
        let folder = paths::parent(file).to_owned();
        Self { source: folder.clone(), folder, nested: None, guess: None }
    }

    /// The place of a file that may be a root or a module of its own name.
    pub(crate) fn guessed(file: &str) -> Self {
        let stem = paths::stem(file);
        let guess = (!matches!(stem, "main" | "lib" | "mod")).then(|| stem.to_owned());
        Self { guess, ..Self::beside(file) }
    }

    /// The place of `x.rs`.
    fn of_module(file: &str, name: &str) -> Self {
        Self { nested: Some(name.to_owned()), ..Self::beside(file) }
    }

    /// The place inside an inline module.
    fn inside(&self, name: &str, folder: Option<&str>, paths: &Paths) -> Self {
        let folder = match folder {
            Some(folder) => paths.join(&self.folder, folder),
            None => paths::child(&self.base(), name),
        };
        Self { folder, nested: None, guess: None, source: self.source.clone() }
    }

    fn base(&self) -> String {
        self.nested.as_ref().map_or_else(|| self.folder.clone(), |name| paths::child(&self.folder, name))
    }
}

/// Finds the files of declarations.
pub(crate) struct Locator<'a> {
    /// How paths are joined.
    pub(crate) paths: &'a Paths,
    /// Look-ups.
    pub(crate) files: &'a Files<'a>,
}

impl Locator<'_> {
    fn named(&self, folder: &str, path: &str) -> Option<(String, Place)> {
        let file = self.files.file(&self.paths.join(folder, path))?;
        let place = Place::beside(&file);
        Some((file, place))
    }

    fn refusal(&self, folder: &str, path: &str) -> Option<(NoticeKind, &'static str)> {
        match self.files.find(&self.paths.join(folder, path)) {
            Found::Outside => Some((NoticeKind::OutsideRoot, "lies outside the analysed folder; it was not read")),
            Found::Special => Some((NoticeKind::UnreadableFile, "is not a regular file; it was not read")),
            Found::Folder => Some((NoticeKind::UnreadableFile, "is a folder; it was not read")),
            Found::File(_) | Found::Missing => None,
        }
    }

    fn by_name(&self, place: &Place, name: &str) -> Option<(String, Place)> {
        let guess = place.guess.as_ref().map(|guess| paths::child(&place.folder, guess));
        std::iter::once(place.base()).chain(guess).find_map(|base| {
            let flat = self.files.file(&paths::child(&base, &format!("{name}.rs")));
            let flat = flat.map(|file| (Place::of_module(&file, paths::stem(&file)), file));
            let nested = || {
                let file = self.files.file(&paths::child(&base, &format!("{name}/mod.rs")))?;
                Some((Place::beside(&file), file))
            };
            flat.or_else(nested).map(|(place, file)| (file, place))
        })
    }
}

/// A lowered file with its outline.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its facts.
    pub(crate) facts: Arc<FileFacts>,
    /// What it declares.
    pub(crate) outline: Outline,
}

/// The modules and files of one target.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Modules, a parent before its children.
    pub(crate) modules: Vec<Module>,
    /// Files.
    pub(crate) files: Vec<Arc<FileFacts>>,
    /// What was not found.
    pub(crate) notices: Vec<Notice>,
}

/// Builds the tree of one target out of lowered files.
pub(crate) struct TreeBuilder<'a> {
    sources: &'a BTreeMap<String, Source>,
    locator: &'a Locator<'a>,
    limits: &'a Limits,
    tree: Tree,
    indices: FxHashMap<&'a str, FileIndex>,
    /// Whether each module, or one around it, may be absent from a build.
    conditional: Vec<bool>,
    queue: VecDeque<Task<'a>>,
    is_full: bool,
}

/// Declarations to be resolved: those of a module at these indices of its file's outline.
struct Task<'a> {
    module: ModuleId,
    file: FileIndex,
    source: &'a Source,
    entries: &'a [usize],
    place: Place,
}

impl<'a> TreeBuilder<'a> {
    /// A builder over these files.
    pub(crate) fn new(sources: &'a BTreeMap<String, Source>, locator: &'a Locator<'a>, limits: &'a Limits) -> Self {
        let (tree, indices, conditional, queue) = Default::default();
        Self { sources, locator, limits, tree, indices, conditional, queue, is_full: false }
    }

    /// The tree of the crate whose root is that file; `None` where the file could not be read.
    pub(crate) fn build(mut self, name: &str, root: &str, place: Place) -> Option<Tree> {
        let (path, source) = self.sources.get_key_value(root)?;
        let file = self.file(path, source);
        let module = Module {
            name: name.to_owned(),
            parent: None,
            file,
            origin: ModuleOrigin::File,
            includes: Vec::new(),
            test_only: source.facts.test_only,
        };
        self.add_module(module, false, source, &source.outline.top, place);
        while let Some(task) = self.queue.pop_front() {
            for entry in task.entries.iter().filter_map(|index| task.source.outline.entries.get(*index)) {
                self.declare(&task, entry);
            }
        }
        Some(self.tree)
    }

    fn file(&mut self, path: &'a str, source: &'a Source) -> FileIndex {
        *self.indices.entry(path).or_insert_with(|| {
            self.tree.files.push(Arc::clone(&source.facts));
            FileIndex(u32::try_from(self.tree.files.len() - 1).unwrap_or(u32::MAX))
        })
    }

    fn add_module(
        &mut self,
        module: Module,
        conditional: bool,
        source: &'a Source,
        entries: &'a [usize],
        place: Place,
    ) {
        if self.tree.modules.len() >= self.limits.max_modules {
            if !std::mem::replace(&mut self.is_full, true) {
                let message =
                    format!("the crate has more than {} modules; the rest was left out", self.limits.max_modules);
                let path = Some(source.facts.path.clone());
                self.tree.notices.push(Notice { kind: NoticeKind::LimitReached, path, range: None, message });
            }
            return;
        }
        let id = ModuleId(u32::try_from(self.tree.modules.len()).unwrap_or(u32::MAX));
        let file = module.file;
        self.tree.modules.push(module);
        self.conditional.push(conditional);
        if !entries.is_empty() {
            self.queue.push_back(Task { module: id, file, source, entries, place });
        }
    }

    fn declare(&mut self, task: &Task<'a>, entry: &'a Entry) {
        match &entry.kind {
            EntryKind::Inline(folder) => {
                let place = task.place.inside(&entry.name, folder.as_deref(), self.locator.paths);
                let module = self.child(task, entry, task.file, ModuleOrigin::Inline(entry.item), false);
                let conditional = self.is_conditional(task, entry);
                self.add_module(module, conditional, task.source, &entry.children, place);
            }
            EntryKind::Declared { .. } => self.declare_files(task, entry),
            EntryKind::Include(None) => {
                let message = "`include!` of a file whose name is computed at build time; its items are not known";
                self.notice(task, entry, NoticeKind::MissingModule, message.to_owned());
            }
            EntryKind::Include(Some(path)) => self.include(task, entry, path),
        }
    }

    fn declare_files(&mut self, task: &Task<'a>, entry: &'a Entry) {
        let located = entry.locate(&task.place, self.locator);
        if located.is_empty() && !self.is_conditional(task, entry) {
            let name = shown(&entry.name);
            let (kind, message) = match entry.refusal(&task.place, self.locator) {
                Some((kind, why)) => (kind, format!("the file that `mod {name};` names {why}")),
                None => (NoticeKind::MissingModule, format!("no file for `mod {name};`; the module was not read")),
            };
            self.notice(task, entry, kind, message);
        }
        for (path, place) in located {
            // A file that could not be read has its own notice.
            let Some((path, source)) = self.sources.get_key_value(&path) else { continue };
            let file = self.file(path, source);
            if self.is_around(task.module, file) {
                let message =
                    format!("`mod {};` is a file that declares it; it was not read again", shown(&entry.name));
                self.notice(task, entry, NoticeKind::MissingModule, message);
                continue;
            }
            let module = self.child(task, entry, file, ModuleOrigin::File, source.facts.test_only);
            let conditional = self.is_conditional(task, entry);
            self.add_module(module, conditional, source, &source.outline.top, place);
        }
    }

    fn include(&mut self, task: &Task<'a>, entry: &'a Entry, name: &str) {
        let located = entry.locate(&task.place, self.locator);
        let Some((path, place)) = located.into_iter().next() else {
            if !self.is_conditional(task, entry) {
                let name = shown(name);
                let (kind, message) = match entry.refusal(&task.place, self.locator) {
                    Some((kind, why)) => (kind, format!("the file of `include!(\"{name}\")` {why}")),
                    None => {
                        let message = format!("no file for `include!(\"{name}\")`; its items are not known");
                        (NoticeKind::MissingModule, message)
                    }
                };
                self.notice(task, entry, kind, message);
            }
            return;
        };
        let Some((path, source)) = self.sources.get_key_value(&path) else { return };
        let file = self.file(path, source);
        let Some(module) = self.tree.modules.get_mut(task.module.0 as usize) else { return };
        if module.includes.contains(&file) || (module.file == file && module.origin == ModuleOrigin::File) {
            return;
        }
        module.includes.push(file);
        let entries = &source.outline.top;
        self.queue.push_back(Task { module: task.module, file, source, entries, place });
    }

    fn child(&self, task: &Task<'a>, entry: &Entry, file: FileIndex, origin: ModuleOrigin, test_only: bool) -> Module {
        let around = self.tree.modules.get(task.module.0 as usize).is_some_and(|module| module.test_only);
        let test_only = test_only || entry.test_only || around || task.source.facts.test_only;
        Module { name: entry.name.clone(), parent: Some(task.module), file, origin, includes: Vec::new(), test_only }
    }

    fn is_conditional(&self, task: &Task<'a>, entry: &Entry) -> bool {
        entry.conditional || self.conditional.get(task.module.0 as usize).copied().unwrap_or(false)
    }

    /// Whether the module or one around it is that file's.
    fn is_around(&self, module: ModuleId, file: FileIndex) -> bool {
        let first = self.tree.modules.get(module.0 as usize);
        let mut around = std::iter::successors(first, |m| self.tree.modules.get(m.parent?.0 as usize));
        around.any(|module| module.file == file)
    }

    fn notice(&mut self, task: &Task<'a>, entry: &Entry, kind: NoticeKind, message: String) {
        let path = Some(task.source.facts.path.clone());
        let is_known = |known: &Notice| known.path == path && known.kind == kind && known.message == message;
        if !self.tree.notices.iter().any(is_known) {
            self.tree.notices.push(Notice { kind, path, range: Some(entry.range), message });
        }
    }
}
