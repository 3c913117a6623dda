//! Attributes of crates that are not read: which row of the catalog is meant.

use connlint_catalog::AttributeModel;
use connlint_facts::{Attribute, Path};

use crate::names::defs::{DefId, DefKind, ModIx};
use crate::names::resolve::Resolver;

/// The catalog's row of an attribute, resolved where it is.
pub(crate) fn attribute_model<'w>(
    resolver: &Resolver<'w>,
    def: DefId,
    attribute: &Attribute,
) -> Option<&'w AttributeModel> {
    attribute_row(resolver, def, &attribute.path)
}

/// The catalog's row of an attribute or derive of that name, resolved where it is.
pub(crate) fn attribute_row<'w>(resolver: &Resolver<'w>, def: DefId, path: &Path) -> Option<&'w AttributeModel> {
    let data = resolver.defs.def(def);
    let names = resolver.names_of_path(data.file, path);
    let module = place_of(resolver, def);
    let path = resolver.unread_macro(module, &names, path.global)?;
    let version = resolver.version_of(module, &path);
    resolver.in_version(version, |v| resolver.catalog.attribute(&path, v))
}

/// The module that a definition is in: a module's attributes stand around it.
fn place_of(resolver: &Resolver<'_>, def: DefId) -> ModIx {
    let data = resolver.defs.def(def);
    match data.kind {
        DefKind::Mod(ix) => resolver.defs.module(ix).parent.unwrap_or(ix),
        _ => data.module,
    }
}
