//! Much of one thing in one function.

use super::{Files, each, one_file, server};

pub fn transactions(n: usize) -> Files {
    let one = |i| {
        format!(
            "let mut t{i} = pool.begin().await.unwrap();\nsqlx::query(\"x\").execute(&mut *t{i}).await.unwrap();\n\
             t{i}.commit().await.unwrap();\n"
        )
    };
    one_file(server(&each(n, one), ""))
}

pub fn statements(n: usize) -> Files {
    let body = each(n, |i| format!("let v{i} = add({i}, {i});\nlet w{i} = v{i} + 1;\n"));
    one_file(server(&body, "fn add(a: u32, b: u32) -> u32 { a + b }\n"))
}

/// A function that takes one connection after the other and keeps all of them.
pub fn acquires(n: usize) -> Files {
    let one = |i| format!("let c{i} = pool.get().await.unwrap();\nc{i}.execute(\"x\", &[]).await.unwrap();\n");
    let text = server(&each(n, one), "").replace("PgPool", "deadpool_postgres::Pool");
    one_file(text.replace("use sqlx::{Connection, PgConnection, deadpool_postgres::Pool};\n", ""))
}

/// Loops that each ask a query.
pub fn query_loops(n: usize) -> Files {
    let one = |i| format!("for a{i} in ids() {{ sqlx::query(\"x\").bind(a{i}).execute(&pool).await.unwrap(); }}\n");
    one_file(server(&each(n, one), "fn ids() -> Vec<i64> { Vec::new() }\n"))
}

/// Queries of one loop.
pub fn looped_queries(n: usize) -> Files {
    let one = |i| format!("let v{i} = sqlx::query(\"x\").bind(id).execute(&pool).await.unwrap();\n");
    let body = format!("for id in ids() {{\n{}}}\n", each(n, one));
    one_file(server(&body, "fn ids() -> Vec<i64> { Vec::new() }\n"))
}

/// Tasks that one function starts.
pub fn tasks(n: usize) -> Files {
    let one = |i| format!("let p{i} = pool.clone();\ntokio::spawn(async move {{ p{i}.acquire().await.unwrap(); }});\n");
    one_file(server(&each(n, one), ""))
}

/// Closures that one function makes and calls.
pub fn closures(n: usize) -> Files {
    let one = |i| format!("let f{i} = |x: u32| x + {i};\nlet v{i} = f{i}({i});\n");
    one_file(server(&each(n, one), ""))
}

/// A value that is handed from one variable to the next.
pub fn copies(n: usize) -> Files {
    let body = "let v0 = pool.clone();\n".to_owned()
        + &each(n, |i| format!("let v{} = v{i}.clone();\n", i + 1))
        + &format!("v{n}.acquire().await.unwrap();\n");
    one_file(server(&body, ""))
}

/// A variable that is written again and again, and read each time.
pub fn rewrites(n: usize) -> Files {
    let body = "let mut v = pool.clone();\n".to_owned()
        + &each(n, |i| {
            format!("v = if a({i}) {{ v.clone() }} else {{ pool.clone() }};\nv.acquire().await.unwrap();\n")
        });
    one_file(server(&body, "fn a(n: u32) -> bool { n > 1 }\n"))
}

/// Arms of a `match`, each of which takes a connection.
pub fn arms(n: usize) -> Files {
    let variants = each(n, |i| format!("V{i}, "));
    let body = each(n, |i| format!("Kind::V{i} => {{ let c = pool.acquire().await.unwrap(); go(c) }}\n"));
    let rest = format!("enum Kind {{ {variants} }}\nfn kind() -> Kind {{ Kind::V0 }}\nfn go<T>(c: T) {{}}\n");
    one_file(server(&format!("match kind() {{\n{body}}}\n"), &rest))
}

/// Ways out of a function that holds a transaction.
pub fn exits(n: usize) -> Files {
    let rest = format!(
        "async fn work(pool: &PgPool) -> Result<(), sqlx::Error> {{\nlet mut t = pool.begin().await?;\n{}t.commit().await\n}}\n",
        each(n, |i| format!("if a({i}) {{ return Ok(()); }}\nsqlx::query(\"x\").execute(&mut *t).await?;\n"))
    );
    one_file(server("work(&pool).await.unwrap();\n", &(rest + "fn a(n: u32) -> bool { n > 1 }\n")))
}

/// Conditions below each other, with a call in each.
pub fn conditions(n: usize) -> Files {
    let one =
        |i| format!("if let Some(v{i}) = cached({i}) {{ go(v{i}); }} else {{ pool.acquire().await.unwrap(); }}\n");
    one_file(server(&each(n, one), "fn cached(n: u32) -> Option<u32> { None }\nfn go(n: u32) {}\n"))
}

/// A builder with many settings.
pub fn builders(n: usize) -> Files {
    let chain = each(n, |_| ".max_connections(5)".to_owned());
    let body = format!("let p = sqlx::postgres::PgPoolOptions::new(){chain}.connect(\"x\").await.unwrap();\n");
    one_file(server(&body, ""))
}

/// Pools of one function.
pub fn pools(n: usize) -> Files {
    let one = |i| {
        format!("let p{i} = sqlx::postgres::PgPoolOptions::new().max_connections({i}).connect(\"x\").await.unwrap();\n")
    };
    one_file(server(&each(n, one), ""))
}

/// Elements of one array.
pub fn elements(n: usize) -> Files {
    one_file(server(&format!("let all = [{}];\n", each(n, |i| format!("f({i}), "))), "fn f(n: u32) -> u32 { n }\n"))
}

/// Blocks inside blocks are bounded; blocks after each other, each with a guard that ends in it, are not.
pub fn blocks(n: usize) -> Files {
    let one = |_| "{ let c = pool.acquire().await.unwrap(); reqwest::get(\"x\").await.unwrap(); }\n".to_owned();
    one_file(server(&each(n, one), ""))
}

/// Connections that a list keeps.
pub fn collected(n: usize) -> Files {
    let body = "let mut all = Vec::new();\n".to_owned()
        + &each(n, |_| "all.push(pool.acquire().await.unwrap());\n".to_owned());
    one_file(server(&body, ""))
}
