//! The committed report of `cargo xtask catalog verify` is about the data as they are.

use std::collections::BTreeMap;
use std::path::Path;

use connlint_catalog::{Catalog, Unproved};
use toml::Table;

fn read(file: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn catalog() -> Catalog {
    Catalog::builtin().unwrap_or_else(|error| panic!("{error}"))
}

fn count(package: &Table, key: &str) -> i64 {
    package.get(key).and_then(toml::Value::as_integer).unwrap_or_else(|| panic!("no `{key}`"))
}

#[test]
fn no_row_has_changed_since_it_was_verified() {
    let report = read("verified.toml");
    let catalog = catalog();
    let mut stale = Vec::new();
    for (package, items) in catalog.content_hashes() {
        let reported = report.get(package).and_then(|entry| entry.get("items")).and_then(toml::Value::as_table);
        let now: BTreeMap<&str, String> = items.iter().map(|(item, hash)| (*item, format!("{hash:016x}"))).collect();
        let then: BTreeMap<&str, String> = reported
            .into_iter()
            .flatten()
            .map(|(item, hash)| (item.as_str(), hash.as_str().unwrap_or_default().to_owned()))
            .collect();
        let all = now.keys().chain(then.keys()).filter(|item| now.get(*item) != then.get(*item));
        stale.extend(all.map(|item| format!("{package}: {item}")));
    }
    stale.sort();
    stale.dedup();
    assert!(stale.is_empty(), "run `cargo xtask catalog verify PACKAGE` for what changed:\n{}", stale.join("\n"));
}

#[test]
fn each_row_is_verified_or_says_why_not() {
    let report = read("verified.toml");
    for (package, entry) in &report {
        let entry = entry.as_table().unwrap_or_else(|| panic!("{package}"));
        let reasons = entry.get("reasons").and_then(toml::Value::as_table).map_or(0, Table::len);
        let told = count(entry, "verified") + i64::try_from(reasons).unwrap_or(i64::MAX);
        assert!(told >= count(entry, "rows"), "{package}: {told} of {} rows are told", count(entry, "rows"));
    }
}

#[test]
fn a_row_marked_as_generated_or_unverified_is_no_wrong_one() {
    let report = read("verified.toml");
    let catalog = catalog();
    let reasons = report.iter().filter_map(|(_, entry)| entry.get("reasons")?.as_table());
    for (key, reason) in reasons.flatten() {
        let path = key.split(' ').nth(1).unwrap_or_default();
        let is_wrong = reason.as_str().is_some_and(|reason| reason.starts_with("wrong: "));
        let is_marked = matches!(catalog.unproved(path), Some(Unproved::Generated(_) | Unproved::Unverified(_)));
        assert!(!is_wrong || !is_marked, "{key}: {reason}");
    }
}

#[test]
fn each_package_has_named_versions() {
    let versions = read("versions.toml");
    let catalog = catalog();
    let missing: Vec<&str> = catalog
        .content_hashes()
        .into_keys()
        .filter(|package| *package != "std" && !versions.contains_key(*package))
        .collect();
    assert!(missing.is_empty(), "`versions.toml` names no version of {missing:?}");
}
