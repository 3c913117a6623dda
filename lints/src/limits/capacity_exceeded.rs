//! `capacity-exceeded`

use std::collections::BTreeSet;

use connlint_diagnostics::{Diagnostic, Label};
use connlint_facts::{Notice, NoticeKind};
use connlint_semantic::{Opener, Process, Program, ServerLoad, Sum, names_of_nothing, server_loads};

use crate::declared::{Declared, DeclaredCapacity};
use crate::{Checked, declare_lint};

declare_lint! {
    /// ## What it does
    /// Reports that the processes of the project together open more connections to a server than `[capacity]` in
    /// `connlint.toml` says that it allows: always, or while a deploy runs old and new processes side by side. Only what
    /// is certain counts: a maximum out of the environment is a name, until `[capacity.values]` says what it is.
    ///
    /// ## Why is this bad?
    /// A server that has no connection left refuses the next one. The processes that start last, often those of the new
    /// version, fail first, and retries of all the others keep the server full.
    ///
    /// ## Example
    /// With this in `connlint.toml`:
    /// ```toml
    /// [capacity]
    /// replicas = 4
    /// server-limit = 100
    /// ```
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::{PgPool, postgres::PgPoolOptions};
    ///
    /// async fn visits(State(pool): State<PgPool>) -> String {
    ///     let visits: i64 = sqlx::query_scalar("SELECT count(*) FROM visits").fetch_one(&pool).await.unwrap();
    ///     visits.to_string()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let options = PgPoolOptions::new().max_connections(50);
    ///     let pool = options.connect("postgres://localhost/app").await.unwrap(); //~ ERROR capacity-exceeded
    ///     let app = Router::new().route("/visits", get(visits)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```toml
    /// [capacity]
    /// replicas = 4
    /// server-limit = 100
    /// ```
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use sqlx::{PgPool, postgres::PgPoolOptions};
    ///
    /// async fn visits(State(pool): State<PgPool>) -> String {
    ///     let visits: i64 = sqlx::query_scalar("SELECT count(*) FROM visits").fetch_one(&pool).await.unwrap();
    ///     visits.to_string()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     // 4 processes, twice during a deploy: 96 of 100.
    ///     let pool = PgPoolOptions::new().max_connections(12).connect("postgres://localhost/app").await.unwrap();
    ///     let app = Router::new().route("/visits", get(visits)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - a deploy stops the old processes before the new ones start: `rolling-deploy = false`
    /// - a pooler between the processes and the server bounds what reaches it: declare the limit of the pooler
    ///
    /// ## Known limits
    /// - other programs on the same server are not in the code: leave room for them in `server-limit`
    /// - two names of one server are two servers: [`connlint capacity`](../capacity.md) shows the names
    pub(crate) static CAPACITY_EXCEEDED = {
        name: "capacity-exceeded",
        summary: "all processes together open more connections than a server allows",
        category: Limits,
        level: Error,
        since: "0.1.0",
        requires: [Settings, Openings, Pools, LiveRanges],
        compares_with: declared,
    }
}

/// Places that are marked besides the first one.
const MAX_LABELS: usize = 9;

fn applies(declared: &Declared) -> bool {
    declared.capacity.is_some()
}

fn check(program: &Program, declared: &Declared, checked: &mut Checked) {
    let Some(capacity) = &declared.capacity else { return };
    let processes = program.capacity();
    let (replicas, limits) = (capacity.replicas(), &capacity.server_limits);
    let loads = server_loads(&processes, &capacity.values, &replicas, &limits.named, limits.of_all);
    let fleet = Fleet { program, capacity, processes: &processes };
    for load in &loads {
        match fleet.finding(load) {
            Some(finding) => checked.diagnostics.push(finding),
            None => checked.notices.extend(fleet.unchecked(load)),
        }
    }
    let named = capacity.values.keys().chain(limits.named.keys()).chain(capacity.replicas.named.keys());
    let unknown = names_of_nothing(&processes, &loads, named);
    checked.notices.extend(unknown.iter().map(|name| {
        notice(format!(
            "`[capacity]` of `{}` names `{name}`, which is no program, server or value here: `connlint capacity` shows \
             the names",
            capacity.origin
        ))
    }));
}

fn notice(message: String) -> Notice {
    Notice { kind: NoticeKind::UncheckedLimit, path: None, range: None, message }
}

/// The processes of a project, and what they are compared with.
struct Fleet<'a, 'p> {
    program: &'p Program,
    capacity: &'a DeclaredCapacity,
    processes: &'a [Process<'p>],
}

impl<'p> Fleet<'_, 'p> {
    fn finding(&self, load: &ServerLoad) -> Option<Diagnostic> {
        let (always, during_deploy) = load.exceeds();
        let (figure, limit) = (load.fleet.as_ref()?, load.limit?);
        let headline = match (always, during_deploy && self.capacity.rolling_deploy) {
            (true, _) => format!(
                "all processes together open {}{} connections to {}, which allows {limit}",
                least(!figure.unknown.is_empty()),
                figure.at_least,
                server(load)
            ),
            (false, true) => format!(
                "during a deploy, old and new processes together open {}{} connections to {}, which allows {limit}",
                least(!figure.unknown.is_empty()),
                figure.at_least.saturating_mul(2),
                server(load)
            ),
            (false, false) => return None,
        };
        let mut openers = self.openers(load);
        openers.sort_by_key(|(_, opener)| std::cmp::Reverse(self.certain(opener)));
        let ((process, largest), others) = openers.split_first()?;
        let label = self.label(process, largest);
        let mut finding = Diagnostic::new(CAPACITY_EXCEEDED.metadata, headline, largest.opening.span.clone(), label);
        for (process, opener) in others.iter().take(MAX_LABELS) {
            let (span, text) = (opener.opening.span.clone(), self.label(process, opener));
            finding.labels.push(Label { span, text });
        }
        finding.notes = self.notes(load, others.len());
        finding.help = self.help(load, limit);
        Some(finding)
    }

    /// What opens connections to a server in the programs of which it is declared how many run.
    fn openers<'s>(&'s self, load: &ServerLoad) -> Vec<(&'s Process<'p>, &'s Opener<'p>)> {
        let replicas = self.capacity.replicas();
        let running = self.processes.iter().filter(|process| replicas.of(process).is_some());
        let all = running.flat_map(|process| process.counted().map(move |opener| (process, opener)));
        all.filter(|(_, opener)| opener.address.server() == load.server).collect()
    }

    fn certain(&self, opener: &Opener<'_>) -> u64 {
        opener.connections().value(&self.capacity.values).unwrap_or_default()
    }

    fn label(&self, process: &Process<'_>, opener: &Opener<'_>) -> String {
        let api = self.program.api_name(&opener.opening.api);
        let sum = Sum { terms: vec![opener.connections()] };
        let default = match opener.pool.is_some() && opener.maximum.set_at.is_none() && opener.maximum.unknown.is_none()
        {
            true => ", the library's default",
            false => "",
        };
        format!(
            "`{api}` opens up to {}{default} in each process of `{}`",
            sum.shown(&self.capacity.values),
            process.name
        )
    }

    fn notes(&self, load: &ServerLoad, others: usize) -> Vec<String> {
        let replicas = self.capacity.replicas();
        let count = |name: &str| {
            let process = self.processes.iter().find(|process| process.name == name)?;
            replicas.of(process)
        };
        let one = |(name, sum): &(String, Sum)| {
            let shown = sum.shown(&self.capacity.values);
            Some(format!("{} × {shown} of `{name}`", count(name)?))
        };
        let programs: Vec<String> = load.by_program.iter().filter_map(one).collect();
        let mut notes = vec![format!(
            "processes × connections: {}, by `[capacity]` of `{}`",
            programs.join(" + "),
            self.capacity.origin
        )];
        let unknown = load.fleet.iter().flat_map(|figure| &figure.unknown).map(|name| format!("`[{name}]`"));
        let unknown: Vec<String> = unknown.collect();
        if !unknown.is_empty() {
            notes.push(format!("not counted, because the code does not show it: {}", unknown.join(", ")));
        }
        if others > MAX_LABELS {
            notes.push(format!("{} more places open connections to it", others - MAX_LABELS));
        }
        notes
    }

    fn help(&self, load: &ServerLoad, limit: u64) -> Vec<String> {
        let replicas = self.capacity.replicas();
        let of_server = |process: &&Process<'_>| load.by_program.iter().any(|(name, _)| *name == process.name);
        let running = self.processes.iter().filter(of_server).filter_map(|process| replicas.of(process));
        let processes = running.fold(0_u64, u64::saturating_add);
        let at_once = if self.capacity.rolling_deploy { processes.saturating_mul(2) } else { processes };
        let deploy = if self.capacity.rolling_deploy { ", deploys included" } else { "" };
        let room = limit / at_once.max(1);
        let first = match room {
            0 => "run fewer processes, or put a pooler between them and the server".to_owned(),
            room => format!(
                "let the pools of one process open at most {room} connections together: {limit} ÷ {at_once} \
                 processes{deploy}"
            ),
        };
        vec![first, "`connlint capacity` shows all that counts".to_owned()]
    }

    /// That it is not known whether the processes fit.
    fn unchecked(&self, load: &ServerLoad) -> Option<Notice> {
        let limit = load.limit?;
        let origin = &self.capacity.origin;
        let Some(figure) = &load.fleet else {
            let names: BTreeSet<String> = load.by_program.iter().map(|(name, _)| format!("`{name}`")).collect();
            let names: Vec<String> = names.into_iter().collect();
            return Some(notice(format!(
                "whether {limit} connections to {} are enough is not known: `[capacity]` of `{origin}` does not say how \
                 many processes of {} run (`replicas`)",
                server(load),
                names.join(", ")
            )));
        };
        let unknown: Vec<String> = figure.unknown.iter().map(|name| format!("`{name}`")).collect();
        (!unknown.is_empty()).then(|| {
            notice(format!(
                "whether {limit} connections to {} are enough is not known: it depends on {}, which `[capacity.values]` \
                 of `{origin}` can say",
                server(load),
                unknown.join(", ")
            ))
        })
    }
}

fn least(is_least: bool) -> &'static str {
    if is_least { "at least " } else { "" }
}

fn server(load: &ServerLoad) -> String {
    match &load.server {
        Some(name) => format!("`{name}`"),
        None => "a server whose address is not known".to_owned(),
    }
}
