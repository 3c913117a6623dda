//! Dependencies that the catalog does not know, and what to say of them.

use std::collections::{BTreeMap, BTreeSet};

use connlint_catalog::{Catalog, PackageWords};
use connlint_facts::{DependencyKind, ExternalPackage, Notice, NoticeKind, TargetKind, WorkspaceFacts};

/// Models of crates that nothing depends on, or whose sources are read: their rows are never used.
pub(crate) fn stale_models(facts: &WorkspaceFacts, modelled: &[(String, String)]) -> Vec<Notice> {
    let mut dependencies = facts.crates.iter().flat_map(|krate| &krate.dependencies).peekable();
    if dependencies.peek().is_none() {
        // Sources without a manifest: any crate may be meant.
        return Vec::new();
    }
    let dependencies: Vec<_> = dependencies.collect();
    let stale = modelled.iter().filter_map(|(package, file)| {
        let mut named = dependencies.iter().filter(|dependency| dependency.package == *package);
        let message = match (named.next(), named.find(|dependency| dependency.krate.is_none())) {
            (None, _) => format!("`{file}` has models of `{package}`, which nothing here depends on"),
            (Some(first), None) if first.krate.is_some() => {
                format!("`{file}` has models of `{package}`, whose sources are read with the rest: they are not used")
            }
            _ => return None,
        };
        Some(Notice { kind: NoticeKind::StaleModel, path: None, range: None, message })
    });
    stale.collect()
}

/// A dependency that seems to open connections and that the catalog does not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnknownCrate {
    /// The package.
    pub(crate) package: String,
    /// The version in `Cargo.lock`.
    pub(crate) version: Option<String>,
    /// Whether it most likely does: it talks to a database, cache or broker, rather than over HTTP for some purpose.
    pub(crate) likely: bool,
    /// Why it seems so.
    pub(crate) reasons: Vec<String>,
}

/// Categories of the catalog whose crates are connections and little else: what depends on one deals in them.
const DRIVERS: &[&str] = &["database", "pool", "queue", "mail"];
/// Categories whose crates keep connections for others to take.
const POOLS: &[&str] = &["pool"];
/// Categories whose crates many others use for purposes of their own.
const CLIENTS: &[&str] = &["http", "rpc", "cloud"];

/// The dependencies of a project's own code that seem to open connections and that the catalog does not know, by name.
pub(crate) fn unknown(facts: &WorkspaceFacts, catalog: &Catalog) -> Vec<UnknownCrate> {
    let known: BTreeMap<&str, &str> =
        catalog.crates().map(|krate| (krate.package.as_str(), krate.category.as_str())).collect();
    let words = catalog.package_words();
    let unknown = of_program(facts).into_iter().filter(|external| !known.contains_key(external.package.as_str()));
    let mut found: Vec<UnknownCrate> =
        unknown.filter_map(|external| seems_to_connect(external, &known, words)).collect();
    found.sort();
    found.dedup_by(|later, first| later.package == first.package && later.version == first.version);
    found
}

/// The packages that libraries and binaries depend on and that are not read with the rest.
pub(crate) fn of_program(facts: &WorkspaceFacts) -> Vec<&ExternalPackage> {
    let used = used_by_the_program(facts);
    let members: BTreeSet<&str> = facts.crates.iter().map(|krate| krate.package.as_str()).collect();
    // A published package may have a member's name.
    let is_member =
        |external: &&ExternalPackage| external.source.is_none() && members.contains(external.package.as_str());
    let external = facts.external.iter().filter(|external| used.contains(external.package.as_str()));
    external.filter(|external| !is_member(external)).collect()
}

/// The packages that libraries and binaries depend on: tests and build scripts serve no requests.
fn used_by_the_program(facts: &WorkspaceFacts) -> BTreeSet<&str> {
    let served = facts.crates.iter().filter(|krate| matches!(krate.kind, TargetKind::Lib | TargetKind::Bin));
    let dependencies = served.flat_map(|krate| &krate.dependencies);
    let used =
        dependencies.filter(|dependency| dependency.kind == DependencyKind::Normal && dependency.krate.is_none());
    used.map(|dependency| dependency.package.as_str()).collect()
}

fn seems_to_connect(
    external: &ExternalPackage,
    known: &BTreeMap<&str, &str>,
    words: &PackageWords,
) -> Option<UnknownCrate> {
    let has = |list: &[String], word: &str| list.iter().any(|listed| listed == word);
    let parts: Vec<&str> = external.package.split(['-', '_']).collect();
    if parts.iter().any(|part| has(&words.passive, part)) {
        return None;
    }
    let depends_on = |categories: &[&str]| -> Vec<&str> {
        let dependencies = external.dependencies.iter().map(String::as_str);
        dependencies.filter(|name| known.get(name).is_some_and(|category| categories.contains(category))).collect()
    };
    let drivers = depends_on(DRIVERS);
    let runs = external.dependencies.iter().any(|name| has(&words.runtimes, name));
    let server = parts.iter().find(|part| has(&words.servers, part));
    let likely = if external.is_published() || external.dependencies.is_empty() {
        runs && (server.is_some() || !drivers.is_empty()) || !depends_on(POOLS).is_empty()
    } else {
        !drivers.is_empty() || runs && server.is_some()
    };
    let mut reasons: Vec<String> = drivers.iter().map(|driver| format!("depends on {driver}")).collect();
    reasons.extend(server.map(|server| format!("is named after {server}")));
    if reasons.is_empty() {
        reasons.extend(depends_on(CLIENTS).iter().map(|client| format!("depends on {client}")));
    }
    let (package, version) = (external.package.clone(), external.version.clone());
    (!reasons.is_empty()).then_some(UnknownCrate { package, version, likely, reasons })
}

/// One notice that names the likely ones, so that silence about them is not taken for safety.
pub(crate) fn unknown_notice(unknown: &[UnknownCrate]) -> Option<Notice> {
    let likely: Vec<String> = unknown
        .iter()
        .filter(|krate| krate.likely)
        .map(|krate| match &krate.version {
            Some(version) => format!("{} {version} ({})", krate.package, krate.reasons.join(", ")),
            None => format!("{} ({})", krate.package, krate.reasons.join(", ")),
        })
        .collect();
    (!likely.is_empty()).then(|| Notice {
        kind: NoticeKind::UnknownCrate,
        path: None,
        range: None,
        message: format!(
            "what these do with connections is not known, so only what is named a client is reported of it: {}",
            likely.join("; ")
        ),
    })
}
