//! What derives of other crates make, as the catalogue tells it: traits of the type that they stand on, and types beside
//! it.

use connlint_catalog::{AttributeModel, AttributeTarget, Catalog};
use connlint_facts::Path;
use rustc_hash::FxHashMap;

use crate::defs::{Def, DefId, DefKind, Defs, Res};
use crate::entry::attribute_row;
use crate::ext_path::ExtPath;
use crate::resolve::Resolver;
use crate::ty::TraitHead;

/// Rows of derives, by the last segment of their paths.
type ByName<'w> = FxHashMap<&'w str, Vec<&'w AttributeModel>>;

fn rows_by_name(catalog: &Catalog) -> ByName<'_> {
    let mut rows = ByName::default();
    let derives = catalog.attributes().filter(|row| row.on == AttributeTarget::Type);
    for row in derives.filter(|row| row.is_derive()) {
        rows.entry(row.path.rsplit("::").next().unwrap_or(&row.path)).or_default().push(row);
    }
    rows
}

/// The types that derives stand on, with the derives' paths.
fn derives<'w>(defs: &Defs<'w>) -> impl Iterator<Item = (DefId, &'w Path)> {
    let types = (0..defs.defs.len() as u32).map(DefId);
    let types = types.filter(|&def| matches!(defs.def(def).kind, DefKind::Struct | DefKind::Enum));
    types.flat_map(|def| derives_of(defs, def).map(move |path| (def, path)))
}

/// The derives that stand on a type.
pub(crate) fn derives_of<'w>(defs: &Defs<'w>, def: DefId) -> impl Iterator<Item = &'w Path> {
    let facts = defs.file_of(def).facts;
    let lists =
        defs.attributes(def).iter().filter(|a| a.path.segments.last().is_some_and(|s| facts.text(s.name) == "derive"));
    lists.flat_map(|list| &list.args).filter_map(|meta| meta.path.as_ref())
}

/// Declares the types that derives may make, so that imports find them. Which derive a name means is not known before
/// imports are resolved: a type of another derive of that name has no traits then, and what is written by hand goes
/// before it.
pub(crate) fn declare_made(defs: &mut Defs<'_>, catalog: &Catalog) {
    let rows = rows_by_name(catalog);
    let named = |(def, path): (DefId, &Path)| {
        let last = path.segments.last().map_or("", |s| defs.file_of(def).facts.text(s.name));
        rows.get(last).map(|rows| (def, rows))
    };
    let found: Vec<(DefId, &Vec<&AttributeModel>)> = derives(defs).filter_map(named).collect();
    for (of, rows) in found {
        for made in rows.iter().flat_map(|row| &row.makes) {
            declare(defs, of, &made.name);
        }
    }
}

fn declare(defs: &mut Defs<'_>, of: DefId, name: &str) {
    let name = defs.names.intern(name.to_owned());
    if defs.made.contains_key(&(of, name)) {
        return;
    }
    let made = DefId(defs.defs.len() as u32);
    let beside = defs.def(of).clone();
    let Some(module) = defs.mods.get_mut(beside.module.0 as usize) else { return };
    module.types.entry(name).or_default().push(Res::Def(made));
    // It may be a unit struct.
    module.values.entry(name).or_default().push(Res::Def(made));
    defs.defs.push(Def { kind: DefKind::Made, name, item: None, parent: None, ..beside });
    defs.made.insert((of, name), made);
}

impl Resolver<'_> {
    /// The traits that derives implement, for the types that they stand on and those that they make.
    pub(crate) fn derived_traits(&self) -> Vec<(DefId, TraitHead)> {
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

    fn ext_head(&self, path: &str) -> TraitHead {
        TraitHead::Ext(ExtPath::of(path))
    }
}
