//! What the lints on live ranges share: the context that a range runs in, and how the handle is named.

use connlint_diagnostics::{Confidence, Diagnostic, Label};
use connlint_semantic::{Certainty, Exposure, Held, LiveRange, Program};

use crate::reporting::trace;

/// The handle in the words of the code: its variable, or what it is.
pub(crate) fn handle(range: &LiveRange) -> String {
    match &range.name {
        Some(name) => format!("`{name}`"),
        None => format!("the {}", noun(range.held)),
    }
}

/// What is held.
pub(crate) fn noun(held: Held) -> &'static str {
    match held {
        Held::Transaction => "transaction",
        Held::PooledConnection | Held::Connection => "connection",
    }
}

/// The label at the place where the handle is taken.
pub(crate) fn acquired(range: &LiveRange) -> Label {
    let handle = handle(range);
    let text = match (range.borrowed, range.held) {
        (true, Held::Transaction) => format!("{handle} is a transaction that the caller holds all the while"),
        (true, _) => format!("{handle} is a connection that the caller holds all the while"),
        (false, Held::Transaction) => format!("{handle} is a transaction from here on, on a connection of the pool"),
        (false, _) => format!("{handle} holds a connection of the pool from here on"),
    };
    Label { span: range.acquired.clone(), text }
}

/// Adds how the function is run and the calls that lead on from it; returns how it is run.
pub(crate) fn add_call_path(
    finding: &mut Diagnostic,
    program: &Program,
    range: &LiveRange,
    onwards: &[u32],
) -> Exposure {
    let exposure = program.exposure(range.function);
    if let Exposure::Recurring { entry, path } = &exposure {
        finding.trace = trace::steps(program, *entry, path);
        finding.entry = Some(trace::entry_ref(program, *entry));
    }
    finding.trace.extend(onwards.iter().map(|&call| trace::step(program, call)));
    exposure
}

/// The confidence of a path, lowered where only start-up runs it: one task alone waits for nobody.
pub(crate) fn path_confidence(certainty: Certainty, exposure: &Exposure) -> Confidence {
    if *exposure == Exposure::Startup { Confidence::Low } else { trace::confidence(certainty) }
}
