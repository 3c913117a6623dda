//! Where what an opening is built from comes from, and what becomes of what it makes.

use connlint_catalog::{Role, SettingModel};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind};

use crate::domain::Origin;
use crate::infer::bodies::{Bodies, BodyData};
use crate::infer::def_use::ancestors;
use crate::names::defs::DefId;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// The purpose of settings and constructors that tie a client to one target.
const PER_TARGET: &str = "per_target";

/// The purpose of constructors that let the code decide what a connection is (a Unix socket, a pipe).
const OWN_TRANSPORT: &str = "own_transport";

/// The purpose of methods that make an open connection somebody's.
const CREDENTIALS: &str = "credentials";

/// Looks at values of one body.
#[derive(Clone, Copy)]
pub(crate) struct Origins<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) bodies: &'a Bodies<'w>,
    pub(crate) data: &'a BodyData<'w>,
}

const MAX_STEPS: usize = 60;

impl<'w> Origins<'_, 'w> {
    /// Where a value comes from.
    pub(crate) fn origin(&self, start: OpId) -> Origin {
        let mut op = start;
        for _ in 0..MAX_STEPS {
            op = match self.data.kind(op) {
                OpKind::Literal(_) | OpKind::Path(_) => return Origin::Constant,
                OpKind::SelfParam => return Origin::SelfState,
                OpKind::Param(index) => {
                    let own =
                        !crate::infer::def_use::in_closure(self.data.body, self.data.body.ops[op.0 as usize].region);
                    return if own { Origin::Param(*index as u16) } else { Origin::Computed };
                }
                OpKind::Local(local) => match self.data.flow.writes(*local) {
                    [value, ..] => *value,
                    [] => return Origin::Computed,
                },
                OpKind::MethodCall { recv, .. } => {
                    if self.reads_lock(op) || self.data.callees(op).any(|def| self.hands_out_locked(def)) {
                        return Origin::Mutable;
                    }
                    *recv
                }
                OpKind::Call { args, .. } => match args.first() {
                    Some(&first) => first,
                    None => return Origin::Constant,
                },
                OpKind::Field { base, .. }
                | OpKind::VariantField { base, .. }
                | OpKind::Element { base }
                | OpKind::Index { base, .. }
                | OpKind::Deref { base }
                | OpKind::Ref { base, .. } => *base,
                OpKind::Await { future } => *future,
                OpKind::Try { value } | OpKind::Cast { value, .. } => *value,
                OpKind::Unary { operand, .. } => *operand,
                OpKind::Expanded { value: Some(value), .. } => *value,
                OpKind::IterItem { iter } => *iter,
                OpKind::Macro { args, .. } => match args.iter().find(|a| self.origin_is_open(a.value)) {
                    Some(arg) => arg.value,
                    None => return Origin::Constant,
                },
                _ => return Origin::Computed,
            };
        }
        Origin::Computed
    }

    fn origin_is_open(&self, op: OpId) -> bool {
        !matches!(self.data.kind(op), OpKind::Literal(_))
    }

    fn reads_lock(&self, op: OpId) -> bool {
        let of_lock = |ty: &Ty| self.tcx.role_of(ty.peel_pointers()) == Some(Role::Lock);
        self.data.api(op).and_then(|(_, self_ty)| self_ty).is_some_and(of_lock)
    }

    /// Whether what a function returns was read through a lock.
    fn hands_out_locked(&self, def: DefId) -> bool {
        let Some(ix) = self.bodies.of(def) else { return false };
        let data = self.bodies.get(ix);
        let inner = Origins { data, ..*self };
        let mut op = match data.body.tail {
            Some(tail) => tail,
            None => return false,
        };
        for _ in 0..MAX_STEPS {
            op = match data.kind(op) {
                OpKind::MethodCall { recv, .. } => {
                    if inner.reads_lock(op) {
                        return true;
                    }
                    *recv
                }
                OpKind::Field { base, .. } | OpKind::Ref { base, .. } | OpKind::Deref { base } => *base,
                OpKind::Await { future } => *future,
                OpKind::Try { value } => *value,
                OpKind::Local(local) => match data.flow.writes(*local) {
                    [value, ..] => *value,
                    [] => return false,
                },
                OpKind::Call { args, .. } => match args.first() {
                    Some(&first) => first,
                    None => return false,
                },
                _ => return false,
            };
        }
        false
    }

    /// Where that comes from which ties what is opened to one target: its proxy, certificate or host.
    pub(crate) fn targets(&self, opening: OpId) -> Vec<Origin> {
        let mut found = Vec::new();
        self.each_step(opening, &mut |op| match self.setting(op).map(|s| s.purpose.as_str()) {
            Some(PER_TARGET) => {
                let args = self.data.call(op).map_or(&[][..], |c| &c.args);
                found.extend(args.iter().map(|&a| self.origin(a)));
            }
            Some(OWN_TRANSPORT) => found.push(Origin::Mutable),
            _ => {}
        });
        found
    }

    /// Where the credentials come from that a connection is bound to once it is open: `ldap.simple_bind(dn, password)`.
    pub(crate) fn credentials(&self, opening: OpId) -> Vec<Origin> {
        let (_, through) = self.data.flow.follow(self.data.body, opening);
        let users = through.iter().flat_map(|&op| self.data.flow.users(op).iter().map(move |&user| (op, user)));
        let binds = users.filter(|&(op, user)| {
            let on_it = matches!(self.data.kind(user), OpKind::MethodCall { recv, .. } if *recv == op);
            on_it && self.setting(user).is_some_and(|s| s.purpose == CREDENTIALS)
        });
        let args = binds.flat_map(|(_, user)| self.data.call(user).map_or(&[][..], |c| &c.args));
        args.map(|&arg| self.origin(arg)).collect()
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
    pub(crate) fn chain(&self, end: OpId) -> Vec<OpId> {
        let mut found = Vec::new();
        self.each_step(end, &mut |op| found.push(op));
        found
    }

    /// What a step of a builder chain sets.
    pub(crate) fn purpose(&self, step: OpId) -> Option<&'w str> {
        self.setting(step).map(|s| s.purpose.as_str())
    }

    /// Visits the calls of the builder chain that ends in an operation, through locals and branches.
    fn each_step(&self, end: OpId, visit: &mut impl FnMut(OpId)) {
        let mut seen = vec![end];
        let mut next = 0;
        while next < seen.len() && seen.len() < MAX_STEPS {
            let op = seen[next];
            next += 1;
            let mut push = |op: OpId| {
                if !seen.contains(&op) {
                    seen.push(op);
                }
            };
            match self.data.kind(op) {
                OpKind::MethodCall { recv, .. } => {
                    visit(op);
                    push(*recv);
                }
                OpKind::Call { .. } => visit(op),
                OpKind::Local(local) => self.data.flow.writes(*local).iter().for_each(|&w| push(w)),
                OpKind::Try { value } => push(*value),
                OpKind::Await { future } => push(*future),
                OpKind::Ref { base, .. } | OpKind::Deref { base } => push(*base),
                OpKind::Join(parts) => parts.iter().for_each(|&p| push(p)),
                OpKind::Expanded { value: Some(value), .. } => push(*value),
                _ => {}
            }
        }
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
                        found.extend(Origins { data, ..*self }.builder_starts(tail, depth + 1));
                    }
                }
            }
        });
        found
    }

    /// Whether an expression runs only on some rounds of its loop, or some runs of its closure.
    pub(crate) fn is_conditional(&self, op: OpId, frame: Option<RegionId>) -> bool {
        let body = self.data.body;
        ancestors(body, body.ops[op.0 as usize].region).take_while(|&r| Some(r) != frame).any(|r| {
            let region = &body.regions[r.0 as usize];
            let of_loop = region.parent == frame && frame.is_some();
            matches!(&region.kind, RegionKind::Arm { tests } if !tests.is_empty()) && !of_loop
        })
    }
}
