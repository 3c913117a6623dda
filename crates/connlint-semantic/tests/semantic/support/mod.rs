//! What the tests share: workspaces in a string, and dumps of what was linked.

mod dump;
mod held;
mod settings;
mod workspace;

pub(crate) use dump::{calls, effects, entry_points, openings, query_loops, recurrences, resolution, types};
pub(crate) use held::{held_at_marks, held_meanwhile, lock_keepers, pooled_transactions, second_acquires, uncommitted};
pub(crate) use settings::built;
pub(crate) use workspace::Workspace;

/// A fixture with an attribute that names all its functions, so that those count too that nothing calls.
pub(crate) fn with_all_named(fixture: &str) -> String {
    let all: Vec<&str> = fixture.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()).collect();
    format!("{fixture}\n#[foreign::names({})] struct Named;\n", all.join(", "))
}

/// A fixture with a router for its functions `async fn h…`, which become handlers. All its functions count.
pub(crate) fn with_handlers(fixture: &str) -> String {
    let names = fixture.lines().filter_map(|line| line.split_once("async fn h")?.1.split_once('('));
    let routes: Vec<String> =
        names.map(|(name, _)| format!(".route(\"/{name}\", axum::routing::get(h{name}))")).collect();
    format!(
        "{}fn app() -> axum::Router<App> {{ axum::Router::new(){} }}\nfn main() {{ app(); }}\n",
        with_all_named(fixture),
        routes.concat()
    )
}
