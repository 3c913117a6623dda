//! The call path of a finding: from the entry point, call by call, and how sure it is.

use connlint_diagnostics::{Confidence, EntryRef, OtherEntry, TraceStep};
use connlint_semantic::{CallEdge, Certainty, EntryId, EntryKind, FunctionKind, Program};

/// Calls that a path shows. The longest of any real service has fewer; without a bound, the output of a chain of calls
/// grows with the square of its length.
const MAX_CALLS: usize = 64;

/// The entry point, then the calls of the path.
pub(crate) fn steps(program: &Program, entry: EntryId, path: &[u32]) -> Vec<TraceStep> {
    let function = program.function(program.entry(entry).function);
    let head =
        TraceStep { span: function.span.clone(), text: role(program, entry), function: function.name().to_owned() };
    std::iter::once(head).chain(calls(program, path)).collect()
}

/// The calls of a path, given by their indices in [`Program::calls`]. Of a very long one, one step takes the place of
/// those in the middle.
pub(crate) fn calls(program: &Program, path: &[u32]) -> Vec<TraceStep> {
    let step = |&call: &u32| step(program, call);
    let (first, rest) = path.split_at(path.len().min(MAX_CALLS / 2));
    let (middle, last) = rest.split_at(rest.len().saturating_sub(MAX_CALLS / 2));
    let left_out = middle.first().map(|call| match middle {
        [_] => step(call),
        _ => TraceStep { text: format!("… {} calls are left out here", middle.len()), ..step(call) },
    });
    first.iter().map(step).chain(left_out).chain(last.iter().map(step)).collect()
}

/// The confidence of a finding that is as sure as its call path.
pub(crate) fn confidence(certainty: Certainty) -> Confidence {
    match certainty {
        Certainty::Low => Confidence::Low,
        Certainty::Medium => Confidence::Medium,
        Certainty::High => Confidence::High,
    }
}

fn step(program: &Program, call: u32) -> TraceStep {
    let call = &program.calls[call as usize];
    let function = program.function(call.from).name().to_owned();
    TraceStep { span: call.span.clone(), text: runs(program, call), function }
}

/// The label of a call.
pub(crate) fn runs(program: &Program, call: &CallEdge) -> String {
    let to = program.function(call.to);
    let text = match to.kind {
        FunctionKind::Function => format!("calls `{}`", to.name()),
        FunctionKind::Closure => "runs this closure".to_owned(),
        FunctionKind::Loop => "enters this loop".to_owned(),
    };
    if call.spawned { format!("{text} in a task of its own") } else { text }
}

/// The entry point, as findings refer to it.
pub(crate) fn entry_ref(program: &Program, entry: EntryId) -> EntryRef {
    let point = program.entry(entry);
    EntryRef {
        kind: point.kind.name().to_owned(),
        route: point.route.clone(),
        function: program.function(point.function).name().to_owned(),
    }
}

/// Entry points that are not the one whose path is shown.
pub(crate) fn others(program: &Program, entries: &[EntryId]) -> Vec<OtherEntry> {
    let other = |&entry: &EntryId| {
        let span = program.function(program.entry(entry).function).span.clone();
        OtherEntry { entry: entry_ref(program, entry), span }
    };
    entries.iter().map(other).collect()
}

/// The label of an entry point.
fn role(program: &Program, entry: EntryId) -> String {
    let entry = program.entry(entry);
    let what = match entry.kind {
        EntryKind::RequestHandler => "handler",
        EntryKind::RpcMethod => "RPC method",
        EntryKind::Middleware => "middleware, which runs for every request",
        EntryKind::Extractor => "extractor, which runs for every request that uses it",
        EntryKind::Connection if entry.framework.is_none() => "this loop runs once for every accepted connection",
        EntryKind::Connection => "runs once for every connection",
        EntryKind::MessageConsumer if entry.framework.is_none() => "this loop runs once for every message",
        EntryKind::MessageConsumer => "runs once for every message",
        EntryKind::ScheduledJob if entry.framework.is_none() => "this loop runs again on every tick",
        EntryKind::ScheduledJob => "runs on a schedule",
        EntryKind::Resolver => "resolver",
        EntryKind::Command => "command handler",
        EntryKind::Loop => match program.function(entry.function).kind {
            FunctionKind::Closure => "this closure runs once for every item",
            _ => "this loop runs this in each of its rounds",
        },
    };
    match &entry.route {
        Some(route) => format!("{what} of `{route}`"),
        None => what.to_owned(),
    }
}
