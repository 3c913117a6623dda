//! The shape of a body: its regions as a tree, where temporaries die, what takes a value away.

use connlint_facts::{Body, OpId, OpKind, RegionId, RegionKind, SelfKind};

use crate::infer::bodies::BodyData;
use crate::infer::body::Target;
use crate::infer::def_use::{ancestors, children};
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

use super::holders::Holders;
use connlint_catalog::Effect;

/// What the walk over one body looks up again and again.
pub(crate) struct BodyMap<'a, 'w> {
    pub(crate) tcx: &'a TypeContext<'w>,
    pub(crate) data: &'a BodyData<'w>,
    /// Child regions of each region, in order.
    pub(crate) children: Vec<Vec<RegionId>>,
    /// Edition 2024 and later: a tail's temporaries die before the block's locals, a scrutinee's before the `else`.
    pub(crate) tails_end_early: bool,
    /// Operations whose value is what the function or closure returns.
    pub(crate) returned: Vec<bool>,
}

impl<'a, 'w> BodyMap<'a, 'w> {
    pub(crate) fn of(tcx: &'a TypeContext<'w>, data: &'a BodyData<'w>) -> Self {
        let edition = tcx.defs.krate(data.def).edition;
        let (children, returned) = (children(data.body), returned(data.body));
        Self { tcx, data, children, tails_end_early: edition >= 2024, returned }
    }

    pub(crate) fn region(&self, id: RegionId) -> &'w connlint_facts::Region {
        &self.data.body.regions[id.0 as usize]
    }

    /// The region at whose end a temporary dies that nothing moved.
    pub(crate) fn temporary_scope(&self, op: OpId) -> RegionId {
        if let Some(scope) = self.extended_scope(op) {
            return scope;
        }
        let mut at = self.data.body.ops[op.0 as usize].region;
        loop {
            let region = self.region(at);
            let outer = |id: RegionId| self.region(id).parent;
            at = match region.kind {
                RegionKind::Tail if !self.tails_end_early => match outer(at).and_then(outer) {
                    Some(around) => around,
                    None => return at,
                },
                RegionKind::Block { .. } => match region.parent {
                    Some(around) => around,
                    None => return at,
                },
                _ => return at,
            };
        }
    }

    /// `let c = &mut open()?;` lets the temporary live as long as the variable.
    fn extended_scope(&self, temporary: OpId) -> Option<RegionId> {
        let mut at = temporary;
        let mut borrowed = false;
        for _ in 0..20 {
            let &user = self.data.flow.users(at).first()?;
            match self.data.kind(user) {
                OpKind::Ref { .. } => borrowed = true,
                // What a macro expands to stands where its call does.
                OpKind::Expanded { .. } => {}
                OpKind::Field { .. } | OpKind::Deref { .. } | OpKind::Index { .. } if !borrowed => {}
                OpKind::StructLit { .. } | OpKind::Tuple(_) | OpKind::Array(_) | OpKind::Cast { .. } if borrowed => {}
                OpKind::Bind { local, .. } if borrowed => {
                    let is_let = matches!(
                        self.region(self.data.body.ops[user.0 as usize].region).kind,
                        RegionKind::Statement { is_let: true }
                    );
                    let scope = self.data.body.locals.get(local.0 as usize)?.scope;
                    return is_let.then_some(scope);
                }
                _ => return None,
            }
            at = user;
        }
        None
    }

    /// Whether an operation takes one of its operands away from where it is.
    pub(crate) fn takes(&self, user: OpId, operand: OpId) -> bool {
        match self.data.kind(user) {
            OpKind::Call { callee, .. } => *callee != operand,
            OpKind::MethodCall { recv, args, .. } => {
                args.contains(&operand) || (*recv == operand && self.consumes_receiver(user))
            }
            OpKind::StructLit { .. }
            | OpKind::Tuple(_)
            | OpKind::Array(_)
            | OpKind::Repeat { .. }
            | OpKind::Await { .. }
            | OpKind::Try { .. }
            | OpKind::Cast { .. }
            | OpKind::Join(_)
            | OpKind::Return(_)
            | OpKind::Break { .. }
            | OpKind::Yield(_)
            | OpKind::Bind { .. }
            | OpKind::Expanded { .. }
            | OpKind::Closure { .. }
            | OpKind::Async { .. } => true,
            OpKind::Assign { value, .. } => *value == operand,
            _ => false,
        }
    }

    /// Whether any use takes a value away, the function's return included.
    pub(crate) fn is_taken(&self, op: OpId) -> bool {
        self.returned[op.0 as usize] || self.data.flow.users(op).iter().any(|&user| self.takes(user, op))
    }

    fn consumes_receiver(&self, call: OpId) -> bool {
        let OpKind::MethodCall { recv, .. } = self.data.kind(call) else { return false };
        let receiver = self.data.ty(*recv);
        if matches!(receiver, Ty::Ref(_)) {
            return false;
        }
        let Some(Target::Known(callees)) = self.data.call(call).map(|c| &c.target) else { return false };
        callees.iter().any(|callee| match callee {
            Callee::Api { api, .. } => {
                let owner = api.path.rsplit_once("::").map(|(owner, _)| owner);
                let is_own = owner.is_some() && owner == receiver.external_path();
                let ends = api.effects.iter().any(|e| {
                    matches!(e, Effect::Commit | Effect::Rollback | Effect::Close | Effect::Leak | Effect::Detach)
                });
                // A trait's `self` may well be a reference: `Executor` is implemented for `&mut Transaction`.
                api.consumes_self && (is_own || ends)
            }
            Callee::Def { def, .. } => {
                let takes = self.tcx.defs.fn_item(*def).and_then(|f| f.self_param.as_ref());
                takes.is_some_and(|s| s.kind == SelfKind::Value && s.ty.is_none())
            }
            Callee::Chain(_) => false,
        })
    }

    /// Whether a call hands out what a place held, and leaves something else in it.
    pub(crate) fn takes_out(&self, call: OpId) -> bool {
        const TAKERS: [&str; 5] = [
            "std::option::Option::take",
            "std::option::Option::take_if",
            "std::option::Option::replace",
            "std::mem::take",
            "std::mem::replace",
        ];
        self.data.api(call).is_some_and(|(api, _)| TAKERS.contains(&api.path.as_str()))
    }

    /// The place that such a call empties.
    pub(crate) fn emptied_place(&self, call: OpId) -> Option<OpId> {
        let call = self.data.call(call)?;
        let place = call.recv.or(call.args.first().copied())?;
        match self.data.kind(place) {
            OpKind::Ref { base, .. } => Some(*base),
            _ => Some(place),
        }
    }

    /// Whether evaluation never goes on behind an operation.
    pub(crate) fn diverges(&self, op: OpId) -> bool {
        match self.data.kind(op) {
            OpKind::Macro { diverges, .. } => *diverges,
            OpKind::Call { .. } | OpKind::MethodCall { .. } => *self.data.ty(op) == Ty::Never,
            OpKind::Try { value } => self.is_failure(*value),
            _ => false,
        }
    }

    /// Whether a value is an `Err` or `None` as it stands, perhaps with its error dressed: `Err(e).context("…")`.
    fn is_failure(&self, value: OpId) -> bool {
        let file = self.tcx.defs.file_of(self.data.def);
        match self.data.kind(value) {
            OpKind::Call { callee, .. } => {
                matches!(self.data.kind(*callee), OpKind::Path(path) if self.constructor(path) == Some("Err"))
            }
            OpKind::Path(path) => self.constructor(path) == Some("None"),
            OpKind::MethodCall { recv, name, .. } => {
                let keeps = ["map_err", "context", "with_context", "ok_or", "ok_or_else"];
                keeps.contains(&file.facts.text(*name)) && self.is_failure(*recv)
            }
            OpKind::Expanded { value: Some(value), .. } => self.is_failure(*value),
            _ => false,
        }
    }

    /// The name of a constructor path's last segment.
    pub(crate) fn constructor(&self, path: &connlint_facts::Path) -> Option<&'w str> {
        let file = self.tcx.defs.file_of(self.data.def);
        path.segments.last().map(|s| file.facts.text(s.name))
    }

    /// Whether an operation makes an empty `Option` or collection.
    pub(crate) fn is_empty_value(&self, op: OpId) -> bool {
        match self.data.kind(op) {
            OpKind::Path(path) => self.constructor(path) == Some("None"),
            OpKind::Local(local) => {
                let writes = self.data.flow.writes(*local);
                !writes.is_empty() && writes.iter().all(|&w| matches!(self.data.kind(w), OpKind::Path(_)))
            }
            _ => false,
        }
    }

    /// Whether a region lies in another, or is it.
    pub(crate) fn is_inside(&self, region: RegionId, of: RegionId) -> bool {
        ancestors(self.data.body, region).any(|r| r == of)
    }
}

/// The operations whose value a body, or one of its closures, yields at its end.
fn returned(body: &Body) -> Vec<bool> {
    let mut found = vec![false; body.ops.len()];
    let mut queue: Vec<OpId> = body.tail.into_iter().collect();
    for op in &body.ops {
        match &op.kind {
            OpKind::Closure { tail: Some(tail), .. } | OpKind::Async { tail: Some(tail), .. } => queue.push(*tail),
            _ => {}
        }
    }
    while let Some(op) = queue.pop() {
        if std::mem::replace(&mut found[op.0 as usize], true) {
            continue;
        }
        match &body.ops[op.0 as usize].kind {
            OpKind::Join(parts) => queue.extend(parts),
            OpKind::Expanded { value: Some(value), .. } => queue.push(*value),
            _ => {}
        }
    }
    found
}

impl Holders<'_, '_> {
    /// Whether the local that a body's operation reads is only a reference to what it names.
    pub(crate) fn is_reference(ty: &Ty) -> bool {
        matches!(ty, Ty::Ref(_))
    }
}
