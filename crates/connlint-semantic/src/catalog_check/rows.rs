//! Rows against what their paths lead to.

use connlint_catalog::{ApiModel, AttributeTarget, Mode, Role, Row, TypeModel};
use connlint_facts::{Fields, ItemKind, MetaValue, SelfKind, TargetKind};

use super::paths::Walk;
use super::{Sources, Verdict};
use crate::names::defs::{DefId, DefKind, Res};
use crate::names::resolve::Ns;
use crate::types::callee::{Callee, Callees};
use crate::types::ty::{TraitId, Ty};

/// Steps of `Deref` on which a method is looked for.
const MAX_DEREF: usize = 4;

impl<'w> Sources<'w> {
    /// Compares a row with the sources. Where its canonical path is none of the crate's, another path that the data give
    /// for the same item proves it.
    pub fn check(&self, row: Row<'_>) -> Verdict {
        match row {
            Row::Api(api) => self.check_api(api),
            Row::Type(model) => self.check_type(model),
            Row::Trait(model) => self.check_item(&model.path, |kind| kind == DefKind::Trait, "trait"),
            Row::Alias(model) => {
                let is_type = |kind| matches!(kind, DefKind::Alias | DefKind::Struct | DefKind::Enum);
                match self.check_item(&model.path, is_type, "type") {
                    Verdict::Agrees => self.check_alias(&model.path, &model.target),
                    other => other,
                }
            }
            Row::Attribute(model) => self.check_macro(&model.path, model.on == AttributeTarget::Type),
            Row::Macro(model) => self.check_macro(&model.path, false),
            Row::Setting(model) => self.check_setting(&model.path),
        }
    }

    fn unread(&self, path: &str) -> Verdict {
        Verdict::Needs(path.split("::").next().unwrap_or(path).to_owned())
    }

    fn check_item(&self, path: &str, is_it: impl Fn(DefKind) -> bool, what: &str) -> Verdict {
        match self.walk(path, Ns::Types) {
            Walk::Missing(why) => Verdict::Absent(why),
            Walk::Unread(path) => self.unread(&path),
            Walk::Found(found, 0) => {
                let kinds = found.iter().filter_map(|res| match res {
                    Res::Def(def) => Some(self.tcx().defs.def(*def).kind),
                    _ => None,
                });
                let is_right = kinds.into_iter().any(is_it);
                if is_right { Verdict::Agrees } else { Verdict::Differs(format!("is no {what}")) }
            }
            Walk::Found(..) => Verdict::Absent(format!("is no {what}")),
        }
    }

    fn check_alias(&self, path: &str, target: &connlint_catalog::TypeExpr) -> Verdict {
        let Walk::Found(found, 0) = self.walk(path, Ns::Types) else { return Verdict::Agrees };
        let (Some(Res::Def(def)), row) = (found.first(), self.row_type(target)) else { return Verdict::Agrees };
        match row {
            Err(why) => Verdict::Differs(why),
            Ok(row) => self.compare(&row, &self.type_of(*def), "stands for"),
        }
    }

    fn compare(&self, row: &Ty, source: &Ty, verb: &str) -> Verdict {
        if self.agree(row, source) {
            return Verdict::Agrees;
        }
        Verdict::Differs(format!("{verb} `{}`, not `{}`", self.show(source), self.show(row)))
    }

    fn check_type(&self, model: &TypeModel) -> Verdict {
        let tcx = self.tcx();
        let is_type = |kind| matches!(kind, DefKind::Alias | DefKind::Struct | DefKind::Enum | DefKind::Trait);
        let found = self.check_item(&model.path, is_type, "type");
        let Walk::Found(defs, 0) = self.walk(&model.path, Ns::Types) else { return found };
        let Some(Res::Def(def)) = defs.first() else { return found };
        if found != Verdict::Agrees || defs.len() > 1 || tcx.defs.def(*def).kind == DefKind::Trait {
            return found;
        }
        let ty = self.type_of(*def);
        let declared = tcx.defs.type_params(*def).count();
        if tcx.defs.def(*def).kind != DefKind::Alias && model.generics.len() > declared {
            return Verdict::Differs(format!("has {declared} type parameters, not {}", model.generics.len()));
        }
        let parts = [self.check_deref(model, &ty), self.check_output(model, &ty), self.check_fields(model, *def)];
        parts.into_iter().find(|part| *part != Verdict::Agrees).unwrap_or(Verdict::Agrees)
    }

    fn check_deref(&self, model: &TypeModel, ty: &Ty) -> Verdict {
        let Some(expr) = &model.deref else { return Verdict::Agrees };
        if model.role == Role::PoolManager {
            // The data state here what the manager makes, which is what a pooled connection dereferences to.
            return Verdict::Agrees;
        }
        match (self.row_type(expr), self.tcx().deref(ty)) {
            (Err(why), _) => Verdict::Differs(why),
            (Ok(row), Some(source)) => self.compare(&row, &source, "dereferences to"),
            // Of the standard library itself the trait is a definition.
            (Ok(_), None) if self.implements(ty, "Deref") => Verdict::Agrees,
            (Ok(_), None) => Verdict::Differs("does not implement `Deref`".to_owned()),
        }
    }

    fn check_output(&self, model: &TypeModel, ty: &Ty) -> Verdict {
        let Some(expr) = &model.output else { return Verdict::Agrees };
        match (self.row_type(expr), self.output_of(ty)) {
            (Err(why), _) => Verdict::Differs(why),
            (Ok(row), Some(source)) => self.compare(&row, &source, "yields"),
            (Ok(_), None) => Verdict::Differs("is no future".to_owned()),
        }
    }

    fn check_fields(&self, model: &TypeModel, def: DefId) -> Verdict {
        let tcx = self.tcx();
        for (name, expr) in &model.fields {
            let found = tcx.defs.names.find(name).and_then(|name| tcx.field_type(def, name));
            let Some(source) = found else { return Verdict::Differs(format!("has no field `{name}`")) };
            match self.row_type(expr) {
                Err(why) => return Verdict::Differs(why),
                Ok(row) if !self.agree(&row, &source) => {
                    return self.compare(&row, &source, &format!("field `{name}` is"));
                }
                Ok(_) => {}
            }
        }
        let has_field = |name: &str| tcx.defs.names.find(name).is_some_and(|name| tcx.field_type(def, name).is_some());
        match model.runs.iter().find(|(name, _)| !has_field(name)) {
            Some((name, _)) => Verdict::Differs(format!("has no field `{name}`")),
            None => Verdict::Agrees,
        }
    }

    fn check_setting(&self, path: &str) -> Verdict {
        let Some((owner, name)) = path.rsplit_once("::") else { return Verdict::Absent("is no path".to_owned()) };
        let found = self.candidates(path);
        match found {
            Ok(found) if !found.is_empty() => Verdict::Agrees,
            Err(verdict @ Verdict::Needs(_)) => verdict,
            _ => self.check_field(owner, name),
        }
    }

    fn check_field(&self, owner: &str, name: &str) -> Verdict {
        let tcx = self.tcx();
        match self.walk(owner, Ns::Types) {
            Walk::Unread(path) => self.unread(&path),
            Walk::Missing(why) => Verdict::Absent(why),
            Walk::Found(found, _) => {
                let name_id = tcx.defs.names.find(name);
                let has = |res: &Res| match (res, name_id) {
                    (Res::Def(def), Some(name)) => tcx.field_type(*def, name).is_some(),
                    _ => false,
                };
                if found.iter().any(has) {
                    Verdict::Agrees
                } else {
                    Verdict::Absent(format!("`{owner}` has no field or method `{name}`"))
                }
            }
        }
    }

    /// A macro: exported by `macro_rules!`, or a procedural one by its function or the name that a derive declares.
    fn check_macro(&self, path: &str, may_be_derive: bool) -> Verdict {
        let (krate, name) = (path.split("::").next().unwrap_or(path), path.rsplit("::").next().unwrap_or(path));
        match self.walk(path, Ns::Macros) {
            Walk::Found(found, 0) if found.iter().any(|res| matches!(res, Res::Def(_))) => Verdict::Agrees,
            _ if path.split("::").count() == 2 && self.exported_macro(krate, name).is_some() => Verdict::Agrees,
            _ if may_be_derive && self.derive_named(name) => Verdict::Agrees,
            Walk::Unread(path) => self.unread(&path),
            Walk::Missing(why) => Verdict::Absent(why),
            Walk::Found(..) => Verdict::Absent("is no macro".to_owned()),
        }
    }

    /// Whether a procedural macro of the sources declares `#[proc_macro_derive(Name)]`.
    fn derive_named(&self, name: &str) -> bool {
        let defs = &self.tcx().defs;
        (0..defs.defs.len() as u32).map(DefId).any(|id| {
            let file = defs.file_of(id);
            let declares = |attribute: &connlint_facts::Attribute| {
                let is_derive =
                    attribute.path.segments.last().is_some_and(|s| file.facts.text(s.name) == "proc_macro_derive");
                is_derive
                    && attribute.args.first().is_some_and(|meta| {
                        let path = meta.path.as_ref().or(match &meta.value {
                            MetaValue::Path(path) => Some(path),
                            _ => None,
                        });
                        path.and_then(|path| path.segments.last()).is_some_and(|s| file.facts.text(s.name) == name)
                    })
            };
            defs.def(id).kind == DefKind::Fn && defs.attributes(id).iter().any(declares)
        })
    }

    fn check_api(&self, api: &ApiModel) -> Verdict {
        if self.is_derived(&api.path) {
            return Verdict::Agrees;
        }
        let found = match self.candidates(&api.path) {
            Ok(found) => found,
            Err(verdict) => return verdict,
        };
        let mut first = None;
        for callee in &found {
            match self.check_callee(api, callee) {
                Verdict::Agrees => return Verdict::Agrees,
                other => first = first.or(Some(other)),
            }
        }
        first.unwrap_or_else(|| Verdict::Absent(format!("nothing is called `{}`", api.path)))
    }

    /// `Type::default` of a type that derives it.
    fn is_derived(&self, path: &str) -> bool {
        let defs = &self.tcx().defs;
        let Some(owner) = path.strip_suffix("::default") else { return false };
        let Walk::Found(found, 0) = self.walk(owner, Ns::Types) else { return false };
        found.iter().filter_map(Res::def).any(|def| {
            let file = defs.file_of(def);
            let is_default = |meta: &connlint_facts::Meta| {
                let path = meta.path.as_ref().or(match &meta.value {
                    MetaValue::Path(path) => Some(path),
                    _ => None,
                });
                path.and_then(|path| path.segments.last()).is_some_and(|s| file.facts.text(s.name) == "Default")
            };
            defs.attributes(def).iter().any(|attribute| {
                let is_derive = attribute.path.segments.last().is_some_and(|s| file.facts.text(s.name) == "derive");
                is_derive && attribute.args.iter().any(is_default)
            })
        })
    }

    /// What a function's path may mean: all of the same name under different `cfg`s.
    fn candidates(&self, path: &str) -> Result<Vec<Callee<'_>>, Verdict> {
        let callee = |def: DefId| Callee::Def { def, self_ty: None };
        if let Walk::Found(found, 0) = self.walk(path, Ns::Values) {
            let defs = found.iter().filter_map(|res| match res {
                Res::Def(def) => Some(*def),
                _ => None,
            });
            let is_value = |def: &DefId| {
                let defs = &self.tcx().defs;
                let kind = defs.def(*def).kind;
                // The function of a procedural macro is no value for whoever uses the macro.
                !matches!(kind, DefKind::Mod(_) | DefKind::Trait) && defs.krate(*def).kind != TargetKind::ProcMacro
            };
            let found: Vec<Callee<'_>> = defs.filter(is_value).map(callee).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let Some((owner, name)) = path.rsplit_once("::") else { return Ok(Vec::new()) };
        match self.walk(owner, Ns::Types) {
            Walk::Missing(why) => Err(Verdict::Absent(why)),
            Walk::Unread(path) => Err(self.unread(&path)),
            Walk::Found(found, 0) => {
                let mut all = Vec::new();
                for def in found.iter().filter_map(Res::def) {
                    all.extend(self.members_named(def, name));
                    if let (true, Some(path)) = (all.is_empty(), self.type_of(def).external_path())
                        && !path.starts_with("std::")
                    {
                        return Err(self.unread(path));
                    }
                }
                if let (true, [Res::Def(def)]) = (all.is_empty(), found.as_slice())
                    && matches!(self.tcx().defs.def(*def).kind, DefKind::Mod(_))
                    && let Walk::Unread(path) = self.walk(path, Ns::Values)
                {
                    return Err(self.unread(&path));
                }
                Ok(all)
            }
            Walk::Found(..) => Ok(Vec::new()),
        }
    }

    /// Functions of a type or trait.
    fn members_named(&self, owner: DefId, name: &str) -> Callees<'w> {
        let tcx = self.tcx();
        let mut found = Callees::new();
        let Some(name) = tcx.defs.names.find(name) else { return found };
        let scope = tcx.scope_of(owner);
        match tcx.defs.def(owner).kind {
            DefKind::Trait => {
                found.extend(self.trait_function(owner, name).map(|def| Callee::Def { def, self_ty: None }));
            }
            DefKind::Mod(_) => {}
            _ => {
                if tcx.defs.def(owner).name == name {
                    // The constructor of a tuple struct, as the data write what a pattern binds.
                    found.push(Callee::Def { def: owner, self_ty: None });
                    return found;
                }
                let mut ty = self.type_of(owner);
                if let Ty::Adt(def, _) = ty
                    && let Some(variant) = tcx.variant(def, name)
                {
                    found.push(Callee::Def { def: variant, self_ty: None });
                    return found;
                }
                for _ in 0..MAX_DEREF {
                    found = tcx.type_member(&scope, &ty, name);
                    match (found.is_empty(), tcx.deref(&ty)) {
                        (true, Some(next)) => ty = next,
                        _ => break,
                    }
                }
            }
        }
        found
    }

    /// A function of a trait or of one behind it, the nearest.
    fn trait_function(&self, owner: DefId, name: crate::names::interner::Name) -> Option<DefId> {
        let tcx = self.tcx();
        let mut traits = vec![owner];
        let mut next = 0;
        while let Some(&at) = traits.get(next) {
            next += 1;
            let own = tcx.defs.members(at).iter().copied().find(|&member| {
                let def = tcx.defs.def(member);
                def.name == name && def.kind == DefKind::Fn
            });
            if own.is_some() {
                return own;
            }
            for head in tcx.supertraits(at) {
                match head {
                    TraitId::Def(def) if !traits.contains(def) => traits.push(*def),
                    _ => {}
                }
            }
        }
        None
    }

    fn check_callee(&self, api: &ApiModel, callee: &Callee<'_>) -> Verdict {
        let Callee::Def { def, .. } = callee else { return Verdict::Agrees };
        let tcx = self.tcx();
        let data = tcx.defs.def(*def);
        match data.kind {
            DefKind::Fn => self.check_function(api, *def),
            DefKind::Struct | DefKind::Variant(_) => {
                let fields = self.field_count(*def);
                self.check_count(api, fields)
            }
            DefKind::Const | DefKind::Static => Verdict::Agrees,
            _ => Verdict::Differs("is no function".to_owned()),
        }
    }

    fn field_count(&self, def: DefId) -> usize {
        let tcx = self.tcx();
        let data = tcx.defs.def(def);
        let fields = match (tcx.defs.item(def).map(|item| &item.kind), data.kind) {
            (Some(ItemKind::Struct { fields, .. }), _) => Some(fields),
            (Some(ItemKind::Enum { variants, .. }), DefKind::Variant(index)) => {
                variants.get(index as usize).map(|variant| &variant.fields)
            }
            _ => None,
        };
        match fields {
            Some(Fields::Named(list) | Fields::Tuple(list)) => list.len(),
            _ => 0,
        }
    }

    fn check_count(&self, api: &ApiModel, count: usize) -> Verdict {
        let named = api.callbacks.iter().filter_map(|callback| callback.arg).chain(api.executor_arg);
        let least = named.map(|arg| usize::from(arg) + 1).max().unwrap_or(0).max(api.params.len());
        if least > count {
            return Verdict::Differs(format!("has {count} parameters, not {least}"));
        }
        Verdict::Agrees
    }

    fn check_function(&self, api: &ApiModel, def: DefId) -> Verdict {
        let tcx = self.tcx();
        let (Some(item), Some(signature)) = (tcx.defs.fn_item(def), tcx.signature(def)) else {
            return Verdict::Differs("is no function".to_owned());
        };
        if api.takes_self != item.self_param.is_some() {
            let takes = if api.takes_self { "takes no `self`" } else { "takes `self`" };
            return Verdict::Differs(takes.to_owned());
        }
        if let Some(param) = &item.self_param {
            let by_value = param.kind == SelfKind::Value && param.ty.is_none();
            if param.ty.is_none() && by_value != api.consumes_self {
                let how = if by_value { "by value" } else { "by reference" };
                return Verdict::Differs(format!("takes `self` {how}"));
            }
        }
        match self.check_count(api, signature.params.len()) {
            Verdict::Agrees => self.check_return(api, item.is_async, &signature.ret),
            other => other,
        }
    }

    fn check_return(&self, api: &ApiModel, is_async: bool, source: &Ty) -> Verdict {
        let row = match self.row_type(&api.returns) {
            Ok(row) => row,
            Err(why) => return Verdict::Differs(why),
        };
        let output = self.output_of(source);
        match (api.mode, output) {
            (Mode::Async, Some(output)) => self.compare(&row, &output, "yields"),
            (Mode::Async, None) => Verdict::Differs(format!("is not async: returns `{}`", self.show(source))),
            (_, _) if is_async && !matches!(row, Ty::Future(_)) => Verdict::Differs("is async".to_owned()),
            _ => self.compare(&row, source, "returns"),
        }
    }
}
