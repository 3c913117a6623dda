//! What the program knows, as `routes` and `why` show it.

use std::collections::BTreeSet;

use connlint_catalog::{Effect, OnceScope, Role};
use connlint_facts::Span;
use connlint_output::{EffectView, EntryView, FunctionView, SharedView, StepView, UnresolvedView};
use connlint_semantic::{
    CallEdge, EffectSite, EntryId, EntryKind, FunctionId, FunctionKind, Program, Shared, UnresolvedCall,
};

/// The entry points that live code has, each place in the source once, without loops over items: what is counted as
/// "entry points" in all commands.
pub(crate) fn entry_points(program: &Program) -> Vec<EntryId> {
    let ids = (0..program.entry_points.len() as u32).map(EntryId);
    let live = |id: &EntryId| {
        let entry = program.entry(*id);
        entry.kind != EntryKind::Loop && program.is_live(entry.function)
    };
    let mut seen = BTreeSet::new();
    let is_new = |id: &EntryId| {
        let entry = program.entry(*id);
        seen.insert((entry.kind.name(), &entry.route, &program.function(entry.function).span, &entry.registered_at))
    };
    ids.filter(live).filter(is_new).collect()
}

pub(crate) fn function(program: &Program, id: FunctionId) -> FunctionView {
    let function = program.function(id);
    let kind = match function.kind {
        FunctionKind::Function => "function",
        FunctionKind::Closure => "closure",
        FunctionKind::Loop => "loop",
    };
    FunctionView {
        path: function.path.to_string(),
        name: function.name().to_owned(),
        kind,
        krate: function.krate.to_string(),
        span: function.span.clone(),
    }
}

pub(crate) fn entry(program: &Program, id: EntryId) -> EntryView {
    let entry = program.entry(id);
    EntryView {
        kind: entry.kind.name(),
        route: entry.route.clone(),
        function: function(program, entry.function),
        registered_at: entry.registered_at.clone(),
        framework: entry.framework.clone(),
        period_seconds: entry.period,
        certainty: entry.certainty.name(),
        unit: entry.kind.unit(),
    }
}

pub(crate) fn steps(program: &Program, calls: &[u32]) -> Vec<StepView> {
    calls.iter().filter_map(|&call| program.calls.get(call as usize)).map(|call| step(program, call)).collect()
}

pub(crate) fn step(program: &Program, call: &CallEdge) -> StepView {
    let to = program.function(call.to);
    let text = match (to.kind, program.handed_to(call)) {
        (FunctionKind::Loop, _) => "enters a loop".to_owned(),
        (FunctionKind::Closure, Some(taker)) => format!("hands a closure to `{taker}`, of which nothing is known"),
        (FunctionKind::Function, Some(taker)) => {
            format!("hands `{}` to `{taker}`, of which nothing is known", to.name())
        }
        (FunctionKind::Closure, None) => "runs a closure".to_owned(),
        (FunctionKind::Function, None) => format!("calls `{}`", to.name()),
    };
    StepView {
        span: call.span.clone(),
        text,
        function: program.function(call.from).path.to_string(),
        shared: call.shared.map(|kind| shared(program, kind, &call.span)),
        spawned: call.spawned,
        repeated: call.repeated,
        certainty: call.certainty.name(),
    }
}

/// What keeps an expression from running each time, with the catalog's API that does.
pub(crate) fn shared(program: &Program, kind: Shared, place: &Span) -> SharedView {
    let by_api = matches!(kind, Shared::Once(_) | Shared::PoolFactory);
    let form = if by_api { program.once_form_around(place) } else { None };
    SharedView {
        kind: kind.name(),
        text: shared_words(kind),
        by: form.map(|(api, _)| api.to_owned()),
        span: form.map(|(_, span)| span.clone()),
    }
}

pub(crate) fn effect(program: &Program, site: &EffectSite) -> EffectView {
    EffectView {
        effect: site.effect.name(),
        resource: site.resource.name(),
        text: effect_words(site, program.is_of_service(site)),
        api: site.api.clone(),
        span: site.span.clone(),
        function: program.function(site.function).path.to_string(),
        shared: site.shared.map(|kind| shared(program, kind, &site.span)),
    }
}

pub(crate) fn unresolved(program: &Program, call: &UnresolvedCall, may_call: Option<FunctionId>) -> UnresolvedView {
    UnresolvedView {
        name: call.name.clone(),
        is_method: call.is_method,
        span: call.span.clone(),
        cause: call.cause.name(),
        text: call.cause.summary(),
        because: call.because.clone(),
        may_call: may_call.map(|id| program.function(id).path.to_string()),
    }
}

pub(crate) fn shared_words(shared: Shared) -> &'static str {
    match shared {
        Shared::Once(OnceScope::Process) => "once for the process",
        Shared::Once(OnceScope::Racy) => "once for the process, a few times in a race",
        Shared::Once(OnceScope::Key) => "once for each key",
        Shared::Once(OnceScope::Owner) => "once for the value that holds it",
        Shared::Once(OnceScope::Thread) => "once for each thread",
        Shared::Cache => "only on a miss of a cache that it fills",
        Shared::Miss => "only where a look-up by a key of the program's own found nothing",
        Shared::PoolFactory => "by a pool, for its own connections",
        Shared::Reconnect => "again only after the last one failed, or once for its loop",
    }
}

fn effect_words(site: &EffectSite, is_of_service: bool) -> &'static str {
    match (site.effect, site.resource) {
        (Effect::BuildPool, Role::Client) => "builds a client",
        (Effect::OpenConnection, Role::Pool) | (Effect::BuildPool, _) => "builds a pool",
        (Effect::OpenConnection, _) => "opens a connection",
        (Effect::BuildClient, _) => "builds a client",
        (Effect::ThrowawayClient, _) => "builds a client for one call",
        (Effect::Acquire, _) => "acquires a connection",
        (Effect::Begin, _) => "begins a transaction",
        (Effect::Commit, _) => "commits",
        (Effect::Rollback, _) => "rolls back",
        (Effect::Query, _) if is_of_service => "calls another service",
        (Effect::Query, _) => "queries",
        (Effect::Write, _) => "writes",
        (Effect::Prepare, _) => "prepares a statement",
        (Effect::DriverFuture, _) => "needs its driver polled",
        (Effect::Leak | Effect::Detach, _) => "removes a connection from its pool",
        (Effect::Configure, _) => "configures",
        (Effect::Close, _) => "closes",
        (Effect::Block, _) => "blocks the thread",
        (Effect::AwaitExternal, _) => "waits for the outside",
        (Effect::Sleep, _) => "sleeps",
        (Effect::Tick, _) => "waits for a tick",
        (Effect::Accept, _) => "accepts a connection",
        (Effect::Receive, _) => "receives a message",
        (Effect::Signal, _) => "waits for a signal",
        (Effect::Permit, _) => "waits for a permit",
        (Effect::Relay, _) => "waits as what it works on does",
        (Effect::RunAll, _) => "runs all items concurrently",
        (Effect::Batch, _) => "works off many items at once",
        (Effect::Snapshot, _) => "reads a value that others may replace",
        (Effect::Flag, _) => "reads a flag that others may set",
        (Effect::SharedClient, _) => "sends by a client that the library shares",
    }
}

/// Whether two paths lead through the same places: a file that is part of several crates has each once for each crate.
pub(crate) fn same_steps(a: &[StepView], b: &[StepView]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.span == b.span)
}

/// Whether two entry points are one in the source.
pub(crate) fn same_entry(a: &EntryView, b: &EntryView) -> bool {
    (a.kind, &a.route, &a.function.span, &a.registered_at) == (b.kind, &b.route, &b.function.span, &b.registered_at)
}
