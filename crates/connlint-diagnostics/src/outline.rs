//! Which function each place of the project lies in, by names that do not depend on files and modules.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use connlint_facts::{FileFacts, Item, ItemId, ItemKind, RelPath, Span, Sym, TextRange, TypeRef, WorkspaceFacts};

/// The functions of a project's files.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    files: BTreeMap<RelPath, OutlinedFile>,
}

/// A file, with its bodies once one is asked for.
#[derive(Clone, Debug)]
struct OutlinedFile {
    facts: Arc<FileFacts>,
    bodies: OnceLock<Bodies>,
}

/// What has a body in a file, by where it begins.
#[derive(Clone, Debug)]
struct Bodies {
    list: Vec<(TextRange, ItemId)>,
    /// The furthest end of each of them and those before it.
    ends: Vec<u32>,
    /// The names of the types and traits that items belong to.
    owners: BTreeMap<ItemId, Sym>,
}

/// A function, constant or static around a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosing {
    /// `Type::method`, `Trait::method` or `function`: no modules, which change with files.
    pub name: String,
    /// All of it, without its attributes.
    pub range: TextRange,
}

impl Outline {
    /// The outline of a project.
    pub fn of(facts: &WorkspaceFacts) -> Self {
        let files = facts.crates.iter().flat_map(|krate| &krate.files);
        let outlined = |file: &Arc<FileFacts>| OutlinedFile { facts: file.clone(), bodies: OnceLock::new() };
        Self { files: files.map(|file| (file.path.clone(), outlined(file))).collect() }
    }

    /// The paths of all files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &RelPath> {
        self.files.keys()
    }

    /// The innermost function, constant or static that holds a place.
    pub fn enclosing(&self, span: &Span) -> Option<Enclosing> {
        let file = self.files.get(&span.file)?;
        let bodies = file.bodies.get_or_init(|| Bodies::of(&file.facts));
        let (range, id) = bodies.innermost(span.range)?;
        let own = file.facts.text(file.facts.items.get(id.0 as usize)?.name);
        let owner = bodies.owners.get(&id).map(|name| file.facts.text(*name));
        let name = owner.map_or_else(|| own.to_owned(), |owner| format!("{owner}::{own}"));
        Some(Enclosing { name, range })
    }
}

impl Bodies {
    fn of(file: &FileFacts) -> Self {
        let items = (0u32..).map(ItemId).zip(&file.items);
        let with_body = items.filter(|(_, item)| has_body(item));
        let mut list: Vec<(TextRange, ItemId)> = with_body.map(|(id, item)| (item.range, id)).collect();
        list.sort_by_key(|(range, id)| (range.start, *id));
        let furthest = list.iter().scan(0, |end, (range, _)| {
            *end = range.end.max(*end);
            Some(*end)
        });
        Self { ends: furthest.collect(), owners: owners(file), list }
    }

    /// The smallest body that holds a place, of equal ones the first.
    fn innermost(&self, place: TextRange) -> Option<(TextRange, ItemId)> {
        let begun = self.list.partition_point(|(range, _)| range.start <= place.start);
        let may_hold = (0..begun).rev().take_while(|&at| self.ends[at] >= place.end);
        let around = may_hold.map(|at| self.list[at]).filter(|(range, _)| range.contains(place));
        around.min_by_key(|(range, id)| (range.end - range.start, *id))
    }
}

fn has_body(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Fn(_) | ItemKind::Const { .. } | ItemKind::Static { .. })
}

/// The names of the types and traits that items belong to: of several, the first one's.
fn owners(file: &FileFacts) -> BTreeMap<ItemId, Sym> {
    let mut owners = BTreeMap::new();
    for item in &file.items {
        let (name, items) = match &item.kind {
            ItemKind::Impl(found) => (type_name(&found.self_ty), &found.items),
            ItemKind::Trait(found) => (Some(item.name), &found.items),
            _ => continue,
        };
        let Some(name) = name else { continue };
        for &id in items {
            owners.entry(id).or_insert(name);
        }
    }
    owners
}

/// The last segment of the type's path.
fn type_name(ty: &TypeRef) -> Option<Sym> {
    match ty {
        TypeRef::Path(path) => path.segments.last().map(|segment| segment.name),
        TypeRef::Ref { ty, .. } => type_name(ty),
        _ => None,
    }
}
