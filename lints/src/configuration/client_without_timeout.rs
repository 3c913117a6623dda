//! `client-without-timeout`

use connlint_diagnostics::{Confidence, Diagnostic, Label, Remedy};
use connlint_semantic::{Built, Exposure, Program, Resource};

use crate::declare_lint;
use crate::reporting::alternatives::{Alternative, joined};
use crate::reporting::settings::{RecurringUse, unlimited_uses};
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports a client of an HTTP or RPC service or of a cache that code on a recurring path sends requests with, where
    /// nothing limits how long a request may take: neither the client, nor the request, nor anything around the call,
    /// and the library's default in the locked version is no limit.
    ///
    /// ## Why is this bad?
    /// A server that accepts the connection and never answers keeps each request waiting for ever, with all that it
    /// holds: a task, a slot of a pool, a transaction, a permit. One slow dependency so brings the whole service to a
    /// stop, and nothing is logged.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    ///
    /// async fn quote(State(client): State<reqwest::Client>) -> String {
    ///     client.get("https://example.org/quote").send().await.unwrap().text().await.unwrap()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let client = reqwest::Client::new(); //~ WARN client-without-timeout
    ///     let app = Router::new().route("/quote", get(quote)).with_state(client);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use std::time::Duration;
    ///
    /// use axum::{Router, extract::State, routing::get};
    ///
    /// async fn quote(State(client): State<reqwest::Client>) -> String {
    ///     client.get("https://example.org/quote").send().await.unwrap().text().await.unwrap()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    ///     let app = Router::new().route("/quote", get(quote)).with_state(client);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the request has a limit of its own, or something around the call ends it after a time
    /// - a limit is set to a value that the code does not show: from the configuration, the environment, an argument
    /// - only start-up code, a tool or a test uses the client
    ///
    /// ## Known limits
    /// - a client whose requests cannot be traced to it, such as one behind a trait object of another crate, is not
    ///   reported
    /// - a limit by a middleware around the handler is not known
    pub(crate) static CLIENT_WITHOUT_TIMEOUT = {
        name: "client-without-timeout",
        summary: "nothing limits how long a request of this client may take",
        category: Configuration,
        level: Warn,
        since: "0.1.0",
        requires: [Settings],
    }
}

/// The purposes of settings of which one is enough.
const LIMITS: [&str; 2] = ["request_timeout", "read_timeout"];

/// How many uses get a label: more would hide the construction.
const SHOWN: usize = 3;

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let clients = program.built().filter(|built| built.resource != Resource::Pool && is_unlimited(built));
    let found = clients.filter_map(|built| {
        Some(Alternative { finding: finding(program, built)?, krate: &built.krate, choices: &built.choices })
    });
    diagnostics.extend(joined(found.collect()));
}

/// Whether it is certain that no limit is set.
fn is_unlimited(built: &Built) -> bool {
    let mut known = LIMITS.iter().filter_map(|purpose| built.setting(purpose)).peekable();
    known.peek().is_some() && known.all(|setting| setting.effective.is_unbounded())
}

fn finding(program: &Program, built: &Built) -> Option<Diagnostic> {
    let uses = unlimited_uses(program, built);
    let first = uses.first()?;
    let api = program.api_name(&built.api);
    let headline = if built.for_one_call {
        format!("`{api}` sends a request that nothing limits in time")
    } else {
        format!("`{api}` makes a client whose requests nothing limits in time")
    };
    let label = if built.for_one_call { "sent here without a timeout" } else { "built here without a timeout" };
    let mut finding = Diagnostic::new(CLIENT_WITHOUT_TIMEOUT.metadata, headline, built.span.clone(), label);
    if !built.for_one_call {
        let requests = uses.iter().filter(|one| !one.used.opens);
        let label = |one: &RecurringUse<'_>| Label {
            span: one.used.span.clone(),
            text: "this request waits for as long as the server does not answer".to_owned(),
        };
        finding.labels = requests.take(SHOWN).map(label).collect();
    }
    finding.notes.push(format!(
        "a server that accepts the connection and does not answer keeps the {} waiting for ever, with all that it holds",
        unit(program, first)
    ));
    if uses.len() > SHOWN {
        finding.notes.push(format!("{} requests on recurring paths are sent without a limit", uses.len()));
    }
    finding.help = help(built);
    finding.remedies.extend(remedy(built));
    add_path(program, first, &mut finding);
    if first.used.by_other {
        finding
            .confidence
            .at_most(Confidence::Medium, "another crate sends the request, with limits of its own or without");
    }
    finding.impact = first.impact.clone();
    Some(finding)
}

fn unit(program: &Program, first: &RecurringUse<'_>) -> &'static str {
    match &first.exposure {
        Exposure::Recurring { entry, .. } => program.entry(*entry).kind.unit(),
        _ => "loop",
    }
}

fn add_path(program: &Program, first: &RecurringUse<'_>, finding: &mut Diagnostic) {
    let Exposure::Recurring { entry, path } = &first.exposure else { return };
    finding.trace = trace::steps(program, *entry, path);
    finding.entry = Some(trace::entry_ref(program, *entry));
    finding.confidence = trace::confidence(first.certainty).into();
    if finding.confidence.degree == Confidence::Low {
        finding.confidence.at_most(Confidence::Low, "a call on the path to the request is one of several readings");
    }
}

/// The limit of the whole request, where the library has a setting for it.
fn remedy(built: &Built) -> Option<Remedy> {
    let setting = LIMITS.first().and_then(|purpose| built.setting(purpose)).filter(|_| !built.for_one_call)?;
    let (setter, advice) = (setting.setter.clone()?, setting.remedy.clone()?);
    Some(Remedy::SetLimit { setter, api: built.api.clone(), advice, builds: false })
}

fn help(built: &Built) -> Vec<String> {
    let of = |purpose: &&str| built.setting(purpose).and_then(|setting| setting.remedy.clone());
    let mut help: Vec<String> = LIMITS.iter().filter_map(of).collect();
    if help.is_empty() {
        let setters = LIMITS.iter().filter_map(|purpose| built.setting(purpose)?.setter.as_deref());
        help = setters.map(|setter| format!("set `{setter}` where the client is built")).collect();
    }
    if help.is_empty() {
        help.push("end the call after a time: the library has no setting for it".to_owned());
    }
    help
}
