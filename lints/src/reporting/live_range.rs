//! Findings on live ranges: how the handle is named, the call path around it, the impact.

use connlint_diagnostics::{Diagnostic, Label};
use connlint_semantic::{Exposure, Held, LiveRange, Program, Requirement};

use crate::reporting::{impact, trace};

/// How messages name the handle: by its variable, or by what it is.
pub(crate) fn handle(range: &LiveRange) -> String {
    match &range.name {
        Some(name) => format!("`{name}`"),
        None => format!("the {}", noun(range.held)),
    }
}

/// What is held, as a noun.
pub(crate) fn noun(held: Held) -> &'static str {
    match held {
        Held::Transaction => "transaction",
        Held::PooledConnection | Held::Connection => "connection",
    }
}

/// The label at the expression that takes the handle.
pub(crate) fn acquired(range: &LiveRange) -> Label {
    let text = match (range.borrowed, range.held) {
        (true, Held::Transaction) => "the caller keeps this transaction open during the call".to_owned(),
        (true, _) => "the caller holds this connection during the call".to_owned(),
        (false, Held::Transaction) => {
            let name = range.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            format!("the transaction{name} begins here and holds a connection of the pool")
        }
        (false, _) => match &range.name {
            Some(name) => format!("`{name}` holds a connection of the pool from here on"),
            None => "a connection of the pool is held from here on".to_owned(),
        },
    };
    Label { span: range.acquired.clone(), text }
}

/// Adds where the handle was taken: here, or by the caller that lends it.
pub(crate) fn add_acquired(finding: &mut Diagnostic, range: &LiveRange) {
    finding.labels.push(acquired(range));
    if let Some(taken) = &range.lent_by {
        let text = format!("the caller takes the {} here", noun(range.held));
        finding.labels.push(Label { span: taken.clone(), text });
    }
}

/// Adds the path from the entry point to the range, then the calls `onwards` from it, which happen where `required`
/// holds, and the impact that follows from how the function is run. Returns how it is run.
pub(crate) fn add_call_path(
    finding: &mut Diagnostic,
    program: &Program,
    range: &LiveRange,
    (onwards, required): (&[u32], &Requirement),
) -> Exposure {
    let exposure = program.exposure_where(range.function, required);
    if let Exposure::Recurring { entry, path } = &exposure {
        finding.trace = trace::steps(program, *entry, path);
        finding.entry = Some(trace::entry_ref(program, *entry));
    }
    finding.trace.extend(trace::calls(program, onwards));
    finding.impact = impact::of_exposure(program, &exposure);
    exposure
}
