//! Proves rows in the sources of the versions that `crates/connlint-catalog/versions.toml` names.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::{env, fs};

use connlint_catalog::{Catalog, Row, Unproved};
use connlint_facts::CrateFacts;
use connlint_semantic::{Sources, Verdict, link_dependencies};
use semver::Version;

use super::registry::{LIBRARY, Registry, Unpacked, series};
use super::report::{Package, Report};
use crate::process::{TaskResult, repository};

/// Rounds in which crates are added whose items others re-export.
const MAX_ROUNDS: usize = 6;

/// The versions that are read, by package, in ascending order.
type Versions = BTreeMap<String, Vec<String>>;

/// The package that stands for the standard library.
const STD: &str = "std";

/// What all versions show of one row, in the order of the versions.
type Verdicts = Vec<(String, Verdict)>;

pub(crate) fn run(wanted: &[String]) -> TaskResult {
    let catalog = Catalog::builtin()?;
    let versions = named_versions()?;
    let mut rows: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in catalog.rows() {
        rows.entry(catalog.package_of(row)).or_default().push(row);
    }
    if let Some(unknown) = wanted.iter().find(|name| !rows.contains_key(name.as_str())) {
        return Err(format!("no data file describes the package `{unknown}`").into());
    }
    let mut report = Report::read()?;
    report.packages.retain(|name, _| rows.contains_key(name.as_str()));
    let mut registry = Registry::default();
    let mut wrong = 0;
    for (package, rows) in &rows {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == package) {
            continue;
        }
        if *package == STD && wanted.is_empty() && env::var_os(LIBRARY).is_none() {
            println!("std: not read: {LIBRARY} does not name the folder `library` of Rust's sources");
            continue;
        }
        let (verified, problems) = verify_package(&catalog, &mut registry, &versions, package, rows)?;
        println!("{package}: {} of {} rows verified", verified.verified, verified.rows);
        problems.iter().for_each(|problem| println!("  {problem}"));
        wrong += problems.len();
        report.packages.insert((*package).to_owned(), verified);
    }
    report.write()?;
    println!("{}", report.summary());
    if wrong > 0 { Err(format!("{wrong} rows are not what the sources say").into()) } else { Ok(()) }
}

fn named_versions() -> Result<Versions, Box<dyn Error>> {
    let path = repository().join("crates/connlint-catalog/versions.toml");
    Ok(toml::from_str(&fs::read_to_string(path)?)?)
}

/// What the report says of a package, and its wrong rows.
fn verify_package(
    catalog: &Catalog,
    registry: &mut Registry,
    named: &Versions,
    package: &str,
    rows: &[Row<'_>],
) -> Result<(Package, Vec<String>), Box<dyn Error>> {
    let mut verdicts: Vec<Verdicts> = vec![Vec::new(); rows.len()];
    let versions = named.get(package).map_or(&[][..], |list| list);
    for version in versions {
        let parsed = Version::parse(version)?;
        let chosen: Vec<usize> = (0..rows.len()).filter(|&index| rows[index].applies_to(&parsed)).collect();
        let checked =
            check_version(catalog, registry, named, package, version, chosen.iter().map(|&index| rows[index]))?;
        for (index, verdict) in chosen.into_iter().zip(checked) {
            verdicts[index].push((version.clone(), verdict));
        }
    }
    let hashes = catalog.content_hashes();
    let items = hashes.get(package).into_iter().flatten();
    let items = items.map(|(item, hash)| ((*item).to_owned(), format!("{hash:016x}"))).collect();
    let mut found = Package { versions: versions.to_vec(), rows: rows.len(), items, ..Package::default() };
    let mut problems = Vec::new();
    for (row, verdicts) in rows.iter().zip(&verdicts) {
        let key = format!("{} {} {}", row.kind(), row.path(), row.versions());
        match (settle(package, verdicts), catalog.unproved(row.path())) {
            (Settled::Verified, _) => {
                found.verified += 1;
                let older = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Differs(_)));
                let older: Vec<&str> = older.map(|(version, _)| version.as_str()).collect();
                if !older.is_empty() {
                    found.differs.insert(key, older.join(", "));
                }
            }
            (_, Some(Unproved::Generated(reason))) => {
                found.generated += 1;
                found.reasons.insert(key, format!("generated: {reason}"));
            }
            (_, Some(Unproved::Unverified(reason))) => {
                found.reasons.insert(key, reason.clone());
            }
            (Settled::Unknown(reason), None) => {
                found.reasons.insert(key, reason);
            }
            (Settled::Wrong(reason), None) => {
                problems.push(format!("{key}: {reason}"));
                found.reasons.insert(key, format!("wrong: {reason}"));
            }
        }
    }
    Ok((found, problems))
}

/// What the versions together show.
enum Settled {
    Verified,
    Unknown(String),
    Wrong(String),
}

/// A row is proved where the newest version that it applies to has it so, or some version has it and none contradicts it:
/// what a version does not have, no code calls.
fn settle(package: &str, verdicts: &Verdicts) -> Settled {
    // Code of an older version that lacks a row of its own gets the newest row anyway.
    if verdicts.last().is_some_and(|(_, verdict)| *verdict == Verdict::Agrees) {
        return Settled::Verified;
    }
    let differs = verdicts.iter().filter_map(|(version, verdict)| match verdict {
        Verdict::Differs(why) => Some(format!("in {version} {why}")),
        _ => None,
    });
    let differs: Vec<String> = differs.collect();
    if !differs.is_empty() {
        return Settled::Wrong(differs.join("; "));
    }
    if verdicts.iter().any(|(_, verdict)| *verdict == Verdict::Agrees) {
        return Settled::Verified;
    }
    let needed = verdicts.iter().rev().find_map(|(version, verdict)| match verdict {
        Verdict::Needs(krate) => Some(format!("leads into `{krate}`, seen from {version}")),
        _ => None,
    });
    let absent = verdicts.iter().rev().find_map(|(version, verdict)| match verdict {
        Verdict::Absent(why) => Some(format!("not in {version}: {why}")),
        _ => None,
    });
    match (needed, absent) {
        (Some(reason), _) => Settled::Unknown(reason),
        // The sources of the standard library are those that were at hand: a row may be newer.
        (None, Some(reason)) if package == STD => Settled::Unknown(reason),
        (None, Some(reason)) => Settled::Wrong(reason),
        (None, None) => Settled::Unknown("no version is named that it applies to".to_owned()),
    }
}

/// The verdicts of one version, with the crates whose items it re-exports.
fn check_version<'a>(
    catalog: &Catalog,
    registry: &mut Registry,
    named: &Versions,
    package: &str,
    version: &str,
    rows: impl Iterator<Item = Row<'a>> + Clone,
) -> Result<Vec<Verdict>, Box<dyn Error>> {
    let with: &[&str] = if package == STD { &[STD, "core", "alloc"] } else { &[package] };
    let mut packages = with.iter().map(|name| registry.package(name, version)).collect::<Result<Vec<_>, _>>()?;
    let mut crates = registry.libraries(&packages)?;
    let mut tried: BTreeSet<String> = BTreeSet::new();
    let mut verdicts = Vec::new();
    for _ in 0..MAX_ROUNDS {
        link_dependencies(&mut crates);
        let sources = Sources::new(&crates, catalog);
        verdicts = rows.clone().map(|row| sources.check(row)).collect();
        let mut needed: BTreeSet<String> = verdicts.iter().filter_map(Verdict::needs).map(str::to_owned).collect();
        if verdicts.iter().any(|verdict| *verdict != Verdict::Agrees) {
            needed.extend(sources.unread_macros());
        }
        let mut added = Vec::new();
        for name in needed {
            if tried.insert(name.clone()) {
                added.extend(dependency(catalog, registry, named, &crates, &name));
            }
        }
        if added.is_empty() {
            break;
        }
        packages.extend(added);
        crates = registry.libraries(&packages)?;
    }
    Ok(verdicts)
}

/// The package that one of the crates calls by this name.
fn dependency(
    catalog: &Catalog,
    registry: &mut Registry,
    versions: &Versions,
    crates: &[CrateFacts],
    name: &str,
) -> Option<Unpacked> {
    let lib_of = |package: &str| {
        let known = catalog.crates().find(|krate| krate.package == package).map(|krate| krate.lib.clone());
        known.unwrap_or_else(|| package.replace('-', "_"))
    };
    let mut all = crates.iter().flat_map(|krate| &krate.dependencies);
    let found = all.find(|dependency| lib_of(&dependency.package) == name || dependency.name == name);
    let from_manifest = found.and_then(|found| Some((found.package.clone(), series(found.requirement.as_deref()?)?)));
    // Files describe companions of a crate too (`tokio_stream` with `futures`), which it does not depend on.
    let (package, version) = from_manifest.or_else(|| {
        let companion = versions.iter().find(|(package, _)| lib_of(package) == name)?;
        Some((companion.0.clone(), companion.1.last()?.clone()))
    })?;
    match registry.package(&package, &version) {
        Ok(package) => Some(package),
        Err(error) => {
            eprintln!("{error}");
            None
        }
    }
}
