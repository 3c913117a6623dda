//! Openings that recur, and how they are reported: shared by the lints of this category.

use std::collections::BTreeSet;

use connlint_catalog::{Bound, Effect, Role};
use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label, LintMetadata, Rating, Remedy};
use connlint_facts::Span;
use connlint_semantic::{AtHand, EffectSite, EntryKind, PoolInstead, Program, ReachedSite, Recurrence};

use crate::reporting::alternatives::{Alternative, joined};
use crate::reporting::{impact, trace};

/// Openings that satisfy `wanted` and happen once for each run of an entry point.
pub(crate) fn per_request<'p>(
    program: &'p Program,
    wanted: impl Fn(&EffectSite) -> bool,
) -> impl Iterator<Item = ReachedSite<'p>> {
    let found = program.reached_sites(|site| site.effect.is_opening() && wanted(site));
    found.into_iter().filter(move |reached| !is_loop(program, reached))
}

/// Openings that happen once for each iteration of a loop.
pub(crate) fn in_loop(program: &Program) -> impl Iterator<Item = ReachedSite<'_>> {
    let found = program.reached_sites(|site| site.effect.is_opening());
    found.into_iter().filter(|reached| is_loop(program, reached))
}

/// What an opening creates. Each kind has its own lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// One physical connection.
    Connection,
    /// A pool of connections.
    Pool,
    /// A client that owns a connection or a pool.
    Client,
}

/// What an opening creates. The role of its value comes before the effect: a client stays one however it is built.
pub(crate) fn opened(site: &EffectSite) -> Opened {
    match (site.resource, site.effect) {
        (Role::Client, _) | (_, Effect::BuildClient | Effect::ThrowawayClient) => Opened::Client,
        (Role::Pool, _) | (_, Effect::BuildPool) => Opened::Pool,
        _ => Opened::Connection,
    }
}

fn is_loop(program: &Program, reached: &ReachedSite<'_>) -> bool {
    let entry = program.entry(reached.entry);
    reached.in_loop || (reached.kind == EntryKind::ScheduledJob && entry.framework.is_none())
}

/// The findings on openings, one for each that is not part of another: who keeps a client needs its configuration once,
/// and who is given a client needs it in no arm of a `match`.
pub(crate) fn findings<'p>(
    lint: &'static LintMetadata,
    program: &'p Program,
    found: impl Iterator<Item = ReachedSite<'p>>,
) -> Vec<Diagnostic> {
    let found: Vec<ReachedSite<'p>> = found.collect();
    let parts: BTreeSet<&Span> = found.iter().flat_map(|reached| &reached.site.made_from).collect();
    let places: BTreeSet<&Span> = found.iter().map(|reached| &reached.site.span).collect();
    let whole = found.iter().filter(|reached| !parts.contains(&reached.site.span));
    let with_parts = whole.map(|reached| {
        let mut finding = finding(lint, program, reached);
        let own = reached.site.made_from.iter().filter(|part| places.contains(part));
        let label = |part: &Span| Label { span: part.clone(), text: "it is built from this, made anew too".to_owned() };
        finding.siblings = own.map(label).collect();
        Alternative { finding, krate: &reached.site.krate, choices: &reached.choices }
    });
    joined(with_parts.collect())
}

/// The finding on an opening.
fn finding(lint: &'static LintMetadata, program: &Program, reached: &ReachedSite<'_>) -> Diagnostic {
    let entry = program.entry(reached.entry);
    let site = reached.site;
    let unit = if is_loop(program, reached) && reached.in_loop { "iteration" } else { reached.kind.unit() };
    let of_route = entry.route.as_ref().map(|route| format!(" of `{route}`")).unwrap_or_default();
    let api = program.api_name(&site.api);
    let headline = format!("`{api}` {} for every {unit}{}", action(site), of_route);
    let mut finding = Diagnostic::new(lint, headline, site.span.clone(), format!("{} here", participle(site)));
    finding.trace = trace::steps(program, reached.entry, &reached.path);
    // An arm with a timer of its own decides, not the loop around it.
    if let Some(head) = finding.trace.first_mut().filter(|_| reached.kind != entry.kind) {
        head.text = format!("an arm of this loop runs on every {}", reached.kind.unit());
    }
    let started =
        site.started_at.iter().map(|span| Label { span: span.clone(), text: "the builder starts here".to_owned() });
    finding.labels = started.collect();
    finding.notes = notes(reached, unit);
    finding.help = help(program, reached);
    finding.confidence = trace::confidence(reached.certainty).into();
    if site.guessed {
        finding
            .confidence
            .at_most(Confidence::Medium, "what it opens is a guess: no row describes the crate that is called");
    }
    finding.impact = impact(program, reached);
    finding.entry = Some(trace::entry_ref(program, reached.entry));
    finding.other_entries = trace::others(program, &reached.further_entries);
    finding.remedies = remedies(program, reached);
    finding
}

/// What can be done about an opening that is made in one expression: open it before the loop, make a client that is built of
/// nothing of the request one for all of them, use what is in scope.
fn remedies(program: &Program, reached: &ReachedSite<'_>) -> Vec<Remedy> {
    let site = reached.site;
    if !site.made_from.is_empty() || !site.started_at.is_empty() || site.guessed {
        return Vec::new();
    }
    let in_loop = is_loop(program, reached) && reached.in_loop;
    let is_client = opened(site) == Opened::Client && site.effect == Effect::BuildClient;
    let share = || Remedy::ShareStatic { api: site.api.clone(), ty: String::new(), fallible: false };
    let use_at_hand = |at_hand: &AtHand| Remedy::UseAtHand { code: at_hand.code.clone(), fallible: at_hand.fallible };
    let before_loop = in_loop.then_some(Remedy::OpenBeforeLoop { is_client });
    let others = is_client.then(share).into_iter().chain(site.at_hand.as_ref().map(use_at_hand));
    let is_of_all = !in_loop && !reached.depends_on_request && !reached.replaces && reached.choices.is_empty();
    let pool = program.pool_instead(site).filter(|_| is_of_all).map(|(pool, calls)| share_pool(pool, calls));
    before_loop.into_iter().chain(others).chain(pool).collect()
}

fn share_pool(pool: PoolInstead, calls: Vec<Span>) -> Remedy {
    let PoolInstead { ty, made_by, taken_by, opened, given, closed_by } = pool;
    Remedy::SharePool { pool: ty, made_by, taken_by, opened, given, closed_by, calls }
}

fn noun(site: &EffectSite) -> &'static str {
    match opened(site) {
        Opened::Pool => "connection pool",
        Opened::Connection => "connection",
        Opened::Client => "client",
    }
}

fn action(site: &EffectSite) -> String {
    match site.effect {
        _ if opened(site) == Opened::Connection => "opens a new connection".to_owned(),
        Effect::ThrowawayClient => "builds a client and discards it".to_owned(),
        _ => format!("builds a new {}", noun(site)),
    }
}

fn participle(site: &EffectSite) -> &'static str {
    match opened(site) {
        Opened::Connection => "opened",
        _ => "built",
    }
}

fn notes(reached: &ReachedSite<'_>, unit: &str) -> Vec<String> {
    let mut notes = vec![cost(reached, unit)];
    if let (EntryKind::ScheduledJob, Some(seconds)) = (reached.kind, reached.period) {
        notes.push(format!("the loop runs {}", impact::every(seconds)));
    }
    notes
}

/// What an opening costs, as far as that is true of what it opens.
fn cost(reached: &ReachedSite<'_>, unit: &str) -> String {
    let site = reached.site;
    let is_timer = matches!(reached.recurrence, Recurrence::Tick(_));
    match opened(site) {
        Opened::Pool if opens_nothing_known(site) => {
            format!("each {unit} fills a pool of its own and discards it with all that it holds, so nothing is reused")
        }
        Opened::Pool if site.local_file => format!(
            "each {unit} opens the file several times and starts the pool's threads anew, and waits for the locks of the \
             others"
        ),
        Opened::Pool => format!(
            "each {unit} opens connections of its own and closes them again: the pool's maximum applies to each {unit} \
             separately, so under load the server runs out of connections"
        ),
        Opened::Connection if site.local_file => format!(
            "each {unit} opens the file again, reads its schema again, and loses what the connection had cached"
        ),
        Opened::Connection if reached.bound == Some(Bound::OneAtATime) => format!(
            "a lock is held meanwhile, so that one of these is open at a time; each {unit} pays for the handshake and the \
             authentication, and those that wait for the lock wait for them too"
        ),
        Opened::Connection if reached.bound == Some(Bound::Permits) => format!(
            "as many of these are open at the same time as the semaphore has permits; each {unit} pays for the handshake \
             and the authentication of a new connection"
        ),
        Opened::Connection if reached.single_flight || is_timer => {
            format!("each {unit} pays for the handshake and the authentication of a new connection")
        }
        Opened::Connection => format!(
            "nothing bounds how many of these connections are open at the same time: under enough concurrent load on this \
             {unit} path, the server refuses new connections, and everything that uses the server fails"
        ),
        Opened::Client => {
            let ports = if is_timer || reached.depends_on_request {
                ""
            } else {
                ", and leaves sockets in TIME_WAIT until the machine runs out of ports"
            };
            format!(
                "each {unit} starts with an empty connection pool: it repeats the DNS lookup and the TCP and TLS \
                 handshakes{ports}"
            )
        }
    }
}

/// Whether a pool of whatever its manager makes holds what no row describes.
fn opens_nothing_known(site: &EffectSite) -> bool {
    site.own_items
}

fn help(program: &Program, reached: &ReachedSite<'_>) -> Vec<String> {
    let site = reached.site;
    if reached.depends_on_request {
        return vec![
            "nothing needs to change where each request brings a target or credentials of its own; for a target that many \
             requests share, a map by address can hold what is open"
                .to_owned(),
        ];
    }
    if names_address(program, reached) {
        return vec![format!(
            "keep a map by address that outlives the loop, and open a {} only for an address that it lacks",
            noun(site)
        )];
    }
    let mut help = Vec::new();
    help.push(site.remedy.clone().unwrap_or_else(|| match opened(site) {
        Opened::Connection => "take a connection from a pool that is built once at start-up".to_owned(),
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
        help.push("open it before the loop, or pass it to the task when it starts".to_owned());
    }
    help
}

fn impact(program: &Program, reached: &ReachedSite<'_>) -> Rating<Impact> {
    let mut impact = impact::of_site(program, reached);
    let is_timer = matches!(reached.recurrence, Recurrence::Tick(_));
    if is_timer && is_http_client(program, reached.site) {
        impact.lower("an HTTP client on a timer uses up no connections of a server");
    }
    if reached.depends_on_request {
        impact.at_most(Impact::Low, "its target or its credentials come from the request, or can change at any time");
    }
    if opened(reached.site) == Opened::Connection && reached.site.local_file {
        impact.lower("it opens a local file");
    }
    if opens_nothing_known(reached.site) {
        impact.at_most(Impact::Low, "the pool's manager opens nothing that is known");
    }
    if names_address(program, reached) {
        impact.lower("its address is the item of the loop");
    }
    if reached.replaces {
        impact.at_most(Impact::Low, "it replaces one that is kept");
    }
    if reached.refreshes {
        impact.at_most(Impact::Low, "it is part of a reload, which replaces what all requests share");
    }
    if reached.single_flight {
        impact.at_most(Impact::Low, "at most one is open at any time");
    }
    match reached.bound {
        Some(Bound::OneAtATime) => impact.lower("a lock is held meanwhile: one is open at a time"),
        Some(Bound::Permits) => impact.lower("a semaphore's permit is held meanwhile"),
        None => {}
    }
    if reached.some_rounds {
        impact.lower("it opens in some rounds only");
    }
    impact
}

/// Whether what is built is an HTTP client: it holds no connection that another program could want.
fn is_http_client(program: &Program, site: &EffectSite) -> bool {
    opened(site) == Opened::Client && matches!(program.category(&site.krate), Some("http" | "cloud" | "bot"))
}

/// Whether the item of the loop names what is opened. A client that serves all targets needs no address.
fn names_address(program: &Program, reached: &ReachedSite<'_>) -> bool {
    reached.names_item && !is_http_client(program, reached.site)
}
