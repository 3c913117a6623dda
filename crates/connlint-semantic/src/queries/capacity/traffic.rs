//! Little's law over the paths: what the traffic of a service comes to in connections.
//!
//! A request that takes as long as `W` and comes `λ` times a second is in the process `λ × W` times on average. A connection is
//! held for a part of the request that the code does not show, at most for all of it: the figures are upper ones.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::Span;

use crate::domain::{EntryId, EntryKind};
use crate::program::Program;

use super::{held_at_once, held_by};

/// The traffic of one route.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteTraffic {
    /// The route: `GET /users/{id}`, `/users/42`.
    pub route: String,
    /// Requests per second.
    pub rate: f64,
    /// How long one takes on average, in seconds.
    pub mean: f64,
    /// How long 99 of 100 take at most, in seconds.
    pub p99: f64,
}

/// What the traffic of one route comes to.
#[derive(Clone, Debug)]
pub struct RouteLoad {
    /// The traffic.
    pub traffic: RouteTraffic,
    /// The entry point that serves it.
    pub entry: EntryId,
    /// Connections that it opens per second, beyond those of pools.
    pub opened_per_second: f64,
    /// Whether some of them are opened in a loop, so that there are more.
    pub opens_in_loop: bool,
    /// The pools that it takes from, by the place where they are built, with the connections that one request holds at once.
    pub pools: Vec<(Span, usize)>,
}

/// What the traffic of all routes comes to for one pool.
#[derive(Clone, Debug)]
pub struct PoolLoad {
    /// Where it is built.
    pub built_at: Span,
    /// Requests per second that take from it.
    pub rate: f64,
    /// Connections held at once, on average, if each is held for the whole request.
    pub held: f64,
    /// The same where each request takes as long as the slowest of a hundred.
    pub held_at_p99: f64,
    /// The route that holds most of them, with its share.
    pub most: (String, f64),
}

/// What the traffic of a service comes to.
#[derive(Clone, Debug, Default)]
pub struct TrafficLoad {
    /// The routes that some entry point serves, in the order in which they were given.
    pub routes: Vec<RouteLoad>,
    /// Those that none serves.
    pub unmatched: Vec<String>,
    /// The pools that they take from, by place.
    pub pools: Vec<PoolLoad>,
}

impl PoolLoad {
    /// The requests per second, of the same mix, at which so many connections are all held.
    pub fn saturates_at(&self, maximum: u64) -> Option<f64> {
        (self.held > 0.0).then(|| self.rate * maximum as f64 / self.held)
    }
}

impl Program {
    /// What traffic comes to, which is that of one process.
    pub fn traffic_load(&self, traffic: &[RouteTraffic]) -> TrafficLoad {
        let held = held_at_once(self);
        let mut load = TrafficLoad::default();
        for row in traffic {
            match self.served_by(&row.route) {
                Some(entry) => load.routes.push(self.route_load(row, entry, &held)),
                None => load.unmatched.push(row.route.clone()),
            }
        }
        load.pools = pool_loads(&load.routes);
        load
    }

    /// The entry point that serves a route: the one whose pattern has most in common with it.
    fn served_by(&self, route: &str) -> Option<EntryId> {
        let serves = |id: &EntryId| {
            let entry = self.entry(*id);
            entry.kind != EntryKind::Loop && entry.kind != EntryKind::Middleware && self.is_live(entry.function)
        };
        let ids = (0..self.entry_points.len() as u32).map(EntryId).filter(serves);
        let fitting = ids.filter_map(|id| Some((matches(self.entry(id).route.as_deref()?, route)?, id)));
        fitting.max_by_key(|&(same, id)| (same, std::cmp::Reverse(id))).map(|(_, id)| id)
    }

    fn route_load(&self, row: &RouteTraffic, entry: EntryId, held: &BTreeMap<&Span, (usize, &Span)>) -> RouteLoad {
        let served = self.sites_of_entry(entry, |_| true);
        let opens = served.iter().filter(|s| s.site.effect.is_opening() && s.shared.is_none() && !s.site.local_file);
        let opens: Vec<bool> = opens.map(|served| served.in_loop).collect();
        let reached: BTreeSet<&Span> = served.iter().map(|served| &served.site.span).collect();
        let taken = self.pools.iter().filter_map(|pool| {
            let takes = pool.takes.iter().filter(|take| reached.contains(&take.span));
            let at_once = takes.map(|take| held_by(held, &take.span).map_or(1, |(held, _)| held)).max()?;
            Some((pool.built_at.clone(), at_once))
        });
        let pools: BTreeMap<Span, usize> = taken.collect();
        RouteLoad {
            traffic: row.clone(),
            entry,
            opened_per_second: row.rate * opens.len() as f64,
            opens_in_loop: opens.contains(&true),
            pools: pools.into_iter().collect(),
        }
    }
}

fn pool_loads(routes: &[RouteLoad]) -> Vec<PoolLoad> {
    let mut found: BTreeMap<&Span, PoolLoad> = BTreeMap::new();
    let mut most: BTreeMap<&Span, f64> = BTreeMap::new();
    for route in routes {
        let row = &route.traffic;
        for (span, at_once) in &route.pools {
            let held = row.rate * row.mean * *at_once as f64;
            let load = found.entry(span).or_insert_with(|| PoolLoad {
                built_at: span.clone(),
                rate: 0.0,
                held: 0.0,
                held_at_p99: 0.0,
                most: (String::new(), 0.0),
            });
            load.rate += row.rate;
            load.held += held;
            load.held_at_p99 += row.rate * row.p99 * *at_once as f64;
            let largest = most.entry(span).or_insert(-1.0);
            if held > *largest {
                *largest = held;
                load.most.0.clone_from(&row.route);
            }
        }
    }
    for (span, load) in &mut found {
        let largest = most.get(span).copied().unwrap_or_default();
        load.most.1 = if load.held > 0.0 { largest / load.held } else { 0.0 };
    }
    found.into_values().collect()
}

/// How many segments a pattern of an entry point and a route have in common; `None` if it does not serve the route.
fn matches(pattern: &str, route: &str) -> Option<usize> {
    let (method, path) = split(pattern);
    let (of_route, route) = split(route);
    if let (Some(method), Some(of_route)) = (method, of_route)
        && !method.eq_ignore_ascii_case(of_route)
        && !method.eq_ignore_ascii_case("any")
    {
        return None;
    }
    let segments = |path: &str| path.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, route) = (segments(path), segments(route.split('?').next().unwrap_or_default()));
    let mut same = 1;
    for (at, segment) in pattern.iter().enumerate() {
        if is_rest(segment) {
            return Some(same);
        }
        let other = route.get(at)?;
        match segment == other {
            true => same += 1,
            false if is_parameter(segment) => {}
            false => return None,
        }
    }
    (pattern.len() == route.len()).then_some(same)
}

fn split(route: &str) -> (Option<&str>, &str) {
    match route.split_once(' ') {
        Some((method, path)) if !method.contains('/') => (Some(method), path.trim()),
        _ => (None, route),
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with([':', '{', '<'])
}

/// Whether a segment takes all that follows.
fn is_rest(segment: &str) -> bool {
    segment.starts_with('*') || segment.starts_with("{*") || segment.ends_with(":.*}") || segment.ends_with("..>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_matched_by_segment() {
        assert_eq!(matches("GET /users/{id}", "GET /users/42"), Some(2));
        assert_eq!(matches("GET /users/{id}", "GET /users/{id}"), Some(3));
        assert_eq!(matches("GET /users/{id}", "/users/42?full=1"), Some(2));
        assert_eq!(matches("GET /users/{id}", "POST /users/42"), None);
        assert_eq!(matches("GET /users/{id}", "GET /users/42/posts"), None);
        assert_eq!(matches("GET /files/{*path}", "GET /files/a/b"), Some(2));
        assert_eq!(matches("/", "/"), Some(2));
        assert_eq!(matches("/users", "/"), None);
    }

    #[test]
    fn a_pool_saturates_where_the_traffic_holds_all_of_it() {
        let at = Span { file: connlint_facts::RelPath::new("a.rs"), range: connlint_facts::TextRange::new(0, 1) };
        let route = |route: &str, rate: f64, mean: f64, held: usize| RouteLoad {
            traffic: RouteTraffic { route: route.to_owned(), rate, mean, p99: mean * 4.0 },
            entry: EntryId(0),
            opened_per_second: 0.0,
            opens_in_loop: false,
            pools: vec![(at.clone(), held)],
        };
        let loads = pool_loads(&[route("/a", 40.0, 0.05, 1), route("/b", 10.0, 0.1, 2)]);
        let [load] = &loads[..] else { panic!("{loads:?}") };
        // 40 × 0.05 × 1 + 10 × 0.1 × 2.
        assert_eq!((load.held, load.held_at_p99, load.rate), (4.0, 16.0, 50.0));
        assert_eq!((load.most.0.as_str(), load.most.1), ("/a", 0.5));
        assert_eq!(load.saturates_at(10), Some(125.0));
    }
}
