//! Requests: which client they are made with, and whether they have a limit of their own.

use connlint_catalog::{Effect, Role};
use connlint_facts::{OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::infer::bodies::{BodyData, BodyIx};
use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::marks::is_test;
use crate::types::context::TypeContext;
use crate::types::roles::{is_foreign, is_plain_data};
use crate::types::ty::Ty;

use super::gather::is_chained;
use super::program_values::behind_wrappers;
use super::walk::{Cursor, Step, Walk, Worklist};

/// Results within results that a future is taken out of.
const MAX_OUTCOMES: usize = 4;

/// A request, before it is known which function makes it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) body: BodyIx,
    pub(super) op: OpId,
    /// Whether it has a limit of its own.
    pub(super) bounded: bool,
    /// Whether a crate that no row describes sends it.
    pub(super) by_other: bool,
    /// The constructions of the clients that may make it.
    pub(super) made_with: Vec<(BodyIx, OpId)>,
}

/// The constructions that requests are traced to, by body and operation.
pub(super) type Constructions = FxHashMap<(BodyIx, OpId), usize>;

/// What a request is made on: a client, a connection, a request that is being built, or another crate's value.
struct Asked {
    on: OpId,
    /// The call that asks.
    call: OpId,
    /// Whether a crate that no row describes sends the request.
    by_other: bool,
}

impl<'w> Walk<'_, 'w> {
    /// The requests of a body that are made with a known construction.
    pub(super) fn requests(&self, body: BodyIx, built: &Constructions) -> Vec<Request> {
        let data = self.bodies.get(body);
        if is_test(self.tcx, data.def) {
            return Vec::new();
        }
        let ops = data.body.op_ids();
        let made = ops.filter_map(|op| Some((op, self.asked(data, op)?)));
        let requests = made.map(|(op, asked)| self.request(body, op, asked, built));
        requests.filter(|request| !request.made_with.is_empty()).collect()
    }

    fn asked(&self, data: &BodyData<'w>, op: OpId) -> Option<Asked> {
        match data.kind(op) {
            OpKind::MethodCall { .. } | OpKind::Call { .. } => {
                let (api, found_on) = data.api(op)?;
                let asks = api.effects.iter().any(|e| matches!(e, Effect::Query | Effect::AwaitExternal));
                let opens = api.effects.iter().any(|e| e.is_opening());
                let call = data.call(op).filter(|_| asks && !opens)?;
                let executor = call.executor(api);
                // What is asked is what the method was found on: the client in a cell, a lock or the state.
                let found_on = found_on.filter(|_| executor.is_none());
                let asked = |&on: &OpId| self.asks(data.ty(on)) || found_on.is_some_and(|ty| self.asks(ty));
                let on = executor.or(call.recv).filter(asked)?;
                Some(Asked { on, call: op, by_other: false })
            }
            OpKind::Await { future } => {
                let made = self.asked_by_future(data, awaited_call(self.tcx, data, *future));
                made.or_else(|| self.asked_by_future(data, *future))
            }
            _ => None,
        }
    }

    /// An awaited call that no row describes: a method of a client, or another crate's function that is given a client or
    /// is called on what may hold one.
    fn asked_by_future(&self, data: &BodyData<'w>, op: OpId) -> Option<Asked> {
        let call = data.call(op)?;
        let is_client = |on: &OpId| self.role(data.ty(*on)) == Some(Role::Client);
        if is_chained(data, op) {
            return call.recv.filter(is_client).map(|on| Asked { on, call: op, by_other: false });
        }
        if data.api(op).is_some() || data.callees(op).next().is_some() {
            return None;
        }
        // Of a client of the catalog it is known that it asks a server, of each of its methods it need not be.
        let own = call.recv.filter(is_client);
        let cx = BodyCx { tcx: self.tcx, bodies: self.bodies, data };
        if let Some(on) = own.filter(|_| cx.asked_of_client(call).is_some()) {
            return Some(Asked { on, call: op, by_other: false });
        }
        let given = call.args.iter().copied().find(is_client);
        let on = match data.kind(op) {
            OpKind::MethodCall { recv, .. } => {
                let is_other = |at: &OpId| is_foreign(self.tcx, &behind_wrappers(self.tcx, data.ty(*at).yielded()));
                for at in trace_back(data, *recv, Steps::BUILDER) {
                    if is_client(&at) {
                        return Some(Asked { on: at, call: op, by_other: false });
                    }
                    if let Some(client) = self.client_given(data, at) {
                        return Some(Asked { on: client, call: op, by_other: true });
                    }
                    if is_other(&at) {
                        return Some(Asked { on: given.unwrap_or(at), call: op, by_other: true });
                    }
                }
                return None;
            }
            OpKind::Call { callee, .. } if matches!(data.ty(*callee), Ty::ExternalFn(..)) => given?,
            _ => return None,
        };
        Some(Asked { on, call: op, by_other: true })
    }

    /// The client that a call is given which leads to nothing that was read: `Token::new(address, provider)` of a macro.
    fn client_given(&self, data: &BodyData<'w>, at: OpId) -> Option<OpId> {
        let call =
            data.call(at).filter(|call| matches!(call.target, Target::Unresolved { .. }) && call.recv.is_none())?;
        call.args.iter().copied().find(|&arg| self.role(data.ty(arg)) == Some(Role::Client))
    }

    fn role(&self, ty: &Ty) -> Option<Role> {
        self.tcx.role(behind_wrappers(self.tcx, ty).external_path()?)
    }

    /// Whether a value of a type is asked: a client, or whatever has the trait whose row was found for the call.
    fn asks(&self, ty: &Ty) -> bool {
        use Role::{Client, Connection, MultiplexedConnection, Request};
        matches!(self.role(ty), Some(Client | Connection | MultiplexedConnection | Request))
            || matches!(ty.peel_pointers(), Ty::Bounds(_) | Ty::Param(_))
    }

    fn request(&self, body: BodyIx, op: OpId, asked: Asked, built: &Constructions) -> Request {
        let Asked { on, call, by_other } = asked;
        let bounded = self.is_under_deadline(body, op);
        let mut request = Request { body, op, bounded, by_other, made_with: Vec::new() };
        self.limits_on(&Cursor::new(body, op), &mut request);
        request.made_with = self.sent_with([Cursor::new(body, on)], built, &mut request);
        // `client.execute(request)`, `client.call_opt(&message, options)`: the request is an argument, and may have a limit
        // of its own. It is sent by the client that is asked, whoever made it.
        let data = self.bodies.get(body);
        let args = data.call(call).map_or(&[][..], |call| &call.args);
        let requests = args.iter().filter(|&&arg| self.role(data.ty(arg).yielded()) == Some(Role::Request));
        let makers = self.sent_with(requests.map(|&arg| Cursor::new(body, arg)), built, &mut request);
        if request.made_with.is_empty() && self.role(data.ty(on).yielded()) != Some(Role::Client) {
            request.made_with = makers;
        }
        request.made_with.sort_unstable();
        request
    }

    /// What was built among all that some values come from; their settings of the request are noted.
    fn sent_with(
        &self,
        from: impl IntoIterator<Item = Cursor>,
        built: &Constructions,
        request: &mut Request,
    ) -> Vec<(BodyIx, OpId)> {
        let mut todo = Worklist::default();
        from.into_iter().for_each(|cursor| todo.push(cursor));
        let mut made_with = Vec::new();
        while let Some(cursor) = todo.pop() {
            // Plain data in an answer is no client, whichever client fetched it.
            if is_plain_data(self.tcx, self.bodies.get(cursor.body).ty(cursor.op).yielded().peel_refs()) {
                continue;
            }
            if built.contains_key(&(cursor.body, cursor.op)) {
                made_with.push((cursor.body, cursor.op));
            }
            self.limits_on(&cursor, request);
            self.stored(&cursor).into_iter().for_each(|one| todo.push(one));
            self.shared_by_type(&cursor).into_iter().for_each(|one| todo.push(one));
            match self.step(&cursor) {
                Step::From(found) => found.into_iter().for_each(|one| todo.push(one)),
                step => {
                    if matches!(step, Step::Foreign) || is_of_other_crate(self.bodies.get(cursor.body), cursor.op) {
                        self.operands(&cursor).into_iter().for_each(|one| todo.push(one));
                    }
                }
            }
        }
        made_with
    }

    /// Notes that a step of a request's chain, or a statement on its variable, limits it.
    fn limits_on(&self, cursor: &Cursor, request: &mut Request) {
        let data = self.bodies.get(cursor.body);
        let limits = |op: OpId| {
            let at = cursor.at(op);
            self.setting_of_call(&at).is_some_and(|row| row.per_request && row.purpose.ends_with("timeout"))
        };
        request.bounded |= match data.kind(cursor.op) {
            OpKind::MethodCall { .. } => limits(cursor.op),
            OpKind::Local(local) => {
                let reads = data.flow.reads(*local).iter();
                let users = reads.flat_map(|&read| data.flow.users(read).iter().copied());
                users.into_iter().any(|user| {
                    let behind_ref = matches!(data.kind(user), OpKind::Ref { mutable: true, .. });
                    let further = if behind_ref { data.flow.users(user) } else { &[] };
                    std::iter::once(user).chain(further.iter().copied()).any(limits)
                })
            }
            _ => false,
        };
    }

    /// What the value of another crate's function may be made of: its receiver and its arguments. A client that is given
    /// another one sends with that: `client.with_http_client(http)`.
    fn operands(&self, cursor: &Cursor) -> Vec<Cursor> {
        let data = self.bodies.get(cursor.body);
        let Some(call) = data.call(cursor.op) else { return Vec::new() };
        let is_client = |&op: &OpId| self.role(data.ty(op)) == Some(Role::Client);
        let configures = data.api(cursor.op).is_some_and(|(api, _)| api.effects.contains(&Effect::Configure));
        let given: Vec<OpId> = call.args.iter().copied().filter(is_client).collect();
        if configures && !given.is_empty() && call.recv.as_ref().is_some_and(is_client) {
            return given.into_iter().map(|op| cursor.at(op)).collect();
        }
        let holds = |&op: &OpId| !matches!(data.ty(op).peel_refs(), Ty::Prim(_));
        let args = call.args.iter().copied().filter(holds);
        call.recv.into_iter().chain(args).map(|op| cursor.at(op)).collect()
    }
}

/// The call whose future is awaited: through a variable, and out of the `Result` of what fails before it sends.
fn awaited_call(tcx: &TypeContext<'_>, data: &BodyData<'_>, future: OpId) -> OpId {
    let file = tcx.defs.file_of(data.def).facts;
    let mut at = trace_end(data, future, Steps::IDENTITY);
    for _ in 0..MAX_OUTCOMES {
        let inner = match data.kind(at) {
            OpKind::Try { value } => *value,
            OpKind::MethodCall { recv, name, .. } if matches!(file.text(*name), "unwrap" | "expect") => *recv,
            _ => break,
        };
        at = trace_end(data, inner, Steps::IDENTITY);
    }
    at
}

/// Whether a call names a function of another crate.
fn is_of_other_crate(data: &BodyData<'_>, call: OpId) -> bool {
    matches!(data.kind(call), OpKind::Call { callee, .. } if matches!(data.ty(*callee), Ty::ExternalFn(..)))
}
