//! The compiled-in data as a whole: they load, they are consistent, and samples of them say what they should.

use connlint_catalog::{ApiModel, AttributeTarget, Catalog, OnceScope, Role, Runs, TypeExpr};
use semver::Version;

fn catalog() -> Catalog {
    match Catalog::builtin() {
        Ok(catalog) => catalog,
        Err(error) => panic!("{error}"),
    }
}

/// What runs, by argument, in a call of a function or method that is written as a path.
fn runs(catalog: &Catalog, written: &str) -> Vec<(Option<u16>, Runs)> {
    let path = catalog.canonical(written).path.into_owned();
    let api = catalog.api(&path, None).unwrap_or_else(|| panic!("`{written}` has no row"));
    api.callbacks.iter().map(|callback| (callback.arg, callback.runs)).collect()
}

fn attribute(catalog: &Catalog, written: &str) -> (AttributeTarget, Runs) {
    let path = catalog.canonical(written).path.into_owned();
    let model = catalog.attribute(&path, None).unwrap_or_else(|| panic!("`{written}` has no row"));
    (model.on, model.runs)
}

fn role(catalog: &Catalog, written: &str) -> Option<Role> {
    catalog.type_model(&catalog.canonical(written).path, None).map(|model| model.role)
}

#[test]
fn the_data_are_consistent() {
    assert_eq!(catalog().inconsistencies(), Vec::<String>::new());
}

#[test]
fn results_and_options_are_typed_through_their_methods() {
    let catalog = catalog();
    let map = catalog.method("std::option::Option", "map", None).expect("Option::map");
    assert_eq!(map.generics, ["T", "U"]);
    let option_of_u = TypeExpr::Path { path: "std::option::Option".to_owned(), args: vec![TypeExpr::Param(1)] };
    assert_eq!(map.returns, option_of_u);
    assert_eq!(catalog.method("std::result::Result", "unwrap", None).map(|api| &api.returns), {
        Some(&TypeExpr::Param(0))
    });
    assert_eq!(catalog.canonical("core::option::Option::take").path, "std::option::Option::take");
    assert_eq!(runs(&catalog, "std::option::Option::get_or_insert_with"), [(Some(0), Runs::Once(OnceScope::Owner))]);
}

#[test]
fn iterators_and_streams_run_their_callables_for_each_item() {
    let catalog = catalog();
    let each_item = [(Some(0), Runs::EachItem)];
    assert_eq!(runs(&catalog, "std::iter::Iterator::map"), each_item);
    assert_eq!(runs(&catalog, "futures::stream::StreamExt::then"), each_item);
    assert_eq!(runs(&catalog, "futures_util::StreamExt::for_each"), each_item);
    let next = catalog.method("futures::Stream", "next", None).expect("Stream::next");
    let item = TypeExpr::Path { path: "std::option::Option".to_owned(), args: vec![TypeExpr::Param(0)] };
    assert_eq!((next.returns.clone(), next.type_generics), (item, 1));
}

#[test]
fn once_forms_run_once_for_their_holder() {
    let catalog = catalog();
    let process = [(Some(0), Runs::Once(OnceScope::Process))];
    for path in [
        "std::sync::OnceLock::get_or_init",
        "std::sync::LazyLock::new",
        "std::sync::Once::call_once",
        "once_cell::sync::Lazy::new",
        "once_cell::sync::OnceCell::get_or_try_init",
        "tokio::sync::OnceCell::get_or_init",
        "tokio::sync::OnceCell::get_or_try_init",
        "async_once_cell::OnceCell::get_or_init",
        "async_once::AsyncOnce::new",
    ] {
        assert_eq!(runs(&catalog, path), process, "{path}");
    }
    assert_eq!(runs(&catalog, "std::cell::OnceCell::get_or_init"), [(Some(0), Runs::Once(OnceScope::Owner))]);
    assert_eq!(runs(&catalog, "once_cell::race::OnceBox::get_or_init"), [(Some(0), Runs::Once(OnceScope::Racy))]);
    let key = Runs::Once(OnceScope::Key);
    assert_eq!(runs(&catalog, "moka::future::Cache::get_with"), [(Some(1), key)]);
    assert_eq!(runs(&catalog, "moka::sync::Cache::try_get_with"), [(Some(1), key)]);
    assert_eq!(runs(&catalog, "quick_cache::sync::Cache::get_or_insert_with"), [(Some(1), key)]);
    assert_eq!(runs(&catalog, "dashmap::mapref::entry::Entry::or_try_insert_with"), [(Some(0), key)]);
    assert_eq!(runs(&catalog, "std::collections::btree_map::Entry::or_insert_with"), [(Some(0), key)]);
}

#[test]
fn arguments_that_are_evaluated_at_each_call_are_no_once_forms() {
    let catalog = catalog();
    for path in [
        "std::sync::OnceLock::set",
        "tokio::sync::OnceCell::set",
        "std::collections::hash_map::Entry::or_insert",
        "dashmap::mapref::entry::Entry::or_insert",
        "arc_swap::ArcSwap::store",
        "std::boxed::Box::leak",
    ] {
        assert_eq!(runs(&catalog, path), [], "{path}");
    }
}

#[test]
fn tasks_and_threads_are_told_apart() {
    let catalog = catalog();
    assert_eq!(runs(&catalog, "tokio::task::spawn"), [(Some(0), Runs::Spawn)]);
    assert_eq!(runs(&catalog, "tokio::task::spawn_blocking"), [(Some(0), Runs::Blocking)]);
    assert_eq!(runs(&catalog, "std::thread::spawn"), [(Some(0), Runs::Thread)]);
    assert_eq!(runs(&catalog, "tokio::task::JoinSet::spawn"), [(Some(0), Runs::Spawn)]);
    assert_eq!(runs(&catalog, "tokio_retry::Retry::spawn"), [(Some(1), Runs::Retry)]);
    for path in ["tokio::net::TcpListener", "tokio::time::Interval", "rdkafka::consumer::StreamConsumer"] {
        assert_eq!(role(&catalog, path), Some(Role::Source), "{path}");
    }
}

#[test]
fn handlers_are_registered_by_call() {
    let catalog = catalog();
    for (path, arg, expected) in [
        ("axum::routing::get", 0, Runs::Request),
        ("axum::routing::MethodRouter::post", 0, Runs::Request),
        ("axum::middleware::from_fn_with_state", 1, Runs::Middleware),
        ("axum::extract::ws::WebSocketUpgrade::on_upgrade", 0, Runs::Session),
        ("actix_web::HttpServer::new", 0, Runs::Worker),
        ("actix_web::web::to", 0, Runs::Request),
        ("actix_web::Route::to", 0, Runs::Request),
        ("actix_web::web::block", 0, Runs::Blocking),
        ("rocket::fairing::AdHoc::try_on_ignite", 1, Runs::Startup),
        ("warp::Filter::and_then", 0, Runs::Request),
        ("poem::get", 0, Runs::Request),
        ("salvo::prelude::Router::hoop", 0, Runs::Middleware),
        ("tide::Route::get", 0, Runs::Request),
        ("gotham::router::builder::DefineSingleRoute::to_async", 0, Runs::Request),
        ("hyper::service::make_service_fn", 0, Runs::Connection),
        ("hyper::service::service_fn", 0, Runs::Request),
        ("lambda_http::service_fn", 0, Runs::Request),
        ("rouille::start_server", 1, Runs::Request),
        ("viz::Router::get", 1, Runs::Request),
        ("jsonrpsee::server::RpcModule::register_async_method", 1, Runs::Rpc),
        ("teloxide::repl", 1, Runs::Message),
        ("dptree::Handler::endpoint", 0, Runs::Message),
        ("tokio_cron_scheduler::Job::new_async", 1, Runs::Schedule),
        ("poise::FrameworkBuilder::setup", 0, Runs::Startup),
        ("worker::Router::get_async", 1, Runs::Request),
    ] {
        assert_eq!(runs(&catalog, path).first(), Some(&(Some(arg), expected)), "{path}");
    }
}

#[test]
fn handlers_are_declared_by_attribute_and_macro() {
    let catalog = catalog();
    for (path, expected) in [
        ("actix_web::get", (AttributeTarget::Fn, Runs::Request)),
        ("rocket::launch", (AttributeTarget::Fn, Runs::Startup)),
        ("tokio::main", (AttributeTarget::Fn, Runs::Startup)),
        ("poem_openapi::OpenApi", (AttributeTarget::Impl, Runs::Request)),
        ("tarpc::server", (AttributeTarget::Impl, Runs::Rpc)),
        ("leptos::prelude::server", (AttributeTarget::Fn, Runs::Request)),
        ("juniper::object", (AttributeTarget::Impl, Runs::Resolver)),
        ("async_graphql::Object", (AttributeTarget::Impl, Runs::Resolver)),
        ("tauri::command", (AttributeTarget::Fn, Runs::Command)),
        ("cached::proc_macro::once", (AttributeTarget::Fn, Runs::Once(OnceScope::Racy))),
        ("static_init::dynamic", (AttributeTarget::Static, Runs::Once(OnceScope::Process))),
    ] {
        assert_eq!(attribute(&catalog, path), expected, "{path}");
    }
    for path in ["rocket::routes", "tauri::generate_handler", "utoipa_axum::routes"] {
        assert!(catalog.macro_model(path, None).is_some_and(|model| !model.callbacks.is_empty()), "{path}");
    }
}

#[test]
fn what_frameworks_re_export_of_their_dependencies_is_known() {
    let catalog = catalog();
    for (written, expected) in [
        ("actix_web_lab::__reexports::tokio::time::sleep", "tokio::time::sleep"),
        ("actix_web_lab::__reexports::actix_web::web::block", "actix_web::web::block"),
        ("actix::clock::sleep", "tokio::time::sleep"),
        ("jsonrpsee::tokio::spawn", "tokio::spawn"),
        ("shuttle_runtime::tokio::task::spawn_blocking", "tokio::task::spawn_blocking"),
        ("serenity::prelude::Mutex::lock", "tokio::sync::Mutex::lock"),
        ("serenity::futures::StreamExt", "futures::StreamExt"),
        ("rocket_db_pools::rocket::tokio::time::sleep", "tokio::time::sleep"),
        ("deadpool_sqlite::rusqlite::Connection::open", "rusqlite::Connection::open"),
        ("warp::hyper::Client::new", "hyper::Client::new"),
        ("poem::http::Request", "http::Request"),
        ("dioxus::server::axum::routing::get", "axum::routing::get"),
        ("apalis_sql::sqlx::PgConnection::connect", "sqlx::PgConnection::connect"),
        ("sqlx_postgres::PgPoolOptions::new", "sqlx::postgres::PgPoolOptions::new"),
        ("sqlx_oldapi::PgConnection::connect", "sqlx::PgConnection::connect"),
        ("ormlite::postgres::PgPoolOptions::new", "sqlx::postgres::PgPoolOptions::new"),
        ("sea_orm_migration::sea_orm::Database::connect", "sea_orm::Database::connect"),
        ("loco_rs::prelude::DatabaseConnection", "sea_orm::DatabaseConnection"),
        ("loco_rs::prelude::Query", "axum::extract::Query"),
    ] {
        assert_eq!(catalog.canonical(written).path, catalog.canonical(expected).path, "{written}");
    }
}

#[test]
fn implementations_of_framework_traits_are_called_from_outside() {
    let catalog = catalog();
    let entries = |written: &str| {
        let path = catalog.canonical(written).path.into_owned();
        catalog.trait_model(&path, None).map(|model| model.entries.clone()).unwrap_or_default()
    };
    assert_eq!(entries("axum::extract::FromRequestParts"), [("from_request_parts".to_owned(), Runs::Extractor)]);
    assert_eq!(entries("serenity::prelude::EventHandler"), [("*".to_owned(), Runs::Message)]);
    assert_eq!(entries("actix::prelude::Handler"), [("handle".to_owned(), Runs::Message)]);
    assert_eq!(entries("async_graphql::dataloader::Loader"), [("load".to_owned(), Runs::Request)]);
}

#[test]
fn routes_tell_their_path_target_and_method() {
    let catalog = catalog();
    let route = |path: &str| catalog.api(path, None).and_then(|api| api.route).map(|route| (route.path, route.target));
    assert_eq!(route("axum::Router::route"), Some((Some(0), Some(1))));
    assert_eq!(route("axum::Router::merge"), Some((None, Some(0))));
    assert_eq!(route("actix_web::web::resource"), Some((Some(0), None)));
    assert_eq!(route("rocket::Rocket::mount"), Some((Some(0), Some(1))));
    let method = |path: &str| catalog.api(path, None).and_then(|api| api.http_method.clone());
    assert_eq!(method("axum::routing::post").as_deref(), Some("POST"));
    assert_eq!(method("actix_web::web::delete").as_deref(), Some("DELETE"));
}

#[test]
fn state_wrappers_lead_to_the_state() {
    let catalog = catalog();
    for path in ["axum::extract::State", "axum::Extension", "actix_web::web::Data", "rocket::State", "tauri::State"] {
        let model = catalog.type_model(&catalog.canonical(path).path, None).expect(path);
        assert_eq!((model.role, model.deref.as_ref()), (Role::StateWrapper, Some(&TypeExpr::Param(0))), "{path}");
    }
    let axum = catalog.crate_of("axum::Router").expect("axum");
    assert_eq!(axum.state_access.as_deref(), Some("State(state): State<AppState>"));
    assert_eq!(catalog.crate_of("futures_util::future").map(|krate| krate.lib.as_str()), Some("futures"));
}

#[test]
fn rows_of_other_versions_are_left_alone() {
    let catalog = catalog();
    let serve = |version: Version| catalog.api("axum::serve", Some(&version)).is_some();
    assert!(serve(Version::new(0, 8, 4)) && !serve(Version::new(0, 6, 20)));
    let block = |version: Version| catalog.api("actix_web::web::block", Some(&version)).map(|api| api.generics.len());
    assert_eq!((block(Version::new(4, 9, 0)), block(Version::new(3, 3, 3))), (Some(1), Some(2)));
}

#[test]
fn sources_are_polled_with_what_they_yield() {
    let catalog = catalog();
    let next = catalog.method("lapin::Consumer", "next", None).map(|api: &ApiModel| api.path.clone());
    assert_eq!(next.as_deref(), Some("lapin::Consumer::next"));
    let accept = catalog.method("tokio::net::TcpListener", "accept", None).expect("accept");
    assert!(accept.takes_self && !accept.consumes_self);
}

#[test]
fn locks_of_async_runtimes_have_methods_to_await() {
    let catalog = catalog();
    let awaited = ["tokio::sync::Mutex", "tokio::sync::RwLock", "futures::lock::Mutex", "smol::lock::RwLock"];
    let blocking =
        ["std::sync::Mutex", "std::sync::RwLock", "parking_lot::Mutex", "parking_lot::RwLock", "spin::Mutex"];
    for path in awaited.into_iter().chain(blocking) {
        let canonical = catalog.canonical(path).path;
        assert_eq!(role(&catalog, path), Some(Role::Lock), "{path}");
        assert_eq!(catalog.has_async_methods(&canonical), awaited.contains(&path), "{path}");
    }
}
