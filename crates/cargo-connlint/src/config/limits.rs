//! Limits that a project declares: `[budget]` and `[capacity]` of its settings.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use connlint_lints::{Allowed, Budget, Declared, DeclaredCapacity, Shares};
use connlint_output::visible;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::file::ConfigFile;
use crate::exit::Failure;

/// What one request may cost. Without this, nothing limits it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetTable {
    /// How many connections of one pool a request may hold at the same time.
    #[serde(default)]
    connections: Option<AllowedNumber>,
    /// How many queries a request may issue. One for each item of a collection is more than any number.
    #[serde(default)]
    queries: Option<AllowedNumber>,
    /// Budgets of some routes. A later entry wins over an earlier one, and all of them over the budget of all requests.
    #[serde(default)]
    routes: Vec<RouteBudget>,
}

/// What a request of some routes may cost.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RouteBudget {
    /// Patterns of routes, with or without the method: `/reports/**`, `POST /orders`. An entry point without a route is
    /// named by its function.
    #[schemars(length(min = 1))]
    routes: Vec<String>,
    /// How many connections of one pool a request may hold at the same time.
    #[serde(default)]
    connections: Option<AllowedNumber>,
    /// How many queries a request may issue.
    #[serde(default)]
    queries: Option<AllowedNumber>,
}

/// A number, or `"unlimited"`.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(untagged)]
enum AllowedNumber {
    /// At most so many.
    AtMost(u64),
    /// Any number.
    Unlimited(#[allow(dead_code, reason = "it has one value")] UnlimitedWord),
}

/// The word for any number.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum UnlimitedWord {
    /// Any number.
    Unlimited,
}

impl From<AllowedNumber> for Allowed {
    fn from(number: AllowedNumber) -> Self {
        match number {
            AllowedNumber::AtMost(number) => Self::AtMost(number),
            AllowedNumber::Unlimited(_) => Self::Unlimited,
        }
    }
}

impl<'de> Deserialize<'de> for AllowedNumber {
    /// By hand: an untagged enum would not say what is expected.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AllowedVisitor)
    }
}

struct AllowedVisitor;

impl Visitor<'_> for AllowedVisitor {
    type Value = AllowedNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or \"unlimited\"")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<AllowedNumber, E> {
        u64::try_from(number).map(AllowedNumber::AtMost).map_err(|_| E::custom("expected a number from 0 on"))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<AllowedNumber, E> {
        match word {
            "unlimited" => Ok(AllowedNumber::Unlimited(UnlimitedWord::Unlimited)),
            _ => Err(E::custom("expected a number, or \"unlimited\"")),
        }
    }
}

/// What servers allow, and how many processes run: what `connlint capacity` is given as options.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CapacityTable {
    /// How many processes run: of each program that serves, or by program.
    #[serde(default)]
    replicas: Numbers,
    /// How many connections a server allows: each server, or by server, as `connlint capacity` names it.
    #[serde(default)]
    server_limit: Numbers,
    /// The values of what `connlint capacity` names in brackets, because the code does not show it.
    #[serde(default)]
    values: BTreeMap<String, u64>,
    /// Whether old and new processes run side by side during a deploy.
    #[serde(default = "yes")]
    rolling_deploy: bool,
}

fn yes() -> bool {
    true
}

/// A number of each, or numbers by name.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
enum Numbers {
    /// That of each.
    Each(u64),
    /// By name.
    Named(BTreeMap<String, u64>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Named(BTreeMap::new())
    }
}

impl From<Numbers> for Shares {
    fn from(numbers: Numbers) -> Self {
        match numbers {
            Numbers::Each(number) => Self { of_all: Some(number), named: BTreeMap::new() },
            Numbers::Named(named) => Self { of_all: None, named },
        }
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a table of numbers by name")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Numbers, E> {
        u64::try_from(number).map(Numbers::Each).map_err(|_| E::custom("expected a number from 0 on"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Numbers, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Numbers::Named)
    }
}

/// Adds what a file declares over what was declared before.
pub(super) fn declare(
    declared: &mut Declared,
    origin: &str,
    budget: Option<BudgetTable>,
    capacity: Option<CapacityTable>,
) {
    let limit = |number: Option<AllowedNumber>| number.map(Allowed::from);
    if let Some(BudgetTable { connections, queries, routes }) = budget {
        let of = |routes, connections, queries| Budget {
            origin: origin.to_owned(),
            routes,
            connections: limit(connections),
            queries: limit(queries),
        };
        if connections.is_some() || queries.is_some() {
            declared.budgets.push(of(Vec::new(), connections, queries));
        }
        declared.budgets.extend(routes.into_iter().map(|some| of(some.routes, some.connections, some.queries)));
    }
    if let Some(CapacityTable { replicas, server_limit, values, rolling_deploy }) = capacity {
        declared.capacity = Some(DeclaredCapacity {
            origin: origin.to_owned(),
            replicas: of_programs(replicas.into()),
            server_limits: server_limit.into(),
            values,
            rolling_deploy,
        });
    }
}

/// Programs by the names that the code has for them: cargo's `-` is a `_` there.
fn of_programs(shares: Shares) -> Shares {
    let named = shares.named.into_iter().map(|(name, number)| (name.replace('-', "_"), number));
    Shares { named: named.collect(), ..shares }
}

/// What the text of a `connlint.toml` declares; fails with what is wrong in it.
pub fn declared_limits(text: &str) -> Result<Declared, String> {
    let text: Arc<str> = text.into();
    let of_failure = |failure: Failure| failure.to_string();
    let file = ConfigFile::parse("connlint.toml", &text).map_err(of_failure)?;
    let mut declared = Declared::default();
    declare(&mut declared, "connlint.toml", file.budget, file.capacity);
    Ok(declared)
}

/// Writes what is declared as settings of the same meaning, each with the file that declares it.
pub(crate) fn write(declared: &Declared, out: &mut dyn Write) -> io::Result<()> {
    let (of_all, of_routes): (Vec<&Budget>, Vec<&Budget>) =
        declared.budgets.iter().partition(|budget| budget.routes.is_empty());
    if !of_all.is_empty() {
        writeln!(out, "\n[budget]")?;
        let last = |of: fn(&Budget) -> Option<Allowed>| of_all.iter().rev().find_map(|some| Some((of(some)?, *some)));
        for (key, found) in [("connections", last(|some| some.connections)), ("queries", last(|some| some.queries))] {
            if let Some((allowed, budget)) = found {
                writeln!(out, "{key} = {} # {}", number(allowed), visible(&budget.origin))?;
            }
        }
    }
    for budget in of_routes {
        writeln!(out, "\n[[budget.routes]] # {}", visible(&budget.origin))?;
        let routes: Vec<String> = budget.routes.iter().map(|route| text(route)).collect();
        writeln!(out, "routes = [{}]", visible(&routes.join(", ")))?;
        for (key, allowed) in [("connections", budget.connections), ("queries", budget.queries)] {
            if let Some(allowed) = allowed {
                writeln!(out, "{key} = {}", number(allowed))?;
            }
        }
    }
    declared.capacity.iter().try_for_each(|capacity| write_capacity(capacity, out))
}

fn number(allowed: Allowed) -> String {
    match allowed {
        Allowed::AtMost(number) => number.to_string(),
        Allowed::Unlimited => "\"unlimited\"".to_owned(),
    }
}

fn write_capacity(capacity: &DeclaredCapacity, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n[capacity] # {}", visible(&capacity.origin))?;
    for (key, shares) in [("replicas", &capacity.replicas), ("server-limit", &capacity.server_limits)] {
        match shares.of_all {
            Some(number) => writeln!(out, "{key} = {number}")?,
            None if shares.named.is_empty() => {}
            None => writeln!(out, "{key} = {}", table(&shares.named))?,
        }
    }
    if !capacity.values.is_empty() {
        writeln!(out, "values = {}", table(&capacity.values))?;
    }
    writeln!(out, "rolling-deploy = {}", capacity.rolling_deploy)
}

fn table(numbers: &BTreeMap<String, u64>) -> String {
    let entries: Vec<String> = numbers.iter().map(|(name, number)| format!("{} = {number}", text(name))).collect();
    visible(&format!("{{ {} }}", entries.join(", "))).into_owned()
}

/// A text as TOML writes it.
fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}
