//! What the four lints on openings share: which openings recur, and how a finding is worded.

use connlint_catalog::{Effect, Role};
use connlint_diagnostics::{Confidence, Diagnostic, Label, LintMetadata};
use connlint_semantic::{EffectSite, EntryKind, Program, ReachedSite};

use crate::reporting::trace;

/// Openings that recur once for each run of an entry point, and make what `wanted` names.
pub(crate) fn per_request<'p>(
    program: &'p Program,
    wanted: impl Fn(&EffectSite) -> bool,
) -> impl Iterator<Item = ReachedSite<'p>> {
    let found = program.reached_sites(|site| site.effect.is_opening() && wanted(site));
    found.into_iter().filter(move |reached| !is_loop(program, reached))
}

/// Openings that recur once for each round of a loop.
pub(crate) fn in_loop(program: &Program) -> impl Iterator<Item = ReachedSite<'_>> {
    let found = program.reached_sites(|site| site.effect.is_opening());
    found.into_iter().filter(|reached| is_loop(program, reached))
}

/// What an opening makes, in the words of the lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// One physical connection.
    Connection,
    /// A pool of them.
    Pool,
    /// A client that owns one or the other.
    Client,
}

/// What an opening makes: what its value is for decides, not how it is built.
pub(crate) fn made_by(site: &EffectSite) -> Made {
    match (site.resource, site.effect) {
        (Role::Client, _) | (_, Effect::BuildClient | Effect::ThrowawayClient) => Made::Client,
        (Role::Pool, _) | (_, Effect::BuildPool) => Made::Pool,
        _ => Made::Connection,
    }
}

fn is_loop(program: &Program, reached: &ReachedSite<'_>) -> bool {
    let entry = program.entry(reached.entry);
    reached.in_loop || (entry.kind == EntryKind::ScheduledJob && entry.framework.is_none())
}

/// The finding on an opening.
pub(crate) fn finding(lint: &'static LintMetadata, program: &Program, reached: &ReachedSite<'_>) -> Diagnostic {
    let entry = program.entry(reached.entry);
    let site = reached.site;
    let unit = if is_loop(program, reached) && reached.in_loop { "iteration" } else { entry.kind.unit() };
    let of_route = entry.route.as_ref().map(|route| format!(" of `{route}`")).unwrap_or_default();
    let api = trace::short(&site.api);
    let headline = format!("`{api}` {} for every {unit}{}", makes(site), of_route);
    let mut finding = Diagnostic::new(lint, headline, site.span.clone(), format!("{} here", made(site)));
    finding.trace = trace::steps(program, reached.entry, &reached.path);
    let started =
        site.started_at.iter().map(|span| Label { span: span.clone(), text: "the builder begins here".to_owned() });
    finding.labels = started.collect();
    finding.notes = notes(program, reached, unit);
    finding.help = help(program, reached);
    finding.confidence = confidence(program, reached);
    finding.entry = Some(trace::entry_ref(program, reached.entry));
    finding.other_entries = reached.further_entries;
    finding
}

fn noun(site: &EffectSite) -> &'static str {
    match made_by(site) {
        Made::Pool => "connection pool",
        Made::Connection => "connection",
        Made::Client => "client",
    }
}

fn makes(site: &EffectSite) -> String {
    match site.effect {
        _ if made_by(site) == Made::Connection => "opens a new connection".to_owned(),
        Effect::ThrowawayClient => "builds a client and throws it away".to_owned(),
        _ => format!("builds a new {}", noun(site)),
    }
}

fn made(site: &EffectSite) -> &'static str {
    match made_by(site) {
        Made::Connection => "opened",
        _ => "built",
    }
}

fn notes(program: &Program, reached: &ReachedSite<'_>, unit: &str) -> Vec<String> {
    let site = reached.site;
    let cost = match made_by(site) {
        Made::Pool => format!(
            "each {unit} opens the pool's own connections and drops them again; under load the server runs out of them, \
             whatever maximum the pool has"
        ),
        Made::Connection => format!(
            "nothing bounds how many of these connections are open at once: with enough concurrent load on this {unit} \
             path the server refuses further ones, and everything that shares it fails"
        ),
        Made::Client => format!(
            "each {unit} starts with an empty connection pool: a new DNS look-up, TCP and TLS handshake every time, and \
             sockets in TIME_WAIT until ports run out"
        ),
    };
    let mut notes = vec![cost];
    let entry = program.entry(reached.entry);
    if let (EntryKind::ScheduledJob, Some(seconds)) = (entry.kind, entry.period) {
        notes.push(format!("the loop runs every {seconds} s"));
    }
    notes
}

fn help(program: &Program, reached: &ReachedSite<'_>) -> Vec<String> {
    let site = reached.site;
    let mut help = Vec::new();
    help.push(site.remedy.clone().unwrap_or_else(|| match made_by(site) {
        Made::Connection => "take a connection from a pool that is built once at start-up".to_owned(),
        _ => format!("build the {} once at start-up and share it", noun(site)),
    }));
    let entry = program.entry(reached.entry);
    if let Some(framework) = entry.framework.as_deref().and_then(|lib| program.framework(lib)) {
        match (&framework.state_setup, &framework.state_access) {
            (Some(setup), Some(access)) => help.push(format!(
                "share it through {}: `{setup}` at start-up, `{access}` in the handler",
                framework.title
            )),
            (None, Some(access)) => {
                help.push(format!("share it through {}: `{access}` in the handler", framework.title))
            }
            (Some(setup), None) => help.push(format!("share it through {}: `{setup}` at start-up", framework.title)),
            (None, None) => {}
        }
    } else if is_loop(program, reached) || entry.framework.is_none() {
        help.push("open it before the loop, or hand it to the task when it starts".to_owned());
    }
    help
}

fn confidence(program: &Program, reached: &ReachedSite<'_>) -> Confidence {
    if reached.depends_on_request || reached.replaces || reached.single_flight || !reached.each_round {
        return Confidence::Low;
    }
    trace::confidence_by_pace(program, reached.entry, reached.certainty)
}
