//! `pool-per-worker`

use connlint_diagnostics::{Diagnostic, Impact, Rating, TraceStep};
use connlint_semantic::{Built, EffectSite, Program, Resource, WorkerPath};

use crate::declare_lint;
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports a pool that is built by the factory that a server runs once in each of its workers, directly or in what
    /// the factory calls.
    ///
    /// ## Why is this bad?
    /// Each worker has a pool of its own: the process opens up to *workers × maximum* connections, with one worker for
    /// each core of the machine. What is enough on a laptop is more than the database accepts on a large server.
    ///
    /// ## Example
    /// ```rust
    /// use actix_web::{App, HttpServer, web};
    /// use diesel::PgConnection;
    /// use diesel::r2d2::{ConnectionManager, Pool};
    ///
    /// fn pool() -> Pool<ConnectionManager<PgConnection>> {
    ///     let manager = ConnectionManager::new("postgres://localhost/app");
    ///     Pool::builder().max_size(8).build(manager).unwrap() //~ WARN pool-per-worker
    /// }
    ///
    /// #[actix_web::main]
    /// async fn main() -> std::io::Result<()> {
    ///     HttpServer::new(|| App::new().app_data(web::Data::new(pool()))).bind(("127.0.0.1", 8080))?.run().await
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use actix_web::{App, HttpServer, web};
    /// use diesel::PgConnection;
    /// use diesel::r2d2::{ConnectionManager, Pool};
    ///
    /// fn pool() -> Pool<ConnectionManager<PgConnection>> {
    ///     let manager = ConnectionManager::new("postgres://localhost/app");
    ///     Pool::builder().max_size(8).build(manager).unwrap()
    /// }
    ///
    /// #[actix_web::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let pool = web::Data::new(pool());
    ///     HttpServer::new(move || App::new().app_data(pool.clone())).bind(("127.0.0.1", 8080))?.run().await
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - each worker is meant to have a small pool of its own, and the sum fits
    ///
    /// ## Known limits
    /// - the number of workers is not known: it is that of the machine's cores unless the server sets it
    pub(crate) static POOL_PER_WORKER = {
        name: "pool-per-worker",
        summary: "each worker of the server builds a pool of its own",
        category: Configuration,
        level: Warn,
        since: "0.1.0",
        requires: [Settings],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    for (site, path) in program.pools_per_worker() {
        diagnostics.push(finding(program, site, &path));
    }
}

fn finding(program: &Program, site: &EffectSite, path: &WorkerPath) -> Diagnostic {
    let api = program.api_name(&site.api);
    let headline = format!("`{api}` builds a pool in each worker of the server");
    let label = "each worker has a pool of its own from here".to_owned();
    let mut finding = Diagnostic::new(POOL_PER_WORKER.metadata, headline, site.span.clone(), label);
    let factory = program.function(path.factory);
    finding.trace.push(TraceStep {
        span: factory.span.clone(),
        text: "the server runs this once in each worker".to_owned(),
        function: factory.name().to_owned(),
    });
    finding.trace.extend(trace::calls(program, &path.calls));
    let is_it = |built: &&Built| built.resource == Resource::Pool && built.span == site.span;
    let maximum = program.built().find(is_it).and_then(|built| built.setting("max_size")?.effective.count());
    finding.notes.push(match maximum {
        Some(maximum) => {
            format!("the process opens up to {maximum} connections for each worker, of which there is one per core")
        }
        None => "the process opens up to the pool's maximum for each worker, of which there is one per core".to_owned(),
    });
    finding.help.push("build the pool before the server, and move a clone of it into the factory".to_owned());
    finding.impact = Rating::because(Impact::High, "it lasts as long as the server");
    finding
}
