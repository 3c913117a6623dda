//! How definitions are called in paths that people read.

use connlint_facts::{ItemKind, TypeRef};

use crate::defs::{DefId, DefKind, Defs, FileEntry, ModIx};

impl Defs<'_> {
    /// `crate::module::Type::method`.
    pub(crate) fn path(&self, id: DefId) -> String {
        let def = self.def(id);
        match def.kind {
            DefKind::Mod(ix) => self.module_path(ix),
            _ => match def.parent {
                Some(parent) if self.def(parent).kind == DefKind::Impl => {
                    format!("{}::{}::{}", self.module_path(def.module), self.impl_name(parent), self.text(def.name))
                }
                Some(parent) => format!("{}::{}", self.path(parent), self.text(def.name)),
                None => format!("{}::{}", self.module_path(def.module), self.text(def.name)),
            },
        }
    }

    fn module_path(&self, ix: ModIx) -> String {
        let module = self.module(ix);
        match module.parent {
            Some(parent) if module.is_block => self.module_path(parent),
            Some(parent) => format!("{}::{}", self.module_path(parent), self.text(module.name)),
            None => self.text(module.name).to_owned(),
        }
    }

    /// The last segment of an impl's self type, for display.
    pub(crate) fn impl_name(&self, id: DefId) -> String {
        let file = self.file_of(id);
        match self.item(id).map(|item| &item.kind) {
            Some(ItemKind::Impl(i)) => type_name(file, &i.self_ty),
            _ => String::new(),
        }
    }
}

fn type_name(file: &FileEntry<'_>, ty: &TypeRef) -> String {
    match ty {
        TypeRef::Path(path) => path.segments.last().map_or(String::new(), |s| file.facts.text(s.name).to_owned()),
        TypeRef::Ref { ty, .. } => type_name(file, ty),
        TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => bounds
            .first()
            .and_then(|b| b.path.segments.last())
            .map_or(String::new(), |s| format!("dyn {}", file.facts.text(s.name))),
        _ => "_".to_owned(),
    }
}
