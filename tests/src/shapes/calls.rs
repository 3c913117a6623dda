//! Functions, the calls between them, and what dispatches these.

use std::fmt::Write as _;

use super::{Files, HEAD, each, one_file, server};

pub fn handlers(n: usize) -> Files {
    let mut text = HEAD.to_owned();
    text += &each(n, |i| format!("async fn h{i}(State(pool): State<PgPool>) {{ shared(&pool).await }}\n"));
    text += "async fn shared(pool: &PgPool) { let c = PgConnection::connect(\"x\").await.unwrap(); drop(c); }\n";
    let routes = each(n, |i| format!(".route(\"/{i}\", get(h{i}))"));
    let _ = writeln!(text, "fn router(p: PgPool) -> Router {{ Router::new(){routes}.with_state(p) }}\nfn main() {{}}");
    one_file(text)
}

/// A chain of calls, each of which opens a connection before the next one.
pub fn chain(n: usize) -> Files {
    let link = |i| {
        format!(
            "async fn f{i}(p: &PgPool) {{ let c = PgConnection::connect(\"x\").await.unwrap(); f{}(p).await }}\n",
            i + 1
        )
    };
    let end = format!("async fn f{n}(p: &PgPool) {{}}\n");
    one_file(server("f0(&pool).await;\n", &(each(n, link) + &end)))
}

/// A chain of calls under a transaction, each of which waits for another service.
pub fn waits(n: usize) -> Files {
    let parameter = "t: &mut sqlx::Transaction<'_, sqlx::Postgres>";
    let link =
        |i| format!("async fn f{i}({parameter}) {{ reqwest::get(\"x\").await.unwrap(); f{}(t).await }}\n", i + 1);
    let end = format!("async fn f{n}({parameter}) {{}}\n");
    let body = "let mut t = pool.begin().await.unwrap();\nf0(&mut t).await;\nt.commit().await.unwrap();\n";
    one_file(server(body, &(each(n, link) + &end)))
}

/// Many implementations of a trait, and few calls of it.
pub fn implementations(n: usize) -> Files {
    dispatch(n, 10)
}

/// Few implementations of a trait, and many calls of it.
pub fn dynamic_calls(n: usize) -> Files {
    dispatch(10, n)
}

fn dispatch(implementations: usize, calls: usize) -> Files {
    let mut rest = "trait Repo { fn load(&self, p: &PgPool); }\n".to_owned();
    rest += &each(implementations, |i| {
        format!("struct S{i};\nimpl Repo for S{i} {{ fn load(&self, p: &PgPool) {{ p.close(); }} }}\n")
    });
    rest += &each(calls, |i| format!("fn c{i}(r: &dyn Repo, p: &PgPool) {{ r.load(p) }}\n"));
    let body = "let r: Box<dyn Repo> = Box::new(S0);\n".to_owned() + &each(calls, |i| format!("c{i}(&*r, &pool);\n"));
    one_file(server(&body, &rest))
}

/// Implementations that call the next one through the trait that they are for.
pub fn dynamic_rings(n: usize) -> Files {
    let mut rest = "trait Repo { fn load(&self, p: &PgPool); }\n".to_owned();
    rest += &each(n, |i| {
        format!(
            "struct S{i} {{ next: Box<dyn Repo> }}\n\
             impl Repo for S{i} {{ fn load(&self, p: &PgPool) {{ p.close(); self.next.load(p) }} }}\n"
        )
    });
    rest += "fn start(r: &dyn Repo, p: &PgPool) { r.load(p) }\n";
    one_file(server("start(todo!(), &pool);\n", &rest))
}

/// As many types behind a generic parameter as functions that hand one to the next.
pub fn generic_calls(n: usize) -> Files {
    let mut rest = "trait Repo { fn load(&self, p: &PgPool); }\n".to_owned();
    rest += &each(n, |i| {
        format!(
            "struct S{i};\nimpl Repo for S{i} {{ fn load(&self, p: &PgPool) {{ p.close(); }} }}\n\
             fn g{i}<R: Repo>(r: &R, p: &PgPool) {{ r.load(p) }}\n"
        )
    });
    let body = each(n, |i| format!("g{i}(&S{i}, &pool);\nRepo::load(&S{i}, &pool);\n"));
    one_file(server(&body, &rest))
}

/// Traits with one implementation each.
pub fn traits(n: usize) -> Files {
    let rest = each(n, |i| {
        format!(
            "trait T{i} {{ fn m{i}(&self, p: &PgPool); }}\nstruct S{i};\n\
             impl T{i} for S{i} {{ fn m{i}(&self, p: &PgPool) {{ p.close(); }} }}\n"
        )
    });
    one_file(server(&each(n, |i| format!("S{i}.m{i}(&pool);\n")), &rest))
}

/// Methods of one type.
pub fn methods(n: usize) -> Files {
    let rest = each(n, |i| format!("async fn m{i}(&self) {{ self.m{}(&self.pool).await }}\n", (i + 1) % n));
    let body = "let s = S { pool };\ns.m0().await;\n";
    one_file(server(body, &format!("struct S {{ pool: PgPool }}\nimpl S {{\n{rest}}}\n")))
}

/// Functions that each call the next one twice.
pub fn diamonds(n: usize) -> Files {
    let link = |i| {
        format!(
            "async fn f{i}(p: &PgPool, a: bool) {{ if a {{ f{0}(p, a).await }} else {{ f{0}(p, false).await }} }}\n",
            i + 1
        )
    };
    let end = format!("async fn f{n}(p: &PgPool, a: bool) {{ let c = p.acquire().await.unwrap(); drop(c); }}\n");
    one_file(server("f0(&pool, true).await;\n", &(each(n, link) + &end)))
}

/// Functions that all call each other's neighbours, in a ring, while a transaction is open.
pub fn rings(n: usize) -> Files {
    let parameter = "t: &mut sqlx::Transaction<'_, sqlx::Postgres>, p: &PgPool";
    let link = |i| {
        let (next, other) = ((i + 1) % n, (i + 7) % n);
        format!(
            "async fn f{i}({parameter}) {{ f{next}(t, p).await; f{other}(t, p).await; p.acquire().await.unwrap(); }}\n"
        )
    };
    let body = "let mut t = pool.begin().await.unwrap();\nf0(&mut t, &pool).await;\nt.commit().await.unwrap();\n";
    one_file(server(body, &each(n, link)))
}

/// Callbacks that a list keeps, and runs one after the other.
pub fn callbacks(n: usize) -> Files {
    let body = "let mut all: Vec<Box<dyn Fn(&PgPool)>> = Vec::new();\n".to_owned()
        + &each(n, |i| format!("all.push(Box::new(|p| f{i}(p)));\n"))
        + "for one in &all { one(&pool) }\n";
    one_file(server(&body, &each(n, |i| format!("fn f{i}(p: &PgPool) {{ p.close(); }}\n"))))
}

/// Handlers that each hold a connection while they call what all share.
pub fn holders(n: usize) -> Files {
    let mut text = HEAD.to_owned();
    text += &each(n, |i| {
        format!(
            "async fn h{i}(State(p): State<PgPool>) {{ let c = p.acquire().await.unwrap(); shared(&p).await; drop(c) }}\n"
        )
    });
    text += "async fn shared(p: &PgPool) { let c = p.acquire().await.unwrap(); reqwest::get(\"x\").await; drop(c); }\n";
    let routes = each(n, |i| format!(".route(\"/{i}\", get(h{i}))"));
    let _ = writeln!(text, "fn router(p: PgPool) -> Router {{ Router::new(){routes}.with_state(p) }}\nfn main() {{}}");
    one_file(text)
}

/// Routers inside routers.
pub fn nested_routers(n: usize) -> Files {
    let mut text = HEAD.to_owned();
    text += &each(n, |i| {
        format!(
            "async fn h{i}(State(p): State<PgPool>) {{ p.acquire().await.unwrap(); }}\n\
                 fn r{i}() -> Router<PgPool> {{ Router::new().route(\"/\", get(h{i})).nest(\"/{i}\", r{}()) }}\n",
            i + 1
        )
    });
    let _ = writeln!(text, "fn r{n}() -> Router<PgPool> {{ Router::new() }}");
    text += "fn router(p: PgPool) -> Router { r0().with_state(p) }\nfn main() {}\n";
    one_file(text)
}
