//! Types as rows write them.

use super::search::Search;
use crate::types::ty::Ty;

/// A type's text longer than this says nothing to people.
const MAX_TEXT: usize = 300;

impl Search<'_, '_> {
    /// A type as a row writes it; `_` for what other crates cannot name.
    pub(super) fn text(&self, ty: &Ty) -> String {
        let text = self.text_at(ty, 0);
        if text.len() > MAX_TEXT { "_".to_owned() } else { text }
    }

    fn text_at(&self, ty: &Ty, depth: usize) -> String {
        if depth > 6 {
            return "_".to_owned();
        }
        let list = |types: &[Ty]| types.iter().map(|ty| self.text_at(ty, depth + 1)).collect::<Vec<_>>().join(", ");
        match ty {
            Ty::Prim(name) => self.tcx.defs.text(*name).to_owned(),
            Ty::Adt(def, _) => self.exports.paths.get(def).cloned().unwrap_or_else(|| "_".to_owned()),
            Ty::External(path, args) if is_nameable(path) => {
                if args.is_empty() {
                    path.to_string()
                } else {
                    format!("{path}<{}>", list(args))
                }
            }
            Ty::Ref(inner) => format!("&{}", self.text_at(inner, depth + 1)),
            Ty::Tuple(parts) if parts.len() == 1 => format!("({},)", list(parts)),
            Ty::Tuple(parts) => format!("({})", list(parts)),
            Ty::Slice(inner) => format!("[{}]", self.text_at(inner, depth + 1)),
            Ty::Future(inner) => format!("Future<{}>", self.text_at(inner, depth + 1)),
            Ty::Callable(params, ret) => format!("Fn({}) -> {}", list(params), self.text_at(ret, depth + 1)),
            _ => "_".to_owned(),
        }
    }
}

/// Whether a path can be written in a row.
fn is_nameable(path: &str) -> bool {
    path.contains("::") && path.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':')
}
