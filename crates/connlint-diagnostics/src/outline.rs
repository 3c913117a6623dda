//! Which function each place of the project lies in, by names that do not depend on files and modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use connlint_facts::{FileFacts, Item, ItemId, ItemKind, RelPath, Span, TextRange, TypeRef, WorkspaceFacts};

/// The functions of a project's files.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    files: BTreeMap<RelPath, Arc<FileFacts>>,
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
        Self { files: files.map(|file| (file.path.clone(), file.clone())).collect() }
    }

    /// The paths of all files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &RelPath> {
        self.files.keys()
    }

    /// The innermost function, constant or static that holds a place.
    pub fn enclosing(&self, span: &Span) -> Option<Enclosing> {
        let file = self.files.get(&span.file)?;
        let bodies = file.items.iter().enumerate().filter(|(_, item)| has_body(item));
        let around = bodies.filter(|(_, item)| item.range.contains(span.range));
        let (index, item) = around.min_by_key(|(_, item)| item.range.end - item.range.start)?;
        let own = file.text(item.name);
        let owner = u32::try_from(index).ok().and_then(|id| owner(file, ItemId(id)));
        let name = owner.map_or_else(|| own.to_owned(), |owner| format!("{owner}::{own}"));
        Some(Enclosing { name, range: item.range })
    }
}

fn has_body(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Fn(_) | ItemKind::Const { .. } | ItemKind::Static { .. })
}

/// The type or trait whose item it is.
fn owner(file: &FileFacts, id: ItemId) -> Option<&str> {
    file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Impl(found) if found.items.contains(&id) => type_name(file, &found.self_ty),
        ItemKind::Trait(found) if found.items.contains(&id) => Some(file.text(item.name)),
        _ => None,
    })
}

/// The last segment of the type's path.
fn type_name<'f>(file: &'f FileFacts, ty: &TypeRef) -> Option<&'f str> {
    match ty {
        TypeRef::Path(path) => path.segments.last().map(|segment| file.text(segment.name)),
        TypeRef::Ref { ty, .. } => type_name(file, ty),
        _ => None,
    }
}
