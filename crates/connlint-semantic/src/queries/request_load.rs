//! What one run of an entry point costs: the queries that it issues, and the connections that it holds at once.

use connlint_catalog::Effect;
use connlint_facts::Span;

use crate::analyses::live_range::LiveRange;
use crate::analyses::query_runs::{QueryCount, QueryStep};
use crate::domain::{EffectSite, EntryId, FunctionId, is_of_services};
use crate::pools::PoolIdentity;
use crate::program::Program;

use super::served_sites::Forward;

/// Queries of one run that are listed; the count has all.
const MAX_LISTED: usize = 200;

/// Connections that are held at once are looked for in functions within functions, this deep.
const MAX_HOLDERS: usize = 16;

/// What one run of an entry point costs at most, as far as the code shows.
#[derive(Clone, Debug)]
pub struct RequestLoad<'p> {
    /// How many queries it issues, on the way that issues most.
    pub queries: QueryCount,
    /// These queries, in order; the first of them, if there are very many.
    pub issued: Vec<IssuedQuery<'p>>,
    /// How many connections of one pool it holds at once.
    pub held: HeldCount,
    /// Where it takes them, in order.
    pub takes: Vec<TakenConnection>,
}

/// A number of connections that are held at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldCount {
    /// So many.
    pub least: u64,
    /// One for each of tasks without number.
    pub unbounded: bool,
}

/// A query that a run issues.
#[derive(Clone, Debug)]
pub struct IssuedQuery<'p> {
    /// Its site.
    pub site: &'p EffectSite,
    /// The calls from the entry point to it, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// How often it is issued: of a loop whose rounds are not written, once.
    pub times: u64,
    /// The call that enters the innermost loop over data around it.
    pub each_item_of: Option<u32>,
}

/// A connection that is taken while those before it are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenConnection {
    /// The expression that takes it.
    pub span: Span,
    /// The calls from the entry point to it, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// Whether tasks without number take one each.
    pub each_task: bool,
}

impl Program {
    /// What one run of an entry point costs. Needs [`crate::Analysis::QueryRuns`], `QueryLoops`, `LiveRanges` and
    /// `FanOuts`.
    pub fn request_load(&self, entry: EntryId) -> RequestLoad<'_> {
        let start = self.entry(entry).function;
        let queries = self.query_runs.get(&start).map(|run| run.count).unwrap_or_default();
        let mut issued = Vec::new();
        self.list_queries(start, &Around::default(), &mut issued);
        let (held, takes) = self.held_at_once(start);
        RequestLoad { queries, issued, held, takes }
    }

    fn list_queries<'p>(&'p self, function: FunctionId, around: &Around, issued: &mut Vec<IssuedQuery<'p>>) {
        let steps = self.query_runs.get(&function).map_or(&[][..], |run| &run.steps);
        for step in steps {
            if issued.len() >= MAX_LISTED {
                return;
            }
            let (call, rounds, each_item_of) = match *step {
                QueryStep::Site(site) => {
                    let Around { path, times, each_item_of } = around.clone();
                    issued.push(IssuedQuery { site: &self.sites[site as usize], path, times, each_item_of });
                    continue;
                }
                QueryStep::Call { call, rounds } => (call, rounds, around.each_item_of),
                QueryStep::EachItem { call } => (call, 1, Some(call)),
            };
            // A function that calls itself is listed once.
            let to = self.calls[call as usize].to;
            if around.path.iter().any(|&outer| self.calls[outer as usize].to == to) {
                continue;
            }
            let path = [&around.path[..], &[call]].concat();
            let inner = Around { path, times: around.times.saturating_mul(rounds), each_item_of };
            self.list_queries(to, &inner, issued);
        }
    }

    /// The largest number of connections of one pool that what a function reaches holds at once in one task.
    fn held_at_once(&self, start: FunctionId) -> (HeldCount, Vec<TakenConnection>) {
        let forward = Forward::from(self, start);
        let path_to = |function: FunctionId| {
            let (path, shared) = forward.path(self, function)?;
            let apart = path.iter().any(|&call| self.calls[call as usize].spawned);
            (shared.is_none() && !apart).then_some(path)
        };
        let fan_out = self.fan_outs.iter().find_map(|found| Some((found, path_to(found.function)?)));
        if let Some((found, path)) = fan_out {
            let path = [&path[..], &found.path].concat();
            let taken = TakenConnection { span: found.site.clone(), path, each_task: true };
            return (HeldCount { least: 1, unbounded: true }, vec![taken]);
        }
        let mut most: (u64, Vec<TakenConnection>) = (0, Vec::new());
        for range in self.live_ranges.iter().filter(|range| !range.on_held) {
            if let Some(path) = path_to(range.function) {
                let (count, takes) = self.chain(range, &path, 0);
                if count > most.0 {
                    most = (count, takes);
                }
            }
        }
        if most.0 == 0 {
            let single = self.sites.iter().filter(|site| self.takes_connection(site) && site.shared.is_none());
            let reached = single.filter_map(|site| Some((site, path_to(site.function)?)));
            if let Some((site, path)) = reached.min_by_key(|(_, path)| path.len()) {
                most = (1, vec![TakenConnection { span: site.span.clone(), path, each_task: false }]);
            }
        }
        (HeldCount { least: most.0, unbounded: false }, most.1)
    }

    /// The connections that are held at once from a range on: those of its pool taken meanwhile, and meanwhile of those.
    fn chain(&self, range: &LiveRange, path: &[u32], depth: usize) -> (u64, Vec<TakenConnection>) {
        let taken =
            |span: &Span, path: &[u32]| TakenConnection { span: span.clone(), path: path.to_vec(), each_task: false };
        let own = taken(range.lent_by.as_ref().unwrap_or(&range.acquired), path);
        let mut most = (1, Vec::new());
        for acquire in range.acquires.iter().filter(|acquire| acquire.same > PoolIdentity::Type) {
            let path = [path, &acquire.path[..]].concat();
            let inner = if depth < MAX_HOLDERS { self.range_of(range, &acquire.site) } else { None };
            let (below, takes) = match inner {
                Some(inner) => self.chain(inner, &path, depth + 1),
                None => (1, vec![taken(&acquire.site, &path)]),
            };
            let count = (acquire.at_once as u64).saturating_sub(1).saturating_add(below);
            if count > most.0 {
                most = (count, takes);
            }
        }
        (most.0, std::iter::once(own).chain(most.1).collect())
    }

    /// Whether a site has a connection of a database or broker while it runs.
    fn takes_connection(&self, site: &EffectSite) -> bool {
        let takes = matches!(site.effect, Effect::Acquire | Effect::Begin | Effect::OpenConnection | Effect::Query);
        takes && !self.is_of_service(site)
    }

    /// Whether a site is a call of a service other than a database, cache or broker: an HTTP request is no query.
    pub fn is_of_service(&self, site: &EffectSite) -> bool {
        self.categories.get(&site.krate).is_some_and(|category| is_of_services(category))
    }

    /// The range that begins where an acquire takes its connection.
    fn range_of(&self, outer: &LiveRange, site: &Span) -> Option<&LiveRange> {
        let begins = |range: &&LiveRange| {
            let at = &range.acquired;
            at.file == site.file && at.range.cover(site.range) == at.range && !range.on_held && !range.borrowed
        };
        self.live_ranges.iter().find(|range| begins(range) && range.acquired != outer.acquired)
    }
}

/// What is around a query on the way to it.
#[derive(Clone)]
struct Around {
    path: Vec<u32>,
    times: u64,
    each_item_of: Option<u32>,
}

impl Default for Around {
    fn default() -> Self {
        Self { path: Vec::new(), times: 1, each_item_of: None }
    }
}
