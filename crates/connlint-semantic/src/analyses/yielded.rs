//! What calls yield, for `collections`: what an API answers, a function of the workspace returns, or a callable or future
//! yields that a call runs.

use connlint_catalog::{ApiModel, CrateModel, Effect, Runs, TypeExpr};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind};

use crate::analyses::collections::{Collections, Found, ItemSource, MAX_DEPTH, Step, Trail, sends_query};
use crate::domain::is_of_services;
use crate::infer::bodies::BodyData;
use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, in_closure};
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::defs::DefId;
use crate::types::ty::Ty;

impl<'w> Collections<'_, 'w> {
    /// What an awaited future yields: of what comes from outside, nobody set the number.
    pub(super) fn awaited(&self, data: &BodyData<'w>, future: OpId, trail: Trail) -> Step {
        match data.kind(future) {
            OpKind::Call { .. } | OpKind::MethodCall { .. } => match self.called(data, future, trail) {
                Step::On if self.waits_for_items(data, future) => Step::On,
                Step::On => Step::End(Some(Found::Source(match self.reads_shared(data, future) {
                    true => ItemSource::Shared,
                    false => ItemSource::Answer,
                }))),
                decided => decided,
            },
            _ => Step::On,
        }
    }

    /// Whether a call only waits for what it was given, and yields all of it: `join_all(futures)`, `stream.collect()`.
    fn waits_for_items(&self, data: &BodyData<'w>, call: OpId) -> bool {
        let Some((api, _)) = data.api(call) else { return false };
        let runs_all = api.effects.contains(&Effect::RunAll) && !api.takes_self;
        let cx = BodyCx { tcx: self.tcx, bodies: self.bodies, data };
        // A row leaves open what the caller chooses: a collection. What it does describe is an item, or made of them.
        let collects = || is_open(&api.returns) && api.callbacks.is_empty() && !api.effects.contains(&Effect::Receive);
        runs_all || (collects() && cx.is_of_streams(&api.path) && self.is_followed(cx, call))
    }

    /// Whether each method on the way to a stream's origin says what it makes of its receiver; a query is an origin.
    fn is_followed(&self, cx: BodyCx<'_, 'w>, stream: OpId) -> bool {
        let is_known = |op: OpId| match cx.data.api(op) {
            Some((api, _)) => api.package == "std" || cx.is_of_streams(&api.path),
            None => cx.data.callees(op).next().is_some(),
        };
        let is_query = |op: OpId| cx.data.api(op).is_some_and(|(api, _)| sends_query(cx.data, op, api));
        let mut steps = trace_back(cx.data, stream, Steps::CHAIN).take_while(|&op| !is_query(op));
        steps.all(|op| !matches!(cx.data.kind(op), OpKind::MethodCall { .. }) || is_known(op))
    }

    /// What a call yields, as far as the call itself decides that.
    pub(super) fn called(&self, data: &BodyData<'w>, call: OpId, trail: Trail) -> Step {
        if let Some((api, _)) = data.api(call) {
            if !sends_query(data, call, api) {
                return self.handed_on(data, call, api).map_or(Step::On, Step::Run);
            }
            // What another service answers with is as long as that service likes.
            let of_service = |krate: &CrateModel| is_of_services(&krate.category) && krate.category != "cloud";
            return Step::End(Some(Found::Source(
                match self.tcx.catalog.crate_of(&api.path).is_some_and(of_service) {
                    true => ItemSource::Answer,
                    false => ItemSource::Rows(api.path.clone()),
                },
            )));
        }
        if let Some(def) = data.callees(call).next() {
            return Step::End(self.of_callee(data, call, def, trail));
        }
        match (data.kind(call), data.call(call).map(|call| &call.target)) {
            (_, Some(&Target::Closure(def, closure))) if def == data.def => Step::Run(closure),
            // A constructor or accessor of another crate that is given nothing, such as the variants of an enum.
            (OpKind::Call { args, .. }, _) if args.is_empty() => Step::End(None),
            (OpKind::Call { callee, .. }, Some(Target::Value)) => Step::End(Some(callable_param(data, *callee))),
            (_, Some(Target::Value | Target::Closure(..))) => Step::End(Some(Found::Source(ItemSource::Answer))),
            _ => Step::On,
        }
    }

    /// The closure or future among the arguments of a call whose value the call hands on: one that is run for something
    /// other than an item, and whose type the row repeats in what it returns.
    fn handed_on(&self, data: &BodyData<'w>, call: OpId, api: &ApiModel) -> Option<OpId> {
        let args = &data.call(call)?.args;
        let own = api.type_generics;
        api.callbacks.iter().filter(|callback| callback.runs != Runs::EachItem).find_map(|callback| {
            let index = usize::from(callback.arg?);
            let (params, yielded) = match api.params.get(index)? {
                TypeExpr::Fn { params, ret } => (&params[..], &**ret),
                future if callback.is_future => (&[][..], future),
                _ => return None,
            };
            let is_returned = any_param(yielded, &|param| param >= own && self.is_itself(&api.returns, param));
            // What is made of the receiver's value (`rows.map(…)`) is as long as that.
            let of_receiver = callback.runs == Runs::Now && params.iter().any(|ty| any_param(ty, &|p| p < own));
            let value = trace_end(data, *args.get(index)?, Steps::IDENTITY);
            let is_readable = callback.is_future || matches!(data.kind(value), OpKind::Closure { .. });
            (is_returned && !of_receiver && is_readable).then_some(value)
        })
    }

    /// Whether a row returns a value of a generic type, perhaps as an outcome, rather than any number of them.
    fn is_itself(&self, returns: &TypeExpr, param: u16) -> bool {
        match returns {
            TypeExpr::Param(index) => *index == param,
            TypeExpr::Path { path, args } => {
                let holds_many = || self.tcx.catalog.type_model(path, None).is_some_and(|model| model.item.is_some());
                let is_outcome = matches!(path.as_str(), "std::option::Option" | "std::result::Result");
                (is_outcome || !holds_many()) && args.iter().any(|arg| self.is_itself(arg, param))
            }
            _ => false,
        }
    }

    /// What a closure or future yields where it is run.
    pub(super) fn yielded(&self, data: &BodyData<'w>, callable: OpId, trail: Trail) -> Option<Found> {
        let OpKind::Closure { region, tail, .. } = data.kind(callable) else {
            return self.output(data, callable, trail);
        };
        tail.iter().copied().chain(returns_of(data, *region)).find_map(|result| match data.ty(result) {
            Ty::Future(_) => self.output(data, result, trail),
            _ => self.any(data, &[result], trail),
        })
    }

    /// What a future yields that something else awaits.
    fn output(&self, data: &BodyData<'w>, future: OpId, trail: Trail) -> Option<Found> {
        match self.awaited(data, future, trail) {
            Step::On => self.any(data, &[future], trail),
            Step::Run(callable) if trail.depth < MAX_DEPTH => self.yielded(data, callable, trail.deeper()),
            Step::Run(_) => None,
            Step::End(found) => found,
        }
    }

    /// What sizes the members of what a method yields: what its closure makes of each item, where that comes from outside,
    /// or else its receiver.
    pub(super) fn of_members(&self, data: &BodyData<'w>, call: OpId, recv: OpId, trail: Trail) -> Option<Found> {
        let each = data.api(call).filter(|(api, _)| api.runs_any(Runs::EachItem));
        let closure = each.and_then(|_| data.call(call)?.args.first().copied());
        let closure = closure.map(|arg| trace_end(data, arg, Steps::IDENTITY));
        let made = closure.filter(|&closure| matches!(data.kind(closure), OpKind::Closure { .. }));
        let inner = Trail { members: false, ..trail.deeper() };
        match made.and_then(|closure| self.yielded(data, closure, inner)) {
            Some(found @ Found::Source(ItemSource::Rows(_) | ItemSource::Returned(_) | ItemSource::Answer)) => {
                Some(found)
            }
            Some(Found::OwnPart(_)) => Some(Found::Source(ItemSource::Answer)),
            Some(Found::Param(..)) if made.is_some_and(|closure| self.asks_unknown(data, closure)) => {
                Some(Found::Source(ItemSource::Answer))
            }
            _ => self.any(data, &[recv], trail),
        }
    }

    /// Whether what a closure yields comes through a method of which nothing is known.
    fn asks_unknown(&self, data: &BodyData<'w>, closure: OpId) -> bool {
        let cx = BodyCx { tcx: self.tcx, bodies: self.bodies, data };
        let OpKind::Closure { tail: Some(tail), .. } = data.kind(closure) else { return false };
        !self.is_followed(cx, *tail)
    }

    /// What a function of the workspace returns: what its body says, with the call's arguments filled in.
    fn of_callee(&self, data: &BodyData<'w>, call: OpId, def: DefId, trail: Trail) -> Option<Found> {
        let name = self.tcx.defs.text(self.tcx.defs.def(def).name);
        let returned = || Some(Found::Source(ItemSource::Returned(name.to_owned())));
        let Some(ix) = self.bodies.of(def) else { return returned() };
        let callee = self.bodies.get(ix);
        let results: Vec<OpId> = callee.results().collect();
        let in_caller = |sought: Trail| Trail { depth: trail.depth, name: trail.name, ..sought };
        let takes_self = self.tcx.defs.takes_self(def);
        let operand = |param: Option<u32>| data.call(call)?.operand(param, takes_self);
        match self.any(callee, &results, Trail { name: None, ..trail })? {
            Found::Param(index, sought) => self.any(data, &[operand(Some(index))?], in_caller(sought)),
            Found::OwnPart(sought) => self.any(data, &[operand(None)?], in_caller(sought)),
            Found::Called(index) => match trace_end(data, operand(Some(index))?, Steps::IDENTITY) {
                closure if matches!(data.kind(closure), OpKind::Closure { .. }) => {
                    self.yielded(data, closure, trail.deeper()).or_else(returned)
                }
                _ => returned(),
            },
            Found::Source(_) => returned(),
        }
    }
}

/// What calling a value yields: of a parameter, callers say what.
fn callable_param(data: &BodyData<'_>, callee: OpId) -> Found {
    let value = trace_end(data, callee, Steps::IDENTITY);
    match data.kind(value) {
        OpKind::Param(index) if !in_closure(data.body, data.body.ops[value.0 as usize].region) => Found::Called(*index),
        _ => Found::Source(ItemSource::Answer),
    }
}

/// The values that a closure returns early.
fn returns_of<'a>(data: &'a BodyData<'_>, closure: RegionId) -> impl Iterator<Item = OpId> + 'a {
    let own = move |region: RegionId| {
        let is_closure = |r: &RegionId| data.body.regions[r.0 as usize].kind == RegionKind::Closure;
        ancestors(data.body, region).find(is_closure) == Some(closure)
    };
    data.body.ops.iter().filter_map(move |op| match op.kind {
        OpKind::Return(Some(value)) if own(op.region) => Some(value),
        _ => None,
    })
}

/// Whether a row leaves open what a call yields, or yields on success.
fn is_open(ty: &TypeExpr) -> bool {
    match ty {
        TypeExpr::Unknown => true,
        TypeExpr::Path { args, .. } => matches!(args.first(), Some(TypeExpr::Unknown)),
        _ => false,
    }
}

/// Whether a type is made of one of some generic parameters.
fn any_param(ty: &TypeExpr, wanted: &dyn Fn(u16) -> bool) -> bool {
    match ty {
        TypeExpr::Param(index) => wanted(*index),
        TypeExpr::Path { args: parts, .. } | TypeExpr::Tuple(parts) => parts.iter().any(|part| any_param(part, wanted)),
        TypeExpr::Ref(inner) | TypeExpr::Slice(inner) => any_param(inner, wanted),
        TypeExpr::Fn { params, ret } => params.iter().any(|part| any_param(part, wanted)) || any_param(ret, wanted),
        TypeExpr::SelfType | TypeExpr::Unknown => false,
    }
}
