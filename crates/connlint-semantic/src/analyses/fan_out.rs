//! Places where one run starts as many tasks as the data has items, all at once, each of which takes a connection.

use std::cell::Cell;

use connlint_catalog::{ApiModel, Effect, Role, Runs};
use connlint_facts::{LocalId, LoopKind, OpId, OpKind, RegionId, RegionKind};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::analyses::collections::{Collections, DataSized};
use crate::analyses::holding::HoldAnalysis;
use crate::analyses::live_range::{FanOut, Started};
use crate::analyses::makers::makers;
use crate::dataflow::loop_kind::{LoopDriver, pace};
use crate::domain::{EffectSite, FunctionId};
use crate::infer::bodies::crate_of;
use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::def_use::{ancestors, inside};
use crate::infer::trace_back::{Steps, trace_back};
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// Methods whose items are parts of a set size.
const CHUNKS: [&str; 5] = ["array_chunks", "array_windows", "chunks", "chunks_exact", "windows"];

/// The tasks of a fan-out, and the items that there is one for each of.
type Tasks = (Vec<OpId>, DataSized);

impl<'w> HoldAnalysis<'_, 'w> {
    /// All fan-outs of code outside tests, in order of function and position.
    pub(crate) fn fan_outs(&self) -> Vec<FanOut> {
        let of_body = |ix: BodyIx| -> Vec<(FanOut, Option<DefId>)> {
            let data = self.bodies.get(ix);
            let calls = data.types.calls.iter().filter_map(|call| self.fan_out(ix, data, call.op));
            calls.collect()
        };
        let by_body: Vec<Vec<(FanOut, Option<DefId>)>> = self.bodies.par_indices().map(of_body).collect();
        let found: Vec<(FanOut, Option<DefId>)> = by_body.into_iter().flatten().collect();
        let owners: FxHashSet<DefId> = found.iter().filter_map(|(_, owner)| *owner).collect();
        let made = makers(self.bodies, self.functions, &owners);
        let of_owner = |owner: DefId| made.get(&owner).cloned().unwrap_or_default();
        found.into_iter().map(|(fan_out, owner)| FanOut { made_in: owner.map(of_owner), ..fan_out }).collect()
    }

    fn fan_out(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId) -> Option<(FanOut, Option<DefId>)> {
        let (api, _) = data.api(op)?;
        let (started, (tasks, items)) = if api.runs_any(Runs::Spawn) {
            (Started::Spawned, self.spawned_for_each(ix, data, op)?)
        } else {
            let (tasks, items) = self.run_all(ix, data, op, api)?;
            // The handle of a task does no work of its own: where that is spawned, it is reported.
            let spawned = |&task: &OpId| data.api(task).is_some_and(|(api, _)| api.runs_any(Runs::Spawn));
            if tasks.iter().any(spawned) {
                return None;
            }
            (Started::Joined, (tasks, items))
        };
        let function = self.functions.id(ix, data.frame(op)).filter(|&f| !self.program.function(f).test_only)?;
        let (number, path) = tasks.iter().find_map(|&task| self.acquire_of(ix, data, task))?;
        let used = &self.uses.list[number as usize];
        let home = self.bodies.get(used.body);
        let fan_out = FanOut {
            function,
            span: self.span(data, crate::infer::bodies::call_range(data, op)),
            started,
            site: self.span(home, home.body.ops[used.op.0 as usize].range),
            api: used.api.clone(),
            certainty: self.search.certainty(&path),
            path,
            pool_limit: self.built.limit(crate_of(self.tcx, data), &used.ty),
            over: items.span,
            made_in: None,
        };
        Some((fan_out, items.owner))
    }

    /// What sizes a collection, if the data do: one run of a loop over chunks has a set number of items.
    fn sized_by_data(&self, ix: BodyIx, collection: OpId) -> Option<DataSized> {
        if self.is_chunk(self.bodies.get(ix), collection) {
            return None;
        }
        let collections = Collections {
            tcx: self.tcx,
            bodies: self.bodies,
            functions: self.functions,
            graph: self.program,
            call_ops: self.search.call_ops,
            entered: &self.entered,
            work: Cell::new(0),
        };
        collections.of_value(ix, collection)
    }

    fn is_chunk(&self, data: &BodyData<'w>, collection: OpId) -> bool {
        let text = |name| self.tcx.defs.file_of(data.def).facts.text(name);
        let looped_over = trace_back(data, collection, Steps::SOLE_ROOT).find_map(|op| match data.kind(op) {
            OpKind::IterItem { iter } => Some(*iter),
            _ => None,
        });
        let makes_chunks =
            |op| matches!(data.kind(op), OpKind::MethodCall { name, .. } if CHUNKS.contains(&text(*name)));
        looped_over.is_some_and(|iter| trace_back(data, iter, Steps::SOLE_ROOT).any(makes_chunks))
    }

    /// What a `spawn` in a loop over data is given, if nothing in the loop waits before the next round.
    fn spawned_for_each(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId) -> Option<Tasks> {
        let looped = data.frame(op)?;
        if !self.is_of_round(data, op, looped) {
            // What a task spawns in its turn is one task for each that is there already.
            return None;
        }
        let RegionKind::Loop(LoopKind::For) = data.body.regions[looped.0 as usize].kind else { return None };
        let over_data = pace(self.inferred().at(data), looped) == LoopDriver::Items;
        if !over_data || self.waits_each_round(data, looped) {
            return None;
        }
        let items = self.sized_by_data(ix, data.iterated(looped)?)?;
        let call = data.call(op)?;
        Some((call.args.iter().flat_map(|&arg| data.origins(arg)).collect(), items))
    }

    /// Whether the loop's own code awaits anything: a permit, a free place, a query. That paces it.
    fn waits_each_round(&self, data: &BodyData<'w>, looped: RegionId) -> bool {
        let region = &data.body.regions[looped.0 as usize];
        let mut ops = (region.first.0..region.end.0).map(OpId);
        ops.any(|at| matches!(data.kind(at), OpKind::Await { .. }) && self.is_of_round(data, at, looped))
    }

    /// Whether the loop's own round runs an operation, rather than an async block or closure in it.
    fn is_of_round(&self, data: &BodyData<'w>, at: OpId, looped: RegionId) -> bool {
        ancestors(data.body, data.body.ops[at.0 as usize].region)
            .take_while(|&r| r != looped)
            .all(|r| !matches!(data.body.regions[r.0 as usize].kind, RegionKind::Async | RegionKind::Closure))
    }

    /// The futures that a `join_all` or an unbounded `for_each_concurrent` is given, one for each item of some data.
    fn run_all(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId, api: &ApiModel) -> Option<Tasks> {
        let call = data.call(op).filter(|_| api.effects.contains(&Effect::RunAll))?;
        let Some(items) = call.recv else { return self.futures_of(ix, data, *call.args.first()?) };
        let limit = *call.args.first()?;
        let each = *call.args.get(1)?;
        let items = self.sized_by_data(ix, items).filter(|_| self.is_none(data, limit))?;
        Some((data.origins(each), items))
    }

    fn is_none(&self, data: &BodyData<'w>, op: OpId) -> bool {
        let OpKind::Path(path) = data.kind(op) else { return false };
        let file = self.tcx.defs.file_of(data.def);
        path.segments.last().is_some_and(|segment| file.facts.text(segment.name) == "None")
    }

    /// `items.iter().map(|item| async { … })`, or a vector that a loop over data pushes futures to.
    fn futures_of(&self, ix: BodyIx, data: &BodyData<'w>, start: OpId) -> Option<Tasks> {
        for op in trace_back(data, start, Steps::CHAIN) {
            match data.kind(op) {
                OpKind::MethodCall { recv, args, .. } => {
                    let maps = data.api(op).is_some_and(|(api, _)| api.path.ends_with("::map"));
                    if let Some(&mapped) = args.first().filter(|_| maps) {
                        return Some((data.origins(mapped), self.sized_by_data(ix, *recv)?));
                    }
                }
                OpKind::Local(local) => {
                    let pushed = self.pushed(ix, data, *local);
                    if pushed.is_some() {
                        return pushed;
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Futures that loops over data push to a vector.
    fn pushed(&self, ix: BodyIx, data: &BodyData<'w>, local: LocalId) -> Option<Tasks> {
        let mut found = Vec::new();
        let mut over = None;
        for &read in data.flow.reads(local) {
            for &user in data.flow.users(read) {
                let (at, place) = match data.kind(user) {
                    OpKind::Ref { .. } => match data.flow.users(user) {
                        [only] => (*only, user),
                        _ => continue,
                    },
                    _ => (user, read),
                };
                if let OpKind::MethodCall { recv, args, .. } = data.kind(at)
                    && *recv == place
                    && data.api(at).is_some_and(|(api, _)| api.path.ends_with("::push"))
                    && let Some(items) = self.looped_over(ix, data, at)
                {
                    found.extend(args.iter().flat_map(|&arg| data.origins(arg)));
                    over = over.or(Some(items));
                }
            }
        }
        Some((found, over?))
    }

    /// What the loop over data runs over in which an expression stands.
    fn looped_over(&self, ix: BodyIx, data: &BodyData<'w>, op: OpId) -> Option<DataSized> {
        let looped = data.frame(op)?;
        let is_for = data.body.regions[looped.0 as usize].kind == RegionKind::Loop(LoopKind::For);
        let over_items = is_for && pace(self.inferred().at(data), looped) == LoopDriver::Items;
        self.sized_by_data(ix, data.iterated(looped)?).filter(|_| over_items)
    }

    /// The first acquire that a task runs, with the calls on the way; none if it asks a semaphore first.
    fn acquire_of(&self, ix: BodyIx, data: &BodyData<'w>, task: OpId) -> Option<(u32, Vec<u32>)> {
        let inner = match data.kind(task) {
            OpKind::Async { region, .. } | OpKind::Closure { region, .. } => *region,
            OpKind::Call { .. } | OpKind::MethodCall { .. } => return self.acquire_at(ix, task),
            _ => return None,
        };
        let calls: Vec<OpId> =
            data.types.calls.iter().map(|call| call.op).filter(|&op| inside(data.body, op, inner)).collect();
        let permit = |&op: &OpId| data.api(op).is_some_and(|(api, _)| api.effects.contains(&Effect::Permit));
        // A call on the guard of a lock that all tasks share is one at a time.
        let under_lock =
            |&op: &OpId| data.call(op).and_then(|call| call.recv).is_some_and(|recv| self.is_guard(data.ty(recv)));
        if calls.iter().any(permit) || calls.iter().any(under_lock) {
            return None;
        }
        calls.into_iter().find_map(|op| self.acquire_at(ix, op))
    }

    fn is_guard(&self, ty: &Ty) -> bool {
        self.tcx.role_of(ty.peel_refs()) == Some(Role::LockGuard)
    }

    /// Whether a function asks a semaphore.
    fn asks_for_permit(&self, function: FunctionId) -> bool {
        let sites = self.program.sites_of(function).map(|n| &self.program.sites[n]);
        let permits = |site: &EffectSite| {
            let row = self.tcx.catalog.api(&site.api, None);
            row.is_some_and(|row| row.effects.contains(&Effect::Permit))
        };
        sites.into_iter().any(permits)
    }

    fn acquire_at(&self, ix: BodyIx, op: OpId) -> Option<(u32, Vec<u32>)> {
        if let Some(used) = self.uses.at(ix, op).filter(|u| !u.if_pool && !u.never_waits) {
            return Some((used.number, Vec::new()));
        }
        let reached = self.search.acquires_of_task(ix, op).into_iter();
        let bounded =
            |path: &[u32]| path.iter().any(|&call| self.asks_for_permit(self.program.calls[call as usize].to));
        reached.filter(|(number, path)| self.acquired_at(ix, *number, path).is_some()).find(|(number, path)| {
            let used = &self.uses.list[*number as usize];
            !used.never_waits && !bounded(path)
        })
    }
}
