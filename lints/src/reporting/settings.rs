//! Findings on settings: how durations are written, and what hurts how much.

use connlint_diagnostics::{Impact, Rating};
use connlint_semantic::{Built, Certainty, EntryId, EntryKind, Exposure, FunctionId, ProcessKind, Program, RequestUse};

use crate::reporting::impact;

/// `30 s`, `5 min`, `6 h`.
pub(crate) fn duration(millis: u64) -> String {
    const SECOND: u64 = 1000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    match millis {
        _ if millis >= HOUR && millis.is_multiple_of(HOUR) => format!("{} h", millis / HOUR),
        _ if millis >= MINUTE && millis.is_multiple_of(MINUTE) => format!("{} min", millis / MINUTE),
        _ if millis >= SECOND && millis.is_multiple_of(SECOND) => format!("{} s", millis / SECOND),
        _ => format!("{millis} ms"),
    }
}

/// The impact of what a process has from its start to its end: it does not matter how often it is built.
pub(crate) fn of_process(program: &Program, function: FunctionId) -> Rating<Impact> {
    let mut impact = Rating::because(Impact::High, "it lasts as long as the process");
    if program.is_one_shot(function) {
        impact.at_most(Impact::Low, "in a program that serves nothing and ends");
    }
    impact
}

/// A use of something that is built, by code that runs again and again.
pub(crate) struct RecurringUse<'p> {
    pub(crate) used: &'p RequestUse,
    pub(crate) exposure: Exposure,
    pub(crate) impact: Rating<Impact>,
    pub(crate) certainty: Certainty,
}

/// The uses without a limit that code makes again and again, the one that hurts most first.
pub(crate) fn unlimited_uses<'p>(program: &'p Program, built: &'p Built) -> Vec<RecurringUse<'p>> {
    let connects = built.setting("connect_timeout").is_some_and(|setting| setting.effective.is_unbounded());
    let open = built
        .uses
        .iter()
        .filter(|used| !used.bounded && (!used.opens || connects) && !program.function(used.function).test_only);
    let recurring = open.filter_map(|used| {
        let exposure = program.exposure_of_request(used.function);
        let limited = match &exposure {
            // Code in the sandbox of a host opens no connections itself.
            Exposure::Recurring { entry, path } => program.is_limited(path) || is_hosted(program, *entry),
            // Nothing shows that somebody runs it again.
            Exposure::Loop | Exposure::Startup | Exposure::Unknown => true,
        };
        let mut impact = impact::of_exposure(program, &exposure);
        if stops_a_loop(program, &exposure) {
            impact.at_least(Impact::Medium, "a request that hangs ends its loop for good, whatever its period");
        }
        let certainty = certainty(program, &exposure);
        (!limited).then_some(RecurringUse { used, exposure, impact, certainty })
    });
    let mut found: Vec<RecurringUse<'p>> = recurring.collect();
    // A path that is not sure is worth less than any that is.
    let worth = |one: &RecurringUse<'_>| (one.certainty > Certainty::Low, one.impact.degree, one.certainty);
    found.sort_by_key(|one| std::cmp::Reverse(worth(one)));
    found
}

/// Whether what hangs stops a loop of a server that makes its requests one after another.
fn stops_a_loop(program: &Program, exposure: &Exposure) -> bool {
    let Exposure::Recurring { entry, path } = exposure else { return false };
    let in_sequence = path.iter().all(|&call| !program.calls[call as usize].spawned);
    let is_timer = program.entry(*entry).kind == EntryKind::ScheduledJob && program.entry(*entry).framework.is_none();
    is_timer && in_sequence && program.process_kind(*entry) == ProcessKind::Server
}

fn certainty(program: &Program, exposure: &Exposure) -> Certainty {
    let Exposure::Recurring { entry, path } = exposure else { return Certainty::High };
    let calls = path.iter().map(|&call| program.calls[call as usize].certainty);
    calls.fold(program.entry(*entry).certainty, Certainty::min)
}

fn is_hosted(program: &Program, entry: EntryId) -> bool {
    let framework = program.entry(entry).framework.as_deref().and_then(|lib| program.framework(lib));
    framework.is_some_and(|framework| framework.host_connects)
}
