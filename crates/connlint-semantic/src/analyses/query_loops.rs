//! Loops over data that send a query for each item: themselves, in what they call, or because a framework calls a
//! resolver for each row of a list.

use std::cell::Cell;
use std::collections::VecDeque;

use connlint_catalog::{Access, ApiModel, Effect, Mode};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind, Span};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::analyses::collections::{Collections, DataSized, ItemSource, sends_query};
use crate::analyses::loop_invariants::{is_invariant, names_one, only_reads, tables};
use crate::analyses::makers::makers;
use crate::call_graph::build::Functions;
use crate::call_graph::contexts::{Contexts, NOTHING};
use crate::call_graph::descent::{Descent, MAX_FUNCTIONS};
use crate::call_graph::graph::CallGraph;
use crate::dataflow::arms::in_different_arms;
use crate::dataflow::loop_kind::{LoopDriver, pace};
use crate::domain::{CallEdge, Certainty, EffectSite, FunctionId, FunctionKind, is_of_services};
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, inside_region};
use crate::infer::trace_back::{Steps, trace_all, trace_back};
use crate::live_ranges::{Statement, is_set_based};
use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// A loop over data with the queries that it sends for each item.
#[derive(Clone, Debug)]
pub struct QueryLoop {
    /// The function that the loop, or the call that takes the closure, is in.
    pub function: FunctionId,
    /// What it runs for each item: the loop's or closure's body, or a function.
    pub body: FunctionId,
    /// The call that enters the body, as an index into [`crate::CallGraph::calls`]; `None`: a framework calls it for each
    /// row of a list.
    pub enters: Option<u32>,
    /// What it runs over.
    pub source: ItemSource,
    /// The expression that it runs over.
    pub over: Span,
    /// Functions that make what the collection is part of; `None` where it is part of no `self`.
    pub(crate) made_in: Option<Vec<FunctionId>>,
    /// Whether the rows that a framework calls a resolver for are parts of another object, not listed by the schema's root.
    pub in_object: bool,
    /// Whether each round also waits for another service.
    pub asks_others: bool,
    /// Whether each round also reads, be it with a query that takes many items at once.
    pub reads_too: bool,
    /// The queries: those that are the same in each round, then the nearest first.
    pub queries: Vec<RepeatedQuery>,
}

/// A query that a loop sends for each item.
#[derive(Clone, Debug)]
pub struct RepeatedQuery {
    /// The expression in the loop that sends it, itself or through calls.
    pub span: Span,
    /// The calls from the loop's body to it, as indices into [`crate::CallGraph::calls`].
    pub path: Vec<u32>,
    /// Its site, as an index into [`crate::CallGraph::sites`].
    pub site: u32,
    /// The text of its statement, where that is a literal.
    pub statement: Option<String>,
    /// Whether it changes data.
    pub writes: bool,
    /// Whether it reads, and nothing in it depends on the round (a loop-invariant computation).
    pub same: bool,
    /// What to write instead, in the imperative.
    pub batch: String,
    /// Whether it writes what came of a call of another service, for which the same round waits before.
    pub records_call: bool,
    /// Whether the database is a local file.
    pub local_file: bool,
    /// Whether it runs inside the process, on the thread that calls it.
    pub in_process: bool,
    /// Whether a storage layer of the project decides which of several databases it goes to.
    pub chosen: bool,
    /// The least certain of the calls.
    pub certainty: Certainty,
}

/// Calls from a loop to a query, at most: what is farther away is another unit of work.
const MAX_CALLS: usize = 3;

/// Calls from a loop to another service that decides how long its rounds take, at most.
const NEAR: usize = 3;

/// Methods of one name that a function chooses from, where it is a storage layer.
const DATABASES: usize = 3;

/// A query site with what a report says of it.
struct SentQuery {
    statement: Option<String>,
    writes: bool,
    batch: String,
    local_file: bool,
    in_process: bool,
}

/// What a site of a round sends, a batch or not.
struct Sends<'t> {
    text: Option<&'t str>,
    writes: bool,
}

/// What the analysis looks at.
pub(crate) struct QueryLoops<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) functions: &'a Functions,
    pub(crate) graph: &'a CallGraph,
    /// The body and operation of each call of the graph.
    pub(crate) call_ops: &'a [(BodyIx, OpId)],
    /// The operation of each site of the graph.
    pub(crate) site_ops: &'a [OpId],
    /// Functions that the outside calls, with values of its own.
    pub(crate) entered: FxHashSet<FunctionId>,
    /// Those of them that are called by a client which an RPC framework generates.
    pub(crate) rpc_methods: FxHashSet<FunctionId>,
}

impl<'w> QueryLoops<'_, 'w> {
    /// All loops of code outside tests, in the order of the calls that enter them.
    pub(crate) fn collect(&self) -> Vec<QueryLoop> {
        let sent: FxHashMap<u32, SentQuery> =
            (0..self.graph.sites.len() as u32).filter_map(|site| Some((site, self.sent(site)?))).collect();
        let targets = sent.keys().map(|&site| self.graph.sites[site as usize].function);
        let leads = self.graph.reaching(targets, |call| call.shared.is_none());
        let entered: Vec<u32> = (0..self.graph.calls.len() as u32)
            .filter(|&call| {
                let edge = &self.graph.calls[call as usize];
                edge.repeated
                    && edge.shared.is_none()
                    && leads[edge.to.0 as usize]
                    && !self.graph.function(edge.from).test_only
            })
            .collect();
        let over: Vec<(u32, DataSized)> =
            entered.into_par_iter().filter_map(|call| Some((call, self.over(call)?))).collect();
        let loops: FxHashSet<FunctionId> = over.iter().map(|&(call, _)| self.graph.calls[call as usize].to).collect();
        let owners: FxHashSet<DefId> = over.iter().filter_map(|(_, over)| over.owner).collect();
        let made = makers(self.bodies, self.functions, &owners);
        let found = over.par_iter().filter_map(|(call, over)| {
            let start = self.graph.calls[*call as usize].to;
            let (queries, reads_too) = self.queries(start, Some(*call), &sent, &loops);
            let edge = &self.graph.calls[*call as usize];
            let made_in = over.owner.map(|owner| made.get(&owner).cloned().unwrap_or_default());
            (!queries.is_empty()).then(|| QueryLoop {
                function: edge.from,
                body: edge.to,
                enters: Some(*call),
                source: over.source.clone(),
                over: over.span.clone(),
                made_in,
                in_object: false,
                asks_others: self.asks_others(start),
                reads_too,
                queries,
            })
        });
        let rows = self.row_resolvers(&leads);
        let resolved = rows.into_iter().filter_map(|row| {
            let (queries, reads_too) = self.queries(row.function, None, &sent, &loops);
            let (source, over) = (ItemSource::Listed(row.listed), row.by);
            (!queries.is_empty()).then(|| QueryLoop {
                function: row.function,
                body: row.function,
                enters: None,
                source,
                over,
                made_in: None,
                in_object: !row.of_root,
                asks_others: self.asks_others(row.function),
                reads_too,
                queries,
            })
        });
        found.collect::<Vec<QueryLoop>>().into_iter().chain(resolved).collect()
    }

    /// A site that sends a query for which a batch form is known, and that is no batch itself.
    fn sent(&self, site: u32) -> Option<SentQuery> {
        let found = &self.graph.sites[site as usize];
        if found.effect != Effect::Query || found.shared.is_some() {
            return None;
        }
        let op = self.site_ops[site as usize];
        let data = self.bodies.get(self.functions.origin[found.function.0 as usize].0);
        let (api, self_ty) = data.api(op)?;
        if !sends_query(data, op, api) || self.is_batch(data, op) {
            return None;
        }
        let text = self.cx(data).statement_text(op);
        let writes = self.writes(data, op, api);
        if text.is_some_and(is_set_based) {
            return None;
        }
        let call = data.call(op)?;
        // `&mut **tx` has the type of what a transaction derefs to, which only `tx` may show.
        let operands = call.recv.iter().chain(call.args.iter());
        let places = operands.flat_map(|&value| trace_back(data, value, Steps::PLACE)).map(|at| data.ty(at));
        let types: Vec<&Ty> = places.chain(self_ty).collect();
        let batch = self.batch_form(api, &types, writes)?;
        let local_file = types.iter().any(|ty| is_made_of(ty, 0, &|path| self.is_local_file(path)));
        let in_process = local_file && api.mode == Mode::Blocking;
        Some(SentQuery { statement: text.map(str::to_owned), writes, batch, local_file, in_process })
    }

    /// Whether a call works off many items: by its row, or by that of the builder that it ends.
    fn is_batch(&self, data: &BodyData<'w>, op: OpId) -> bool {
        let chain = trace_all(data, op, Steps::BUILDERS, |_| true);
        chain.into_iter().any(|step| data.api(step).is_some_and(|(api, _)| api.effects.contains(&Effect::Batch)))
    }

    fn batch_form(&self, api: &ApiModel, types: &[&Ty], writes: bool) -> Option<String> {
        let access = if writes { Access::Writes } else { Access::Reads };
        let fits = |with: &str| types.iter().any(|ty| is_made_of(ty, 0, &|path| path == with));
        let mut forms = self.tcx.catalog.batches();
        let form = forms.find(|row| row.is_for(&api.path, access) && row.with.as_deref().is_none_or(fits));
        form.map(|row| row.form.clone())
    }

    fn is_local_file(&self, path: &str) -> bool {
        self.tcx.catalog.type_model(path, None).is_some_and(|model| model.local_file)
    }

    /// What the loop or closure that a call enters runs over, if that is sized by data.
    fn over(&self, call: u32) -> Option<DataSized> {
        let collections = Collections {
            tcx: self.tcx,
            bodies: self.bodies,
            functions: self.functions,
            graph: self.graph,
            call_ops: self.call_ops,
            entered: &self.entered,
            work: Cell::new(0),
        };
        let edge = &self.graph.calls[call as usize];
        let (ix, op) = self.call_ops[call as usize];
        match self.functions.origin[edge.to.0 as usize] {
            (of, Some(looped)) if self.graph.function(edge.to).kind == FunctionKind::Loop => {
                let cx = BodyCx { tcx: self.tcx, bodies: self.bodies, data: self.bodies.get(of) };
                let driver = pace(cx, looped);
                // A stream whose type is not known waits for something, unless it is found to be the rows of a query.
                let is_items = |found: &DataSized| match driver {
                    LoopDriver::Waits => matches!(found.source, ItemSource::Rows(_)),
                    _ => driver == LoopDriver::Items,
                };
                collections.of_loop(of, looped).filter(is_items)
            }
            _ => collections.of_callback(ix, op),
        }
    }

    /// The queries that what a call enters sends in each round, the nearest first, and whether one of the round's queries,
    /// batches included, reads. Loops over data on the way are causes of their own.
    fn queries(
        &self,
        start: FunctionId,
        enters: Option<u32>,
        sent: &FxHashMap<u32, SentQuery>,
        loops: &FxHashSet<FunctionId>,
    ) -> (Vec<RepeatedQuery>, bool) {
        let mut contexts = Contexts::default();
        let mut walk = Descent::from(start, NOTHING, &mut contexts);
        let mut found: Vec<RepeatedQuery> = Vec::new();
        let mut all: Vec<u32> = Vec::new();
        while let Some((at, context, path)) = walk.queue.pop_front() {
            let runs = |site: &u32| {
                let repeats = !path.is_empty() || self.repeats(at, self.site_ops[*site as usize]);
                repeats && walk.contexts.allows(context, &self.graph.conditions.sites[*site as usize])
            };
            let mut sites: Vec<u32> = self.graph.sites_of(at).map(|site| site as u32).filter(runs).collect();
            all.extend(&sites);
            sites.retain(|site| sent.contains_key(site));
            // Statements are often prepared before: the one whose text is known, or else the last one, says more.
            sites.reverse();
            sites.sort_by_key(|site| sent[site].statement.is_none());
            found.extend(sites.into_iter().map(|site| self.repeated(enters, &path, site, &sent[&site])));
            let depth = path.iter().filter(|&&call| self.calls_function(call)).count();
            for &call in self.graph.adjacency.calls_out_of(at) {
                let edge = &self.graph.calls[call as usize];
                let stays_out = edge.shared.is_some()
                    || loops.contains(&edge.to)
                    || self.graph.waits[edge.to.0 as usize]
                    || self.graph.function(edge.to).test_only
                    || (depth >= MAX_CALLS && self.calls_function(call))
                    || !self.is_possible(call);
                let once = path.is_empty() && !self.repeats(at, self.call_ops[call as usize].1);
                if !stays_out && !once {
                    walk.follow(self.graph, context, &path, call);
                }
            }
        }
        let sends: Vec<Sends<'_>> = all.into_iter().filter_map(|site| self.sends(site)).collect();
        for query in &mut found {
            query.records_call = query.writes && self.records_call(start, &query.path, query.site);
            query.same = query.path.is_empty() && self.is_same_each_round(query.site, start, &sends);
        }
        let mut queries = one_for_each_place(found);
        queries.sort_by_key(|query| !query.same);
        (queries, sends.iter().any(|query| !query.writes))
    }

    fn cx<'b>(&'b self, data: &'b BodyData<'w>) -> BodyCx<'b, 'w> {
        BodyCx { tcx: self.tcx, bodies: self.bodies, data }
    }

    /// What a site sends to a database, a batch or not; a request of another service is no such thing.
    fn sends(&self, site: u32) -> Option<Sends<'_>> {
        let found = self.graph.sites.get(site as usize).filter(|found| found.effect == Effect::Query)?;
        let op = self.site_ops[site as usize];
        let data = self.bodies.get(self.functions.origin[found.function.0 as usize].0);
        let (api, _) = data.api(op).filter(|(api, _)| sends_query(data, op, api))?;
        if self.is_of_services(&found.krate) {
            return None;
        }
        let writes = self.writes(data, op, api);
        Some(Sends { text: self.cx(data).statement_text(op), writes })
    }

    /// Whether a call writes, or only prepares a statement of which no text says that it reads.
    fn writes(&self, data: &BodyData<'w>, op: OpId, api: &ApiModel) -> bool {
        match self.cx(data).statement(op) {
            Some(statement) => statement == Statement::Writes,
            None => api.effects.iter().any(|effect| matches!(effect, Effect::Write | Effect::Prepare)),
        }
    }

    /// Whether a query in the body of a loop reads the same rows in each round: it depends on nothing of the round, and no
    /// query of the round writes what it reads.
    fn is_same_each_round(&self, site: u32, body: FunctionId, sends: &[Sends<'_>]) -> bool {
        let (ix, Some(looped)) = self.functions.origin[body.0 as usize] else { return false };
        let op = self.site_ops[site as usize];
        let cx = BodyCx { tcx: self.tcx, bodies: self.bodies, data: self.bodies.get(ix) };
        let Some(text) = cx.statement_text(op).filter(|text| only_reads(text)) else { return false };
        let tables = tables(text);
        let leaves_alone =
            |query: &Sends<'_>| !query.writes || query.text.is_some_and(|text| !names_one(text, &tables));
        sends.iter().all(leaves_alone) && is_invariant(cx, op, looped)
    }

    /// Whether a function only chooses between the databases that a storage layer has, each of which has a method of the
    /// same name: which of them runs, the code does not show, and the layer has batch forms of its own or none.
    fn chooses_database(&self, function: FunctionId) -> bool {
        let own = self.graph.function(function).name();
        let method = |name: &str| name.rsplit("::").next().map(str::to_owned);
        let same = |call: &u32| {
            let name = self.graph.function(self.graph.calls[*call as usize].to).name();
            name != own && method(name) == method(own)
        };
        let calls: Vec<u32> = self.graph.adjacency.calls_out_of(function).iter().copied().filter(same).collect();
        let chosen: FxHashSet<FunctionId> = calls.iter().map(|&call| self.graph.calls[call as usize].to).collect();
        // Calls of which more than one runs choose nothing.
        let data = self.bodies.get(self.functions.origin[function.0 as usize].0);
        let ops: FxHashSet<OpId> = calls.iter().map(|&call| self.call_ops[call as usize].1).collect();
        let is_choice = |&a: &OpId| ops.iter().all(|&b| a == b || in_different_arms(data, a, b));
        chosen.len() >= DATABASES && ops.iter().all(is_choice)
    }

    /// Whether a function waits for a service other than a database: then that is what its rounds spend their time with.
    fn asks_others(&self, start: FunctionId) -> bool {
        let mut seen: FxHashSet<FunctionId> = FxHashSet::from_iter([start]);
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((at, depth)) = queue.pop_front() {
            let mut sites = self.graph.sites_of(at).map(|site| &self.graph.sites[site]);
            if sites.any(|site| self.is_other_service(site)) {
                return true;
            }
            for call in self.graph.calls_of(at).filter(|call| !call.spawned && call.shared.is_none()) {
                if self.is_rpc(call) {
                    return true;
                }
                let below = depth + usize::from(self.graph.function(call.to).kind == FunctionKind::Function);
                if below <= NEAR && seen.len() < MAX_FUNCTIONS && seen.insert(call.to) {
                    queue.push_back((call.to, below));
                }
            }
        }
        false
    }

    fn is_other_service(&self, site: &EffectSite) -> bool {
        self.is_of_services(&site.krate) && matches!(site.effect, Effect::AwaitExternal | Effect::ThrowawayClient)
    }

    /// Whether a call found an RPC method by its name only: then it is the generated client that is called, and another
    /// process may be the one to answer.
    fn is_rpc(&self, call: &CallEdge) -> bool {
        call.certainty < Certainty::High && self.rpc_methods.contains(&call.to)
    }

    fn is_of_services(&self, lib: &str) -> bool {
        self.tcx.catalog.crate_of(lib).is_some_and(|krate| is_of_services(&krate.category))
    }

    /// Whether each way to a query waits for another service first, in the loop's body or in a function on the way.
    fn records_call(&self, start: FunctionId, path: &[u32], site: u32) -> bool {
        let functions = std::iter::once(start).chain(path.iter().map(|&call| self.graph.calls[call as usize].to));
        let next = path.iter().map(|&call| self.call_ops[call as usize].1);
        let steps = functions.zip(next.chain([self.site_ops[site as usize]]));
        steps.into_iter().any(|(function, op)| self.asks_others_before(function, op))
    }

    /// Whether what a function does before an expression on each way to it waits for another service.
    fn asks_others_before(&self, function: FunctionId, op: OpId) -> bool {
        let (ix, own) = self.functions.origin[function.0 as usize];
        let body = self.bodies.get(ix).body;
        let around: FxHashSet<RegionId> = ancestors(body, body.ops[op.0 as usize].region).collect();
        let is_before = |earlier: OpId| {
            let region = body.ops[earlier.0 as usize].region;
            earlier < op && around.contains(&region) && own.is_none_or(|own| inside_region(body, region, own))
        };
        let mut sites = self.graph.sites_of(function);
        let mut calls = self.graph.adjacency.calls_out_of(function).iter();
        sites.any(|site| self.is_other_service(&self.graph.sites[site]) && is_before(self.site_ops[site]))
            || calls.any(|&call| {
                let edge = &self.graph.calls[call as usize];
                let waits = !edge.spawned && edge.shared.is_none() && self.calls_function(call);
                let asks = || self.is_rpc(edge) || self.asks_others(edge.to);
                waits && is_before(self.call_ops[call as usize].1) && asks()
            })
    }

    fn calls_function(&self, call: u32) -> bool {
        self.graph.function(self.graph.calls[call as usize].to).kind == FunctionKind::Function
    }

    fn repeated(&self, enters: Option<u32>, path: &[u32], site: u32, sent: &SentQuery) -> RepeatedQuery {
        let enters_function = enters.filter(|&call| self.calls_function(call));
        let first = enters_function.or_else(|| path.iter().copied().find(|&call| self.calls_function(call)));
        let edge = |call: u32| &self.graph.calls[call as usize];
        RepeatedQuery {
            span: first.map_or_else(|| self.graph.sites[site as usize].span.clone(), |call| edge(call).span.clone()),
            path: path.to_vec(),
            site,
            statement: sent.statement.clone(),
            writes: sent.writes,
            same: false,
            records_call: false,
            batch: sent.batch.clone(),
            local_file: sent.local_file,
            in_process: sent.in_process,
            certainty: path
                .iter()
                .chain(&enters)
                .map(|&call| edge(call).certainty)
                .fold(Certainty::High, Certainty::min),
            chosen: path.iter().any(|&call| self.chooses_database(edge(call).to)),
        }
    }

    /// Whether an expression of a loop's body may run again in a later round.
    fn repeats(&self, body: FunctionId, op: OpId) -> bool {
        let (ix, Some(looped)) = self.functions.origin[body.0 as usize] else { return true };
        let data = self.bodies.get(ix);
        if !matches!(data.body.regions[looped.0 as usize].kind, RegionKind::Loop(_)) || data.frame(op) != Some(looped) {
            return true;
        }
        let cx = BodyCx { tcx: self.tcx, bodies: self.bodies, data };
        cx.runs_in_later_rounds(op, looped)
    }

    /// Whether a call runs what it is taken to run: of a future that nobody awaits there is no field.
    fn is_possible(&self, call: u32) -> bool {
        let edge = &self.graph.calls[call as usize];
        let (ix, op) = self.call_ops[call as usize];
        let data = self.bodies.get(ix);
        let taken_apart = || data.flow.users(op).iter().any(|&user| matches!(data.kind(user), OpKind::Field { .. }));
        !(self.graph.function(edge.to).is_async && self.calls_function(call) && taken_apart())
    }
}

/// Types within types are looked into this deep.
pub(super) const MAX_TYPE_DEPTH: usize = 6;

/// Whether a type is, or has among its arguments, one of another crate that is wanted.
fn is_made_of(ty: &Ty, depth: usize, wanted: &impl Fn(&str) -> bool) -> bool {
    if depth > MAX_TYPE_DEPTH {
        return false;
    }
    let mut parts = match ty {
        Ty::Ref(inner) | Ty::Future(inner) | Ty::Slice(inner) => return is_made_of(inner, depth + 1, wanted),
        Ty::External(path, _) if wanted(path) => return true,
        _ => ty.args().iter(),
    };
    parts.any(|part| is_made_of(part, depth + 1, wanted))
}

/// Of the queries behind each call of a loop the first. What excuses it holds only if it holds for all that the same callee
/// sends: which of them runs, the code does not show.
fn one_for_each_place(queries: Vec<RepeatedQuery>) -> Vec<RepeatedQuery> {
    let mut places: FxHashMap<Span, usize> = FxHashMap::default();
    let mut kept: Vec<RepeatedQuery> = Vec::new();
    for query in queries {
        match places.get(&query.span) {
            Some(&at) if kept[at].path.first() == query.path.first() => {
                let first = &mut kept[at];
                first.writes &= query.writes;
                first.records_call &= query.records_call;
                first.local_file &= query.local_file;
                first.in_process &= query.in_process;
            }
            Some(_) => {}
            None => {
                places.insert(query.span.clone(), kept.len());
                kept.push(query);
            }
        }
    }
    kept
}
