//! Manifests, modules, imports and macros.

use super::{Files, HEAD, MANIFEST, each, one_file};

pub fn binaries(n: usize) -> Files {
    let lib = "pub async fn shared() { let _ = <sqlx::PgConnection as sqlx::Connection>::connect(\"x\").await; }\n";
    let main = "#[tokio::main]\nasync fn main() { loop { app::shared().await; } }\n";
    let own = [("Cargo.toml".to_owned(), MANIFEST.to_owned()), ("src/lib.rs".to_owned(), lib.to_owned())];
    own.into_iter().chain((0..n).map(|i| (format!("src/bin/b{i}.rs"), main.to_owned()))).collect()
}

pub fn globs(n: usize) -> Files {
    let module = |i| {
        let (next, other) = ((i + 1) % n, (i + 7) % n);
        format!("pub mod m{i} {{ pub use crate::m{next}::*; pub fn f{i}() {{ f{other}() }} }}\n")
    };
    one_file(each(n, module) + "fn main() { m0::f0() }\n")
}

pub fn dependencies(n: usize) -> Files {
    let manifest = MANIFEST.to_owned() + &each(n, |i| format!("d{i} = \"1\"\n"));
    vec![("Cargo.toml".to_owned(), manifest), ("src/main.rs".to_owned(), "fn main() { d1::go() }\n".to_owned())]
}

/// Members that export again what those before them export.
pub fn exports(n: usize) -> Files {
    let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"m*\"]\nresolver = \"2\"\n".to_owned())];
    for i in 0..n {
        let near = i.saturating_sub(3)..i;
        let manifest = format!("[package]\nname = \"m{i}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n");
        let depends: String = near.clone().map(|j| format!("m{j} = {{ path = \"../m{j}\" }}\n")).collect();
        let uses: String = near.map(|j| format!("pub use m{j}::*;\n")).collect();
        files.push((format!("m{i}/Cargo.toml"), manifest + &depends));
        files.push((format!("m{i}/src/lib.rs"), uses + &format!("pub fn f{i}() {{ f{}() }}\n", i.saturating_sub(1))));
    }
    files
}

/// Modules in files of their own, each of which imports all of its parent.
pub fn modules(n: usize) -> Files {
    let main = each(n, |i| format!("mod m{i};\npub use m{i}::*;\n")) + "fn main() { f0() }\n";
    let module =
        |i: usize| (format!("src/m{i}.rs"), format!("use super::*;\npub fn f{i}() {{ f{}() }}\n", (i + 1) % n));
    one_file(main).into_iter().chain((0..n).map(module)).collect()
}

/// Names that are imported one by one under other names, from one module to the next.
pub fn renames(n: usize) -> Files {
    let module = |i| format!("pub mod m{} {{ pub use super::m{i}::f{i} as f{}; }}\n", i + 1, i + 1);
    one_file(
        "pub mod m0 { pub fn f0() {} }\n".to_owned() + &each(n, module) + &format!("fn main() {{ m{n}::f{n}() }}\n"),
    )
}

/// Macros that each make a function, and call the next one.
pub fn macros(n: usize) -> Files {
    let one =
        |i| format!("macro_rules! m{i} {{ ($x:expr) => {{ f{i}($x) }} }}\nfn f{i}(x: u32) -> u32 {{ m{i}!(x) }}\n");
    one_file(each(n, one) + "fn main() {}\n")
}

/// Calls of one macro.
pub fn macro_calls(n: usize) -> Files {
    let rule = "macro_rules! m { ($($n:ident)*) => { $(fn $n(p: &PgPool) { p.close(); })* } }\n";
    one_file(HEAD.to_owned() + rule + &format!("m!({});\nfn main() {{}}\n", each(n, |i| format!("f{i} "))))
}

/// Fields of one type, each read and written.
pub fn fields(n: usize) -> Files {
    let declared = each(n, |i| format!("f{i}: PgPool, "));
    let given = each(n, |i| format!("f{i}: pool.clone(), "));
    let read = each(n, |i| format!("async fn g{i}(s: &S) {{ s.f{i}.acquire().await.unwrap(); }}\n"));
    one_file(format!(
        "{HEAD}struct S {{ {declared} }}\nfn make(pool: PgPool) -> S {{ S {{ {given} }} }}\n{read}fn main() {{}}\n"
    ))
}

/// Statics that are filled at first use.
pub fn statics(n: usize) -> Files {
    let one = |i| {
        format!(
            "static P{i}: tokio::sync::OnceCell<PgPool> = tokio::sync::OnceCell::const_new();\n\
             async fn p{i}() -> &'static PgPool {{ P{i}.get_or_init(|| async {{ PgPool::connect(\"x\").await.unwrap() }}).await }}\n"
        )
    };
    one_file(HEAD.to_owned() + &each(n, one) + "fn main() {}\n")
}

/// Comments that suppress.
pub fn suppressions(n: usize) -> Files {
    let one = |i| format!("// connlint: allow(connection-per-request) known\nfn f{i}() {{}}\n");
    one_file(each(n, one) + "fn main() {}\n")
}

/// Items that do not parse.
pub fn broken(n: usize) -> Files {
    one_file(each(n, |i| format!("fn good{i}() {{}}\nfn bad{i}( {{ let = ; }}\n")) + "fn main() {}\n")
}

/// Types that each hold the one before.
pub fn wrappers(n: usize) -> Files {
    let one = |i| {
        format!(
            "struct S{} {{ inner: S{i} }}\nimpl std::ops::Deref for S{} {{ type Target = S{i}; fn deref(&self) -> &S{i} {{ &self.inner }} }}\n",
            i + 1,
            i + 1
        )
    };
    one_file(HEAD.to_owned() + "struct S0 { pool: PgPool }\n" + &each(n, one) + "fn main() {}\n")
}

/// Aliases of aliases.
pub fn aliases(n: usize) -> Files {
    let one = |i| format!("type A{} = A{i};\nfn f{i}(p: &A{i}) {{ p.close(); }}\n", i + 1);
    one_file(HEAD.to_owned() + "type A0 = PgPool;\n" + &each(n, one) + "fn main() {}\n")
}

/// Members of which each depends on the one before, and calls it.
pub fn members(n: usize) -> Files {
    let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"m*\"]\nresolver = \"2\"\n".to_owned())];
    for i in 0..n {
        let manifest = format!("[package]\nname = \"m{i}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n");
        let (depends, call) = match i.checked_sub(1) {
            Some(j) => (format!("m{j} = {{ path = \"../m{j}\" }}\n"), format!("m{j}::f()")),
            None => (String::new(), String::new()),
        };
        files.push((format!("m{i}/Cargo.toml"), manifest + &depends));
        files.push((format!("m{i}/src/lib.rs"), format!("pub fn f() {{ {call} }}\n")));
    }
    files
}

/// Packages of a lock file, each of which depends on some others.
pub fn locked(n: usize) -> Files {
    let package = |i: usize| {
        format!(
            "[[package]]\nname = \"p{i}\"\nversion = \"1.0.0\"\nsource = \"registry+https://x\"\n\
             dependencies = [\"p{}\", \"p{}\"]\n",
            (i + 1) % n,
            (i + 7) % n
        )
    };
    let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"p0\"]\n".to_owned()
        + &each(n, package);
    let manifest = MANIFEST.to_owned() + "p0 = \"1\"\n";
    vec![
        ("Cargo.toml".to_owned(), manifest),
        ("Cargo.lock".to_owned(), lock),
        ("src/main.rs".to_owned(), "fn main() { p0::go() }\n".to_owned()),
    ]
}

/// Features that each turn the next one on.
pub fn features(n: usize) -> Files {
    let features = each(n, |i| format!("f{i} = [\"f{}\"]\n", i + 1)) + &format!("f{n} = []\n");
    let main = each(n, |i| format!("#[cfg(feature = \"f{i}\")]\nfn g{i}() {{}}\n")) + "fn main() {}\n";
    vec![
        ("Cargo.toml".to_owned(), format!("{MANIFEST}[features]\ndefault = [\"f0\"]\n{features}")),
        ("src/main.rs".to_owned(), main),
    ]
}
