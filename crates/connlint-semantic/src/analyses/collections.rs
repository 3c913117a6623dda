//! Whether a collection grows with the data, or has as many items as the code names.
//!
//! What a query or another answer yields, what a request or a caller hands in and what such values are part of is sized by
//! the data. Literals, constants, what accessors without arguments hand out and the service's own state are not; nor is
//! what the loop takes a set number of items at a time from.

use std::cell::Cell;

use connlint_catalog::{ApiModel, Effect, Io, Role, Runs};
use connlint_facts::{LocalId, LoopKind, OpId, OpKind, RegionId, RegionKind, Span, Sym};
use rustc_hash::FxHashSet;

use crate::call_graph::build::Functions;
use crate::call_graph::graph::CallGraph;
use crate::dataflow::awaited::is_awaited;
use crate::dataflow::storing::stores;
use crate::domain::FunctionId;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::def_use::{ancestors, in_closure};
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::names::marks::span_of;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What sizes a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemSource {
    /// The rows of a query, by the name of its API.
    Rows(String),
    /// Another answer from outside.
    Answer,
    /// A parameter, by name; what callers hand in was looked at.
    Parameter(String),
    /// What a function of the workspace returns, by name.
    Returned(String),
    /// Part of an item of another collection.
    Part,
    /// What a lock guards or a task replaces: it grows while the service runs.
    Shared,
    /// The rows of a list that a resolver returns, by their type.
    Listed(String),
    /// A part of `self`, by name where that is a field.
    OwnField(String),
}

/// Steps of one walk, calls and locals that it goes through.
const MAX_STEPS: usize = 200;
pub(super) const MAX_DEPTH: usize = 16;

/// Steps of all walks for one loop.
const MAX_WORK: usize = 4000;

/// Callers of a function that hands a parameter on are looked at this far.
const MAX_CALLERS: usize = 5;

/// Methods that hand on a set number of items at a time, or a set number at all.
const BOUNDS: [&str; 13] = [
    "array_chunks",
    "array_windows",
    "batching",
    "chunk_by",
    "chunks",
    "chunks_exact",
    "chunks_mut",
    "first",
    "last",
    "par_chunks",
    "ready_chunks",
    "step_by",
    "windows",
];

/// Methods after which the number of members counts rather than that of what holds them.
const FLATTENING: [&str; 5] = ["concat", "flatten", "flat_map", "try_concat", "try_flatten"];

/// Methods that hand out parts of their receiver as a tuple.
const SPLITTING: [&str; 4] = ["partition", "partition_map", "split_at", "unzip"];

/// What a walk found: a source, or a parameter whose callers are not looked at yet.
#[derive(Clone, Debug)]
pub(super) enum Found {
    Source(ItemSource),
    /// A parameter, or the part of it that the trail looks for.
    Param(u32, Trail),
    /// The part of `self` that the trail looks for, where one is known.
    OwnPart(Trail),
    /// What the callable yields that a parameter is.
    Called(u32),
}

/// What a walk remembers of the way that it came. It is an access path in the sense of points-to analyses, cut to its last
/// field; the names are those of the program, so that it holds across files.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trail {
    pub(super) depth: usize,
    /// The part of the value that is looked for.
    pub(super) field: Option<Name>,
    /// The last name on the way, for messages.
    pub(super) name: Option<Name>,
    /// Behind an item of an outer collection the number of items is that item's.
    pub(super) of_item: bool,
    /// The items of the members count.
    pub(super) members: bool,
}

impl Trail {
    pub(super) fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// Looks at collections.
pub(crate) struct Collections<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) functions: &'a Functions,
    pub(crate) graph: &'a CallGraph,
    /// The body and operation of each call of the graph.
    pub(crate) call_ops: &'a [(BodyIx, OpId)],
    /// Functions that the outside calls, with values of its own.
    pub(crate) entered: &'a FxHashSet<FunctionId>,
    /// Steps that are left.
    pub(crate) work: Cell<usize>,
}

/// A data-sized collection.
#[derive(Clone, Debug)]
pub(crate) struct DataSized {
    pub(crate) source: ItemSource,
    /// The type of `self`, where the collection is part of it, here or where a caller hands it in.
    pub(crate) owner: Option<DefId>,
    /// The expression that a loop runs over.
    pub(crate) span: Span,
}

/// One step of a walk: on to another value, or its end.
pub(super) enum Step {
    On,
    /// On to what a callable or future yields.
    Run(OpId),
    End(Option<Found>),
}

impl<'w> Collections<'_, 'w> {
    /// What a loop runs over, if that is sized by data.
    pub(crate) fn of_loop(&self, ix: BodyIx, looped: RegionId) -> Option<DataSized> {
        let data = self.bodies.get(ix);
        match data.body.regions[looped.0 as usize].kind {
            RegionKind::Loop(LoopKind::For) => self.of_value(ix, data.iterated(looped)?),
            RegionKind::Loop(LoopKind::While) => {
                let (collection, is_stream) = self.drained(data, looped)?;
                // What else a stream yields may be messages, each of which is a unit of work of its own.
                self.of_value(ix, collection).filter(|found| !is_stream || matches!(found.source, ItemSource::Rows(_)))
            }
            _ => None,
        }
    }

    /// What a call runs a closure for each item of: its receiver, or, of a function, its first argument.
    pub(crate) fn of_callback(&self, ix: BodyIx, call: OpId) -> Option<DataSized> {
        let call = self.bodies.get(ix).call(call)?;
        self.of_value(ix, call.recv.or_else(|| call.args.first().copied())?)
    }

    /// What sizes a value, if the data do.
    pub(crate) fn of_value(&self, ix: BodyIx, value: OpId) -> Option<DataSized> {
        let data = self.bodies.get(ix);
        if is_option(data.ty(value)) {
            return None;
        }
        self.work.set(MAX_WORK);
        let (source, owner) = self.resolved(ix, self.found(data, value, Trail::default())?, 0)?;
        Some(DataSized { source, owner, span: span_of(self.tcx, data.def, data.body.ops[value.0 as usize].range) })
    }

    /// What a `while let` takes items out of: `while let Some(row) = rows.next().await`. A queue that the loop itself fills
    /// is a traversal, and a call of the workspace may ask for the next page: neither is a collection.
    fn drained(&self, data: &BodyData<'w>, looped: RegionId) -> Option<(OpId, bool)> {
        let tests = data.body.regions.iter().find_map(|region| match &region.kind {
            RegionKind::Arm { tests } if region.parent == Some(looped) => Some(tests),
            _ => None,
        })?;
        let mut at = tests.first()?.value;
        let mut is_stream = false;
        for _ in 0..MAX_STEPS {
            is_stream |= matches!(data.kind(at), OpKind::Await { .. });
            at = match data.kind(at) {
                OpKind::Await { future: inner } | OpKind::Try { value: inner } => *inner,
                OpKind::MethodCall { recv, .. } => {
                    let asks = data.api(at).is_some_and(|(api, _)| api.effects.contains(&Effect::Query));
                    if asks || data.callees(at).next().is_some() {
                        return None;
                    }
                    if self.takes_next(data, at) {
                        return Some((*recv, is_stream)).filter(|&(queue, _)| !self.filled_in(data, queue, looped));
                    }
                    *recv
                }
                _ => return None,
            };
        }
        None
    }

    /// Whether a method yields the next item of its receiver, and leaves the others for later.
    fn takes_next(&self, data: &BodyData<'w>, call: OpId) -> bool {
        const TAKING: [&str; 7] = ["next", "try_next", "pop", "pop_front", "pop_back", "pop_first", "join_next"];
        let OpKind::MethodCall { name, args, .. } = data.kind(call) else { return false };
        args.is_empty() && TAKING.contains(&self.text(data, *name))
    }

    fn filled_in(&self, data: &BodyData<'w>, queue: OpId, looped: RegionId) -> bool {
        let Some(local) = local_of(data, queue) else { return false };
        let within = |call: OpId| ancestors(data.body, data.body.ops[call.0 as usize].region).any(|r| r == looped);
        self.growth(data, local).iter().any(|&(call, _)| within(call))
    }

    /// Follows what was found in a function to where its callers make it.
    fn resolved(&self, ix: BodyIx, found: Found, depth: usize) -> Option<(ItemSource, Option<DefId>)> {
        let named = |name: Option<Name>| name.map_or_else(String::new, |name| self.tcx.defs.text(name).to_owned());
        match found {
            Found::Source(source) => Some((source, None)),
            Found::OwnPart(trail) => {
                let owner = self.tcx.owner(self.bodies.get(ix).def)?;
                let own = || (ItemSource::OwnField(named(trail.field)), Some(owner));
                Some(self.part_of_argument(ix, trail, depth).map_or_else(own, |source| (source, None)))
            }
            Found::Param(index, trail) => {
                let sought = Trail { depth: 0, name: None, ..trail };
                self.handed_in(ix, (index, sought), named(trail.name), depth)
            }
            Found::Called(_) => Some((ItemSource::Answer, None)),
        }
    }

    /// What a part of `self` is, if every call of the method is on a value that its caller was handed or has read: a list
    /// in the body of a request. What a lock guards is the service's own.
    fn part_of_argument(&self, ix: BodyIx, trail: Trail, depth: usize) -> Option<ItemSource> {
        let calls = self.calls_of(ix)?;
        if calls.is_empty() || depth >= MAX_CALLERS {
            return None;
        }
        let sought = Trail { depth: 0, name: None, ..trail };
        let of_call = |&call: &u32| {
            let (caller, recv) = self.argument(call, self.bodies.get(ix).def, None)?;
            let found = self.found(self.bodies.get(caller), recv, sought)?;
            self.resolved(caller, found, depth + 1).filter(|(_, owner)| owner.is_none()).map(|(source, _)| source)
        };
        let sources: Vec<ItemSource> = calls.iter().map(of_call).collect::<Option<_>>()?;
        if sources.contains(&ItemSource::Shared) {
            return None;
        }
        as_all_callers(&sources, calls.len()).or_else(|| sources.into_iter().next())
    }

    /// The calls of a function outside tests; none if the outside calls it too.
    fn calls_of(&self, ix: BodyIx) -> Option<Vec<u32>> {
        let function = self.functions.id(ix, None).filter(|function| !self.entered.contains(function))?;
        let calls = self.graph.adjacency.calls_into(function).iter();
        let outside_tests = |call: &&u32| !self.graph.function(self.graph.calls[**call as usize].from).test_only;
        Some(calls.filter(outside_tests).copied().collect())
    }

    /// A parameter, or the part of it that is sought, unless every call of the function hands in what the code names.
    fn handed_in(
        &self,
        ix: BodyIx,
        (index, sought): (u32, Trail),
        name: String,
        depth: usize,
    ) -> Option<(ItemSource, Option<DefId>)> {
        self.functions.id(ix, None)?;
        let calls = self.calls_of(ix).filter(|calls| !calls.is_empty() && depth < MAX_CALLERS);
        let Some(calls) = calls else { return Some((ItemSource::Parameter(name), None)) };
        let (mut owner, mut sources, mut is_unknown) = (None, Vec::new(), false);
        for &call in &calls {
            // Where something else hands it on, what it gives is not known.
            let Some((caller, arg)) = self.argument(call, self.bodies.get(ix).def, Some(index)) else {
                is_unknown = true;
                continue;
            };
            let found = self.found(self.bodies.get(caller), arg, sought);
            match found.and_then(|found| self.resolved(caller, found, depth + 1)) {
                // The caller hands in a part of itself.
                Some((_, Some(of))) => owner = owner.or(Some(of)),
                Some((source, None)) => sources.push(source),
                None => {}
            }
        }
        if let Some(source) = as_all_callers(&sources, calls.len()) {
            return Some((source, None));
        }
        match owner {
            _ if is_unknown || !sources.is_empty() => Some((ItemSource::Parameter(name), None)),
            Some(owner) => Some((ItemSource::Parameter(name), Some(owner))),
            None => None,
        }
    }

    /// The argument that a call hands in for a parameter, or for `self`, if it calls the function itself.
    fn argument(&self, call: u32, callee: DefId, index: Option<u32>) -> Option<(BodyIx, OpId)> {
        let (caller, op) = self.call_ops[call as usize];
        let data = self.bodies.get(caller);
        data.callees(op).find(|&def| def == callee)?;
        Some((caller, data.call(op)?.operand(index, self.tcx.defs.takes_self(callee))?))
    }

    /// The source of a collection within its body.
    pub(super) fn found(&self, data: &BodyData<'w>, start: OpId, trail: Trail) -> Option<Found> {
        let (mut at, mut trail) = (start, trail);
        for _ in 0..MAX_STEPS {
            self.work.set(self.work.get().checked_sub(1)?);
            at = match data.kind(at) {
                OpKind::Ref { base, .. } | OpKind::Deref { base } | OpKind::VariantField { base, .. } => *base,
                OpKind::Cast { value, .. } | OpKind::Try { value } => *value,
                OpKind::Expanded { value: Some(value), .. } | OpKind::Async { tail: Some(value), .. } => *value,
                OpKind::Field { base, name } => {
                    let name = Some(self.name(data, *name));
                    (trail.field, trail.name) = (name, name);
                    *base
                }
                OpKind::Element { base } | OpKind::Index { base, .. } | OpKind::IterItem { iter: base } => {
                    (trail.of_item, trail.field) = (true, None);
                    *base
                }
                OpKind::Await { future } => match self.awaited(data, *future, trail) {
                    Step::On => *future,
                    Step::Run(callable) => return self.yielded(data, callable, trail),
                    Step::End(found) => return found,
                },
                OpKind::Local(local) => return self.of_local(data, *local, trail),
                OpKind::MethodCall { recv, name, args, .. } => {
                    let name = self.text(data, *name);
                    trail.members |= FLATTENING.contains(&name);
                    trail.field = trail.field.filter(|_| !SPLITTING.contains(&name));
                    match self.called(data, at, trail) {
                        Step::End(found) => return found,
                        Step::Run(callable) => return self.yielded(data, callable, trail),
                        Step::On if !trail.of_item && self.is_bounded(data, name, args) => return None,
                        Step::On if self.reads_shared(data, at) => return Some(Found::Source(ItemSource::Shared)),
                        Step::On if name == "chain" => return self.any(data, &[*recv, *args.first()?], trail),
                        Step::On if self.works_on_argument(data, *recv) => return self.any(data, args, trail),
                        Step::On if trail.members => return self.of_members(data, at, *recv, trail),
                        Step::On => *recv,
                    }
                }
                OpKind::Call { args, .. } => match self.called(data, at, trail) {
                    Step::End(found) => return found,
                    Step::Run(callable) => return self.yielded(data, callable, trail),
                    Step::On => return self.any(data, args, trail),
                },
                OpKind::Join(parts) => return self.any(data, parts, trail),
                OpKind::Array(parts) if trail.of_item || trail.members => return self.any(data, parts, trail),
                OpKind::Tuple(parts) => return self.of_tuple(data, parts, trail),
                OpKind::StructLit { fields, frame } => {
                    let sought = trail.field?;
                    match (fields.iter().find(|(name, _)| self.name(data, *name) == sought), frame.base) {
                        (Some((_, value)), _) => return self.any(data, &[*value], Trail { field: None, ..trail }),
                        (None, Some(base)) => base,
                        (None, None) => return None,
                    }
                }
                OpKind::Range { end: Some(end), .. } => return self.length_of(data, *end, trail),
                OpKind::SelfParam => return Some(Found::OwnPart(trail)),
                OpKind::Param(index) => return self.of_param(data, at, *index, trail),
                OpKind::Macro { args, .. } => {
                    let args: Vec<OpId> = args.iter().map(|arg| arg.value).collect();
                    return self.any(data, &args, trail);
                }
                // What the code names, and what holds no items.
                OpKind::Path(_)
                | OpKind::Literal(_)
                | OpKind::Array(_)
                | OpKind::Repeat { .. }
                | OpKind::Range { end: None, .. }
                | OpKind::Unary { .. }
                | OpKind::Binary { .. }
                | OpKind::Closure { .. }
                | OpKind::Async { tail: None, .. }
                | OpKind::Expanded { value: None, .. }
                | OpKind::Unknown => return None,
                // Statements: nobody uses their value.
                OpKind::Bind { .. }
                | OpKind::Discard { .. }
                | OpKind::Assign { .. }
                | OpKind::AssignOp { .. }
                | OpKind::Return(_)
                | OpKind::Break { .. }
                | OpKind::Continue { .. }
                | OpKind::Yield(_) => return None,
            };
        }
        None
    }

    /// The first of some values that is sized by data.
    pub(super) fn any(&self, data: &BodyData<'w>, values: &[OpId], trail: Trail) -> Option<Found> {
        if trail.depth > MAX_DEPTH {
            return None;
        }
        values.iter().find_map(|&value| self.found(data, value, trail.deeper()))
    }

    fn of_tuple(&self, data: &BodyData<'w>, parts: &[OpId], trail: Trail) -> Option<Found> {
        let index = trail.field.and_then(|field| self.tcx.defs.text(field).parse::<usize>().ok());
        match index {
            Some(index) => self.any(data, &[*parts.get(index)?], Trail { field: None, ..trail }),
            None if trail.of_item || trail.members => self.any(data, parts, trail),
            None => None,
        }
    }

    /// Whether a method hands on a set number of items at a time, or altogether.
    fn is_bounded(&self, data: &BodyData<'w>, method: &str, args: &[OpId]) -> bool {
        let is_named =
            |&arg: &OpId| matches!(data.kind(trace_end(data, arg, Steps::VALUE)), OpKind::Literal(_) | OpKind::Path(_));
        BOUNDS.contains(&method) || (method == "take" && args.iter().any(is_named))
    }

    /// Whether a method works on its argument with the help of a constant: `PATTERN.find_iter(text)`.
    fn works_on_argument(&self, data: &BodyData<'w>, recv: OpId) -> bool {
        let OpKind::Path(_) = data.kind(trace_end(data, recv, Steps::VALUE)) else { return false };
        let is_list = |ty: &Ty| match ty {
            Ty::Slice(_) | Ty::Prim(_) => true,
            Ty::External(path, _) => {
                let of_std = path.starts_with("std::vec::") || path.starts_with("std::collections::");
                of_std || self.tcx.role(path) == Some(Role::Map)
            }
            _ => false,
        };
        !is_list(data.ty(recv).peel_pointers())
    }

    /// `0..items.len()` runs over `items`.
    fn length_of(&self, data: &BodyData<'w>, number: OpId, trail: Trail) -> Option<Found> {
        match data.kind(number) {
            OpKind::MethodCall { recv, name, args, .. } if args.is_empty() && self.text(data, *name) == "len" => {
                self.any(data, &[*recv], trail)
            }
            OpKind::Local(local) => match data.flow.writes(*local) {
                [only] if trail.depth <= MAX_DEPTH => self.length_of(data, *only, trail.deeper()),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_param(&self, data: &BodyData<'w>, at: OpId, index: u32, trail: Trail) -> Option<Found> {
        if self.tcx.role_of(data.ty(at).peel_refs()) == Some(Role::StateWrapper) {
            return None;
        }
        if in_closure(data.body, data.body.ops[at.0 as usize].region) {
            return Some(Found::Source(ItemSource::Part));
        }
        Some(Found::Param(index, trail))
    }

    fn of_local(&self, data: &BodyData<'w>, local: LocalId, trail: Trail) -> Option<Found> {
        let name = self.name(data, data.body.locals[local.0 as usize].name);
        let is_self = self.tcx.defs.text(name) == "self";
        let trail = Trail { name: trail.name.or((!is_self).then_some(name)), ..trail };
        let by_value = self.any(data, data.flow.writes(local), trail);
        by_value.or_else(|| {
            let growth = self.growth(data, local);
            growth.into_iter().find_map(|(call, put)| self.grown_by(data, call, put, trail.deeper()))
        })
    }

    /// The calls that put something into a local: the call, and what is put there.
    fn growth(&self, data: &BodyData<'w>, local: LocalId) -> Vec<(OpId, OpId)> {
        if !data.body.locals[local.0 as usize].mutable {
            return Vec::new();
        }
        let mut found = Vec::new();
        for &read in data.flow.reads(local) {
            for &user in data.flow.users(read) {
                let (place, at) = match data.kind(user) {
                    OpKind::Ref { .. } => match data.flow.users(user) {
                        [only] => (user, *only),
                        _ => continue,
                    },
                    _ => (read, user),
                };
                if let OpKind::MethodCall { recv, name, args, .. } = data.kind(at)
                    && *recv == place
                    && let Some(&put) = args.first()
                    && is_growing(self.text(data, *name))
                {
                    found.push((at, put));
                }
            }
        }
        found
    }

    /// What sizes a collection that a call puts something into: what it is given to take all of, else the loop around it.
    fn grown_by(&self, data: &BodyData<'w>, call: OpId, put: OpId, trail: Trail) -> Option<Found> {
        let OpKind::MethodCall { name, .. } = data.kind(call) else { return None };
        if takes_all(self.text(data, *name)) {
            return self.any(data, &[put], trail);
        }
        let looped = data.frame(call)?;
        let over = match data.body.regions[looped.0 as usize].kind {
            RegionKind::Loop(LoopKind::For) => data.iterated(looped)?,
            RegionKind::Loop(_) => return Some(Found::Source(ItemSource::Answer)),
            _ => {
                let closure = *data.value_of_region.get(&looped)?;
                let user = *data.flow.users(closure).first()?;
                // Who takes the closure runs it as often as it likes: a parser, a visitor.
                let Some((api, _)) = data.api(user) else { return Some(Found::Source(ItemSource::Answer)) };
                let each = api.runs_any(Runs::EachItem);
                data.call(user)?.recv.filter(|_| each)?
            }
        };
        self.any(data, &[over], Trail { field: None, of_item: false, members: false, ..trail })
    }

    pub(super) fn reads_shared(&self, data: &BodyData<'w>, op: OpId) -> bool {
        let of_lock = |ty: &Ty| self.tcx.role_of(ty.peel_pointers()) == Some(Role::Lock);
        data.api(op)
            .is_some_and(|(api, self_ty)| api.effects.contains(&Effect::Snapshot) || self_ty.is_some_and(of_lock))
    }

    fn text(&self, data: &BodyData<'w>, name: Sym) -> &'w str {
        self.tcx.defs.file_of(data.def).facts.text(name)
    }

    fn name(&self, data: &BodyData<'w>, name: Sym) -> Name {
        self.tcx.defs.file_of(data.def).name(name)
    }
}

/// Whether a call sends a query, rather than building one that another call sends. What is built lazily is sent where it
/// is awaited: `collection.find_one(filter).await`.
pub(crate) fn sends_query(data: &BodyData<'_>, call: OpId, api: &ApiModel) -> bool {
    let sends = || api.executor_arg.is_some() || api.io != Some(Io::Lazy) || is_awaited(data, call);
    api.effects.contains(&Effect::Query) && sends()
}

/// The source of a list that each of a number of callers has read itself: as long as the data, not as a sender likes.
fn as_all_callers(sources: &[ItemSource], callers: usize) -> Option<ItemSource> {
    let rank = |source: &ItemSource| match source {
        ItemSource::Rows(_) => Some(0),
        ItemSource::Shared => Some(1),
        ItemSource::Returned(_) => Some(2),
        _ => None,
    };
    let all_read = sources.len() == callers && sources.iter().all(|source| rank(source).is_some());
    sources.iter().min_by_key(|source| rank(source)).filter(|_| all_read).cloned()
}

/// At most one item.
fn is_option(ty: &Ty) -> bool {
    ty.peel_refs().external_path() == Some("std::option::Option")
}

fn is_growing(method: &str) -> bool {
    stores(method) || takes_all(method) || method == "entry"
}

fn takes_all(method: &str) -> bool {
    matches!(method, "extend" | "append" | "extend_from_slice")
}

fn local_of(data: &BodyData<'_>, value: OpId) -> Option<LocalId> {
    trace_back(data, value, Steps::IDENTITY).find_map(|op| match data.kind(op) {
        OpKind::Local(local) => Some(*local),
        _ => None,
    })
}
