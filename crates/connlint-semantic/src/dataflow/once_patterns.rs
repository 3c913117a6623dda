//! What keeps an expression from running each time: caches written by hand, retries, reconnect loops.
//!
//! All of these are shapes of code, not names of functions: a place that outlives the call is tested, what is missing is
//! made, and the result is stored there.

use connlint_catalog::{Role, Runs};
use connlint_facts::{ArmTest, BinaryOp, Expect, LocalId, OpId, OpKind, PatternHead, RegionId, RegionKind, SelfKind};

use crate::dataflow::hit_guards::CachePlace;
use crate::dataflow::storing::stores;
use crate::domain::Origin;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{Sink, ancestors};
use crate::infer::trace_back::{Root, Steps, root, trace_back};
use crate::names::defs::DefId;
use crate::names::interner::Name;
use crate::types::context::TypeContext;
use crate::types::roles::{is_foreign, is_known_to_hold, is_plain_data, may_be_live, may_hold};
use crate::types::ty::Ty;

/// What has to be kept for an expression to run once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// What may hold the value itself.
    Value,
    /// Anything: what holds the value goes on by itself, and what is kept stands for it.
    Sign,
}

/// Whether a branch runs when the tested place holds something or when it holds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Hit,
    Miss,
}

impl Outcome {
    fn other(self) -> Self {
        match self {
            Self::Hit => Self::Miss,
            Self::Miss => Self::Hit,
        }
    }

    /// What a method that shows of its receiver means where it is true.
    fn of_method(name: &str) -> Option<Self> {
        match name {
            "is_some" | "contains_key" | "is_some_and" | "contains" | "initialized" | "is_ok" => Some(Self::Hit),
            "is_none" | "is_empty" | "is_none_or" | "is_err" => Some(Self::Miss),
            _ => None,
        }
    }
}

/// Methods that fill a place may be this many calls below the one that is called.
const MAX_FILLERS: usize = 1;

/// Of the functions that a call may run, so many are looked at.
const MAX_CALLEES: usize = 8;

/// How a place is filled.
#[derive(Clone, Copy)]
enum Filling<'b> {
    /// By an assignment of this value.
    Value(OpId),
    /// By a method that keeps what it is given.
    Arguments(&'b [OpId]),
    /// By a method of the workspace.
    ByCallee,
}

/// Parts of a condition that are looked at.
const MAX_HALVES: usize = 8;

impl<'w> BodyCx<'_, 'w> {
    /// Whether an expression only runs when a place that outlives the call is empty, and fills it.
    pub(crate) fn is_cached(&self, op: OpId, kept: Kept) -> bool {
        self.in_miss_branch(op, kept) || self.after_hit_return(op, kept) || self.in_miss_closure(op, kept)
    }

    fn in_miss_branch(&self, op: OpId, kept: Kept) -> bool {
        let body = self.data.body;
        ancestors(body, body.ops[op.0 as usize].region).any(|region| {
            let RegionKind::Arm { tests } = &body.regions[region.0 as usize].kind else { return false };
            tests.iter().any(|test| {
                let missed = self.outcome(test) == Some(Outcome::Miss)
                    && self.outlives(test.value)
                    && (self.stores(op, region, test.value, kept) || self.takes_out(test.value));
                missed || self.halves(test).iter().all(|&half| self.outlives(half) && self.refreshes_tested(op, half))
            })
        })
    }

    /// What is asked where a branch runs: either half of `a || b` may be why.
    fn halves(&self, test: &ArmTest) -> Vec<OpId> {
        let mut found = vec![test.value];
        if test.expect == Expect::True {
            let mut next = 0;
            while let Some(&value) = found.get(next).filter(|_| found.len() < MAX_HALVES) {
                match self.data.kind(value) {
                    OpKind::Binary { op: BinaryOp::Or, left, right } => {
                        found.splice(next..=next, [*left, *right]);
                    }
                    _ => next += 1,
                }
            }
        }
        found
    }

    /// `if conn.is_closed() { *conn = open() }`: whatever is tested, the tested place is what is filled.
    fn refreshes_tested(&self, op: OpId, tested: OpId) -> bool {
        let tested = self.cache_place(tested);
        self.data.flow.sinks(self.data.body, op).iter().any(|sink| match *sink {
            Sink::Assigned(at) => match self.data.kind(at) {
                OpKind::Assign { place, .. } => {
                    !self.is_local(*place) && tested.is_some() && self.cache_place(*place) == tested
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// What a place or a method's receiver belongs to: a local, a field of `self`, a static.
    pub(crate) fn cache_place(&self, start: OpId) -> Option<CachePlace> {
        let mut field = None;
        for op in trace_back(self.data, start, Steps::SOLE_ROOT) {
            match self.data.kind(op) {
                OpKind::Local(local) if self.is_self(*local) => return Some(CachePlace::SelfField(field)),
                OpKind::Local(local) if !self.names_another_place(*local) => return Some(CachePlace::Local(*local)),
                OpKind::Field { name, .. } => field = Some(*name),
                OpKind::Path(path) => return path.segments.last().map(|s| CachePlace::Static(s.name)),
                OpKind::SelfParam => return Some(CachePlace::SelfField(field)),
                OpKind::Param(index) => return Some(CachePlace::Param(*index, field)),
                _ => {}
            }
        }
        None
    }

    fn is_self(&self, local: LocalId) -> bool {
        let name = self.data.body.locals[local.0 as usize].name;
        self.tcx.defs.file_of(self.data.def).facts.text(name) == "self"
    }

    /// Whether a local is a lock's guard or a reference: then it is the place that it was taken from.
    fn names_another_place(&self, local: LocalId) -> bool {
        let [value] = self.data.flow.writes(local) else { return false };
        matches!(
            self.data.kind(*value),
            OpKind::Await { .. } | OpKind::MethodCall { .. } | OpKind::Ref { .. } | OpKind::Try { .. }
        ) || self.is_slot_of_entry(*value)
    }

    /// `Entry::Vacant(slot)`: it stands for the place in the map that was asked for.
    fn is_slot_of_entry(&self, value: OpId) -> bool {
        let OpKind::VariantField { variant, .. } = self.data.kind(value) else { return false };
        let file = self.tcx.defs.file_of(self.data.def);
        variant.segments.last().is_some_and(|s| matches!(file.facts.text(s.name), "Vacant" | "Occupied"))
    }

    /// `if let Some(x) = place.get() { return x }` before, the opening after.
    fn after_hit_return(&self, op: OpId, kept: Kept) -> bool {
        let body = self.data.body;
        let around: Vec<RegionId> = ancestors(body, body.ops[op.0 as usize].region).collect();
        body.regions.iter().enumerate().any(|(index, region)| {
            let RegionKind::Arm { tests } = &region.kind else { return false };
            let before = region.end <= op && !around.contains(&RegionId(index as u32));
            if !before || !self.shares_block(RegionId(index as u32), &around) || !self.leaves(RegionId(index as u32)) {
                return false;
            }
            tests.iter().any(|test| {
                self.outcome(test) == Some(Outcome::Hit)
                    && self.outlives(test.value)
                    && (kept == Kept::Sign || self.may_yield_opening(test))
                    && (self.stored_for(op, test.value, kept) || self.takes_out(test.value))
            })
        })
    }

    /// Whether what a pattern takes out of a tested value can be what was opened: an `Option<String>` keeps no client.
    fn may_yield_opening(&self, test: &ArmTest) -> bool {
        let of_pattern = matches!(test.expect, Expect::Matches(_) | Expect::Fails(_));
        let ty = self.data.ty(test.value).peel_refs();
        !of_pattern || may_hold(self.tcx, ty) || may_be_live(self.tcx, ty)
    }

    /// `place.pop().unwrap_or_else(|| open())`.
    fn in_miss_closure(&self, op: OpId, kept: Kept) -> bool {
        let body = self.data.body;
        let closures = ancestors(body, body.ops[op.0 as usize].region)
            .filter(|r| body.regions[r.0 as usize].kind == RegionKind::Closure)
            .filter_map(|r| self.data.value_of_region.get(&r).copied());
        closures.into_iter().any(|closure| {
            self.data.flow.users(closure).iter().any(|&user| match self.data.kind(user) {
                OpKind::MethodCall { recv, .. } => {
                    let is_else = self.data.api(user).is_some_and(|(api, _)| {
                        let of_option = api.path.starts_with("std::option::Option::");
                        of_option && (api.path.ends_with("_else") || api.path.ends_with("get_or_insert_with"))
                    });
                    let filled = is_else && (self.takes_out(*recv) || self.stored_for(op, *recv, kept));
                    self.outlives(*recv) && (filled || self.is_cell_for(user, *recv, closure))
                }
                _ => false,
            })
        })
    }

    /// Whether a value of an unknown type holds just what a closure yields that it is given: a cell, whoever wrote it.
    fn is_cell_for(&self, call: OpId, recv: OpId, closure: OpId) -> bool {
        let unknown = self.data.api(call).is_none() && self.data.callees(call).next().is_none();
        let OpKind::Closure { tail: Some(tail), .. } = self.data.kind(closure) else { return false };
        let made = self.data.ty(*tail).yielded();
        let holder = self.data.ty(recv).peel_pointers();
        unknown && *made != Ty::Unknown && is_foreign(self.tcx, holder) && holder.args().contains(made)
    }

    /// What a branch's test says of the tested place.
    pub(crate) fn outcome(&self, test: &ArmTest) -> Option<Outcome> {
        match &test.expect {
            Expect::True => self.truth(test.value),
            Expect::False => self.truth(test.value).map(Outcome::other),
            Expect::Matches(head) => self.pattern(head),
            // Where `Ok(None)` fails, there may be something or an error.
            Expect::Fails(head) if self.is_hollow(head) => None,
            Expect::Fails(head) => self.pattern(head).map(Outcome::other),
        }
    }

    /// Whether an expression runs only for the one that takes a flag with one atomic step: `if !busy.swap(true) { … }`.
    pub(crate) fn single_flight(&self, op: OpId, frame: Option<RegionId>) -> bool {
        let body = self.data.body;
        ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| Some(r) != frame).any(|region| {
            matches!(&body.regions[region.0 as usize].kind, RegionKind::Arm { tests }
                if tests.iter().any(|test| self.takes_flag(test.value)))
        })
    }

    fn takes_flag(&self, value: OpId) -> bool {
        let of_atomic = |recv: OpId| {
            let path = self.data.ty(recv).peel_pointers().external_path();
            path.is_some_and(|path| path.starts_with("std::sync::atomic::Atomic"))
        };
        let name = trace_back(self.data, value, Steps::CONDITION).find_map(|op| match self.data.kind(op) {
            OpKind::MethodCall { recv, name, .. } if of_atomic(*recv) => Some(*name),
            _ => None,
        });
        let name = name.map(|name| self.tcx.defs.file_of(self.data.def).facts.text(name));
        name.is_some_and(|name| name == "swap" || name.starts_with("compare_"))
    }

    fn truth(&self, value: OpId) -> Option<Outcome> {
        let mut negated = false;
        for op in trace_back(self.data, value, Steps::CONDITION) {
            match self.data.kind(op) {
                OpKind::MethodCall { name, .. } => {
                    let file = self.tcx.defs.file_of(self.data.def);
                    let told = Outcome::of_method(file.facts.text(*name))?;
                    return Some(if negated { told.other() } else { told });
                }
                OpKind::Unary { .. } => negated = !negated,
                // One side of a comparison says nothing of its truth.
                OpKind::Binary { .. } => return None,
                _ => {}
            }
        }
        None
    }

    fn pattern(&self, head: &PatternHead) -> Option<Outcome> {
        match head {
            // `Some(Err(_))`, `Ok(None)`: there is nothing in it.
            PatternHead::Variant(..) if self.is_hollow(head) => Some(Outcome::Miss),
            PatternHead::Variant(path, _) => {
                let file = self.tcx.defs.file_of(self.data.def);
                match path.segments.last().map(|s| file.facts.text(s.name)) {
                    Some("Some" | "Ok" | "Occupied") => Some(Outcome::Hit),
                    Some("None" | "Err" | "Vacant") => Some(Outcome::Miss),
                    _ => self.holding_variant(path).then_some(Outcome::Hit),
                }
            }
            _ => None,
        }
    }

    /// Whether a pattern names a success that has a failure or nothing in it: `Ok(Err(_))`.
    fn is_hollow(&self, head: &PatternHead) -> bool {
        let PatternHead::Variant(path, parts) = head else { return false };
        let name = path.segments.last().map_or("", |s| self.text(s.name));
        matches!(name, "Some" | "Ok") && parts.first().and_then(|part| self.pattern(part)) == Some(Outcome::Miss)
    }

    /// Whether a variant of the workspace holds what can be opened: `State::Connected { sink }`.
    fn holding_variant(&self, path: &connlint_facts::Path) -> bool {
        let Some(variant) = self.variant(path) else { return false };
        self.tcx.variant_types(variant).iter().any(|ty| {
            let known = !matches!(ty.peel_pointers(), Ty::Adt(..) | Ty::Param(_) | Ty::Bounds(_) | Ty::Unknown);
            known && may_hold(self.tcx, ty)
        })
    }

    /// Whether a place is part of something that outlives the call: `self`, a static, what a parameter refers to.
    pub(crate) fn outlives(&self, place: OpId) -> bool {
        match root(self.data, place) {
            Root::Path(op) => self.is_global(op),
            Root::SelfParam | Root::Param(_) | Root::ClosureParam => !self.is_of_the_run(place),
            Root::Local => false,
        }
    }

    /// Whether a place is gone when the function ends: it lies in data that a call has made, or in a parameter that was
    /// given by value, and nothing that others may have too is on the way there.
    fn is_of_the_run(&self, place: OpId) -> bool {
        let mut end = place;
        for op in trace_back(self.data, place, Steps::SOLE_ROOT) {
            let is_call = matches!(self.data.kind(op), OpKind::Call { .. } | OpKind::MethodCall { .. });
            if is_call && is_made_data(self.tcx, self.data.ty(op).yielded()) {
                return true;
            }
            if !is_own_value(self.tcx, self.data.ty(op)) {
                return false;
            }
            end = op;
        }
        let own = self.data.ty(end);
        let handed_back = self.data.body.tail.is_some_and(|tail| self.data.ty(tail).yielded() == own);
        let by_value = match self.data.kind(end) {
            OpKind::SelfParam => {
                let param = self.tcx.defs.fn_item(self.data.def).and_then(|item| item.self_param.as_ref());
                param.is_some_and(|param| param.kind == SelfKind::Value && param.ty.is_none())
            }
            OpKind::Param(_) => true,
            _ => false,
        };
        by_value && !handed_back
    }

    /// Whether a path leads to something global: a static, or an accessor without arguments. One that yields a value of a
    /// type of the workspace, and reads no static for it, has made that value.
    fn is_global(&self, path: OpId) -> bool {
        match self.data.ty(path) {
            Ty::ExternalFn(..) | Ty::Ctor(..) => false,
            Ty::FnDef(def, _) => self.bodies.of(*def).is_none_or(|ix| {
                let data = self.bodies.get(ix);
                let yields = data.body.tail.filter(|&tail| matches!(data.ty(tail).yielded(), Ty::Adt(..)));
                yields.is_none_or(|tail| matches!(root(data, tail), Root::Path(_)))
            }),
            _ => !self.makes_own_type(path),
        }
    }

    /// `Health::default()`, where the method is derived: its value is of a type of the workspace, and no reference.
    fn makes_own_type(&self, callee: OpId) -> bool {
        let made =
            self.data.flow.users(callee).iter().find(|&&user| matches!(self.data.kind(user), OpKind::Call { .. }));
        made.is_some_and(|&made| matches!(self.data.ty(made), Ty::Adt(..)))
    }

    /// Whether the tested value was taken out of a collection (`pop`, `take`, `try_recv`): the shape of a pool.
    fn takes_out(&self, value: OpId) -> bool {
        let file = self.tcx.defs.file_of(self.data.def);
        trace_back(self.data, value, Steps::CONDITION).any(|op| match self.data.kind(op) {
            OpKind::MethodCall { name, .. } => matches!(
                file.facts.text(*name),
                "pop" | "pop_front" | "pop_back" | "take" | "remove" | "try_recv" | "swap_remove" | "try_pop"
            ),
            _ => false,
        })
    }

    /// Whether what an expression makes is stored in something that outlives the call, in the branch or by the callee.
    fn stores(&self, op: OpId, region: RegionId, tested: OpId, kept: Kept) -> bool {
        self.stored_for(op, tested, kept)
            || self.data.callees(op).any(|def| self.fills_tested(def, tested, MAX_FILLERS))
            || self.fills(region, tested, kept)
    }

    /// Whether a method stores in the field of `self` that was tested, or what may hold an opening in any field: a flag
    /// may stand for it.
    fn fills_tested(&self, def: DefId, tested: OpId, depth: usize) -> bool {
        let asked = self.own_field(tested);
        let is_it = |there: &BodyCx<'_, 'w>, place: OpId, filling: Filling<'_>| {
            let holds = match filling {
                Filling::Value(value) => may_hold(self.tcx, there.data.ty(value)),
                Filling::Arguments(args) => args.iter().any(|&arg| is_known_to_hold(self.tcx, there.data.ty(arg))),
                Filling::ByCallee => true,
            };
            root(there.data, place) == Root::SelfParam && (holds || asked.is_none() || there.own_field(place) == asked)
        };
        self.fills_what(def, &is_it, &|callee| depth > 0 && self.fills_tested(callee, tested, depth - 1))
    }

    /// The field of `self` that a place lies in.
    fn own_field(&self, place: OpId) -> Option<Name> {
        match self.cache_place(place)? {
            CachePlace::SelfField(Some(field)) => Some(self.tcx.defs.file_of(self.data.def).name(field)),
            _ => None,
        }
    }

    /// Whether a branch assigns to, or inserts into, the very place that was tested.
    fn fills(&self, region: RegionId, tested: OpId, kept: Kept) -> bool {
        let Some(tested) = self.cache_place(tested) else { return false };
        let data = &self.data.body.regions[region.0 as usize];
        let is_kept = |value: &OpId| kept == Kept::Sign || may_hold(self.tcx, self.data.ty(*value));
        (data.first.0..data.end.0).any(|i| match self.data.kind(OpId(i)) {
            OpKind::Assign { place, value } => {
                !self.is_local(*place)
                    && self.is_shared(*place)
                    && self.cache_place(*place) == Some(tested)
                    && is_kept(value)
            }
            OpKind::MethodCall { recv, name, args, .. } => {
                self.keeps(OpId(i), *name)
                    && self.is_shared(*recv)
                    && self.cache_place(*recv) == Some(tested)
                    && (args.is_empty() || args.iter().any(is_kept))
            }
            _ => false,
        })
    }

    /// Whether a place is shared between runs: `self`, a static, what a lock guards. A parameter may be the request.
    pub(crate) fn is_shared(&self, place: OpId) -> bool {
        match root(self.data, place) {
            Root::SelfParam => !self.is_of_the_run(place),
            Root::Path(op) => self.is_global(op),
            Root::Param(_) | Root::ClosureParam => self.origin(place) == Origin::Mutable,
            Root::Local => false,
        }
    }

    fn is_local(&self, place: OpId) -> bool {
        matches!(self.data.kind(place), OpKind::Local(_))
    }

    /// Whether what an expression makes is put where it outlives the call.
    pub(crate) fn is_put_away(&self, op: OpId) -> bool {
        let ty = self.data.ty(op);
        let may_be_kept = may_hold(self.tcx, ty) || may_be_live(self.tcx, ty);
        may_be_kept && self.is_stored(op, &|user| may_hold(self.tcx, self.data.ty(user)), &|_| true)
    }

    /// Whether what an expression makes is stored where a test looks for it. A value that holds an opening may be asked
    /// for elsewhere; a sign says something only of the very place that it is put in.
    fn stored_for(&self, op: OpId, tested: OpId, kept: Kept) -> bool {
        match kept {
            Kept::Value => self.is_put_away(op),
            Kept::Sign => {
                let tested = self.cache_place(tested);
                self.is_stored(op, &|_| true, &|place| tested.is_some() && self.cache_place(place) == tested)
            }
        }
    }

    fn is_stored(&self, op: OpId, holds: &dyn Fn(OpId) -> bool, is_there: &dyn Fn(OpId) -> bool) -> bool {
        self.data.flow.follow_if(self.data.body, op, &holds).0.iter().any(|sink| match *sink {
            Sink::Assigned(user) => match self.data.kind(user) {
                OpKind::Assign { place, .. } => !self.is_local(*place) && self.outlives(*place) && is_there(*place),
                _ => false,
            },
            Sink::Argument(user) => match self.data.kind(user) {
                OpKind::MethodCall { recv, name, .. } => {
                    self.outlives(*recv) && self.keeps(user, *name) && is_there(*recv)
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether a method keeps its argument in its receiver: by its name, or as a cell keeps what its closure yields.
    pub(crate) fn keeps(&self, call: OpId, name: connlint_facts::Sym) -> bool {
        let file = self.tcx.defs.file_of(self.data.def);
        let by_closure = || {
            let callbacks = self.data.api(call).map_or(&[][..], |(api, _)| &api.callbacks);
            callbacks.iter().any(|callback| matches!(callback.runs, Runs::Once(_)))
        };
        stores(file.facts.text(name)) || by_closure() || self.data.callees(call).any(|def| self.fills_self(def))
    }

    /// Whether a method assigns to a field of `self` or inserts into one.
    pub(crate) fn fills_self(&self, def: DefId) -> bool {
        self.fills_self_within(def, 0)
    }

    /// The same, looking also into methods of `self` that it calls, to some depth.
    fn fills_self_within(&self, def: DefId, depth: usize) -> bool {
        let of_self = |there: &BodyCx<'_, 'w>, place: OpId, _: Filling<'_>| root(there.data, place) == Root::SelfParam;
        self.fills_what(def, &of_self, &|callee| depth > 0 && self.fills_self_within(callee, depth - 1))
    }

    /// Whether a function assigns to a static or inserts into one.
    pub(crate) fn fills_static(&self, def: DefId) -> bool {
        let of_static = |there: &BodyCx<'_, 'w>, place: OpId, _: Filling<'_>| match root(there.data, place) {
            Root::Path(op) => !matches!(
                there.data.ty(op),
                Ty::FnDef(..) | Ty::ExternalFn(..) | Ty::Ctor(..) | Ty::Closure(..) | Ty::Unknown
            ),
            _ => false,
        };
        self.fills_what(def, &of_static, &|callee| self.fills_self_within(callee, MAX_FILLERS))
    }

    /// Whether a function assigns to a place that `is_it` selects or inserts into one, or calls a method of one that
    /// does, as `below` says.
    fn fills_what(
        &self,
        def: DefId,
        is_it: &dyn Fn(&BodyCx<'_, 'w>, OpId, Filling<'_>) -> bool,
        below: &dyn Fn(DefId) -> bool,
    ) -> bool {
        let Some(data) = self.bodies.of(def).map(|ix| self.bodies.get(ix)) else { return false };
        let there = self.at(data);
        data.body.ops.iter().zip(0..).any(|(op, index)| match &op.kind {
            OpKind::Assign { place, value } => !there.is_local(*place) && is_it(&there, *place, Filling::Value(*value)),
            OpKind::MethodCall { recv, name, args, .. } => {
                let inserts = stores(self.tcx.defs.file_of(def).facts.text(*name));
                inserts && is_it(&there, *recv, Filling::Arguments(args))
                    || is_it(&there, *recv, Filling::ByCallee) && data.callees(OpId(index)).take(MAX_CALLEES).any(below)
            }
            _ => false,
        })
    }

    /// Whether a branch is in a block that also holds the expression, so that it runs before it.
    pub(crate) fn shares_block(&self, arm: RegionId, around: &[RegionId]) -> bool {
        let body = self.data.body;
        // The condition of a `while let` is in its loop: leaving from there is leaving before what follows the loop.
        let own_loop = body.regions[arm.0 as usize].parent;
        ancestors(body, arm)
            .skip(1)
            .take_while(|r| match body.regions[r.0 as usize].kind {
                RegionKind::Arm { .. } => false,
                RegionKind::Loop(_) => Some(*r) == own_loop,
                _ => true,
            })
            .any(|r| {
                let block = matches!(
                    body.regions[r.0 as usize].kind,
                    RegionKind::Block { .. } | RegionKind::Body | RegionKind::Async | RegionKind::Closure
                );
                block && around.contains(&r)
            })
    }

    /// Whether a branch ends by leaving the function (or closure, or async block).
    pub(crate) fn leaves(&self, region: RegionId) -> bool {
        let data = &self.data.body.regions[region.0 as usize];
        (data.first.0..data.end.0).any(|i| {
            matches!(self.data.kind(OpId(i)), OpKind::Return(_))
                && self.data.frame(OpId(i)) == self.data.frame_of_region(region)
        })
    }
}

/// Whether what a call yields is data that it has made: no reference, and nothing that others have too.
fn is_made_data(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    matches!(ty, Ty::Adt(..)) && is_plain_data(tcx, ty)
}

/// Whether a value of a type is nobody else's: no reference or pointer, no lock and none of a type that is not known.
fn is_own_value(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Adt(..) => true,
        Ty::External(path, args) => {
            let shared = matches!(tcx.role(path), Some(Role::Pointer | Role::Lock | Role::LockGuard | Role::Map));
            !shared && tcx.catalog.type_model(path, None).is_some() && args.iter().all(|arg| is_own_value(tcx, arg))
        }
        Ty::Tuple(parts) => parts.iter().all(|part| is_own_value(tcx, part)),
        Ty::Prim(_) => true,
        _ => false,
    }
}
