//! `pool-size-unset`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::{Effective, Program, Resource};

use crate::declare_lint;
use crate::reporting::settings::of_process;

declare_lint! {
    /// ## What it does
    /// Reports a pool whose maximum is left to the library.
    ///
    /// ## Why is this bad?
    /// The maximum decides how many connections the server must accept from all instances together. A default that
    /// depends on the number of cores changes with the machine, and one that does not fits by chance.
    ///
    /// ## Example
    /// ```rust
    /// #[tokio::main]
    /// async fn main() {
    ///     let pool = sqlx::PgPool::connect("postgres://localhost/app").await.unwrap(); //~ WARN pool-size-unset
    ///     sqlx::query("SELECT 1").execute(&pool).await.unwrap();
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, axum::Router::<()>::new()).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let options = PgPoolOptions::new().max_connections(20);
    ///     let pool = options.connect("postgres://localhost/app").await.unwrap();
    ///     sqlx::query("SELECT 1").execute(&pool).await.unwrap();
    ///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await.unwrap();
    ///     axum::serve(listener, axum::Router::<()>::new()).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the default fits, and is known to everyone who deploys the service
    ///
    /// ## Known limits
    /// - a maximum in an address that the code does not show is not known, and not reported
    pub(crate) static POOL_SIZE_UNSET = {
        name: "pool-size-unset",
        summary: "the maximum of this pool is the library's default",
        category: Configuration,
        level: Off,
        since: "0.1.0",
        requires: [Settings],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    for built in program.built().filter(|built| built.resource == Resource::Pool) {
        let Some(setting) = built.setting("max_size") else { continue };
        let Effective::Default(default) = &setting.effective else { continue };
        let api = program.api_name(&built.api);
        let headline = format!("`{api}` builds a pool whose maximum is the library's default ({default})");
        let label = "built here without a maximum".to_owned();
        let mut finding = Diagnostic::new(POOL_SIZE_UNSET.metadata, headline, built.span.clone(), label);
        if let Some(setter) = &setting.setter {
            let name = program.api_name(setter);
            finding
                .help
                .push(format!("set `{name}` to what the server can accept, divided by the number of instances"));
        }
        finding.impact = of_process(program, built.function);
        diagnostics.push(finding);
    }
}
