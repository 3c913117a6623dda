//! Entry points: what the outside calls again and again.

use std::cell::OnceCell;

use connlint_catalog::{CrateModel, OnceScope, Role, Runs, TraitModel, applies};
use connlint_facts::{CrateId, DependencyKind, OpId, OpKind, RegionKind, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call_graph::build::CallGraphBuilder;
use crate::dataflow::loop_kind::{LoopDriver, is_begun_anew, is_endless, pace, serves_what_comes};
use crate::domain::{Certainty, EntryKind, EntryPoint, FunctionId, ParamSource};
use crate::entry_points::routes::Routes;
use crate::entry_points::unread::Serving;
use crate::infer::bodies::{Bodies, BodyIx};
use crate::names::attributes::{attribute_model, runs_by};
use crate::names::defs::{DefId, DefKind};
use crate::names::marks::{crate_of_def, is_test, span_of};
use crate::types::context::TypeContext;
use crate::types::impl_index::ImplData;
use crate::types::roles::role_behind;
use crate::types::ty::{TraitId, Ty};

/// Categories of frameworks whose programs run in a process of one user.
const SINGLE_USER: [&str; 2] = ["desktop", "database-extension"];

/// Functions that an attribute makes run once (`#[cached]`, `#[once]`).
pub(crate) fn once_functions(tcx: &TypeContext<'_>) -> FxHashMap<DefId, OnceScope> {
    let mut found = FxHashMap::default();
    for index in 0..tcx.defs.defs.len() {
        let def = DefId(index as u32);
        if tcx.defs.def(def).kind != DefKind::Fn {
            continue;
        }
        for attribute in tcx.defs.attributes(def) {
            let row = attribute_model(tcx, def, attribute);
            if let Some(Runs::Once(scope)) = row.map(|row| runs_by(tcx, def, attribute, row)) {
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
    /// Handlers that attributes describe, for those that nothing else registers.
    pub(crate) documented: Vec<EntryPoint>,
    /// Functions that run handlers which are not async, of those that something calls, with the crate that does.
    pub(crate) called_executors: OnceCell<FxHashSet<(String, CrateId)>>,
}

impl<'w> Collector<'_, 'w> {
    pub(crate) fn run(mut self, serving: &Serving) -> Vec<EntryPoint> {
        self.declared();
        self.implemented();
        self.registered();
        self.given_away(serving);
        self.by_signature();
        self.rewritten(serving);
        self.loops();
        let known: FxHashSet<FunctionId> = self.found.iter().map(|entry| entry.function).collect();
        let documented = std::mem::take(&mut self.documented).into_iter();
        self.found.extend(documented.filter(|entry| !known.contains(&entry.function)));
        self.found.sort_by(|a, b| {
            (a.function, a.kind, &a.route, &a.registered_at).cmp(&(b.function, b.kind, &b.route, &b.registered_at))
        });
        // One function registered twice is one entry point for each route; without a route the fuller one stays.
        self.found.dedup_by(|b, a| {
            let is_end = |a: &str, b: &str| {
                let rest = b.split_once(' ').and_then(|(_, path)| path.strip_prefix(a.trim_end_matches('/')));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let fuller = a.route.as_deref().is_none_or(|a| b.route.as_deref().is_some_and(|b| is_end(a, b)));
            let same = a.function == b.function && (a.route == b.route || fuller || b.route.is_none());
            if same && fuller {
                a.route = b.route.take();
                a.framework = a.framework.take().or(b.framework.take());
            }
            same
        });
        self.found
    }

    pub(super) fn tcx(&self) -> &TypeContext<'w> {
        self.builder.tcx
    }

    pub(super) fn bodies(&self) -> &Bodies<'w> {
        self.builder.bodies
    }

    pub(super) fn push(&mut self, mut entry: EntryPoint) {
        let framework = entry.framework.as_deref().and_then(|lib| self.tcx().catalog.crate_of(lib));
        entry.single_user |= framework.is_some_and(|krate| SINGLE_USER.contains(&&*krate.category));
        entry.on_worker = framework.is_some_and(|krate| self.on_worker(krate, entry.function));
        let test_only = self.builder.functions.list[entry.function.0 as usize].test_only;
        if (self.include_tests || !test_only) && !self.is_of_browser(entry.function) {
            self.found.push(entry);
        }
    }

    /// Whether a function is in a crate that is built for a browser: what it runs there, it runs for one user.
    fn is_of_browser(&self, function: FunctionId) -> bool {
        let def = self.bodies().get(self.builder.functions.origin[function.0 as usize].0).def;
        let words = self.tcx().catalog.package_words();
        let dependencies = &self.tcx().defs.krate(def).dependencies;
        let mut direct = dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
        direct.any(|one| words.is_of_browser(&one.package, &one.features))
    }

    /// Whether a framework, in the version at hand, runs such a function on a worker, be it async or not.
    fn on_worker(&self, framework: &CrateModel, function: FunctionId) -> bool {
        let Some(versions) = &framework.sync_on_workers else { return false };
        let def = self.bodies().get(self.builder.functions.origin[function.0 as usize].0).def;
        let version = self.tcx().version_of(self.tcx().defs.def(def).module, &framework.lib);
        applies(versions, version) && !self.executes_in_sync(framework, def)
    }

    /// Whether a program that a function is part of runs what is not async of a framework itself, on a thread of its
    /// choice.
    fn executes_in_sync(&self, framework: &CrateModel, def: DefId) -> bool {
        if framework.sync_executors.is_empty() {
            return false;
        }
        let called = self.called_executors.get_or_init(|| {
            let bodies = self.bodies().list.iter().filter(|data| !is_test(self.tcx(), data.def));
            let calls = bodies.flat_map(|data| data.types.calls.iter().map(move |call| (data, call.op)));
            let executors = calls.filter_map(|(data, op)| {
                let path = &data.api(op)?.0.path;
                let krate = crate_of_def(self.tcx(), data.def);
                self.tcx().catalog.is_sync_executor(path).then(|| (path.clone(), krate))
            });
            executors.collect()
        });
        let krate = crate_of_def(self.tcx(), def);
        let mut called = called.iter().filter(|(path, _)| framework.sync_executors.contains(path));
        called.any(|&(_, caller)| self.tcx().processes.share(krate, caller))
    }

    pub(super) fn name_range(&self, def: DefId) -> TextRange {
        self.tcx().defs.item(def).map_or(TextRange::default(), |i| i.name_range)
    }

    pub(super) fn push_def(
        &mut self,
        def: DefId,
        kind: EntryKind,
        route: Option<String>,
        range: TextRange,
        path: &str,
    ) {
        let Some(function) = self.builder.functions.of_def(self.bodies(), def) else { return };
        let registered_at = span_of(self.tcx(), def, range);
        self.push(EntryPoint {
            kind,
            function,
            route,
            registered_at,
            framework: path.split("::").next().map(str::to_owned),
            period: None,
            endless: false,
            request_params: self.params_of(kind, function),
            certainty: Certainty::High,
            waits_unknown: false,
            single_user: false,
            on_worker: false,
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
                    if self.is_of_client(data, model) || !tcx.is_entered(data, model) {
                        continue;
                    }
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

    /// Whether an implementation of a trait that both sides use is a client's part: it is for what only clients pass
    /// (a connector's address), or its values are given to clients and to no server.
    fn is_of_client(&self, data: &ImplData, model: &TraitModel) -> bool {
        if model.not_for.is_empty() {
            return false;
        }
        let first = self.tcx().trait_args(data.def).into_iter().next();
        if first.as_ref().and_then(Ty::external_path).is_some_and(|path| model.not_for.iter().any(|p| p == path)) {
            return true;
        }
        let Ty::Adt(adt, _) = data.self_ty.peel_refs() else { return false };
        let (mut to_client, mut to_server) = (false, false);
        for body in &self.bodies().list {
            for call in &body.types.calls {
                let is_it = |&arg: &OpId| matches!(body.ty(arg).peel_pointers(), Ty::Adt(of, _) if of == adt);
                if !call.args.iter().any(is_it) {
                    continue;
                }
                let serves = call.api().is_some_and(|(api, _)| {
                    api.route.is_some() || api.callbacks.iter().any(|c| matches!(c.runs, Runs::Service | Runs::Router))
                });
                to_server |= serves;
                to_client |= role_behind(self.tcx(), body.ty(call.op)) == Some(Role::Client);
            }
        }
        to_client && !to_server
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
            let by_macro = match data.call(taken.call).map(|c| &c.target) {
                Some(crate::infer::body::Target::Macro(model)) => Some(*model),
                _ => None,
            };
            let framework =
                data.api(taken.call).map(|(api, _)| api.path.as_str()).or(by_macro.map(|m| m.path.as_str()));
            // One that a field holds, the crate runs whose type it is.
            let is_made = matches!(data.kind(taken.call), OpKind::StructLit { .. });
            let framework = framework.or_else(|| data.ty(taken.call).external_path().filter(|_| is_made));
            let framework = framework.and_then(|p| p.split("::").next().map(str::to_owned));
            let routes_by = by_macro.and_then(|model| model.routes_by.as_deref());
            let mut functions = Vec::new();
            builder.targets(&taken.value, &mut |f| functions.push(f));
            for function in functions {
                let (body, frame) = builder.functions.origin[function.0 as usize];
                let own = routes_by.filter(|_| frame.is_none());
                let own = own.and_then(|by| self.documented_route(builder.bodies.get(body).def, by));
                self.push(EntryPoint {
                    kind,
                    function,
                    route: self.routes.of(taken.body, taken.call, own),
                    registered_at: registered_at.clone(),
                    framework: framework.clone(),
                    period: None,
                    endless: false,
                    request_params: self.params_of(kind, function),
                    certainty: Certainty::High,
                    waits_unknown: false,
                    single_user: false,
                    on_worker: false,
                });
            }
        }
    }

    /// Where the parameters come from that an entry point's values lead back to: of a closure, those of the function that
    /// it is written in.
    pub(super) fn params_of(&self, kind: EntryKind, function: FunctionId) -> Vec<ParamSource> {
        let (ix, _) = self.builder.functions.origin[function.0 as usize];
        let def = self.bodies().get(ix).def;
        let source = |ty: &Ty| param_source(self.tcx(), def, kind, ty);
        self.tcx().signature(def).map_or(Vec::new(), |signature| signature.params.iter().map(source).collect())
    }

    /// Loops that wait for the outside, and loops over items.
    fn loops(&mut self) {
        let builder = self.builder;
        for (index, &(ix, frame)) in builder.functions.origin.iter().enumerate() {
            let Some(frame) = frame else { continue };
            let data = builder.bodies.get(ix);
            let function = FunctionId(index as u32);
            let region = &data.body.regions[frame.0 as usize];
            let cx = builder.inferred().at(data);
            let driver = match region.kind {
                RegionKind::Loop(_) => pace(cx, frame),
                _ => match data.value_of_region.get(&frame) {
                    Some(&closure) if self.runs_for_each(ix, closure) => {
                        cx.for_each_driver(closure).unwrap_or(LoopDriver::Items)
                    }
                    _ => continue,
                },
            };
            let waits_unknown = driver == LoopDriver::Waits;
            let (kind, period) = match driver {
                // In a task of its own, or begun anew whenever it ends, such a loop is what the task is for.
                LoopDriver::Waits
                    if self.in_task[index] || is_begun_anew(cx, frame) || serves_what_comes(cx, frame) =>
                {
                    (EntryKind::MessageConsumer, None)
                }
                LoopDriver::Accepts => (EntryKind::Connection, None),
                LoopDriver::Receives => (EntryKind::MessageConsumer, None),
                LoopDriver::Ticks(period) => (EntryKind::ScheduledJob, period),
                LoopDriver::Waits | LoopDriver::Items => (EntryKind::Loop, None),
                LoopDriver::Counted => continue,
            };
            self.push(EntryPoint {
                kind,
                function,
                route: None,
                registered_at: span_of(builder.tcx, data.def, region.range),
                framework: None,
                period,
                endless: is_endless(cx, frame),
                request_params: params_of_loop(builder.tcx, data.def),
                certainty: if waits_unknown { Certainty::Medium } else { Certainty::High },
                waits_unknown,
                single_user: false,
                on_worker: false,
            });
        }
    }

    fn runs_for_each(&self, ix: BodyIx, closure: OpId) -> bool {
        let def = self.bodies().get(ix).def;
        self.builder.each_item.contains(&(def, closure))
    }
}

/// Of a function with a loop, what the loop takes from says what comes; the rest was given to the function once.
fn params_of_loop(tcx: &TypeContext<'_>, def: DefId) -> Vec<ParamSource> {
    let is_source = |ty: &Ty| tcx.role_of(ty.peel_pointers()).is_none_or(|role| role == Role::Source);
    let is_plain = |ty: &Ty| matches!(ty.peel_pointers(), Ty::Adt(..) | Ty::Prim(_)) || !is_source(ty);
    let source = |ty: &Ty| if is_plain(ty) { ParamSource::State } else { ParamSource::Unknown };
    tcx.signature(def).map_or(Vec::new(), |signature| signature.params.iter().map(source).collect())
}

/// Where a parameter of a handler comes from, as far as its type and the kind of entry point say.
fn param_source(tcx: &TypeContext<'_>, handler: DefId, kind: EntryKind, declared: &Ty) -> ParamSource {
    let ty = declared.peel_pointers();
    // What a request carries changed between versions of frameworks.
    let model = ty
        .external_path()
        .and_then(|path| tcx.catalog.type_model(path, tcx.version_of(tcx.defs.def(handler).module, path)));
    // `Json<Body>`, `Path<String>`: a wrapper of a crate, with nothing known of it, holds what the request says.
    let wraps = || !ty.args().is_empty() && ty.external_path().is_some_and(|path| !path.starts_with("std::"));
    match model.map(|model| model.role) {
        Some(Role::StateWrapper) => ParamSource::State,
        None | Some(Role::Other) if wraps() => ParamSource::Request,
        _ if is_message(tcx, kind, declared.peel_refs()) => ParamSource::Request,
        _ => ParamSource::Unknown,
    }
}

/// Whether what such an entry point is given by that type is the message: plain data of an RPC, and what a web framework
/// makes of a request, such as its host. A session sees those of the function that begins it.
fn is_message(tcx: &TypeContext<'_>, kind: EntryKind, ty: &Ty) -> bool {
    let of_framework = |path: &str| tcx.catalog.crate_of(path).is_some_and(|krate| krate.category == "framework");
    match (kind, ty) {
        (EntryKind::RpcMethod, Ty::Prim(_)) => true,
        (EntryKind::RpcMethod, Ty::External(path, _)) => &**path == "std::string::String",
        (EntryKind::RequestHandler | EntryKind::Middleware | EntryKind::Connection, Ty::External(path, args)) => {
            args.is_empty() && of_framework(path) && tcx.role(path).is_none_or(|role| role == Role::Other)
        }
        _ => false,
    }
}

/// Whether an impl is a trait's, even one that is not found (generated code).
fn has_trait(tcx: &TypeContext<'_>, def: DefId) -> bool {
    use connlint_facts::ItemKind;
    matches!(tcx.defs.item(def).map(|i| &i.kind), Some(ItemKind::Impl(i)) if i.trait_path.is_some())
}

impl<'w> TypeContext<'w> {
    fn fn_signature(&self, def: DefId) -> Option<std::sync::Arc<crate::types::signatures::Signature>> {
        self.defs.fn_item(def)?;
        self.signature(def)
    }
}
