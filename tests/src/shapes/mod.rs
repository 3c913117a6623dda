//! Shapes of code that generated or grown projects have, in any size.

mod bodies;
mod calls;
mod packages;

pub use bodies::*;
pub use calls::*;
pub use packages::*;

/// A project in memory: paths and texts.
pub type Files = Vec<(String, String)>;

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
                        axum = \"0.8\"\nsqlx = \"0.8\"\ndeadpool-postgres = \"0.14\"\nreqwest = \"0.12\"\ntokio = \"1\"\n";
const HEAD: &str = "use axum::{Router, extract::State, routing::get};\nuse sqlx::{Connection, PgConnection, PgPool};\n";

/// A server with one handler, which has this body.
fn server(body: &str, rest: &str) -> String {
    format!(
        "{HEAD}async fn handler(State(pool): State<PgPool>) {{\n{body}}}\n{rest}\
         fn router(pool: PgPool) -> Router {{ Router::new().route(\"/\", get(handler)).with_state(pool) }}\nfn main() {{}}\n"
    )
}

/// The same text for each number below `n`.
fn each(n: usize, text: impl Fn(usize) -> String) -> String {
    (0..n).map(text).collect()
}

fn one_file(text: String) -> Files {
    vec![("Cargo.toml".to_owned(), MANIFEST.to_owned()), ("src/main.rs".to_owned(), text)]
}
