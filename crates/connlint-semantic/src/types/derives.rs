//! What derives of other crates make, as the catalog tells it: traits of the type that they stand on, and types beside
//! it.

use crate::names::attributes::attribute_row;
use crate::names::defs::DefId;
use crate::names::derive_names::{derives, rows_by_name};
use crate::names::external_path::ExternalPath;
use crate::types::context::TypeContext;
use crate::types::ty::TraitId;

impl TypeContext<'_> {
    /// The traits that derives implement, for the types that they stand on and those that they make.
    pub(crate) fn derived_traits(&self) -> Vec<(DefId, TraitId)> {
        let rows = rows_by_name(self.catalog);
        let mut found = Vec::new();
        for (def, path) in derives(&self.defs) {
            let last = path.segments.last().map_or("", |s| self.defs.file_of(def).facts.text(s.name));
            let Some(row) = rows.get(last).and_then(|_| attribute_row(self, def, path)) else { continue };
            found.extend(row.traits.iter().map(|path| (def, self.ext_head(path))));
            for made in &row.makes {
                let name = self.defs.names.find(&made.name);
                let Some(&of) = name.and_then(|name| self.defs.made.get(&(def, name))) else { continue };
                found.extend(made.traits.iter().map(|path| (of, self.ext_head(path))));
            }
        }
        found
    }

    fn ext_head(&self, path: &str) -> TraitId {
        TraitId::External(ExternalPath::of(path))
    }
}
