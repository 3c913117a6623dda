//! What one process can open: pools with their maximum, connections of their own, by program and by server.

pub(crate) mod fleet;
pub(crate) mod terms;
pub(crate) mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::Span;

use crate::analyses::pool_overview::{PoolOverview, PoolTake};
use crate::domain::{EffectSite, EntryKind, FunctionId, Shared};
use crate::pools::PoolIdentity;
use crate::program::Program;
use crate::settings::{Address, Built, Effective, Opening, Resource, Setting, SettingValue, Source, Way, WayIx};

use self::terms::{Amount, Term};

/// The name of what the number of a server's workers is.
pub const WORKERS: &str = "workers";

/// The name of what the number of requests is that run at once.
pub const REQUESTS: &str = "requests at once";

/// One program, and what a process of it opens.
#[derive(Clone, Debug)]
pub struct Process<'p> {
    /// The name of the binary.
    pub name: String,
    /// Its `main`; `None`: the workspace has no program, and this is what its libraries open.
    pub main: Option<FunctionId>,
    /// Whether it serves nothing and ends: a migration, a tool.
    pub one_shot: bool,
    /// What it opens, in order of place.
    pub openers: Vec<Opener<'p>>,
}

/// Something that a process builds or opens, on one way.
#[derive(Clone, Debug)]
pub struct Opener<'p> {
    /// The place.
    pub opening: &'p Opening,
    /// The first way there.
    pub way: &'p Way,
    /// Its index.
    pub(crate) index: WayIx,
    /// The server; empty where it is not known.
    pub address: Address,
    /// Whether it is a local file rather than a server.
    pub local_file: bool,
    /// How many connections one of it has at most.
    pub maximum: Maximum,
    /// How many of it there are.
    pub times: Amount,
    /// How many ways lead there in all; those that repeat are one opener.
    pub ways: usize,
    /// Whether something around the expression keeps it for the whole process.
    pub kept: bool,
    /// Whether each run of something recurring opens it.
    pub per_request: bool,
    /// Whether a process that takes another way instead does not open it: it adds nothing to the sums.
    pub instead_of_larger: bool,
    /// The functions by which the program gets there, outermost first.
    pub by: Vec<FunctionId>,
    /// What is known of a pool.
    pub pool: Option<PoolFacts<'p>>,
}

/// How many connections something has at most.
#[derive(Clone, Debug)]
pub struct Maximum {
    /// The number, as a product.
    pub term: Term,
    /// Where it is set; `None`: it is the library's default, or not known.
    pub set_at: Option<Span>,
    /// Why it is not known, in a few words.
    pub unknown: Option<&'static str>,
}

/// What an incident call asks first of a pool.
#[derive(Clone, Debug)]
pub struct PoolFacts<'p> {
    /// Its type, as people write it; `None` if it is not known.
    pub ty: Option<&'p str>,
    /// How many connections of it one task holds at the same time, at most; 0: nothing is known to take from it.
    pub held_at_once: usize,
    /// Of how many pools of its type, of one of which the code is known to take; 1: of this one.
    pub one_of: usize,
    /// Where a task takes the last of them, if it is more than one.
    pub nested_at: Option<&'p Span>,
    /// How long a task waits for a connection.
    pub acquire_timeout: Limit<'p>,
    /// How long a statement may run.
    pub statement_timeout: Limit<'p>,
    /// How old a connection may become.
    pub max_lifetime: Limit<'p>,
}

/// A time limit of a pool.
#[derive(Clone, Copy, Debug)]
pub enum Limit<'p> {
    /// The setting.
    Setting(&'p Setting),
    /// The library has none, as far as the catalog knows.
    None,
}

impl Limit<'_> {
    /// Whether there is certainly no limit.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Setting(setting) => setting.effective.is_unbounded(),
            Self::None => true,
        }
    }
}

impl Opener<'_> {
    /// All connections of it.
    pub fn connections(&self) -> Term {
        let factors = self.maximum.term.factors.iter().chain([&self.times]);
        Term { factors: factors.cloned().collect() }
    }

    /// The smallest maximum with which tasks that each hold several connections cannot stop each other, for so many tasks
    /// at once: T × (C − 1) + 1.
    pub fn least_maximum(&self, tasks: u64) -> Option<u64> {
        let held = self.pool.as_ref()?.held_at_once as u64;
        Some(tasks.saturating_mul(held.checked_sub(1)?).saturating_add(1))
    }
}

impl Program {
    /// What each program opens. Needs [`crate::Analysis::Openings`], `Settings`, `Pools` and `LiveRanges`.
    pub fn capacity(&self) -> Vec<Process<'_>> {
        let sources = Sources::of(self);
        let mains: Vec<FunctionId> =
            self.mains.iter().copied().filter(|&main| !self.function(main).test_only && self.is_live(main)).collect();
        if mains.is_empty() {
            return vec![self.process(None, &sources)];
        }
        let mut found: Vec<Process<'_>> = mains.iter().map(|&main| self.process(Some(main), &sources)).collect();
        found.sort_by(|a, b| (&a.name, a.main).cmp(&(&b.name, b.main)));
        found
    }

    /// The maximum of a pool: what is set or the default, else what its builder chain shows.
    pub fn maximum_of(&self, pool: &PoolOverview) -> Maximum {
        let built = self.built().find(|built| built.span == pool.built_at);
        maximum(built.and_then(|built| built.setting("max_size")), Some(pool), &pool.built_at)
    }

    fn process<'p>(&'p self, main: Option<FunctionId>, sources: &Sources<'p>) -> Process<'p> {
        let mut openers: Vec<(WayIx, Opener<'p>)> = Vec::new();
        let mut seen = BTreeSet::new();
        for (number, opening) in (0_u32..).zip(&self.openings.list) {
            let first = openers.len();
            for (at, way) in (0_u32..).zip(&opening.ways) {
                let places: Vec<&Span> = way.calls.iter().map(|&c| &self.calls[c as usize].span).collect();
                // A file that is part of several crates has each way once.
                if main.is_some_and(|main| !way.mains.contains(&main)) || !seen.insert((&opening.span, places)) {
                    continue;
                }
                let Some(opener) = sources.opener(self, (number, at), opening, way) else { continue };
                let same = |(_, other): &&mut (WayIx, Opener<'p>)| {
                    let repeats = opener.times != Amount::Known(1) && other.times == opener.times;
                    opener.local_file || opener.kept || (repeats && other.address == opener.address)
                };
                match openers[first..].iter_mut().find(same) {
                    Some((_, other)) => other.ways += 1,
                    None => openers.push(((number, at), opener)),
                }
            }
        }
        self.drop_alternatives(&mut openers);
        let name = main.map_or_else(|| "library".to_owned(), |main| self.function(main).krate.to_string());
        Process {
            name,
            main,
            one_shot: main.is_some_and(|main| self.is_one_shot(main)),
            openers: openers.into_iter().map(|(_, opener)| opener).collect(),
        }
    }

    /// Of openers for one server of which a process has only one, the largest counts; one whose number is not known
    /// counts as larger.
    fn drop_alternatives(&self, openers: &mut [(WayIx, Opener<'_>)]) {
        let nothing = terms::Values::new();
        let weight = |opener: &Opener<'_>| opener.connections().value(&nothing).unwrap_or(u64::MAX);
        let mut order: Vec<usize> = (0..openers.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(weight(&openers[at].1)));
        let mut counted: Vec<(WayIx, Option<String>)> = Vec::new();
        for at in order {
            let way = openers[at].0;
            let server = openers[at].1.address.server();
            if counted.iter().any(|(other, of)| *of == server && self.openings.exclude(*other, way)) {
                openers[at].1.instead_of_larger = true;
            } else {
                counted.push((way, server));
            }
        }
    }
}

/// What openers are put together from, by place.
struct Sources<'p> {
    built: BTreeMap<&'p Span, &'p Built>,
    pools: BTreeMap<&'p Span, &'p PoolOverview>,
    sites: BTreeMap<&'p Span, &'p EffectSite>,
    per_worker: BTreeSet<&'p Span>,
    recurring: BTreeSet<FunctionId>,
    held: BTreeMap<&'p Span, (usize, &'p Span)>,
}

impl<'p> Sources<'p> {
    fn of(program: &'p Program) -> Self {
        let sites = program.sites.iter().filter(|site| site.effect.is_opening());
        let entries = program.recurring_entry_points().filter(|entry| entry.kind != EntryKind::Loop);
        Self {
            built: program.built().map(|built| (&built.span, built)).collect(),
            pools: program.pools.iter().map(|pool| (&pool.built_at, pool)).collect(),
            sites: sites.map(|site| (&site.span, site)).collect(),
            per_worker: program.pools_per_worker().into_iter().map(|(site, _)| &site.span).collect(),
            recurring: entries.map(|entry| entry.function).collect(),
            held: held_at_once(program),
        }
    }

    /// What is opened on a way; `None` if it is none of the process's own connections.
    fn opener(&self, program: &'p Program, index: WayIx, opening: &'p Opening, way: &'p Way) -> Option<Opener<'p>> {
        let site = self.sites.get(&opening.span).copied();
        let of_pool = |shared: Option<Shared>| shared == Some(Shared::PoolFactory);
        let by_pool = way.calls.iter().any(|&call| of_pool(program.calls[call as usize].shared));
        if by_pool || site.is_some_and(|site| of_pool(site.shared) || site.own_items) {
            return None;
        }
        let built = self.built.get(&opening.span).copied();
        let setting = way.maximum.as_ref();
        let pool = self.pools.get(&opening.span).copied();
        let maximum = match opening.resource {
            Resource::Connection => Maximum { term: Term::of(Amount::Known(1)), set_at: None, unknown: None },
            // Of a client without such a setting nothing is known: it may be a mere configuration.
            Resource::Client => maximum(Some(setting?), None, &opening.span),
            Resource::Pool => maximum(setting, pool, &opening.span),
        };
        let shared = site.is_some_and(|site| site.shared.is_some());
        let per_request = !shared && self.is_recurring(program, way);
        Some(Opener {
            opening,
            way,
            index,
            address: way.address.clone(),
            local_file: site.is_some_and(|site| site.local_file),
            maximum,
            ways: 1,
            times: self.times(program, opening, way, (shared, per_request)),
            kept: shared,
            per_request,
            instead_of_larger: false,
            by: functions_of(program, way),
            pool: (opening.resource != Resource::Connection).then(|| self.pool_facts(built, pool)),
        })
    }

    fn is_recurring(&self, program: &Program, way: &Way) -> bool {
        let calls = || way.calls.iter().map(|&call| &program.calls[call as usize]);
        let kept = calls().any(|call| matches!(call.shared, Some(Shared::Once(_) | Shared::Cache)));
        let runs = |function: FunctionId| self.recurring.contains(&function);
        !kept && (runs(way.top) || calls().any(|call| runs(call.to)))
    }

    fn times(&self, program: &Program, opening: &Opening, way: &Way, of: (bool, bool)) -> Amount {
        let function = program.function(opening.function).name();
        match of {
            _ if self.per_worker.contains(&opening.span) => Amount::Named(WORKERS.to_owned()),
            (true, _) => Amount::Known(1),
            (_, true) => Amount::Named(REQUESTS.to_owned()),
            _ if way.repeated => Amount::Named(format!("runs of {function}")),
            _ => Amount::Known(1),
        }
    }

    fn pool_facts(&self, built: Option<&'p Built>, pool: Option<&'p PoolOverview>) -> PoolFacts<'p> {
        let limit = |purposes: &[&str]| {
            let setting = purposes.iter().find_map(|purpose| built?.setting(purpose));
            setting.map_or(Limit::None, Limit::Setting)
        };
        let takes = pool.map_or(&[][..], |pool| &pool.takes);
        // Of takes that hold equally many, the surest.
        let held = |take: &&PoolTake| held_by(&self.held, &take.span).map_or(1, |(held, _)| held);
        let most = takes.iter().max_by_key(|take| (held(take), std::cmp::Reverse(take.candidates)));
        let nested = most.and_then(|take| held_by(&self.held, &take.span));
        PoolFacts {
            ty: pool.map(|pool| pool.ty.as_str()),
            held_at_once: most.as_ref().map_or(0, held),
            one_of: most.map_or(1, |take| take.candidates),
            nested_at: nested.map(|(_, span)| span),
            acquire_timeout: limit(&["acquire_timeout"]),
            statement_timeout: limit(&["request_timeout", "read_timeout"]),
            max_lifetime: limit(&["max_lifetime"]),
        }
    }
}

/// The functions on a way, without closures and loops.
fn functions_of(program: &Program, way: &Way) -> Vec<FunctionId> {
    let entered = way.calls.iter().map(|&call| program.calls[call as usize].to);
    let mut all: Vec<FunctionId> = std::iter::once(way.top).chain(entered).map(|id| program.root_of(id)).collect();
    all.dedup();
    all
}

/// How many connections are held at once where an expression takes one, if it is the last of several. What is held is
/// said of a part of the expression: of `query(…).execute(pool)` the method.
fn held_by<'p>(held: &BTreeMap<&'p Span, (usize, &'p Span)>, take: &Span) -> Option<(usize, &'p Span)> {
    let inside = held.iter().filter(|(site, _)| site.file == take.file && take.range.cover(site.range) == take.range);
    inside.map(|(_, found)| *found).max_by_key(|(count, _)| *count)
}

/// For each expression that takes a further connection of a pool: how many are held at once then.
fn held_at_once(program: &Program) -> BTreeMap<&Span, (usize, &Span)> {
    let mut found: BTreeMap<&Span, (usize, &Span)> = BTreeMap::new();
    let ranges =
        program.live_ranges.iter().filter(|range| !range.on_held && !program.function(range.function).test_only);
    for acquire in ranges.flat_map(|range| &range.acquires) {
        // Of two pools of one type it is not known that they are the same.
        if acquire.same > PoolIdentity::Type {
            let held = found.entry(&acquire.site).or_insert((0, &acquire.site));
            held.0 = held.0.max(acquire.at_once.max(2));
        }
    }
    found
}

/// The maximum of a pool or client, by its setting; where the code does not show it, its name.
fn maximum(setting: Option<&Setting>, pool: Option<&PoolOverview>, at: &Span) -> Maximum {
    let place = || Term::of(Amount::Named(format!("maximum at {}", at.file)));
    let of_chain = || pool.and_then(|pool| pool.limit.as_ref());
    let known = |term: Term, set_at: Option<Span>| Maximum { term, set_at, unknown: None };
    match setting.map(|setting| (setting, &setting.effective)) {
        Some((setting, Effective::Set(SettingValue::Count(count), _))) => {
            known(Term::of(Amount::Known(*count)), setting.given_at.clone())
        }
        Some((setting, Effective::Set(SettingValue::Unknown, _))) => {
            let term = named(&setting.source).map_or_else(place, |name| Term::of(Amount::Named(name)));
            known(term, setting.given_at.clone())
        }
        Some((_, Effective::Default(text))) => known(default(text), None),
        found => match (of_chain(), found) {
            (Some(limit), _) => known(Term::of(Amount::Known(limit.maximum)), limit.set_at.clone()),
            (None, Some((_, Effective::Unknown(why)))) => Maximum { term: place(), set_at: None, unknown: Some(why) },
            (None, _) => Maximum { term: place(), set_at: None, unknown: Some("the catalog has no default") },
        },
    }
}

/// Where a value begins, as its name.
fn named(sources: &[Source]) -> Option<String> {
    let known = sources.iter().filter(|source| !matches!(source, Source::Unknown(_)));
    let names: Vec<String> = known.map(ToString::to_string).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

/// A default of the catalog: `10`, `2 x logical cores`.
fn default(text: &str) -> Term {
    let factor = |part: &str| part.parse().map_or_else(|_| Amount::Named(part.to_owned()), Amount::Known);
    Term { factors: text.split(" x ").map(factor).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_numbers_or_products_of_numbers_and_names() {
        assert_eq!(default("10").factors, [Amount::Known(10)]);
        assert_eq!(default("2 x logical cores").factors, [Amount::Known(2), Amount::Named("logical cores".to_owned())]);
    }
}
