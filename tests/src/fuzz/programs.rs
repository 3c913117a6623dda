//! Programs that parse, of the constructs that the analysis looks at, chosen by the bytes of an input.

use std::fmt::Write as _;

use super::choices::Choices;
use crate::shapes::Files;

/// Functions of a program.
const FUNCTIONS: usize = 12;

/// Blocks inside blocks.
const DEPTH: usize = 5;

/// Statements of a program; what begins later is empty.
const STATEMENTS: usize = 250;

const HEAD: &str = "#![allow(warnings)]\nuse std::sync::{Arc, LazyLock, Mutex};\nuse axum::{Router, extract::State, routing::{get, post}};\n\
                    use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};\n";

const MANIFEST: &str = "edition = \"2024\"\nversion = \"0.1.0\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\nredis = \"0.27\"\n\
                        reqwest = \"0.12\"\ntokio = \"1\"\nfutures = \"0.3\"\ndeadpool-postgres = \"0.14\"\ntokio-postgres = \"0.7\"\n";

/// Expressions that end no statement.
const EXPRESSIONS: &[&str] = &[
    "n",
    "pool.acquire().await",
    "PgConnection::connect(\"x\").await",
    "pool.begin().await.unwrap()",
    "PgPool::connect(\"x\").await?",
    "PgPoolOptions::new().max_connections(5).connect(\"x\").await.unwrap()",
    "sqlx::query(\"x\").bind(n).fetch_all(&pool).await",
    "redis::Client::open(\"x\").unwrap().get_multiplexed_async_connection().await",
    "reqwest::Client::new().get(\"x\").send().await",
    "tokio_postgres::connect(\"x\", tokio_postgres::NoTls).await",
    "reqwest::get(\"x\").await.unwrap()",
    "Some(pool.clone())",
    "shared.pool.acquire().await",
    "shared.lock.lock().unwrap()",
    "Arc::new(shared.clone())",
    "std::thread::sleep(std::time::Duration::from_secs(1))",
    "tokio::time::sleep(std::time::Duration::from_millis(n as u64)).await",
    "POOL.acquire().await",
    "CELL.get_or_init(|| async { PgPool::connect(\"x\").await.unwrap() }).await",
    "local",
    "local.execute(\"x\").await",
    "&mut *local",
    "(pool.clone(), n)",
    "vec![n; 3]",
    "opened!(pool)",
    "worker.work(&pool, n).await",
];

/// What is generated of one program.
struct Writer<'c, 'b> {
    choices: &'c mut Choices<'b>,
    functions: usize,
    statements: usize,
    out: String,
}

/// A project of one or two packages.
pub(super) fn program(input: &[u8]) -> Files {
    let mut choices = Choices::of(input);
    let (functions, layout) = (2 + choices.below(FUNCTIONS), choices.below(4));
    let mut writer = Writer { choices: &mut choices, functions, statements: 0, out: String::new() };
    (0..functions).for_each(|number| writer.function(number));
    let (items, entry) = (std::mem::take(&mut writer.out), writer.entry());
    let shared = shared();
    let file = |path: &str, text: String| (path.to_owned(), text);
    let manifest = |name: &str, more: &str| format!("[package]\nname = \"{name}\"\n{MANIFEST}{more}");
    match layout {
        0 => vec![
            file("Cargo.toml", manifest("app", "")),
            file("src/main.rs", format!("{HEAD}mod work;\nuse work::*;\n{entry}")),
            file("src/work.rs", format!("use super::*;\n{shared}{items}")),
        ],
        1 => vec![
            file("Cargo.toml", manifest("app", "")),
            file("src/main.rs", format!("{HEAD}use app::*;\n{entry}")),
            file("src/lib.rs", format!("{HEAD}{shared}{items}")),
        ],
        2 => vec![
            file("Cargo.toml", "[workspace]\nmembers = [\"app\", \"db\"]\nresolver = \"2\"\n".to_owned()),
            file("app/Cargo.toml", manifest("app", "db = { path = \"../db\" }\n")),
            file("app/src/main.rs", format!("{HEAD}use db::*;\n{entry}")),
            file("db/Cargo.toml", manifest("db", "")),
            file("db/src/lib.rs", format!("{HEAD}{shared}{items}")),
        ],
        _ => vec![
            file("Cargo.toml", manifest("app", "")),
            file(
                "src/main.rs",
                format!("{HEAD}{shared}mod inner {{\nuse super::*;\n{items}}}\nuse inner::*;\n{entry}"),
            ),
        ],
    }
}

fn shared() -> String {
    "#[derive(Clone)]\npub struct Shared { pub pool: PgPool, pub lock: Arc<Mutex<PgConnection>> }\n\
     pub trait Work { async fn work(&self, pool: &PgPool, n: u32); fn again(&self) {} }\n\
     pub struct First;\npub struct Second { pub next: Box<dyn Work> }\n\
     pub static POOL: LazyLock<PgPool> = LazyLock::new(|| PgPool::connect_lazy(\"x\").unwrap());\n\
     pub static CELL: tokio::sync::OnceCell<PgPool> = tokio::sync::OnceCell::const_new();\n\
     #[macro_export]\nmacro_rules! opened { ($pool:expr) => { $pool.acquire().await.unwrap() } }\n"
        .to_owned()
}

impl Writer<'_, '_> {
    fn function(&mut self, number: usize) {
        let is_method = self.choices.below(6) == 1;
        let parameters = "pool: PgPool, shared: Shared, worker: Arc<dyn Work>, n: u32";
        let (open, head, close) = match (is_method, number % 2) {
            (false, _) => ("", format!("pub async fn f{number}({parameters}) -> Result<u32, sqlx::Error>"), ""),
            (true, 0) => {
                let head = format!("pub async fn f{number}({parameters}) -> Result<u32, sqlx::Error>");
                ("impl Shared {\n", head, "}\n")
            }
            (true, _) => {
                let text = format!(
                    "pub struct W{number};\nimpl Work for W{number} {{\nasync fn work(&self, pool: &PgPool, n: u32) "
                );
                self.out += &text;
                self.block(0);
                self.out += "\n}\n";
                ("", format!("pub async fn f{number}({parameters}) -> Result<u32, sqlx::Error>"), "")
            }
        };
        self.out += open;
        self.out += &head;
        self.out += " {\nlet local = n;\n";
        self.statements(0);
        self.out += "Ok(n)\n}\n";
        self.out += close;
    }

    /// What is run: routes, tasks, loops.
    fn entry(&mut self) -> String {
        let mut text = String::new();
        let mut routes = String::new();
        for number in 0..self.functions {
            let call = format!("f{number}(pool.clone(), shared.clone(), Arc::new(First), {number}).await");
            match self.choices.below(4) {
                0 => {
                    let _ = writeln!(
                        text,
                        "async fn h{number}(State(shared): State<Shared>) {{ let pool = shared.pool.clone(); {call}.unwrap(); }}"
                    );
                    let _ = write!(routes, ".route(\"/{number}/{{id}}\", get(h{number}).post(h{number}))");
                }
                1 => {
                    let _ = writeln!(
                        text,
                        "async fn t{number}(pool: PgPool, shared: Shared) {{ loop {{ let _ = {call}; }} }}"
                    );
                }
                2 => {
                    let _ = writeln!(text, "#[tokio::test]\nasync fn test{number}() {{ let _ = {call}; }}");
                }
                _ => {}
            }
        }
        text + "#[tokio::main]\nasync fn main() -> Result<(), sqlx::Error> {\nlet pool = PgPool::connect(\"x\").await?;\n\
                let shared = Shared { pool: pool.clone(), lock: todo!() };\n"
            + &format!("let app: Router = Router::new(){routes}.with_state(shared);\n")
            + "let listener = tokio::net::TcpListener::bind(\"x\").await?;\naxum::serve(listener, app).await?;\nOk(())\n}\n"
    }

    fn block(&mut self, depth: usize) {
        self.out += "{\n";
        self.statements(depth);
        self.out += "}";
    }

    fn statements(&mut self, depth: usize) {
        let number = if depth >= DEPTH { 0 } else { self.choices.below(5) };
        for _ in 0..number {
            if self.choices.is_at_end() || self.statements >= STATEMENTS {
                return;
            }
            self.statements += 1;
            self.statement(depth + 1);
            self.out += "\n";
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.choices.below(24) {
            0..4 => self.around("let local = ", ";"),
            4 => self.around("let Ok(local) = ", " else { return Ok(0) };"),
            5 => self.around("let _ = ", ";"),
            6 => self.around("", ";"),
            7 => self.around("drop(", ");"),
            8 | 9 => self.call(),
            10 => {
                self.out += "if n > 1 ";
                self.block(depth);
                self.out += " else ";
                self.block(depth);
            }
            11 => {
                self.around("if let Some(local) = ", " ");
                self.block(depth);
            }
            12 => {
                self.around("match ", " {\nOk(local) if n > 2 => ");
                self.block(depth);
                self.out += "\nErr(_) => return Ok(1),\n_ => ";
                self.block(depth);
                self.out += "\n}";
            }
            13 => self.within("for n in 0..n ", depth, ""),
            14 => self.within("while n > 3 ", depth, ""),
            15 => self.within("loop ", depth, ""),
            16 => self.within("tokio::spawn(async move ", depth, ");"),
            17 => self.within("let local = tokio::task::spawn_blocking(move || ", depth, ").await;"),
            18 => self.within("let local = async ", depth, ".await;"),
            19 => self.within("let run = |n: u32| ", depth, ";\nrun(n);"),
            20 => {
                self.out += "tokio::select! {\n_ = ";
                self.expression();
                self.out += " => ";
                self.block(depth);
                self.out += "\n_ = std::future::pending() => {}\n}";
            }
            21 => {
                self.out += self.choices.pick(&[
                    "return Ok(2);",
                    "break;",
                    "continue;",
                    "local.commit().await?;",
                    "local.rollback().await?;",
                ])
            }
            22 => self.around("shared = Shared { pool: ", ", ..shared };"),
            _ => self.within("futures::future::join_all((0..n).map(|n| async move ", depth, ")).await;"),
        }
    }

    fn expression(&mut self) {
        self.out += self.choices.pick(EXPRESSIONS);
    }

    fn around(&mut self, before: &str, after: &str) {
        self.out += before;
        self.expression();
        self.out += after;
    }

    fn within(&mut self, before: &str, depth: usize, after: &str) {
        self.out += before;
        self.block(depth);
        self.out += after;
    }

    fn call(&mut self) {
        let number = self.choices.below(self.functions);
        let before = self.choices.pick(&["let local = ", "", "return "]);
        let after = self.choices.pick(&["", "?", ".unwrap()"]);
        let _ =
            write!(self.out, "{before}f{number}(pool.clone(), shared.clone(), worker.clone(), n + 1).await{after};");
    }
}
