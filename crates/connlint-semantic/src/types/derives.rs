//! What derives and attributes of other crates make, as the catalog describes it: traits of the type that they stand on, types
//! next to it, a field that it leads to, and implementations that call those of its variants.

use connlint_catalog::{AttributeModel, TypeExpr};
use connlint_facts::{Attribute, Fields, ItemKind, Literal, Meta, MetaValue, Path};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::attributes::attribute_row;
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::derive_names::{derives, derives_of, last, made_name, rows_by_name};
use crate::names::external_path::ExternalPath;
use crate::names::interner::Name;
use crate::names::resolve::Ns;
use crate::types::builders::Builders;
use crate::types::callee::{Callee, Callees};
use crate::types::context::TypeContext;
use crate::types::ty::{Subst, TraitId, Ty};
use smallvec::SmallVec;

/// What attributes of other crates make of a type beyond traits.
#[derive(Debug, Default)]
pub(crate) struct Generated<'w> {
    /// Fields that derived traits lead to (`Deref`, `AsRef`), by the type and the trait's path.
    leads: FxHashMap<(DefId, String), Name>,
    /// What the only field of a struct is, where that is not what the declaration says.
    fields: FxHashMap<DefId, &'w TypeExpr>,
    /// For types whose implementation of a trait calls that of each variant or field: those variants' or fields' types.
    delegates: FxHashMap<(DefId, DefId), Vec<Ty>>,
    /// The delegated traits of each type, in order.
    delegated: FxHashMap<DefId, Vec<DefId>>,
    /// The types that a derive makes of the command line.
    parsed: FxHashSet<DefId>,
    /// Builders of types and of the calls of functions.
    pub(super) builders: Builders<'w>,
}

impl<'w> TypeContext<'w> {
    /// The traits that derives implement, for the types that they stand on and those that they make.
    pub(crate) fn derived_traits(&self) -> Vec<(DefId, TraitId)> {
        let rows = rows_by_name(self.catalog);
        let mut found = Vec::new();
        for (def, path) in derives(&self.defs) {
            let last = path.segments.last().map_or("", |s| self.defs.file_of(def).facts.text(s.name));
            let Some(row) = rows.get(last).and_then(|_| attribute_row(self, def, path)) else { continue };
            found.extend(row.traits.iter().map(|path| (def, self.ext_head(path))));
            for made in &row.makes {
                let name = made_name(&self.defs, def, &made.name).and_then(|name| self.defs.names.find(&name));
                let Some(&of) = name.and_then(|name| self.defs.made.get(&(def, name))) else { continue };
                found.extend(made.traits.iter().map(|path| (of, self.ext_head(path))));
            }
        }
        found
    }

    fn ext_head(&self, path: &str) -> TraitId {
        TraitId::External(ExternalPath::of(path))
    }

    /// Fields that derives lead to, and delegated implementations. Called once, after imports.
    pub(crate) fn generated(&self) -> Generated<'w> {
        let rows = rows_by_name(self.catalog);
        let mut generated = Generated { builders: self.builders(), ..Generated::default() };
        for def in (0..self.defs.defs.len() as u32).map(DefId) {
            if !matches!(self.defs.def(def).kind, DefKind::Struct | DefKind::Enum | DefKind::Trait) {
                continue;
            }
            let facts = self.defs.file_of(def).facts;
            let attributes = self.defs.attributes(def);
            let paths = attributes.iter().map(|a| (&a.path, Some(a)));
            for (path, attribute) in paths.chain(derives_of(&self.defs, def).map(|path| (path, None))) {
                let Some(row) = rows.get(last(facts, path)).and_then(|_| attribute_row(self, def, path)) else {
                    continue;
                };
                if self.catalog.crate_of(&row.path).is_some_and(|krate| krate.category == "command-line") {
                    generated.parsed.insert(def);
                } else if let Some(builder) = &row.builder {
                    generated.builders.of_types.insert(def, builder);
                } else if let Some((expr, field)) = row.field.as_ref().zip(self.only_field(def)) {
                    generated.fields.insert(def, expr);
                    generated.leads.insert((def, "std::ops::Deref".to_owned()), field);
                } else if row.delegates {
                    self.add_delegations(&mut generated, def, attribute, row);
                } else if let Some(field) = row.field_mark.as_deref().and_then(|mark| self.field_led_to(def, mark)) {
                    generated.leads.extend(row.traits.iter().map(|path| ((def, path.clone()), field)));
                }
            }
        }
        generated
    }

    /// The field that a derive leads to: the marked one, else the only one.
    fn field_led_to(&self, def: DefId, mark: &str) -> Option<Name> {
        let Some(ItemKind::Struct { fields: Fields::Named(fields) | Fields::Tuple(fields), .. }) =
            self.defs.item(def).map(|item| &item.kind)
        else {
            return None;
        };
        let file = self.defs.file_of(def);
        let is_flag = |meta: &Meta, text: &str| meta.path.as_ref().is_some_and(|path| last(file.facts, path) == text);
        let mark_of = |attributes: &[Attribute]| {
            let marks = attributes.iter().filter(|a| last(file.facts, &a.path) == mark);
            marks.map(|a| !a.args.iter().any(|meta| is_flag(meta, "ignore"))).next()
        };
        let marked = fields.iter().find(|field| mark_of(&field.attributes) == Some(true));
        let mut left = fields.iter().filter(|field| mark_of(&field.attributes) != Some(false));
        let only = left.next().filter(|_| left.next().is_none());
        marked.or(only).map(|field| file.name(field.name))
    }

    fn only_field(&self, def: DefId) -> Option<Name> {
        match self.fields(def)?.1 {
            [field] => Some(self.defs.file_of(def).name(field.name)),
            _ => None,
        }
    }

    /// What an attribute makes of the only field of a struct, which is declared with a type.
    pub(super) fn rewritten_field(&self, def: DefId, declared: &Ty) -> Option<Ty> {
        let expr = self.generated.fields.get(&def)?;
        Some(self.instantiate(expr, std::slice::from_ref(declared), Some(&self.adt_type(def))))
    }

    /// Whether the command line fills a field with what its type makes of a text. An attribute with a function or a value
    /// says that something else fills it.
    pub(crate) fn is_on_command_line(&self, owner: DefId, field: Name) -> bool {
        let Some(ItemKind::Struct { fields: Fields::Named(fields), .. }) = self.defs.item(owner).map(|item| &item.kind)
        else {
            return false;
        };
        let file = self.defs.file_of(owner);
        let is_plain = |meta: &Meta| matches!(meta.value, MetaValue::Flag | MetaValue::Literal(_));
        self.generated.parsed.contains(&owner)
            && fields
                .iter()
                .find(|declared| file.name(declared.name) == field)
                .is_some_and(|declared| declared.attributes.iter().flat_map(|of| &of.args).all(is_plain))
    }

    /// The type of the field that a derived trait leads to.
    pub(crate) fn led_to(&self, ty: &Ty, of_trait: &str) -> Option<Ty> {
        let Ty::Adt(def, args) = ty else { return None };
        let &field = self.generated.leads.get(&(*def, of_trait.to_owned()))?;
        let file = self.defs.file_of(*def);
        let params = self.defs.type_params(*def).map(|p| file.name(p.name)).enumerate();
        let map: Subst = params.map(|(i, name)| (name, args.get(i).cloned().unwrap_or(Ty::Unknown))).collect();
        Some(self.field_type(*def, field)?.subst(&map))
    }

    /// `#[enum_dispatch(Trait)] enum E`, `#[enum_dispatch(E)] trait Trait`, and the attributes beside a derive that name
    /// traits (`#[delegate(Trait, target = "inner")]`).
    fn add_delegations(
        &self,
        generated: &mut Generated<'w>,
        def: DefId,
        attribute: Option<&Attribute>,
        row: &AttributeModel,
    ) {
        let facts = self.defs.file_of(def).facts;
        let beside = row.field_mark.as_deref();
        let naming = self.defs.attributes(def).iter().filter(|a| beside == Some(last(facts, &a.path)));
        for attribute in naming.chain(attribute) {
            let target = attribute.args.iter().find_map(|meta| match (&meta.path, &meta.value) {
                (Some(path), MetaValue::Literal(Literal::Str(sym))) if last(facts, path) == "target" => Some(*sym),
                _ => None,
            });
            for path in
                attribute.args.iter().filter(|meta| meta.value == MetaValue::Flag).filter_map(|m| m.path.as_ref())
            {
                let Some(named) = self.type_named(def, path) else { continue };
                let (owner, of_trait) = match self.defs.def(def).kind {
                    DefKind::Trait => (named, def),
                    _ => (def, named),
                };
                let targets = self.delegation_targets(owner, target.map(|sym| facts.text(sym)));
                if self.defs.def(of_trait).kind == DefKind::Trait && !targets.is_empty() {
                    generated.delegated.entry(owner).or_default().push(of_trait);
                    generated.delegates.insert((owner, of_trait), targets);
                }
            }
        }
    }

    fn type_named(&self, at: DefId, path: &Path) -> Option<DefId> {
        let names = self.names_of_path(self.defs.def(at).file, path);
        match self.path(self.defs.def(at).module, &names, path.global, Ns::Types)?.res.first()? {
            Res::Def(def) => Some(*def),
            _ => None,
        }
    }

    /// What a type's variants or fields hold. A variant without fields holds the type of its own name.
    fn delegation_targets(&self, owner: DefId, field: Option<&str>) -> Vec<Ty> {
        if self.defs.def(owner).kind == DefKind::Struct {
            let named = field.and_then(|name| self.defs.names.find(name));
            return match named {
                Some(name) => self.field_type(owner, name).into_iter().collect(),
                None => self.field_types(owner).take(1).cloned().collect(),
            };
        }
        let variants =
            self.defs.members(owner).iter().filter(|&&v| matches!(self.defs.def(v).kind, DefKind::Variant(_)));
        let held = |&variant: &DefId| {
            let types = self.variant_types(variant);
            if types.is_empty() { self.type_of_name(variant).into_iter().collect() } else { types }
        };
        variants.flat_map(held).collect()
    }

    fn type_of_name(&self, variant: DefId) -> Option<Ty> {
        let data = self.defs.def(variant);
        match self.path(data.module, &[data.name], false, Ns::Types)?.res.first()? {
            Res::Def(def) if matches!(self.defs.def(*def).kind, DefKind::Struct | DefKind::Enum) => {
                Some(self.adt_type(*def))
            }
            _ => None,
        }
    }

    /// The implementations that a generated one of a workspace trait calls for a type.
    pub(crate) fn delegated(&self, method: DefId, of_trait: DefId, ty: &Ty) -> Callees<'w> {
        let Ty::Adt(def, _) = ty else { return SmallVec::new() };
        let Some(targets) = self.generated.delegates.get(&(*def, of_trait)) else { return SmallVec::new() };
        let others = targets.iter().filter(|target| !matches!(target.peel_pointers(), Ty::Adt(of, _) if of == def));
        let mut found: Callees<'w> = SmallVec::new();
        for callee in others.flat_map(|target| self.dispatch(method, Some(target))) {
            let known = |c: &Callee<'_>| matches!((c, &callee), (Callee::Def { def: a, .. }, Callee::Def { def: b, .. }) if a == b);
            if !found.iter().any(known) {
                found.push(callee);
            }
        }
        found
    }

    /// A method of a delegated trait on a type that delegates it.
    pub(crate) fn delegated_method(&self, ty: &Ty, name: Name) -> Callees<'w> {
        let Ty::Adt(def, _) = ty else { return SmallVec::new() };
        let traits = self.generated.delegated.get(def).map_or(&[][..], Vec::as_slice);
        let method = |&of_trait: &DefId| {
            let mut members = self.defs.members(of_trait).iter().copied();
            members.find(|&m| self.defs.def(m).name == name && self.defs.def(m).kind == DefKind::Fn)
        };
        traits.iter().find_map(method).map_or_else(SmallVec::new, |method| self.dispatch(method, Some(ty)))
    }
}
