use connlint_facts::{Dependency, DependencyKind, TargetKind};

use super::*;

fn line(dependency: &Dependency) -> String {
    let Dependency { name, package, requirement, version, krate, kind, .. } = dependency;
    let text = |field: &Option<String>| field.clone().unwrap_or("-".to_owned());
    let local = if krate.is_some() { " local" } else { "" };
    format!("{kind:?} {name} = {package} {} {}{local}", text(requirement), text(version))
}

fn dependencies(krate: &CrateFacts) -> Vec<String> {
    krate.dependencies.iter().map(line).collect()
}

#[test]
fn all_tables_are_read_and_renames_applied() {
    let facts = workspace(
        r#"
//- Cargo.toml
[package]
name = "app"
[dependencies]
tokio-postgres = "0.7"
pg = { package = "postgres", version = "0.19" }
[target.'cfg(unix)'.dependencies]
nix = "0.29"
[target.x86_64-pc-windows-msvc.dependencies]
winapi = "0.3"
[dev-dependencies]
wiremock = "0.6"
pg = { package = "postgres", version = "0.19" }
[build-dependencies]
tonic-build = "0.12"
[target.'cfg(windows)'.build-dependencies]
winres = "0.1"
//- src/lib.rs
//- build.rs
//- tests/it.rs
"#,
    );
    let of = |kind| dependencies(facts.crates.iter().find(|krate| krate.kind == kind).unwrap());
    let lib = [
        "Normal nix = nix 0.29 -",
        "Normal pg = postgres 0.19 -",
        "Normal tokio_postgres = tokio-postgres 0.7 -",
        "Normal winapi = winapi 0.3 -",
        "Dev wiremock = wiremock 0.6 -",
    ];
    assert_eq!(of(TargetKind::Lib), lib);
    assert_eq!(of(TargetKind::Test)[0], "Normal app = app - - local");
    assert_eq!(of(TargetKind::Test)[1..], lib);
    assert_eq!(of(TargetKind::BuildScript), ["Build tonic_build = tonic-build 0.12 -", "Build winres = winres 0.1 -"]);
}

#[test]
fn versions_come_from_the_nearest_lock_file() {
    let facts = workspace(
        r#"
//- Cargo.toml
[workspace]
members = ["app"]
//- Cargo.lock
[[package]]
name = "redis"
version = "0.25.4"
source = "registry"
[[package]]
name = "redis"
version = "0.27.6"
source = "registry"
[[package]]
name = "fork"
version = "3.0.0"
source = "git+https://example.org/fork"
//- app/Cargo.lock
[[package]]
name = "redis"
version = "0.1.0"
source = "registry"
//- app/Cargo.toml
[package]
name = "app"
[dependencies]
redis = "0.25"
redis-next = { package = "redis", version = "0.27" }
fork = { git = "https://example.org/fork" }
absent = "1"
//- app/src/lib.rs
//- other/Cargo.toml
[workspace]
[package]
name = "other"
[dependencies]
redis = "0.26"
//- other/Cargo.lock
[[package]]
name = "redis"
version = "0.26.1"
source = "registry"
//- other/src/lib.rs
"#,
    );
    assert_eq!(
        dependencies(krate(&facts, "app")),
        [
            "Normal absent = absent 1 -",
            "Normal fork = fork - 3.0.0",
            "Normal redis = redis 0.25 0.25.4",
            "Normal redis_next = redis 0.27 0.27.6",
        ]
    );
    assert_eq!(dependencies(krate(&facts, "other")), ["Normal redis = redis 0.26 0.26.1"]);
}

#[test]
fn a_path_dependency_goes_by_the_name_of_its_library_unless_renamed() {
    let facts = workspace(
        r#"
//- Cargo.toml
[package]
name = "app"
[dependencies]
db-layer = { path = "db" }
store = { path = "store", package = "data-store" }
tool = { path = "tool" }
//- src/main.rs
fn main() {}
//- db/Cargo.toml
[package]
name = "db-layer"
version = "0.2.0"
[lib]
name = "dblib"
//- db/src/lib.rs
//- store/Cargo.toml
[package]
name = "data-store"
//- store/src/lib.rs
//- tool/Cargo.toml
[package]
name = "tool"
//- tool/src/main.rs
fn main() {}
"#,
    );
    assert_eq!(
        dependencies(krate(&facts, "app")),
        ["Normal dblib = db-layer - 0.2.0 local", "Normal store = data-store - - local", "Normal tool = tool - -"]
    );
    let app = krate(&facts, "app");
    assert_eq!(facts.crates[app.dependencies[0].krate.unwrap().0 as usize].name, "dblib");
}

#[test]
fn patches_to_a_folder_are_followed() {
    let facts = workspace(
        r#"
//- Cargo.toml
[workspace]
members = ["app"]
[patch.crates-io]
sqlx = { path = "forks/sqlx" }
old = { package = "older", path = "forks/older" }
[replace]
"foo:1.0.0" = { path = "forks/foo" }
//- app/Cargo.toml
[package]
name = "app"
[dependencies]
sqlx = "0.8"
foo = "1"
older = "2"
//- app/src/lib.rs
//- forks/sqlx/Cargo.toml
[package]
name = "sqlx"
version = "0.8.1"
//- forks/sqlx/src/lib.rs
//- forks/foo/Cargo.toml
[package]
name = "foo"
//- forks/foo/src/lib.rs
//- forks/older/Cargo.toml
[package]
name = "older"
//- forks/older/src/lib.rs
"#,
    );
    assert_eq!(
        dependencies(krate(&facts, "app")),
        ["Normal foo = foo 1 - local", "Normal older = older 2 - local", "Normal sqlx = sqlx 0.8 0.8.1 local"]
    );
}

#[test]
fn a_binary_sees_the_library_of_its_package() {
    let facts = workspace(
        "//- Cargo.toml\n[package]\nname = \"my-app\"\n//- src/lib.rs\n//- src/main.rs\nfn main() {}\n//- build.rs\nfn main() {}\n",
    );
    let bin = facts.crates.iter().find(|krate| krate.kind == TargetKind::Bin).unwrap();
    assert_eq!(dependencies(bin), ["Normal my_app = my-app - - local"]);
    let build = facts.crates.iter().find(|krate| krate.kind == TargetKind::BuildScript).unwrap();
    assert!(build.dependencies.is_empty());
    assert!(krate(&facts, "my_app").dependencies.iter().all(|dep| dep.kind == DependencyKind::Normal));
}

#[test]
fn a_member_taken_from_a_repository_or_registry_is_the_member() {
    let facts = workspace(
        r#"
//- Cargo.toml
[workspace]
members = ["api", "mail", "old", "hooks"]
//- api/Cargo.toml
[package]
name = "api"
version = "0.3.0"
//- api/src/lib.rs
//- mail/Cargo.toml
[package]
name = "mail"
version = "1.2.0"
//- mail/src/lib.rs
//- old/Cargo.toml
[package]
name = "old"
version = "2.0.0"
//- old/src/lib.rs
//- hooks/Cargo.toml
[package]
name = "hooks"
version = "0.1.0"
[dependencies]
api = { git = "https://example.org/team/api", branch = "main" }
mail = "^1.1"
old = "1"
hooks = "0.0.9"
//- hooks/src/main.rs
"#,
    );
    let hooks = facts.crates.iter().find(|krate| krate.name == "hooks").unwrap();
    let expected = [
        "Normal api = api - 0.3.0 local",
        "Normal hooks = hooks 0.0.9 -",
        "Normal mail = mail ^1.1 1.2.0 local",
        "Normal old = old 1 -",
    ];
    assert_eq!(dependencies(hooks), expected);
}
