//! Which variant of the workspace a path in a pattern or an expression names.

use connlint_facts::Path;

use crate::infer::body_cx::BodyCx;
use crate::names::defs::DefId;

impl BodyCx<'_, '_> {
    /// The variant that a path names.
    pub(crate) fn variant(&self, path: &Path) -> Option<DefId> {
        self.tcx.variant_of_path(self.data.def, path)
    }
}
