//! What opens connections to servers, and on which ways a process gets there.

use connlint_catalog::Effect;
use connlint_facts::{OpId, Span};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::domain::{FunctionId, FunctionKind};
use crate::infer::bodies::{Bodies, BodyIx, crate_of};
use crate::names::marks::{is_test, span_of};
use crate::pools::{Callers, Chain, Runs};
use crate::types::context::TypeContext;

use super::built::{Resource, Setting};
use super::collect::setting_at;
use super::program_values::ProgramValues;
use super::sources::Address;
use super::walk::{Cursor, Walk};

/// A place outside tests that opens connections, or a pool or client that does.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The function that holds it.
    pub function: FunctionId,
    /// The expression.
    pub span: Span,
    /// Its API, canonical.
    pub api: String,
    /// What it makes.
    pub resource: Resource,
    /// The ways in which a process gets there; one that repeats, of no calls, where there are more than are looked at.
    pub ways: Vec<Way>,
}

/// One way in which a process gets to a place.
#[derive(Clone, Debug)]
pub struct Way {
    /// The function at which it begins: nothing in the workspace calls it.
    pub top: FunctionId,
    /// The calls, outermost first, as indices into [`crate::CallGraph::calls`].
    pub calls: Vec<u32>,
    /// The `main` functions of the programs that may take it.
    pub mains: Vec<FunctionId>,
    /// Whether a loop on it, or something that is not known, runs the place many times.
    pub repeated: bool,
    /// The server, as it is named on this way.
    pub address: Address,
    /// The maximum of a pool or client, as it is set on this way; `None` where no row describes one.
    pub maximum: Option<Setting>,
}

/// All openings, and which of their ways exclude each other.
#[derive(Debug, Default)]
pub(crate) struct Openings {
    /// In order of body and position.
    pub(crate) list: Vec<Opening>,
    /// Pairs of ways, by opening and way, of which a process takes at most one.
    pub(crate) alternatives: FxHashSet<(WayIx, WayIx)>,
}

/// A way, by the index of its opening and its own.
pub(crate) type WayIx = (u32, u32);

impl Openings {
    /// Whether a process takes at most one of two ways.
    pub(crate) fn exclude(&self, a: WayIx, b: WayIx) -> bool {
        self.alternatives.contains(&(a.min(b), a.max(b)))
    }
}

/// Collects them: all, or those of connections alone without what excludes each other.
pub(crate) fn collect<'w>(tcx: &TypeContext<'w>, bodies: &Bodies<'w>, callers: Callers<'_>, all: bool) -> Openings {
    let values = ProgramValues::collect(tcx, bodies);
    let walk = Walk { tcx, bodies, values: &values };
    let runs = Runs { tcx, bodies, callers };
    let by_body: Vec<Vec<(Opening, Vec<Chain>)>> =
        bodies.par_indices().map(|ix| openings(walk, runs, callers, (ix, all))).collect();
    let (list, chains): (Vec<Opening>, Vec<Vec<Chain>>) = by_body.into_iter().flatten().unzip();
    if !all {
        return Openings { list, ..Openings::default() };
    }
    let all: Vec<(WayIx, &Chain)> = (0_u32..)
        .zip(&chains)
        .flat_map(|(opening, chains)| (0_u32..).zip(chains).map(move |(way, chain)| ((opening, way), chain)))
        .collect();
    let others = |(at, &(b, right)): (usize, &(WayIx, &Chain))| -> Vec<(WayIx, WayIx)> {
        let excluded = all[..at].iter().filter(|(_, left)| runs.exclude(left, right));
        excluded.map(|&(a, _)| (a, b)).collect()
    };
    let alternatives = all.par_iter().enumerate().flat_map_iter(others).collect::<Vec<_>>().into_iter().collect();
    Openings { list, alternatives }
}

/// The openings of a body. What a service asks of others over HTTP or by mail takes no slot of a
/// database or broker.
fn openings(
    walk: Walk<'_, '_>,
    runs: Runs<'_, '_>,
    callers: Callers<'_>,
    (ix, all): (BodyIx, bool),
) -> Vec<(Opening, Vec<Chain>)> {
    let data = walk.bodies.get(ix);
    if is_test(walk.tcx, data.def) {
        return Vec::new();
    }
    let found = data.types.calls.iter().filter_map(|call| {
        let (api, _) = call.api()?;
        let has = |effect| api.effects.contains(&effect);
        let resource = match () {
            () if all && has(Effect::BuildPool) => Resource::Pool,
            () if all && has(Effect::BuildClient) => Resource::Client,
            () if has(Effect::OpenConnection) => Resource::Connection,
            () => return None,
        };
        let krate = walk.tcx.catalog.crate_of(api.path.split("::").next().unwrap_or_default())?;
        if matches!(&*krate.category, "http" | "rpc" | "cloud" | "mail") {
            return None;
        }
        let function = callers.functions.id(ix, data.frame(call.op))?;
        if !callers.program.is_live(function) {
            return None;
        }
        let span = span_of(walk.tcx, data.def, data.body.ops[call.op.0 as usize].range);
        let chains = runs.chains_to_kept((ix, call.op));
        let live = |chain: &Chain| callers.program.is_live(chain.top);
        let many = || vec![Chain { repeated: true, ..runs.start((ix, call.op), function) }];
        let chains: Vec<Chain> = chains.map_or_else(many, |chains| chains.into_iter().filter(live).collect());
        let ways = chains.iter().map(|chain| way(walk, callers, chain, resource)).collect();
        Some((Opening { function, span, api: api.path.clone(), resource, ways }, chains))
    });
    found.collect()
}

fn way(walk: Walk<'_, '_>, callers: Callers<'_>, chain: &Chain, resource: Resource) -> Way {
    let cursor = cursor(callers, chain);
    let address = cursor.as_ref().map(|cursor| walk.address(cursor)).unwrap_or_default();
    let maximum = cursor.and_then(|cursor| setting_at(walk, &cursor, resource, "max_size"));
    let calls = chain.calls.iter().rev().copied().collect();
    Way { top: chain.top, calls, mains: mains(walk, callers, chain), repeated: chain.repeated, address, maximum }
}

/// The programs that may take a way: the one whose `main` it begins at, or all that the crate is part of.
fn mains(walk: Walk<'_, '_>, callers: Callers<'_>, chain: &Chain) -> Vec<FunctionId> {
    let graph = callers.program;
    if graph.mains.contains(&chain.top) {
        return vec![chain.top];
    }
    let krate = |body: BodyIx| crate_of(walk.tcx, walk.bodies.get(body));
    let Some(top) = chain.at.last().map(|&(body, _)| krate(body)) else { return Vec::new() };
    let links = |main: &FunctionId| {
        let (body, _) = callers.functions.origin[main.0 as usize];
        !graph.function(*main).test_only && walk.tcx.processes.share(krate(body), top)
    };
    graph.mains.iter().copied().filter(links).collect()
}

/// The operation of a chain, entered by its calls as far as they lead from function to function.
fn cursor(callers: Callers<'_>, chain: &Chain) -> Option<Cursor> {
    let graph = callers.program;
    let &(body, op) = chain.at.first()?;
    let start = chain.calls.first().map_or(chain.top, |&call| graph.calls[call as usize].to);
    let mut inside = graph.root_of(start);
    let mut frames: Vec<(BodyIx, OpId)> = Vec::new();
    for (&call, &at) in chain.calls.iter().zip(&chain.at[1..]) {
        let edge = &graph.calls[call as usize];
        if edge.to == inside && graph.function(edge.to).kind == FunctionKind::Function {
            frames.push(at);
            inside = graph.root_of(edge.from);
        } else if graph.root_of(edge.from) != inside {
            // Somebody else runs a closure of this function: who called the function is not on this way.
            break;
        }
    }
    frames.reverse();
    Some(Cursor::behind(&frames, body, op))
}
