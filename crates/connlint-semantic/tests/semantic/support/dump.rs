//! Programs as text.

use std::fmt::Write as _;

use connlint_catalog::Effect;
use connlint_facts::Span;
use connlint_semantic::{
    CallEdge, Certainty, EffectSite, EntryKind, EntryPoint, FunctionId, FunctionKind, Program, ReachedSite, Share,
};

use super::Workspace;

/// `caller -> callee (what is known of the call)` for each call, and `caller -> [api]` for each opening.
pub(crate) fn calls(fixture: &str) -> String {
    let program = Workspace::new(fixture).link();
    let mut lines = Vec::new();
    for call in &program.calls {
        lines.push(format!("{} -> {}{}", name(&program, call.from), name(&program, call.to), call_notes(call)));
    }
    for site in program.sites.iter().filter(|s| opens(s)) {
        lines.push(format!("{} -> [{}]", name(&program, site.function), site.api));
    }
    lines.sort();
    lines.dedup();
    text(&lines)
}

/// What inference made of the lines that end in `//?`.
pub(crate) fn types(fixture: &str) -> String {
    let mut lines = Vec::new();
    for dump in Workspace::new(fixture).inspect_marked() {
        // The first line of a dump names the function.
        lines.extend(dump.lines().skip(1).map(|line| without_ids(line.trim())));
    }
    text(&lines)
}

/// `kind route -> function` for each entry point that is no loop over items.
pub(crate) fn entry_points(fixture: &str) -> String {
    let program = Workspace::new(fixture).link();
    let mut lines: Vec<String> =
        program.recurring_entry_points().map(|e| format!("{}{}", entry(&program, e), entry_notes(e))).collect();
    lines.sort();
    text(&lines)
}

/// Each opening and how often it runs: the path from the nearest entry point, or why there is none.
pub(crate) fn openings(fixture: &str) -> String {
    let workspace = Workspace::new(fixture);
    let program = workspace.link();
    let reached = program.reached_sites(opens);
    let mut lines = Vec::new();
    for site in program.sites.iter().filter(|s| opens(s)) {
        let expression = workspace.text(site.span.file.as_str(), site.span.range.start, site.span.range.end);
        let how = match reached.iter().find(|r| std::ptr::eq(r.site, site)) {
            Some(reached) => recurring(&program, reached),
            None => not_recurring(&program, site),
        };
        let line = (site.span.clone(), format!("{:?} `{expression}`\n    {how}", site.effect));
        lines.push(line);
    }
    lines.sort();
    text(&lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>())
}

/// How often each opening runs that runs again and again: the function that it is in, and its recurrence.
pub(crate) fn recurrences(fixture: &str) -> Vec<String> {
    let program = Workspace::new(fixture).link();
    let found = program.reached_sites(opens);
    let mut lines: Vec<String> = found
        .iter()
        .map(|reached| format!("{} {:?}", name(&program, reached.site.function), reached.recurrence))
        .collect();
    lines.sort();
    lines
}

/// Each loop that sends a query for each item: the function that it is in, what sizes it, and what it sends.
pub(crate) fn query_loops(fixture: &str) -> String {
    let program = Workspace::new(fixture).link();
    let mut lines = Vec::new();
    for reached in program.query_loops() {
        let found = reached.found;
        let sent = found.queries.iter().map(|query| {
            let api = &program.sites[query.site as usize].api;
            let notes = [(query.same, "same"), (query.writes, "writes"), (query.in_process, "in process")];
            let notes: String = notes.iter().filter(|note| note.0).map(|note| format!(" ({})", note.1)).collect();
            format!("{}{notes}", api.rsplit("::").next().unwrap_or_default())
        });
        let sent: Vec<String> = sent.collect();
        let reads = if found.reads_too { ", reads" } else { "" };
        lines.push(format!("{}: {:?}: {}{reads}", name(&program, found.function), found.source, sent.join(", ")));
    }
    lines.sort();
    text(&lines)
}

/// How far calls were resolved, by crate, and each call that was not, with its cause.
pub(crate) fn resolution(fixture: &str) -> String {
    let program = Workspace::new(fixture).link_with_details();
    let share = |share: Share| format!("{} of {}", share.resolved, share.total);
    let mut lines: Vec<String> = Vec::new();
    for (krate, resolution) in &program.resolution {
        lines.push(format!(
            "{krate}: functions {}, methods {}",
            share(resolution.functions),
            share(resolution.methods)
        ));
    }
    for call in program.unresolved_calls() {
        let because = call.because.as_ref().map(|because| format!(" ({because})")).unwrap_or_default();
        lines.push(format!("`{}` in {}: {}{because}", call.name, name(&program, call.function), call.cause.name()));
    }
    text(&lines)
}

/// Each opening with its effect, what it makes, its API and where its builder begins.
pub(crate) fn effects(fixture: &str) -> String {
    let workspace = Workspace::new(fixture);
    let mut lines = Vec::new();
    for site in workspace.link().sites.iter().filter(|s| opens(s)) {
        let source = |span: &Span| workspace.text(span.file.as_str(), span.range.start, span.range.end);
        let mut line = format!("{:?} {:?} {} `{}`", site.effect, site.resource, site.api, source(&site.span));
        for start in &site.started_at {
            let _ = write!(line, " begun `{}`", source(start));
        }
        lines.push((site.span.clone(), line));
    }
    lines.sort();
    text(&lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>())
}

/// Why nothing runs an opening again and again: what keeps it, or the calls on the way to it.
fn not_recurring(program: &Program, site: &EffectSite) -> String {
    if let Some(shared) = site.shared {
        return format!("shared: {shared:?}");
    }
    let mut kept = Vec::new();
    let mut seen = Vec::new();
    let mut queue = vec![site.function];
    while let Some(at) = queue.pop() {
        if seen.contains(&at) {
            continue;
        }
        seen.push(at);
        for call in program.callers_of(at) {
            match call.shared {
                Some(shared) => kept.push(format!("{shared:?}")),
                None => queue.push(call.from),
            }
        }
    }
    kept.sort();
    kept.dedup();
    if kept.is_empty() { "not recurring".to_owned() } else { format!("behind: {}", kept.join(", ")) }
}

fn opens(site: &EffectSite) -> bool {
    matches!(site.effect, Effect::OpenConnection | Effect::BuildPool | Effect::BuildClient | Effect::ThrowawayClient)
}

fn recurring(program: &Program, reached: &ReachedSite<'_>) -> String {
    let point = program.entry(reached.entry);
    let mut line = format!("per {}", entry(program, point));
    for &call in &reached.path {
        let _ = write!(line, " -> {}", name(program, program.calls[call as usize].to));
    }
    let notes = [
        (reached.in_loop && point.kind != EntryKind::Loop, "in a loop"),
        (reached.depends_on_request, "target named by the request"),
        (reached.replaces, "replaces what is kept"),
        (reached.some_rounds, "in some rounds"),
        (reached.certainty == Certainty::Medium, "medium"),
        (reached.certainty == Certainty::Low, "low"),
    ];
    let notes: Vec<&str> = notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| *note).collect();
    if !notes.is_empty() {
        let _ = write!(line, " ({})", notes.join(", "));
    }
    if !reached.further_entries.is_empty() {
        let _ = write!(line, " +{}", reached.further_entries.len());
    }
    line
}

fn entry(program: &Program, point: &EntryPoint) -> String {
    let route = point.route.as_ref().map(|route| format!(" `{route}`")).unwrap_or_default();
    format!("{}{route}: {}", point.kind.name(), name(program, point.function))
}

fn entry_notes(point: &EntryPoint) -> String {
    let mut notes = Vec::new();
    notes.extend(point.framework.clone());
    notes.extend(point.period.map(|seconds| format!("every {seconds} s")));
    notes.extend((point.certainty != Certainty::High).then(|| format!("{:?}", point.certainty).to_lowercase()));
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
}

fn call_notes(call: &CallEdge) -> String {
    let mut notes: Vec<String> = Vec::new();
    notes.extend(call.shared.map(|shared| format!("{shared:?}")));
    notes.extend(call.spawned.then(|| "spawned".to_owned()));
    notes.extend(call.repeated.then(|| "repeated".to_owned()));
    notes.extend((call.certainty != Certainty::High).then(|| format!("{:?}", call.certainty).to_lowercase()));
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
}

fn name(program: &Program, id: FunctionId) -> String {
    let function = program.function(id);
    let suffix = match function.kind {
        FunctionKind::Function => "",
        FunctionKind::Closure => "{closure}",
        FunctionKind::Loop => "{loop}",
    };
    format!("{}{suffix}", function.path)
}

/// Numbers of operations change with each new operation: `%12.method()` is shown as `_.method()`.
fn without_ids(line: &str) -> String {
    let mut kept = String::new();
    for piece in line.split_inclusive(char::is_whitespace) {
        match piece.strip_prefix('%') {
            Some(rest) => {
                let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                if !tail.trim().is_empty() {
                    kept.push('_');
                    kept.push_str(tail);
                } else if !kept.is_empty() {
                    kept.push_str(&format!("_{tail}"));
                }
            }
            None => kept.push_str(piece),
        }
    }
    kept.trim().to_owned()
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
