//! Entry points: what the outside calls again and again.

use connlint_catalog::{AttributeModel, AttributeTarget, OnceScope, Role, Runs};
use connlint_facts::{Attribute, Literal, Meta, MetaValue, OpId, RegionKind, TextRange};
use rustc_hash::FxHashMap;

use crate::call_graph::build::CallGraphBuilder;
use crate::dataflow::loop_kind::{LoopDriver, pace};
use crate::domain::{Certainty, EntryKind, EntryPoint, FunctionId};
use crate::entry_points::routes::{Routes, join};
use crate::infer::bodies::{Bodies, BodyIx};
use crate::names::attributes::attribute_model;
use crate::names::defs::{DefId, DefKind};
use crate::names::marks::span_of;
use crate::types::context::TypeContext;
use crate::types::ty::{TraitId, Ty};

/// Functions that an attribute makes run once (`#[cached]`, `#[once]`).
pub(crate) fn once_functions(tcx: &TypeContext<'_>) -> FxHashMap<DefId, OnceScope> {
    let mut found = FxHashMap::default();
    for index in 0..tcx.defs.defs.len() {
        let def = DefId(index as u32);
        if tcx.defs.def(def).kind != DefKind::Fn {
            continue;
        }
        for attribute in tcx.defs.attributes(def) {
            if let Some(Runs::Once(scope)) = attribute_model(tcx, def, attribute).map(|m| m.runs) {
                found.insert(def, scope);
            }
        }
    }
    found
}

/// Collects the entry points of the workspace.
pub(crate) struct Collector<'a, 'w> {
    pub(crate) builder: &'a CallGraphBuilder<'a, 'w>,
    pub(crate) routes: Routes<'a, 'w>,
    pub(crate) include_tests: bool,
    /// Functions that run in a task or thread of their own.
    pub(crate) in_task: &'a [bool],
    pub(crate) found: Vec<EntryPoint>,
}

impl<'w> Collector<'_, 'w> {
    pub(crate) fn run(mut self) -> Vec<EntryPoint> {
        self.declared();
        self.implemented();
        self.registered();
        self.loops();
        self.found.sort_by(|a, b| {
            (a.function, a.kind, &a.route, &a.registered_at).cmp(&(b.function, b.kind, &b.route, &b.registered_at))
        });
        // One function registered twice is one entry point for each route; without a route the fuller one stays.
        self.found.dedup_by(|b, a| {
            let same = a.function == b.function && (a.route == b.route || a.route.is_none() || b.route.is_none());
            if same && a.route.is_none() {
                a.route = b.route.take();
                a.framework = a.framework.take().or(b.framework.take());
            }
            same
        });
        self.found
    }

    fn tcx(&self) -> &TypeContext<'w> {
        self.builder.tcx
    }

    fn bodies(&self) -> &Bodies<'w> {
        self.builder.bodies
    }

    fn push(&mut self, entry: EntryPoint) {
        let test_only = self.builder.functions.list[entry.function.0 as usize].test_only;
        if self.include_tests || !test_only {
            self.found.push(entry);
        }
    }

    /// Attributes on functions, impls and traits.
    fn declared(&mut self) {
        for index in 0..self.tcx().defs.defs.len() {
            let def = DefId(index as u32);
            match self.tcx().defs.def(def).kind {
                DefKind::Fn => self.declared_on(def, AttributeTarget::Fn),
                DefKind::Impl => self.declared_on(def, AttributeTarget::Impl),
                DefKind::Trait => self.declared_on(def, AttributeTarget::Trait),
                _ => {}
            }
        }
    }

    fn declared_on(&mut self, def: DefId, target: AttributeTarget) {
        for attribute in self.tcx().defs.attributes(def) {
            let Some(model) = attribute_model(self.tcx(), def, attribute) else { continue };
            let Some(kind) = EntryKind::of(model.runs) else { continue };
            // `#[handler] impl` and `#[handler] fn` share one row in some frameworks.
            if target == AttributeTarget::Fn {
                let method = model.http_method.clone();
                let route = route_of(self.tcx(), def, attribute, model.route_name.as_deref(), method);
                let route = route.map(|route| within_modules(self.tcx(), def, route));
                self.push_def(def, kind, route, attribute.range, &model.path);
            } else {
                self.members(def, kind, model);
            }
        }
    }

    fn members(&mut self, owner: DefId, kind: EntryKind, model: &AttributeModel) {
        for member in self.tcx().defs.members(owner).to_vec() {
            if self.tcx().defs.def(member).kind != DefKind::Fn {
                continue;
            }
            let marked = model
                .methods_with
                .as_deref()
                .map(|name| self.tcx().defs.attributes(member).iter().find(|a| self.last_segment(member, a) == name));
            let (route, range) = match marked {
                Some(None) => continue,
                Some(Some(attribute)) => {
                    let method = named(self.tcx(), member, &attribute.args, "method").map(|m| m.to_uppercase());
                    (route_of(self.tcx(), member, attribute, Some("path"), method), attribute.range)
                }
                None => (None, self.name_range(member)),
            };
            let route = route.or_else(|| Some(self.tcx().defs.text(self.tcx().defs.def(member).name).to_owned()));
            self.push_def(member, kind, route, range, &model.path);
        }
    }

    fn last_segment(&self, def: DefId, attribute: &Attribute) -> String {
        let file = self.tcx().defs.file_of(def);
        attribute.path.segments.last().map_or(String::new(), |s| file.facts.text(s.name).to_owned())
    }

    fn name_range(&self, def: DefId) -> TextRange {
        self.tcx().defs.item(def).map_or(TextRange::default(), |i| i.name_range)
    }

    fn push_def(&mut self, def: DefId, kind: EntryKind, route: Option<String>, range: TextRange, path: &str) {
        let Some(function) = self.builder.functions.of_def(self.bodies(), def) else { return };
        let registered_at = span_of(self.tcx(), def, range);
        self.push(EntryPoint {
            kind,
            function,
            route,
            registered_at,
            framework: path.split("::").next().map(str::to_owned),
            period: None,
            request_params: request_params(self.tcx(), def),
            certainty: Certainty::High,
            waits_unknown: false,
        });
    }

    /// Implementations of frameworks' traits, and of generated traits.
    fn implemented(&mut self) {
        let tcx = self.builder.tcx;
        for data in &tcx.impls.all {
            let members = tcx.defs.members(data.def).to_vec();
            match &data.trait_id {
                Some(TraitId::External(path)) => {
                    let module = tcx.defs.def(data.def).module;
                    let version = tcx.version_of(module, path);
                    let Some(model) = tcx.in_version(version, |v| tcx.catalog.trait_model(path, v)) else {
                        self.rpc_methods(&members);
                        continue;
                    };
                    for member in members {
                        let name = tcx.defs.text(tcx.defs.def(member).name);
                        let runs = model.entries.iter().find(|(n, _)| n == name || n == "*").map(|(_, r)| *r);
                        if let Some(kind) = runs.and_then(EntryKind::of) {
                            self.push_def(member, kind, None, self.name_range(member), &model.path);
                        }
                    }
                }
                _ if has_trait(tcx, data.def) => self.rpc_methods(&members),
                _ => {}
            }
        }
    }

    /// A trait's method that takes the request of an RPC framework is one of a generated service.
    fn rpc_methods(&mut self, members: &[DefId]) {
        for &member in members {
            let tcx = self.tcx();
            let Some(signature) = tcx.fn_signature(member) else { continue };
            let takes = |path: &str| signature.params.iter().any(|p| p.external_path() == Some(path));
            let row = tcx.catalog.generated().find(|row| row.request.as_deref().is_some_and(takes));
            if let Some(row) = row {
                let route = Some(tcx.defs.text(tcx.defs.def(member).name).to_owned());
                self.push_def(member, EntryKind::RpcMethod, route, self.name_range(member), &row.path);
            }
        }
    }

    /// Function values that registrations take.
    fn registered(&mut self) {
        let builder = self.builder;
        for taken in &builder.values.taken {
            let Some(kind) = EntryKind::of(taken.runs) else { continue };
            let data = builder.bodies.get(taken.body);
            let range = data.body.ops[taken.call.0 as usize].range;
            let registered_at = span_of(builder.tcx, data.def, range);
            let route = self.routes.of(taken.body, taken.call);
            let framework = data.api(taken.call).map(|(api, _)| api.path.clone());
            let framework = framework.or_else(|| match data.call(taken.call).map(|c| &c.target) {
                Some(crate::infer::body::Target::Macro(model)) => Some(model.path.clone()),
                _ => None,
            });
            let framework = framework.and_then(|p| p.split("::").next().map(str::to_owned));
            let mut functions = Vec::new();
            builder.targets(&taken.value, &mut |f| functions.push(f));
            for function in functions {
                self.push(EntryPoint {
                    kind,
                    function,
                    route: route.clone(),
                    registered_at: registered_at.clone(),
                    framework: framework.clone(),
                    period: None,
                    request_params: self.params_of(function),
                    certainty: Certainty::High,
                    waits_unknown: false,
                });
            }
        }
    }

    fn params_of(&self, function: FunctionId) -> Vec<bool> {
        match self.builder.functions.origin[function.0 as usize] {
            (ix, None) => request_params(self.tcx(), self.bodies().get(ix).def),
            _ => Vec::new(),
        }
    }

    /// Loops that wait for the outside, and loops over items.
    fn loops(&mut self) {
        let builder = self.builder;
        for (index, &(ix, frame)) in builder.functions.origin.iter().enumerate() {
            let Some(frame) = frame else { continue };
            let data = builder.bodies.get(ix);
            let function = FunctionId(index as u32);
            let region = &data.body.regions[frame.0 as usize];
            let mut waits_unknown = false;
            let (kind, period) = match region.kind {
                RegionKind::Loop(_) => match pace(builder.tcx, builder.bodies, data, frame) {
                    LoopDriver::Waits => {
                        waits_unknown = true;
                        // In a task of its own, such a loop is what the task is for.
                        let kind = if self.in_task[index] { EntryKind::MessageConsumer } else { EntryKind::Loop };
                        (kind, None)
                    }
                    LoopDriver::Accepts => (EntryKind::Connection, None),
                    LoopDriver::Receives => (EntryKind::MessageConsumer, None),
                    LoopDriver::Ticks(period) => (EntryKind::ScheduledJob, period),
                    LoopDriver::Items => (EntryKind::Loop, None),
                    LoopDriver::Counted => continue,
                },
                _ if self.runs_for_each(ix, data.value_of_region.get(&frame).copied()) => (EntryKind::Loop, None),
                _ => continue,
            };
            self.push(EntryPoint {
                kind,
                function,
                route: None,
                registered_at: span_of(builder.tcx, data.def, region.range),
                framework: None,
                period,
                request_params: Vec::new(),
                certainty: if waits_unknown { Certainty::Medium } else { Certainty::High },
                waits_unknown,
            });
        }
    }

    fn runs_for_each(&self, ix: BodyIx, closure: Option<OpId>) -> bool {
        let Some(closure) = closure else { return false };
        let def = self.bodies().get(ix).def;
        self.builder.each_item.contains(&(def, closure))
    }
}

/// Which parameters of a handler carry what the request says, rather than shared state.
fn request_params(tcx: &TypeContext<'_>, def: DefId) -> Vec<bool> {
    let is_state = |ty: &Ty| tcx.role_of(ty.peel_pointers()) == Some(Role::StateWrapper);
    tcx.signature(def).map_or(Vec::new(), |s| s.params.iter().map(|p| !is_state(p)).collect())
}

/// Whether an impl is a trait's, even one that is not found (generated code).
fn has_trait(tcx: &TypeContext<'_>, def: DefId) -> bool {
    use connlint_facts::ItemKind;
    matches!(tcx.defs.item(def).map(|i| &i.kind), Some(ItemKind::Impl(i)) if i.trait_path.is_some())
}

/// The route that an attribute tells: its named argument, or its first string.
fn route_of(
    tcx: &TypeContext<'_>,
    def: DefId,
    attribute: &Attribute,
    name: Option<&str>,
    method: Option<String>,
) -> Option<String> {
    let path = match name {
        Some(name) => named(tcx, def, &attribute.args, name).or_else(|| first_string(tcx, def, &attribute.args)),
        None => first_string(tcx, def, &attribute.args),
    };
    match (method, path) {
        (Some(method), Some(path)) => Some(format!("{method} {path}")),
        (None, Some(path)) => Some(path),
        (_, None) => None,
    }
}

/// A route with the prefixes that attributes of the modules around give it (`#[scope("/items")] mod items`).
fn within_modules(tcx: &TypeContext<'_>, def: DefId, route: String) -> String {
    let (method, mut path) = match route.split_once(' ') {
        Some((method, path)) => (Some(method), path.to_owned()),
        None => (None, route.clone()),
    };
    let mut at = Some(tcx.defs.def(def).module);
    while let Some(ix) = at {
        let module = tcx.defs.module(ix);
        for attribute in tcx.defs.attributes(module.def) {
            let row = attribute_model(tcx, module.def, attribute);
            if row.is_some_and(|row| row.on == AttributeTarget::Mod && row.runs == Runs::Router)
                && let Some(prefix) = first_string(tcx, module.def, &attribute.args)
            {
                join(&mut path, &prefix);
            }
        }
        at = module.parent;
    }
    method.map_or_else(|| path.clone(), |method| format!("{method} {path}"))
}

fn named(tcx: &TypeContext<'_>, def: DefId, args: &[Meta], name: &str) -> Option<String> {
    let file = tcx.defs.file_of(def);
    args.iter().find_map(|meta| {
        let is_it = meta.path.as_ref()?.segments.last().is_some_and(|s| file.facts.text(s.name) == name);
        match &meta.value {
            MetaValue::Literal(Literal::Str(sym)) if is_it => Some(file.facts.text(*sym).to_owned()),
            _ => None,
        }
    })
}

fn first_string(tcx: &TypeContext<'_>, def: DefId, args: &[Meta]) -> Option<String> {
    let file = tcx.defs.file_of(def);
    args.iter().find_map(|meta| match &meta.value {
        MetaValue::Literal(Literal::Str(sym)) if meta.path.is_none() => Some(file.facts.text(*sym).to_owned()),
        _ => None,
    })
}

impl<'w> TypeContext<'w> {
    fn fn_signature(&self, def: DefId) -> Option<std::sync::Arc<crate::types::signatures::Signature>> {
        self.defs.fn_item(def)?;
        self.signature(def)
    }
}
