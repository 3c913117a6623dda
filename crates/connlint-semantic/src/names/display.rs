//! How definitions are called in paths that people read.

use connlint_facts::{ItemKind, TypeRef};

use crate::names::defs::{DefId, DefKind, Defs, FileEntry, ModIx};

impl Defs<'_> {
    /// `crate::module::Type::method`.
    pub(crate) fn path(&self, id: DefId) -> String {
        let mut path = String::with_capacity(64);
        self.write_path(id, &mut path);
        path
    }

    fn write_path(&self, id: DefId, path: &mut String) {
        let def = self.def(id);
        match (def.kind, def.parent) {
            (DefKind::Mod(ix), _) => return self.write_module(ix, path),
            (_, Some(parent)) if self.def(parent).kind == DefKind::Impl => {
                self.write_module(def.module, path);
                path.push_str("::");
                path.push_str(&self.impl_name(parent));
            }
            (_, Some(parent)) => self.write_path(parent, path),
            (_, None) => self.write_module(def.module, path),
        }
        path.push_str("::");
        path.push_str(self.text(def.name));
    }

    fn write_module(&self, ix: ModIx, path: &mut String) {
        let module = self.module(ix);
        if let Some(parent) = module.parent {
            self.write_module(parent, path);
            if module.is_block {
                return;
            }
            path.push_str("::");
        }
        path.push_str(self.text(module.name));
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
