//! How long values are held, confirmed by rustc: each fixture is a program that both connlint and the compiler read.
//!
//! `// #a` names the connection that its line takes, `mark!(); //? a b` says which of them are held there. The program is
//! compiled against crates that stand for `sqlx` and `tokio` and record at each mark which connections are alive; what
//! connlint says, what the compiled program says and what the fixture says must be one and the same. Each function runs
//! with `flag` false and true: what is held on either way counts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::held_at_marks;

/// `(line of the mark, line that took the connection)`.
type Held = BTreeSet<(usize, usize)>;

const SQLX: &str = include_str!("sqlx.rs");
const TOKIO: &str = include_str!("tokio.rs");
const HEAD: &str = "use sqlx::{PgPool, Postgres};\nuse sqlx::pool::PoolConnection;\n\
    macro_rules! mark { () => {{ std::thread::sleep(std::time::Duration::ZERO); sqlx::mark(line!()); }} }\n";

fn check(edition: &str, functions: &str) {
    let source = format!("{HEAD}{functions}{}", runner(functions));
    let expected = annotated(&source);
    assert!(!expected.is_empty(), "the fixture says what is held");
    let analysed = held_at_marks(&format!("//- /src/main.rs crate:app edition:{edition} deps:sqlx,tokio\n{source}"));
    assert_eq!(told(&source, &analysed), told(&source, &expected), "connlint against the fixture");
    assert_eq!(told(&source, &run(edition, &source)), told(&source, &expected), "rustc against the fixture");
}

/// Calls every function of the fixture that takes a pool and a flag.
fn runner(functions: &str) -> String {
    let names =
        functions.lines().filter_map(|l| l.trim().strip_prefix("async fn ")?.split_once("(pool: &PgPool, flag: bool)"));
    let calls: Vec<String> = names
        .flat_map(|(name, _)| [false, true].map(|flag| format!("let _ = sqlx::block_on({name}(&pool, {flag}));")))
        .collect();
    format!("\nfn main() {{ let pool = PgPool::stub(); {} }}\n", calls.concat())
}

fn annotated(source: &str) -> Held {
    let mut held = Held::new();
    for (index, line) in source.lines().enumerate() {
        let Some((_, names)) = line.split_once("//?") else { continue };
        for name in names.split_whitespace() {
            let taken = source.lines().position(|l| l.split_once("// #").is_some_and(|(_, n)| n.trim() == name));
            held.insert((index + 1, taken.expect("a line takes what a mark names") + 1));
        }
    }
    held
}

fn told(source: &str, held: &Held) -> String {
    let line = |number: usize| source.lines().nth(number - 1).unwrap_or_default().trim();
    held.iter().map(|&(mark, taken)| format!("{mark} {} holds {taken} {}\n", line(mark), line(taken))).collect()
}

fn run(edition: &str, source: &str) -> Held {
    let folder = Folder::new();
    let lib = |name: &str, text: &str| {
        folder.write(name, text);
        folder.rustc(&["--crate-type", "lib", "--crate-name", name.trim_end_matches(".rs"), "--edition", "2024", name]);
    };
    lib("sqlx.rs", SQLX);
    lib("tokio.rs", TOKIO);
    folder.write("main.rs", source);
    folder.rustc(&[
        "--edition",
        edition,
        "-L",
        ".",
        "--extern",
        "sqlx",
        "--extern",
        "tokio",
        "main.rs",
        "-o",
        "program",
    ]);
    let output = Command::new(folder.0.join("program")).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("lines of numbers");
    let pair = |line: &str| line.split_once(' ').map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
    text.lines().filter_map(pair).collect()
}

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("live-ranges-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder for the program");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("a file of the program");
    }

    fn rustc(&self, args: &[&str]) {
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let output = Command::new(rustc).args(["--cap-lints", "allow"]).args(args).current_dir(&self.0).output();
        let output = output.expect("rustc starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_variable_holds_to_the_end_of_its_scope() {
    check("2024", include_str!("scopes.rs"));
}

#[test]
fn a_move_ends_the_range_where_it_was() {
    check("2024", include_str!("moves.rs"));
}

#[test]
fn a_jump_takes_its_state_along() {
    check("2024", include_str!("jumps.rs"));
}

#[test]
fn a_temporary_dies_with_its_statement() {
    check("2024", include_str!("temporaries.rs"));
    check("2021", include_str!("temporaries.rs"));
}

#[test]
fn tails_and_scrutinees_end_early_from_edition_2024_on() {
    check("2024", include_str!("edition_2024.rs"));
}

#[test]
fn tails_and_scrutinees_end_late_before_edition_2024() {
    check("2021", include_str!("edition_2021.rs"));
}
