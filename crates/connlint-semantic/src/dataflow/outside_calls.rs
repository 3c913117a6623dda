//! Awaited calls of which no row says that they wait: those of a client, or of code that is given one, wait for its server,
//! and those of a database wait for that database.

use connlint_catalog::{ApiModel, CrateModel, Effect, Role, TypeModel};
use connlint_facts::{OpId, OpKind};

use crate::domain::Certainty;
use crate::infer::bodies::BodyData;
use crate::infer::body::{Call, Target};
use crate::infer::body_cx::BodyCx;
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// What an awaited call waits for, as far as its operands tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutsideCall {
    /// What is called, canonical where that is known.
    pub(crate) api: String,
    pub(crate) certainty: Certainty,
    /// The drivers whose connection does the work; none: whatever is held, this is no work on it.
    pub(crate) drivers: Vec<String>,
}

/// Receivers are followed this far.
const MAX_STEPS: usize = 24;
const MAX_DEPTH: usize = 6;

impl<'w> BodyCx<'_, 'w> {
    /// What an awaited call waits for outside the process that its row, if it has one, does not call a wait.
    pub(crate) fn outside_call(&self, call: &Call<'w>) -> Option<OutsideCall> {
        let data = self.data;
        if !is_awaited(data, call.op) {
            return None;
        }
        match data.api(call.op) {
            Some((api, _)) if self.yields_a_wait(call.op) => {
                Some(OutsideCall { api: api.path.clone(), certainty: Certainty::High, drivers: Vec::new() })
            }
            Some((api, self_ty)) => self.work_of_driver(call, api, self_ty),
            None if is_unknown(call) => self.work_of_client(call),
            None => None,
        }
    }

    /// Whether a call yields a future by a type's name that waits where it is awaited: an actor's answer.
    fn yields_a_wait(&self, op: OpId) -> bool {
        let Some(path) = self.data.ty(op).external_path() else { return false };
        let waits = |model: &TypeModel| model.await_effects.contains(&Effect::AwaitExternal);
        let of_runtime = |krate: &CrateModel| matches!(&*krate.category, "std" | "runtime");
        self.tcx.catalog.type_model(path, None).is_some_and(waits)
            && !self.tcx.catalog.crate_of(path).is_none_or(of_runtime)
    }

    /// A query, or an acquire from a pool: work on the connections of its driver.
    fn work_of_driver(&self, call: &Call<'w>, api: &ApiModel, self_ty: Option<&Ty>) -> Option<OutsideCall> {
        let data = self.data;
        let works = |e: &Effect| matches!(e, Effect::Query | Effect::Write | Effect::Begin | Effect::Acquire);
        let waits = api.effects.contains(&Effect::AwaitExternal);
        if waits || api.effects.iter().any(|e| e.is_opening()) || !api.effects.iter().any(works) {
            return None;
        }
        let mut drivers = Vec::new();
        add_driver(self.tcx, &api.path, &mut drivers);
        let operands = call.recv.iter().chain(call.args.iter());
        let types = operands.map(|&operand| data.ty(operand)).chain(self_ty).chain([data.ty(call.op)]);
        types.for_each(|ty| drivers_of(self.tcx, ty, &mut drivers));
        let known = !drivers.is_empty();
        known.then(|| OutsideCall { api: api.path.clone(), certainty: Certainty::High, drivers })
    }

    /// A method of a client that no row describes, or a function that is given a client.
    fn work_of_client(&self, call: &Call<'w>) -> Option<OutsideCall> {
        let data = self.data;
        let (api, client, certainty) = match (data.kind(call.op), call.recv) {
            (OpKind::MethodCall { name, .. }, Some(recv)) => {
                let (client, certainty) = self.client_behind(recv)?;
                let name = self.text(*name);
                (format!("{client}::{name}"), client, certainty)
            }
            (OpKind::Call { callee, .. }, _) => {
                let Ty::ExternalFn(path, _) = data.ty(*callee) else { return None };
                let (client, certainty) = call.args.iter().find_map(|&arg| self.client_type(data.ty(arg)))?;
                (path.to_string(), client, certainty.min(Certainty::Medium))
            }
            _ => return None,
        };
        let mut drivers = Vec::new();
        add_driver(self.tcx, &client, &mut drivers);
        Some(OutsideCall { api, certainty, drivers })
    }

    /// The client that a receiver is, was got from, or wraps.
    fn client_behind(&self, recv: OpId) -> Option<(String, Certainty)> {
        let data = self.data;
        let mut op = recv;
        for _ in 0..MAX_STEPS {
            if let Some(found) = self.client_type(data.ty(op)) {
                return Some(found);
            }
            op = match data.kind(op) {
                OpKind::Local(local) => match data.flow.writes(*local) {
                    [value] => *value,
                    _ => return None,
                },
                OpKind::Ref { base, .. } | OpKind::Deref { base } | OpKind::VariantField { base, .. } => *base,
                OpKind::Await { future } => *future,
                OpKind::Try { value } => *value,
                OpKind::Expanded { value: Some(value), .. } => *value,
                OpKind::Call { .. } | OpKind::MethodCall { .. } => {
                    let call = data.call(op)?;
                    if data.callees(op).next().is_some() {
                        return None;
                    }
                    // `builder.service(client)` is a service around that client.
                    let given = call.args.iter().find_map(|&arg| self.client_type(data.ty(arg)));
                    match (given, call.recv) {
                        (Some((client, certainty)), _) => return Some((client, certainty.min(Certainty::Medium))),
                        (None, Some(recv)) if !is_answer(data, op) => recv,
                        _ => return None,
                    }
                }
                _ => return None,
            };
        }
        None
    }

    /// Whether values of a type are clients: by the catalog, or, in crates that it does not know, by their name.
    fn client_type(&self, ty: &Ty) -> Option<(String, Certainty)> {
        let path = ty.peel_pointers().external_path()?;
        let certainty = match self.tcx.role(path) {
            Some(Role::Client) => Certainty::High,
            None if path.ends_with("Client") && self.tcx.catalog.crate_of(path).is_none() => Certainty::Medium,
            _ => return None,
        };
        Some((path.to_owned(), certainty))
    }
}

/// Whether nothing is known of what a call does: no function of the workspace, no row but that a type's methods chain.
fn is_unknown(call: &Call<'_>) -> bool {
    match &call.target {
        Target::Unresolved { .. } => true,
        Target::Known(callees) => matches!(callees.first(), Some(Callee::Chain(_))),
        _ => false,
    }
}

/// Whether a call yields what a server answered rather than a part of the client: a row shows its type, which is none.
fn is_answer(data: &BodyData<'_>, op: OpId) -> bool {
    let ty = data.ty(op).yielded().peel_refs();
    data.api(op).is_some() && !ty.is_unknown()
}

/// Whether a call's value is awaited where it is made, itself or at the end of a builder's chain:
/// `collection.find(filter).sort(order).await`.
fn is_awaited(data: &BodyData<'_>, op: OpId) -> bool {
    let chains = |call: OpId| {
        data.call(call).is_some_and(
            |call| matches!(&call.target, Target::Known(of) if matches!(of.first(), Some(Callee::Chain(_)))),
        )
    };
    let mut at = op;
    for _ in 0..MAX_STEPS {
        let next = data.flow.users(at).iter().find(|&&user| match data.kind(user) {
            OpKind::Await { .. } | OpKind::Expanded { .. } => true,
            OpKind::MethodCall { recv, .. } => *recv == at && chains(user) && data.api(op).is_some(),
            _ => false,
        });
        match next {
            Some(&user) if matches!(data.kind(user), OpKind::Await { .. }) => return true,
            Some(&user) => at = user,
            None => return false,
        }
    }
    false
}

/// The drivers whose connections a type is or holds; pools of any driver count by what they hold.
pub(crate) fn drivers_of(tcx: &TypeContext<'_>, ty: &Ty, found: &mut Vec<String>) {
    add_drivers(tcx, ty, found, 0);
}

fn add_drivers(tcx: &TypeContext<'_>, ty: &Ty, found: &mut Vec<String>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match ty {
        Ty::External(path, args) => {
            add_driver(tcx, path, found);
            args.iter().for_each(|arg| add_drivers(tcx, arg, found, depth + 1));
            if let Some(target) = tcx.deref(ty) {
                add_drivers(tcx, &target, found, depth + 1);
            }
        }
        Ty::Ref(inner) | Ty::Future(inner) => add_drivers(tcx, inner, found, depth + 1),
        Ty::Tuple(parts) => parts.iter().for_each(|part| add_drivers(tcx, part, found, depth + 1)),
        Ty::Adt(def, args) => {
            args.iter().for_each(|arg| add_drivers(tcx, arg, found, depth + 1));
            tcx.field_types(*def).for_each(|field| add_drivers(tcx, field, found, depth + 2));
        }
        _ => {}
    }
}

fn add_driver(tcx: &TypeContext<'_>, path: &str, found: &mut Vec<String>) {
    found.extend(driver_of(tcx, path).filter(|lib| !found.contains(lib)));
}

/// The driver of a database that an item belongs to.
pub(crate) fn driver_of(tcx: &TypeContext<'_>, path: &str) -> Option<String> {
    tcx.catalog.crate_of(path).filter(|krate| krate.category == "database").map(|krate| krate.lib.clone())
}
