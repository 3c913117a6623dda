//! `pool-without-timeout`

use connlint_diagnostics::{Diagnostic, Impact, Label, Remedy};
use connlint_semantic::{Built, Effective, Program, Resource, Setting};

use crate::declare_lint;
use crate::reporting::settings::{duration, of_process};

declare_lint! {
    /// ## What it does
    /// Reports a pool in which a task that wants a connection waits for ever when all are in use: the wait has no limit,
    /// because none is set and the library has none in the locked version, or because the limit that is set is so long
    /// that nobody would wait for its end.
    ///
    /// ## Why is this bad?
    /// When connections are lost or slow, every request queues up behind the pool, and none of them fails: the service
    /// hangs without a log line, health checks included, until somebody restarts it. With a limit the requests fail with
    /// an error that says why.
    ///
    /// ## Example
    /// ```rust
    /// use axum::{Router, extract::State, routing::get};
    /// use deadpool_postgres::{Manager, Pool};
    /// use tokio_postgres::NoTls;
    ///
    /// async fn visits(State(pool): State<Pool>) -> String {
    ///     let connection = pool.get().await.unwrap();
    ///     connection.query_one("SELECT count(*) FROM visits", &[]).await.unwrap().get::<_, i64>(0).to_string()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let manager = Manager::new("host=localhost".parse().unwrap(), NoTls);
    ///     let pool = Pool::builder(manager).max_size(16).build().unwrap(); //~ WARN pool-without-timeout
    ///     let app = Router::new().route("/visits", get(visits)).with_state(pool);
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
    /// use deadpool_postgres::{Manager, Pool, Runtime};
    /// use tokio_postgres::NoTls;
    ///
    /// async fn visits(State(pool): State<Pool>) -> String {
    ///     let connection = pool.get().await.unwrap();
    ///     connection.query_one("SELECT count(*) FROM visits", &[]).await.unwrap().get::<_, i64>(0).to_string()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let manager = Manager::new("host=localhost".parse().unwrap(), NoTls);
    ///     let builder = Pool::builder(manager).max_size(16).runtime(Runtime::Tokio1);
    ///     let pool = builder.wait_timeout(Some(Duration::from_secs(5))).build().unwrap();
    ///     let app = Router::new().route("/visits", get(visits)).with_state(pool);
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, app).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the limit is set to a value that the code does not show: from the configuration, the environment, an argument
    /// - only a tool or a program that ends with its work uses the pool: low impact, so shown on demand only
    ///
    /// ## Known limits
    /// - a limit around each call that takes a connection is not taken into account
    pub(crate) static POOL_WITHOUT_TIMEOUT = {
        name: "pool-without-timeout",
        summary: "tasks wait for a connection of this pool without limit",
        category: Configuration,
        level: Warn,
        since: "0.1.0",
        requires: [Settings],
    }
}

/// Who waits longer than this has been given up by everyone who waits for him: ten minutes.
const TOO_LONG: u64 = 600_000;

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    for built in program.built() {
        if let Some(setting) = built.setting("acquire_timeout")
            && is_too_long(&setting.effective)
        {
            diagnostics.push(finding(program, built, setting));
        }
    }
}

fn is_too_long(effective: &Effective) -> bool {
    effective.is_unbounded() || effective.millis().is_some_and(|millis| millis >= TOO_LONG)
}

fn finding(program: &Program, built: &Built, setting: &Setting) -> Diagnostic {
    let api = program.api_name(&built.api);
    let what = if built.resource == Resource::Pool { "a pool" } else { "a client with a pool" };
    let wait = match setting.effective.millis() {
        Some(millis) => format!("for up to {}", duration(millis)),
        None => "for ever".to_owned(),
    };
    let headline = format!("`{api}` builds {what} in which tasks wait {wait} for a free connection");
    let label = match setting.effective {
        Effective::Set(..) => "built here with a limit that limits nothing",
        _ => "built here without a limit for the wait",
    };
    let mut finding = Diagnostic::new(POOL_WITHOUT_TIMEOUT.metadata, headline, built.span.clone(), label);
    if let Effective::Set(_, at) = &setting.effective {
        finding.labels.push(Label { span: at.clone(), text: "set here".to_owned() });
    }
    finding.notes.push(
        "when all connections are in use, or lost, each request queues up and none fails: the service hangs without an \
         error"
            .to_owned(),
    );
    if matches!(setting.effective, Effective::Default(_)) && setting.setter.is_some() {
        finding.notes.push("the library's default is to wait without limit".to_owned());
    }
    let advice = match (&setting.remedy, &setting.setter) {
        (Some(remedy), _) => remedy.clone(),
        (None, Some(setter)) => format!("set `{}` to a few seconds", program.api_name(setter)),
        (None, None) => "end the wait after a few seconds: the library has no setting for it".to_owned(),
    };
    finding.remedies.extend(remedy(built, setting));
    finding.help.push(advice);
    finding.impact = of_process(program, built.function);
    if setting.setter.is_none() {
        finding.impact.at_most(Impact::Medium, "the library has no setting for it, so each call needs a limit");
    }
    finding
}

/// Where nothing is set, the builder can set it.
fn remedy(built: &Built, setting: &Setting) -> Option<Remedy> {
    let is_unset = matches!(setting.effective, Effective::Default(_));
    let (setter, advice) = (setting.setter.clone().filter(|_| is_unset)?, setting.remedy.clone()?);
    Some(Remedy::SetLimit { setter, api: built.api.clone(), advice, builds: false })
}
