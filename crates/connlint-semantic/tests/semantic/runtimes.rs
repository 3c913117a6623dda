//! What depends on the async runtime: how blocking work is run, and which locks block a worker.

use connlint_semantic::FunctionId;

use crate::support::Workspace;

/// How the crate of each function runs blocking work, by the function's path.
fn offloads(fixture: &str) -> Vec<(String, Option<String>)> {
    let program = Workspace::new(fixture).link();
    let found = (0u32..)
        .zip(program.functions.iter())
        .map(|(id, function)| (function.path.to_string(), program.runtime_offload(FunctionId(id)).map(str::to_owned)));
    found.collect()
}

fn expected(list: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    list.iter().map(|&(path, offload)| (path.to_owned(), offload.map(str::to_owned))).collect()
}

#[test]
fn blocking_work_is_run_as_the_only_runtime_of_the_crate_does() {
    let found = offloads(
        "
//- /a/src/lib.rs crate:a deps:tokio
pub fn run() {}
//- /b/src/lib.rs crate:b deps:smol
pub fn run() {}
//- /both/src/lib.rs crate:both deps:smol,tokio
pub fn run() {}
//- /neither/src/lib.rs crate:neither deps:axum
pub fn run() {}
",
    );
    let wanted = [
        ("a::run", Some("tokio::task::spawn_blocking(move || …).await?")),
        ("b::run", Some("smol::unblock(move || …).await")),
        ("both::run", None),
        ("neither::run", None),
    ];
    assert_eq!(found, expected(&wanted));
}

#[test]
fn a_crate_without_a_runtime_has_the_only_one_of_the_workspace() {
    let found = offloads(
        "
//- /app/src/lib.rs crate:app deps:async-std
pub fn run() {}
//- /db/src/lib.rs crate:db deps:sqlx
pub fn run() {}
",
    );
    let offload = Some("async_std::task::spawn_blocking(move || …).await");
    assert_eq!(found, expected(&[("app::run", offload), ("db::run", offload)]));
}

#[test]
fn a_lock_without_methods_to_await_blocks_the_thread() {
    let program = Workspace::new(
        "
//- /src/main.rs crate:app deps:rusqlite,tokio,parking_lot,sqlx
struct App {
    std: std::sync::Mutex<rusqlite::Connection>,
    parking_lot: parking_lot::RwLock<rusqlite::Connection>,
    tokio: tokio::sync::Mutex<rusqlite::Connection>,
}
async fn run(app: &App) {
    app.std.lock().unwrap().execute_batch(\"\");
    app.parking_lot.write().execute_batch(\"\");
    app.tokio.lock().await.execute_batch(\"\");
}
fn main() {}
",
    )
    .link();
    let found: Vec<(&str, bool)> =
        program.guarded_connections.iter().map(|guarded| (guarded.lock.as_str(), guarded.blocks_thread)).collect();
    let wanted = [("std::sync::Mutex", true), ("parking_lot::RwLock", true), ("tokio::sync::Mutex", false)];
    assert_eq!(found, wanted);
}
