//! Routes of registrations: which path and method a handler is registered under.

use connlint_catalog::RouteArg;
use connlint_facts::{Literal, LocalId, OpId, OpKind, RegionId, RegionKind};
use rustc_hash::FxHashMap;

use crate::call_graph::function_values::FunctionValues;
use crate::entry_points::declared::{UNKNOWN, split};
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::def_use::ancestors;
use crate::infer::trace_back::{Steps, trace_back, trace_until};
use crate::names::defs::{DefId, Res};
use crate::names::marks::is_main;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// By function or closure, the calls that take it.
type Takers = FxHashMap<(DefId, Option<OpId>), Vec<(BodyIx, OpId)>>;

/// Tells the route of a registration by following the registered value to the router that takes it. A part of the path
/// that the sources do not show is `…`.
#[derive(Debug)]
pub(crate) struct Routes<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    bodies: &'a Bodies<'w>,
    /// Calls of each function, for routers that a helper builds and its caller nests.
    callers: FxHashMap<DefId, Vec<(BodyIx, OpId)>>,
    /// Calls that take functions or closures as values, for routers that are handed to them (`configure(routes)`).
    takers: Takers,
    /// Where functions are named as values, for handlers whose attributes say the end of their routes.
    named: FxHashMap<DefId, Vec<(BodyIx, OpId)>>,
}

/// Helpers that build routers are followed this far up.
const MAX_DEPTH: usize = 5;

/// So many callers of a helper are asked where they put its router.
const MAX_CALLERS: usize = 8;

impl<'a, 'w> Routes<'a, 'w> {
    pub(crate) fn new(tcx: &'a TypeContext<'w>, bodies: &'a Bodies<'w>, values: &FunctionValues) -> Self {
        let mut callers: FxHashMap<DefId, Vec<(BodyIx, OpId)>> = FxHashMap::default();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            for call in &data.types.calls {
                for def in call.callees() {
                    callers.entry(def).or_default().push((ix, call.op));
                }
            }
        }
        let mut takers: Takers = FxHashMap::default();
        for taken in values.taken.iter().filter(|taken| bodies.get(taken.body).api(taken.call).is_some()) {
            let value = match &taken.value {
                Ty::FnDef(def, _) => (*def, None),
                Ty::Closure(def, op) => (*def, Some(*op)),
                _ => continue,
            };
            takers.entry(value).or_default().push((taken.body, taken.call));
        }
        let mut named: FxHashMap<DefId, Vec<(BodyIx, OpId)>> = FxHashMap::default();
        for ix in bodies.indices() {
            let data = bodies.get(ix);
            for op in data.body.op_ids() {
                if let (OpKind::Path(_), Ty::FnDef(def, _)) = (data.kind(op), data.ty(op))
                    && !is_called(data, op)
                {
                    named.entry(*def).or_default().push((ix, op));
                }
            }
        }
        Self { tcx, bodies, callers, takers, named }
    }

    /// A route that an attribute of a handler says, with what the routers put before it that take the handler.
    pub(crate) fn of_attribute(&self, handler: DefId, route: String) -> String {
        let (method, own) = split(&route);
        let places = self.named.get(&handler).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<String> = Vec::new();
        for &(ix, op) in places.iter().take(MAX_CALLERS) {
            let mut whole = own.clone();
            self.prefixes(ix, op, &mut whole, 0);
            if !found.contains(&whole) {
                found.push(whole);
            }
        }
        let path = match <[String; 1]>::try_from(found) {
            Ok([only]) => only,
            Err(none) if none.is_empty() => own,
            Err(_) => {
                let mut path = own;
                join(&mut path, UNKNOWN);
                path
            }
        };
        method.map_or_else(|| path.clone(), |method| format!("{method} {path}"))
    }

    /// `GET /users/{id}` for the registration that an operation makes. `documented` is what an attribute of the handler
    /// says of the route's end.
    pub(crate) fn of(&self, ix: BodyIx, registration: OpId, documented: Option<String>) -> Option<String> {
        let data = self.bodies.get(ix);
        let row = data.api(registration).map(|(api, _)| api);
        let (said, mut path) = documented.as_deref().map_or((None, String::new()), split);
        let method = said.map(str::to_owned).or_else(|| row.and_then(|api| api.http_method.clone()));
        let method = method.or_else(|| self.method_before(ix, registration));
        if let Some(own) = row.and_then(|api| api.route).filter(|r| r.path.is_some() || r.path_is_receiver) {
            path = self.path_of(ix, registration, own).unwrap_or_else(|| UNKNOWN.to_owned());
        }
        self.prefixes(ix, registration, &mut path, 0);
        let tells = path.split('/').any(|part| !part.is_empty() && part != UNKNOWN) || path == "/";
        match (method, tells) {
            (Some(method), true) => Some(format!("{method} {path}")),
            (None, true) => Some(path),
            (Some(_) | None, false) => None,
        }
    }

    /// `web::get().to(handler)`: the method comes before the registration.
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
            // A registration that yields nothing has changed its receiver in place, whatever it is the last word of.
            if *data.ty(op) == Ty::unit() {
                return self.stays(ix, op, path, depth);
            }
            if data.body.tail == Some(op) {
                return self.leave(ix, path, depth);
            }
            let Some(&user) = data.flow.users(op).first() else {
                return self.stays(ix, op, path, depth);
            };
            match data.kind(user) {
                OpKind::Bind { local, .. } => match next_read(data, *local, user) {
                    Some(read) => op = read,
                    None => return,
                },
                OpKind::Assign { place, value } if *value == op => match data.kind(*place) {
                    OpKind::Local(local) => match next_read(data, *local, user) {
                        Some(read) => op = read,
                        None => return,
                    },
                    _ => return join(path, UNKNOWN),
                },
                OpKind::Return(_) => return self.leave(ix, path, depth),
                OpKind::MethodCall { .. } | OpKind::Call { .. } => {
                    self.take(ix, op, user, path, depth);
                    op = user;
                }
                OpKind::Ref { .. }
                | OpKind::Join(_)
                | OpKind::Expanded { .. }
                | OpKind::Macro { .. }
                | OpKind::Tuple(_)
                | OpKind::Element { .. }
                | OpKind::Field { .. } => op = user,
                _ => return,
            }
        }
    }

    /// A call that takes the value as the target of a route puts its path before it; so does a function of the workspace
    /// with what it does to its parameter.
    fn take(&self, ix: BodyIx, value: OpId, user: OpId, path: &mut String, depth: usize) {
        let data = self.bodies.get(ix);
        let Some(call) = data.call(user) else { return };
        let Some(index) = call.args.iter().position(|&arg| arg == value) else { return };
        let Some((api, _)) = data.api(user) else {
            let callee = data.callees(user).next().and_then(|def| self.bodies.of(def));
            if let Some(callee) = callee.filter(|_| depth < MAX_DEPTH) {
                self.within(callee, index, path, depth + 1);
            }
            return;
        };
        let Some(route) = api.route.filter(|route| route.target == u16::try_from(index).ok()) else { return };
        if route.path.is_some() || route.path_is_receiver {
            let prefix = self.path_of(ix, user, route).unwrap_or_else(|| UNKNOWN.to_owned());
            let krate = self.tcx.catalog.crate_of(&api.path);
            if path == "/" && !prefix.is_empty() && krate.is_some_and(|krate| krate.bare_nested_root) {
                path.clear();
            }
            join(path, &prefix);
        }
        if let Some(prefix) = self.receiver_path(ix, user) {
            join(path, &prefix);
        }
    }

    /// What a function puts before the router that it is given.
    fn within(&self, ix: BodyIx, index: usize, path: &mut String, depth: usize) {
        let data = self.bodies.get(ix);
        let is_it = |op: OpId| *data.kind(op) == OpKind::Param(index as u32) && data.frame(op).is_none();
        let Some(mut op) = data.body.op_ids().find(|&op| is_it(op)) else { return };
        for _ in 0..60 {
            let Some(&user) = data.flow.users(op).first() else { return };
            match data.kind(user) {
                OpKind::Bind { local, .. } => match next_read(data, *local, user) {
                    Some(read) => op = read,
                    None => return,
                },
                OpKind::MethodCall { .. } | OpKind::Call { .. } => {
                    self.take(ix, op, user, path, depth);
                    op = user;
                }
                OpKind::Ref { .. } | OpKind::Join(_) | OpKind::Expanded { .. } => op = user,
                _ => return,
            }
        }
    }

    /// A router that is changed in place: what takes it later, or who handed it in, puts its path before.
    fn stays(&self, ix: BodyIx, end: OpId, path: &mut String, depth: usize) {
        let data = self.bodies.get(ix);
        if depth >= MAX_DEPTH {
            return;
        }
        let Some(holder) = receiver_root(data, end) else { return };
        match data.kind(holder) {
            OpKind::Local(local) => {
                let takes =
                    |&read: &OpId| data.flow.users(read).first().filter(|&&user| self.is_target(data, read, user));
                let taken = data.flow.reads(*local).iter().filter(|&&read| read > end);
                if let Some((&read, _)) = taken.filter_map(|read| Some((read, takes(read)?))).next() {
                    self.prefixes(ix, read, path, depth + 1);
                }
            }
            OpKind::Param(_) => {
                let frame = data.frame(holder);
                let closure = frame.and_then(|frame| data.value_of_region.get(&frame).copied());
                let found = self.takers.get(&(data.def, closure));
                if let Some(&[(taker, call)]) = found.map(Vec::as_slice)
                    && (taker != ix || frame.is_some())
                {
                    self.given_to(taker, call, path);
                    self.prefixes(taker, call, path, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// `resource("/x", |r| r.get().f(h))`: the path stands next to the closure that registers below it.
    fn given_to(&self, ix: BodyIx, call: OpId, path: &mut String) {
        let route = self.bodies.get(ix).api(call).and_then(|(api, _)| api.route);
        if let Some(route) = route.filter(|route| route.path.is_some()) {
            let prefix = self.path_of(ix, call, route).unwrap_or_else(|| UNKNOWN.to_owned());
            join(path, &prefix);
        }
    }

    fn is_target(&self, data: &BodyData<'w>, value: OpId, user: OpId) -> bool {
        let Some(target) = data.api(user).and_then(|(api, _)| api.route).and_then(|route| route.target) else {
            return false;
        };
        data.call(user).is_some_and(|call| call.args.get(usize::from(target)) == Some(&value))
    }

    fn receiver_path(&self, ix: BodyIx, op: OpId) -> Option<String> {
        let data = self.bodies.get(ix);
        let mut at = op;
        for _ in 0..60 {
            at = match data.kind(at) {
                OpKind::MethodCall { recv, .. } => *recv,
                _ => return None,
            };
            // Only what stands for one place in the tree (a resource, a scope) passes its path on to what it is given.
            let own = data.api(at).and_then(|(api, _)| api.route);
            if let Some(route) = own.filter(|r| r.target.is_none() && (r.path.is_some() || r.path_is_receiver)) {
                return Some(self.path_of(ix, at, route).unwrap_or_else(|| UNKNOWN.to_owned()));
            }
        }
        None
    }

    /// The path that a registration is given; `None` where the sources do not show it.
    fn path_of(&self, ix: BodyIx, op: OpId, route: RouteArg) -> Option<String> {
        let data = self.bodies.get(ix);
        let call = data.call(op)?;
        let value = if route.path_is_receiver { call.recv? } else { *call.args.get(usize::from(route.path?))? };
        self.text(data, value, 0)
    }

    /// The text that a value is, if it is the same each time.
    fn text(&self, data: &BodyData<'w>, value: OpId, depth: usize) -> Option<String> {
        if depth > 8 {
            return None;
        }
        match data.kind(value) {
            OpKind::Literal(Literal::Str(sym)) => Some(self.tcx.defs.file_of(data.def).facts.text(*sym).to_owned()),
            OpKind::Ref { base, .. } | OpKind::Deref { base } => self.text(data, *base, depth + 1),
            OpKind::Expanded { value: Some(value), .. } => self.text(data, *value, depth + 1),
            OpKind::Local(local) => self.text(data, written(data, *local, value)?, depth + 1),
            OpKind::MethodCall { recv, name, args, .. } if args.is_empty() => {
                let name = self.tcx.defs.file_of(data.def).facts.text(*name);
                SAME.contains(&name).then(|| self.text(data, *recv, depth + 1))?
            }
            OpKind::Call { args, .. } if args.len() == 1 => {
                let name = data.api(value).map(|(api, _)| api.path.rsplit("::").next().unwrap_or(""));
                matches!(name, Some("from" | "into" | "new")).then(|| self.text(data, args[0], depth + 1))?
            }
            OpKind::Path(path) => match self.tcx.value_of_path(data.def, path)? {
                Res::Def(def) => {
                    let constant = self.bodies.get(self.bodies.of(def)?);
                    self.text(constant, constant.body.tail?, depth + 1)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The value leaves its function: its callers go on with it. Where they disagree, or nobody calls, nobody knows how
    /// the path begins.
    fn leave(&self, ix: BodyIx, path: &mut String, depth: usize) {
        let def = self.bodies.get(ix).def;
        if is_main(self.tcx, def) {
            return;
        }
        let callers = self.callers.get(&def).map_or(&[][..], Vec::as_slice);
        let callers: Vec<_> = callers.iter().filter(|&&(caller, _)| caller != ix).take(MAX_CALLERS).collect();
        if depth >= MAX_DEPTH || callers.is_empty() {
            return join(path, UNKNOWN);
        }
        let mut found: Vec<String> = Vec::new();
        for &&(caller, op) in &callers {
            let mut whole = path.clone();
            self.prefixes(caller, op, &mut whole, depth + 1);
            if !found.contains(&whole) {
                found.push(whole);
            }
        }
        match <[String; 1]>::try_from(found) {
            Ok([only]) => *path = only,
            Err(_) => join(path, UNKNOWN),
        }
    }
}

/// Whether a path is what a call calls.
fn is_called(data: &BodyData<'_>, op: OpId) -> bool {
    data.flow.users(op).iter().any(|&user| matches!(data.kind(user), OpKind::Call { callee, .. } if *callee == op))
}

/// Conversions that keep a text as it is.
const SAME: [&str; 9] =
    ["to_string", "to_owned", "into", "clone", "as_str", "as_ref", "into_boxed_str", "borrow", "to_str"];

/// The first read of a local behind an operation.
fn next_read(data: &BodyData<'_>, local: LocalId, behind: OpId) -> Option<OpId> {
    data.flow.reads(local).iter().copied().find(|&read| read > behind && !is_place(data, read))
}

/// Whether a local is only named to be assigned to.
fn is_place(data: &BodyData<'_>, read: OpId) -> bool {
    data.flow.users(read).iter().any(|&user| matches!(data.kind(user), OpKind::Assign { place, .. } if *place == read))
}

/// What was last written to a local where it is read; `None` where branches or loops decide.
fn written(data: &BodyData<'_>, local: LocalId, read: OpId) -> Option<OpId> {
    let writes = data.flow.writes(local);
    if let [only] = writes {
        return Some(*only);
    }
    let last = writes.iter().copied().filter(|&write| write < read).max()?;
    // Blocks and statements decide nothing.
    let deciding = |op: OpId| {
        let mut around = ancestors(data.body, data.body.ops[op.0 as usize].region);
        let kind = |r: &RegionId| &data.body.regions[r.0 as usize].kind;
        around.find(|r| matches!(kind(r), RegionKind::Arm { .. } | RegionKind::Loop(_) | RegionKind::Closure))
    };
    (deciding(last).is_none() && deciding(read).is_none()).then_some(last)
}

/// The value that a chain of method calls begins with, locals followed to where they come from outside.
fn receiver_root(data: &BodyData<'_>, end: OpId) -> Option<OpId> {
    let is_param = |op: OpId| matches!(data.kind(op), OpKind::Param(_));
    let is_own = |op: OpId| match data.kind(op) {
        OpKind::Local(local) => !matches!(data.flow.writes(*local), [only] if is_param(*only)),
        _ => false,
    };
    let root = trace_until(data, end, Steps::CHAIN, is_own);
    (is_param(root) || is_own(root)).then_some(root)
}

/// Joins a prefix and a path with one slash between them.
pub(crate) fn join(path: &mut String, prefix: &str) {
    let prefix = prefix.trim_end_matches('/');
    let is_known_to_lack = prefix == UNKNOWN && path.starts_with(UNKNOWN);
    if is_known_to_lack {
        return;
    }
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
