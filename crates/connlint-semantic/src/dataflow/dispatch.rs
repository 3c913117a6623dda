//! Which implementation a method call runs, where the callers decide the receiver's type: `conn: impl Executor`.

use connlint_catalog::Role;
use connlint_facts::{OpId, OpKind};

use crate::domain::{Condition, Constant, MAX_IMPLEMENTORS, Part, Passed, Slot};
use crate::infer::body_cx::BodyCx;
use crate::infer::trace_back::{Steps, trace_back};
use crate::names::defs::DefId;
use crate::types::ty::Ty;

/// Methods of the standard library's traits that lead from a pointer to what it points at.
const TO_TARGET: [&str; 6] = ["as_ref", "as_mut", "deref", "deref_mut", "borrow", "clone"];

/// More pointers are not put around one value.
const MAX_POINTERS: usize = 4;

impl BodyCx<'_, '_> {
    /// What must hold for a call to run a method of one implementation: the receiver is of no type that another one is
    /// for. A type without an implementation of its own rules nothing out: a macro may have written it.
    pub(crate) fn dispatch_condition(&self, op: OpId, callee: DefId) -> Condition {
        let OpKind::MethodCall { recv, .. } = self.data.kind(op) else { return Condition::ALWAYS };
        if !matches!(self.data.ty(*recv).peel_pointers(), Ty::Param(_) | Ty::Bounds(_)) {
            return Condition::ALWAYS;
        }
        let Some(slot) = self.parameter(*recv) else { return Condition::ALWAYS };
        match self.other_implementors(callee) {
            Some(others) if !others.is_empty() => Condition::Slot { slot, among: others, is: false },
            _ => Condition::ALWAYS,
        }
    }

    /// What a call passes as the type of an argument: a certain one, or what the caller's own parameter has.
    pub(super) fn passed_type(&self, arg: OpId) -> Option<Passed> {
        let certain = self.unsized_from(arg).map(Passed::Constant);
        certain.or_else(|| self.parameter(arg).map(Passed::Slot))
    }

    /// What a value is, or what it was before it became a trait object: `Some(Box::new(Quiet) as Box<dyn Input>)`.
    fn unsized_from(&self, value: OpId) -> Option<Constant> {
        for at in trace_back(self.data, value, Steps::WRAPPED) {
            let ty = self.data.ty(at);
            let wraps = ty.peel_pointers().external_path() == Some("std::option::Option");
            if let Some(known) = head(ty).filter(|_| !wraps) {
                return Some(known);
            }
            match self.data.kind(at) {
                OpKind::Call { args, .. } if args.len() != 1 || !(wraps || self.is_pointer(at)) => return None,
                OpKind::Await { .. } | OpKind::Try { .. } | OpKind::Macro { .. } => return None,
                _ => {}
            }
        }
        None
    }

    fn is_pointer(&self, value: OpId) -> bool {
        self.tcx.role_of(self.data.ty(value).peel_refs()) == Some(Role::Pointer)
    }

    /// The types that the other implementations of a method's trait are for; `None` if these are too many.
    fn other_implementors(&self, method: DefId) -> Option<Vec<Constant>> {
        let own = self.tcx.impl_data(self.tcx.defs.def(method).parent?)?;
        let own_head = head(&own.self_ty)?;
        let all = self.tcx.impls_of_trait(own.trait_id.as_ref()?).filter_map(|data| head(&data.self_ty));
        let mut others: Vec<Constant> = Vec::new();
        for ty in all.filter(|&ty| ty != own_head) {
            if !others.contains(&ty) {
                others.push(ty);
            }
            if others.len() > MAX_IMPLEMENTORS {
                return None;
            }
        }
        others.sort_unstable();
        Some(others)
    }

    /// The slot of a parameter's type, if a value is a parameter: changing a value does not change its type.
    fn parameter(&self, value: OpId) -> Option<Slot> {
        let mut at = value;
        for _ in 0..MAX_POINTERS {
            for op in trace_back(self.data, at, Steps::VALUE) {
                if let Some(slot) = self.slot(op) {
                    return slot.part.is_none().then_some(Slot { part: Some(Part::Type), ..slot });
                }
                at = op;
            }
            at = self.behind_pointer(at)?;
        }
        None
    }

    /// What `self.as_ref()` and the like are called on: the value is of the type behind the pointer.
    fn behind_pointer(&self, op: OpId) -> Option<OpId> {
        let OpKind::MethodCall { recv, name, args, .. } = self.data.kind(op) else { return None };
        let name = self.tcx.defs.file_of(self.data.def).facts.text(*name);
        (args.is_empty() && TO_TARGET.contains(&name)).then_some(*recv)
    }
}

/// What a type is, whatever its arguments and the pointers around it.
fn head(ty: &Ty) -> Option<Constant> {
    match ty.peel_pointers() {
        Ty::Adt(def, _) => Some(Constant::Adt(*def)),
        Ty::External(path, _) => Some(Constant::External(*path)),
        _ => None,
    }
}
