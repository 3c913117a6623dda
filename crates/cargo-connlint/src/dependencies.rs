//! What the dependencies of a project say of how much the catalogue knows of it.

use std::collections::{BTreeMap, BTreeSet};

use connlint_catalog::Catalog;
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

/// A dependency that seems to open connections and that the catalogue does not know.
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

/// Categories of the catalogue whose crates are connections and little else: what depends on one deals in them.
const DRIVERS: &[&str] = &["database", "pool", "queue", "mail"];
/// Categories whose crates many others use for purposes of their own.
const CLIENTS: &[&str] = &["http", "rpc", "cloud"];

/// What servers are called, as a part of a package's name between `-` and `_`.
const SERVERS: &[&str] = &[
    "amqp",
    "arangodb",
    "bigquery",
    "cassandra",
    "clickhouse",
    "cockroachdb",
    "couchbase",
    "couchdb",
    "duckdb",
    "dynamodb",
    "elasticsearch",
    "etcd",
    "ftp",
    "imap",
    "influxdb",
    "kafka",
    "ldap",
    "libsql",
    "mariadb",
    "memcache",
    "memcached",
    "milvus",
    "mongo",
    "mongodb",
    "mqtt",
    "mssql",
    "mysql",
    "nats",
    "neo4j",
    "odbc",
    "opensearch",
    "postgres",
    "postgresql",
    "pulsar",
    "qdrant",
    "rabbitmq",
    "redis",
    "rethinkdb",
    "scylla",
    "sftp",
    "smtp",
    "snowflake",
    "sqlite",
    "sqlserver",
    "surrealdb",
    "turso",
    "typesense",
    "valkey",
    "zookeeper",
];

/// Parts of the names of crates that describe data or generate code, and open nothing.
const PASSIVE: &[&str] = &[
    "adapter",
    "array",
    "builder",
    "codec",
    "core",
    "derive",
    "edge",
    "embedded",
    "enum",
    "enums",
    "gen",
    "macro",
    "macros",
    "mapper",
    "migration",
    "migrations",
    "mock",
    "module",
    "openssl",
    "parse",
    "parser",
    "proto",
    "protocol",
    "query",
    "rustls",
    "schema",
    "sys",
    "test",
    "testcontainers",
    "testing",
    "tests",
    "tls",
    "type",
    "types",
    "url",
    "utils",
];

/// Crates that depend on a driver to give its traits to their types, and open nothing.
const TYPES_ONLY: &[&str] = &[
    "bigdecimal",
    "bit-vec",
    "cargo",
    "chrono",
    "diesel-derive-newtype",
    "diesel_full_text_search",
    "diesel_ltree",
    "geo-postgis",
    "geo-types",
    "geozero",
    "ipnetwork",
    "jiff",
    "pgvector",
    "postgis_diesel",
    "rust_decimal",
    "sea-query",
    "time",
    "ulid",
    "uuid",
];

/// What opens sockets: a crate named after a server that depends on none of these speaks of the server only.
const NETWORK: &[&str] = &[
    "async-net",
    "async-std",
    "futures-rustls",
    "hyper",
    "hyper-util",
    "libc",
    "mio",
    "native-tls",
    "openssl",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "tokio-native-tls",
    "tokio-rustls",
    "tokio-util",
    "tonic",
    "ureq",
];

/// The dependencies of a project's own code that seem to open connections and that the catalogue does not know, by name.
pub(crate) fn unknown(facts: &WorkspaceFacts, catalog: &Catalog) -> Vec<UnknownCrate> {
    let known: BTreeMap<&str, &str> =
        catalog.crates().map(|krate| (krate.package.as_str(), krate.category.as_str())).collect();
    let used = used_by_the_program(facts);
    let external = facts.external.iter().filter(|external| used.contains(external.package.as_str()));
    let unknown = external.filter(|external| !known.contains_key(external.package.as_str()));
    let mut found: Vec<UnknownCrate> = unknown.filter_map(|external| seems_to_connect(external, &known)).collect();
    found.sort();
    found.dedup_by(|later, first| later.package == first.package && later.version == first.version);
    found
}

/// The packages that libraries and binaries depend on: tests and build scripts serve no requests.
fn used_by_the_program(facts: &WorkspaceFacts) -> BTreeSet<&str> {
    let served = facts.crates.iter().filter(|krate| matches!(krate.kind, TargetKind::Lib | TargetKind::Bin));
    let dependencies = served.flat_map(|krate| &krate.dependencies);
    let used =
        dependencies.filter(|dependency| dependency.kind == DependencyKind::Normal && dependency.krate.is_none());
    used.map(|dependency| dependency.package.as_str()).collect()
}

fn seems_to_connect(external: &ExternalPackage, known: &BTreeMap<&str, &str>) -> Option<UnknownCrate> {
    let parts: Vec<&str> = external.package.split(['-', '_']).collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(PASSIVE) || TYPES_ONLY.contains(&external.package.as_str()) {
        return None;
    }
    let of = |categories: &'static [&'static str]| {
        let dependencies = external.dependencies.iter().map(String::as_str);
        dependencies.filter(move |name| known.get(name).is_some_and(|category| categories.contains(category)))
    };
    let mut reasons: Vec<String> = of(DRIVERS).map(|driver| format!("depends on {driver}")).collect();
    let connects =
        external.dependencies.is_empty() || external.dependencies.iter().any(|name| NETWORK.contains(&name.as_str()));
    if let Some(server) = parts.iter().find(|part| SERVERS.contains(part)).filter(|_| connects) {
        reasons.push(format!("is named after {server}"));
    }
    let likely = !reasons.is_empty();
    if !likely {
        reasons.extend(of(CLIENTS).map(|client| format!("depends on {client}")));
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
            "what these do with connections is not known, so nothing is reported of it: {}",
            likely.join("; ")
        ),
    })
}
