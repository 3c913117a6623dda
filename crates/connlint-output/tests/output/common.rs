//! One hand-made report for all formats.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connlint_diagnostics::{
    Applicability, Category, Confidence, CrateResolution, Diagnostic, EntryRef, Fix, FixEdit, Impact, Label, Level,
    LintMetadata, OtherEntry, Outline, Policy, Rating, Report, ResolvedShare, Stats, TraceStep, UnresolvedCount,
    WorkCount, apply_policy, identify,
};
use connlint_facts::{Notice, NoticeKind, RelPath, Span, SuppressionFact, SuppressionForm, TextRange};
use connlint_output::{EmitOptions, FORMATS, Format, Sources};

/// A lint of the report.
pub(crate) static CONNECTION: LintMetadata = LintMetadata {
    name: "connection-per-request",
    summary: "a connection is opened for every request",
    category: Category::Exhaustion,
    level: Level::Error,
    since: "0.1.0",
    docs: "## What it does\nReports a physical connection opened on the path of a request handler.\n\n\
           ## Not a defect when\n- the opening is shared\n",
};
/// A lint of the report.
pub(crate) static NESTED: LintMetadata = LintMetadata {
    name: "held-across-await",
    summary: "a connection is held while something else is awaited",
    category: Category::Holding,
    level: Level::Warn,
    since: "0.1.0",
    docs: "",
};
/// A lint of the report without findings.
pub(crate) static QUIET: LintMetadata = LintMetadata {
    name: "pool-size-unset",
    summary: "a pool's maximum is left to its library",
    category: Category::Configuration,
    level: Level::Off,
    since: "0.1.0",
    docs: "",
};

pub(crate) const ROUTES: &str = "use axum::{Json, extract::State};

pub(crate) fn router(state: Config) -> Router {
    Router::new().route(\"/users/{id}\", get(show_user)).with_state(state)
}

async fn show_user(State(cfg): State<Config>, Path(id): Path<i64>) -> Json<User> {
    let user = repo::find(&cfg, id).await;
    Json(user)
}
";
pub(crate) const REPO: &str = "pub async fn find(cfg: &Config, id: i64) -> User {
\tlet mut conn = db::open(cfg).await; // \u{202e}漢字 \u{1b}[31m
\tsqlx::query_as(\"…\").bind(id).fetch_one(&mut conn).await.unwrap()
}
";
pub(crate) const DB: &str = "pub async fn open(cfg: &Config) -> PgConnection {
    /* 🦀 */ PgConnection::connect(&cfg.url).await.unwrap()
}

pub async fn report(pool: &PgPool) -> Result<()> {
    let tx = pool
        .begin()
        .await?;
    http.post(URL).send().await?;
    tx.commit().await
}
";

pub(crate) struct Texts(BTreeMap<&'static str, &'static str>);

impl Sources for Texts {
    fn text(&self, path: &RelPath) -> Option<Arc<str>> {
        self.0.get(path.as_str()).map(|text| Arc::from(*text))
    }
}

pub(crate) fn texts() -> Texts {
    let files = [("src/routes.rs", ROUTES), ("src/repo.rs", REPO), ("db crate/src/lib.rs", DB)];
    Texts(files.into_iter().collect())
}

/// The span of the first occurrence of `needle`.
pub(crate) fn span(file: &str, text: &str, needle: &str) -> Span {
    let start = u32::try_from(text.find(needle).unwrap()).unwrap();
    let end = start + u32::try_from(needle.len()).unwrap();
    Span { file: RelPath::new(file), range: TextRange::new(start, end) }
}

fn step(span: Span, text: &str, function: &str) -> TraceStep {
    TraceStep { span, text: text.to_owned(), function: function.to_owned() }
}

pub(crate) fn connection_finding() -> Diagnostic {
    let primary = span("db crate/src/lib.rs", DB, "PgConnection::connect(&cfg.url)");
    Diagnostic {
        trace: vec![
            step(span("src/routes.rs", ROUTES, "show_user("), "handler of `GET /users/{id}`", "routes::show_user"),
            step(span("src/routes.rs", ROUTES, "repo::find(&cfg, id)"), "calls `repo::find`", "routes::show_user"),
            step(span("src/repo.rs", REPO, "db::open(cfg)"), "calls `db::open`", "repo::find"),
            step(primary.clone(), "opens a connection", "db::open"),
        ],
        notes: vec![
            "each request pays for a TCP handshake, TLS and authentication, and under load the server's \
             `max_connections` is used up"
                .to_owned(),
        ],
        help: vec![
            "build one `PgPool` at start-up, keep it in the router's state and take it with `State<PgPool>`".to_owned(),
        ],
        entry: Some(EntryRef {
            kind: "request-handler".to_owned(),
            route: Some("GET /users/{id}".to_owned()),
            function: "routes::show_user".to_owned(),
        }),
        other_entries: (1..=11).map(other_entry).collect(),
        fixes: vec![take_from_pool()],
        ..Diagnostic::new(
            &CONNECTION,
            "`GET /users/{id}` opens a new Postgres connection for every request",
            primary,
            "opens a connection, once per request",
        )
    }
}

fn other_entry(number: usize) -> OtherEntry {
    let entry = EntryRef {
        kind: "request-handler".to_owned(),
        route: (number % 2 == 1).then(|| format!("GET /users/{number}")),
        function: format!("routes::user_{number}"),
    };
    OtherEntry { entry, span: span("src/routes.rs", ROUTES, "Router") }
}

fn held_finding() -> Diagnostic {
    let file = "db crate/src/lib.rs";
    Diagnostic {
        labels: vec![Label {
            span: span(file, DB, "http.post(URL).send().await"),
            text: "awaited while `tx` is alive".to_owned(),
        }],
        confidence: Rating::because(Confidence::Medium, "one of two implementations"),
        impact: Rating::because(Impact::Medium, "runs every 60 s"),
        fixes: vec![drop_early()],
        siblings: vec![Label { span: span(file, DB, "PgConnection::connect(&cfg.url)"), text: "and here".to_owned() }],
        ..Diagnostic::new(
            &NESTED,
            "a transaction is held across an HTTP call",
            span(file, DB, "pool\n        .begin()\n        .await?"),
            "`tx` begins here",
        )
    }
}

/// A fix of several lines that is not certain.
fn drop_early() -> Fix {
    let file = "db crate/src/lib.rs";
    let at = |needle: &str| span(file, DB, needle);
    let before = Span { range: TextRange::new(at("    http").range.start, at("    http").range.start), ..at("http") };
    Fix {
        message: "send it before `tx` begins".to_owned(),
        edits: vec![
            FixEdit { span: at("pool\n        .begin()\n        .await?"), text: "begin(pool).await?".to_owned() },
            FixEdit { span: before, text: "    drop(tx); // 🦀\n".to_owned() },
        ],
        applicability: Applicability::Likely,
    }
}

/// A fix of the line of the finding and of one that it adds.
fn take_from_pool() -> Fix {
    let file = "db crate/src/lib.rs";
    let next = span(file, DB, "}\n\npub");
    let next = Span { range: TextRange::new(next.range.start, next.range.start), ..next };
    Fix {
        message: "take it from `pool`".to_owned(),
        edits: vec![
            FixEdit { span: span(file, DB, "PgConnection::connect(&cfg.url)"), text: "cfg.pool.acquire()".to_owned() },
            FixEdit { span: next, text: "    // ```\n".to_owned() },
        ],
        applicability: Applicability::Certain,
    }
}

fn suppressed_finding() -> (Diagnostic, (RelPath, SuppressionFact)) {
    let covers = span("src/repo.rs", REPO, "\tsqlx::query_as").range;
    let fact = SuppressionFact {
        form: SuppressionForm::Comment,
        lints: vec!["held_across_await".to_owned(), "conection-per-request".to_owned()],
        reason: Some("measured: harmless".to_owned()),
        until: None,
        range: covers,
        covers,
    };
    let finding = Diagnostic {
        trace: vec![step(span("src/repo.rs", REPO, "sqlx::query_as(\"…\")"), "calls it", "repo::find")],
        ..Diagnostic::new(&NESTED, "a connection is held", span("gone.rs", "x", "x"), "taken here")
    };
    (finding, (RelPath::new("src/repo.rs"), fact))
}

pub(crate) fn report() -> Report {
    let (suppressed, fact) = suppressed_finding();
    let unsure = Diagnostic {
        confidence: Confidence::Low.into(),
        ..Diagnostic::new(&NESTED, "perhaps", span("src/routes.rs", ROUTES, "Router"), "here")
    };
    let gone = Diagnostic {
        trace: vec![step(span("gone2.rs", "x", "x"), "calls `x`", "gone2::f")],
        ..Diagnostic::new(&CONNECTION, "a file\u{1b}[2J that was removed meanwhile", span("gone.rs", "x", "x"), "opens")
    };
    let notices = vec![
        Notice {
            kind: NoticeKind::ParseError,
            path: Some(RelPath::new("src/repo.rs")),
            range: Some(span("src/repo.rs", REPO, "sqlx").range),
            message: "expected `;`: the function is not analysed".to_owned(),
        },
        Notice { kind: NoticeKind::LimitReached, path: None, range: None, message: "4 lints stopped early".to_owned() },
    ];
    let rare = Diagnostic {
        impact: Rating::because(Impact::Low, "runs every 24 h"),
        ..Diagnostic::new(&NESTED, "rarely", span("src/routes.rs", ROUTES, "get"), "here")
    };
    let found = vec![unsure, rare, held_finding(), suppressed, gone, connection_finding(), connection_finding()];
    let mut report = apply_policy(found, &[fact], notices, &[&CONNECTION, &NESTED, &QUIET], &Policy::default());
    report.stats = Stats {
        files: 120,
        lines: 34_567,
        crates: 3,
        functions: 900,
        resolution: vec![
            resolution("db", (700, 710), (900, 1_290)),
            resolution("server", (1_000, 1_000), (1_400, 2_000)),
        ],
        unresolved_on_recurring_paths: vec![
            UnresolvedCount {
                cause: "unknown-result",
                summary: "the receiver is the result of a call of which no result is known",
                calls: 40,
            },
            UnresolvedCount { cause: "unknown-path", summary: "the path leads to nothing that was read", calls: 2 },
        ],
        entry_points: 34,
        work: vec![WorkCount { what: "bytes", count: 1_400_000 }, WorkCount { what: "calls", count: 5_000 }],
        elapsed: Some(Duration::from_millis(1234)),
    };
    report
}

/// The format with this name.
pub(crate) fn format(name: &str) -> &'static Format<Report> {
    FORMATS.iter().copied().find(|format| format.name == name).unwrap()
}

pub(crate) fn emitted(report: &Report, format: &Format<Report>, options: &EmitOptions) -> String {
    let mut report = report.clone();
    let texts = texts();
    let code = |span: &Span| {
        let text = texts.text(&span.file)?;
        text.get(span.range.start as usize..span.range.end as usize).map(str::to_owned)
    };
    identify(&mut report, &Outline::default(), &code);
    let mut out = Vec::new();
    format.emit(&report, &texts, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn resolution(krate: &str, functions: (usize, usize), methods: (usize, usize)) -> CrateResolution {
    let share = |(resolved, total)| ResolvedShare { resolved, total };
    CrateResolution { krate: krate.to_owned(), functions: share(functions), methods: share(methods) }
}
