//! The search through a library's public items.

use connlint_catalog::{Effect, Mode, Role};
use connlint_facts::{Fields, ItemKind, Span, Visibility};
use rustc_hash::FxHashSet;

use super::{FunctionModel, LibraryModel, TypeModel};
use crate::call_graph::function_values::ParamUses;
use crate::domain::{EffectSite, FunctionId};
use crate::infer::bodies::Bodies;
use crate::link::StageInput;
use crate::names::defs::{DefId, DefKind};
use crate::names::exports::Exports;
use crate::names::marks::span_of;
use crate::program::Program;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// Calls that are followed from a public function.
const MAX_REACHED: usize = 2_000;
/// Levels of fields that are followed to a held connection.
const MAX_FIELDS: usize = 3;

pub(super) struct Search<'a, 'w> {
    pub(super) tcx: &'a TypeContext<'w>,
    pub(super) bodies: &'a Bodies<'w>,
    pub(super) stage: &'a StageInput<'a, 'w>,
    pub(super) exports: &'a Exports,
    pub(super) program: &'a Program,
    pub(super) uses: ParamUses<'a, 'w>,
}

impl<'a, 'w> Search<'a, 'w> {
    pub(super) fn new(stage: &'a StageInput<'a, 'w>, exports: &'a Exports, program: &'a Program) -> Self {
        let &StageInput { tcx, bodies, .. } = stage;
        Self { tcx, bodies, stage, exports, program, uses: ParamUses::of(bodies) }
    }

    pub(super) fn run(&self) -> LibraryModel {
        let mut found = LibraryModel { traits: self.called_traits(), ..LibraryModel::default() };
        for (&def, path) in &self.exports.paths {
            match self.tcx.defs.def(def).kind {
                DefKind::Fn => found.functions.extend(self.function(def, path.clone())),
                DefKind::Struct | DefKind::Enum => {
                    found.types.extend(self.held_type(def, path));
                    self.methods(def, path, &mut found);
                }
                _ => {}
            }
        }
        found.types.sort_by(|a, b| a.path.cmp(&b.path));
        found.types.dedup_by(|later, first| later.path == first.path);
        found.functions.sort_by(|a, b| a.path.cmp(&b.path));
        found.functions.dedup_by(|later, first| later.path == first.path);
        found
    }

    /// The public inherent methods of a type.
    fn methods(&self, def: DefId, path: &str, found: &mut LibraryModel) {
        let defs = &self.tcx.defs;
        let ty = self.tcx.adt_type(def);
        let impls = self.tcx.impls_of_type(&ty).filter(|data| data.trait_id.is_none());
        for member in impls.flat_map(|data| defs.members(data.def)) {
            let is_public = defs.item(*member).is_some_and(|item| item.visibility == Visibility::Public);
            if is_public && defs.def(*member).kind == DefKind::Fn {
                let path = format!("{path}::{}", defs.text(defs.def(*member).name));
                found.functions.extend(self.function(*member, path));
            }
        }
    }

    fn held_type(&self, def: DefId, path: &str) -> Option<TypeModel> {
        let ty = self.tcx.adt_type(def);
        let (role, holds) = self.held(&ty, 0)?;
        let deref = self.tcx.deref(&ty).map(|ty| self.text(&ty)).filter(|text| text != "_");
        Some(TypeModel { path: path.to_owned(), role, holds, deref, span: self.name_of(def)? })
    }

    /// What connection, pool or client a type is or holds in its fields.
    fn held(&self, ty: &Ty, depth: usize) -> Option<(Role, String)> {
        match ty.peel_pointers() {
            Ty::External(path, args) => {
                let role = self.tcx.role(path).unwrap_or(Role::Other);
                match role {
                    Role::Pool
                    | Role::Connection
                    | Role::PooledConnection
                    | Role::MultiplexedConnection
                    | Role::Transaction
                    | Role::Client => Some((role, path.to_string())),
                    Role::Lock | Role::Pointer | Role::Other if args.len() == 1 => self.held(&args[0], depth),
                    _ => None,
                }
            }
            Ty::Adt(def, _) if depth < MAX_FIELDS => {
                let Some(ItemKind::Struct { fields, .. }) = self.tcx.defs.item(*def).map(|item| &item.kind) else {
                    return None;
                };
                let (Fields::Named(fields) | Fields::Tuple(fields)) = fields else { return None };
                let scope = self.tcx.scope_of(*def);
                fields.iter().find_map(|field| self.held(&self.tcx.lower(&scope, &field.ty), depth + 1))
            }
            _ => None,
        }
    }

    fn function(&self, def: DefId, path: String) -> Option<FunctionModel> {
        let declared = self.tcx.defs.fn_item(def)?;
        let span = self.name_of(def)?;
        let sites = self.sites(self.stage.functions.of_def(self.bodies, def)?);
        let callbacks = self.callbacks(def);
        if sites.is_empty() && callbacks.is_empty() {
            return None;
        }
        let signature = self.tcx.signature(def)?;
        let (is_async, returns) = match &signature.ret {
            Ty::Future(output) => (true, &**output),
            other => (declared.is_async, other),
        };
        let blocks = |site: &&EffectSite| {
            let model = self.tcx.catalog.api(&site.api, None);
            model.is_some_and(|api| api.mode == Mode::Blocking)
        };
        let mode = match is_async {
            true => Mode::Async,
            false if sites.iter().any(blocks) => Mode::Blocking,
            false => Mode::Sync,
        };
        let mut effects: Vec<Effect> = sites.iter().map(|site| site.effect).collect();
        effects.sort();
        effects.dedup();
        let opening = sites.iter().find(|site| site.effect.is_opening());
        Some(FunctionModel {
            path,
            receiver: declared.self_param.as_ref().map(|param| param.kind),
            params: signature.params.iter().map(|ty| self.text(ty)).collect(),
            callbacks,
            returns: self.text(returns),
            mode,
            effects,
            resource: opening.map(|site| site.resource),
            through: opening.or(sites.first()).map(|site| site.api.clone()),
            span,
        })
    }

    /// What a function does each time that it runs, through its helpers.
    fn sites(&self, function: FunctionId) -> Vec<&EffectSite> {
        let mut seen: FxHashSet<FunctionId> = FxHashSet::default();
        let mut queue = vec![function];
        while let Some(id) = queue.pop() {
            if seen.len() > MAX_REACHED || !seen.insert(id) {
                continue;
            }
            queue.extend(self.program.calls_of(id).filter(|call| call.shared.is_none()).map(|call| call.to));
        }
        let sites = self.program.sites.iter().filter(|site| seen.contains(&site.function) && site.shared.is_none());
        sites.filter(|site| is_told(site.effect)).collect()
    }

    pub(super) fn name_of(&self, def: DefId) -> Option<Span> {
        Some(span_of(self.tcx, def, self.tcx.defs.item(def)?.name_range))
    }
}

/// Effects that a caller must know of.
fn is_told(effect: Effect) -> bool {
    effect.is_opening() || matches!(effect, Effect::Acquire | Effect::Begin | Effect::Query | Effect::Leak)
}
