//! Which rows apply is decided by the version in Cargo.lock.

use std::collections::BTreeMap;

use connlint_catalog::{ApiModel, Catalog, Effect, Mode, Row};
use semver::Version;

fn catalog() -> Catalog {
    match Catalog::builtin() {
        Ok(catalog) => catalog,
        Err(error) => panic!("{error}"),
    }
}

fn version(text: &str) -> Version {
    match Version::parse(text) {
        Ok(version) => version,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The versions of each package whose sources prove the rows.
fn read_versions() -> BTreeMap<String, Vec<Version>> {
    let table: BTreeMap<String, toml::Value> = match toml::from_str(include_str!("../../versions.toml")) {
        Ok(table) => table,
        Err(error) => panic!("{error}"),
    };
    let listed = |value: &toml::Value| -> Vec<Version> {
        let texts = value.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
        texts.filter_map(|text| Version::parse(text).ok()).collect()
    };
    table.iter().map(|(package, value)| (package.clone(), listed(value))).collect()
}

#[test]
fn rows_of_one_path_never_apply_to_the_same_version() {
    let catalog = catalog();
    let versions = read_versions();
    let mut by_path: BTreeMap<(&str, &str), Vec<Row<'_>>> = BTreeMap::new();
    for row in catalog.rows() {
        by_path.entry((row.kind(), row.path())).or_default().push(row);
    }
    let mut compared = 0;
    for ((kind, path), rows) in by_path.into_iter().filter(|(_, rows)| rows.len() > 1) {
        for version in versions.get(catalog.package_of(rows[0])).into_iter().flatten() {
            let applying = rows.iter().filter(|row| row.applies_to(version)).count();
            assert!(applying <= 1, "{applying} rows of {kind} {path} apply to {version}");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} versions of rows were compared");
}

#[test]
fn calls_are_those_of_the_locked_version() {
    let catalog = catalog();
    let at = |path: &str, v: &str| -> Option<ApiModel> { catalog.api(path, Some(&version(v))).cloned() };
    let mode = |path: &str, v: &str| at(path, v).map(|api| api.mode);
    let exists = |path: &str, v: &str| at(path, v).is_some();
    // The request that version 3 returns is awaited later, by `IntoFuture`.
    assert_eq!(mode("mongodb::Collection::find", "2.8.2"), Some(Mode::Async));
    assert_eq!(mode("mongodb::Collection::find", "3.2.0"), Some(Mode::Sync));
    assert_ne!(at("ureq::get", "2.12.1").map(|a| a.returns), at("ureq::get", "3.0.12").map(|a| a.returns));
    assert!(exists("hyper::Client::new", "0.14.32") && !exists("hyper::Client::new", "1.6.0"));
    assert!(exists("axum::serve", "0.8.4") && !exists("axum::serve", "0.6.20"));
    let discards = |v| at("s3::Bucket::get_object", v).map(|api| api.effects.contains(&Effect::ThrowawayClient));
    assert_eq!(
        (discards("0.33.0"), discards("0.34.0")),
        (Some(true), Some(false)),
        "a bucket keeps its client since 0.34"
    );
    assert!(exists("redis::Client::get_pubsub", "0.8.0") && !exists("redis::Client::get_pubsub", "0.9.1"));
    let transaction = "diesel::Connection::transaction";
    assert_ne!(at(transaction, "1.4.8").map(|a| a.params), at(transaction, "2.2.0").map(|a| a.params));
    let block = "actix_web::web::block";
    assert_ne!(at(block, "3.3.3").map(|a| a.params), at(block, "4.9.0").map(|a| a.params));
}

#[test]
fn defaults_are_those_of_the_locked_version() {
    let catalog = catalog();
    let default = |path: &str, v: &str| -> Option<String> {
        catalog.settings(path, Some(&version(v))).and_then(|setting| setting.default.clone())
    };
    let redis = "redis::AsyncConnectionConfig::set_response_timeout";
    assert_eq!(default(redis, "0.27.6").as_deref(), Some("none"), "redis 0.x waits for ever");
    assert_eq!(default(redis, "1.0.0").as_deref(), Some("500 ms"));
    let bucket = "s3::Bucket::set_request_timeout";
    assert_eq!(default(bucket, "0.27.0").as_deref(), Some("none"));
    assert_eq!(default(bucket, "0.33.0").as_deref(), Some("60 s"));
    let deadpool = "deadpool::managed::PoolBuilder::max_size";
    assert_eq!(default(deadpool, "0.10.0").as_deref(), Some("4 x physical cores"));
    assert_eq!(default(deadpool, "0.12.2").as_deref(), Some("2 x logical cores"));
}
