//! What derives name: the builders that they generate, the types that they make next to the one they stand on.

use crate::names::defs::{Def, DefId, DefKind, Defs, Res};
use connlint_catalog::{AttributeModel, AttributeTarget, Catalog};
use connlint_facts::{Attribute, FileFacts, Literal, Meta, MetaValue, Path};
use rustc_hash::FxHashMap;

pub(crate) fn last<'f>(facts: &'f FileFacts, path: &Path) -> &'f str {
    path.segments.last().map_or("", |s| facts.text(s.name))
}

/// Rows of derives, by the last segment of their paths.
pub(crate) type ByName<'w> = FxHashMap<&'w str, Vec<&'w AttributeModel>>;

pub(crate) fn rows_by_name(catalog: &Catalog) -> ByName<'_> {
    let mut rows = ByName::default();
    let derives = catalog.attributes().filter(|row| row.on == AttributeTarget::Type);
    for row in derives.filter(|row| row.is_derive() || row.field.is_some()) {
        rows.entry(row.path.rsplit("::").next().unwrap_or(&row.path)).or_default().push(row);
    }
    rows
}

/// The types that derives stand on, with the derives' paths.
pub(crate) fn derives<'w>(defs: &Defs<'w>) -> impl Iterator<Item = (DefId, &'w Path)> {
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
            if let Some(name) = made_name(defs, of, &made.name) {
                declare(defs, of, &name);
            }
        }
    }
}

/// The name of a type that a derive makes: as the row says, or, of `{kube.kind}`, as an attribute says.
pub(crate) fn made_name(defs: &Defs<'_>, of: DefId, name: &str) -> Option<String> {
    match name.strip_prefix('{').and_then(|by| by.strip_suffix('}')) {
        Some(by) => setting(defs.file_of(of).facts, defs.attributes(of), by),
        None => Some(name.to_owned()),
    }
}

/// Declares the builders that derives may generate, so that imports find them: by name, as [`declare_made`] does. A type
/// written by hand under a builder's name goes before it.
pub(crate) fn declare_builders(defs: &mut Defs<'_>, catalog: &Catalog) {
    let rows = rows_by_name(catalog);
    let mut found: Vec<(DefId, String)> = Vec::new();
    for (def, path) in derives(defs) {
        let facts = defs.file_of(def).facts;
        let builders = rows.get(last(facts, path)).into_iter().flatten().filter_map(|row| row.builder.as_ref());
        let mut builders = builders.peekable();
        let Some(pattern) = builders.peek().and_then(|builder| builder.name.as_deref()) else { continue };
        let attributes = defs.attributes(def);
        let renamed = builders.flat_map(|builder| &builder.renamed_by).find_map(|by| setting(facts, attributes, by));
        found.push((def, renamed.unwrap_or_else(|| pattern.replace("{}", defs.text(defs.def(def).name)))));
    }
    for (of, name) in found {
        let name = defs.names.intern(name);
        let builder = DefId(defs.defs.len() as u32);
        let built = defs.def(of).clone();
        let Some(module) = defs.mods.get_mut(built.module.0 as usize) else { continue };
        module.types.entry(name).or_default().push(Res::Def(builder));
        defs.defs.push(Def { kind: DefKind::Builder, name, parent: Some(of), ..built });
        defs.builders.insert(of, builder);
    }
}

/// The name that a setting of an attribute gives: `builder.builder_type.name` is `#[builder(builder_type(name = X))]`.
fn setting(facts: &FileFacts, attributes: &[Attribute], by: &str) -> Option<String> {
    let (attribute, inner) = by.split_once('.')?;
    attributes.iter().filter(|a| last(facts, &a.path) == attribute).find_map(|a| argument(facts, &a.args, inner))
}

fn argument(facts: &FileFacts, args: &[Meta], by: &str) -> Option<String> {
    let (name, inner) = by.split_once('.').map_or((by, None), |(name, inner)| (name, Some(inner)));
    let named = args.iter().filter(|meta| meta.path.as_ref().is_some_and(|path| last(facts, path) == name));
    named.into_iter().find_map(|meta| match (&meta.value, inner) {
        (MetaValue::List(args), Some(inner)) => argument(facts, args, inner),
        (MetaValue::Path(path), None) => Some(last(facts, path).to_owned()),
        (MetaValue::Literal(Literal::Str(sym)), None) => Some(facts.text(*sym).to_owned()),
        _ => None,
    })
}

/// Declares the traits that attributes on traits generate for servers: other names of those traits, whose methods they
/// have. A trait written by hand under such a name goes before it.
pub(crate) fn declare_generated(defs: &mut Defs<'_>, catalog: &Catalog) {
    let mut patterns: FxHashMap<&str, &str> = FxHashMap::default();
    for row in catalog.attributes().filter(|row| row.on == AttributeTarget::Trait) {
        if let Some(pattern) = &row.generates {
            patterns.insert(row.path.rsplit("::").next().unwrap_or(&row.path), pattern);
        }
    }
    let traits = (0..defs.defs.len() as u32).map(DefId).filter(|&def| defs.def(def).kind == DefKind::Trait);
    let named = |def: DefId| {
        let facts = defs.file_of(def).facts;
        let pattern = defs.attributes(def).iter().find_map(|a| patterns.get(last(facts, &a.path)))?;
        Some((def, pattern.replace("{}", defs.text(defs.def(def).name))))
    };
    let found: Vec<(DefId, String)> = traits.filter_map(named).collect();
    for (of, name) in found {
        let name = defs.names.intern(name);
        let module = defs.def(of).module;
        let Some(module) = defs.mods.get_mut(module.0 as usize) else { continue };
        let entry = module.types.entry(name).or_default();
        if entry.is_empty() {
            entry.push(Res::Def(of));
        }
    }
}

fn declare(defs: &mut Defs<'_>, of: DefId, name: &str) {
    let name = defs.names.intern(name);
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
