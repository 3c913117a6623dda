//! Routes of registrations: which path and method a handler is registered under.

use connlint_facts::{Literal, OpId, OpKind};
use rustc_hash::FxHashMap;

use crate::infer::bodies::{Bodies, BodyIx};
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::names::defs::DefId;
use crate::types::context::TypeContext;

/// Tells the route of a registration by following the registered value to the router that takes it.
#[derive(Debug)]
pub(crate) struct Routes<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    bodies: &'a Bodies<'w>,
    /// Calls of each function, for routers that a helper builds and its caller nests.
    callers: FxHashMap<DefId, Vec<(BodyIx, OpId)>>,
}

/// Helpers that build routers are followed this far up.
const MAX_DEPTH: usize = 5;

impl<'a, 'w> Routes<'a, 'w> {
    pub(crate) fn new(tcx: &'a TypeContext<'w>, bodies: &'a Bodies<'w>) -> Self {
        let mut callers: FxHashMap<DefId, Vec<(BodyIx, OpId)>> = FxHashMap::default();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            for call in &data.types.calls {
                for def in data.callees(call.op) {
                    callers.entry(def).or_default().push((ix, call.op));
                }
            }
        }
        Self { tcx, bodies, callers }
    }

    /// `GET /users/{id}` for the registration that an operation makes.
    pub(crate) fn of(&self, ix: BodyIx, registration: OpId) -> Option<String> {
        let data = self.bodies.get(ix);
        let row = data.api(registration).map(|(api, _)| api);
        let method = row.and_then(|api| api.http_method.clone()).or_else(|| self.method_before(ix, registration));
        let mut path = String::new();
        if let Some(own) = row.and_then(|api| api.route).filter(|r| r.path.is_some()) {
            path = self.literal(ix, registration, own.path).unwrap_or_default();
        }
        self.prefixes(ix, registration, &mut path, 0);
        match (method, path.is_empty()) {
            (Some(method), false) => Some(format!("{method} {path}")),
            (None, false) => Some(path),
            (Some(_) | None, true) => None,
        }
    }

    /// `web::get().to(handler)`: the method stands before the registration.
    fn method_before(&self, ix: BodyIx, registration: OpId) -> Option<String> {
        let data = self.bodies.get(ix);
        let method = |op: OpId| data.api(op).and_then(|(api, _)| api.http_method.clone());
        trace_back(data, registration, Steps::BUILDER).skip(1).find_map(method)
    }

    /// Puts the paths of the routers that take a value before `path`.
    fn prefixes(&self, ix: BodyIx, start: OpId, path: &mut String, depth: usize) {
        let data = self.bodies.get(ix);
        // `resource("/x").route(get().to(h))`: the path stands at the start of the receiver's chain.
        if let Some(prefix) = self.receiver_path(ix, start) {
            join(path, &prefix);
        }
        let mut op = start;
        for _ in 0..60 {
            let Some(&user) = data.flow.users(op).first() else {
                return self.leave(ix, path, depth);
            };
            if data.body.tail == Some(op) {
                return self.leave(ix, path, depth);
            }
            match data.kind(user) {
                OpKind::Bind { local, .. } => match data.flow.reads(*local).first() {
                    Some(&read) => op = read,
                    None => return,
                },
                OpKind::Return(_) => return self.leave(ix, path, depth),
                OpKind::MethodCall { .. } | OpKind::Call { .. } => {
                    self.take(ix, op, user, path);
                    op = user;
                }
                OpKind::Ref { .. } | OpKind::Join(_) | OpKind::Expanded { .. } | OpKind::Macro { .. } => op = user,
                _ => return,
            }
        }
    }

    /// A call that takes the value as the target of a route puts its path before it.
    fn take(&self, ix: BodyIx, value: OpId, user: OpId, path: &mut String) {
        let data = self.bodies.get(ix);
        let Some(route) = data.api(user).and_then(|(api, _)| api.route) else { return };
        let Some(call) = data.call(user) else { return };
        let is_target = route.target.is_some_and(|t| call.args.get(usize::from(t)) == Some(&value));
        if is_target {
            if let Some(prefix) = self.literal(ix, user, route.path) {
                let krate = data.api(user).and_then(|(api, _)| self.tcx.catalog.crate_of(&api.path));
                if path == "/" && !prefix.is_empty() && krate.is_some_and(|krate| krate.bare_nested_root) {
                    path.clear();
                }
                join(path, &prefix);
            }
            if let Some(prefix) = self.receiver_path(ix, user) {
                join(path, &prefix);
            }
        }
    }

    fn receiver_path(&self, ix: BodyIx, op: OpId) -> Option<String> {
        let data = self.bodies.get(ix);
        // Only what stands for one place in the tree (a resource, a scope) passes its path on to what it is given.
        let of_place = |op: OpId| data.api(op).and_then(|(api, _)| api.route).filter(|r| r.target.is_none());
        let (at, route) =
            trace_back(data, op, Steps::BUILDER).skip(1).find_map(|at| of_place(at).map(|route| (at, route)))?;
        self.literal(ix, at, route.path)
    }

    fn literal(&self, ix: BodyIx, op: OpId, index: Option<u16>) -> Option<String> {
        let data = self.bodies.get(ix);
        let arg = *data.call(op)?.args.get(usize::from(index?))?;
        match data.kind(trace_end(data, arg, Steps::BUILDER)) {
            OpKind::Literal(Literal::Str(sym)) => Some(self.tcx.defs.file_of(data.def).facts.text(*sym).to_owned()),
            _ => None,
        }
    }

    /// The value leaves its function: its callers go on with it.
    fn leave(&self, ix: BodyIx, path: &mut String, depth: usize) {
        if depth >= MAX_DEPTH {
            return;
        }
        let def = self.bodies.get(ix).def;
        if let Some(&(caller, op)) = self.callers.get(&def).and_then(|c| c.first())
            && caller != ix
        {
            self.prefixes(caller, op, path, depth + 1);
        }
    }
}

/// Joins a prefix and a path with one slash between them.
pub(crate) fn join(path: &mut String, prefix: &str) {
    let prefix = prefix.trim_end_matches('/');
    if path.is_empty() || path.starts_with('/') || prefix.is_empty() {
        path.insert_str(0, prefix);
    } else {
        path.insert(0, '/');
        path.insert_str(0, prefix);
    }
    if path.is_empty() {
        path.push('/');
    }
}
