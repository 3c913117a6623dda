//! Which variant of the workspace a path in a pattern or an expression names.

use connlint_facts::Path;

use crate::infer::body_cx::BodyCx;
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::resolve::Ns;

impl BodyCx<'_, '_> {
    /// The variant that a path names.
    pub(crate) fn variant(&self, path: &Path) -> Option<DefId> {
        let tcx = self.tcx;
        let scope = tcx.scope_of(self.data.def);
        let names = tcx.names_of_path(scope.file, path);
        if let [first, name] = names[..]
            && tcx.defs.text(first) == "Self"
            && let Some(crate::types::ty::Ty::Adt(owner, _)) = &scope.self_ty
        {
            return tcx.variant(*owner, name);
        }
        let resolved = tcx.path(scope.module, &names, path.global, Ns::Types)?;
        if resolved.consumed < names.len() {
            return None;
        }
        resolved.res.iter().find_map(|res| match res {
            Res::Def(def) if matches!(tcx.defs.def(*def).kind, DefKind::Variant(_)) => Some(*def),
            _ => None,
        })
    }
}
