//! Where what an opening is built from comes from, and what becomes of what it makes.

use connlint_catalog::{Role, SettingModel};
use connlint_facts::{LocalId, OpId, OpKind};

use crate::domain::Origin;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::in_closure;
use crate::infer::trace_back::{Steps, trace_all, trace_back};
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// The purpose of settings and constructors that tie a client to one target.
const PER_TARGET: &str = "per_target";

/// The purpose of constructors that let the code decide what a connection is (a Unix socket, a pipe).
const OWN_TRANSPORT: &str = "own_transport";

/// The purpose of methods that make a client, or an open connection, somebody's.
const CREDENTIALS: &str = "credentials";

/// A value is followed to at most this many sources.
const MAX_SOURCES: usize = 64;

impl<'w> BodyCx<'_, 'w> {
    /// Where a value comes from.
    pub(crate) fn origin(&self, start: OpId) -> Origin {
        let mut end = start;
        for op in trace_back(self.data, start, Steps::ROOT) {
            if self.hands_out_state(op) {
                return Origin::SelfState;
            }
            if self.reads_lock(op) || self.data.callees(op).any(|def| self.hands_out_locked(def)) {
                return Origin::Mutable;
            }
            end = op;
        }
        match self.data.kind(end) {
            OpKind::Literal(_) | OpKind::Path(_) => Origin::Constant,
            OpKind::SelfParam => Origin::SelfState,
            OpKind::Param(_) if in_closure(self.data.body, self.data.body.ops[end.0 as usize].region) => {
                Origin::Computed
            }
            OpKind::Param(index) => Origin::Param(*index as u16),
            OpKind::Call { args, .. } if args.is_empty() => Origin::Constant,
            OpKind::Macro { .. } => Origin::Constant,
            _ => Origin::Computed,
        }
    }

    /// Everything that a value comes from which enters the body, or changes from round to round: what its parts are made
    /// of, and what changes it on the way.
    pub(crate) fn all_origins(&self, start: OpId) -> Vec<Origin> {
        let mut ends = vec![start];
        let mut next = 0;
        while let Some(&from) = ends.get(next) {
            next += 1;
            for op in trace_all(self.data, from, Steps::ALL_SOURCES, |op| !self.hands_out_state(op)) {
                let mut more = |of: OpId| {
                    if ends.len() < MAX_SOURCES && !ends.contains(&of) {
                        ends.push(of);
                    }
                };
                match self.data.kind(op) {
                    OpKind::StructLit { fields, .. } => fields.iter().for_each(|&(_, value)| more(value)),
                    OpKind::MethodCall { args, .. } => args.iter().copied().for_each(more),
                    OpKind::Local(local) => self.given_to(*local).into_iter().for_each(more),
                    OpKind::SelfParam | OpKind::Param(_) | OpKind::IterItem { .. } => more(op),
                    _ => {}
                }
            }
        }
        let entered = |op: OpId| match self.data.kind(op) {
            OpKind::SelfParam | OpKind::Param(_) => Some(self.origin(op)),
            OpKind::IterItem { .. } => Some(Origin::Item),
            _ => None,
        };
        let mut found: Vec<Origin> = Vec::new();
        for origin in ends.into_iter().filter_map(entered) {
            if !found.contains(&origin) {
                found.push(origin);
            }
        }
        found
    }

    /// The chains of methods that may change a local: `url.query_pairs_mut().append_pair("id", &id)`.
    fn given_to(&self, local: LocalId) -> Vec<OpId> {
        if !self.data.body.locals[local.0 as usize].mutable {
            return Vec::new();
        }
        let mut chain: Vec<OpId> = self.data.flow.reads(local).to_vec();
        let mut next = 0;
        while let Some(&op) = chain.get(next).filter(|_| chain.len() < MAX_SOURCES) {
            next += 1;
            let on_it = |&&user: &&OpId| match self.data.kind(user) {
                OpKind::MethodCall { recv, .. } => *recv == op,
                OpKind::Ref { .. } | OpKind::Deref { .. } => true,
                _ => false,
            };
            chain.extend(self.data.flow.users(op).iter().filter(on_it));
        }
        // What a method of the workspace is given, it need not keep: the fields that its body fills are seen there.
        let is_unread = |op: OpId| self.data.callees(op).next().is_none();
        chain.retain(|&op| matches!(self.data.kind(op), OpKind::MethodCall { .. }) && is_unread(op));
        chain
    }

    /// `req.app_data::<T>()`: what a request carries of the application.
    fn hands_out_state(&self, op: OpId) -> bool {
        self.data.api(op).is_some_and(|(api, _)| self.tcx.catalog.hands_out_state(&api.path))
    }

    fn reads_lock(&self, op: OpId) -> bool {
        let of_lock = |ty: &Ty| self.tcx.role_of(ty.peel_pointers()) == Some(Role::Lock);
        self.data.api(op).and_then(|(_, self_ty)| self_ty).is_some_and(of_lock)
    }

    /// Whether what a function returns was read through a lock.
    fn hands_out_locked(&self, def: DefId) -> bool {
        let Some(data) = self.bodies.of(def).map(|ix| self.bodies.get(ix)) else { return false };
        let inner = self.at(data);
        data.results().any(|result| trace_back(data, result, Steps::ROOT).any(|op| inner.reads_lock(op)))
    }

    /// Where that comes from which ties what is opened to one target: its proxy, certificate or host.
    pub(crate) fn target_origins(&self, opening: OpId) -> Vec<Origin> {
        let mut found = Vec::new();
        self.each_step(opening, &mut |op| match self.setting(op).map(|s| s.purpose.as_str()) {
            Some(PER_TARGET | CREDENTIALS) => {
                let args = self.data.call(op).map_or(&[][..], |c| &c.args);
                found.extend(args.iter().map(|&a| self.origin(a)));
            }
            Some(OWN_TRANSPORT) => found.push(Origin::Mutable),
            _ => {}
        });
        found
    }

    /// Where the credentials come from that a connection is bound to once it is open: `ldap.simple_bind(dn, password)`.
    pub(crate) fn credential_origins(&self, opening: OpId) -> Vec<Origin> {
        let (_, through) = self.data.flow.follow(self.data.body, opening);
        let users = through.iter().flat_map(|&op| self.data.flow.users(op).iter().map(move |&user| (op, user)));
        let binds = users.filter(|&(op, user)| {
            let on_it = matches!(self.data.kind(user), OpKind::MethodCall { recv, .. } if *recv == op);
            on_it && self.setting(user).is_some_and(|s| s.purpose == CREDENTIALS)
        });
        let args = binds.flat_map(|(_, user)| self.data.call(user).map_or(&[][..], |c| &c.args));
        args.map(|&arg| self.origin(arg)).collect()
    }

    /// Everything of which the credentials are made that a builder is given: `builder.user_access_token(token)`.
    pub(crate) fn owner_origins(&self, opening: OpId) -> Vec<Origin> {
        let mut found = Vec::new();
        self.each_step(opening, &mut |op| {
            if self.setting(op).is_some_and(|setting| setting.purpose == CREDENTIALS) {
                let args = self.data.call(op).map_or(&[][..], |call| &call.args);
                found.extend(args.iter().flat_map(|&arg| self.all_origins(arg)));
            }
        });
        found
    }

    fn setting(&self, op: OpId) -> Option<&'w SettingModel> {
        if let Some((api, _)) = self.data.api(op) {
            return self.tcx.catalog.settings(&api.path, None);
        }
        let OpKind::MethodCall { recv, name, .. } = self.data.kind(op) else { return None };
        let base = self.data.ty(*recv).peel_refs().external_path()?;
        let file = self.tcx.defs.file_of(self.data.def);
        self.tcx.catalog.settings(&format!("{base}::{}", file.facts.text(*name)), None)
    }

    /// The calls of the builder chain that ends in an operation.
    pub(crate) fn builder_chain(&self, end: OpId) -> Vec<OpId> {
        let mut found = Vec::new();
        self.each_step(end, &mut |op| found.push(op));
        found
    }

    /// What a step of a builder chain sets.
    pub(crate) fn setting_purpose(&self, step: OpId) -> Option<&'w str> {
        self.setting(step).map(|s| s.purpose.as_str())
    }

    /// Visits the calls of the builder chain that ends in an operation, through locals and branches.
    fn each_step(&self, end: OpId, visit: &mut impl FnMut(OpId)) {
        let chain = trace_all(self.data, end, Steps::BUILDERS, |_| true);
        let is_call = |op: &OpId| matches!(self.data.kind(*op), OpKind::MethodCall { .. } | OpKind::Call { .. });
        chain.into_iter().filter(is_call).for_each(visit);
    }

    /// Where a builder begins that is finished elsewhere: in another statement, or by the function that returned it.
    pub(crate) fn builder_starts(&self, opening: OpId, depth: usize) -> Vec<(DefId, OpId)> {
        let mut found = Vec::new();
        let finished = self.data.body.ops[opening.0 as usize].range;
        self.each_step(opening, &mut |op| {
            if op == opening && depth == 0 {
                return;
            }
            let is_start = matches!(self.data.kind(op), OpKind::Call { .. });
            if !is_start {
                return;
            }
            let apart = depth > 0 || !finished.contains(self.data.body.ops[op.0 as usize].range);
            if self.data.api(op).is_some_and(|(api, _)| !api.effects.iter().any(|&e| e.is_opening())) && apart {
                found.push((self.data.def, op));
            }
            for def in self.data.callees(op) {
                if let Some(ix) = self.bodies.of(def).filter(|_| depth < 3) {
                    let data = self.bodies.get(ix);
                    if let Some(tail) = data.body.tail {
                        found.extend(self.at(data).builder_starts(tail, depth + 1));
                    }
                }
            }
        });
        found
    }
}
