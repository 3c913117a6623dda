//! Effect sites: the calls that open, acquire, query, block.

use connlint_catalog::{ApiModel, Effect, Io, Mode, OnceScope, Role, Runs, TypeModel};
use connlint_facts::{OpId, OpKind, Span};
use rayon::prelude::*;

use crate::call_graph::build::CallGraphBuilder;
use crate::call_graph::function_values::PassedCallable;
use crate::dataflow::once_patterns::Kept;
use crate::dataflow::path_facts::path_facts;
use crate::dataflow::retry_loops::connects;
use crate::domain::{Analyses, EffectSite, FunctionId, Origin, PathFacts, Shared};
use crate::effects::at_hand::at_hand;
use crate::effects::pool_instead::pool_instead;
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::body::Call;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{Sink, operands};
use crate::infer::trace_back::{Steps, trace_end};
use crate::names::defs::DefId;
use crate::names::marks::span_of;
use crate::types::context::TypeContext;
use crate::types::roles::role_behind;
use crate::types::ty::Ty;

/// A site with where it is, before its path facts are settled.
#[derive(Clone, Debug)]
pub(crate) struct PendingSite {
    pub(crate) site: EffectSite,
    /// Where it is in its body.
    pub(crate) op: OpId,
    /// What decides whether it runs; `None` for effects that path facts are not asked for.
    pub(crate) facts: Option<Box<PathFacts>>,
}

/// All effect sites, in order of body and position.
pub(crate) fn collect(builder: &CallGraphBuilder<'_, '_>, analyses: Analyses) -> Vec<PendingSite> {
    let of_body = |ix: BodyIx| {
        let cx = builder.inferred().body(ix);
        let data = cx.data;
        let mut sites = Vec::new();
        for call in &data.types.calls {
            if let Some((api, self_ty)) =
                call.api().filter(|(api, _)| has_executor(data, api, call) && leaks(builder.tcx, data, api, call))
            {
                // That a query writes is no site of its own, nor is a wait for what is there, nor what is closed again.
                let really = |effect| match effect {
                    Effect::Write => false,
                    _ if effect.is_qualifier() => false,
                    Effect::AwaitExternal => cx.waits_here(call.op),
                    Effect::Detach => outlives(data, call.op),
                    Effect::Block => !cx.is_off_runtime(call.op),
                    _ => true,
                };
                let also = connects_for(builder.tcx, data, api, call).then_some(Effect::OpenConnection);
                for effect in also.into_iter().chain(api.effects.iter().copied().filter(|&e| really(e))) {
                    sites.extend(site(builder, analyses, (ix, call.op), (api, self_ty), effect));
                }
            }
        }
        sites.extend(waits_for_items(builder, analyses, ix));
        sites.extend(built_elsewhere(builder, analyses, ix));
        sites
    };
    let by_body: Vec<Vec<PendingSite>> = builder.bodies.par_indices().map(of_body).collect();
    let mut sites: Vec<PendingSite> = by_body.into_iter().flatten().collect();
    for taken in &builder.values.taken {
        sites.extend(handed_on(builder, analyses, taken));
    }
    sites.sort_by_key(|s| s.site.function);
    sites
}

/// What a `for` over an iterator of another crate calls without saying so: `next`, where its row says that it blocks.
fn waits_for_items(builder: &CallGraphBuilder<'_, '_>, analyses: Analyses, ix: BodyIx) -> Vec<PendingSite> {
    let data = builder.bodies.get(ix);
    let loops = data.body.op_ids().filter_map(|op| match *data.kind(op) {
        OpKind::IterItem { iter } => Some((op, iter)),
        _ => None,
    });
    let of_loop = |(op, iter): (OpId, OpId)| {
        let ty = data.ty(iter).peel_refs();
        let api = builder.tcx.catalog.method(ty.external_path()?, "next", None)?;
        if !api.effects.contains(&Effect::Block) || builder.inferred().at(data).is_off_runtime(iter) {
            return None;
        }
        let mut found = site(builder, analyses, (ix, op), (api, Some(ty)), Effect::Block)?;
        found.site.span = span_of(builder.tcx, data.def, data.body.ops[iter.0 as usize].range);
        Some(found)
    };
    loops.filter_map(of_loop).collect()
}

/// Clients that a crate which nobody has read builds of the builder that it is given: `Api::from_builder(address, builder)`.
fn built_elsewhere(builder: &CallGraphBuilder<'_, '_>, analyses: Analyses, ix: BodyIx) -> Vec<PendingSite> {
    let (data, tcx) = (builder.bodies.get(ix), builder.tcx);
    let given = data.types.calls.iter().filter(|call| is_of_unread_crate(builder, data, call)).filter_map(|call| {
        let is_builder = |ty: &&Ty| tcx.role_of(ty) == Some(Role::ClientConfig);
        Some((call.op, call.args.iter().map(|&arg| data.ty(arg)).find(is_builder)?))
    });
    let built = given.filter_map(|(op, ty)| {
        let api = tcx.catalog.methods_with(ty.external_path()?, Effect::BuildClient).next()?;
        let mut found = site(builder, analyses, (ix, op), (api, Some(ty)), Effect::BuildClient)?;
        found.site.guessed = true;
        Some(found)
    });
    built.collect()
}

/// Whether a call names a function of a crate that no row describes.
fn is_of_unread_crate(builder: &CallGraphBuilder<'_, '_>, data: &BodyData<'_>, call: &Call<'_>) -> bool {
    let OpKind::Call { callee, .. } = data.kind(call.op) else { return false };
    let Ty::ExternalFn(path, _) = data.ty(*callee) else { return false };
    data.api(call.op).is_none() && builder.tcx.catalog.crate_of(path).is_none()
}

/// The functions that ask servers by clients of which no row knows the methods, other than those of HTTP.
pub(crate) fn asking_clients(builder: &CallGraphBuilder<'_, '_>) -> Vec<FunctionId> {
    let of_rpc = |api: &str| builder.tcx.catalog.crate_of(api).is_some_and(|krate| krate.category == "rpc");
    let of_body = |ix: BodyIx| {
        let cx = builder.inferred().body(ix);
        let asks = |op: OpId| {
            let asked = cx.data.call(op).and_then(|call| cx.asked_of_client(call));
            asked.is_some_and(|asked| of_rpc(&asked.api))
        };
        let asking = cx.data.types.calls.iter().map(|call| call.op).filter(|&op| asks(op));
        let functions = asking.filter_map(|op| builder.functions.id(ix, cx.data.frame(op)));
        functions.collect::<Vec<FunctionId>>()
    };
    builder.bodies.par_indices().flat_map_iter(of_body).collect()
}

/// An opening handed on as a function value: `request_async(async_http_client)`, `unwrap_or_else(Client::new)`.
fn handed_on(builder: &CallGraphBuilder<'_, '_>, analyses: Analyses, taken: &PassedCallable) -> Option<PendingSite> {
    let Ty::ExternalFn(path, of) = &taken.value else { return None };
    let last = path.rsplit("::").next().unwrap_or(path);
    let catalog = builder.tcx.catalog;
    let of_type = of.self_ty.as_ref().and_then(Ty::external_path).and_then(|ty| catalog.method(ty, last, None));
    let api = of_type.or_else(|| catalog.api(path, None))?;
    let &effect = api.effects.iter().find(|&&e| e.is_opening())?;
    let mut raw = site(builder, analyses, (taken.body, taken.arg), (api, of.self_ty.as_ref()), effect)?;
    // What is followed from here is the function, not what it opens.
    raw.facts = raw.facts.map(|of_value| {
        let PathFacts { once_in, conditional, .. } = *of_value;
        Box::new(PathFacts { once_in, conditional, ..PathFacts::default() })
    });
    raw.site.shared = raw.site.shared.or(match taken.runs {
        Runs::Once(scope) => Some(Shared::Once(scope)),
        Runs::PoolFactory | Runs::PoolHook => Some(Shared::PoolFactory),
        Runs::Never => Some(Shared::Once(OnceScope::Process)),
        _ => None,
    });
    Some(raw)
}

fn site(
    builder: &CallGraphBuilder<'_, '_>,
    analyses: Analyses,
    (ix, op): (BodyIx, OpId),
    (api, self_ty): (&ApiModel, Option<&Ty>),
    effect: Effect,
) -> Option<PendingSite> {
    let data = builder.bodies.get(ix);
    let tcx = builder.tcx;
    let frame = data.frame(op);
    let function = builder.functions.id(ix, frame)?;
    let mut shared = builder.around(ix, op).shared;
    let mut facts = None;
    if analyses.follow(effect) {
        let cx = builder.inferred().at(data);
        if shared.is_none() && !yields_answer(api, effect) && cx.is_cached(op, Kept::Value) {
            shared = Some(Shared::Cache);
        }
        facts = Some(Box::new(site_facts(cx, api, op, effect)));
    }
    let starts = if effect.is_opening() { builder_starts(builder, data, op) } else { Vec::new() };
    let resource = resource(tcx, api, data.ty(op), effect);
    let at_hand = if effect.is_opening() { at_hand(tcx, data, op) } else { None };
    let is_alone = effect == Effect::OpenConnection && at_hand.is_none();
    let site = EffectSite {
        function,
        effect,
        resource,
        api: display_path(api, self_ty),
        krate: crate_of(api, self_ty).to_owned(),
        guessed: api.is_guess(),
        span: span_of(tcx, data.def, data.body.ops[op.0 as usize].range),
        shared,
        started_at: starts,
        remedy: remedy_of_type(tcx, api, data, op).or_else(|| remedy(tcx, api, resource)),
        async_form: async_form(tcx, data.ty(op), self_ty),
        made_from: if effect.is_opening() { made_from(tcx, data, op) } else { Vec::new() },
        local_file: opens_file(tcx, data.ty(op), self_ty),
        own_items: effect == Effect::BuildPool && has_own_manager(builder, data.ty(op)),
        names_item: effect.is_opening() && names_item(data, op),
        at_hand,
        pool_instead: if is_alone { pool_instead(tcx, data, (api, op)) } else { None },
        pause: api.effects.contains(&Effect::Sleep).then(|| builder.inferred().at(data).pause(op)),
        // What is awaited does not block, whatever is known of a function of that name.
        blocking: blocks(tcx, api, self_ty) && !data.is_awaited_at_once(op),
        eager: api.io == Some(Io::Eager),
        in_async: crate::infer::bodies::in_async(tcx, data, data.body.ops[op.0 as usize].region),
    };
    Some(PendingSite { site, op, facts })
}

/// Whether a call keeps its thread until it has what it waits for.
fn blocks(tcx: &TypeContext<'_>, api: &ApiModel, self_ty: Option<&Ty>) -> bool {
    let waits = api.mode == Mode::Sync && api.effects.contains(&Effect::Block);
    // Whether a socket makes its thread wait, a setting of the socket decides.
    let of_socket = || {
        let takes = api.effects.iter().any(|effect| matches!(effect, Effect::Accept | Effect::Receive));
        let model = self_ty.and_then(Ty::external_path).and_then(|path| tcx.catalog.type_model(path, None));
        takes && !model.is_some_and(|model| model.own_channel)
    };
    (api.mode == Mode::Blocking || waits && !of_socket()) && api.io != Some(Io::Background)
}

fn site_facts(cx: BodyCx<'_, '_>, api: &ApiModel, op: OpId, effect: Effect) -> PathFacts {
    let mut facts = path_facts(cx, op, cx.data.frame(op));
    facts.connects = connects(api, effect);
    facts.origins = cx.target_origins(op);
    facts.credentials = cx.credential_origins(op);
    facts.owners = cx.owner_origins(op);
    if let Some(call) = cx.data.call(op).filter(|_| effect.is_opening()) {
        let of_args: Vec<Origin> = call.args.iter().flat_map(|&arg| cx.all_origins(arg)).collect();
        facts.made_of = call.recv.map_or(Vec::new(), |recv| cx.all_origins(recv));
        facts.made_of.extend_from_slice(&of_args);
        let names_server = matches!(effect, Effect::OpenConnection | Effect::BuildPool) && !yields_answer(api, effect);
        if names_server && !cx.is_put_away(op) {
            // A client that serves all servers is bound to none, and what is stored is meant for later requests.
            facts.addresses = of_args;
            facts.addresses.extend(call.recv.into_iter().flat_map(|recv| configured_with(cx, recv)));
        }
    }
    if yields_answer(api, effect) {
        (facts.kept, facts.returned, facts.escapes) = (false, false, false);
    }
    facts.settle(!yields_answer(api, effect));
    facts
}

/// Where the values come from with which a configuration is made that opens: `Endpoint::from_shared(url)?.connect()`.
fn configured_with(cx: BodyCx<'_, '_>, configuration: OpId) -> Vec<Origin> {
    let made = trace_end(cx.data, configuration, Steps::CHAIN);
    let is_configuration = |op: OpId| role_behind(cx.tcx, cx.data.ty(op).yielded()).is_some_and(Role::is_configuration);
    match cx.data.kind(made) {
        OpKind::Call { args, .. } if is_configuration(made) => {
            args.iter().flat_map(|&arg| cx.all_origins(arg)).collect()
        }
        _ => Vec::new(),
    }
}

fn builder_starts<'w>(builder: &CallGraphBuilder<'_, 'w>, data: &BodyData<'w>, op: OpId) -> Vec<Span> {
    let starts = builder.inferred().at(data).builder_starts(op, 0).into_iter();
    starts.map(|(def, op)| start_span(builder, def, op)).collect()
}

/// Whether the connection is there that an extension method works on: `list.first()` is no query, whatever is imported.
fn has_executor(data: &BodyData<'_>, api: &ApiModel, call: &Call<'_>) -> bool {
    if api.executor_arg.is_none() {
        return true;
    }
    match call.executor(api).map(|arg| data.ty(arg).peel_pointers()) {
        Some(Ty::External(path, _)) => !path.starts_with("std::"),
        Some(Ty::ExternalFn(..) | Ty::FnDef(..) | Ty::Ctor(..) | Ty::Closure(..)) | None => false,
        Some(_) => true,
    }
}

/// Whether a command opens a connection of its own, because what runs it holds none: `redis::Client`.
fn connects_for(tcx: &TypeContext<'_>, data: &BodyData<'_>, api: &ApiModel, call: &Call<'_>) -> bool {
    let runs_on = call.executor(api).or(call.recv);
    let model = || tcx.catalog.type_model(data.ty(runs_on?).peel_pointers().external_path()?, None);
    api.effects.contains(&Effect::Query) && model().is_some_and(|model| model.connects_per_command)
}

/// Whether the value of an opening is the answer to a question rather than what asked it.
fn yields_answer(api: &ApiModel, effect: Effect) -> bool {
    let per_command = effect == Effect::OpenConnection && !api.effects.contains(&effect);
    effect == Effect::ThrowawayClient || per_command
}

/// Whether what a function of the standard library forgets is a connection; whatever else a row says to leak, is one.
fn leaks(tcx: &TypeContext<'_>, data: &BodyData<'_>, api: &ApiModel, call: &Call<'_>) -> bool {
    let any = !api.effects.contains(&Effect::Leak) || !api.path.starts_with("std::");
    let is_connection = |&arg: &OpId| {
        let role = role_behind(tcx, data.ty(arg));
        matches!(role, Some(Role::Connection | Role::PooledConnection | Role::Transaction))
    };
    any || call.args.iter().any(is_connection)
}

/// Whether what is taken out of a pool goes on beyond the variables of its function, where it would be closed.
fn outlives(data: &BodyData<'_>, op: OpId) -> bool {
    data.flow.sinks(data.body, op).iter().any(|sink| match *sink {
        Sink::Returned(_) | Sink::Part(_) => true,
        Sink::Assigned(at) => {
            matches!(data.kind(at), OpKind::Assign { place, .. } if !matches!(data.kind(*place), OpKind::Local(_)))
        }
        Sink::Argument(at) => data.api(at).is_some_and(|(api, _)| api.effects.contains(&Effect::Leak)),
        Sink::Receiver(_) | Sink::Broken(_) => false,
    })
}

fn start_span(builder: &CallGraphBuilder<'_, '_>, def: DefId, op: OpId) -> Span {
    let range = builder.bodies.of(def).map(|ix| builder.bodies.get(ix).body.ops[op.0 as usize].range);
    span_of(builder.tcx, def, range.unwrap_or_default())
}

/// What the catalog advises: the row's own words, else its crate's for what it makes.
pub(crate) fn remedy(tcx: &TypeContext<'_>, api: &ApiModel, role: Role) -> Option<String> {
    api.remedy.clone().or_else(|| {
        let krate = tcx.catalog.crate_of(&api.path)?;
        krate.remedy(role).map(str::to_owned)
    })
}

/// `sqlx::Connection::connect` found on `PgConnection` is shown as `sqlx::PgConnection::connect`.
fn display_path(api: &ApiModel, self_ty: Option<&Ty>) -> String {
    let last = api.path.rsplit("::").next().unwrap_or(&api.path);
    match self_ty.and_then(Ty::external_path) {
        Some(path) if !api.path.starts_with(&format!("{path}::")) => format!("{path}::{last}"),
        _ => api.path.clone(),
    }
}

/// The crate of an API: of a guess, whose row is of no crate, that of the type.
fn crate_of<'a>(api: &'a ApiModel, self_ty: Option<&'a Ty>) -> &'a str {
    let of_type = self_ty.and_then(Ty::external_path).filter(|_| api.is_guess());
    of_type.unwrap_or(&api.path).split("::").next().unwrap_or("")
}

/// What the catalog advises for the type that a call makes, where the call's row has no words of its own. With
/// `let made: StreamConsumer = config.create()?`, only where the value goes says what that is.
fn remedy_of_type(tcx: &TypeContext<'_>, api: &ApiModel, data: &BodyData<'_>, op: OpId) -> Option<String> {
    if api.remedy.is_some() {
        return None;
    }
    let of = |op: OpId| own_form(tcx, data.ty(op), |model| model.remedy.as_deref());
    let package = |path: &str| tcx.catalog.crate_of(path).map(|krate| &krate.package);
    let is_made = |&at: &OpId| {
        let path = data.ty(at).yielded().peel_pointers().external_path();
        path.is_some_and(|path| tcx.role(path).is_some() && package(path) == package(&api.path))
    };
    let where_it_goes = || data.flow.follow(data.body, op).1.into_iter().find(is_made).and_then(of);
    let is_told_later = api.effects.iter().any(|effect| effect.is_opening()) && !is_made(&op);
    of(op).or_else(|| is_told_later.then(where_it_goes).flatten())
}

/// What to write in async code instead of a call, by what it yields or else by what it is called on.
fn async_form(tcx: &TypeContext<'_>, yields: &Ty, self_ty: Option<&Ty>) -> Option<String> {
    let of = |ty: &Ty| own_form(tcx, ty, |model| model.async_form.as_deref());
    of(yields).or_else(|| of(self_ty?))
}

/// What the catalog says of the type that a call yields.
fn own_form(tcx: &TypeContext<'_>, yields: &Ty, what: impl Fn(&TypeModel) -> Option<&str>) -> Option<String> {
    let path = yields.yielded().peel_pointers().external_path()?;
    tcx.catalog.type_model(path, None).and_then(what).map(str::to_owned)
}

/// Whether a type, or the one that a function belongs to, stands for a local file: `SqliteConnection`, `Pool<Sqlite>`.
fn opens_file(tcx: &TypeContext<'_>, yields: &Ty, self_ty: Option<&Ty>) -> bool {
    let is_file = |ty: &Ty| {
        ty.external_path().and_then(|path| tcx.catalog.type_model(path, None)).is_some_and(|model| model.local_file)
    };
    let made = yields.yielded().peel_pointers();
    is_file(made) || made.args().iter().any(is_file) || self_ty.is_some_and(is_file)
}

/// Whether a pool's manager is of the workspace and none of its methods opens anything, itself or in what it calls.
fn has_own_manager(builder: &CallGraphBuilder<'_, '_>, yields: &Ty) -> bool {
    let manager = yields.yielded().peel_pointers().args().iter().find_map(|arg| match arg.peel_pointers() {
        Ty::Adt(def, _) => Some(*def),
        _ => None,
    });
    manager.is_some_and(|manager| !opens_in_methods(builder, manager))
}

fn opens_in_methods(builder: &CallGraphBuilder<'_, '_>, manager: DefId) -> bool {
    let impls = builder.tcx.impls.all.iter();
    let own = impls.filter(|data| matches!(data.self_ty.peel_refs(), Ty::Adt(def, _) if *def == manager));
    let methods = own.flat_map(|data| builder.tcx.defs.members(data.def));
    methods.filter_map(|&method| builder.bodies.of(method)).any(|ix| {
        let data = builder.bodies.get(ix);
        // What is called in the workspace may open: only known calls of other crates say that nothing is opened.
        data.types.calls.iter().any(|call| {
            call.callees().next().is_some()
                || call.api().is_some_and(|(api, _)| api.effects.iter().any(|effect| effect.is_opening()))
        })
    })
}

/// How many operations of a builder chain are looked at.
const MAX_OPERANDS: usize = 80;

/// What an opening is made from, through locals and builder calls.
fn operands_of(data: &BodyData<'_>, opening: OpId) -> Vec<OpId> {
    let mut seen = vec![opening];
    let mut next = 0;
    while next < seen.len() && seen.len() < MAX_OPERANDS {
        let op = seen[next];
        next += 1;
        let mut push = |op: OpId| {
            if !seen.contains(&op) {
                seen.push(op);
            }
        };
        match data.kind(op) {
            OpKind::Local(local) => data.flow.writes(*local).iter().for_each(|&write| push(write)),
            kind => operands(kind, push),
        }
    }
    seen
}

/// Openings of the same body that an opening is given.
fn made_from(tcx: &TypeContext<'_>, data: &BodyData<'_>, opening: OpId) -> Vec<Span> {
    let is_opening = |&op: &OpId| {
        op != opening && data.api(op).is_some_and(|(api, _)| api.effects.iter().any(|effect| effect.is_opening()))
    };
    let found = operands_of(data, opening).into_iter().filter(is_opening);
    found.map(|op| span_of(tcx, data.def, data.body.ops[op.0 as usize].range)).collect()
}

/// Whether an opening is given the item of the loop around it, or a part of that.
fn names_item(data: &BodyData<'_>, opening: OpId) -> bool {
    let frame = data.frame(opening);
    let is_item = |op: &OpId| matches!(data.kind(*op), OpKind::IterItem { .. }) && data.frame(*op) == frame;
    operands_of(data, opening).iter().any(is_item)
}

fn resource(tcx: &TypeContext<'_>, api: &ApiModel, yields: &Ty, effect: Effect) -> Role {
    if let Some(role) = api.resource {
        return role;
    }
    match effect {
        Effect::OpenConnection => Role::Connection,
        Effect::BuildPool => Role::Pool,
        Effect::BuildClient | Effect::ThrowawayClient => Role::Client,
        Effect::Acquire => Role::PooledConnection,
        Effect::Begin | Effect::Commit | Effect::Rollback => Role::Transaction,
        _ => role_behind(tcx, yields).unwrap_or(Role::Other),
    }
}
